package seal

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestASealOfEachAlgorithmAndKindIsAccepted(t *testing.T) {
	ca := newAuthority(t)
	for name, key := range map[string]crypto.Signer{"ecdsa": newEC(t), "rsa": rsaKey()} {
		who := ca.person(t, key, nil)
		for _, form := range Forms() {
			if !form.Statement {
				continue
			}
			t.Run(name+"/"+string(form.Kind), func(t *testing.T) {
				sc := sceneOf(t, ca, who, form.Kind, noon)
				v, err := sc.verify()
				if err != nil {
					t.Fatal(err)
				}
				if v.IsZero() || v.Kind() != form.Kind || !bytes.Equal(v.Content(), sc.text) || v.Digest() != sha256.Sum256(sc.text) ||
					v.Fingerprint() != Fingerprint(who.cert) || !v.Certificate().Equal(who.cert) || !v.Received().Equal(sc.received) || !v.SigningTime().Equal(sc.at) ||
					!bytes.Equal(v.DER(), sc.der) {
					t.Error("the verified seal does not say what was sealed")
				}
				if _, ok := v.Signer(); ok != (form.Kind != Login) {
					t.Errorf("signer line found: %v", ok)
				}
			})
		}
	}
}

func TestVerifyRefusesWhatTheCallerDidNotAskFor(t *testing.T) {
	sc := newScene(t, Conclude)
	edge := func(d time.Duration, from time.Time) time.Time { return from.Add(d) }
	header, err := sc.statement.Header()
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name   string
		reason Reason
		alter  func(*scene)
	}{
		{"as asked", "", func(*scene) {}},
		{"any kind", "", func(s *scene) { s.expect.Kind = "" }},
		{"another portal", WrongPortal, func(s *scene) { s.expect.Portal = "另一门户" }},
		{"no portal", WrongPortal, func(s *scene) { s.expect.Portal = "" }},
		{"another purpose", WrongPurpose, func(s *scene) { s.expect.Kind = Review }},
		{"received at the last moment", "", func(s *scene) { s.received = header.Expires; s.signAt(t, s.received) }},
		{"received a millisecond late", Expired, func(s *scene) { s.received = edge(time.Millisecond, header.Expires); s.signAt(t, s.received) }},
		{"received 60 s before the issue", "", func(s *scene) { s.received = edge(-time.Minute, header.Issued); s.signAt(t, s.received) }},
		{"received 60.001 s before the issue", NotYetIssued, func(s *scene) {
			s.received = edge(-time.Minute-time.Millisecond, header.Issued)
			s.signAt(t, s.received)
		}},
		{"clock 10 minutes slow", "", func(s *scene) { s.received = s.at.Add(10 * time.Minute) }},
		{"clock over 10 minutes slow", WorkstationClock, func(s *scene) { s.received = s.at.Add(10*time.Minute + time.Second) }},
		{"clock 10 minutes fast", "", func(s *scene) { s.signAt(t, s.received.Add(10*time.Minute)) }},
		{"clock over 10 minutes fast", WorkstationClock, func(s *scene) { s.signAt(t, s.received.Add(10*time.Minute+time.Second)) }},
		{"clock in the year 2060", WorkstationClock, func(s *scene) { s.signAt(t, time.Date(2060, 1, 1, 0, 0, 0, 0, time.UTC)) }},
		{"the key of a colleague", NotSigner, func(s *scene) {
			s.who = s.ca.person(t, newEC(t), nil)
			s.seal(t)
		}},
		{"a renewed certificate over the same key", NotSigner, func(s *scene) {
			s.who = s.ca.person(t, s.who.key, nil)
			s.seal(t)
		}},
		{"content too large", TooLarge, func(s *scene) { s.text = make([]byte, MaxContent+1) }},
		{"annex too large", TooLarge, func(s *scene) { s.annex = make([]byte, MaxContent+1) }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			copied := *sc
			c.alter(&copied)
			_, err := copied.verify()
			if c.reason == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			wantReason(t, err, c.reason)
		})
	}
}

func TestASealOverATextThatIsNoStatementIsRefused(t *testing.T) {
	sc := newScene(t, Conclude)
	for name, c := range map[string]struct {
		text   []byte
		reason Reason
	}{
		"free text":            {[]byte("我同意\n"), BadFormat},
		"an entry of the log":  {mustPrint(t, sampleText(t, formOf(t, EntryText))), BadKind},
		"a state":              {mustPrint(t, sampleText(t, formOf(t, StateText))), BadKind},
		"a statement unended":  {bytes.TrimSuffix(sc.text, []byte("\n")), BadFormat},
		"a statement with BOM": {append([]byte("\ufeff"), sc.text...), BadFormat},
	} {
		t.Run(name, func(t *testing.T) {
			der, err := Sign(c.text, sc.who.cert, chainOf(sc.ca), sc.who.key, sc.at)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Verify(der, c.text, nil, sc.ca.trust(), Expect{Portal: testPortal}, sc.received)
			wantReason(t, err, c.reason)
		})
	}
}

func TestAlteringAnyByteIsRefused(t *testing.T) {
	ca := newAuthority(t)
	for name, key := range map[string]crypto.Signer{"ecdsa": newEC(t), "rsa": rsaKey()} {
		sc := sceneOf(t, ca, ca.person(t, key, nil), Conclude, noon)
		for part, b := range map[string][]byte{"seal": sc.der, "text": sc.text, "annex": sc.annex} {
			for i := range b {
				for _, flip := range []byte{0x01, 0x20, 0x80} {
					b[i] ^= flip
					v, err := sc.verify()
					b[i] ^= flip
					var e *Error
					if !errors.As(err, &e) || e.Reason == "" || !strings.HasSuffix(e.Sentence(), "。") || !v.IsZero() {
						t.Fatalf("%s: byte %d of the %s altered by %#x: %v", name, i, part, flip, err)
					}
				}
			}
		}
		if _, err := sc.verify(); err != nil {
			t.Fatalf("%s: unaltered: %v", name, err)
		}
	}
}

func TestWhatAVerifiedHandsOutCannotChangeIt(t *testing.T) {
	sc := newScene(t, Conclude)
	v, err := sc.verify()
	if err != nil {
		t.Fatal(err)
	}
	sc.text[0], sc.der[0], sc.annex[0] = 'x', 'x', 'x'
	s := v.Statement()
	s.Text.Fields[0].Value, s.Text.Rows[0][0], s.Annex.Rows[0].Cells[0], s.Annex.Columns[0] = "x", "x", "x", "x"
	v.Content()[0], v.DER()[0] = 'x', 'x'
	d, err := v.Statement().Digest()
	if err != nil || d != v.Digest() || sha256.Sum256(v.Content()) != v.Digest() || v.DER()[0] != 0x30 {
		t.Errorf("the verified seal changed: %v", err)
	}
	if zero := (Verified{}); !zero.IsZero() || zero.Fingerprint() != "" {
		t.Error("the zero Verified claims something")
	}
	if _, ok := (Verified{}).Signer(); ok {
		t.Error("the zero Verified has a signer")
	}
}

func TestABatchOfTwoThousandRowsVerifies(t *testing.T) {
	sc := newScene(t, Conclude)
	sc.statement = sampleStatement(t, Conclude, 2000, noon, Fingerprint(sc.who.cert))
	sc.print(t)
	sc.seal(t)
	v, err := sc.verify()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(v.Statement().Text.Rows); n != 2000 {
		t.Errorf("%d rows", n)
	}
	sc.annex = bytes.Replace(sc.annex, []byte("A2026-01999\t"), []byte("A2026-01998\t"), 1)
	_, err = sc.verify()
	wantReason(t, err, AnnexMismatch)
}

func BenchmarkVerifyTwoThousandRows(b *testing.B) {
	sc := newScene(b, Conclude)
	sc.statement = sampleStatement(b, Conclude, 2000, noon, Fingerprint(sc.who.cert))
	sc.print(b)
	sc.seal(b)
	for b.Loop() {
		if _, err := sc.verify(); err != nil {
			b.Fatal(err)
		}
	}
}

func (sc *scene) signAt(t testing.TB, at time.Time) {
	t.Helper()
	sc.at = at
	sc.seal(t)
}

func mustPrint(t testing.TB, text Text) []byte {
	t.Helper()
	b, err := text.Print()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func formOf(t testing.TB, kind Kind) Form {
	t.Helper()
	form, ok := FormOf(kind)
	if !ok {
		t.Fatalf("no form %q", kind)
	}
	return form
}
