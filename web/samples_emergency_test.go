package web

import (
	"strings"
	"time"

	"sealdesk/web/view"
)

func emergencySamples() []sample {
	f := frame("紧急与恢复", "")
	key := "3f9a 61c7 0be2 d84e 3f9a 61c7 0be2 d84e 3f9a 61c7 0be2 d84e 3f9a 61c7 0be2 d84e"
	list := view.CustodianList{Number: "C000002", Quorum: "3 人中 2 人", Since: now, People: []string{"金映川（U00002）", "程远帆（U00006）", "汪静秋（U00031）"}, Mine: true}
	line := view.EmergencyLine{Number: "E000001", Person: "金映川（U00002）", Key: key, Token: "SD-2026-0042", Reason: "两位安全保密管理员的钥匙在火灾中损毁", Called: now, Deadline: now.Add(24 * time.Hour),
		Sealed: []string{"程远帆"}, State: view.Mark{Kind: "wait", Text: "等托管人签署（已签 1 人）"}, Seal: "/emergency/E000001/seal"}
	open := line
	open.Number, open.State, open.Seal, open.Until, open.Use, open.Acknowledge = "E000002", view.Mark{Kind: "hold", Text: "已开启"}, "", now.Add(2*time.Hour), "/emergency/use?number=E000002", "/emergency/E000002/acknowledge"
	used := open
	used.Number, used.State, used.Until, used.Use = "E000003", view.Mark{Kind: "ok", Text: "已用"}, time.Time{}, ""
	custodian := view.Emergency{Frame: f, Lead: "由托管人共同开启一次、限时、只恢复一个人的紧急事项。", List: list, Rows: []view.EmergencyLine{open, line, used}, Call: &view.EmergencyForm{Action: "/emergency"}}
	officer := view.Emergency{Frame: f, List: list, Quiet: "现在有 2 位安全保密管理员持有在用的钥匙，不是紧急情况。", Rows: []view.EmergencyLine{used},
		Open:   []view.PolicyOpen{{What: "托管人名单第 C000003 号", First: "金映川", Second: "程远帆", Expires: now.Add(70 * time.Hour), State: view.Mark{Kind: "wait", Text: "等复签"}}, {What: "托管人名单第 C000003 号", First: "金映川", Second: "程远帆", Expires: now.Add(70 * time.Hour), Href: "/custodians/x"}},
		Change: &view.CustodianForm{Action: "/custodians", Quorum: view.Field{Value: "2"}, Confirmer: view.Choices{Items: []view.Choice{{Value: "U00006", Text: "程远帆，局长"}}}}}
	bad := custodian
	bad.Frame = refused(f, "没有提出紧急事项", view.Fault{Field: "certificate", Text: "请整段粘贴。"})
	form := *custodian.Call
	form.Certificate, form.Person = view.Field{Value: "-----BEGIN", Error: "请整段粘贴。"}, view.Field{Value: "U00002"}
	bad.Call = &form
	use := view.EmergencyUse{Gate: view.Gate{Title: "紧急恢复", Now: now}, Agent: agentPost, Until: now.Add(2 * time.Hour),
		Facts: []view.Fact{{Label: "恢复人员", Value: "金映川（U00002）"}, {Label: "恢复任职", Value: "SEC@341000"}, {Label: "钥匙指纹", Value: strings.ReplaceAll(key, " ", ""), Mono: true}}}
	return []sample{{"emergency", custodian}, {"emergency-officer", officer}, {"emergency-refused", bad}, {"emergency-empty", view.Emergency{Frame: f}},
		{"emergency-use", use}, {"emergency-use-empty", view.EmergencyUse{Gate: view.Gate{Title: "紧急恢复", Now: now}}}}
}
