package org

import (
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
)

// The functions of this file write the texts that people sign about staff. Each
// derives it from what the noun made alone, so that it can be written again
// from the rows. A telephone stands in none but by its last four digits.

func line(label, value string) seal.Field { return seal.Field{Label: label, Value: value} }

// who are the lines that name the person of a filing.
func (f Filing) who(body Organisation) []seal.Field {
	return []seal.Field{line("人员编号", f.Staff), line("姓名", f.Name), line("所在机构", body.Name+"（"+body.ID+"）"), line("岗位", f.Post)}
}

// FilingStatement is what the lead signs; before is the account as it stands,
// nil for a new one.
func FilingStatement(h seal.Header, f Filing, before *Staff, body Organisation) (seal.Statement, error) {
	fields := append([]seal.Field{line("备案类别", f.Kind.Word())}, f.who(body)...)
	fields = append(fields, line("手机号", f.Phone.String()), line("拟任角色", RoleWords(f.Roles)), line("承诺书", pledgeWords(f.Pledge)),
		line("任职起", Day(f.Starts)))
	if f.Closes != nil {
		fields = append(fields, line("任职止", lastDay(f.Closes)))
	}
	if f.Upward != nil {
		fields = append(fields, line("向上报备日", Day(*f.Upward)))
	}
	if before != nil {
		for _, c := range f.changes(*before) {
			fields = append(fields, line("变更", c))
		}
	}
	return seal.New(seal.StaffFiling, h, fields, seal.Annex{})
}

// changes are the lines that set old beside new.
func (f Filing) changes(before Staff) (list []string) {
	if before.Org != f.Org { // the rest belongs to the former body's file
		return []string{"机构：" + before.Org + " 改为 " + f.Org}
	}
	for _, c := range []struct{ label, old, new string }{
		{"姓名", before.Name, f.Name}, {"岗位", before.Post, f.Post},
		{"手机号", before.Phone.String(), f.Phone.String()}, {"任职止", orNone(before.LastDay()), orNone(lastDay(f.Closes))},
	} {
		if c.old != c.new {
			list = append(list, c.label+"："+c.old+" 改为 "+c.new)
		}
	}
	if before.Phone != f.Phone && before.Phone.String() == f.Phone.String() {
		list = append(list, "手机号：前几位有变，末四位相同")
	}
	return list
}

func orNone(s string) string { return orText(s, "未定") }

func pledgeWords(pledge string) string {
	if pledge == "" {
		return "由本人用钥匙签署"
	}
	return pledge
}

// CheckStatement is what the security officer signs over a filing.
func CheckStatement(h seal.Header, f Filing, body Organisation) (seal.Statement, error) {
	fields := append([]seal.Field{line("备案表", f.ID), line("备案类别", f.Kind.Word())}, f.who(body)...)
	fields = append(fields, line("手机号", f.Phone.String()), line("拟任角色", RoleWords(f.Roles)), line("承诺书", pledgeWords(f.Pledge)),
		line("任职起", Day(f.Starts)))
	if f.Closes != nil {
		fields = append(fields, line("任职止", lastDay(f.Closes)))
	}
	fields = append(fields, line("报备人", f.By), line("审核意见", map[FilingState]string{Active: "备案生效", SentBack: "退回"}[f.State]))
	if f.State == SentBack {
		fields = append(fields, line("理由", f.Note))
	}
	return seal.New(seal.StaffCheck, h, fields, seal.Annex{})
}

// LeaveStatement is what ends a post. An account that closes at once says so;
// the moment itself is the entry's.
func LeaveStatement(h seal.Header, f Filing, body Organisation, now time.Time) (seal.Statement, error) {
	closing := Day(f.Closes.Add(-time.Millisecond)) + " 当日结束时"
	if !f.Closes.After(now) {
		closing = "签署生效时立即关闭"
	}
	return seal.New(seal.StaffLeave, h, append(f.who(body), line("在岗至", lastDay(f.Closes)), line("账户", closing), line("理由", f.Note)), seal.Annex{})
}

// ExitStatement is what closes a leaver's file.
func ExitStatement(h seal.Header, f Filing, body Organisation, returned []string, ended []RoleChange) (seal.Statement, error) {
	fields := append(f.who(body), line("在岗至", lastDay(f.Closes)))
	if len(returned) == 0 {
		returned = []string{"没有登记在名下的钥匙或介质"}
	}
	for _, r := range returned {
		fields = append(fields, line("钥匙与介质", r))
	}
	for _, c := range ended {
		fields = append(fields, line("终止任职", policy.Role(c.Role).Name()))
	}
	return seal.New(seal.StaffExit, h, fields, seal.Annex{})
}

// PledgeStatement is the pledge that the person seals.
func PledgeStatement(h seal.Header, s Staff) (seal.Statement, error) {
	fields := []seal.Field{line("人员编号", s.ID), line("姓名", s.Name)}
	for _, l := range PledgeLines {
		fields = append(fields, line("承诺", l))
	}
	return seal.New(seal.StaffPledge, h, fields, seal.Annex{})
}
