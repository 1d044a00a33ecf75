package custody

import (
	"time"

	"sealdesk/server/internal/fault"
)

// State is where a key is in its life (domain section 5, Key).
type State string

// The states of a key and of a token. A key is pending, issued, suspended, lost
// or revoked; a token is in_store, handover_pending, issued, suspended, lost,
// revoked or destroyed. Lost and revoked never return to issued.
const (
	InStore         State = "in_store"         // 在库, tokens only
	HandoverPending State = "handover_pending" // 待接收, tokens only
	Pending         State = "pending"          // 待接管: made and not taken over, keys only
	Issued          State = "issued"
	Suspended       State = "suspended"
	Lost            State = "lost"
	Revoked         State = "revoked"
	Destroyed       State = "destroyed" // tokens only
)

// stateWords are the states on a page.
var stateWords = map[State]string{InStore: "在库", HandoverPending: "待接收", Pending: "待接管", Issued: "在用", Suspended: "已暂停",
	Lost: "已报失", Revoked: "已停用", Destroyed: "已销毁"}

// Word is the state on a page.
func (s State) Word() string {
	if word := stateWords[s]; word != "" {
		return word
	}
	return "状态不明"
}

// Issuers of certificates.
const (
	OwnCA      = "own"      // the portal's issuing CA
	ExternalCA = "external" // one that the bureau already trusts
)

// Key is one certificate and the one person who holds its private key.
type Key struct {
	Fingerprint string // SHA-256 of the certificate, lower-case hex
	Staff       string
	Certificate []byte // DER
	TokenLabel  string
	Token       string // serial number of the token that the private key lies in
	Serial      string // of the certificate, lower-case hex, unique per issuer
	Issuer      string // own or external
	Public      string // SHA-256 of the public key, see PublicDigest
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
	case k.State == Pending:
		return "", fault.New(fault.Forbidden, "这把钥匙的证书已写入，您还没有接管，现在不能使用。请先签署“接管钥匙”。")
	case k.State == Suspended:
		return "", fault.New(fault.Forbidden, "这把钥匙已于 %s 暂停使用。核实之后由安全保密管理员与第二人恢复，不必换钥匙。", clock(k.Since))
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

// current reports whether the key may have power or may come to have it: of one
// token at most one key is.
func (k Key) current() bool {
	return k.State == Pending || k.State == Issued || k.State == Suspended
}

// Current is the one key of a token or person that is not ended; the zero Key
// if there is none. While a certificate is renewed there are two, and the one
// that waits is not yet current.
func Current(keys []Key) (Key, bool) {
	var waiting Key
	for _, k := range keys {
		switch {
		case k.State == Pending:
			waiting = k
		case k.current():
			return k, true
		}
	}
	return waiting, waiting.Fingerprint != ""
}

// next is the key that waits beside the current one; the zero Key if none does.
func next(keys []Key, current Key) Key {
	for _, k := range keys {
		if k.State == Pending && k.Fingerprint != current.Fingerprint {
			return k
		}
	}
	return Key{}
}

// One refuses a second key in use for the same person or certificate, so that
// each key has one custodian and each person one key.
func One(keys []Key, next Key) error {
	for _, k := range keys {
		if k.Fingerprint == next.Fingerprint {
			return fault.New(fault.Conflict, "这张证书已经登记过，同一把钥匙不能登记两次。")
		}
		if k.Staff == next.Staff && k.current() {
			return fault.New(fault.Conflict, "人员 %s 已有一把在用的钥匙。请先停用旧钥匙，再登记新钥匙。", next.Staff)
		}
	}
	return nil
}

// zone is the one of all times.
var zone = time.FixedZone("Asia/Shanghai", 8*60*60)

func clock(t time.Time) string { return t.In(zone).Format("2006-01-02 15:04:05") }
