package portal

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/url"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// takeoverMatter is the holder's first seal with a key. There is no session to
// ask the policy for: the key has no power yet, so the system's own line lets
// the act through, and the text, the register and the seal say for whom.
type takeoverMatter struct {
	Fingerprint string `json:"fingerprint"`
}

// responsibility is what a person seals with the key that becomes hers.
const responsibility = "我已当面收到这把钥匙，由本人保管和使用，不转借、不代签；丢失立即报失"

func (m takeoverMatter) draft(r rows, h seal.Header, received func() (custody.Holding, error)) (draft, error) {
	k, err := r.Key(m.Fingerprint)
	if err != nil {
		return draft{}, err
	}
	d := draft{subject: store.OfToken(k.Token).Subject()}
	person, err := namedOf(r, k.Staff)
	if err != nil {
		return d, err
	}
	next, err := received()
	if err != nil {
		return d, err
	}
	d.puts = next.Records()
	d.statement, err = seal.New(seal.KeyTakeover, h, []seal.Field{{Label: "领用人", Value: person.String()}, {Label: "钥匙序列号", Value: k.Token},
		{Label: "钥匙指纹", Value: k.Fingerprint}, {Label: "责任", Value: responsibility}}, seal.Annex{})
	return d, err
}

// offerTakeover writes the text by which the holder of a pending key takes it
// over, for this browser, and gives its page.
func (p *Portal) offerTakeover(c *call, k custody.Key, cookie, back string) (string, error) {
	who, err := p.store.Staff(c.ctx, k.Staff)
	if err != nil {
		return "", err
	}
	home, err := p.store.Organisation(c.ctx, who.Org)
	if err != nil {
		return "", err
	}
	h := seal.Header{Portal: p.name, Institution: home.Name, Issued: c.received, Expires: c.received.Add(alone),
		Signers: []seal.Signer{{Staff: who.ID, Name: who.Name, Fingerprint: k.Fingerprint}}}
	rand.Read(h.Nonce[:])
	grant, err := p.holding(c.ctx, who.ID, k.Fingerprint)
	if err != nil {
		return "", err
	}
	r := p.reading(c.ctx, grant)
	m := takeoverMatter{k.Fingerprint}
	d, err := m.draft(r, h, func() (custody.Holding, error) { return m.holding(r, who.ID, nil, c.received) })
	if err != nil {
		return "", err
	}
	kept, err := json.Marshal(m)
	if err != nil {
		return "", err
	}
	id, err := p.keepPending(c, d.statement, payload{Org: home.ID, Matter: kept, Back: back, Act: policy.TakeOverKey, Subject: d.subject}, cookie, who.ID)
	return "/takeover/" + id, err
}

// holding is the system's leave to look at a token and to let its holder take
// it over.
func (p *Portal) holding(ctx context.Context, staff, key string) (policy.Grant, error) {
	return p.system(ctx, policy.Officer{Staff: staff, Key: key}, policy.TakeOverKey)
}

// holding is what the token becomes. mark is of the code that reports it lost;
// nil while the text is only being drafted.
func (m takeoverMatter) holding(r rows, taker string, mark func(serial string) []byte, now time.Time) (custody.Holding, error) {
	k, err := r.Key(m.Fingerprint)
	if err != nil {
		return custody.Holding{}, err
	}
	h, err := holdingOf(r, k.Token)
	if err != nil {
		return h, err
	}
	if h.Key.Fingerprint != m.Fingerprint && h.Next.Fingerprint != m.Fingerprint {
		return h, fault.New(fault.Conflict, "这张证书现在不等人接管。请与安全保密管理员核对。")
	}
	if mark == nil {
		return h.TakeOver(taker, nil, now)
	}
	return h.TakeOver(taker, mark(k.Token), now)
}

// GET /takeover/:digest: the text, for whoever has this browser's cookie; no
// session is needed and none is made.
func (p *Portal) showTakeover(c *call) (answer, error) {
	pending, err := p.store.Scratch().Pending(c.ctx, c.param("digest"))
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	if err != nil || pending.Kind != string(seal.KeyTakeover) || pending.CookieHash == "" || pending.CookieHash != browser(c.req) || c.received.After(pending.Expires) {
		return nil, fault.New(fault.NotFound, "这份接管文本不在等待之列：可能已经接管、过了有效期，或者是在另一个浏览器里出具的。请用这把钥匙重新登录，会再出具一份。")
	}
	s, err := seal.ParseStatement(pending.Statement, nil)
	if err != nil {
		return nil, err
	}
	v := view.Takeover{Gate: view.Gate{Title: "接管钥匙", Now: c.received}, Agent: p.agentPost(pending), Expires: pending.Expires.In(registration.Shanghai),
		Text: string(pending.Statement), Digest: byEights(pending.ID)}
	for _, f := range s.Text.Fields {
		v.Facts = append(v.Facts, view.Fact{Label: f.Label, Value: f.Value, Mono: f.Label == "随机数" || f.Label == "钥匙指纹"})
	}
	return page{view: v}, nil
}

// finishTakeover carries the take-over out: from now on the key is in the
// sealer's hands.
func (p *Portal) finishTakeover(c *call, der []byte, pending store.Pending) (string, error) {
	v, err := seal.Verify(der, pending.Statement, pending.Annex, seal.Trust{Roots: p.roots}, seal.Expect{Portal: p.name, Kind: seal.KeyTakeover}, c.received)
	if err != nil {
		return "", err
	}
	if err := p.unrevoked(c, v.Certificate()); err != nil {
		return "", err
	}
	pl, err := payloadOf(pending)
	if err != nil {
		return "", err
	}
	var m takeoverMatter
	if err := json.Unmarshal(pl.Matter, &m); err != nil {
		return "", err
	}
	signer, ok := v.Signer()
	if !ok || v.Fingerprint() != m.Fingerprint {
		return "", fault.New(fault.Forbidden, "签章不是用要接管的那把钥匙签的。请插入刚领到的钥匙签署。")
	}
	h, err := v.Statement().Header()
	if err != nil {
		return "", err
	}
	grant, err := p.holding(c.ctx, signer.Staff, v.Fingerprint())
	if err != nil {
		return "", err
	}
	mark := func(serial string) []byte { return p.store.LossMark(serial, p.firstCode(c, serial, pending.ID)) }
	var taken custody.Holding
	_, err = p.store.Commit(again(c.ctx), grant, []seal.Verified{v}, func(tx *store.Tx) (audit.Entry, error) {
		d, err := m.draft(tx, h, func() (_ custody.Holding, err error) {
			taken, err = m.holding(tx, signer.Staff, mark, c.received)
			return taken, err
		})
		if err != nil {
			return audit.Entry{}, err
		}
		if err := tx.Derive(d.statement); err != nil {
			return audit.Entry{}, err
		}
		for _, noun := range d.puts {
			if err := tx.Put(noun); err != nil {
				return audit.Entry{}, err
			}
		}
		return audit.Entry{Subject: d.subject}, nil
	}, store.Reads(store.OfKey(m.Fingerprint)))
	if err != nil {
		return "", err
	}
	if err := p.store.Scratch().DeletePending(c.ctx, pending.ID); err != nil {
		p.log.Error("a finished statement is still pending", "request", c.number, "cause", err.Error())
	}
	if pl.Back == "" {
		pl.Back = "/sign-in?" + url.Values{"taken": {"1"}}.Encode()
	}
	if len(taken.Former) > 0 { // a renewal: the code that she has goes on
		return pl.Back, nil
	}
	return p.offerCode(c, pending, taken.Token, pl.Back), nil
}
