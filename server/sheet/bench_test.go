//go:build bench

package sheet

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"sealdesk/server/registration"
)

// TestFigureImport5000 times a sheet of 5,000 rows from bytes to written
// report against the spreadsheet library reading the same cells and doing
// nothing with them.
func TestFigureImport5000(t *testing.T) {
	if only := os.Getenv("ONLY"); only != "" && only != "import-5000" {
		return
	}
	ref := sample(t)
	data := bigSheet(t, ref, 5000)
	var ours, theirs []time.Duration
	for range 5 {
		start := time.Now()
		r := checkBytes(t, ref, data, "341024")
		out := csvOf(t, r)
		ours = append(ours, time.Since(start))
		if c := r.Counts; c.Rows != 5000 || c.Refused != 150 || c.Accepted != 4850 || strings.Count(out, "\n") < 5001 {
			t.Fatalf("%+v", c)
		}
		start = time.Now()
		cells := readByLibrary(t, data)
		theirs = append(theirs, time.Since(start))
		if cells < 5000*30 {
			t.Fatalf("the library read %d cells", cells)
		}
	}
	path := filepath.Join(t.TempDir(), "sheet.xlsx")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+path)
	peak, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	kib, err := strconv.Atoi(strings.Fields(string(peak))[1])
	if err != nil {
		t.Fatal(err)
	}
	a, b := median(ours), median(theirs)
	ratio := b.Seconds() / a.Seconds()
	verdict := "short"
	if ratio >= 0.4 {
		verdict = "held"
	}
	fmt.Printf("import-5000: 5,000 rows of 43 columns (%d KiB) checked and reported in %.2f s (%.2f-%.2f), peak %d MiB resident;\n"+
		"  opponent: excelize reading the same cells alone (Rows, raw values) %.2f s (%.2f-%.2f)\n",
		len(data)>>10, a.Seconds(), slices.Min(ours).Seconds(), slices.Max(ours).Seconds(), kib>>10,
		b.Seconds(), slices.Min(theirs).Seconds(), slices.Max(theirs).Seconds())
	fmt.Printf("bench\timport-5000\tratio=%.2f\tgoal=0.4\t%s\n", ratio, verdict)
}

func median(d []time.Duration) time.Duration {
	d = slices.Clone(d)
	slices.Sort(d)
	return d[len(d)/2]
}

func readByLibrary(t *testing.T, data []byte) (cells int) {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := f.Rows(SheetName)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		row, err := rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range row {
			if c != "" {
				cells++
			}
		}
	}
	if err := rows.Error(); err != nil {
		t.Fatal(err)
	}
	return cells
}

// bigSheet writes n rows as a spreadsheet program does, with shared strings;
// every 33rd has a fault, up to 150.
func bigSheet(t *testing.T, ref Reference, n int) []byte {
	t.Helper()
	var schools []School
	for _, s := range ref.Schools {
		if s.Parent == "341024" && s.Ownership == registration.Public && s.ValidTo == nil && s.Kind == "junior" {
			schools = append(schools, s)
		}
	}
	slices.SortFunc(schools, func(a, b School) int { return strings.Compare(a.ID, b.ID) })
	f := excelize.NewFile()
	defer f.Close()
	f.SetSheetName("Sheet1", SheetName)
	day, second := 14, 22
	dates, err1 := f.NewStyle(&excelize.Style{NumFmt: day})
	times, err2 := f.NewStyle(&excelize.Style{NumFmt: second})
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	for i, c := range registration.Columns() {
		f.SetCellStr(SheetName, columnName(i+1)+"1", c.Header)
	}
	for r := range n {
		s := schools[r%len(schools)]
		row := with("school_code", "t:"+s.ID, "school_name", "t:"+s.Name, "apply_no", "t:2024"+itoa(10000000+r),
			"person_name", "t:程"+string(rune(0x4E00+r%4000)), "id_number", "t:"+someID(r), "cert_number", fmt.Sprintf("t:20093499632%06d", r),
			"training_hours", fmt.Sprintf("n:%d.5", 360+r%200), "applied_at", fmt.Sprintf("m:%f", 45560+float64(r)/200))
		if r%33 == 0 && r/33 < 150 {
			row["person_name"] = "t:程1"
		}
		for i, c := range registration.Columns() {
			kind, text, ok := strings.Cut(row[c.Field], ":")
			if !ok {
				continue
			}
			at := columnName(i+1) + itoa(r+2)
			switch kind {
			case "t":
				f.SetCellStr(SheetName, at, text)
			case "n":
				f.SetCellDefault(SheetName, at, text)
			default:
				f.SetCellDefault(SheetName, at, text)
				f.SetCellStyle(SheetName, at, at, map[string]int{"d": dates, "m": times}[kind])
			}
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// someID gives a woman's number of a division that was never assigned, with
// the check digit found by trying.
func someID(n int) string {
	stem := fmt.Sprintf("3410931985%02d%02d%03d", n%12+1, n/12%28+1, n/336*2)
	for _, c := range "0123456789X" {
		id := stem + string(c)
		if _, err := registration.ParseIDNumber("resident_id", id, registration.DateOf(clock)); err == nil {
			return id
		}
	}
	return ""
}
