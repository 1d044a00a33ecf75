package portal

import (
	"sort"
	"strconv"
	"strings"

	"sealdesk/policy"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// groups are the parts in which the 23 fields are compared; each is shown and
// posted by itself, so there is no "all the same".
var groups = []struct {
	key, name string
	fields    []string
}{
	{"compare-1", "本人信息", []string{"person_name", "id_type", "id_number", "gender"}},
	{"compare-2", "任教情况", []string{"school_name", "school_code", "stage_taught", "subject_taught", "post_type", "establishment"}},
	{"compare-3", "教师资格证书", []string{"cert_number", "cert_kind", "cert_subject", "cert_issuer", "cert_date"}},
	{"compare-4", "注册、考核与培训", []string{"reg_kind", "last_valid_to", "appraisal_y1", "appraisal_y2", "appraisal_y3", "appraisal_y4", "appraisal_y5", "training_hours"}},
}

// latest is the review of the present round, zero if there is none yet.
func latest(reviews []registration.Review, round int) registration.Review {
	for _, r := range reviews {
		if r.Round == round {
			return r
		}
	}
	return registration.Review{}
}

func findingMark(c registration.Class) view.Mark {
	switch c {
	case registration.ClassHuman:
		return view.Mark{Kind: "ask", Text: "须人工判断"}
	case registration.ClassDefer:
		return view.Mark{Kind: "hold", Text: "暂缓"}
	case registration.ClassFail:
		return view.Mark{Kind: "stop", Text: "不合格"}
	}
	return view.Mark{Kind: "stop", Text: "不属对象"}
}

func findingView(f registration.Finding) view.Finding {
	return view.Finding{Mark: findingMark(f.Class), Text: saidOf(f), Rule: f.Rule, Clause: f.Clause}
}

// saidOf is what a finding says, without the rule's number and clause, which
// stand beside it on the page.
func saidOf(f registration.Finding) string {
	said := strings.TrimPrefix(f.Sentence, f.Rule+"：")
	return strings.TrimSuffix(said, "依据："+f.Clause+"。")
}

func findingViews(a registration.Application, review registration.Review) []view.Finding {
	var list []view.Finding
	for _, f := range a.Findings {
		v := findingView(f)
		switch answer := review.Answers[f.Rule]; {
		case answer == registration.Affirm:
			v.Answer = "认可"
		case strings.HasPrefix(answer, registration.Dispute):
			v.Answer = "有异议：" + strings.TrimPrefix(answer, registration.Dispute)
		}
		list = append(list, v)
	}
	return list
}

// fieldGroups are the 23 fields with what was compared.
func fieldGroups(a registration.Application, review registration.Review, corrections []registration.Correction) []view.FieldGroup {
	old := map[string]string{}
	for _, c := range corrections {
		if _, seen := old[c.Field]; !seen {
			old[c.Field] = c.Old
		}
	}
	var list []view.FieldGroup
	for _, g := range groups {
		group := view.FieldGroup{Name: g.name}
		for _, field := range g.fields {
			group.Fields = append(group.Fields, view.ComparedField{Field: field, Header: registration.HeaderOf(field), Online: a.Form.Show(field),
				Old: old[field], Result: review.Compared[field], Explained: view.Field{Value: review.Explained[field]}})
		}
		list = append(list, group)
	}
	return list
}

// supplement is the rest of the sheet.
func supplement(a registration.Application) []view.Fact {
	var facts []view.Fact
	for _, column := range registration.Columns()[24:] {
		if value := a.Form.Show(column.Field); value != "" {
			facts = append(facts, view.Fact{Label: column.Header, Value: value})
		}
	}
	return facts
}

func checksOf(a registration.Application, review registration.Review) []view.Check {
	same := 0
	for _, result := range review.Compared {
		if result == registration.Same {
			same++
		}
	}
	return []view.Check{
		{Name: "是否满足注册条件", Text: "规则全部问过，" + number(len(a.Findings)) + " 条发现都有答复"},
		{Name: "是否与网上申报一致", Text: "23 项逐项比对，" + number(same) + " 项一致，" + number(len(review.Compared)-same) + " 项不一致或缺"},
		{Name: "审查结论", Text: a.SchoolConclusion.Word() + reasonTail(review.Reason)},
	}
}

func reasonTail(reason string) string {
	if reason == "" {
		return ""
	}
	return "，" + reason
}

func (p *Portal) correctionViews(c *call, corrections []registration.Correction) []view.Correction {
	var list []view.Correction
	for _, k := range corrections {
		list = append(list, view.Correction{Header: registration.HeaderOf(k.Field), Old: k.Old, New: k.New,
			Reason: k.Reason, Evidence: k.Evidence, Mended: k.MendedAtSource, By: p.nameOf(c, k.By), At: k.At})
	}
	return list
}

// people are the four who act once each on a record.
func (p *Portal) people(c *call, a registration.Application) []view.Signer {
	line := func(role, staff string) view.Signer {
		if staff == "" {
			return view.Signer{Name: "—", Role: role, State: view.Mark{Kind: "wait", Text: "未办"}}
		}
		return view.Signer{Name: p.nameOf(c, staff), Role: role, State: view.Mark{Kind: "ok", Text: "已办"}}
	}
	return []view.Signer{line("学校审查", a.Reviewer), line("学校上报", a.Sender), line("审核", a.Auditor), line("复签", a.Confirmer)}
}

// nameOf is a colleague's name, or the number if there is no such person.
func (p *Portal) nameOf(c *call, staff string) string {
	s, err := p.store.Staff(c.ctx, staff)
	if err != nil {
		return staff
	}
	return s.Name
}

// history are the log's entries about a record.
func (p *Portal) history(c *call, grant policy.Grant, id string) ([]view.Event, error) {
	entries, err := p.store.EntriesAbout(c.ctx, grant, store.OfApplication(id).Subject())
	if err != nil {
		return nil, err
	}
	_, receipts, refused := p.place(c, policy.ViewReceipt)
	var list []view.Event
	for _, e := range entries {
		event := view.Event{Dot: dotOf(e.Act, e.Signers > 0), At: e.Logged, What: policy.Act(e.Act).Name(), Number: int64(e.Number), By: p.nameOf(c, e.Actor)}
		if body, err := p.store.Organisation(c.ctx, e.Body); e.Actor == c.who.Staff.ID || err == nil && refused == nil && receipts.Covers(body.Path) {
			event.Href = "/receipts/" + strconv.FormatUint(e.Number, 10) + "?record=" + escaped(id)
		}
		list = append(list, event)
	}
	return list, p.sights(c, grant, store.OfApplication(id), list)
}

// dotOf is the shape of an entry in a timeline.
func dotOf(act string, sealed bool) string {
	switch policy.Act(act) {
	case policy.Refusal:
		return "refused"
	case policy.Reveal, policy.RevealPhone:
		return "sight"
	case policy.RevokeKey, policy.SuspendRevoked, policy.Genesis, policy.SetWindow, policy.ProposePolicy, policy.CountersignPolicy,
		policy.SetCustodians, policy.CountersignCustodian, policy.SealEmergency, policy.UseEmergency:
		return "power"
	}
	if sealed {
		return "seal"
	}
	return ""
}

type named struct{ id, name string }

func sortedByName(names map[string]string) []named {
	list := make([]named, 0, len(names))
	for id, name := range names {
		list = append(list, named{id, name})
	}
	sort.Slice(list, func(i, j int) bool { return list[i].id < list[j].id })
	return list
}
