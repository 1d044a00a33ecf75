package portal

import (
	"context"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// renewable is how long before its end a certificate is renewed by its holder.
const renewable = 90 * 24 * time.Hour

// renewMatter certifies a new key beside the one that seals: the holder says,
// with the old key, that the new one is hers. It comes into use when she seals
// with it, and the old one ends then.
type renewMatter struct {
	bare
	newKey
}

func (m *renewMatter) act() policy.Act   { return policy.RenewKey }
func (m *renewMatter) refs() []store.Ref { return []store.Ref{store.OfToken(m.Serial)} }

func (m *renewMatter) draft(_ knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfToken(m.Serial).Subject()}
	holding, err := holdingOf(r, m.Serial)
	if err != nil {
		return d, err
	}
	holder, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	person, err := namedOf(r, holder)
	if err != nil {
		return d, err
	}
	k, err := m.key(r, holding.Token, holder)
	if err != nil {
		return d, err
	}
	if h.Signers[0].Fingerprint != holding.Key.Fingerprint {
		return d, fault.New(fault.Forbidden, "换发证书要用这把钥匙里现在在用的证书签署。请用它登录后再办。")
	}
	next, err := holding.Renewed(k, holder, now)
	if err != nil {
		return d, err
	}
	d.puts = next.Records()
	digest, algorithm, err := m.public()
	if err != nil {
		return d, err
	}
	d.statement, err = seal.New(seal.KeyRenew, h, []seal.Field{{Label: "保管人", Value: person.String()}, {Label: "钥匙序列号", Value: m.Serial},
		{Label: "原钥匙指纹", Value: holding.Key.Fingerprint}, {Label: "算法", Value: algorithm}, {Label: "公钥摘要", Value: digest}}, seal.Annex{})
	return d, err
}

func (m *renewMatter) prepare(ctx context.Context, p *Portal, now time.Time) error {
	grant, err := p.holding(ctx, "", "")
	if err != nil {
		return err
	}
	t, err := p.store.Token(ctx, grant, m.Serial)
	if err != nil {
		return err
	}
	holder, err := p.store.Staff(ctx, t.Custodian)
	if err != nil {
		return err
	}
	home, err := p.store.Organisation(ctx, holder.Org)
	if err != nil {
		return err
	}
	return m.certificate(p, holder, home, now)
}

// GET /renewal: the holder renews the certificate of her own key, step by step.
func (p *Portal) renewal(c *call) (answer, error) {
	grant, err := p.may(c, policy.RenewKey, c.who.Home)
	if err != nil {
		return nil, err
	}
	own, err := p.store.KeyInCustody(c.ctx, c.who.Officer.Key)
	if err != nil {
		return nil, err
	}
	t, err := p.store.Token(c.ctx, grant, own.Token)
	if err != nil {
		return nil, err
	}
	carried, err := p.store.KeysIn(c.ctx, grant, own.Token)
	if err != nil {
		return nil, err
	}
	holding := custody.HoldingOf(t, carried)
	v := view.Enrolment{Frame: p.frame(c, "换发证书"), Renewal: true, Lead: "换发在同一把钥匙里进行：旧证书用到新证书接管为止，以前签过的不受影响。"}
	if err := p.describe(c, &v, holding, c.who.Staff, c.who.Home); err != nil {
		return nil, err
	}
	until := validUntil(holding.Key)
	v.Facts = append(v.Facts, view.Fact{Label: "现在的证书", Value: "有效至 " + day(until)})
	switch {
	case holding.Key.Issuer != custody.OwnCA:
		v.Barred = "您的证书由外部机构颁发，请向该机构换发，再请安全保密管理员登记新证书。"
	case holding.Next.Fingerprint != "":
		v.Drop = "/renewal/drop"
		return p.waitsForHolder(c, v, holding.Token, holding.Next, endedIn(carried), "/renewal")
	case until.Sub(c.received) > renewable:
		v.Barred = "现在的证书到期前 90 天起才能换发，从 " + day(until.Add(-renewable)) + " 开始。急需更换（例如怀疑泄露）请联系安全保密管理员。"
	default:
		return p.makeKey(c, v, c.who.Home, holding.Token, fingerprintsOf(carried), orderMatter{Serial: own.Token, Renew: true}, "/renewal")
	}
	return page{view: v}, nil
}

// fingerprintsOf are the certificates that the token may still hold: the agent
// touches no token that holds another.
func fingerprintsOf(keys []custody.Key) []string {
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = k.Fingerprint
	}
	return list
}

// endedIn are those of them that go out of the token when the next is written.
func endedIn(keys []custody.Key) []string {
	var list []string
	for _, k := range keys {
		if k.State == custody.Revoked || k.State == custody.Lost {
			list = append(list, k.Fingerprint)
		}
	}
	return list
}

// POST /renewal/drop gives up a new certificate that was not taken over. It
// needs no seal: it never had power, and what is in use goes on.
func (p *Portal) dropRenewal(c *call) (answer, error) {
	h, err := p.myHolding(c)
	if err != nil {
		return nil, err
	}
	grant, err := p.may(c, policy.DropRenewal, c.who.Home)
	if err != nil {
		return nil, err
	}
	serial := h.Token.Serial
	_, err = p.store.Commit(again(c.ctx), grant, nil, func(tx *store.Tx) (audit.Entry, error) {
		held, err := holdingOf(tx, serial)
		if err != nil {
			return audit.Entry{}, err
		}
		next, err := held.DropNext(grant.Person(), tx.Received())
		if err != nil {
			return audit.Entry{}, err
		}
		for _, k := range next.Former {
			if err := tx.Put(k); err != nil {
				return audit.Entry{}, err
			}
		}
		return audit.Entry{Subject: store.OfToken(serial).Subject()}, nil
	}, store.Reads(store.OfToken(serial)), store.Received(c.received))
	if err != nil {
		return nil, err
	}
	return redirect{"/renewal"}, nil
}
