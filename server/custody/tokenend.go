package custody

import (
	"slices"
	"strings"
	"time"

	"sealdesk/server/internal/fault"
)

// Suspend stops a key for the time being: it is known where it is, and
// something is to be looked into.
func (h Holding) Suspend(officer, reason string, now time.Time) (Holding, error) {
	a := act{verb: "暂停使用", by: officer, reason: strings.TrimSpace(reason), now: now}
	if err := h.asked(a, Issued); err != nil {
		return h, err
	}
	if err := h.notForHimself(a); err != nil {
		return h, err
	}
	h.Token = h.Token.moved(Suspended, a)
	h.Key = h.Key.ended(Suspended, officer, a.reason, now)
	return h, nil
}

// SuspendRevoked is the system's act when the authority that issued a key's
// certificate revoked it, for good or for the time being: the key stops as
// Suspend stops it, whoever holds it. A key that was never taken over has no
// power to get back and ends. It tells whether anything is to be written.
func (h Holding) SuspendRevoked(fingerprint, reason string, now time.Time) (Holding, bool) {
	if h.Key.Fingerprint != fingerprint {
		return h, false
	}
	switch {
	case h.Key.State == Pending:
		h.Key = h.Key.ended(Revoked, "", reason, now)
	case h.Key.State == Issued && h.Token.State == Issued:
		h.Token = h.Token.moved(Suspended, act{reason: reason, now: now})
		h.Key = h.Key.ended(Suspended, "", reason, now)
	default:
		return h, false
	}
	return h, true
}

// Restore ends a suspension. Two people say so, neither of them the holder and
// neither the one who suspended it alone.
func (h Holding) Restore(first, second, reason string, now time.Time) (Holding, error) {
	a := act{verb: "恢复使用", by: first, reason: strings.TrimSpace(reason), now: now}
	if err := h.asked(a, Suspended); err != nil {
		return h, err
	}
	if err := h.two(a, second); err != nil {
		return h, err
	}
	if !h.Keyed() || h.Key.State != Suspended {
		return h, fault.New(fault.Conflict, "钥匙 %s 里没有可以恢复的证书。请收回后重新发放。", h.Token.Serial)
	}
	h.Token = h.Token.moved(Issued, a)
	h.Key.State, h.Key.Since, h.Key.By, h.Key.Reason = Issued, now, "", ""
	return h, nil
}

// two checks the people of an act of two: different, and neither the holder.
func (h Holding) two(a act, second string) error {
	if second == "" || second == a.by {
		return fault.New(fault.Forbidden, "%s须由两人办理，两人不能相同。", a.verb)
	}
	for _, by := range []string{a.by, second} {
		if err := h.notForHimself(act{verb: a.verb, by: by}); err != nil {
			return err
		}
	}
	return nil
}

// ReportLost ends a key that is missing, from this very moment: by the school
// head or an officer for somebody else, or by the holder's own one-time code.
func (h Holding) ReportLost(by, reason string, now time.Time) (Holding, error) {
	return h.lose(act{verb: "报失", by: by, reason: strings.TrimSpace(reason), now: now}, false)
}

// ReportOwnLoss is the holder's report by the one-time code: whoever knows the
// code may end the key, and nothing else.
func (h Holding) ReportOwnLoss(now time.Time) (Holding, error) {
	return h.lose(act{verb: "报失", by: h.Token.Custodian, reason: "保管人凭报失口令报失", now: now}, true)
}

func (h Holding) lose(a act, own bool) (Holding, error) {
	if err := h.asked(a, InStore, HandoverPending, Issued, Suspended); err != nil {
		return h, err
	}
	if !own {
		if err := h.notForHimself(a); err != nil {
			return h, err
		}
	}
	h.Token = h.Token.moved(Lost, a)
	h.Token.LossMark = nil
	if h.Keyed() {
		h.Key = h.Key.ended(Lost, a.by, a.reason, a.now)
	}
	return h, h.Token.check()
}

// Found enters a lost token that turned up: into the officer's hands, and
// revoked, never issued anew.
func (h Holding) Found(officer, reason string, now time.Time) (Holding, error) {
	a := act{verb: "登记找回", by: officer, reason: strings.TrimSpace(reason), now: now}
	if err := h.asked(a, Lost); err != nil {
		return h, err
	}
	h.Token = h.Token.moved(Revoked, a)
	h.Token.Custodian = officer
	return h, h.Token.check()
}

// Revoke ends a token for good: broken, of a leaver, no longer trusted.
func (h Holding) Revoke(officer, reason string, now time.Time) (Holding, error) {
	a := act{verb: "停用", by: officer, reason: strings.TrimSpace(reason), now: now}
	if err := h.asked(a, InStore, HandoverPending, Issued, Suspended); err != nil {
		return h, err
	}
	if err := h.notForHimself(a); err != nil {
		return h, err
	}
	h.Token = h.Token.moved(Revoked, a)
	h.Token.LossMark = nil
	if h.Keyed() {
		h.Key = h.Key.ended(Revoked, officer, a.reason, now)
	}
	return h, h.Token.check()
}

// Destroy is done by two over a token that is revoked and in an officer's hands.
func (h Holding) Destroy(first, second, reason string, now time.Time) (Holding, error) {
	a := act{verb: "销毁", by: first, reason: strings.TrimSpace(reason), now: now}
	if err := h.asked(a, Revoked); err != nil {
		return h, err
	}
	if second == "" || second == first {
		return h, fault.New(fault.Forbidden, "销毁须由两人办理，两人不能相同。")
	}
	if h.Token.Custodian != first && h.Token.Custodian != second {
		return h, fault.New(fault.Conflict, "钥匙 %s 还在人员 %s 手里，不能登记销毁。请先收回入库。", h.Token.Serial, h.Token.Custodian)
	}
	h.Token = h.Token.moved(Destroyed, a)
	return h, h.Token.check()
}

// ended is the key without power from now on.
func (k Key) ended(to State, by, reason string, now time.Time) Key {
	k.Certificate = slices.Clone(k.Certificate)
	k.State, k.Since, k.By, k.Reason = to, now, by, reason
	return k
}
