package portal

import (
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/store"
)

// reviewDraft is what a handler entered for one application, frozen when the
// statement is written.
type reviewDraft struct {
	Application string                    `json:"application"`
	Review      registration.Review       `json:"review"`
	Corrections []registration.Correction `json:"corrections,omitempty"`
	Shown       map[string]bool           `json:"shown,omitempty"` // parts of the comparison that were shown and posted
	Seen        map[string]string         `json:"seen,omitempty"`  // field -> the later sheet whose word on it was shown
}

// unseen refuses a review beside which a later sheet says something that its
// author was not shown: a proposal is answered by the review that knew of it.
func (d reviewDraft) unseen(r rows, a registration.Application) error {
	open, err := proposals(r, a)
	if err != nil {
		return err
	}
	var headers []string
	for _, f := range open {
		if d.Seen[f.Field] != f.In {
			headers = append(headers, registration.HeaderOf(f.Field))
		}
	}
	if headers == nil {
		return nil
	}
	return fault.New(fault.Conflict, "后来导入的表对申请 %s 的%s写得不同，您填写审查时还没有看到，没有签署。请再打开审查，在这一项所在的一步看过、保存（表的补充栏目在“学校结论”一步），再签署；已填的都在。", a.ID, strings.Join(headers, "、"))
}

// proposals are what later sheets propose for a record and no review answered.
func proposals(r rows, a registration.Application) ([]registration.FieldChange, error) {
	changes, err := r.SheetChangesOf(a.ID)
	if err != nil || len(changes) == 0 {
		return nil, err
	}
	reviews, err := r.ReviewsOf(a.ID)
	return a.Proposed(changes, reviews), err
}

// reviewMatter is the school's review of several records with a favourable
// recommendation, or of one with an adverse one.
type reviewMatter struct {
	School string        `json:"school"`
	Drafts []reviewDraft `json:"drafts"`
}

func (m *reviewMatter) act() policy.Act { return policy.Review }

func (m *reviewMatter) adverse() bool {
	return len(m.Drafts) == 1 && m.Drafts[0].Review.Conclusion.Adverse()
}

func (m *reviewMatter) size() int {
	if m.adverse() {
		return 0
	}
	return len(m.Drafts)
}

func (m *reviewMatter) refs() []store.Ref {
	refs := []store.Ref{store.OfOrganisation(m.School)}
	for _, d := range m.Drafts {
		refs = append(refs, store.OfApplication(d.Application))
	}
	return refs
}

func (m *reviewMatter) draft(k knowledge, r rows, h seal.Header, salts [][16]byte, now time.Time) (draft, error) {
	var d draft
	handler, err := firstSigner(r, h)
	if err != nil {
		return d, err
	}
	var steps []registration.Step
	for _, one := range m.Drafts {
		a, j, c, err := readCase(k, r, one.Application)
		if err != nil {
			return d, err
		}
		d.subject = store.OfApplication(a.ID).Subject() // what a refusal is about
		if a.School != m.School {
			return d, fault.New(fault.Conflict, "申请 %s 已不在这所学校，不能一起签署。请刷新后重办。", a.ID)
		}
		step, err := a.Review(handler, one.Review, one.Corrections, j, c, now)
		if err == nil {
			err = one.unseen(r, a)
		}
		if err != nil {
			return d, err
		}
		steps = append(steps, step)
		d.puts = append(d.puts, step.After, step.Review)
		for _, c := range step.Corrections {
			d.puts = append(d.puts, c)
		}
	}
	if m.adverse() {
		d.subject = store.OfApplication(m.Drafts[0].Application).Subject()
		d.statement, err = registration.ReviewAdverseStatement(h, steps[0])
		return d, err
	}
	d.subject = store.OfOrganisation(m.School).Subject()
	d.statement, err = registration.ReviewStatement(h, steps, salts)
	return d, err
}

// notAcceptMatter ends a record that is out of scope: handler and head sign.
type notAcceptMatter struct {
	bare
	Application string                    `json:"application"`
	Reason      string                    `json:"reason"`
	Corrections []registration.Correction `json:"corrections,omitempty"`
}

func (m *notAcceptMatter) act() policy.Act   { return policy.NotAccept }
func (m *notAcceptMatter) refs() []store.Ref { return refsOf([]string{m.Application}) }

func (m *notAcceptMatter) draft(k knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfApplication(m.Application).Subject()}
	first, second, err := bothSigners(r, h)
	if err != nil {
		return d, err
	}
	a, j, c, err := readCase(k, r, m.Application)
	if err != nil {
		return d, err
	}
	step, err := a.NotAccept(first, second, m.Reason, m.Corrections, j, c, now)
	if err != nil {
		return d, err
	}
	d.puts = []any{step.After}
	for _, c := range step.Corrections {
		d.puts = append(d.puts, c)
	}
	d.statement, err = registration.NotAcceptStatement(h, step)
	return d, err
}

// sendMatter hands a school's reviewed records to the county.
type sendMatter struct {
	School string   `json:"school"`
	IDs    []string `json:"ids"` // in the statement's order
}

func (m *sendMatter) act() policy.Act   { return policy.Send }
func (m *sendMatter) size() int         { return len(m.IDs) }
func (m *sendMatter) refs() []store.Ref { return append(refsOf(m.IDs), store.OfOrganisation(m.School)) }

func (m *sendMatter) draft(k knowledge, r rows, h seal.Header, salts [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfOrganisation(m.School).Subject()}
	head, err := firstSigner(r, h)
	if err != nil {
		return d, err
	}
	school, err := r.Organisation(m.School)
	if err != nil {
		return d, err
	}
	all, err := r.ApplicationsOf(m.School)
	if err != nil {
		return d, err
	}
	c, err := calendarOf(k, r, unitIn(school.Path))
	if err != nil {
		return d, err
	}
	steps, err := registration.Send(ofYear(all, k.year), m.IDs, head, c, now)
	if err != nil {
		return d, err
	}
	for _, s := range steps {
		d.puts = append(d.puts, s.After)
	}
	d.statement, err = registration.SendStatement(h, steps, salts)
	return d, err
}

func ofYear(all []registration.Application, year int) []registration.Application {
	var list []registration.Application
	for _, a := range all {
		if a.Year == year {
			list = append(list, a)
		}
	}
	return list
}
