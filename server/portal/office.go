package portal

import (
	"sealdesk/policy"
	"sealdesk/web"
	"sealdesk/web/view"
)

// typed is a field as it was posted.
func typed(c *call, name string) view.Field { return view.Field{Value: c.form.Get(name)} }

// officeForm says which office page is shown again when a post is refused.
type officeForm struct {
	act     policy.Act
	subject string
	inputs  map[string]string // the noun's word for a field -> the input's id
	page    func() (view.Office, error)
}

// officeAgain answers a refused post with its page: the sentence above, each
// fault beside its field, and all that was typed.
func (p *Portal) officeAgain(c *call, next answer, err error, form officeForm) (answer, error) {
	if err == nil {
		return next, nil
	}
	return p.formAgain(c, err, refusedForm{act: form.act, subject: form.subject, inputs: form.inputs, page: func(r *view.Refusal) (web.Page, error) {
		v, err := form.page()
		v.Refusal = r
		for i := range r.Faults {
			if !beside(&v, r.Faults[i]) {
				r.Faults[i].Field = "" // the sentence links nowhere
			}
		}
		return v, err
	}})
}

// beside sets a fault at its input, wherever that stands on the page.
func beside(v *view.Office, f view.Fault) (found bool) {
	for i := range v.Forms {
		found = atInput(&v.Forms[i], f) || found
	}
	for i := range v.Sections {
		if v.Sections[i].Form != nil {
			found = atInput(v.Sections[i].Form, f) || found
		}
	}
	return found
}

// atInput sets a fault at the form's input of that name.
func atInput(form *view.ActForm, f view.Fault) (found bool) {
	for i := range form.Inputs {
		if in := &form.Inputs[i]; in.Name == f.Field && in.Kind != "hidden" {
			in.Field.Error, in.Choices.Error, found = f.Text, f.Text, true
		}
	}
	return found
}

// besideForm sets a refusal's faults at the inputs of one form on another page.
func besideForm(form *view.ActForm, r *view.Refusal) {
	for i := range r.Faults {
		if form == nil || !atInput(form, r.Faults[i]) {
			r.Faults[i].Field = ""
		}
	}
}
