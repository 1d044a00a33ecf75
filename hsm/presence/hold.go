package presence

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"
)

// Sight is what the workstation sees of a token.
type Sight int

// The sights. Nothing is told to the portal while it is unknown, as when a
// driver hangs.
const (
	Unknown Sight = iota
	There
	Away
)

// End says why a stream is held no longer.
type End string

// The ends.
const (
	EndGone    End = "gone"    // the token was pulled
	EndLocked  End = "locked"  // the portal locked the session
	EndOver    End = "over"    // the session ended, or has another stream
	EndUnknown End = "unknown" // the portal knows no such ticket
	EndStopped End = "stopped" // the caller's context ended
)

// Holder keeps the stream of one session open.
type Holder struct {
	Client *http.Client // trusts the portal's CA; without a timeout
	Origin string       // of the portal, from the agent's own list
	Look   func(context.Context) Sight
	Opened func(Ticket)        // the portal took the stream that this ticket opened; may be nil
	Asked  func(digest string) // a statement waits and its person chose the second road; may be nil
}

// Hold opens the stream and keeps it until the session locks or ends, the token
// is pulled or ctx ends. A line that breaks is opened again, with the ticket
// that follows: on any portal of the same origin.
func (h Holder) Hold(ctx context.Context, first Ticket) End {
	t := &tickets{now: first, next: NewTicket()}
	begun := time.Now()
	for pause := Beat / 2; ; {
		held, end := h.try(ctx, t)
		switch {
		case ctx.Err() != nil:
			return EndStopped
		case end == EndUnknown:
			// The log-in that makes a ticket known may still be on its way; but
			// not for longer than the portal waits.
			if t.opened {
				return end
			}
		case end != "":
			return end
		case held:
			pause = Beat / 2
		}
		if !t.opened && time.Since(begun) > Grace+Lease {
			return EndUnknown
		}
		select {
		case <-ctx.Done():
			return EndStopped
		case <-time.After(pause):
		}
		if t.opened && !held {
			pause = min(pause*2, 5*time.Second)
		}
	}
}

// tickets are the one to use now and the one that follows. An attempt without
// an answer leaves in doubt which of them the portal waits for.
type tickets struct {
	now, next     Ticket
	doubt, opened bool
}

// turn goes on to the next ticket.
func (t *tickets) turn() { t.now, t.next, t.doubt = t.next, NewTicket(), false }

// try opens a stream with the ticket of now, or when that is unknown and may
// have been used up, with the one that follows.
func (h Holder) try(ctx context.Context, t *tickets) (held bool, end End) {
	held, end = h.once(ctx, t.now, t.next)
	if end == EndUnknown && t.doubt {
		after := &tickets{now: t.next, next: NewTicket(), opened: t.opened}
		if held, end = h.once(ctx, after.now, after.next); end != EndUnknown {
			*t = *after
		}
	}
	switch {
	case held:
		t.opened = true
		t.turn()
	case end == "":
		t.doubt = true
	}
	return held, end
}

// once opens one stream and holds it. held says that the portal took the
// ticket; an empty end, that the line broke.
func (h Holder) once(ctx context.Context, t, next Ticket) (held bool, end End) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	read, write := io.Pipe()
	defer read.Close()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.Origin+Path, read)
	if err != nil {
		return false, ""
	}
	req.Close = true // the line ends with its stream
	req.Header.Set(TicketHeader, string(t))
	req.Header.Set(NextHeader, next.Hash())
	req.Header.Set("Content-Type", "text/plain; charset=utf-8")
	var gone atomic.Bool
	beating := make(chan struct{})
	go func() {
		defer close(beating)
		gone.Store(h.beat(ctx, write))
	}()
	defer func() { stop(); read.Close(); <-beating }()
	late := time.AfterFunc(Lease+Beat, stop)
	defer late.Stop()
	resp, err := h.Client.Do(req)
	if err != nil {
		if gone.Load() {
			return false, EndGone
		}
		return false, ""
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return false, EndUnknown
	case http.StatusLocked:
		return false, EndLocked
	default:
		return false, ""
	}
	held, end = h.listen(resp.Body, t, func() { late.Reset(Lease + Beat) })
	if end == "" && gone.Load() {
		end = EndGone
	}
	return held, end
}

// beat tells the portal what is seen of the token, until it is away or the line
// breaks. Nothing is said before the token was looked at, and a word is said
// only right after.
func (h Holder) beat(ctx context.Context, w *io.PipeWriter) (gone bool) {
	defer w.Close()
	for {
		switch h.Look(ctx) {
		case There:
			if _, err := io.WriteString(w, Here+"\n"); err != nil {
				return false
			}
		case Away:
			_, _ = io.WriteString(w, Gone+"\n") // a broken line is silence, which says the same
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(Beat):
		}
	}
}

// listen reads the portal's words.
func (h Holder) listen(body io.Reader, t Ticket, heard func()) (held bool, end End) {
	lines := bufio.NewScanner(body)
	for lines.Scan() {
		heard()
		word, rest, _ := strings.Cut(lines.Text(), " ")
		switch word {
		case Held:
			held = true
			if h.Opened != nil {
				h.Opened(t)
			}
		case Ask:
			if h.Asked != nil && WellFormed(rest) {
				h.Asked(rest)
			}
		case Locked:
			return held, EndLocked
		case Ended:
			return held, EndOver
		}
	}
	return held, ""
}
