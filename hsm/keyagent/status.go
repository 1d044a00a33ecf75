package keyagent

import (
	"net/http"
	"time"
)

type statusPage struct {
	frame
	Portals  []Portal
	Tokens   []tokenView
	Troubles []string
	Open     string // path of the request in hand
	Asked    []askedView
}

// askedView is a statement that a portal holds ready for the second road.
type askedView struct{ Portal, Digest string }

type tokenView struct {
	Label, Serial, Maker, Trouble string
	Tries                         string
	State                         string
	Keys                          []keyView
}

// GET /: whether keys and drivers are in order. It uses no key.
func (a *Agent) status(w http.ResponseWriter, r *http.Request) {
	tokens, faults := a.modules.poll(r.Context())
	page := statusPage{frame: a.frame("这台电脑的钥匙", ""), Portals: a.config.Portals}
	for _, f := range faults {
		page.Troubles = append(page.Troubles, "驱动 "+f.name+"："+sentenceOf(f.err))
	}
	if len(tokens) == 0 && len(faults) == 0 {
		page.Troubles = append(page.Troubles, "没有插着的钥匙。请把 USB 钥匙插好，等指示灯亮起，再刷新本页。")
	}
	for _, t := range tokens {
		page.Tokens = append(page.Tokens, viewToken(t))
	}
	a.mu.Lock()
	if q := a.inHand(); q != nil {
		page.Open = "/request/" + q.token
	}
	for w := range a.watches {
		if w.asked != "" {
			page.Asked = append(page.Asked, askedView{w.portal.Name, w.asked})
		}
	}
	a.mu.Unlock()
	formsFollow(w)
	a.render(w, http.StatusOK, "status.html", page)
}

func viewToken(t token) tokenView {
	v := tokenView{
		Label: orUnnamed(t.info.Label), Serial: t.info.Serial, Maker: t.info.Manufacturer,
		Tries: triesSentence(t.info.Tries), State: string(t.info.Tries),
	}
	switch {
	case t.err != nil:
		v.Trouble = sentenceOf(t.err)
	case len(t.certs) == 0:
		v.Trouble = "里面没有签名证书。请带上它找安全保密管理员，把证书写进去再用。"
	}
	for _, c := range t.certs {
		k := key{token: t, cert: c, problem: problemOf(t, c.Leaf, time.Now())}
		v.Keys = append(v.Keys, viewKey(k))
	}
	return v
}
