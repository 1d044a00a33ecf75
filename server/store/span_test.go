package store

import (
	"testing"

	"sealdesk/server/audit"
)

func TestASpanWithoutNewLeavesHasTheFrontiersOwnRoot(t *testing.T) {
	var frontier audit.Frontier
	for n := range 70 {
		piece, err := newSpan(frontier, nil)
		if err != nil {
			t.Fatal(err)
		}
		root, err := piece.root()
		if err != nil {
			t.Fatalf("size %d: %v", n, err)
		}
		if root != frontier.Root() {
			t.Fatalf("size %d: another root", n)
		}
		leaf := audit.LeafHash([]byte{byte(n)})
		if piece, err = newSpan(frontier, []audit.Hash{leaf}); err != nil {
			t.Fatal(err)
		}
		frontier.Append(leaf)
		if root, err = piece.root(); err != nil || root != frontier.Root() {
			t.Fatalf("size %d and one leaf: %v", n, err)
		}
	}
}
