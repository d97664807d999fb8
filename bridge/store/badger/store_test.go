package badger_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge/store"
	"github.com/hookbridge/hookbridge/bridge/store/badger"
	"github.com/hookbridge/hookbridge/bridge/store/storetest"
)

func fresh(t testing.TB) func() store.Store {
	path := filepath.Join(t.TempDir(), "state")
	return func() store.Store {
		s, err := badger.Open(t.Context(), badger.Options{Path: path})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
}

func TestBadgerFulfilsTheContract(t *testing.T) { storetest.Run(t, fresh) }

// R9.
func TestAClockThatIsSetBackWhileNothingRunsPutsNoDeliveryOff(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	storetest.SetBack(t, func(ahead time.Duration) store.Store {
		s, err := badger.Open(t.Context(), badger.Options{Path: path, Now: func() time.Time { return time.Now().Add(ahead) }})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

func TestTheOutboxDoesWhatItsModelDoes(t *testing.T) { storetest.Machine(t, fresh) }
