package seal

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// scene is one sealed statement with everything Verify asks for.
type scene struct {
	ca           authority
	who          signer
	statement    Statement
	text, annex  []byte
	der          []byte
	expect       Expect
	received, at time.Time
}

func newScene(t testing.TB, kind Kind) *scene {
	t.Helper()
	ca := newAuthority(t)
	return sceneOf(t, ca, ca.person(t, newEC(t), nil), kind, noon)
}

// sceneOf is a statement issued at a moment, signed four and received five
// minutes later.
func sceneOf(t testing.TB, ca authority, who signer, kind Kind, issued time.Time) *scene {
	t.Helper()
	sc := &scene{ca: ca, who: who, expect: Expect{Portal: testPortal, Kind: kind},
		received: issued.Add(5 * time.Minute), at: issued.Add(4 * time.Minute)}
	sc.statement = sampleStatement(t, kind, 3, issued, Fingerprint(who.cert))
	sc.print(t)
	if strongKey(who.cert.PublicKey) {
		sc.seal(t)
	}
	return sc
}

func (sc *scene) print(t testing.TB) {
	t.Helper()
	var err error
	if sc.text, err = sc.statement.Bytes(); err != nil {
		t.Fatal(err)
	}
	if sc.annex, err = sc.statement.Annex.Print(); err != nil {
		t.Fatal(err)
	}
}

func (sc *scene) seal(t testing.TB) {
	t.Helper()
	der, err := Sign(sc.text, sc.who.cert, chainOf(sc.ca), sc.who.key, sc.at)
	if err != nil {
		t.Fatal(err)
	}
	sc.der = der
}

func (sc *scene) verify() (Verified, error) { return sc.verifyDER(sc.der) }

func (sc *scene) verifyDER(der []byte) (Verified, error) {
	return Verify(der, sc.text, sc.annex, sc.ca.trust(), sc.expect, sc.received)
}

// wantReason asserts the refusal and that it tells people something, and no
// personal data.
func wantReason(t testing.TB, err error, want Reason) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("want refusal %q, got %v", want, err)
	}
	if e.Reason != want {
		t.Fatalf("want refusal %q, got %q: %s", want, e.Reason, e.Sentence())
	}
	if s := e.Sentence(); !strings.HasSuffix(s, "。") || strings.Contains(s, "%!") || strings.Contains(s, "程云溪") || strings.Contains(s, "方某晶") {
		t.Fatalf("refusal %q has no proper sentence: %s", want, s)
	}
}
