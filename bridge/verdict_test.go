package bridge

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestAnErrorMayBearSeveralVerdictsAndEachIsFound(t *testing.T) {
	cause := errors.New("status 403")
	err := fmt.Errorf("poll: %w", RetryAfter(fmt.Errorf("fetch: %w", Refused(cause)), time.Minute))
	if !IsRefused(err) || Wait(err) != time.Minute || IsGone(err) || IsPermanent(err) {
		t.Errorf("refused %t, wait %s, gone %t, permanent %t", IsRefused(err), Wait(err), IsGone(err), IsPermanent(err))
	}
	if !errors.Is(err, cause) || err.Error() != "poll: fetch: status 403" {
		t.Errorf("the verdicts changed the error: %v", err)
	}
	if IsRefused(cause) || IsRefused(nil) || Wait(nil) != 0 {
		t.Error("an error without a verdict has one")
	}
}
