package seal

import (
	"bytes"
	"os/exec"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// gb18030Bytes are the two-byte codes of the runs in privateUse.
func gb18030Bytes() [][2]byte {
	var all [][2]byte
	span := func(lead, from, to byte) {
		for b := int(from); b <= int(to); b++ {
			if b != 0x7f {
				all = append(all, [2]byte{lead, byte(b)})
			}
		}
	}
	span(0xa6, 0xd9, 0xdf)
	span(0xa6, 0xec, 0xed)
	span(0xa6, 0xf3, 0xf3)
	span(0xa8, 0xbc, 0xbc)
	span(0xa8, 0xbf, 0xbf)
	span(0xa9, 0x89, 0x95)
	span(0xfe, 0x50, 0x7e)
	span(0xfe, 0x80, 0xa0)
	return all
}

func TestPrivateUseCharactersMapAsTheCLibraryMapsTheirGB18030Bytes(t *testing.T) {
	var in bytes.Buffer
	for _, code := range gb18030Bytes() {
		in.Write(code[:])
	}
	iconv := exec.Command("iconv", "-f", "GB18030", "-t", "UTF-8")
	iconv.Stdin = &in
	out, err := iconv.Output()
	if err != nil {
		t.Fatal(err)
	}
	want := []rune(string(out))
	n := 0
	for _, run := range privateUse {
		for i, to := range run.to {
			if n >= len(want) || to != want[n] {
				t.Errorf("%U maps to %U, GB18030 code %d otherwise", run.from+rune(i), to, n)
			}
			n++
		}
	}
	if n != len(want) || n != 105 {
		t.Errorf("%d code points for %d codes", n, len(want))
	}
}

func TestANameFromOutsideIsCleanedAndTheChangeIsTold(t *testing.T) {
	for in, want := range map[string]string{
		"程云溪": "程云溪", "阿卜杜拉·买买提": "阿卜杜拉·买买提", "葛\U000e0100": "葛\U000e0100",
		"王\ue81e": "王\u9fb4", "\ue826\ue82b\ue82c\ue832\ue843\ue854\ue864": "\u9fb5\u9fb6\u9fb7\u9fb8\u9fb9\u9fba\u9fbb",
		"\ue78d": "\ufe10", "\ue816": "\U00020087", "\uf9d1": "六", "\U0002f80d": "\U0002063a", "e\u0301": "é", "\u212b": "Å",
	} {
		got, changed, err := CleanName(in)
		if err != nil || got != want || changed != (in != want) {
			t.Errorf("%+q: %+q, changed %v, %v; want %+q", in, got, changed, err, want)
		}
	}
	for in, reason := range map[string]Reason{"": EmptyValue, " 王": BadSpace, "王\u3000": BadSpace, "王\u200b": BadCharacter, "王\ue000": BadCharacter,
		"王\ue864\ue865": BadCharacter, "王\n": BadCharacter, "王\xff": BadEncoding, "\U000e0100": BadCharacter} {
		_, _, err := CleanName(in)
		wantReason(t, err, reason)
	}
}

// Nobody is barred by the spelling of a name: every compatibility ideograph
// becomes one that a text takes.
func TestEveryCompatibilityIdeographIsCleaned(t *testing.T) {
	n := 0
	for r := rune(0xf900); r <= 0x2fa1f; r++ {
		if r == 0xfb00 {
			r = 0x2f800
		}
		if !unicode.Is(unicode.Han, r) {
			continue
		}
		clean, changed, err := CleanName(string(r))
		if err != nil || changed != !norm.NFC.IsNormalString(string(r)) {
			t.Errorf("%U: %+q, changed %v, %v", r, clean, changed, err)
		}
		n++
	}
	if n < 1000 {
		t.Errorf("only %d ideographs tried", n)
	}
}

func FuzzCleanName(f *testing.F) {
	for _, s := range []string{"程云溪", "王\ue81e", "\uf9d1", "e\u0301", "a\U000e0100", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		clean, changed, err := CleanName(s)
		if err != nil {
			return
		}
		again, more, err := CleanName(clean)
		if err != nil || more || again != clean || changed != (clean != s) || CheckValue(clean) != nil {
			t.Fatalf("%+q -> %+q -> %+q: %v", s, clean, again, err)
		}
	})
}
