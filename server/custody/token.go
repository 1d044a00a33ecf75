package custody

import (
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// Token is one USB key as an object. Its id is the serial number as delivered;
// the spelling of ParseSerial is the only one.
type Token struct {
	Serial, Label, Vendor string
	State                 State
	Custodian             string    // staff id; never empty (R58)
	For                   string    // who is to take it over; empty unless handover_pending
	Delivery              string    // id of the delivery that it came with
	Delivered             time.Time // when it was entered; Asia/Shanghai
	Since                 time.Time // of the state; Asia/Shanghai
	By, Reason            string    // who left it so, and why
	LossMark              []byte    // keyed MAC of the one-time code that reports it lost, empty if none
}

// maxSerial bounds a serial number; PKCS#11 gives sixteen characters, vendors
// print up to thirty.
const maxSerial = 40

// ParseSerial brings a typed, scanned or imported serial number into its one
// spelling: no blanks, half-width, capital letters. So a serial number that
// differs in case or in a trailing blank is the same token.
func ParseSerial(text string) (string, error) {
	var b strings.Builder
	for _, r := range strings.TrimSpace(text) {
		if r >= '！' && r <= '～' { // full-width forms U+FF01..U+FF5E
			r -= '！' - '!'
		}
		switch {
		case r >= 'a' && r <= 'z':
			b.WriteRune(r - 'a' + 'A')
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '-':
			b.WriteRune(r)
		default:
			return "", fault.New(fault.Invalid, "钥匙序列号只由字母、数字和连字符组成。请照钥匙背面重新填写，或用扫码枪扫。").At("serial", "请照钥匙背面填写。")
		}
	}
	if n := b.Len(); n < 4 || n > maxSerial {
		return "", fault.New(fault.Invalid, "钥匙序列号应有 4 至 %d 位。请照钥匙背面重新填写，或用扫码枪扫。", maxSerial).At("serial", "请照钥匙背面填写。")
	}
	return b.String(), nil
}

// Holding is a token with its current key, which move together.
type Holding struct {
	Token Token
	Key   Key // zero when the token carries none
	Next  Key // a renewal that waits to be taken over; zero when there is none
	// Former are keys that a transition ended besides Key.
	Former []Key
}

// HoldingOf puts a token and the keys that it ever carried together.
func HoldingOf(t Token, keys []Key) Holding {
	k, _ := Current(keys)
	return Holding{Token: t, Key: k, Next: next(keys, k)}
}

// Keyed reports whether the token carries a current key.
func (h Holding) Keyed() bool { return h.Key.Fingerprint != "" }

// Records are the rows to write: the token and, if there is one, its key.
func (h Holding) Records() []any {
	all := []any{h.Token}
	if h.Keyed() {
		all = append(all, h.Key)
	}
	for _, k := range h.Former {
		all = append(all, k)
	}
	switch {
	case h.Next.Fingerprint == "":
	case h.Token.State == Issued, h.Token.State == Suspended:
		all = append(all, h.Next)
	default: // whatever ended the token ends what waited in it
		all = append(all, h.Next.ended(Revoked, h.Token.By, h.Token.Reason, h.Token.Since))
	}
	return all
}

// Deliver enters a new token; the officer who took it in is its custodian.
func Deliver(serial, label, vendor, delivery, officer string, now time.Time) (Token, error) {
	t := Token{Serial: serial, Label: label, Vendor: vendor, State: InStore, Custodian: officer, Delivery: delivery, Delivered: now, Since: now, By: officer}
	return t, t.check()
}

// check is R58: no token is ever without a custodian.
func (t Token) check() error {
	if t.Custodian == "" {
		return fault.New(fault.Invalid, "这样办理之后，钥匙 %s 将没有责任人。每把钥匙始终须有一名责任人（R58），请先写明由谁保管。", t.Serial)
	}
	return nil
}

// act is what every transition is asked with.
type act struct {
	verb   string
	by     string
	reason string
	now    time.Time
}

// asked checks what all transitions of the officers have in common: somebody
// else than the custodian, with a reason, not before the state began.
func (h Holding) asked(a act, from ...State) error {
	switch {
	case a.by == "":
		return fault.New(fault.Forbidden, "%s须由登录的人员办理。", a.verb)
	case !oneOf(h.Token.State, from):
		return fault.New(fault.Conflict, "钥匙 %s 现在是“%s”（自 %s 起），不能%s，什么都没有改变。", h.Token.Serial, h.Token.State.Word(), clock(h.Token.Since), a.verb)
	case a.now.Before(h.Token.Since):
		return fault.New(fault.Conflict, "%s的时间早于钥匙现在状态开始的时间，请核对服务器时钟。", a.verb)
	}
	return reasonable(a.reason)
}

// notForHimself refuses an officer's act over the key in his own hands.
func (h Holding) notForHimself(a act) error {
	if a.by == h.Key.Staff {
		return fault.New(fault.Forbidden, "不能对您自己保管的钥匙%s。请由另一位安全保密管理员办理。", a.verb)
	}
	return nil
}

func reasonable(reason string) error {
	switch {
	case reason == "":
		return fault.New(fault.Invalid, "请填写理由，例如“离岗交回”“遗失”。").At("reason", "没有填写理由。")
	case seal.CheckValue(reason) != nil || len([]rune(reason)) > 200:
		return fault.New(fault.Invalid, "理由应在 200 字以内，写成一行，不含控制字符。").At("reason", "理由的写法不能使用。")
	}
	return nil
}

func oneOf(s State, from []State) bool {
	for _, f := range from {
		if s == f {
			return true
		}
	}
	return false
}

// moved is the token in its new state.
func (t Token) moved(to State, a act) Token {
	t.State, t.Since, t.By, t.Reason = to, a.now, a.by, a.reason
	if to != HandoverPending {
		t.For = ""
	}
	return t
}

// Assign gives a token from the store to the person for whom somebody else
// asked: it waits for its certificate and for that person's first seal. Until
// then the officer remains its custodian.
func (t Token) Assign(r Request, officer string, now time.Time) (Token, error) {
	h := Holding{Token: t}
	if err := h.asked(act{verb: "发放", by: officer, reason: r.Reason, now: now}, InStore); err != nil {
		return t, err
	}
	switch {
	case r.State != Asked:
		return t, fault.New(fault.Conflict, "申领 %s 已经%s，不能再据以发放。", r.ID, r.State.Word())
	case officer != t.Custodian:
		return t, fault.New(fault.Forbidden, "钥匙 %s 由人员 %s 保管，不在您手里。请由保管人发放，或先与其交接。", t.Serial, t.Custodian)
	case officer == r.Staff:
		return t, fault.New(fault.Forbidden, "不能给您自己发放钥匙。请由另一位安全保密管理员办理。")
	case officer == r.By:
		return t, fault.New(fault.Forbidden, "申领人与发放人不能是同一人。请由另一位安全保密管理员发放。")
	}
	t = t.moved(HandoverPending, act{by: officer, reason: r.Reason, now: now})
	t.For = r.Staff
	return t, t.check()
}

// HandOver is what the giver seals: his key ends at once, and the token waits
// for a new key of the taker. He stays its custodian until the taker's first
// seal, so that it is never in nobody's hands.
func (h Holding) HandOver(giver, taker, reason string, now time.Time) (Holding, error) {
	a := act{verb: "交接", by: giver, reason: strings.TrimSpace(reason), now: now}
	if err := h.asked(a, Issued); err != nil {
		return h, err
	}
	switch {
	case giver != h.Token.Custodian || h.Key.Staff != giver:
		return h, fault.New(fault.Forbidden, "只能交出您自己保管的钥匙。")
	case taker == "":
		return h, fault.New(fault.Invalid, "请写明接收人。钥匙 %s 不能没有责任人（R58）。", h.Token.Serial).At("taker", "请写明接收人。")
	case taker == giver:
		return h, fault.New(fault.Invalid, "交出人与接收人不能是同一人。").At("taker", "请选另一位。")
	}
	h.Token = h.Token.moved(HandoverPending, a)
	h.Token.For, h.Token.LossMark = taker, nil
	h.Key = h.Key.ended(Revoked, giver, Handed, now)
	return h, h.Token.check()
}

// Receive takes a token back into the officer's store: one that was handed
// over, that nobody took over, or that was revoked and is to be destroyed.
func (h Holding) Receive(officer, reason string, now time.Time) (Holding, error) {
	a := act{verb: "收回入库", by: officer, reason: strings.TrimSpace(reason), now: now}
	if err := h.asked(a, HandoverPending, Revoked); err != nil {
		return h, err
	}
	if h.Token.State == HandoverPending && h.Token.For == "" {
		return h, fault.New(fault.Conflict, "钥匙 %s 没有写明交给谁，请系统管理员核对。", h.Token.Serial)
	}
	to := InStore
	if h.Token.State == Revoked {
		to = Revoked // whatever it carries, it never comes back
	}
	h.Token = h.Token.moved(to, a)
	h.Token.Custodian, h.Token.LossMark = officer, nil
	if h.Keyed() {
		h.Key = h.Key.ended(Revoked, officer, "未接管，收回", now)
	}
	return h, h.Token.check()
}

// Certify binds a certificate that was just made in the token to it; the key
// has no power until TakeOver.
func (h Holding) Certify(k Key, now time.Time) (Holding, error) {
	switch {
	case h.Token.State != HandoverPending:
		return h, fault.New(fault.Conflict, "钥匙 %s 现在是“%s”，没有发放给谁，不能写入证书。请先办理发放。", h.Token.Serial, h.Token.State.Word())
	case k.Staff != h.Token.For:
		return h, fault.New(fault.Conflict, "钥匙 %s 是发给人员 %s 的，不能为别人写入证书。", h.Token.Serial, h.Token.For)
	case h.Keyed():
		return h, fault.New(fault.Conflict, "钥匙 %s 已写入待接管的证书。请由领用人接管；要重做，请先收回入库。", h.Token.Serial)
	}
	k.Token, k.State, k.Since = h.Token.Serial, Pending, now
	h.Key = k
	return h, nil
}

// TakeOver is the person's first seal with the key: from now on it is in his
// hands, and only there. mark is the MAC of the code that reports it lost; at a
// renewal the code that he has goes on.
func (h Holding) TakeOver(taker string, mark []byte, now time.Time) (Holding, error) {
	if h.Token.State == Issued && h.Key.State == Issued && h.Next.State == Pending {
		return h.takeOverNext(taker, now)
	}
	switch {
	case h.Token.State != HandoverPending || h.Key.State != Pending:
		return h, fault.New(fault.Conflict, "钥匙 %s 现在不等人接管（%s）。请刷新后核对。", h.Token.Serial, h.Token.State.Word())
	case taker != h.Token.For || taker != h.Key.Staff:
		return h, fault.New(fault.Forbidden, "钥匙 %s 不是发给您的，不能由您接管。", h.Token.Serial)
	case now.Before(h.Token.Since):
		return h, fault.New(fault.Conflict, "接管的时间早于发放的时间，请核对服务器时钟。")
	}
	h.Token = h.Token.moved(Issued, act{by: taker, reason: "接管", now: now})
	h.Token.Custodian, h.Token.LossMark = taker, mark
	h.Key.State, h.Key.Since, h.Key.By, h.Key.Reason = Issued, now, "", ""
	return h, h.Token.check()
}
