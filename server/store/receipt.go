package store

import (
	"context"
	"errors"

	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
)

// Receipt gives the receipt of an entry within the reach of the grant, or of
// the person's own, under the newest signed checkpoint. It waits while the
// signature is being made.
func (s *Store) Receipt(ctx context.Context, g policy.Grant, number uint64) (audit.Receipt, error) {
	if _, err := s.reachable(ctx, g, number); err != nil {
		return audit.Receipt{}, err
	}
	return s.receipt(ctx, number)
}

func (s *Store) receipt(ctx context.Context, number uint64) (audit.Receipt, error) {
	set, err := s.ask(ctx, want{"SELECT leaf FROM log_entries WHERE number = ?", []any{int64(number)}})
	if err != nil {
		return audit.Receipt{}, unreadable(err)
	}
	if len(set) != 1 {
		return audit.Receipt{}, fault.New(fault.NotFound, "日志里没有第 %d 号。请核对编号。", number)
	}
	leaf, err := cellOf(blob, set[0][0])
	if err != nil {
		return audit.Receipt{}, unreadable(err)
	}
	r := audit.Receipt{Number: number, Entry: leaf.([]byte)}
	c, signed, err := s.signer.covering(ctx, number)
	if err != nil {
		return r, err
	}
	r.Checkpoint = signed
	r.Proof, err = s.prove(ctx, c, number)
	return r, err
}

// prove makes the proof from the stored entries and tiles that an entry is in
// the tree of a checkpoint.
func (s *Store) prove(ctx context.Context, c audit.Checkpoint, number uint64) (audit.InclusionProof, error) {
	edge, err := readEdge(ctx, c.Size, s.ask)
	if err != nil {
		return audit.InclusionProof{}, unreadable(err)
	}
	return audit.ProveInclusion(ctx, audit.WithEdge(tiles(s.ask), edge), c.Size, c.Root, number)
}

func unreadable(err error) error {
	return fault.Wrap(err, fault.Unavailable, "数据库暂时读不出来，请稍后再试，并通知系统管理员。")
}

// readable gives an error of the database its sentence and leaves others.
func readable(err error) error {
	var known *fault.Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	return unreadable(err)
}
