package hsm

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/miekg/pkcs11"
)

// ckmEdDSA is CKM_EDDSA of PKCS#11 3.0, which miekg/pkcs11 does not name.
const ckmEdDSA = 0x1057

// Signer is one private key in a token, a crypto.Signer. ECDSA P-256 and RSA
// take a digest; Ed25519 takes the message. RSA signs PKCS#1 v1.5, or PSS when
// asked with *rsa.PSSOptions.
type Signer struct {
	token  *Token
	id     []byte
	label  string
	public crypto.PublicKey
	// always: CKA_ALWAYS_AUTHENTICATE, the token wants the PIN per signature.
	always bool
	found  atomic.Pointer[foundKey]
}

// foundKey is a private key's handle, good within one generation of its Token.
type foundKey struct {
	handle pkcs11.ObjectHandle
	gen    uint64
}

var _ crypto.Signer = (*Signer)(nil)

// Public is the public key: *ecdsa.PublicKey, *rsa.PublicKey or
// ed25519.PublicKey.
func (k *Signer) Public() crypto.PublicKey { return k.public }

// ID is the key's CKA_ID, Label its CKA_LABEL.
func (k *Signer) ID() []byte    { return append([]byte(nil), k.id...) }
func (k *Signer) Label() string { return k.label }

// AlwaysAuthenticate says that the token wants its PIN for each signature.
func (k *Signer) AlwaysAuthenticate() bool { return k.always }

// Sign is SignContext without a deadline. rand is not used: the token has its
// own.
func (k *Signer) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return k.SignContext(context.Background(), digest, opts)
}

// SignContext signs the digest (for Ed25519: the message). When the context
// ends first it returns at once; the token may still finish the signature,
// which is then thrown away.
func (k *Signer) SignContext(ctx context.Context, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	plan, err := k.plan(digest, opts)
	if err != nil {
		return nil, err
	}
	raw, err := do(ctx, k.token, "C_Sign", func(s session) ([]byte, error) {
		return k.signWith(s, plan)
	})
	if err != nil {
		return nil, err
	}
	if _, ok := k.public.(*ecdsa.PublicKey); ok {
		return derOf(raw)
	}
	return raw, nil
}

func (k *Signer) signWith(s session, plan plan) ([]byte, error) {
	api := k.token.mod.api
	handle, err := k.locate(s)
	if err != nil {
		return nil, err
	}
	if err := api.SignInit(s.handle, plan.mechanism, handle); err != nil {
		return nil, failed("C_SignInit", err)
	}
	if k.always {
		slot, _, err := k.token.locate()
		if err != nil {
			return nil, err
		}
		if err := k.token.sendPIN(s, slot, pkcs11.CKU_CONTEXT_SPECIFIC); err != nil {
			return nil, err
		}
	}
	raw, err := api.Sign(s.handle, plan.input)
	if err != nil {
		return nil, failed("C_Sign", err)
	}
	return raw, nil
}

// locate is the private key's handle, looked up again after each loss; the key
// that comes back must be the one we know.
func (k *Signer) locate(s session) (pkcs11.ObjectHandle, error) {
	if f := k.found.Load(); f != nil && f.gen == s.gen {
		return f.handle, nil
	}
	again, err := k.token.lookUp(s, KeyQuery{ID: k.id, Label: k.label})
	if err != nil {
		return 0, err
	}
	if same, ok := k.public.(interface{ Equal(crypto.PublicKey) bool }); !ok || !same.Equal(again.public) {
		return 0, &Error{Kind: KeyChanged, Op: "find key", Detail: fmt.Sprintf("id %x", k.id)}
	}
	f := again.found.Load()
	k.found.Store(f)
	return f.handle, nil
}

// plan is what one signature needs: mechanism and input.
type plan struct {
	mechanism []*pkcs11.Mechanism
	input     []byte
}

func (k *Signer) plan(digest []byte, opts crypto.SignerOpts) (plan, error) {
	hash := crypto.Hash(0)
	if opts != nil {
		hash = opts.HashFunc()
	}
	refuse := func(why string) (plan, error) {
		return plan{}, &Error{Kind: Unsupported, Op: "C_Sign", Detail: why}
	}
	if _, ok := k.public.(ed25519.PublicKey); ok {
		if hash != 0 {
			return refuse("Ed25519 signs the message itself, not a digest")
		}
		return plan{mechanism(ckmEdDSA, nil), digest}, nil
	}
	h, ok := hashes[hash]
	if !ok {
		return refuse(fmt.Sprintf("hash function %d", hash))
	}
	if len(digest) != hash.Size() {
		return refuse(fmt.Sprintf("a digest of %d bytes where %v has %d", len(digest), hash, hash.Size()))
	}
	switch pub := k.public.(type) {
	case *ecdsa.PublicKey:
		// FIPS 186-5: the leftmost bits of a digest longer than the order.
		return plan{mechanism(pkcs11.CKM_ECDSA, nil), digest[:min(len(digest), 32)]}, nil
	case *rsa.PublicKey:
		pss, ok := opts.(*rsa.PSSOptions)
		if !ok {
			return plan{mechanism(pkcs11.CKM_RSA_PKCS, nil), append(append([]byte(nil), h.prefix...), digest...)}, nil
		}
		salt := pss.SaltLength
		switch salt {
		case rsa.PSSSaltLengthEqualsHash, rsa.PSSSaltLengthAuto:
			salt = hash.Size()
		}
		if salt < 0 || salt > pub.Size()-hash.Size()-2 {
			return refuse("salt length")
		}
		return plan{mechanism(pkcs11.CKM_RSA_PKCS_PSS, pkcs11.NewPSSParams(h.mechanism, h.mgf, uint(salt))), digest}, nil
	}
	return refuse("key type")
}

func mechanism(kind uint, parameter []byte) []*pkcs11.Mechanism {
	if parameter == nil {
		return []*pkcs11.Mechanism{pkcs11.NewMechanism(kind, nil)}
	}
	return []*pkcs11.Mechanism{pkcs11.NewMechanism(kind, parameter)}
}

// hashes holds, for each hash that may be signed, its DigestInfo prefix (RFC
// 8017, 9.2 note 1) and its PKCS#11 names. SHA-1 is left out on purpose.
var hashes = map[crypto.Hash]struct {
	prefix         []byte
	mechanism, mgf uint
}{
	crypto.SHA256: {digestInfo(1, 32), pkcs11.CKM_SHA256, pkcs11.CKG_MGF1_SHA256},
	crypto.SHA384: {digestInfo(2, 48), pkcs11.CKM_SHA384, pkcs11.CKG_MGF1_SHA384},
	crypto.SHA512: {digestInfo(3, 64), pkcs11.CKM_SHA512, pkcs11.CKG_MGF1_SHA512},
}

// digestInfo is the DER of SEQUENCE { AlgorithmIdentifier, OCTET STRING } up to
// the digest, for 2.16.840.1.101.3.4.2.arc with NULL parameters.
func digestInfo(arc, size byte) []byte {
	return []byte{0x30, 17 + size, 0x30, 13, 0x06, 9, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, arc, 0x05, 0, 0x04, size}
}

// derOf turns the token's r‖s into the SEQUENCE of two INTEGERs of X.509. By
// hand, because it stands in the way of every signature: with 32 bytes each, no
// length needs more than one byte.
func derOf(raw []byte) ([]byte, error) {
	if len(raw) != 64 {
		return nil, &Error{Kind: Unsupported, Op: "C_Sign", Detail: fmt.Sprintf("an ECDSA P-256 signature of %d bytes", len(raw))}
	}
	der := append(make([]byte, 0, 72), 0x30, 0)
	der = appendInteger(der, raw[:32])
	der = appendInteger(der, raw[32:])
	der[1] = byte(len(der) - 2)
	return der, nil
}

func appendInteger(der, n []byte) []byte {
	for len(n) > 1 && n[0] == 0 {
		n = n[1:]
	}
	if n[0]&0x80 != 0 {
		der = append(der, 0x02, byte(len(n)+1), 0)
	} else {
		der = append(der, 0x02, byte(len(n)))
	}
	return append(der, n...)
}
