package registration_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

// The people of the scene. None of them bears an applicant's name.
var (
	handler  = registration.Person{Staff: "U1", Name: "吴景行", Org: "HS10200"}
	handler2 = registration.Person{Staff: "U2", Name: "汪若水", Org: "HS10200"}
	head     = registration.Person{Staff: "U3", Name: "叶秉文", Org: "HS10200"}
	auditor  = registration.Person{Staff: "U4", Name: "沈知远", Org: "341021"}
	lead     = registration.Person{Staff: "U6", Name: "方一苇", Org: "341021"}
)

func at(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04:05.999", text, registration.Shanghai)
	if err != nil {
		panic(err)
	}
	return t
}

// inReview and inAudit are moments inside the county's windows.
var (
	inReview = at("2024-10-20 10:00:00")
	inAudit  = at("2024-11-12 10:00:00")
)

func span(unit, stage, opens, closes string) registration.Window {
	return registration.Window{ID: "2024/" + unit + "/" + stage, Year: 2024, Org: unit, Stage: stage, Opens: at(opens), Closes: at(closes)}
}

var calendar = registration.Calendar{Windows: []registration.Window{
	span("341021", "application", "2024-09-23 00:00:00", "2024-11-01 00:00:00"),
	span("341021", "school_review", "2024-09-23 00:00:00", "2024-11-08 00:00:00"),
	span("341021", "audit", "2024-11-08 00:00:00", "2024-11-30 00:00:00"),
	span("341000-SZ", "application", "2024-09-23 00:00:00", "2024-10-26 00:00:00"),
	span("341000-SZ", "school_review", "2024-09-23 00:00:00", "2024-11-09 00:00:00"),
	span("341000-SZ", "audit", "2024-11-09 00:00:00", "2024-11-30 00:00:00"),
}}

var public = registration.SchoolFacts{Kind: "primary", Ownership: registration.Public}

func judge() registration.Judge {
	return registration.Judge{Pack: registration.National(), School: public}
}

func judges(registration.Application) (registration.Judge, error) { return judge(), nil }

func day(text string) *registration.Date {
	d, err := registration.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return &d
}

func tenths(n int) *registration.Tenths { v := registration.Tenths(n); return &v }

// application is number n of the scene's school, freshly imported: nothing
// stands against it.
func application(n int, change ...func(*registration.Form)) registration.Application {
	f := registration.Form{
		ApplyNo: fmt.Sprintf("2024090%05d", n), PersonName: []string{"程云溪", "胡文澜", "项知秋", "江晓岚"}[n%4], IDType: "resident_id",
		IDNumber: "341093198503120020", Gender: "f", SchoolName: "歙县松源小学", SchoolCode: "HS10200", StageTaught: "2",
		SubjectTaught: "语文", PostType: "full_time", Establishment: "public_staffed", CertNumber: "20093499320000123",
		CertKind: "2", CertSubject: "语文", CertIssuer: "歙县教育局", CertDate: day("2009-06-30"), RegKind: "renewal",
		LastValidTo: day("2024-12-31"), AppraisalY1: "pass", AppraisalY2: "pass", AppraisalY3: "excellent", AppraisalY4: "pass",
		AppraisalY5: "pass", TrainingHours: tenths(3600), AppliedAt: at("2024-10-08 09:15:30"), InPost: "yes", CertStatus: "held",
		InNationalSystem: "yes", EthicsResult: "met", HealthEvidence: "present", GapTerms: tenths(0),
	}
	for _, c := range change {
		c(&f)
	}
	return registration.Application{
		ID: registration.RecordID(2024, "341021", n), Year: 2024, Unit: "341021", School: "HS10200", Path: "/341000/341021/HS10200/",
		State: registration.Imported, Form: f, ImportID: "I1", ImportedAt: at("2024-10-10 08:00:00"), UpdatedAt: at("2024-10-10 08:00:00"),
	}
}

func short(f *registration.Form) { f.TrainingHours = tenths(3599) } // D2
func basic(f *registration.Form) { f.AppraisalY3 = "basic" }        // H1
func breach(f *registration.Form) {
	f.EthicsResult, f.EthicsDecisionNo = "grave_breach", "歙教〔2023〕5号"
}
func unlisted(f *registration.Form) { f.InNationalSystem, f.Authenticity = "no", "genuine" }
func outside(f *registration.Form)  { f.InPost = "no" } // O1

// allSame is a review in which paper and form agree and every finding is
// affirmed.
func allSame(c registration.Conclusion, rules ...string) registration.Review {
	r := registration.Review{Compared: map[string]string{}, Explained: map[string]string{}, Answers: map[string]string{}, Conclusion: c}
	for _, col := range registration.Columns()[1:24] {
		r.Compared[col.Field] = registration.Same
	}
	for _, rule := range rules {
		r.Answers[rule] = registration.Affirm
	}
	if c.Adverse() {
		r.Reason = "与材料相符"
	}
	return r
}

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// accepted, reviewed, atCounty lead a record to a state by real acts.
func accepted(t testing.TB, a registration.Application) registration.Application {
	t.Helper()
	return must[registration.Application](t)(a.Accept(handler, judge(), calendar, inReview))
}

func reviewed(t testing.TB, a registration.Application) registration.Application {
	t.Helper()
	a = accepted(t, a)
	conclusion := registration.Registered
	var rules []string
	for _, f := range a.Findings {
		rules = append(rules, f.Rule)
		if f.Class == registration.ClassDefer && conclusion == registration.Registered {
			conclusion = registration.Deferred
		}
		if f.Class == registration.ClassFail {
			conclusion = registration.Failed
		}
	}
	return must[registration.Step](t)(a.Review(handler, allSame(conclusion, rules...), nil, judge(), calendar, inReview)).After
}

func atCounty(t testing.TB, a registration.Application) registration.Application {
	t.Helper()
	steps := must[[]registration.Step](t)(registration.Send([]registration.Application{reviewed(t, a)}, nil, head, calendar, inReview))
	return steps[0].After
}

// refused asserts a refusal: its kind, that the sentence holds each text, that
// it repeats no name or number of an applicant, and gives the error back.
func refused(t testing.TB, err error, kind fault.Kind, texts ...string) *fault.Error {
	t.Helper()
	var e *fault.Error
	if !errors.As(err, &e) {
		t.Fatalf("not refused: %v", err)
	}
	if e.Kind != kind {
		t.Errorf("kind %s, not %s: %s", e.Kind, kind, e.Sentence)
	}
	for _, text := range texts {
		if !strings.Contains(e.Sentence, text) {
			t.Errorf("the sentence lacks %q: %s", text, e.Sentence)
		}
	}
	if !strings.HasSuffix(e.Sentence, "。") {
		t.Errorf("not a whole sentence: %s", e.Sentence)
	}
	for _, private := range []string{"程云溪", "胡文澜", "项知秋", "江晓岚", "341093198503120020", "20093499320000123"} {
		if strings.Contains(e.Error(), private) {
			t.Errorf("the sentence repeats personal data: %s", e.Sentence)
		}
	}
	return e
}

// unchanged asserts that a refusal left the record as it was.
func unchanged(t testing.TB, before, after registration.Application) {
	t.Helper()
	if !reflect.DeepEqual(before, after) {
		t.Errorf("the refused act changed the record: %s -> %s", before.State, after.State)
	}
}
