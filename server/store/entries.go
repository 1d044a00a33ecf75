package store

import (
	"context"
	"encoding/hex"
	"strings"
	"time"

	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
)

// LogFilter narrows a list of entries; zero fields say nothing. Before is the
// cursor: entries with smaller numbers, newest first.
type LogFilter struct {
	From, To                   time.Time // logged, half-open
	Act                        policy.Act
	Actor, Organisation, About string
	Before                     uint64
}

// reachOf is the condition that an entry lies in the reach of the grant: the
// body it was done for, or the person's own act. The officers' reach "all"
// covers the log whole: it holds no names.
func reachOf(g policy.Grant) (string, []any) {
	if g.Reach() == policy.All || g.Reach() == policy.SystemOnly {
		return "1 = 1", nil
	}
	from, to := g.Range()
	return "(path >= ? AND path < ? OR actor = ?)", []any{from, to, g.Person()}
}

// Entries lists entries, newest first. next is the cursor of the page after,
// zero when there is none.
func (s *Store) Entries(ctx context.Context, g policy.Grant, f LogFilter, limit int) (list []audit.Entry, next uint64, err error) {
	if g.IsZero() {
		return nil, 0, ungranted()
	}
	limit = min(max(limit, 1), maxPage)
	where, args := reachOf(g)
	var b strings.Builder
	b.WriteString("SELECT leaf FROM log_entries WHERE " + where)
	and := func(condition string, value any) { b.WriteString(" AND " + condition); args = append(args, value) }
	if !f.From.IsZero() {
		and("logged >= ?", millis(f.From))
	}
	if !f.To.IsZero() {
		and("logged < ?", millis(f.To))
	}
	if f.Act != "" {
		and("act = ?", string(f.Act))
	}
	if f.Actor != "" {
		and("actor = ?", f.Actor)
	}
	if f.Organisation != "" {
		and("body = ?", f.Organisation)
	}
	if f.About != "" {
		and("subject = ?", f.About)
	}
	if f.Before > 0 {
		and("number < ?", int64(f.Before))
	}
	set, err := s.ask(ctx, want{b.String() + " ORDER BY number DESC LIMIT " + decimal(limit+1), args})
	if err != nil {
		return nil, 0, unreadable(err)
	}
	for i, cells := range set {
		if i == limit {
			next = list[limit-1].Number
			break
		}
		e, err := entryOf(cells[0])
		if err != nil {
			return nil, 0, err
		}
		list = append(list, e)
	}
	return list, next, nil
}

func entryOf(cell any) (audit.Entry, error) {
	leaf, err := cellOf(blob, cell)
	if err != nil {
		return audit.Entry{}, unreadable(err)
	}
	return audit.ParseEntry(leaf.([]byte))
}

// reachable reads an entry's leaf if the grant reaches it.
func (s *Store) reachable(ctx context.Context, g policy.Grant, number uint64) ([]byte, error) {
	if g.IsZero() {
		return nil, ungranted()
	}
	where, args := reachOf(g)
	set, err := s.ask(ctx, want{"SELECT leaf FROM log_entries WHERE number = ? AND " + where, append([]any{int64(number)}, args...)})
	if err != nil {
		return nil, unreadable(err)
	}
	if len(set) != 1 {
		return nil, fault.New(fault.NotFound, "日志里没有第 %d 号，或不归您查看。请核对编号。", number)
	}
	leaf, err := cellOf(blob, set[0][0])
	if err != nil {
		return nil, unreadable(err)
	}
	return leaf.([]byte), nil
}

// EntryWithBodies is one entry with what its digests cover. Bytes of a body
// that the entry has not are nil.
type EntryWithBodies struct {
	audit.Entry
	Leaf                   []byte
	Statement, Seal, State audit.Salted
	Annex                  []byte
}

// Entry reads one entry with its bodies.
func (s *Store) Entry(ctx context.Context, g policy.Grant, number uint64) (EntryWithBodies, error) {
	leaf, err := s.reachable(ctx, g, number)
	if err != nil {
		return EntryWithBodies{}, err
	}
	return s.withBodies(ctx, number, leaf)
}

func (s *Store) withBodies(ctx context.Context, number uint64, leaf []byte) (EntryWithBodies, error) {
	e, err := audit.ParseEntry(leaf)
	if err != nil {
		return EntryWithBodies{}, err
	}
	found := EntryWithBodies{Entry: e, Leaf: leaf}
	set, err := s.ask(ctx, want{"SELECT kind, salt, body FROM log_bodies WHERE number = ?", []any{int64(number)}})
	if err != nil {
		return found, unreadable(err)
	}
	for _, cells := range set {
		kind, salted, err := s.openBody(cells, number)
		if err != nil {
			return found, err
		}
		switch kind {
		case "statement":
			found.Statement = salted
		case "seal":
			found.Seal = salted
		case "state":
			found.State = salted
		case "annex":
			found.Annex = salted.Bytes
		}
	}
	return found, nil
}

// sealedAnnex is the kind of an annex as it lies in the database: it names
// people, so it is encrypted. Annexes from before are of the kind annex, plain.
const sealedAnnex = "sealed-annex"

// openBody is bodyOf with an annex opened, of the entry with that number.
func (s *Store) openBody(cells []any, number uint64) (string, audit.Salted, error) {
	kind, salted, err := bodyOf(cells)
	if err != nil || kind != sealedAnnex {
		return kind, salted, err
	}
	plain, err := s.cipher.open(logBodies.name, sealedAnnex, decimal(int(number)), salted.Bytes)
	if err != nil {
		return kind, salted, fault.Wrap(err, fault.Unavailable, "第 %d 号条目的附件打不开。请通知安全审计员核查。", number)
	}
	salted.Bytes = []byte(plain)
	return "annex", salted, nil
}

// bodyOf reads kind, salt and bytes of a body.
func bodyOf(cells []any) (string, audit.Salted, error) {
	kind, err1 := cellOf(text, cells[0])
	salt, err2 := cellOf(blob, cells[1])
	bytes, err3 := cellOf(blob, cells[2])
	if err1 != nil || err2 != nil || err3 != nil || len(salt.([]byte)) != 16 {
		return "", audit.Salted{}, fault.New(fault.Unavailable, "日志条目的原文读不出来。请通知安全审计员核查。")
	}
	return kind.(string), audit.Salted{Salt: [16]byte(salt.([]byte)), Bytes: bytes.([]byte)}, nil
}

// EntryOfStatement gives the numbers of the entries that stand on a statement,
// by the hex SHA-256 of its text, in the order of the signatures.
func (s *Store) EntryOfStatement(ctx context.Context, digest string) ([]uint64, error) {
	raw, err := hex.DecodeString(digest)
	if err != nil || len(raw) != 32 {
		return nil, fault.New(fault.Invalid, "文本摘要应为 64 位十六进制数字。")
	}
	set, err := s.ask(ctx, want{"SELECT number FROM log_entries WHERE statement = ? ORDER BY number", []any{raw}})
	if err != nil {
		return nil, unreadable(err)
	}
	var list []uint64
	for _, cells := range set {
		n, err := cellOf(number, cells[0])
		if err != nil {
			return nil, unreadable(err)
		}
		list = append(list, uint64(n.(int64)))
	}
	return list, nil
}

// EntriesAbout is the history of a record, oldest first: the entries about it
// and those of batches that touched it, found along the chain of its states.
func (s *Store) EntriesAbout(ctx context.Context, g policy.Grant, subject string) ([]audit.Entry, error) {
	if g.IsZero() {
		return nil, ungranted()
	}
	numbers, err := s.touches(ctx, g, subject)
	if err != nil {
		return nil, err
	}
	set, err := s.ask(ctx, want{"SELECT number FROM log_entries WHERE subject = ?", []any{subject}})
	if err != nil {
		return nil, unreadable(err)
	}
	for _, cells := range set {
		n, err := cellOf(number, cells[0])
		if err != nil {
			return nil, unreadable(err)
		}
		numbers[n.(int64)] = true
	}
	if len(numbers) == 0 {
		return nil, nil
	}
	args := make([]any, 0, len(numbers))
	for n := range numbers {
		args = append(args, n)
	}
	set, err = s.ask(ctx, want{"SELECT leaf FROM log_entries WHERE number IN (" + marks(len(args)) + ") ORDER BY number", args})
	if err != nil {
		return nil, unreadable(err)
	}
	var list []audit.Entry
	for _, cells := range set {
		e, err := entryOf(cells[0])
		if err != nil {
			return nil, err
		}
		list = append(list, e)
	}
	return list, nil
}

// touches walks from a record's last act back along the states that name it.
func (s *Store) touches(ctx context.Context, g policy.Grant, subject string) (map[int64]bool, error) {
	numbers := map[int64]bool{}
	kind, id, _ := strings.Cut(subject, "/")
	var found *row
	for _, t := range records() {
		if t.subject == kind {
			var err error
			if found, err = s.covered(ctx, g, t, id); err != nil {
				return nil, err
			}
		}
	}
	if found == nil {
		return numbers, nil
	}
	for at := found.entry; at >= 0 && !numbers[at]; {
		numbers[at] = true
		set, err := s.ask(ctx, want{"SELECT kind, salt, body FROM log_bodies WHERE number = ? AND kind = 'state'", []any{at}})
		if err != nil {
			return nil, unreadable(err)
		}
		if len(set) != 1 {
			break
		}
		_, salted, err := bodyOf(set[0])
		if err != nil {
			return nil, err
		}
		state, err := audit.ParseState(salted.Bytes)
		if err != nil {
			return nil, err
		}
		at = -1
		for _, r := range state.Rows {
			if r.Subject == subject {
				at = r.Previous
			}
		}
	}
	return numbers, nil
}

// Proof gathers what a .sealproof file holds of the statement on which an
// entry stands: every signer's seal and entry, and the one row of the record.
func (s *Store) Proof(ctx context.Context, g policy.Grant, number uint64, record string) (audit.Proof, error) {
	last, err := s.Entry(ctx, g, number)
	if err != nil {
		return audit.Proof{}, err
	}
	if last.Signers == 0 {
		return audit.Proof{}, fault.New(fault.NotFound, "第 %d 号没有签章，没有证明文件。", number)
	}
	numbers, err := s.signatures(ctx, number)
	if err != nil {
		return audit.Proof{}, err
	}
	if len(numbers) < last.Signers {
		return audit.Proof{}, fault.New(fault.Conflict, "这件事项还有人没有签署，签齐之后才有证明文件。")
	}
	p := audit.Proof{Statement: last.Statement.Bytes}
	var annex []byte
	for _, n := range numbers {
		e, err := s.Entry(ctx, g, n)
		if err != nil {
			return audit.Proof{}, err
		}
		r, err := s.receipt(ctx, n)
		if err != nil {
			return audit.Proof{}, err
		}
		p.Signers = append(p.Signers, audit.ProofSigner{Seal: e.Seal.Bytes, Entry: e.Leaf, Inclusion: r.TLogProof()})
		p.Opening.Signers = append(p.Opening.Signers, audit.SignerSalts{Statement: e.Statement.Salt, Seal: e.Seal.Salt})
		if e.Annex != nil {
			annex = e.Annex
		}
	}
	p.Opening.Row, err = openingOf(annex, record)
	return p, err
}
