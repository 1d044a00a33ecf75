package portal

import (
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// holdMatter stops a record under a case number.
type holdMatter struct {
	bare
	Application string `json:"application"`
	Case        string `json:"case"`
	Reason      string `json:"reason"`
}

func (m *holdMatter) act() policy.Act   { return policy.Hold }
func (m *holdMatter) refs() []store.Ref { return refsOf([]string{m.Application}) }

func (m *holdMatter) draft(_ knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfApplication(m.Application).Subject()}
	lead, err := firstSigner(r, h)
	if err != nil {
		return d, err
	}
	a, err := r.Application(m.Application)
	if err != nil {
		return d, err
	}
	step, err := a.Hold(lead, m.Case, m.Reason, now)
	if err != nil {
		return d, err
	}
	d.puts = []any{step.After}
	d.statement, err = registration.HoldStatement(h, step)
	return d, err
}

// releaseMatter lets a held record go on from where it stood.
type releaseMatter struct {
	bare
	Application string `json:"application"`
	Reason      string `json:"reason"`
}

func (m *releaseMatter) act() policy.Act   { return policy.Release }
func (m *releaseMatter) refs() []store.Ref { return refsOf([]string{m.Application}) }

func (m *releaseMatter) draft(k knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfApplication(m.Application).Subject()}
	lead, err := firstSigner(r, h)
	if err != nil {
		return d, err
	}
	a, j, _, err := readCase(k, r, m.Application)
	if err != nil {
		return d, err
	}
	step, err := a.Release(lead, m.Reason, j, now)
	if err != nil {
		return d, err
	}
	d.puts = []any{step.After}
	d.statement, err = registration.ReleaseStatement(h, step)
	return d, err
}

// POST /applications/:id/hold
func (p *Portal) proposeHold(c *call) (answer, error) {
	a, _, unit, err := p.record(c, policy.View)
	if err != nil {
		return nil, err
	}
	next, err := p.propose(c, &holdMatter{Application: a.ID, Case: c.form.Get("hold_case"), Reason: c.form.Get("hold_reason")}, unit, "/applications/"+a.ID)
	return p.orAgain(c, policy.Hold, next, err)
}

// POST /applications/:id/release
func (p *Portal) proposeRelease(c *call) (answer, error) {
	a, _, unit, err := p.record(c, policy.View)
	if err != nil {
		return nil, err
	}
	next, err := p.propose(c, &releaseMatter{Application: a.ID, Reason: c.form.Get("release_reason")}, unit, "/applications/"+a.ID)
	return p.orAgain(c, policy.Release, next, err)
}

// standing are the acts by which a record leaves the ordinary road or comes
// back to it, as far as this person may do them. They are offered beside
// whatever else waits: a case does not wait for a signature.
func (p *Portal) standing(c *call, v *view.Application, a registration.Application, may func(policy.Act, string) bool) (err error) {
	at := "/applications/" + a.ID
	switch {
	case a.State == registration.Held:
		v.Standing = "因案号“" + a.HoldCase + "”暂停办理，暂停前的状态是“" + a.HeldFrom.Word() + "”。理由：" + a.HoldReason
		if may(policy.Release, a.Unit) {
			v.Release = &view.ReleaseForm{Action: at + "/release", Case: a.HoldCase, Back: a.HeldFrom.Word(), Reason: view.Field{Value: c.form.Get("release_reason")}}
		}
		return nil
	case a.State == registration.Withdrawn:
		v.Standing = "已按本人书面申请撤回。原因：" + a.Withdrawal.Reason + "（申请书在材料第 " + a.Withdrawal.Page + " 页，扫描件摘要 " + a.Withdrawal.Scan[:16] + "…）"
	}
	if may(policy.Hold, a.Unit) {
		v.Hold = &view.HoldForm{Action: at + "/hold", Case: view.Field{Value: c.form.Get("hold_case")}, Reason: view.Field{Value: c.form.Get("hold_reason")}}
	}
	if may(policy.Withdraw, a.School) && a.State != registration.Withdrawn && a.State != registration.NotAccepted {
		v.Withdraw, err = p.withdrawForm(c, a)
	}
	return err
}
