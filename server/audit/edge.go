package audit

import (
	"context"

	"golang.org/x/mod/sumdb/tlog"

	"sealdesk/server/internal/fault"
)

// An Edge is the tree's right border as tiles: for each level the hashes of the
// one tile that is not yet full. With the stored full tiles it is the whole
// tree. The zero value is the empty tree. Not safe for concurrent use; what was
// appended stays, so after a rollback the border is derived anew.
type Edge struct {
	frontier Frontier
	levels   [][]Hash // levels[l] has (size >> 8l) & 255 hashes
}

// Size is the number of leaves.
func (e *Edge) Size() uint64 { return e.frontier.size }

// Root is the tree's root.
func (e *Edge) Root() Hash { return e.frontier.Root() }

// Frontier gives a copy of the compact range.
func (e *Edge) Frontier() Frontier { return e.frontier.Clone() }

// Append adds one leaf and gives the tiles that became full by it, lowest
// level first; mostly none.
func (e *Edge) Append(leaf Hash) []Tile {
	e.frontier.Append(leaf)
	return e.climb(0, leaf)
}

// appendTile adds a whole tile of leaves by its root, at a size that is a
// multiple of TileWidth, and gives the tiles above it that became full.
func (e *Edge) appendTile(root Hash) []Tile {
	e.frontier.appendSubtree(root, tileHeight)
	if len(e.levels) == 0 {
		e.levels = append(e.levels, make([]Hash, 0, TileWidth))
	}
	return e.climb(1, root)
}

// climb puts a hash at the end of a level and, as long as that fills a tile,
// the tile's root at the end of the level above.
func (e *Edge) climb(level int, h Hash) []Tile {
	var full []Tile
	for ; ; level++ {
		if level == len(e.levels) {
			e.levels = append(e.levels, make([]Hash, 0, TileWidth))
		}
		e.levels[level] = append(e.levels[level], h)
		if len(e.levels[level]) < TileWidth {
			return full
		}
		index := e.frontier.size>>(tileHeight*(level+1)) - 1
		full = append(full, Tile{TileID{level, index, TileWidth}, packHashes(e.levels[level])})
		h = subtreeRoot(e.levels[level])
		e.levels[level] = e.levels[level][:0]
	}
}

// Tiles gives the partial tiles, lowest level first.
func (e *Edge) Tiles() []Tile {
	var tiles []Tile
	for level, hashes := range e.levels {
		if len(hashes) > 0 {
			index := e.frontier.size >> (tileHeight * (level + 1))
			tiles = append(tiles, Tile{TileID{level, index, len(hashes)}, packHashes(hashes)})
		}
	}
	return tiles
}

// tile gives the hashes of a partial tile of the border, if t is one or the
// beginning of one.
func (e *Edge) tile(t TileID) ([]byte, bool) {
	if t.Level >= len(e.levels) || t.Index != e.frontier.size>>(tileHeight*(t.Level+1)) || t.Width > len(e.levels[t.Level]) {
		return nil, false
	}
	return packHashes(e.levels[t.Level][:t.Width]), true
}

// LoadEdge derives the border of a tree of the given size: level 0 from the
// last leaves, which the caller hashed from its stored entries (the last
// size mod 256 of them), each level above from the full tiles below. It checks
// nothing else; compare Root with the head that is known to be genuine.
func LoadEdge(ctx context.Context, size uint64, leaves []Hash, full TileReader) (*Edge, error) {
	if size > maxNumber || uint64(len(leaves)) != size%TileWidth {
		return nil, fault.New(fault.Invalid, "大小为 %d 的日志，其未满的一格应有 %d 条，给出了 %d 条。", size, size%TileWidth, len(leaves))
	}
	e := &Edge{levels: [][]Hash{append(make([]Hash, 0, TileWidth), leaves...)}}
	for level := 1; size>>(tileHeight*level) > 0; level++ {
		count := size >> (tileHeight * level)
		hashes := make([]Hash, 0, TileWidth)
		for i := count - count%TileWidth; i < count; i++ {
			id := TileID{level - 1, i, TileWidth}
			data, err := full.ReadTile(ctx, id)
			if err != nil {
				return nil, err
			}
			below, err := unpackHashes(data, TileWidth)
			if err != nil {
				return nil, fault.Wrap(err, fault.Invalid, "日志格 %s 的长度不对。", id.Path())
			}
			hashes = append(hashes, subtreeRoot(below))
		}
		e.levels = append(e.levels, hashes)
	}
	e.frontier = frontierOf(size, e.levels)
	return e, nil
}

// frontierOf derives the compact range from the border's tiles.
func frontierOf(size uint64, levels [][]Hash) Frontier {
	var f Frontier
	for level := len(levels) - 1; level >= 0; level-- {
		for _, h := range levels[level] {
			f.appendSubtree(h, tileHeight*level)
		}
	}
	f.size = size
	return f
}

func packHashes(hashes []Hash) []byte {
	b := make([]byte, 0, len(hashes)*tlog.HashSize)
	for i := range hashes {
		b = append(b, hashes[i][:]...)
	}
	return b
}

func unpackHashes(b []byte, width int) ([]Hash, error) {
	if len(b) != width*tlog.HashSize {
		return nil, fault.New(fault.Invalid, "日志格应有 %d 字节，实有 %d 字节。", width*tlog.HashSize, len(b))
	}
	hashes := make([]Hash, width)
	for i := range hashes {
		copy(hashes[i][:], b[i*tlog.HashSize:])
	}
	return hashes, nil
}

// subtreeRoot is the root of a perfect subtree over the hashes; their number
// is a power of two.
func subtreeRoot(hashes []Hash) Hash {
	var row [TileWidth / 2]Hash
	if len(hashes) == 1 {
		return hashes[0]
	}
	n := len(hashes) / 2
	for i := 0; i < n; i++ {
		row[i] = tlog.NodeHash(hashes[2*i], hashes[2*i+1])
	}
	for n > 1 {
		n /= 2
		for i := 0; i < n; i++ {
			row[i] = tlog.NodeHash(row[2*i], row[2*i+1])
		}
	}
	return row[0]
}
