package hsm

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/binary"
	"fmt"
	"math/big"

	"github.com/miekg/pkcs11"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

const (
	ckkEdwards               = 0x40   // CKK_EC_EDWARDS of PKCS#11 3.0
	ckmEdwardsKeyPair        = 0x1055 // CKM_EC_EDWARDS_KEY_PAIR_GEN
	minimumRSA               = 2048   // bits
	unsupportedBy            = "read public key"
	curveP256                = "\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07" // OID, RFC 5480
	curveEd25519             = "\x13\x0cedwards25519"                     // name, PKCS#11 3.0
	curveEd25519OID   string = "\x06\x03\x2b\x65\x70"                     // OID, RFC 8410
)

// readPublic makes a public key of an object's attributes.
func (t *Token) readPublic(s session, h pkcs11.ObjectHandle, keyType []byte) (crypto.PublicKey, error) {
	switch ulong(keyType) {
	case pkcs11.CKK_RSA:
		attrs, err := t.read(s, h, pkcs11.CKA_MODULUS, pkcs11.CKA_PUBLIC_EXPONENT)
		if err != nil {
			return nil, err
		}
		e := new(big.Int).SetBytes(attrs[1])
		if !e.IsInt64() || e.Int64() > 1<<31-1 {
			return nil, &Error{Kind: Unsupported, Op: unsupportedBy, Detail: "RSA exponent too large"}
		}
		return accepted(&rsa.PublicKey{N: new(big.Int).SetBytes(attrs[0]), E: int(e.Int64())})
	case pkcs11.CKK_EC:
		attrs, err := t.read(s, h, pkcs11.CKA_EC_PARAMS, pkcs11.CKA_EC_POINT)
		if err != nil {
			return nil, err
		}
		if string(attrs[0]) != curveP256 {
			return nil, &Error{Kind: Unsupported, Op: unsupportedBy, Detail: fmt.Sprintf("curve %x", attrs[0])}
		}
		pub, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point(attrs[1], 65))
		if err != nil {
			return nil, &Error{Kind: Unsupported, Op: unsupportedBy, Detail: "CKA_EC_POINT is no point of P-256"}
		}
		return accepted(pub)
	case ckkEdwards:
		attrs, err := t.read(s, h, pkcs11.CKA_EC_POINT)
		if err != nil {
			return nil, err
		}
		return accepted(ed25519.PublicKey(point(attrs[0], ed25519.PublicKeySize)))
	}
	return nil, &Error{Kind: Unsupported, Op: unsupportedBy, Detail: fmt.Sprintf("key type %#x", ulong(keyType))}
}

// point unwraps CKA_EC_POINT, which should be a DER OCTET STRING and is the
// bare point in some modules: size tells which.
func point(value []byte, size int) []byte {
	if len(value) == size {
		return value
	}
	var inner cryptobyte.String
	outer := cryptobyte.String(value)
	if outer.ReadASN1(&inner, asn1.OCTET_STRING) && outer.Empty() {
		return inner
	}
	return value
}

// accepted passes the keys that this package signs with.
func accepted(pub crypto.PublicKey) (crypto.PublicKey, error) {
	why := fmt.Sprintf("%T", pub)
	switch k := pub.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() >= minimumRSA && k.E >= 3 && k.E&1 == 1 {
			return k, nil
		}
		why = fmt.Sprintf("RSA of %d bits", k.N.BitLen())
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P256() {
			return k, nil
		}
		why = "ECDSA on " + k.Curve.Params().Name
	case ed25519.PublicKey:
		if len(k) == ed25519.PublicKeySize {
			return k, nil
		}
		why = fmt.Sprintf("Ed25519 of %d bytes", len(k))
	}
	return nil, &Error{Kind: Unsupported, Op: unsupportedBy, Detail: why}
}

// ulong reads a CK_ULONG as the module laid it out in memory: 4 bytes on
// Windows, 8 elsewhere, in the machine's order.
func ulong(value []byte) uint {
	switch len(value) {
	case 8:
		return uint(binary.NativeEndian.Uint64(value))
	case 4:
		return uint(binary.NativeEndian.Uint32(value))
	}
	return ^uint(0)
}

func derInteger(n *big.Int) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1BigInt(n)
	return b.Bytes()
}
