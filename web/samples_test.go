package web

import (
	"fmt"
	"time"

	"sealdesk/web/view"
)

// sample is one state of one page, with invented people.
type sample struct {
	name string
	page Page
}

func clockAt(month, day, hour, minute, second int) time.Time {
	return time.Date(2024, time.Month(month), day, hour, minute, second, 0, china)
}

var now = clockAt(11, 12, 10, 13, 7)

func frame(title, current string) view.Frame {
	nav := []view.NavItem{
		{Icon: "home", Text: "今日办理", Href: "/"},
		{Icon: "list", Text: "申请审核", Href: "/applications", Count: 288},
		{Icon: "up", Text: "导入申请表", Href: "/import"},
		{Icon: "calendar", Text: "计划窗口", Href: "/plan"},
		{Icon: "receipt", Text: "签署回执", Href: "/receipts"},
	}
	for i := range nav {
		nav[i].Current = nav[i].Text == current
	}
	return view.Frame{
		Title: title, Now: now, Nav: nav,
		Person: &view.Person{Name: "沈知远", Organisation: "休宁县教育局", Roles: "区县审核人员", Key: "HS-0217", Present: true, CertificateUntil: clockAt(12, 31, 0, 0, 0)},
		Sky:    view.Sky{Plan: "2024年度计划", Stages: []view.Stage{{Name: "县级审核", Opens: clockAt(9, 23, 0, 0, 0), Closes: clockAt(11, 30, 0, 0, 0)}}},
		Trace:  "沈知远，2024年11月12日 10:13，内部资料",
	}
}

func refused(f view.Frame, title string, faults ...view.Fault) view.Frame {
	f.Refusal = &view.Refusal{Title: title, Kept: "填写的内容都在。", Request: "3f9c-1d20", Faults: faults}
	return f
}

var agentPost = view.AgentPost{Action: "http://127.0.0.1:17890/sign", Statement: "c2VhbGRlc2svdjEgbG9naW4K", Annex: "YQo="}

func samples() []sample {
	var all []sample
	for _, group := range [][]sample{signInSamples(), homeSamples(), listSamples(), statementSamples(), refusedSamples(),
		policySamples(), emergencySamples(), applicationSamples(), reviewSamples(), schoolSamples(), importSamples(), logSamples(), planSamples(), keySamples(), officeSamples(), musterSamples(), dutySamples(), enrolmentSamples()} {
		all = append(all, group...)
	}
	return all
}

func signInSamples() []sample {
	gate := func(title string) view.Gate { return view.Gate{Title: title, Now: now} }
	refusal := gate("登录")
	refusal.Refusal = &view.Refusal{Title: "没有登录：登录请求已经过期", Kept: "钥匙未被使用。请重新开始。"}
	return []sample{
		{"sign-in", view.SignIn{Gate: gate("登录"), Start: "/sign-in"}},
		{"sign-in-ready", view.SignIn{Gate: gate("登录"), Agent: agentPost, Expires: now.Add(5 * time.Minute), Back: "钥匙已拔出，桌面已锁定。同一把钥匙登录后接着办，草稿都在。"}},
		{"sign-in-locked", view.Locked{Gate: gate("已锁定"), Name: "沈知远", Why: "钥匙已经拔出，已经锁定。", Kept: true, Agent: agentPost, Expires: now.Add(5 * time.Minute)}},
		{"sessions", view.Sessions{Frame: frame("登录情况", ""), Lead: "每一行是一个浏览器里的登录。", Action: "/sessions/end", Find: view.Field{Value: "U00217"}, FindAction: "/sessions", Rows: []view.SessionRow{
			{ID: "00112233445566778899aabbccddeeff", Holder: "沈知远", Number: "U00217", Address: "10.1.2.3", Started: now.Add(-time.Hour), Seen: now, State: view.Mark{Kind: "ok", Text: "在位"}, This: true},
			{ID: "10112233445566778899aabbccddeeff", Holder: "沈知远", Number: "U00217", Started: now.Add(-2 * time.Hour), Seen: now.Add(-time.Hour), State: view.Mark{Kind: "hold", Text: "已锁定"}}}}},
		{"sessions-empty", view.Sessions{Frame: frame("登录情况", ""), Lead: "每一行是一个浏览器里的登录。", Action: "/sessions/end", FindAction: "/sessions"}},
		{"sign-in-resume", view.Resume{Frame: frame("锁定时没有提交的内容", ""), Action: "/resume", Fields: []view.Hidden{{Name: "reason", Value: "缺少考核材料"}}}},
		{"sign-in-resume-file", view.Resume{Frame: frame("锁定时没有提交的内容", ""), Action: "/resume", Files: true, Fields: []view.Hidden{{Name: "withdraw_reason", Value: "本人调往外省任教"}, {Name: "withdraw_page", Value: "第 12 页"}}}},
		{"sign-in-key", view.SignInByKey{Gate: gate("登录"), Name: "沈知远", Number: "U00028", Post: "/sign-in", Back: "/"}},
		{"sign-in-refused", view.SignIn{Gate: refusal, Start: "/sign-in"}},
		{"sign-in-waiting", view.SignInWaiting{Gate: gate("等待签名助手"), Agent: agentPost, Number: "7K2M-Q9TD", Issued: now, Expires: now.Add(5 * time.Minute), Help: "/sign-in/help"}},
		{"sign-in-no-agent", view.SignInNoAgent{Gate: gate("没有连上签名助手"), Number: "7K2M-Q9TD", Again: "/sign-in/waiting", Start: "/sign-in", Code: "A-102"}},
		{"sign-in-no-agent-empty", view.SignInNoAgent{Gate: gate("没有连上签名助手"), Start: "/sign-in"}},
		{"sealed", view.Sealed{Gate: gate("送交签名"), Post: "/sealed", Home: "/"}},
	}
}

func homeSamples() []sample {
	filled := view.Home{
		Frame: frame("今日办理", "今日办理"),
		Lead:  "休宁县教育局，截至 10:13 有 288 份申请等您这一组审核；最近的期限在后天。",
		Due: []view.Due{
			{What: "暂缓、不合格结论书面告知教师", Count: 16, Note: "过后陈述申辩期排不进公示。", Until: clockAt(11, 15, 0, 0, 0), Act: view.Link{Text: "逐份办理", Href: "/applications?outcome=defer"}},
			{What: "公示最后一个可发布日", Count: 288, Note: "尚无结论。", Until: clockAt(11, 23, 0, 0, 0), Act: view.Link{Text: "去审核", Href: "/applications"}},
			{What: "县级审核截止", Until: clockAt(11, 30, 0, 0, 0), Act: view.Link{Text: "看附件3", Href: "/annex3"}, Quiet: true},
			{What: "等待民办学校许可证", Count: 3, Unit: "行", Note: "县里登记许可证后自动继续。", Act: view.Link{Text: "登记", Href: "/schools/licence"}},
		},
		Overdue: []view.Overdue{
			{Mark: view.Mark{Kind: "stop", Text: "逾期 7 个工作日"}, What: view.Link{Text: "松萝中学退回材料未答复", Href: "/applications/1"}, Note: "申请 2024-341022-00388，已通知县级负责人。"},
			{Mark: view.Mark{Kind: "hold", Text: "今天到期"}, What: view.Link{Text: "报名晚于窗口的 2 份申请"}, Note: "重开窗口须县级负责人签署并写明理由。"},
		},
		Funnel: &view.Funnel{Title: "休宁县 2024 年申请走到哪一步", Steps: []view.Step{
			{Name: "已导入", Count: 1286}, {Name: "学校审查中", Count: 1241, Note: "45 份未受理"}, {Name: "已审查", Count: 1198, Note: "43 份在 4 所学校"},
			{Name: "报到县里", Count: 1152, Note: "46 份待校长上报"}, {Name: "已有结论", Count: 64, Note: "1,088 份在您这一组", Mine: true}}},
		Receipts: []view.ReceiptLine{{Number: 18336, Href: "/receipts/18336", What: "注册合格 50 份", At: now.Add(-time.Hour), State: "已入检查点，2 处见证"}, {Number: 18330, Href: "/receipts/18330", What: "退回学校 1 份", At: now.Add(-2 * time.Hour)}},
	}
	empty := view.Home{Frame: frame("今日办理", "今日办理")}
	officer := view.Home{Frame: frame("今日办理", "今日办理"), Officer: "安全审计员看不到业务数据：这里只有编号，没有姓名。",
		Due: []view.Due{{What: "人员备案待审核", Count: 3, Unit: "份", Note: "审核签署之后账户才开通或变更。", Since: clockAt(11, 8, 9, 0, 0), Act: view.Link{Text: "去审核", Href: "/staff"}},
			{What: "钥匙申领待答复", Count: 1, Unit: "件", Since: clockAt(11, 11, 16, 30, 0), Act: view.Link{Text: "去办", Href: "/requests"}}}}
	last := filled
	last.Due = []view.Due{{What: "今天截止的事", Count: 1, Until: clockAt(11, 13, 0, 0, 0)}, {What: "过期的事", Count: 1, Until: clockAt(11, 12, 0, 0, 0)}}
	last.Notice = "已退回学校 1 份。"
	return []sample{{"home", filled}, {"home-empty", empty}, {"home-officer", officer}, {"home-last-day", last}}
}

func listSamples() []sample {
	names := []string{"胡文澜", "项知秋", "江晓岚", "方一苇", "戴秉文", "毕怀瑾", "许采薇", "黄若溪", "查望舒", "叶雨桐", "洪念慈", "欧阳·阿依古丽"}
	schools := []string{"率水初级中学", "白岳学校（民办）", "横江职业学校", "齐云实验幼儿园", "松萝中学西校区（筹建处）"}
	var rows []view.ListRow
	for i := range 24 {
		r := view.ListRow{ID: fmt.Sprintf("r-%05d", i), Href: fmt.Sprintf("/applications/r-%05d", i), Name: names[i%len(names)], School: schools[i%len(schools)],
			Teaches: "初中数学", Kind: "定期注册", Hours: "360.5", Since: clockAt(11, 4, 9, 0, 0), Days: 6,
			State: view.Mark{Kind: "wait", Text: "待审核"}, Proposal: view.Mark{Kind: "ok", Text: "合格"}, Choosable: true, Chosen: i < 5}
		if i%7 == 3 {
			r.Proposal, r.Choosable, r.Why, r.Chosen = view.Mark{Kind: "hold", Text: "暂缓"}, false, "暂缓须单份签署", false
		}
		rows = append(rows, r)
	}
	filter := view.ListFilter{Action: "/applications",
		Outcome: view.Choices{Items: []view.Choice{{Text: "全部"}, {Value: "pass", Text: "合格（241）", Chosen: true}, {Value: "human", Text: "须人工认定（31）"}}},
		School:  view.Choices{Items: []view.Choice{{Text: "全部 38 所"}, {Value: "HS10123", Text: "率水初级中学"}}},
		State:   view.Choices{Items: []view.Choice{{Text: "全部"}, {Value: "at_county", Text: "待县级审核", Chosen: true}}},
		Kind:    view.Choices{Items: []view.Choice{{Text: "全部"}, {Value: "first", Text: "首次注册"}, {Value: "renewal", Text: "定期注册"}}}}
	l := view.List{Frame: frame("申请审核", "申请审核"), Heading: "申请审核", Lead: "待出结论 288 份，最早一份 11月4日到县，已 6 个工作日；11月22日前须全部有结论才赶得上公示。", Filter: filter,
		Chips: []view.Chip{{Text: "建议：合格", Href: "/applications?state=at_county"}}, Rows: rows, Order: "按到县时间先后",
		Paging: view.Paging{From: 1, To: 24, Total: 241, Next: "/applications?after=b3BhcXVl", Unit: "份"},
		Batch:  &view.Batch{Action: "/applications/batch", List: "/applications?outcome=pass", Rule: "全部为建议合格；暂缓、不合格须单份签署。一批最多 200 份，每份都看过才能签。", View: "逐份看", Sign: "看将要签的内容", Max: 200}}
	empty := l
	empty.Rows, empty.Paging, empty.Empty = nil, view.Paging{}, "还没有学校上报。上报后会按到县时间排在这里。"
	bad := l
	bad.Frame = refused(l.Frame, "一份也没有签，1 处要改", view.Fault{Field: "application", Text: "胡文澜：建议为暂缓注册，须单份签署，请从这批中去掉"})
	bad.Rows = append([]view.ListRow{}, rows...)
	bad.Rows[0].Error = "须单份签署"
	plain := l
	plain.Batch = nil
	return []sample{{"list", l}, {"list-empty", empty}, {"list-refused", bad}, {"list-plain", plain}}
}

func statementSamples() []sample {
	table := &view.AnnexPage{Caption: "结论所涉申请", Columns: []string{"序号", "申请号", "姓名", "证件末四位", "学校", "学段学科", "注册类别"}, Paging: view.Paging{From: 1, To: 50, Total: 180, Next: "/statements/9c41?page=2", Unit: "行"}}
	text := "sealdesk/v1 conclusion\n门户: 黄山签台\n机构: 休宁县教育局\n签署人: 沈知远\n\n"
	for i := range 50 {
		table.Rows = append(table.Rows, []string{fmt.Sprint(i + 1), fmt.Sprintf("2024-341022-%05d", 417+3*i), "胡文澜", "2204", "率水初级中学", "初中数学", "定期注册"})
		text += fmt.Sprintf("%d\tr-%05d\t8d7a61c70be2d84e55a19c077d3be2108d7a61c70be2d84e55a19c077d3be210\n", i+1, i)
	}
	facts := []view.Fact{{Label: "门户", Value: "黄山签台"}, {Label: "机构", Value: "休宁县教育局"}, {Label: "签署人", Value: "沈知远"}, {Label: "身份", Value: "区县审核人员"}, {Label: "钥匙指纹", Value: "3f9a61c70be2d84e55a19c077d3be2103f9a61c70be2d84e55a19c077d3be210", Mono: true},
		{Label: "事由", Value: "2024年中小学教师资格定期注册，县级审核，给出注册结论"}, {Label: "结论", Value: "注册合格"}, {Label: "份数", Value: "180"}, {Label: "失效", Value: "2024-11-12T10:29:07+08:00", Mono: true}}
	digest := "f8e24723 aa629935 605339ab ffdba88d 8a079fe6 f7b00b0e 9da4877c fd2d58ed"
	s := view.Statement{Frame: frame("您将签署的内容", "申请审核"), Kind: "注册结论", Lead: "下面就是全文，共 196 行。还没有签，什么都没有改变。", Facts: facts, Table: table, End: "以下无正文，共 180 份", Text: text, Digest: digest,
		Checks: []string{"180 份都由您打开看过", "没有一份是您审查或上报过的", "没有暂缓或不合格混在其中"}, After: []string{"180 份一起生效，或一份也不生效。", "您得到回执和证明文件，可在签台之外核验。"},
		Expires: clockAt(11, 12, 10, 29, 7), Agent: agentPost, Back: view.Link{Text: "回到申请审核，选择保留", Href: "/applications"}}
	two := s
	two.Kind, two.Table, two.End = "暂缓注册", nil, "以下无正文"
	two.Signers = []view.Signer{{Name: "沈知远", Role: "审核人", State: view.Mark{Kind: "ok", Text: "已签"}, At: now, Number: 18342}, {Name: "罗以宁", Role: "县级负责人", State: view.Mark{Kind: "wait", Text: "待签"}}}
	two.Agent, two.Waiting, two.Withdraw = view.AgentPost{}, "这份结论须县级负责人罗以宁确认后生效。她的待办里已有这一件，11月15日 24:00 前有效。", "/statements/9c41/withdraw"
	empty := view.Statement{Frame: frame("您将签署的内容", "申请审核"), Kind: "登录", Expires: now.Add(time.Minute), Agent: agentPost}
	bad := s
	bad.Frame = refused(s.Frame, "签名没有被接受", view.Fault{Text: "第 7 份在您看过之后被改动：请回去重看"})
	r := view.Receipt{Frame: frame("回执", "签署回执"), Kind: "注册结论", Number: 18342, Size: 18343, Lead: "24 份注册合格结论已签署并写入日志，10:16:40 生效。", Who: "沈知远，休宁县教育局，区县审核人员", What: "注册合格 24 份，规则包 national-2013", Logged: clockAt(11, 12, 10, 16, 40),
		Key: "HS-0217，ECDSA P-256，指纹 3f9a 61c7 0be2 d84e…", Digest: digest, Checkpoint: "huangshan.example/log\n18343\nsJ3m0b2yqk8TnV6cHx1rQeA4uLw9DzFf7yKpGi5oXtM=\n\n— huangshan.example/log dK4Q8w=\n", Witnesses: 2, WitnessNames: "省级见证点、县级见证点",
		Proofs: []view.Proof{{Name: "胡文澜", File: "18342-1.sealproof", Href: "/receipts/18342/1.sealproof", Size: "9 KB"}, {Name: "项知秋", File: "18342-2.sealproof", Href: "/receipts/18342/2.sealproof"}},
		Next:   []view.Due{{Act: view.Link{Text: "继续审核", Href: "/applications"}, Note: "还有 264 份", Until: clockAt(11, 23, 0, 0, 0)}}}
	pending := r
	pending.Pending, pending.Checkpoint, pending.Proofs, pending.Witnesses = true, "", nil, 0
	bare := view.Receipt{Frame: frame("回执", "签署回执"), Kind: "登录", Number: 1, Logged: now}
	return []sample{{"statement", s}, {"statement-two-people", two}, {"statement-empty", empty}, {"statement-refused", bad}, {"receipt", r}, {"receipt-pending", pending}, {"receipt-bare", bare}}
}

func refusedSamples() []sample {
	f := frame("没有找到", "")
	out := view.Refused{Frame: view.Frame{Title: "请先登录", Now: now}, Heading: "请先登录", Sentence: "您的登录已经结束：10 分钟没有操作。", Kept: "草稿都在。", Ways: []view.Link{{Text: "登录", Href: "/sign-in"}}}
	return []sample{
		{"refused", view.Refused{Frame: f, Heading: "没有找到", Sentence: "没有编号为 r-55120 的申请。", Kept: "没有任何东西被改动。", Next: []string{"核对编号是否抄全。", "回到申请审核，从列表打开。"}, Request: "q-7731-02", Ways: []view.Link{{Text: "回到申请审核", Href: "/applications"}, {Text: "今日办理", Href: "/"}}}},
		{"refused-signed-out", out},
		{"refused-busy", view.Refused{Frame: frame("现在办不了", ""), Heading: "现在办不了", Sentence: "日志暂时写不进去，所以什么都没有做。", Retry: 30, Request: "q-7731-03"}},
	}
}
