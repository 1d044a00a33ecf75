package keyagent

import (
	"net/http"
	"slices"

	"sealdesk/hsm"
	"sealdesk/hsm/seal"
)

// orderPage is an order with what the token says that it names.
type orderPage struct {
	requestPage
	Enrol   bool // makes a pair; else a certificate is written
	Token   *tokenView
	Trouble string   // why the token cannot be used; "" when it can
	New     *keyView // the certificate to write; nil when a pair is to be made
	Clears  []keyView
	Pad     bool
}

// viewOrder adds the token to an order's page. No PIN is involved.
func (a *Agent) viewOrder(r *http.Request, q *request, page requestPage) orderPage {
	p := orderPage{requestPage: page, Enrol: q.kind == seal.EnrolRequest}
	if parcel, err := packageOf(*q.order); !p.Enrol && err == nil {
		v := viewKey(key{token: token{info: hsm.TokenInfo{Label: q.order.Text.Get("钥匙名称")}}, cert: hsm.Certificate{Leaf: parcel.leaf}})
		p.New = &v
	}
	found, err := a.modules.named(r.Context(), *q.order)
	if err != nil {
		p.Trouble = sentenceOf(err)
		return p
	}
	v := viewToken(found)
	v.Trouble = "" // an empty token is what a new person gets
	p.Token, p.Pad = &v, found.info.ProtectedPath
	if err := fit(*q.order, found); err != nil {
		p.Trouble = sentenceOf(err)
	} else if !found.info.PINSet && !found.info.ProtectedPath {
		p.Trouble = "这把钥匙还没有设过 PIN，现在用不了。请用厂家的工具设好初始 PIN，再按“重新查看钥匙”。"
	}
	for _, c := range found.certs {
		if slices.Contains(q.order.Text.All("清除证书"), seal.Fingerprint(c.Leaf)) {
			p.Clears = append(p.Clears, viewKey(key{token: found, cert: c}))
		}
	}
	return p
}
