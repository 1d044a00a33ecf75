package store

import (
	"context"
	"time"

	"sealdesk/server/internal/fault"
)

// maxSkew is how far the portal's clock may be from the database's.
const maxSkew = time.Second

// KeepClock compares the portal's clock with the database's and refuses when
// they are more than one second apart; serve runs only within it. From then on
// each group is held to it as well: no clock, no act. SQLite has no clock of its
// own.
func (s *Store) KeepClock(ctx context.Context) error {
	if s.config.Driver == SQLite {
		return nil
	}
	skew, err := s.skew(ctx)
	if err != nil {
		return unreadable(err)
	}
	if skew > maxSkew || skew < -maxSkew {
		return fault.New(fault.Unavailable, "门户服务器的时钟与数据库相差 %.1f 秒，超过 1 秒，不能运行。请先对时（NTP）再启动。", skew.Seconds())
	}
	s.keepsClock.Store(true)
	return nil
}

// inTime refuses a group that began when the two clocks were surely more than a
// second apart: the database said at some moment between before and after.
func (s *Store) inTime(said int64, before, after time.Time) error {
	if said == 0 || !s.keepsClock.Load() {
		return nil
	}
	there := time.UnixMilli(said)
	if there.Before(before.Add(-maxSkew)) || there.After(after.Add(maxSkew)) {
		return fault.New(fault.Unavailable, "门户服务器的时钟与数据库相差超过 1 秒，现在不受理，没有任何改动；对时（NTP）以后自动继续。请通知系统管理员。")
	}
	return nil
}

// skew is the portal's clock less the database's, as the quickest of three
// answers shows it.
func (s *Store) skew(ctx context.Context) (time.Duration, error) {
	var best, skew time.Duration
	for i := range 3 {
		before := s.clock()
		set, err := s.ask(ctx, want{"SELECT " + mysqlClock, nil})
		if err != nil {
			return 0, err
		}
		after := s.clock()
		at, err := cellOf(number, set[0][0])
		if err != nil {
			return 0, err
		}
		if took := after.Sub(before); i == 0 || took < best {
			best = took
			skew = before.Add(took / 2).Sub(time.UnixMilli(at.(int64)))
		}
	}
	return skew, nil
}
