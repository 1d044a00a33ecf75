package portal_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/server/internal/desk"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

func TestR60TheLimitHoldsAroundTheFullHourAndAcrossTwoPortals(t *testing.T) {
	w := newTown(t, "2024-11-20 10:30:00")
	second := w.twin()
	id := w.plant(1, school, atCounty)[0]
	at := "/applications/" + id + "/reveal"
	once := func(n int) url.Values {
		return url.Values{"number": {"id_number"}, "look_reason": {"逐份抽查核对"}, "once": {fmt.Sprintf("%024d", n)}}
	}
	a, b := w.in(auditor), second.in(auditor)
	for n := range 30 {
		a.ok(a.post(at, once(n)))
		b.ok(b.post(at, once(100+n)))
	}
	w.clock.Set(w.clock.Now().Truncate(time.Hour).Add(time.Hour + 5*time.Minute)) // 11:05: another hour of the clock
	a, b = w.in(auditor), second.in(auditor)
	w.quiet("behind the full hour", func() {
		a.refusedPlain(a.post(at, once(200)), fault.Closed, "最近 60 分钟内您已经查看完整号码 60 次，到了上限（R60），号码没有显示。请 11:30 以后再看")
		b.refusedPlain(b.post(at, once(201)), fault.Closed, "最近 60 分钟内")
	})
	w.clock.Set(w.clock.Now().Add(25*time.Minute - time.Millisecond))
	a = w.in(auditor)
	w.quiet("a millisecond before", func() { a.refusedPlain(a.post(at, once(202)), fault.Closed, "最近 60 分钟内") })
	w.clock.Pass(time.Millisecond) // the twin: the first looks are an hour old
	a.ok(a.post(at, once(203)))
}

func TestR60TheReasonHoldsNoNumberItself(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	id := w.plant(1, school, inState(registration.InReview))[0]
	number := w.application(id).Form.IDNumber.Plain()
	h, at := w.in(handler), "/applications/"+id
	w.quiet("numbers in the reason", func() {
		for _, reason := range []string{"原件写作" + number, "原件前六位 " + number[:6], "原件 " + strings.Join(strings.Split(number, ""), " "), "原件 " + number[:4] + "-" + number[4:8] + "." + number[8:12]} {
			h.refusedPlain(h.post(at+"/reveal", h.look(h.get(at), reason, "id_number")), fault.Invalid, "查看的理由里有一串 6 位以上的数字")
		}
	})
	h.ok(h.post(at+"/reveal", h.look(h.get(at), "2024-11-05 与原件核对第 3 页", "id_number"))) // the twin
}

func TestR15NobodyLooksAtTheNumbersOfTheirOwnRecordOrOfADeclaredRelatives(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	ids := w.plant(3, school, func(i int, a *registration.Application) {
		inState(registration.InReview)(i, a)
		if i == 1 {
			a.Form.PersonName = w.people[handler].Name
		}
	})
	h, d := w.in(handler), w.in(deputy)
	h.declares(ids[0])
	looks := func(r reader, id string) desk.Page {
		return r.post("/applications/"+id+"/reveal", r.look(r.get("/applications/"+id), "与原件核对", "id_number"))
	}
	w.quiet("a relative's", func() {
		h.refusedPlain(looks(h, ids[0]), fault.Forbidden, "您申报过的亲属的申请，须回避")
	})
	w.quiet("one's own", func() { h.refusedPlain(looks(h, ids[1]), fault.Forbidden, "姓名和学校与您相同") })
	// The twins: another record, and the same ones for a colleague.
	h.ok(looks(h, ids[2]))
	d.ok(looks(d, ids[0]))
	d.ok(looks(d, ids[1]))
}

func TestR60WhatTheLookNeedsIsAskedInsideItsTransaction(t *testing.T) {
	for what, c := range map[string]struct {
		change string // what becomes of the records after the page has asked, before the act
		kind   fault.Kind
		says   string
	}{
		"the sheet is gone (R55)":                     {"DELETE FROM responsibility_sheets WHERE org = '" + county + "'", fault.Forbidden, "责任书还没有签署"},
		"the training is not as the log has it (R43)": {"UPDATE staff SET trained = '' WHERE id = '" + auditor + "'", fault.Unavailable, "记录与日志不符"},
	} {
		w := newTown(t, "2024-11-20 10:00:00")
		id := w.plant(1, school, atCounty)[0]
		number := w.application(id).Form.IDNumber.Plain()
		a := w.in(auditor)
		form := a.look(a.get("/applications/"+id), "抽查核对", "id_number")
		// The mark of the used form is written right between the two.
		_, err := w.raw().Exec("CREATE TRIGGER meanwhile AFTER INSERT ON throttles WHEN NEW.name LIKE 'once/%' BEGIN " + c.change + "; END")
		must(t, err)
		p := a.post("/applications/"+id+"/reveal", form)
		if strings.Contains(string(p.Body), number) {
			t.Errorf("%s: the number is shown", what)
		}
		if p.Status != statusOf(c.kind) || !strings.Contains(p.Text("main"), c.says) {
			t.Errorf("%s: %d %.300s", what, p.Status, p.Text("main"))
		}
		if w.count("looks") != 0 {
			t.Errorf("%s: the look stands", what)
		}
	}
}
