package store

import (
	"testing"

	"pgregory.net/rapid"

	"sealdesk/server/audit"
)

func TestASpanGivesTheRootAndTheProofsOfTheWholeTree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, more := rapid.IntRange(0, 700).Draw(t, "from"), rapid.IntRange(1, 300).Draw(t, "more")
		var old, whole audit.Frontier
		var leaves []audit.Hash
		entry := func(i int) []byte { return []byte{byte(i), byte(i >> 8), 'x'} }
		for i := range from + more {
			h := audit.LeafHash(entry(i))
			whole.Append(h)
			if i < from {
				old.Append(h)
			} else {
				leaves = append(leaves, h)
			}
		}
		s, err := newSpan(old, leaves)
		if err != nil {
			t.Fatal(err)
		}
		root, err := s.root()
		if err != nil || root != whole.Root() {
			t.Fatalf("another root: %v", err)
		}
		i := rapid.IntRange(from, from+more-1).Draw(t, "leaf")
		p, err := s.prove(uint64(i))
		if err != nil {
			t.Fatal(err)
		}
		if err := audit.VerifyInclusion(p, root, entry(i)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.prove(uint64(from + more)); err == nil {
			t.Fatal("a proof of a leaf that is not there")
		}
	})
}
