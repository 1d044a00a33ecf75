package web

import "sealdesk/web/view"

func officeSamples() []sample {
	f := frame("人员", "")
	register := &view.Register{Caption: "人员名册", Columns: []string{"人员", "机构", "岗位", "状态"}, Paging: view.Paging{Total: 651, Next: "/staff?after=x", Unit: "人"}}
	for range 6 {
		register.Rows = append(register.Rows, view.RegisterRow{Cells: []view.Cell{{Text: "潘令仪", Href: "/staff/P-0388", Sub: "P-0388"}, {Text: "休宁县教育局"}, {Text: "审核员"}, {Mark: view.Mark{Kind: "ok", Text: "可办理"}}}})
	}
	list := view.Office{Frame: f, Heading: "人员与备案", Lead: "休宁县教育局及以下机构。", Tiles: []view.Tile{{Count: 651, Text: "在册"}, {Count: 2, Text: "未备案", Hot: true}},
		Search:   &view.Search{Action: "/staff", Label: "人员编号或姓名", State: view.Choices{Items: []view.Choice{{Text: "全部"}}}},
		Sections: []view.Section{{ID: "open", Title: "等办的备案", Small: "0 份", Empty: "没有等办的备案。", Go: view.Link{Text: "为新人员报备", Href: "/staff/new"}}, {ID: "register", Title: "人员名册", Register: register}}}
	form := view.ActForm{ID: "leave", Title: "离岗备案", Say: "签署后账户到期即关闭。", Action: "/staff/x/leave", Inputs: []view.Input{{Kind: "day", Name: "last", Label: "最后在岗的日期"}, {Kind: "area", Name: "leave_reason", Label: "理由"},
		{Kind: "radios", Name: "verdict", Label: "审核意见", Choices: view.Choices{Items: []view.Choice{{Value: "accept", Text: "同意"}, {Value: "back", Text: "退回"}}}},
		{Kind: "ticks", Name: "role", Label: "拟任角色", Hint: "备案不授予角色。", Choices: view.Choices{Items: []view.Choice{{Value: "CA", Text: "区县审核人员", Hint: "审核"}}}},
		{Kind: "select", Name: "org", Label: "所在机构", Choices: view.Choices{Items: []view.Choice{{Value: "341022", Text: "休宁县教育局"}}}},
		{Kind: "time", Name: "noticed", Label: "发现时间"}, {Name: "name", Label: "姓名", Hint: "照证件"}, {Kind: "hidden", Name: "id"}}}
	one := view.Office{Frame: frame("人员 P-0388", ""), Back: view.Link{Text: "回到人员名册", Href: "/staff"}, Heading: "潘令仪", Lead: "P-0388，休宁县教育局审核员", Say: "岗位已于 2024-08-31 结束，账户已关闭。",
		Sections: []view.Section{{ID: "account", Title: "账户", Say: "须核对。", Facts: []view.Fact{{Label: "状态", Value: "已关闭"}, {Label: "手机号", Value: "末四位 8888"}}},
			{ID: "past", Title: "经过", Events: []view.Event{{Dot: "seal", At: now, What: "人员备案", Number: 7, Href: "/receipts/7", By: "罗以宁"}}}}, Forms: []view.ActForm{form}}
	bad := one
	bad.Frame = refused(one.Frame, "没有报备", view.Fault{Field: "last", Text: "请填写日期。"})
	wrong := form
	wrong.Inputs = append([]view.Input{}, form.Inputs...)
	for i := range wrong.Inputs {
		wrong.Inputs[i].Field.Error, wrong.Inputs[i].Choices.Error = "请填写。", "请选择。"
	}
	bad.Forms = []view.ActForm{wrong}
	upload := view.Office{Frame: f, Heading: "导入名册", Sections: []view.Section{{Form: &view.ActForm{ID: "sheet-form", Title: "选择文件", Action: "/staff/import", Button: "上传并比较", Upload: true, Inputs: []view.Input{{Kind: "file", Name: "sheet", Label: "名册（.xlsx）", Hint: "不超过 5 MiB。"}}}}}}
	early := view.Office{Frame: frame("未到期放行", ""), Heading: "未到期放行（R05）", Lead: "上次注册有效期在 2024 年底以后才满的，系统不收。确有理由的，由审核人员写明理由放行，另一位负责人签署同一份文本；只对这一份申请、这一个有效期有效。",
		Sections: []view.Section{{ID: "rows", Title: "因未到期留下的行", Small: "2 行", Register: &view.Register{Caption: "因未到期留下的行", Columns: []string{"姓名", "学校", "申请编号", "上次注册有效期至", "现在"}, Rows: []view.RegisterRow{
			{Cells: []view.Cell{{Text: "汪采薇", Sub: "休宁县申请表.xlsx 第 31 行"}, {Text: "休宁县溪口中心小学"}, {Text: "202409000311"}, {Text: "2027-06-30"}, {Mark: view.Mark{Kind: "ok", Text: "已放行，第 1207 号，等导入"}}}},
			{Cells: []view.Cell{{Text: "江晓岚", Sub: "休宁县申请表.xlsx 第 52 行"}, {Text: "休宁县溪口中心小学"}, {Text: "202409000522"}, {Text: "2025-01-01"}, {Mark: view.Mark{Kind: "hold", Text: "没有放行"}}}}}}},
			{ID: "allowed", Title: "放行过的", Small: "1 份", Register: &view.Register{Caption: "放行过的", Columns: []string{"姓名", "学校", "有效期至", "理由", "签署人", "日志号"}, Rows: []view.RegisterRow{
				{Cells: []view.Cell{{Text: "汪采薇", Sub: "202409000311"}, {Text: "休宁县溪口中心小学"}, {Text: "2027-06-30"}, {Text: "调往外省，须先注册"}, {Text: "罗以宁、方一苇", Sub: "2024-11-05 10:00"}, {Text: "1207", Href: "/receipts/1207"}}}}}}},
		Forms: []view.ActForm{{ID: "allow", Title: "放行一份申请", Action: "/early-renewals", Button: "看将要签的内容", Inputs: []view.Input{
			{Kind: "select", Name: "row", Label: "哪一份", Choices: view.Choices{Items: []view.Choice{{Value: "a/52", Text: "江晓岚，休宁县溪口中心小学，至 2025-01-01"}}}},
			{Kind: "area", Name: "reason", Label: "放行的理由", Hint: "写明为什么提前、依据什么材料；不要写证件号码。"},
			{Kind: "select", Name: "confirmer", Label: "由谁复签", Choices: view.Choices{Items: []view.Choice{{Value: "U1", Text: "方一苇，股长"}}}}}}}}
	board := view.Office{Frame: frame("各校进度", ""), Heading: "各校进度", Lead: "休宁县教育局 2024 年共 3 所学校、97 份申请；还没有申请的学校 1 所。",
		Sections: []view.Section{{ID: "schools", Title: "各学校", Small: "3 所", Go: view.Link{Text: "打印给学校的报名说明", Href: "/leaflet"},
			Register: &view.Register{Caption: "各学校的申请走到哪一步", Columns: []string{"学校", "合计", "待受理", "学校审查", "待上报", "待审核", "有结论", "暂停或逾期", "未受理或撤回"}}}}}
	for _, school := range [][]string{{"率水初级中学", "48", "0", "3", "0", "44", "1", "0", "0"}, {"海阳第二小学", "49", "12", "30", "7", "0", "0", "0", "0"}, {"齐云山幼儿园", "0", "0", "0", "0", "0", "0", "0", "0"}, {"合计", "97", "12", "33", "7", "44", "1", "0", "0"}} {
		var row view.RegisterRow
		for _, text := range school {
			row.Cells = append(row.Cells, view.Cell{Text: text})
		}
		board.Sections[0].Register.Rows = append(board.Sections[0].Register.Rows, row)
	}
	leaflet := view.Office{Frame: frame("报名说明", ""), Heading: "2024 年中小学教师资格定期注册网上报名说明", Lead: "给教师本人。列入注册对象范围的人员，均须按时申请定期注册。",
		Sections: []view.Section{{ID: "steps", Title: "本人申请", Go: view.Link{Text: "回到今日办理", Href: "/"}, Facts: []view.Fact{{Label: "第一步", Value: "打开中国教师资格网（www.jszg.edu.cn）"},
			{Label: "第二步", Value: "选择“网上办事”-“中小学教师资格定期注册”-“在线办理”"}, {Label: "第三步", Value: "进行账号注册、网上报名，如实填写，核对后提交"}, {Label: "时间", Value: "报名时间：2024-09-23 起，2024-10-26 00:00 截止，过时不能报名。"}}}}}
	return []sample{{"office-board", board}, {"office-leaflet", leaflet}, {"office-early", early}, {"office-list", list}, {"office-one", one}, {"office-refused", bad}, {"office-upload", upload}, {"office-empty", view.Office{Frame: f, Heading: "空"}}}
}

// musterSamples are a staff sheet's pages: the upload, the comparison, one that
// changes nothing, and a refused choice.
func musterSamples() []sample {
	f := frame("名册比对", "")
	cells := func(texts ...string) view.RegisterRow {
		var row view.RegisterRow
		for _, t := range texts {
			row.Cells = append(row.Cells, view.Cell{Text: t})
		}
		return row
	}
	up := view.Office{Frame: f, Back: view.Link{Text: "回到人员名册", Href: "/staff"}, Heading: "名册比对与报备", Lead: "上传全部系统使用人员的名册，先与在册的比对。上传不改变任何备案，也不授予角色。",
		Sections: []view.Section{{ID: "form", Title: "空表", Facts: []view.Fact{{Label: "表头", Value: "人员编号、姓名、机构编号、岗位、手机号、拟任角色、任职起、任职止、承诺书编号、向上报备日"}}, Go: view.Link{Text: "下载空表", Href: "/musters/template"}}},
		Forms: []view.ActForm{{ID: "muster", Title: "上传名册", Action: "/musters", Button: "上传并比对", Upload: true, Inputs: []view.Input{{Kind: "file", Name: "sheet", Label: "名册（.xlsx）", Hint: "第一行是表头，一行一人。"},
			{Kind: "radios", Name: "scope", Label: "这份名册包括", Choices: view.Choices{Items: []view.Choice{{Value: "whole", Text: "休宁县教育局及以下全部机构的人员", Hint: "名册里没有的都列为可能离岗。"}, {Value: "named", Text: "只是表里写到的那些机构的人员"}}}}}}}}
	bad := up
	bad.Frame = refused(f, "没有收到文件。请选择名册后再提交。", view.Fault{Field: "sheet", Text: "请选择文件。"})
	wrong := up.Forms[0]
	wrong.Inputs = append([]view.Input{}, wrong.Inputs...)
	wrong.Inputs[0].Field.Error = "请选择文件。"
	bad.Forms = []view.ActForm{wrong}
	compared := view.Office{Frame: f, Back: view.Link{Text: "重新上传名册", Href: "/musters"}, Heading: "名册比对结果", Lead: "共 651 行；还什么都没有存。签署之后，备案表才送安全保密管理员审核。",
		Tiles: []view.Tile{{Count: 12, Text: "新人员"}, {Count: 3, Text: "有变更"}, {Count: 2, Text: "可能离岗", Hot: true}, {Count: 634, Text: "不变"}, {Count: 2, Text: "不能报备", Hot: true}},
		Sections: []view.Section{
			{ID: "refused", Title: "不能报备的行", Small: "2 行", Go: view.Link{Text: "下载全部比对结果", Href: "/musters/1/report"}, Register: &view.Register{Caption: "不能报备的行", Columns: []string{"行", "栏", "原因", "怎样改"},
				Rows: []view.RegisterRow{cells("第 7 行", "手机号", "手机号应为 1 开头的 11 位数字", "改正这一格后重新上传"), cells("第 14 行", "人员编号", "人员编号 P-0217 已在别的机构备案，不能重复", "请先由原机构报备离岗，办结后再报")}}},
			{ID: "new", Title: "新人员", Small: "12 行", Register: &view.Register{Caption: "新人员", Columns: []string{"人员", "机构与岗位", "手机号", "变更", "拟任角色"},
				Rows: []view.RegisterRow{{Cells: []view.Cell{{Text: "潘令仪", Sub: "P-0901，第 2 行"}, {Text: "341022", Sub: "科员"}, {Text: "末四位 0001"}, {Text: "新任，自 2024-11-20"}, {Text: "区县审核人员"}}}}}},
			{ID: "change", Title: "有变更的人员", Small: "3 行", Register: &view.Register{Caption: "有变更", Columns: []string{"人员", "机构与岗位", "手机号", "变更", "拟任角色"},
				Rows: []view.RegisterRow{{Cells: []view.Cell{{Text: "罗以宁", Sub: "P-0107，第 3 行"}, {Text: "341022", Sub: "股长"}, {Text: "末四位 8888"}, {Text: "岗位：科员 改为 股长；手机号：末四位 1234 改为 末四位 8888"}, {Text: "区县负责人"}}}}}},
			{ID: "absent", Title: "名册里没有、可能离岗的人员", Small: "2 行", Say: "比对不办理离岗。确已离岗的，请打开这个人逐个报备离岗，账户当日关闭。", Register: &view.Register{Caption: "可能离岗的人员", Columns: []string{"人员", "机构", "岗位"},
				Rows: []view.RegisterRow{{Cells: []view.Cell{{Text: "沈知远", Href: "/staff/P-0217", Sub: "P-0217"}, {Text: "341022"}, {Text: "审核员"}}}}}},
			{ID: "roles", Title: "角色与在册任职不同的人员", Small: "0 行", Empty: "在册人员的角色与名册相同。", Register: &view.Register{Caption: "角色不同的人员", Columns: []string{"人员", "要另行申请", "要另行免去"}}}},
		Forms: []view.ActForm{{ID: "choose", Title: "怎样报备", Action: "/musters/1", Inputs: []view.Input{{Kind: "radios", Name: "choice", Label: "您的决定", Choices: view.Choices{Items: []view.Choice{
			{Value: "all", Text: "全部报备（15 人）", Barred: true, Hint: "有 2 行不能报备，不能选全部。"}, {Value: "good", Text: "只报备合格的 15 人", Hint: "不合格的 2 行改好后重新上传。"}, {Value: "cancel", Text: "取消，什么都不报备"}}}}}}}}
	same := compared
	same.Say, same.Forms = "没有要报备的行：合格的行都已在册或等待审核，再签一次不会有任何改变。", nil
	same.Sections = compared.Sections[4:]
	return []sample{{"muster-upload", up}, {"muster-refused", bad}, {"muster", compared}, {"muster-same", same}}
}
