package portal_test

import (
	"encoding/csv"
	"strconv"
	"strings"
	"testing"

	"sealdesk/policy"
	"sealdesk/server/registration"
	"sealdesk/server/sheet/sheettest"
)

// goodWritten is the n-th good row of a unit's sample, moved to a school.
func (t *town) goodWritten(unit, class, school string, n int) sheettest.Row {
	t.tb.Helper()
	form := goodRow(t.tb, unit, class, n)
	o, err := t.store.Organisation(t.tb.Context(), school)
	must(t.tb, err)
	form.SchoolCode, form.SchoolName = o.ID, o.Name
	return sheettest.RowOf(form)
}

// passes is the line of a row against which nothing stands.
const passes = "accept   S1 renewal  pass"

// linesOf are a report's lines by row, each without the row's number.
func linesOf(tb testing.TB, report string) map[int]string {
	tb.Helper()
	all, err := csv.NewReader(strings.NewReader(report)).ReadAll()
	must(tb, err)
	rows := map[int]string{}
	for _, l := range all[1:] {
		n, err := strconv.Atoi(l[0])
		must(tb, err)
		if rows[n] != "" {
			rows[n] += "; "
		}
		rows[n] += strings.Trim(strings.Join(l[1:], " "), " ")
	}
	return rows
}

// takesIn chooses the good rows of a job and seals the import: one entry, and
// the records that came in, by the sheet's rows.
func (r reader) takesIn(job string, rows ...int) map[int]registration.Application {
	r.t.tb.Helper()
	unit, importer := county, lead
	if r.Leaf.Equal(r.t.people[cityLead].leaf) {
		unit, importer = "341000-SZ", cityLead
	}
	first, err := r.t.store.NextNumber(r.t.tb.Context(), 2024, unit)
	must(r.t.tb, err)
	size, records := r.t.size(), r.t.count("applications")
	r.done(r.post(job, map[string][]string{"choice": {"good"}}))
	if e := r.t.entries(1)[0]; r.t.size() != size+1 || policy.Act(e.Act) != policy.ImportSheet || e.Actor != importer || !strings.HasPrefix(e.Subject, "import/") {
		r.t.tb.Errorf("the import left %d entries, the last a %s of %s about %s", r.t.size()-size, e.Act, e.Actor, e.Subject)
	}
	if n := r.t.count("applications") - records; n != len(rows) {
		r.t.tb.Fatalf("%d records came in, the sheet has %d good rows", n, len(rows))
	}
	came := map[int]registration.Application{}
	for i, row := range rows {
		came[row] = r.t.application(registration.RecordID(2024, unit, first+i))
	}
	return came
}

// says asks that a page holds each of these words in its main part.
func says(tb testing.TB, what, text string, words ...string) {
	tb.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			tb.Errorf("%s does not say %q but: %.1500s", what, w, text)
		}
	}
}
