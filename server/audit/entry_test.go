package audit

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs:\n%s", name, got)
	}
}

func digestOf(s string) Digest { return sha256.Sum256([]byte(s)) }

func sealedEntry() Entry {
	received := time.Date(2024, 11, 20, 10, 0, 0, 7_000_000, zone)
	return Entry{Number: 4711, Previous: 12, Received: received, Logged: received.Add(31 * time.Millisecond),
		Act: "conclude", Actor: "U00003", Key: digestOf("key").String(), Body: "341021", Subject: "application/A2024-000123",
		Signed: 1, Signers: 2, Statement: digestOf("text"), Seal: digestOf("seal")}
}

func plainEntry() Entry {
	received := time.Date(2024, 11, 20, 10, 0, 0, 0, zone)
	return Entry{Number: 0, Previous: -1, Received: received, Logged: received, Act: "refusal", Note: "一分钟内另有 3 次拒绝"}
}

func TestEntriesArePrintedAsTheGoldenFilesShow(t *testing.T) {
	for name, e := range map[string]Entry{"entry-sealed.txt": sealedEntry(), "entry-plain.txt": plainEntry()} {
		b, err := e.Print()
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name, b)
		again, err := ParseEntry(b)
		if err != nil || again != e {
			t.Errorf("%s reads as %+v (%v)", name, again, err)
		}
	}
}

func TestAnEntryThatContradictsItselfIsRefusedWithItsField(t *testing.T) {
	for _, c := range []struct {
		field string
		spoil func(*Entry)
	}{
		{labelPrevious, func(e *Entry) { e.Previous = int64(e.Number) }},
		{labelPrevious, func(e *Entry) { e.Previous = -2 }},
		{labelNumber, func(e *Entry) { e.Number = maxNumber + 1 }},
		{labelReceived, func(e *Entry) { e.Received = time.Time{} }},
		{labelLogged, func(e *Entry) { e.Logged = e.Logged.Add(time.Microsecond) }},
		{labelAct, func(e *Entry) { e.Act = "" }},
		{labelAct, func(e *Entry) { e.Act = "下结论" }},
		{labelActor, func(e *Entry) { e.Actor = "程云溪" }},
		{labelKey, func(e *Entry) { e.Key = "a b" }},
		{labelBody, func(e *Entry) { e.Body = strings.Repeat("1", maxToken+1) }},
		{labelSubject, func(e *Entry) { e.Subject = "x\ny" }},
		{labelProgress, func(e *Entry) { e.Signed = 3 }},
		{labelProgress, func(e *Entry) { e.Signed = 0 }},
		{labelProgress, func(e *Entry) { e.Signers = maxSigners + 1 }},
		{labelProgress, func(e *Entry) { e.Signed, e.Signers = 0, 0 }},
		{labelProgress, func(e *Entry) { e.Seal = Digest{} }},
		{labelProgress, func(e *Entry) { e.Statement = Digest{} }},
		{labelProgress, func(e *Entry) { e.Key = "" }},
		{labelNote, func(e *Entry) { e.Note = " x" }},
		{labelNote, func(e *Entry) { e.Note = "a\u200bb" }},
		{labelNote, func(e *Entry) { e.Note = strings.Repeat("字", 101) }},
		{labelNote, func(e *Entry) { e.Note = "无" }},
	} {
		e := sealedEntry()
		c.spoil(&e)
		b, err := e.Print()
		if err == nil || !strings.Contains(sentence(err), c.field) {
			t.Errorf("%s: printed %q, %v", c.field, b, err)
		}
	}
}

// anEntry draws entries of every shape.
func anEntry(t *rapid.T) Entry {
	token := rapid.StringMatching(`[A-Za-z0-9._/:@+=-]{1,40}`)
	maybe := rapid.OneOf(rapid.Just(""), token)
	number := rapid.Uint64Range(0, maxNumber).Draw(t, "number")
	received := time.UnixMilli(rapid.Int64Range(946_656_000_000, 253_402_271_999_999).Draw(t, "received")).In(zone)
	e := Entry{Number: number, Previous: rapid.Int64Range(-1, int64(number)-1).Draw(t, "previous"),
		Received: received, Logged: received, Act: token.Draw(t, "act"), Actor: maybe.Draw(t, "actor"),
		Key: maybe.Draw(t, "key"), Body: maybe.Draw(t, "body"), Subject: maybe.Draw(t, "subject")}
	if rapid.Bool().Draw(t, "sealed") {
		e.Signers = rapid.IntRange(1, maxSigners).Draw(t, "signers")
		e.Signed = rapid.IntRange(1, e.Signers).Draw(t, "signed")
		e.Statement, e.Seal, e.Key = digestOf(e.Act), digestOf(e.Body), digestOf("k").String()
	}
	if rapid.Bool().Draw(t, "state") {
		e.State = digestOf(e.Subject)
	}
	e.Note = rapid.SampledFrom([]string{"", "3 more", "另有 3 次", "a  b", "。"}).Draw(t, "note")
	return e
}

func TestWhatIsPrintedIsReadBackTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := anEntry(t)
		b, err := e.Print()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseEntry(b)
		if err != nil || again != e {
			t.Fatalf("%q reads as %+v (%v), want %+v", b, again, err, e)
		}
	})
}

// bothParsers holds the fast parser against the canonical one.
func bothParsers(b []byte) error {
	var v entryView
	fast := v.parse(b)
	slow, err := parseEntrySlowly(b)
	switch {
	case fast && err != nil:
		return fmt.Errorf("the fast parser alone accepts %q: %v", b, err)
	case fast && v.entry() != slow:
		return fmt.Errorf("%q reads as %+v and as %+v", b, v.entry(), slow)
	case !fast && err == nil && plainASCII(slow.Note):
		return fmt.Errorf("the fast parser alone refuses %q", b)
	}
	return nil
}

func plainASCII(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

func TestTheFastParserAgreesWithTheCanonicalOneOnEveryAlteredByte(t *testing.T) {
	noted, unsealed := sealedEntry(), plainEntry()
	noted.Note, noted.State, unsealed.Note = "3 more", digestOf("state"), ""
	for _, e := range []Entry{sealedEntry(), plainEntry(), noted, unsealed} {
		b, err := e.Print()
		if err != nil {
			t.Fatal(err)
		}
		for i := range b {
			for c := range 256 {
				altered := append([]byte(nil), b...)
				altered[i] = byte(c)
				if err := bothParsers(altered); err != nil {
					t.Error(err)
				}
			}
			if err := bothParsers(append(append([]byte(nil), b[:i]...), b[i+1:]...)); err != nil {
				t.Error(err)
			}
			if err := bothParsers(append(append([]byte(nil), b[:i]...), b[max(0, i-1):]...)); err != nil {
				t.Error(err)
			}
			if err := bothParsers(b[:i]); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestHexDigitsAreToldFromAllOtherBytes(t *testing.T) {
	for c := range 256 {
		for _, at := range []int{0, 7, 8, 63} {
			b := [hexWidth]byte([]byte(strings.Repeat("a0", 32)))
			b[at] = byte(c)
			if want := strings.ContainsRune("0123456789abcdef", rune(c)); isHex(&b) != want {
				t.Errorf("byte %#x at %d: hex is %v", c, at, !want)
			}
		}
	}
}

func TestEveryDayOfTheCalendarIsReadAsTheLibraryReadsIt(t *testing.T) {
	for day := time.Date(minYear, 1, 1, 23, 59, 58, 987e6, zone); day.Year() < 2405; day = day.AddDate(0, 0, 1) {
		got, ok := moment([]byte(SpellTime(day)))
		if !ok || got != day.UnixMilli() {
			t.Fatalf("%s reads as %d, %v", SpellTime(day), got, ok)
		}
	}
	for _, s := range []string{"2024-02-30T00:00:00.000+08:00", "2023-02-29T00:00:00.000+08:00", "2024-04-31T00:00:00.000+08:00",
		"2024-13-01T00:00:00.000+08:00", "2024-00-01T00:00:00.000+08:00", "2024-01-00T00:00:00.000+08:00", "2024-01-01T24:00:00.000+08:00",
		"2024-01-01T23:60:00.000+08:00", "2024-01-01T23:00:60.000+08:00", "1999-12-31T23:59:59.999+08:00", "2024-01-01T00:00:00.000+09:00"} {
		if _, ok := moment([]byte(s)); ok {
			t.Errorf("%s reads as a time", s)
		}
	}
}

func FuzzParseEntry(f *testing.F) {
	for _, e := range []Entry{sealedEntry(), plainEntry()} {
		b, err := e.Print()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if err := bothParsers(b); err != nil {
			t.Error(err)
		}
		e, err := ParseEntry(b)
		if err != nil {
			return
		}
		if again, err := e.Print(); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%q prints as %q (%v)", b, again, err)
		}
	})
}
