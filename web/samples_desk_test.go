package web

import (
	"time"

	"sealdesk/web/view"
)

func importSamples() []sample {
	f := frame("导入申请表", "导入申请表")
	organ := view.Choices{Items: []view.Choice{{Value: "341022", Text: "休宁县教育局"}, {Value: "341000-SZ", Text: "市直"}}}
	up := view.Imports{Frame: f, Lead: "休宁县教育局，申请窗口到 11月29日 24:00。", Action: "/imports", Organ: organ, Blank: "/imports/template", Jobs: []view.ImportJob{{Href: "/imports/1", File: "休宁县申请表-第一批.xlsx", At: now, State: same, Counts: "1,900 行，导入 1,785"}}}
	bad := up
	bad.Frame = refused(f, "文件没有收", view.Fault{Field: "sheet", Text: "这不是 .xlsx 工作簿：请在表格软件里另存为 .xlsx 再传"})
	bad.File.Error = "这不是 .xlsx 工作簿：请在表格软件里另存为 .xlsx 再传"
	counts := view.ImportCounts{Rows: 1900, Accept: 1785, Refuse: 108, Overdue: 4, Wait: 3, Warn: 24, Changed: 2, Unchanged: 11}
	report := view.ImportReport{Frame: f, Back: view.Link{Text: "导入申请表", Href: "/imports"}, File: "休宁县申请表.xlsx", Lead: "1,900 行，108 行要改", Counts: counts, Download: "/imports/1/report", Action: "/imports/1",
		Paging: view.Paging{From: 1, To: 20, Total: 139, Next: "/imports/1?after=x", Unit: "处"}, FilterAction: "/imports/1", Filter: view.Choices{Items: []view.Choice{{Text: "全部"}, {Value: "refuse", Text: "退回的行（108）"}}},
		Choice: view.Choices{Items: []view.Choice{{Value: "all", Text: "全部导入", Barred: true, Hint: "有 108 行退回，不能全部导入"}, {Value: "good", Text: "只导入合格的 1,785 行", Hint: "其余 115 行留下待改，逾期和等许可证的另列名单"}, {Value: "cancel", Text: "取消，什么都不存"}}}}
	for i := range 20 {
		l := view.ReportLine{Row: i*7 + 3, Mark: view.Mark{Kind: "stop", Text: "退回"}, Column: "身份证件号码", Masked: "**************002X", What: "校验位不对。", Mend: "对照身份证原件重新录入 18 位号码。", Code: "id-checksum"}
		if i%3 == 1 {
			l = view.ReportLine{Row: i*7 + 3, Mark: view.Mark{Kind: "hold", Text: "提示"}, Column: "姓名", Masked: "阿*·**", What: "间隔号不是规定的“·”，已经统一。", Code: "normalised"}
		}
		report.Lines = append(report.Lines, l)
	}
	changed := report
	changed.Lines, changed.Paging, changed.Lead = report.Lines[:2], view.Paging{Total: 2, Unit: "条"}, "试读完成，共 1,900 行；还什么都没有存。"
	changed.Choice = view.Choices{Items: []view.Choice{{Value: "good", Text: "只导入合格的行（12 行），拒收的 2 行留着改"}, {Value: "changes", Text: "确认改动（2 行）", Hint: "与新的行分开签署；只改在册的这些申请。"}, {Value: "cancel", Text: "取消，什么都不存"}}}
	changed.Changes = []view.ChangedRow{
		{Row: 12, Name: "汪采薇", ID: "2024-341022-000012", Href: "/applications/12", State: view.Mark{Text: "已导入，待受理"}, Way: view.Mark{Kind: "ok", Text: "直接更改"},
			Fields: []view.FieldChange{{Header: "任教学科", Old: "语文", New: "地理"}, {Header: "教师资格证书号码", Old: "末四位 0713", New: "末四位 0173"}, {Header: "聘用批准文号", New: "休政人〔2021〕12号"}}},
		{Row: 40, Name: "江晓岚", ID: "2024-341022-000040", Href: "/applications/40", State: view.Mark{Text: "待审核"}, Way: view.Mark{Kind: "hold", Text: "更正建议，学校更正"}, Fields: []view.FieldChange{{Header: "培训学时", Old: "360", New: "300"}}},
		{Row: 41, Name: "胡文澜", ID: "2024-341022-000041", Href: "/applications/41", State: view.Mark{Text: "已受理"}, Way: view.Mark{Kind: "stop", Text: "不收"}, Note: "申请 2024-341022-000041 在另一所学校，改学校不能随表更改。请由现在的学校撤回之后，再由新学校导入。", Fields: []view.FieldChange{{Header: "学校名称", Old: "率水初级中学", New: "休宁县溪口中心小学"}}}}
	changed.Mended = []string{"第 17 行：身份证件号码、性别", "第 31 行：上次注册有效期止"}
	chosen := report
	chosen.Frame = refused(f, "还没有导入", view.Fault{Field: "choice", Text: "请选怎样导入"})
	chosen.Choice.Error = "请选怎样导入"
	clean := report
	clean.Lines, clean.Paging, clean.Counts = nil, view.Paging{}, view.ImportCounts{Rows: 3, Accept: 3}
	clean.Same = "这份表 11月10日 已导入过：没有一行有变动。"
	whole := view.ImportReport{Frame: f, File: "扫描件.xlsx", FileFaults: []view.ReportLine{{What: "文件里有宏。", Mend: "另存为不含宏的 .xlsx 再传。"}, {What: "缺少必需的列。", Column: "申请时间"}}}
	cells := []view.RejectedCell{{ID: "id_number-17", Name: "id_number", Header: "身份证件号码", Masked: "**************002X", What: "校验位不对。", Mend: "对照身份证原件重新录入 18 位号码。", Typed: view.Field{Value: "342793198503120021", Error: "校验位仍然不对"}}, {ID: "gender-17", Name: "gender", Header: "性别", What: "不在可选的值之内。", Options: view.Choices{Items: []view.Choice{{Value: "男", Text: "男"}, {Value: "女", Text: "女"}}}}}
	rejected := view.RejectedRows{Frame: f, Back: view.Link{Text: "试导报告", Href: "/imports/1"}, File: "休宁县申请表.xlsx", Lead: "108 行待改", Rows: []view.RejectedRow{{Row: 17, Name: "胡文澜", State: view.Mark{Kind: "stop", Text: "退回"}, Action: "/imports/1/rows/17", Cells: cells}, {Row: 24, State: view.Mark{Kind: "wait", Text: "等许可证"}, Note: "县里登记办学许可证后自动继续。", Cells: cells[:1]},
		{Row: 31, Name: "汪采薇", State: view.Mark{Kind: "stop", Text: "拒收"}, Action: "/imports/1/rows/31", Note: "已放行，记为第 1207 号：什么都不用改，再核对这一行就可以导入。",
			Cells: []view.RejectedCell{{ID: "r31-last_valid_to", Name: "last_valid_to", Header: "上次注册有效期止", Masked: "日期", What: "上次注册有效期在今年年底以后才满，今年无须注册（R05）。", Mend: "请核对有效期。"},
				{ID: "r31-applied_at", Name: "applied_at", Header: "申请时间", Masked: "日期", What: "“申请时间”早于申请开始时间2024-09-23 00:00:00。", Mend: "“申请时间”以全国系统的记录为准，不能在页面上填写。", Closed: true}}}}, Paging: view.Paging{From: 1, To: 2, Total: 108, Unit: "行"}}
	return []sample{{"import", up}, {"import-refused", bad}, {"import-barred", view.Imports{Frame: f, Barred: "申请窗口已于 10月25日 24:00 截止，现在不能导入。"}},
		{"import-progress", view.ImportProgress{Frame: f, File: "休宁县申请表.xlsx", Sentence: "已核对 400 行，共 1,900 行。", Done: 400, Total: 1900, Status: "/import/job/status", Reload: "/imports/1"}},
		{"import-progress-unknown", view.ImportProgress{Frame: f, File: "休宁县申请表.xlsx", Status: "/import/job/status", Reload: "/imports/1"}},
		{"import-report", report}, {"import-report-changes", changed}, {"import-report-refused", chosen}, {"import-report-clean", clean}, {"import-report-file", whole},
		{"import-result", view.ImportResult{Frame: f, Lead: "1,785 行已导入，第 1,201 号。", Counts: counts, Facts: []view.Fact{{Label: "文件摘要", Value: "f8e24723 aa629935", Mono: true}}, Ways: []view.Link{{Text: "看导入的申请", Href: "/applications"}, {Text: "看待改的行", Href: "/imports/1/rejected"}}}},
		{"import-result-empty", view.ImportResult{Frame: f}},
		{"rejected", rejected}, {"rejected-empty", view.RejectedRows{Frame: f}}}
}

func logSamples() []sample {
	f := frame("日志", "")
	l := view.Log{Frame: f, Lead: "共 18,344 条，自 2024年8月19日 起。只列编号，不列教师姓名与任何号码。", Action: "/log", Act: view.Choices{Items: []view.Choice{{Text: "全部事项"}, {Value: "refused", Text: "被拒"}}}, Organisation: view.Choices{Items: []view.Choice{{Text: "全部机构"}}}, From: view.Field{Value: "2024-11-12"},
		Chips: []view.Chip{{Text: "从 11月12日", Href: "/log"}}, Found: "符合 136 条，其中被拒 7 条", Paging: view.Paging{Total: 136, Next: "/log?before=18335", Unit: "条"}, Looks: []view.LookLine{{Text: "人员 P-0217", Href: "/log?who=P-0217", Count: 53, Mark: view.Mark{Kind: "hold", Text: "请核查"}}, {Text: "人员 P-0388", Href: "/log?who=P-0388", Count: 2, Mark: view.Mark{Kind: "ok", Text: "平常"}}}, Trust: []string{"检查点 18,344 由服务器密码机签名", "见证 A 10:20，见证 B 10:19"},
		Days: []view.LogDay{{Day: now, Entries: []view.LogLine{
			{Number: 18342, Href: "/log/18342", At: now, Dot: "seal", Act: "给出结论", What: "24 条记录 → 注册合格", By: "人员 P-0217，钥匙 3f9a61c7，休宁县教育局"},
			{Number: 18341, Href: "/log/18341", At: now.Add(-time.Minute), Dot: "refused", Act: "被拒", What: "查看记录 2024-341021-055120：不在管辖范围，答“查无此号”", By: "人员 P-0231，歙县教育局"},
			{Number: 18340, Href: "/log/18340", At: now.Add(-2 * time.Minute), Dot: "sight", Act: "看完整号码", What: "记录 2024-341022-050241，理由代码 03", By: "人员 P-0217"},
			{Number: 18339, Href: "/log/18339", At: now.Add(-3 * time.Minute), Dot: "power", Act: "授权变更", What: "P-0544　旧：无　新：区县审核人员（祁门县）", By: "人员 P-0003"},
			{Number: 18338, Href: "/log/18338", At: now.Add(-4 * time.Minute), Act: "导入", What: "1,785 行", By: "人员 P-0107"}}}}}
	bad := l
	bad.Frame = refused(f, "没有查找", view.Fault{Field: "from", Text: "日期写成 2024-11-12 的样子"})
	bad.From = view.Field{Value: "11月", Error: "日期写成 2024-11-12 的样子"}
	entry := view.LogEntry{Frame: f, Back: view.Link{Text: "日志", Href: "/log"}, Number: 18342, Act: "给出结论", Facts: []view.Fact{{Label: "收到", Value: "2024-11-12 10:16:40.218", Mono: true}, {Label: "原文摘要", Value: "f8e24723aa629935605339abffdba88d8a079fe6f7b00b0e9da4877cfd2d58ed", Mono: true}},
		Text: "sealdesk/v1 entry\n事项: conclude\n收到: 2024-11-12T10:16:40.218+08:00\n原文摘要: f8e24723aa629935605339abffdba88d8a079fe6f7b00b0e9da4877cfd2d58ed\n", Chain: []view.Link{{Text: "第 17,002 条", Href: "/log/17002"}, {Text: "这一条"}}, Older: "/log/18341"}
	return []sample{{"log", l}, {"log-refused", bad}, {"log-empty", view.Log{Frame: f, Action: "/log"}}, {"log-entry", entry}, {"log-entry-empty", view.LogEntry{Frame: f}}}
}

func planSamples() []sample {
	f := frame("计划窗口", "计划窗口")
	w := view.Windows{Frame: f, Plan: "2024年度计划", Units: []view.UnitWindows{{Unit: "休宁县教育局", Windows: []view.Window{
		{Stage: "申请", Opens: clockAt(9, 23, 0, 0, 0), Closes: clockAt(10, 26, 0, 0, 0), State: view.Mark{Kind: "wait", Text: "已截止"}, Href: "/windows?window=a"},
		{Stage: "县级审核", Opens: clockAt(11, 9, 0, 0, 0), Closes: clockAt(11, 30, 0, 0, 0), State: view.Mark{Kind: "ok", Text: "进行中"}, Amended: "原到 11月29日 24:00，大雪停课（休教〔2024〕8号）"},
		{Stage: "市级复核", Opens: clockAt(11, 30, 0, 0, 0), Closes: clockAt(12, 15, 17, 0, 0), State: view.Mark{Kind: "wait", Text: "未开始"}}, {Stage: "注册贴"}}}}}
	w.Days = []view.Fact{{Label: "放假", Value: "2024-10-01、2024-10-02、2024-10-03"}, {Label: "调休上班", Value: "2024-10-12"}, {Label: "依据", Value: "国办发明电〔2023〕7号　国庆放假"}}
	amend := w
	amend.Amend = &view.AmendForm{Action: "/windows", Window: view.Choices{Items: []view.Choice{{Value: "2024/341022/audit", Text: "休宁县，县级审核"}}}, Outer: "外限 9月23日 至 11月29日 24:00；超出外限须市级负责人凭文号办理。"}
	bad := amend
	bad.Frame = refused(f, "窗口没有变更", view.Fault{Field: "closes", Text: "12月2日 超出外限 11月29日 24:00"})
	form := *amend.Amend
	form.Closes = view.Field{Value: "2024-12-02T00:00", Error: "超出外限 11月29日 24:00：请选不晚于 11月30日 00:00"}
	bad.Amend = &form
	bad.SetDays = &view.DaysForm{Action: "/windows/days", Off: view.Field{Value: "10月1日", Error: "有一个不是日期。"}, On: view.Field{Error: "有一天本来就上班。"}, Paper: view.Field{Error: "没有填写。"}, Reason: view.Field{Error: "没有填写。"}}
	return []sample{{"windows", amend}, {"windows-read-only", w}, {"windows-refused", bad}, {"windows-empty", view.Windows{Frame: f}}}
}
