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
			Say: "请先读完责任书。签署后，本机构人员即可办理本年度业务；您不再担任负责人时，由接任的人重新签署。"}}}
	signed := open
	signed.Say, signed.Forms = "", nil
	signed.Sections = []view.Section{{ID: "sheet", Title: "签署情况", Facts: []view.Fact{{Label: "机构", Value: "率水初级中学（HS10183）"}, {Label: "责任人", Value: "毕怀瑾（U00408）"},
		{Label: "签署时间", Value: "2024-09-12"}, {Label: "签署方式", Value: "本人钥匙签署"}}}, text,
		{ID: "past", Title: "经过", Events: []view.Event{{Dot: "seal", At: now, What: "签署责任书", Number: 7, Href: "/receipts/7", By: "毕怀瑾（U00408）"}}}}
	return append([]sample{{"duties", overview}, {"duties-sheet", open}, {"duties-signed", signed}}, append(securitySamples(), rulesSamples()...)...)
}

// securitySamples are the year's lessons, drills and incidents.
func securitySamples() []sample {
	f := frame("安全记录", "")
	incidents := view.Section{ID: "incidents", Title: "安全事件", Small: "2 件", Go: view.Link{Text: "登记安全事件", Href: "/security/incidents/new"},
		Register: &view.Register{Caption: "安全事件，最近的在前", Columns: []string{"事件", "发现时间（自述）", "经过", "涉及", "报告"}, Rows: []view.RegisterRow{
			{Cells: []view.Cell{{Text: "I2024-002", Href: "/security/incidents/I2024-002"}, {Text: "2024-11-12 09:30", Sub: "还剩 16 分钟，须在 2024-11-12 10:30 前报告市级负责人"}, {Text: "一份打印的名单遗落在复印室，已被陌生人拿走，管理员调看录像……"}, {Text: "37 人", Sub: "两所学校的申请人"},
				{Mark: view.Mark{Kind: "hold", Text: "待报告"}}}},
			{Cells: []view.Cell{{Text: "I2024-001", Href: "/security/incidents/I2024-001"}, {Text: "2024-10-08 08:10"}, {Text: "一把钥匙遗失，当日报失"}, {Text: "0 人", Sub: "无"}, {Mark: view.Mark{Kind: "ok", Text: "无泄露"}}}}}}}
	lessons := view.Section{ID: "lesson", Title: "网络安全和数据安全教育", Small: "1 次", Go: view.Link{Text: "登记安全教育", Href: "/security/lessons/new"},
		Register: &view.Register{Caption: "安全教育", Columns: []string{"记录", "主题", "主持", "参加"}, Rows: []view.RegisterRow{{Cells: []view.Cell{{Text: "L2024-01", Sub: "2024-09-18"}, {Text: "钓鱼邮件与名单外泄"}, {Text: "罗以宁"}, {Text: "9 个机构", Sub: "全体使用人员"}}}}}}
	drills := view.Section{ID: "drill", Title: "应急演练", Small: "0 次", Empty: "本年度还没有登记。每年至少一次。", Go: view.Link{Text: "登记应急演练", Href: "/security/drills/new"}}
	list := view.Office{Frame: f, Heading: "2024 年度安全记录", Lead: "每年至少一次安全教育、一次应急演练；发生安全事件随时登记，可能泄露的须在 1 小时内报告市级负责人。",
		Tiles: []view.Tile{{Count: 1, Text: "可能泄露，还没有报告", Hot: true}, {Count: 2, Text: "安全事件"}, {Count: 1, Text: "安全教育"}, {Count: 0, Text: "应急演练", Hot: true}}, Sections: []view.Section{incidents, lessons, drills}}
	empty := list
	empty.Tiles = []view.Tile{{Text: "可能泄露，还没有报告"}, {Text: "安全事件"}, {Text: "安全教育", Hot: true}, {Text: "应急演练", Hot: true}}
	empty.Sections = []view.Section{{ID: "incidents", Title: "安全事件", Small: "0 件", Empty: "本年度没有登记过安全事件。"}, {ID: "lesson", Title: "网络安全和数据安全教育", Small: "0 次", Empty: "本年度还没有登记。每年至少一次。"}, drills}
	one := view.Office{Frame: f, Back: view.Link{Text: "回到安全记录", Href: "/security"}, Heading: "安全事件 I2024-002", Lead: "2024-11-12 09:30 发现，罗以宁登记",
		Say: "可能泄露：还剩 16 分钟，须在 2024-11-12 10:30 前报告市级负责人（通知第三部分“强化网络安全和数据安全防范意识”，缺省为 1 小时内）。",
		Sections: []view.Section{{ID: "incident", Title: "事件", Facts: []view.Fact{{Label: "发现时间（自述）", Value: "2024-11-12 09:30"}, {Label: "登记时间（系统）", Value: "2024-11-12 09:52"}, {Label: "发现人", Value: "档案室老许"}, {Label: "事件经过", Value: "一份打印的名单遗落在复印室，已被陌生人拿走，管理员调看录像后确认"}, {Label: "涉及人数", Value: "120（登记时 37，后更正）"}, {Label: "可能泄露", Value: "是"}, {Label: "报告", Value: "补报：自述 2024-11-12 10:20 报告，2024-11-12 10:41 登记，登记时已过时限 2024-11-12 10:30，不能证明按时报告了市级负责人"}}},
			{ID: "notes", Title: "补记", Small: "1 条", Register: &view.Register{Caption: "补记，按登记先后", Columns: []string{"类别", "发生时间（自述）", "内容", "登记时间（系统）"}, Rows: []view.RegisterRow{{Cells: []view.Cell{{Text: "告知", Sub: "公安、网信部门"}, {Text: "2024-11-12 10:02"}, {Text: "电话报告"}, {Text: "2024-11-12 10:04", Sub: "罗以宁"}}}}}},
			{ID: "log", Title: "日志", Events: []view.Event{{Dot: "seal", At: now, What: "登记安全事件", Number: 9, Href: "/receipts/9", By: "罗以宁（U00002）"}}}},
		Forms: []view.ActForm{{ID: "note", Title: "补记", Action: "/security/incidents/I2024-002", Say: "补记另签一份，原来的记录不改。", Inputs: []view.Input{
			{Kind: "radios", Name: "kind", Label: "补记什么", Choices: view.Choices{Items: []view.Choice{{Value: "contained", Text: "控制措施"}, {Value: "told", Text: "告知"}, {Value: "learned", Text: "教训与整改"}, {Value: "corrected", Text: "更正"}}}},
			{Kind: "select", Name: "party", Label: "告知了谁", Hint: "补记“告知”时选择。", Choices: view.Choices{Items: []view.Choice{{Text: "请选择"}, {Value: "city_lead", Text: "市级负责人"}}}},
			{Kind: "time", Name: "when", Label: "何时", Hint: "按实际填写；登记时间另由系统记录，是否在时限内以登记时间为准。"}, {Kind: "area", Name: "text", Label: "内容", Hint: "不写号码。"},
			{Kind: "ticks", Name: "raise", Label: "更正为可能泄露", Hint: "补记“更正”时勾选。", Choices: view.Choices{Items: []view.Choice{{Value: "yes", Text: "原记没有泄露的可能，现改为可能泄露"}}}},
			{Name: "count", Label: "涉及人数改为", Hint: "补记“更正”时填写，只能往多改；不改的留空。"}}}}}
	form := view.Office{Frame: refused(f, "没有登记", view.Fault{Field: "noticed", Text: "没有填写发现时间。"}), Back: one.Back, Heading: "登记安全事件", Lead: "只写概况，不写具体教师的姓名和证件号。",
		Sections: []view.Section{{Form: &view.ActForm{ID: "incident", Title: "事件", Action: "/security/incidents", Inputs: []view.Input{
			{Kind: "time", Name: "noticed", Label: "发现时间", Field: view.Field{Error: "没有填写发现时间。"}}, {Name: "noticed_by", Label: "发现人", Field: view.Field{Value: "档案室老许"}},
			{Kind: "area", Name: "what", Label: "事件经过"}, {Name: "count", Label: "涉及人数", Hint: "不清楚的先填估计数，以后补记。"},
			{Kind: "radios", Name: "leak", Label: "是否可能泄露", Choices: view.Choices{Items: []view.Choice{{Value: "yes", Text: "可能泄露：须在发现后 1 小时内报告市级负责人"}, {Value: "no", Text: "没有泄露的可能"}}}}}}}}}
	return []sample{{"duties-security", list}, {"duties-security-empty", empty}, {"duties-incident", one}, {"duties-incident-refused", form}}
}

// rulesSamples are an organ's duty rota and rules.
func rulesSamples() []sample {
	f := frame("值班与制度", "")
	people := view.Choices{Items: []view.Choice{{Value: "U00028", Text: "沈知远，审核员"}, {Value: "U00029", Text: "潘令仪，审核员"}}}
	file := view.ActForm{ID: "file", Title: "报备新的一版", Action: "/rules/341022", Say: "列入的人员须已备案并完成本年度培训。", Inputs: []view.Input{{Kind: "ticks", Name: "duty", Label: "值班人员", Hint: "至少两位。", Choices: people},
		{Kind: "area", Name: "rota", Label: "值班安排"}, {Kind: "area", Name: "two_sign", Label: "双人办理规定"}, {Kind: "select", Name: "keeper", Label: "印章保管人", Choices: people}, {Kind: "area", Name: "seal_rule", Label: "印章管理规定"}}}
	review := view.ActForm{ID: "review", Title: "年度复核", Action: "/rules/341022/review", Say: "逐项核对过、没有要改的，登记复核；有人离岗或要改的，报备新的一版。", Inputs: []view.Input{{Kind: "day", Name: "reviewed", Label: "复核日期"}}}
	due := view.Office{Frame: f, Heading: "值班表、双人办理和印章管理制度", Lead: "休宁县教育局", Say: "休宁县教育局的值班、双人办理和印章制度上次复核在 2022 年，2024 年度还没有复核（通知第三部分“加强注册机构工作规范管理”）。",
		Sections: []view.Section{{ID: "now", Title: "现行制度", Small: "第 1 版", Facts: []view.Fact{{Label: "值班人员", Value: "沈知远（U00028）、潘令仪（U00029）"}, {Label: "值班安排", Value: "工作日按周轮换，节假日由带班领导值守"},
			{Label: "双人办理规定", Value: "不利结论、销毁、盘点由两人办理"}, {Label: "印章保管人", Value: "罗以宁（U00031）"}, {Label: "上次复核", Value: "2022-03-01，罗以宁"}}},
			{ID: "past", Title: "经过", Events: []view.Event{{Dot: "seal", At: now.AddDate(-2, 0, 0), What: "报备值班表和制度", Number: 7, By: "罗以宁（U00031）"}}}}, Forms: []view.ActForm{review, file}}
	empty := view.Office{Frame: f, Heading: due.Heading, Lead: due.Lead, Say: "休宁县教育局还没有报备值班表、双人办理和印章管理制度（通知第三部分“加强注册机构工作规范管理”）。",
		Sections: []view.Section{{ID: "now", Title: "现行制度", Empty: "还没有报备过。"}, {ID: "past", Title: "经过", Empty: "还没有报备过。"}}, Forms: []view.ActForm{file}}
	list := view.Office{Frame: f, Heading: due.Heading, Lead: "由各区县教育局和市教育局报备，每年复核一次。", Tiles: []view.Tile{{Count: 7, Text: "本年度已复核"}, {Count: 2, Text: "待报备或复核", Hot: true}},
		Sections: []view.Section{{ID: "rules", Title: "各机构", Small: "2 个", Register: &view.Register{Caption: "各机构的值班与制度", Columns: []string{"机构", "现行版本", "上次复核", "状态"}, Rows: []view.RegisterRow{
			{Cells: []view.Cell{{Text: "休宁县教育局", Href: "/rules/341022"}, {Text: "第 1 版", Sub: "2022-03-01"}, {Text: "2022-03-01", Sub: "罗以宁"}, {Mark: view.Mark{Kind: "stop", Text: "待复核"}}}},
			{Cells: []view.Cell{{Text: "祁门县教育局", Href: "/rules/341024"}, {Text: "没有报备"}, {}, {Mark: view.Mark{Kind: "stop", Text: "待报备"}}}}}}}}}
	return []sample{{"duties-rules", list}, {"duties-rules-due", due}, {"duties-rules-empty", empty}}
}
