package portal

import (
	"crypto/rand"
	"encoding/json"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// GET /emergency/use?number=E000001: the readmitted person, whom no session can
// know yet, seals the taking over of the office with the new key. The text
// names person and key, and counts only in the browser that holds this cookie.
func (p *Portal) showEmergencyUse(c *call) (answer, error) {
	e, err := p.emergencyBy(c.ctx, c.form.Get("number"))
	if err != nil {
		return nil, err
	}
	if e.State != custody.Open || e.Over(c.received) { // who and why is nobody's business else
		return nil, fault.New(fault.Conflict, "紧急事项 %s 现在不能使用：还没有开启、已经用过或已经过期。请托管人核对。", e.ID)
	}
	cookie := browser(c.req)
	if cookie == "" {
		cookie = setCookie(c.writer)
	}
	person, body, err := p.emergencyPeople(c, e)
	if err != nil {
		return nil, err
	}
	h := seal.Header{Portal: p.name, Institution: body, Issued: c.received, Expires: c.received.Add(alone),
		Signers: []seal.Signer{{Staff: person.Staff, Name: person.Name, Fingerprint: e.Fingerprint}}}
	rand.Read(h.Nonce[:])
	s, err := e.UseStatement(h, person)
	if err != nil {
		return nil, err
	}
	kept, err := json.Marshal(e.ID)
	if err != nil {
		return nil, err
	}
	id, err := p.keepPending(c, s, payload{Matter: kept, Back: "/sign-in", Act: policy.UseEmergency, Subject: "emergency/" + e.ID}, cookie, "")
	if err != nil {
		return nil, err
	}
	pending, err := p.store.Scratch().Pending(c.ctx, id)
	if err != nil {
		return nil, err
	}
	v := view.EmergencyUse{Gate: view.Gate{Title: "紧急恢复", Now: c.received}, Agent: p.agentPost(pending), Until: e.Until}
	for _, f := range s.Text.Fields {
		v.Facts = append(v.Facts, view.Fact{Label: f.Label, Value: f.Value, Mono: f.Label == "钥匙指纹" || f.Label == "随机数"})
	}
	return page{view: v}, nil
}

func (p *Portal) emergencyPeople(c *call, e custody.Emergency) (custody.Named, string, error) {
	s, err := p.store.Staff(c.ctx, e.Staff)
	if err != nil {
		return custody.Named{}, "", err
	}
	body, err := p.store.Organisation(c.ctx, e.Org)
	return custody.Named{Staff: s.ID, Name: s.Name}, body.Name, err
}

// finishEmergency makes the act of a seal with the new key: key, token and
// appointment come with it, once.
func (p *Portal) finishEmergency(c *call, der []byte, pending store.Pending) (string, error) {
	v, err := seal.Verify(der, pending.Statement, pending.Annex, seal.Trust{Roots: p.roots}, seal.Expect{Portal: p.name, Kind: seal.EmergencyUse}, c.received)
	if err != nil {
		return "", err
	}
	pl, err := payloadOf(pending)
	if err != nil {
		return "", err
	}
	var id string
	if err := json.Unmarshal(pl.Matter, &id); err != nil {
		return "", err
	}
	h, err := v.Statement().Header()
	if err != nil {
		return "", err
	}
	e, err := p.emergencyBy(c.ctx, id)
	if err != nil {
		return "", err
	}
	grant, err := p.system(c.ctx, policy.Officer{Staff: e.Staff, Key: v.Fingerprint()}, policy.UseEmergency)
	if err != nil {
		return "", err
	}
	_, err = p.store.Commit(again(c.ctx), grant, []seal.Verified{v}, func(tx *store.Tx) (audit.Entry, error) {
		return p.useInside(tx, id, v, h)
	})
	if err != nil {
		return "", err
	}
	if err := p.store.Scratch().DeletePending(c.ctx, pending.ID); err != nil {
		p.log.Error("a finished statement is still pending", "request", c.number, "cause", err.Error())
	}
	return "/sign-in", nil
}

func (p *Portal) useInside(tx *store.Tx, id string, v seal.Verified, h seal.Header) (audit.Entry, error) {
	none := audit.Entry{}
	all, err := tx.Emergencies()
	if err != nil {
		return none, err
	}
	for _, e := range all {
		if e.ID != id {
			continue
		}
		covered, err := tx.Covered(e.Entry)
		if err != nil {
			return none, err
		}
		puts, err := useEmergency(tx, e, v.Fingerprint(), covered, tx.Received())
		if err != nil {
			return none, err
		}
		person, err := tx.Staff(e.Staff)
		if err != nil {
			return none, err
		}
		again, err := e.UseStatement(h, custody.Named{Staff: person.ID, Name: person.Name})
		if err != nil {
			return none, err
		}
		if err := tx.Derive(again); err != nil {
			return none, err
		}
		for _, noun := range puts {
			if err := tx.Put(noun); err != nil {
				return none, err
			}
		}
		return audit.Entry{Subject: "emergency/" + e.ID}, nil
	}
	return none, fault.New(fault.NotFound, "没有紧急事项 %s。请核对编号。", id)
}
