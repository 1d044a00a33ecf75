package portal_test

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"database/sql"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/desk"
	"sealdesk/server/internal/issuing"
	"sealdesk/server/internal/revocation"
	"sealdesk/server/portal"
	"sealdesk/server/registration"
	"sealdesk/server/sheet/sample"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

// The people of the town, by what they do there.
const (
	sys, sec, sec2, aud = "U00001", "U00002", "U00003", "U00004"
	cityLead, rechecker = "U00006", "U00008"
	cityAuditor         = "U00011"
	otherAuditor        = "U00013" // 屯溪区
	auditor, auditor2   = "U00028", "U00029"
	lead, lead2         = "U00031", "U00032"
	neighbour           = "U00033" // auditor of 休宁县
	bothRoles           = "U00040" // auditor and lead of one county
	handler, head       = "U00407", "U00408"
	handler2, head2     = "U00455", "U00456"
	cityHandler         = "U00835"
	cityHead            = "U00836"
	leadOf祁门            = "U00045"
	untrained, unfiled  = "U00030", "U00015"
	openHandler         = "U00435" // of a school whose sheet is not signed
	openHead            = "U00436"
	deputy              = "U90001" // second handler of the first school
	keyless             = "U00046" // on file, without a key; a token waits for her
	newUnfiled          = "U00047" // a token waits, but nobody filed him
)

var cast = []string{sys, sec, sec2, aud, cityLead, rechecker, cityAuditor, otherAuditor, auditor, auditor2, lead, lead2, neighbour, bothRoles,
	handler, head, handler2, head2, cityHandler, cityHead, leadOf祁门, untrained, unfiled, deputy, openHandler, openHead}

// Bodies of the town.
const (
	county, unit2 = "341021", "341022"
	school        = "HS10181" // 公办
	school2       = "HS10205" // 民办, licensed
	citySchool    = "HS10395"

	unsignedSchool = "HS10195" // its head has not signed the year's responsibility sheet
)

// at reads a moment of the plan year in the town's zone.
func at(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04:05.999", text, registration.Shanghai)
	if err != nil {
		panic(err)
	}
	return t
}

// clock is one that tests set; a log never runs backwards, so forward only.
type clock struct {
	sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.Lock(); defer c.Unlock(); return c.now }

func (c *clock) Set(t time.Time) {
	c.Lock()
	defer c.Unlock()
	if t.Before(c.now) {
		panic("the town's clock never goes back")
	}
	c.now = t
}

func (c *clock) Pass(d time.Duration) { c.Set(c.Now().Add(d)) }

// town is one institution at work, with its own database and clock.
type town struct {
	*foundation
	external *revocation.Checker // of external authorities, if the test trusts any
	tb       testing.TB
	clock    *clock
	config   store.Config
	store    *store.Store
	portal   *portal.Portal
	server   *httptest.Server
	log      *logged
	later    []registration.Pack // rule packs loaded beside the national one
	year     int                 // plan year, 0 for the sample's
}

// logged keeps what the portal writes to its log file.
type logged struct {
	sync.Mutex
	bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) { l.Lock(); defer l.Unlock(); return l.Buffer.Write(p) }
func (l *logged) Text() string                { l.Lock(); defer l.Unlock(); return l.Buffer.String() }

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

// newTown opens a fresh town at a moment of its plan year.
func newTown(tb testing.TB, now string) *town {
	tb.Helper()
	founded.Do(func() { founded.foundation = found(tb, nil) })
	if founded.foundation == nil {
		tb.Fatal("the town could not be founded")
	}
	return founded.foundation.open(tb, now)
}

// open copies the foundation's database and opens a portal over it.
func (f *foundation) open(tb testing.TB, now string) *town {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "town.db")
	must(tb, os.WriteFile(path, f.db, 0o600))
	t := &town{foundation: f, tb: tb, clock: &clock{now: at(now)}, config: store.Config{Driver: store.SQLite, DSN: path}, log: &logged{}}
	t.serve()
	return t
}

// serve opens store, portal and listener.
func (t *town) serve() {
	t.tb.Helper()
	t.config.Logger = slog.New(slog.NewJSONHandler(t.log, nil))
	var err error
	t.store, err = store.Open(context.Background(), t.config, t.keys, t.rules, t.clock.Now)
	must(t.tb, err)
	roots := x509.NewCertPool()
	roots.AddCert(t.ca)
	if t.external != nil {
		for _, anchor := range t.external.Anchors() {
			roots.AddCert(anchor)
		}
	}
	t.server = httptest.NewUnstartedServer(nil)
	t.portal, err = portal.New(portal.Config{Store: t.store, Policy: t.rules, Packs: t.packs(), Roots: roots, CA: issuing.PEM(t.ca),
		Log: slog.New(slog.NewJSONHandler(t.log, nil)), Clock: t.clock.Now, Authority: &issuing.Authority{Certificate: t.ca, Key: t.caKey}, External: t.external, Name: storetest.Portal, Year: cmp.Or(t.year, sample.Year),
		Origin: "https://" + t.server.Listener.Addr().String(), Agent: "http://127.0.0.1:17890", Verifier: t.keys.LogVerifier})
	must(t.tb, err)
	t.server.Config.Handler = t.portal.Handler()
	t.server.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(t.log, nil), slog.LevelDebug)
	t.server.StartTLS()
	s, p, l := t.store, t.portal, t.server
	t.tb.Cleanup(func() { p.CloseStreams(); l.Close(); p.Close(); s.Close() })
}

// packs are the rule packs that the town's portal has loaded.
func (t *town) packs() registration.Packs {
	t.tb.Helper()
	packs, err := registration.NewPacks(append(t.later, registration.Shipped()...)...)
	must(t.tb, err)
	return packs
}

// twin is a second portal over the same database.
func (t *town) twin() *town {
	second := *t
	second.log = &logged{}
	second.serve()
	return &second
}

func (t *town) origin() string { return t.server.URL }

// desk sits somebody down at a fresh browser, not signed in.
func (t *town) desk(staff string) *desk.Desk {
	t.tb.Helper()
	p, ok := t.people[staff]
	if !ok {
		t.tb.Fatalf("nobody called %s in town", staff)
	}
	roots := x509.NewCertPool()
	roots.AddCert(t.server.Certificate())
	d := desk.New(t.origin(), roots, p.leaf, p.key)
	d.Now = t.clock.Now
	t.tb.Cleanup(d.Leave)
	return d
}

// staffOf is whose certificate this is.
func (t *town) staffOf(leaf *x509.Certificate) string {
	t.tb.Helper()
	for id, p := range t.people {
		if p.leaf.Equal(leaf) {
			return id
		}
	}
	t.tb.Fatal("nobody in town has this certificate")
	return ""
}

// officer is somebody as the records have them.
func (t *town) officer(staff string) policy.Officer {
	t.tb.Helper()
	who, _, err := t.store.Officer(context.Background(), staff, seal.Fingerprint(t.people[staff].leaf))
	must(t.tb, err)
	who.Session = "session-" + staff
	return who
}

// grant asks the policy for somebody about a body.
func (t *town) grant(staff string, act policy.Act, body string) policy.Grant {
	t.tb.Helper()
	o, err := t.store.Organisation(context.Background(), body)
	must(t.tb, err)
	g, err := t.rules.May(t.officer(staff), act, t.store.Body(o))
	must(t.tb, err)
	return g
}

// entries are the newest of the log, newest first.
func (t *town) entries(limit int) []audit.Entry {
	t.tb.Helper()
	list, _, err := t.store.Entries(context.Background(), t.grant(aud, policy.ReadLog, "341000"), store.LogFilter{}, limit)
	must(t.tb, err)
	return list
}

// size is how many entries the log has.
func (t *town) size() int {
	t.tb.Helper()
	return int(t.entries(1)[0].Number) + 1
}

// raw opens the database past the store.
func (t *town) raw() *sql.DB {
	t.tb.Helper()
	return (&storetest.World{Config: t.config}).Raw(t.tb)
}

// count is how many rows a table has.
func (t *town) count(table string) (n int) {
	t.tb.Helper()
	must(t.tb, t.raw().QueryRow("SELECT COUNT(*) FROM "+table).Scan(&n))
	return n
}

// unlicensed is a private school of the county without a licence.
func (t *town) unlicensed() string {
	t.tb.Helper()
	all, err := t.store.Organisations(context.Background(), "/341000/"+county+"/")
	must(t.tb, err)
	for _, o := range all {
		if o.School() && o.Ownership == "民办" && o.Licence == "" && o.ValidTo == nil {
			return o.ID
		}
	}
	t.tb.Fatal("every private school of the county has a licence")
	return ""
}

// records is a digest over every record: equal ones mean that nothing changed.
func (t *town) records() string {
	t.tb.Helper()
	db := t.raw()
	defer db.Close()
	h := sha256.New()
	for _, table := range storetest.Tables(t.tb, db, store.SQLite) {
		switch table {
		case "sessions", "pendings", "drafts", "import_jobs", "import_rows", "throttles", "revocation_answers", "goose_db_version":
			continue
		}
		if strings.HasPrefix(table, "log_") {
			continue
		}
		columns := storetest.Columns(t.tb, db, table)
		rows, err := db.Query("SELECT * FROM " + table + " ORDER BY 1, 2")
		must(t.tb, err)
		for rows.Next() {
			cells, places := make([]any, len(columns)), make([]any, len(columns))
			for i := range cells {
				places[i] = &cells[i]
			}
			must(t.tb, rows.Scan(places...))
			fmt.Fprintf(h, "%s %q\n", table, cells)
		}
		must(t.tb, rows.Err())
		rows.Close()
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

// application reads one record past every page.
func (t *town) application(id string) registration.Application {
	t.tb.Helper()
	g := t.grant(lead, policy.View, county)
	if strings.Contains(id, "341000-SZ") {
		g = t.grant(cityLead, policy.View, "341000-SZ")
	}
	a, err := t.store.Application(context.Background(), g, id)
	must(t.tb, err)
	return a
}

// body is an organisation as the policy sees it.
func (t *town) body(id string) policy.Body {
	t.tb.Helper()
	o, err := t.store.Organisation(context.Background(), id)
	must(t.tb, err)
	return t.store.Body(o)
}
