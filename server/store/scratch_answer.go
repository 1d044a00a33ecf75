package store

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"sealdesk/server/internal/fault"
	"sealdesk/server/internal/revocation"
)

// answersFor is how long it is kept that a certificate holds: beyond the longest
// grace that is good for nothing. That it was revoked is kept for ever.
const answersFor = 80 * time.Hour

type answerRow struct {
	Authority             string `gorm:"primaryKey"`
	Serial                string `gorm:"primaryKey"`
	At, Said, Ended, Held int64
	Mark                  []byte
}

func (answerRow) TableName() string { return revocations.name }

// mark binds an answer to what it is about: a row put in by hand prolongs
// nobody's grace. That an older row of ours is put back is not seen here; of a
// certificate that was revoked the custody register tells, which the log holds.
func (c Scratch) markAnswer(r answerRow) []byte {
	h := c.store.keyed("sealdesk/v1 revocation answer")
	fmt.Fprintf(h, "%s\x00%s\x00%d\x00%d\x00%d\x00%d", r.Authority, r.Serial, r.At, r.Said, r.Ended, r.Held)
	return h.Sum(nil)
}

func (c Scratch) answerRow(authority, serial string, a revocation.Answer) answerRow {
	r := answerRow{Authority: authority, Serial: serial, At: millis(a.Heard), Said: millis(a.Said)}
	if a.Revoked() {
		r.Ended = millis(a.Ended)
	}
	if a.Held {
		r.Held = 1
	}
	r.Mark = c.markAnswer(r)
	return r
}

// answerOf is what a row says, nothing if it is not ours.
func (c Scratch) answerOf(r answerRow) revocation.Answer {
	if !hmac.Equal(r.Mark, c.markAnswer(r)) {
		c.store.log.Error("ALARM: an answer about a certificate was not written by a portal; it does not count", "authority", r.Authority, "serial", r.Serial)
		return revocation.Answer{}
	}
	a := revocation.Answer{Said: moment(r.Said), Heard: moment(r.At), Held: r.Held != 0}
	if r.Ended != 0 {
		a.Ended = moment(r.Ended)
	}
	return a
}

// RememberAnswer weighs what an external authority said about a certificate of
// its against what stands, keeps what counts and returns it. Of two portals at
// once the second weighs against what the first left.
func (c Scratch) RememberAnswer(ctx context.Context, authority, serial string, said revocation.Answer) (stands revocation.Answer, err error) {
	weigh := func(db *gorm.DB) error {
		// The row is made, or else locked, by one statement: two that looked for a
		// row first and found none would wait for each other.
		lock := clause.OnConflict{Columns: []clause.Column{{Name: "authority"}, {Name: "serial"}}, DoUpdates: clause.AssignmentColumns([]string{"authority"})}
		first := c.answerRow(authority, serial, said)
		if err := db.Clauses(lock).Create(&first).Error; err != nil {
			return err
		}
		var before answerRow
		if err := db.Clauses(clause.Locking{Strength: "UPDATE"}).Where("authority = ? AND serial = ?", authority, serial).Take(&before).Error; err != nil {
			return err
		}
		stands = revocation.Stands(c.answerOf(before), said)
		after := c.answerRow(authority, serial, stands)
		if hmac.Equal(after.Mark, before.Mark) {
			return nil
		}
		return db.Save(&after).Error
	}
	err = c.write(ctx, func(db *gorm.DB) error {
		err := db.Transaction(weigh)
		if err != nil && c.store.dialect.transient(err) {
			err = db.Transaction(weigh)
		}
		return err
	})
	return stands, err
}

// RecallAnswer gives what stands of a certificate, whichever portal heard it;
// zero if nothing is known.
func (c Scratch) RecallAnswer(ctx context.Context, authority, serial string) (revocation.Answer, error) {
	var r answerRow
	err := c.first(ctx, "个答复", &r, "authority = ? AND serial = ?", authority, serial)
	if fault.Is(err, fault.NotFound) {
		return revocation.Answer{}, nil
	}
	if err != nil {
		return revocation.Answer{}, err
	}
	return c.answerOf(r), nil
}

// LastAnswer is when an authority last answered at all; zero if it is not known.
func (c Scratch) LastAnswer(ctx context.Context, authority string) (time.Time, error) {
	var r answerRow
	err := c.store.read.WithContext(ctx).Where("authority = ?", authority).Order("at DESC").Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, readable(err)
	}
	return c.answerOf(r).Heard, nil
}
