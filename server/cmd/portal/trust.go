package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"sealdesk/hsm"
	"sealdesk/server/internal/fault"
	"sealdesk/server/internal/issuing"
	"sealdesk/server/internal/revocation"
)

// trust is which authorities count, and what issues here.
type trust struct {
	roots     *x509.CertPool
	pem       []byte // of all of them, for the readers of proofs
	authority *issuing.Authority
	external  *revocation.Checker // nil without external authorities
}

// noIssuing is said at start, by check, and to whoever wants a certificate.
const noIssuing = "服务器令牌里没有签发密钥（随旧令牌失去了）：登录和签署照常，但不能签发新证书和吊销清单；要再发钥匙，须按 README“换了服务器令牌以后”另立签发机构"

// lostKey stands for the issuing key after its token was lost and the keyring
// was recovered into a new one: it signs nothing, and says why.
type lostKey struct{ public crypto.PublicKey }

func (k lostKey) Public() crypto.PublicKey { return k.public }

func (lostKey) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, fault.New(fault.Unavailable, "%s。", noIssuing)
}

// trust reads the authorities of the configuration; the key of the portal's own
// stays in the HSM.
func (c config) trust(ctx context.Context, v *vault, log *slog.Logger) (trust, error) {
	var t trust
	raw, err := os.ReadFile(c.CA)
	if err != nil {
		return t, fmt.Errorf("读不到签发机构证书 %s：先运行 portal init", c.CA)
	}
	ca, err := issuing.ReadPEM(raw)
	if err != nil {
		return t, fmt.Errorf("签发机构证书 %s 不成样子：%w", c.CA, err)
	}
	var key crypto.Signer
	key, err = v.server.Signer(ctx, hsm.KeyQuery{Label: labelCA})
	if hsm.KindOf(err) == hsm.NoKey { // lost with its token: people work on, nobody is enrolled
		log.Warn(noIssuing)
		key, err = lostKey{ca.PublicKey}, nil
	}
	if err != nil {
		return t, told("查看服务器令牌里的签发密钥", err)
	}
	if same, ok := ca.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); ok && !same.Equal(key.Public()) {
		return t, fmt.Errorf("签发机构证书 %s 与服务器令牌里的签发密钥不是一对：请核对是不是换错了文件", c.CA)
	}
	t.authority = &issuing.Authority{Certificate: ca, Key: key}
	t.roots, t.pem = x509.NewCertPool(), bytes.Clone(raw)
	t.roots.AddCert(ca)
	if t.external, err = c.external(log); err != nil || t.external == nil {
		return t, err
	}
	for _, anchor := range t.external.Anchors() {
		t.roots.AddCert(anchor)
		t.pem = append(t.pem, issuing.PEM(anchor)...)
	}
	return t, nil
}

func (c config) external(log *slog.Logger) (*revocation.Checker, error) {
	var anchors []revocation.Anchor
	for _, a := range c.External.Authorities {
		raw, err := os.ReadFile(a.Certificate)
		if err != nil {
			return nil, fmt.Errorf("读不到外部签发机构“%s”的证书：%w", a.Name, err)
		}
		cert, err := issuing.ReadPEM(raw)
		if err != nil {
			return nil, fmt.Errorf("外部签发机构“%s”的证书 %s 不成样子：%w", a.Name, a.Certificate, err)
		}
		anchors = append(anchors, revocation.Anchor{Name: a.Name, Certificate: cert, CRL: a.CRL, OCSP: a.OCSP})
	}
	if len(anchors) == 0 {
		return nil, nil
	}
	return revocation.New(anchors, c.External.Grace, log, time.Now())
}

// checkExternal says how the external authorities answer.
func (h *house) checkExternal(ctx context.Context, to io.Writer) {
	if h.external == nil {
		return
	}
	for _, s := range h.external.Probe(ctx, time.Now()) {
		if s.Failing() {
			fmt.Fprintf(to, "外部签发机构“%s”：没有得到可用的回答，它颁发的证书现在不能使用（%s）。请核对网络、查询地址与该机构\n", s.Name, s.Fault)
			continue
		}
		fmt.Fprintf(to, "外部签发机构“%s”：有回答\n", s.Name)
	}
}
