package web

import (
	"fmt"

	"sealdesk/web/view"
)

// The functions here turn views of form fields into the options of the govuk
// partials, in our words: the fault is announced as 错误, the first choice of
// a group has the group's id, and a refused field is marked invalid.

// field makes the options of an input or a textarea. More options follow as
// pairs; "hint" and "suffix" may be plain text.
func field(id, label string, f view.Field, more ...any) (Options, error) {
	o := Options{
		"id": id, "name": id, "value": f.Value,
		"label": Options{"text": label, "classes": "govuk-label--s"},
	}
	refuse(o, f.Error)
	if f.Error != "" {
		o["attributes"] = Options{"aria-invalid": "true"}
	}
	return add(o, more)
}

// choose makes the options of a select.
func choose(id, label string, c view.Choices, more ...any) (Options, error) {
	items := make([]any, len(c.Items))
	for i, it := range c.Items {
		items[i] = Options{"value": it.Value, "text": it.Text, "selected": it.Chosen, "disabled": it.Barred}
	}
	o := Options{
		"id": id, "name": id, "items": items,
		"label": Options{"text": label, "classes": "govuk-label--s"},
	}
	refuse(o, c.Error)
	return add(o, more)
}

// radios makes the options of a group of radios under a legend.
func radios(id, legend string, c view.Choices, more ...any) (Options, error) {
	return group(id, legend, c, "govuk-radios--small", more)
}

// ticks makes the options of a group of checkboxes; an empty legend leaves out the fieldset.
func ticks(id, legend string, c view.Choices, more ...any) (Options, error) {
	return group(id, legend, c, "govuk-checkboxes--small", more)
}

func group(id, legend string, c view.Choices, classes string, more []any) (Options, error) {
	items := make([]any, len(c.Items))
	for i, it := range c.Items {
		items[i] = Options{"value": it.Value, "text": it.Text, "checked": it.Chosen, "disabled": it.Barred, "hint": Options{"text": it.Hint}}
	}
	o := Options{"idPrefix": id, "name": id, "items": items, "classes": classes}
	if legend != "" {
		o["fieldset"] = Options{"legend": Options{"text": legend, "classes": "govuk-fieldset__legend--s"}}
	}
	refuse(o, c.Error)
	return add(o, more)
}

func refuse(o Options, sentence string) {
	if sentence != "" {
		o["errorMessage"] = Options{"text": sentence, "visuallyHiddenText": "错误"}
	}
}

func add(o Options, more []any) (Options, error) {
	if len(more)%2 != 0 {
		return nil, fmt.Errorf("field %v: options are no pairs", o["name"])
	}
	for i := 0; i < len(more); i += 2 {
		name, ok := more[i].(string)
		if !ok {
			return nil, fmt.Errorf("field %v: option name %d is no text", o["name"], i/2)
		}
		value := more[i+1]
		if s, ok := value.(string); ok && (name == "hint" || name == "suffix" || name == "prefix") {
			if s == "" {
				continue
			}
			value = Options{"text": s}
		}
		o[name] = value
	}
	return o, nil
}

// errorSummary makes the options of the sentence box at the top of a refused page.
func errorSummary(r view.Refusal) Options {
	faults := make([]any, len(r.Faults))
	for i, f := range r.Faults {
		o := Options{"text": f.Text}
		if f.Field != "" {
			o["href"] = "#" + f.Field
		}
		faults[i] = o
	}
	said := r.Kept
	if r.Request != "" {
		said += "要人帮忙时，请报请求编号 " + r.Request + "。"
	}
	return Options{"titleText": r.Title, "descriptionText": said, "errorList": faults}
}
