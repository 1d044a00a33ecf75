package audit

import (
	"context"
	"encoding/hex"
	"testing"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/tlog"
)

// The leaves and roots are those of the certificate-transparency test vectors
// that implementations of RFC 6962 share.
var vectorLeaves = []string{
	"", "00", "10", "2021", "3031", "40414243", "5051525354555657",
	"606162636465666768696a6b6c6d6e6f",
}

var vectorRoots = []string{
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
	"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}

func TestRootsAreThoseOfTheRFC6962Vectors(t *testing.T) {
	var f Frontier
	for i, want := range vectorRoots {
		root := f.Root()
		if got := hex.EncodeToString(root[:]); got != want {
			t.Errorf("root of %d leaves is %s, want %s", i, got, want)
		}
		if i < len(vectorLeaves) {
			leaf, _ := hex.DecodeString(vectorLeaves[i])
			f.Append(LeafHash(leaf))
		}
	}
}

// memoryTiles keeps full tiles as a store would.
type memoryTiles map[string][]byte

func (m memoryTiles) ReadTile(_ context.Context, t TileID) ([]byte, error) {
	if data, ok := m[t.Path()]; ok {
		return data, nil
	}
	return nil, context.Canceled
}

func leafNumber(i int) Hash { return LeafHash([]byte{byte(i), byte(i >> 8), byte(i >> 16), 7}) }

func TestTheFrontierAgreesWithAnIndependentImplementation(t *testing.T) {
	var f Frontier
	ours := compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	theirs := ours.NewEmptyRange(0)
	for i := range 1500 {
		leaf := leafNumber(i)
		f.Append(leaf)
		if err := theirs.Append(leaf[:], nil); err != nil {
			t.Fatal(err)
		}
		want, err := theirs.GetRootHash(nil)
		if err != nil || f.Root() != Hash(want) {
			t.Fatalf("root of %d leaves differs (%v)", i+1, err)
		}
		b, _ := f.MarshalBinary()
		var again Frontier
		if err := again.UnmarshalBinary(b); err != nil || again.Root() != f.Root() || again.Size() != f.Size() {
			t.Fatalf("frontier of %d leaves does not survive marshalling (%v)", i+1, err)
		}
	}
}

func TestProofsFromStoredTilesAndTheEdgeVerifyAndNothingElseDoes(t *testing.T) {
	const size = 70_000 // three levels of tiles
	ctx := context.Background()
	var edge Edge
	tiles := memoryTiles{}
	var leaves []Hash
	roots := map[uint64]Hash{0: EmptyRoot()}
	for i := range size {
		leaves = append(leaves, leafNumber(i))
		for _, tile := range edge.Append(leaves[i]) {
			tiles[tile.Path()] = tile.Data
		}
		if i%997 == 0 || i == 255 || i == 65_535 || i == 65_536 || i == size-1 {
			roots[edge.Size()] = edge.Root()
		}
	}
	loaded, err := LoadEdge(ctx, size, leaves[size-size%TileWidth:], tiles)
	if err != nil || loaded.Root() != edge.Root() {
		t.Fatalf("the edge derived from full tiles has another root (%v)", err)
	}
	if len(loaded.Tiles()) != 3 || string(loaded.Tiles()[2].Data) != string(edge.Tiles()[2].Data) {
		t.Fatal("the derived edge has other partial tiles")
	}
	reader := WithEdge(tiles, loaded)
	for from, old := range roots {
		p, err := ProveConsistency(ctx, reader, from, size, edge.Root())
		if err != nil {
			t.Fatal(err)
		}
		if err := VerifyConsistency(p, old, edge.Root()); err != nil {
			t.Errorf("consistency from %d: %v", from, err)
		}
		if VerifyConsistency(p, leaves[3], edge.Root()) == nil {
			t.Errorf("consistency from %d holds for a foreign old root", from)
		}
		if from == 0 {
			continue
		}
		for _, index := range []uint64{0, from / 2, from - 1} {
			p, err := ProveInclusion(ctx, reader, from, old, index)
			if err != nil {
				t.Fatal(err)
			}
			if err := tlog.CheckRecord(p.Hashes, int64(from), old, int64(index), leaves[index]); err != nil {
				t.Errorf("inclusion of %d in %d: %v", index, from, err)
			}
			entry := []byte{byte(index), byte(index >> 8), byte(index >> 16), 7}
			if err := VerifyInclusion(p, old, entry); err != nil {
				t.Errorf("inclusion of %d in %d: %v", index, from, err)
			}
			if VerifyInclusion(p, old, append(entry, 0)) == nil {
				t.Errorf("inclusion of %d in %d holds for another entry", index, from)
			}
		}
	}
	tiles["tile/0/x001/000"] = tiles["tile/0/001"]
	for path := range tiles {
		if path == "tile/0/100" {
			tiles[path] = append([]byte(nil), tiles[path]...)
			tiles[path][40]++
		}
	}
	if _, err := ProveInclusion(ctx, reader, size, edge.Root(), 25_700); err == nil {
		t.Error("a proof was made from a damaged tile")
	}
}

func TestPathsAreThoseOfTlogTiles(t *testing.T) {
	for _, c := range []struct {
		id   TileID
		path string
	}{
		{TileID{0, 0, 256}, "tile/0/000"},
		{TileID{0, 273, 112}, "tile/0/273.p/112"},
		{TileID{1, 1234067, 256}, "tile/1/x001/x234/067"},
		{TileID{15, 0, 1}, "tile/15/000.p/1"},
		{TileID{-1, 1234, 17}, "tile/entries/x001/234.p/17"},
	} {
		got := c.id.Path()
		if c.id.Level < 0 {
			got = BundlePath(c.id.Index, c.id.Width)
		}
		if got != c.path {
			t.Errorf("%+v is %s, want %s", c.id, got, c.path)
		}
		if id, err := ParsePath(c.path); err != nil || id != c.id {
			t.Errorf("%s parses as %+v (%v)", c.path, id, err)
		}
	}
	for _, path := range []string{"", "tile/0", "tile/00/000", "tile/-1/000", "tile/data/000", "tile/0/1", "tile/0/x000/001",
		"tile/0/000.p/256", "tile/0/000.p/0", "tile/64/000", "tile/8/0/000", "checkpoint", "tile/entries/../000"} {
		if id, err := ParsePath(path); err == nil {
			t.Errorf("%q parses as %+v", path, id)
		}
	}
}
