package registration_test

import (
	"testing"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

// relatedTo gives the person a standing declaration about the record.
func relatedTo(t testing.TB, p registration.Person, a registration.Application) registration.Person {
	t.Helper()
	p.Relatives = append(p.Relatives, must[registration.Relative](t)(registration.Declare("1", a.School, p, a.Form.ApplyNo, "sibling", inReview)))
	return p
}

func TestNobodyActsOnADeclaredRelativesRecord(t *testing.T) {
	a := application(1, short)
	sent := atCounty(t, a)
	twin := atCounty(t, application(2, short))
	verdict := registration.Verdict{Conclusion: registration.Deferred, Rules: []string{"D2"}, Reason: "学时不足"}
	mine, boss, judgeMan, second := relatedTo(t, handler, a), relatedTo(t, head, a), relatedTo(t, auditor, a), relatedTo(t, lead, a)
	_, accepting := a.Accept(mine, judge(), calendar, inReview)
	_, reviewing := accepted(t, a).Review(mine, allSame(registration.Deferred, "D2"), nil, judge(), calendar, inReview)
	_, returning := sent.Return(judgeMan, "缺页", calendar, inAudit)
	_, concluding := sent.ConcludeByTwo(verdict, judgeMan, lead, judge(), calendar, inAudit)
	_, confirming := sent.ConcludeByTwo(verdict, auditor, second, judge(), calendar, inAudit)
	_, withdrawing := sent.Withdraw(handler, boss, paper, inAudit)
	_, holding := sent.Hold(second, "1号", "核查", inAudit)
	for what, err := range map[string]error{"accept": accepting, "review": reviewing, "send": reviewed(t, a).MaySend(boss), "return": returning,
		"conclude": concluding, "confirm": confirming, "withdraw": withdrawing, "hold": holding} {
		if e := refused(t, err, fault.Forbidden, "亲属的申请，须回避", "另一位同事"); e == nil {
			t.Error(what)
		}
	}
	pass := atCounty(t, application(1))
	_, err := registration.ConcludeBatch([]registration.Application{pass}, map[string]registration.Verdict{pass.ID: {Conclusion: registration.Registered}}, relatedTo(t, auditor, pass), judges, calendar, inAudit)
	refused(t, err, fault.Invalid, "须回避")
	if _, err := twin.ConcludeByTwo(verdict, judgeMan, second, judge(), calendar, inAudit); err != nil {
		t.Errorf("a colleague's record that is nobody's relative: %v", err)
	}
	free := must[registration.Relative](t)(judgeMan.Relatives[0].Remove(auditor, lead, "误报", inReview))
	judgeMan.Relatives = []registration.Relative{free}
	if _, err := sent.Return(judgeMan, "缺页", calendar, inAudit); err != nil {
		t.Errorf("after the removal: %v", err)
	}
}

func TestADeclarationNamesTheApplicationAndNoIdentityNumber(t *testing.T) {
	for typed, want := range map[string]string{" ２０２４０９０００１２３ ": "202409000123", "ah-20240900": "AH-20240900"} {
		if r, err := registration.Declare("1", "HS10200", handler, typed, "spouse", inReview); err != nil || r.ApplyNo != want {
			t.Errorf("%q: %q %v", typed, r.ApplyNo, err)
		}
	}
	for typed, word := range map[string]string{"": "请填写亲属的申请编号", "341093198503120020": "不要写证件号码", "342793850312002": "不要写证件号码",
		"20240 9": "不要写证件号码", "程先生": "不要写证件号码"} {
		_, err := registration.Declare("1", "HS10200", handler, typed, "spouse", inReview)
		refused(t, err, fault.Invalid, word)
	}
	_, err := registration.Declare("1", "HS10200", handler, "202409000123", "friend", inReview)
	refused(t, err, fault.Invalid, "请选择与申请人的关系")
	again := relatedTo(t, handler, application(1))
	_, err = registration.Declare("2", "HS10200", again, application(1).Form.ApplyNo, "spouse", inReview)
	refused(t, err, fault.Conflict, "已经申报过")
}

func TestADeclarationIsTakenBackByItsDeclarantAndAnotherLead(t *testing.T) {
	kin := relatedTo(t, lead, application(1)).Relatives[0]
	_, err := kin.Remove(handler, lead, "误报", inReview)
	refused(t, err, fault.Forbidden, "本人提出")
	_, err = kin.Remove(lead, lead, "误报", inReview)
	refused(t, err, fault.Forbidden, "另一位负责人")
	_, err = kin.Remove(lead, auditor, " ", inReview)
	refused(t, err, fault.Invalid, "请填写撤销的理由")
	gone := must[registration.Relative](t)(kin.Remove(lead, auditor, "误报", inReview))
	if gone.Stands() || gone.RemovalSeconded != auditor.Staff {
		t.Errorf("%+v", gone)
	}
	_, err = gone.Remove(lead, auditor, "误报", inReview)
	refused(t, err, fault.Conflict, "已经撤销")
	if must[seal.Statement](t)(registration.RelativeEndStatement(header(lead, auditor), gone, "歙县松源小学")).Kind() != seal.RelativeRemove {
		t.Error("the text is of another kind")
	}
}
