package keyagent

import (
	"bufio"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sealdesk/hsm"
	"sealdesk/hsm/hsmtest"
	"sealdesk/hsm/presence"
)

// listener is a portal that only hears what agents say of their tokens.
type listener struct {
	server *httptest.Server
	origin string
	trust  string // CA file

	mu      sync.Mutex
	tickets map[string]bool // hashes that open a stream
	refuse  int             // status for every stream, 0 to take it
	words   chan string
	cut     chan struct{} // closed to break every line
}

func newListener(t *testing.T) *listener {
	t.Helper()
	l := &listener{tickets: map[string]bool{}, words: make(chan string, 1000), cut: make(chan struct{})}
	l.server = httptest.NewTLSServer(http.HandlerFunc(l.stream))
	u, err := url.Parse(l.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	l.origin = "https://" + u.Host
	l.trust = filepath.Join(t.TempDir(), "portal-ca.pem")
	if err := os.WriteFile(l.trust, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: l.server.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.server.CloseClientConnections(); l.server.Close() })
	return l
}

func (l *listener) know(hash string) { l.mu.Lock(); defer l.mu.Unlock(); l.tickets[hash] = true }

func (l *listener) stream(w http.ResponseWriter, r *http.Request) {
	line := http.NewResponseController(w)
	_ = line.EnableFullDuplex()
	defer func() { _ = line.SetReadDeadline(time.Now()) }()
	l.mu.Lock()
	hash := presence.Ticket(r.Header.Get(presence.TicketHeader)).Hash()
	known, refuse, cut := l.tickets[hash], l.refuse, l.cut
	if known && refuse == 0 {
		delete(l.tickets, hash)
		l.tickets[r.Header.Get(presence.NextHeader)] = true
	}
	l.mu.Unlock()
	switch {
	case refuse != 0:
		http.Error(w, "no", refuse)
		return
	case !known:
		http.Error(w, "no", http.StatusNotFound)
		return
	}
	_, _ = io.WriteString(w, presence.Held+"\n")
	_ = line.Flush()
	l.words <- "opened"
	done := make(chan struct{})
	go func() {
		defer close(done)
		for lines := bufio.NewScanner(r.Body); lines.Scan(); {
			l.words <- lines.Text()
		}
	}()
	still := time.NewTicker(time.Second)
	defer still.Stop()
	for {
		select {
		case <-done:
			return
		case <-cut:
			_ = line.SetReadDeadline(time.Now())
			<-done
			panic(http.ErrAbortHandler)
		case <-still.C:
			_, _ = io.WriteString(w, presence.Still+"\n")
			_ = line.Flush()
		}
	}
}

// hears waits for a word and tells how long it took.
func (l *listener) hears(t *testing.T, word string) time.Duration {
	t.Helper()
	begun := time.Now()
	late := time.After(10 * time.Second)
	for {
		select {
		case w := <-l.words:
			if w == word {
				return time.Since(begun)
			}
		case <-late:
			t.Fatalf("%q is not heard", word)
		}
	}
}

// silent asks that a word is not heard for a while.
func (l *listener) silent(t *testing.T, word string, d time.Duration) {
	t.Helper()
	late := time.After(d)
	for {
		select {
		case w := <-l.words:
			if w == word {
				t.Errorf("%q is heard", word)
			}
		case <-late:
			return
		}
	}
}

// signIn signs a login statement; the portal learns the ticket's hash as from
// the landing page.
func (l *listener) signIn(t *testing.T, s *scene, p hsmtest.PersonToken) {
	t.Helper()
	text, annex := login(t, portalName)
	a := s.do(http.MethodPost, "/sign", form(text, annex).Encode(), from(s.origin))
	path := a.Header.Get("Location")
	l.seal(t, s, path, p)
}

func (l *listener) seal(t *testing.T, s *scene, path string, p hsmtest.PersonToken) (presenceHash string) {
	t.Helper()
	a := s.confirm(path, p.PIN)
	_, fragment, ok := strings.Cut(a.Header.Get("Location"), "#")
	values, err := url.ParseQuery(fragment)
	if !ok || err != nil {
		t.Fatalf("no seal: %d %s", a.StatusCode, sentence(a.page))
	}
	if hash := values.Get("presence"); hash != "" {
		l.know(hash)
		return hash
	}
	return ""
}

func watchedScene(t *testing.T, sources ...Source) (*listener, *scene) {
	t.Helper()
	l := newListener(t)
	return l, newSceneTrusting(t, l.origin, l.trust, sources...)
}

// pullTimes pulls a token many times; each pull must be told well within what
// the portal needs to lock in three seconds.
func pullTimes(t *testing.T, times int, prepare func(s *scene, p hsmtest.PersonToken) (pull, back func()), sources ...Source) {
	l, s := watchedScene(t, sources...)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	pull, back := prepare(s, p)
	longest := time.Duration(0)
	for range times {
		l.signIn(t, s, p)
		l.hears(t, "opened")
		l.hears(t, presence.Here)
		pull()
		took := l.hears(t, presence.Gone)
		if took > 2*time.Second {
			t.Errorf("told after %v", took)
		}
		longest = max(longest, took)
		back()
		l.silent(t, "opened", presence.Beat) // a token put back opens nothing by itself
	}
	t.Logf("%d times; the longest took %v", times, longest.Round(time.Millisecond))
}

func pulledByFault(s *scene, p hsmtest.PersonToken) (pull, back func()) {
	return func() { s.faulty.Pull(p.Slot) }, func() { s.faulty.Return(p.Slot) }
}

func TestAPulledTokenIsToldToThePortalAtOnce(t *testing.T) { pullTimes(t, 10, pulledByFault) }

// The files of a real token are moved away and back.
func TestARealTokenMovedAwayIsToldToThePortalAtOnce(t *testing.T) {
	pullTimes(t, 10, pulledReally, realModule(t))
}

// realModule is SoftHSM with nothing in between.
func realModule(t *testing.T) Source {
	path := hsmtest.ModulePath(t)
	return Source{"libsofthsm2.so", func() (*hsm.Module, error) {
		m, err := hsm.Open(path)
		if err == nil {
			t.Cleanup(func() { _ = m.Close() }) // the suite closes it for good
		}
		return m, err
	}}
}

func pulledReally(s *scene, p hsmtest.PersonToken) (pull, back func()) {
	s.t.Helper()
	here, away := filepath.Join(s.suite.Dir, "tokens"), filepath.Join(s.suite.Dir, "away")
	move := func(from, to string) {
		if err := os.Rename(from, to); err != nil {
			s.t.Fatal(err)
		}
	}
	return func() {
			move(here, away)
			if err := os.Mkdir(here, 0o700); err != nil {
				s.t.Fatal(err)
			}
		}, func() {
			if err := os.RemoveAll(here); err != nil {
				s.t.Fatal(err)
			}
			move(away, here)
		}
}

func TestABrokenLineIsOpenedAgainWithTheNextTicketOnly(t *testing.T) {
	l, s := watchedScene(t)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	l.signIn(t, s, p)
	l.hears(t, "opened")
	for range 3 {
		l.hears(t, presence.Here)
		l.mu.Lock()
		close(l.cut)
		l.cut = make(chan struct{})
		l.mu.Unlock()
		if took := l.hears(t, "opened"); took > presence.Lease {
			t.Errorf("opened again after %v", took)
		}
	}
	// A portal that starts again is away for longer; the session's lock decides.
	l.mu.Lock()
	l.refuse = http.StatusServiceUnavailable
	close(l.cut)
	l.cut = make(chan struct{})
	l.mu.Unlock()
	time.Sleep(presence.Lease)
	l.mu.Lock()
	l.refuse = 0
	l.mu.Unlock()
	l.hears(t, "opened")
	// A locked session lets the stream end for good.
	l.mu.Lock()
	l.refuse = http.StatusLocked
	close(l.cut)
	l.cut = make(chan struct{})
	l.mu.Unlock()
	eventually(t, "the watch ends", func() bool { return len(s.watching()) == 0 })
}

func (s *scene) watching() (list []*watch) {
	s.agent.mu.Lock()
	defer s.agent.mu.Unlock()
	for w := range s.agent.watches {
		list = append(list, w)
	}
	return list
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if is() {
			return
		}
	}
	t.Fatal("it never comes: " + what)
}

func TestAnotherPersonsTokenKeepsNobodysSessionOpen(t *testing.T) {
	l, s := watchedScene(t)
	mine := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	l.signIn(t, s, mine)
	l.hears(t, presence.Here)
	hsmtest.Person(t, s.suite, s.ca, "U01028", "汪远山") // plugged in beside it
	s.faulty.Pull(mine.Slot)
	l.hears(t, presence.Gone)
	l.silent(t, presence.Here, 3*presence.Beat)
}

func TestASealWhileTheSessionIsWatchedBringsNoSecondTicket(t *testing.T) {
	l, s := watchedScene(t)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	l.signIn(t, s, p)
	l.hears(t, "opened")
	seals := func() string {
		text, annex := conclude(t, 1, p)
		a := s.do(http.MethodPost, "/sign", form(text, annex).Encode(), from(s.origin))
		return l.seal(t, s, a.Header.Get("Location"), p)
	}
	if seals() != "" {
		t.Error("a ticket goes with the seal")
	}
	s.faulty.Pull(p.Slot)
	l.hears(t, presence.Gone)
	s.faulty.Return(p.Slot)
	eventually(t, "the watch ends", func() bool { return len(s.watching()) == 0 })
	if seals() == "" {
		t.Error("no ticket to unlock with")
	}
	l.hears(t, "opened")
}

func TestADriverThatHangsOrBreaksIsSilence(t *testing.T) {
	l, s := watchedScene(t)
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	l.signIn(t, s, p)
	l.hears(t, presence.Here)
	gate := make(chan struct{})
	s.faulty.Hang("C_GetTokenInfo", gate)
	time.Sleep(presence.Beat)
	l.silent(t, presence.Here, lookTime)
	close(gate)
	s.faulty.Fail("C_GetTokenInfo", 0x5, 0, 3) // CKR_GENERAL_ERROR
	l.hears(t, presence.Here)
	if len(s.watching()) != 1 {
		t.Error("the watch is gone")
	}
}

func TestAStreamGoesOnlyToTheListedOriginUnderItsCA(t *testing.T) {
	l := newListener(t)
	s := newSceneTrusting(t, l.origin, hsmtest.CA(t).File(t)) // the list names another CA
	p := hsmtest.Person(t, s.suite, s.ca, "U01027", "沈知远")
	l.signIn(t, s, p)
	l.silent(t, "opened", 2*presence.Lease)
}
