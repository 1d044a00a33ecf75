package store

import (
	"time"

	"sealdesk/server/custody"
)

func keyCells(k custody.Key, path string) []any {
	return []any{k.Fingerprint, k.Staff, path, k.Certificate, k.TokenLabel, string(k.State), millis(k.Since), k.By, k.Reason,
		k.Token, k.Serial, k.Issuer, k.Public}
}

func keyOf(row *row) custody.Key {
	r := reader{cells: row.plain}
	k := custody.Key{Fingerprint: r.text(), Staff: r.text()}
	r.any()
	k.Certificate, k.TokenLabel, k.State, k.Since = r.bytes(), r.text(), custody.State(r.text()), r.time()
	k.By, k.Reason, k.Token, k.Serial, k.Issuer, k.Public = r.text(), r.text(), r.text(), r.text(), r.text(), r.text()
	return k
}

func tokenCells(t custody.Token, path string) []any {
	mark := t.LossMark
	if mark == nil {
		mark = []byte{}
	}
	return []any{t.Serial, t.Label, t.Vendor, string(t.State), t.Custodian, path, t.For, t.Delivery, millis(t.Delivered), millis(t.Since),
		t.By, t.Reason, mark}
}

func tokenOf(row *row) custody.Token {
	r := reader{cells: row.plain}
	t := custody.Token{Serial: r.text(), Label: r.text(), Vendor: r.text(), State: custody.State(r.text()), Custodian: r.text()}
	r.any()
	t.For, t.Delivery, t.Delivered, t.Since, t.By, t.Reason = r.text(), r.text(), r.time(), r.time(), r.text(), r.text()
	if t.LossMark = r.bytes(); len(t.LossMark) == 0 {
		t.LossMark = nil
	}
	return t
}

func requestCells(q custody.Request, path string) []any {
	var answered *time.Time
	if !q.Answered.IsZero() {
		answered = &q.Answered
	}
	return []any{q.ID, q.Staff, path, q.By, q.Reason, millis(q.At), string(q.State), q.Token, q.AnsweredBy, millisOrNull(answered), q.Answer}
}

func requestOf(row *row) custody.Request {
	r := reader{cells: row.plain}
	q := custody.Request{ID: r.text(), Staff: r.text()}
	r.any()
	q.By, q.Reason, q.At, q.State, q.Token = r.text(), r.text(), r.time(), custody.RequestState(r.text()), r.text()
	q.AnsweredBy = r.text()
	if at := momentOrNil(r.any()); at != nil {
		q.Answered = *at
	}
	q.Answer = r.text()
	return q
}

func mediumCells(m custody.Medium, path string) []any {
	return []any{m.ID, m.Kind, m.Custodian, path, m.For, m.Encryption, m.Location, m.Contents, string(m.State), millis(m.Since), m.By, m.Second, m.Reason}
}

func mediumOf(row *row) custody.Medium {
	r := reader{cells: row.plain}
	m := custody.Medium{ID: r.text(), Kind: r.text(), Custodian: r.text()}
	r.any()
	m.For, m.Encryption, m.Location, m.Contents, m.State, m.Since = r.text(), r.text(), r.text(), r.text(), custody.MediumState(r.text()), r.time()
	m.By, m.Second, m.Reason = r.text(), r.text(), r.text()
	return m
}

func stocktakeCells(s custody.Stocktake, path string) []any {
	var closed *time.Time
	if !s.Closed.IsZero() {
		closed = &s.Closed
	}
	return []any{s.ID(), path, int64(s.Year), millis(s.Opened), s.By, millisOrNull(closed), s.ClosedBy, s.Second, s.Note,
		int64(s.Expected), int64(s.Proved), int64(s.Counted), int64(s.Missing)}
}

func stocktakeOf(row *row) custody.Stocktake {
	r := reader{cells: row.plain, next: 2} // past id and path
	s := custody.Stocktake{Year: r.int(), Opened: r.time(), By: r.text()}
	if closed := momentOrNil(r.any()); closed != nil {
		s.Closed = *closed
	}
	s.ClosedBy, s.Second, s.Note = r.text(), r.text(), r.text()
	s.Expected, s.Proved, s.Counted, s.Missing = r.int(), r.int(), r.int(), r.int()
	return s
}

func sightingCells(s custody.Sighting, path string) []any {
	return []any{s.ID(), path, int64(s.Year), s.Token, s.How, s.By, millis(s.At)}
}

func sightingOf(row *row) custody.Sighting {
	r := reader{cells: row.plain, next: 2}
	return custody.Sighting{Year: r.int(), Token: r.text(), How: r.text(), By: r.text(), At: r.time()}
}
