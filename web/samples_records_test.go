package web

import (
	"fmt"

	"sealdesk/web/view"
)

var (
	same    = view.Mark{Kind: "ok", Text: "已完成"}
	waiting = view.Mark{Kind: "wait", Text: "未完成"}
	pass    = view.Mark{Kind: "ok", Text: "合格"}
	defers  = view.Mark{Kind: "hold", Text: "暂缓注册"}
	back    = view.Link{Text: "申请审核", Href: "/applications"}
)

func findings() []view.Finding {
	return []view.Finding{
		{Mark: view.Mark{Kind: "hold", Text: "暂缓"}, Text: "近五年培训 342.5 学时，少于 360 学时，差 17.5 学时。", Rule: "D2", Clause: "《中小学教师资格定期注册暂行办法》培训学时的规定", Answer: "认可"},
		{Mark: view.Mark{Kind: "ask", Text: "须人工认定"}, Text: "2021 年度考核为“基本合格”，不能自动认为合格。", Rule: "H1", Clause: "同上，年度考核的规定"},
		{Mark: view.Mark{Kind: "stop", Text: "不合格"}, Text: "师德考核有严重违反，处理决定在案。", Rule: "F1"},
		{Mark: view.Mark{Kind: "ok", Text: "符合"}, Text: "在编在岗，证书在全国系统内。", Rule: "P"},
	}
}

func groups() []view.FieldGroup {
	return []view.FieldGroup{
		{Name: "本人信息", Fields: []view.ComparedField{{Field: "person_name", Header: "姓名", Online: "方映雪", Result: "same", Correct: "/c"}, {Field: "id_number", Header: "身份证件号码", Online: "末四位 204X", Result: "same"}, {Field: "gender", Header: "性别", Online: "女"}}},
		{Name: "任教情况", Fields: []view.ComparedField{{Field: "school_name", Header: "任教学校", Online: "率水初级中学", Result: "same"}, {Field: "post_type", Header: "岗位类型", Online: "教学与管理“双肩挑”", Result: "differs", Explained: view.Field{Value: "聘任文件写的是专任教师，见第 4 页"}, Correct: "/c"}}},
		{Name: "教师资格证书", Fields: []view.ComparedField{{Field: "cert_number", Header: "教师资格证书号码", Old: "末四位 0713", Online: "末四位 0173", Proposed: "末四位 0137", Result: "differs"}, {Field: "cert_date", Header: "发证日期", Result: "absent"}}},
	}
}

func applicationSamples() []sample {
	full := view.Application{Frame: frame("方映雪的申请", "申请审核"), Back: back, Place: "第 7 份，共 16 份待单签", ID: "2024-341022-000502", Name: "方映雪", School: "率水初级中学", Teaches: "初中生物",
		Lead: "定期注册，11月5日到县，已 5 个工作日", State: view.Mark{Kind: "wait", Text: "待县级审核"}, Proposal: defers, Pack: "national-2013", Findings: findings(),
		Checks: []view.Check{{Name: "一、是否满足条件", Text: "学校逐条答复 3 条发现：认可 2 条，对 H4 有异议。"}, {Name: "二、纸质与网上是否一致", Text: "23 项全部比对：一致 20，不一致 2，纸质缺 1。"}, {Name: "三、学校结论", Text: "建议暂缓注册，吴景行 11月1日，第 16,911 号。"}},
		Groups: groups(), Facts: []view.Fact{{Label: "是否在岗", Value: "是"}, {Label: "中断教学学期数", Value: "0"}},
		Proposed:    []view.FieldChange{{Header: "任教学科", Old: "语文", New: "地理"}, {Header: "聘用批准文号", New: "休政人〔2021〕12号"}},
		Corrections: []view.Correction{{Header: "教师资格证书号码", Old: "末四位 0713", New: "末四位 0173", Reason: "网上录入时两位颠倒", Evidence: "3", Mended: true, By: "吴景行", At: clockAt(10, 30, 15, 12, 0)}, {Header: "2021年度考核结果", New: "基本合格", Reason: "据实更正", Evidence: "4", By: "吴景行", At: clockAt(10, 30, 15, 20, 0)}},
		History:     []view.Event{{Dot: "seal", At: clockAt(11, 4, 9, 0, 0), What: "学校上报", Note: "率水初级中学，48 份", Number: 17002, Href: "/log/17002", By: "叶秉文"}, {At: clockAt(10, 9, 9, 0, 0), What: "导入", Number: 1201, By: "罗以宁"}},
		People:      []view.Signer{{Role: "学校审查", Name: "吴景行", At: clockAt(11, 1, 9, 0, 0), Number: 16911}, {Role: "校长上报", Name: "叶秉文", At: clockAt(11, 4, 9, 0, 0), Number: 17002}, {Role: "县级审核", Name: "沈知远", State: view.Mark{Kind: "wait", Text: "现在"}}, {Role: "市级复核", Name: "另一人"}},
		Conclude: &view.ConcludeForm{Action: "/applications/1/conclude", Say: "最迟 11月14日书面告知本人，留 5 个工作日陈述申辩。",
			Conclusion: view.Choices{Items: []view.Choice{{Value: "registered", Text: "注册合格"}, {Value: "deferred", Text: "暂缓注册"}, {Value: "failed", Text: "注册不合格"}}},
			Rules:      view.Choices{Items: []view.Choice{{Value: "D2", Text: "D2 培训学时不足"}, {Value: "H1", Text: "H1 年度考核须人工认定"}}},
			Confirmer:  view.Choices{Items: []view.Choice{{Text: "请选择"}, {Value: "P-0107", Text: "罗以宁"}}}},
		Return: &view.ReturnForm{Action: "/applications/1/return"}}
	full.Reveal = revealForm("application", "")
	bad := full
	bad.Frame = refused(full.Frame, "结论没有提交，3 处要改", view.Fault{Field: "conclusion", Text: "请选一个结论"}, view.Fault{Field: "rule", Text: "暂缓注册至少依据一条暂缓发现"}, view.Fault{Field: "reason", Text: "请写理由"})
	conclude := *full.Conclude
	conclude.Conclusion.Error, conclude.Rules.Error, conclude.Reason, conclude.Confirmer.Error = "请选一个结论", "暂缓注册至少依据一条暂缓发现", view.Field{Value: "学时", Error: "请写理由"}, "请选确认人"
	bad.Conclude = &conclude
	read := view.Application{Frame: frame("方映雪的申请", "申请审核"), ID: "2024-341022-000502", Name: "方映雪", State: view.Mark{Kind: "ok", Text: "已有结论"}, Note: "您是这份申请的学校审查人，只能看，不能再办。", Pending: []view.Link{{Text: "暂缓注册，等罗以宁确认", Href: "/statements/9c41"}},
		NotAccept: &view.NotAcceptForm{Action: "/applications/1/not-accept", Clause: "发现 O1：不在定期注册范围之内。", Head: view.Choices{Items: []view.Choice{{Value: "P-0300", Text: "叶秉文"}}}},
		Review:    &view.ReviewSteps{Steps: []view.ReviewStep{{Text: "比对：本人信息", Href: "/applications/1/review/compare-1", Mark: same}, {Text: "学校结论", Mark: waiting}}}}
	read.Verdict = []view.Fact{{Label: "结论", Value: "注册合格"}, {Label: "依据", Value: "P：《中小学教师资格定期注册暂行办法》（教师〔2013〕9号）注册合格条件：师德合格，各年度考核合格以上，身心健康，在岗履职，持有与任教岗位相应的教师资格证书"}, {Label: "理由", Value: "两年考核表补交，均为合格"}}
	held := read
	held.Pending, held.NotAccept, held.Review, held.Note = nil, nil, nil, ""
	held.State, held.Standing = view.Mark{Kind: "hold", Text: "暂停办理"}, "因案号“休教查〔2024〕3号”暂停办理，暂停前的状态是“待审核”。理由：核查年度考核表"
	held.Release = &view.ReleaseForm{Action: "/applications/1/release", Case: "休教查〔2024〕3号", Back: "待审核"}
	ending := read
	ending.Pending = nil
	ending.Hold = &view.HoldForm{Action: "/applications/1/hold"}
	ending.Withdraw = &view.WithdrawForm{Action: "/applications/1/withdraw", Scan: view.Field{Value: "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"}, Head: read.NotAccept.Head}
	undone := ending
	undone.Frame = refused(ending.Frame, "没有提交，4 处要改", view.Fault{Field: "withdraw_reason", Text: "请填写撤回的原因"}, view.Fault{Field: "scan", Text: "请选择扫描件"}, view.Fault{Field: "hold_case", Text: "请填写案号"})
	undone.Withdraw = &view.WithdrawForm{Action: "/applications/1/withdraw", Reason: view.Field{Error: "请填写撤回的原因"}, Scan: view.Field{Error: "请选择扫描件"}}
	undone.Hold = &view.HoldForm{Action: "/applications/1/hold", Case: view.Field{Error: "请填写案号"}}
	blind := read
	blind.Frame = refused(read.Frame, "查看完整号码须写明理由，不少于 4 个字，例如“与身份证原件逐位核对”（R60）。号码没有显示。", view.Fault{Field: "look_reason", Text: "请写明查看的理由。"})
	blind.Reveal = revealForm("application", "请写明查看的理由。")
	shown := view.Numbers{Frame: frame("完整号码", "申请审核"), Back: view.Link{Text: "回到比对，号码恢复遮盖", Href: "/applications/1/review?step=compare-1"}, Name: "方映雪",
		About: "率水初级中学，申请 2024-341022-000502", Shown: []view.ShownNumber{{Label: "身份证件号码", Whole: "34279319850312002X", Masked: "共 18 位，末四位 002X"},
			{Label: "教师资格证书号码", Whole: "20093410042000123", Masked: "共 17 位，末四位 0123"}}, Number: 17203, Reason: "与身份证原件逐位核对", At: clockAt(11, 12, 10, 12, 0), Today: 3}
	return []sample{{"application", full}, {"application-refused", bad}, {"application-read-only", read}, {"application-held", held},
		{"application-ending", ending}, {"application-ending-refused", undone}, {"application-reveal-refused", blind}, {"numbers", shown}}
}

// revealForm is the form of a look at whole numbers; error stands at the reason.
func revealForm(kind, error string) *view.ActForm {
	return &view.ActForm{ID: "reveal", Title: "查看完整号码", Action: "/" + kind + "s/1/reveal", Button: "记入日志并查看",
		Say: "平时只显示末四位。查看写入日志：谁、何时、哪份记录、哪个号码、为什么；号码只显示一次，刷新或返回后恢复遮盖。", Inputs: []view.Input{
			{Kind: "ticks", Name: "number", Label: "查看哪个号码", Choices: view.Choices{Items: []view.Choice{{Value: "id_number", Text: "身份证件号码", Chosen: error != ""}, {Value: "cert_number", Text: "教师资格证书号码"}}}},
			{Kind: "area", Name: "look_reason", Label: "查看的理由", Hint: "例如“与身份证原件逐位核对”。理由里不要写号码。", Field: view.Field{Error: error}},
			{Kind: "hidden", Name: "once", Field: view.Field{Value: "x1"}}}}
}

func reviewSamples() []sample {
	steps := []view.ReviewStep{{Text: "1 本人信息", Href: "/r/compare-1", Mark: same}, {Text: "2 任教情况", Mark: waiting, Current: true}, {Text: "3 教师资格证书", Href: "/r/compare-3", Mark: waiting}, {Text: "4 考核与培训", Href: "/r/compare-4", Mark: waiting}, {Text: "5 核验发现", Href: "/r/findings", Mark: waiting}, {Text: "6 学校结论", Mark: waiting}}
	r := view.Review{Frame: frame("学校审查", "申请审核"), Back: view.Link{Text: "学校审查", Href: "/review"}, ID: "2024-341022-000502", Name: "方映雪", Teaches: "初中生物", Lead: "定期注册", Steps: steps, Action: "/applications/1/review", Step: "compare-2", Save: "保存，看下一组"}
	compare := r
	compare.Compare = &groups()[1]
	compare.Reveal = revealForm("application", "")
	bad := compare
	bad.Frame = refused(r.Frame, "这一组还没有比对完", view.Fault{Field: "compared-school_name", Text: "任教学校还没有比对"}, view.Fault{Field: "explained-post_type", Text: "岗位类型不一致：请写说明"})
	group := groups()[1]
	group.Fields[0].Result, group.Fields[0].Error = "", "还没有比对：请选一致、不一致或纸质缺"
	group.Fields[1].Explained = view.Field{Error: "请写说明"}
	bad.Compare = &group
	ask := r
	ask.Step, ask.Save = "findings", "保存答复"
	for i, f := range findings()[:3] {
		a := view.FindingAnswer{Finding: f, Answer: view.Choices{Items: []view.Choice{{Value: "affirm", Text: "认可"}, {Value: "dispute", Text: "有异议", Chosen: i == 1}}}}
		if i == 1 {
			a.Note.Error = "请写明依据"
		}
		ask.Findings = append(ask.Findings, a)
	}
	none := r
	none.Step = "findings"
	end := r
	end.Step, end.Save = "conclude", "完成审查"
	end.Conclude = &view.SchoolConclusion{Conclusion: view.Choices{Items: []view.Choice{{Value: "registered", Text: "合格，建议注册"}, {Value: "deferred", Text: "建议暂缓注册"}, {Value: "failed", Text: "建议注册不合格"}}}, Hint: "建议暂缓或不合格的，逐份签署。", Facts: []view.Fact{{Label: "已比对", Value: "23 / 23"}, {Label: "已答复", Value: "3 / 3"}}}
	correct := view.CorrectionForm{Proposed: "末四位 0137", Frame: frame("更正", "申请审核"), Back: view.Link{Text: "申请 2024-341022-000502", Href: "/applications/1"}, ID: "2024-341022-000502", Name: "汪静姝", School: "率水初级中学", Lead: "县里 11月11日退回，11月15日前办完；", Action: "/applications/1/correct", FieldName: "cert_number", Header: "教师资格证书号码", Old: "末四位 0021", Hint: "照证书原件填 17 位，不加空格。"}
	wrong := correct
	wrong.Frame = refused(correct.Frame, "更正没有提交，3 处要改", view.Fault{Field: "new_value", Text: "证书号码应为 17 位，现有 16 位：请改正，或注明为旧式证书"}, view.Fault{Field: "reason", Text: "请写更正理由"}, view.Fault{Field: "evidence", Text: "材料只有 6 页，请写 1 至 6"})
	wrong.New, wrong.Reason, wrong.Evidence = view.Field{Value: "2009341004200012", Error: "应为 17 位，现有 16 位"}, view.Field{Error: "请写更正理由"}, view.Field{Value: "9", Error: "材料只有 6 页，请写 1 至 6"}
	chosen := correct
	chosen.Options = view.Choices{Items: []view.Choice{{Value: "合格", Text: "合格"}, {Value: "基本合格", Text: "基本合格"}}}
	return []sample{{"review-compare", compare}, {"review-compare-refused", bad}, {"review-findings", ask}, {"review-findings-empty", none}, {"review-conclude", end}, {"correct", correct}, {"correct-refused", wrong}, {"correct-list", chosen}}
}

func schoolSamples() []sample {
	rows := func(n int, conclusion view.Mark) (out []view.BoardRow) {
		for i := range n {
			out = append(out, view.BoardRow{ID: fmt.Sprintf("2024-341022-%06d", i), Href: "/applications/1", Name: []string{"方映雪", "胡文澜", "欧阳·阿依古丽"}[i%3], Teaches: "初中生物", Proposal: pass, Conclusion: conclusion, Compared: 23, Missing: "还有 4 项未比对：性别、岗位类型、发证日期、培训学时。"})
		}
		return out
	}
	board := view.Board{Frame: frame("学校审查", "申请审核"), Lead: "率水初级中学 48 份申请，11月15日 24:00 前审查完。", Ready: rows(5, pass), Single: rows(1, defers), Open: rows(3, waiting), Action: "/review", Max: 200}
	board.Single[0].Act = view.Link{Text: "单份签署", Href: "/review"}
	board.Open[0].Act = view.Link{Text: "接着审查", Href: "/applications/1"}
	bad := board
	bad.Ready = rows(3, pass)
	bad.Ready[1].Error = "看过之后被改动，请重看"
	bad.Frame = refused(board.Frame, "一份也没有签", view.Fault{Field: "application", Text: "胡文澜：看过之后被改动，请重看"})
	send := view.Sending{Frame: frame("学校上报", "申请审核"), School: "率水初级中学", Lead: "48 份申请全部审查完", Complete: true, Counts: []view.Fact{{Label: "合格", Value: "46"}, {Label: "建议暂缓", Value: "2"}}, Rows: rows(8, pass), Action: "/send", Until: clockAt(11, 16, 0, 0, 0)}
	missing := send
	missing.Complete, missing.Missing = false, rows(2, waiting)
	missing.Held = rows(1, waiting)
	missing.Held[0].Missing = "案号“休教查〔2024〕3号”，恢复之后另行上报。"
	barred := send
	barred.Barred = "您审查过其中的 3 份，须由另一位校领导上报。"
	confirm := view.Confirmations{Frame: frame("等待复签", "申请审核"), Lead: "休宁县教育局，2 份。", Rows: []view.Confirmation{{Href: "/statements/9c41", Name: "方映雪", School: "率水初级中学", Kind: defers, First: "沈知远", Second: "罗以宁", Asked: now, Expires: clockAt(11, 15, 0, 0, 0)}},
		Done: []view.Confirmation{{Name: "胡文澜", School: "白岳学校（民办）", Kind: defers, State: same, First: "沈知远", Second: "罗以宁", Asked: now}}}
	licence := view.Licences{Frame: frame("办学许可证", ""), Action: "/licences", School: view.Choices{Items: []view.Choice{{Text: "请选择"}, {Value: "HS1", Text: "白岳学校（民办）"}}}, Waiting: []view.LicenceRow{{School: "白岳学校（民办）", Rows: 3, Since: now}}, Held: []view.LicenceRow{{School: "云岚学校（民办）", Number: "教民 134102260000010 号"}}}
	unlicensed := licence
	unlicensed.Frame = refused(licence.Frame, "许可证没有登记", view.Fault{Field: "licence_no", Text: "请写办学许可证号"})
	unlicensed.Number.Error = "请写办学许可证号"
	send.Others = []view.Link{{Text: "云岭教学点", Href: "/send?school=HS2"}}
	send.Left = rows(1, waiting)
	send.Left[0].Missing = "申请 2024-341022-000502 的姓名和学校与您相同，任何人不得办理自己的申请。"
	senders := view.Senders{Frame: frame("委托上报", ""), Lead: "现有 1 项委托有效。", Action: "/senders", EndAction: "/senders/end", Chosen: "率水初级中学", ChosenID: "HS1",
		School:   view.Choices{Items: []view.Choice{{Value: "HS1", Text: "率水初级中学", Chosen: true}, {Value: "HS2", Text: "云岭教学点"}}},
		Delegate: view.Choices{Items: []view.Choice{{Value: "U1", Text: "汪知白，副校长"}, {Value: "HS2", Text: "中心校：云岭教学点"}}},
		Rows:     []view.SenderRow{{School: "率水初级中学", Delegate: "汪知白", Kind: "本校人员代理上报", From: now, Until: clockAt(11, 16, 0, 0, 0), Reason: "校长本人申请，须回避", By: "叶秉文", State: view.Mark{Kind: "ok", Text: "有效"}}},
		End:      view.Choices{Items: []view.Choice{{Value: "HS1/1", Text: "率水初级中学，汪知白"}}}}
	unnamed := senders
	unnamed.Frame = refused(senders.Frame, "没有提交，2 处要改", view.Fault{Field: "until", Text: "请填今天或以后的日期"}, view.Fault{Field: "reason", Text: "请填写委托的理由"})
	unnamed.Until, unnamed.Reason = view.Field{Value: "2024-11-01", Error: "请填今天或以后的日期"}, view.Field{Error: "请填写委托的理由"}
	alone := view.Senders{Frame: frame("委托上报", ""), Action: "/senders", Chosen: "云岭教学点"}
	return []sample{{"senders", senders}, {"senders-refused", unnamed}, {"senders-empty", alone}, {"sending-left", send}, {"board", board}, {"board-refused", bad}, {"board-empty", view.Board{Frame: frame("学校审查", "")}}, {"sending", send}, {"sending-missing", missing}, {"sending-barred", barred}, {"sending-empty", view.Sending{Frame: frame("学校上报", ""), School: "率水初级中学"}},
		{"confirmations", confirm}, {"confirmations-empty", view.Confirmations{Frame: frame("等待复签", "")}}, {"licences", licence}, {"licences-refused", unlicensed}, {"licences-empty", view.Licences{Frame: frame("办学许可证", "")}}}
}
