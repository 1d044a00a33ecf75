package sheet

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A process of its own checks one file and tells its processor time and
// peak memory, so that neither is another test's.

const childVariable = "SHEET_TEST_CHECK"

func TestMain(m *testing.M) {
	if path := os.Getenv(childVariable); path != "" {
		os.Exit(child(path))
	}
	os.Exit(m.Run())
}

func child(path string) int {
	ref, err := LoadReference("sample")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	f, err := os.Open(path)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		fmt.Println(err)
		return 1
	}
	r, err := Check(context.Background(), Input{ReaderAt: f, Size: info.Size()}, ref, "341024", clock)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	code := ""
	if len(r.Lines) > 0 {
		code = r.Lines[0].Code
	}
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		fmt.Println(err)
		return 1
	}
	spent := time.Duration(used.Utime.Nano() + used.Stime.Nano())
	fmt.Println(spent.Milliseconds(), peakKiB(), code)
	return 0
}

// peakKiB is the most memory the process ever had resident.
func peakKiB() int {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return -1
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				return -1
			}
			return n
		}
	}
	return -1
}

// measure runs the check of one file in a child and gives the first code.
func measure(t *testing.T, path string) (code string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+path)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v: %s", path, err, out)
	}
	var ms, kib int
	if n, _ := fmt.Sscan(string(out), &ms, &kib, &code); n < 2 {
		t.Fatalf("%s: %q", path, out)
	}
	name := filepath.Base(path)
	if ms > 2000 {
		t.Errorf("%s took %d ms of processor time, more than 2 s", name, ms)
	}
	if kib <= 0 || kib > 100<<10 {
		t.Errorf("%s had %d KiB resident, more than 100 MiB", name, kib)
	}
	t.Logf("%-32s %5d ms %4d MiB %s", name, ms, kib>>10, code)
	return code
}

func TestEachHostileFileTakesAtMostTwoSecondsAnd100MiB(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*")
	if err != nil || len(files) != 32-1 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, path := range files {
		if !strings.HasSuffix(path, "expected.csv") {
			measure(t, path)
		}
	}
}

func TestCraftedPartsStayWithinTheSameBounds(t *testing.T) {
	base := parts(sheetXML(rowsXML(good())))
	const much = 24 << 20
	repeat := func(s string) string { return strings.Repeat(s, much/len(s)) }
	part := func(text string) map[string]string { return changed(base, "docProps/x.xml", text) }
	strings100 := changed(base, "xl/sharedStrings.xml", "<sst>"+repeat("<si/>")+"</sst>")
	strings100["xl/_rels/workbook.xml.rels"] = strings.Replace(base["xl/_rels/workbook.xml.rels"], "</Rel",
		`<Relationship Id="rId3" Type="x/sharedStrings" Target="sharedStrings.xml"/></Rel`, 1)
	for name, c := range map[string]struct {
		parts map[string]string
		code  string
	}{
		"deep":        {part(repeat("<a>")), "damaged"},
		"attributes":  {part("<a" + repeat(` b=""`) + "/>"), "damaged"},
		"one-name":    {part("<" + repeat("a") + "/>"), "damaged"},
		"long-text":   {part("<a>" + repeat("汉") + "</a>"), ""},
		"tags":        {part("<a>" + repeat("<b/>") + "</a>"), ""},
		"comment":     {part("<!--" + repeat("x") + "--><a/>"), ""},
		"strings":     {strings100, "too-large"},
		"relations":   {changed(base, "xl/_rels/x.rels", "<a>"+repeat(`<Relationship Id="a" Type="b" Target="c"/>`)+"</a>"), ""},
		"long-cell":   {changed(base, "xl/worksheets/sheet1.xml", sheetXML(rowsXML(good(), with("person_name", "t:"+repeat("x"))))), "too-large"},
		"empty-rows":  {changed(base, "xl/worksheets/sheet1.xml", sheetXML(rowsXML(good())+repeat("<row/>"))), "damaged"},
		"many-merges": {changed(base, "xl/worksheets/sheet1.xml", strings.Replace(sheetXML(rowsXML(good())), "</sheetData>", "</sheetData><mergeCells>"+repeat(`<mergeCell ref="A2:XFD1048576"/>`)+"</mergeCells>", 1)), "too-large"},
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, pack(t, c.parts), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := measure(t, path); got != c.code {
			t.Errorf("%s: got %q, want %q", name, got, c.code)
		}
	}
}

func TestASheetFullOfFaultsStaysBounded(t *testing.T) {
	var b strings.Builder
	b.WriteString(rowsXML())
	for i := range 20000 {
		fmt.Fprintf(&b, `<row r="%d"><c r="A%d"><v>1</v></c></row>`, i+2, i+2)
	}
	path := filepath.Join(t.TempDir(), "faults")
	if err := os.WriteFile(path, pack(t, parts(sheetXML(b.String()))), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+path)
	out, err := cmd.Output()
	var ms, kib int
	if n, _ := fmt.Sscan(string(out), &ms, &kib); err != nil || n != 2 || kib <= 0 {
		t.Fatalf("%v %s", err, out)
	}
	t.Logf("20,000 rows of faults: %d ms, %d MiB", ms, kib>>10)
	if kib > 400<<10 {
		t.Errorf("%d MiB resident", kib>>10)
	}
}

func TestADoneContextEndsTheCheck(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	data, err := os.Open("sample/applications-341021.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	info, err := data.Stat()
	if err != nil {
		t.Fatal(err)
	}
	calls := 0
	in := Input{ReaderAt: data, Size: info.Size(), Progress: func(done, total int) {
		if calls++; total != 1900 || done > total {
			t.Errorf("progress %d of %d", done, total)
		}
		if done >= 640 {
			cancel()
		}
	}}
	if _, err := Check(ctx, in, sample(t), "341021", clock); err != context.Canceled || calls != 11 {
		t.Errorf("got %v after %d calls", err, calls)
	}
}

func TestAnOrganWithoutWindowIsRefusedBeforeTheFileIsRead(t *testing.T) {
	_, err := Check(context.Background(), Input{}, sample(t), "341000", clock)
	if err == nil || !strings.Contains(err.Error(), "窗口") {
		t.Errorf("got %v", err)
	}
	if _, err := Mend(sample(t), "HS10385", clock, Row{Number: 2}, nil, nil); err == nil {
		t.Error("a school was taken for an organ")
	}
}
