package audit

import (
	"context"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"sealdesk/server/internal/fault"
)

// TileWidth is how many hashes (or entries) a full tile (or bundle) holds, as
// C2SP tlog-tiles lays down; tileHeight is its binary logarithm.
const (
	TileWidth  = 1 << tileHeight
	tileHeight = 8
)

// A TileID names one tile of hashes: Level 0 holds leaf hashes, each level
// above holds the roots of 256-wide tiles of the level below. Width is the
// number of hashes, 1 to 256; 256 is full.
type TileID struct {
	Level int
	Index uint64
	Width int
}

// Full reports whether the tile will never change.
func (t TileID) Full() bool { return t.Width == TileWidth }

// Path is the tlog-tiles path, e.g. tile/0/x001/234 or tile/1/000.p/17.
func (t TileID) Path() string {
	return "tile/" + strconv.Itoa(t.Level) + "/" + indexPath(t.Index, t.Width)
}

// BundlePath is the tlog-tiles path of the entry bundle with this index and
// number of entries, e.g. tile/entries/x001/234.
func BundlePath(index uint64, width int) string { return "tile/entries/" + indexPath(index, width) }

// CheckpointPath is where an export keeps its checkpoint.
const CheckpointPath = "checkpoint"

func indexPath(index uint64, width int) string {
	s := fmt.Sprintf("%03d", index%1000)
	for index >= 1000 {
		index /= 1000
		s = fmt.Sprintf("x%03d/%s", index%1000, s)
	}
	if width != TileWidth {
		s += ".p/" + strconv.Itoa(width)
	}
	return s
}

// ParsePath reads what TileID.Path and BundlePath print. For a bundle the
// level is -1.
func ParsePath(path string) (TileID, error) {
	wrong := fault.New(fault.NotFound, "“%.80s”不是日志文件的路径。", path)
	rest, ok := strings.CutPrefix(path, "tile/")
	if !ok {
		return TileID{}, wrong
	}
	level, rest, ok := strings.Cut(rest, "/")
	if !ok {
		return TileID{}, wrong
	}
	if level == "entries" {
		level = "data"
	} else if _, err := strconv.ParseUint(level, 10, 6); err != nil {
		return TileID{}, wrong
	}
	t, err := tlog.ParseTilePath("tile/8/" + level + "/" + rest)
	if err != nil || t.N > maxNumber {
		return TileID{}, wrong
	}
	return TileID{Level: t.L, Index: uint64(t.N), Width: t.W}, nil
}

// A Tile is a tile with its hashes, TileID.Width times 32 bytes.
type Tile struct {
	TileID
	Data []byte
}

// AppendBundle adds one entry to an entry bundle: its length as big-endian
// uint16, then its bytes.
func AppendBundle(bundle, entry []byte) ([]byte, error) {
	if len(entry) == 0 || len(entry) > MaxEntry {
		return nil, fault.New(fault.Invalid, "日志条目有 %d 字节，应为 1 至 %d 字节。", len(entry), MaxEntry)
	}
	return append(binary.BigEndian.AppendUint16(bundle, uint16(len(entry))), entry...), nil
}

// ParseBundle splits a bundle of exactly width entries. The entries share the
// bundle's memory.
func ParseBundle(bundle []byte, width int) ([][]byte, error) {
	entries := make([][]byte, 0, width)
	for rest := bundle; len(rest) > 0; {
		entry, after, ok := cutEntry(rest)
		if !ok {
			return nil, fault.New(fault.Invalid, "条目包在第 %d 条处断开。", len(entries))
		}
		entries, rest = append(entries, entry), after
		if len(entries) > width {
			break
		}
	}
	if len(entries) != width {
		return nil, fault.New(fault.Invalid, "条目包的条数不是 %d 条。", width)
	}
	return entries, nil
}

func cutEntry(b []byte) (entry, rest []byte, ok bool) {
	if len(b) < 2 {
		return nil, nil, false
	}
	n := int(binary.BigEndian.Uint16(b))
	if len(b) < 2+n {
		return nil, nil, false
	}
	return b[2 : 2+n], b[2+n:], true
}

// A TileReader gives the hashes of stored tiles. ReadTile returns exactly
// t.Width times 32 bytes; for a partial tile it may cut a wider one. It may be
// asked for any tile within the tree's size.
type TileReader interface {
	ReadTile(ctx context.Context, t TileID) ([]byte, error)
}
