package portal

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/internal/issuing"
	"sealdesk/server/org"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// orderMatter is what an order to the agent was given out for.
type orderMatter struct {
	Serial string `json:"serial"`          // of the token
	Renew  bool   `json:"renew,omitempty"` // by its holder, with the old key beside the new one
}

func (m orderMatter) act() policy.Act {
	if m.Renew {
		return policy.RenewKey
	}
	return policy.EnrolKey
}

// giveOrder makes an order to the agent and keeps it as pending: its answer
// counts only in this browser, from this person, once, and until it expires.
func (p *Portal) giveOrder(c *call, kind seal.Kind, institution org.Organisation, fields []seal.Field, m orderMatter, back string) (view.OrderPost, error) {
	h := seal.Header{Portal: p.name, Institution: institution.Name, Issued: c.received, Expires: c.received.Add(alone)}
	rand.Read(h.Nonce[:])
	o, err := seal.NewOrder(kind, h, fields)
	if err != nil {
		return view.OrderPost{}, err
	}
	text, err := o.Bytes()
	if err != nil {
		return view.OrderPost{}, err
	}
	digest, err := o.Digest()
	if err != nil {
		return view.OrderPost{}, err
	}
	kept, err := json.Marshal(m)
	if err != nil {
		return view.OrderPost{}, err
	}
	remembered, err := json.Marshal(payload{Org: institution.ID, Matter: kept, Back: back, Act: m.act(), Subject: store.OfToken(m.Serial).Subject()})
	if err != nil {
		return view.OrderPost{}, err
	}
	id := hex.EncodeToString(digest[:])
	err = p.store.Scratch().PutPending(c.ctx, store.Pending{ID: id, CookieHash: browser(c.req), Staff: c.who.Staff.ID, Kind: string(kind),
		Statement: text, Payload: remembered, Created: c.received, Expires: h.Expires})
	path := map[seal.Kind]string{seal.EnrolRequest: "/enrol", seal.InstallRequest: "/install"}[kind]
	return view.OrderPost{Action: p.agent + path, Order: base64.StdEncoding.EncodeToString(text), Digest: byEights(id), Expires: h.Expires}, err
}

// answered finds the order that the agent answered.
func (p *Portal) answered(c *call, id string, kind seal.Kind) (store.Pending, orderMatter, payload, error) {
	var m orderMatter
	var pl payload
	c.concerns("", ofStatement(id))
	pending, err := p.store.Scratch().Pending(c.ctx, id)
	if err == nil {
		c.concernsPending(pending)
	}
	switch {
	case fault.Is(err, fault.NotFound), err == nil && pending.Kind != string(kind):
		return pending, m, pl, fault.New(fault.NotFound, "这次办理不在等待之列：可能已经办过、过了有效期，或者不是本签台出具的。请回到办理页面重新开始；钥匙里没办完的内容下次会先清除。")
	case err != nil:
		return pending, m, pl, err
	case pending.CookieHash == "" || pending.CookieHash != browser(c.req):
		return pending, m, pl, fault.New(fault.Forbidden, "这次办理是在另一个浏览器里开始的，不能在这里接着办。请回到原来的浏览器，或在这里重新开始。")
	}
	if c.who, err = p.session(c); err != nil {
		return pending, m, pl, err
	}
	switch {
	case pending.Staff != c.who.Staff.ID:
		return pending, m, pl, fault.New(fault.Forbidden, "这次办理是另一位人员开始的，不能由您接着办。请由本人登录后办理。")
	case c.received.After(pending.Expires):
		return pending, m, pl, fault.New(fault.Closed, "这次办理已过有效期，没有受理。请回到办理页面重新开始；钥匙里没办完的内容下次会先清除。")
	}
	if pl, err = payloadOf(pending); err != nil {
		return pending, m, pl, err
	}
	return pending, m, pl, json.Unmarshal(pl.Matter, &m)
}

// takeRequest takes the PKCS#10 request that the token's new key signed, and
// leads to the statement that the officer, or at a renewal the holder, seals.
func (p *Portal) takeRequest(c *call, encoded string) (string, error) {
	der, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil {
		return "", fault.New(fault.Invalid, "没有收到完整的证书申请。请回到办理页面，重新去签名助手生成密钥。")
	}
	request, id, err := issuing.ReadRequest(der)
	if err != nil {
		return "", err
	}
	pending, m, pl, err := p.answered(c, id, seal.EnrolRequest)
	if err != nil {
		return "", err
	}
	if err := asked(pending, request); err != nil {
		return "", err
	}
	body, err := p.store.Organisation(c.ctx, pl.Org)
	if err != nil {
		return "", err
	}
	var next answer
	if m.Renew {
		next, err = p.propose(c, &renewMatter{newKey: newKey{Serial: m.Serial, Request: der}}, body, pl.Back)
	} else {
		next, err = p.propose(c, &enrolMatter{newKey: newKey{Serial: m.Serial, Request: der}}, body, pl.Back)
	}
	if err != nil {
		return "", err
	}
	if err := p.store.Scratch().DeletePending(c.ctx, id); err != nil {
		return "", err
	}
	return next.(redirect).to, nil
}

// asked says whether the request is for a key of the kind that was ordered.
func asked(pending store.Pending, request *x509.CertificateRequest) error {
	o, err := seal.ParseOrder(pending.Statement)
	if err != nil {
		return err
	}
	word := algorithmWord(request.PublicKey)
	if want := o.Text.Get("算法"); word != want {
		return fault.New(fault.Invalid, "要生成的是 %s 的密钥，送来的是 %s 的，没有受理。请重新生成；再次出现，请换一把钥匙。", want, word)
	}
	return nil
}

// takeInstalled takes the agent's word that the certificate is in the token.
// It is a hint for the page and nothing else: the holder's first seal is what
// shows that the key is there.
func (p *Portal) takeInstalled(c *call, id string) (string, error) {
	_, m, pl, err := p.answered(c, id, seal.InstallRequest)
	if err != nil {
		return "", err
	}
	if err := p.store.Scratch().DeletePending(c.ctx, id); err != nil {
		return "", err
	}
	p.log.Info("certificate installed", "request", c.number, "token", m.Serial)
	return pl.Back + "?installed=1", nil
}
