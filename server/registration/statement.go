package registration

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// The functions of this and the next two files write the text that people sign
// about registration. Each derives it from steps alone, so the store can derive
// it again from the rows as they are inside the transaction and compare bytes.
// No text holds a digit of an identity document or certificate.

// field is one line.
func field(label, value string) seal.Field { return seal.Field{Label: label, Value: value} }

// annex makes rows in the order of steps, one salt each.
func annex(columns []string, steps []Step, salts [][16]byte, cells func(Step) []string) (seal.Annex, error) {
	if len(salts) != len(steps) {
		return seal.Annex{}, fmt.Errorf("registration: %d rows with %d salts", len(steps), len(salts))
	}
	a := seal.Annex{Columns: columns}
	for i, s := range steps {
		a.Rows = append(a.Rows, seal.AnnexRow{Record: s.Before.ID, Salt: salts[i], Cells: cells(s)})
	}
	return a, nil
}

// recordLine names a record and pins its state as it was viewed.
func recordLine(a Application) seal.Field {
	return field("记录", a.ID+"（内容摘要 "+a.Fingerprint()+"）")
}

func yearLine(year int) seal.Field { return field("计划年度", strconv.Itoa(year)) }

// schoolWords is a school's name with its number.
func schoolWords(a Application) string { return cell(a.Form.SchoolName) + "（" + a.School + "）" }

// findingLines are the findings as many lines, or the word for none.
func findingLines(list []Finding) []seal.Field {
	if len(list) == 0 {
		return []seal.Field{field("规则发现", "无")}
	}
	lines := make([]seal.Field, len(list))
	for i, f := range list {
		lines[i] = field("规则发现", cell(f.Sentence))
	}
	return lines
}

// findingCell are the findings in one cell.
func findingCell(list []Finding) string {
	if len(list) == 0 {
		return "无"
	}
	words := make([]string, len(list))
	for i, f := range list {
		words[i] = cell(f.Sentence)
	}
	return strings.Join(words, "")
}

// stageWord is the stage taught as it stands in the sheet.
func stageWord(a Application) string { return cell(a.Form.Show("stage_taught")) }

// same asks that all steps agree in what the text says once for all of them.
func same(steps []Step, of func(Application) string) error {
	if len(steps) == 0 {
		return fault.New(fault.Invalid, "没有选中任何申请，没有可以签署的内容。")
	}
	for _, s := range steps[1:] {
		if of(s.After) != of(steps[0].After) {
			return fault.New(fault.Conflict, "申请 %s 与其他申请不同属一所学校、一个年度或一个规则包，不能写在同一份文本里。", s.After.ID)
		}
	}
	return nil
}

// finish makes the statement; what seal refuses becomes a refusal of ours.
func finish(kind seal.Kind, h seal.Header, fields []seal.Field, a seal.Annex) (seal.Statement, error) {
	s, err := seal.New(kind, h, fields, a)
	if err != nil {
		sentence := "签署文本没有生成，请刷新后重试。"
		if e, ok := err.(*seal.Error); ok {
			sentence = e.Sentence()
		}
		return seal.Statement{}, fault.Wrap(err, fault.Invalid, "%s", sentence)
	}
	return s, nil
}

// ImportStatement is the text of an import (R13): which file, what was chosen,
// and every record that comes of it. apps are the new records in sheet order;
// mended says of each in which columns it is not what the file says.
func ImportStatement(h seal.Header, imp Import, apps []Application, mended []Mended, salts [][16]byte) (seal.Statement, error) {
	choice, ok := map[string]string{"all": "全部", "good": "只要合格的行"}[imp.Choice]
	if !ok {
		return seal.Statement{}, fault.New(fault.Invalid, "请选择“全部”或“只要合格的行”；选“取消”的不签署。").At("choice", "请选择。")
	}
	if imp.Choice == "all" && imp.Refused > 0 {
		return seal.Statement{}, fault.New(fault.Invalid, "有 %d 行不合格，不能全部导入。请改好后重新导入，或选“只要合格的行”。", imp.Refused).At("choice", "还有不合格的行。")
	}
	if len(apps) != imp.Accepted+imp.Waiting+imp.Overdue || len(apps) == 0 || len(mended) != len(apps) {
		return seal.Statement{}, fault.New(fault.Conflict, "报告列明 %d 行导入，实际准备了 %d 行。请重新检查文件后再签署。", imp.Accepted+imp.Waiting+imp.Overdue, len(apps))
	}
	steps := make([]Step, len(apps))
	typed, at := 0, 0
	for i, a := range apps {
		if len(mended[i].Fields) > 0 {
			typed++
		}
		a.UpdatedAt = time.Time{} // not known yet when the text is shown
		steps[i] = Step{Before: a, After: a}
	}
	columns := []string{"姓名", "学校", "任教学段", "任教学科", "类别", "注册类型", "规则发现", "处置", mendedColumn, "内容摘要"}
	rows, err := annex(columns, steps, salts, func(s Step) []string {
		a, m := s.After, mended[at]
		at++
		return []string{cell(a.Form.PersonName), cell(a.Form.SchoolName), stageWord(a), cell(a.Form.SubjectTaught), a.Class,
			kindWord(a.RegKind) + a.Early.Words(), orNone(ruleIDs(a.Findings)), a.State.Word(), orNone(m.Words()), s.Before.Fingerprint()}
	})
	if err != nil {
		return seal.Statement{}, err
	}
	return finish(seal.Import, h, []seal.Field{
		yearLine(imp.Year), field("导入编号", imp.ID), field("文件摘要", imp.FileDigest), field("选择", choice),
		field("行数合计", fmt.Sprintf("导入 %d 行，其中待受理 %d、待登记办学许可 %d、逾期报名 %d；页面更改 %d 行；未导入 %d 行", len(apps), imp.Accepted, imp.Waiting, imp.Overdue, typed, imp.Refused)),
	}, rows)
}
