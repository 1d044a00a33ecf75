package registration_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

// act is one transition as the tables below drive it: from which states, and
// behind which door.
type act struct {
	name string
	from []registration.State
	door string
	do   func(a registration.Application, j registration.Judge, now time.Time) (registration.Application, error)
}

func one(steps []registration.Step, err error) (registration.Application, error) {
	if err != nil {
		return registration.Application{}, err
	}
	return steps[0].After, nil
}

var allActs = []act{
	{"accept", []registration.State{registration.Imported}, "school_review", func(a registration.Application, j registration.Judge, now time.Time) (registration.Application, error) {
		return a.Accept(handler, j, calendar, now)
	}},
	{"not accept", []registration.State{registration.Imported, registration.InReview, registration.ReturnedSchool}, "school_review", func(a registration.Application, j registration.Judge, now time.Time) (registration.Application, error) {
		a.Form.InPost = "no"
		s, err := a.NotAccept(handler, head, "不在岗", nil, j, calendar, now)
		return s.After, err
	}},
	{"licensed", []registration.State{registration.Waiting}, "", func(a registration.Application, j registration.Judge, now time.Time) (registration.Application, error) {
		j.School.Licence = "教民1号"
		return a.Licensed(j, now)
	}},
	{"review", []registration.State{registration.InReview, registration.ReturnedSchool}, "school_review", func(a registration.Application, j registration.Judge, now time.Time) (registration.Application, error) {
		s, err := a.Review(handler, allSame(registration.Deferred, "D2"), nil, j, calendar, now)
		return s.After, err
	}},
	{"send", []registration.State{registration.Reviewed}, "school_review", func(a registration.Application, _ registration.Judge, now time.Time) (registration.Application, error) {
		return one(registration.Send([]registration.Application{a}, nil, head, calendar, now))
	}},
	{"return", []registration.State{registration.AtCounty}, "audit", func(a registration.Application, _ registration.Judge, now time.Time) (registration.Application, error) {
		s, err := a.Return(auditor, "缺页", calendar, now)
		return s.After, err
	}},
	{"conclude", []registration.State{registration.AtCounty}, "audit", func(a registration.Application, j registration.Judge, now time.Time) (registration.Application, error) {
		a.Form.TrainingHours = tenths(3600)
		return one(registration.ConcludeBatch([]registration.Application{a}, map[string]registration.Verdict{a.ID: {Conclusion: registration.Registered}},
			auditor, func(registration.Application) (registration.Judge, error) { return j, nil }, calendar, now))
	}},
	{"conclude by two", []registration.State{registration.AtCounty}, "audit", func(a registration.Application, j registration.Judge, now time.Time) (registration.Application, error) {
		s, err := a.ConcludeByTwo(registration.Verdict{Conclusion: registration.Registered, Rules: []string{"D2"}, Reason: "学分已够"}, auditor, lead, j, calendar, now)
		return s.After, err
	}},
	{"withdraw", []registration.State{registration.Waiting, registration.Overdue, registration.Imported, registration.InReview, registration.Reviewed,
		registration.AtCounty, registration.ReturnedSchool, registration.Concluded}, "", func(a registration.Application, _ registration.Judge, now time.Time) (registration.Application, error) {
		s, err := a.Withdraw(handler, head, paper, now)
		return s.After, err
	}},
	{"hold", []registration.State{registration.Waiting, registration.Overdue, registration.Imported, registration.NotAccepted, registration.InReview,
		registration.Reviewed, registration.AtCounty, registration.ReturnedSchool, registration.Concluded, registration.Withdrawn, "", "final"}, "", func(a registration.Application, _ registration.Judge, now time.Time) (registration.Application, error) {
		s, err := a.Hold(lead, "歙教查〔2024〕3号", "核查考核表", now)
		return s.After, err
	}},
	{"release", []registration.State{registration.Held}, "", func(a registration.Application, j registration.Judge, now time.Time) (registration.Application, error) {
		s, err := a.Release(lead, "查清无误", j, now)
		return s.After, err
	}},
}

// standing is a record that has a D2 and stands in a state.
func standing(s registration.State) registration.Application {
	a := application(1, short)
	a.State, a.Round = s, 1
	return a
}

func moment(door string) time.Time {
	if door == "audit" {
		return inAudit
	}
	return inReview
}

func TestEachActLeadsFromItsStatesAndFromNoOther(t *testing.T) {
	states := []registration.State{registration.Waiting, registration.Overdue, registration.Imported, registration.NotAccepted, registration.InReview,
		registration.Reviewed, registration.AtCounty, registration.ReturnedSchool, registration.Concluded, registration.Withdrawn, registration.Held, "", "final"}
	for _, act := range allActs {
		for _, s := range states {
			_, err := act.do(standing(s), judge(), moment(act.door))
			if slices.Contains(act.from, s) != (err == nil) {
				t.Errorf("%s from %q: %v", act.name, s, err)
			}
			if err != nil && fault.KindOf(err) == fault.Unavailable {
				t.Errorf("%s from %q fails without a sentence: %v", act.name, s, err)
			}
		}
	}
}

func TestEachActIsShutOutsideItsWindowToTheMillisecond(t *testing.T) {
	for _, act := range allActs {
		if act.door == "" {
			continue
		}
		w, _ := calendar.Window(2024, "341021", act.door)
		for when, open := range map[time.Time]bool{w.Opens.Add(-time.Millisecond): false, w.Opens: true, w.Closes.Add(-time.Millisecond): true, w.Closes: false} {
			_, err := act.do(standing(act.from[0]), judge(), when)
			if open && err != nil {
				t.Errorf("%s at %s: %v", act.name, when, err)
			}
			if !open {
				refused(t, err, fault.Closed, "记录保持原状")
			}
		}
	}
}

func TestNoActJudgesByAnotherPackThanTheRecords(t *testing.T) {
	for _, act := range allActs {
		if slices.Contains([]string{"send", "return", "withdraw", "hold", "release"}, act.name) {
			continue // they judge nothing
		}
		a, j := standing(act.from[0]), judge()
		a.Pack, j.Pack.ID = "national-2013", "provincial-2025"
		_, err := act.do(a, j, moment(act.door))
		if err == nil || !strings.Contains(err.Error(), "不能改用 provincial-2025") {
			t.Errorf("%s: %v", act.name, err)
		}
	}
}

func TestNoActIsDoneByNobodyOrBySomebodyWithAnotherPart(t *testing.T) {
	parts := map[string]string{"accept": "sender:U1", "not accept": "auditor:U1", "review": "auditor:U1", "send": "reviewer:U3", "return": "sender:U4",
		"conclude": "confirmer:U4", "conclude by two": "sender:U4"}
	for _, act := range allActs {
		if slices.Contains([]string{"licensed", "withdraw", "hold", "release"}, act.name) {
			continue // nobody's act: it follows from the licence; and those that are no part in the record
		}
		a := standing(act.from[0])
		a.Deeds = must[registration.Deeds](t)(registration.ParseDeeds(parts[act.name]))
		if _, err := act.do(a, judge(), moment(act.door)); err == nil || !strings.Contains(err.Error(), "须由另一个人办理") {
			t.Errorf("%s: %v", act.name, err)
		}
	}
	_, err := standing(registration.Imported).Accept(registration.Person{}, judge(), calendar, inReview)
	refused(t, err, fault.Forbidden, "请重新登录")
}

func TestWhatIsTypedIsRefusedInEveryPlaceWhereItWouldBeSigned(t *testing.T) {
	bad := "看不见\u200b的字"
	draft := allSame(registration.Deferred, "D2")
	draft.Compared["gender"], draft.Explained["gender"] = registration.Absent, bad
	a := standing(registration.InReview)
	_, err := a.Review(handler, draft, nil, judge(), calendar, inReview)
	refused(t, err, fault.Invalid, "性别的说明里有不能签署的字符")
	draft = allSame(registration.Deferred)
	draft.Answers["D2"] = registration.Dispute + bad
	_, err = a.Review(handler, draft, nil, judge(), calendar, inReview)
	refused(t, err, fault.Invalid, "对 D2 的异议里有不能签署的字符")
	list, _ := batch(t, 1)
	_, err = registration.ConcludeBatch(list, map[string]registration.Verdict{list[0].ID: {Conclusion: registration.Registered, Reason: bad}}, auditor, judges, calendar, inAudit)
	refused(t, err, fault.Invalid, "认定的理由里有不能签署的字符")
}

func TestABatchIsOfOneUnitOnePackAndItsJudgeMustAnswer(t *testing.T) {
	list, verdicts := batch(t, 2)
	mixed := slices.Clone(list)
	mixed[1].Unit = "341022"
	_, err := registration.ConcludeBatch(mixed, verdicts, auditor, judges, calendar, inAudit)
	refused(t, err, fault.Conflict, "第 2 行（2024-341021-000002）不属同一审核机构")
	list[1].Pack = "provincial-2025"
	_, err = registration.ConcludeBatch(list, verdicts, auditor, func(a registration.Application) (registration.Judge, error) {
		j := judge()
		if a.Pack == "provincial-2025" {
			j.Pack.ID = a.Pack
		}
		return j, nil
	}, calendar, inAudit)
	refused(t, err, fault.Conflict, "按另一个规则包核验", "整批没有签署")
	gone := errors.New("no pack")
	if _, err = registration.ConcludeBatch(list, verdicts, auditor, func(registration.Application) (registration.Judge, error) {
		return registration.Judge{}, gone
	}, calendar, inAudit); !errors.Is(err, gone) {
		t.Errorf("a judge that fails: %v", err)
	}
}

func TestALongListIsSentInPartsAndLongGapsAreCounted(t *testing.T) {
	var all []registration.Application
	for n := 1; n <= 201; n++ {
		a := standing(registration.Reviewed)
		a.ID = registration.RecordID(2024, "341021", n)
		all = append(all, a)
	}
	_, err := registration.Send(all, nil, head, calendar, inReview)
	refused(t, err, fault.Invalid, "一次最多上报 200 份，选了 201 份")
	var first []string
	for _, a := range all[:200] {
		first = append(first, a.ID)
	}
	if steps, err := registration.Send(all, first, head, calendar, inReview); err != nil || len(steps) != 200 {
		t.Errorf("%d %v", len(steps), err)
	}
	for i := range 25 {
		all[i].State = registration.InReview
	}
	_, err = registration.Send(all, nil, head, calendar, inReview)
	e := refused(t, err, fault.Invalid, "有 25 份还没有审查结论", "2024-341021-000020等 25 份")
	if len(e.Fields) != 25 || strings.Contains(e.Sentence, "000021") {
		t.Errorf("%d fields", len(e.Fields))
	}
}

func TestWhoIsNotAcceptedStraightFromTheImportHasARound(t *testing.T) {
	a := application(1, outside)
	step := must[registration.Step](t)(a.NotAccept(handler, head, "不在岗", nil, judge(), calendar, inReview))
	if a.Round != 0 || step.After.Round != 1 {
		t.Errorf("round %d", step.After.Round)
	}
}
