package org

import (
	"slices"
	"strings"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
)

// FilingKind says what a filing reports (R54).
type FilingKind string

// The three things that are filed: coming, changing, leaving.
const (
	FileNew    FilingKind = "new"
	FileChange FilingKind = "change"
	FileLeave  FilingKind = "leave"
)

// Word is the kind on a page.
func (k FilingKind) Word() string {
	return map[FilingKind]string{FileNew: "新任", FileChange: "变更", FileLeave: "离岗"}[k]
}

// FilingState is where a filing is in its life.
type FilingState string

// A coming or a change is filed, then active or sent back; a leaving closes the
// account at once and is left when keys and media are back.
const (
	Filed    FilingState = "filed"
	Active   FilingState = "active"
	SentBack FilingState = "sent_back"
	Leaving  FilingState = "leaving"
	Left     FilingState = "left"
)

// Word is the state on a page.
func (s FilingState) Word() string {
	return map[FilingState]string{Filed: "待审核", Active: "已备案", SentBack: "已退回", Leaving: "已离岗，待交还", Left: "离岗手续已办结"}[s]
}

// PledgeSealed marks a pledge that the person sealed with their own key.
const PledgeSealed = "本人钥匙签署"

// Filing is one staff filing form (系统使用人员备案表).
type Filing struct {
	ID    string // staff/number of the form: U00900/1
	Staff string
	Kind  FilingKind
	Form
	State     FilingState
	By        string // who filed it: the lead of the body
	At        time.Time
	CheckedBy string // the security officer
	CheckedAt *time.Time
	Note      string // why it was sent back, or the reason of leaving
}

// Form is what is typed into the filing form.
type Form struct {
	Name, Org, Post string
	Phone           Phone      // encrypted at rest
	Roles           []string   // wished; a filing grants none
	Pledge          string     // paper number; empty when the person will seal it
	Starts          time.Time  // first day in the post
	Closes          *time.Time // moment after the last day, nil when open
	Upward          *time.Time // day on which it was filed upward, nil when not yet
}

// Number gives the id of a person's next form.
func Number(staff string, earlier []Filing) string {
	return staff + "/" + itoa(len(earlier)+1)
}

// File makes a filing of a person. before is the account, nil for a new one;
// earlier are the person's filings; by is the lead who files.
func (f Form) File(staff string, before *Staff, earlier []Filing, body Organisation, by string, now time.Time) (Filing, error) {
	filing := Filing{ID: Number(staff, earlier), Staff: staff, Kind: FileNew, Form: f, State: Filed, By: by, At: now}
	if before != nil {
		filing.Kind = FileChange
	}
	switch {
	case !identifier(staff):
		return filing, fault.New(fault.Invalid, "人员编号只能用字母、数字和连字符，且不能为空。").At("staff", "只能用字母、数字和连字符。")
	case staff == by:
		return filing, fault.New(fault.Forbidden, "不能为自己报备。请由上级负责人或本机构另一位负责人报备。")
	case f.Org != body.ID || !body.OpenOn(now):
		return filing, fault.New(fault.Invalid, "请选择现在开办的机构。").At("org", "请选择机构。")
	}
	if before != nil && before.Org != f.Org { // what another body has on file is not told to this one
		switch {
		case before.Closed(now) == nil:
			return filing, fault.New(fault.Conflict, "人员编号 %s 已在别的机构备案，不能重复。请先由原机构报备离岗，办结后再报。", staff).At("staff", "已在别的机构备案。")
		case before.Name != strings.Join(strings.Fields(f.Name), " "):
			return filing, fault.New(fault.Conflict, "人员编号 %s 与姓名不符，没有报备。请核对编号。", staff).At("staff", "与姓名不符。")
		}
	}
	for _, e := range earlier {
		switch e.State {
		case Filed:
			return filing, fault.New(fault.Conflict, "%s 已有一份备案表待安全保密管理员审核，没有重复报备。", staff)
		case Leaving:
			return filing, fault.New(fault.Conflict, "%s 的离岗手续还没有办结，不能再报备。请先交还钥匙和介质，由安全保密管理员办结离岗。", staff)
		}
	}
	var err error
	filing.Form, err = f.check(staff, body, now)
	return filing, err
}

// check is what the form itself must satisfy; it gives the form as it is kept.
func (f Form) check(staff string, body Organisation, now time.Time) (Form, error) {
	var err error
	if f.Name, err = oneLine("name", "姓名", f.Name, 50); err != nil {
		return f, err
	}
	if f.Post, err = oneLine("post", "岗位", f.Post, 50); err != nil {
		return f, err
	}
	if !mobile(f.Phone.Plain()) {
		return f, fault.New(fault.Invalid, "手机号应为 1 开头的 11 位数字。").At("phone", "应为 1 开头的 11 位数字。")
	}
	if strings.TrimSpace(f.Pledge) != "" {
		if f.Pledge, err = oneLine("pledge", "承诺书编号", f.Pledge, 80); err != nil {
			return f, err
		}
	} else {
		f.Pledge = ""
	}
	switch {
	case f.Starts.IsZero():
		return f, fault.New(fault.Invalid, "请填写任职起始日期。").At("starts", "请填写日期。")
	case f.Closes != nil && !f.Closes.After(f.Starts):
		return f, fault.New(fault.Invalid, "任职截止日期早于起始日期。").At("ends", "早于起始日期。")
	case f.Closes != nil && !now.Before(*f.Closes):
		return f, fault.New(fault.Invalid, "岗位已于 %s 结束，不能再开账户。请关闭账户，或更正截止日期。", lastDay(f.Closes)).At("ends", "已经过去。")
	case f.Upward != nil && f.Upward.After(now):
		return f, fault.New(fault.Invalid, "向上报备的日期还没有到。").At("upward", "日期还没有到。")
	case len(f.Roles) == 0:
		return f, fault.New(fault.Invalid, "请选择拟任的角色。").At("role", "请至少选一项。")
	}
	slices.Sort(f.Roles)
	f.Roles = slices.Compact(f.Roles)
	return f, rolesFit(f.Roles, body)
}

// rolesFit refuses unknown roles, roles that this kind of body does not have,
// and roles that one person may not combine.
func rolesFit(words []string, body Organisation) error {
	var roles []policy.Role
	for _, word := range words {
		role := policy.Role(word)
		if !role.Known() || !role.Fits(body.Kind) {
			return fault.New(fault.Invalid, "角色“%s”不能设在%s。", role.Name(), body.Name).At("role", "请重新选择角色。")
		}
		roles = append(roles, role)
	}
	if err := policy.Combine(roles); err != nil {
		return combined(err)
	}
	return nil
}

// combined gives the policy's refusal of a combination the server's form.
func combined(err error) error {
	var e *policy.Error
	if asPolicy(err, &e) {
		return fault.Wrap(err, fault.Forbidden, "%s", e.Sentence()).At("role", "不能由一人兼任。")
	}
	return err
}

// Check lets the security officer put a filing into force: the account is
// opened or changed. before is the account as it stands, nil for a new one.
func (f Filing) Check(officer string, before *Staff, now time.Time) (Filing, Staff, error) {
	if err := f.checkable(officer); err != nil {
		return f, Staff{}, err
	}
	if f.Closes != nil && !now.Before(*f.Closes) {
		return f, Staff{}, fault.New(fault.Conflict, "岗位已于 %s 结束，不能开账户。请退回，由报备单位关闭账户或更正。", lastDay(f.Closes))
	}
	if (before == nil) != (f.Kind == FileNew) {
		return f, Staff{}, fault.New(fault.Conflict, "人员编号 %s 的账户在报备之后有了变化，不能按这份备案表办理。请退回重报。", f.Staff)
	}
	s := Staff{ID: f.Staff}
	if before != nil {
		s = *before
	}
	s.Name, s.Org, s.Post, s.Phone, s.Closes = f.Name, f.Org, f.Post, f.Phone, f.Closes
	if s.FiledOn == nil {
		today := now.In(shanghai)
		on := time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, shanghai)
		s.FiledOn = &on
	}
	if f.Pledge != "" {
		s.Pledge = f.Pledge
	}
	f.State, f.CheckedBy, f.CheckedAt = Active, officer, &now
	return f, s, nil
}

// Renewed are the appointments that are written once more, as they are, with a
// checked filing which opens an account that had closed: in between the person held
// nothing, so that what was signed for a body before stands no more (R55).
func Renewed(before *Staff, all []Appointment, now time.Time) []Appointment {
	if before == nil || before.Closed(now) == nil {
		return nil
	}
	return Held(all)
}

// SendBack returns a filing to whoever filed it; nothing else changes.
func (f Filing) SendBack(officer, reason string, now time.Time) (Filing, error) {
	if err := f.checkable(officer); err != nil {
		return f, err
	}
	reason, err := oneLine("reason", "退回的理由", reason, 200)
	if err != nil {
		return f, err
	}
	f.State, f.CheckedBy, f.CheckedAt, f.Note = SentBack, officer, &now, reason
	return f, nil
}

func (f Filing) checkable(officer string) error {
	switch {
	case f.State != Filed:
		return fault.New(fault.Conflict, "这份备案表现在是“%s”，不能再审核。", f.State.Word())
	case officer == "" || officer == f.By || officer == f.Staff:
		return fault.New(fault.Forbidden, "报备与审核须由两个人办理，也不能审核自己的备案。请由另一位安全保密管理员审核。")
	}
	return nil
}

// Leave files the end of a post: last is the last day in it. Today closes the
// account at this very moment, a later day at its end; a day that is over has
// closed it already.
func (s Staff) Leave(last time.Time, reason, by string, earlier []Filing, now time.Time) (Filing, Staff, error) {
	reason, err := oneLine("reason", "离岗的理由", reason, 200)
	if err != nil {
		return Filing{}, s, err
	}
	switch {
	case s.ID == by:
		return Filing{}, s, fault.New(fault.Forbidden, "不能为自己办理离岗。请由上级负责人或另一位负责人办理。")
	case last.IsZero():
		return Filing{}, s, fault.New(fault.Invalid, "请填写最后在岗的日期。").At("last", "请填写日期。")
	}
	for _, e := range earlier {
		if e.State == Leaving {
			return Filing{}, s, fault.New(fault.Conflict, "岗位已于 %s 结束，离岗已经报备，等待交还钥匙和介质。", lastDay(e.Closes))
		}
	}
	closes := last.AddDate(0, 0, 1)
	if closes.After(now) && !last.After(now) { // today: the account closes now
		closes = now
	}
	if s.Closes != nil && !now.Before(*s.Closes) { // an earlier end stands
		closes = *s.Closes
	}
	s.Closes = &closes
	f := Filing{ID: Number(s.ID, earlier), Staff: s.ID, Kind: FileLeave, State: Leaving, By: by, At: now, Note: reason,
		Form: Form{Name: s.Name, Org: s.Org, Post: s.Post, Phone: s.Phone, Pledge: s.Pledge, Starts: now, Closes: &closes}}
	if s.FiledOn != nil {
		f.Starts = *s.FiledOn
	}
	return f, s, nil
}

// Exit closes the file of a leaver. held names, each in words, what the person
// still has: keys that work, tokens, media.
func (f Filing) Exit(officer string, held []string, now time.Time) (Filing, error) {
	switch {
	case f.Kind != FileLeave || f.State != Leaving:
		return f, fault.New(fault.Conflict, "没有等待办结的离岗备案。请先由本单位报备离岗。")
	case officer == "" || officer == f.By || officer == f.Staff:
		return f, fault.New(fault.Forbidden, "离岗的报备与办结须由两个人办理，也不能办结自己的离岗。")
	case f.Closes != nil && now.Before(*f.Closes):
		return f, fault.New(fault.Closed, "岗位到 %s 才结束，那时才能办结离岗。", lastDay(f.Closes))
	case len(held) > 0:
		return f, fault.New(fault.Conflict, "办结离岗之前，钥匙和介质须先交还或停用，报失的介质须由两人核销，现在还有：%s。", strings.Join(held, "；"))
	}
	f.State, f.CheckedBy, f.CheckedAt = Left, officer, &now
	return f, nil
}

// GivePledge notes that the person sealed the pledge.
func (s Staff) GivePledge() (Staff, error) {
	if s.Pledge != "" {
		return s, fault.New(fault.Conflict, "您的承诺书已经签署过（%s），不用再签。", s.Pledge)
	}
	s.Pledge = PledgeSealed
	return s, nil
}

// PledgeLines are what the person promises.
var PledgeLines = []string{
	"钥匙由本人保管、本人使用，不转借；遗失立即报告",
	"只在职责范围内查看和使用教师信息，不截图、不外传、不留存",
	"签署之前读完原文，不代签、不授意他人签",
	"离岗当日交还钥匙和介质；发现安全事件立即报告",
}
