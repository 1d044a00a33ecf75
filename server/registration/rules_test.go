package registration

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	junior = SchoolFacts{Kind: "junior", Ownership: Public}
	lent   = SchoolFacts{Kind: "junior", Ownership: Private, Licence: "教民9341024946079号"}
)

// passing is a renewal against which nothing stands.
func passing() Form {
	hours, gap := Tenths(3600), Tenths(0)
	last, cert := Date{2024, 12, 14}, Date{2009, 6, 30}
	return Form{ApplyNo: "2024996799999", PersonName: "程云溪", IDType: "resident_id", IDNumber: "34279319850312002X",
		Gender: "f", SchoolName: "祁门县枫塘初级中学", SchoolCode: "HS10385", StageTaught: "3", SubjectTaught: "语文",
		PostType: "full_time", Establishment: "public_staffed", CertNumber: "20093499632000123", CertKind: "3",
		CertSubject: "语文", CertIssuer: "祁门县教育局", CertDate: &cert, RegKind: "renewal", LastValidTo: &last,
		AppraisalY1: "pass", AppraisalY2: "excellent", AppraisalY3: "pass", AppraisalY4: "pass", AppraisalY5: "pass",
		TrainingHours: &hours, AppliedAt: time.Date(2024, 10, 8, 9, 15, 30, 0, Shanghai), InPost: "yes",
		CertStatus: "held", InNationalSystem: "yes", EthicsResult: "met", HealthEvidence: "present", GapTerms: &gap}
}

// tenths and on make what a form points at.
func tenths(n Tenths) *Tenths { return &n }
func on(y, m, d int) *Date    { return &Date{y, time.Month(m), d} }

func judged(t *testing.T, f Form, s SchoolFacts) (scope string, ids string, out Outcome) {
	t.Helper()
	scope, _, findings, out := National().Evaluate(f, s, 2024)
	var rules []string
	for _, x := range findings {
		rules = append(rules, x.Rule)
		if !strings.HasPrefix(x.Sentence, x.Rule+"：") || !strings.Contains(x.Sentence, x.Clause) || x.Clause == "" {
			t.Errorf("the sentence lacks id or clause: %s", x.Sentence)
		}
	}
	return scope, strings.Join(rules, " "), out
}

func TestRulesByAcceptanceCaseWithTheTwinOverTheEdge(t *testing.T) {
	for name, c := range map[string]struct {
		bend func(f *Form)
		want string
	}{
		"nothing stands against it": {func(f *Form) {}, "S1  pass"},
		"TestCase31 360.0":          {func(f *Form) { f.TrainingHours = tenths(3600) }, "S1  pass"},
		"TestCase31 359.9":          {func(f *Form) { f.TrainingHours = tenths(3599) }, "S1 D2 defer"},
		"TestCase32 2020 and 2022":  {func(f *Form) { f.AppraisalY2, f.AppraisalY4 = "fail", "fail" }, "S1 D1 defer"},
		"TestCase32 2021 and 2022":  {func(f *Form) { f.AppraisalY3, f.AppraisalY4 = "fail", "fail" }, "S1 F2 fail"},
		"TestCase33 360":            {func(f *Form) { f.AppraisalY3 = "basic" }, "S1 H1 human"},
		"TestCase33 300":            {func(f *Form) { f.AppraisalY3 = "basic"; f.TrainingHours = tenths(3000) }, "S1 D2 H1 defer"},
		"TestCase34":                {func(f *Form) { f.AppraisalY5 = "" }, "S1 H1 human"},
		"TestCase35 F1 and D2": {func(f *Form) {
			f.EthicsResult, f.EthicsDecisionNo, f.TrainingHours = "grave_breach", "祁教处1号", tenths(0)
		}, "S1 F1 D2 fail"},
		"TestCase35 O1 and F1":        {func(f *Form) { f.EthicsResult, f.EthicsDecisionNo, f.InPost = "grave_breach", "祁教处1号", "no" }, " O1 F1 out_of_scope"},
		"grave without decision":      {func(f *Form) { f.EthicsResult = "grave_breach" }, "S1 H4 human"},
		"TestCase36 maternity":        {func(f *Form) { f.GapTerms, f.GapReason = tenths(10), "maternity" }, "S1  pass"},
		"TestCase36 no reason":        {func(f *Form) { f.GapTerms = tenths(10) }, "S1 D3 defer"},
		"TestCase36 just under":       {func(f *Form) { f.GapTerms = tenths(9) }, "S1  pass"},
		"certificate not held":        {func(f *Form) { f.CertStatus, f.CertKind, f.CertNumber = "none", "", "" }, "S1 O2 out_of_scope"},
		"reissue pending":             {func(f *Form) { f.CertStatus = "reissue_pending" }, "S1  pass"},
		"revoked":                     {func(f *Form) { f.CertStatus = "revoked" }, "S1 F3 fail"},
		"not in the system":           {func(f *Form) { f.InNationalSystem = "no" }, "S1 H3 human"},
		"false certificate":           {func(f *Form) { f.InNationalSystem, f.Authenticity = "no", "false" }, "S1 H3 human"},
		"genuine certificate":         {func(f *Form) { f.InNationalSystem, f.Authenticity = "no", "genuine" }, "S1  pass"},
		"nothing said of the post":    {func(f *Form) { f.InPost = "" }, "S1 H4 human"},
		"nothing said of the gap":     {func(f *Form) { f.GapTerms = nil }, "S1 H4 human"},
		"hire at equal pay":           {func(f *Form) { f.Establishment, f.EqualPay, f.ApprovalDocNo = "approved_hire", "yes", "1号" }, "S1  pass"},
		"hire at less":                {func(f *Form) { f.Establishment, f.EqualPay, f.ApprovalDocNo = "approved_hire", "no", "1号" }, " O1 out_of_scope"},
		"first, too few hours":        {func(f *Form) { f.LastValidTo, f.TrainingHours, f.ProbationEnd = nil, tenths(1), on(2020, 1, 1) }, "S1  pass"},
		"first, probation unknown":    {func(f *Form) { f.LastValidTo = nil }, "S1 H1 human"},
		"first, probation ends today": {func(f *Form) { f.LastValidTo, f.ProbationEnd = nil, on(2024, 10, 8) }, "S1  pass"},
		"first, probation goes on":    {func(f *Form) { f.LastValidTo, f.ProbationEnd = nil, on(2024, 10, 9) }, "S1 H1 human"},
		"first, year of hire": {func(f *Form) {
			f.LastValidTo, f.ProbationEnd, f.HiredOn, f.AppraisalY3 = nil, on(2022, 9, 1), on(2021, 9, 1), "fail"
		}, "S1  pass"},
		"first, year after hire": {func(f *Form) {
			f.LastValidTo, f.ProbationEnd, f.HiredOn, f.AppraisalY4 = nil, on(2022, 9, 1), on(2021, 9, 1), "fail"
		}, "S1 D1 defer"},
		"first, hired on the last day of probation": {func(f *Form) {
			f.LastValidTo, f.ProbationEnd, f.HiredOn = nil, on(2022, 8, 31), on(2022, 8, 31)
		}, "S1  pass"},
		"first, hired after probation": {func(f *Form) {
			f.LastValidTo, f.ProbationEnd, f.HiredOn, f.AppraisalY4 = nil, on(2010, 8, 31), on(2024, 9, 30), "fail"
		}, "S1 H1 human"},
		"first, hired on the day of application": {func(f *Form) {
			f.LastValidTo, f.ProbationEnd, f.HiredOn = nil, on(2024, 10, 8), on(2024, 10, 8)
		}, "S1  pass"},
		"first, hired after application": {func(f *Form) {
			f.LastValidTo, f.ProbationEnd, f.HiredOn = nil, on(2024, 10, 8), on(2024, 10, 9)
		}, "S1 H1 human"},
		"renewal, hours unknown": {func(f *Form) { f.TrainingHours = nil }, "S1 H4 human"},
	} {
		t.Run(name, func(t *testing.T) {
			f := passing()
			c.bend(&f)
			scope, ids, out := judged(t, f, junior)
			if got := scope + " " + ids + " " + string(out); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestAMissingYearBesideAFailedOneSaysThatItCouldHideF2(t *testing.T) {
	f := passing()
	f.AppraisalY3, f.AppraisalY4 = "fail", ""
	_, _, findings, out := National().Evaluate(f, junior, 2024)
	if out != OutcomeDefer || !strings.Contains(findings[1].Sentence, "可能构成连续不合格") {
		t.Errorf("%s %+v", out, findings)
	}
	f.AppraisalY4, f.AppraisalY5 = "pass", ""
	_, _, findings, _ = National().Evaluate(f, junior, 2024)
	if strings.Contains(findings[1].Sentence, "可能构成") {
		t.Error("a year that is no neighbour was said to hide something")
	}
}

func TestAPrivateTeacherIsS2WhileTheContractRuns(t *testing.T) {
	f := passing()
	f.Establishment, f.ContractFrom, f.ContractTo = "private", on(2024, 10, 8), on(2024, 10, 8)
	if scope, _, out := judged(t, f, lent); scope != "S2" || out != OutcomePass {
		t.Errorf("%s %s", scope, out)
	}
	f.ContractTo, f.ContractFrom = on(2024, 10, 7), on(2024, 1, 1)
	if scope, ids, _ := judged(t, f, lent); scope != "" || ids != "O1" {
		t.Errorf("%s %s", scope, ids)
	}
	f.ContractTo = on(2025, 1, 1)
	if _, ids, _ := judged(t, f, SchoolFacts{Kind: "junior", Ownership: Private}); ids != "O1" {
		t.Errorf("without licence: %s", ids)
	}
}

func TestAnAnsweredDeferralIsS3AndAnOpenOneIsNot(t *testing.T) {
	f := passing()
	year := 2023
	f.PriorDeferralYear, f.PriorDeferralOrgan, f.PriorDeferralCleared = &year, "祁门县教育局", "yes"
	if scope, _, _ := judged(t, f, junior); scope != "S3" {
		t.Error(scope)
	}
	f.PriorDeferralCleared = "no"
	if scope, _, _ := judged(t, f, junior); scope != "S1" {
		t.Error(scope)
	}
	f.PriorDeferralCleared = "yes"
	if scope, ids, _ := judged(t, f, SchoolFacts{Kind: "university", Ownership: Public}); scope != "" || ids != "O1" {
		t.Errorf("university: %s %s", scope, ids)
	}
}

func TestEachKindServesExactlyItsStages(t *testing.T) {
	served := map[Code]string{"1": "123457", "2": "23457", "3": "3457", "4": "457", "5": "457", "6": "4567"}
	for stage, kinds := range served {
		for _, kind := range "1234567" {
			f := passing()
			f.StageTaught, f.CertKind = stage, Code(kind)
			_, ids, _ := judged(t, f, junior)
			if (ids == "") != strings.ContainsRune(kinds, kind) {
				t.Errorf("stage %s, kind %c: %q", stage, kind, ids)
			}
		}
	}
}

func TestCase37AnotherPackDoesNotChangeWhatThePackOfARecordSays(t *testing.T) {
	later := strings.NewReplacer("national-2013", "province-2025", `"hours": 360`, `"hours": 400`, `"effective_year": 2013`, `"effective_year": 2025`).Replace(string(nationalJSON))
	p, err := ParsePack([]byte(later))
	if err != nil {
		t.Fatal(err)
	}
	f := passing()
	if _, _, found, out := p.Evaluate(f, junior, 2024); out != OutcomeDefer || !strings.Contains(found[0].Sentence, "少于400") {
		t.Errorf("the new pack's figure is not asked: %s", out)
	}
	if _, _, out := judged(t, f, junior); out != OutcomePass || National().ID != "national-2013" || p.Digest == National().Digest {
		t.Errorf("the old pack changed: %s", out)
	}
}

func TestAPackThatCannotBeAskedOrCitedIsRefused(t *testing.T) {
	for _, pair := range [][2]string{
		{`"check": "failed_year"`, `"check": "nonsense"`}, {`"class": "O"`, `"class": "P"`}, {`"hours": 360`, `"hours": 0`},
		{`"id": "O2"`, `"id": "O1"`}, {`"pack_id": "national-2013"`, `"pack_id": ""`}, {`"remark"`, `"remarks"`}, {`"terms": 1`, `"terms": 0`},
		{`"years": 2}`, `"years": 1}`},
	} {
		text := strings.Replace(string(nationalJSON), pair[0], pair[1], 1)
		if text == string(nationalJSON) {
			t.Fatalf("%s is not in the pack", pair[0])
		}
		if _, err := ParsePack([]byte(text)); err == nil {
			t.Errorf("%s was accepted", pair[1])
		}
	}
	if _, err := ParsePack([]byte("{}")); err == nil {
		t.Error("an empty pack was accepted")
	}
}

func TestEveryRuleOfTheSpecificationIsInThePackInItsOrder(t *testing.T) {
	var ids []string
	for _, r := range National().Rules {
		ids = append(ids, r.ID)
		if r.ID[:1] != string(r.Class) {
			t.Errorf("%s has class %s", r.ID, r.Class)
		}
	}
	if got := strings.Join(ids, " "); got != "O1 O2 F1 F2 F3 D1 D2 D3 H1 H2 H3 H4" {
		t.Error(got)
	}
}

func TestAFormKeepsEveryFieldThroughJSONAndThePage(t *testing.T) {
	f := passing()
	year := 2023
	f.PriorDeferralYear, f.HiredOn, f.GapReason = &year, on(2009, 9, 1), "study"
	data, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	var back Form
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	typed := Form{}
	var names map[string]any
	if err := json.Unmarshal(data, &names); err != nil {
		t.Fatal(err)
	}
	for _, c := range Columns() {
		if f.Get(c.Field) != back.Get(c.Field) {
			t.Errorf("%s changed in JSON", c.Field)
		}
		if _, ok := names[c.Field]; !ok || f.Field(c.Field) == nil {
			t.Errorf("%s has no field", c.Field)
		}
		if typed, err = typed.With(c.Field, f.plain(c.Field)); err != nil {
			t.Errorf("%s: %v", c.Field, err)
		}
		if c.Kind == ListKind && len(Words(c.Field)) == 0 {
			t.Errorf("%s has no words", c.Field)
		}
	}
	if len(names) != 43 || len(Columns()) != 43 || reflect.TypeFor[Form]().NumField() != 43 {
		t.Errorf("%d names", len(names))
	}
	again, _ := json.Marshal(typed)
	if first, _ := json.Marshal(back); string(again) != string(first) {
		t.Error("typed again, the form differs")
	}
	if shown := f.Reviewed(); len(shown) != 23 || shown[0].Header != "姓名" || shown[22].Header != "培训学时" || shown[22].Value != "360" {
		t.Errorf("%d fields to compare", len(shown))
	}
	if f.Show("gender") != "女" || f.Get("gender") != "f" || f.Get("nonsense") != "" {
		t.Error("words and codes are mixed up")
	}
}

func TestWhatIsTypedWronglyIsRefusedWithASentence(t *testing.T) {
	for field, text := range map[string]string{"gender": "女性", "cert_date": "2023-02-29", "training_hours": "360.25",
		"gap_terms": "-1", "prior_deferral_year": "23.5", "applied_at": "2024-10-08", "nonsense": "x"} {
		if _, err := passing().With(field, text); err == nil || !strings.Contains(err.Error(), "。") {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestCases20To26OfTheIDNumber(t *testing.T) {
	today := Date{2024, 11, 20}
	for text, want := range map[string]error{
		"34279319850312002X": nil, "34279319850312002x": nil, "３４２７９３１９８５０３１２００２Ｘ": nil, // 20
		"342793198503120021": IDChecksum, // 21
		"342793198302300016": IDDate,     // 22
		"342793198402291014": nil,        // 23
		"342793198502290019": IDDate,     // 23
		"34279319780615103X": nil,        // 24
		"342793196909082044": nil,        // 25
		"342793850312002":    ID15Digit,  // 26
		"341093202411210020": IDFuture, "34109318991231002X": IDDate, "3410931985031200": IDFormat, "34109319850312002Y": IDFormat,
		"34109319850312002٣": IDFormat, "": IDFormat,
	} {
		id, err := ParseIDNumber("resident_id", text, today)
		if !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", text, err, want)
		}
		if want == nil && strings.HasPrefix(id.Text, "342793198503") && (id.Text != "34279319850312002X" || id.Birth != Date{1985, 3, 12} || id.Gender != "f") {
			t.Errorf("got %+v", id)
		}
	}
	if !strings.Contains(ID15Digit.Sentence(), "18位") || !strings.Contains(IDChecksum.Sentence(), "校验位不符") || strings.Contains(IDChecksum.Sentence(), "X") {
		t.Error("sentences")
	}
	f := passing()
	f.IDNumber, f.Gender = "342793196909082044", "m"
	if _, ids, out := judged(t, f, junior); ids != "H4" || out != OutcomeHuman {
		t.Errorf("25: %s %s", ids, out)
	}
}

func TestOtherIDTypesHaveNoCheckDigit(t *testing.T) {
	for text, ok := range map[string]bool{"H1234567800": true, "h12345678": true, "E123": false, "12345": true,
		strings.Repeat("A", 20): true, strings.Repeat("A", 21): false, "E12 345": false} {
		id, err := ParseIDNumber("passport", text, Date{2024, 11, 20})
		if (err == nil) != ok || ok && id.Text != strings.ToUpper(text) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// FuzzIDNumber: what is accepted has 18 characters, a real day, one spelling,
// and no other last character would do.
func FuzzIDNumber(f *testing.F) {
	for _, s := range []string{"34279319850312002X", "342793198503120021", "34279319850312002ｘ", "342793850312002"} {
		f.Add(s)
	}
	today := Date{2024, 11, 20}
	f.Fuzz(func(t *testing.T, text string) {
		id, err := ParseIDNumber("resident_id", text, today)
		if err != nil {
			var fault IDFault
			if !errors.As(err, &fault) || fault.Sentence() == "" || len(text) > 8 && strings.Contains(fault.Sentence()+fault.Error(), text) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if len(id.Text) != 18 || id.Birth.After(today) || id.Gender == "" {
			t.Fatalf("%+v", id)
		}
		if again, err := ParseIDNumber("resident_id", id.Text, today); err != nil || again != id {
			t.Fatalf("normalised, it differs: %v", err)
		}
		for _, c := range "0123456789X" {
			_, err := ParseIDNumber("resident_id", id.Text[:17]+string(c), today)
			if (err == nil) != (byte(c) == id.Text[17]) {
				t.Fatalf("last character %c: %v", c, err)
			}
		}
	})
}

func TestTenthsAreReadAndWrittenExactly(t *testing.T) {
	for text, want := range map[string]Tenths{"360": 3600, "359.9": 3599, "0.5": 5, "-1.5": -15, "0": 0} {
		if n, ok := ParseTenths(text); !ok || n != want || n.String() != text {
			t.Errorf("%s: %d %v %s", text, n, ok, n)
		}
	}
	for _, text := range []string{"", "-", "+1", "1.25", "1.", "a", ".", "99999999999", "1e3"} {
		if n, ok := ParseTenths(text); ok {
			t.Errorf("%q was read as %s", text, n)
		}
	}
	if !slices.IsSortedFunc([]Date{{1999, 12, 31}, {2000, 1, 1}, {2000, 1, 2}, {2000, 2, 1}}, func(a, b Date) int {
		if a.Before(b) {
			return -1
		}
		return 1
	}) {
		t.Error("dates are out of order")
	}
}
