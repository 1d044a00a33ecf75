package portal

import (
	"net"
	"net/netip"
	"strings"
	"time"

	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// How many wrong tries one address may make, for one person and at all, in a
// window. They are counted per address, so that nobody can keep a holder from
// reporting his loss: from any other address, and through the school head or an
// officer, it goes on. What keeps codes from being guessed is their 80 bits.
const (
	lossWindow    = 10 * time.Minute
	lossPerPerson = 5
	lossPerSource = 30
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

func (p *Portal) loseByCode(c *call) (audit.Receipt, error) {
	var none audit.Receipt
	person, code := strings.ToUpper(strings.TrimSpace(c.form.Get("staff"))), custody.ParseLossCode(c.form.Get("code"))
	if err := p.knock(c, person); err != nil {
		return none, err
	}
	t, err := p.store.TokenByLossCode(c.ctx, person, code)
	if fault.Is(err, fault.NotFound) {
		return none, wrongCode()
	}
	if err != nil {
		return none, err
	}
	law, err := p.store.Policy(c.ctx)
	if err != nil {
		return none, err
	}
	grant, err := law.SystemFor(policy.Officer{Staff: t.Custodian}, policy.ReportOwnLoss)
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

// knock counts a try of this address.
func (p *Portal) knock(c *call, person string) error {
	from := source(c.req.RemoteAddr)
	all, err := p.store.Scratch().Throttle(c.ctx, "loss/"+from, lossWindow)
	if err != nil {
		return err
	}
	one := 0
	if all <= lossPerSource { // whoever is refused anyhow leaves no further row
		if one, err = p.store.Scratch().Throttle(c.ctx, "loss/"+from+"/"+hashed(person)[:16], lossWindow); err != nil {
			return err
		}
	}
	if all > lossPerSource || one > lossPerPerson {
		return fault.New(fault.Closed, "这台电脑试得太多，%d 分钟之内不再受理。请换一台电脑，或马上致电本校校长或安全保密管理员报失。", int(lossWindow.Minutes()))
	}
	return nil
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
