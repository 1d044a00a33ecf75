package registration

import (
	"bytes"
	"fmt"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// Compare says whether the text derived from the rows as they are now is the
// very text that was shown and signed. If not, it names the row or the line
// that moved (case 45); nothing of the act may then be carried out.
func Compare(signed, now seal.Statement) error {
	a, errA := signed.Bytes()
	b, errB := now.Bytes()
	if errA != nil || errB != nil {
		return fault.New(fault.Conflict, "签署的文本不完整，没有生效。请回到办理页面重新生成后再签。")
	}
	if bytes.Equal(a, b) {
		return nil
	}
	if signed.Kind() != now.Kind() {
		return fault.New(fault.Conflict, "签署的文本不是这一事项的，没有生效。请回到办理页面重新生成后再签。")
	}
	old, fresh := byRecord(signed.Annex), byRecord(now.Annex)
	for i, row := range signed.Annex.Rows {
		other, still := fresh[row.Record]
		if !still {
			return moved(i+1, row.Record, "已不在可办之列")
		}
		if column := differs(signed.Annex.Columns, row, other); column != "" {
			return moved(i+1, row.Record, "在您查看之后有变化（"+column+"）")
		}
	}
	for i, row := range now.Annex.Rows {
		if _, was := old[row.Record]; !was {
			return moved(i+1, row.Record, "是您查看之后才加入的")
		}
	}
	for _, f := range now.Text.Fields {
		if !equal(signed.Text.All(f.Label), now.Text.All(f.Label)) {
			return fault.New(fault.Conflict, "“%s”一项在您查看之后有变化，签署没有生效，状态没有改变。请回到办理页面重新查看后再签。", f.Label)
		}
	}
	return fault.New(fault.Conflict, "签署的内容在您查看之后有变化，签署没有生效，状态没有改变。请回到办理页面重新查看后再签。")
}

func moved(place int, record, how string) error {
	e := fault.New(fault.Conflict, "第 %d 行（%s）%s，整批没有签署生效，状态没有改变。请重新查看这一行后再签。", place, record, how)
	e.Fields = []fault.Field{{Name: record, Sentence: fmt.Sprintf("第 %d 行%s。", place, how)}}
	return e
}

func byRecord(a seal.Annex) map[string]seal.AnnexRow {
	rows := make(map[string]seal.AnnexRow, len(a.Rows))
	for _, r := range a.Rows {
		rows[r.Record] = r
	}
	return rows
}

// differs names the first column in which two rows differ.
func differs(columns []string, a, b seal.AnnexRow) string {
	for i, c := range columns {
		if i >= len(a.Cells) || i >= len(b.Cells) || a.Cells[i] != b.Cells[i] {
			return c
		}
	}
	if a.Salt != b.Salt {
		return "行摘要"
	}
	return ""
}

func equal(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
