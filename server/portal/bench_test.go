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
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/desk"
	"sealdesk/server/org"
)

// The portal's figures, on SQLite as it comes: five interleaved rounds, medians.

const rounds = 5

func wanted(names ...string) bool {
	only := os.Getenv("ONLY")
	return only == "" || slices.Contains(names, only)
}

func median(v []float64) float64 {
	s := slices.Clone(v)
	slices.Sort(s)
	return s[len(s)/2]
}

// figure prints a ratio of which larger is better.
func figure(name, ours, theirs string, ratio, goal float64) {
	verdict := "held"
	if ratio < goal {
		verdict = "short"
	}
	fmt.Printf("%s: %s against %s\nbench\t%s\tratio=%.2f\tgoal=%.2f\t%s\n", name, ours, theirs, name, ratio, goal, verdict)
}

// race runs n pieces of work by so many workers and gives the rate.
func race(workers, n int, do func(int) error) float64 {
	var wait sync.WaitGroup
	next := make(chan int)
	began := time.Now()
	for range workers {
		wait.Go(func() {
			for i := range next {
				if err := do(i); err != nil {
					panic(err)
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wait.Wait()
	return float64(n) / time.Since(began).Seconds()
}

// TestFigureSignIn times a full sign-in (statement, seal with chain and custody,
// entry under a signed checkpoint, session) over kept-alive connections against
// a TLS 1.3 handshake with client certificate and one durable INSERT of a
// session in the same kind of database. Both sides sign with keys in memory.
func TestFigureSignIn(t *testing.T) {
	if !wanted("sign-in-1", "sign-in-4") {
		return
	}
	const each = 150
	for _, workers := range []int{1, 4} {
		name := fmt.Sprintf("sign-in-%d", workers)
		if !wanted(name) {
			continue
		}
		var ours, theirs []float64
		for range rounds {
			w := newTown(t, "2024-11-20 10:00:00")
			client := w.desk(auditor).Client
			client.Jar = nil
			client.Transport.(*http.Transport).MaxIdleConnsPerHost = workers
			ours = append(ours, race(workers, each, func(i int) error { return w.enter(client, enterers[i%len(enterers)]) }))
			theirs = append(theirs, race(workers, each, w.bareEntry(t, workers)))
		}
		figure(name, fmt.Sprintf("%.0f sign-ins/s", median(ours)), fmt.Sprintf("%.0f handshakes with an INSERT/s", median(theirs)), median(ours)/median(theirs), 0.5)
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
// a 50-row list page, and against itself with ten times the staff (what one act can put; 100,000 needs several) and with
// fifty earlier keys.
func TestFigureRequestCheck(t *testing.T) {
	if !wanted("request-check", "request-check-1000-staff", "request-check-50-keys") {
		return
	}
	base := checked(t, foundWith(t, crowd(100, 0)))
	many := checked(t, foundWith(t, crowd(1_000, 0)))
	keys := checked(t, foundWith(t, crowd(100, 50)))
	var check, page, share, crowded, keyed []float64
	for range rounds {
		one, list := base.check(300), base.list(30)
		check, page, share = append(check, one*1e6), append(page, list*1e3), append(share, 0.05*list/one)
		crowded, keyed = append(crowded, one/many.check(300)), append(keyed, one/keys.check(300))
	}
	figure("request-check", fmt.Sprintf("%.0f µs a check", median(check)), fmt.Sprintf("5 %% of a 50-row list of %.1f ms (ratio: that share over the check)", median(page)), median(share), 1)
	figure("request-check-1000-staff", "a check among 1,000 people", "one among 100", median(crowded), 0.9)
	figure("request-check-50-keys", "a check of a person with 50 earlier keys", "one with none", median(keyed), 0.9)
}

// crowd is so many more people with a key and an appointment each, and so many
// earlier keys of one person.
func crowd(people, keys int) func(*foundation) []any {
	return func(f *foundation) (nouns []any) {
		filed := foundingDay.AddDate(-1, 0, 0)
		for i := range people {
			id := fmt.Sprintf("W%06d", i)
			nouns = append(nouns, org.Staff{ID: id, Name: "众人", Org: unit2, Post: "审核", Phone: "13900000000", FiledOn: &filed},
				org.Appointment{ID: id + "/CA/" + unit2, Staff: id, Role: string(policy.CA), Org: unit2})
		}
		for i := range keys {
			nouns = append(nouns, custody.Key{Fingerprint: fmt.Sprintf("%064x", i+1), Staff: auditor, Certificate: f.people[auditor].leaf.Raw, TokenLabel: "旧",
				Token: fmt.Sprintf("OLD-%d", i), Serial: fmt.Sprintf("%x", i+1), Issuer: custody.OwnCA, State: custody.Revoked, Since: foundingDay, By: sec, Reason: "换发"})
		}
		return nouns
	}
}

// office is a town with somebody signed in and fifty records before him.
type office struct {
	*town
	who  reader
	req  *http.Request
	body org.Organisation
}

func checked(t *testing.T, f *foundation) office {
	t.Helper()
	o := office{town: f.open(t, "2024-11-20 10:00:00")}
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
	return 1 / race(1, n, func(int) error { return o.portal.CheckRequest(o.req, policy.List, o.body) })
}

// list is the time of one list page, in seconds.
func (o office) list(n int) float64 {
	o.tb.Helper()
	return 1 / race(1, n, func(int) error {
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
