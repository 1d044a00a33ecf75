package store

import (
	"context"
	"fmt"

	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
)

// edgeOf is the tree's border for the head that was just locked: the one kept
// from the last group, or read anew when another portal wrote meanwhile.
func (c *committer) edgeOf(g *group) (*audit.Edge, error) {
	if c.edge == nil || c.edge.Size() != g.head.size || c.edge.Root() != g.head.root {
		var err error
		if c.edge, err = readEdge(g.ctx, g.head.size, g.door.query); err != nil {
			return nil, err
		}
	}
	if c.edge.Root() != g.head.root {
		return nil, c.store.forged()
	}
	edge := c.edge
	c.edge = nil // it grows with this group and is kept again when that is durable
	return edge, nil
}

// asker runs one SELECT.
type asker func(ctx context.Context, w want) ([][]any, error)

// readEdge derives the border from stored entries and full tiles.
func readEdge(ctx context.Context, size uint64, ask asker) (*audit.Edge, error) {
	first := size - size%audit.TileWidth
	leaves, err := readLeaves(ctx, first, size, ask)
	if err != nil {
		return nil, err
	}
	return audit.LoadEdge(ctx, size, leaves, tiles(ask))
}

// readLeaves hashes the stored entries from..to.
func readLeaves(ctx context.Context, from, to uint64, ask asker) ([]audit.Hash, error) {
	if from == to {
		return nil, nil
	}
	set, err := ask(ctx, want{"SELECT number, leaf FROM log_entries WHERE number >= ? AND number < ? ORDER BY number", []any{int64(from), int64(to)}})
	if err != nil {
		return nil, err
	}
	leaves := make([]audit.Hash, 0, len(set))
	for i, cells := range set {
		at, err1 := cellOf(number, cells[0])
		leaf, err2 := cellOf(blob, cells[1])
		if err1 != nil || err2 != nil || uint64(at.(int64)) != from+uint64(i) {
			return nil, fmt.Errorf("entry %d is missing", from+uint64(i))
		}
		leaves = append(leaves, audit.LeafHash(leaf.([]byte)))
	}
	if uint64(len(leaves)) != to-from {
		return nil, fmt.Errorf("entries %d to %d: %d rows", from, to, len(leaves))
	}
	return leaves, nil
}

// tiles reads full tiles; partial ones are cut from them or left to an edge.
type tiles asker

func (t tiles) ReadTile(ctx context.Context, id audit.TileID) ([]byte, error) {
	set, err := t(ctx, want{"SELECT hashes FROM log_tiles WHERE level = ? AND idx = ?", []any{int64(id.Level), int64(id.Index)}})
	if err != nil {
		return nil, err
	}
	if len(set) != 1 {
		return nil, fault.New(fault.NotFound, "日志格 %s 不在数据库里。", id.Path())
	}
	data, err := cellOf(blob, set[0][0])
	if err != nil || len(data.([]byte)) < 32*id.Width {
		return nil, fault.New(fault.Unavailable, "日志格 %s 的长度不对。", id.Path())
	}
	return data.([]byte)[:32*id.Width], nil
}
