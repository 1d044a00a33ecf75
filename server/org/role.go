package org

import (
	"slices"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
)

// RoleChange is one role granted to a person or taken away, old beside new, as
// the security auditor reviews it (domain section 9).
type RoleChange struct {
	ID            string // staff/number
	Staff         string
	Role, Org     string
	Granted       bool
	Before, After []string // roles held in all
	AskedBy       string   // the lead who asked; empty for a removal
	DoneBy        string   // who granted it or took it away
	Reason        string
	At            time.Time
	ReviewedBy    string
	ReviewedAt    *time.Time
}

// Duty is a person with what they hold, as roles are granted and taken away.
type Duty struct {
	Staff
	Body Organisation  // where they serve
	All  []Appointment // of this person, ended ones too
	Past int           // how many changes the person's file has
}

func (d Duty) roles() []string {
	var held []string
	for _, a := range Held(d.All) {
		held = append(held, a.Role)
	}
	slices.Sort(held)
	return held
}

func (d Duty) change(role string, granted bool, after []string, now time.Time) RoleChange {
	return RoleChange{ID: d.ID + "/" + itoa(d.Past+1), Staff: d.ID, Role: role, Org: d.Org, Granted: granted, Before: d.roles(), After: after, At: now}
}

// Raise gives the person a role in their own body: asked by a lead, granted by
// a security officer, and neither is the person.
func (d Duty) Raise(role, asked, granted, reason string, now time.Time) (Appointment, RoleChange, error) {
	var none Appointment
	reason, err := oneLine("role_reason", "理由", reason, 200)
	if err != nil {
		return none, RoleChange{}, err
	}
	switch {
	case asked == d.ID || granted == d.ID:
		return none, RoleChange{}, fault.New(fault.Forbidden, "不能为自己申请或授予角色。请由另一位负责人申请。")
	case asked == granted:
		return none, RoleChange{}, fault.New(fault.Forbidden, "角色由负责人申请、安全保密管理员授予，须是两个人。")
	case d.FiledOn == nil:
		return none, RoleChange{}, fault.New(fault.Conflict, "%s 没有完成系统使用人员备案，不能授予角色。请先报备。", d.ID)
	}
	if err := d.Closed(now); err != nil {
		return none, RoleChange{}, fault.New(fault.Conflict, "岗位已于 %s 结束，不能授予角色。请关闭账户，仍在岗的重新报备。", d.LastDay())
	}
	if err := rolesFit([]string{role}, d.Body); err != nil {
		return none, RoleChange{}, err
	}
	held := d.roles()
	if slices.Contains(held, role) {
		return none, RoleChange{}, fault.New(fault.Conflict, "%s 已经是%s，没有再授予。", d.ID, policy.Role(role).Name())
	}
	after := append(slices.Clone(held), role)
	slices.Sort(after)
	if err := combines(after); err != nil {
		return none, RoleChange{}, err
	}
	c := d.change(role, true, after, now)
	c.AskedBy, c.DoneBy, c.Reason = asked, granted, reason
	return Appointment{ID: d.ID + "/" + role + "/" + d.Org, Staff: d.ID, Role: role, Org: d.Org}, c, nil
}

// combines asks the policy whether one person may hold these roles together.
func combines(words []string) error {
	roles := make([]policy.Role, len(words))
	for i, w := range words {
		roles[i] = policy.Role(w)
	}
	if err := policy.Combine(roles); err != nil {
		return combined(err)
	}
	return nil
}

// Lower takes a role away, at once.
func (d Duty) Lower(role, by, reason string, now time.Time) (Appointment, RoleChange, error) {
	reason, err := oneLine("removal_reason", "理由", reason, 200)
	if err != nil {
		return Appointment{}, RoleChange{}, err
	}
	if by == d.ID {
		return Appointment{}, RoleChange{}, fault.New(fault.Forbidden, "不能免去自己的任职。请由另一位负责人或安全保密管理员办理。")
	}
	return d.lower(role, by, reason, now)
}

func (d Duty) lower(role, by, reason string, now time.Time) (Appointment, RoleChange, error) {
	at := slices.IndexFunc(d.All, func(a Appointment) bool { return a.Role == role && a.Ended == nil })
	if at < 0 {
		return Appointment{}, RoleChange{}, fault.New(fault.Conflict, "%s 现在没有这个任职，没有改动。请刷新后核对。", d.ID).At("held", "请选择现有的角色。")
	}
	a := d.All[at]
	a.Ended = &now
	after := slices.DeleteFunc(d.roles(), func(r string) bool { return r == role })
	c := d.change(role, false, after, now)
	c.DoneBy, c.Reason = by, reason
	return a, c, nil
}

// KeepsOffice refuses what would leave nobody who can act in an office: able can
// now, leaver is about to lose role, key or account.
func KeepsOffice(office policy.Role, able []string, leaver string) error {
	if len(able) != 1 || able[0] != leaver {
		return nil
	}
	return fault.New(fault.Conflict, "%s 是最后一位能办理的%s，不能免去任职、交出或停用钥匙，也不能关闭账户，否则再没有人能办这一职务的事。请先任命另一位%s、发给钥匙并由其接管；钥匙遗失或被人冒用的，请办报失。",
		leaver, office.Name(), office.Name())
}

// LowerAll takes every role away from somebody whose exit is closed.
func (d Duty) LowerAll(by, reason string, now time.Time) (appointments []Appointment, changes []RoleChange, err error) {
	for _, role := range d.roles() {
		a, c, err := d.lower(role, by, reason, now)
		if err != nil {
			return nil, nil, err
		}
		appointments, changes = append(appointments, a), append(changes, c)
		for i := range d.All {
			if d.All[i].ID == a.ID {
				d.All[i] = a
			}
		}
		d.Past++
	}
	return appointments, changes, nil
}

// Review marks a change as seen by the auditor, who had no part in it.
func (c RoleChange) Review(auditor string, now time.Time) (RoleChange, error) {
	switch {
	case c.ReviewedBy != "":
		return c, fault.New(fault.Conflict, "任职变动 %s 已经审阅过。请刷新后重选。", c.ID)
	case auditor == "" || auditor == c.Staff || auditor == c.AskedBy || auditor == c.DoneBy:
		return c, fault.New(fault.Forbidden, "任职变动 %s 与您本人有关，须由另一位安全审计员审阅。", c.ID)
	}
	c.ReviewedBy, c.ReviewedAt = auditor, &now
	return c, nil
}

// RoleStatement is what is signed to grant a role or to take it away.
func RoleStatement(h seal.Header, d Duty, c RoleChange) (seal.Statement, error) {
	kind, after := seal.RoleGrant, "授予后角色"
	if !c.Granted {
		kind, after = seal.RoleRemoval, "免去后角色"
	}
	return seal.New(kind, h, []seal.Field{line("人员编号", d.ID), line("姓名", d.Name), line("所在机构", d.Body.Name+"（"+d.Body.ID+"）"), line("岗位", d.Post),
		line("角色", policy.Role(c.Role).Name()), line("现有角色", RoleWords(c.Before)), line(after, RoleWords(c.After)), line("理由", c.Reason)}, seal.Annex{})
}

// ReviewColumns are the cells of a reviewed change.
var ReviewColumns = []string{"人员", "变动", "原角色", "新角色", "经手", "时间"}

// ReviewStatement is the auditor's: each change a row, salts one each.
func ReviewStatement(h seal.Header, list []RoleChange, salts [][16]byte) (seal.Statement, error) {
	a := seal.Annex{Columns: ReviewColumns}
	for i, c := range list {
		a.Rows = append(a.Rows, seal.AnnexRow{Record: c.ID, Salt: salts[i], Cells: []string{c.Staff, c.What(), RoleWords(c.Before), RoleWords(c.After), c.Hands(), Day(c.At)}})
	}
	return seal.New(seal.RoleReview, h, []seal.Field{line("审阅范围", "任职变动 "+itoa(len(list))+" 项")}, a)
}

// What is the change in words.
func (c RoleChange) What() string {
	if c.Granted {
		return "授予" + policy.Role(c.Role).Name()
	}
	return "免去" + policy.Role(c.Role).Name()
}

// Hands are the numbers of those who asked and did it.
func (c RoleChange) Hands() string {
	if c.AskedBy == "" {
		return c.DoneBy + " 免去"
	}
	return c.AskedBy + " 申请，" + c.DoneBy + " 授予"
}
