package portal

import (
	"errors"
	"net/http"
	"strings"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/web/view"
)

// statuses is the one table from kind to status (design section 11).
var statuses = map[fault.Kind]int{
	fault.Invalid:     http.StatusUnprocessableEntity,
	fault.Forbidden:   http.StatusForbidden,
	fault.NotFound:    http.StatusNotFound,
	fault.Conflict:    http.StatusConflict,
	fault.Closed:      http.StatusConflict,
	fault.Locked:      http.StatusLocked,
	fault.Unavailable: http.StatusServiceUnavailable,
}

// headings are the words above the sentence.
var headings = map[fault.Kind]string{
	fault.Invalid:     "有一处要改",
	fault.Forbidden:   "不由您办理",
	fault.NotFound:    "没有找到",
	fault.Conflict:    "情况已经变了",
	fault.Closed:      "现在不能办",
	fault.Locked:      "已锁定",
	fault.Unavailable: "现在办不了",
}

// refusedAct is the act that the policy refused, if an error says so.
func refusedAct(c *call, err error) policy.Act {
	var d *policy.Error
	if !errors.As(err, &d) {
		return ""
	}
	return actAsked(c, d.Act)
}

// actAsked is an act as what the request is about. Seeing comes before whatever is
// posted, so what only shows names no post.
func actAsked(c *call, act policy.Act) policy.Act {
	if c.req.Method == http.MethodPost && (strings.HasPrefix(string(act), "view") || strings.HasPrefix(string(act), "list")) {
		return ""
	}
	return act
}

// sentenced brings the errors of the packages beneath hsm and policy, which
// have sentences of their own, into the server's form.
func sentenced(err error) *fault.Error {
	var f *fault.Error
	if errors.As(err, &f) {
		return f
	}
	var s *seal.Error
	if errors.As(err, &s) {
		return fault.Wrap(err, fault.Invalid, "%s", s.Sentence())
	}
	var d *policy.Error
	if errors.As(err, &d) {
		kind := fault.Forbidden
		if d.Kind == policy.NotFound {
			kind = fault.NotFound
		}
		return fault.Wrap(err, kind, "%s", d.Sentence())
	}
	return fault.Wrap(err, fault.Unavailable, "签台现在没有办成这件事，什么都没有改变。请过一会儿再试；仍然不行，请把请求编号告诉系统管理员。")
}

// refused is the page for any error at the edge.
func (p *Portal) refused(c *call, f *fault.Error) answer {
	v := view.Refused{Frame: p.frame(c, headings[f.Kind]), Heading: headings[f.Kind], Sentence: f.Sentence, Request: c.number,
		Kept: "没有任何记录因此改变。", Ways: []view.Link{{Text: "回到今日办理", Href: "/"}}}
	for _, field := range f.Fields {
		v.Next = append(v.Next, field.Sentence)
	}
	if f.Kind == fault.Unavailable {
		v.Retry = 10
	}
	if f.See != "" {
		v.Ways = append([]view.Link{{Text: "看那一份回执", Href: f.See}}, v.Ways...)
	}
	if c.who == nil {
		v.Ways = []view.Link{{Text: "去登录", Href: "/sign-in"}}
	}
	return page{status: statuses[f.Kind], view: v}
}

// refusal puts an error above the form that was posted, with what was typed.
func refusal(c *call, f *fault.Error) *view.Refusal {
	r := &view.Refusal{Title: f.Sentence, Kept: "填写的内容都在。", Request: c.number}
	for _, field := range f.Fields {
		r.Faults = append(r.Faults, view.Fault{Field: field.Name, Text: field.Sentence})
	}
	return r
}
