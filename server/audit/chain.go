package audit

import (
	"hash/maphash"
)

// A marker turns words into marks under a seed of its own.
type marker struct{ a, b maphash.Seed }

func newMarker() marker { return marker{maphash.MakeSeed(), maphash.MakeSeed()} }

func (m marker) mark(word []byte) mark {
	return mark{maphash.Bytes(m.a, word), maphash.Bytes(m.b, word)}
}

// A link is what the order of entries is judged by: an entry reduced to
// numbers, made by a worker from an entryView.
type link struct {
	number           uint64
	previous         int64
	received, logged int64
	subject          mark // zero when there is none
	statement        mark // zero when unsealed
	actor, key       mark // only when there are several signers
	signed, signers  int
	wrong            string // why the entry could not be read; nothing else is set then
}

func (m marker) link(v *entryView, l *link) {
	*l = link{number: v.number, previous: v.previous, received: v.received, logged: v.logged,
		signed: v.signed, signers: v.signers}
	if string(v.subject) != none {
		l.subject = m.mark(v.subject)
	}
	if v.signers > 0 {
		l.statement = m.mark(v.statement)
	}
	if v.signers > 1 {
		l.actor, l.key = m.mark(v.actor), m.mark(v.key)
	}
}

// A chain judges entries in their order. Its memory grows with the number of
// subjects and statements, by 24 to 64 bytes each.
type chain struct {
	next       uint64
	logged     int64 // of the entry before
	subjects   *markTable
	statements *markTable
	open       map[mark]*signing // statements that still lack signers
	unread     map[uint64]bool   // entries that could not be read: their successors are not blamed
	findings   *Findings
	touched    uint64 // keeps touch from being optimised away
}

// A signing is a statement of several signers under way.
type signing struct {
	signed, signers int
	subject         mark
	people          []mark
}

func newChain(size uint64, findings *Findings) *chain {
	return &chain{subjects: newMarkTable(size), statements: newMarkTable(size),
		open: map[mark]*signing{}, unread: map[uint64]bool{}, findings: findings}
}

// touch reads the slots that the links will ask for, one independent of the
// other, so that the processor fetches many at once; follow then finds them in
// its cache. It decides nothing.
func (c *chain) touch(links []link) {
	var sum uint64
	for i := range links {
		sum += c.subjects.peek(links[i].subject) + c.statements.peek(links[i].statement)
	}
	c.touched = sum
}

// follow judges the next entry.
func (c *chain) follow(l *link) {
	at := c.next
	c.next++
	if l.wrong != "" {
		c.unread[at] = true
		c.findings.add(int64(at), "条目", "%s", l.wrong)
		return
	}
	index := int64(at)
	if l.number != at {
		c.findings.add(index, labelNumber, "写的是 %d，与它在日志中的位置不同。", l.number)
	}
	if l.logged < c.logged {
		c.findings.add(index, labelLogged, "早于前面条目的入册时间，入册时间不得倒退。")
	} else {
		c.logged = l.logged
	}
	if l.logged < l.received {
		c.findings.add(index, labelReceived, "晚于入册时间。")
	} else if l.logged > l.received+MaxDelay.Milliseconds() {
		c.findings.add(index, labelLogged, "比收到时间晚了 60 秒以上。")
	}
	c.followSubject(at, l)
	if l.signers > 0 {
		c.followStatement(index, l)
	}
}

func (c *chain) followSubject(at uint64, l *link) {
	want := int64(-1)
	if l.subject != (mark{}) {
		if before, had := c.subjects.swap(l.subject, at); had {
			want = int64(before)
		}
	}
	if l.previous != want && !(l.previous > want && c.unread[uint64(l.previous)]) {
		c.findings.add(int64(at), labelPrevious, "写的是 %s，同一主体的前一条实为 %s。", spellPosition(l.previous), spellPosition(want))
	}
}

// followStatement holds that each person seals a statement once, in order, and
// that a statement completes at most one act.
func (c *chain) followStatement(at int64, l *link) {
	first, seen := c.statements.swap(l.statement, uint64(at))
	s := c.open[l.statement]
	switch {
	case !seen && l.signed != 1 && len(c.unread) == 0:
		c.findings.add(at, labelProgress, "写的是 %d/%d，但前面没有第 1 位签署人的条目。", l.signed, l.signers)
	case !seen && l.signers > 1:
		c.open[l.statement] = &signing{l.signed, l.signers, l.subject, []mark{l.actor, l.key}}
	case seen && s == nil:
		c.findings.add(at, labelStatement, "这份陈述在第 %d 号条目已经办结，不能再次使用。", first)
	case seen:
		c.followSigner(at, l, s)
	}
}

func (c *chain) followSigner(at int64, l *link, s *signing) {
	for _, m := range s.people {
		if m == l.actor || m == l.key {
			c.findings.add(at, labelActor, "同一人员或同一把钥匙对这份陈述签署了两次。")
			return
		}
	}
	if l.signers != s.signers || l.signed != s.signed+1 && len(c.unread) == 0 {
		c.findings.add(at, labelProgress, "写的是 %d/%d，应为 %d/%d。", l.signed, l.signers, s.signed+1, s.signers)
		return
	}
	if l.subject != s.subject {
		c.findings.add(at, labelSubject, "与同一陈述前一位签署人的条目不同。")
	}
	s.signed, s.people = l.signed, append(s.people, l.actor, l.key)
	if s.signed == s.signers {
		delete(c.open, l.statement)
	}
}
