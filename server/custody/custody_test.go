package custody_test

import (
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
	print256 = strings.Repeat("ab", 32)
	issued   = custody.Key{Fingerprint: print256, Staff: "U1", State: custody.Issued, Since: ten.AddDate(0, -1, 0)}
)

func TestCase59AKeyReportedLostIsOutFromThatMillisecond(t *testing.T) {
	lost, err := issued.ReportLost("U9", "遗失", ten)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lost.Holder(ten); !fault.Is(err, fault.Forbidden) || !strings.Contains(err.Error(), "已于 2024-11-12 10:00:00 报失") {
		t.Errorf("at ten: %v", err)
	}
	if who, err := lost.Holder(ten.Add(-time.Millisecond)); err != nil || who != "U1" {
		t.Errorf("a millisecond before: %s %v", who, err)
	}
	found, err := lost.Revoke("U9", "找到后停用", ten.Add(time.Hour))
	if err != nil || found.State != custody.Revoked {
		t.Fatalf("found later: %v", err)
	}
	if _, err := found.Holder(ten.Add(30 * time.Minute)); err == nil {
		t.Error("between loss and revocation the key gives power again")
	}
	if _, err := found.ReportLost("U9", "又遗失", ten.Add(2*time.Hour)); !fault.Is(err, fault.Conflict) {
		t.Errorf("a revoked key is lost: %v", err)
	}
	if issued.State != custody.Issued || issued.By != "" {
		t.Error("the transition changed its argument")
	}
}

func TestAKeyIsEndedByAnotherPersonWithAReason(t *testing.T) {
	for _, c := range []struct {
		who, reason string
		at          time.Time
		kind        fault.Kind
		want        string
	}{
		{"U1", "离岗", ten, fault.Forbidden, "不能停用您自己保管的钥匙"},
		{"", "离岗", ten, fault.Forbidden, "须由安全保密管理员"},
		{"U9", "  ", ten, fault.Invalid, "请填写停用的理由"},
		{"U9", "离岗\n交回", ten, fault.Invalid, "写成一行"},
		{"U9", strings.Repeat("长", 201), ten, fault.Invalid, "200 字以内"},
		{"U9", "离岗", issued.Since.Add(-1), fault.Conflict, "核对服务器时钟"},
	} {
		k, err := issued.Revoke(c.who, c.reason, c.at)
		if !fault.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) || k.State != custody.Issued {
			t.Errorf("%s: %v %s", c.want, err, k.State)
		}
	}
	k, err := issued.Revoke("U9", strings.Repeat("长", 200), ten)
	if err != nil || k.State != custody.Revoked || k.By != "U9" || !k.Since.Equal(ten) {
		t.Errorf("%+v %v", k, err)
	}
	if _, err := k.Revoke("U9", "再停", ten); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "已于 2024-11-12 10:00:00 停用") {
		t.Errorf("twice: %v", err)
	}
}

func TestAKeyGivesPowerToItsHolderOnly(t *testing.T) {
	if err := issued.Of("U1", ten); err != nil {
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
		{custody.Key{Fingerprint: print256, Staff: "U1", State: "suspended"}, "状态不明"},
		{custody.Key{Fingerprint: print256, Staff: "U1", State: custody.Issued, Since: ten.Add(time.Millisecond)}, "起才发给"},
		{custody.Key{Fingerprint: print256, Staff: "U1", State: custody.Revoked, Since: ten}, "停用"},
	} {
		if err := c.key.Of("U1", ten); !fault.Is(err, fault.Forbidden) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.want, err)
		}
	}
}

func TestOnePersonHasOneKeyInUseAndACertificateIsRegisteredOnce(t *testing.T) {
	other := custody.Key{Fingerprint: strings.Repeat("cd", 32), Staff: "U1", State: custody.Issued}
	if err := custody.One([]custody.Key{issued}, other); !fault.Is(err, fault.Conflict) {
		t.Errorf("a second key in use: %v", err)
	}
	ended, _ := issued.Revoke("U9", "更换", ten)
	if err := custody.One([]custody.Key{ended}, other); err != nil {
		t.Errorf("after the first was revoked: %v", err)
	}
	if err := custody.One([]custody.Key{ended}, issued); !fault.Is(err, fault.Conflict) {
		t.Errorf("a revoked certificate comes back: %v", err)
	}
}

func TestTheRevocationIsSignedAsAText(t *testing.T) {
	h := seal.Header{Portal: "签台", Institution: "黄山市教育局", Issued: ten, Expires: ten.Add(15 * time.Minute),
		Signers: []seal.Signer{{Staff: "U9", Name: "李浩", Fingerprint: strings.Repeat("ef", 32)}}}
	s, err := issued.RevokeStatement(h, "程一", "离岗交回")
	if err != nil {
		t.Fatal(err)
	}
	text, err := s.Bytes()
	if err != nil || !strings.Contains(string(text), "保管人: 程一（U1）\n钥匙指纹: "+print256+"\n理由: 离岗交回\n") {
		t.Errorf("%s %v", text, err)
	}
}
