package store

import (
	"context"
	"errors"
	"time"

	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
)

// look answers, after a COMMIT whose answer was lost, whether it stands: by the
// entry at our number, under the head's lock so that nobody is on the way. Until
// the database says so, nothing is let in: who took its silence for a no would do
// the acts twice. Only a store that closes leaves it open.
func (c *committer) look(g *group) (stands, known bool) {
	for {
		err := c.lookOnce(g)
		if err == nil || errors.Is(err, errNotThere) {
			return err == nil, true
		}
		c.store.log.Warn("it is not known whether a group stands; nothing is let in until the database says", "acts", len(g.leaves), "cause", err.Error())
		for again := time.After(lookAgain); again != nil; {
			select {
			case <-again:
				again = nil
			case a := <-c.queue:
				a.answer(audit.Receipt{}, c.failure(err))
			case <-c.stop:
				return false, false
			}
		}
	}
}

// unknown tells those of a group that nobody knows about it yet.
func (c *committer) unknown(f *flight) {
	tell(f.refusals)
	for _, l := range f.group.leaves {
		if l.last {
			l.act.answer(audit.Receipt{}, fault.New(fault.Unavailable, "系统正在停机，数据库没有说这项操作是否办成，可能已经办成。请稍后再提交同一份签章查询结果，不会重复办理。"))
		}
	}
}

var errNotThere = errors.New("the entry is not in the log")

func (c *committer) lookOnce(g *group) error {
	ctx, cancel := context.WithTimeout(c.store.ctx, 5*time.Second)
	defer cancel()
	d, err := c.store.dialect.open(ctx, c.store.commitDB)
	if err != nil {
		return err
	}
	defer d.close()
	first := g.leaves[0]
	sets, err := d.begin(ctx, []want{{"SELECT leaf FROM log_entries WHERE number = ?", []any{int64(first.entry.Number)}}})
	if err != nil {
		return err
	}
	if len(sets[1]) == 1 {
		if leaf, err := cellOf(blob, sets[1][0][0]); err == nil && string(leaf.([]byte)) == string(first.text) {
			if err := d.rollback(ctx); err != nil { // flush wants the lock
				return err
			}
			return c.store.flush(ctx)
		}
	}
	return errNotThere
}
