package portal

import (
	"context"
	"crypto/x509"
	"errors"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/internal/issuing"
	"sealdesk/server/internal/revocation"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// unrevoked asks the issuer of an external certificate whether it still holds;
// of the portal's own certificates custody is the only word. What the issuer
// ended is suspended at once: from then on the custody register says so, which
// the log holds, whatever the issuer answers or does not answer later. Should
// that fail, this request is refused all the same and the next one tries again.
func (p *Portal) unrevoked(c *call, leaf *x509.Certificate) error {
	if leaf.CheckSignatureFrom(p.authority.Certificate) == nil {
		return nil
	}
	if p.external == nil {
		return untrusted()
	}
	err := p.external.Check(c.ctx, leaf, c.received)
	var ended *revocation.Ended
	if errors.As(err, &ended) {
		if failed := p.suspendRevoked(c, seal.Fingerprint(leaf), ended); failed != nil {
			p.log.Error("a key whose certificate was revoked is not suspended", "request", c.number, "cause", failed.Error())
		}
	}
	return err
}

// stillHeld asks the issuer of a session's certificate, if it is not ours: once
// a minute while the session works, and before a whole number is shown. Silence
// beyond the grace is a no as well, until the issuer answers again.
func (p *Portal) stillHeld(c *call, row store.Session) error {
	k, err := p.store.KeyInCustody(c.ctx, row.Fingerprint)
	if err != nil {
		return err
	}
	leaf, err := externalLeaf(k)
	if err != nil || leaf == nil {
		return err
	}
	return p.unrevoked(c, leaf)
}

// externalLeaf is the certificate of a key that came with one of an external
// authority; nil for the portal's own, of which custody is the only word.
func externalLeaf(k custody.Key) (*x509.Certificate, error) {
	if k.Issuer != custody.ExternalCA {
		return nil, nil
	}
	leaf, err := x509.ParseCertificate(k.Certificate)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "登记簿里这把钥匙的证书读不出来，没有办理。请系统管理员核查。")
	}
	return leaf, nil
}

func untrusted() error {
	return fault.New(fault.Forbidden, "签台现在不信任任何外部签发机构，这张证书不能使用。请与安全保密管理员联系。")
}

// suspendRevoked is the system's own act over a key whose issuer ended its
// certificate.
func (p *Portal) suspendRevoked(c *call, fingerprint string, ended *revocation.Ended) error {
	k, err := p.store.KeyInCustody(c.ctx, fingerprint)
	if err != nil || k.State != custody.Issued && k.State != custody.Pending || k.State == custody.Pending && ended.Held {
		return err // a key that waits to be taken over goes on waiting while its certificate is held
	}
	grant, err := p.system(c.ctx, policy.Officer{}, policy.SuspendRevoked)
	if err != nil {
		return err
	}
	reason := "颁发机构“" + ended.Authority + "”吊销了证书"
	if ended.Held {
		reason = "颁发机构“" + ended.Authority + "”冻结了证书"
	}
	_, err = p.store.Commit(again(c.ctx), grant, nil, func(tx *store.Tx) (audit.Entry, error) {
		h, err := holdingOf(tx, k.Token)
		if err != nil {
			return audit.Entry{}, err
		}
		next, todo := h.SuspendRevoked(fingerprint, reason, tx.Received())
		if !todo {
			return audit.Entry{}, fault.New(fault.Conflict, "这把钥匙已经停了，不必再暂停。")
		}
		for _, noun := range next.Records() {
			if err := tx.Put(noun); err != nil {
				return audit.Entry{}, err
			}
		}
		return audit.Entry{Subject: store.OfToken(k.Token).Subject(), Note: reason}, nil
	}, store.Reads(store.OfToken(k.Token)), store.Received(c.received))
	if !fault.Is(err, fault.Conflict) {
		return err
	}
	if k, failed := p.store.KeyInCustody(c.ctx, fingerprint); failed == nil && k.State != custody.Issued && k.State != custody.Pending {
		return nil // another portal was faster
	}
	return err
}

// upheld asks the issuer of the certificate in a token, before two people
// restore it: an external one must hold by an answer of this very moment.
func (p *Portal) upheld(ctx context.Context, serial string) error {
	k, err := p.store.KeyIn(ctx, serial)
	if err != nil {
		return err
	}
	leaf, err := externalLeaf(k)
	if err != nil || leaf == nil {
		return err
	}
	if p.external == nil {
		return untrusted()
	}
	return p.external.Confirm(ctx, leaf, p.clock())
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
