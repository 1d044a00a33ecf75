package portal

import (
	"crypto/x509"
	"strings"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/web"
	"sealdesk/web/view"
)

// GET /keys: the register of keys.
func (p *Portal) listKeys(c *call) (answer, error) {
	v, err := p.keysPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

func (p *Portal) keysPage(c *call) (view.Keys, error) {
	grant, err := p.officerGrant(c, policy.ListKeys)
	if err != nil {
		return view.Keys{}, err
	}
	keys, err := p.store.Keys(c.ctx, grant)
	if err != nil {
		return view.Keys{}, err
	}
	v := view.Keys{Frame: p.frame(c, "钥匙"), Action: "/keys", Find: view.Field{Value: c.form.Get("name")}, Lead: "每把钥匙始终有一名保管人；停用从下一次操作起生效。"}
	count := map[custody.State]int{}
	state, find := c.form.Get("state"), strings.TrimSpace(c.form.Get("name"))
	for _, k := range keys {
		count[k.State]++
		if state != "" && string(k.State) != state || find != "" && k.Staff != find && !strings.HasPrefix(k.Fingerprint, strings.ToLower(find)) {
			continue
		}
		v.Rows = append(v.Rows, p.keyRow(c, k))
	}
	v.Paging.Total, v.Paging.Unit = len(v.Rows), "把"
	v.State.Items = []view.Choice{{Value: "", Text: "全部", Chosen: state == ""}}
	for _, s := range []custody.State{custody.Issued, custody.Lost, custody.Revoked} {
		v.Tiles = append(v.Tiles, view.Tile{Count: count[s], Text: s.Word(), Hot: s == custody.Lost && count[s] > 0})
		v.State.Items = append(v.State.Items, view.Choice{Value: string(s), Text: s.Word(), Chosen: state == string(s)})
	}
	if _, err := p.officerGrant(c, policy.RevokeKey); err == nil {
		kind := c.form.Get("kind")
		v.Revoke = &view.RevokeForm{Action: "/keys/revoke", Key: view.Field{Value: c.form.Get("fingerprint")}, Reason: view.Field{Value: c.form.Get("revoke_reason")},
			Kind: view.Choices{Items: []view.Choice{{Value: "lost", Text: "报失", Chosen: kind == "lost"}, {Value: "revoked", Text: "停用（离岗、损坏、换发）", Chosen: kind == "revoked"}}}}
	}
	return v, nil
}

func (p *Portal) keyRow(c *call, k custody.Key) view.KeyRow {
	kind := map[custody.State]string{custody.Issued: "ok", custody.Lost: "stop", custody.Revoked: "wait"}[k.State]
	row := view.KeyRow{Fingerprint: grouped(k.Fingerprint[:16]), Href: "/keys?fingerprint=" + k.Fingerprint, Number: k.Staff, State: view.Mark{Kind: kind, Text: k.State.Word()}}
	if s, err := p.store.Staff(c.ctx, k.Staff); err == nil {
		row.Holder = s.Name
		if o, err := p.store.Organisation(c.ctx, s.Org); err == nil {
			row.Organisation = o.Name
		}
	}
	if who, _, err := p.store.Officer(c.ctx, k.Staff, k.Fingerprint); err == nil {
		var roles []policy.Role
		for _, a := range who.Appointments {
			roles = append(roles, a.Role)
		}
		row.Roles = roleWords(roles)
	}
	if cert, err := x509.ParseCertificate(k.Certificate); err == nil {
		row.Until = cert.NotAfter
	}
	return row
}

// POST /keys/revoke
func (p *Portal) proposeRevoke(c *call) (answer, error) {
	next, err := p.revoke(c)
	if err == nil {
		return next, nil
	}
	return p.formAgain(c, err, refusedForm{act: policy.RevokeKey, inputs: map[string]string{"reason": "revoke_reason"},
		page: func(r *view.Refusal) (web.Page, error) {
			v, err := p.keysPage(c)
			v.Refusal = r
			return v, err
		}})
}

func (p *Portal) revoke(c *call) (answer, error) {
	kind := c.form.Get("kind")
	if kind != "lost" && kind != "revoked" {
		return nil, fault.New(fault.Invalid, "请选择报失或停用。").At("kind", "请选择报失或停用。")
	}
	key, err := p.store.KeyInCustody(c.ctx, strings.TrimSpace(c.form.Get("fingerprint")))
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			return nil, fault.New(fault.Invalid, "没有登记过这把钥匙。请从清单里选择。").At("fingerprint", "请从清单里选择。")
		}
		return nil, err
	}
	return p.proposeKey(c, map[string]seal.Kind{"lost": seal.KeyLost, "revoked": seal.KeyRevoke}[kind], key.Token, c.form.Get("revoke_reason"), "/keys")
}
