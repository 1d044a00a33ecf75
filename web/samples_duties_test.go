package web

import "sealdesk/web/view"

// dutySamples are the pages of the bodies' duties.
func dutySamples() []sample {
	f := frame("安全责任", "")
	sheets := &view.Register{Caption: "各机构的责任书，未签署的在前", Columns: []string{"机构", "负责人", "签署", "状态"}, Paging: view.Paging{From: 1, To: 3, Total: 39, Next: "/duties?from=HS10240", Unit: "个"},
		Rows: []view.RegisterRow{
			{Cells: []view.Cell{{Text: "松萝中学西校区（筹建处）", Href: "/duties/HS10182", Sub: "HS10182"}, {Text: "没有负责人"}, {}, {Mark: view.Mark{Kind: "stop", Text: "未签署"}}}},
			{Cells: []view.Cell{{Text: "率水初级中学", Href: "/duties/HS10183", Sub: "HS10183"}, {Text: "毕怀瑾"}, {}, {Mark: view.Mark{Kind: "hold", Text: "换人待签"}}}},
			{Cells: []view.Cell{{Text: "休宁县教育局", Href: "/duties/341022", Sub: "341022"}, {Text: "罗以宁"}, {Text: "2024-09-12", Sub: "本人钥匙签署"}, {Mark: view.Mark{Kind: "ok", Text: "已签署"}}}}}}
	overview := view.Office{Frame: f, Heading: "2024 年度安全主体责任书", Lead: "每个机构每年由负责人签署一份；没有签署的，其人员只能查看，不能办理业务。",
		Tiles:    []view.Tile{{Count: 37, Text: "已签署"}, {Count: 2, Text: "未签署", Hot: true}},
		Sections: []view.Section{{ID: "sheets", Title: "休宁县教育局及以下", Small: "39 个机构", Register: sheets}}}
	text := view.Section{ID: "text", Title: "责任书内容", Facts: []view.Fact{{Label: "责任 1", Value: "对本机构教师资格定期注册工作的网络安全和数据安全负主体责任，责任人为签署人"},
		{Label: "责任 2", Value: "使用人员先备案、先培训、先签承诺书，再使用系统；离岗当日关闭账户，交还钥匙和介质"}}}
	open := view.Office{Frame: f, Back: view.Link{Text: "回到各机构", Href: "/duties"}, Heading: "2024 年度安全主体责任书", Lead: "率水初级中学",
		Say: "率水初级中学 2024 年度的安全主体责任书还没有签署，本机构人员只能查看，不能办理业务（通知第三部分“落实责任，保障安全”）。须由校长（毕怀瑾 U00408）签署，在“安全责任”页办理。",
		Sections: []view.Section{{ID: "sheet", Title: "签署情况", Facts: []view.Fact{{Label: "机构", Value: "率水初级中学（HS10183）"}, {Label: "应由谁签署", Value: "校长（毕怀瑾 U00408）"}, {Label: "状态", Value: "未签署"}}},
			text, {ID: "past", Title: "经过", Empty: "本年度还没有在这里签署过。"}},
		Forms: []view.ActForm{{ID: "sign-sheet", Title: "签署责任书", Action: "/duties/HS10183/sheet", Button: "看将要签的内容",
			Say: "请先读完左边的内容。签署后，本机构人员即可办理本年度业务；您不再担任负责人时，由接任的人重新签署。"}}}
	signed := open
	signed.Say, signed.Forms = "", nil
	signed.Sections = []view.Section{{ID: "sheet", Title: "签署情况", Facts: []view.Fact{{Label: "机构", Value: "率水初级中学（HS10183）"}, {Label: "责任人", Value: "毕怀瑾（U00408）"},
		{Label: "签署时间", Value: "2024-09-12"}, {Label: "签署方式", Value: "本人钥匙签署"}}}, text,
		{ID: "past", Title: "经过", Events: []view.Event{{Dot: "seal", At: now, What: "签署责任书", Number: 7, Href: "/receipts/7", By: "毕怀瑾（U00408）"}}}}
	return []sample{{"duties", overview}, {"duties-sheet", open}, {"duties-signed", signed}}
}
