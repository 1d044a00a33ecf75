package registration_test

import (
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

// proposed is a deferral that waits for auditor and lead.
func proposed(t testing.TB) registration.Proposal {
	t.Helper()
	a := atCounty(t, application(1, short))
	step := must[registration.Step](t)(a.ConcludeByTwo(registration.Verdict{Conclusion: registration.Deferred, Rules: []string{"D2"}, Reason: "学时不足"},
		auditor, lead, judge(), calendar, inAudit))
	s := must[seal.Statement](t)(registration.ConcludeSingleStatement(header(auditor, lead), step))
	return must[registration.Proposal](t)(registration.Propose(s, a))
}

func TestTheLastOfTheNamedSignersMakesTheAct(t *testing.T) {
	p := proposed(t)
	if p.State != "open" || p.Subject != "2024-341021-000001" || p.Path != "/341000/341021/HS10200/" || len(p.ID) != 64 || p.Kind != "conclude-adverse" {
		t.Errorf("%+v", p)
	}
	_, _, err := p.Sign(lead.Staff, inAudit)
	refused(t, err, fault.Conflict, "还没有轮到您签")
	one, last, err := p.Sign(auditor.Staff, inAudit)
	if err != nil || last || one.State != "open" || len(p.Signed) != 0 {
		t.Fatalf("%+v %v", one, err)
	}
	_, _, err = one.Sign(auditor.Staff, inAudit)
	refused(t, err, fault.Conflict, "您已经签过", "1 位未签")
	_, _, err = one.Sign(auditor2.Staff, inAudit)
	refused(t, err, fault.Forbidden, "没有列您为签署人")
	_, _, err = one.Sign(lead.Staff, p.Expires)
	refused(t, err, fault.Closed, "须在 2024-11-12 10:15:00 前签完")
	two, last, err := one.Sign(lead.Staff, p.Expires.Add(-time.Millisecond))
	if err != nil || !last || two.State != "done" {
		t.Fatalf("%+v %v", two, err)
	}
	if signed, of := two.Progress(); signed != 2 || of != 2 {
		t.Errorf("%d/%d", signed, of)
	}
	_, _, err = two.Sign(lead.Staff, inAudit)
	refused(t, err, fault.Conflict, "各人都已签完")
	_, err = two.Void("改了")
	refused(t, err, fault.Conflict, "已经了结")
}

func TestAVoidedProposalTakesNoMoreSeals(t *testing.T) {
	p := proposed(t)
	_, err := p.Void(" ")
	refused(t, err, fault.Invalid, "请说明失效的原因")
	v := must[registration.Proposal](t)(p.Void("申请已退回学校"))
	_, _, err = v.Sign(auditor.Staff, inAudit)
	refused(t, err, fault.Conflict, "已经失效（申请已退回学校）")
}

func TestAnActOfTwoNamesTwo(t *testing.T) {
	a := atCounty(t, application(1, short))
	step := must[registration.Step](t)(a.ConcludeByTwo(registration.Verdict{Conclusion: registration.Deferred, Rules: []string{"D2"}, Reason: "学时不足"},
		auditor, lead, judge(), calendar, inAudit))
	s := must[seal.Statement](t)(registration.ConcludeSingleStatement(header(auditor), step))
	_, err := registration.Propose(s, a)
	refused(t, err, fault.Invalid, "须由两人签署，文本里只列了 1 人")
}
