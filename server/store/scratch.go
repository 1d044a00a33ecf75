package store

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"sealdesk/server/internal/fault"
)

// Scratch is what is kept for comfort and never believed: whatever stands in
// it is checked again against records before anything happens. It needs no
// grant and makes no entry; what is personal in it is encrypted.
type Scratch struct{ store *Store }

// Scratch opens the scratch tables.
func (s *Store) Scratch() Scratch { return Scratch{s} }

// writer is write or jot.
type writer func(context.Context, func(*gorm.DB) error) error

// write puts down what must outlive a power cut: what somebody typed, and what
// takes something away (a lock, the end of a session, a seal that opened once).
func (c Scratch) write(ctx context.Context, do func(*gorm.DB) error) error {
	return c.through(c.store.write.WithContext(ctx), do)
}

// jot puts down what a power cut may take back, since losing it only means to
// begin again: the person signs in once more, a statement is written once more,
// a lease runs out. SQLite flushes it with the next write that must last.
func (c Scratch) jot(ctx context.Context, do func(*gorm.DB) error) error {
	return c.through(c.store.jotting.WithContext(ctx), do)
}

// through writes; SQLite lets one writer in at a time, so all share the
// committer's lock.
func (c Scratch) through(db *gorm.DB, do func(*gorm.DB) error) error {
	c.store.writing.Lock()
	defer c.store.writing.Unlock()
	if err := do(db); err != nil {
		return fault.Wrap(err, fault.Unavailable, "暂存没有成功，数据库暂时写不进去。请稍后再试，页面上填的内容请先不要关闭。")
	}
	return nil
}

func (c Scratch) first(ctx context.Context, what string, into any, where string, args ...any) error {
	err := c.store.read.WithContext(ctx).Where(where, args...).Take(into).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return fault.New(fault.NotFound, "没有找到这%s，可能已经过期。", what)
	}
	return readable(err)
}

// upsert writes a row whole, over one with the same key.
var upsert = clause.OnConflict{UpdateAll: true}

// solid makes of no bytes the empty ones: NULL has no place in these columns.
func solid(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// Pending is a statement that waits for its seal: never authority, the records
// are asked again when the seal arrives.
type Pending struct {
	ID                string // hex digest of the statement
	CookieHash, Staff string
	Kind              string
	Statement, Annex  []byte
	Payload           []byte
	Created, Expires  time.Time
}

type pendingRow struct {
	ID                string `gorm:"primaryKey"`
	CookieHash, Staff string
	Kind              string
	Statement, Annex  []byte
	Payload           []byte
	Created, Expires  int64
}

func (pendingRow) TableName() string { return pendings.name }

// the annex and the payload of a pending hold names and conclusions: encrypted.
func (c Scratch) Pending(ctx context.Context, id string) (Pending, error) {
	var r pendingRow
	if err := c.first(ctx, "份待签文本", &r, "id = ?", id); err != nil {
		return Pending{}, err
	}
	p := Pending{ID: r.ID, CookieHash: r.CookieHash, Staff: r.Staff, Kind: r.Kind, Created: moment(r.Created), Expires: moment(r.Expires)}
	for _, f := range []struct {
		name string
		from []byte
		to   *[]byte
	}{{"statement", r.Statement, &p.Statement}, {"annex", r.Annex, &p.Annex}, {"payload", r.Payload, &p.Payload}} {
		plain, err := c.open(pendings.name, f.name, id, f.from)
		if err != nil {
			return Pending{}, err
		}
		*f.to = plain
	}
	return p, nil
}

func (c Scratch) open(table, column, id string, sealed []byte) ([]byte, error) {
	plain, err := c.store.cipher.open(table, column, id, sealed)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "暂存的内容读不出来，请重新填写；并请通知系统管理员。")
	}
	return []byte(plain), nil
}

func (c Scratch) sealAll(table, id string, fields map[string]*[]byte) error {
	for column, value := range fields {
		sealed, err := c.store.cipher.seal(table, column, id, string(*value))
		if err != nil {
			return fault.Wrap(err, fault.Unavailable, "暂存没有成功，加密出错。请通知系统管理员。")
		}
		*value = sealed
	}
	return nil
}

// PutPending keeps a statement for its seal.
func (c Scratch) PutPending(ctx context.Context, p Pending) error {
	r := pendingRow{p.ID, p.CookieHash, p.Staff, p.Kind, p.Statement, p.Annex, p.Payload, millis(p.Created), millis(p.Expires)}
	if err := c.sealAll(pendings.name, p.ID, map[string]*[]byte{"statement": &r.Statement, "annex": &r.Annex, "payload": &r.Payload}); err != nil {
		return err
	}
	return c.jot(ctx, func(db *gorm.DB) error { return db.Clauses(upsert).Create(&r).Error })
}

// DeletePending forgets a statement. One that a power cut brings back is only
// asked for again: its seal, if there was one, stands in the log as used, and
// opened a session once (see Once).
func (c Scratch) DeletePending(ctx context.Context, id string) error {
	return c.jot(ctx, func(db *gorm.DB) error { return db.Where("id = ?", id).Delete(&pendingRow{}).Error })
}

// TakePending forgets a statement for good, and tells whether it was this call
// that did: of several at once, one.
func (c Scratch) TakePending(ctx context.Context, id string) (taken bool, err error) {
	err = c.write(ctx, func(db *gorm.DB) error {
		gone := db.Where("id = ?", id).Delete(&pendingRow{})
		taken = gone.RowsAffected == 1
		return gone.Error
	})
	return taken, err
}

type draftRow struct {
	Staff   string `gorm:"primaryKey"`
	Name    string `gorm:"primaryKey"`
	Body    []byte
	Updated int64
}

func (draftRow) TableName() string { return drafts.name }

// Draft gives what a person typed under a name and has not sent; notfound if
// there is nothing.
func (c Scratch) Draft(ctx context.Context, person, name string) ([]byte, error) {
	var r draftRow
	if err := c.first(ctx, "份草稿", &r, "staff = ? AND name = ?", person, name); err != nil {
		return nil, err
	}
	return c.open(drafts.name, "body", person+"/"+name, r.Body)
}

// PutDraft keeps what a person typed, encrypted.
func (c Scratch) PutDraft(ctx context.Context, person, name string, body []byte) error {
	r := draftRow{person, name, body, millis(c.store.clock())}
	if err := c.sealAll(drafts.name, person+"/"+name, map[string]*[]byte{"body": &r.Body}); err != nil {
		return err
	}
	return c.write(ctx, func(db *gorm.DB) error { return db.Clauses(upsert).Create(&r).Error })
}

// DeleteDraft forgets a draft.
func (c Scratch) DeleteDraft(ctx context.Context, person, name string) error {
	return c.write(ctx, func(db *gorm.DB) error {
		return db.Where("staff = ? AND name = ?", person, name).Delete(&draftRow{}).Error
	})
}

// Throttle counts one more knock of a name and tells how many there were since
// the window began. A power cut may take the last knocks back: it slows whoever
// knocks more than the count does.
func (c Scratch) Throttle(ctx context.Context, name string, window time.Duration) (int, error) {
	return c.count(ctx, c.jot, name, window)
}

// remembered is how long a count is kept: past every window, and past the
// longest time for which a statement can be sealed.
const remembered = 7 * 24 * time.Hour

// Once tells whether a name comes for the first time in a week; that it came
// outlives a power cut.
func (c Scratch) Once(ctx context.Context, name string) (bool, error) {
	n, err := c.count(ctx, c.write, name, remembered)
	return n == 1, err
}

func (c Scratch) count(ctx context.Context, write writer, name string, window time.Duration) (int, error) {
	now := c.store.clock()
	count := 0
	err := write(ctx, func(db *gorm.DB) error {
		return db.Transaction(func(db *gorm.DB) error {
			var r throttleRow
			err := db.Where("name = ?", name).Take(&r).Error
			if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
				return err
			}
			if err != nil || now.Sub(moment(r.Since)) > window {
				r = throttleRow{Name: name, Since: millis(now)}
			}
			r.Count++
			count = r.Count
			return db.Clauses(upsert).Create(&r).Error
		})
	})
	return count, err
}

// Tally counts one more of a name in this window of the clock, and tells how
// many there are; TakeTallies gives the whole count when the window is over.
func (c Scratch) Tally(ctx context.Context, name string, window time.Duration) (int, error) {
	return c.count(ctx, c.jot, name+"/"+strconv.FormatInt(c.store.clock().Truncate(window).UnixMilli(), 10), remembered)
}

// TakeTallies gives what was tallied under names with that beginning in windows
// that are over, each count once, on whichever portal, by the name behind it.
func (c Scratch) TakeTallies(ctx context.Context, prefix string, window time.Duration) (map[string]int, error) {
	var rows []throttleRow
	err := c.store.read.WithContext(ctx).Where("name >= ? AND name < ? AND since < ?", prefix, prefix+"~", millis(c.store.clock().Truncate(window))).Find(&rows).Error
	if err != nil {
		return nil, readable(err)
	}
	taken := map[string]int{}
	for _, r := range rows {
		err := c.write(ctx, func(db *gorm.DB) error {
			gone := db.Where("name = ? AND count = ?", r.Name, r.Count).Delete(&throttleRow{})
			if gone.RowsAffected == 1 {
				taken[strings.TrimPrefix(r.Name[:strings.LastIndex(r.Name, "/")], prefix)] += r.Count
			}
			return gone.Error
		})
		if err != nil {
			return taken, err
		}
	}
	return taken, nil
}

type throttleRow struct {
	Name  string `gorm:"primaryKey"`
	Count int
	Since int64
}

func (throttleRow) TableName() string { return throttles.name }

// Sweep forgets what has expired: pendings, sessions, counts, answers of
// authorities.
func (c Scratch) Sweep(ctx context.Context) error {
	now := millis(c.store.clock())
	return c.jot(ctx, func(db *gorm.DB) error {
		if err := db.Where("expires < ?", now).Delete(&pendingRow{}).Error; err != nil {
			return err
		}
		if err := db.Where("expires < ? AND locked_for <> ?", now, string(ended)).Delete(&sessionRow{}).Error; err != nil {
			return err
		}
		if err := db.Where("since < ?", now-remembered.Milliseconds()).Delete(&throttleRow{}).Error; err != nil {
			return err
		}
		return db.Where("ended = 0 AND at < ?", now-answersFor.Milliseconds()).Delete(&answerRow{}).Error
	})
}
