package registration_test

import (
	"testing"
	"time"

	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

func waiting() registration.Proposal {
	return registration.Proposal{ID: "ab", State: registration.ProposalOpen, Expires: inAudit.Add(72 * time.Hour)}
}

func TestAProposalEndsAfterItsLastMomentAndByAChangeOfItsRecord(t *testing.T) {
	p := waiting()
	for _, now := range []time.Time{inAudit, p.Expires} {
		if why := p.Ended(false, now); why != "" {
			t.Errorf("at %s: %s", now, why)
		}
	}
	if why := p.Ended(false, p.Expires.Add(time.Millisecond)); why != "到 2024-11-15 10:00:00 仍未签齐" {
		t.Error(why)
	}
	if why := p.Ended(true, inAudit); why != "签署之后记录有改动" {
		t.Error(why)
	}
	for _, state := range []string{registration.ProposalDone, registration.ProposalVoid} {
		p.State = state
		if why := p.Ended(true, p.Expires.Add(time.Hour)); why != "" {
			t.Errorf("what is %s ends again: %s", state, why)
		}
	}
}

func TestAProposalIsVoidedOnceAndWithAReason(t *testing.T) {
	p := waiting()
	_, err := p.Void(" ")
	refused(t, err, fault.Invalid, "请说明失效的原因")
	v := must[registration.Proposal](t)(p.Void("申请已退回学校"))
	if v.State != registration.ProposalVoid || v.Note != "申请已退回学校" {
		t.Errorf("%+v", v)
	}
	_, err = v.Void("再撤")
	refused(t, err, fault.Conflict, "已经了结")
}
