package portal_test

import "net/url"

// An access is a line of the table of who gets where: a route, what its address
// or form names, a form without a fault, and a letter for each of the callers,
// in their order: `.` served, `r` refused for another reason than authority
// (the state of things, the hour), `f` forbidden, `n` not found. near is of
// something of 歙县's first school or of the county, far of the same of a school
// under the city itself, so each of the two is own to some and foreign to others.
// A route whose address and form name nothing has near only.
type access struct {
	route     string
	names     string // a key of places
	form      func(id string) url.Values
	near, far string
}

// callers are one person of each role.
var callers = []string{handler, head, auditor, lead, cityAuditor, cityLead, rechecker, sys, sec, aud}

// open are the signed-in routes that know no authority, and why.
var open = map[string]string{
	"POST /sign-out": "ends the caller's own session",
}

// fields is a form that names nothing.
func fields(pairs ...string) func(string) url.Values {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return func(string) url.Values { return form }
}

// naming is a form whose field holds the id.
func naming(field string, pairs ...string) func(string) url.Values {
	return func(id string) url.Values {
		form := url.Values{field: {id}}
		for i := 0; i+1 < len(pairs); i += 2 {
			form.Add(pairs[i], pairs[i+1])
		}
		return form
	}
}

// accesses has a line for every signed-in route.
var accesses = []access{
	{"GET /sessions", "", nil, "..........", ""},
	{"POST /sessions/end", "session", naming("session"), "nnnnnnnn.n", "nnnnnnnn.n"},
	{"GET /resume", "", nil, "nnnnnnnnnn", ""},
	{"POST /resume", "", fields("return_reason", "缺少考核材料"), "nnnnnnnnnn", ""},
	{"GET /", "", nil, "..........", ""},
	{"GET /statements/:digest", "statement", nil, "nnn.nnnnnn", "nnnnn.nnnn"},
	{"POST /statements/:digest/second", "statement", nil, "nnn.nnnnnn", "nnnnn.nnnn"},
	{"POST /statements/:digest/withdraw", "statement", nil, "nnn.nnnnnn", "nnnnn.nnnn"},
	{"GET /receipts/:number", "receipt", nil, "nn..nnnnnn", "nnnn..nnnn"},
	{"GET /receipts/:number/proof", "proof", nil, "nn..nnnnnn", "nnnn..nnnn"},
	{"GET /imports", "", nil, ".ff.f.ffff", ""},
	{"GET /imports/template", "", nil, "..........", ""},
	{"POST /imports", "", nil, ".ff.f.ffff", ""},
	{"GET /imports/:job", "job", nil, "nff.fnffff", "nffnf.ffff"},
	{"GET /imports/:job/progress", "job", nil, "nff.fnffff", "nffnf.ffff"},
	{"GET /imports/:job/report", "job", nil, "nff.fnffff", "nffnf.ffff"},
	{"POST /imports/:job", "job", fields("choice", "good"), "nff.fnffff", "nffnf.ffff"},
	{"GET /imports/:job/rejected", "job", nil, "nff.fnffff", "nffnf.ffff"},
	{"POST /imports/:job/rows/:row", "job", fields("id_number", "34279319850312002X"), "nff.fnffff", "nffnf.ffff"},
	{"GET /early-renewals", "", nil, "ff.f.fffff", ""},
	{"POST /early-renewals", "row", naming("row", "reason", "调往外省", "confirmer", lead), "ffrfrfffff", "ffrfrfffff"},
	{"GET /applications", "", nil, "......ffff", ""},
	{"POST /applications", "imported", naming("application"), ".frfnfffff", "nfnfrfffff"},
	{"GET /applications/:id", "application", nil, "....nnffff", "nnnn..ffff"},
	{"POST /applications/:id/reveal", "application", fields("number", "id_number", "look_reason", "核对纸质材料", "once", "abcdefghijklmnopqrstuvwx"), ".f..nnffff", "nfnn..ffff"},
	{"GET /applications/:id/review", "inreview", nil, ".fffffffff", "nfffffffff"},
	{"POST /applications/:id/review", "inreview", fields("step", "compare-1", "compared-person_name", "same", "compared-id_type", "same", "compared-id_number", "same", "compared-gender", "same"), ".fffffffff", "nfffffffff"},
	{"GET /applications/:id/correct", "inreview", fields("field", "subject_taught"), ".fffffffff", "nfffffffff"},
	{"POST /applications/:id/correct", "inreview", fields("field", "subject_taught", "new_value", "劳动与技术", "reason", "网上填错", "evidence", "课表第3页"), ".fffffffff", "nfffffffff"},
	{"POST /applications/:id/not-accept", "imported", fields("not_accept_reason", "不属注册对象", "head", head), "rrffnnffff", "nnnnrrffff"},
	{"POST /applications/:id/return", "application", fields("return_reason", "缺少考核材料"), "ff.fnnffff", "nnnn.fffff"},
	{"POST /applications/:id/conclude", "application", fields("conclusion", "registered", "reason", "核对无误", "confirmer", lead), "ff.fnnffff", "nnnn.fffff"},
	{"POST /applications/:id/withdraw", "application", fields("withdraw_reason", "本人调往外省任教", "withdraw_page", "第 12 页", "withdraw_head", head), ".fffnnffff", "nnnnffffff"},
	{"POST /applications/:id/hold", "application", fields("hold_case", "2024-7", "hold_reason", "核查举报"), "fff.nnffff", "nnnnf.ffff"},
	{"POST /applications/:id/release", "held", fields("release_reason", "查无此事"), "fff.nnffff", "nnnnf.ffff"},
	{"GET /review", "", nil, ".fffffffff", ""},
	{"POST /review", "inreview", naming("application"), "rfffffffff", "nfffffffff"},
	{"GET /send", "", nil, "f.ffffffff", ""},
	{"POST /send", "school", naming("school"), "frffffffff", "fnffffffff"},
	{"GET /senders", "", nil, "f.f.f.ffff", ""},
	{"POST /senders", "school", naming("school", "delegate", deputy, "until", "2024-11-30", "reason", "校长本人申请，须回避"), "f.f.fnffff", "f.fnfrffff"},
	{"POST /senders/end", "delegation", naming("delegation", "end_reason", "校长已回避完毕"), "f.f.frffff", "frfrf.ffff"},
	{"GET /relatives", "", nil, "......ffff", ""},
	{"POST /relatives", "school", naming("school", "apply_no", "A-1", "relation", "sibling"), "....nnffff", "..nn..ffff"},
	{"POST /relatives/remove", "relative", naming("relative", "removal", "同名误报", "confirmer", lead), ".rrrrrffff", "rrrrrrffff"},
	{"GET /confirmations", "", nil, "f.f.f.ff.f", ""},
	{"GET /confirmations/:id", "proposal", nil, "f.fnfnffnf", "fnfnfnffnf"},
	{"GET /windows", "", nil, "......ffff", ""},
	{"POST /windows", "window", naming("window", "opens", "2024-11-06T00:00", "closes", "2024-11-29T00:00", "reason", "提前审核"), "fff.f.ffff", "fffnfrffff"},
	{"POST /windows/days", "", fields("off", "2024-11-19", "days_paper", "1号", "days_reason", "调休"), "fffff.ffff", ""},
	{"GET /progress", "", nil, "fff.f.ffff", ""},
	{"GET /leaflet", "", nil, "......ffff", ""},
	{"GET /licences", "", nil, "fff.f.ffff", ""},
	{"POST /licences", "licence", naming("school", "licence_no", "教民134102100001号"), "fff.fnffff", "fffnfrffff"},
	{"GET /me", "", nil, "..........", ""},
	{"POST /me/pledge", "", nil, "rrrrrrrrrr", ""},
	{"POST /me/training", "", fields("topic", "process", "learned", "2024-11-05"), "rrrrrrrrrr", ""},
	{"POST /staff/:id/training", "staff", fields("topic", "process"), "frfrfrffff", "fnfnfrffff"},
	{"GET /staff", "", nil, "f.f.f.ff.f", ""},
	{"GET /staff/new", "", nil, "f.f.f.ffff", ""},
	{"POST /staff", "unit", func(id string) url.Values {
		form := newcomer("U95001")
		form.Set("org", id)
		form.Set("starts", "2024-11-01")
		form.Set("upward", "2024-11-05")
		if id != county {
			form.Set("role", "MD")
		}
		return form
	}, "fnf.f.ffff", "fnfnf.ffff"},
	{"POST /staff/checks", "unit", naming("unit"), "ffffffff.f", "ffffffff.f"},
	{"GET /musters", "", nil, "f.f.f.ffff", ""},
	{"GET /musters/template", "", nil, "f.f.f.ffff", ""},
	{"POST /musters", "", fields("scope", "named"), "f.f.f.ffff", ""},
	{"GET /musters/:id", "muster", nil, "fnf.fnffff", "fnfnf.ffff"},
	{"GET /musters/:id/report", "muster", nil, "fnf.fnffff", "fnfnf.ffff"},
	{"POST /musters/:id", "muster", fields("choice", "good"), "fnf.fnffff", "fnfnfrffff"},
	{"GET /staff/:id", "staff", nil, "f.f.f.ff.f", "fnfnf.ff.f"},
	{"GET /staff/:id/file", "staff", nil, "f.f.f.ffff", "fnfnf.ffff"},
	{"POST /staff/:id/reveal", "staff", fields("number", "phone", "look_reason", "电话核实", "once", "abcdefghijklmnopqrstuvwx"), "f.f.f.ffff", "fnfnf.ffff"},
	{"POST /staff/:id/check", "staff", fields("verdict", "accept"), "ffffffff.f", "fnfnffff.f"},
	{"POST /staff/:id/leave", "staff", fields("last", "2024-11-06", "leave_reason", "调离"), "f.f.f.ff.f", "fnfnf.ff.f"},
	{"POST /staff/:id/role", "staff", fields("role", "SH", "role_reason", "接任", "confirmer", sec), "f.f.f.ffrf", "fnfnf.ffrf"},
	{"POST /staff/:id/remove", "staff", fields("held", "SC", "removal_reason", "轮换"), "f.f.f.ff.f", "fnfnf.ff.f"},
	{"GET /roles", "", nil, "ffffffff..", ""},
	{"POST /roles/review", "", fields("change", "R000001"), "fffffffffn", ""},
	{"POST /staff/:id/exit", "staff", nil, "ffffffffrf", "fnfnffffrf"},
	{"GET /duties", "", nil, "..........", ""},
	{"GET /duties/:org", "school", nil, "..n.n.nn..", "nnnnn.nn.."},
	{"POST /duties/:org/sheet", "school", nil, "frfnfnffff", "fnfnffffff"},
	{"GET /rules", "", nil, "ff........", ""},
	{"GET /rules/:org", "unit", nil, "ff..n.nn..", "ffnn..nn.."},
	{"POST /rules/:org", "unit", func(string) url.Values { return filing(auditor, auditor2) }, "fff.fnffff", "fffnfrffff"},
	{"POST /rules/:org/review", "unit", fields("reviewed", "2024-11-05"), "fffrfnffff", "fffnfrffff"},
	{"GET /security", "", nil, "fffff.ff.f", ""},
	{"GET /security/incidents/new", "", nil, "ffffffff.f", ""},
	{"POST /security/incidents", "", func(string) url.Values {
		form := leak()
		form.Set("what", "另一件")
		form.Set("noticed", "2024-11-06T09:30")
		return form
	}, "ffffffff.f", ""},
	{"GET /security/incidents/:id", "incident", nil, "fffff.ff.f", "fffffnffnf"},
	{"POST /security/incidents/:id", "incident", fields("kind", "contained", "when", "2024-11-06T09:40", "text", "收回名单并销毁"), "ffffffff.f", "ffffffffnf"},
	{"GET /security/lessons/new", "", nil, "ffffffff.f", ""},
	{"POST /security/lessons", "", fields("on", "2024-11-05", "topic", "钓鱼邮件", "giver", "李浩", "body", county, "people", "全体"), "ffffffff.f", ""},
	{"GET /security/drills/new", "", nil, "ffffffff.f", ""},
	{"POST /security/drills", "", fields("on", "2024-11-05", "topic", "停电演练", "giver", "李浩", "body", county, "people", "全体", "result", "合格"), "ffffffff.f", ""},
	{"GET /log", "", nil, "fffffffff.", ""},
	{"GET /log/:number", "receipt", nil, "fffffffff.", "fffffffff."},
	{"GET /keys", "", nil, "f.f.f.ff..", ""},
	{"GET /policy", "", nil, "fffff.f...", ""},
	{"GET /policy/file", "", fields("id", "1"), "fffffnfnnn", ""},
	{"GET /policy/new", "", nil, "ffffffff.f", ""},
	{"POST /policy/new", "", fields("reason", "年度调整", "confirmer", cityLead, "when", "now"), "ffffffff.f", ""},
	{"GET /policy/draft", "", nil, "ffffffff.f", ""},
	{"POST /policy/draft", "", nil, "ffffffff.f", ""},
	{"GET /policy/changes/:id", "policy", nil, "fffff.ffff", "fffffnffff"},
	{"GET /policy/changes/:id/sign", "policy", nil, "fffff.ffff", "fffffnffff"},
	{"GET /enrolments", "", nil, "ffffffff.f", ""},
	{"GET /enrolments/:serial", "empty", nil, "ffffffff.f", "ffffffff.f"},
	{"POST /enrolments/:serial/certificate", "empty", fields("certificate", "-----BEGIN CERTIFICATE-----", "confirmed", "yes"), "ffffffffrf", "ffffffffrf"},
	{"GET /renewal", "", nil, "..........", ""},
	{"POST /renewal/drop", "", nil, "rrrrrrrrrr", ""},
	{"GET /emergency", "", nil, "ff..f.f...", ""},
	{"POST /emergency", "", fields("person", sec, "token", "NEW-0001", "certificate", "-----BEGIN CERTIFICATE-----", "reason", "两把钥匙在火灾中损毁"), "ffrrfrffff", ""},
	{"POST /emergency/:id/seal", "emergency", nil, "ffnnfnfnnn", "ffnnfnfnnn"},
	{"POST /emergency/:id/acknowledge", "emergency", nil, "fffffnfnnn", "fffffnfnnn"},
	{"POST /custodians", "", fields("custodians", auditor+"\n"+lead+"\n"+cityLead, "quorum", "2", "list_reason", "年度调整", "confirmer", cityLead), "ffffffffrf", ""},
	{"GET /custodians/:id", "custodians", nil, "fffff.ffff", "fffffnffff"},
	{"GET /keys/:serial", "token", nil, "f.f.f.ff..", "fnfnf.ff.."},
	{"POST /keys/:serial", "token", fields("do", "lost", "reason", "上午遗失"), "f.f.f.ff.f", "fnfnf.ff.f"},
	{"GET /keys/:serial/sheet", "token", nil, "f.f.f.ff..", "fnfnf.ff.."},
	{"GET /deliveries", "", nil, "ffffffff.f", ""},
	{"GET /deliveries/template", "", nil, "ffffffff.f", ""},
	{"POST /deliveries", "", nil, "ffffffff.f", ""},
	{"GET /deliveries/:id", "delivery", nil, "ffffffff.f", "ffffffffnf"},
	{"POST /deliveries/:id", "delivery", nil, "ffffffff.f", "ffffffffnf"},
	{"GET /requests", "", nil, "f.f.f.ff..", ""},
	{"POST /requests", "staff", naming("staff", "reason", "备用"), "frfrfrffrf", "frfrfrffrf"},
	{"POST /requests/decline", "request", naming("request", "why", "没有备案"), "ffffffffnf", "ffffffffnf"},
	{"GET /spares", "", nil, "ffffffff.f", ""},
	{"POST /spares", "", fields("taker", sec2, "serials", "SP-0001", "reason", "轮换"), "ffffffff.f", ""},
	{"GET /stocktakes", "", nil, "f.f.f.ff..", ""},
	{"POST /stocktakes", "", fields("year", "2024"), "ffffffffrf", ""},
	{"POST /stocktakes/:year/count", "year", fields("serials", "SP-0001"), "ffffffff.f", "ffffffffrf"},
	{"POST /stocktakes/:year/close", "year", fields("second", sec2, "note", "其余限期自证"), "ffffffff.f", "ffffffffnf"},
	{"GET /media", "", nil, "ffffffff..", ""},
	{"POST /media", "", fields("medium", "M-09", "kind", "U盘", "custodian", auditor, "encryption", "硬件加密", "location", "机要室", "contents", "报送数据"), "ffffffff.f", ""},
	{"GET /media/:id", "medium", nil, "nnnnnnnn..", "nnnnnnnn.."},
	{"POST /media/:id", "medium", fields("do", "lost", "reason", "盘点没有见到"), "nnnnnnnn.f", "nnnnnnnn.f"},
	{"GET /key", "", nil, "..........", ""},
	{"POST /key/handover", "", fields("taker", auditor2, "reason", "调岗"), "rrrrrrrrrr", ""},
	{"POST /key/prove", "", nil, "..........", ""},
	{"POST /key/loss-code", "", fields("do", "fresh"), "..........", ""},
}
