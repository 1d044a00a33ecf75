package registration_test

import (
	"strings"
	"testing"

	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

var paper = registration.Paper{Reason: "本人调往外省", Page: "第 12 页", Scan: strings.Repeat("5a", 32)}

func TestAWithdrawalNeedsTheTeachersPaperAndTwoPeopleWhoAreNotTheTeacher(t *testing.T) {
	a := atCounty(t, application(1))
	step := must[registration.Step](t)(a.Withdraw(handler, head, paper, inAudit))
	if got := step.After; got.State != registration.Withdrawn || got.Withdrawal != paper || got.Reviewer != a.Reviewer || len(got.Deeds) != len(a.Deeds) {
		t.Errorf("%+v", got)
	}
	for word, p := range map[string]registration.Paper{
		"请填写撤回的原因":   {Page: paper.Page, Scan: paper.Scan},
		"请填写申请书的页码":  {Reason: paper.Reason, Scan: paper.Scan},
		"没有收到本人书面申请": {Reason: paper.Reason, Page: paper.Page},
	} {
		s, err := a.Withdraw(handler, head, p, inAudit)
		refused(t, err, fault.Invalid, word)
		unchanged(t, a, s.After)
	}
	for _, scan := range []string{strings.Repeat("5A", 32), strings.Repeat("5a", 31), strings.Repeat("5g", 32)} {
		_, err := a.Withdraw(handler, head, registration.Paper{Reason: "调走", Page: "1", Scan: scan}, inAudit)
		refused(t, err, fault.Invalid, "扫描件")
	}
	_, err := a.Withdraw(handler, handler, paper, inAudit)
	refused(t, err, fault.Forbidden, "两个人")
	self := handler
	self.Name = a.Form.PersonName
	for _, pair := range [][2]registration.Person{{self, head}, {handler, self}} {
		_, err := a.Withdraw(pair[0], pair[1], paper, inAudit)
		refused(t, err, fault.Forbidden, "任何人不得办理自己的申请")
	}
}

func TestAHeldRecordIsLeftAloneUntilItGoesBackToWhereItStood(t *testing.T) {
	for _, s := range []registration.State{registration.Imported, registration.InReview, registration.Reviewed, registration.AtCounty, registration.Concluded} {
		a := standing(s)
		held := must[registration.Step](t)(a.Hold(lead, "歙教查〔2024〕3号", "核查", inAudit)).After
		if held.State != registration.Held || held.HeldFrom != s || held.Standing() != s {
			t.Fatalf("%s: %s from %s", s, held.State, held.HeldFrom)
		}
		for _, act := range allActs {
			if act.name == "release" || act.name == "hold" || act.name == "send" {
				continue
			}
			_, err := act.do(held, judge(), moment(act.door))
			kind := fault.Conflict
			if act.name == "conclude" {
				kind = fault.Invalid // a row that refuses its batch
			}
			refused(t, err, kind, "案号“歙教查〔2024〕3号”暂停办理")
		}
		back := must[registration.Step](t)(held.Release(lead, "查清", judge(), inAudit)).After
		if back.State != s || back.HeldFrom != "" || back.HoldCase == "" {
			t.Errorf("%s came back as %s from %s", s, back.State, back.HeldFrom)
		}
	}
	for word, try := range map[string][2]string{"请填写案号": {" ", "核查"}, "请填写暂停的理由": {"1号", ""}} {
		_, err := standing(registration.AtCounty).Hold(lead, try[0], try[1], inAudit)
		refused(t, err, fault.Invalid, word)
	}
	held := must[registration.Step](t)(standing(registration.AtCounty).Hold(lead, "1号", "核查", inAudit)).After
	_, err := held.Release(lead, "", judge(), inAudit)
	refused(t, err, fault.Invalid, "请填写恢复的理由")
}

func TestALicenceThatCameDuringAHoldMovesTheRecordOnWhenItIsReleased(t *testing.T) {
	held := must[registration.Step](t)(standing(registration.Waiting).Hold(lead, "1号", "核查", inAudit)).After
	if back := must[registration.Step](t)(held.Release(lead, "查清", judge(), inAudit)).After; back.State != registration.Waiting {
		t.Errorf("without a licence: %s", back.State)
	}
	licensed := judge()
	licensed.School.Licence = "教民1号"
	if back := must[registration.Step](t)(held.Release(lead, "查清", licensed, inAudit)).After; back.State != registration.Imported || back.Outcome == "" {
		t.Errorf("with a licence: %s, judged %q", back.State, back.Outcome)
	}
}

func TestHeldAndWithdrawnRecordsDoNotHoldTheSchoolsListBack(t *testing.T) {
	held := must[registration.Step](t)(accepted(t, application(2)).Hold(lead, "1号", "核查", inReview)).After
	gone := must[registration.Step](t)(accepted(t, application(3)).Withdraw(handler, head, paper, inReview)).After
	steps, err := registration.Send([]registration.Application{reviewed(t, application(1)), held, gone}, nil, head, calendar, inReview)
	if err != nil || len(steps) != 1 || steps[0].Before.ID != application(1).ID {
		t.Errorf("%d %v", len(steps), err)
	}
	_, err = registration.Send([]registration.Application{reviewed(t, application(1)), accepted(t, application(2)), gone}, nil, head, calendar, inReview)
	refused(t, err, fault.Invalid, "全校 2 份申请中有 1 份")
}
