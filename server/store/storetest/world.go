package storetest

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"golang.org/x/mod/sumdb/note"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/org"
	"sealdesk/server/registration"
	"sealdesk/server/store"
)

// Names of the test portal and its log.
const (
	Portal = "测试签台"
	Origin = "log.store.test"
)

// World is a ready store with a small invented city in it, enrolled by a real
// genesis act that two officers sealed.
type World struct {
	cast   []Person
	Store  *store.Store
	Config store.Config
	Keys   store.Keys
	Policy *policy.Policy
	Clock  func() time.Time
	Trust  seal.Trust
	People map[string]Person
	ca     authority

	secrets Secrets
	empty   bool // no genesis
	watched *watched
}

// SQLite gives the path of a fresh database file.
func SQLite(tb testing.TB) string {
	tb.Helper()
	return filepath.Join(tb.TempDir(), "records.db")
}

// Config gives a fresh, empty database of the driver.
func Config(tb testing.TB, driver string) store.Config {
	tb.Helper()
	if driver == store.SQLite {
		return store.Config{Driver: driver, DSN: SQLite(tb)}
	}
	return store.Config{Driver: driver, DSN: MariaDB(tb)}
}

// Secrets are the keys of a world in a form that another process can be given.
type Secrets struct {
	LogSeed, HeadMAC []byte
	Keyset           []byte // of the AEAD, in the clear: a test's
	Blind            map[string][]byte
}

// NewSecrets makes fresh ones.
func NewSecrets(tb testing.TB) Secrets {
	tb.Helper()
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	check(tb, err)
	var b bytes.Buffer
	check(tb, insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&b)))
	return Secrets{LogSeed: random(ed25519.SeedSize), HeadMAC: random(32), Keyset: b.Bytes(),
		Blind: map[string][]byte{"id_number": random(32), "cert_number": random(32)}}
}

// Keys makes software keys of them: an Ed25519 log key, an AEAD, the MAC keys.
func (s Secrets) Keys() (store.Keys, error) {
	k := store.Keys{HeadMAC: s.HeadMAC, Blind: s.Blind, Origin: Origin, Portal: Portal}
	private := ed25519.NewKeyFromSeed(s.LogSeed)
	pub := private.Public().(ed25519.PublicKey)
	var err error
	if k.LogSigner, err = audit.NewSigner(Origin, pub, private); err != nil {
		return k, err
	}
	vkey, err := s.VKey()
	if err != nil {
		return k, err
	}
	if k.LogVerifier, err = note.NewVerifier(vkey); err != nil {
		return k, err
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(s.Keyset)))
	if err != nil {
		return k, err
	}
	k.Fields, err = aead.New(handle)
	return k, err
}

// VKey is the public log key as verifiers are given it.
func (s Secrets) VKey() (string, error) {
	return audit.VerifierKey(Origin, ed25519.NewKeyFromSeed(s.LogSeed).Public().(ed25519.PublicKey))
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

func check(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatalf("%v", err)
	}
}

// New gives a ready store on a fresh database, closed when the test ends.
func New(tb testing.TB, driver string) *World {
	tb.Helper()
	return Build(tb, Config(tb, driver))
}

// NewWith is New with more people in it.
func NewWith(tb testing.TB, driver string, more ...Person) *World {
	tb.Helper()
	return build(tb, Config(tb, driver), false, more...)
}

// Build migrates the database, opens a store and lets the genesis happen.
func Build(tb testing.TB, c store.Config) *World {
	tb.Helper()
	return build(tb, c, false)
}

func build(tb testing.TB, c store.Config, empty bool, more ...Person) *World {
	tb.Helper()
	w := &World{empty: empty, cast: slices.Concat(cast, more), Config: c, Clock: time.Now, People: map[string]Person{}, secrets: NewSecrets(tb)}
	tb.Cleanup(w.unwatch)
	var err error
	w.Keys, err = w.secrets.Keys()
	check(tb, err)
	w.ca = newAuthority(tb, w.Clock())
	w.Trust = w.ca.trust()
	for i, p := range w.cast {
		w.People[p.ID] = w.ca.person(tb, p, int64(i), w.Clock())
	}
	w.Policy, err = policy.Load()
	check(tb, err)
	w.begin(tb)
	return w
}

// Again is a world of the same people with the same keys on a fresh database.
func (w *World) Again(tb testing.TB, c store.Config) *World {
	tb.Helper()
	fresh := *w
	fresh.Config, fresh.watched = c, nil
	tb.Cleanup(fresh.unwatch)
	fresh.begin(tb)
	return &fresh
}

var bodies = []org.Organisation{
	{ID: "341000", Path: "/341000/", Kind: "city", Name: "测试市教育局"},
	{ID: "341000-SZ", Parent: "341000", Path: "/341000/341000-SZ/", Kind: "city_run", Name: "市直"},
	{ID: "341021", Parent: "341000", Path: "/341000/341021/", Kind: "county", Name: "甲县教育局"},
	{ID: "341024", Parent: "341000", Path: "/341000/341024/", Kind: "county", Name: "乙县教育局"},
	{ID: "HS1", Parent: "341021", Path: "/341000/341021/HS1/", Kind: "primary", Name: "甲县一小", Ownership: "公办"},
	{ID: "HS2", Parent: "341021", Path: "/341000/341021/HS2/", Kind: "junior", Name: "甲县二中", Ownership: "民办"},
	{ID: "SZ1", Parent: "341000-SZ", Path: "/341000/341000-SZ/SZ1/", Kind: "senior", Name: "市直一中", Ownership: "公办"},
}

// Stages of the test plan are all open.
var stages = []string{"application", "school_review", "audit"}

// Statement makes a statement of a kind: each label of its form that is not
// given gets a plain filler.
func (w *World) Statement(tb testing.TB, kind seal.Kind, institution string, signers []Person, fields []seal.Field, annex seal.Annex) seal.Statement {
	tb.Helper()
	form, ok := seal.FormOf(kind)
	if !ok {
		tb.Fatalf("no form %q", kind)
	}
	h := seal.Header{Portal: w.Keys.Portal, Nonce: [16]byte(random(16)), Issued: w.Clock().Add(-time.Second), Expires: w.Clock().Add(20 * time.Minute)}
	if kind != seal.Login {
		h.Institution = institution
		for _, p := range signers {
			h.Signers = append(h.Signers, seal.Signer{Staff: p.ID, Name: p.Name, Fingerprint: p.Fingerprint()})
		}
	}
	given := map[string]bool{"门户": true, "机构": true, "签署人": true, "事项": true, "随机数": true, "出具时间": true, "有效至": true,
		"附件栏目": true, "附件行数": true}
	for _, f := range fields {
		given[f.Label] = true
	}
	for _, l := range form.Labels {
		if !given[l.Name] && !l.Optional {
			fields = append(fields, seal.Field{Label: l.Name, Value: "无"})
		}
	}
	s, err := seal.New(kind, h, fields, annex)
	check(tb, err)
	return s
}

// Seal lets each person seal the statement and verifies the seals.
func (w *World) Seal(tb testing.TB, s seal.Statement, people ...Person) []seal.Verified {
	tb.Helper()
	content, err := s.Bytes()
	check(tb, err)
	annex, err := s.Annex.Print()
	check(tb, err)
	var all []seal.Verified
	for _, p := range people {
		der, err := seal.Sign(content, p.Certificate, nil, p.key, w.Clock())
		check(tb, err)
		all = append(all, w.Verify(tb, der, content, annex, s.Kind()))
	}
	return all
}

// TrySeal seals a statement by one person; for processes without a test.
func (w *World) TrySeal(s seal.Statement, p Person) (seal.Verified, error) {
	content, err := s.Bytes()
	if err != nil {
		return seal.Verified{}, err
	}
	der, err := seal.Sign(content, p.Certificate, nil, p.key, w.Clock())
	if err != nil {
		return seal.Verified{}, err
	}
	return seal.Verify(der, content, nil, w.Trust, seal.Expect{Portal: w.Keys.Portal, Kind: s.Kind()}, w.Clock())
}

// Behalf stands for the body of acts that the system does on behalf of a known
// person, by no role of his.
const Behalf = "system"

// TryGrant asks the policy for a person about a body, as the records are now.
func (w *World) TryGrant(person string, act policy.Act, body string) (policy.Grant, error) {
	who, _, err := w.Store.Officer(context.Background(), person, w.People[person].Fingerprint())
	if err != nil {
		return policy.Grant{}, err
	}
	who.Session = "session-" + person
	if body == Behalf {
		return w.Policy.SystemFor(who, act)
	}
	o, err := w.Store.Organisation(context.Background(), body)
	if err != nil {
		return policy.Grant{}, err
	}
	return w.Policy.May(who, act, w.Store.Body(o))
}

// Verify takes a seal that was made before as if it had arrived just now.
func (w *World) Verify(tb testing.TB, der, content, annex []byte, kind seal.Kind) seal.Verified {
	tb.Helper()
	v, err := seal.Verify(der, content, annex, w.Trust, seal.Expect{Portal: w.Keys.Portal, Kind: kind}, w.Clock())
	check(tb, err)
	return v
}

// Grant asks the policy for a person about a body, as the records stand now.
func (w *World) Grant(tb testing.TB, person string, act policy.Act, body string) policy.Grant {
	tb.Helper()
	g, err := w.TryGrant(person, act, body)
	check(tb, err)
	return g
}

// Application makes an invented application of a school, not yet stored.
func (w *World) Application(n int, school string) registration.Application {
	path := ""
	for _, o := range bodies {
		if o.ID == school {
			path = o.Path
		}
	}
	unit := path[8 : len(path)-len(school)-2]
	year, now := w.Clock().Year(), w.Clock().Truncate(time.Millisecond)
	hours := registration.Tenths(3725)
	return registration.Application{ID: strconv.Itoa(year) + "-" + unit + "-" + fmt.Sprintf("%06d", n), Year: year, Unit: unit, School: school,
		Path: path, State: registration.AtCounty, Class: "S1", RegKind: "renewal", Outcome: registration.OutcomePass, Pack: "national-2013",
		ImportID: "I1", ImportedAt: now.In(Shanghai), UpdatedAt: now.In(Shanghai), Round: 1,
		Form: registration.Form{ApplyNo: fmt.Sprintf("2024%08d", n), PersonName: "程云" + string(rune('一'+n%500)), IDType: "id_card",
			IDNumber: registration.Number(fmt.Sprintf("34109319850312%04d", n%10000) + school), Gender: "female", SchoolName: school, SchoolCode: school,
			StageTaught: "primary", SubjectTaught: "语文", CertNumber: registration.Number(fmt.Sprintf("2009349932%07d", n)), CertKind: "primary",
			AppraisalY1: "good", AppraisalY5: "excellent", TrainingHours: &hours, AppliedAt: now.AddDate(0, 0, -3).In(Shanghai),
			EthicsResult: "pass", HealthEvidence: "yes"}}
}

// Import stores applications of one school by a real import act.
func (w *World) Import(tb testing.TB, person, school string, list ...registration.Application) audit.Receipt {
	tb.Helper()
	p := w.People[person]
	annex := seal.Annex{Columns: []string{"姓名"}}
	for i, a := range list {
		annex.Rows = append(annex.Rows, seal.AnnexRow{Record: a.ID, Salt: [16]byte{byte(i), byte(i >> 8), 1}, Cells: []string{a.Form.PersonName}})
	}
	text := w.Statement(tb, seal.Import, school, []Person{p}, nil, annex)
	r, err := w.Store.Commit(context.Background(), w.Grant(tb, person, policy.ImportSheet, school), w.Seal(tb, text, p),
		func(tx *store.Tx) (audit.Entry, error) {
			if err := tx.Derive(text); err != nil {
				return audit.Entry{}, err
			}
			id := "I" + text.Annex.Rows[0].Record
			for _, a := range list {
				a.ImportID = id
				if err := tx.Put(a); err != nil {
					return audit.Entry{}, err
				}
			}
			return audit.Entry{Subject: "import/" + id}, tx.Put(registration.Import{ID: id, Organ: school, Year: w.Clock().Year(), Accepted: len(list), By: person, At: w.Clock().Truncate(time.Millisecond)})
		}, store.Long(20*time.Second))
	check(tb, err)
	return r
}
