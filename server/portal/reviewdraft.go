package portal

import (
	"context"
	"encoding/json"
	"strings"

	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/web/view"
)

// draftOf is what this handler entered for a record so far; a draft of an
// earlier round counts no more.
func (p *Portal) draftOf(ctx context.Context, staff string, a registration.Application) (reviewDraft, error) {
	d := reviewDraft{Application: a.ID}
	raw, err := p.store.Scratch().Draft(ctx, staff, draftName(a))
	switch {
	case fault.Is(err, fault.NotFound):
	case err != nil:
		return d, err
	default:
		if err := json.Unmarshal(raw, &d); err != nil {
			return d, err
		}
	}
	if d.Review.Compared == nil {
		d.Review.Compared, d.Review.Explained, d.Review.Answers = map[string]string{}, map[string]string{}, map[string]string{}
	}
	if d.Shown == nil {
		d.Shown = map[string]bool{}
	}
	if d.Seen == nil {
		d.Seen = map[string]string{}
	}
	return d, nil
}

func draftName(a registration.Application) string { return "review/" + a.ID + "/" + number(a.Round) }

func (p *Portal) keepDraft(c *call, a registration.Application, d reviewDraft) error {
	raw, err := json.Marshal(d)
	if err != nil {
		return err
	}
	return p.store.Scratch().PutDraft(c.ctx, c.who.Staff.ID, draftName(a), raw)
}

// take reads one posted step into the draft; what is missing is named, what was
// typed is kept.
func (d *reviewDraft) take(form map[string][]string, step string, a registration.Application) []view.Fault {
	get := func(name string) string {
		if v := form[name]; len(v) > 0 {
			return v[0]
		}
		return ""
	}
	for name, values := range form {
		if field, ok := strings.CutPrefix(name, "proposed-"); ok && registration.HeaderOf(field) != "" && len(values) == 1 {
			d.Seen[field] = values[0]
		}
	}
	var faults []view.Fault
	switch step {
	case "findings":
		for _, f := range a.Findings {
			answer, note := get("answer-"+f.Rule), strings.TrimSpace(get("note-"+f.Rule))
			switch {
			case answer == "affirm":
				d.Review.Answers[f.Rule] = registration.Affirm
			case answer == "dispute" && note != "":
				d.Review.Answers[f.Rule] = registration.Dispute + note
			case answer == "dispute":
				faults = append(faults, view.Fault{Field: "note-" + f.Rule, Text: "对发现 " + f.Rule + " 有异议的，请写明理由。"})
			default:
				faults = append(faults, view.Fault{Field: "answer-" + f.Rule, Text: "发现 " + f.Rule + " 没有答复。"})
			}
		}
	case "conclude":
		d.Review.Conclusion, d.Review.Reason = registration.Conclusion(get("conclusion")), get("reason")
		if d.Review.Conclusion.Word() == "" {
			faults = append(faults, view.Fault{Field: "conclusion", Text: "请选择审查结论。"})
		}
	default:
		faults = d.takeComparison(get, step)
	}
	if len(faults) == 0 {
		d.Shown[step] = true
	}
	return faults
}

func (d *reviewDraft) takeComparison(get func(string) string, step string) []view.Fault {
	corrected := map[string]bool{}
	for _, k := range d.Corrections {
		corrected[k.Field] = true
	}
	var faults []view.Fault
	for _, g := range groups {
		if g.key != step {
			continue
		}
		for _, field := range g.fields {
			result, note := get("compared-"+field), strings.TrimSpace(get("explained-"+field))
			header := registration.HeaderOf(field)
			switch result {
			case registration.Same, registration.Differs, registration.Absent:
				d.Review.Compared[field] = result
			default:
				faults = append(faults, view.Fault{Field: "compared-" + field, Text: header + "没有比对。"})
				continue
			}
			if d.Review.Explained[field] = note; note == "" {
				delete(d.Review.Explained, field)
			}
			if result != registration.Same && note == "" && !corrected[field] {
				faults = append(faults, view.Fault{Field: "explained-" + field, Text: header + "不一致或纸质缺少：请更正，或说明原因。"})
			}
		}
	}
	return faults
}
