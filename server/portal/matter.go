package portal

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/registration"
	"sealdesk/server/store"
)

// rows is where a matter reads what it is about: a transaction when it is
// carried out, the read pool when it is only being drafted.
type rows interface {
	Application(id string) (registration.Application, error)
	ApplicationsOf(school string, states ...registration.State) ([]registration.Application, error)
	Taken(year int, claims ...registration.Claim) (map[registration.Number]string, error)
	Import(id string) (registration.Import, error)
	Window(id string) (registration.Window, error)
	WindowsOf(year int, body string) ([]registration.Window, error)
	WorkingDays(year int) (registration.WorkingDays, error)
	Organisation(id string) (org.Organisation, error)
	Staff(id string) (org.Staff, error)
	Delegation(id string) (registration.Delegation, error)
	CorrectionsOf(application string) ([]registration.Correction, error)
	SheetChangesOf(application string) ([]registration.SheetChange, error)
	ReviewsOf(application string) ([]registration.Review, error)
	EarlyRenewalsOf(school string) (registration.Released, error)
	RowIndex(text string) string
	RelativesOf(person string) ([]registration.Relative, error)
	peopleRows
	dutyRows
	securityRows
	Policies() ([]policy.Sealed, error)
	Everyone() ([]policy.Person, error)
	Key(fingerprint string) (custody.Key, error)
	KeysAlike(k custody.Key) ([]custody.Key, error)
	emergencyRows
	custodyRows
}

// A matter is what somebody wants to do under a seal: what was typed and
// chosen, no more. It is written twice from the same code, once to show the
// text and once, from the rows as they are then, to carry it out.
type matter interface {
	// about names the kinds of statement and the act of the first signer.
	act() policy.Act
	// size is how many rows the annex has.
	size() int
	// draft derives the statement and what the records become.
	draft(k knowledge, r rows, h seal.Header, salts [][16]byte, now time.Time) (draft, error)
	// refs are the records it will read, for one round trip.
	refs() []store.Ref
}

// bare is the head of a matter that has no annex and names no record that it
// will read; whoever has either says so itself.
type bare struct{}

func (bare) size() int         { return 0 }
func (bare) refs() []store.Ref { return nil }

// loader is a matter that keeps bulk with scratch and reads it before it is
// drafted; settler tells scratch that it was carried out.
type loader interface {
	load(ctx context.Context, p *Portal, grant policy.Grant) error
}

type settler interface {
	settle(ctx context.Context, p *Portal) error
}

// draft is a matter as it would stand.
type draft struct {
	statement seal.Statement
	puts      []any  // records as they become
	subject   string // of the entry
}

// knowledge is what a matter needs besides rows: constant while serving.
type knowledge struct {
	packs registration.Packs
	year  int
	role  policy.Role // by which the act is granted
}

// kindsOf lists, for each kind of statement, how to read its matter back.
var kindsOf = map[seal.Kind]func() matter{
	seal.StaffFiling:      func() matter { return &fileMatter{} },
	seal.StaffCheck:       func() matter { return &checkMatter{} },
	seal.StaffMuster:      func() matter { return &musterMatter{} },
	seal.StaffChecks:      func() matter { return &checksMatter{} },
	seal.StaffLeave:       func() matter { return &leaveMatter{} },
	seal.StaffExit:        func() matter { return &exitMatter{} },
	seal.StaffPledge:      func() matter { return &pledgeMatter{} },
	seal.TrainingEntry:    func() matter { return &learnMatter{} },
	seal.TrainingConfirm:  func() matter { return &confirmTrainingMatter{} },
	seal.Responsibility:   func() matter { return &sheetMatter{} },
	seal.RulesFiling:      func() matter { return &rulesMatter{} },
	seal.RulesReview:      func() matter { return &rulesReviewMatter{} },
	seal.SecurityLesson:   func() matter { return &exerciseMatter{Kind: org.SafetyLesson} },
	seal.SecurityDrill:    func() matter { return &exerciseMatter{Kind: org.SafetyDrill} },
	seal.IncidentReport:   func() matter { return &incidentMatter{} },
	seal.IncidentNote:     func() matter { return &noteMatter{} },
	seal.RoleGrant:        func() matter { return &roleMatter{Granted: true} },
	seal.RoleRemoval:      func() matter { return &roleMatter{} },
	seal.RoleReview:       func() matter { return &roleReviewMatter{} },
	seal.Import:           func() matter { return &importMatter{} },
	seal.ImportChange:     func() matter { return &changeMatter{} },
	seal.EarlyRenewal:     func() matter { return &earlyMatter{} },
	seal.Review:           func() matter { return &reviewMatter{} },
	seal.ReviewAdverse:    func() matter { return &reviewMatter{} },
	seal.NotAccept:        func() matter { return &notAcceptMatter{} },
	seal.Send:             func() matter { return &sendMatter{} },
	seal.Return:           func() matter { return &returnMatter{} },
	seal.Conclude:         func() matter { return &concludeMatter{} },
	seal.ConcludeAdverse:  func() matter { return &verdictMatter{} },
	seal.ConcludeOverride: func() matter { return &verdictMatter{} },
	seal.Withdraw:         func() matter { return &withdrawMatter{} },
	seal.Hold:             func() matter { return &holdMatter{} },
	seal.Release:          func() matter { return &releaseMatter{} },
	seal.SenderName:       func() matter { return &senderMatter{} },
	seal.SenderEnd:        func() matter { return &senderEndMatter{} },
	seal.RelativeDeclare:  func() matter { return &relativeMatter{} },
	seal.RelativeRemove:   func() matter { return &relativeEndMatter{} },
	seal.Window:           func() matter { return &windowMatter{} },
	seal.Days:             func() matter { return &daysMatter{} },
	seal.Licence:          func() matter { return &licenceMatter{} },
	seal.KeyRevoke:        func() matter { return &keyMatter{kind: seal.KeyRevoke} },
	seal.KeyLost:          func() matter { return &keyMatter{kind: seal.KeyLost} },
	seal.PolicyChange:     func() matter { return &policyMatter{} },
	seal.CustodianList:    func() matter { return &custodianMatter{} },
	seal.EmergencyCall:    func() matter { return &emergencyMatter{} },
	seal.KeyEnrol:         func() matter { return &enrolMatter{} },
	seal.KeyRenew:         func() matter { return &renewMatter{} },
	seal.KeyFound:         func() matter { return &keyMatter{kind: seal.KeyFound} },
	seal.KeySuspend:       func() matter { return &keyMatter{kind: seal.KeySuspend} },
	seal.KeyRestore:       func() matter { return &keyMatter{kind: seal.KeyRestore} },
	seal.KeyReceive:       func() matter { return &keyMatter{kind: seal.KeyReceive} },
	seal.KeyDestroy:       func() matter { return &keyMatter{kind: seal.KeyDestroy} },
	seal.KeyDelivery:      func() matter { return &deliveryMatter{} },
	seal.KeyRequest:       func() matter { return &requestMatter{} },
	seal.KeyAssign:        func() matter { return &assignMatter{} },
	seal.KeyDecline:       func() matter { return &declineMatter{} },
	seal.KeyHandover:      func() matter { return &handoverMatter{} },
	seal.KeyStore:         func() matter { return &spareMatter{} },
	seal.StocktakeOpen:    func() matter { return &stocktakeMatter{} },
	seal.StocktakeProve:   func() matter { return &proveMatter{} },
	seal.StocktakeCount:   func() matter { return &countMatter{} },
	seal.StocktakeClose:   func() matter { return &closeMatter{} },
	seal.MediumRegister:   func() matter { return &registerMatter{} },
	seal.MediumHandover:   func() matter { return &mediumMatter{kind: seal.MediumHandover} },
	seal.MediumTakeover:   func() matter { return &mediumMatter{kind: seal.MediumTakeover} },
	seal.MediumReceive:    func() matter { return &mediumMatter{kind: seal.MediumReceive} },
	seal.MediumLost:       func() matter { return &mediumMatter{kind: seal.MediumLost} },
	seal.MediumWipe:       func() matter { return &mediumMatter{kind: seal.MediumWipe} },
	seal.MediumDestroy:    func() matter { return &mediumMatter{kind: seal.MediumDestroy} },
}

// seconds are the acts by which the second signer completes the first's.
var seconds = map[policy.Act]policy.Act{policy.Conclude: policy.Confirm, policy.NotAccept: policy.CountersignNotAccept,
	policy.AllowEarly: policy.CountersignEarly,
	policy.Withdraw:   policy.CountersignWithdraw, policy.RemoveRelative: policy.CountersignRelative,
	policy.ProposePolicy: policy.CountersignPolicy,
	policy.SetCustodians: policy.CountersignCustodian,
	policy.AskRole:       policy.GrantRole,
	policy.HandOverStore: policy.CountersignCustody,
	policy.RestoreKey:    policy.CountersignCustody, policy.DestroyKey: policy.CountersignCustody, policy.CloseStocktake: policy.CountersignCustody,
	policy.EndMedium: policy.CountersignCustody}

// urgent are the acts that take power away, keep the institution itself in
// order or renew one's own key: they do not wait for anybody's training or filing.
var urgent = map[policy.Act]bool{policy.RevokeKey: true, policy.ReportLoss: true, policy.SuspendKey: true, policy.HandOverKey: true,
	policy.FindKey: true, policy.ReceiveKey: true, policy.DeclineKey: true, policy.HandOverStore: true,
	policy.ReceiveMedium: true, policy.LoseMedium: true, policy.ProveKey: true, policy.ProposePolicy: true, policy.RenewKey: true,
	policy.SetCustodians: true, policy.SealEmergency: true}

// propose drafts a matter from the rows as they are and asks for the seal.
func (p *Portal) propose(c *call, m matter, body org.Organisation, back string, others ...seal.Signer) (answer, error) {
	c.concerns(m.act(), "")
	grant, err := p.may(c, m.act(), body)
	if err != nil {
		return nil, err
	}
	if err := p.fit(c, grant, m.act()); err != nil {
		return nil, err
	}
	if l, ok := m.(loader); ok {
		if err := l.load(c.ctx, p, grant); err != nil {
			return nil, err
		}
	}
	life := alone
	if len(others) > 0 {
		life = together
	}
	d, err := m.draft(p.knowledge(grant), p.reading(c.ctx, grant), p.header(c, body, life, others...), freshSalts(m.size()), c.received)
	if err != nil {
		c.concerns("", d.subject)
		return nil, err
	}
	kept, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	return p.askForSeal(c, d.statement, payload{Org: body.ID, Matter: kept, Back: back, Act: m.act(), Subject: d.subject})
}

func (p *Portal) knowledge(grant policy.Grant) knowledge {
	return knowledge{packs: p.packs, year: p.year, role: grant.Role()}
}

// perform carries a sealed matter out: the grant is asked anew, the text is
// derived again inside the transaction, and only what was sealed is done.
func (p *Portal) perform(c *call, v seal.Verified, pending store.Pending) (audit.Receipt, error) {
	var none audit.Receipt
	pl, err := payloadOf(pending)
	if err != nil {
		return none, err
	}
	m, err := matterOf(v.Kind(), pl)
	if err != nil {
		return none, err
	}
	h, err := v.Statement().Header()
	if err != nil {
		return none, err
	}
	body, err := p.store.Organisation(c.ctx, pl.Org)
	if err != nil {
		return none, err
	}
	act := m.act()
	if len(h.Signers) > 1 && h.Signers[0].Staff != c.who.Staff.ID {
		act = seconds[act]
	}
	grant, err := p.may(c, act, body)
	if err != nil {
		return none, err
	}
	if l, ok := m.(loader); ok {
		if err := l.load(c.ctx, p, grant); err != nil {
			return none, err
		}
	}
	salts := saltsOf(v.Statement())
	if r, ok := m.(preparer); ok {
		if err := r.prepare(c.ctx, p, c.received); err != nil {
			return none, err
		}
	}
	receipt, err := p.store.Commit(again(c.ctx), grant, []seal.Verified{v}, func(tx *store.Tx) (audit.Entry, error) {
		if err := fits(tx, tx.Grant(), m.act(), p.year, tx.Received()); err != nil {
			return audit.Entry{}, err
		}
		d, err := m.draft(p.knowledge(tx.Grant()), tx, h, salts, tx.Received())
		if err != nil {
			return audit.Entry{}, err
		}
		if err := registration.Compare(v.Statement(), d.statement); err != nil {
			return audit.Entry{}, err
		}
		if err := tx.Derive(d.statement); err != nil {
			return audit.Entry{}, err
		}
		if signed, of := tx.Progress(); signed < of {
			return audit.Entry{Subject: d.subject}, tx.Propose(registration.Proposal{Unit: body.ID, Path: body.Path, Subject: d.subject, Note: string(pl.Matter)})
		}
		for _, noun := range d.puts {
			if err := tx.Put(noun); err != nil {
				return audit.Entry{}, err
			}
		}
		return audit.Entry{Subject: d.subject}, nil
	}, store.Reads(m.refs()...), store.Long(budgetOf(m)))
	if s, ok := m.(settler); ok && err == nil {
		if err := s.settle(again(c.ctx), p); err != nil {
			p.log.Error("a finished matter is not settled", "request", c.number, "cause", err.Error())
		}
	}
	return receipt, err
}

// matterOf reads back what a statement of that kind was written for.
func matterOf(kind seal.Kind, pl payload) (matter, error) {
	fresh, ok := kindsOf[kind]
	if !ok {
		return nil, errors.New("no matter for statements of kind " + string(kind))
	}
	m := fresh()
	return m, json.Unmarshal(pl.Matter, m)
}

// longBudget gives a batch time in proportion to its rows.
func longBudget(rows int) time.Duration {
	return 250*time.Millisecond + time.Duration(rows)*5*time.Millisecond
}

// patient is a matter that reads a whole register in its transaction.
type patient interface{ budget() time.Duration }

func budgetOf(m matter) time.Duration {
	if p, ok := m.(patient); ok {
		return p.budget()
	}
	return longBudget(m.size())
}

// again is the context of work that goes on when the browser went away.
func again(ctx context.Context) context.Context { return context.WithoutCancel(ctx) }

// personOf reads somebody as the rows have him now, with whom he declared to be
// a relative.
func personOf(r rows, staff string) (registration.Person, error) {
	s, err := r.Staff(staff)
	if err != nil {
		return registration.Person{}, err
	}
	declared, err := r.RelativesOf(staff)
	return registration.Person{Staff: s.ID, Name: s.Name, Org: s.Org, Relatives: declared}, err
}

// judgeOf gives the rules for a record and its school.
func judgeOf(k knowledge, r rows, a registration.Application) (registration.Judge, error) {
	o, err := r.Organisation(a.School)
	if err != nil {
		return registration.Judge{}, err
	}
	return judgeAt(k, o, a)
}

// judgeAt is judgeOf where the school was read already.
func judgeAt(k knowledge, school org.Organisation, a registration.Application) (registration.Judge, error) {
	pack, err := k.packs.Of(a)
	return registration.Judge{Pack: pack, School: registration.SchoolFacts{Kind: school.Kind, Ownership: school.Ownership, Licence: school.Licence}}, err
}

func calendarOf(k knowledge, r rows, unit string) (registration.Calendar, error) {
	windows, err := r.WindowsOf(k.year, unit)
	if err != nil {
		return registration.Calendar{}, err
	}
	days, err := r.WorkingDays(k.year)
	return registration.Calendar{Windows: windows, Days: days}, err
}

// readCase reads a record with the rules and the calendar that it is judged by.
func readCase(k knowledge, r rows, id string) (a registration.Application, j registration.Judge, c registration.Calendar, err error) {
	if a, err = r.Application(id); err != nil {
		return
	}
	if j, err = judgeOf(k, r, a); err != nil {
		return
	}
	c, err = calendarOf(k, r, a.Unit)
	return
}

// firstSigner and bothSigners read the people whom the text names.
func firstSigner(r rows, h seal.Header) (registration.Person, error) {
	staff, err := signerAt(h, 0)
	if err != nil {
		return registration.Person{}, err
	}
	return personOf(r, staff)
}

func bothSigners(r rows, h seal.Header) (first, second registration.Person, err error) {
	if first, err = firstSigner(r, h); err != nil {
		return
	}
	staff, err := signerAt(h, 1)
	if err != nil {
		return
	}
	second, err = personOf(r, staff)
	return
}

// signers of a header, by place.
func signerAt(h seal.Header, i int) (string, error) {
	if i >= len(h.Signers) {
		return "", fault.New(fault.Invalid, "这份陈述没有列明第 %d 位签署人，不能办理。请回到办理页面重新出具。", i+1)
	}
	return h.Signers[i].Staff, nil
}

func refsOf(ids []string) []store.Ref {
	refs := make([]store.Ref, len(ids))
	for i, id := range ids {
		refs[i] = store.OfApplication(id)
	}
	return refs
}
