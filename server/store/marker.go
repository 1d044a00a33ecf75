package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"time"

	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
)

// marker is a file on this host that remembers the newest checkpoint it
// signed. A database that was put back to an older state, checkpoints and all,
// is consistent in itself; only a memory outside it can tell. It is written at
// most once a second and when the store closes, so the last second is not
// covered: witnesses will close that gap.
type marker struct {
	path    string
	written time.Time
}

// markEvery bounds how often the file is written.
const markEvery = time.Second

// keep writes the checkpoint, whole or not at all.
func (m *marker) keep(signed []byte, now time.Time, always bool) error {
	if m.path == "" || signed == nil || !always && now.Sub(m.written) < markEvery {
		return nil
	}
	m.written = now
	f, err := os.CreateTemp(filepath.Dir(m.path), ".checkpoint-*")
	if err != nil {
		return err
	}
	_, err = f.Write(signed)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), m.path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// agrees refuses a log that does not begin with what this host signed last.
func (m *marker) agrees(ctx context.Context, s *Store) error {
	if m.path == "" {
		return nil
	}
	signed, err := os.ReadFile(m.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil // the first start on this host
	}
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "读不到本机的检查点记录，不能启动。请检查文件权限。")
	}
	c, err := audit.OpenCheckpoint(signed, s.keys.LogVerifier)
	if err != nil {
		return fault.Wrap(err, fault.Unavailable, "本机的检查点记录不是这本日志签发的，不能启动。请核对配置，告知安全审计员。")
	}
	set, err := s.ask(ctx, headWant)
	if err != nil {
		return unreadable(err)
	}
	h, err := s.readHead(set)
	if err != nil {
		return err
	}
	if h.size < c.Size {
		return fault.New(fault.Unavailable, "数据库里的日志有 %d 条，本机已经签发到 %d 条：数据库被恢复到了旧的状态，不能启动。请告知安全审计员，不要删除本机的检查点记录。", h.size, c.Size)
	}
	edge, err := readEdge(ctx, c.Size, s.ask)
	if err != nil {
		return err
	}
	if edge.Root() != c.Root {
		return fault.New(fault.Unavailable, "数据库里的日志与本机签发过的检查点（%d 条）不符，不能启动。请保全数据库，告知安全审计员。", c.Size)
	}
	return nil
}
