package registration_test

import (
	"testing"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

func days(t testing.TB, off, on string) registration.WorkingDays {
	t.Helper()
	return must[registration.WorkingDays](t)(registration.WorkingDays{Year: 2024, Org: "341000"}.Set(policy.ML,
		registration.DaysAsked{Off: off, On: on, Paper: "国办发明电〔2023〕7号", Reason: "放假安排"}))
}

func TestTheLastDayForAnAdverseConclusionCountsHolidaysAndWorkedWeekends(t *testing.T) {
	w, _ := calendar.Window(2024, "341021", "audit")
	for want, d := range map[string]registration.WorkingDays{
		"2024-11-14": {},
		"2024-11-13": days(t, "2024-11-19", ""),            // one holiday within the term
		"2024-11-15": days(t, "", "2024-11-16"),            // a Saturday worked within it
		"2024-11-12": days(t, "2024-11-18、2024-11-19", ""), // two
	} {
		if got := w.LastAdverseDay(d).String(); got != want {
			t.Errorf("%v off, %v on: %s, want %s", d.Off, d.On, got, want)
		}
	}
	// The days of publicity count whatever they are.
	if got := w.LastAdverseDay(days(t, "2024-11-25 2024-11-26 2024-11-27", "")).String(); got != "2024-11-14" {
		t.Errorf("holidays within publicity moved the day to %s", got)
	}
}

func TestAnAdverseConclusionIsRefusedTheDayAfterTheLastByThePlansDays(t *testing.T) {
	a := atCounty(t, application(1, short))
	v := registration.Verdict{Conclusion: registration.Deferred, Rules: []string{"D2"}, Reason: "学时不足"}
	c := calendar
	c.Days = days(t, "2024-11-19", "")
	if _, err := a.ConcludeByTwo(v, auditor, lead, judge(), c, at("2024-11-13 23:59:59.999")); err != nil {
		t.Error(err)
	}
	_, err := a.ConcludeByTwo(v, auditor, lead, judge(), c, at("2024-11-14 00:00:00"))
	refused(t, err, fault.Closed, "最迟 2024-11-13")
	if _, err := a.ConcludeByTwo(v, auditor, lead, judge(), calendar, at("2024-11-14 00:00:00")); err != nil {
		t.Errorf("without holidays: %v", err)
	}
}

func TestAListOfHolidaysIsRefusedWhenItIsMalformed(t *testing.T) {
	none := registration.WorkingDays{Year: 2024, Org: "341000"}
	for word, asked := range map[string]registration.DaysAsked{
		"不是日期":      {Off: "10月1日"},
		"不是日期，请":    {Off: "2024-02-30"},
		"不在 2024 年": {Off: "2025-01-01"},
		"写了两次":      {Off: "2024-10-01 2024-10-01"},
		"同时在放假":     {Off: "2024-10-12", On: "2024-10-12"},
		"本来就上班":     {On: "2024-10-09"},
		"没有可以改的":    {},
		"请填写放假通知文号": {Off: "2024-10-01", Reason: "放假"},
		"请填写设定的理由":  {Off: "2024-10-01", Paper: "1号"},
	} {
		_, err := none.Set(policy.ML, asked)
		refused(t, err, fault.Invalid, word)
	}
	_, err := none.Set(policy.CL, registration.DaysAsked{Off: "2024-10-01", Paper: "1号", Reason: "放假"})
	refused(t, err, fault.Forbidden, "市级负责人")
	got := days(t, "２０２４-10-02，2024-10-01", "2024-10-12")
	if registration.ListDays(got.Off) != "2024-10-01、2024-10-02" || registration.ListDays(got.On) != "2024-10-12" {
		t.Errorf("%v %v", got.Off, got.On)
	}
}
