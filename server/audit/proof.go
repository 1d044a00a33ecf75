package audit

import (
	"context"

	"golang.org/x/mod/sumdb/tlog"

	"sealdesk/server/internal/fault"
)

// ProveInclusion makes the proof that the leaf with this index stands in the
// tree (size, root). The tiles are checked against the root on the way, so a
// proof from damaged tiles is an error, never a wrong proof.
func ProveInclusion(ctx context.Context, tiles TileReader, size uint64, root Hash, index uint64) (InclusionProof, error) {
	if size > maxNumber || index >= size {
		return InclusionProof{}, fault.New(fault.NotFound, "第 %d 号条目不在大小为 %d 的日志之内。", index, size)
	}
	hashes, err := tlog.ProveRecord(int64(size), int64(index), authenticated(ctx, tiles, size, root))
	if err != nil {
		return InclusionProof{}, fault.Wrap(err, fault.Unavailable, "第 %d 号条目的包含证明做不出：日志格与根不符或读不到。", index)
	}
	return InclusionProof{Index: index, Size: size, Hashes: hashes}, nil
}

// ProveConsistency makes the proof that the tree (to, root) begins with the
// tree of the smaller size. As ProveInclusion, it believes no tile.
func ProveConsistency(ctx context.Context, tiles TileReader, from, to uint64, root Hash) (ConsistencyProof, error) {
	if to > maxNumber || from > to {
		return ConsistencyProof{}, fault.New(fault.NotFound, "没有从大小 %d 到大小 %d 的一致性证明。", from, to)
	}
	if from == 0 {
		return ConsistencyProof{From: 0, To: to}, nil
	}
	hashes, err := tlog.ProveTree(int64(to), int64(from), authenticated(ctx, tiles, to, root))
	if err != nil {
		return ConsistencyProof{}, fault.Wrap(err, fault.Unavailable, "大小 %d 至 %d 的一致性证明做不出：日志格与根不符或读不到。", from, to)
	}
	return ConsistencyProof{From: from, To: to, Hashes: hashes}, nil
}

func authenticated(ctx context.Context, tiles TileReader, size uint64, root Hash) tlog.HashReader {
	return tlog.TileHashReader(tlog.Tree{N: int64(size), Hash: root}, tileAdapter{ctx, tiles})
}

// tileAdapter shows a TileReader to the library, which asks for several tiles
// at once.
type tileAdapter struct {
	ctx   context.Context
	tiles TileReader
}

func (tileAdapter) Height() int                     { return tileHeight }
func (tileAdapter) SaveTiles([]tlog.Tile, [][]byte) {}

func (a tileAdapter) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, t := range tiles {
		b, err := a.tiles.ReadTile(a.ctx, TileID{Level: t.L, Index: uint64(t.N), Width: t.W})
		if err != nil {
			return nil, err
		}
		data[i] = b
	}
	return data, nil
}

// WithEdge reads full tiles from full and partial ones from the border, which
// together are the tree of the border's size.
func WithEdge(full TileReader, edge *Edge) TileReader { return edgeReader{full, edge} }

type edgeReader struct {
	full TileReader
	edge *Edge
}

func (r edgeReader) ReadTile(ctx context.Context, t TileID) ([]byte, error) {
	if data, ok := r.edge.tile(t); ok {
		return data, nil
	}
	if t.Full() {
		return r.full.ReadTile(ctx, t)
	}
	// A smaller tree's border lies inside a tile that is full by now.
	data, err := r.full.ReadTile(ctx, TileID{t.Level, t.Index, TileWidth})
	if err != nil {
		return nil, err
	}
	if len(data) != TileWidth*tlog.HashSize {
		return nil, fault.New(fault.Unavailable, "日志格 %s 的长度不对。", t.Path())
	}
	return data[:t.Width*tlog.HashSize], nil
}
