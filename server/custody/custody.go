// Package custody says which key is in whose hands (R58). It exists because a
// certificate alone gives no power: the portal asks custody at each request
// whether this key is still issued to this person, so a lost key or a leaver
// is out at the next request and not when a certificate expires.
//
// It promises that a key which was lost or revoked never comes back into use
// (domain section 5, Key), and that only a security officer who is not its
// holder ends it. It does not check certificates (hsm/seal) and keeps nothing
// (store).
package custody

import (
	"slices"
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// State is where a key is in its life (domain section 5, Key).
type State string

// The states this version uses; lost and revoked never return to issued.
const (
	Issued  State = "issued"
	Lost    State = "lost"
	Revoked State = "revoked"
)

// Word is the state on a page.
func (s State) Word() string {
	switch s {
	case Issued:
		return "在用"
	case Lost:
		return "已报失"
	case Revoked:
		return "已停用"
	}
	return "状态不明"
}

// Key is one certificate and the one person who holds its private key.
type Key struct {
	Fingerprint string // SHA-256 of the certificate, lower-case hex
	Staff       string
	Certificate []byte // DER
	TokenLabel  string
	State       State
	Since       time.Time // when its power began or, once ended, when it ended; Asia/Shanghai
	By, Reason  string    // who ended it and why, empty while issued
}

// Holder gives the person who holds the key at a moment, or says why it gives
// no power then. Since is inclusive: a key reported lost at 10:00:00.000 is out
// at that very millisecond. Before Since an ended key was still issued, so a
// seal that was received earlier stays good.
func (k Key) Holder(at time.Time) (staff string, err error) {
	started := !at.Before(k.Since)
	switch {
	case k.Fingerprint == "" || k.Staff == "":
		return "", fault.New(fault.Forbidden, "这把钥匙没有登记保管人，不能使用。请交安全保密管理员登记。")
	case k.State == Issued && !started:
		return "", fault.New(fault.Forbidden, "这把钥匙自 %s 起才发给保管人，在此之前不能使用。", clock(k.Since))
	case k.State == Issued, (k.State == Lost || k.State == Revoked) && !started:
		return k.Staff, nil
	case k.State == Lost:
		return "", fault.New(fault.Forbidden, "这把钥匙已于 %s 报失，从那时起不能使用，找到后也不恢复。请向安全保密管理员申领新钥匙。", clock(k.Since))
	case k.State == Revoked:
		return "", fault.New(fault.Forbidden, "这把钥匙已于 %s 停用，不能再使用。请向安全保密管理员申领新钥匙。", clock(k.Since))
	}
	return "", fault.New(fault.Forbidden, "这把钥匙的状态不明，不能使用。请交安全保密管理员核对。")
}

// Of checks that the key is in this very person's hands at the moment.
func (k Key) Of(staff string, at time.Time) error {
	holder, err := k.Holder(at)
	if err != nil {
		return err
	}
	if holder != staff {
		return fault.New(fault.Forbidden, "这把钥匙不是您保管的，不能用它签署。请插入发给您本人的钥匙。")
	}
	return nil
}

// Revoke ends a key for good. officer is the person who does it; as nobody ends
// his own, the last security officer's key in use stays.
func (k Key) Revoke(officer, reason string, now time.Time) (Key, error) {
	return k.end(Revoked, officer, reason, now)
}

// ReportLost ends a key that is missing; found again it is revoked, never
// issued anew.
func (k Key) ReportLost(officer, reason string, now time.Time) (Key, error) {
	return k.end(Lost, officer, reason, now)
}

func (k Key) end(to State, officer, reason string, now time.Time) (Key, error) {
	reason = strings.TrimSpace(reason)
	switch {
	case officer == "":
		return k, fault.New(fault.Forbidden, "停用钥匙须由安全保密管理员办理。")
	case officer == k.Staff:
		return k, fault.New(fault.Forbidden, "不能停用您自己保管的钥匙。请由另一位安全保密管理员办理，以免误停后无人能办。")
	case k.State == Revoked, k.State == Lost && to == Lost:
		return k, fault.New(fault.Conflict, "这把钥匙已于 %s %s，状态没有改变。", clock(k.Since), strings.TrimPrefix(k.State.Word(), "已"))
	case k.State != Issued && k.State != Lost:
		return k, fault.New(fault.Conflict, "这把钥匙的状态不明，不能停用。请系统管理员核对钥匙登记。")
	case reason == "":
		return k, fault.New(fault.Invalid, "请填写停用的理由，例如“离岗交回”“遗失”。").At("reason", "没有填写理由。")
	case seal.CheckValue(reason) != nil || len([]rune(reason)) > 200:
		return k, fault.New(fault.Invalid, "停用的理由应在 200 字以内，写成一行，不含控制字符。").At("reason", "理由的写法不能使用。")
	case now.Before(k.Since):
		return k, fault.New(fault.Conflict, "停用时间早于这把钥匙发出的时间，请核对服务器时钟。")
	}
	k.Certificate = slices.Clone(k.Certificate)
	if k.State == Issued { // a lost key's power ended when it was lost, not when it was found
		k.Since = now
	}
	k.State, k.By, k.Reason = to, officer, reason
	return k, nil
}

// RevokeStatement is the text that the officer signs: whose key, which, why.
func (k Key) RevokeStatement(h seal.Header, holderName, reason string) (seal.Statement, error) {
	return seal.New(seal.KeyRevoke, h, []seal.Field{
		{Label: "保管人", Value: holderName + "（" + k.Staff + "）"},
		{Label: "钥匙指纹", Value: k.Fingerprint},
		{Label: "理由", Value: strings.TrimSpace(reason)},
	}, seal.Annex{})
}

// One refuses a second key in use for the same person or certificate, so that
// each key has one custodian and each person one key.
func One(keys []Key, next Key) error {
	for _, k := range keys {
		if k.Fingerprint == next.Fingerprint {
			return fault.New(fault.Conflict, "这张证书已经登记过，同一把钥匙不能登记两次。")
		}
		if k.Staff == next.Staff && k.State == Issued {
			return fault.New(fault.Conflict, "人员 %s 已有一把在用的钥匙。请先停用旧钥匙，再登记新钥匙。", next.Staff)
		}
	}
	return nil
}

func clock(t time.Time) string {
	return t.In(time.FixedZone("Asia/Shanghai", 8*60*60)).Format("2006-01-02 15:04:05")
}
