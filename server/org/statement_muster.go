package org

import (
	"strings"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// Reported is a filing of a batch with what it changes.
type Reported struct {
	Filing Filing
	Before *Staff // nil for somebody new
	Body   Organisation
}

// MusterStatement is what the lead signs over the filings of a sheet, a row each.
func MusterStatement(h seal.Header, m Muster, list []Reported, salts [][16]byte) (seal.Statement, error) {
	if len(list) == 0 {
		return seal.Statement{}, fault.New(fault.Conflict, "这份名册里没有要报备的行：合格的行都已在册或等待审核，什么都没有改变。")
	}
	annex := seal.Annex{Columns: append(append([]string{"备案类别"}, filedColumns...), "变更")}
	fresh := 0
	for i, r := range list {
		changes := "新任"
		if r.Before != nil {
			changes = strings.Join(r.Filing.changes(*r.Before), "；")
		} else {
			fresh++
		}
		annex.Rows = append(annex.Rows, seal.AnnexRow{Record: "filing/" + r.Filing.ID, Salt: salts[i],
			Cells: append(append([]string{r.Filing.Kind.Word()}, r.Filing.cells(r.Body)...), orNone(changes))})
	}
	return seal.New(seal.StaffMuster, h, []seal.Field{line("文件摘要", m.Digest), line("选择", m.Choice()), line("新任", itoa(fresh)),
		line("变更", itoa(len(list)-fresh)), line("行数合计", itoa(len(list)))}, annex)
}

// filedColumns are the cells of a filing in a batch.
var filedColumns = []string{"人员编号", "姓名", "所在机构", "岗位", "手机号", "拟任角色", "承诺书", "任职起", "任职止", "向上报备日"}

func (f Filing) cells(body Organisation) []string {
	upward := "未报"
	if f.Upward != nil {
		upward = Day(*f.Upward)
	}
	return []string{f.Staff, f.Name, body.Name + "（" + body.ID + "）", f.Post, f.Phone.String(), RoleWords(f.Roles), pledgeWords(f.Pledge),
		Day(f.Starts), orNone(lastDay(f.Closes)), upward}
}

// ChecksStatement is what the security officer signs over several filings that he
// puts into force together.
func ChecksStatement(h seal.Header, list []Reported, salts [][16]byte) (seal.Statement, error) {
	if len(list) == 0 {
		return seal.Statement{}, fault.New(fault.Conflict, "没有可以一并审核的备案表：可能已经审核，或须由另一位安全保密管理员审核。请刷新后核对。")
	}
	annex := seal.Annex{Columns: append(append([]string{"备案类别"}, filedColumns...), "变更", "报备人")}
	for i, r := range list {
		changes := "新任"
		if r.Before != nil {
			changes = strings.Join(r.Filing.changes(*r.Before), "；")
		}
		annex.Rows = append(annex.Rows, seal.AnnexRow{Record: "filing/" + r.Filing.ID, Salt: salts[i],
			Cells: append(append([]string{r.Filing.Kind.Word()}, r.Filing.cells(r.Body)...), orNone(changes), r.Filing.By)})
	}
	return seal.New(seal.StaffChecks, h, []seal.Field{line("审核意见", "备案生效"), line("行数合计", itoa(len(list)))}, annex)
}
