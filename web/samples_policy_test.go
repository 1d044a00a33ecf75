package web

import (
	"fmt"
	"time"

	"sealdesk/web/view"
)

func policySamples() []sample {
	f := frame("政策", "")
	roles, names := []string{"SC", "SH", "CA", "CL", "MD", "ML", "MR", "SYS", "SEC", "AUD", "system"}, make([]string, 11)
	for i := range names {
		names[i] = "角色" + roles[i]
	}
	m := view.PolicyMatrix{Caption: "现行政策：角色、行为、范围", Roles: roles, Names: names}
	for i, act := range []string{"登录", "查看申请列表", "给出注册结论", "复签政策变更"} {
		row := view.PolicyRow{Act: act, Code: fmt.Sprintf("act_%d", i)}
		for j := range roles {
			row.Cells = append(row.Cells, view.PolicyCell{Now: []string{"本机构", "—", "所辖"}[(i+j)%3], Was: "—"})
		}
		m.Rows = append(m.Rows, row)
	}
	facts := []view.Fact{{Label: "编号", Value: "P000002"}, {Label: "生效", Value: "2024-11-12 10:00"}, {Label: "签署人", Value: "金映川、程远帆"}, {Label: "摘要", Value: "3f9a61c7 0be2d84e 3f9a61c7 0be2d84e 3f9a61c7 0be2d84e 3f9a61c7 0be2d84e", Mono: true}}
	full := view.Policy{Frame: f, Lead: "换政策须安全保密管理员和市级负责人签署同一份文本。", Facts: facts, Matrix: m, Change: view.Link{Text: "换政策", Href: "/policy/new"},
		Unknown: []string{"登记介质（register_medium）"},
		Open:    []view.PolicyOpen{{What: "第 P000003 号政策", First: "金映川", Second: "程远帆", Expires: now.Add(70 * time.Hour), State: view.Mark{Kind: "wait", Text: "等复签"}}, {What: "第 P000003 号政策", First: "金映川", Second: "程远帆", Expires: now.Add(70 * time.Hour), Href: "/policy/changes/x"}},
		Past: []view.PolicyLine{{Number: "P000002", Reason: "复核人员看得到名单（恢复第 P000001 号）", By: "金映川、程远帆", From: now, State: view.Mark{Kind: "ok", Text: "现行"}, File: view.Link{Text: "下载", Href: "/policy/file?id=P000002"}, Receipt: view.Link{Href: "/receipts/9"}},
			{Number: "P000001", Reason: "启用", By: "金映川、叶清和", From: now, State: view.Mark{Kind: "wait", Text: "已换下"}, File: view.Link{Text: "下载", Href: "/policy/file?id=P000001"}}}}
	form := view.PolicyForm{Frame: f, Action: "/policy/new", Back: view.Link{Text: "回到政策", Href: "/policy"}, Carried: "/policy/file?id=carried",
		Source: view.Choices{Items: []view.Choice{{Text: "上传的文件", Chosen: true}, {Value: "carried", Text: "程序自带的文件"}}},
		When:   view.Choices{Items: []view.Choice{{Value: "now", Text: "两人签署完成即生效", Chosen: true}, {Value: "later", Text: "到时生效"}}}, Confirmer: view.Choices{Items: []view.Choice{{Value: "U00006", Text: "程远帆，局长"}}}}
	bad := form
	bad.Frame = refused(f, "政策文件有 1 处要改，没有收下；现行政策不变。", view.Fault{Field: "policy_file", Text: "政策文件第 12 行：没有角色“CX”。"})
	bad.File.Error, bad.Effective.Error = "政策文件第 12 行：没有角色“CX”。", "请选日期和时间。"
	moved := m
	moved.All = view.Link{Text: "列出全部", Href: "/policy/draft?matrix=all"}
	moved.Rows = []view.PolicyRow{{Act: "给出注册结论", Code: "conclude", Cells: append([]view.PolicyCell{}, m.Rows[2].Cells...)}}
	moved.Rows[0].Cells[2] = view.PolicyCell{Now: "本机构", Was: "所辖", Changed: true}
	change := view.PolicyChange{Frame: f, Lead: "还没有签，什么都没有改变。", Facts: facts, Added: []string{"CA, conclude, application, own"}, Removed: []string{"CA, conclude, application, subtree"},
		Summary: "获得权限 2 人，失去权限 2 人；其余人员不变。", Matrix: moved, Seal: "/policy/draft", Back: view.Link{Text: "改文件或时间", Href: "/policy/new"},
		Paging: view.Paging{From: 1, To: 2, Total: 120, Next: "/policy/draft?from=50", Unit: "人"},
		People: []view.PolicyPerson{{Name: "沈知远", Number: "U00028", Organisation: "歙县教育局", Roles: "科员", Gains: []string{"给出注册结论（本机构，341021）"}, Loses: []string{"给出注册结论（本机构及所辖，341021）"}}, {Name: "罗以宁", Number: "U00029", Organisation: "歙县教育局"}}}
	second := change
	second.Seal, second.Sign = "", view.Link{Text: "看原文并签署", Href: "/policy/changes/x/sign"}
	return []sample{{"policy", full}, {"policy-empty", view.Policy{Frame: f}}, {"policy-new", form}, {"policy-new-refused", bad}, {"policy-change", change}, {"policy-change-second", second}, {"policy-change-empty", view.PolicyChange{Frame: f}}}
}
