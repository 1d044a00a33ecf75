package seal

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestWithoutItsAnnexASealIsCheckedAllTheSame(t *testing.T) {
	sc := newScene(t, Conclude)
	check := func(s *scene) error {
		d, err := VerifyDetached(s.der, s.text, s.ca.trust(), s.expect, s.received)
		if err == nil && (Fingerprint(d.Certificate) != Fingerprint(s.who.cert) || !d.SigningTime.Equal(s.at) || len(d.Statement.Text.Rows) != 3) {
			t.Error("the detached seal does not say what was sealed")
		}
		return err
	}
	if err := check(sc); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		reason Reason
		alter  func(*scene)
	}{
		"another text":    {BadMessageDigest, func(s *scene) { s.text = append(bytes.Clone(s.text), '\n') }},
		"another portal":  {WrongPortal, func(s *scene) { s.expect.Portal = "另一门户" }},
		"another purpose": {WrongPurpose, func(s *scene) { s.expect.Kind = Send }},
		"late":            {Expired, func(s *scene) { s.received = s.received.Add(time.Hour) }},
		"a slow clock":    {WorkstationClock, func(s *scene) { s.signAt(t, s.received.Add(-time.Hour)) }},
		"a colleague":     {NotSigner, func(s *scene) { s.who = s.ca.person(t, newEC(t), nil); s.seal(t) }},
		"another root":    {BadPath, func(s *scene) { s.ca = newAuthority(t) }},
		"too large":       {TooLarge, func(s *scene) { s.text = make([]byte, MaxContent+1) }},
		"no seal":         {NotCMS, func(s *scene) { s.der = nil }},
		"lines short":     {AnnexMismatch, func(s *scene) { s.retext(t, "附件行数: 3", "附件行数: 2") }},
		"lines numbered":  {BadRow, func(s *scene) { s.retext(t, "\n2\tA", "\n3\tA") }},
		"line no digest":  {BadRow, func(s *scene) { s.text = append(s.text[:len(s.text)-2:len(s.text)-2], "x\n"...); s.seal(t) }},
		"no statement":    {BadKind, func(s *scene) { s.text = mustPrint(t, sampleText(t, formOf(t, StateText))); s.seal(t) }},
		"no text":         {BadFormat, func(s *scene) { s.text = []byte("同意\n"); s.seal(t) }},
		"another matter":  {BadHeader, func(s *scene) { s.retext(t, "事项: 注册结论", "事项: 注册") }},
	} {
		t.Run(name, func(t *testing.T) {
			altered := *sc
			c.alter(&altered)
			wantReason(t, check(&altered), c.reason)
		})
	}
}

func TestAnyByteAlteredIsRefusedWithoutTheAnnexToo(t *testing.T) {
	sc := newScene(t, Conclude)
	for _, b := range [][]byte{sc.der, sc.text} {
		for i := range b {
			b[i] ^= 1
			_, err := VerifyDetached(sc.der, sc.text, sc.ca.trust(), sc.expect, sc.received)
			b[i] ^= 1
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("byte %d: %v", i, err)
			}
		}
	}
}

func TestMessageDigestTellsWhichTextASealClaims(t *testing.T) {
	sc := newScene(t, Conclude)
	if d, err := MessageDigest(sc.der); err != nil || d != sha256.Sum256(sc.text) {
		t.Errorf("%x: %v", d, err)
	}
	_, err := MessageDigest(sc.altered(t, func(s sealTree) {
		d := s.attr(t, oidMessageDigest).kids[1].kids[0]
		d.body = d.body[:31]
	}))
	wantReason(t, err, BadMessageDigest)
	_, err = MessageDigest(nil)
	wantReason(t, err, NotCMS)
}

// retext alters the text and seals it again.
func (sc *scene) retext(t testing.TB, old, new string) {
	t.Helper()
	text := strings.Replace(string(sc.text), old, new, 1)
	if text == string(sc.text) {
		t.Fatal("the case alters nothing")
	}
	sc.text = []byte(text)
	sc.seal(t)
}
