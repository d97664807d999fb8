package http_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	nethttp "net/http"
	"testing"
	"time"

	"github.com/hookbridge/hookbridge/bridge"
	"github.com/hookbridge/hookbridge/sources/sourcetest"
)

// ssm lists parameters as AWS Systems Manager does, to whoever signs for it: in pages of any length, by a token
// in the body, and with errors that are told apart by a name.
type ssm struct {
	*bridged
	names    []string
	versions map[string]int
	throttle int    // requests that are refused first
	refuse   string // the name of an error
}

func (s *ssm) answer(rw nethttp.ResponseWriter, r *nethttp.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.verify(r, "ssm", "/", "", "x-amz-target", "content-type")
	if r.Header.Get("X-Amz-Target") != "AmazonSSM.DescribeParameters" || r.Header.Get("Content-Type") != "application/x-amz-json-1.1" {
		s.fault(rw, "UnknownOperationException")
		return
	}
	var asked struct {
		MaxResults int
		NextToken  *string
	}
	if err := json.Unmarshal(body, &asked); err != nil || asked.MaxResults < 1 || asked.MaxResults > 50 {
		s.fault(rw, "ValidationException")
		return
	}
	switch {
	case s.throttle > 0:
		s.throttle--
		s.fault(rw, "ThrottlingException")
	case s.refuse != "":
		s.fault(rw, s.refuse)
	default:
		s.list(rw, asked.NextToken)
	}
}

func (s *ssm) fault(rw nethttp.ResponseWriter, name string) {
	rw.Header().Set("Content-Type", "application/x-amz-json-1.1")
	writeStatus(rw, nethttp.StatusBadRequest, object{"__type": name, "message": "Refused."})
}

// list answers two parameters, then none, then the rest: a page may be empty and not be the last.
func (s *ssm) list(rw nethttp.ResponseWriter, token *string) {
	page := object{"Parameters": []object{}}
	at := "first"
	if token != nil {
		at = *token
	}
	switch at {
	case "first":
		page["Parameters"], page["NextToken"] = s.parameters(s.names[:min(2, len(s.names))]), "AAEAAWempty"
	case "AAEAAWempty":
		page["NextToken"] = "AAEAAWrest+/="
	case "AAEAAWrest+/=":
		page["Parameters"] = s.parameters(s.names[min(2, len(s.names)):])
	default:
		s.fault(rw, "InvalidNextToken")
		return
	}
	rw.Header().Set("Content-Type", "application/x-amz-json-1.1")
	write(rw, page)
}

func (s *ssm) parameters(names []string) []object {
	all := []object{}
	for _, name := range names {
		all = append(all, object{
			"Name": name, "ARN": "arn:aws:ssm:eu-west-1:111122223333:parameter" + name, "Type": "SecureString",
			"LastModifiedDate": 1.79542220412e9 + float64(s.versions[name]), "Version": s.versions[name],
			"LastModifiedUser": "arn:aws:iam::111122223333:user/ops", "Tier": "Standard", "DataType": "text", "Policies": []object{},
		})
	}
	return all
}

func playSSM(t *testing.T, test func(*ssm)) {
	t.Helper()
	env := map[string]string{"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": sourcetest.Secret}
	play(t, "aws", env, func(b *bridged) {
		s := &ssm{bridged: b, versions: map[string]int{}}
		for n := range 12 {
			s.names = append(s.names, fmt.Sprintf("/app/p%02d", n))
			s.versions[s.names[n]] = 1
		}
		b.serve("ssm.eu-west-1.amazonaws.com", s.answer)
		test(s)
	})
}

func TestAWSTellsOfParametersThatAreWrittenAndDeleted(t *testing.T) {
	playSSM(t, func(s *ssm) {
		s.leaves("parameters")
		s.leaves("parameters")
		s.versions["/app/p03"] = 2
		s.names = append(s.names[:11], "/app/new") // p11 is gone
		s.versions["/app/new"] = 1
		s.leaves("parameters",
			`parameter.written arn:aws:ssm:eu-west-1:111122223333:parameter/app/p03 {"by":"arn:aws:iam::111122223333:user/ops","name":"/app/p03","version":2}`,
			`parameter.written arn:aws:ssm:eu-west-1:111122223333:parameter/app/new {"by":"arn:aws:iam::111122223333:user/ops","name":"/app/new","version":1}`)
		s.leaves("parameters", `parameter.deleted arn:aws:ssm:eu-west-1:111122223333:parameter/app/p11 {"name":"/app/p11"}`)
	})
}

// P6: a parameter that the next listing has again was never gone.
func TestAParameterThatAWSForgetsForAMomentIsNotDeleted(t *testing.T) {
	playSSM(t, func(s *ssm) {
		s.leaves("parameters")
		all := s.names
		s.names = all[:11]
		s.leaves("parameters")
		s.names = all
		s.leaves("parameters")
		s.names = all[:11]
		s.leaves("parameters")
	})
}

// H4: AWS throttles with a 400, which is tried again; any other is a failure that tells nothing.
func TestAWSThatHadEnoughIsAskedAgainWithinThePoll(t *testing.T) {
	playSSM(t, func(s *ssm) {
		s.throttle = 3
		began := time.Now()
		s.leaves("parameters")
		if took := time.Since(began); took < 2*time.Second || len(s.asked) != 6 {
			s.Errorf("%d requests in %s", len(s.asked), took)
		}
		s.refuse = "AccessDeniedException"
		if err := s.fails("parameters", "400", "AccessDeniedException"); !bridge.IsRefused(err) {
			s.Errorf("no refusal: %v", err)
		}
		s.refuse, s.throttle = "", 1000
		s.fails("parameters", "ThrottlingException", "gave up after")
	})
}
