package sheet

import (
	"slices"
	"strings"
	"testing"

	"sealdesk/server/registration"
)

// The numbers are those of the acceptance cases of the specification.

// one checks a sheet of one row and gives the row.
func one(t *testing.T, row map[string]string, want string) Row {
	t.Helper()
	r := wantLines(t, sample(t), sheetOf(t, row), want)
	if len(r.Rows) != 1 {
		t.Fatalf("%d rows", len(r.Rows))
	}
	return r.Rows[0]
}

// first is a good row of a first registration.
func first(pairs ...string) map[string]string {
	return with(append([]string{"reg_kind", "t:首次注册", "last_valid_to", "", "training_hours", ""}, pairs...)...)
}

// private is a good row of a licensed private school.
func private(pairs ...string) map[string]string {
	return with(append([]string{"school_code", "t:HS10347", "school_name", "t:祁门县碧坪中学", "establishment", "t:民办聘用",
		"contract_from", "d:45170", "contract_to", "d:46265"}, pairs...)...)
}

func TestCase1APublicTeacherOnTheEstablishmentIsS1AndFirst(t *testing.T) {
	r := one(t, first(), "2 accept pass")
	if r.Scope != "S1" || r.RegKind != "first" || r.Outcome != registration.OutcomePass {
		t.Errorf("got %s %s %s", r.Scope, r.RegKind, r.Outcome)
	}
	if r := one(t, good(), "2 accept pass"); r.RegKind != "renewal" {
		t.Errorf("with a history: %s", r.RegKind)
	}
}

func TestCase2AHireWithoutApprovalIsRefusedAndKeptMendable(t *testing.T) {
	row := with("establishment", "t:聘用", "equal_pay", "t:是")
	r := one(t, row, "2 refuse 聘用批准文号 approval-missing")
	l := r.Lines[0]
	if !strings.Contains(l.Sentence, "R01") || !strings.Contains(l.Cure, "文号") || r.Cells["person_name"] != "程云溪" {
		t.Errorf("%+v", l)
	}
	row["approval_doc_no"] = "t:祁政人〔2021〕12号"
	if r := one(t, row, "2 accept pass"); r.Scope != "S1" {
		t.Errorf("with the number: %s", r.Scope)
	}
}

func TestCase4AnEarlierDeferralThatIsAnsweredIsS3(t *testing.T) {
	row := with("prior_deferral_year", "n:2023", "prior_deferral_organ", "t:祁门县教育局", "prior_deferral_cleared", "t:是", "training_hours", "n:360.0")
	if r := one(t, row, "2 accept pass"); r.Scope != "S3" {
		t.Errorf("scope %s", r.Scope)
	}
	row["prior_deferral_year"] = ""
	r := one(t, row, "2 refuse 前次暂缓年度 deferral-unlinked")
	if !strings.Contains(r.Lines[0].Sentence, "R03") {
		t.Error(r.Lines[0].Sentence)
	}
}

func TestCase5AnOtherPostGoesToAHuman(t *testing.T) {
	r := one(t, with("post_type", "t:其他"), "2 accept H4 human")
	if !strings.Contains(r.Findings[0].Sentence, "其他") {
		t.Error(r.Findings[0].Sentence)
	}
	one(t, with("post_type", "t:实验教学"), "2 accept pass")
}

func TestCase6RegistrationThatEndsThisYearIsDueAndTheNextDayIsNot(t *testing.T) {
	one(t, with("last_valid_to", "d:45657"), "2 accept pass") // 2024-12-31
	r := one(t, with("last_valid_to", "d:45658"), "2 refuse 上次注册有效期止 not-due")
	if !strings.Contains(r.Lines[0].Sentence, "R05") {
		t.Error(r.Lines[0].Sentence)
	}
}

func TestCase9TheLastMillisecondIsInAndTheNextIsOverdue(t *testing.T) {
	ref := sample(t)
	// 341000-SZ closes at 2024-10-26T00:00:00, whose serial is 45591.
	for value, want := range map[string]string{
		"m:45590.999999988426": "2 accept pass", // 23:59:59.999
		"m:45591":              "2 overdue 申请时间 late",
		"m:45590.9999999999":   "2 overdue 申请时间 late", // rounds to midnight
		"m:45558":              "2 accept pass",       // 2024-09-23 00:00:00
		"m:45557.999999988426": "2 refuse 申请时间 before-window",
	} {
		row := with("applied_at", value, "school_code", "t:"+shizhiSchool(ref), "school_name", "t:"+ref.Schools[shizhiSchool(ref)].Name)
		r := checkBytes(t, ref, sheetOf(t, row), "341000-SZ")
		if got := lines(r); got != want {
			t.Errorf("%s: got %s, want %s", value, got, want)
		}
		if l := r.Lines[0]; l.Kind == Overdue && !strings.Contains(l.Sentence, "2024-10-26 00:00:00") {
			t.Error(l.Sentence)
		}
	}
}

// shizhiSchool finds an open public school of the city's own section.
func shizhiSchool(ref Reference) string {
	best := ""
	for id, s := range ref.Schools {
		if s.Parent == "341000-SZ" && s.Ownership == registration.Public && s.ValidTo == nil && s.Facts().Teaches() && (best == "" || id < best) {
			best = id
		}
	}
	return best
}

func TestCase20OneCardHasOneSpelling(t *testing.T) {
	for _, id := range []string{"34279319850312002x", "３４２７９３１９８５０３１２００２Ｘ", " 34279319850312002X\u3000"} {
		r := one(t, with("id_number", "t:"+id), "2 accept pass; 2 warn 身份证件号码 normalised")
		if r.Form.IDNumber != "34279319850312002X" {
			t.Error("not normalised")
		}
	}
	r := wantLines(t, sample(t), sheetOf(t, good(), with("id_number", "t:34279319850312002x", "apply_no", "t:1")),
		"2 accept pass; 3 refuse 身份证件号码 duplicate-id")
	if r.Counts.Refused != 1 {
		t.Errorf("%+v", r.Counts)
	}
}

func TestCases21To26WrongNumbersAreRefusedEachForItsReason(t *testing.T) {
	for id, want := range map[string]string{
		"342793198503120021": "2 refuse 身份证件号码 id-checksum", // 21
		"342793198302300016": "2 refuse 身份证件号码 id-date",     // 22
		"342793198402291014": "2 accept pass",               // 23
		"342793198502290019": "2 refuse 身份证件号码 id-date",     // 23
		"34279319780615103X": "2 accept pass",               // 24
		"342793850312002":    "2 refuse 身份证件号码 id-15-digit", // 26
	} {
		row := with("id_number", "t:"+id)
		if strings.HasSuffix(id, "1014") || strings.HasSuffix(id, "103X") {
			row["gender"] = "t:男"
		}
		r := one(t, row, want)
		if strings.Contains(r.Lines[0].Sentence+r.Lines[0].Cure, "X") {
			t.Error("the right digit is suggested")
		}
	}
}

func TestCase25ANumberThatContradictsTheGenderIsAFinding(t *testing.T) {
	r := one(t, with("id_number", "t:342793196909082044", "gender", "t:男"), "2 accept H4 human")
	if r.Form.Gender != "m" || r.Form.IDNumber[16] != '4' || !strings.Contains(r.Findings[0].Sentence, "所示性别为女") {
		t.Error(r.Findings[0].Sentence)
	}
	one(t, with("id_number", "t:342793196909082044"), "2 accept pass")
}

func TestCase27AnIDNumberInANumberCellIsRefusedWithTheTextCure(t *testing.T) {
	r := one(t, with("id_number", "n:342793198503120000"), "2 refuse 身份证件号码 number-cell")
	if !strings.Contains(r.Lines[0].Cure, "文本") {
		t.Error(r.Lines[0].Cure)
	}
}

func TestCase28AKindDigitThatDiffersIsAWarningOnly(t *testing.T) {
	row := with("cert_number", "t:20093410042000123", "cert_kind", "t:小学教师资格", "stage_taught", "t:小学")
	one(t, row, "2 accept pass; 2 warn 教师资格证书号码 cert-kind-digit")
	row["cert_kind"] = "t:高级中学教师资格"
	one(t, row, "2 accept pass")
}

func TestCase29ACertificateOf16DigitsIsKeptAndGoesToAHuman(t *testing.T) {
	row := with("cert_number", "t:2009341004200012")
	r := one(t, row, "2 accept H3 human; 2 warn 教师资格证书号码 cert-length")
	if l := r.Lines[1]; !strings.Contains(l.Sentence, "为16位，应为17位") || !strings.Contains(l.Cure, "R47") {
		t.Errorf("%+v", l)
	}
	row["authenticity"] = "t:真实"
	one(t, row, "2 accept pass; 2 warn 教师资格证书号码 cert-length")
}

func TestCases31To36TheRulesOverAWholeRow(t *testing.T) {
	for name, c := range map[string]struct {
		row  map[string]string
		want string
	}{
		"31":       {with("training_hours", "n:360"), "2 accept pass"},
		"31 twin":  {with("training_hours", "n:359.9"), "2 accept D2 defer"},
		"32":       {with("appraisal_y2", "t:不合格", "appraisal_y4", "t:不合格"), "2 accept D1 defer"},
		"32 twin":  {with("appraisal_y3", "t:不合格", "appraisal_y4", "t:不合格"), "2 accept F2 fail"},
		"33":       {with("appraisal_y3", "t:基本合格"), "2 accept H1 human"},
		"33 twin":  {with("appraisal_y3", "t:基本合格", "training_hours", "n:300"), "2 accept D2 H1 defer"},
		"34":       {with("appraisal_y5", ""), "2 accept H1 human"},
		"35":       {with("ethics_result", "t:严重违反", "ethics_decision_no", "t:祁教处〔2023〕1号", "training_hours", "n:1"), "2 accept F1 D2 fail"},
		"35 twin":  {with("ethics_result", "t:严重违反", "ethics_decision_no", "t:祁教处〔2023〕1号", "in_post", "t:否"), "2 accept O1 F1 out_of_scope"},
		"36":       {with("gap_terms", "n:1", "gap_reason", "t:产假"), "2 accept pass"},
		"36 twin":  {with("gap_terms", "n:1"), "2 accept D3 defer"},
		"36 other": {with("gap_terms", "n:1", "gap_reason", "t:其他"), "2 accept D3 defer"},
		"36 half":  {with("gap_terms", "n:0.9"), "2 accept pass"},
	} {
		t.Run(name, func(t *testing.T) { one(t, c.row, c.want) })
	}
}

func TestCase52ADryRunCounts117GoodRowsOf120AndSaysTheSameAgain(t *testing.T) {
	ref := sample(t)
	var rows []map[string]string
	for i := range 120 {
		row := with("apply_no", "t:2024"+itoa(i), "id_type", "t:护照", "id_number", "t:E"+itoa(1000000+i))
		if i%50 == 7 {
			row["gender"] = "t:女性"
		}
		rows = append(rows, row)
	}
	data := sheetOf(t, rows...)
	a, b := checkBytes(t, ref, data, "341024"), checkBytes(t, ref, data, "341024")
	if c := a.Counts; c.Rows != 120 || c.Accepted != 117 || c.Refused != 3 || a.Clean() {
		t.Errorf("%+v", c)
	}
	if a.Digest != b.Digest || csvOf(t, a) != csvOf(t, b) {
		t.Error("the same file gave another report")
	}
	if a.Digest == (checkBytes(t, ref, sheetOf(t, rows[:119]...), "341024").Digest) {
		t.Error("another file gave the same digest")
	}
}

func TestAMendedRowIsJudgedAsTheSheetWouldBe(t *testing.T) {
	ref := sample(t)
	r := one(t, with("gender", "t:女性"), "2 refuse 性别 not-in-list")
	female := map[string]string{"gender": "女"}
	mended, err := Mend(ref, "341024", clock, r, female, nil)
	if err != nil || mended.Kind != Accept || mended.Outcome != registration.OutcomePass || !slices.Equal(mended.Mended, []string{"gender"}) {
		t.Fatalf("%v %+v", err, mended)
	}
	whole := one(t, good(), "2 accept pass")
	for _, c := range registration.Columns() {
		if a, b := mended.Form.Get(c.Field), whole.Form.Get(c.Field); a != b {
			t.Errorf("%s differs from the sheet's", c.Field)
		}
	}
	seen := NewSeen()
	seen.Note(whole.Form)
	if again, _ := Mend(ref, "341024", clock, r, female, seen); again.Kind != Refuse || len(again.Lines) != 2 {
		t.Errorf("a number of another row was not noticed: %+v", again.Lines)
	}
	if back, _ := Mend(ref, "341024", clock, r, female, NewSeen()); back.Kind != Accept {
		t.Error("a check changed what it was told")
	}
	r = one(t, with("training_hours", "n:-1", "cert_date", "t:2009.6"), "2 refuse 发证日期 date-text; 2 refuse 培训学时 out-of-range")
	if bad, _ := Mend(ref, "341024", clock, r, map[string]string{"training_hours": "三百", "cert_date": "2009.7"}, nil); len(bad.Lines) != 2 || bad.Lines[0].Code != "date-text" || bad.Lines[1].Code != "number-text" {
		t.Errorf("%+v", bad.Lines)
	}
}
