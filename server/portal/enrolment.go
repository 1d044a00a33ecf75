package portal

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/internal/issuing"
	"sealdesk/server/org"
	"sealdesk/server/registration"
	"sealdesk/web"
	"sealdesk/web/view"
)

// GET /enrolments: the tokens that wait for a certificate or for their holder.
func (p *Portal) listEnrolments(c *call) (answer, error) {
	grant, err := p.officerGrant(c, policy.EnrolKey)
	if err != nil {
		return nil, err
	}
	tokens, err := p.store.TokensIn(c.ctx, grant, custody.HandoverPending)
	if err != nil {
		return nil, err
	}
	v := view.Enrolments{Frame: p.frame(c, "签发证书"), Lead: "已发放、等待签发证书或等领用人接管的钥匙。"}
	for _, t := range tokens {
		keys, err := p.store.KeysIn(c.ctx, grant, t.Serial)
		if err != nil {
			return nil, err
		}
		h := custody.HoldingOf(t, keys)
		line := view.EnrolmentLine{Serial: t.Serial, Label: t.Label, Href: "/enrolments/" + t.Serial, Since: t.Since, For: p.nameOf(c, t.For) + "（" + t.For + "）",
			State: view.Mark{Kind: "wait", Text: "等签发证书"}}
		if h.Keyed() {
			line.State = view.Mark{Kind: "hold", Text: "等领用人接管"}
		}
		v.Rows = append(v.Rows, line)
	}
	return page{view: v}, nil
}

// GET /enrolments/:serial: the ceremony, one step at a time; which one is told
// by the records alone, so a closed browser or a lost agent loses nothing.
func (p *Portal) showEnrolment(c *call) (answer, error) {
	v, holding, person, err := p.enrolmentPage(c)
	if err != nil {
		return nil, err
	}
	back := "/enrolments/" + holding.Token.Serial
	if holding.Keyed() {
		former, err := p.formerIn(c, holding)
		if err != nil {
			return nil, err
		}
		return p.waitsForHolder(c, v, holding.Token, holding.Key, former, back)
	}
	if holding.Token.State != custody.HandoverPending {
		v.Barred = "这把钥匙现在是“" + holding.Token.State.Word() + "”，没有等待签发的领用人。"
		if holding.Token.State == custody.Issued {
			v.Done = true
		}
		return page{view: v}, nil
	}
	if person.FiledOn == nil {
		v.Barred = "领用人还没有使用人员备案（R54），不能签发证书。请先备案，再回来接着办。"
		return page{view: v}, nil
	}
	former, err := p.formerIn(c, holding)
	if err != nil {
		return nil, err
	}
	return p.makeKey(c, v, c.who.Home, holding.Token, former, orderMatter{Serial: holding.Token.Serial}, back)
}

func (p *Portal) enrolmentPage(c *call) (view.Enrolment, custody.Holding, org.Staff, error) {
	grant, err := p.officerGrant(c, policy.EnrolKey)
	if err != nil {
		return view.Enrolment{}, custody.Holding{}, org.Staff{}, err
	}
	holding, err := holdingOf(p.reading(c.ctx, grant), c.param("serial"))
	if err != nil {
		return view.Enrolment{}, holding, org.Staff{}, err
	}
	whom := holding.Token.For
	if whom == "" {
		whom = holding.Token.Custodian
	}
	person, err := p.store.Staff(c.ctx, whom)
	if err != nil {
		return view.Enrolment{}, holding, person, err
	}
	home, err := p.store.Organisation(c.ctx, person.Org)
	if err != nil {
		return view.Enrolment{}, holding, person, err
	}
	v := view.Enrolment{Frame: p.frame(c, "签发证书"), Back: view.Link{Text: "等办的钥匙", Href: "/enrolments"},
		Lead: "请和领用人一起，在插着这把钥匙的电脑上办。中途关掉浏览器也不要紧，回到本页从没办完的一步接着办。"}
	return v, holding, person, p.describe(c, &v, holding, person, home)
}

// describe says whose key this is.
func (p *Portal) describe(c *call, v *view.Enrolment, h custody.Holding, person org.Staff, home org.Organisation) error {
	custodian, err := p.store.Staff(c.ctx, h.Token.Custodian)
	v.Facts = []view.Fact{{Label: "钥匙", Value: h.Token.Serial, Mono: true}, {Label: "领用人", Value: person.Name + "（" + person.ID + "），" + home.Name},
		{Label: "现在的保管人", Value: custodian.Name + "（" + custodian.ID + "）"}, {Label: "状态", Value: h.Token.State.Word()}}
	return err
}

// formerIn lists the certificates that a token carried before, as far as the
// register knows them.
func (p *Portal) formerIn(c *call, h custody.Holding) ([]string, error) {
	grant, err := p.officerGrant(c, policy.EnrolKey)
	if err != nil {
		return nil, err
	}
	keys, err := p.store.KeysIn(c.ctx, grant, h.Token.Serial)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, k := range keys {
		if k.Fingerprint != h.Key.Fingerprint {
			list = append(list, k.Fingerprint)
		}
	}
	return list, nil
}

// algorithms that a person may choose, the first unless she does.
var algorithms = []string{"ECDSA P-256", "RSA 2048"}

// makeKey is the first step: an order to make the pair inside the token.
func (p *Portal) makeKey(c *call, v view.Enrolment, body org.Organisation, t custody.Token, known []string, m orderMatter, back string) (answer, error) {
	algorithm := algorithms[0]
	if c.form.Get("algorithm") == "rsa" {
		algorithm = algorithms[1]
	}
	person := t.For
	if m.Renew {
		person = t.Custodian
	}
	fields := append(orderFields(p.nameOf(c, person), person, t), seal.Field{Label: "算法", Value: algorithm})
	for _, fingerprint := range known {
		fields = append(fields, seal.Field{Label: "已有证书", Value: fingerprint})
	}
	var err error
	if v.Order, err = p.giveOrder(c, seal.EnrolRequest, body, fields, m, back); err != nil {
		return nil, err
	}
	v.Step, v.Algorithm, v.OtherAlgorithm = 1, algorithm, view.Link{Text: "钥匙不支持 ECDSA：改用 RSA 2048", Href: back + "?algorithm=rsa"}
	if algorithm == algorithms[1] {
		v.OtherAlgorithm = view.Link{Text: "改用 ECDSA P-256", Href: back}
	}
	if !m.Renew && p.external != nil {
		v.Foreign = &view.ForeignForm{Action: back + "/certificate"}
	}
	return page{view: v}, nil
}

func orderFields(name, staff string, t custody.Token) []seal.Field {
	fields := []seal.Field{{Label: "领用人", Value: name + "（" + staff + "）"}, {Label: "钥匙序列号", Value: t.Serial}}
	if t.Label != "" && seal.CheckValue(t.Label) == nil {
		fields = append(fields, seal.Field{Label: "钥匙名称", Value: t.Label})
	}
	return fields
}

// waitsForHolder is the second and third step: the certificate goes into the
// token, and its holder takes it over with her first seal.
func (p *Portal) waitsForHolder(c *call, v view.Enrolment, t custody.Token, k custody.Key, clears []string, back string) (answer, error) {
	if k.State != custody.Pending {
		v.Done = true
		return page{view: v}, nil
	}
	leaf, err := x509.ParseCertificate(k.Certificate)
	if err != nil {
		return nil, err
	}
	v.Step = 2
	if c.form.Get("installed") != "" || k.Issuer == custody.ExternalCA {
		v.Step, v.Installed = 3, true
	}
	v.Facts = append(v.Facts, view.Fact{Label: "证书有效至", Value: day(leaf.NotAfter)}, view.Fact{Label: "证书指纹", Value: grouped(k.Fingerprint), Mono: true})
	if k.Issuer == custody.OwnCA {
		fields := append(orderFields(p.nameOf(c, k.Staff), k.Staff, t), seal.Field{Label: "公钥摘要", Value: k.Public},
			seal.Field{Label: "证书", Value: base64.StdEncoding.EncodeToString(leaf.Raw)},
			seal.Field{Label: "上级证书", Value: base64.StdEncoding.EncodeToString(p.authority.Certificate.Raw)})
		for _, fingerprint := range clears {
			fields = append(fields, seal.Field{Label: "清除证书", Value: fingerprint})
		}
		if v.Order, err = p.giveOrder(c, seal.InstallRequest, c.who.Home, fields, orderMatter{Serial: t.Serial}, back); err != nil {
			return nil, err
		}
	}
	if v.Takeover, err = p.offerTakeover(c, k, browser(c.req), back); err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

// POST /enrolments/:serial/certificate: a certificate of an external authority
// that came with the token.
func (p *Portal) enrolForeign(c *call) (answer, error) {
	if _, err := p.officerGrant(c, policy.EnrolKey); err != nil {
		return nil, err
	}
	next, err := p.foreign(c)
	if err == nil {
		return next, nil
	}
	return p.formAgain(c, err, refusedForm{act: policy.EnrolKey, inputs: map[string]string{"certificate": "certificate"},
		page: func(r *view.Refusal) (web.Page, error) {
			v, holding, _, err := p.enrolmentPage(c)
			if err != nil {
				return v, err
			}
			v.Refusal = r
			v.Foreign = &view.ForeignForm{Action: "/enrolments/" + holding.Token.Serial + "/certificate", Certificate: view.Field{Value: c.form.Get("certificate")}}
			for _, f := range r.Faults {
				v.Foreign.Certificate.Error = f.Text
			}
			return v, nil
		}})
}

func (p *Portal) foreign(c *call) (answer, error) {
	block, rest := pem.Decode([]byte(c.form.Get("certificate")))
	if block == nil || block.Type != "CERTIFICATE" || strings.TrimSpace(string(rest)) != "" {
		return nil, fault.New(fault.Invalid, "没有读到证书。请从钥匙里导出一张 PEM 格式的证书，从 BEGIN 到 END 整段贴进来。").At("certificate", "请贴一张 PEM 格式的证书。")
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "证书读不出来。请从钥匙重新导出。").At("certificate", "证书读不出来。")
	}
	if err := issuing.CheckKey(leaf.PublicKey); err != nil {
		return nil, err
	}
	warned, err := p.admit(c.ctx, leaf, c.received)
	if err != nil {
		return nil, err
	}
	if warned != "" && c.form.Get("confirmed") == "" {
		return nil, fault.New(fault.Invalid, "%s", warned).At("confirmed", "请核对后勾选确认，再提交。")
	}
	m := &enrolMatter{newKey: newKey{Serial: c.param("serial"), Foreign: leaf.Raw}}
	return p.propose(c, m, c.who.Home, "/enrolments/"+m.Serial)
}

func day(t time.Time) string { return t.In(registration.Shanghai).Format("2006-01-02") }

func validUntil(k custody.Key) time.Time {
	c, err := x509.ParseCertificate(k.Certificate)
	if err != nil {
		return time.Time{}
	}
	return c.NotAfter
}
