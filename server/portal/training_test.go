package portal_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
)

func TestR43BusinessWaitsForFourTopicsLearnedAndConfirmed(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	u, l := w.in(untrained), w.in(lead)
	w.oneRefusal(untrained, "application/"+id+" forbidden conclude", w.quiet("nothing learned", func() {
		u.refusedPlain(u.post("/applications", batch(id)), fault.Forbidden, "2024 年度的培训还没有完成（4 项中还有 4 项）")
	}))
	two := url.Values{"topic": {"conditions", "process"}, "learned": {"2024-11-18"}}
	u.refusedPlain(u.post("/me/training", url.Values{"learned": {"2024-11-18"}}), fault.Invalid, "请选择学过的内容")
	u.refusedPlain(u.post("/me/training", url.Values{"topic": {"process"}, "learned": {"2024-11-21"}}), fault.Invalid, "不晚于今天")
	u.refusedPlain(u.post("/me/training", url.Values{"topic": {"magic"}, "learned": {"2024-11-18"}}), fault.Invalid, "从清单里选择")
	u.done(u.post("/me/training", two))
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.EnterTraining || e.Subject != "staff/"+untrained {
		t.Errorf("the entry is %+v", e)
	}
	u.refusedPlain(u.post("/me/training", two), fault.Conflict, "已于 2024-11-18 登记过")
	confirm := "/staff/" + untrained + "/training"
	// Nobody confirms himself, no other county's lead, no officer; an entry alone does not train.
	u.refused(u.post(confirm, nil), fault.Forbidden, "")
	w.in(sec).refused(w.in(sec).post(confirm, nil), fault.Forbidden, "")
	w.in(leadOf祁门).refused(w.in(leadOf祁门).post(confirm, nil), fault.NotFound, "")
	u.refusedPlain(u.post("/applications", batch(id)), fault.Forbidden, "4 项中还有 4 项")
	p := l.ok(l.post(confirm, nil))
	der := l.signed(p)
	if got := l.handIn(der); got.Location == "" {
		t.Fatalf("%+v", got)
	}
	w.clock.Pass(2 * time.Minute)
	w.attack(l.Desk, der, fault.Conflict, "您已经签过", true)
	u.refusedPlain(u.post("/applications", batch(id)), fault.Forbidden, "4 项中还有 2 项")
	l.refusedPlain(l.post("/staff/"+lead+"/training", nil), fault.Forbidden, "不能确认自己的培训")
	l.refusedPlain(l.post(confirm, nil), fault.Conflict, "没有等待确认")
	// The twin: the last two, and the act goes through.
	u.done(u.post("/me/training", url.Values{"topic": {"sticker", "conclusions"}, "learned": {"2024-11-20"}}))
	l.done(l.post(confirm, nil))
	u.done(u.post("/applications", batch(id)))
	if page := u.ok(u.get("/me")).Text("main"); !strings.Contains(page, "还有 0 项") {
		t.Errorf("the page says %.200s", page)
	}
}
