package portal

import (
	"net"
	"net/netip"
	"strings"

	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// GET /lost: the page that needs no key.
func (p *Portal) lostPage(c *call) (answer, error) {
	return page{view: p.lostView(c)}, nil
}

func (p *Portal) lostView(c *call) view.Lost {
	return view.Lost{Gate: view.Gate{Title: "钥匙报失", Now: c.received}, Action: "/lost", Staff: view.Field{Value: c.form.Get("staff")}}
}

// POST /lost
func (p *Portal) reportOwnLoss(c *call) (answer, error) {
	r, err := p.loseByCode(c)
	v := p.lostView(c)
	if err != nil {
		f := sentenced(err)
		if f.Kind == fault.Unavailable {
			return nil, err
		}
		c.concerns(policy.ReportOwnLoss, "")
		p.recordRefusal(c, f)
		v.Refusal = refusal(c, f)
		return page{status: statuses[f.Kind], view: v}, nil
	}
	v.Done, v.Number = "已经报失，从现在起这把钥匙不能登录，也不能签署；已打开的登录随之结束。", int64(r.Number)
	return page{view: v}, nil
}

// wrongCode is the one answer to a wrong code, to somebody who does not exist,
// and to a person whose key is ended already.
func wrongCode() error {
	return fault.New(fault.Forbidden, "人员编号或报失口令不对，没有报失。请照口令纸重新填写；没有口令的，请马上致电本校校长或安全保密管理员报失。")
}

// loseByCode takes the code's word. Tries are not counted: a code has 80 bits,
// which nobody guesses, and a count would let whoever tries from an address keep
// everybody behind it from reporting a loss.
func (p *Portal) loseByCode(c *call) (audit.Receipt, error) {
	var none audit.Receipt
	person, code := strings.ToUpper(strings.TrimSpace(c.form.Get("staff"))), custody.ParseLossCode(c.form.Get("code"))
	t, err := p.store.TokenByLossCode(c.ctx, person, code)
	if fault.Is(err, fault.NotFound) {
		return none, wrongCode()
	}
	if err != nil {
		return none, err
	}
	grant, err := p.system(c.ctx, policy.Officer{Staff: t.Custodian}, policy.ReportOwnLoss)
	if err != nil {
		return none, err
	}
	return p.store.Commit(again(c.ctx), grant, nil, func(tx *store.Tx) (audit.Entry, error) {
		h, err := holdingOf(tx, t.Serial)
		if err != nil {
			return audit.Entry{}, err
		}
		if string(h.Token.LossMark) != string(p.store.LossMark(t.Serial, code)) {
			return audit.Entry{}, wrongCode() // another portal was faster
		}
		next, err := h.ReportOwnLoss(tx.Received())
		if err != nil {
			return audit.Entry{}, err
		}
		for _, noun := range next.Records() {
			if err := tx.Put(noun); err != nil {
				return audit.Entry{}, err
			}
		}
		return audit.Entry{Subject: store.OfToken(t.Serial).Subject()}, nil
	}, store.Reads(store.OfToken(t.Serial)), store.Received(c.received))
}

// source is what throttles tell apart: an IPv4 address, or an IPv6 network of
// 64 bits, within which one machine may choose any address.
func source(remote string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return "unknown"
	}
	if a = a.Unmap().WithZone(""); a.Is4() {
		return a.String()
	}
	prefix, err := a.Prefix(64)
	if err != nil {
		return "unknown"
	}
	return prefix.String()
}
