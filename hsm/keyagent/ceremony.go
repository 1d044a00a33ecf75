package keyagent

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"sealdesk/hsm"
	"sealdesk/hsm/seal"
)

// ourLabel begins the label of every key that this program made: such a key
// without a certificate is what an interrupted ceremony left.
const ourLabel = "sealdesk-"

// algorithms are the spellings of an order's 算法.
var algorithms = map[string]hsm.Algorithm{"ECDSA P-256": hsm.ECDSAP256, "RSA 2048": hsm.RSA2048}

// named finds the one token that an order names among all modules. Serial
// numbers are told apart without regard to case: the register has one spelling,
// modules have theirs.
func (m *Modules) named(ctx context.Context, order seal.Order) (token, error) {
	serial, label := order.Text.Get("钥匙序列号"), order.Text.Get("钥匙名称")
	tokens, faults := m.poll(ctx)
	var found []token
	for _, t := range tokens {
		if strings.EqualFold(t.info.Serial, serial) && (label == "" || t.info.Label == label) {
			found = append(found, t)
		}
	}
	switch {
	case len(found) > 1:
		return token{}, &untried{"有两把钥匙报同一个序列号，分不清是哪一把，什么都没有办。请只留下要办的那一把，再试。", false}
	case len(found) == 1:
		return found[0], found[0].err
	case len(tokens) > 0:
		return token{}, &untried{"插着的钥匙里没有序列号为 " + serial + " 的，什么都没有办。请核对壳上的号码，换上这一把。", false}
	case len(faults) > 0:
		return token{}, faults[0].err
	}
	return token{}, &untried{"没有插着的钥匙。请把序列号为 " + serial + " 的钥匙插好，等指示灯亮起，再试。", false}
}

// fit asks whether the token is as the order takes it to be: no certificate in
// it that the order does not know.
func fit(order seal.Order, t token) error {
	known := order.Text.All("已有证书")
	if order.Kind() == seal.InstallRequest {
		p, err := packageOf(order)
		if err != nil {
			return err
		}
		known = append(order.Text.All("清除证书"), seal.Fingerprint(p.leaf))
		// A renewal leaves the old certificate beside the new one until it is taken over.
		return stranger(t, known, func(c hsm.Certificate) bool { return c.Leaf.Subject.String() != p.leaf.Subject.String() })
	}
	if _, ok := algorithms[order.Text.Get("算法")]; !ok {
		return &untried{"原文写的算法不是这里能做的，没有生成密钥。请回到门户另选 ECDSA P-256 或 RSA 2048。", false}
	}
	return stranger(t, known, func(hsm.Certificate) bool { return true })
}

func stranger(t token, known []string, counts func(hsm.Certificate) bool) error {
	for _, c := range t.certs {
		if counts(c) && !slices.Contains(known, seal.Fingerprint(c.Leaf)) {
			return &untried{"这把钥匙里已经有一张证书（" + orUnnamed(c.Leaf.Subject.CommonName) + "），原文没有列明它，什么都没有改动。请核对是不是拿错了钥匙；确实要重发的，请在门户先停用原来那一张。", false}
		}
	}
	return nil
}

// makePair makes the pair in the token and has it sign its own request. back
// destroys it again.
func makePair(ctx context.Context, t *hsm.Token, order seal.Order, digest string, certs []hsm.Certificate) (request []byte, back func(context.Context) error, err error) {
	if err := clearLeftovers(ctx, t, certs); err != nil {
		return nil, nil, err
	}
	label := ourLabel + digest[:16]
	back = func(ctx context.Context) error { return t.Destroy(ctx, hsm.KeyQuery{Label: label}) }
	key, err := t.GenerateKey(ctx, hsm.KeySpec{Algorithm: algorithms[order.Text.Get("算法")], Label: label})
	if err != nil {
		return nil, back, err
	}
	request, err = x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: digest}}, within{ctx, key})
	return request, back, err
}

// clearLeftovers destroys pairs of ours that never got their certificate, and
// refuses a token that holds anybody else's.
func clearLeftovers(ctx context.Context, t *hsm.Token, certs []hsm.Certificate) error {
	keys, err := t.Signers(ctx)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if slices.ContainsFunc(certs, func(c hsm.Certificate) bool { return samePublic(c.Leaf.PublicKey, k.Public()) }) {
			continue
		}
		if !strings.HasPrefix(k.Label(), ourLabel) {
			return &untried{"这把钥匙里有一个没有证书的私钥，不是本程序生成的，什么都没有改动。请用厂家的工具核实、清空以后再发放。", false}
		}
		if err := t.Destroy(ctx, hsm.KeyQuery{ID: k.ID()}); err != nil {
			return err
		}
	}
	return nil
}

func samePublic(a, b crypto.PublicKey) bool {
	same, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && same.Equal(b)
}

// parcel is what an order to install carries.
type parcel struct {
	leaf  *x509.Certificate
	chain []*x509.Certificate
}

// packageOf reads the certificates of an order and holds them against its words.
func packageOf(order seal.Order) (parcel, error) {
	var p parcel
	var err error
	if p.leaf, err = certificateIn(order.Text.Get("证书")); err != nil {
		return p, err
	}
	sum := sha256.Sum256(p.leaf.RawSubjectPublicKeyInfo)
	if p.leaf.IsCA || hex.EncodeToString(sum[:]) != order.Text.Get("公钥摘要") {
		return p, errors.New("the certificate is not for the public key that the order names")
	}
	at := p.leaf
	for _, text := range order.Text.All("上级证书") {
		issuer, err := certificateIn(text)
		if err != nil {
			return p, err
		}
		if err := at.CheckSignatureFrom(issuer); err != nil {
			return p, err
		}
		p.chain, at = append(p.chain, issuer), issuer
	}
	return p, nil
}

func certificateIn(text string) (*x509.Certificate, error) {
	der, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// install writes the certificates beside the key they are for and clears those
// that the order names. back takes the new certificates out again.
func install(ctx context.Context, t *hsm.Token, order seal.Order, certs []hsm.Certificate) (back func(context.Context) error, err error) {
	p, err := packageOf(order)
	if err != nil {
		return nil, badPackage.because(err)
	}
	keys, err := t.Signers(ctx)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(keys, func(k *hsm.Signer) bool { return samePublic(k.Public(), p.leaf.PublicKey) })
	if at < 0 {
		return nil, &untried{"这把钥匙里没有与这张证书配套的私钥，证书没有写入。请核对是不是拿错了钥匙；钥匙若在途中被清空，请在门户取消这次发放，重新开始。", false}
	}
	id, label := keys[at].ID(), keys[at].Label()
	already := slices.ContainsFunc(certs, func(c hsm.Certificate) bool { return c.Leaf.Equal(p.leaf) })
	back = func(ctx context.Context) error {
		if already {
			return nil
		}
		return t.RemoveCertificate(ctx, id, p.leaf.Raw)
	}
	if err := t.StoreCertificate(ctx, id, label, p.leaf); err != nil {
		return back, err
	}
	for _, c := range p.chain {
		if err := t.StoreCertificate(ctx, c.SubjectKeyId, "CA", c); err != nil {
			return back, err
		}
	}
	for _, c := range certs {
		if !slices.Contains(order.Text.All("清除证书"), seal.Fingerprint(c.Leaf)) || c.Leaf.Equal(p.leaf) {
			continue
		}
		if err := t.Destroy(ctx, hsm.KeyQuery{ID: c.ID, Label: labelWithoutID(c)}); err != nil {
			return back, err
		}
	}
	return back, nil
}
