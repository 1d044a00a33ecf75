package portal

import (
	"context"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"strconv"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/internal/issuing"
	"sealdesk/server/org"
	"sealdesk/server/store"
)

// algorithmWord is how texts spell the kind of a public key.
func algorithmWord(public any) string {
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		return "ECDSA " + key.Curve.Params().Name
	case *rsa.PublicKey:
		return "RSA " + strconv.Itoa(key.N.BitLen())
	}
	return "不明"
}

// A preparer does what must be ready before a sealed matter is carried out and
// cannot wait in the transaction: the HSM signs. It is asked once the seal was
// verified and custody has said whose it is; what it made and the act then
// refuses is thrown away.
type preparer interface {
	prepare(ctx context.Context, p *Portal, now time.Time) error
}

// newKey is a public key on its way to a certificate: a request that the
// token signed, or a certificate of an external authority.
type newKey struct {
	Serial  string `json:"serial"`            // of the token
	Request []byte `json:"request,omitempty"` // PKCS#10, DER
	Foreign []byte `json:"foreign,omitempty"` // a certificate, DER

	issued *x509.Certificate // by prepare
}

// public is the key to be certified: its digest and its kind.
func (n *newKey) public() (digest, algorithm string, err error) {
	if n.Foreign != nil {
		c, err := x509.ParseCertificate(n.Foreign)
		if err != nil {
			return "", "", fault.Wrap(err, fault.Invalid, "证书读不出来。请从钥匙重新导出。")
		}
		return custody.PublicDigest(c.RawSubjectPublicKeyInfo), algorithmWord(c.PublicKey), nil
	}
	r, _, err := issuing.ReadRequest(n.Request)
	if err != nil {
		return "", "", err
	}
	return custody.PublicDigest(r.RawSubjectPublicKeyInfo), algorithmWord(r.PublicKey), nil
}

// names holds a certificate from outside against the person on file.
func (n *newKey) names(person org.Staff) error {
	if n.Foreign == nil {
		return nil
	}
	c, err := x509.ParseCertificate(n.Foreign)
	if err != nil {
		return err
	}
	return custody.Bears(c.Subject.CommonName, person.Name)
}

// certificate has the authority sign the request, or takes the one that is there.
func (n *newKey) certificate(p *Portal, holder org.Staff, home org.Organisation, now time.Time) error {
	var err error
	if n.Foreign != nil {
		n.issued, err = x509.ParseCertificate(n.Foreign)
		return err
	}
	r, _, err := issuing.ReadRequest(n.Request)
	if err != nil {
		return err
	}
	n.issued, err = p.authority.Issue(r, issuing.Holder{Staff: holder.ID, Name: holder.Name, Organisation: home.Name}, now)
	return err
}

// key is the register's row of what was issued, checked against all others.
func (n *newKey) key(r rows, t custody.Token, staff string) (custody.Key, error) {
	digest, _, err := n.public()
	if err != nil {
		return custody.Key{}, err
	}
	issuer, leaf := custody.OwnCA, n.issued
	if n.Foreign != nil {
		issuer = custody.ExternalCA
		if leaf, err = x509.ParseCertificate(n.Foreign); err != nil { // known before anybody seals
			return custody.Key{}, err
		}
	}
	k := custody.Key{Staff: staff, Token: t.Serial, Public: digest, Issuer: issuer}
	if leaf != nil {
		k = custody.Certified(leaf, staff, t, issuer)
	}
	alike, err := r.KeysAlike(k)
	if err != nil {
		return k, err
	}
	return k, custody.Fresh(k, alike)
}

// enrolMatter certifies the public key of a token that was assigned to
// somebody: the officer's seal names the person, the token and the key.
type enrolMatter struct {
	bare
	newKey
}

func (m *enrolMatter) act() policy.Act   { return policy.EnrolKey }
func (m *enrolMatter) refs() []store.Ref { return []store.Ref{store.OfToken(m.Serial)} }

func (m *enrolMatter) draft(_ knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfToken(m.Serial).Subject()}
	holding, err := holdingOf(r, m.Serial)
	if err != nil {
		return d, err
	}
	person, home, err := takerOf(r, holding)
	if err != nil {
		return d, err
	}
	officer, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	if officer == person.ID {
		return d, fault.New(fault.Forbidden, "不能为您自己的钥匙签发证书。请由另一位安全保密管理员办理。")
	}
	if err := m.names(person); err != nil {
		return d, err
	}
	held, err := r.KeysOf(person.ID)
	if err != nil {
		return d, err
	}
	k, err := m.key(r, holding.Token, person.ID)
	if err != nil {
		return d, err
	}
	if err := custody.One(held, k); err != nil {
		return d, err
	}
	next, err := holding.Certify(k, now)
	if err != nil {
		return d, err
	}
	d.puts = next.Records()
	d.statement, err = m.statement(h, person, home)
	return d, err
}

func (m *enrolMatter) statement(h seal.Header, person org.Staff, home org.Organisation) (seal.Statement, error) {
	digest, algorithm, err := m.public()
	if err != nil {
		return seal.Statement{}, err
	}
	fields := []seal.Field{{Label: "领用人", Value: custody.Named{Staff: person.ID, Name: person.Name}.String()},
		{Label: "领用人机构", Value: home.Name + "（" + home.ID + "）"}, {Label: "钥匙序列号", Value: m.Serial},
		{Label: "颁发者", Value: ownIssuer}, {Label: "算法", Value: algorithm}, {Label: "公钥摘要", Value: digest}}
	if m.Foreign != nil {
		c, err := x509.ParseCertificate(m.Foreign)
		if err != nil {
			return seal.Statement{}, err
		}
		fields[3].Value = c.Issuer.String()
		fields = append(fields, seal.Field{Label: "证书指纹", Value: seal.Fingerprint(c)})
	}
	return seal.New(seal.KeyEnrol, h, fields, seal.Annex{})
}

// ownIssuer names the portal's own authority in a text.
const ownIssuer = "本签台签发机构"

func (m *enrolMatter) prepare(ctx context.Context, p *Portal, now time.Time) error {
	grant, err := p.holding(ctx, "", "")
	if err != nil {
		return err
	}
	r := p.reading(ctx, grant)
	holding, err := holdingOf(r, m.Serial)
	if err != nil {
		return err
	}
	person, home, err := takerOf(r, holding)
	if err != nil {
		return err
	}
	return m.certificate(p, person, home, now)
}

// takerOf is the person on file whom a token waits for.
func takerOf(r rows, h custody.Holding) (org.Staff, org.Organisation, error) {
	if h.Token.State != custody.HandoverPending || h.Token.For == "" {
		return org.Staff{}, org.Organisation{}, fault.New(fault.Conflict, "钥匙 %s 现在是“%s”，没有发放给谁。请先办理申领和发放，或由保管人交出。", h.Token.Serial, h.Token.State.Word())
	}
	person, err := r.Staff(h.Token.For)
	if err != nil {
		return person, org.Organisation{}, err
	}
	if person.FiledOn == nil {
		return person, org.Organisation{}, fault.New(fault.Conflict, "人员 %s 还没有使用人员备案（R54），不能签发证书。请先备案，再回来接着办。", person.ID)
	}
	home, err := r.Organisation(person.Org)
	return person, home, err
}
