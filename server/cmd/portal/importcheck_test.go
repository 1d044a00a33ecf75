package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const testdata = "../../sheet/testdata"

// dryRun runs `portal import check` as an office would.
func dryRun(t *testing.T, portal, organ, file string) (report string, status int) {
	t.Helper()
	cmd := exec.Command(portal, "import", "check", "--reference", "../../sheet/sample", "--organ", organ, "--at", "2024-11-20T10:00:00+08:00", file)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		t.Fatal(err)
	}
	if errs.Len() > 0 {
		t.Errorf("%s: standard error holds %q", filepath.Base(file), errs.String())
	}
	return out.String(), cmd.ProcessState.ExitCode()
}

func TestTheDryRunWithoutAServerPrintsTheExpectedReports(t *testing.T) {
	portal := program(t, "portal", ".")
	for sheet, organ := range map[string]string{"341021": "341021", "341024": "341024", "shizhi": "341000-SZ"} {
		want, err := os.ReadFile(filepath.Join(testdata, "expected-"+sheet+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		got, status := dryRun(t, portal, organ, "../../sheet/sample/applications-"+sheet+".xlsx")
		if got != string(want) {
			t.Errorf("%s: the report differs from what is expected", sheet)
		}
		if status != 1 {
			t.Errorf("%s: exit status %d, want 1: some rows are not accepted", sheet, status)
		}
	}
}

func TestTheDryRunGivesEachHostileFileItsLines(t *testing.T) {
	portal := program(t, "portal", ".")
	raw, err := os.ReadFile(filepath.Join(testdata, "bad", "expected.csv"))
	if err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	want := map[string]*strings.Builder{}
	status := map[string]int{}
	for _, l := range lines[1:] {
		if want[l[0]] == nil {
			files = append(files, l[0])
			want[l[0]] = &strings.Builder{}
			want[l[0]].WriteString(strings.Join(lines[0][1:], ",") + "\n")
		}
		w := csv.NewWriter(want[l[0]])
		w.Write(l[1:])
		w.Flush()
		switch l[2] {
		case "file":
			status[l[0]] = 2
		case "refuse":
			status[l[0]] = 1
		}
	}
	if len(files) != 30 {
		t.Fatalf("expected.csv names %d files", len(files))
	}
	for _, name := range files {
		got, code := dryRun(t, portal, "341024", filepath.Join(testdata, "bad", name))
		if got != want[name].String() {
			t.Errorf("%s: got\n%swant\n%s", name, got, want[name])
		}
		if code != status[name] {
			t.Errorf("%s: exit status %d, want %d", name, code, status[name])
		}
	}
}
