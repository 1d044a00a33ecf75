package portal_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/desk"
	"sealdesk/server/internal/fault"
	"sealdesk/server/internal/issuing"
)

// orderOn is the order that a page gives out for the agent.
func orderOn(t *testing.T, p desk.Page) (seal.Order, []byte) {
	t.Helper()
	hidden, ok := p.Hidden("order")
	if !ok {
		t.Fatalf("%s gives no order: %.400s", p.Path, p.Text("main"))
	}
	text, err := base64.StdEncoding.DecodeString(hidden["order"])
	must(t, err)
	o, err := seal.ParseOrder(text)
	must(t, err)
	return o, text
}

// requestFor is what the agent brings back: a request signed by the new key.
func requestFor(t *testing.T, order []byte, key crypto.Signer) []byte {
	t.Helper()
	sum := sha256.Sum256(order)
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: hex.EncodeToString(sum[:])}}, key)
	must(t, err)
	return der
}

// handBack posts what the agent put behind the address's #, as /sealed's module does.
func (r reader) handBack(name, value string) reply {
	r.t.tb.Helper()
	p, err := r.Post(context.Background(), "/sealed", url.Values{name: {value}})
	must(r.t.tb, err)
	answer := reply{Status: p.Status}
	if err := json.Unmarshal(p.Body, &answer); err != nil {
		r.t.tb.Fatalf("status %d, not JSON: %.200s", p.Status, p.Body)
	}
	return answer
}

// as is the same browser with another key plugged in.
func (r reader) as(leaf *x509.Certificate, key crypto.Signer) reader {
	d := desk.New(r.Origin, nil, leaf, key)
	d.Client, d.Now = r.Client, r.Now
	return reader{d, r.t}
}

// certified takes a token through key, seal and certificate; the key is pending.
func certified(t *testing.T, s reader, serial string, key crypto.Signer) *x509.Certificate {
	t.Helper()
	_, text := orderOn(t, s.ok(s.get("/enrolments/"+serial)))
	got := s.handBack("request", base64url(requestFor(t, text, key)))
	if !strings.HasPrefix(got.Location, "/statements/") {
		t.Fatalf("the request is answered %d %s", got.Status, got.Sentence)
	}
	p := s.done(s.get(got.Location))
	o, _ := orderOn(t, p)
	der, err := base64.StdEncoding.DecodeString(o.Text.Get("证书"))
	must(t, err)
	leaf, err := x509.ParseCertificate(der)
	must(t, err)
	return leaf
}

// takeover is the address that an enrolment page leads to.
func takeover(t *testing.T, p desk.Page) string {
	t.Helper()
	_, rest, ok := strings.Cut(string(p.Body), `href="/takeover/`)
	if !ok {
		t.Fatalf("%s leads to no take-over: %.300s", p.Path, p.Text("main"))
	}
	return "/takeover/" + rest[:64]
}

func TestAnEmptyTokenBecomesANewPersonsKeyByCeremony(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.in(sec)
	if p := s.ok(s.get("/enrolments")); !strings.Contains(p.Text("main"), "NEW1") || !strings.Contains(p.Text("main"), "等签发证书") {
		t.Errorf("the list: %.300s", p.Text("main"))
	}
	o, _ := orderOn(t, s.get("/enrolments/NEW1"))
	if o.Kind() != seal.EnrolRequest || o.Text.Get("钥匙序列号") != "NEW1" || !strings.Contains(o.Text.Get("领用人"), keyless) || o.Text.Get("算法") != "ECDSA P-256" {
		t.Errorf("the order: %v", o.Text.Fields)
	}
	key := newKey(t)
	leaf := certified(t, s, "NEW1", key)
	if err := issuing.Lint(leaf, w.ca); err != nil {
		t.Error(err)
	}
	if leaf.Subject.SerialNumber != keyless || !key.Public().(interface{ Equal(crypto.PublicKey) bool }).Equal(leaf.PublicKey) {
		t.Errorf("the certificate is %v", leaf.Subject)
	}
	k, err := w.store.KeyInCustody(t.Context(), seal.Fingerprint(leaf))
	must(t, err)
	if k.State != custody.Pending || k.Staff != keyless || k.Token != "NEW1" {
		t.Errorf("the register: %+v", k)
	}
	entry := w.entries(1)[0]
	if entry.Act != string(policy.EnrolKey) || entry.Actor != sec || entry.Subject != "token/NEW1" {
		t.Errorf("the entry: %+v", entry)
	}

	// A pending key opens nothing: signing in with it leads to the take-over.
	d := w.desk(sec2)
	d.Leaf, d.Key = leaf, key
	n := reader{d, w}
	p, err := n.Seal(t.Context(), n.get("/sign-in"))
	must(t, err)
	if !strings.HasPrefix(p.Path, "/takeover/") || strings.Contains(p.Text("main"), "今日办理") {
		t.Fatalf("a pending key leads to %s", p.Path)
	}
	if p := n.get("/"); !strings.HasPrefix(p.Path, "/sign-in") {
		t.Errorf("a session was made: %s", p.Path)
	}

	// In the officer's browser, the new person seals; the officer stays signed in.
	p = s.ok(s.get("/enrolments/NEW1?installed=1"))
	mine := s.as(leaf, key)
	p = mine.done(mine.get(takeover(t, p)))
	if next := `href="/enrolments/NEW1"`; !strings.HasPrefix(p.Path, "/taken/") || !strings.Contains(string(p.Body), next) {
		t.Errorf("after the take-over: %s %.200s", p.Path, p.Text("main"))
	}
	if p := s.ok(s.get("/enrolments/NEW1")); !strings.Contains(p.Text("main"), "已经接管") {
		t.Errorf("the ceremony ends with %.200s", p.Text("main"))
	}
	entry = w.entries(1)[0]
	if entry.Act != string(policy.TakeOverKey) || entry.Actor != keyless || entry.Key != seal.Fingerprint(leaf) || entry.Signers != 1 {
		t.Errorf("the entry: %+v", entry)
	}
	token, err := w.store.Token(t.Context(), w.grant(sec, policy.ListKeys, "341000"), "NEW1")
	must(t, err)
	if token.State != custody.Issued || token.Custodian != keyless {
		t.Errorf("the token: %+v", token)
	}
	again := w.desk(sec2)
	again.Leaf, again.Key = leaf, key
	must(t, again.SignIn(t.Context()))
	if p, err := again.Get(t.Context(), "/"); err != nil || !strings.Contains(p.Text("body"), "鲍振") {
		t.Errorf("the new person is not in: %v", err)
	}
}

func TestACeremonyThatWasInterruptedGoesOnOrIsCancelledClean(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.in(sec)
	size := w.size()
	key := newKey(t)
	_, text := orderOn(t, s.get("/enrolments/NEW1"))
	request := base64url(requestFor(t, text, key))
	// The browser is closed after the pair was made: nothing is in the register,
	// and the page begins anew.
	other := w.in(sec)
	if got := other.handBack("request", request); got.Status != statusOf(fault.Forbidden) || !strings.Contains(got.Sentence, "另一个浏览器") {
		t.Errorf("another browser: %d %s", got.Status, got.Sentence)
	}
	if _, again := orderOn(t, other.get("/enrolments/NEW1")); string(again) == string(text) {
		t.Error("the same order was given out twice")
	}
	// The answer counts once.
	first := s.handBack("request", request)
	if got := s.handBack("request", request); got.Status != statusOf(fault.NotFound) {
		t.Errorf("a second click: %d %s", got.Status, got.Sentence)
	}
	// The statement is withdrawn: the ceremony is back at its first step.
	back := s.ok(s.post(strings.TrimSuffix(first.Location, "/")+"/withdraw", url.Values{}))
	if back.Path != "/enrolments/NEW1" {
		t.Errorf("withdrawn to %s", back.Path)
	}
	for _, e := range w.entries(w.size() - size) {
		if e.Act == string(policy.EnrolKey) {
			t.Error("an enrolment stands in the log")
		}
	}
	leaf := certified(t, s, "NEW1", newKey(t))
	// The agent is gone before the certificate is in the token: the page gives
	// the same certificate again, to whichever officer asks.
	o, _ := orderOn(t, w.in(sec2).get("/enrolments/NEW1"))
	if o.Text.Get("证书") != base64.StdEncoding.EncodeToString(leaf.Raw) {
		t.Error("another certificate")
	}
}

func TestAnAnswerOfTheAgentThatIsNotTheOrdersIsRefused(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.in(sec)
	records := w.records()
	key := newKey(t)
	_, text := orderOn(t, s.get("/enrolments/NEW1"))
	good := requestFor(t, text, key)
	weak, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	broken := append([]byte{}, good...)
	broken[len(broken)-1] ^= 1
	elsewhere := requestFor(t, []byte("another order"), key)
	for name, c := range map[string]struct {
		der  []byte
		kind fault.Kind
		says string
	}{
		"of no order that waits": {elsewhere, fault.NotFound, "不在等待之列"},
		"of another algorithm":   {requestFor(t, text, weak), fault.Invalid, "要生成的是 ECDSA P-256"},
		"with another signature": {broken, fault.Invalid, "不是里面那一个公钥的私钥签的"},
		"of nonsense":            {[]byte("x"), fault.Invalid, "读不出来"},
	} {
		if got := s.handBack("request", base64url(c.der)); got.Status != statusOf(c.kind) || !strings.Contains(got.Sentence, c.says) {
			t.Errorf("a request %s: %d %s", name, got.Status, got.Sentence)
		}
	}
	if got := s.handBack("installed", strings.Repeat("ab", 32)); got.Status != statusOf(fault.NotFound) {
		t.Errorf("an installation nobody ordered: %d %s", got.Status, got.Sentence)
	}
	a := w.in(auditor)
	if got := a.handBack("request", base64url(good)); got.Status != statusOf(fault.Forbidden) {
		t.Errorf("somebody else's answer: %d %s", got.Status, got.Sentence)
	}
	w.clock.Pass(31 * time.Minute)
	s = w.in(sec)
	if got := s.handBack("request", base64url(good)); got.Location != "" {
		t.Errorf("an expired order's answer: %d %s", got.Status, got.Location)
	}
	if w.records() != records {
		t.Error("a record changed")
	}
}

func TestNobodyButAnOfficerIssuesAndNotForHerselfNorForTheUnfiled(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	for _, staff := range []string{lead, auditor, head, sys, aud, cityLead} {
		r := w.in(staff)
		for _, path := range []string{"/enrolments", "/enrolments/NEW1"} {
			if p := r.get(path); p.Status != statusOf(fault.Forbidden) || strings.Contains(string(p.Body), "鲍振") {
				t.Errorf("%s opens %s: %d", staff, path, p.Status)
			}
		}
	}
	s := w.in(sec)
	if p := s.ok(s.get("/enrolments/NEW2")); !strings.Contains(p.Text("main"), "还没有使用人员备案") {
		t.Errorf("an unfiled person: %.200s", p.Text("main"))
	}
	s.refused(s.get("/enrolments/NONE"), fault.NotFound, "没有找到")
	if p := s.ok(s.get("/enrolments/" + tokenOf(auditor))); strings.Contains(string(p.Body), `name="order"`) {
		t.Error("a token in use gets an order")
	}
}

func TestTheSamePublicKeyIsNotEnrolledTwice(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.in(sec)
	_, text := orderOn(t, s.get("/enrolments/NEW1"))
	got := s.handBack("request", base64url(requestFor(t, text, w.people[auditor].key)))
	if got.Status != statusOf(fault.Conflict) || !strings.Contains(got.Sentence, "这个公钥已经登记过") {
		t.Errorf("%d %s", got.Status, got.Sentence)
	}
}

func TestAKeyIsTakenOverByItsHolderWithItselfAndOnce(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.in(sec)
	key := newKey(t)
	leaf := certified(t, s, "NEW1", key)
	at := takeover(t, s.get("/enrolments/NEW1?installed=1"))
	page := s.ok(s.get(at))
	records := w.records()
	// The officer's own key answers a text that names another.
	text, _, err := page.Statement()
	must(t, err)
	der, err := seal.Sign(text, s.Leaf, nil, s.Key, w.clock.Now())
	must(t, err)
	if got := s.handIn(der); got.Status != statusOf(fault.Invalid) {
		t.Errorf("the officer takes it over: %d %s", got.Status, got.Sentence)
	}
	// Same subject, other key: a certificate of the same authority that custody does not know.
	double := w.issue(t, w.people[auditor].Staff, key)
	der, err = seal.Sign(text, double, nil, key, w.clock.Now())
	must(t, err)
	if got := s.handIn(der); got.Location != "" {
		t.Error("another certificate of the key takes it over")
	}
	// Another browser.
	der, err = seal.Sign(text, leaf, nil, key, w.clock.Now())
	must(t, err)
	if got := w.in(sec2).handIn(der); got.Status != statusOf(fault.Forbidden) {
		t.Errorf("another browser: %d", got.Status)
	}
	if p := w.in(sec2).get(at); p.Status != statusOf(fault.NotFound) || strings.Contains(string(p.Body), "鲍振") {
		t.Errorf("another browser reads the text: %d", p.Status)
	}
	if w.records() != records {
		t.Error("a record changed")
	}
	first := s.handIn(der)
	if first.Location == "" {
		t.Fatalf("the holder's seal: %d %s", first.Status, first.Sentence)
	}
	if got := s.handIn(der); got.Location != "" {
		t.Error("the seal counts twice")
	}
	// Revoked before it was taken over, a key never comes into force.
	w2 := newTown(t, "2024-11-20 10:00:00")
	o := w2.in(sec)
	leaf = certified(t, o, "NEW1", key)
	page = o.ok(o.get(takeover(t, o.get("/enrolments/NEW1?installed=1"))))
	second := w2.in(sec2)
	second.done(second.post("/keys/NEW1", do("revoke", "发错")))
	mine := o.as(leaf, key)
	if got := mine.handIn(mine.signed(page)); got.Status != statusOf(fault.Conflict) {
		t.Errorf("a revoked key is taken over: %d %s", got.Status, got.Sentence)
	}
}

func TestAHolderRenewsWithTheOldKeyWhichEndsWhenTheNewOneTakesOver(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	a := w.in(auditor)
	if p := a.ok(a.get("/renewal")); !strings.Contains(p.Text("main"), "到期前 90 天") {
		t.Errorf("too early: %.300s", p.Text("main"))
	}
	w.clock.Set(w.people[auditor].leaf.NotAfter.Add(-30 * 24 * time.Hour))
	a = w.in(auditor)
	o, _ := orderOn(t, a.ok(a.get("/renewal")))
	if o.Text.Get("已有证书") != seal.Fingerprint(w.people[auditor].leaf) {
		t.Errorf("the order: %v", o.Text.Fields)
	}
	leaf, key := renewed(t, a)
	if e := w.entries(1)[0]; e.Act != string(policy.RenewKey) || e.Actor != auditor {
		t.Errorf("the entry: %+v", e)
	}
	a.ok(a.get("/")) // the old key works until then
	fresh := a.as(leaf, key)
	p := fresh.done(fresh.get(takeover(t, a.get("/renewal?installed=1"))))
	if !strings.HasPrefix(p.Path, "/sign-in") { // the old key's session ended with it
		t.Errorf("the old session goes on at %s", p.Path)
	}
	old, err := w.store.KeyInCustody(t.Context(), seal.Fingerprint(w.people[auditor].leaf))
	must(t, err)
	if code, listed := old.RevocationReason(); old.State != custody.Revoked || code != 4 || !listed {
		t.Errorf("the old key: %s, reason %d", old.State, code)
	}
	d := w.desk(auditor)
	d.Leaf, d.Key = leaf, key
	must(t, d.SignIn(t.Context()))
	if err := w.desk(auditor).SignIn(t.Context()); err == nil {
		t.Error("the old key signs in")
	}
}

func TestTheRevocationListNamesWhatEndedAndNobodyNeedSignIn(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.in(sec)
	s.done(s.post("/keys/"+tokenOf(auditor), do("lost", "遗失")))
	second := w.twin() // its list is made at its start
	var list *x509.RevocationList
	for end := time.Now().Add(5 * time.Second); list == nil; time.Sleep(10 * time.Millisecond) {
		p := ask(t, second.desk(lead), "GET", "/ca.crl", "", nil)
		if p.Status == 200 {
			var err error
			list, err = x509.ParseRevocationList(p.Body)
			must(t, err)
			if kind := p.Header.Get("Content-Type"); kind != "application/pkix-crl" {
				t.Errorf("served as %s", kind)
			}
		} else if time.Now().After(end) {
			t.Fatalf("no list: %d", p.Status)
		}
	}
	must(t, list.CheckSignatureFrom(w.ca))
	if len(list.RevokedCertificateEntries) != 1 || list.RevokedCertificateEntries[0].SerialNumber.Cmp(w.people[auditor].leaf.SerialNumber) != 0 ||
		list.RevokedCertificateEntries[0].ReasonCode != 1 {
		t.Errorf("the list: %+v", list.RevokedCertificateEntries)
	}
}
