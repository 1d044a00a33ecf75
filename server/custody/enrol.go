package custody

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"strings"
	"time"
	"unicode"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// Certified is the key of a certificate, without power yet: who will hold it,
// in which token its private key lies, and who issued it.
func Certified(leaf *x509.Certificate, staff string, t Token, issuer string) Key {
	return Key{Fingerprint: seal.Fingerprint(leaf), Staff: staff, Certificate: leaf.Raw, TokenLabel: t.Label, Token: t.Serial,
		Serial: leaf.SerialNumber.Text(16), Issuer: issuer, Public: PublicDigest(leaf.RawSubjectPublicKeyInfo)}
}

// PublicDigest names a public key: SHA-256 of its SubjectPublicKeyInfo, DER, as
// lower-case hex.
func PublicDigest(spki []byte) string {
	sum := sha256.Sum256(spki)
	return hex.EncodeToString(sum[:])
}

// Bears refuses a certificate of an external authority that does not name the
// person in the very spelling of the file: another's, or one that differs only
// in case, in a blank or in the width of a letter. What an authority sets beside
// the name (a number, an @) is not its business.
func Bears(commonName, person string) error {
	for _, part := range strings.FieldsFunc(commonName, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsSpace(r) && r != '·' }) {
		if part == person && person != "" {
			return nil
		}
	}
	return fault.New(fault.Invalid, "证书上写的姓名是“%s”，与领用人备案的姓名不是同一个写法（大小写、空格、异体字都算不同），不能登记。请核对是不是别人的证书；写法有误的，请向颁发机构换发，或改用本签台签发的证书。",
		printable(commonName)).At("certificate", "证书上的姓名与领用人不符。")
}

// printable shows a name from outside in a sentence.
func printable(text string) string {
	clean := strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text)
	if short := []rune(clean); len(short) > 40 {
		return string(short[:40]) + "…"
	}
	return clean
}

// Fresh refuses a key pair or a certificate number that the register has seen
// before, whoever held it, whoever issued it and whatever became of it: people
// compare certificates by their numbers. alike are the keys with the same public
// key, certificate or number, and those whose row does not name its public key:
// of these the certificate tells it.
func Fresh(next Key, alike []Key) error {
	for _, k := range alike {
		switch {
		case k.Fingerprint == next.Fingerprint:
			return fault.New(fault.Conflict, "这张证书已经登记过，同一张证书不能登记两次。请在钥匙里重新生成密钥。")
		case next.Public != "" && k.public() == next.Public:
			return fault.New(fault.Conflict, "这个公钥已经登记过，同一对密钥不能登记两次。请在钥匙里重新生成密钥。")
		case k.Serial != "" && k.Serial == next.Serial:
			return fault.New(fault.Conflict, "证书序列号与登记过的另一张相同，不能登记。请改用本签台签发的证书重新办理；再次出现，请告诉系统管理员。")
		}
	}
	return nil
}

// public is the digest of the key's public key, empty if nothing tells it.
func (k Key) public() string {
	if k.Public != "" {
		return k.Public
	}
	c, err := x509.ParseCertificate(k.Certificate)
	if err != nil {
		return ""
	}
	return PublicDigest(c.RawSubjectPublicKeyInfo)
}

// Renewed puts a new key beside the one that its holder seals with: it waits
// in the same token, and takes over when its holder seals with it.
func (h Holding) Renewed(k Key, holder string, now time.Time) (Holding, error) {
	switch {
	case h.Token.State != Issued || h.Key.State != Issued:
		return h, fault.New(fault.Conflict, "钥匙 %s 现在是“%s”，不能换发证书。", h.Token.Serial, h.Token.State.Word())
	case holder != h.Token.Custodian || holder != h.Key.Staff || holder != k.Staff:
		return h, fault.New(fault.Forbidden, "只能为您自己保管的钥匙换发证书。")
	case h.Next.Fingerprint != "":
		return h, fault.New(fault.Conflict, "钥匙 %s 已有一张新证书等您接管。请先接管；要重做，请先放弃那一张。", h.Token.Serial)
	}
	k.Token, k.State, k.Since = h.Token.Serial, Pending, now
	h.Next = k
	return h, nil
}

// DropNext gives a renewal up: the new certificate ends without ever having had
// power, and the key in use goes on.
func (h Holding) DropNext(holder string, now time.Time) (Holding, error) {
	switch {
	case h.Next.Fingerprint == "":
		return h, fault.New(fault.Conflict, "钥匙 %s 没有等您接管的新证书，没有可以放弃的。", h.Token.Serial)
	case holder == "" || holder != h.Token.Custodian || holder != h.Next.Staff:
		return h, fault.New(fault.Forbidden, "只能放弃您自己换发的证书。")
	}
	h.Former = append(h.Former, h.Next.ended(Revoked, holder, GivenUp, now))
	h.Next = Key{}
	return h, nil
}

// takeOverNext ends the old key and puts the new one in its place.
func (h Holding) takeOverNext(taker string, now time.Time) (Holding, error) {
	if taker != h.Token.Custodian || taker != h.Next.Staff {
		return h, fault.New(fault.Forbidden, "钥匙 %s 不是您保管的，不能由您接管。", h.Token.Serial)
	}
	old := h.Key.ended(Revoked, taker, Superseded, now)
	h.Former = append(h.Former, old)
	h.Key, h.Next = h.Next, Key{}
	h.Key.State, h.Key.Since, h.Key.By, h.Key.Reason = Issued, now, "", ""
	return h, h.Token.check()
}

// Superseded is the reason of a key that its holder's next one took over from,
// Handed of one that was given to a colleague, GivenUp of one that was made and
// not wanted.
const (
	Superseded = "换发证书"
	Handed     = "交接"
	GivenUp    = "放弃换发"
)

// RevocationReason is why a key stands on the CRL (RFC 5280 section 5.3.1), and
// whether it stands there at all.
func (k Key) RevocationReason() (code int, listed bool) {
	switch {
	case k.State == Lost:
		return 1, true // keyCompromise
	case k.State == Suspended:
		return 6, true // certificateHold
	case k.State != Revoked:
		return 0, false
	case k.Reason == Superseded:
		return 4, true
	case k.Reason == Handed:
		return 3, true // affiliationChanged
	}
	return 5, true // cessationOfOperation
}

// Own reports whether the portal's own authority issued the certificate.
func (k Key) Own() bool { return k.Issuer == OwnCA }
