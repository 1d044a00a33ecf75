package portal

import (
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/web"
	"sealdesk/web/view"
)

// refusedForm says how a page with a form is shown again when what was posted
// is refused: with the sentence above, at the field, and all that was typed.
type refusedForm struct {
	act     policy.Act
	subject string            // of the refusal's entry
	inputs  map[string]string // the noun's word for a field -> the input's id; "" links nowhere
	page    func(*view.Refusal) (web.Page, error)
}

// formAgain answers a refused post. Failures of ours and what is not to be seen
// keep their own page.
func (p *Portal) formAgain(c *call, err error, form refusedForm) (answer, error) {
	c.concerns(form.act, form.subject)
	f := sentenced(err)
	if f.Kind == fault.Unavailable || f.Kind == fault.Locked || f.Kind == fault.NotFound {
		return nil, err
	}
	r := refusal(c, f)
	for i := range r.Faults {
		if input, ok := form.inputs[r.Faults[i].Field]; ok {
			r.Faults[i].Field = input
		} else if input, ok := form.inputs["*"]; ok {
			r.Faults[i].Field = input
		}
	}
	act, subject := c.act, c.subject
	v, pageErr := form.page(r)
	c.act, c.subject = act, subject // the page asked for what it shows
	if pageErr != nil {
		return nil, err
	}
	p.recordRefusal(c, f)
	return page{status: statuses[f.Kind], view: v}, nil
}
