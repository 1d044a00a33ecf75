package registration_test

import (
	"strings"
	"testing"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

// mend puts one correction through a review that compares everything else as
// the same.
func mend(t testing.TB, field, value string) (registration.Step, error) {
	t.Helper()
	draft := allSame(registration.Registered)
	draft.Compared[field] = registration.Differs
	return accepted(t, application(1)).Review(handler, draft, []registration.Correction{
		{Field: field, New: value, Reason: "与原件不符", Evidence: "第 1 页"}}, judge(), calendar, inReview)
}

func TestACorrectionObeysTheRulesOfItsColumn(t *testing.T) {
	for _, c := range []struct{ field, value, want string }{
		{"id_number", "342793850312002", "15位旧号码"},
		{"id_number", "342793198302300016", "出生日期不存在"},
		{"id_number", "34279319850312", "位数或字符不合"},
		{"person_name", "程\u200b云溪", "姓名里有不能使用的字符"},
		{"subject_taught", "", "不能更正为空"},
		{"subject_taught", "数\u202e学", "有不能使用的字符"},
		{"cert_date", "2009年6月", "应写成 2024-10-08 的样子"},
		{"training_hours", "很多", "至多一位小数"},
		{"gender", "不详", "只能填写：男、女"},
		{"id_type", "护照", "更换证件类型"},
		{"school_name", "歙县兰川小学", "更换学校"},
	} {
		step, err := mend(t, c.field, c.value)
		e := refused(t, err, fault.Invalid, c.want)
		if len(e.Fields) != 1 || e.Fields[0].Name != c.field {
			t.Errorf("%s: the field is not named: %v", c.field, e.Fields)
		}
		unchanged(t, step.Before, step.After)
	}
}

// written is a field as it is kept, a number whole.
func written(f registration.Form, field string) string {
	if n, ok := f.Field(field).(*registration.Number); ok {
		return n.Plain()
	}
	return f.Show(field)
}

func TestACorrectionIsWrittenInTheSpellingOfItsColumn(t *testing.T) {
	for _, c := range []struct{ field, value, want string }{
		{"id_number", "３４２７９３１９８５０３１２００２ｘ", "34279319850312002X"},
		{"cert_number", "２００９３４９９３２００００１３２", "20093499320000132"},
		{"person_name", "程雲溪", "程雲溪"},
		{"cert_date", "2010-06-30", "2010-06-30"},
		{"training_hours", "372.5", "372.5"},
		{"stage_taught", "初级中学", "初级中学"},
		{"last_valid_to", "2024-12-14", "2024-12-14"},
	} {
		draft := allSame(registration.Registered)
		draft.Compared[c.field] = registration.Differs
		if c.field == "stage_taught" { // the certificate no longer serves it: H2
			draft.Answers["H2"] = registration.Affirm
		}
		step, err := accepted(t, application(1)).Review(handler, draft, []registration.Correction{
			{Field: c.field, New: c.value, Reason: "与原件不符", Evidence: "第 1 页"}}, judge(), calendar, inReview)
		if err != nil || written(step.After.Form, c.field) != c.want || step.Corrections[0].New != c.want || step.Corrections[0].Old == c.want {
			t.Errorf("%s: %v", c.field, err)
		}
	}
	twice := []registration.Correction{{Field: "gender", New: "男", Reason: "r", Evidence: "e"}, {Field: "gender", New: "男", Reason: "r", Evidence: "e"}}
	draft := allSame(registration.Registered)
	draft.Compared["gender"] = registration.Differs
	_, err := accepted(t, application(1)).Review(handler, draft, twice, judge(), calendar, inReview)
	refused(t, err, fault.Invalid, "性别 更正了两次")
}

func TestACorrectionThatShowsSomebodyOutOfScopeLeadsToNotAccepting(t *testing.T) {
	a := accepted(t, application(1))
	draft := allSame(registration.Registered, "O1")
	draft.Compared["establishment"] = registration.Differs
	fix := []registration.Correction{{Field: "establishment", New: "聘用", Reason: "合同为临时聘用", Evidence: "第 2 页"}}
	_, err := a.Review(handler, draft, fix, judge(), calendar, inReview)
	refused(t, err, fault.Invalid, "不属注册对象，不给审查结论", "不予受理")
	step, err := a.NotAccept(handler, head, "不是在编，也没有同等待遇", nil, judge(), calendar, inReview)
	refused(t, err, fault.Invalid, "不得拒绝办理")
	unchanged(t, a, step.After)
	step, err = a.NotAccept(handler, head, "不是在编，也没有同等待遇", fix, judge(), calendar, inReview)
	if err != nil || step.After.State != registration.NotAccepted || len(step.Corrections) != 1 || step.Corrections[0].Old != "在编" || step.After.Form.Establishment != "approved_hire" {
		t.Fatalf("from the review: %+v %v", step.Corrections, err)
	}
	text := must[seal.Statement](t)(registration.NotAcceptStatement(header(handler, head), step))
	if got := text.Text.All("更正"); len(got) != 1 || !strings.Contains(got[0], "在编 → 聘用") || !strings.Contains(got[0], "第 2 页") {
		t.Errorf("the text does not say what was corrected: %q", got)
	}
}
