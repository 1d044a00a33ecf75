package revocation

import (
	"crypto/x509"
	"fmt"
	"net/url"
	"time"
)

// Anchor is one external authority: the certificate that signs people's
// certificates, and where its answers come from. At least one of OCSP and CRL
// must be given.
type Anchor struct {
	Name        string
	Certificate *x509.Certificate
	CRL         string // http or https address; empty: none
	OCSP        string // http or https address; empty: none
}

// The longest grace that may be configured, and how much clocks may differ.
const (
	MaxGrace = 72 * time.Hour
	skew     = 5 * time.Minute
)

// Check says what is wrong with an anchor.
func (a Anchor) Check(now time.Time) error {
	switch {
	case a.Name == "":
		return fmt.Errorf("外部签发机构没有写名称：请写上 name")
	case a.Certificate == nil || !a.Certificate.IsCA:
		return fmt.Errorf("外部签发机构“%s”的证书不是签发机构证书：请写上直接签发人员证书的那一张", a.Name)
	case now.After(a.Certificate.NotAfter):
		return fmt.Errorf("外部签发机构“%s”的证书已于 %s 过期：请换上新的", a.Name, a.Certificate.NotAfter.Format("2006-01-02"))
	case a.CRL == "" && a.OCSP == "":
		return fmt.Errorf("外部签发机构“%s”没有写吊销查询地址：crl 与 ocsp 至少写一个", a.Name)
	}
	for _, address := range []string{a.CRL, a.OCSP} {
		u, err := url.Parse(address)
		if address != "" && (err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil) {
			return fmt.Errorf("外部签发机构“%s”的查询地址写得不对：写成 http://主机/路径 或 https://主机/路径，不带用户名", a.Name)
		}
	}
	return nil
}

// State is how an anchor's answers stand.
type State struct {
	Name  string
	Asked time.Time // the last try; zero: never yet
	Good  time.Time // the last good answer; zero: none yet
	Until time.Time // end of the grace while no answer comes; zero: all is well
	Fault string    // what the last try met, for the log; empty: nothing
}

// Failing reports whether the last try got no answer that counts.
func (s State) Failing() bool { return s.Fault != "" }
