package audit

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// GenesisFingerprint is what `init` prints on paper: the SHA-256 of entry 0's
// bytes as 16 groups of four hex digits. The same digits come from any tool
// that prints a SHA-256.
func GenesisFingerprint(entry []byte) string {
	sum := sha256.Sum256(entry)
	digits := hex.EncodeToString(sum[:])
	var groups []string
	for i := 0; i < len(digits); i += 4 {
		groups = append(groups, digits[i:i+4])
	}
	return strings.Join(groups, " ")
}

// sameFingerprint compares a printed fingerprint, as typed from paper (any
// spacing, either case), with an entry.
func sameFingerprint(printed, entry []byte) bool {
	typed := strings.ToLower(strings.Join(strings.Fields(string(printed)), ""))
	sum := sha256.Sum256(entry)
	return typed == hex.EncodeToString(sum[:])
}

// IsFingerprint reports whether a text can be a printed fingerprint at all.
func IsFingerprint(printed []byte) bool {
	typed := strings.ToLower(strings.Join(strings.Fields(string(printed)), ""))
	var d Digest
	return hexDigest([]byte(typed), &d)
}

// genesis takes the trusted authority from the first sealed statement, which
// must be the one that opened the log.
func (c *bodyCheck) genesis(e Entry, s seal.Statement) (bool, error) {
	if e.Number != 0 || s.Kind() != seal.Genesis {
		c.findings.add(int64(e.Number), labelStatement, "日志的第 0 号条目应是启用陈述，由它确定签发机构。")
		return false, nil
	}
	if !c.opensThisLog(s) {
		return false, nil
	}
	path := filepath.Join(c.dir, CAPath)
	data, err := readWhole(path, 1<<20, nil)
	if err != nil {
		return false, fault.Wrap(err, fault.Unavailable, "读不到签发机构证书 %s，无法判断。", path)
	}
	roots, err := ParseRoots(data)
	if err != nil {
		return false, err
	}
	words := strings.Fields(s.Text.Get("签发机构")) // a name may stand before the fingerprint
	for _, cert := range roots {
		of := &c.further
		if words[len(words)-1] == seal.Fingerprint(cert) {
			of = &c.trust
		}
		if of.Roots == nil {
			of.Roots = x509.NewCertPool()
		}
		of.Roots.AddCert(cert)
	}
	if c.trust.Roots == nil {
		c.findings.add(0, "签发机构", "%s 里没有启用陈述所列的签发机构。", CAPath)
		return false, nil
	}
	c.portal = portalOf(s)
	return true, nil
}

// opensThisLog holds that the people who opened the log signed its name and its
// key: another log's genesis would lend this one its authority.
func (c *bodyCheck) opensThisLog(s seal.Statement) bool {
	if s.Text.Get("日志名称") != c.log.Name() {
		c.findings.add(0, "日志名称", "启用陈述所列的不是这个日志的名称（%s）：它启用的是另一个日志。", c.log.Name())
		return false
	}
	named, err := note.NewVerifier(s.Text.Get("日志公钥"))
	if err != nil || named.Name() != c.log.Name() || named.KeyHash() != c.log.KeyHash() {
		c.findings.add(0, "日志公钥", "启用陈述所列的不是核对所用的日志公钥：它启用的是另一个日志，或这个日志换过公钥。")
		return false
	}
	return true
}

// ParseRoots reads PEM certificates; there must be at least one, and nothing
// but certificates.
func ParseRoots(data []byte) ([]*x509.Certificate, error) {
	var certs []*x509.Certificate
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil || block.Type != "CERTIFICATE" {
			return nil, fault.Wrap(err, fault.Invalid, "签发机构证书文件里有不是证书的内容。")
		}
		certs = append(certs, cert)
	}
	if len(certs) == 0 {
		return nil, fault.New(fault.Invalid, "签发机构证书文件里没有 PEM 证书。")
	}
	return certs, nil
}
