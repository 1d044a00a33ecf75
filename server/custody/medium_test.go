package custody_test

import (
	"strings"
	"testing"

	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
)

func TestR59NobodyTakesAMediumFromSomebodyWhoCanSealWhereverItIs(t *testing.T) {
	can := custody.SilenceOf(false, []custody.Key{{State: custody.Revoked, By: "U9", Since: month}, {State: custody.Issued, Since: ten}})
	for state, back := range map[custody.MediumState]custody.MediumState{custody.InUse: custody.InUse, custody.InHandover: custody.InUse, custody.Missing: custody.InUse,
		custody.Wiped: custody.Wiped, custody.WipedInHandover: custody.Wiped, custody.WipedMissing: custody.Wiped} {
		m := custody.Medium{ID: "M-07", Custodian: "U1", For: "U2", State: state}
		if after, err := m.Receive("U9", can, "收回", ten); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "应由其本人签署交出") || after != m {
			t.Errorf("%s: %v", state, err)
		}
		for name, s := range map[string]custody.Silence{
			"left":          custody.SilenceOf(true, []custody.Key{{State: custody.Issued}}),
			"left and shut": custody.SilenceOf(true, []custody.Key{{State: custody.Suspended, By: "U9", Since: ten}}),
			"never a key":   custody.SilenceOf(false, nil),
			"lost his own":  custody.SilenceOf(false, []custody.Key{{State: custody.Suspended, By: "U9", Since: month}, {State: custody.Lost, By: "U1", Since: ten}}),
		} {
			if after, err := m.Receive("U9", s, "收回", ten); err != nil || after.Custodian != "U9" || after.State != back || after.For != "" {
				t.Errorf("%s, %s: %+v %v", state, name, after, err)
			}
		}
		shut := custody.SilenceOf(false, []custody.Key{{State: custody.Lost, By: "U1", Since: month}, {State: custody.Suspended, By: "U9", Since: ten}})
		if after, err := m.Receive("U9", shut, "收回", ten); !fault.Is(err, fault.Forbidden) || !strings.Contains(err.Error(), "其钥匙是您停用的") || after != m {
			t.Errorf("%s, by the officer who shut him out: %v", state, err)
		}
		if after, err := m.Receive("U8", shut, "收回", ten); err != nil || after.Custodian != "U8" {
			t.Errorf("%s, by the other officer: %v", state, err)
		}
	}
}

func TestR59AWipedMediumStaysWipedOnItsWayMissingAndFound(t *testing.T) {
	m := custody.Medium{ID: "M-07", Custodian: "U1", State: custody.Wiped}
	step := func(next custody.Medium, err error) func(custody.MediumState) {
		return func(want custody.MediumState) {
			t.Helper()
			if err != nil || next.State != want {
				t.Fatalf("%s after %s: %v", next.State, m.State, err)
			}
			m = next
		}
	}
	step(m.HandOver("U1", "U2", "转交", ten))(custody.WipedInHandover)
	step(m.HandOver("U1", "U3", "改交", ten))(custody.WipedInHandover)
	if _, err := m.TakeOver("U2", ten); !fault.Is(err, fault.Forbidden) {
		t.Errorf("the first taker: %v", err)
	}
	step(m.TakeOver("U3", ten))(custody.Wiped)
	step(m.HandOver("U3", "U1", "转交", ten))(custody.WipedInHandover)
	step(m.Lose("U9", "途中遗失", ten))(custody.WipedMissing)
	if _, err := m.TakeOver("U1", ten); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "已报失，已清除") {
		t.Errorf("a missing one is taken over: %v", err)
	}
	step(m.HandOver("U3", "U1", "找到了", ten))(custody.WipedInHandover)
	step(m.TakeOver("U1", ten))(custody.Wiped)
	step(m.Lose("U9", "又遗失", ten))(custody.WipedMissing)
	if _, err := m.Destroy("U9", "U9", "核销", ten); !fault.Is(err, fault.Forbidden) {
		t.Errorf("written off by one: %v", err)
	}
	step(m.Destroy("U9", "U8", "核销", ten))(custody.Scrapped)
	if _, err := m.HandOver("U1", "U2", "转交", ten); !fault.Is(err, fault.Conflict) {
		t.Errorf("a destroyed one: %v", err)
	}
}
