package portal

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"sealdesk/hsm/presence"
	"sealdesk/server/internal/fault"
	"sealdesk/server/store"
)

// keeper holds the streams of the agents that chose this portal and renews
// their sessions' leases, all in one statement. It measures silence on the
// wall's monotonic clock, not on the portal's: nothing in it is a moment.
type keeper struct {
	mu      sync.Mutex
	streams map[string]*stream // by session
	pulse   time.Time          // the last one
	closed  bool
	all     sync.WaitGroup
}

// stream is one agent's, as long as it is held.
type stream struct {
	session, name string
	words         chan string        // to the agent
	stop          context.CancelFunc // ends the handler

	heard time.Time // the last word; guarded by keeper.mu
	over  string    // why it ends, a last word of ours
}

const (
	renewEvery = presence.Beat
	pulseEvery = presence.Beat / 2
)

// beat is the keeper's own pulse. While this process stood still it could hear
// nobody, and served nobody: that time is no agent's silence.
func (k *keeper) beat(context.Context) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	if still := now.Sub(k.pulse) - pulseEvery; !k.pulse.IsZero() && still > pulseEvery {
		for _, s := range k.streams {
			if s.heard = s.heard.Add(still); s.heard.After(now) {
				s.heard = now
			}
		}
	}
	k.pulse = now
}

// silence is for how long a stream's agent has not been heard.
func (k *keeper) silence(s *stream) time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	return time.Since(s.heard)
}

func newKeeper() *keeper { return &keeper{streams: map[string]*stream{}} }

// add makes a stream its session's; an earlier one ends.
func (k *keeper) add(s *stream) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed {
		return false
	}
	if before := k.streams[s.session]; before != nil {
		before.end(presence.Ended)
	}
	s.heard = time.Now()
	k.streams[s.session] = s
	k.all.Add(1)
	return true
}

// end stops a stream's handler; for who holds mu.
func (s *stream) end(why string) {
	if s.over == "" {
		s.over = why
	}
	s.stop()
}

func (k *keeper) remove(s *stream) (why string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.streams[s.session] == s {
		delete(k.streams, s.session)
	}
	k.all.Done()
	return s.over
}

// here notes that a stream's agent saw its token. An agent that was silent for
// longer than the lease is too late.
func (k *keeper) here(s *stream) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	if now.Sub(s.heard) > presence.Lease {
		return false
	}
	s.heard = now
	return true
}

// holds says that this portal itself hears the session's agent. The other
// portals read the lease; a slow database must not lock who sits here.
func (k *keeper) holds(session string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.streams[session]
	return s != nil && s.over == "" && time.Since(s.heard) <= presence.Lease
}

// drop ends the stream of a session, which locked or ended.
func (k *keeper) drop(session, why string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if s := k.streams[session]; s != nil {
		s.end(why)
	}
}

// tell sends a word to a session's agent, if this portal holds its stream.
func (k *keeper) tell(session, word string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	s := k.streams[session]
	if s == nil {
		return false
	}
	select {
	case s.words <- word:
		return true
	default:
		return false
	}
}

// close ends every stream and takes no more; it waits for the handlers.
func (k *keeper) close() {
	k.mu.Lock()
	k.closed = true
	for _, s := range k.streams {
		s.stop()
	}
	k.mu.Unlock()
	k.all.Wait()
}

// fresh lists the streams whose agents spoke since the last renewal but one,
// with the oldest of their words.
func (k *keeper) fresh() (names []string, sessions map[string]string, oldest time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	sessions = map[string]string{}
	now := time.Now()
	oldest = now
	for _, s := range k.streams {
		if s.over != "" || now.Sub(s.heard) > 2*renewEvery {
			continue
		}
		names = append(names, s.name)
		sessions[s.name] = s.session
		if s.heard.Before(oldest) {
			oldest = s.heard
		}
	}
	return names, sessions, oldest
}

// renewLeases prolongs the leases of everybody who is here, and ends the
// streams of sessions that locked or ended meanwhile, on whatever portal.
func (p *Portal) renewLeases(ctx context.Context) {
	names, sessions, oldest := p.keeper.fresh()
	if len(names) == 0 {
		return
	}
	alive, err := p.store.Scratch().Renew(ctx, names, func() time.Duration { return presence.Lease - time.Since(oldest) })
	if err != nil {
		if ctx.Err() == nil {
			p.log.Warn("leases", "cause", causeOf(sentenced(err)))
		}
		return
	}
	for _, name := range names {
		if !alive[name] {
			p.keeper.drop(sessions[name], presence.Locked)
		}
	}
}

// CloseStreams ends the agents' streams and takes no more; a server that shuts
// down waits for them else.
func (p *Portal) CloseStreams() { p.keeper.close() }

// POST /agent/stream: an agent says that its person's token is there. It is no
// page and carries no cookie: the ticket, which only the agent knows, is the
// whole authority, and all that it can do is to keep open, or to lock, the one
// session whose person's seal brought the ticket's hash.
func (p *Portal) presenceStream(w http.ResponseWriter, r *http.Request) {
	line := http.NewResponseController(w)
	// Both bodies flow at once, as they do under HTTP/2 anyway; else an answer
	// would wait for a body that does not end.
	_ = line.EnableFullDuplex()
	defer func() { _ = line.SetReadDeadline(time.Now()) }() // nobody reads on
	ticket, next := r.Header.Get(presence.TicketHeader), r.Header.Get(presence.NextHeader)
	if !presence.WellFormed(ticket) || !presence.WellFormed(next) {
		http.Error(w, "no such ticket", http.StatusNotFound)
		return
	}
	name := presence.Ticket(ticket).Hash()
	session, err := p.store.Scratch().OpenStream(r.Context(), name, next, presence.Lease)
	switch {
	case fault.Is(err, fault.NotFound):
		http.Error(w, "no such ticket", http.StatusNotFound)
		return
	case fault.Is(err, fault.Locked):
		http.Error(w, "locked", http.StatusLocked)
		return
	case err != nil:
		p.log.Warn("stream", "cause", causeOf(sentenced(err)))
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	}
	ctx, stop := context.WithCancel(r.Context())
	defer stop()
	s := &stream{session: session.TokenHash, name: name, words: make(chan string, 8), stop: stop}
	if !p.keeper.add(s) {
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	}
	lock := p.hold(ctx, line, w, r, s)
	why := p.keeper.remove(s)
	if lock != store.Unlocked {
		why = presence.Locked
		if err := p.store.Scratch().LockStream(context.WithoutCancel(ctx), name, lock); err != nil {
			p.log.Error("a session is not locked", "cause", causeOf(sentenced(err)))
		}
	}
	if why != "" {
		_, _ = io.WriteString(w, why+" "+string(lock)+"\n") // the agent may be gone
	}
}

// hold hears one stream to its end and tells how the session is to lock: not
// at all when only the line broke, since the lease says how long that may last.
func (p *Portal) hold(ctx context.Context, line *http.ResponseController, w http.ResponseWriter, r *http.Request, s *stream) store.Lock {
	say := func(word string) error {
		_ = line.SetWriteDeadline(time.Now().Add(presence.Lease))
		if _, err := io.WriteString(w, word+"\n"); err != nil {
			return err
		}
		return line.Flush()
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if say(presence.Held) != nil {
		return store.Unlocked
	}
	words := make(chan string)
	reading := make(chan struct{})
	defer func() {
		_ = line.SetReadDeadline(time.Now()) // wakes the reader, which must not outlive the handler
		<-reading
		_ = line.SetWriteDeadline(time.Now().Add(presence.Lease))
	}()
	go func() {
		defer close(reading)
		defer close(words)
		_ = line.SetReadDeadline(time.Time{})
		lines := bufio.NewScanner(io.LimitReader(r.Body, 1<<26))
		lines.Buffer(make([]byte, 64), 256)
		for lines.Scan() {
			select {
			case words <- strings.TrimSpace(lines.Text()):
			case <-ctx.Done():
				return
			}
		}
	}()
	still := time.NewTicker(time.Second)
	defer still.Stop()
	silence := time.NewTimer(presence.Lease)
	defer silence.Stop()
	for {
		select {
		case <-ctx.Done():
			return store.Unlocked
		case word, more := <-words:
			switch {
			case !more:
				return store.Unlocked
			case word == presence.Gone:
				return store.LockedPulled
			case word == presence.Here:
				if !p.keeper.here(s) {
					return store.LockedAbsent
				}
				silence.Reset(presence.Lease)
			}
		case word := <-s.words:
			if say(word) != nil {
				return store.Unlocked
			}
		case <-still.C:
			if say(presence.Still) != nil {
				return store.Unlocked
			}
		case <-silence.C:
			if p.keeper.silence(s) > presence.Lease {
				return store.LockedAbsent
			}
			silence.Reset(presence.Beat)
		}
	}
}
