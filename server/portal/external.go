package portal

import (
	"context"
	"crypto/x509"
	"time"

	"sealdesk/server/internal/fault"
	"sealdesk/server/internal/issuing"
	"sealdesk/server/internal/revocation"
	"sealdesk/server/registration"
	"sealdesk/web/view"
)

// unrevoked asks the issuer of an external certificate whether it still holds;
// of the portal's own certificates custody is the only word.
func (p *Portal) unrevoked(c *call, leaf *x509.Certificate) error {
	if leaf.CheckSignatureFrom(p.authority.Certificate) == nil {
		return nil
	}
	if p.external == nil {
		return fault.New(fault.Forbidden, "签台现在不信任任何外部签发机构，这张证书不能使用。请与安全保密管理员联系。")
	}
	return p.external.Check(c.ctx, leaf, c.received)
}

// admit checks a certificate of an external authority before an officer seals
// that it is somebody's. A warning asks her to look once more.
func (p *Portal) admit(ctx context.Context, leaf *x509.Certificate, now time.Time) (warning string, err error) {
	refuse := func(format string, args ...any) (string, error) {
		return "", fault.New(fault.Invalid, format, args...).At("certificate", "这张证书不能登记。")
	}
	if p.external == nil {
		return refuse("签台没有配置外部签发机构，不能登记外部证书。请系统管理员先写入配置。")
	}
	anchors := x509.NewCertPool()
	for _, a := range p.external.Anchors() {
		anchors.AddCert(a)
	}
	_, err = leaf.Verify(x509.VerifyOptions{Roots: anchors, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	switch {
	case now.After(leaf.NotAfter):
		return refuse("证书已于 %s 过期，不能登记。请先向颁发机构换发。", day(leaf.NotAfter))
	case now.Before(leaf.NotBefore):
		return refuse("证书要到 %s 才生效，不能登记。请到那天再办。", day(leaf.NotBefore))
	case err != nil:
		return refuse("证书不是配置里信任的外部签发机构直接颁发的，不能登记。请核对颁发机构。")
	case leaf.IsCA || leaf.KeyUsage&x509.KeyUsageDigitalSignature == 0 || leaf.KeyUsage&(x509.KeyUsageCertSign|x509.KeyUsageCRLSign) != 0:
		return refuse("证书的密钥用途里没有数字签名，或者它是签发机构的证书，不能登记。请导出签名证书，不是加密证书。")
	case !hasUsage(leaf, x509.ExtKeyUsageClientAuth):
		return refuse("证书的扩展用途里没有客户端身份验证，不能用来登录。请向颁发机构申请合用的证书。")
	}
	if err := issuing.CheckKey(leaf.PublicKey); err != nil {
		return "", err
	}
	if err := p.external.Check(ctx, leaf, now); err != nil {
		return "", err
	}
	if revocation.HoldsIDNumber(leaf) {
		return "这张证书里含有身份证件号码：以后每一枚签章都带着证书，看到签章的人都能看到这个号码。请先征得本人同意，或改用本签台签发的证书；仍要登记的，请勾选确认后再提交。", nil
	}
	return "", nil
}

func hasUsage(c *x509.Certificate, want x509.ExtKeyUsage) bool {
	for _, u := range c.ExtKeyUsage {
		if u == want {
			return true
		}
	}
	return false
}

// externalWork tells the officers of an authority that gives no answer.
func (p *Portal) externalWork() []view.Due {
	if p.external == nil {
		return nil
	}
	var list []view.Due
	for _, s := range p.external.States() {
		if !s.Failing() {
			continue
		}
		d := view.Due{What: "外部签发机构没有回应：" + s.Name, Note: "它颁发的证书现在不能使用。请联系该机构和系统管理员，核对网络与查询地址。"}
		if !s.Until.IsZero() {
			d.Note = "宽限到 " + s.Until.In(registration.Shanghai).Format("2006-01-02 15:04") + " 为止：此前查过的证书照常使用，过后一律拒绝。请联系该机构和系统管理员。"
		}
		list = append(list, d)
	}
	return list
}
