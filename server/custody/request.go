package custody

import (
	"strings"
	"time"

	"sealdesk/server/internal/fault"
)

// RequestState is where a request for a token is.
type RequestState string

// A request is asked, then granted with a token, or declined.
const (
	Asked    RequestState = "asked"
	Granted  RequestState = "granted"
	Declined RequestState = "declined"
)

// Word is the state on a page.
func (s RequestState) Word() string {
	switch s {
	case Asked:
		return "待发放"
	case Granted:
		return "已发放"
	case Declined:
		return "未予发放"
	}
	return "状态不明"
}

// Request is the first of the two people of an assignment: the lead or head of
// a person's organisation asks, under a seal, that the person be given a token.
// The security officer's own seal then names the token and this request.
type Request struct {
	ID         string
	Staff      string // for whom
	By, Reason string // who asked, and why
	At         time.Time
	State      RequestState
	Token      string // serial of what was given
	AnsweredBy string // the officer; empty while asked
	Answered   time.Time
	Answer     string // why it was declined
}

// Ask begins a request. keys are those the person ever had: who has a current
// one gets no second.
func Ask(id, staff, by, reason string, keys []Key, now time.Time) (Request, error) {
	r := Request{ID: id, Staff: staff, By: by, Reason: strings.TrimSpace(reason), At: now, State: Asked}
	if staff == "" {
		return r, fault.New(fault.Invalid, "请选择为谁申领。").At("staff", "请选择领用人。")
	}
	if by == staff {
		return r, fault.New(fault.Forbidden, "不能为自己申领钥匙。请由本机构的另一位负责人，或上级负责人申领。")
	}
	if k, ok := Current(keys); ok {
		return r, fault.New(fault.Conflict, "人员 %s 名下已有一把钥匙（%s）。一人一把：请先办理停用、报失或交接，再申领新的。", staff, k.State.Word()).
			At("staff", "这位人员已有钥匙。")
	}
	return r, reasonable(r.Reason)
}

// Grant closes the request with the token that was given.
func (r Request) Grant(t Token, officer string, now time.Time) Request {
	r.State, r.Token, r.AnsweredBy, r.Answered = Granted, t.Serial, officer, now
	return r
}

// Decline closes the request without a token; whoever asked sees why, and may
// ask anew.
func (r Request) Decline(officer, reason string, now time.Time) (Request, error) {
	reason = strings.TrimSpace(reason)
	switch {
	case r.State != Asked:
		return r, fault.New(fault.Conflict, "申领 %s 已经%s，不能再答复，什么都没有改变。", r.ID, r.State.Word())
	case officer == r.Staff || officer == r.By:
		return r, fault.New(fault.Forbidden, "这件申领是您提出或为您提出的，不能由您答复。请由另一位安全保密管理员办理。")
	case now.Before(r.At):
		return r, fault.New(fault.Conflict, "答复的时间早于申领的时间，请核对服务器时钟。")
	}
	r.State, r.AnsweredBy, r.Answered, r.Answer = Declined, officer, now, reason
	return r, reasonable(reason)
}
