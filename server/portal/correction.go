package portal

import (
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/web"
	"sealdesk/web/view"
)

// GET /applications/:id/correct
func (p *Portal) showCorrection(c *call) (answer, error) {
	v, err := p.correctionPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

func (p *Portal) correctionPage(c *call) (view.CorrectionForm, error) {
	var v view.CorrectionForm
	a, school, _, err := p.record(c, policy.Review)
	if err != nil {
		return v, err
	}
	field := c.form.Get("field")
	if registration.HeaderOf(field) == "" {
		return v, fault.New(fault.NotFound, "没有这一项可以更正。请回到比对页重新选择。")
	}
	v = view.CorrectionForm{Frame: p.frame(c, "更正"), Back: view.Link{Text: "回到比对", Href: "/applications/" + a.ID + "/review?step=" + partOf(field)},
		ID: a.ID, Name: a.Form.PersonName, School: school.Name, Action: "/applications/" + a.ID + "/correct", FieldName: field,
		Header: registration.HeaderOf(field), Old: a.Form.Show(field), New: view.Field{Value: c.form.Get("new_value")},
		Reason: view.Field{Value: c.form.Get("reason")}, Evidence: view.Field{Value: c.form.Get("evidence")}, Mended: c.form.Get("mended_at_source") != ""}
	proposed, err := p.proposedFor(c, a)
	if err != nil {
		return v, err
	}
	change, ok := proposedOf(proposed, field)
	if ok {
		v.Proposed = fieldChangeView(change).New
	}
	// A number is typed from the paper: it is not shown whole here.
	if _, typed := c.form["new_value"]; ok && !typed && field != "cert_number" && field != "id_number" {
		v.New.Value = change.New
	}
	if options := registration.Words(field); len(options) > 0 {
		for _, w := range options {
			v.Options.Items = append(v.Options.Items, view.Choice{Value: w, Text: w, Chosen: w == v.New.Value})
		}
	}
	return v, nil
}

func partOf(field string) string {
	for _, g := range groups {
		for _, f := range g.fields {
			if f == field {
				return g.key
			}
		}
	}
	return "conclude"
}

// POST /applications/:id/correct keeps a correction with the draft; it takes
// effect with the review's seal.
func (p *Portal) saveCorrection(c *call) (answer, error) {
	a, _, _, err := p.record(c, policy.Review)
	if err != nil {
		return nil, err
	}
	d, err := p.draftOf(c.ctx, c.who.Staff.ID, a)
	if err != nil {
		return nil, err
	}
	k := registration.Correction{Field: c.form.Get("field"), New: c.form.Get("new_value"), Reason: c.form.Get("reason"),
		Evidence: c.form.Get("evidence"), MendedAtSource: c.form.Get("mended_at_source") != ""}
	if err := a.CheckCorrection(k, c.received); err != nil {
		return p.formAgain(c, err, refusedForm{act: policy.Review, subject: store.OfApplication(a.ID).Subject(), inputs: map[string]string{
			headerReason(k.Field): "reason", headerEvidence(k.Field): "evidence", "*": "new_value"},
			page: func(r *view.Refusal) (web.Page, error) {
				v, err := p.correctionPage(c)
				v.Refusal = r
				return v, err
			}})
	}
	kept := d.Corrections[:0]
	for _, old := range d.Corrections {
		if old.Field != k.Field {
			kept = append(kept, old)
		}
	}
	d.Corrections = append(kept, k)
	d.Review.Compared[k.Field] = registration.Differs
	if err := p.keepDraft(c, a, d); err != nil {
		return nil, err
	}
	return redirect{"/applications/" + a.ID + "/review?step=" + partOf(k.Field)}, nil
}

// headerReason and headerEvidence are the words that registration has for these
// two inputs of a field.
func headerReason(field string) string { return registration.HeaderOf(field) + "更正的理由" }
func headerEvidence(field string) string {
	return registration.HeaderOf(field) + "更正的证据（页码）"
}
