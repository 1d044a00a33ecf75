package portal

import (
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/registration"
	"sealdesk/server/store"
)

// returnMatter sends a record back to its school.
type returnMatter struct {
	bare
	Application string `json:"application"`
	Reason      string `json:"reason"`
}

func (m *returnMatter) act() policy.Act   { return policy.ReturnToSchool }
func (m *returnMatter) refs() []store.Ref { return refsOf([]string{m.Application}) }

func (m *returnMatter) draft(k knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfApplication(m.Application).Subject()}
	a, err := r.Application(m.Application)
	if err != nil {
		return d, err
	}
	auditor, err := firstSigner(r, h)
	if err != nil {
		return d, err
	}
	c, err := calendarOf(k, r, a.Unit)
	if err != nil {
		return d, err
	}
	step, err := a.Return(auditor, m.Reason, c, now)
	if err != nil {
		return d, err
	}
	d.puts = []any{step.After}
	d.statement, err = registration.ReturnStatement(h, step)
	return d, err
}

// concludeMatter gives 注册合格 to a batch.
type concludeMatter struct {
	Unit    string            `json:"unit"`
	IDs     []string          `json:"ids"`
	Reasons map[string]string `json:"reasons,omitempty"` // where a person had to judge
	// Adverse holds what the form said of rows that do not belong in a batch,
	// so that the refusal can name them.
	Adverse map[string]registration.Conclusion `json:"adverse,omitempty"`
}

func (m *concludeMatter) act() policy.Act   { return policy.Conclude }
func (m *concludeMatter) size() int         { return len(m.IDs) }
func (m *concludeMatter) refs() []store.Ref { return refsOf(m.IDs) }

func (m *concludeMatter) draft(k knowledge, r rows, h seal.Header, salts [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfOrganisation(m.Unit).Subject()}
	auditor, err := firstSigner(r, h)
	if err != nil {
		return d, err
	}
	var list []registration.Application
	verdicts := map[string]registration.Verdict{}
	for _, id := range m.IDs {
		a, err := r.Application(id)
		if err != nil {
			d.subject = store.OfApplication(id).Subject() // it is what the refusal is about
			return d, err
		}
		if len(m.IDs) > 1 {
			if err := unanswered(r, a, len(list)+1); err != nil {
				return d, err
			}
		}
		list = append(list, a)
		v := registration.Verdict{Conclusion: registration.Registered, Reason: m.Reasons[id]}
		if adverse, ok := m.Adverse[id]; ok {
			v.Conclusion = adverse
		}
		verdicts[id] = v
	}
	c, err := calendarOf(k, r, m.Unit)
	if err != nil {
		return d, err
	}
	steps, err := registration.ConcludeBatch(list, verdicts, auditor, judges(k, r), c, now)
	if err != nil {
		return d, err
	}
	for _, s := range steps {
		d.puts = append(d.puts, s.After)
	}
	d.statement, err = registration.ConcludeStatement(h, steps, salts)
	return d, err
}

// unanswered keeps out of a batch what a later sheet tells otherwise and the
// school has not answered: it is to be looked at by itself.
func unanswered(r rows, a registration.Application, place int) error {
	open, err := proposals(r, a)
	if err != nil || len(open) == 0 {
		return err
	}
	return fault.New(fault.Conflict, "第 %d 行（%s）有后来的表提出、学校还没有答复的更正建议，不能放在批里，整批没有签署。请打开这份申请核对，单份签署或退回学校；其余的去掉这一行后再签。", place, a.ID).
		At(a.ID, "有没有答复的更正建议，请单份办理或退回学校。")
}

// judges gives the rules of each record; a school is read once.
func judges(k knowledge, r rows) func(registration.Application) (registration.Judge, error) {
	known := map[string]org.Organisation{}
	return func(a registration.Application) (registration.Judge, error) {
		school, ok := known[a.School]
		if !ok {
			var err error
			if school, err = r.Organisation(a.School); err != nil {
				return registration.Judge{}, err
			}
			known[a.School] = school
		}
		return judgeAt(k, school, a)
	}
}

// verdictMatter is an act of auditor and lead about one record.
type verdictMatter struct {
	bare
	Application string               `json:"application"`
	Verdict     registration.Verdict `json:"verdict"`
}

func (m *verdictMatter) act() policy.Act   { return policy.Conclude }
func (m *verdictMatter) refs() []store.Ref { return refsOf([]string{m.Application}) }

func (m *verdictMatter) draft(k knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfApplication(m.Application).Subject()}
	auditor, lead, err := bothSigners(r, h)
	if err != nil {
		return d, err
	}
	a, j, c, err := readCase(k, r, m.Application)
	if err != nil {
		return d, err
	}
	step, err := a.ConcludeByTwo(m.Verdict, auditor, lead, j, c, now)
	if err != nil {
		return d, err
	}
	d.puts = []any{step.After}
	d.statement, err = registration.ConcludeSingleStatement(h, step)
	return d, err
}
