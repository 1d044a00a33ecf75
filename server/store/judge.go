package store

import (
	"encoding/hex"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

// replayed is the refusal of a seal that already stands in the log.
type replayed struct {
	refusal *fault.Error
	number  int64
}

func (r *replayed) Error() string { return r.refusal.Error() }
func (r *replayed) Unwrap() error { return r.refusal }

// hear judges acts one after the other, in a goroutine that is left behind if a
// closure outlives its budget: then it gives the acts that are still to be heard.
func (g *group) hear(acts []*act, refusals map[*act]error) (rest []*act) {
	heard := make(chan struct{})
	g.store.running.Add(1)
	go func() {
		defer g.store.running.Done()
		for i, a := range acts {
			if verdict := g.judge(a); verdict != nil {
				refusals[a] = verdict
			}
			if g.failed != nil {
				break
			}
			if i < len(acts)-1 {
				g.scribe.ahead()
			}
		}
		close(heard)
	}()
	select {
	case <-heard:
		return nil
	case tx := <-g.stuck:
		refusals[tx.act] = g.unused(tx.act, overBudget())
		return acts[slices.Index(acts, tx.act)+1:]
	}
}

// judge takes one act through every check of Commit inside the transaction and
// stages it. An error is the act's own verdict, unless g.failed is set.
func (g *group) judge(a *act) error {
	tx := &Tx{group: g, act: a, grant: a.grant, number: g.next + uint64(max(1, len(a.seals))) - 1, own: map[slot]*row{}}
	if err := g.renew(tx); err != nil {
		return err
	}
	if err := g.checkUnused(a); err != nil {
		return err
	}
	return g.unused(a, g.decide(tx))
}

// unused gives way to the refusal of a seal that stands in the log already:
// whoever posts one again must hear its receipt, and not that the record moved.
func (g *group) unused(a *act, verdict error) error {
	if verdict == nil || g.failed != nil || !a.indexed() {
		return verdict
	}
	if err := g.askUses(a); err != nil {
		return err
	}
	if err := g.checkUnused(a); err != nil {
		return err
	}
	return verdict
}

// decide is judge but for the seals' earlier uses.
func (g *group) decide(tx *Tx) error {
	a := tx.act
	open, err := g.checkProposal(tx)
	if err != nil {
		return err
	}
	genesis, late := a.grant.Act() == policy.Genesis, rules[a.grant.Act()].late
	if genesis && g.next != 0 {
		return fault.New(fault.Conflict, "日志已经启用，不能再次启用。要另立日志，请按后继日志的规程办理。")
	}
	if !late {
		if err := g.checkCustody(tx); err != nil {
			return err
		}
	}
	e, err := g.run(tx)
	if err != nil {
		return err
	}
	if late {
		if err := g.checkCustody(tx); err != nil {
			return err
		}
	}
	if genesis {
		if err := g.checkFirstPolicy(tx); err != nil {
			return err
		}
	}
	if err := g.checkKeepers(tx); err != nil {
		return err
	}
	if len(a.seals) > 0 && !tx.derived {
		return fault.New(fault.Conflict, "“%s”没有按现在的记录重新核对签署的文本，没有办理。请刷新后重新签署。", a.grant.Act().Name())
	}
	if e.Act != "" && e.Act != string(a.grant.Act()) {
		return forbid("授权的是“%s”，要入册的却是另一种行为，没有办理。", a.grant.Act().Name())
	}
	if err := g.propose(tx, open, &e); err != nil {
		return err
	}
	if err := g.checkPeople(tx, genesis); err != nil {
		return err
	}
	leaves, err := g.entries(tx, e)
	if err != nil {
		return err
	}
	last := leaves[len(leaves)-1]
	for _, at := range tx.order {
		last.rows = append(last.rows, tx.own[at])
	}
	g.stage(tx, int64(last.entry.Number))
	g.failed = g.aheadRecords()
	g.enter(leaves)
	return g.failed
}

// run calls the closure with its budget and survives its panic. If the closure
// outlives the budget, run does not return: the group went on without it.
func (g *group) run(tx *Tx) (audit.Entry, error) {
	timer := time.AfterFunc(tx.act.budget, func() {
		if tx.end(&tx.dead) {
			g.stuck <- tx
		}
	})
	e, err := tx.work()
	timer.Stop()
	if !tx.end(&tx.over) {
		runtime.Goexit()
	}
	return e, err
}

// work calls the closure.
func (tx *Tx) work() (e audit.Entry, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			err = fault.Wrap(err, fault.Unavailable, "办理时程序出错，没有任何改动。请稍后再试；仍不行请联系系统管理员。")
		}
	}()
	return tx.act.work(tx)
}

// end marks the closure as over or as dead, whichever comes first. It waits for a
// query under way, so that the connection is the group's again.
func (tx *Tx) end(how *bool) (first bool) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.over || tx.dead {
		return false
	}
	*how = true
	return true
}

func overBudget() error {
	return fault.New(fault.Unavailable, "这项操作超过了允许的时间，没有任何改动。请减少一次办理的数量后再试。")
}

// renew asks the policy again when authority moved since the grant was given,
// or when another policy than the one in force gave it.
func (g *group) renew(tx *Tx) error {
	given := tx.act.grant
	law, err := g.law(tx)
	if err != nil {
		return err
	}
	if given.Epoch() == g.epoch && given.Policy() == law.Digest() {
		return nil
	}
	if given.Role() == policy.System {
		now, err := law.SystemFor(policy.Officer{Staff: given.Person(), Session: given.Session(), Key: given.Key(), Epoch: g.epoch}, given.Act())
		if err != nil {
			return refusedBy(err)
		}
		tx.grant = now
		return nil
	}
	who, err := g.officer(tx, given.Person(), given.Session(), given.Key())
	if err != nil {
		return err
	}
	body, err := g.body(tx, given.Body().ID)
	if err != nil {
		return err
	}
	now, err := law.May(who, given.Act(), body)
	if err != nil {
		return refusedBy(err)
	}
	tx.grant = now
	return nil
}

// checkUnused refuses a seal that already stands in the log: the pair of
// statement and signer is unique, and a statement completes one act.
func (g *group) checkUnused(a *act) error {
	if len(a.seals) == 0 {
		return nil
	}
	uses := g.used[hex.EncodeToString(a.seals[0].digest[:])]
	for _, u := range uses {
		if a.purpose.Signers == 1 {
			return alreadyUsed(u.number)
		}
		for _, m := range a.seals {
			if m.signer.Staff == u.actor {
				return alreadyUsed(u.number)
			}
		}
	}
	return nil
}

func alreadyUsed(number int64) error {
	return &replayed{fault.New(fault.Conflict, "这份签章已经用过，当时记为第 %d 号，没有再次办理。请查看那一号的回执。", number), number}
}

// checkCustody asks the register, as it is now, whose key each seal was made
// with, and whether the text and the grant name the same people.
func (g *group) checkCustody(tx *Tx) error {
	a := tx.act
	if len(a.seals) == 0 {
		return nil
	}
	mine := a.grant.Person() == ""
	for _, m := range a.seals {
		k, err := g.key(tx, m.fingerprint)
		if err != nil {
			return err
		}
		if k == nil {
			return forbid("签章所用的钥匙没有登记，不能办理。请使用登记在本人名下的钥匙。")
		}
		if k.text("state") != string(custody.Issued) {
			return forbid("签章所用的钥匙已报失或停用，不能办理。请到发钥匙的单位核对。")
		}
		if m.signer.Staff != "" && m.signer.Staff != k.text("staff") {
			return forbid("文本列明的签署人与钥匙的保管人不是同一人，没有办理。请由保管人本人重新签署。")
		}
		if k.text("staff") == a.grant.Person() {
			mine = true
			if a.grant.Key() != "" && a.grant.Key() != m.fingerprint {
				return forbid("签章用的不是本次登录的那把钥匙，没有办理。请用登录的钥匙重新签署。")
			}
		}
	}
	if !mine {
		return forbid("这份签章是别人的钥匙签的，没有登录的本人的签章，没有办理。请由登录的本人签署。")
	}
	return g.checkSigners(tx)
}

// key is the register's row of a key as it is now: as this group left it, or as
// the log has it, which is remembered or else read; nil if there is none.
func (g *group) key(tx *Tx, fingerprint string) (*row, error) {
	at := slot{custodyKeys, fingerprint}
	if tx.own[at] == nil && g.known(at.table, at.id) == nil {
		if k := g.store.power.key(fingerprint); k != nil {
			return k, nil
		}
	}
	k, err := tx.see(at.table, at.id)
	if err != nil || k == nil {
		return nil, err
	}
	return k, g.believe(k)
}

// checkSigners: everybody whom the text names holds the key it names, now.
func (g *group) checkSigners(tx *Tx) error {
	for _, named := range tx.act.seals[0].header.Signers {
		k, err := g.key(tx, named.Fingerprint)
		if err != nil {
			return err
		}
		if k == nil || k.text("staff") != named.Staff || k.text("state") != string(custody.Issued) {
			return forbid("文本列明的签署人 %s 现在不保管文本所列的钥匙，没有办理。请回到门户重新生成文本。", named.Staff)
		}
	}
	return nil
}

// checkProposal finds out which signature of several this is.
func (g *group) checkProposal(tx *Tx) (*registration.Proposal, error) {
	a := tx.act
	if len(a.seals) == 0 {
		return nil, nil
	}
	p := a.purpose
	tx.signed = p.To
	if p.Signers == 1 || p.From == 1 && p.To == p.Signers {
		return nil, nil
	}
	r, err := tx.see(proposals, a.seals[0].proposalID())
	if err != nil {
		return nil, err
	}
	name := a.grant.Act().Name()
	if p.From == 1 {
		if r != nil {
			return nil, fault.New(fault.Conflict, "这件待签事项已经有人提出，没有再次办理。请查看待签清单。")
		}
		return nil, nil
	}
	if r == nil || !tx.reaches(r) {
		return nil, fault.New(fault.NotFound, "没有找到要“%s”的待签事项。请刷新待签清单。", name)
	}
	open := proposalOf(r)
	if open.State != "open" {
		return nil, fault.New(fault.Conflict, "这件待签事项已经办结或已失效，不能再签。请刷新待签清单。")
	}
	if a.received.After(open.Expires) {
		return nil, fault.New(fault.Closed, "这件待签事项已过有效期（%s），不能再签。请由提出的人重新提出。", open.Expires.Format("2006-01-02 15:04"))
	}
	return &open, nil
}

// propose keeps the proposal of an act of several people in step: the first
// seal opens it and may touch nothing else, the last one closes it.
func (g *group) propose(tx *Tx, open *registration.Proposal, e *audit.Entry) error {
	a := tx.act
	if len(a.seals) == 0 || a.purpose.Signers == 1 || a.purpose.To-a.purpose.From+1 == a.purpose.Signers {
		return nil
	}
	m := a.seals[len(a.seals)-1]
	if open != nil {
		// The text derived again names its version; this holds whatever a text names.
		if moved, err := tx.moved(*open); err != nil {
			return err
		} else if moved {
			return fault.New(fault.Conflict, "第一位签署之后记录有改动，这份文本作废，没有办理。请由提出的人按现在的记录重新提出。")
		}
		e.Subject = open.Subject // one statement is about one thing, whoever signs it
		open.Signed = append(slices.Clone(open.Signed), m.signer.Staff)
		open.State = "done"
		return tx.put(proposals, proposalCells(*open))
	}
	if tx.proposed == nil {
		return fmt.Errorf("store: the first of several signatures did not say what it proposes")
	}
	if len(tx.order) > 0 {
		return forbid("第一份签章只提出事项，不能改动记录；没有办理。")
	}
	p := *tx.proposed
	p.ID, p.Kind, p.Text, p.State = m.proposalID(), string(m.Kind()), m.content, "open"
	p.Signers, p.Signed = nil, []string{m.signer.Staff}
	for _, s := range m.header.Signers {
		p.Signers = append(p.Signers, s.Staff)
	}
	if m.header.Expires.Before(p.Expires) || p.Expires.IsZero() {
		p.Expires = m.header.Expires
	}
	if p.Path == "" {
		p.Path, p.Unit = tx.grant.Body().Path, tx.grant.Body().Unit
	}
	if e.Subject == "" {
		e.Subject = p.Subject
	}
	p.Subject = e.Subject
	return tx.put(proposals, proposalCells(p))
}
