package portal_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/internal/issuing"
	"sealdesk/server/org"
	"sealdesk/server/registration"
	"sealdesk/server/sheet/sample"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

// resident is somebody with a key.
type resident struct {
	org.Staff
	key  crypto.Signer
	leaf *x509.Certificate
}

// foundation is what every town of this test run grows from: keys, people and
// a database with entry 0 in it, made once and copied for each test.
type foundation struct {
	keys    store.Keys
	secrets storetest.Secrets // that the keys are made of, for another process
	ca      *x509.Certificate
	caKey   crypto.Signer
	people  map[string]resident
	rules   *policy.Policy
	nouns   []any // what entry 0 brings
	db      []byte
}

// Before the first day of the plan year's windows.
var foundingDay = at("2024-09-20 09:00:00")

var founded struct {
	sync.Once
	foundation *foundation
}

// found lets the genesis happen. Keys that are given are used, the others are
// made in memory.
func found(tb testing.TB, given map[string]crypto.Signer) *foundation {
	tb.Helper()
	return foundAs(tb, given, nil, nil)
}

// foundUnder is found by a version of the program that carries other rules.
func foundUnder(tb testing.TB, rules *policy.Policy) *foundation {
	tb.Helper()
	return foundAs(tb, nil, rules, nil)
}

// foundWith lets others be there from the beginning, too.
func foundWith(tb testing.TB, others func(*foundation) []any) *foundation {
	tb.Helper()
	return foundAs(tb, nil, nil, others)
}

func foundAs(tb testing.TB, given map[string]crypto.Signer, rules *policy.Policy, others func(*foundation) []any) *foundation {
	tb.Helper()
	f := &foundation{caKey: newKey(tb), people: map[string]resident{}}
	var err error
	f.secrets = storetest.NewSecrets(tb)
	f.keys, err = f.secrets.Keys()
	must(tb, err)
	if f.rules = rules; rules == nil {
		f.rules, err = policy.Load()
		must(tb, err)
	}
	f.ca, err = issuing.Root("测试签台 签发机构", f.caKey, foundingDay)
	must(tb, err)
	tree, err := org.ParseOrganisations(bytes.NewReader(read(tb, "organisations.csv")))
	must(tb, err)
	roster, err := org.ParseStaff(bytes.NewReader(read(tb, "staff.csv")), tree)
	must(tb, err)
	windows, err := registration.ParseWindows(bytes.NewReader(read(tb, "windows.csv")), sample.Year)
	must(tb, err)
	roster.Staff = append(roster.Staff, org.Staff{ID: deputy, Name: "汪知白", Org: school, Post: "副园长", Phone: "15400000001",
		FiledOn: &foundingDay, Pledge: "随纸质备案表", Training: org.FullTraining(sample.Year, foundingDay, "roster")})
	roster.Appointments = append(roster.Appointments, org.Appointment{ID: deputy + "/SC/" + school, Staff: deputy, Role: "SC", Org: school})
	var nouns []any
	for _, o := range tree.All() {
		nouns = append(nouns, o)
	}
	for _, s := range roster.Staff {
		if !slices.Contains(cast, s.ID) {
			continue
		}
		switch s.ID {
		case untrained:
			s.Training = nil
		case unfiled:
			s.FiledOn = nil
		}
		r := f.enrol(tb, s, given[s.ID])
		nouns = append(nouns, s, custody.Token{Serial: tokenOf(s.ID), Label: s.ID, State: custody.Issued, Custodian: s.ID, Delivered: foundingDay, Since: foundingDay},
			custody.Key{Fingerprint: seal.Fingerprint(r.leaf), Staff: s.ID, Certificate: r.leaf.Raw, TokenLabel: s.ID, Token: tokenOf(s.ID),
				Serial: r.leaf.SerialNumber.Text(16), Issuer: custody.OwnCA, Public: custody.PublicDigest(r.leaf.RawSubjectPublicKeyInfo), State: custody.Issued, Since: foundingDay})
	}
	for serial, staff := range waiting {
		i := slices.IndexFunc(roster.Staff, func(s org.Staff) bool { return s.ID == staff })
		if staff == newUnfiled {
			roster.Staff[i].FiledOn = nil
		}
		nouns = append(nouns, roster.Staff[i], custody.Token{Serial: serial, Label: "new-" + staff, State: custody.HandoverPending, Custodian: sec, For: staff,
			Delivered: foundingDay, Since: foundingDay})
	}
	for _, a := range roster.Appointments {
		if slices.Contains(cast, a.Staff) || a.Staff == keyless {
			nouns = append(nouns, a)
		}
	}
	for _, w := range windows {
		nouns = append(nouns, w)
	}
	nouns = append(nouns, answering(tree, roster)...)
	if others != nil {
		nouns = append(nouns, others(f)...)
	}
	f.nouns = nouns
	f.begin(tb)
	return f
}

// answering is the first head of every body of the cast with the year's
// responsibility sheet (R55): its people may act. A head who is none of the
// cast is on file, without a key.
func answering(tree org.Tree, roster org.Roster) (nouns []any) {
	bodies := map[string]bool{}
	for _, s := range roster.Staff {
		bodies[s.Org] = bodies[s.Org] || slices.Contains(cast, s.ID)
	}
	for _, o := range tree.All() {
		i := slices.IndexFunc(roster.Appointments, func(a org.Appointment) bool { return a.Role == string(org.HeadRole(o.Kind)) && a.Org == o.HeadAt() })
		if !bodies[o.ID] || i < 0 || slices.Contains(unsigned, o.ID) {
			continue
		}
		head := roster.Appointments[i]
		if !slices.Contains(cast, head.Staff) {
			nouns = append(nouns, head)
			for _, s := range roster.Staff {
				if s.ID == head.Staff {
					nouns = append(nouns, s)
				}
			}
		}
		nouns = append(nouns, org.Sheet{Year: sample.Year, Org: o.ID, Head: head.Staff, Paper: "纸质 2024-" + o.ID, At: foundingDay})
	}
	return nouns
}

// unsigned are bodies of the cast for which nobody has signed.
var unsigned = []string{unsignedSchool}

// waiting are the tokens that wait for somebody without a key.
var waiting = map[string]string{"NEW1": keyless, "NEW2": newUnfiled}

// tokenOf is the serial number of somebody's first token.
func tokenOf(staff string) string { return "T-" + staff }

func read(tb testing.TB, name string) []byte {
	tb.Helper()
	raw, err := sample.Read(name)
	must(tb, err)
	return raw
}

func newKey(tb testing.TB) crypto.Signer {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(tb, err)
	return key
}

// enrol gives somebody a certificate for a key.
func (f *foundation) enrol(tb testing.TB, s org.Staff, key crypto.Signer) resident {
	tb.Helper()
	if key == nil {
		key = newKey(tb)
	}
	r := resident{Staff: s, key: key, leaf: f.issue(tb, s, key)}
	f.people[s.ID] = r
	return r
}

func (f *foundation) issue(tb testing.TB, s org.Staff, key crypto.Signer) *x509.Certificate {
	tb.Helper()
	request, err := issuing.Request(key)
	must(tb, err)
	leaf, err := issuing.Staff(f.ca, f.caKey, request, issuing.Holder{Staff: s.ID, Name: s.Name, Organisation: s.Org}, foundingDay)
	must(tb, err)
	return leaf
}

// begin keeps a database with entry 0 in it.
func (f *foundation) begin(tb testing.TB) {
	tb.Helper()
	dir, err := os.MkdirTemp("", "town")
	must(tb, err)
	defer os.RemoveAll(dir)
	c := store.Config{Driver: store.SQLite, DSN: filepath.Join(dir, "town.db")}
	f.write(tb, c)
	f.db, err = os.ReadFile(c.DSN)
	must(tb, err)
}

// write writes entry 0 under the seals of two officers into an empty database.
func (f *foundation) write(tb testing.TB, c store.Config) {
	tb.Helper()
	must(tb, store.Migrate(context.Background(), c))
	now := func() time.Time { return foundingDay }
	s, err := store.Open(context.Background(), c, f.keys, f.rules, now)
	must(tb, err)
	text := f.statement(tb, seal.Genesis, "黄山市教育局", now(), seal.Annex{Columns: []string{"名称"}}, sec, sec2)
	grant, err := f.rules.System(policy.Genesis)
	must(tb, err)
	_, err = s.Commit(context.Background(), grant, f.seal(tb, text, now(), sec, sec2), func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.Derive(text); err != nil {
			return audit.Entry{}, err
		}
		for _, n := range f.nouns {
			if err := tx.Put(n); err != nil {
				return audit.Entry{}, err
			}
		}
		return audit.Entry{Subject: "log/0"}, tx.Put(policy.First(f.rules, "341000", sec, sec2, now()))
	}, store.Long(time.Minute))
	must(tb, err)
	must(tb, s.Close())
}

// statement is a text of any kind with plain fillers, for what no page offers.
func (f *foundation) statement(tb testing.TB, kind seal.Kind, institution string, now time.Time, annex seal.Annex, signers ...string) seal.Statement {
	tb.Helper()
	form, ok := seal.FormOf(kind)
	if !ok {
		tb.Fatalf("no form %s", kind)
	}
	h := seal.Header{Portal: storetest.Portal, Institution: institution, Issued: now, Expires: now.Add(20 * time.Minute)}
	rand.Read(h.Nonce[:])
	for _, id := range signers {
		p := f.people[id]
		h.Signers = append(h.Signers, seal.Signer{Staff: id, Name: p.Name, Fingerprint: seal.Fingerprint(p.leaf)})
	}
	header := []string{"门户", "机构", "签署人", "事项", "随机数", "出具时间", "有效至", "附件栏目", "附件行数"}
	var fields []seal.Field
	for _, l := range form.Labels {
		if !slices.Contains(header, l.Name) && !l.Optional {
			fields = append(fields, seal.Field{Label: l.Name, Value: "无"})
		}
	}
	s, err := seal.New(kind, h, fields, annex)
	must(tb, err)
	return s
}

// seal lets people seal a statement and verifies the seals.
func (f *foundation) seal(tb testing.TB, s seal.Statement, now time.Time, people ...string) []seal.Verified {
	tb.Helper()
	text, err := s.Bytes()
	must(tb, err)
	annex, err := s.Annex.Print()
	must(tb, err)
	roots := x509.NewCertPool()
	roots.AddCert(f.ca)
	var all []seal.Verified
	for _, id := range people {
		der, err := seal.Sign(text, f.people[id].leaf, nil, f.people[id].key, now)
		must(tb, err)
		v, err := seal.Verify(der, text, annex, seal.Trust{Roots: roots}, seal.Expect{Portal: storetest.Portal, Kind: s.Kind()}, now)
		must(tb, err)
		all = append(all, v)
	}
	return all
}
