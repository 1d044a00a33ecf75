package portal_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"mime/multipart"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

// reportOf uploads a sheet and gives the page of its report and the CSV.
func (r reader) reportOf(name string, raw []byte) (job, page, csv string) {
	r.t.tb.Helper()
	job = r.upload(name, raw)
	return job, r.ok(r.get(job)).Text("main"), string(r.ok(r.get(job + "/report")).Body)
}

func TestTheReportsOfTheThreeSheetsAreTheExpectedLines(t *testing.T) {
	for unit, who := range map[string]string{"341021": lead, "shizhi": cityLead} {
		t.Run(unit, func(t *testing.T) {
			w := newTown(t, "2024-11-20 10:00:00")
			expectReport(t, w.in(who), unit)
		})
	}
	t.Run("341024", func(t *testing.T) {
		w := newTown(t, "2024-11-20 10:00:00")
		expectReport(t, w.in(leadOf祁门), "341024")
	})
}

func expectReport(t *testing.T, r reader, unit string) {
	t.Helper()
	want, err := os.ReadFile("../sheet/testdata/expected-" + unit + ".csv")
	must(t, err)
	records := r.t.records()
	job, page, got := r.reportOf("applications-"+unit+".xlsx", read(t, "applications-"+unit+".xlsx"))
	sameLines(t, string(want), got)
	if r.t.records() != records {
		t.Error("the dry run stored something")
	}
	if !strings.Contains(page, "还什么都没有存") {
		t.Errorf("the page: %.200s", page)
	}
	// The page shows the same lines, a hundred at a time.
	shown := 0
	for at := job + "?code=refuse"; at != ""; {
		p := r.ok(r.get(at))
		shown += strings.Count(string(p.Body), ">拒收<")
		at = nextPage(t, p)
	}
	if lines := strings.Count(got, ",refuse,"); shown < lines {
		t.Errorf("the pages show %d refusals of %d", shown, lines)
	}
}

// sameLines compares two reports and names the first line that differs.
func sameLines(t *testing.T, want, got string) {
	t.Helper()
	a, b := strings.Split(strings.TrimSpace(want), "\n"), strings.Split(strings.TrimSpace(got), "\n")
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || strings.TrimRight(a[i], "\r") != b[i] {
			t.Fatalf("%d lines expected, %d came; they part at line %d", len(a), len(b), i+1)
		}
	}
}

func TestEachHostileSheetGetsItsLines(t *testing.T) {
	raw, err := os.ReadFile("../sheet/testdata/bad/expected.csv")
	must(t, err)
	lines, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	must(t, err)
	expected := map[string][][]string{}
	for _, l := range lines[1:] {
		expected[l[0]] = append(expected[l[0]], l[1:])
	}
	w := newTown(t, "2024-11-20 10:00:00")
	r := w.in(leadOf祁门)
	records := w.records()
	for file, want := range expected {
		raw, err := os.ReadFile(filepath.Join("../sheet/testdata/bad", file))
		must(t, err)
		job, page, got := r.reportOf(file, raw)
		have, err := csv.NewReader(strings.NewReader(got)).ReadAll()
		must(t, err)
		if len(have)-1 != len(want) {
			t.Errorf("%s: %d lines expected, %d came", file, len(want), len(have)-1)
			continue
		}
		for i, l := range want {
			if strings.Join(l, ",") != strings.Join(have[i+1], ",") {
				t.Errorf("%s: line %d is %s, want %s", file, i+1, strings.Join(have[i+1], ","), strings.Join(l, ","))
			}
		}
		if want[0][1] == "file" {
			if !strings.Contains(page, "没有收下") {
				t.Errorf("%s: the page does not refuse the file: %.120s", file, page)
			}
			for _, choice := range []string{"good", "all"} {
				if p := r.post(job, url.Values{"choice": {choice}}); p.Status < 400 {
					t.Errorf("%s: the refused file can be imported (%s)", file, choice)
				}
			}
		}
	}
	if len(expected) < 29 || w.records() != records {
		t.Errorf("%d files, or a record changed", len(expected))
	}
}

func TestCase52OnlyTheGoodRowsAreTakenAndTheSameFileAgainChangesNothing(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	l := w.in(lead)
	raw := read(t, "applications-341021.xlsx")
	records, size := w.records(), w.size()
	job, _, report := l.reportOf("a.xlsx", raw)
	if w.records() != records || w.size() != size {
		t.Fatal("the dry run left something")
	}
	for choice, say := range map[string]string{"all": "拒收", "": ""} {
		w.oneRefusal(lead, "organisation/"+county+" invalid import_sheet", w.quiet("choice "+choice, func() {
			l.refused(l.post(job, url.Values{"choice": {choice}}), fault.Invalid, say)
		}))
		w.clock.Pass(2 * time.Minute)
	}
	size = w.size()
	l.done(l.post(job, url.Values{"choice": {"good"}}))
	taken := strings.Count(report, ",accept,") + strings.Count(report, ",wait,") + strings.Count(report, ",overdue,")
	if n := w.count("applications"); n != taken {
		t.Errorf("%d records of %d good rows", n, taken)
	}
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.ImportSheet || w.size() != size+1 {
		t.Errorf("the entry is %s", e.Act)
	}
	records = w.records()
	again, page, _ := l.reportOf("a.xlsx", raw)
	if !strings.Contains(page, "不会有任何改变") || len(inputs(t, l.get(again), "choice")) > 0 {
		t.Errorf("the same file again: %.200s", page)
	}
	l.post(again, url.Values{"choice": {"good"}})
	l.refused(l.post(job, url.Values{"choice": {"good"}}), fault.Conflict, "已经决定过")
	if w.records() != records {
		t.Error("the same file again changed a record")
	}
}

func TestAMendedRowIsHeldAgainstTheOtherRowsAndTheRegister(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	l := w.in(lead)
	job, _, _ := l.reportOf("a.xlsx", read(t, "applications-341021.xlsx"))
	// Row 22 has a malformed number; giving it the number of another row's
	// person must not make it good.
	taken := goodRow(t, county, "S1", 3).IDNumber.Plain()
	l.refusedPlain(l.post(job+"/rows/22", url.Values{"id_number": {taken}}), fault.Invalid, "第 22 行还没有改好")
	// A number that nobody has makes it good.
	p := l.ok(l.post(job+"/rows/22", url.Values{"id_number": {"34279319850312002X"}}))
	if p.Path != job {
		t.Errorf("led to %s: %.200s", p.Path, p.Text("main"))
	}
	l.refused(l.post(job+"/rows/22", url.Values{"id_number": {taken}}), fault.Conflict, "不在拒收之列")
	l.done(l.post(job, url.Values{"choice": {"good"}}))
	n := w.count("applications")
	// After the import a second sheet's refused row cannot take a person who is in.
	job, _, _ = l.reportOf("b.xlsx", read(t, "applications-341021.xlsx"))
	l.post(job+"/rows/22", url.Values{"id_number": {"34279319850312002X"}})
	l.post(job, url.Values{"choice": {"good"}})
	if w.count("applications") != n {
		t.Error("a person came in twice")
	}
}

func TestASchoolImportsItsOwnRowsOnlyAndOthersNothing(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	h := w.in(handler)
	_, _, report := h.reportOf("a.xlsx", read(t, "applications-341021.xlsx"))
	if strings.Count(report, ",accept,") == 0 || !strings.Contains(report, "school-unknown") {
		t.Error("the school's own rows are not told from the others'")
	}
	l := w.in(lead)
	job := l.upload("a.xlsx", read(t, "applications-341021.xlsx"))
	for _, at := range []string{job, job + "/report", job + "/rejected", job + "/progress"} {
		h.refusedPlain(h.get(at), fault.NotFound, "没有找到这次导入")
	}
	h.refused(h.post(job, url.Values{"choice": {"good"}}), fault.NotFound, "没有找到这次导入")
	a := w.in(auditor)
	a.refused(a.get("/imports"), fault.Forbidden, "")
}

func TestCase3RowsOfASchoolWithoutLicenceMoveOnWhenTheCountyEntersIt(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	unlicensed := w.unlicensed()
	ids := w.plant(2, unlicensed, func(_ int, a *registration.Application) {
		a.State, a.Form.ContractFrom, a.Form.ContractTo = registration.Waiting, nil, nil
	})
	l := w.in(lead)
	before := w.application(ids[0]).Form
	// Without a number, and from somebody else, nothing happens.
	n := w.in(neighbour)
	for _, bad := range []struct {
		by         reader
		who        string
		school, no string
		kind       fault.Kind
		say        string
	}{
		{l, lead, unlicensed, "", fault.Invalid, "办学许可证号"},
		{n, neighbour, unlicensed, "教民1号", fault.Forbidden, ""},
		{l, lead, school, "教民1号", fault.Invalid, "不是民办学校"},
	} {
		w.oneRefusal(bad.who, "organisation/"+bad.school+" "+string(bad.kind)+" set_licence", w.quiet(bad.say, func() {
			bad.by.refused(bad.by.post("/licences", url.Values{"school": {bad.school}, "licence_no": {bad.no}}), bad.kind, bad.say)
		}))
	}
	l.done(l.post("/licences", url.Values{"school": {unlicensed}, "licence_no": {"教民134102100001号"}}))
	for _, id := range ids {
		a := w.application(id)
		if a.State != registration.Imported || a.Form.ApplyNo == "" {
			t.Errorf("%s is %s", id, a.State)
		}
	}
	if w.application(ids[0]).Form.IDNumber != before.IDNumber || w.application(ids[0]).Form.PersonName != before.PersonName {
		t.Error("something was retyped")
	}
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.SetLicence || e.Subject != "organisation/"+unlicensed {
		t.Errorf("the entry is %s about %s", e.Act, e.Subject)
	}
	l.refused(l.post("/licences", url.Values{"school": {unlicensed}, "licence_no": {"教民2号"}}), fault.Conflict, "已经登记过")
}

// caughtReading uploads a sheet and stops the portal while it is being read;
// the path is the job's.
func (w *town) caughtReading(t *testing.T, raw []byte) string {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("sheet", "applications-341021.xlsx")
	must(t, err)
	_, err = part.Write(raw)
	must(t, err)
	must(t, form.Close())
	l := w.in(lead)
	p := ask(t, l.Desk, "POST", "/imports", body.String(), map[string]string{"Content-Type": form.FormDataContentType(), "Origin": l.Origin, "Sec-Fetch-Site": "same-origin"})
	w.portal.Close()
	job := p.Header.Get("Location")
	kept, err := w.store.Scratch().ImportJob(t.Context(), strings.TrimPrefix(job, "/imports/"))
	must(t, err)
	if kept.State != "reading" {
		return ""
	}
	return job
}

func TestASheetThatWasBeingReadWhenThePortalStoppedIsReadAgain(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	raw := read(t, "applications-341021.xlsx")
	job := ""
	for range 5 { // a machine may be quick enough to end the reading first
		if job = w.caughtReading(t, raw); job != "" {
			break
		}
		w = w.twin()
	}
	if job == "" {
		t.Fatal("no portal was stopped in the middle of a sheet")
	}
	records, size := w.records(), w.size()
	second := w.twin()
	l := second.in(lead)
	// The browser that was left on the progress page only asks for progress.
	var state map[string]any
	for end := time.Now().Add(30 * time.Second); state["location"] != job; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("the sheet is not read again: %v", state)
		}
		must(t, json.Unmarshal(l.ok(l.get(job+"/progress")).Body, &state))
	}
	want, err := os.ReadFile("../sheet/testdata/expected-341021.csv")
	must(t, err)
	sameLines(t, string(want), string(l.ok(l.get(job+"/report")).Body))
	if second.records() != records || second.size() != size+1 { // the second sign-in
		t.Errorf("reading again left %d entries, or a record", second.size()-size)
	}
}
