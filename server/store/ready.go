package store

import (
	"context"

	"sealdesk/server/internal/fault"
)

// Ready says whether an act would be admitted now: the database answers, the
// head is authentic, and everything durable is signed.
func (s *Store) Ready(ctx context.Context) error {
	set, err := s.ask(ctx, headWant)
	if err != nil {
		return unreadable(err)
	}
	if _, err := s.readHead(set); err != nil {
		return err
	}
	note, err := s.Checkpoint(ctx)
	if err != nil {
		return err
	}
	if len(note) == 0 {
		return fault.New(fault.Unavailable, "日志还没有签过检查点。")
	}
	return nil
}
