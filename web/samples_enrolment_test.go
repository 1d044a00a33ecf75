package web

import "sealdesk/web/view"

func enrolmentSamples() []sample {
	f := frame("签发证书", "钥匙")
	facts := []view.Fact{{Label: "钥匙", Value: "HS-2026-00017", Mono: true}, {Label: "领用人", Value: "苏怀瑾（U09001），休宁县教育局"}, {Label: "现在的保管人", Value: "李浩（U00002）"}, {Label: "状态", Value: "待接收"}}
	list := view.Enrolments{Frame: f, Lead: "已发放、等待签发证书或等领用人接管的钥匙。", Rows: []view.EnrolmentLine{
		{Serial: "HS-2026-00017", Label: "签名钥匙 17", Href: "/enrolments/HS-2026-00017", For: "苏怀瑾（U09001）", Since: now, State: view.Mark{Kind: "wait", Text: "等签发证书"}},
		{Serial: "HS-2026-00018", Href: "/enrolments/HS-2026-00018", For: "程静姝（U09002）", Since: now, State: view.Mark{Kind: "hold", Text: "等领用人接管"}}}}
	order := view.OrderPost{Action: "http://127.0.0.1:17890/enrol", Order: "c2VhbGRlc2s=", Digest: "f8e24723 aa629935", Expires: now.Add(1800e9)}
	make := view.Enrolment{Frame: f, Back: view.Link{Text: "签发证书", Href: "/enrolments"}, Lead: "请和领用人一起，在插着这把钥匙的电脑上办。", Facts: facts, Step: 1, Order: order, Algorithm: "ECDSA P-256",
		OtherAlgorithm: view.Link{Text: "钥匙不支持 ECDSA：改用 RSA 2048", Href: "/enrolments/HS-2026-00017?algorithm=rsa"}}
	foreign := make
	foreign.Frame = refused(f, "证书没有登记", view.Fault{Field: "certificate", Text: "请贴一张 PEM 格式的证书。"})
	foreign.Foreign = &view.ForeignForm{Action: "/enrolments/HS-2026-00017/certificate", Certificate: view.Field{Value: "-----BEGIN", Error: "请贴一张 PEM 格式的证书。"}}
	install := make
	install.Step, install.Order.Action = 2, "http://127.0.0.1:17890/install"
	take := install
	take.Step, take.Installed, take.Takeover = 3, true, "/takeover/ab"
	own := take
	own.Order, own.Installed = view.OrderPost{}, true
	renew := make
	renew.Renewal, renew.Back, renew.Drop = true, view.Link{}, "/renewal/drop"
	barred := view.Enrolment{Frame: f, Facts: facts, Barred: "领用人还没有使用人员备案（R54），不能签发证书。请先备案，再回来接着办。"}
	done := view.Enrolment{Frame: f, Facts: facts, Done: true}
	text := view.Takeover{Gate: view.Gate{Title: "接管钥匙", Now: now}, Facts: append([]view.Fact{{Label: "门户", Value: "黄山市教师资格定期注册签台"}}, facts...), Text: "sealdesk/v1 key-takeover\n门户: 黄山市教师资格定期注册签台\n",
		Digest: "f8e24723 aa629935 605339ab ffdba88d", Expires: now.Add(1800e9), Agent: agentPost}
	return []sample{{"enrolments", list}, {"enrolments-empty", view.Enrolments{Frame: f}}, {"enrolment-make", make}, {"enrolment-foreign", foreign}, {"enrolment-install", install},
		{"enrolment-take", take}, {"enrolment-take-foreign", own}, {"enrolment-renew", renew}, {"enrolment-barred", barred}, {"enrolment-done", done}, {"takeover", text}}
}
