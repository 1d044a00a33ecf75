package audit

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

func receiptOfTen(t testing.TB) (Receipt, Hash) {
	t.Helper()
	var edge Edge
	var entry []byte
	for i := range 10 {
		e := plainEntry()
		e.Number = uint64(i)
		b, err := e.Print()
		if err != nil {
			t.Fatal(err)
		}
		if i == 4 {
			entry = b
		}
		edge.Append(LeafHash(b))
	}
	proof, err := ProveInclusion(context.Background(), WithEdge(memoryTiles{}, &edge), 10, edge.Root(), 4)
	if err != nil {
		t.Fatal(err)
	}
	return Receipt{Number: 4, Entry: entry, Proof: proof}, edge.Root()
}

func TestAReceiptVerifiesAndSurvivesItsTlogProof(t *testing.T) {
	r, root := receiptOfTen(t)
	signer, log := testKey(t)
	var err error
	if r.Checkpoint, err = SignCheckpoint(Checkpoint{testOrigin, 10, root}, signer); err != nil {
		t.Fatal(err)
	}
	if err := r.Verify(log); err != nil {
		t.Fatal(err)
	}
	golden(t, "inclusion.tlog-proof", r.TLogProof())
	again, err := ReceiptOf(r.Entry, r.TLogProof(), log)
	if err != nil || again.Number != 4 || !bytes.Equal(again.TLogProof(), r.TLogProof()) {
		t.Errorf("%+v (%v)", again, err)
	}
	proof := string(r.TLogProof())
	for name, altered := range map[string]string{
		"another index":    strings.Replace(proof, "index 4\n", "index 5\n", 1),
		"an index with 0":  strings.Replace(proof, "index 4\n", "index 04\n", 1),
		"carriage returns": strings.ReplaceAll(proof, "\n", "\r\n"),
		"extra data":       strings.Replace(proof, "index", "extra AA==\nindex", 1),
		"nothing":          "",
		"one hash less":    proof[:strings.Index(proof, "index 4\n")+8] + proof[strings.Index(proof, "index 4\n")+8+45:],
	} {
		if altered == proof {
			t.Errorf("%s: nothing was altered", name)
		}
		if _, err := ReceiptOf(r.Entry, []byte(altered), log); err == nil {
			t.Errorf("%s: verified", name)
		}
	}
	if _, err := ReceiptOf(append(r.Entry, '\n'), r.TLogProof(), log); err == nil {
		t.Error("another entry verified")
	}
	r.Number = 5
	if r.Verify(log) == nil {
		t.Error("a receipt with another number verified")
	}
}

func FuzzReceiptOf(f *testing.F) {
	r, _ := receiptOfTen(f)
	f.Add([]byte("c2sp.org/tlog-proof@v1\nindex 4\n\nx\n"))
	f.Fuzz(func(t *testing.T, proof []byte) {
		_, log := testKey(t)
		if got, err := ReceiptOf(r.Entry, proof, log); err == nil && !bytes.Equal(got.TLogProof(), proof) {
			t.Errorf("%q is accepted and printed as %q", proof, got.TLogProof())
		}
	})
}

func FuzzParseOpening(f *testing.F) {
	o := Opening{Signers: make([]SignerSalts, 2), Row: &RowOpening{Record: "application/A2024-000001", Cells: []string{"张某", ""}}}
	b, err := o.print()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := parseOpening(b)
		if err != nil {
			return
		}
		if again, err := o.print(); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%q prints as %q (%v)", b, again, err)
		}
	})
}

func FuzzParsePath(f *testing.F) {
	f.Add("tile/0/x001/234.p/5")
	f.Add("tile/entries/000")
	f.Fuzz(func(t *testing.T, path string) {
		id, err := ParsePath(path)
		if err != nil {
			return
		}
		again := id.Path()
		if id.Level < 0 {
			again = BundlePath(id.Index, id.Width)
		}
		if again != path {
			t.Errorf("%q prints as %q", path, again)
		}
	})
}

func FuzzParseBundle(f *testing.F) {
	b, _ := AppendBundle(nil, []byte("one"))
	b, _ = AppendBundle(b, []byte("two"))
	f.Add(b, 2)
	f.Fuzz(func(t *testing.T, b []byte, width int) {
		entries, err := ParseBundle(b, max(0, min(width, TileWidth)))
		if err != nil {
			return
		}
		var again []byte
		for _, e := range entries {
			if len(e) == 0 || len(e) > MaxEntry {
				return
			}
			if again, err = AppendBundle(again, e); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(again, b) {
			t.Errorf("%x prints as %x", b, again)
		}
	})
}

func FuzzFrontier(f *testing.F) {
	var tree Frontier
	for i := range 11 {
		tree.Append(leafNumber(i))
	}
	b, _ := tree.MarshalBinary()
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		var tree Frontier
		if tree.UnmarshalBinary(b) != nil {
			return
		}
		if again, _ := tree.MarshalBinary(); !bytes.Equal(again, b) {
			t.Errorf("%x prints as %x", b, again)
		}
		tree.Append(leafNumber(1))
		tree.Root()
	})
}

func FuzzParsePolicy(f *testing.F) {
	f.Add([]byte("# x\nwitness a b+00000000+AAAA https://a.example/\ngroup g any a\nquorum g\n"))
	f.Add([]byte("quorum none\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, log := testKey(t)
		if p, err := ParsePolicy(b, log); err == nil && !p.named {
			t.Error("a policy that was read demands nothing by accident")
		}
	})
}

func FuzzOpenCheckpoint(f *testing.F) {
	f.Add([]byte("log.example\n8\nAAAA\n\n— log.example AAAA\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, log := testKey(t)
		if c, err := OpenCheckpoint(b, log); err == nil && !strings.HasPrefix(string(b), c.Text()) {
			t.Errorf("%q reads as %+v", b, c)
		}
	})
}
