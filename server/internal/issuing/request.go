package issuing

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"math/big"

	"sealdesk/server/internal/fault"
)

// ReadRequest reads a PKCS#10 request as an agent brings it (hsm/seal/SPEC.md,
// orders) and checks everything that can be checked of it: DER without a rest,
// signed by the key in it, a key that the portal takes. order is the digest
// that its subject names.
func ReadRequest(der []byte) (request *x509.CertificateRequest, order string, err error) {
	request, err = x509.ParseCertificateRequest(der)
	if err != nil {
		// A point off the curve ends here too: x509 parses no such key.
		return nil, "", fault.Wrap(err, fault.Invalid, "证书申请读不出来，或者里面的公钥不成立。请回到办理页面重新生成密钥。")
	}
	if err := CheckRequest(request); err != nil {
		return nil, "", err
	}
	order = request.Subject.CommonName
	raw, err := hex.DecodeString(order)
	if err != nil || len(raw) != sha256.Size || hex.EncodeToString(raw) != order || len(request.Subject.Names) != 1 {
		return nil, "", fault.New(fault.Invalid, "证书申请没有写明它是哪一次办理的，不能受理。请回到办理页面，从那里生成密钥。")
	}
	return request, order, nil
}

// CheckRequest holds the signature and the key of a request.
func CheckRequest(request *x509.CertificateRequest) error {
	switch request.SignatureAlgorithm {
	case x509.ECDSAWithSHA256, x509.SHA256WithRSA, x509.SHA256WithRSAPSS:
	default:
		return fault.New(fault.Invalid, "证书申请的签名算法不在准许之列，须为 ECDSA 或 RSA 加 SHA-256。请升级钥匙的驱动，或换一把钥匙。")
	}
	if err := request.CheckSignature(); err != nil {
		return fault.Wrap(err, fault.Invalid, "证书申请不是里面那一个公钥的私钥签的，不能受理。请在钥匙里重新生成密钥。")
	}
	return CheckKey(request.PublicKey)
}

// CheckKey says whether the portal takes a public key: ECDSA on P-256, or RSA
// of 2048 to 4096 bits without the signs of a bad generator.
func CheckKey(public any) error {
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		if key.Curve != elliptic.P256() {
			return fault.New(fault.Invalid, "公钥不在 P-256 曲线上，不能受理。请选 ECDSA P-256 或 RSA 2048 重新生成。")
		}
		if _, err := key.ECDH(); err != nil {
			return fault.Wrap(err, fault.Invalid, "公钥的点不在曲线上，不能受理。请换一把钥匙，并把这一把交厂家检查。")
		}
		return nil
	case *rsa.PublicKey:
		return checkRSA(key)
	}
	return fault.New(fault.Invalid, "公钥的种类不在准许之列。请选 ECDSA P-256 或 RSA 2048 重新生成。")
}

// smallPrimes is the product of the odd primes up to 751: a modulus that shares
// a factor with it was made by a broken generator.
var smallPrimes = func() *big.Int {
	product := big.NewInt(1)
	for n := int64(3); n <= 751; n += 2 {
		if p := big.NewInt(n); p.ProbablyPrime(20) {
			product.Mul(product, p)
		}
	}
	return product
}()

func checkRSA(key *rsa.PublicKey) error {
	bits := key.N.BitLen()
	switch {
	case bits < 2048 || bits > 4096:
		return fault.New(fault.Invalid, "RSA 公钥有 %d 位，须为 2048 至 4096 位。请重新生成。", bits)
	case key.E < 65537 || key.E%2 == 0:
		return fault.New(fault.Invalid, "RSA 公钥的指数过小或为偶数，不能受理。请升级钥匙的驱动后重新生成。")
	case key.N.Bit(0) == 0, new(big.Int).GCD(nil, nil, key.N, smallPrimes).Cmp(big.NewInt(1)) != 0:
		return fault.New(fault.Invalid, "RSA 公钥的模数有小因子，这把钥匙生成的密钥不可靠，不能受理。请换一把钥匙，并把这一把交厂家检查。")
	}
	return nil
}
