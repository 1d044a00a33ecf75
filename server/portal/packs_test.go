package portal_test

import (
	"os"
	"strings"
	"testing"

	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/sheet/sheettest"
)

// provincial is a pack that asks for 400 class hours, in force from a year on.
func provincial(tb testing.TB, year string) registration.Pack {
	tb.Helper()
	raw, err := os.ReadFile("../registration/packs/national-2013.json")
	must(tb, err)
	pack, err := registration.ParsePack([]byte(strings.NewReplacer("national-2013", "province-"+year, `"hours": 360`, `"hours": 400`,
		`"effective_year": 2013`, `"effective_year": `+year).Replace(string(raw))))
	must(tb, err)
	return pack
}

// loading is the town's portal started again with one more pack.
func (t *town) loading(p registration.Pack) *town {
	next := *t
	next.later = append(append([]registration.Pack{}, t.later...), p)
	return next.twin()
}

func TestCase37ALaterPackLeavesARecordOf2024ToThePackThatJudgedIt(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	row := func(n int) sheettest.Row { return w.goodWritten(county, "S1", school, n).With("training_hours", "360") }
	took := func(w *town, n int, report string) registration.Application {
		t.Helper()
		l := w.in(lead)
		job, _, lines := l.reportOf("a.xlsx", sheettest.Fill(t, row(n)))
		if got := linesOf(t, lines)[2]; got != report {
			t.Errorf("the report says %q, want %q", got, report)
		}
		return l.takesIn(job, 2)[2]
	}
	shows := func(w *town, a registration.Application, pack string, words ...string) {
		t.Helper()
		h := w.in(handler)
		says(t, a.ID, h.ok(h.get("/applications/"+a.ID)).Text("main"), append(words, "规则包 "+pack)...)
	}
	before := took(w, 0, passes)
	// Pack 2025 is loaded: plan year 2024 goes on under national-2013, for the
	// record that is there and for one that comes now.
	w = w.loading(provincial(t, "2025"))
	shows(w, before, "national-2013", "建议注册合格", "没有发现问题")
	during := took(w, 1, passes)
	shows(w, during, "national-2013", "建议注册合格")
	// The twin: a pack of 2024 judges who comes after it, and nobody before.
	w = w.loading(provincial(t, "2024"))
	after := took(w, 2, "accept   S1 renewal D2 defer")
	shows(w, after, "province-2024", "五年培训学时360，少于400", "建议暂缓注册")
	h := w.in(handler)
	h.ok(h.post("/applications", batch(before.ID, during.ID, after.ID)))
	for _, a := range []registration.Application{before, during} {
		h.ok(h.review(a.ID, registration.Registered, nil))
	}
	h.ok(h.review(after.ID, registration.Deferred, nil))
	h.done(h.post("/review", batch(before.ID, during.ID)))
	h.done(h.post("/review", batch(after.ID)))
	s := w.in(head)
	s.done(s.post("/send", nil))
	w.clock.Set(at("2024-11-13 10:00:00"))
	r := w.in(auditor)
	w.quiet("the later record in the batch", func() {
		r.refusedPlain(r.post("/applications", batch(before.ID, after.ID)), fault.Invalid, "“建议暂缓注册”（D2）")
	})
	p := r.ok(r.post("/applications", batch(before.ID, during.ID)))
	says(t, "the statement", p.Text("main"), "national-2013")
	r.done(p)
	for _, a := range []registration.Application{before, during} {
		if got := w.application(a.ID); got.State != registration.Concluded || got.Pack != "national-2013" {
			t.Errorf("%s is %s by %s", got.ID, got.State, got.Pack)
		}
		shows(w, a, "national-2013", "已有结论")
	}
	if got := w.application(after.ID); got.State != registration.AtCounty || got.Pack != "province-2024" {
		t.Errorf("%s is %s by %s", got.ID, got.State, got.Pack)
	}
	// Without its pack a record is not judged by another.
	w.later = nil
	w = w.twin()
	r = w.in(auditor)
	w.quiet("without the pack", func() {
		r.refused(r.post("/applications", batch(after.ID)), fault.Unavailable, "本签台没有这个规则包")
	})
}
