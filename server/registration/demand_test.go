package registration_test

import (
	"testing"

	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

// mends puts corrections through a review that compares everything else as the
// same.
func mends(t testing.TB, a registration.Application, by registration.Person, values map[string]string, answers ...string) (registration.Step, error) {
	t.Helper()
	draft := allSame(registration.Registered, answers...)
	var list []registration.Correction
	for _, c := range registration.Columns() {
		if value, ok := values[c.Field]; ok {
			draft.Compared[c.Field] = registration.Differs
			list = append(list, registration.Correction{Field: c.Field, New: value, Reason: "与原件不符", Evidence: "第 1 页"})
		}
	}
	return a.Review(by, draft, list, judge(), calendar, inReview)
}

func TestCase31ACorrectionTakesNothingAwayThatTheSheetDemands(t *testing.T) {
	short := func(f *registration.Form) { f.TrainingHours = tenths(1000) }
	for field, values := range map[string]map[string]string{
		"training_hours": {"training_hours": ""},
		"cert_number":    {"cert_number": ""}, "cert_kind": {"cert_kind": ""}, "cert_subject": {"cert_subject": ""},
		"cert_issuer": {"cert_issuer": ""}, "cert_date": {"cert_date": ""},
		"last_valid_to": {"last_valid_to": ""}, // without saying that it is a first registration
	} {
		step, err := mends(t, accepted(t, application(1, short)), handler, values, "D2")
		e := refused(t, err, fault.Invalid)
		if len(e.Fields) != 1 || e.Fields[0].Name != field {
			t.Errorf("%s: the field is not named: %v", field, e.Fields)
		}
		unchanged(t, step.Before, step.After)
	}
	for field, value := range map[string]string{"training_hours": "", "cert_subject": "", "cert_date": "2034-01-01", "last_valid_to": "2027-06-30"} {
		err := accepted(t, application(1)).CheckCorrection(registration.Correction{Field: field, New: value, Reason: "与原件不符", Evidence: "第 1 页"}, inReview)
		if e := refused(t, err, fault.Invalid); len(e.Fields) != 1 || e.Fields[0].Name != field {
			t.Errorf("%s while it is typed: %v", field, e.Fields)
		}
	}
	again := accepted(t, application(1, func(f *registration.Form) {
		f.LastValidTo, f.RegKind, f.TrainingHours = nil, "first", nil
		f.HiredOn, f.ProbationEnd = day("2021-09-01"), day("2022-08-31")
	}))
	_, err := mends(t, again, handler, map[string]string{"last_valid_to": "2024-12-14", "reg_kind": "定期注册"})
	if e := refused(t, err, fault.Invalid, "培训学时", "缺的不等于合格"); len(e.Fields) != 1 || e.Fields[0].Name != "training_hours" {
		t.Errorf("a renewal that had no hours: %v", e.Fields)
	}
	step, err := mends(t, again, handler, map[string]string{"last_valid_to": "2024-12-14", "reg_kind": "定期注册", "training_hours": "360"})
	if err != nil || step.After.RegKind != "renewal" || step.After.Outcome != registration.OutcomePass {
		t.Errorf("the twin with its hours: %s %s %v", step.After.RegKind, step.After.Outcome, err)
	}
}

func TestACorrectedNameAndDateObeyTheSheetsRules(t *testing.T) {
	for _, c := range []struct{ field, value, want string }{
		{"person_name", "程1", "有数字"}, {"person_name", "程", "2 至 50 个字"}, {"person_name", "程（云）", "不能使用的字符"},
		{"cert_date", "1993-12-31", "1994-01-01"}, {"cert_date", "2034-01-01", "晚于今天"},
	} {
		_, err := mend(t, c.field, c.value)
		if e := refused(t, err, fault.Invalid, c.want); len(e.Fields) != 1 || e.Fields[0].Name != c.field {
			t.Errorf("%s: %v", c.value, e.Fields)
		}
	}
	if _, err := mend(t, "cert_date", "1994-01-01"); err != nil {
		t.Errorf("the twin on the first day: %v", err)
	}
}

func TestCase6ACorrectedValidityThatIsNotDueIsNeitherReviewedNorConcluded(t *testing.T) {
	step, err := mends(t, accepted(t, application(1)), handler, map[string]string{"last_valid_to": "2027-06-30"})
	refused(t, err, fault.Invalid, "至 2027-06-30", "2024 年度没有到期", "书面申请撤回")
	unchanged(t, step.Before, step.After)
	if _, err := mends(t, accepted(t, application(1)), handler, map[string]string{"last_valid_to": "2024-12-30"}); err != nil {
		t.Errorf("the twin that is due: %v", err)
	}
	sent := atCounty(t, application(1))
	sent.Form.LastValidTo = day("2027-06-30")
	_, err = registration.ConcludeBatch([]registration.Application{sent}, map[string]registration.Verdict{sent.ID: {Conclusion: registration.Registered}}, auditor, judges, calendar, inAudit)
	refused(t, err, fault.Invalid, "2024 年度没有到期")
}

func TestAnActThatLetARecordInBeforeItWasDueHoldsForThatPersonOnly(t *testing.T) {
	let := func() registration.Application {
		a := application(1, func(f *registration.Form) { f.LastValidTo = day("2027-06-30") })
		a.Early = registration.Early{Entry: 41, ValidTo: *day("2027-06-30")}
		return accepted(t, a)
	}
	for field, value := range map[string]string{"person_name": "胡文瀾", "id_number": "34279319850312002X"} {
		_, err := mends(t, let(), handler, map[string]string{field: value})
		refused(t, err, fault.Invalid, "未到期放行（第 41 号", "姓名和证件号码")
	}
	_, err := mends(t, let(), handler, map[string]string{"last_valid_to": "2027-07-01"})
	refused(t, err, fault.Invalid, "没有到期")
	if step, err := mends(t, let(), handler, map[string]string{"subject_taught": "数学"}); err != nil || step.After.Early.Entry != 41 {
		t.Errorf("another field: %+v %v", step.After.Early, err)
	}
	if step, err := mends(t, let(), handler, map[string]string{"last_valid_to": "2024-12-14", "person_name": "胡文瀾"}); err != nil || !step.After.Early.IsZero() {
		t.Errorf("one that turns out to be due: %+v %v", step.After.Early, err)
	}
}

func TestCase43NobodyReviewsWhatBearsHisNameOnlyAfterHisCorrection(t *testing.T) {
	step, err := mends(t, accepted(t, application(1)), handler, map[string]string{"person_name": handler.Name})
	refused(t, err, fault.Forbidden, "任何人不得办理自己的申请")
	unchanged(t, step.Before, step.After)
	if _, err := mends(t, accepted(t, application(1)), handler2, map[string]string{"person_name": handler.Name}); err != nil {
		t.Errorf("the twin by a colleague: %v", err)
	}
}

func TestACertificateCalledForgedIsNotRegistered(t *testing.T) {
	forged := atCounty(t, application(1))
	forged.Form.Authenticity = "false"
	_, err := registration.ConcludeBatch([]registration.Application{forged}, map[string]registration.Verdict{forged.ID: {Conclusion: registration.Registered}}, auditor, judges, calendar, inAudit)
	refused(t, err, fault.Invalid, "伪造", "立案")
}
