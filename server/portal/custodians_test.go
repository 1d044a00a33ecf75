package portal_test

import (
	"context"
	"net/url"
	"testing"

	"sealdesk/server/internal/fault"
)

func TestWhoLeavesTheListOfCustodiansSealsNoMore(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	w.custodiansAre("2", lead, auditor, cityLead)
	w.custodiansAre("2", auditor, cityLead)
	w.loseOfficersKeys()
	cert, _ := w.newKey(sec)
	removed := w.in(lead)
	removed.refused(removed.get("/emergency"), fault.Forbidden, "只给托管人")
	removed.refused(removed.post("/emergency", callForm(sec, cert)), fault.Forbidden, "只给托管人")
	c := w.in(auditor)
	c.done(c.post("/emergency", callForm(sec, cert)))
	removed.refused(removed.post("/emergency/E000001/seal", nil), fault.Forbidden, "只给托管人")
}

func TestAListOfCustodiansTakesTwoPeopleAndSound(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.in(sec)
	form := func(quorum, staff, reason string) url.Values {
		return url.Values{"custodians": {staff}, "quorum": {quorum}, "list_reason": {reason}, "confirmer": {cityLead}}
	}
	for name, c := range map[string]struct {
		form url.Values
		says string
	}{
		"one is enough": {form("1", lead+"\n"+auditor, "定"), "法定人数应在 2 与 2 之间"},
		"one person":    {form("2", lead, "定"), "应有 2 至 15 人"},
		"twice":         {form("2", lead+"\n"+lead, "定"), "写了两遍"},
		"nobody":        {form("2", lead+"\nU99999", "定"), "没有 U99999"},
		"no number":     {form("两", lead+"\n"+auditor, "定"), "要写成数字"},
		"no reason":     {form("2", lead+"\n"+auditor, ""), "请填写理由"},
	} {
		w.quiet(name, func() { s.refusedPlain(s.post("/custodians", c.form), fault.Invalid, c.says) })
	}
	for _, who := range []string{cityLead, aud, lead, auditor} {
		r := w.in(who)
		if p := r.post("/custodians", form("2", lead+"\n"+auditor, "定")); p.Status != statusOf(fault.Forbidden) {
			t.Errorf("%s proposes a list: %d", who, p.Status)
		}
	}
	s.done(s.post("/custodians", form("2", lead+"\n"+auditor, "定")))
	lists, err := w.store.Custodians(context.Background())
	if err != nil || len(lists) != 0 {
		t.Fatalf("one of two made a list: %v", err)
	}
}
