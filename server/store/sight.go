package store

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/disclosure"
	"sealdesk/server/internal/fault"
)

// sightLife is how long after its entry a sight may be used.
const sightLife = time.Minute

// Sight is the leave to see whole numbers once. It says that the look stands in
// the log as an entry of its own, with who, key, record, fields and a salted
// digest over the reason, under a checkpoint that was signed and verified. Look
// alone makes one, out of Commit's receipt: code that has none gets no number.
type Sight struct {
	store  *Store
	about  Ref
	look   disclosure.Look
	act    policy.Act
	number uint64
	used   atomic.Bool
}

// Number is the entry's; Fields are those that it names.
func (s *Sight) Number() uint64   { return s.number }
func (s *Sight) Fields() []string { return slices.Clone(s.look.Fields) }

// lookActs are the acts that look at the numbers of a kind of record.
var lookActs = map[*table]policy.Act{applications: policy.Reveal, staff: policy.RevealPhone}

// Wish is what somebody wants to look at, and why, as it was received.
type Wish struct {
	About    Ref
	Fields   []string
	Reason   string
	Received time.Time
}

// Look writes down that the person of the grant looks at whole numbers of a
// record within its reach, and why. may is asked inside the transaction whether
// this person may look now: what every act needs besides a role, and whose
// record it is. Look answers when a signed checkpoint covers the entry; without
// log or HSM there is no sight.
func (s *Store) Look(ctx context.Context, g policy.Grant, w Wish, may func(*Tx) error) (*Sight, error) {
	about := w.About
	if g.IsZero() || lookActs[about.table] == "" || lookActs[about.table] != g.Act() || may == nil {
		return nil, ungranted()
	}
	sight := &Sight{store: s, about: about, act: g.Act()}
	r, err := s.Commit(ctx, g, nil, func(tx *Tx) (audit.Entry, error) {
		if _, err := tx.find(about.table, about.id); err != nil {
			return audit.Entry{}, err
		}
		if err := may(tx); err != nil {
			return audit.Entry{}, err
		}
		earlier, err := tx.LooksAround(g.Person(), tx.Received())
		if err != nil {
			return audit.Entry{}, err
		}
		look, err := disclosure.Ask(lookID(tx.Number()), about.Subject(), w.Fields, w.Reason, g.Person(), earlier, tx.Received())
		if err != nil {
			return audit.Entry{}, err
		}
		if err := tx.Put(look); err != nil {
			return audit.Entry{}, err
		}
		sight.look = look
		return audit.Entry{Subject: about.Subject(), Note: look.Words()}, nil
	}, Reads(about), Received(w.Received))
	if err != nil {
		return nil, err
	}
	if len(r.Checkpoint) == 0 {
		return nil, fault.New(fault.Unavailable, "这次查看已记为日志第 %d 号，但密码机还没有签出日志的检查点，号码没有显示（R60）。恢复后请重新查看，并请通知系统管理员。", r.Number)
	}
	if err := r.Verify(s.keys.LogVerifier); err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "这次查看已记为日志第 %d 号，但回执没有通过核验，号码没有显示（R60）。请立即通知安全审计员。", r.Number)
	}
	sight.number = r.Number
	return sight, nil
}

// lookID names a look by its entry.
func lookID(number uint64) string { return "L" + decimal(int(number)) }

// LooksAround lists a person's looks in the disclosure.Hours around a moment,
// wherever the records lie and whatever portal they were made at.
func (tx *Tx) LooksAround(person string, now time.Time) ([]disclosure.Look, error) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	var hours []any
	for _, h := range disclosure.Hours(person, now) {
		hours = append(hours, h)
	}
	rows, err := tx.everywhere(looks, is("hour", hours...))
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(lookOf))
}

// Reveal gives the whole numbers that a sight is for, by field, once, to the
// person of the grant.
func (s *Store) Reveal(ctx context.Context, g policy.Grant, sight *Sight) (map[string]string, error) {
	switch {
	case sight == nil || sight.store != s:
		return nil, forbid("这次查看没有记入日志，号码不能显示（R60）。请在详情页写明理由后查看。")
	case g.IsZero() || g.Act() != sight.act || g.Person() != sight.look.By:
		return nil, forbid("这次查看不是为您记入日志的，号码不能显示（R60）。请在详情页写明理由后查看。")
	case s.clock().Sub(sight.look.At) > sightLife:
		return nil, fault.New(fault.Closed, "这次查看已过 %d 秒，号码不再显示（R60）。请重新写明理由后查看。", int(sightLife.Seconds()))
	case !sight.used.CompareAndSwap(false, true):
		return nil, fault.New(fault.Conflict, "这次查看的号码已经显示过一次，不再显示（R60）。请重新写明理由后查看。")
	}
	r, err := s.covered(ctx, g, sight.about.table, sight.about.id)
	if err != nil {
		return nil, err
	}
	shown := map[string]string{}
	for _, field := range sight.look.Fields {
		shown[field] = r.text(field)
	}
	return shown, nil
}

// LooksAbout lists who looked at whole numbers of a record, oldest first, to
// whoever reads the record itself under the grant.
func (s *Store) LooksAbout(ctx context.Context, g policy.Grant, about Ref) ([]disclosure.Look, error) {
	rows, err := s.rowsCovered(ctx, g, looks, is("about", about.Subject()))
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(lookOf))
}

// LooksBy is how many looks a person has had since a moment.
type LooksBy struct {
	Person string
	Count  int
}

// LookCounts tells who looked how often since a moment, most first, out of the
// log's own entries. No record and no reason is in it: the officers watch it.
func (s *Store) LookCounts(ctx context.Context, since time.Time) ([]LooksBy, error) {
	set, err := s.ask(ctx, want{"SELECT actor, COUNT(*) FROM log_entries WHERE act IN (?, ?) AND logged >= ? GROUP BY actor ORDER BY COUNT(*) DESC, actor LIMIT 100",
		[]any{string(policy.Reveal), string(policy.RevealPhone), millis(since)}})
	if err != nil {
		return nil, unreadable(err)
	}
	list := make([]LooksBy, len(set))
	for i, cells := range set {
		who, err1 := cellOf(text, cells[0])
		n, err2 := cellOf(number, cells[1])
		if err1 != nil || err2 != nil {
			return nil, fault.New(fault.Unavailable, "查看次数现在数不出来，请稍后再试，并通知系统管理员。")
		}
		list[i] = LooksBy{who.(string), int(n.(int64))}
	}
	return list, nil
}
