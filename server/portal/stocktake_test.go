package portal_test

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

func TestAYearlyCountSeesEachKeyByItsSealListsTheGapsAndIsClosedByTwo(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s, s2, a := w.in(sec), w.in(sec2), w.in(auditor)
	s.stock("FT3000-1", "FT3000-2")
	a.refusedPlain(a.post("/key/prove", nil), fault.Closed, "没有进行中的盘点")
	s.refusedPlain(s.post("/stocktakes", url.Values{"year": {"2023"}}), fault.Invalid, "自然年度")
	s.done(s.post("/stocktakes", url.Values{"year": {"2024"}}))
	expected := w.count("custody_tokens")
	figures := func() string {
		return s.ok(s.get("/stocktakes")).Text("main")
	}
	if text := figures(); !regexp.MustCompile(fmt.Sprintf(`%d\s*应盘`, expected)).MatchString(text) {
		t.Errorf("not %d are expected: %.300s", expected, text)
	}
	// A key in use proves itself by its holder's seal, once.
	p := a.ok(a.post("/key/prove", nil))
	der := a.signed(p)
	if got := a.handIn(der); got.Status >= 400 {
		t.Fatalf("%+v", got)
	}
	w.quiet("twice", func() {
		a.refused(a.post("/key/prove", nil), fault.Conflict, "已经登记过")
		if got := a.handIn(der); got.Status < 400 {
			t.Error("a replayed proof counts")
		}
	})
	if !strings.Contains(a.ok(a.get("/key")).Text("main"), "已自证") {
		t.Error("the holder does not see that his key was seen")
	}
	// What lies in the store is counted by its serial; a key in use is not.
	w.quiet("counting", func() {
		s.refusedPlain(s.post("/stocktakes/2024/count", url.Values{"serials": {tokenOf(lead)}}), fault.Conflict, "自证")
		s.refusedPlain(s.post("/stocktakes/2024/count", url.Values{"serials": {"FT3000-9"}}), fault.Invalid, "不在台账里")
		s.refusedPlain(s.post("/stocktakes/2024/count", url.Values{"serials": {""}}), fault.Invalid, "请填写")
	})
	s.done(s.post("/stocktakes/2024/count", url.Values{"serials": {"ft3000-1\r\nFT3000-1\r\nFT3000-2"}}))
	// A lost key is a gap, whatever else was seen.
	s.done(s.post("/keys/"+tokenOf(lead), do("lost", "公交车上遗失")))
	gap := regexp.MustCompile(regexp.QuoteMeta(tokenOf(lead)) + `[^F]*已报失`)
	if text := figures(); !gap.MatchString(text) || strings.Contains(text, "FT3000-1") {
		t.Errorf("the gaps: %.600s", text)
	}
	w.quiet("alone", func() {
		s.refusedPlain(s.post("/stocktakes/2024/close", url.Values{"note": {"其余限期自证"}}), fault.Invalid, "第二位签署人")
		s.refusedPlain(s.post("/stocktakes/2024/close", url.Values{"second": {sec2}}), fault.Invalid, "说明")
	})
	p = s.ok(s.post("/stocktakes/2024/close", url.Values{"second": {sec2}, "note": {"遗失一把，其余限期自证"}}))
	if text := p.Text("main"); !strings.Contains(text, tokenOf(lead)+"，已报失") {
		t.Errorf("the text does not name the lost key: %.500s", text)
	}
	s.done(p)
	s2.countersign()
	text := figures()
	if !strings.Contains(text, "历年盘点") || !strings.Contains(text, "遗失一把") {
		t.Errorf("the count is not closed: %.300s", text)
	}
	late := w.in(auditor2)
	late.refused(late.post("/key/prove", nil), fault.Closed, "没有进行中的盘点")
	s.refusedPlain(s.post("/stocktakes", url.Values{"year": {"2024"}}), fault.Conflict, "已经开始过")
}

func TestAKeySeenBetweenTheTwoSignaturesVoidsTheClose(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s, s2, a := w.in(sec), w.in(sec2), w.in(auditor)
	s.done(s.post("/stocktakes", url.Values{"year": {"2024"}}))
	s.done(s.post("/stocktakes/2024/close", url.Values{"second": {sec2}, "note": {"限期自证"}}))
	a.done(a.post("/key/prove", nil))
	list := hrefs(t, s2.ok(s2.get("/confirmations")), "/confirmations/")
	if len(list) != 1 {
		t.Fatalf("%d wait", len(list))
	}
	if got := s2.handIn(s2.signed(s2.get(list[0]))); got.Status != statusOf(fault.Conflict) {
		t.Errorf("%+v", got)
	}
}

func TestR59AMediumThatIsNotRegisteredIsNamedAndOneHasACustodianAlways(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s, a, a2 := w.in(sec), w.in(auditor), w.in(auditor2)
	if text := s.get("/media?find=m-07").Text("main"); !strings.Contains(text, "介质 M-07 没有登记（R59）") {
		t.Errorf("%.300s", text)
	}
	s.refused(s.get("/media/M-07"), fault.NotFound, "M-07 没有登记")
	form := url.Values{"medium": {"m-07"}, "kind": {"U盘"}, "encryption": {"硬件加密"}, "location": {"机要室 2 柜"}, "contents": {"报送数据"}}
	w.quiet("no custodian", func() {
		s.refusedPlain(s.post("/media", form), fault.Invalid, "没有责任人")
		form.Set("custodian", "U99999")
		s.refusedPlain(s.post("/media", form), fault.Invalid, "不在名册里")
		form.Set("custodian", auditor)
		for _, r := range []reader{a, w.in(aud), w.in(lead)} {
			if p := r.post("/media", form); p.Status < 400 {
				t.Error("somebody else registers a medium")
			}
		}
	})
	s.done(s.post("/media", form))
	s.refusedPlain(s.post("/media", form), fault.Conflict, "已经登记过")
	if text := s.ok(s.get("/media?find=M-07")).Text("main"); !strings.Contains(text, "已登记，责任人 "+w.people[auditor].Name) {
		t.Errorf("%.300s", text)
	}
	// Giver and taker both seal; until then the giver answers for it.
	w.quiet("not theirs", func() {
		a2.refused(a2.get("/media/M-07"), fault.NotFound, "")
		a2.refused(a2.post("/media/M-07", do("takeover", "拿走")), fault.NotFound, "")
		a.refusedPlain(a.post("/media/M-07", do("handover", "调岗", "taker", "U99999")), fault.Invalid, "不在名册里")
		a.refusedPlain(a.post("/media/M-07", do("handover", "调岗")), fault.Invalid, "没有责任人")
		a.refusedPlain(a.post("/media/M-07", do("handover", "调岗", "taker", auditor)), fault.Invalid, "同一人")
	})
	a.done(a.post("/media/M-07", do("handover", "调岗", "taker", auditor2)))
	if text := a2.ok(a2.get("/key")).Text("main"); !strings.Contains(text, "M-07") {
		t.Error("the taker does not see what comes to him")
	}
	w.quiet("the giver takes it himself", func() {
		p := a.post("/media/M-07", do("takeover", "自己接"))
		a.refusedPlain(p, fault.Forbidden, "不是交给您的")
	})
	a2.done(a2.post("/media/M-07", do("takeover", "")))
	if text := s.ok(s.get("/media/M-07")).Text("main"); !strings.Contains(text, w.people[auditor2].Name) || !strings.Contains(text, "交出介质") {
		t.Errorf("%.400s", text)
	}
	// Wiped and destroyed by two.
	w.quiet("alone", func() {
		s.refusedPlain(s.post("/media/M-07", do("wipe", "覆写三遍")), fault.Invalid, "第二位签署人")
	})
	s.done(s.post("/media/M-07", do("wipe", "覆写三遍", "second", cityLead)))
	w.in(cityLead).countersign()
	s.done(s.post("/media/M-07", do("destroy", "消磁粉碎", "second", sec2)))
	w.in(sec2).countersign()
	if text := s.ok(s.get("/media/M-07")).Text("main"); !strings.Contains(text, "已销毁") {
		t.Errorf("%.300s", text)
	}
}

func TestTheOfficersSeeNoBusinessAmongWhatWaitsForASecondSignature(t *testing.T) {
	w := newTown(t, "2024-11-12 10:00:00")
	id := w.plant(1, school, func(i int, a *registration.Application) {
		atCounty(i, a)
		hours := registration.Tenths(3599)
		a.Form.TrainingHours = &hours
	})[0]
	a := w.in(auditor)
	a.done(a.post("/applications/"+id+"/conclude", url.Values{"conclusion": {"deferred"}, "rule": {"D2"}, "reason": {"培训学时不足"}, "confirmer": {lead}}))
	s := w.in(sec)
	s.done(s.post("/keys/"+tokenOf(auditor2), do("suspend", "核查")))
	s.done(s.post("/keys/"+tokenOf(auditor2), do("restore", "核清", "second", sec2)))
	s2 := w.in(sec2)
	p := s2.ok(s2.get("/confirmations"))
	name := w.application(id).Form.PersonName
	if strings.Contains(string(p.Body), name) || strings.Contains(string(p.Body), id) || len(hrefs(t, p, "/confirmations/")) != 1 {
		t.Error("the officer sees business, or not his own matter")
	}
	l := w.in(lead)
	business := hrefs(t, l.ok(l.get("/confirmations")), "/confirmations/")
	if len(business) != 1 {
		t.Fatalf("%d wait for the lead", len(business))
	}
	s2.refused(s2.get(business[0]), fault.NotFound, "")
}
