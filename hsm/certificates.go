package hsm

import (
	"bytes"
	"context"
	"crypto/x509"

	"github.com/miekg/pkcs11"
)

// Certificate is a person's certificate on a token, readable without a PIN.
type Certificate struct {
	Leaf  *x509.Certificate
	Chain []*x509.Certificate // issuers found on the same token, nearest first
	ID    []byte              // CKA_ID, that of its key
	Label string
}

// Certificates lists the end-entity certificates of the token in that slot. It
// asks for no PIN and says nothing about whether a certificate is valid or its
// key is there. What Go cannot parse is left out; if that leaves nothing, the
// answer is Unsupported.
func (m *Module) Certificates(ctx context.Context, slot uint) ([]Certificate, error) {
	return use(ctx, m, "find certificate", func() ([]Certificate, error) {
		s, err := m.api.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION)
		if err != nil {
			return nil, failed("C_OpenSession", err)
		}
		list, err := m.certificates(s)
		if closing := m.api.CloseSession(s); err == nil {
			err = failed("C_CloseSession", closing)
		}
		return list, err
	})
}

func (m *Module) certificates(s pkcs11.SessionHandle) ([]Certificate, error) {
	handles, err := search(m.api, s, KeyQuery{}.attributes(pkcs11.CKO_CERTIFICATE))
	if err != nil {
		return nil, err
	}
	var leaves []Certificate
	var issuers []*x509.Certificate
	strange := 0
	for _, h := range handles {
		attrs, err := read(m.api, s, h, pkcs11.CKA_VALUE, pkcs11.CKA_ID, pkcs11.CKA_LABEL)
		if err != nil {
			return nil, err
		}
		cert, err := x509.ParseCertificate(attrs[0])
		switch {
		case err != nil:
			strange++
		case cert.IsCA:
			issuers = append(issuers, cert)
		default:
			leaves = append(leaves, Certificate{Leaf: cert, ID: attrs[1], Label: string(attrs[2])})
		}
	}
	if len(leaves) == 0 && strange > 0 {
		return nil, &Error{Kind: Unsupported, Op: "find certificate", Detail: "no certificate on the token can be parsed"}
	}
	for i := range leaves {
		leaves[i].Chain = chain(leaves[i].Leaf, issuers)
	}
	return leaves, nil
}

// chain walks from a leaf up through the issuers at hand.
func chain(leaf *x509.Certificate, issuers []*x509.Certificate) []*x509.Certificate {
	var up []*x509.Certificate
	for at := leaf; len(up) < len(issuers); {
		next := (*x509.Certificate)(nil)
		for _, c := range issuers {
			if bytes.Equal(c.RawSubject, at.RawIssuer) && !c.Equal(at) && at.CheckSignatureFrom(c) == nil {
				next = c
				break
			}
		}
		if next == nil {
			break
		}
		up = append(up, next)
		at = next
	}
	return up
}
