//go:build bench

package portal_test

import (
	"bufio"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/figure"
	"sealdesk/server/org"
	"sealdesk/server/portal"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

// secondPortal names the file that a second portal is told its town by.
const secondPortal = "SEALDESK_SECOND_PORTAL"

// moved is what a portal in another process needs to know of the town.
type moved struct {
	DSN     string
	Secrets storetest.Secrets
	CA, Key []byte
	Moment  time.Time
}

// TestFigureRevocation counts how often the very next request at a second portal
// process was refused after a key was reported lost at the first, over one
// MariaDB. A thousand people with a key and an open session each stand ready, so
// that each try is: the session works at the second portal, the officer's sealed
// report at the first, the next request at the second.
func TestFigureRevocation(t *testing.T) {
	if !figure.Wanted("revocation-1000") {
		return
	}
	const tries = 1000
	f := foundWith(t, holders(t, tries))
	config := store.Config{Driver: store.MySQL, DSN: storetest.MariaDB(t)}
	f.write(t, config)
	here := &town{foundation: f, tb: t, clock: &clock{now: at("2024-11-20 10:00:00")}, config: config, log: &logged{}}
	here.serve()
	there := here.second()
	officer := here.in(sec)
	client := here.desk(sec).Client // trusts both: they show one certificate
	client.Jar, client.CheckRedirect = nil, func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	refused, began := 0, time.Now()
	for i := range tries {
		id := holder(i)
		cookie := here.sessionOf(id)
		if status, at := asks(t, client, there, cookie); status != http.StatusOK {
			t.Fatalf("%s is not in at the second portal: %d %s", id, status, at)
		}
		officer.reportsLost(id)
		if status, at := asks(t, client, there, cookie); status != http.StatusOK && strings.HasPrefix(at, "/sign-in") {
			refused++
		}
	}
	figure.Print("revocation-1000", fmt.Sprintf("%d of %d next requests at a second portal process refused, %.0f ms a try", refused, tries,
		time.Since(began).Seconds()*1000/tries), float64(refused)/tries, 1)
}

// reportsLost has a key reported lost. A busy machine may let the act run out of
// its time, which changes nothing; the officer then tries again, as the page says.
func (r reader) reportsLost(id string) {
	r.t.tb.Helper()
	var err error
	for range 20 {
		if _, err = r.Seal(context.Background(), r.ok(r.post("/keys/"+tokenOf(id), do("lost", "遗失")))); err == nil {
			return
		}
		if !strings.Contains(err.Error(), "超过了允许的时间") {
			break
		}
	}
	r.t.tb.Fatalf("the loss of %s is not reported: %v", tokenOf(id), err)
}

func holder(i int) string { return fmt.Sprintf("W%06d", i) }

// holders are so many auditors with a key each.
func holders(tb testing.TB, n int) func(*foundation) []any {
	return func(f *foundation) (nouns []any) {
		filed := foundingDay.AddDate(-1, 0, 0)
		for i := range n {
			s := org.Staff{ID: holder(i), Name: "众人", Org: unit2, Post: "审核", Phone: "13900000000", FiledOn: &filed}
			r := f.enrol(tb, s, nil)
			nouns = append(nouns, s, org.Appointment{ID: s.ID + "/CA/" + unit2, Staff: s.ID, Role: string(policy.CA), Org: unit2},
				custody.Token{Serial: tokenOf(s.ID), Label: s.ID, State: custody.Issued, Custodian: s.ID, Delivered: foundingDay, Since: foundingDay},
				custody.Key{Fingerprint: seal.Fingerprint(r.leaf), Staff: s.ID, Certificate: r.leaf.Raw, TokenLabel: s.ID, Token: tokenOf(s.ID),
					Serial: r.leaf.SerialNumber.Text(16), Issuer: custody.OwnCA, Public: custody.PublicDigest(r.leaf.RawSubjectPublicKeyInfo), State: custody.Issued, Since: foundingDay})
		}
		return nouns
	}
}

// sessionOf opens a session as a sign-in leaves it, and gives its cookie.
func (t *town) sessionOf(staff string) *http.Cookie {
	t.tb.Helper()
	raw := make([]byte, 32)
	rand.Read(raw)
	token, now := hex.EncodeToString(raw), t.clock.Now()
	must(t.tb, t.store.Scratch().PutSession(context.Background(), store.Session{TokenHash: portal.Hashed(token), Staff: staff,
		Fingerprint: seal.Fingerprint(t.people[staff].leaf), Started: now, Seen: now, Expires: now.Add(time.Hour), Road: store.ByAgent}, "", time.Hour))
	return &http.Cookie{Name: "__Host-sealdesk", Value: token}
}

// asks for the first page with a cookie, and says where it was sent instead.
func asks(t *testing.T, client *http.Client, origin string, cookie *http.Cookie) (int, string) {
	t.Helper()
	req, err := http.NewRequest("GET", origin+"/", nil)
	must(t, err)
	req.AddCookie(cookie)
	resp, err := client.Do(req)
	must(t, err)
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	must(t, err)
	return resp.StatusCode, resp.Header.Get("Location")
}

// second starts a portal in a process of its own and gives its origin.
func (t *town) second() string {
	t.tb.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(t.caKey)
	must(t.tb, err)
	b, err := json.Marshal(moved{DSN: t.config.DSN, Secrets: t.secrets, CA: t.ca.Raw, Key: key, Moment: t.clock.Now()})
	must(t.tb, err)
	path := filepath.Join(t.tb.TempDir(), "town.json")
	must(t.tb, os.WriteFile(path, b, 0o600))
	cmd := exec.Command(os.Args[0], "-test.run", "^TestFigureOfTheSecondPortal$", "-test.timeout", "2h")
	cmd.Env = append(os.Environ(), secondPortal+"="+path)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	must(t.tb, err)
	out, err := cmd.StdoutPipe()
	must(t.tb, err)
	must(t.tb, cmd.Start())
	t.tb.Cleanup(func() { in.Close(); cmd.Wait() })
	origin, err := bufio.NewReader(out).ReadString('\n')
	must(t.tb, err)
	return strings.TrimSpace(origin)
}

// TestFigureOfTheSecondPortal is that process; by itself it does nothing.
func TestFigureOfTheSecondPortal(t *testing.T) {
	path := os.Getenv(secondPortal)
	if path == "" {
		return
	}
	b, err := os.ReadFile(path)
	must(t, err)
	var m moved
	must(t, json.Unmarshal(b, &m))
	f := &foundation{people: map[string]resident{}}
	f.keys, err = m.Secrets.Keys()
	must(t, err)
	f.rules, err = policy.Load()
	must(t, err)
	f.ca, err = x509.ParseCertificate(m.CA)
	must(t, err)
	key, err := x509.ParsePKCS8PrivateKey(m.Key)
	must(t, err)
	f.caKey = key.(crypto.Signer)
	there := &town{foundation: f, tb: t, clock: &clock{now: m.Moment}, config: store.Config{Driver: store.MySQL, DSN: m.DSN}, log: &logged{}}
	there.serve()
	fmt.Println(there.origin())
	io.Copy(io.Discard, os.Stdin) // until the first portal's process ends
}
