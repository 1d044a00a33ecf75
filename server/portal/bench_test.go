//go:build bench

package portal_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/internal/desk"
	"sealdesk/server/internal/figure"
	"sealdesk/server/org"
	"sealdesk/server/store"
)

// The portal's figures, on SQLite as it comes: five interleaved rounds, medians.

// TestFigureSignIn times a full sign-in (statement, seal with chain and custody,
// entry under a signed checkpoint, session) over kept-alive connections against
// a TLS 1.3 handshake with client certificate and one durable INSERT of a
// session in the same kind of database. Both sides sign with keys in memory.
func TestFigureSignIn(t *testing.T) {
	if !figure.Wanted("sign-in-1", "sign-in-4") {
		return
	}
	const each = 150
	for _, workers := range []int{1, 4} {
		name := fmt.Sprintf("sign-in-%d", workers)
		if !figure.Wanted(name) {
			continue
		}
		var ours, theirs []float64
		for range figure.Rounds {
			w := newTown(t, "2024-11-20 10:00:00")
			client := w.desk(auditor).Client
			client.Jar = nil
			client.Transport.(*http.Transport).MaxIdleConnsPerHost = workers
			ours = append(ours, figure.Race(workers, each, func(i int) error { return w.enter(client, enterers[i%len(enterers)]) }))
			theirs = append(theirs, figure.Race(workers, each, w.bareEntry(t, workers)))
		}
		figure.Rates(name, ours, theirs, 0.5, "sign-ins/s")
	}
}

// enterers take turns, so that nobody uses up the allowance of his key.
var enterers = []string{auditor, auditor2, lead, lead2, bothRoles}

// enter signs somebody in as a browser with the agent does, up to the answer.
func (t *town) enter(client *http.Client, staff string) error {
	t.clock.Pass(5 * time.Second) // a key has an allowance of sign-ins in ten minutes
	resp, err := client.Get(t.origin() + "/sign-in")
	if err != nil {
		return err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil {
		return err
	}
	text, _, err := desk.Page{Body: body}.Statement()
	if err != nil {
		return err
	}
	der, err := seal.Sign(text, t.people[staff].leaf, nil, t.people[staff].key, t.clock.Now())
	if err != nil {
		return err
	}
	req, err := http.NewRequest("POST", t.origin()+"/sealed", strings.NewReader(url.Values{"seal": {base64.RawURLEncoding.EncodeToString(der)}}.Encode()))
	if err != nil {
		return err
	}
	for _, c := range resp.Cookies() {
		req.AddCookie(c)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", t.origin())
	if resp, err = client.Do(req); err != nil {
		return err
	}
	body, err = io.ReadAll(resp.Body)
	resp.Body.Close()
	if err == nil && (resp.StatusCode != http.StatusOK || !strings.Contains(string(body), "location")) {
		err = fmt.Errorf("status %d: %s", resp.StatusCode, body)
	}
	return err
}

// bareEntry is the opponent's sign-in.
func (t *town) bareEntry(tb testing.TB, workers int) func(int) error {
	db, err := sql.Open("sqlite3", "file:"+filepath.Join(tb.TempDir(), "bare.db")+"?_journal_mode=WAL&_synchronous=FULL&_txlock=immediate&_busy_timeout=5000")
	must(tb, err)
	tb.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1) // SQLite lets one writer in
	_, err = db.Exec("CREATE TABLE sessions (token_hash TEXT NOT NULL PRIMARY KEY, staff TEXT NOT NULL, fingerprint TEXT NOT NULL, started INTEGER NOT NULL, seen INTEGER NOT NULL, expires INTEGER NOT NULL) STRICT")
	must(tb, err)
	roots := x509.NewCertPool()
	roots.AddCert(t.ca)
	server := &tls.Config{MinVersion: tls.VersionTLS13, Certificates: t.server.TLS.Certificates, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: roots,
		SessionTicketsDisabled: true, Time: t.clock.Now}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", server)
	must(tb, err)
	tb.Cleanup(func() { listener.Close() })
	insert := func(c net.Conn) error {
		defer c.Close()
		conn := c.(*tls.Conn)
		if err := conn.Handshake(); err != nil {
			return err
		}
		leaf := conn.ConnectionState().PeerCertificates[0]
		var nonce [32]byte
		if _, err := io.ReadFull(conn, nonce[:]); err != nil {
			return err
		}
		now := time.Now().UnixMilli()
		if _, err := db.Exec("INSERT INTO sessions VALUES (?,?,?,?,?,?)", fmt.Sprintf("%x", nonce), leaf.Subject.SerialNumber, seal.Fingerprint(leaf), now, now, now+3600000); err != nil {
			return err
		}
		_, err := conn.Write([]byte("in\n"))
		return err
	}
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go insert(c)
		}
	}()
	who := t.people[auditor]
	trust := x509.NewCertPool()
	trust.AddCert(t.server.Certificate())
	client := &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: trust, ServerName: "example.com",
		Certificates: []tls.Certificate{{Certificate: [][]byte{who.leaf.Raw}, PrivateKey: who.key.(*ecdsa.PrivateKey)}}}
	return func(i int) error {
		c, err := tls.Dial("tcp", listener.Addr().String(), client)
		if err != nil {
			return err
		}
		defer c.Close()
		var nonce [32]byte
		copy(nonce[:], fmt.Sprintf("%d %d", time.Now().UnixNano(), i))
		if _, err := c.Write(nonce[:]); err != nil {
			return err
		}
		answer := make([]byte, 3)
		_, err = io.ReadFull(c, answer)
		return err
	}
}

// TestFigureRequestCheck times the check of session, custody and grant against
// a 50-row list page, and against itself with a thousand times the staff and
// with fifty earlier keys. The crowd stands in the county beside the person's.
func TestFigureRequestCheck(t *testing.T) {
	if !figure.Wanted("request-check", "request-check-100000-staff", "request-check-50-keys") {
		return
	}
	base := checked(t, foundWith(t, throng(100, 0)), 0)
	many := checked(t, foundWith(t, throng(10_000, 0)), 90_000)
	keys := checked(t, foundWith(t, throng(100, 50)), 0)
	var check, page, share, crowded, keyed []float64
	for range figure.Rounds {
		one, list := base.check(300), base.list(30)
		check, page, share = append(check, one*1e6), append(page, list*1e3), append(share, 0.05*list/one)
		crowded, keyed = append(crowded, ratio(base, many)), append(keyed, ratio(base, keys))
	}
	figure.Print("request-check", fmt.Sprintf("%.0f µs a check; 5 %% of a 50-row list of %.1f ms over the check", figure.Median(check), figure.Median(page)), figure.Median(share), 1)
	figure.Print("request-check-100000-staff", "a check among 100,000 people against one among 100", figure.Median(crowded), 0.9)
	figure.Print("request-check-50-keys", "a check of a person with 50 earlier keys against one with none", figure.Median(keyed), 0.9)
}

// ratio is how much longer a check takes in one office than in another, by many
// short turns: a turn of some other program then weighs on both.
func ratio(one, other office) float64 {
	var ratios []float64
	for range 21 {
		ratios = append(ratios, one.check(40)/other.check(40))
	}
	return figure.Median(ratios)
}

// throng is so many more people with a key and an appointment each, and so many
// earlier keys of one person.
func throng(people, keys int) func(*foundation) []any {
	return func(f *foundation) (nouns []any) {
		filed := foundingDay.AddDate(-1, 0, 0)
		for i := range people {
			nouns = append(nouns, oneOfMany(i, filed)...)
		}
		for i := range keys {
			nouns = append(nouns, custody.Key{Fingerprint: fmt.Sprintf("%064x", i+1), Staff: auditor, Certificate: f.people[auditor].leaf.Raw, TokenLabel: "旧",
				Token: fmt.Sprintf("OLD-%d", i), Serial: fmt.Sprintf("%x", i+1), Issuer: custody.OwnCA, State: custody.Revoked, Since: foundingDay, By: sec, Reason: "换发"})
		}
		return nouns
	}
}

func oneOfMany(i int, filed time.Time) []any {
	id := fmt.Sprintf("W%06d", i)
	return []any{org.Staff{ID: id, Name: "众人", Org: unit2, Post: "审核", Phone: "13900000000", FiledOn: &filed},
		org.Appointment{ID: id + "/CA/" + unit2, Staff: id, Role: string(policy.CA), Org: unit2}}
}

// admit lets the security officer take in the people from..to, 10,000 an act: one
// act's state holds no hundred thousand.
func (t *town) admit(from, to int) {
	t.tb.Helper()
	filed := foundingDay.AddDate(-1, 0, 0)
	for ; from < to; from += 10_000 {
		text := t.statement(t.tb, seal.StaffCheck, "黄山市教育局", t.clock.Now(), seal.Annex{}, sec)
		_, err := t.store.Commit(context.Background(), t.grant(sec, policy.CheckStaff, "341000"), t.seal(t.tb, text, t.clock.Now(), sec),
			func(tx *store.Tx) (audit.Entry, error) {
				if err := tx.Derive(text); err != nil {
					return audit.Entry{}, err
				}
				for i := from; i < min(to, from+10_000); i++ {
					for _, n := range oneOfMany(i, filed) {
						if err := tx.Put(n); err != nil {
							return audit.Entry{}, err
						}
					}
				}
				return audit.Entry{Subject: "organisation/" + unit2}, nil
			}, store.Long(time.Minute))
		must(t.tb, err)
	}
}

// office is a town with somebody signed in and fifty records before him.
type office struct {
	*town
	who  reader
	req  *http.Request
	body org.Organisation
}

func checked(t *testing.T, f *foundation, more int) office {
	t.Helper()
	o := office{town: f.open(t, "2024-11-20 10:00:00")}
	o.admit(10_000, 10_000+more)
	o.plant(60, school, atCounty)
	o.who = o.in(auditor)
	var err error
	o.req, err = http.NewRequest("GET", o.origin()+"/applications", nil)
	must(t, err)
	for _, c := range cookies(t, o.who.Desk) {
		o.req.AddCookie(c)
	}
	o.body, err = o.store.Organisation(context.Background(), county)
	must(t, err)
	return o
}

// check is the time of one check, in seconds.
func (o office) check(n int) float64 {
	o.tb.Helper()
	return 1 / figure.Race(1, n, func(int) error { return o.portal.CheckRequest(o.req, policy.List, o.body) })
}

// list is the time of one list page, in seconds.
func (o office) list(n int) float64 {
	o.tb.Helper()
	return 1 / figure.Race(1, n, func(int) error {
		p, err := o.who.Get(context.Background(), "/applications")
		if err != nil {
			return err
		}
		if rows := strings.Count(string(p.Body), `href="/applications/2024`); rows < 50 {
			return fmt.Errorf("%d rows in %s", rows, p.Path)
		}
		return nil
	})
}
