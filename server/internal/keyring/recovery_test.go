package keyring

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"sealdesk/hsm/hsmtest"
	"sealdesk/server/internal/fault"
)

var three = Holders{2, []string{"U00002", "U00003", "U00006"}}

// made is a keyring in a real token, with its shares.
func made(t *testing.T, suite *hsmtest.Suite, name string, h Holders) (Wrapper, []byte, []Share) {
	t.Helper()
	suite.NewToken(t, name, "123456")
	token := suite.Login(t, name, "123456")
	if err := token.GenerateWrappingKey(t.Context(), label); err != nil {
		t.Fatal(err)
	}
	raw, shares, err := Create(t.Context(), token, label, h)
	if err != nil {
		t.Fatal(err)
	}
	return token, raw, shares
}

func TestSharesOnPaperOpenTheKeyringInANewToken(t *testing.T) {
	ctx := context.Background()
	suite := hsmtest.SoftHSM(t)
	old, raw, shares := made(t, suite, "old", three)
	before, err := Open(ctx, old, label, raw)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := before.Fields.Encrypt([]byte("value"), []byte("place"))
	if err != nil {
		t.Fatal(err)
	}
	suite.NewToken(t, "new", "123456")
	fresh := suite.Login(t, "new", "123456")
	if err := fresh.GenerateWrappingKey(ctx, label); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ctx, fresh, label, raw); err == nil {
		t.Fatal("the new token opens the old file without any share")
	}
	for _, pair := range [][2]int{{0, 1}, {1, 2}, {2, 0}} {
		var typed []Share
		for _, i := range pair {
			s, err := ParseShare("机构：某市\n" + strings.ToLower(shares[i].Print()))
			if err != nil {
				t.Fatal(err)
			}
			typed = append(typed, s)
		}
		if err := Drill(ctx, old, label, raw, typed); err != nil {
			t.Errorf("the drill with %v: %v", pair, err)
		}
		again, err := Recover(ctx, fresh, label, raw, typed)
		if err != nil {
			t.Fatal(err)
		}
		after, err := Open(ctx, fresh, label, again)
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := after.Fields.Decrypt(sealed, []byte("place")); err != nil || string(plain) != "value" || !bytes.Equal(after.HeadMAC, before.HeadMAC) {
			t.Errorf("an old field does not come back: %v", err)
		}
		if id, h, ok := Recovery(again); !ok || id != shares[0].Recovery || h.Threshold != 2 {
			t.Error("the recovered file has lost its shares")
		}
	}
}

func TestEveryWrongShareHasItsSentence(t *testing.T) {
	ctx := context.Background()
	suite := hsmtest.SoftHSM(t)
	token, raw, shares := made(t, suite, "ring", three)
	_, foreignRing, foreign := made(t, suite, "foreign", three)
	forged := shares[1]
	forged.value[31] ^= 1
	counted := shares[1]
	counted.Threshold = 1
	for name, c := range map[string]struct {
		raw    []byte
		shares []Share
		says   string
	}{
		"none":               {raw, nil, "只有 0 份，凑齐 2 份"},
		"too few":            {raw, shares[:1], "只有 1 份，凑齐 2 份才能恢复。请再请 1 位"},
		"repeated":           {raw, []Share{shares[0], shares[0]}, "第 2 份给了两遍（份额 1，保管人 U00002）"},
		"foreign":            {raw, []Share{shares[0], foreign[1]}, "属于恢复密钥 " + strings.ToUpper(foreign[1].Recovery)},
		"another ring":       {foreignRing, shares[:2], "第 1 份属于恢复密钥"},
		"forged":             {raw, []Share{shares[0], forged}, "第 2 份（份额 2，保管人 U00003）不是当初发出的"},
		"another threshold":  {raw, []Share{shares[0], counted}, "写的份数与密钥环不符"},
		"a damaged file":     {append([]byte("x"), raw...), shares[:2], "密钥环文件读不出来"},
		"other holders":      {bytes.Replace(raw, []byte("U00003"), []byte("U00009"), 1), shares[:2], "打不开：文件损坏或被改过"},
		"without a recovery": {stripped(t, raw), shares[:2], "没有恢复部分"},
	} {
		_, err := Recover(ctx, token, label, c.raw, c.shares)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		if err := Drill(ctx, token, label, c.raw, c.shares); err == nil {
			t.Errorf("%s: the drill passes", name)
		}
	}
	for name, h := range map[string]Holders{"one holder": {2, []string{"A"}}, "one is enough": {1, []string{"A", "B"}}, "more than there are": {3, []string{"A", "B"}},
		"twice": {2, []string{"A", "A"}}, "sixteen": {2, strings.Split("ABCDEFGHIJKLMNOP", "")}} {
		if err := h.Check(); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func stripped(t *testing.T, raw []byte) []byte {
	t.Helper()
	f, err := parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	f.Recovery = nil
	out, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAnyWrongDigitOfAPrintedShareIsToldWithItsLine(t *testing.T) {
	_, shares, err := split([]byte("secrets"), three)
	if err != nil {
		t.Fatal(err)
	}
	paper := shares[2].Print()
	lines := strings.Split(strings.TrimSpace(paper), "\n")
	if len(lines) != 5 {
		t.Fatalf("a share has %d lines", len(lines))
	}
	tried := 0
	for n, line := range lines {
		for i := 3; i < len(line); i++ {
			if !strings.ContainsRune("0123456789ABCDEF", rune(line[i])) {
				continue
			}
			wrong := "7"
			if line[i] == '7' {
				wrong = "4"
			}
			tried++
			bad := strings.Replace(paper, line, line[:i]+wrong+line[i+1:], 1)
			if _, err := ParseShare(bad); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("第 %d 行", n+1)) {
				t.Errorf("line %d, place %d: %v", n+1, i, err)
			}
			if next := i + 1; next < len(line) && line[next] != ' ' && line[next] != line[i] {
				swapped := line[:i] + string(line[next]) + string(line[i]) + line[next+1:]
				if _, err := ParseShare(strings.Replace(paper, line, swapped, 1)); err == nil {
					t.Errorf("line %d: exchanged digits at %d are not noticed", n+1, i)
				}
			}
		}
	}
	if tried < 80 {
		t.Fatalf("%d digits tried", tried)
	}
	for name, bad := range map[string]string{
		"a line missing": strings.Join(lines[1:], "\n"), "a line twice": paper + lines[0], "a sixth line": paper + "6) 0000 0000 0000 0000 - 98",
		"a short line": strings.Replace(paper, " - ", "", 1)[:20], "nothing": "", "letters": strings.Replace(paper, lines[0], "1) ZZZZ 0000 0000 0000 - 11", 1),
	} {
		if _, err := ParseShare(bad); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseShare(f *testing.F) {
	_, shares, err := split([]byte("secrets"), three)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(shares[0].Print())
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ParseShare(text)
		if err != nil {
			return
		}
		again, err := ParseShare(s.Print())
		if err != nil || again != s {
			t.Errorf("printed and read again: %v", err)
		}
	})
}

func TestNewSharesLeaveTheOldOnesWithoutPower(t *testing.T) {
	ctx := context.Background()
	suite := hsmtest.SoftHSM(t)
	token, raw, old := made(t, suite, "ring", three)
	next, fresh, err := Renew(ctx, token, label, raw, Holders{3, []string{"U00002", "U00003", "U00006", "U00008"}})
	if err != nil || len(fresh) != 4 {
		t.Fatal(err)
	}
	if _, err := Recover(ctx, token, label, next, old[:2]); !fault.Is(err, fault.Invalid) {
		t.Errorf("old shares open the new file: %v", err)
	}
	if err := Drill(ctx, token, label, next, fresh[:3]); err != nil {
		t.Error(err)
	}
	if _, err := Recover(ctx, token, label, raw, old[:2]); err != nil {
		t.Errorf("old shares no longer open their own backup: %v", err)
	}
}
