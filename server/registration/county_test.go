package registration_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

// batch makes n records at the county and a verdict of 注册合格 for each.
func batch(t testing.TB, n int) ([]registration.Application, map[string]registration.Verdict) {
	t.Helper()
	var list []registration.Application
	verdicts := map[string]registration.Verdict{}
	for i := 1; i <= n; i++ {
		a := atCounty(t, application(i))
		list = append(list, a)
		verdicts[a.ID] = registration.Verdict{Conclusion: registration.Registered}
	}
	return list, verdicts
}

func TestABatchOfPassesIsConcludedUnderOneSeal(t *testing.T) {
	list, verdicts := batch(t, registration.BatchLimit)
	steps, err := registration.ConcludeBatch(list, verdicts, auditor, judges, calendar, inAudit)
	if err != nil || len(steps) != 200 {
		t.Fatalf("%d %v", len(steps), err)
	}
	for i, s := range steps {
		if s.After.State != registration.Concluded || s.After.Conclusion != registration.Registered || s.After.Auditor != "U4" || s.Before.ID != list[i].ID {
			t.Fatalf("row %d: %s %s", i+1, s.After.State, s.After.Conclusion)
		}
	}
	more, verdicts := batch(t, registration.BatchLimit+1)
	_, err = registration.ConcludeBatch(more, verdicts, auditor, judges, calendar, inAudit)
	refused(t, err, fault.Invalid, "一次最多审核 200 份，选了 201 份")
	_, err = registration.ConcludeBatch(nil, nil, auditor, judges, calendar, inAudit)
	refused(t, err, fault.Invalid, "没有选中任何申请")
	_, err = registration.ConcludeBatch([]registration.Application{list[0], list[1], list[0]}, verdicts, auditor, judges, calendar, inAudit)
	refused(t, err, fault.Invalid, "第 3 行与第 1 行是同一份申请")
}

func TestCase44OneDeferralInTheBatchRefusesAll51AndIsNamed(t *testing.T) {
	list, verdicts := batch(t, 51)
	verdicts[list[50].ID] = registration.Verdict{Conclusion: registration.Deferred}
	steps, err := registration.ConcludeBatch(list, verdicts, auditor, judges, calendar, inAudit)
	e := refused(t, err, fault.Invalid, "51 份全部没有签署", "第 51 行（2024-341021-000051）", "暂缓注册须单份签署")
	if steps != nil || len(e.Fields) != 1 || e.Fields[0].Name != list[50].ID {
		t.Errorf("%d steps, %v", len(steps), e.Fields)
	}
	verdicts[list[50].ID] = registration.Verdict{Conclusion: registration.Registered}
	if steps, err = registration.ConcludeBatch(list, verdicts, auditor, judges, calendar, inAudit); err != nil || len(steps) != 51 {
		t.Errorf("the twin of 51 passes: %v", err)
	}
	// A row that the rules would defer may not slip in as a pass either.
	list[50] = atCounty(t, application(51, short))
	_, err = registration.ConcludeBatch(list, verdicts, auditor, judges, calendar, inAudit)
	refused(t, err, fault.Invalid, "第 51 行", "建议暂缓注册", "须单份办理，由两人签署")
	delete(verdicts, list[3].ID)
	_, err = registration.ConcludeBatch(list, verdicts, auditor, judges, calendar, inAudit)
	refused(t, err, fault.Invalid, "第 4 行", "没有选结论", "第 51 行")
}

func TestAHumanCaseIsRegisteredOnlyWithAReason(t *testing.T) {
	a := atCounty(t, application(1, basic))
	v := map[string]registration.Verdict{a.ID: {Conclusion: registration.Registered}}
	_, err := registration.ConcludeBatch([]registration.Application{a}, v, auditor, judges, calendar, inAudit)
	refused(t, err, fault.Invalid, "须人工判断的发现（H1）", "写明认定的理由")
	v[a.ID] = registration.Verdict{Conclusion: registration.Registered, Reason: "复议后改为合格，见第 4 页"}
	steps, err := registration.ConcludeBatch([]registration.Application{a}, v, auditor, judges, calendar, inAudit)
	if err != nil || steps[0].After.Reason != "复议后改为合格，见第 4 页" || steps[0].After.ConclusionRules != "P H1" {
		t.Errorf("%v", err)
	}
}

func TestCase30OutsideTheNationalSystemNobodyIsRegisteredYet(t *testing.T) {
	a := atCounty(t, application(1, unlisted)) // the sheet says 真实: the school's word
	if a.Outcome != registration.OutcomePass {
		t.Fatalf("the scene is wrong: %s", a.Outcome)
	}
	v := map[string]registration.Verdict{a.ID: {Conclusion: registration.Registered}}
	_, err := registration.ConcludeBatch([]registration.Application{a}, v, auditor, judges, calendar, inAudit)
	refused(t, err, fault.Invalid, "不在全国系统内", "两人核验证书真伪", "不能代替核验")
	b := atCounty(t, application(2, unlisted, short))
	_, err = b.ConcludeByTwo(registration.Verdict{Conclusion: registration.Registered, Rules: []string{"D2"}, Reason: "学分已够"}, auditor, lead, judge(), calendar, inAudit)
	refused(t, err, fault.Invalid, "不在全国系统内")
	if _, err = b.ConcludeByTwo(registration.Verdict{Conclusion: registration.Deferred, Rules: []string{"D2"}, Reason: "学时不足"}, auditor, lead, judge(), calendar, inAudit); err != nil {
		t.Errorf("a deferral does not need the proof: %v", err)
	}
	list, verdicts := batch(t, 1)
	if _, err = registration.ConcludeBatch(list, verdicts, auditor, judges, calendar, inAudit); err != nil {
		t.Errorf("the twin in the system: %v", err)
	}
}

func TestCase35FailBeatsDeferAndOutOfScopeBeatsFail(t *testing.T) {
	a := atCounty(t, application(1, breach, short))
	if a.Outcome != registration.OutcomeFail || len(a.Findings) != 2 {
		t.Fatalf("%s %v", a.Outcome, a.Findings)
	}
	step, err := a.ConcludeByTwo(registration.Verdict{Conclusion: registration.Failed, Rules: []string{"F1"}, Reason: "师德严重违反"}, auditor, lead, judge(), calendar, inAudit)
	if err != nil || step.After.Conclusion != registration.Failed || step.After.ConclusionRules != "F1" || len(step.After.Findings) != 2 {
		t.Errorf("%v", err)
	}
	a.Form.InPost = "no"
	step, err = a.ConcludeByTwo(registration.Verdict{Conclusion: registration.Failed, Rules: []string{"F1"}, Reason: "师德严重违反"}, auditor, lead, judge(), calendar, inAudit)
	refused(t, err, fault.Invalid, "不属注册对象", "退回学校")
	unchanged(t, a, step.After)
}

func TestCase46AFailureIsSignedAloneByAuditorAndLead(t *testing.T) {
	a := atCounty(t, application(1, breach))
	v := registration.Verdict{Conclusion: registration.Failed, Rules: []string{"F1"}, Reason: "处理决定在案"}
	step, err := a.ConcludeByTwo(v, auditor, lead, judge(), calendar, inAudit)
	b := step.After
	if err != nil || b.State != registration.Concluded || b.Auditor != "U4" || b.Confirmer != "U6" ||
		b.Deeds.String() != "reviewer:U1 sender:U3 auditor:U4 confirmer:U6" {
		t.Fatalf("%+v %v", b, err)
	}
	if k := registration.KindOfVerdict(b.Outcome, b.Conclusion); k != seal.ConcludeAdverse {
		t.Error(k)
	}
	_, err = a.ConcludeByTwo(v, auditor, auditor, judge(), calendar, inAudit)
	refused(t, err, fault.Forbidden, "审核是您办的", "复签须由另一个人办理")
	_, err = a.ConcludeByTwo(v, auditor, registration.Person{Staff: head.Staff, Name: head.Name, Org: "341021"}, judge(), calendar, inAudit)
	refused(t, err, fault.Forbidden, "学校上报是您办的")
	_, err = b.ConcludeByTwo(v, auditor, lead, judge(), calendar, inAudit)
	refused(t, err, fault.Conflict, "已有结论")
}

func TestAConclusionRestsOnFindingsOfItsOwnWeight(t *testing.T) {
	deferred, failed, human, pass := atCounty(t, application(1, short)), atCounty(t, application(2, breach)),
		atCounty(t, application(3, basic)), atCounty(t, application(4))
	for _, c := range []struct {
		a    registration.Application
		v    registration.Verdict
		want string
	}{
		{pass, registration.Verdict{Conclusion: registration.Deferred, Reason: "r"}, "暂缓注册至少要有一条"},
		{failed, registration.Verdict{Conclusion: registration.Deferred, Rules: []string{"F1"}, Reason: "r"}, "暂缓注册至少要有一条"},
		{deferred, registration.Verdict{Conclusion: registration.Failed, Rules: []string{"D2"}, Reason: "r"}, "注册不合格至少要有一条"},
		{deferred, registration.Verdict{Conclusion: registration.Deferred, Rules: []string{"D3"}, Reason: "r"}, "不在这份申请的核验发现之内"},
		{deferred, registration.Verdict{Conclusion: registration.Deferred, Rules: []string{"D2", "D2"}, Reason: "r"}, "写了两次"},
		{deferred, registration.Verdict{Conclusion: registration.Deferred, Rules: []string{"D2"}}, "请填写结论的理由"},
		{deferred, registration.Verdict{Conclusion: registration.Registered, Reason: "学分已够"}, "D2 没有选中"},
		{deferred, registration.Verdict{Conclusion: registration.Registered, Rules: []string{"D2"}}, "请填写结论的理由"},
		{pass, registration.Verdict{Conclusion: registration.Registered, Reason: "r"}, "一人签署即可"},
		{deferred, registration.Verdict{Reason: "r"}, "没有选结论"},
	} {
		step, err := c.a.ConcludeByTwo(c.v, auditor, lead, judge(), calendar, inAudit)
		refused(t, err, fault.Invalid, c.want)
		unchanged(t, c.a, step.After)
	}
	for _, c := range []struct {
		a    registration.Application
		v    registration.Verdict
		kind seal.Kind
	}{
		{deferred, registration.Verdict{Conclusion: registration.Deferred, Rules: []string{"D2"}, Reason: "差 0.1 学时"}, seal.ConcludeAdverse},
		{human, registration.Verdict{Conclusion: registration.Deferred, Rules: []string{"H1"}, Reason: "当年确为基本合格"}, seal.ConcludeAdverse},
		{deferred, registration.Verdict{Conclusion: registration.Registered, Rules: []string{"D2"}, Reason: "学分已够"}, seal.ConcludeOverride},
	} {
		step, err := c.a.ConcludeByTwo(c.v, auditor, lead, judge(), calendar, inAudit)
		if err != nil || registration.KindOfVerdict(step.After.Outcome, step.After.Conclusion) != c.kind {
			t.Errorf("%s: %v", c.v.Conclusion, err)
		}
	}
}

func TestCase40WhoReviewedAtSchoolDoesNotAudit(t *testing.T) {
	a := atCounty(t, application(1))
	p := registration.Person{Staff: handler.Staff, Name: handler.Name, Org: "341021"} // now CA
	v := map[string]registration.Verdict{a.ID: {Conclusion: registration.Registered}}
	steps, err := registration.ConcludeBatch([]registration.Application{a}, v, p, judges, calendar, inAudit)
	refused(t, err, fault.Invalid, "学校审查是您办的", "审核须由另一个人办理")
	if steps != nil {
		t.Error("a step was made")
	}
	_, err = a.Return(p, "缺页", calendar, inAudit)
	refused(t, err, fault.Forbidden, "学校审查是您办的")
	if _, err = registration.ConcludeBatch([]registration.Application{a}, v, auditor, judges, calendar, inAudit); err != nil {
		t.Errorf("another auditor: %v", err)
	}
}

func TestCase9TheApplicationWindowOf市直EndsWithOctober25(t *testing.T) {
	w, _ := calendar.Window(2024, "341000-SZ", "application")
	if !w.Contains(at("2024-10-25 23:59:59.999")) || w.Contains(at("2024-10-26 00:00:00")) {
		t.Error("10-25 23:59:59.999 is in, 10-26 00:00:00 is out")
	}
	if w.Contains(at("2024-09-22 23:59:59.999")) || !w.Contains(at("2024-09-23 00:00:00")) {
		t.Error("the window opens on 09-23 00:00:00")
	}
}

// cityRun moves a record to 市直.
func cityRun(a registration.Application) registration.Application {
	a.ID, a.Unit, a.Path = registration.RecordID(2024, "341000-SZ", 1), "341000-SZ", "/341000/341000-SZ/HS10200/"
	return a
}

func TestCase10SchoolReviewOf市直EndsWithNovember8(t *testing.T) {
	a := accepted(t, cityRun(application(1)))
	review := func(now time.Time) (registration.Step, error) {
		return a.Review(handler, allSame(registration.Registered), nil, judge(), calendar, now)
	}
	if _, err := review(at("2024-11-08 23:59:59.999")); err != nil {
		t.Errorf("in time: %v", err)
	}
	step, err := review(at("2024-11-09 00:00:00"))
	refused(t, err, fault.Closed, "“学校审查”已于 2024-11-09 00:00:00 截止", "逾期清单", "由市级负责人调整并注明文号")
	unchanged(t, a, step.After)
}

func TestCase11TheAuditOf市直OpensOnNovember9(t *testing.T) {
	a := cityRun(reviewed(t, application(1)))
	a = must[[]registration.Step](t)(registration.Send([]registration.Application{a}, nil, head, calendar, inReview))[0].After
	v := map[string]registration.Verdict{a.ID: {Conclusion: registration.Registered}}
	_, err := registration.ConcludeBatch([]registration.Application{a}, v, auditor, judges, calendar, at("2024-11-08 23:59:59.999"))
	refused(t, err, fault.Closed, "“审核”自 2024-11-09 00:00:00 起开放", "2024-11-08 23:59:59.999 收到")
	if _, err = registration.ConcludeBatch([]registration.Application{a}, v, auditor, judges, calendar, at("2024-11-09 00:00:00")); err != nil {
		t.Errorf("at the opening: %v", err)
	}
	_, err = registration.ConcludeBatch([]registration.Application{a}, v, auditor, judges, registration.Calendar{}, inAudit)
	refused(t, err, fault.Closed, "没有设“审核”时段")
}

func TestAnAdverseConclusionMustLeaveRoomForStatementAndPublicity(t *testing.T) {
	w, _ := calendar.Window(2024, "341021", "audit")
	if d := w.LastAdverseDay(registration.WorkingDays{}); d.String() != "2024-11-14" {
		t.Errorf("the last day is %s", d)
	}
	a := atCounty(t, application(1, short))
	v := registration.Verdict{Conclusion: registration.Deferred, Rules: []string{"D2"}, Reason: "学时不足"}
	if _, err := a.ConcludeByTwo(v, auditor, lead, judge(), calendar, at("2024-11-14 23:59:59.999")); err != nil {
		t.Errorf("on 11-14: %v", err)
	}
	step, err := a.ConcludeByTwo(v, auditor, lead, judge(), calendar, at("2024-11-15 00:00:00"))
	refused(t, err, fault.Closed, "最迟 2024-11-14", "5 个工作日", "审核于 2024-11-30 00:00:00 截止")
	unchanged(t, a, step.After)
	list, verdicts := batch(t, 1)
	if _, err := registration.ConcludeBatch(list, verdicts, auditor, judges, calendar, at("2024-11-29 23:59:59.999")); err != nil {
		t.Errorf("a pass needs no statement: %v", err)
	}
}

var (
	countyBody  = policy.Body{ID: "341021", Path: "/341000/341021/", Kind: "county", Unit: "341021"}
	cityRunBody = policy.Body{ID: "341000-SZ", Path: "/341000/341000-SZ/", Kind: "city_run", Unit: "341000-SZ", CityRun: true}
)

func TestCase12ACountyAmendsInsideTheOuterLimitOnly(t *testing.T) {
	plan := registration.NoticePlan(2024)
	w, _ := calendar.Window(2024, "341021", "audit")
	now := at("2024-11-12 10:00:00")
	amend := func(role policy.Role, opens, closes, paper string) (registration.Window, error) {
		return plan.Amend(w, countyBody, role, registration.Amendment{Opens: at(opens), Closes: at(closes), Reason: "停课", Paper: paper}, now)
	}
	same, err := amend(policy.CL, "2024-11-08 00:00:00", "2024-12-02 00:00:00", "")
	refused(t, err, fault.Invalid, "2024-12-02 00:00:00", "超出市定时限 2024-09-23 00:00:00 至 2024-11-30 00:00:00", "报市级负责人凭文号")
	if same != w {
		t.Error("the refused amendment changed the window")
	}
	_, err = amend(policy.CL, "2024-11-08 00:00:00", "2024-12-02 00:00:00", "黄教〔2024〕9号")
	refused(t, err, fault.Invalid, "超出市定时限")
	_, err = amend(policy.ML, "2024-11-08 00:00:00", "2024-12-02 00:00:00", "")
	refused(t, err, fault.Invalid, "须注明文号")
	got, err := amend(policy.ML, "2024-11-08 00:00:00", "2024-12-02 00:00:00", "黄教〔2024〕9号")
	if err != nil || !got.Closes.Equal(at("2024-12-02 00:00:00")) || got.Paper != "黄教〔2024〕9号" {
		t.Errorf("%+v %v", got, err)
	}
	if got, err = amend(policy.CL, "2024-11-09 00:00:00", "2024-11-30 00:00:00", ""); err != nil || !got.Opens.Equal(at("2024-11-09 00:00:00")) {
		t.Errorf("exactly to the limit: %v", err)
	}
	_, err = amend(policy.CL, "2024-09-22 23:59:59.999", "2024-11-29 00:00:00", "")
	refused(t, err, fault.Invalid, "超出市定时限")
	_, err = amend(policy.CL, "2024-11-20 00:00:00", "2024-11-20 00:00:00", "")
	refused(t, err, fault.Invalid, "不晚于开始")
	_, err = amend(policy.CL, "2024-11-08 00:00:00", "2024-11-12 10:00:00", "")
	refused(t, err, fault.Invalid, "已经过去")
	_, err = amend(policy.CL, "2024-11-08 00:00:00", "2024-11-30 00:00:00", "")
	refused(t, err, fault.Invalid, "与原来的相同")
	_, err = amend(policy.CA, "2024-11-08 00:00:00", "2024-11-29 00:00:00", "")
	refused(t, err, fault.Forbidden, "由区县负责人或市级负责人调整")
	_, err = plan.Amend(w, countyBody, policy.CL, registration.Amendment{Opens: w.Opens, Closes: at("2024-11-29 00:00:00")}, now)
	refused(t, err, fault.Invalid, "请填写理由")
}

func TestTheWindowsOf市直AreMovedByTheCityOnly(t *testing.T) {
	plan := registration.NoticePlan(2024)
	w, _ := calendar.Window(2024, "341000-SZ", "school_review")
	to := registration.Amendment{Opens: w.Opens, Closes: at("2024-11-12 00:00:00"), Reason: "补报"}
	_, err := plan.Amend(w, cityRunBody, policy.CL, to, inReview)
	refused(t, err, fault.Forbidden, "只能由市级负责人")
	_, err = plan.Amend(w, cityRunBody, policy.ML, to, inReview)
	refused(t, err, fault.Invalid, "市定时限 2024-09-23 00:00:00 至 2024-11-09 00:00:00", "文号")
	to.Paper = "黄教〔2024〕9号"
	if _, err = plan.Amend(w, cityRunBody, policy.ML, to, inReview); err != nil {
		t.Error(err)
	}
	_, err = plan.Amend(w, countyBody, policy.ML, to, inReview)
	refused(t, err, fault.Conflict, "不属于机构 341021")
}

func TestARecordKeepsThePackItWasJudgedBy(t *testing.T) {
	a := accepted(t, application(1))
	other := judge()
	other.Pack.ID = "provincial-2025"
	_, err := other.Of(a)
	refused(t, err, fault.Conflict, "按规则包 national-2013 核验，不能改用 provincial-2025")
}

func TestDeedsSurviveTheirStoredForm(t *testing.T) {
	d := registration.Deeds{}.Add(registration.PartReviewer, "U1").Add(registration.PartSender, "U3").Add(registration.PartReviewer, "U1")
	got, err := registration.ParseDeeds(d.String())
	if err != nil || fmt.Sprint(got) != fmt.Sprint(d) || len(got) != 2 {
		t.Errorf("%v %v", got, err)
	}
	if got, err := registration.ParseDeeds(""); err != nil || got != nil {
		t.Errorf("%v %v", got, err)
	}
	for _, bad := range []string{" ", "reviewer", "reviewer:", "boss:U1", "reviewer:U1  sender:U2", "reviewer:U1:U2"} {
		if _, err := registration.ParseDeeds(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestRecordNumbersAreReadBack(t *testing.T) {
	for _, unit := range []string{"341021", "341000-SZ"} {
		id := registration.RecordID(2024, unit, 123)
		year, got, n, err := registration.ParseRecordID(id)
		if err != nil || year != 2024 || got != unit || n != 123 {
			t.Errorf("%s: %d %s %d %v", id, year, got, n, err)
		}
	}
	for _, bad := range []string{"", "2024", "2024-341021", "2024-341021-123", "2024-341021-000000", "24-341021-000123", "2024--000123",
		"2024-341021-00012x", "2024-341021-+00123", "2024-../x-000123", "2024-341021-000123\n"} {
		_, _, _, err := registration.ParseRecordID(bad)
		refused(t, err, fault.Invalid, "2024-341021-000123 的样子")
	}
}

func TestTheHomePageListsWhatWaitsTheNearestDoorFirst(t *testing.T) {
	counts := registration.Counts{ByState: map[registration.State]int{registration.Imported: 3, registration.InReview: 2,
		registration.ReturnedSchool: 1, registration.Reviewed: 4, registration.AtCounty: 7, registration.Waiting: 5}, ToSign: 6, Unsettled: 1}
	show := func(role policy.Role, now time.Time) string {
		var words []string
		for _, d := range registration.Queue(role, "341021", 2024, counts, calendar, now) {
			words = append(words, fmt.Sprintf("%s %d 到 %s closed=%t early=%t", d.What, d.Count, d.Until.Format("01-02"), d.Closed, d.Early))
		}
		return strings.Join(words, "；")
	}
	for _, c := range []struct {
		role policy.Role
		now  time.Time
		want string
	}{
		{policy.SC, inReview, "受理 3 到 11-08 closed=false early=false；学校审查 2 到 11-08 closed=false early=false；退回重审 1 到 11-30 closed=false early=true"},
		{policy.SC, inAudit, "受理 3 到 11-08 closed=true early=false；学校审查 2 到 11-08 closed=true early=false；退回重审 1 到 11-30 closed=false early=false"},
		{policy.SH, inReview, "复签不予受理、撤回 6 到 11-08 closed=false early=false；上报（还有申请没有审查完） 4 到 11-08 closed=false early=false"},
		{policy.CA, inAudit, "给出注册结论 7 到 11-30 closed=false early=false"},
		{policy.MD, inReview, "给出注册结论 7 到 11-30 closed=false early=true"},
		{policy.CL, inReview, "登记办学许可 5 到 11-08 closed=false early=false；复签注册结论 6 到 11-30 closed=false early=true"},
		{policy.AUD, inAudit, ""},
		{policy.SEC, inAudit, ""},
	} {
		if got := show(c.role, c.now); got != c.want {
			t.Errorf("%s at %s: %s", c.role, c.now.Format("01-02"), got)
		}
	}
}

func TestAnAmendmentNeedsAKnownStageAndAPaperThatCanBeSigned(t *testing.T) {
	plan := registration.NoticePlan(2024)
	w, _ := calendar.Window(2024, "341021", "audit")
	to := registration.Amendment{Opens: w.Opens, Closes: at("2024-12-02 00:00:00"), Reason: "停课", Paper: "黄\u200b教"}
	_, err := plan.Amend(w, countyBody, policy.ML, to, inAudit)
	refused(t, err, fault.Invalid, "文号里有不能签署的字符")
	w.Stage, to.Paper = "sticker", "黄教〔2024〕9号"
	_, err = plan.Amend(w, countyBody, policy.ML, to, inAudit)
	refused(t, err, fault.Invalid, "阶段“sticker”的时段不能在这里调整")
}

func TestABatchWithManyFaultsShowsThreeAndCountsTheRest(t *testing.T) {
	list, verdicts := batch(t, 6)
	for _, a := range list {
		verdicts[a.ID] = registration.Verdict{Conclusion: registration.Failed}
	}
	_, err := registration.ConcludeBatch(list, verdicts, auditor, judges, calendar, inAudit)
	e := refused(t, err, fault.Invalid, "第 3 行", "另有 3 行有问题")
	if len(e.Fields) != 6 || strings.Contains(e.Sentence, "第 4 行") {
		t.Errorf("%d fields: %s", len(e.Fields), e.Sentence)
	}
}
