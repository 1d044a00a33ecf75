package sheet

import (
	"bytes"
	"context"
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealdesk/server/registration"
)

// clock is the server's clock of the sample data.
var clock = time.Date(2024, 11, 20, 10, 0, 0, 0, registration.Shanghai)

func sample(t testing.TB) Reference {
	t.Helper()
	ref, err := LoadReference("sample")
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func checkFile(t testing.TB, ref Reference, path, organ string) *Report {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return checkBytes(t, ref, data, organ)
}

func checkBytes(t testing.TB, ref Reference, data []byte, organ string) *Report {
	t.Helper()
	r, err := Check(context.Background(), Input{ReaderAt: bytes.NewReader(data), Size: int64(len(data))}, ref, organ, clock)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func csvOf(t testing.TB, r *Report) string {
	t.Helper()
	var b strings.Builder
	if err := r.WriteCSV(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var sheets = []struct{ name, organ string }{
	{"341021", "341021"}, {"341024", "341024"}, {"shizhi", "341000-SZ"},
}

func TestTheThreeSheetsGiveExactlyTheirExpectedReports(t *testing.T) {
	ref := sample(t)
	for _, s := range sheets {
		want, err := os.ReadFile("testdata/expected-" + s.name + ".csv")
		if err != nil {
			t.Fatal(err)
		}
		got := csvOf(t, checkFile(t, ref, "sample/applications-"+s.name+".xlsx", s.organ))
		differ(t, s.name, got, string(want))
	}
}

func differ(t *testing.T, name, got, want string) {
	t.Helper()
	if got == want {
		return
	}
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	shown := 0
	for i := 0; i < max(len(g), len(w)) && shown < 10; i++ {
		a, b := "", ""
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			t.Errorf("%s line %d: got %q, want %q", name, i+1, a, b)
			shown++
		}
	}
}

func TestEachHostileFileGivesExactlyItsLines(t *testing.T) {
	ref := sample(t)
	rows := readTable(t, "testdata/bad/expected.csv")
	want := map[string]string{}
	for _, r := range rows[1:] {
		want[r[0]] += strings.Join(r[1:], ",") + "\n"
	}
	head := strings.Join(rows[0][1:], ",") + "\n"
	files, err := os.ReadDir("testdata/bad")
	if err != nil || len(files) != len(want)+1 {
		t.Fatalf("%d files, %d expected, %v", len(files)-1, len(want), err)
	}
	for name, lines := range want {
		start := time.Now()
		got := csvOf(t, checkFile(t, ref, filepath.Join("testdata/bad", name), "341024"))
		differ(t, name, got, head+lines)
		if took := time.Since(start); took > 2*time.Second {
			t.Errorf("%s took %v, more than 2 s", name, took)
		}
	}
}

func readTable(t testing.TB, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}
