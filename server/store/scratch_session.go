package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"sealdesk/server/internal/fault"
)

// Lock says why a session is locked; the empty one, that it is not.
type Lock string

// The reasons. Only a seal of the session's person opens a locked session.
const (
	Unlocked     Lock = ""
	LockedIdle   Lock = "idle"   // nothing was done for too long
	LockedPulled Lock = "pulled" // the token was pulled
	LockedAbsent Lock = "absent" // the agent fell silent
	LockedNever  Lock = "never"  // no agent came after the log-in
	LockedOther  Lock = "other"  // somebody else signed in at the same browser
)

// Road is the way on which a person came to a session (design section 8).
type Road string

// The roads.
const (
	ByAgent Road = "agent" // a sealed log-in statement
	ByTLS   Road = "tls"   // a TLS handshake signed inside the token
)

// Session is a browser that signed in; its cookie is kept as a hash.
type Session struct {
	TokenHash          string
	Staff, Fingerprint string
	Started, Seen      time.Time
	Expires            time.Time
	Lock               Lock
	// Present says that the lease which the person's agent holds had not run
	// out when the row was read, by the database's clock.
	Present bool
	// Ticket is the hash of the ticket that may open the session's next stream,
	// Stream the hash of the one that opened the present stream, empty before.
	Ticket, Stream string
	// Address is where the person signed in from.
	Address string
	Road    Road
	Payload []byte
}

type sessionRow struct {
	TokenHash          string `gorm:"primaryKey"`
	Staff, Fingerprint string
	Started, Seen      int64
	Expires            int64
	Locked             int64
	Payload            []byte
	LockedFor          string
	PresentUntil       int64
	Ticket, Stream     string
	Address            string
	Road               string
	Mark               []byte
	Present            bool `gorm:"->"` // the database's word on the lease
}

func (sessionRow) TableName() string { return sessions.name }

func (r sessionRow) session() Session {
	lock := Lock(r.LockedFor)
	if r.Locked == 0 {
		lock = Unlocked
	}
	return Session{TokenHash: r.TokenHash, Staff: r.Staff, Fingerprint: r.Fingerprint, Started: moment(r.Started), Seen: moment(r.Seen), Expires: moment(r.Expires),
		Lock: lock, Present: r.Present, Ticket: r.Ticket, Stream: r.Stream, Address: r.Address, Road: Road(r.Road), Payload: r.Payload}
}

// seeing selects sessions with the database's word on their leases.
func (c Scratch) seeing(db *gorm.DB) *gorm.DB {
	return db.Table(sessions.name).Select("*, present_until > " + c.store.dialect.now() + " AS present")
}

// Session finds a session by the hash of its cookie.
func (c Scratch) Session(ctx context.Context, hash string) (Session, error) {
	return c.oneSession(ctx, "token_hash = ?", hash)
}

// SessionOfStream finds the session that a stream of this name holds.
func (c Scratch) SessionOfStream(ctx context.Context, stream string) (Session, error) {
	return c.oneSession(ctx, "stream = ? AND stream <> ''", stream)
}

func (c Scratch) oneSession(ctx context.Context, where string, args ...any) (Session, error) {
	var r sessionRow
	err := c.seeing(c.store.read.WithContext(ctx)).Where(where, args...).Take(&r).Error
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		return Session{}, noSession()
	case err != nil:
		return Session{}, readable(err)
	case !c.ours(r):
		if err := c.forged(ctx, r); err != nil {
			return Session{}, err
		}
		return Session{}, noSession()
	case r.LockedFor == string(ended):
		return Session{}, noSession()
	}
	return r.session(), nil
}

func noSession() error {
	return fault.New(fault.NotFound, "没有找到这次登录，可能已经过期。")
}

// SessionNamed finds the session whose cookie's hash begins so, however many
// there are: of this person, or of anybody if none is named. Another that was
// put in under the same beginning does not hide it.
func (c Scratch) SessionNamed(ctx context.Context, person, name string) (Session, error) {
	db := c.seeing(c.store.read.WithContext(ctx)).Where("token_hash >= ? AND token_hash < ?", name, name+"g") // hex ends before g
	if person != "" {
		db = db.Where("staff = ?", person)
	}
	var rows []sessionRow
	if err := db.Order("token_hash").Find(&rows).Error; err != nil {
		return Session{}, readable(err)
	}
	list, err := c.whole(ctx, rows)
	if err == nil && len(list) == 0 {
		err = noSession()
	}
	if err != nil {
		return Session{}, err
	}
	return list[0], nil
}

// SessionsOf lists a person's sessions, the newest first; of nobody in
// particular, everybody's.
func (c Scratch) SessionsOf(ctx context.Context, person string) ([]Session, error) {
	db := c.seeing(c.store.read.WithContext(ctx)).Order("started DESC, token_hash").Limit(500)
	if person != "" {
		db = db.Where("staff = ?", person)
	}
	var rows []sessionRow
	if err := db.Find(&rows).Error; err != nil {
		return nil, readable(err)
	}
	return c.whole(ctx, rows)
}

// whole are the sessions that a portal began and nobody ended; of those that no
// portal began it is told.
func (c Scratch) whole(ctx context.Context, rows []sessionRow) ([]Session, error) {
	var list []Session
	var forged []sessionRow
	for _, r := range rows {
		switch {
		case !c.ours(r):
			forged = append(forged, r)
		case r.LockedFor != string(ended):
			list = append(list, r.session())
		}
	}
	if len(forged) == 0 {
		return list, nil
	}
	return list, c.forged(ctx, forged...)
}

// PutSession keeps a new session whose agent has that long to come. It takes
// the place of old, the hash of the cookie that the same person's browser held
// before (empty for none): what waited for a seal there waits here. After a
// power cut that took it back the old session may be there again, as the same
// person left it: locked if it was, and else as soon as its lease has run out.
func (c Scratch) PutSession(ctx context.Context, s Session, old string, grace time.Duration) error {
	r := sessionRow{TokenHash: s.TokenHash, Staff: s.Staff, Fingerprint: s.Fingerprint, Started: millis(s.Started), Seen: millis(s.Seen), Expires: millis(s.Expires),
		Payload: solid(s.Payload), Ticket: s.Ticket, Address: s.Address, Road: string(s.Road)}
	r.Mark = c.markSession(r)
	return c.jot(ctx, func(db *gorm.DB) error {
		return db.Transaction(func(db *gorm.DB) error {
			if old != "" {
				if err := db.Where("token_hash = ? AND staff = ?", old, s.Staff).Delete(&sessionRow{}).Error; err != nil {
					return err
				}
				if err := db.Model(&pendingRow{}).Where("cookie_hash = ? AND staff = ?", old, s.Staff).Update("cookie_hash", s.TokenHash).Error; err != nil {
					return err
				}
			}
			if err := db.Create(&r).Error; err != nil {
				return err
			}
			return db.Model(&sessionRow{}).Where("token_hash = ?", s.TokenHash).Update("present_until", c.until(grace)).Error
		})
	})
}

// until is a moment that far from now, by the database's clock.
func (c Scratch) until(d time.Duration) any {
	return gorm.Expr(c.store.dialect.now()+" + ?", d.Milliseconds())
}

// TouchSession notes that the session was used.
func (c Scratch) TouchSession(ctx context.Context, hash string, at time.Time) error {
	return c.changeSession(ctx, c.jot, map[string]any{"seen": millis(at)}, "token_hash = ?", hash)
}

// LockSession locks a session that is open; one that is locked keeps its reason.
func (c Scratch) LockSession(ctx context.Context, hash string, why Lock) error {
	return c.changeSession(ctx, c.write, locking(why), "token_hash = ? AND locked = 0", hash)
}

// LockStream locks the session that a stream holds.
func (c Scratch) LockStream(ctx context.Context, stream string, why Lock) error {
	return c.changeSession(ctx, c.write, locking(why), "stream = ? AND stream <> '' AND locked = 0", stream)
}

func locking(why Lock) map[string]any {
	return map[string]any{"locked": 1, "locked_for": string(why), "present_until": 0}
}

func (c Scratch) changeSession(ctx context.Context, write writer, values map[string]any, where string, args ...any) error {
	return write(ctx, func(db *gorm.DB) error { return db.Model(&sessionRow{}).Where(where, args...).Updates(values).Error })
}

// UnlockSession opens a session again after a seal of its person; its agent has
// that long to come with the ticket of that hash.
func (c Scratch) UnlockSession(ctx context.Context, hash, ticket string, at time.Time, grace time.Duration) error {
	return c.changeSession(ctx, c.jot, map[string]any{"locked": 0, "locked_for": "", "ticket": ticket, "stream": "", "seen": millis(at), "present_until": c.until(grace)},
		"token_hash = ? AND locked_for <> ?", hash, string(ended))
}

// OpenStream uses a ticket up: its session is held for the lease by a stream
// that is named by that ticket's hash, and only the next ticket opens another.
// Not found: no session waits for this ticket. Locked: it does, and is locked.
func (c Scratch) OpenStream(ctx context.Context, ticket, next string, lease time.Duration) (Session, error) {
	s, err := c.oneSession(ctx, "ticket = ? AND ticket <> ''", ticket)
	if err != nil {
		return s, err
	}
	locked := fault.New(fault.Locked, "这次登录已经锁定，要由本人用钥匙签章解锁。")
	if s.Lock != Unlocked || !s.Present {
		return s, locked
	}
	var opened int64
	err = c.jot(ctx, func(db *gorm.DB) error {
		result := db.Model(&sessionRow{}).Where("token_hash = ? AND ticket = ? AND locked = 0 AND present_until > "+c.store.dialect.now(), s.TokenHash, ticket).
			Updates(map[string]any{"stream": ticket, "ticket": next, "present_until": c.until(lease)})
		opened = result.RowsAffected
		return result.Error
	})
	if err == nil && opened != 1 {
		err = locked
	}
	return s, err
}

// Renew prolongs the leases of these streams and tells which of them still hold
// a session that is open. left is asked when the database is at hand.
func (c Scratch) Renew(ctx context.Context, streams []string, left func() time.Duration) (map[string]bool, error) {
	alive := map[string]bool{}
	var changed int64
	err := c.jot(ctx, func(db *gorm.DB) error {
		lease := left()
		if lease <= 0 {
			changed = -1
			return nil
		}
		result := db.Model(&sessionRow{}).Where("stream IN ? AND locked = 0", streams).Update("present_until", c.until(lease))
		changed = result.RowsAffected
		return result.Error
	})
	if err != nil {
		return nil, err
	}
	if changed == int64(len(streams)) {
		for _, s := range streams {
			alive[s] = true
		}
		return alive, nil
	}
	var open []string
	err = c.store.read.WithContext(ctx).Table(sessions.name).Where("stream IN ? AND locked = 0", streams).Pluck("stream", &open).Error
	for _, s := range open {
		alive[s] = true
	}
	return alive, readable(err)
}

// DeleteSession ends a session.
func (c Scratch) DeleteSession(ctx context.Context, hash string) error {
	return c.write(ctx, func(db *gorm.DB) error { return db.Where("token_hash = ?", hash).Delete(&sessionRow{}).Error })
}
