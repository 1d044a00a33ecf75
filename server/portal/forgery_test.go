package portal_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/desk"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/store/storetest"
)

// watched is a key that remembers what it signed last.
type watched struct {
	crypto.Signer
	digest, signature []byte
}

func (k *watched) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	var err error
	k.digest = digest
	k.signature, err = k.Signer.Sign(random, digest, opts)
	return k.signature, err
}

// signedByAnother is a seal that is right in everything, the reader's
// certificate included, but for the signature: another key made it.
func signedByAnother(t *testing.T, text []byte, r reader, stranger crypto.Signer) []byte {
	t.Helper()
	key := &watched{Signer: r.Key}
	der, err := seal.Sign(text, r.Leaf, nil, key, r.t.clock.Now())
	must(t, err)
	for { // an ECDSA signature is 70 to 72 bytes long; the same length keeps the DER
		other, err := stranger.Sign(rand.Reader, key.digest, crypto.SHA256)
		must(t, err)
		if len(other) == len(key.signature) {
			return bytes.Replace(der, key.signature, other, 1)
		}
	}
}

func TestAForgedSealIsRefusedAndTheTextKeepsWaiting(t *testing.T) {
	w, a, p, _ := asked(t, 1)
	text, _, err := p.Statement()
	must(t, err)
	der := a.signed(p)
	forged := append([]byte{}, der...)
	forged[len(forged)-3] ^= 1
	w.attack(a.Desk, forged, fault.Invalid, "签", true)
	w.clock.Pass(2 * time.Minute) // refusals of one act are entries once a minute
	w.attack(a.Desk, signedByAnother(t, text, a, newKey(t)), fault.Invalid, "签名验证不通过", true)
	w.clock.Pass(2 * time.Minute)
	// A certificate of the right name from somebody else's authority.
	other := found(t, nil)
	r := other.people[auditor]
	fake, err := seal.Sign(text, r.leaf, nil, r.key, w.clock.Now())
	must(t, err)
	w.attack(a.Desk, fake, fault.Invalid, "证书", true)
	w.clock.Pass(2 * time.Minute)
	a.done(p)
}

func TestSomethingThatIsNoSealIsRefusedWithASentence(t *testing.T) {
	w, a, p, ids := asked(t, 1)
	for _, text := range []string{"", "!!!", "AAAA", strings.Repeat("A", 100000)} {
		got := handIn(t, a.Desk, text)
		if got.Status != statusOf(fault.Invalid) || got.Sentence == "" || got.Request == "" {
			t.Errorf("%.20q: %+v", text, got)
		}
	}
	if p := a.post("/sealed", url.Values{"seal": {strings.Repeat("A", 2<<20)}}); p.Status != statusOf(fault.Invalid) {
		t.Errorf("two mebibytes: %d", p.Status)
	}
	if w.application(ids[0]).State != registration.AtCounty {
		t.Error("something that is no seal concluded the record")
	}
	a.ok(a.get(p.Path)) // the text is still to be read
}

func TestALoginSealIsNoConclusionAndAConclusionNoLogin(t *testing.T) {
	w, a, p, _ := asked(t, 1)
	// The login text of this very browser, sealed; posted as if it were the act.
	text, _, err := p.Statement()
	must(t, err)
	other := w.desk(auditor)
	login, err := other.Get(context.Background(), "/sign-in")
	must(t, err)
	der := reader{other, w}.signed(login)
	w.attack(a.Desk, der, fault.NotFound, "另一个浏览器", true)
	w.clock.Pass(2 * time.Minute)
	// The act's text sealed, posted by a browser that wants to be let in.
	act, err := seal.Sign(text, a.Leaf, nil, a.Key, w.clock.Now())
	must(t, err)
	w.attack(other, act, fault.Forbidden, "另一个浏览器", true)
	if p, err := other.Get(context.Background(), "/applications"); err != nil || p.Path == "/applications" {
		t.Errorf("the browser got in: %v %s", err, p.Path)
	}
}

// keptAs stores a text of this browser and person as a statement of another
// kind that waits, as whoever writes to the scratch tables could.
func (w *town) keptAs(p desk.Page, kind seal.Kind, text []byte) {
	w.tb.Helper()
	scratch := w.store.Scratch()
	waiting, err := scratch.Pending(w.tb.Context(), strings.TrimPrefix(p.Path, "/statements/"))
	must(w.tb, err)
	digest := sha256.Sum256(text)
	waiting.ID, waiting.Kind, waiting.Statement = hex.EncodeToString(digest[:]), string(kind), text
	must(w.tb, scratch.PutPending(w.tb.Context(), waiting))
}

func TestATextKeptUnderAnotherPurposeInTheSameBrowserServesNeither(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	a := w.in(auditor)
	const wrong = "这份文本的用途与所办事项不同，不能挪用"
	returning := url.Values{"return_reason": {"缺少考核材料"}}
	at := "/applications/" + id + "/return"
	for _, kind := range []seal.Kind{seal.Hold, seal.Login, seal.Conclude} {
		p := a.ok(a.post(at, returning))
		text, _, err := p.Statement()
		must(t, err)
		w.keptAs(p, kind, text)
		w.attack(a.Desk, a.signed(p), fault.Invalid, wrong, true)
		w.clock.Pass(2 * time.Minute)
	}
	// And a login of this very browser is no act.
	p := a.ok(a.post(at, returning))
	login, err := w.statement(t, seal.Login, "", w.clock.Now(), seal.Annex{}).Bytes()
	must(t, err)
	der, err := seal.Sign(login, a.Leaf, nil, a.Key, w.clock.Now())
	must(t, err)
	w.keptAs(p, seal.Return, login)
	w.attack(a.Desk, der, fault.Invalid, wrong, true)
	// The twin: the text under its own purpose counts.
	a.done(a.post(at, returning))
	if got := w.application(id).State; got != registration.ReturnedSchool {
		t.Errorf("it is %s", got)
	}
}

func TestAnotherPersonsSealIsRefused(t *testing.T) {
	w, a, p, _ := asked(t, 1)
	text, _, err := p.Statement()
	must(t, err)
	colleague := w.people[auditor2]
	der, err := seal.Sign(text, colleague.leaf, nil, colleague.key, w.clock.Now())
	must(t, err)
	w.attack(a.Desk, der, fault.Invalid, "不在文本列明的签署人之内", true)
	w.clock.Pass(2 * time.Minute)
	b := w.in(auditor2)
	w.attack(b.Desk, a.signed(p), fault.Forbidden, "另一个浏览器", true)
}

func TestASealOfAnotherPortalIsRefused(t *testing.T) {
	w, a, _, _ := asked(t, 1)
	other := newTown(t, "2024-11-20 10:00:00")
	ids := other.plant(1, school, atCounty)
	b := other.in(auditor)
	der := b.signed(b.post("/applications", url.Values{"application": ids, "do": {"sign"}}))
	w.attack(a.Desk, der, fault.NotFound, "不是本签台出具", true)
	// A text that names another portal, sealed by the right person.
	s := w.statement(t, seal.Login, "", w.clock.Now(), seal.Annex{})
	text, err := s.Bytes()
	must(t, err)
	lie := []byte(strings.Replace(string(text), storetest.Portal, "别处的签台", 1))
	der, err = seal.Sign(lie, a.Leaf, nil, a.Key, w.clock.Now())
	must(t, err)
	w.clock.Pass(2 * time.Minute)
	w.attack(a.Desk, der, fault.NotFound, "不是本签台出具", true)
	// The same, kept here as if it waited: the text itself says whose it is.
	p := a.ok(a.post("/applications", batch(w.plant(1, school, atCounty)[0])))
	text, _, err = p.Statement()
	must(t, err)
	lie = []byte(strings.Replace(string(text), storetest.Portal, "别处的签台", 1))
	w.keptAs(p, seal.Conclude, lie)
	der, err = seal.Sign(lie, a.Leaf, nil, a.Key, w.clock.Now())
	must(t, err)
	w.clock.Pass(2 * time.Minute)
	w.attack(a.Desk, der, fault.Invalid, "这份文本不是本门户出具的", true)
}

func TestASealCountsOnlyInTheBrowserThatAsked(t *testing.T) {
	w, a, p, _ := asked(t, 1)
	der := a.signed(p)
	second := w.in(auditor) // the same person, another browser
	w.attack(second.Desk, der, fault.Forbidden, "另一个浏览器", true)
	w.clock.Pass(2 * time.Minute)
	nobody := w.desk(auditor) // no cookie at all
	w.attack(nobody, der, fault.Forbidden, "另一个浏览器", true)
	w.clock.Pass(2 * time.Minute)
	a.done(p)
}

func TestALinkWithAnotherPersonsLoginSignsNobodyIn(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	// The attacker asks for a login text, seals it with her own key and sends
	// the victim the link. The victim's browser is signed in, or is not.
	attacker := w.desk(neighbour)
	login, err := attacker.Get(context.Background(), "/sign-in")
	must(t, err)
	der := reader{attacker, w}.signed(login)
	victim := w.in(auditor)
	w.attack(victim.Desk, der, fault.NotFound, "另一个浏览器", true)
	if p := victim.ok(victim.get("/")); !strings.Contains(string(p.Body), w.people[auditor].Name) {
		t.Error("the victim is somebody else now")
	}
	w.clock.Pass(2 * time.Minute)
	idle := w.desk(auditor)
	_, err = idle.Get(context.Background(), "/sign-in")
	must(t, err)
	w.attack(idle, der, fault.NotFound, "另一个浏览器", true)
	if p, err := idle.Get(context.Background(), "/"); err != nil || !strings.HasPrefix(p.Path, "/sign-in") {
		t.Errorf("the victim got in: %v %s", err, p.Path)
	}
}
