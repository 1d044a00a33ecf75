package seal

import (
	"errors"
	"fmt"
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

const testPortal = "黄山市教师资格定期注册签台"

func headerFor(kind Kind, fingerprints ...string) Header {
	h := Header{Portal: testPortal, Nonce: [16]byte{1, 2, 3, 15: 0xff}, Issued: noon, Expires: noon.Add(20 * time.Minute)}
	if kind == Login {
		return h
	}
	h.Institution = "歙县教育局（341021）"
	for i, f := range fingerprints {
		h.Signers = append(h.Signers, Signer{Staff: fmt.Sprintf("U%05d", i+1), Name: []string{"程云溪", "汪远山"}[i%2], Fingerprint: f})
	}
	return h
}

// sampleFields fills every middle label of a form with plausible text; labels
// that may repeat come twice.
func sampleFields(form Form) []Field {
	var fields []Field
	for _, l := range form.Labels {
		if isHeader(l.Name) || l.Name == labelAnnexColumns || l.Name == labelAnnexRows {
			continue
		}
		fields = append(fields, Field{l.Name, "示例" + l.Name})
		if l.Many {
			fields = append(fields, Field{l.Name, "又一" + l.Name})
		}
	}
	return fields
}

func sampleAnnex(rows int) Annex {
	a := Annex{Columns: []string{"姓名", "学校", "结论"}}
	for i := range rows {
		a.Rows = append(a.Rows, AnnexRow{Record: fmt.Sprintf("A2024-%05d", i+1), Salt: [16]byte{byte(i), byte(i >> 8), 7},
			Cells: []string{"方\u6676\U000E0100", "歙县某某小学", "注册合格"}})
	}
	return a
}

func sampleStatement(t testing.TB, kind Kind, rows int, fingerprints ...string) Statement {
	t.Helper()
	form, ok := FormOf(kind)
	if !ok {
		t.Fatalf("no form %q", kind)
	}
	var annex Annex
	if form.Table {
		annex = sampleAnnex(rows)
	}
	s, err := New(kind, headerFor(kind, fingerprints...), sampleFields(form), annex)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func newScene(t testing.TB, kind Kind) *scene {
	t.Helper()
	ca := newAuthority(t)
	return sceneOf(t, ca, ca.person(t, newEC(t), nil), kind)
}

func sceneOf(t testing.TB, ca authority, who signer, kind Kind) *scene {
	t.Helper()
	sc := &scene{ca: ca, who: who, expect: Expect{Portal: testPortal, Kind: kind},
		received: noon.Add(5 * time.Minute), at: noon.Add(4 * time.Minute)}
	sc.statement = sampleStatement(t, kind, 3, Fingerprint(who.cert))
	var err error
	if sc.text, err = sc.statement.Bytes(); err != nil {
		t.Fatal(err)
	}
	if sc.annex, err = sc.statement.Annex.Print(); err != nil {
		t.Fatal(err)
	}
	sc.seal(t)
	return sc
}

func (sc *scene) seal(t testing.TB) {
	t.Helper()
	der, err := Sign(sc.text, sc.who.cert, chainOf(sc.ca), sc.who.key, sc.at)
	if err != nil {
		t.Fatal(err)
	}
	sc.der = der
}

func (sc *scene) verify() (Verified, error) {
	return Verify(sc.der, sc.text, sc.annex, sc.ca.trust(), sc.expect, sc.received)
}

// wantReason asserts the refusal and that it says something to people.
func wantReason(t testing.TB, err error, want Reason) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("want refusal %q, got %v", want, err)
	}
	if e.Reason != want {
		t.Fatalf("want refusal %q, got %q: %s", want, e.Reason, e.Sentence())
	}
	if e.Sentence() == "" {
		t.Fatalf("refusal %q has no sentence", want)
	}
}
