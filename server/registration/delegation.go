package registration

import (
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
)

// The two kinds of delegation.
const (
	Deputy = "deputy" // a person of the school sends for its head
	Centre = "centre" // the heads of the centre school (中心校) send for a school of one handler
)

// Delegation lets somebody beside the head send a school's records, until a
// day (domain section 4: a head's own record is sent by a deputy, a school of
// one handler sends through its centre school). It lifts no separation of duty:
// who has another part in a record, or whose own it is, does not send it.
type Delegation struct {
	ID                 string // school/number
	School, Kind       string
	Delegate           string // a staff number, or the centre school's id
	From, Until        time.Time
	Reason, By         string
	EndedBy, EndReason string
	EndedAt            time.Time // zero while it lasts
}

// Delegate is who is to be named: a person with the body he serves in, or a
// school with the organ above it.
type Delegate struct{ Kind, ID, Name, Body string }

// Active reports whether the delegation gives anything at that moment.
func (d Delegation) Active(now time.Time) bool {
	return d.EndedAt.IsZero() && !now.Before(d.From) && now.Before(d.Until)
}

// NameSender names who sends for a school, from the moment of the text to the
// end of the last day. The head names a deputy of his own school; the lead
// above names either.
func NameSender(number, school, unit string, to Delegate, by Person, role policy.Role, last Date, reason string, year int, issued time.Time) (Delegation, error) {
	d := Delegation{ID: school + "/" + number, School: school, Kind: to.Kind, Delegate: to.ID, From: issued, By: by.Staff,
		Until: time.Date(last.Year, last.Month, last.Day+1, 0, 0, 0, 0, Shanghai)}
	reason, err := OneLine("委托的理由", reason)
	if err != nil {
		return d, err
	}
	d.Reason = reason
	switch {
	case to.Kind == Deputy && to.Body != school:
		return d, fault.New(fault.Invalid, "上报代理人须是本校人员。请选本校人员，或由区县负责人（市直由市级负责人）指定中心校代为上报。").At("delegate", "请选本校人员。")
	case to.Kind == Deputy && to.ID == by.Staff:
		return d, fault.New(fault.Invalid, "不能委托给自己。请选另一位人员。").At("delegate", "请选另一位人员。")
	case to.Kind == Centre && role != policy.CL && role != policy.ML:
		return d, fault.New(fault.Forbidden, "中心校由区县负责人（市直由市级负责人）指定。校长可以委托本校人员。").At("delegate", "请选本校人员。")
	case to.Kind == Centre && (to.ID == school || to.Body != unit):
		return d, fault.New(fault.Invalid, "中心校须是同一机构管理的另一所学校。请另选一所。").At("delegate", "请另选一所学校。")
	case to.Kind != Deputy && to.Kind != Centre:
		return d, fault.New(fault.Invalid, "请选择受委托的人员或学校。").At("delegate", "请选择。")
	case !d.Until.After(issued):
		return d, fault.New(fault.Invalid, "最后一天 %s 已经过去。请填今天或以后的日期。", last).At("until", "请填今天或以后的日期。")
	case last.After(Date{year, time.December, 31}):
		return d, fault.New(fault.Invalid, "委托最长到 %d 年 12 月 31 日，填的是 %s。请填当年的日期，下一年度另行委托。", year, last).At("until", "最长到当年 12 月 31 日。")
	}
	return d, nil
}

// End takes a delegation back; the next request finds it gone.
func (d Delegation) End(by Person, reason string, now time.Time) (Delegation, error) {
	reason, err := OneLine("终止的理由", reason)
	switch {
	case err != nil:
		return d, err
	case !d.EndedAt.IsZero():
		return d, fault.New(fault.Conflict, "这项委托已经终止，没有改动。")
	case !now.Before(d.Until):
		return d, fault.New(fault.Conflict, "这项委托已经到期，不用终止。")
	}
	d.EndedBy, d.EndReason, d.EndedAt = by.Staff, reason, now.In(Shanghai).Truncate(time.Millisecond)
	return d, nil
}

// KindWord names the kind on pages and in texts.
func (d Delegation) KindWord() string {
	if d.Kind == Centre {
		return "中心校代为上报"
	}
	return "本校人员代理上报"
}

// SenderStatement is the text by which somebody is named.
func SenderStatement(h seal.Header, d Delegation, school, delegate string) (seal.Statement, error) {
	return finish(seal.SenderName, h, []seal.Field{field("学校", cell(school)+"（"+d.School+"）"), field("方式", d.KindWord()),
		field("受托方", cell(delegate)+"（"+d.Delegate+"）"), field("开始", seal.PrintTime(d.From)), field("结束", seal.PrintTime(d.Until)),
		field("理由", d.Reason)}, seal.Annex{})
}

// SenderEndStatement is the text by which that ends.
func SenderEndStatement(h seal.Header, d Delegation, school, delegate string) (seal.Statement, error) {
	return finish(seal.SenderEnd, h, []seal.Field{field("学校", cell(school)+"（"+d.School+"）"), field("委托编号", d.ID), field("方式", d.KindWord()),
		field("受托方", cell(delegate)+"（"+d.Delegate+"）"), field("理由", strings.TrimSpace(d.EndReason))}, seal.Annex{})
}
