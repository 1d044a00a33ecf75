package store

import (
	"context"
	"os"
	"path/filepath"

	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
)

// Checkpoint gives the newest signed head, as it is published.
func (s *Store) Checkpoint(context.Context) ([]byte, error) {
	s.signer.mu.Lock()
	defer s.signer.mu.Unlock()
	if s.signer.note == nil {
		return nil, errNotYet
	}
	return append([]byte(nil), s.signer.note...), nil
}

// exportBatch is how many entries are in memory at once.
const exportBatch = 1024

// ExportLog writes the log as C2SP tlog-tiles into dir, which must be empty,
// up to the newest signed checkpoint. With a directory for bodies, everything
// that the entries' digests cover goes there too, by digest: personal data.
func (s *Store) ExportLog(ctx context.Context, dir, bodies string) error {
	s.signer.mu.Lock()
	c, signed := s.signer.current, append([]byte(nil), s.signer.note...)
	s.signer.mu.Unlock()
	if len(signed) == 0 {
		return fault.New(fault.Unavailable, "日志还没有签发过检查点，没有可以导出的内容。")
	}
	w, err := audit.NewExport(dir)
	if err != nil {
		return err
	}
	if bodies != "" {
		if err := os.MkdirAll(bodies, 0o700); err != nil {
			return fault.Wrap(err, fault.Unavailable, "原文目录 %s 建不成。", filepath.Base(bodies))
		}
	}
	for from := uint64(0); from < c.Size; from += exportBatch {
		if err := s.exportPart(ctx, w, bodies, from, min(c.Size, from+exportBatch)); err != nil {
			return err
		}
	}
	if w.Root() != c.Root {
		return fault.New(fault.Unavailable, "数据库里的条目算不出已签发的根，日志可能被改动，导出已停止。请通知安全审计员。")
	}
	return w.Close(signed)
}

func (s *Store) exportPart(ctx context.Context, w *audit.ExportWriter, bodies string, from, to uint64) error {
	set, err := s.ask(ctx, want{"SELECT leaf FROM log_entries WHERE number >= ? AND number < ? ORDER BY number", []any{int64(from), int64(to)}})
	if err != nil {
		return unreadable(err)
	}
	statements := map[int64]audit.Digest{}
	for i, cells := range set {
		leaf, err := cellOf(blob, cells[0])
		if err != nil {
			return unreadable(err)
		}
		if err := w.Add(leaf.([]byte)); err != nil {
			return err
		}
		if e, err := audit.ParseEntry(leaf.([]byte)); err == nil {
			statements[int64(from)+int64(i)] = e.Statement
		}
	}
	if bodies == "" {
		return nil
	}
	set, err = s.ask(ctx, want{"SELECT kind, salt, body, number FROM log_bodies WHERE number >= ? AND number < ?", []any{int64(from), int64(to)}})
	if err != nil {
		return unreadable(err)
	}
	for _, cells := range set {
		at, err := cellOf(number, cells[3])
		if err != nil {
			return unreadable(err)
		}
		kind, salted, err := s.openBody(cells, uint64(at.(int64)))
		if err != nil {
			return err
		}
		if kind == "annex" {
			err = audit.WriteAnnex(bodies, statements[at.(int64)], salted.Bytes)
		} else {
			err = audit.WriteBody(bodies, salted)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
