package custody_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
)

var (
	shanghai = time.FixedZone("", 8*3600)
	ten      = time.Date(2024, 11, 12, 10, 0, 0, 0, shanghai)
	month    = ten.AddDate(0, -1, 0)
	print256 = strings.Repeat("ab", 32)
	held     = custody.Holding{
		Token: custody.Token{Serial: "A1B2", State: custody.Issued, Custodian: "U1", Since: month, Delivered: month},
		Key:   custody.Key{Fingerprint: print256, Staff: "U1", Token: "A1B2", State: custody.Issued, Since: month},
	}
	stored = custody.Token{Serial: "A1B3", State: custody.InStore, Custodian: "U9", Since: month, Delivered: month}
	asked  = custody.Request{ID: "Q1", Staff: "U1", By: "U5", Reason: "新任", At: month, State: custody.Asked}
)

func TestCase59AKeyReportedLostIsOutFromThatMillisecondAndIsRevokedWhenFound(t *testing.T) {
	lost, err := held.ReportLost("U9", "遗失", ten)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lost.Key.Holder(ten); !fault.Is(err, fault.Forbidden) || !strings.Contains(err.Error(), "已于 2024-11-12 10:00:00 报失") {
		t.Errorf("at ten: %v", err)
	}
	if who, err := lost.Key.Holder(ten.Add(-time.Millisecond)); err != nil || who != "U1" {
		t.Errorf("a millisecond before: %s %v", who, err)
	}
	found, err := lost.Found("U9", "座椅下找到", ten.Add(time.Hour))
	if err != nil || found.Token.State != custody.Revoked || found.Token.Custodian != "U9" {
		t.Fatalf("found later: %+v %v", found.Token, err)
	}
	if _, err := found.Key.Holder(ten.Add(30 * time.Minute)); err == nil {
		t.Error("after the loss the key gives power again")
	}
	if held.Token.State != custody.Issued || held.Key.State != custody.Issued || held.Key.By != "" {
		t.Error("the transition changed its argument")
	}
	for what, err := range map[string]error{
		"lost again":  second(found.ReportLost("U9", "又遗失", ten.Add(2*time.Hour))),
		"restored":    second(found.Restore("U9", "U8", "找到了", ten.Add(2*time.Hour))),
		"handed over": second(found.HandOver("U9", "U2", "转给", ten.Add(2*time.Hour))),
		"given out":   secondToken(found.Token.Assign(asked, "U9", ten.Add(2*time.Hour))),
	} {
		if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "已停用") {
			t.Errorf("a found key %s: %v", what, err)
		}
	}
}

func second(_ custody.Holding, err error) error    { return err }
func secondToken(_ custody.Token, err error) error { return err }

// Every pair of state and transition: what is not in the list is refused as a
// conflict and changes nothing.
func TestLostAndRevokedNeverReturnAndEachTransitionLeavesItsStateOnly(t *testing.T) {
	type move struct {
		name string
		from string
		do   func(custody.Holding) (custody.Holding, error)
	}
	now := ten
	moves := []move{
		{"suspend", "issued", func(h custody.Holding) (custody.Holding, error) { return h.Suspend("U9", "核查", now) }},
		{"restore", "suspended", func(h custody.Holding) (custody.Holding, error) { return h.Restore("U9", "U8", "核清", now) }},
		{"lose", "in_store handover_pending issued suspended", func(h custody.Holding) (custody.Holding, error) { return h.ReportLost("U9", "遗失", now) }},
		{"lose own", "in_store handover_pending issued suspended", func(h custody.Holding) (custody.Holding, error) { return h.ReportOwnLoss(now) }},
		{"find", "lost", func(h custody.Holding) (custody.Holding, error) { return h.Found("U9", "找到", now) }},
		{"revoke", "in_store handover_pending issued suspended", func(h custody.Holding) (custody.Holding, error) { return h.Revoke("U9", "损坏", now) }},
		{"hand over", "issued", func(h custody.Holding) (custody.Holding, error) { return h.HandOver("U1", "U2", "调岗", now) }},
		{"receive", "handover_pending revoked", func(h custody.Holding) (custody.Holding, error) {
			if h.Token.State == custody.HandoverPending {
				h.Token.For = "U2"
			}
			return h.Receive("U9", "交回", now)
		}},
		{"destroy", "revoked", func(h custody.Holding) (custody.Holding, error) {
			h.Token.Custodian = "U9"
			return h.Destroy("U9", "U8", "损坏", now)
		}},
	}
	for _, state := range []custody.State{custody.InStore, custody.HandoverPending, custody.Issued, custody.Suspended, custody.Lost, custody.Revoked, custody.Destroyed} {
		h := held
		h.Token.State = state
		switch state {
		case custody.Suspended:
			h.Key.State = custody.Suspended
		case custody.Issued:
		default:
			h.Key = custody.Key{}
		}
		for _, m := range moves {
			next, err := m.do(h)
			allowed := strings.Contains(" "+m.from+" ", " "+string(state)+" ")
			if allowed != (err == nil) || err != nil && (!fault.Is(err, fault.Conflict) || next.Token.State != state) {
				t.Errorf("%s from %s: %v", m.name, state, err)
			}
			if err == nil && (state == custody.Lost || state == custody.Revoked) && next.Token.State != custody.Revoked && next.Token.State != custody.Destroyed {
				t.Errorf("%s led from %s to %s", m.name, state, next.Token.State)
			}
			if err == nil && next.Token.Custodian == "" {
				t.Errorf("%s left the token without a custodian", m.name)
			}
		}
	}
}

func TestR58NoTransitionLeavesAKeyWithoutACustodian(t *testing.T) {
	for what, err := range map[string]error{
		"delivered to nobody":   secondToken(custody.Deliver("A1", "", "", "D1", "", ten)),
		"handed over to nobody": second(held.HandOver("U1", "", "离岗", ten)),
		"lost by nobody": second(custody.Holding{Token: custody.Token{Serial: "A1", State: custody.Issued, Since: month}}.
			ReportLost("U9", "遗失", ten)),
	} {
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "责任人") || !strings.Contains(err.Error(), "R58") {
			t.Errorf("%s: %v", what, err)
		}
	}
	// From the store to the person and on to a colleague somebody always has it.
	who := []string{stored.Custodian}
	t1, err := stored.Assign(asked, "U9", ten)
	if err != nil {
		t.Fatal(err)
	}
	h := custody.Holding{Token: t1}
	who = append(who, h.Token.Custodian)
	if h, err = h.Certify(custody.Key{Fingerprint: print256, Staff: "U1"}, ten.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	who = append(who, h.Token.Custodian)
	if h, err = h.TakeOver("U1", []byte("mark"), ten.Add(2*time.Minute)); err != nil {
		t.Fatal(err)
	}
	who = append(who, h.Token.Custodian)
	if h, err = h.HandOver("U1", "U2", "调岗", ten.Add(3*time.Minute)); err != nil {
		t.Fatal(err)
	}
	who = append(who, h.Token.Custodian)
	if err := h.Key.Of("U1", ten.Add(3*time.Minute)); err == nil {
		t.Error("the giver's key still has power")
	}
	h = custody.HoldingOf(h.Token, []custody.Key{h.Key})
	if h, err = h.Certify(custody.Key{Fingerprint: strings.Repeat("cd", 32), Staff: "U2"}, ten.Add(4*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if h, err = h.TakeOver("U2", []byte("mark"), ten.Add(5*time.Minute)); err != nil {
		t.Fatal(err)
	}
	who = append(who, h.Token.Custodian)
	if got := fmt.Sprint(who); got != "[U9 U9 U9 U1 U1 U2]" {
		t.Errorf("in the hands of %s", got)
	}
}

func TestNobodyDoesAnOfficersActForHimselfOrAlone(t *testing.T) {
	suspended, _ := held.Suspend("U9", "核查", ten)
	revoked, _ := held.Revoke("U9", "损坏", ten)
	taken, _ := revoked.Receive("U9", "交回", ten)
	later := ten.Add(time.Hour)
	for _, c := range []struct {
		err  error
		want string
	}{
		{second(held.Suspend("U1", "核查", ten)), "您自己保管的钥匙"},
		{second(held.Revoke("U1", "损坏", ten)), "您自己保管的钥匙"},
		{second(held.ReportLost("U1", "遗失", ten)), "您自己保管的钥匙"},
		{second(suspended.Restore("U1", "U8", "核清", later)), "您自己保管的钥匙"},
		{second(suspended.Restore("U9", "U1", "核清", later)), "您自己保管的钥匙"},
		{second(suspended.Restore("U9", "U9", "核清", later)), "两人"},
		{second(suspended.Restore("U9", "", "核清", later)), "两人"},
		{second(taken.Destroy("U9", "U9", "损坏", later)), "两人"},
		{second(held.HandOver("U3", "U2", "调岗", ten)), "您自己保管的钥匙"},
		{secondToken(stored.Assign(asked, "U8", ten)), "不在您手里"},
		{secondToken(stored.Assign(custody.Request{Staff: "U9", By: "U5", Reason: "新任", State: custody.Asked}, "U9", ten)), "给您自己发放"},
		{secondToken(stored.Assign(custody.Request{Staff: "U1", By: "U9", Reason: "新任", State: custody.Asked}, "U9", ten)), "不能是同一人"},
		{second(held.Suspend("", "核查", ten)), "须由登录的人员"},
	} {
		if !fault.Is(c.err, fault.Forbidden) || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("%s: %v", c.want, c.err)
		}
	}
	if _, err := custody.Ask("Q2", "U5", "U5", "自己要", nil, ten); !fault.Is(err, fault.Forbidden) {
		t.Errorf("asked for himself: %v", err)
	}
	if _, err := held.HandOver("U1", "U1", "给自己", ten); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "同一人") {
		t.Errorf("giver and taker are one: %v", err)
	}
	done := asked
	done.State = custody.Granted
	if _, err := stored.Assign(done, "U9", ten); !fault.Is(err, fault.Conflict) {
		t.Errorf("one request, two tokens: %v", err)
	}
	if _, err := revoked.Destroy("U9", "U8", "损坏", later); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "先收回入库") {
		t.Errorf("a token that is still in the leaver's drawer is destroyed: %v", err)
	}
}

func TestAReasonIsOneLineOfAtMostTwoHundredCharacters(t *testing.T) {
	for _, c := range []struct{ reason, want string }{
		{"  ", "请填写理由"}, {"离岗\n交回", "写成一行"}, {strings.Repeat("长", 201), "200 字以内"},
	} {
		if h, err := held.Revoke("U9", c.reason, ten); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want) || h.Token.State != custody.Issued {
			t.Errorf("%s: %v", c.want, err)
		}
	}
	if _, err := held.Revoke("U9", strings.Repeat("长", 200), ten); err != nil {
		t.Error(err)
	}
	if _, err := held.Revoke("U9", "离岗", month.Add(-1)); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "核对服务器时钟") {
		t.Errorf("before it was issued: %v", err)
	}
}

func TestAKeyGivesPowerToItsHolderOnly(t *testing.T) {
	if err := held.Key.Of("U1", ten); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		key  custody.Key
		want string
	}{
		{custody.Key{Fingerprint: print256, Staff: "U2", State: custody.Issued}, "不是您保管的"},
		{custody.Key{Fingerprint: print256, State: custody.Issued}, "没有登记保管人"},
		{custody.Key{Staff: "U1", State: custody.Issued}, "没有登记保管人"},
		{custody.Key{Fingerprint: print256, Staff: "U1"}, "状态不明"},
		{custody.Key{Fingerprint: print256, Staff: "U1", State: "elsewhere"}, "状态不明"},
		{custody.Key{Fingerprint: print256, Staff: "U1", State: custody.Pending}, "还没有接管"},
		{custody.Key{Fingerprint: print256, Staff: "U1", State: custody.Suspended, Since: ten}, "暂停使用"},
		{custody.Key{Fingerprint: print256, Staff: "U1", State: custody.Issued, Since: ten.Add(time.Millisecond)}, "起才发给"},
		{custody.Key{Fingerprint: print256, Staff: "U1", State: custody.Revoked, Since: ten}, "停用"},
	} {
		if err := c.key.Of("U1", ten); !fault.Is(err, fault.Forbidden) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.want, err)
		}
	}
}

func TestOnePersonHasOneKeyAndACertificateIsRegisteredOnce(t *testing.T) {
	other := custody.Key{Fingerprint: strings.Repeat("cd", 32), Staff: "U1", State: custody.Issued}
	suspended, _ := held.Suspend("U9", "核查", ten)
	for _, k := range []custody.Key{held.Key, suspended.Key} {
		if err := custody.One([]custody.Key{k}, other); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second key beside a %s one: %v", k.State, err)
		}
		if _, err := custody.Ask("Q2", "U1", "U5", "再要一把", []custody.Key{k}, ten); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second token is asked for beside a %s key: %v", k.State, err)
		}
	}
	ended, _ := held.Revoke("U9", "更换", ten)
	if err := custody.One([]custody.Key{ended.Key}, other); err != nil {
		t.Errorf("after the first was revoked: %v", err)
	}
	if err := custody.One([]custody.Key{ended.Key}, held.Key); !fault.Is(err, fault.Conflict) {
		t.Errorf("a revoked certificate comes back: %v", err)
	}
}

func TestASerialNumberHasOneSpelling(t *testing.T) {
	for _, typed := range []string{"ab12-cd34", " AB12-CD34 ", "AB12-cd34\t", "ＡＢ１２－ｃｄ３４"} {
		if got, err := custody.ParseSerial(typed); err != nil || got != "AB12-CD34" {
			t.Errorf("%q: %q %v", typed, got, err)
		}
	}
	for _, typed := range []string{"", "AB1", "AB 12", "AB/12", "АB12", strings.Repeat("A", 41), "AB12_CD"} {
		if got, err := custody.ParseSerial(typed); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q is taken as %q: %v", typed, got, err)
		}
	}
}

func TestAnActOverATokenIsSignedAsAText(t *testing.T) {
	h := seal.Header{Portal: "签台", Institution: "黄山市教育局", Issued: ten, Expires: ten.Add(15 * time.Minute),
		Signers: []seal.Signer{{Staff: "U9", Name: "李浩", Fingerprint: strings.Repeat("ef", 32)}}}
	s, err := held.Statement(seal.KeyRevoke, h, custody.Named{Staff: "U1", Name: "程一"}, " 离岗交回 ")
	if err != nil {
		t.Fatal(err)
	}
	text, err := s.Bytes()
	if err != nil || !strings.Contains(string(text), "保管人: 程一（U1）\n钥匙序列号: A1B2\n钥匙指纹: "+print256+"\n理由: 离岗交回\n") {
		t.Errorf("%s %v", text, err)
	}
}
