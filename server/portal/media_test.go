package portal_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
)

func TestR59NoOfficerTakesAMediumByReportingItMissingOrByShuttingItsCustodianOut(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s, a := w.in(sec), w.in(auditor)
	s.done(s.post("/media", url.Values{"medium": {"M-07"}, "kind": {"U盘"}, "custodian": {auditor}, "encryption": {"硬件加密"}, "location": {"机要室"}, "contents": {"报送数据"}}))
	medium := func(state custody.MediumState, custodian string) {
		t.Helper()
		m, err := w.store.Medium(t.Context(), w.grant(sec, policy.ListMedia, "341000"), "M-07")
		if err != nil || m.State != state || m.Custodian != custodian {
			t.Fatalf("%+v %v", m, err)
		}
	}
	takes := func(kind fault.Kind, says string) {
		t.Helper()
		w.clock.Pass(2 * time.Minute) // each refusal of its own minute has its own entry
		w.oneRefusal(sec, "medium/M-07 "+string(kind)+" receive_medium", w.quiet("taken alone", func() {
			s.refusedPlain(s.post("/media/M-07", do("receive", "收回")), kind, says)
		}))
		if e := w.entries(1)[0]; e.Subject != "medium/M-07" || !strings.Contains(e.Note, string(policy.ReceiveMedium)) {
			t.Errorf("the entry: %+v", e)
		}
	}
	const his = "应由其本人签署交出（R59）；没有人接收的、报失后找到的也一样"
	takes(fault.Conflict, his)
	s.done(s.post("/media/M-07", do("lost", "盘点没有见到")))
	takes(fault.Conflict, his)
	medium(custody.Missing, auditor)
	// It turned up: the custodian himself gives it away, and it is still his.
	a.done(a.post("/media/M-07", do("handover", "找到了", "taker", auditor2)))
	takes(fault.Conflict, his)
	medium(custody.InHandover, auditor)
	s.done(s.post("/keys/"+tokenOf(auditor), do("suspend", "核实")))
	takes(fault.Forbidden, "其钥匙是您停用的，不能再由您一人收回其介质（R59）。请由另一位安全保密管理员办理")
	medium(custody.InHandover, auditor)
	s2 := w.in(sec2)
	s2.done(s2.post("/media/M-07", do("receive", "责任人的钥匙已暂停")))
	medium(custody.InUse, sec2)
	if e := w.entries(1)[0]; e.Act != string(policy.ReceiveMedium) || e.Actor != sec2 || e.Subject != "medium/M-07" {
		t.Errorf("the entry: %+v", e)
	}
	// Wiped by two, it does not come back as one in use.
	s2.done(s2.post("/media/M-07", do("wipe", "覆写三遍", "second", cityLead)))
	w.in(cityLead).countersign()
	s2.done(s2.post("/media/M-07", do("handover", "转交", "taker", auditor2)))
	a2 := w.in(auditor2)
	a2.done(a2.post("/media/M-07", do("takeover", "")))
	medium(custody.Wiped, auditor2)
}
