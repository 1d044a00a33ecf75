package hsm

import (
	"bytes"
	"context"
	"crypto"
	"crypto/x509"
	"fmt"

	"github.com/miekg/pkcs11"
)

// KeyQuery names a key by CKA_ID, by CKA_LABEL or by both.
type KeyQuery struct {
	ID    []byte
	Label string
}

func (q KeyQuery) attributes(class uint) []*pkcs11.Attribute {
	list := []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_CLASS, class)}
	if len(q.ID) > 0 {
		list = append(list, pkcs11.NewAttribute(pkcs11.CKA_ID, q.ID))
	}
	if q.Label != "" {
		list = append(list, pkcs11.NewAttribute(pkcs11.CKA_LABEL, q.Label))
	}
	return list
}

func (q KeyQuery) String() string { return fmt.Sprintf("id %x label %q", q.ID, q.Label) }

// Signer finds the one private key that matches, with its public key from the
// public key object, the certificate or, for RSA, the private key itself.
func (t *Token) Signer(ctx context.Context, q KeyQuery) (*Signer, error) {
	return do(ctx, t, "find key", func(s session) (*Signer, error) { return t.lookUp(s, q) })
}

// Signers lists every private key whose public key can be told.
func (t *Token) Signers(ctx context.Context) ([]*Signer, error) {
	return do(ctx, t, "find key", func(s session) ([]*Signer, error) {
		handles, err := t.search(s, KeyQuery{}.attributes(pkcs11.CKO_PRIVATE_KEY))
		if err != nil {
			return nil, err
		}
		var list []*Signer
		for _, h := range handles {
			k, err := t.describeKey(s, h)
			if kind := KindOf(err); kind == KeyWithoutCertificate || kind == Unsupported {
				continue
			}
			if err != nil {
				return nil, err
			}
			list = append(list, k)
		}
		return list, nil
	})
}

// Certificate is the certificate beside the key that matches. A key without one
// is KeyWithoutCertificate, no key at all NoKey.
func (t *Token) Certificate(ctx context.Context, q KeyQuery) (*x509.Certificate, error) {
	return do(ctx, t, "find certificate", func(s session) (*x509.Certificate, error) {
		k, err := t.lookUp(s, q)
		if err != nil {
			return nil, err
		}
		cert, err := t.certificateOf(s, k.id, k.public)
		if err == nil && cert == nil {
			err = &Error{Kind: KeyWithoutCertificate, Op: "find certificate", Detail: q.String()}
		}
		return cert, err
	})
}

func (t *Token) lookUp(s session, q KeyQuery) (*Signer, error) {
	if len(q.ID) == 0 && q.Label == "" {
		return nil, &Error{Kind: NoKey, Op: "find key", Detail: "neither id nor label given"}
	}
	handles, err := t.search(s, q.attributes(pkcs11.CKO_PRIVATE_KEY))
	if err != nil {
		return nil, err
	}
	switch len(handles) {
	case 0:
		return nil, &Error{Kind: NoKey, Op: "find key", Detail: q.String()}
	case 1:
		return t.describeKey(s, handles[0])
	}
	return nil, &Error{Kind: TwoKeys, Op: "find key", Detail: fmt.Sprintf("%v: %d keys", q, len(handles))}
}

// describeKey reads what a Signer needs to know of a private key.
func (t *Token) describeKey(s session, h pkcs11.ObjectHandle) (*Signer, error) {
	attrs, err := t.read(s, h, pkcs11.CKA_ID, pkcs11.CKA_LABEL, pkcs11.CKA_KEY_TYPE)
	if err != nil {
		return nil, err
	}
	k := &Signer{token: t, id: attrs[0], label: string(attrs[1])}
	k.found.Store(&foundKey{handle: h, gen: s.gen})
	always, err := t.read(s, h, pkcs11.CKA_ALWAYS_AUTHENTICATE)
	switch {
	case err == nil:
		k.always = len(always[0]) > 0 && always[0][0] != 0
	case KindOf(err) != Unsupported: // a module may not know the attribute
		return nil, err
	}
	if k.public, err = t.publicOf(s, h, k.id, attrs[2]); err != nil {
		return nil, err
	}
	return k, nil
}

// publicOf finds the public key that belongs to a private one.
func (t *Token) publicOf(s session, h pkcs11.ObjectHandle, id, keyType []byte) (crypto.PublicKey, error) {
	if len(id) > 0 {
		handles, err := t.search(s, append(KeyQuery{ID: id}.attributes(pkcs11.CKO_PUBLIC_KEY), &pkcs11.Attribute{Type: pkcs11.CKA_KEY_TYPE, Value: keyType}))
		if err != nil {
			return nil, err
		}
		if len(handles) > 0 {
			return t.readPublic(s, handles[0], keyType)
		}
		cert, err := t.certificateOf(s, id, nil)
		if err != nil {
			return nil, err
		}
		if cert != nil {
			return accepted(cert.PublicKey)
		}
	}
	if ulong(keyType) == pkcs11.CKK_RSA {
		return t.readPublic(s, h, keyType)
	}
	return nil, &Error{Kind: KeyWithoutCertificate, Op: "find key", Detail: fmt.Sprintf("id %x: neither public key nor certificate", id)}
}

// certificateOf is the certificate with that CKA_ID and, if given, that public
// key; nil if there is none.
func (t *Token) certificateOf(s session, id []byte, public crypto.PublicKey) (*x509.Certificate, error) {
	handles, err := t.search(s, KeyQuery{ID: id}.attributes(pkcs11.CKO_CERTIFICATE))
	if err != nil {
		return nil, err
	}
	for _, h := range handles {
		attrs, err := t.read(s, h, pkcs11.CKA_VALUE)
		if err != nil {
			return nil, err
		}
		cert, err := x509.ParseCertificate(attrs[0])
		if err != nil {
			continue // another kind of certificate under the same id
		}
		same, ok := cert.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
		if public == nil || ok && same.Equal(public) {
			return cert, nil
		}
	}
	return nil, nil
}

// StoreCertificate puts a certificate beside its key: id is the key's CKA_ID.
// One that is there already, byte for byte, is left alone.
func (t *Token) StoreCertificate(ctx context.Context, id []byte, label string, cert *x509.Certificate) error {
	_, err := do(ctx, t, "C_CreateObject", func(s session) (struct{}, error) {
		none := struct{}{}
		handles, err := t.search(s, KeyQuery{ID: id}.attributes(pkcs11.CKO_CERTIFICATE))
		if err != nil {
			return none, err
		}
		for _, h := range handles {
			attrs, err := t.read(s, h, pkcs11.CKA_VALUE)
			if err != nil {
				return none, err
			}
			if bytes.Equal(attrs[0], cert.Raw) {
				return none, nil
			}
		}
		serial, err := derInteger(cert.SerialNumber)
		if err != nil {
			return none, failed("C_CreateObject", err)
		}
		_, err = t.mod.api.CreateObject(s.handle, []*pkcs11.Attribute{
			pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_CERTIFICATE),
			pkcs11.NewAttribute(pkcs11.CKA_CERTIFICATE_TYPE, pkcs11.CKC_X_509),
			pkcs11.NewAttribute(pkcs11.CKA_TOKEN, true),
			pkcs11.NewAttribute(pkcs11.CKA_PRIVATE, false), // readable before a PIN is typed
			pkcs11.NewAttribute(pkcs11.CKA_ID, id),
			pkcs11.NewAttribute(pkcs11.CKA_LABEL, label),
			pkcs11.NewAttribute(pkcs11.CKA_SUBJECT, cert.RawSubject),
			pkcs11.NewAttribute(pkcs11.CKA_ISSUER, cert.RawIssuer),
			pkcs11.NewAttribute(pkcs11.CKA_SERIAL_NUMBER, serial),
			pkcs11.NewAttribute(pkcs11.CKA_VALUE, cert.Raw),
		})
		return none, failed("C_CreateObject", err)
	})
	return err
}

// search is every object that matches.
func (t *Token) search(s session, template []*pkcs11.Attribute) ([]pkcs11.ObjectHandle, error) {
	return search(t.mod.api, s.handle, template)
}

func search(api Cryptoki, s pkcs11.SessionHandle, template []*pkcs11.Attribute) ([]pkcs11.ObjectHandle, error) {
	if err := api.FindObjectsInit(s, template); err != nil {
		return nil, failed("C_FindObjectsInit", err)
	}
	var all []pkcs11.ObjectHandle
	for {
		some, _, err := api.FindObjects(s, 64)
		if err != nil {
			_ = api.FindObjectsFinal(s)
			return nil, failed("C_FindObjects", err)
		}
		if len(some) == 0 {
			break
		}
		all = append(all, some...)
	}
	return all, failed("C_FindObjectsFinal", api.FindObjectsFinal(s))
}

// read is the values of those attributes, in that order.
func (t *Token) read(s session, h pkcs11.ObjectHandle, types ...uint) ([][]byte, error) {
	return read(t.mod.api, s.handle, h, types...)
}

func read(api Cryptoki, s pkcs11.SessionHandle, h pkcs11.ObjectHandle, types ...uint) ([][]byte, error) {
	template := make([]*pkcs11.Attribute, len(types))
	for i, kind := range types {
		template[i] = pkcs11.NewAttribute(kind, nil)
	}
	attrs, err := api.GetAttributeValue(s, h, template)
	if err != nil {
		return nil, failed("C_GetAttributeValue", err)
	}
	if len(attrs) != len(types) {
		return nil, &Error{Kind: ModuleCrashed, Op: "C_GetAttributeValue", Detail: "fewer attributes than asked"}
	}
	values := make([][]byte, len(attrs))
	for i, a := range attrs {
		values[i] = a.Value
	}
	return values, nil
}
