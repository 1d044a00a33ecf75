package custody_test

import (
	"strings"
	"testing"
	"time"

	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
)

func TestAnEmergencyIsOpenOnlyUnderACheckpointAndUsedOnce(t *testing.T) {
	now := time.Date(2024, 11, 20, 10, 0, 0, 0, time.UTC)
	list, err := custody.CustodiansOfGenesis("341000", []string{"U1", "U2", "U3"}, 2, "A", "B", now)
	if err != nil {
		t.Fatal(err)
	}
	e, err := custody.Call(custody.Emergency{ID: custody.EmergencyID(0), Org: "341000", Staff: "U9", Fingerprint: "ab", Certificate: []byte{1}, Token: "T1", Role: "SEC", Reason: "火灾"}, list, now)
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what string, err error, kind fault.Kind, says string) {
		t.Helper()
		if !fault.Is(err, kind) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err = e.Use("U9", "ab", true, now)
	refused("before any seal", err, fault.Conflict, "没有凑齐")
	one, err := e.Seal("U1", list, 7, now)
	if err != nil || one.State != custody.Gathering {
		t.Fatal(err)
	}
	_, err = one.Seal("U1", list, 8, now)
	refused("the same custodian twice", err, fault.Conflict, "只算一份")
	_, err = one.Seal("U4", list, 8, now)
	refused("no custodian", err, fault.Forbidden, "不在现行的托管人名单")
	next, err := custody.NextCustodians([]custody.Custodians{list}, "341000", []string{"U2", "U3"}, 2, "换人", "A", "B", now)
	if err != nil {
		t.Fatal(err)
	}
	_, err = one.Seal("U1", next, 8, now)
	refused("a removed custodian", err, fault.Forbidden, "不在现行的托管人名单（第 C000002 号）")
	_, err = one.Seal("U2", next, 8, now)
	refused("under another list", err, fault.Conflict, "作废")
	_, err = one.Seal("U2", list, 8, one.Deadline)
	refused("at the deadline", err, fault.Closed, "没有凑齐")
	self := one
	self.Staff = "U2"
	_, err = self.Seal("U2", list, 8, now)
	refused("for himself", err, fault.Forbidden, "您本人")
	open, err := one.Seal("U2", list, 8, one.Deadline.Add(-time.Millisecond))
	if err != nil || open.State != custody.Open || open.Entry != 8 {
		t.Fatal(err)
	}
	_, err = open.Seal("U3", list, 9, now)
	refused("a third seal", err, fault.Conflict, "已经开启")
	at := open.Opened
	_, err = open.Use("U9", "ab", false, at)
	refused("before a checkpoint covers it", err, fault.Unavailable, "还没有签进检查点")
	_, err = open.Use("U8", "ab", true, at)
	refused("another person", err, fault.Forbidden, "另一个人或另一把钥匙")
	_, err = open.Use("U9", "cd", true, at)
	refused("another key", err, fault.Forbidden, "另一个人或另一把钥匙")
	_, err = open.Use("U9", "ab", true, open.Until)
	refused("too late", err, fault.Closed, "过期")
	used, err := open.Use("U9", "ab", true, open.Until.Add(-time.Millisecond))
	if err != nil || used.State != custody.Used || !used.Over(at) {
		t.Fatal(err)
	}
	_, err = used.Use("U9", "ab", true, at)
	refused("twice", err, fault.Conflict, "只能用一次")
}
