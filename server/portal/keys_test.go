package portal_test

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/desk"
	"sealdesk/server/internal/fault"
	"sealdesk/server/sheet"
)

// token reads a token with its current key, past every page.
func (t *town) token(serial string) custody.Holding {
	t.tb.Helper()
	g := t.grant(sec, policy.ListKeys, "341000")
	k, err := t.store.Token(context.Background(), g, serial)
	must(t.tb, err)
	keys, err := t.store.KeysIn(context.Background(), g, serial)
	must(t.tb, err)
	return custody.HoldingOf(k, keys)
}

// deliver sends a delivery list of serials and gives the page of its dry run.
func (r reader) deliver(rows ...[]string) desk.Page {
	r.t.tb.Helper()
	var book, body bytes.Buffer
	must(r.t.tb, sheet.WritePlain(&book, "供货清单", []string{"序列号", "标签", "供货单位"}, rows))
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("sheet", "list.xlsx")
	must(r.t.tb, err)
	_, err = part.Write(book.Bytes())
	must(r.t.tb, err)
	must(r.t.tb, form.Close())
	p, err := r.PostBody(context.Background(), "/deliveries", form.FormDataContentType(), &body)
	must(r.t.tb, err)
	return p
}

// stock takes tokens into the officer's store.
func (r reader) stock(serials ...string) {
	r.t.tb.Helper()
	var rows [][]string
	for _, s := range serials {
		rows = append(rows, []string{s, "", ""})
	}
	p := r.ok(r.deliver(rows...))
	r.done(r.post(p.Path, nil))
}

// do is one act on a token's page.
func do(what, reason string, more ...string) url.Values {
	form := url.Values{"do": {what}, "reason": {reason}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return form
}

// countersign lets the second person of an open matter sign it.
func (r reader) countersign() desk.Page {
	r.t.tb.Helper()
	list := hrefs(r.t.tb, r.ok(r.get("/confirmations")), "/confirmations/")
	if len(list) != 1 {
		r.t.tb.Fatalf("%d matters wait for %s", len(list), r.Leaf.Subject)
	}
	return r.done(r.get(list[0]))
}

func TestADeliveryOfTwoHundredIsReadDryThenSealedAndTheSameListChangesNothing(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.in(sec)
	var rows [][]string
	for i := range 200 {
		rows = append(rows, []string{fmt.Sprintf("ft3000-%04d", i), fmt.Sprintf("黄山 %d", i), "北京某厂"})
	}
	bad := append(append([][]string{}, rows...), []string{" FT3000-0007 ", "", ""}, []string{"FT/9", "", ""}, []string{"", "空行", ""}, []string{strings.ToLower(tokenOf(auditor)), "", ""})
	before, had := w.records(), w.count("custody_tokens")
	p := s.ok(s.deliver(bad...))
	if w.records() != before {
		t.Error("the dry run stored something")
	}
	text := p.Text("main")
	for _, want := range []string{"可以入库 200 把", "台账里已有 1 把", "不能入库 3 行", "与第 9 行的序列号相同", "序列号的写法不对", "没有序列号"} {
		if !strings.Contains(text, want) {
			t.Errorf("the report does not say %q", want)
		}
	}
	s.refusedPlain(s.post(p.Path, nil), fault.Invalid, "只收合格的行")
	p = s.done(s.post(p.Path, url.Values{"only": {"good"}}))
	if h := w.token("FT3000-0007"); h.Token.State != custody.InStore || h.Token.Custodian != sec || h.Token.Label != "黄山 7" || h.Keyed() {
		t.Errorf("%+v", h)
	}
	if n := w.count("custody_tokens"); n != 200+had {
		t.Errorf("%d tokens", n)
	}
	after, size := w.records(), w.size()
	again := s.ok(s.deliver(rows...))
	if !strings.Contains(again.Text("main"), "什么都不会改变") || strings.Contains(string(again.Body), `action="/deliveries/D`) {
		t.Errorf("the same list again: %.300s", again.Text("main"))
	}
	s.refusedPlain(s.post(again.Path, nil), fault.Conflict, "都已登记")
	if w.records() != after || w.size() > size+1 { // the refusal is an entry
		t.Error("the same list again changed something")
	}
	// Serial numbers typed as numbers may have lost their digits.
	n := s.deliver([]string{"1234567890123456789", "", ""})
	if !strings.Contains(s.ok(n).Text("main"), "可以入库 1 把") {
		t.Errorf("a long serial as text: %.200s", n.Text("main"))
	}
}

// given walks a token from the store to 'waits for its certificate'.
func (w *town) given(t *testing.T, s reader, serial, person string) {
	t.Helper()
	asker := w.in(lead)
	asker.done(asker.post("/requests", url.Values{"staff": {person}, "reason": {"新任审核人员"}}))
	p := s.ok(s.get("/keys/" + serial))
	id := regexp.MustCompile(`value="(Q[0-9A-F]{8})"`).FindSubmatch(p.Body)
	if id == nil {
		t.Fatalf("the request is not offered: %.400s", p.Text("main"))
	}
	s.done(s.post("/keys/"+serial, do("assign", "", "request", string(id[1]))))
}

func TestATokenIsGivenOutByTwoPeopleAndByNobodyForHimself(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s, s2, l := w.in(sec), w.in(sec2), w.in(lead)
	s.stock("FT3000-1", "FT3000-2")
	s.done(s.post("/keys/"+tokenOf(auditor2), do("revoke", "损坏")))
	w.quiet("an officer alone", func() {
		// Without a request of somebody else nothing is given out.
		s.refusedPlain(s.post("/keys/FT3000-1", do("assign", "急用")), fault.Invalid, "请选择据以发放的申领")
		s.refused(s.post("/keys/FT3000-1", do("assign", "", "request", "Q00000000")), fault.NotFound, "")
		// An officer asks for nobody of a county, nor for himself.
		s.refusedPlain(s.post("/requests", url.Values{"staff": {auditor2}, "reason": {"急用"}}), fault.Invalid, "没有人员")
		s.refusedPlain(s.post("/requests", url.Values{"staff": {sec}, "reason": {"备用"}}), fault.Forbidden, "不能为自己申领")
		// A lead asks for nobody of another county, nor for himself, nor for somebody who has a key.
		l.refusedPlain(l.post("/requests", url.Values{"staff": {neighbour}, "reason": {"急用"}}), fault.Invalid, "没有人员")
		l.refusedPlain(l.post("/requests", url.Values{"staff": {lead}, "reason": {"备用"}}), fault.Forbidden, "不能为自己申领")
		l.refusedPlain(l.post("/requests", url.Values{"staff": {auditor}, "reason": {"备用"}}), fault.Conflict, "一人一把")
	})
	w.given(t, s, "FT3000-1", auditor2)
	h := w.token("FT3000-1")
	if h.Token.State != custody.HandoverPending || h.Token.For != auditor2 || h.Token.Custodian != sec {
		t.Errorf("%+v", h.Token)
	}
	// The second officer does not give out what lies in the first one's drawer.
	s.done(s.post("/keys/"+tokenOf(untrained), do("revoke", "损坏")))
	l.done(l.post("/requests", url.Values{"staff": {untrained}, "reason": {"换发"}}))
	id := regexp.MustCompile(`value="(Q[0-9A-F]{8})"`).FindSubmatch(s2.ok(s2.get("/keys/FT3000-2")).Body)
	if id == nil {
		t.Fatal("the second request is not offered")
	}
	w.quiet("another's store", func() {
		s2.refusedPlain(s2.post("/keys/FT3000-2", do("assign", "", "request", string(id[1]))), fault.Forbidden, "不在您手里")
	})
	// One request, one token.
	p := s.ok(s.post("/keys/FT3000-2", do("assign", "", "request", string(id[1]))))
	s.done(p)
	s.stock("FT3000-3")
	w.quiet("a granted request", func() {
		s.refusedPlain(s.post("/keys/FT3000-3", do("assign", "", "request", string(id[1]))), fault.Conflict, "已发放")
	})
}

func TestWhatAnOfficerDoesToATokenTakesEffectAtTheNextRequestOnEveryPortal(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	other := w.twin()
	s, lead2nd := w.in(sec), w.in(cityLead)
	here, there := w.in(auditor), other.in(auditor)
	serial := tokenOf(auditor)
	s.done(s.post("/keys/"+serial, do("suspend", "核查")))
	locked(t, there, "/applications")
	locked(t, here, "/applications")
	// Restoring takes a second person, who is neither the officer nor the holder.
	w.quiet("alone", func() {
		s.refusedPlain(s.post("/keys/"+serial, do("restore", "核清")), fault.Invalid, "第二位签署人")
		s.refusedPlain(s.post("/keys/"+serial, do("restore", "核清", "second", sec)), fault.Invalid, "第二位签署人")
		s.refusedPlain(s.post("/keys/"+serial, do("restore", "核清", "second", auditor)), fault.Invalid, "第二位签署人")
	})
	s.done(s.post("/keys/"+serial, do("restore", "核清", "second", cityLead)))
	if w.token(serial).Key.State != custody.Suspended {
		t.Error("one signature restored the key")
	}
	lead2nd.countersign()
	if h := w.token(serial); h.Key.State != custody.Issued || h.Token.State != custody.Issued {
		t.Errorf("%+v", h)
	}
	again := w.in(auditor)
	again.ok(again.get("/applications"))
	s.done(s.post("/keys/"+serial, do("lost", "上午遗失")))
	locked(t, again, "/applications")
	s.done(s.post("/keys/"+serial, do("found", "座椅下找到")))
	if h := w.token(serial); h.Token.State != custody.Revoked || h.Token.Custodian != sec || h.Keyed() {
		t.Errorf("found: %+v", h.Token)
	}
	s.done(s.post("/keys/"+serial, do("destroy", "压碎", "second", sec2)))
	w.in(sec2).countersign()
	if w.token(serial).Token.State != custody.Destroyed {
		t.Error("not destroyed")
	}
	// Its history is a timeline out of the log.
	p := s.ok(s.get("/keys/" + serial))
	for _, want := range []string{"启用", "暂停使用钥匙", "恢复使用钥匙", "复签钥匙事项", "报失钥匙", "登记找回钥匙", "销毁钥匙"} {
		if !strings.Contains(p.Text("main"), want) {
			t.Errorf("the timeline has no %q", want)
		}
	}
	if len(hrefs(t, p, "/receipts/")) == 0 {
		t.Error("the officer's own acts lead to no receipt")
	}
}

func TestAnOfficersActsOverHisOwnKeyAndThoseOfOthersAreRefused(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.in(sec)
	for what, act := range map[string]policy.Act{"suspend": policy.SuspendKey, "lost": policy.ReportLoss, "revoke": policy.RevokeKey} {
		acts := w.quiet(what, func() {
			s.refusedPlain(s.post("/keys/"+tokenOf(sec), do(what, "自己的")), fault.Forbidden, "您自己保管的钥匙")
		})
		w.oneRefusal(sec, "token/"+tokenOf(sec)+" forbidden "+string(act), acts)
	}
	for _, who := range []string{auditor, aud, sys, lead, handler} {
		r := w.in(who)
		for _, o := range []string{"suspend", "revoke", "found", "receive", "destroy", "restore", "assign"} {
			p := r.post("/keys/"+tokenOf(auditor2), do(o, "越权", "second", sec2, "request", "Q1"))
			if p.Status < 400 || strings.Contains(string(p.Body), `name="statement"`) {
				t.Errorf("%s does %s: %d", who, o, p.Status)
			}
		}
	}
	// A head sees and reports his own school's keys, and no other's.
	h := w.in(head)
	if p := h.ok(h.get("/keys")); !strings.Contains(p.Text("main"), tokenOf(handler)) || strings.Contains(p.Text("main"), tokenOf(handler2)) {
		t.Error("the head's board is not his school's")
	}
	h.refused(h.get("/keys/"+tokenOf(handler2)), fault.NotFound, "")
	h.refused(h.post("/keys/"+tokenOf(handler2), do("lost", "别校的")), fault.NotFound, "")
	h.done(h.post("/keys/"+tokenOf(handler), do("lost", "书包被盗")))
	if k := w.token(tokenOf(handler)).Token; k.State != custody.Lost || k.By != head {
		t.Errorf("the head's report did not count: %+v", k)
	}
}

func TestAHandOverEndsTheGiversKeyAtOnceAndTheTokenWaitsForTheTaker(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	other := w.twin()
	s := w.in(sec)
	giver, there := w.in(auditor), other.in(auditor)
	serial := tokenOf(auditor)
	// The taker must be a colleague without a key, or an officer.
	w.quiet("wrong takers", func() {
		for taker, word := range map[string]string{"": "没有责任人", auditor: "不能是同一人", neighbour: "不在您的机构", lead: "一人一把"} {
			p := giver.post("/key/handover", url.Values{"taker": {taker}, "reason": {"调岗"}})
			if p.Status < 400 || !strings.Contains(p.Text("main"), word) {
				t.Errorf("to %q: %d %.200s", taker, p.Status, p.Text("main"))
			}
		}
	})
	s.done(s.post("/keys/"+tokenOf(auditor2), do("revoke", "损坏")))
	p := giver.ok(giver.post("/key/handover", url.Values{"taker": {auditor2}, "reason": {"调岗"}}))
	der := giver.signed(p)
	got := giver.handIn(der)
	if got.Status >= 400 || !strings.HasPrefix(got.Location, "/handed-over?number=") {
		t.Fatalf("%+v", got)
	}
	if p := giver.get(got.Location); p.Status >= 400 || !strings.Contains(p.Text("main"), "已经失效") {
		t.Errorf("after the hand-over: %d", p.Status)
	}
	locked(t, there, "/")
	locked(t, giver, "/")
	h := w.token(serial)
	if h.Token.State != custody.HandoverPending || h.Token.Custodian != auditor || h.Token.For != auditor2 || h.Keyed() {
		t.Errorf("%+v", h.Token)
	}
	sheet := s.ok(s.get("/keys/" + serial + "/sheet"))
	for _, want := range []string{"交接单", serial, w.people[auditor].Name, w.people[auditor2].Name, "签字"} {
		if !strings.Contains(sheet.Text("main"), want) {
			t.Errorf("the sheet has no %q", want)
		}
	}
	// The used seal counts nowhere again.
	if again := giver.handIn(der); again.Status < 400 {
		t.Errorf("a replay: %+v", again)
	}
	s.done(s.post("/keys/"+serial, do("receive", "接收人未到岗，收回")))
	if h := w.token(serial); h.Token.State != custody.InStore || h.Token.Custodian != sec || h.Token.For != "" {
		t.Errorf("received: %+v", h.Token)
	}
}

func TestTheLastSecurityOfficerDoesNotHandHisKeyAway(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s, s2 := w.in(sec), w.in(sec2)
	s.done(s.post("/keys/"+tokenOf(sec2), do("lost", "遗失")))
	locked(t, s2, "/")
	s.refusedPlain(s.post("/key/handover", url.Values{"taker": {cityLead}, "reason": {"调岗"}}), fault.Conflict, "最后一位")
	if w.token(tokenOf(sec)).Key.State != custody.Issued {
		t.Error("the last officer's key ended")
	}
}

func TestAForgedRequestAndAnOlderTokenRowGiveNoPower(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.in(sec)
	s.stock("FT3000-1")
	s.done(s.post("/keys/"+tokenOf(auditor2), do("revoke", "损坏")))
	db := w.raw()
	// Somebody with the database's tools writes the second person's request himself.
	_, err := db.Exec(`INSERT INTO custody_requests (id, staff, path, by_staff, reason, at, state, token, entry) VALUES ('Q0000000F', ?, '/341000/341021/', ?, '急用', 1, 'asked', '', 1)`, auditor2, lead)
	must(t, err)
	w.refusesSeal(s, s.post("/keys/FT3000-1", do("assign", "", "request", "Q0000000F")), "与日志不符")
	_, err = db.Exec("DELETE FROM custody_requests")
	must(t, err)
	// Or puts an older genuine row of a token back, with its genuine older entry.
	var state, custodian string
	var entry int64
	must(t, db.QueryRow("SELECT state, custodian, entry FROM custody_tokens WHERE serial = ?", tokenOf(auditor)).Scan(&state, &custodian, &entry))
	s.done(s.post("/keys/"+tokenOf(auditor), do("suspend", "核查")))
	_, err = db.Exec("UPDATE custody_tokens SET state = ?, entry = ? WHERE serial = ?", state, entry, tokenOf(auditor))
	must(t, err)
	w.refusesSeal(s, s.post("/keys/"+tokenOf(auditor), do("lost", "遗失")), "与日志不符")
}

// refusesSeal seals what a page asks for and asserts that it counts for nothing.
func (w *town) refusesSeal(r reader, p desk.Page, sentence string) {
	w.tb.Helper()
	before := w.records()
	got := r.handIn(r.signed(p))
	if got.Status < 400 || !strings.Contains(got.Sentence, sentence) || w.records() != before {
		w.tb.Errorf("%+v", got)
	}
}

// file is the database as it lies on disk, with its journal.
func (w *town) file() []byte {
	w.tb.Helper()
	db := w.raw()
	defer db.Close()
	rows, err := db.Query("SELECT CAST(body AS TEXT) FROM log_bodies UNION ALL SELECT CAST(leaf AS TEXT) FROM log_entries UNION ALL SELECT CAST(loss_mark AS TEXT) FROM custody_tokens UNION ALL SELECT CAST(body AS TEXT) FROM drafts")
	must(w.tb, err)
	defer rows.Close()
	var all bytes.Buffer
	for rows.Next() {
		var b []byte
		must(w.tb, rows.Scan(&b))
		all.Write(b)
	}
	return all.Bytes()
}
