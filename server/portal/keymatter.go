package portal

import (
	"context"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/store"
)

// keyMatter is an act over one token and the key in it: who does it, why.
type keyMatter struct {
	bare
	kind   seal.Kind
	Serial string `json:"serial"`
	Reason string `json:"reason"`
}

// keyDeed is what one kind of statement does to a token. second is empty for an
// act of one person.
type keyDeed struct {
	act  policy.Act
	move func(h custody.Holding, first, second, reason string, now time.Time) (custody.Holding, error)
}

// byOne adapts a transition that one person makes.
func byOne(move func(custody.Holding, string, string, time.Time) (custody.Holding, error)) func(custody.Holding, string, string, string, time.Time) (custody.Holding, error) {
	return func(h custody.Holding, first, _, reason string, now time.Time) (custody.Holding, error) {
		return move(h, first, reason, now)
	}
}

var keyDeeds = map[seal.Kind]keyDeed{
	seal.KeyRevoke:  {policy.RevokeKey, byOne(custody.Holding.Revoke)},
	seal.KeyLost:    {policy.ReportLoss, byOne(custody.Holding.ReportLost)},
	seal.KeyFound:   {policy.FindKey, byOne(custody.Holding.Found)},
	seal.KeySuspend: {policy.SuspendKey, byOne(custody.Holding.Suspend)},
	seal.KeyReceive: {policy.ReceiveKey, byOne(custody.Holding.Receive)},
	seal.KeyRestore: {policy.RestoreKey, custody.Holding.Restore},
	seal.KeyDestroy: {policy.DestroyKey, custody.Holding.Destroy},
}

func (m *keyMatter) act() policy.Act { return keyDeeds[m.kind].act }
func (m *keyMatter) refs() []store.Ref {
	return []store.Ref{store.OfToken(m.Serial)}
}

// load asks the issuer before a key comes back into use.
func (m *keyMatter) load(ctx context.Context, p *Portal, _ policy.Grant) error {
	if m.kind != seal.KeyRestore {
		return nil
	}
	return p.upheld(ctx, m.Serial)
}

func (m *keyMatter) draft(_ knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfToken(m.Serial).Subject()}
	holding, err := holdingOf(r, m.Serial)
	if err != nil {
		return d, err
	}
	custodian, err := namedOf(r, holding.Token.Custodian)
	if err != nil {
		return d, err
	}
	first, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	second := ""
	if len(h.Signers) > 1 {
		second = h.Signers[1].Staff
	}
	next, err := keyDeeds[m.kind].move(holding, first, second, m.Reason, now)
	if err != nil {
		return d, err
	}
	if m.kind == seal.KeyRevoke || m.kind == seal.KeySuspend {
		if err := keepsOffices(r, holding.Key.Staff); err != nil {
			return d, err
		}
	}
	d.puts = next.Records()
	d.statement, err = holding.Statement(m.kind, h, custodian, m.Reason)
	return d, err
}
