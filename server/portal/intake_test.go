package portal_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/sheet/sheettest"
)

// intakeCase is a row of one sheet: what the report says of it, what a page
// says to people, and for a refused row what mends it, which is its twin just
// over the edge.
type intakeCase struct {
	name   string
	row    []string // changes to a good row, field and text in turn
	report string   // the row's lines
	says   []string // of a refused row sentence and cure, of a record its findings
	mend   []string // field and text in turn; "own" is the number that the row had
	mended string
}

var intakeCases = []intakeCase{
	{name: "Case1APublicTeacherWithoutHistoryIsS1AndFirst", row: []string{"last_valid_to", "", "reg_kind", "首次注册", "hired_on", "2020-09-01", "probation_end", "2021-08-31"},
		report: "accept   S1 first  pass", says: []string{"首次注册，对象类别 S1"}},
	{name: "Case1WithAHistoryItIsARenewal", report: passes, says: []string{"定期注册，对象类别 S1"}},
	{name: "Case1NotInPostThereIsNoClass", row: []string{"in_post", "否"}, report: "accept    renewal O1 out_of_scope", says: []string{"是否在岗填“否”", "不属注册对象"}},
	{name: "Case2AHireWithoutApprovalIsRefusedAndMended", row: []string{"establishment", "聘用", "equal_pay", "是"}, report: "refuse 聘用批准文号 approval-missing",
		says: []string{"没有填写批准文号（R01）", "请填写县级以上政府批准招聘的文号"}, mend: []string{"approval_doc_no", "歙政人〔2021〕12号"}, mended: passes},
	{name: "Case4ADeferralOf2023ThatIsAnsweredIsS3", row: []string{"prior_deferral_year", "2023", "prior_deferral_organ", "歙县教育局", "prior_deferral_cleared", "是", "training_hours", "360"},
		report: "accept   S3 renewal  pass", says: []string{"对象类别 S3", "建议注册合格"}},
	{name: "Case4WithoutAnEarlierDeferralItIsRefused", row: []string{"prior_deferral_organ", "歙县教育局", "prior_deferral_cleared", "是"}, report: "refuse 前次暂缓年度 deferral-unlinked",
		says: []string{"（R03）", "请补填暂缓年度和机构"}, mend: []string{"prior_deferral_year", "2023"}, mended: "accept   S3 renewal  pass"},
	{name: "Case5AnotherPostGoesToAHuman", row: []string{"post_type", "其他", "subject_taught", "图书管理"}, report: "accept   S1 renewal H4 human",
		says: []string{"岗位类型为“其他”，不在通知列举的岗位中", "图书管理", "须人工判断"}},
	{name: "Case5AListedPostPasses", row: []string{"post_type", "实验教学"}, report: passes, says: []string{"没有发现问题"}},
	{name: "Case6RegisteredInto2025ThereIsNothingToRenew", row: []string{"last_valid_to", "2025-01-01"}, report: "refuse 上次注册有效期止 not-due",
		says: []string{"今年无须注册（R05）", "到期当年再申请"}, mend: []string{"last_valid_to", "2024-12-31"}, mended: passes},
	{name: "Case20ACardWithX", row: []string{"id_number", "34279319850312002X", "gender", "女"}, report: passes, says: []string{"末四位 002X", "没有发现问题"}},
	{name: "Case20TheSameCardInSmallLettersIsTheSamePerson", row: []string{"id_number", "34279319850312002x", "gender", "女"}, report: "refuse 身份证件号码 duplicate-id",
		says: []string{"上面已有同一证件类型和号码的一行"}, mend: []string{"id_number", "own"}, mended: passes},
	{name: "Case21ACheckDigitThatDoesNotFit", row: []string{"id_number", "342793198503120021"}, report: "refuse 身份证件号码 id-checksum",
		says: []string{"校验位不符", "请对照证件原件逐位核对后重新填写"}, mend: []string{"id_number", "own"}, mended: passes},
	{name: "Case22TheThirtiethOfFebruary", row: []string{"id_number", "342793198302300016", "gender", "男"}, report: "refuse 身份证件号码 id-date",
		says: []string{"“身份证件号码”中的出生日期1983年2月30日不存在。", "请对照证件原件重新填写"}, mend: []string{"id_number", "342793198302280019"}, mended: passes},
	{name: "Case23ALeapDay", row: []string{"id_number", "342793198402291014", "gender", "男"}, report: passes, says: []string{"没有发现问题"}},
	{name: "Case23ALeapDayOfACommonYear", row: []string{"id_number", "342793198502290019"}, report: "refuse 身份证件号码 id-date",
		says: []string{"1985年2月29日不存在"}, mend: []string{"id_number", "own"}, mended: passes},
	{name: "Case24AFormerDivision", row: []string{"id_number", "34279319780615103X", "gender", "男"}, report: passes, says: []string{"没有发现问题"}},
	{name: "Case24AFormerDivisionWithAWrongDigit", row: []string{"id_number", "342793197806151031"}, report: "refuse 身份证件号码 id-checksum",
		says: []string{"校验位不符"}, mend: []string{"id_number", "own"}, mended: passes},
	{name: "Case25ANumberThatContradictsTheGender", row: []string{"id_number", "342793196909082044", "gender", "男"}, report: "accept   S1 renewal H4 human",
		says: []string{"身份证件号码所示性别为女，表中填男", "须人工判断", "末四位 2044"}},
	{name: "Case25ANumberThatSaysTheSame", row: []string{"id_number", "342793196909082060", "gender", "女"}, report: passes, says: []string{"没有发现问题"}},
	{name: "Case26AnOldNumberOf15Digits", row: []string{"id_number", "342793850312002"}, report: "refuse 身份证件号码 id-15-digit",
		says: []string{"15位旧号码", "请填写18位居民身份证号码"}, mend: []string{"id_number", "own"}, mended: passes},
	{name: "Case27ANumberCell", row: []string{"id_number", "#342793198503120000"}, report: "refuse 身份证件号码 number-cell",
		says: []string{"超过15位的数字会丢失", "请把该列设为“文本”格式"}, mend: []string{"id_number", "own"}, mended: passes},
	{name: "Case28AKindDigitThatDiffersIsAWarningOnly", row: []string{"cert_number", "20093410042000123", "cert_kind", "小学教师资格", "stage_taught", "小学"},
		report: passes + "; warn 教师资格证书号码 cert-kind-digit", says: []string{"没有发现问题", "小学教师资格"}},
	{name: "Case28AKindDigitThatFits", row: []string{"cert_number", "20093410042000123", "cert_kind", "高级中学教师资格", "stage_taught", "小学"}, report: passes, says: []string{"高级中学教师资格"}},
}

func TestCasesOfTheIntakeThroughThePages(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	rows, good := make([]sheettest.Row, len(intakeCases)), []int{}
	for i, c := range intakeCases {
		rows[i] = w.goodWritten(county, "S1", school, i).With(c.row...)
		if strings.HasPrefix(c.report, "accept") {
			good = append(good, i+2)
		}
	}
	l, h := w.in(lead), w.in(handler)
	records := w.records()
	job, _, report := l.reportOf("cases.xlsx", sheettest.Fill(t, rows...))
	acts := w.quiet("all rows", func() { l.refusedPlain(l.post(job, url.Values{"choice": {"all"}}), fault.Invalid, "拒收") })
	w.oneRefusal(lead, "organisation/"+county+" invalid import_sheet", acts)
	if w.records() != records {
		t.Fatal("the dry run stored something")
	}
	lines, shown := linesOf(t, report), everyLine(l, job)
	came := l.takesIn(job, good...)
	rejected := l.ok(l.get(job + "/rejected")).Text("main")
	for i, c := range intakeCases {
		t.Run(c.name, func(t *testing.T) {
			if got := lines[i+2]; got != c.report {
				t.Errorf("the report says %q, want %q", got, c.report)
			}
			a, in := came[i+2]
			if !in {
				says(t, "the page of rejected rows", rejected, c.says...)
				says(t, "the report's page", shown, "拒收")
				return
			}
			if a.State != registration.Imported || lineOf(a) != strings.Split(c.report, ";")[0] {
				t.Errorf("the record is %s and says %q", a.State, lineOf(a))
			}
			says(t, "the record's page", h.ok(h.get("/applications/"+a.ID)).Text("main"), append(c.says, a.Outcome.Word(), "规则包 national-2013")...)
		})
	}
	for _, c := range intakeCases { // no number of a refused row is repeated to anybody
		if n := len(c.row); n > 1 && c.row[0] == "id_number" && strings.HasPrefix(c.report, "refuse") && strings.Contains(rejected+shown+report, strings.TrimPrefix(c.row[1], "#")) {
			t.Errorf("%s: the number is shown", c.name)
		}
	}
	if a := came[rowOf("Case25ANumberThatC")]; a.Form.Gender != "m" || a.Form.IDNumber != "342793196909082044" {
		t.Error("case 25: number or gender was overwritten")
	}
	says(t, "case 28 on the report's page", shown, "证书号码第10位与所填资格种类不一致")
	mendTheRefused(t, w, l, job, rows)
	acceptTheGood(t, w, h, came)
}

// everyLine are the words of a report's pages, accepted rows too.
func everyLine(r reader, job string) (text string) {
	r.t.tb.Helper()
	for _, kind := range []string{"", "accept"} {
		for at := job + "?code=" + kind; at != ""; {
			p := r.ok(r.get(at))
			text += p.Text("main")
			at = nextPage(r.t.tb, p)
		}
	}
	return text
}

// lineOf is what a report says of a record.
func lineOf(a registration.Application) string {
	ids := make([]string, len(a.Findings))
	for i, f := range a.Findings {
		ids[i] = f.Rule
	}
	return strings.Join([]string{"accept", "", "", a.Class, a.RegKind, strings.Join(ids, " "), string(a.Outcome)}, " ")
}

// rowOf is the sheet's row of a case.
func rowOf(name string) int {
	for i, c := range intakeCases {
		if strings.HasPrefix(c.name, name) {
			return i + 2
		}
	}
	return 0
}

// mendTheRefused mends each refused row on the screen and takes them in: the
// twins of the refusals.
func mendTheRefused(t *testing.T, w *town, l reader, job string, rows []sheettest.Row) {
	t.Helper()
	at21 := job + "/rows/" + strconv.Itoa(rowOf("Case21"))
	w.clock.Pass(2 * time.Minute)
	acts := w.quiet("a second wrong number", func() {
		l.refusedPlain(l.post(at21, url.Values{"id_number": {"342793198503120022"}}), fault.Invalid, "还没有改好")
	})
	w.oneRefusal(lead, "organisation/"+county+" invalid import_sheet", acts)
	var mended []int
	for i, c := range intakeCases {
		if c.mend == nil {
			continue
		}
		form := url.Values{}
		for k := 0; k < len(c.mend); k += 2 {
			form.Set(c.mend[k], c.mend[k+1])
			if c.mend[k+1] == "own" {
				own := w.goodWritten(county, "S1", school, i)
				form.Set(c.mend[k], own[c.mend[k]])
			}
		}
		mended = append(mended, i+2)
		if p := l.ok(l.post(job+"/rows/"+strconv.Itoa(i+2), form)); p.Path != job {
			t.Errorf("%s: mending leads to %s: %.400s", c.name, p.Path, p.Text("main"))
		}
	}
	lines := linesOf(t, string(l.ok(l.get(job+"/report")).Body))
	for _, row := range mended {
		if c := intakeCases[row-2]; lines[row] != c.mended {
			t.Errorf("%s: mended, the report says %q, want %q", c.name, lines[row], c.mended)
		}
	}
	for row, a := range l.takesIn(job, mended...) {
		if c := intakeCases[row-2]; a.State != registration.Imported || lineOf(a) != c.mended {
			t.Errorf("%s: mended, the record is %s and says %q", c.name, a.State, lineOf(a))
		}
	}
	if a := l.ok(l.get(job + "/rejected")).Text("main"); !strings.Contains(a, "没有留下待改的行") {
		t.Errorf("after all were mended: %.300s", a)
	}
}

// acceptTheGood lets the school accept what came in; whoever has no class is
// refused and stays where they are.
func acceptTheGood(t *testing.T, w *town, h reader, came map[int]registration.Application) {
	t.Helper()
	barred := came[rowOf("Case1Not")]
	w.oneRefusal(handler, "application/"+barred.ID+" invalid accept", w.quiet("out of scope", func() {
		h.refusedPlain(h.post("/applications", batch(barred.ID)), fault.Invalid, "不属注册对象，不能受理")
	}))
	var ids []string
	for _, a := range came {
		if a.ID != barred.ID {
			ids = append(ids, a.ID)
		}
	}
	size := w.size()
	h.ok(h.post("/applications", batch(ids...)))
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.Accept || e.Actor != handler || w.size() != size+1 {
		t.Errorf("accepting left %d entries, the last a %s of %s", w.size()-size, e.Act, e.Actor)
	}
	for row, a := range came {
		want := registration.InReview
		if a.ID == barred.ID {
			want = registration.Imported
		}
		if got := w.application(a.ID); got.State != want || got.Class != a.Class || got.RegKind != a.RegKind {
			t.Errorf("%s: accepted, it is %s, %s, %s", intakeCases[row-2].name, got.State, got.Class, got.RegKind)
		}
	}
}

func TestCase2AHireWhoseApprovalIsMissingIsNotAccepted(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	ids := w.plant(2, school, func(i int, a *registration.Application) {
		a.Form.Establishment, a.Form.EqualPay, a.Form.ApprovalDocNo = "approved_hire", "yes", ""
		if i == 1 {
			a.Form.ApprovalDocNo = "歙政人〔2021〕12号"
		}
	})
	h := w.in(handler)
	w.oneRefusal(handler, "application/"+ids[0]+" invalid accept", w.quiet("without the number", func() {
		h.refusedPlain(h.post("/applications", batch(ids[0])), fault.Invalid, "请补填聘用批准文号后再受理，草稿已保留")
	}))
	h.ok(h.post("/applications", batch(ids[1])))
	if a := w.application(ids[1]); w.application(ids[0]).State != registration.Imported || a.State != registration.InReview || a.Class != "S1" {
		t.Errorf("the twin is %s %s", a.State, a.Class)
	}
}

func TestCase9TheLastMillisecondOf市直IsInAndTheNextIsOnTheOverdueList(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	l, h := w.in(cityLead), w.in(cityHandler)
	rows := []sheettest.Row{w.goodWritten("341000-SZ", "S1", citySchool, 0).With("applied_at", "2024-10-25 23:59:59.999"),
		w.goodWritten("341000-SZ", "S1", citySchool, 1).With("applied_at", "2024-10-26 00:00:00")}
	job, page, report := l.reportOf("shizhi.xlsx", sheettest.Fill(t, rows...))
	if lines := linesOf(t, report); lines[2] != passes || lines[3] != "overdue 申请时间 late" {
		t.Errorf("the report says %v", lines)
	}
	says(t, "the report's page", page, "不早于申请截止时间2024-10-26 00:00:00，列入逾期名单（R14）", "如需受理，由主管机构按程序变更时间窗口")
	came := l.takesIn(job, 2, 3)
	in, late := came[2], came[3]
	if in.State != registration.Imported || late.State != registration.Overdue || in.Form.AppliedAt.Nanosecond() != int(999*time.Millisecond) {
		t.Errorf("in time: %s at %s, late: %s", in.State, in.Form.AppliedAt, late.State)
	}
	says(t, "the overdue list", h.ok(h.get("/applications?state=overdue")).Text("main"), late.Form.PersonName, "共 1 份")
	w.oneRefusal(cityHandler, "application/"+late.ID+" conflict accept", w.quiet("the late one", func() {
		h.refusedPlain(h.post("/applications", batch(late.ID)), fault.Conflict, "现在的状态是“逾期报名”，不能受理")
	}))
	h.ok(h.post("/applications", batch(in.ID)))
	if w.application(in.ID).State != registration.InReview {
		t.Error(w.application(in.ID).State)
	}
}

func TestCase20EverySpellingOfACardFindsTheSameRecord(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	l := w.in(lead)
	row := w.goodWritten(county, "S1", school, 0).With("id_number", "34279319850312002X", "gender", "女")
	job, _, _ := l.reportOf("a.xlsx", sheettest.Fill(t, row))
	a := l.takesIn(job, 2)[2]
	if id, err := registration.ParseIDNumber(a.Form.IDType, a.Form.IDNumber.Plain(), registration.DateOf(w.clock.Now())); err != nil || id.Birth.String() != "1985-03-12" || id.Gender != "f" {
		t.Errorf("the record's number says %+v, %v", id, err)
	}
	for _, spelling := range []string{"34279319850312002X", "34279319850312002x", "３４２７９３１９８５０３１２００２Ｘ", " 34279319850312002Ｘ　"} {
		w.quiet(spelling, func() {
			again, page, report := l.reportOf("b.xlsx", sheettest.Fill(t, row.With("id_number", spelling, "apply_no", "2024996700001")))
			says(t, "the same card again", page, "不会有任何改变")
			if spelling != a.Form.IDNumber.Plain() && !strings.Contains(report, "warn,身份证件号码,normalised") {
				t.Errorf("%s: the change of spelling is not shown", spelling)
			}
			if boxes := inputs(t, l.get(again), "choice"); len(boxes) != 0 {
				t.Errorf("%s could come in twice", spelling)
			}
		})
	}
	// The twin: the next card of that day is another person.
	job, _, _ = l.reportOf("c.xlsx", sheettest.Fill(t, row.With("id_number", "342793198503120046", "apply_no", "2024996700001")))
	if b := l.takesIn(job, 2)[2]; b.ID == a.ID || b.State != registration.Imported {
		t.Errorf("%s is %s", b.ID, b.State)
	}
}
