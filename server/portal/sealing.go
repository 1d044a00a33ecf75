package portal

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/store"
)

// How long a statement may wait for its seal, by how many sign it.
const (
	alone    = 30 * time.Minute
	together = 72 * time.Hour
)

// payload is what a pending statement remembers of the request that made it:
// enough to derive the same text again from the rows.
type payload struct {
	Org     string          `json:"org"`               // the body that the grant is asked for
	Matter  json.RawMessage `json:"matter"`            // what was typed and chosen
	Back    string          `json:"back"`              // where the page came from
	Act     policy.Act      `json:"act,omitempty"`     // that the seal is asked for
	Subject string          `json:"subject,omitempty"` // of the act's entry
}

func payloadOf(pending store.Pending) (payload, error) {
	var pl payload
	return pl, json.Unmarshal(pending.Payload, &pl)
}

// header begins a statement of this session's person.
func (p *Portal) header(c *call, institution org.Organisation, life time.Duration, others ...seal.Signer) seal.Header {
	h := seal.Header{Portal: p.name, Institution: institution.Name,
		Signers: append([]seal.Signer{p.signer(c.who)}, others...),
		Issued:  c.received, Expires: c.received.Add(life)}
	rand.Read(h.Nonce[:])
	return h
}

func (p *Portal) signer(s *Session) seal.Signer {
	return seal.Signer{Staff: s.Staff.ID, Name: s.Staff.Name, Fingerprint: s.Officer.Key}
}

// freshSalts makes one salt for each annex row.
func freshSalts(n int) [][16]byte {
	salts := make([][16]byte, n)
	for i := range salts {
		rand.Read(salts[i][:])
	}
	return salts
}

// saltsOf are the salts that a statement was shown with.
func saltsOf(s seal.Statement) [][16]byte {
	salts := make([][16]byte, len(s.Annex.Rows))
	for i, r := range s.Annex.Rows {
		salts[i] = r.Salt
	}
	return salts
}

// askForSeal keeps the statement as pending and sends the browser to read it.
func (p *Portal) askForSeal(c *call, s seal.Statement, pl payload) (answer, error) {
	id, err := p.keepPending(c, s, pl, browser(c.req), c.who.Staff.ID)
	if err != nil {
		return nil, err
	}
	return redirect{"/statements/" + id}, nil
}

// keepPending stores a statement that waits for a seal; it is scratch, and
// what the seal covers is derived again from the rows when it arrives.
func (p *Portal) keepPending(c *call, s seal.Statement, pl payload, cookie, staff string) (string, error) {
	text, err := s.Bytes()
	if err != nil {
		return "", err
	}
	var annex []byte
	if !s.Annex.IsZero() {
		if annex, err = s.Annex.Print(); err != nil {
			return "", err
		}
	}
	digest, err := s.Digest()
	if err != nil {
		return "", err
	}
	h, err := s.Header()
	if err != nil {
		return "", err
	}
	remembered, err := json.Marshal(pl)
	if err != nil {
		return "", err
	}
	id := hex.EncodeToString(digest[:])
	return id, p.store.Scratch().PutPending(c.ctx, store.Pending{ID: id, CookieHash: cookie, Staff: staff, Kind: string(s.Kind()),
		Statement: text, Annex: annex, Payload: remembered, Created: c.received, Expires: h.Expires})
}

// sealed takes what the agent brought: a seal, or the answer to an order. Of a
// seal it finds the pending statement by the digest the seal
// claims, asks that browser and person are those who asked, verifies, and runs
// the deed of that kind. The answer is JSON for the landing page's module.
func (p *Portal) sealed(c *call) (answer, error) {
	to, err := p.takeSeal(c)
	if err != nil {
		f := sentenced(err)
		p.log.Info("seal refused", "request", c.number, "kind", string(f.Kind), "cause", causeOf(f))
		p.recordRefusal(c, f)
		return data{status: statuses[f.Kind], value: map[string]string{"sentence": f.Sentence, "request": c.number}}, nil
	}
	return data{value: map[string]string{"location": to}}, nil
}

func (p *Portal) takeSeal(c *call) (string, error) {
	c.broughtSeal()
	switch {
	case c.form.Get("request") != "":
		return p.takeRequest(c, c.form.Get("request"))
	case c.form.Get("installed") != "":
		return p.takeInstalled(c, c.form.Get("installed"))
	}
	der, err := base64.RawURLEncoding.DecodeString(c.form.Get("seal"))
	if err != nil || len(der) == 0 {
		return "", fault.New(fault.Invalid, "没有收到完整的签章。请回到要签署的页面，重新去签名助手签署。")
	}
	digest, err := seal.MessageDigest(der)
	if err != nil {
		return "", err
	}
	c.concerns("", ofStatement(hex.EncodeToString(digest[:])))
	pending, err := p.pendingBy(c, hex.EncodeToString(digest[:]))
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			if who, err := p.sealer(c); err == nil {
				c.who = who
				if done := p.sealedBefore(c, hex.EncodeToString(digest[:])); done != nil {
					return "", done
				}
			}
			return "", fault.New(fault.NotFound, "这份签章对应的陈述不在等待签署之列：可能已经办成、已经撤回、过了有效期，是在另一个浏览器里打开的登录，或者不是本签台出具的。请回到原来的浏览器，或到“今日办理”核对后再办。")
		}
		return "", err
	}
	c.concernsPending(pending)
	if pending.CookieHash == "" || pending.CookieHash != browser(c.req) {
		return "", fault.New(fault.Forbidden, "这份陈述是在另一个浏览器里出具的，签章不能在这里交。请回到原来的浏览器，或在这里重新办理。")
	}
	switch seal.Kind(pending.Kind) {
	case seal.EmergencyUse:
		return p.finishEmergency(c, der, pending)
	case seal.Login:
		return p.finishSignIn(c, der, pending)
	case seal.KeyTakeover:
		return p.finishTakeover(c, der, pending)
	}
	if c.who, err = p.sealer(c); err != nil {
		return "", err
	}
	return p.finish(c, der, pending)
}

// onward are the kinds whose page goes on where it was, instead of leading to
// the receipt.
var onward = map[seal.Kind]bool{seal.KeyEnrol: true, seal.KeyRenew: true}

// finish verifies a seal of a signed-in person and runs its deed.
func (p *Portal) finish(c *call, der []byte, pending store.Pending) (string, error) {
	if pending.Staff != c.who.Staff.ID {
		return "", fault.New(fault.Forbidden, "这份陈述是为另一位人员出具的，不能由您交签章。请由本人登录后签署。")
	}
	v, err := seal.Verify(der, pending.Statement, pending.Annex, seal.Trust{Roots: p.roots},
		seal.Expect{Portal: p.name, Kind: seal.Kind(pending.Kind)}, c.received)
	if err != nil {
		return "", err
	}
	if v.Fingerprint() != c.who.Officer.Key {
		return "", fault.New(fault.Forbidden, "签章不是用登录的那把钥匙签的。请用登录的钥匙签署。")
	}
	if err := p.returned(c, pending); err != nil {
		return "", err
	}
	if err := p.unrevoked(c, v.Certificate()); err != nil {
		return "", err
	}
	receipt, err := p.perform(c, v, pending)
	// A conflict that comes with a number is another post of the same seal: its
	// sentence names the entry, and only the first post is shown the receipt.
	if err != nil && (receipt.Number == 0 || fault.Is(err, fault.Conflict)) {
		return "", err
	}
	if err := p.store.Scratch().DeletePending(c.ctx, pending.ID); err != nil {
		p.log.Error("a finished statement is still pending", "request", c.number, "cause", err.Error())
	}
	if pl, err := payloadOf(pending); err == nil && onward[v.Kind()] {
		return pl.Back, nil
	}
	if v.Kind() == seal.KeyHandover { // the seal ended the key that it was made with
		return fmt.Sprintf("/handed-over?number=%d", receipt.Number), nil
	}
	return fmt.Sprintf("/receipts/%d", receipt.Number), nil
}
