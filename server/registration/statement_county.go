package registration

import (
	"fmt"
	"strings"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// unitOf is what a county's texts say once for all their rows.
func unitOf(a Application) string { return fmt.Sprint(a.Year, a.Unit, a.Pack) }

// ReturnStatement is the text of a return to the school (R22).
func ReturnStatement(h seal.Header, s Step) (seal.Statement, error) {
	a := s.After
	return finish(seal.Return, h, []seal.Field{yearLine(a.Year), recordLine(s.Before), field("申请人", cell(a.Form.PersonName)),
		field("学校", schoolWords(a)), field("理由", a.ReturnReason)}, seal.Annex{})
}

// ConcludeStatement is the text of a batch of 注册合格. Any other conclusion in
// it refuses the whole text.
func ConcludeStatement(h seal.Header, steps []Step, salts [][16]byte) (seal.Statement, error) {
	if err := same(steps, unitOf); err != nil {
		return seal.Statement{}, err
	}
	if err := stepsFit("审核", steps); err != nil {
		return seal.Statement{}, err
	}
	bad := &rowFaults{}
	for i, s := range steps {
		if s.Passing.Clause == "" && s.After.Conclusion == Registered {
			return seal.Statement{}, fault.New(fault.Invalid, "第 %d 行（%s）的注册合格没有写明依据的条款，整批没有签署。请系统管理员检查规则包的设置。", i+1, s.After.ID)
		}
		if s.After.Conclusion != Registered || KindOfVerdict(s.After.Outcome, s.After.Conclusion) != seal.Conclude {
			bad.at(i+1, s.After, orNone(s.After.Conclusion.Word())+"须单份签署。")
		}
	}
	if err := bad.err(fault.Invalid, len(steps), "这一批"); err != nil {
		return seal.Statement{}, err
	}
	columns := []string{"姓名", "学校", "任教学段", "任教学科", "类别", "注册类型", "学校结论", "规则发现", "人工认定的理由", "结论", "内容摘要"}
	rows, err := annex(columns, steps, salts, func(s Step) []string {
		a := s.After
		return []string{cell(a.Form.PersonName), schoolWords(a), stageWord(a), cell(a.Form.SubjectTaught), a.Class, kindWord(a.RegKind) + a.Early.Words(),
			a.SchoolConclusion.Word(), findingCell(a.Findings), a.Reason, a.Conclusion.Word(), s.Before.Fingerprint()}
	})
	if err != nil {
		return seal.Statement{}, err
	}
	first := steps[0].After
	return finish(seal.Conclude, h, []seal.Field{yearLine(first.Year), field("结论", Registered.Word()), field("规则包", first.Pack),
		field("依据", steps[0].Passing.ID+"："+steps[0].Passing.Clause)}, rows)
}

// ConcludeSingleStatement is the text of an act of auditor and lead: an adverse
// conclusion, or 注册合格 against the proposal; the step says which.
func ConcludeSingleStatement(h seal.Header, s Step) (seal.Statement, error) {
	a := s.After
	kind := KindOfVerdict(a.Outcome, a.Conclusion)
	if kind == seal.Conclude {
		return seal.Statement{}, fault.New(fault.Invalid, "申请 %s 的结论与核验结果相符，由审核人员一人签署即可。", a.ID)
	}
	fields := []seal.Field{yearLine(a.Year), recordLine(s.Before), field("申请人", cell(a.Form.PersonName)), field("学校", schoolWords(a)),
		field("任教学科", orNone(a.Form.SubjectTaught)), field("结论", a.Conclusion.Word()), field("规则包", a.Pack)}
	fields = append(fields, findingLines(a.Findings)...)
	if !a.Early.IsZero() {
		fields = append(fields, field("提前注册", kindWord(a.RegKind)+a.Early.Words()))
	}
	grounds := ""
	if kind == seal.ConcludeOverride {
		grounds = "不采纳 "
	}
	return finish(kind, h, append(fields, field("依据", grounds+strings.ReplaceAll(a.ConclusionRules, " ", "、")), field("理由", a.Reason)), seal.Annex{})
}

// WindowStatement is the text of an amended window; before and after are the
// same window, unit names the body it is for.
func WindowStatement(h seal.Header, before, after Window, unit string) (seal.Statement, error) {
	fields := []seal.Field{yearLine(after.Year), field("适用机构", cell(unit)+"（"+after.Org+"）"), field("阶段", StageName(after.Stage)),
		field("原开始", seal.PrintTime(before.Opens)), field("原结束", seal.PrintTime(before.Closes)),
		field("新开始", seal.PrintTime(after.Opens)), field("新结束", seal.PrintTime(after.Closes)), field("理由", after.Reason)}
	if after.Paper != "" {
		fields = append(fields, field("文号", after.Paper))
	}
	return finish(seal.Window, h, fields, seal.Annex{})
}

// LicenceStatement is the text of a school's licence number (R02).
func LicenceStatement(h seal.Header, schoolID, schoolName, licence string) (seal.Statement, error) {
	number, err := OneLine("办学许可证号", licence)
	if err != nil {
		return seal.Statement{}, err
	}
	return finish(seal.Licence, h, []seal.Field{field("学校", cell(schoolName)+"（"+schoolID+"）"), field("许可证号", number)}, seal.Annex{})
}
