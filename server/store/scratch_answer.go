package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"strconv"
	"time"

	"gorm.io/gorm"

	"sealdesk/server/internal/fault"
)

// answersFor is how long an answer about a certificate is kept: beyond the
// longest grace it is good for nothing.
const answersFor = 80 * time.Hour

type answerRow struct {
	Authority string `gorm:"primaryKey"`
	Serial    string `gorm:"primaryKey"`
	At, Ended int64
	Mark      []byte
}

func (answerRow) TableName() string { return revocations.name }

// mark binds an answer to what it is about: a row put in by hand prolongs
// nobody's grace. An older row of ours would only shorten it.
func (c Scratch) markAnswer(r answerRow) []byte {
	h := hmac.New(sha256.New, derived(c.store.keys.HeadMAC, "sealdesk/v1 revocation answer"))
	h.Write([]byte(r.Authority + "\x00" + r.Serial + "\x00" + strconv.FormatInt(r.At, 10) + "\x00" + strconv.FormatInt(r.Ended, 10)))
	return h.Sum(nil)
}

// RememberAnswer keeps what an external authority answered about a certificate
// of its, and when; ended is when it was revoked, zero if it holds.
func (c Scratch) RememberAnswer(ctx context.Context, authority, serial string, at, ended time.Time) error {
	r := answerRow{Authority: authority, Serial: serial, At: millis(at)}
	if !ended.IsZero() {
		r.Ended = millis(ended)
	}
	r.Mark = c.markAnswer(r)
	return c.write(ctx, func(db *gorm.DB) error { return db.Clauses(upsert).Create(&r).Error })
}

// RecallAnswer gives the last answer that any portal got about a certificate;
// at is zero if none is known.
func (c Scratch) RecallAnswer(ctx context.Context, authority, serial string) (at, ended time.Time, err error) {
	var r answerRow
	err = c.first(ctx, "个答复", &r, "authority = ? AND serial = ?", authority, serial)
	if fault.Is(err, fault.NotFound) {
		return at, ended, nil
	}
	if err != nil {
		return at, ended, err
	}
	if !hmac.Equal(r.Mark, c.markAnswer(r)) {
		return at, ended, nil
	}
	if r.Ended != 0 {
		ended = moment(r.Ended)
	}
	return moment(r.At), ended, nil
}

// LastAnswer is when an authority last answered at all; zero if it is not known.
func (c Scratch) LastAnswer(ctx context.Context, authority string) (time.Time, error) {
	var r answerRow
	err := c.store.read.WithContext(ctx).Where("authority = ?", authority).Order("at DESC").Take(&r).Error
	if errors.Is(err, gorm.ErrRecordNotFound) || err == nil && !hmac.Equal(r.Mark, c.markAnswer(r)) {
		return time.Time{}, nil
	}
	if err != nil {
		return time.Time{}, readable(err)
	}
	return moment(r.At), nil
}
