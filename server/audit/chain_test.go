package audit

import (
	"crypto/ed25519"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
)

const testOrigin = "log.sealdesk.example/chain"

func testKey(t *testing.T) (note.Signer, note.Verifier) {
	t.Helper()
	key := ed25519.NewKeyFromSeed([]byte(strings.Repeat("k", ed25519.SeedSize)))
	pub := key.Public().(ed25519.PublicKey)
	signer, err := NewSigner(testOrigin, pub, key)
	if err != nil {
		t.Fatal(err)
	}
	vkey, err := VerifierKey(testOrigin, pub)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return signer, verifier
}

// publish writes entries, whatever they say, as the log that signs them would.
func publish(t *testing.T, entries [][]byte) string {
	t.Helper()
	signer, _ := testKey(t)
	w := &ExportWriter{dir: filepath.Join(t.TempDir(), "log")}
	for i, e := range entries {
		var err error
		if w.bundle, err = AppendBundle(w.bundle, e); err != nil {
			t.Fatal(err)
		}
		for _, tile := range w.edge.Append(LeafHash(e)) {
			if err := w.write(tile.Path(), tile.Data); err != nil {
				t.Fatal(err)
			}
		}
		if (i+1)%TileWidth == 0 {
			if err := w.write(BundlePath(uint64(i/TileWidth), TileWidth), w.bundle); err != nil {
				t.Fatal(err)
			}
			w.bundle = nil
		}
	}
	cp, err := SignCheckpoint(Checkpoint{testOrigin, w.Size(), w.Root()}, signer)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(cp); err != nil {
		t.Fatal(err)
	}
	return w.dir
}

// honest is a log of 300 entries: reads about five subjects, a text of two
// signers at 10 and 20, one of one signer at 30.
func honest() []Entry {
	var log []Entry
	last := map[string]int64{}
	at := time.Date(2024, 11, 20, 10, 0, 0, 0, zone)
	for i := range 300 {
		e := Entry{Number: uint64(i), Previous: -1, Received: at.Add(time.Duration(i) * time.Second),
			Act: "read", Actor: "U00001", Subject: "x/" + string(rune('a'+i%5))}
		e.Logged = e.Received.Add(time.Millisecond)
		switch i {
		case 10, 20:
			e.Signed, e.Signers, e.Statement, e.Seal = i/10, 2, digestOf("two"), digestOf(e.Logged.String())
			e.Actor, e.Key = "U0000"+string(rune('0'+i/10)), digestOf(e.Logged.String()).String()
		case 30:
			e.Signed, e.Signers, e.Statement, e.Seal, e.Key = 1, 1, digestOf("one"), digestOf("seal"), digestOf("k").String()
		}
		if before, ok := last[e.Subject]; ok {
			e.Previous = before
		}
		last[e.Subject] = int64(i)
		log = append(log, e)
	}
	return log
}

func printAll(t *testing.T, log []Entry) [][]byte {
	t.Helper()
	var entries [][]byte
	for _, e := range log {
		b, err := e.Print()
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, b)
	}
	return entries
}

func judge(t *testing.T, entries [][]byte) LogReport {
	t.Helper()
	_, verifier := testKey(t)
	report, err := VerifyLog(t.Context(), publish(t, entries), verifier, LogOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// A log that signs what it should not is found out by the entries themselves.
func TestEachRuleOfTheOrderIsHeldAndNamesIndexAndField(t *testing.T) {
	if report := judge(t, printAll(t, honest())); !report.Findings.OK() {
		t.Fatalf("the honest log: %v", report.Findings.List)
	}
	for name, c := range map[string]struct {
		index int64
		field string
		spoil func([]Entry)
	}{
		"another number":                 {40, labelNumber, func(l []Entry) { l[40].Number = 41 }},
		"a log that goes back":           {41, labelLogged, func(l []Entry) { l[40].Received = l[45].Received; l[40].Logged = l[45].Logged }},
		"logged before received":         {40, labelReceived, func(l []Entry) { l[40].Received = l[40].Logged.Add(time.Millisecond) }},
		"logged a minute late":           {40, labelLogged, func(l []Entry) { l[40].Received = l[40].Logged.Add(-60001 * time.Millisecond) }},
		"a chain that skips":             {40, labelPrevious, func(l []Entry) { l[40].Previous = 30 }},
		"a chain that begins anew":       {40, labelPrevious, func(l []Entry) { l[40].Previous = -1 }},
		"a chain to a foreign subject":   {40, labelPrevious, func(l []Entry) { l[40].Previous = 39 }},
		"a chain of an unknown subject":  {299, labelPrevious, func(l []Entry) { l[299].Subject = "x/new" }},
		"a chain without a subject":      {299, labelPrevious, func(l []Entry) { l[299].Subject = "" }},
		"a second signer without first":  {20, labelProgress, func(l []Entry) { l[20].Statement = digestOf("other") }},
		"the first signer again":         {20, labelProgress, func(l []Entry) { l[20].Signed = 1 }},
		"other signers":                  {20, labelProgress, func(l []Entry) { l[20].Signers = 3 }},
		"one key twice":                  {20, labelActor, func(l []Entry) { l[20].Key = l[10].Key }},
		"one person twice":               {20, labelActor, func(l []Entry) { l[20].Actor = l[10].Actor }},
		"a text used again by one":       {30, labelStatement, func(l []Entry) { l[30].Statement = l[10].Statement }},
		"a text of one used again":       {31, labelStatement, func(l []Entry) { reseal(l, 31, 30, 1, 1) }},
		"a third signer of two":          {31, labelStatement, func(l []Entry) { reseal(l, 31, 20, 2, 2) }},
		"a second signer of another one": {20, labelSubject, func(l []Entry) { l[20].Subject = "x/z"; l[20].Previous = -1; l[25].Previous = 15 }},
	} {
		log := honest()
		c.spoil(log)
		report := judge(t, printAll(t, log))
		if len(report.Findings.List) == 0 || report.Findings.List[0].Index != c.index || report.Findings.List[0].Field != c.field {
			t.Errorf("%s: want a fault at %d, %s; got %v", name, c.index, c.field, report.Findings.List)
		}
	}
}

// reseal makes entry i use the statement of entry j.
func reseal(l []Entry, i, j, signed, signers int) {
	l[i].Statement, l[i].Seal, l[i].Key = l[j].Statement, digestOf("another seal"), digestOf("another key").String()
	l[i].Signed, l[i].Signers, l[i].Actor = signed, signers, "U00009"
}

func TestEntriesThatAreRemovedInsertedOrSwappedAreFoundEvenWhenTheLogSignsThem(t *testing.T) {
	entries := printAll(t, honest())
	for name, altered := range map[string][][]byte{
		"removed":  append(append([][]byte{}, entries[:100]...), entries[101:]...),
		"inserted": append(append(append([][]byte{}, entries[:100]...), entries[99]), entries[100:]...),
		"swapped":  append(append(append([][]byte{}, entries[:100]...), entries[101], entries[100]), entries[102:]...),
		"garbage":  append(append(append([][]byte{}, entries[:100]...), []byte("x")), entries[101:]...),
	} {
		report := judge(t, altered)
		if report.Findings.OK() || report.Findings.List[0].Index != 100 {
			t.Errorf("%s: %v", name, report.Findings.List)
		}
	}
}

func TestAnUnreadableEntryIsOneFaultAndItsSuccessorIsNotBlamed(t *testing.T) {
	entries := printAll(t, honest())
	entries[100] = []byte("x")
	if report := judge(t, entries); len(report.Findings.List) != 1 {
		t.Errorf("%v", report.Findings.List)
	}
}

func TestAFloodOfFaultsIsCounted(t *testing.T) {
	log := honest()
	for i := range log {
		log[i].Received = log[i].Logged.Add(-2 * time.Minute)
	}
	report := judge(t, printAll(t, log))
	if len(report.Findings.List) != maxFindings || report.Findings.More != 300-maxFindings {
		t.Errorf("%d faults listed, %d more", len(report.Findings.List), report.Findings.More)
	}
}

func TestTheMarkTableAgreesWithAMapWhileItGrows(t *testing.T) {
	table, want := newMarkTable(0), map[mark]uint64{}
	for i := range uint64(50_000) {
		m := mark{(i % 17_000) * 0x9e3779b97f4a7c15, (i % 17_000) << 41}
		before, had := table.swap(m, i)
		if b, h := want[m]; b != before || h != had {
			t.Fatalf("number %d: table gives %d, %v; map %d, %v", i, before, had, b, h)
		}
		want[m] = i
	}
}
