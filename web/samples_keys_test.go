package web

import (
	"fmt"
	"time"

	"sealdesk/web/view"
)

// keySamples are the pages of the custody register.
func keySamples() []sample {
	all := append(boardSamples(), intakeSamples()...)
	return append(append(all, mineSamples()...), countSamples()...)
}

func boardSamples() []sample {
	f := frame("钥匙台账", "")
	k := view.Keys{Frame: f, Lead: "共 659 把，每一把都有一名责任人。", Action: "/keys", Tiles: []view.Tile{{Count: 612, Text: "在用", Href: "/keys?state=issued"}, {Count: 41, Text: "在库"},
		{Count: 3, Text: "待接收"}, {Count: 2, Text: "已暂停"}, {Count: 1, Text: "已报失", Hot: true, Href: "/keys?state=lost"}},
		State: view.Choices{Items: []view.Choice{{Text: "全部"}, {Value: "issued", Text: "在用"}}}, Organ: view.Choices{Items: []view.Choice{{Text: "全部"}, {Value: "341022", Text: "休宁县教育局"}}},
		Chips: []view.Chip{{Text: "在用", Href: "/keys"}}, Paging: view.Paging{From: 1, To: 9, Total: 659, Next: "/keys?at=x", Unit: "把"},
		Todo:  []view.Due{{What: "申领待发放", Count: 2, Unit: "件", Note: "由安全保密管理员选一把在库的钥匙发放。", Act: view.Link{Text: "看申领", Href: "/requests"}}},
		Links: []view.Link{{Text: "新钥匙入库", Href: "/deliveries"}}}
	for i := range 9 {
		k.Rows = append(k.Rows, view.KeyRow{Serial: fmt.Sprintf("FT3000-00%02d", i), Label: "休宁 12", Href: "/keys/FT3000-0001", Holder: "潘令仪", Number: "U00388", Organisation: "休宁县教育局",
			Roles: "区县审核人员、区县负责人", State: view.Mark{Kind: "ok", Text: "在用"}, Until: clockAt(12, 31, 0, 0, 0), Seen: clockAt(11, 12, 9, 2, 0), Soon: i == 2})
	}
	k.Rows[0].State, k.Rows[1].To = view.Mark{Kind: "stop", Text: "已报失"}, "沈知远"
	t := view.Token{Frame: f, Back: view.Link{Text: "钥匙台账", Href: "/keys"}, Heading: "钥匙 FT3000-0001", State: view.Mark{Kind: "ok", Text: "在用"}, Note: "暂停期间不能登录和签署。",
		Facts: []view.Fact{{Label: "责任人", Value: "潘令仪（U00388）"}, {Label: "钥匙指纹", Value: "3f9a 61c7 0be2 d84e", Mono: true}}, Sheet: "/keys/FT3000-0001/sheet",
		Form: &view.KeyForm{Action: "/keys/FT3000-0001", Do: view.Choices{Items: []view.Choice{{Value: "suspend", Text: "暂停使用", Hint: "下一次操作起不能用"}, {Value: "lost", Text: "报失"}}},
			Second: view.Choices{Items: []view.Choice{{Value: "U3", Text: "方一石（U00003）"}}}, Request: view.Choices{Items: []view.Choice{{Value: "Q1", Text: "汪三木（U00003），新任"}}}},
		Events: []view.Event{{Dot: "seal", At: clockAt(9, 20, 9, 0, 0), What: "发放钥匙", Number: 41, Href: "/receipts/41", By: "方一石（U00001）"}, {Dot: "power", At: clockAt(9, 21, 9, 0, 0), What: "停用钥匙", Number: 51, By: "系统"}}}
	bad := t
	bad.Frame = refused(f, "没有办理", view.Fault{Field: "do", Text: "请选择要办理的事项"}, view.Fault{Field: "reason", Text: "请填写理由"})
	form := *t.Form
	form.Do.Error, form.Reason.Error, form.Second.Error = "请选择", "没有填写理由", "请选择第二位签署人"
	bad.Form = &form
	sheet := view.HandoverSheet{Frame: f, Back: t.Back, Title: "USBKey 钥匙交接单", Facts: t.Facts, Giver: "潘令仪（U00388）", Taker: "沈知远（U00217）", Events: t.Events}
	return []sample{{"keys", k}, {"keys-empty", view.Keys{Frame: f, Empty: "这里还没有钥匙。"}}, {"key", t}, {"key-refused", bad}, {"key-read-only", view.Token{Frame: f, Heading: "钥匙"}}, {"key-sheet", sheet},
		{"key-sheet-held", view.HandoverSheet{Frame: f, Title: "USBKey 钥匙交接单", Giver: "潘令仪（U00388）"}}}
}

func intakeSamples() []sample {
	f := frame("新钥匙入库", "")
	report := view.DeliveryReport{Frame: f, Back: view.Link{Text: "重新上传清单", Href: "/deliveries"}, ID: "D12AB34CD", Digest: "f8e24723 aa629935", Counts: []view.Fact{{Label: "可以入库", Value: "198 把"}},
		Bad:   []view.DeliveryLine{{Row: 7, Serial: "FT3000-0003", What: "与第 4 行的序列号相同", Cure: "核对实物，删去重复的一行"}, {Row: 9, What: "没有序列号", Cure: "补上"}},
		Fresh: []view.DeliveryLine{{Row: 2, Serial: "FT3000-0001", Label: "休宁 1", Vendor: "飞天"}}, More: "另有 148 把", Action: "/deliveries/D12AB34CD", OnlyGood: true}
	again := report
	again.Frame, again.Agreed = refused(f, "没有入库", view.Fault{Field: "only", Text: "清单里有 2 行不能入库"}), true
	return []sample{{"delivery", view.Delivery{Frame: f, Lead: "先试读。", Action: "/deliveries", Blank: "/deliveries/template"}}, {"delivery-report", report}, {"delivery-refused", again},
		{"delivery-nothing", view.DeliveryReport{Frame: f, ID: "D1"}}}
}

func mineSamples() []sample {
	f := frame("我的钥匙", "")
	gate := view.Gate{Title: "钥匙报失", Now: now}
	m := view.MyKey{Frame: f, State: view.Mark{Kind: "ok", Text: "在用"}, Warn: "证书到 2024-12-01 为止。", Renew: view.Link{Text: "换发证书", Href: "/renewal"}, Facts: []view.Fact{{Label: "责任人", Value: "沈知远（U00217）"}}, Prove: "/key/prove", ProveYear: "2024",
		CodeAction: "/key/loss-code", Handover: &view.HandoverForm{Action: "/key/handover", Taker: view.Choices{Items: []view.Choice{{Value: "U1", Text: "方一石（U00001）"}}}},
		Media:  []view.MediumRow{{ID: "M-07", Href: "/media/M-07", Kind: "U盘", Contents: "备份", State: view.Mark{Kind: "ask", Text: "待接收"}, To: "潘令仪"}},
		Events: []view.Event{{Dot: "seal", At: now, What: "接管", Number: 9, By: "沈知远"}}}
	done := m
	done.Prove, done.Proved, done.HasCode, done.Media, done.Events = "", true, true, nil, nil
	done.Frame = refused(f, "没有交出", view.Fault{Field: "taker", Text: "请写明接收人"})
	h := *m.Handover
	h.Taker.Error, h.Reason.Error = "请写明接收人", "没有填写理由"
	done.Handover = &h
	wrong := view.Lost{Gate: gate, Action: "/lost", Staff: view.Field{Value: "U00031"}}
	wrong.Refusal = &view.Refusal{Title: "没有报失：人员编号或报失口令不对", Request: "3f9c-1d20"}
	slip := view.Slip{Code: "ABCD-EFGH-JKLM-2345", Holder: "沈知远（U00217）", Serial: "FT3000-0001", At: now}
	shown := view.Taken{Gate: view.Gate{Title: "钥匙已由您接管", Now: now}, Slip: slip, Next: "/sign-in?taken=1"}
	taken := shown
	taken.Action, taken.Slip.Code = "/taken/ab", ""
	return []sample{{"my-key", m}, {"my-key-refused", done}, {"loss-slip", view.LossSlip{Frame: f, Back: view.Link{Text: "我的钥匙", Href: "/key"}, Slip: slip}}, {"taken", taken}, {"taken-code", shown},
		{"lost", view.Lost{Gate: gate, Action: "/lost"}}, {"lost-refused", wrong}, {"lost-done", view.Lost{Gate: gate, Done: "已经报失。", Number: 412}},
		{"handed-over", view.HandedOver{Gate: gate, Number: "412"}}}
}

func countSamples() []sample {
	f := frame("年度盘点", "")
	row := view.KeyRow{Serial: "FT3000-0009", Href: "/keys/FT3000-0009", Holder: "潘令仪", Number: "U00388", Organisation: "休宁县教育局", State: view.Mark{Kind: "ok", Text: "在用"}, Seen: now}
	s := view.Stocktakes{Frame: f, Lead: "每把钥匙都要见到。", Open: &view.Count{Year: "2024", Opened: now, By: "方一石", Expected: 659, Proved: 600, Counted: 41, Missing: 18, Gaps: []view.KeyRow{row}, More: "另有 17 把没有列出。",
		Count: &view.CountForm{Action: "/stocktakes/2024/count"}, Close: &view.CloseForm{Action: "/stocktakes/2024/close", Second: view.Choices{Items: []view.Choice{{Value: "U3", Text: "许二川"}}}}},
		Done: []view.Count{{Year: "2023", Closed: now.AddDate(-1, 0, 0), By: "方一石、许二川", Expected: 640, Proved: 620, Counted: 20, Note: "齐全"}}}
	bad := s
	bad.Frame = refused(f, "没有结束", view.Fault{Field: "second", Text: "请选择第二位签署人"})
	open := *s.Open
	open.Close = &view.CloseForm{Action: "/stocktakes/2024/close", Second: view.Choices{Error: "请选择第二位签署人"}, Note: view.Field{Error: "请写说明"}}
	bad.Open = &open
	begin := view.Stocktakes{Frame: f, Begin: &view.BeginForm{Action: "/stocktakes", Year: view.Field{Value: "2024"}}}
	medium := view.MediumRow{ID: "M-07", Href: "/media/M-07", Kind: "移动硬盘", Custodian: "潘令仪（U00388）", To: "沈知远（U00217）", Encryption: "硬件加密", Location: "机要室 2 柜", Contents: "备份", State: view.Mark{Kind: "ask", Text: "待接收"}}
	register := &view.RegisterForm{Action: "/media", Kind: view.Choices{Items: []view.Choice{{Value: "U盘", Text: "U盘"}}}, Encryption: view.Choices{Items: []view.Choice{{Value: "未加密", Text: "未加密"}}}}
	media := view.Media{Frame: f, Lead: "每一件都有一名责任人。", Action: "/media", Rows: []view.MediumRow{medium}, Register: register, Found: "介质 M-07 已登记。"}
	unknown := media
	unknown.Find, unknown.Found = view.Field{Value: "M-08", Error: "介质 M-08 没有登记（R59）"}, ""
	one := view.Medium{Frame: f, Back: view.Link{Text: "介质台账", Href: "/media"}, State: medium.State, Row: medium, Facts: []view.Fact{{Label: "种类", Value: "移动硬盘"}},
		Form:   &view.MediumForm{Action: "/media/M-07", Do: view.Choices{Items: []view.Choice{{Value: "wipe", Text: "清除内容", Hint: "须第二人签署"}}}, Second: view.Choices{Items: []view.Choice{{Value: "U3", Text: "许二川"}}}},
		Events: []view.Event{{Dot: "seal", At: time.Now(), What: "登记介质", Number: 9, By: "方一石"}}}
	return []sample{{"stocktake", s}, {"stocktake-refused", bad}, {"stocktake-begin", begin}, {"media", media}, {"media-unknown", unknown}, {"media-empty", view.Media{Frame: f, Action: "/media"}},
		{"medium", one}, {"medium-read-only", view.Medium{Frame: f}}}
}
