package hsm

import (
	"context"
	"fmt"

	"github.com/miekg/pkcs11"
)

// Algorithm is what a new key is for.
type Algorithm string

// The algorithms of keys that this package makes.
const (
	ECDSAP256 Algorithm = "ecdsa-p256"
	RSA2048   Algorithm = "rsa-2048"
	RSA3072   Algorithm = "rsa-3072"
	Ed25519   Algorithm = "ed25519"
)

// KeySpec describes a key to make. An empty ID becomes 16 random bytes.
type KeySpec struct {
	Algorithm          Algorithm
	ID                 []byte
	Label              string
	AlwaysAuthenticate bool // the token shall want its PIN for each signature
}

// GenerateKey makes a key pair inside the token: sensitive, not extractable,
// for signing only. What the token says of the finished key is checked, and a
// key that could leave it is destroyed again. An id or label that is taken is
// KeyExists.
func (t *Token) GenerateKey(ctx context.Context, spec KeySpec) (*Signer, error) {
	mech, extra, err := spec.mechanism()
	if err != nil {
		return nil, err
	}
	return do(ctx, t, "C_GenerateKeyPair", func(s session) (*Signer, error) {
		id := spec.ID
		if len(id) == 0 {
			var err error
			if id, err = t.mod.api.GenerateRandom(s.handle, 16); err != nil {
				return nil, failed("C_GenerateRandom", err)
			}
		}
		for _, q := range []KeyQuery{{ID: id}, {Label: spec.Label}} {
			if err := t.vacant(s, q, pkcs11.CKO_PRIVATE_KEY); err != nil {
				return nil, err
			}
		}
		common := []*pkcs11.Attribute{
			pkcs11.NewAttribute(pkcs11.CKA_TOKEN, true),
			pkcs11.NewAttribute(pkcs11.CKA_ID, id),
			pkcs11.NewAttribute(pkcs11.CKA_LABEL, spec.Label),
		}
		public := append(append(extra[:len(extra):len(extra)], common...), pkcs11.NewAttribute(pkcs11.CKA_PRIVATE, false), pkcs11.NewAttribute(pkcs11.CKA_VERIFY, true))
		private := append(common[:len(common):len(common)],
			pkcs11.NewAttribute(pkcs11.CKA_PRIVATE, true),
			pkcs11.NewAttribute(pkcs11.CKA_SENSITIVE, true),
			pkcs11.NewAttribute(pkcs11.CKA_EXTRACTABLE, false),
			pkcs11.NewAttribute(pkcs11.CKA_SIGN, true),
		)
		if spec.AlwaysAuthenticate {
			private = append(private, pkcs11.NewAttribute(pkcs11.CKA_ALWAYS_AUTHENTICATE, true))
		}
		pub, priv, err := t.mod.api.GenerateKeyPair(s.handle, mechanism(mech, nil), public, private)
		if err != nil && spec.Algorithm == Ed25519 && KindOf(failed("", err)) == Unsupported {
			// Some modules know the curve by its OID only.
			public[0] = pkcs11.NewAttribute(pkcs11.CKA_EC_PARAMS, []byte(curveEd25519OID))
			pub, priv, err = t.mod.api.GenerateKeyPair(s.handle, mechanism(mech, nil), public, private)
		}
		if err != nil {
			return nil, failed("C_GenerateKeyPair", err)
		}
		k, err := t.describeKey(s, priv)
		if err == nil {
			err = t.confined(s, priv)
		}
		if err == nil && k.always != spec.AlwaysAuthenticate {
			err = &Error{Kind: Unsupported, Op: "C_GenerateKeyPair", Detail: "the token ignores CKA_ALWAYS_AUTHENTICATE"}
		}
		if err != nil {
			_ = t.mod.api.DestroyObject(s.handle, priv)
			_ = t.mod.api.DestroyObject(s.handle, pub)
			return nil, err
		}
		return k, nil
	})
}

func (k KeySpec) mechanism() (uint, []*pkcs11.Attribute, error) {
	if k.Label == "" {
		return 0, nil, &Error{Kind: Unsupported, Op: "C_GenerateKeyPair", Detail: "a key needs a label"}
	}
	rsa := func(bits int) []*pkcs11.Attribute {
		return []*pkcs11.Attribute{
			pkcs11.NewAttribute(pkcs11.CKA_MODULUS_BITS, bits),
			pkcs11.NewAttribute(pkcs11.CKA_PUBLIC_EXPONENT, []byte{1, 0, 1}),
		}
	}
	curve := func(name string) []*pkcs11.Attribute {
		return []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_EC_PARAMS, []byte(name))}
	}
	switch k.Algorithm {
	case ECDSAP256:
		return pkcs11.CKM_EC_KEY_PAIR_GEN, curve(curveP256), nil
	case RSA2048:
		return pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN, rsa(2048), nil
	case RSA3072:
		return pkcs11.CKM_RSA_PKCS_KEY_PAIR_GEN, rsa(3072), nil
	case Ed25519:
		return ckmEdwardsKeyPair, curve(curveEd25519), nil
	}
	return 0, nil, &Error{Kind: Unsupported, Op: "C_GenerateKeyPair", Detail: fmt.Sprintf("algorithm %q", k.Algorithm)}
}

// Supports says whether the token names the signing mechanism of an algorithm,
// as nil or Unsupported. A token may still refuse a key: only a signature shows.
func (t *Token) Supports(ctx context.Context, algorithm Algorithm) error {
	want, ok := map[Algorithm]uint{
		ECDSAP256: pkcs11.CKM_ECDSA, RSA2048: pkcs11.CKM_RSA_PKCS, RSA3072: pkcs11.CKM_RSA_PKCS, Ed25519: ckmEdDSA,
	}[algorithm]
	missing := &Error{Kind: Unsupported, Op: "C_GetMechanismList", Detail: fmt.Sprintf("algorithm %q", algorithm)}
	if !ok {
		return missing
	}
	_, err := do(ctx, t, "C_GetMechanismList", func(session) (struct{}, error) {
		none := struct{}{}
		slot, _, err := t.locate()
		if err != nil {
			return none, err
		}
		list, err := t.mod.api.GetMechanismList(slot)
		if err != nil {
			return none, failed("C_GetMechanismList", err)
		}
		for _, m := range list {
			if m.Mechanism == want {
				return none, nil
			}
		}
		return none, missing
	})
	return err
}

// vacant refuses when an object of that class answers to the query.
func (t *Token) vacant(s session, q KeyQuery, class uint) error {
	handles, err := t.search(s, q.attributes(class))
	if err != nil {
		return err
	}
	if len(handles) > 0 {
		return &Error{Kind: KeyExists, Op: "find key", Detail: q.String()}
	}
	return nil
}

// confined checks that a new key stays in the token. CKA_LOCAL is not asked:
// NSS softoken says false of keys that it has just made itself.
func (t *Token) confined(s session, h pkcs11.ObjectHandle) error {
	attrs, err := t.read(s, h, pkcs11.CKA_SENSITIVE, pkcs11.CKA_EXTRACTABLE, pkcs11.CKA_TOKEN)
	if err != nil {
		return err
	}
	for i, want := range []byte{1, 0, 1} {
		if len(attrs[i]) != 1 || attrs[i][0] != want {
			return &Error{Kind: NotPermitted, Op: "C_GenerateKey", Detail: fmt.Sprintf("the new key is not confined to the token: sensitive, extractable, token are %x", attrs)}
		}
	}
	return nil
}
