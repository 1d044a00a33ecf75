package portal_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/server/internal/desk"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/sheet/sheettest"
)

// values are what a page's inputs of a name hold.
func values(tb testing.TB, p desk.Page, name string) (list []string) {
	tb.Helper()
	for _, in := range inputs(tb, p, name) {
		list = append(list, in.Value)
	}
	return list
}

func TestAHiddenFieldChangesNoCellThatWasNotRefused(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	l := w.in(lead)
	row := w.goodWritten(county, "S1", school, 0).With("training_hours", "100")
	job, _, _ := l.reportOf("a.xlsx", sheettest.Fill(t, row.With("gender", "女性"), w.goodWritten(county, "S1", school, 1)))
	at := job + "/rows/2"
	for field, text := range map[string]string{"training_hours": "999", "appraisal_y3": "不合格", "cert_number": "20093410042000123", "applied_at": "2024-10-09 10:00:00"} {
		acts := w.quiet(field, func() {
			p := l.post(at, url.Values{"gender": {row["gender"]}, field: {text}})
			l.refusedPlain(p, fault.Invalid, "第 2 行有不能在页面上改的栏，什么都没有改")
			says(t, field, p.Text("main"), registration.HeaderOf(field), "没有保存")
			if len(values(t, p, field)) > 0 {
				t.Errorf("%s: the page offers it", field)
			}
		})
		w.oneRefusal(lead, "organisation/"+county+" invalid import_sheet", acts)
		w.clock.Pass(2 * time.Minute)
	}
	if lines := linesOf(t, string(l.ok(l.get(job+"/report")).Body)); lines[2] != "refuse 性别 not-in-list" {
		t.Errorf("the report says %q", lines[2])
	}
	// What a cell holds already may come along and is no change.
	if p := l.ok(l.post(at, url.Values{"gender": {row["gender"]}, "training_hours": {"100"}, "subject_taught": {row["subject_taught"]}})); p.Path != job {
		t.Fatalf("led to %s: %.400s", p.Path, p.Text("main"))
	}
	if a := l.takesIn(job, 2, 3)[2]; a.Form.TrainingHours.String() != "100" || lineOf(a) != "accept   S1 renewal D2 defer" {
		t.Errorf("%s hours, %s", a.Form.TrainingHours, lineOf(a))
	}
}

func TestWhatWasTypedStaysWhenARowIsStillRefused(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	l := w.in(lead)
	job, _, _ := l.reportOf("a.xlsx", sheettest.Fill(t, w.goodWritten(county, "S1", school, 0).With("id_number", "342793198503120021", "gender", "女性")))
	p := l.post(job+"/rows/2", url.Values{"id_number": {"342793198503120022"}, "training_hours": {"999"}, "gender": {"女"}})
	l.refusedPlain(p, fault.Invalid, "什么都没有改")
	if got := values(t, p, "id_number"); len(got) != 1 || got[0] != "342793198503120022" || !strings.Contains(string(p.Body), `value="女" selected`) {
		t.Errorf("the page keeps %q", got)
	}
	p = l.post(job+"/rows/2", url.Values{"id_number": {"342793198503120022"}})
	l.refusedPlain(p, fault.Invalid, "第 2 行还没有改好")
	if !strings.Contains(p.Text("main"), "请选择 男 女") {
		t.Errorf("a select that is left alone mends: %.600s", p.Text("main"))
	}
}

func TestTheTimeOfApplyingIsEvidenceAndIsNotTyped(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	l := w.in(lead)
	row := w.goodWritten(county, "S1", school, 0)
	early := row.With("applied_at", "2024-09-01 09:00:00")
	job, _, _ := l.reportOf("a.xlsx", sheettest.Fill(t, early, w.goodWritten(county, "S1", school, 1).With("applied_at", ""),
		w.goodWritten(county, "S1", school, 2).With("applied_at", "2024-11-03 09:00:00", "gender", "女性")))
	p := l.ok(l.get(job + "/rejected"))
	if text := p.Text("main"); strings.Count(text, "“申请时间”以全国系统的记录为准，不能在页面上填写") != 2 || len(values(t, p, "applied_at")) > 0 {
		t.Errorf("the page offers it, or does not say how else: %.1500s", text)
	}
	for _, at := range []string{"2", "3"} {
		w.quiet("row "+at, func() {
			p := l.post(job+"/rows/"+at, url.Values{"applied_at": {"2024-10-08 09:00:00"}})
			l.refusedPlain(p, fault.Invalid, "什么都没有改")
			says(t, "row "+at, p.Text("main"), "请从全国系统重新导出申请表，或在全国系统更正后再导出")
			l.refusedPlain(l.post(job+"/rows/"+at, url.Values{}), fault.Invalid, "还没有改好")
		})
		w.clock.Pass(2 * time.Minute)
	}
	// A row that is late and has another fault is late when that is mended.
	if p := l.ok(l.post(job+"/rows/4", url.Values{"gender": {w.goodWritten(county, "S1", school, 2)["gender"]}})); p.Path != job {
		t.Fatalf("led to %s: %.400s", p.Path, p.Text("main"))
	}
	lines := linesOf(t, string(l.ok(l.get(job+"/report")).Body))
	if lines[2] != "refuse 申请时间 before-window" || lines[3] != "refuse 申请时间 empty" || lines[4] != "overdue 申请时间 late" {
		t.Errorf("the report: %v", lines)
	}
	if a := l.takesIn(job, 4)[4]; a.State != registration.Overdue {
		t.Errorf("the late one came in as %s", a.State)
	}
}

func TestTheSignedTextSaysWhichRowsWereMendedOnThePageAndWhere(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	l := w.in(lead)
	row := func(i int, pairs ...string) sheettest.Row {
		return w.goodWritten(county, "S1", school, i).With(pairs...)
	}
	raw := sheettest.Fill(t, row(0, "id_number", "342793198503120021", "gender", "女性"), row(1), row(2, "gender", "女性"))
	job, page, _ := l.reportOf("a.xlsx", raw)
	if strings.Contains(page, "在页面上改过的行") {
		t.Error("rows were mended before anybody typed")
	}
	l.refusedPlain(l.post(job+"/rows/2", url.Values{"gender": {row(0)["gender"]}}), fault.Invalid, "还没有改好")
	l.ok(l.post(job+"/rows/2", url.Values{"id_number": {row(0)["id_number"]}}))
	const words = "第 2 行：身份证件号码、性别"
	says(t, "before the decision", l.ok(l.get(job)).Text("main"), "在页面上改过的行 1 行", words)
	p := l.ok(l.post(job, url.Values{"choice": {"good"}}))
	text := p.Text("main")
	says(t, "the text", text, "页面更改 1 行", "页面更改", words)
	if strings.Contains(text, "第 3 行：") || strings.Contains(text, row(0)["id_number"]) {
		t.Errorf("the text holds a row that is the file's, or a number: %.1500s", text)
	}
	// A row that is mended after the text was shown gives another text.
	l.ok(l.post(job+"/rows/4", url.Values{"gender": {row(2)["gender"]}}))
	if got := l.handIn(l.signed(p)); got.Status < 400 || w.count("applications") != 0 {
		t.Errorf("the seal over fewer rows is taken: %+v", got)
	}
	l.takesIn(job, 2, 3, 4)
	// So of a row that changes a record.
	again, _, _ := l.reportOf("b.xlsx", sheettest.Fill(t, row(0, "training_hours", "300", "gender", "女性")))
	l.ok(l.post(again+"/rows/2", url.Values{"gender": {row(0)["gender"]}}))
	says(t, "before the change", l.ok(l.get(again)).Text("main"), "在页面上改过的行 1 行", "第 2 行：性别")
	p = l.ok(l.post(again, changes))
	says(t, "the text of the change", p.Text("main"), "页面更改 1 行", "第 2 行：性别")
	l.done(p)
}
