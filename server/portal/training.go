package portal

import (
	"slices"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// learnMatter enters what the signer has learned in the plan year (R43).
type learnMatter struct {
	bare
	Topics []org.Topic `json:"topics"`
	On     time.Time   `json:"on"`
}

func (m *learnMatter) act() policy.Act { return policy.EnterTraining }

func (m *learnMatter) draft(k knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	who, err := signerAt(h, 0)
	if err != nil {
		return draft{}, err
	}
	d := draft{subject: store.OfStaff(who).Subject()}
	s, err := r.Staff(who)
	if err != nil {
		return d, err
	}
	after, err := s.Learn(k.year, m.Topics, m.On, now)
	if err != nil {
		return d, err
	}
	d.puts = []any{after}
	d.statement, err = org.LearnStatement(h, s, k.year, m.Topics, m.On)
	return d, err
}

// confirmTrainingMatter is the lead's confirmation of what waits.
type confirmTrainingMatter struct {
	bare
	Staff string `json:"staff"`
}

func (m *confirmTrainingMatter) act() policy.Act   { return policy.ConfirmTraining }
func (m *confirmTrainingMatter) refs() []store.Ref { return []store.Ref{store.OfStaff(m.Staff)} }

func (m *confirmTrainingMatter) draft(k knowledge, r rows, h seal.Header, _ [][16]byte, _ time.Time) (draft, error) {
	d := draft{subject: store.OfStaff(m.Staff).Subject()}
	s, err := r.Staff(m.Staff)
	if err != nil {
		return d, err
	}
	lead, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	after, confirmed, err := s.Confirm(k.year, lead)
	if err != nil {
		return d, err
	}
	d.puts = []any{after}
	d.statement, err = org.ConfirmStatement(h, s, k.year, confirmed)
	return d, err
}

// trainingSection is a year's training, topic by topic.
func (p *Portal) trainingSection(c *call, s org.Staff) view.Section {
	v := view.Section{ID: "training", Title: number(p.year) + " 年度培训", Small: "还有 " + number(s.Open(p.year)) + " 项",
		Register: &view.Register{Caption: "本年度培训", Columns: []string{"内容", "学习日期", "确认人", "状态"}}}
	for _, t := range org.Topics {
		l, there := s.Lesson(p.year, t)
		cells := []view.Cell{{Text: t.Word()}, {}, {}, {Mark: view.Mark{Kind: "wait", Text: "未登记"}}}
		if there {
			cells[1].Text = org.Day(l.On)
			cells[3].Mark = view.Mark{Kind: "hold", Text: "待确认"}
		}
		if l.By != "" {
			cells[2].Text, cells[3].Mark = p.nameOf(c, l.By), view.Mark{Kind: "ok", Text: "已确认"}
			if l.By == "roster" {
				cells[2].Text = "启用时的名册"
			}
		}
		v.Register.Rows = append(v.Register.Rows, view.RegisterRow{Cells: cells})
	}
	return v
}

// learnForm offers the topics that are not entered yet; nil when all are.
func (p *Portal) learnForm(c *call, s org.Staff) *view.ActForm {
	var topics view.Choices
	for _, t := range org.Topics {
		if _, there := s.Lesson(p.year, t); !there {
			topics.Items = append(topics.Items, view.Choice{Value: string(t), Text: t.Word(), Chosen: slices.Contains(c.form["topic"], string(t))})
		}
	}
	if len(topics.Items) == 0 {
		return nil
	}
	return &view.ActForm{ID: "learn", Title: "登记培训", Action: "/me/training", Say: "登记后由本单位负责人确认；四项都确认才能办理本年度业务。", Inputs: []view.Input{
		{Kind: "ticks", Name: "topic", Label: "学过的内容", Choices: topics}, {Kind: "day", Name: "learned", Label: "学习日期", Field: typed(c, "learned")}}}
}

// confirmForm lets a lead confirm what waits; nil when nothing does.
func (p *Portal) confirmForm(c *call, s org.Staff, body org.Organisation) *view.ActForm {
	waits := slices.ContainsFunc(s.Training, func(l org.Lesson) bool { return l.Year == p.year && l.By == "" })
	if _, err := p.may(c, policy.ConfirmTraining, body); err != nil || !waits || s.ID == c.who.Staff.ID {
		return nil
	}
	return &view.ActForm{ID: "confirm-training", Title: "确认培训", Action: "/staff/" + escaped(s.ID) + "/training", Say: "确认对方登记的内容确已学过。"}
}

// POST /me/training
func (p *Portal) proposeLearning(c *call) (answer, error) {
	var next answer
	on, err := org.ParseDay("learned", "学习日期", c.form.Get("learned"))
	if err == nil {
		m := &learnMatter{On: on}
		for _, t := range c.form["topic"] {
			m.Topics = append(m.Topics, org.Topic(t))
		}
		next, err = p.propose(c, m, c.who.Home, "/me")
	}
	return p.officeAgain(c, next, err, officeForm{act: policy.EnterTraining, subject: store.OfStaff(c.who.Staff.ID).Subject(),
		page: func() (view.Office, error) { return p.ownPage(c) }})
}

// POST /staff/:id/training
func (p *Portal) proposeTrainingConfirmation(c *call) (answer, error) {
	account, body, _, err := p.person(c, c.param("id"))
	var next answer
	if err == nil && account == nil {
		err = fault.New(fault.Conflict, "备案还没有审核，没有培训可以确认。")
	}
	if err == nil {
		next, err = p.propose(c, &confirmTrainingMatter{Staff: account.ID}, body, "/staff/"+escaped(account.ID))
	}
	return p.personAgain(c, policy.ConfirmTraining, next, err)
}
