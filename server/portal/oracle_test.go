package portal_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/portal"
	"sealdesk/server/registration"
	"sealdesk/server/sheet/sheettest"
)

// Three women; of the first there is an application, and a sheet made up for the
// purpose would tell whoever may upload one.
const (
	elsewhere  = "342793199212311082"
	nowhere    = "342793198503120046"
	nowhereTwo = "342793196909082060"
)

func TestCase38ADryRunSaysOfANumberThatExistsElsewhereWhatItSaysOfAnUnknownOne(t *testing.T) {
	for _, c := range []struct{ who, place, named string }{{lead, citySchool, "市直"}, {handler, school2, "341021-"}} {
		t.Run(c.who, func(t *testing.T) {
			w := newTown(t, "2024-10-20 10:00:00")
			id := w.plant(1, c.place, func(_ int, a *registration.Application) { a.Form.IDNumber, a.Form.Gender = elsewhere, "f" })[0]
			r := w.in(c.who)
			row := func(number string) []byte {
				mine := w.goodWritten(county, "S1", school, 5).With("gender", "女", "id_number", number)
				mended := w.goodWritten(county, "S1", school, 6).With("gender", "女", "id_number", "342793850312002")
				return sheettest.Fill(t, mine, mended)
			}
			plain := func(job string) string { // what every page says of it, but for its name
				text := ""
				for _, at := range []string{job, job + "?code=accept", job + "/rejected"} {
					text += r.ok(r.get(at)).Text("main")
				}
				for _, at := range []string{job + "/report", job + "/progress"} {
					text += string(r.ok(r.get(at)).Body)
				}
				return strings.ReplaceAll(text, job, "")
			}
			size := w.size()
			there, unknown := r.upload("a.xlsx", row(elsewhere)), r.upload("a.xlsx", row(nowhere))
			if a, b := plain(there), plain(unknown); a != b || !strings.Contains(a, "只导入合格的行（1 行）") {
				t.Errorf("the reports differ:\n%.2000s\n%.2000s", a, b)
			}
			// Nor does a row that is mended on the page tell.
			mended, probe := r.upload("a.xlsx", row(nowhere)), r.upload("a.xlsx", row(nowhere))
			r.ok(r.post(mended+"/rows/3", url.Values{"id_number": {nowhereTwo}}))
			r.ok(r.post(probe+"/rows/3", url.Values{"id_number": {elsewhere}}))
			if a, b := plain(mended), plain(probe); a != b || !strings.Contains(a, "只导入合格的行（2 行）") {
				t.Errorf("the mended rows differ:\n%.2000s\n%.2000s", a, b)
			}
			if w.size() != size {
				t.Error("a dry run left entries")
			}
			records := w.records()
			p := r.ok(r.post(there, url.Values{"choice": {"good"}}))
			acts := w.quiet("the seal", func() {
				got := r.handIn(r.signed(p))
				if got.Status != statusOf(fault.Conflict) || !strings.Contains(got.Sentence, "第 2 行的人员本年度已有申请，不归您这里管") {
					t.Errorf("%+v", got)
				}
				for _, place := range []string{id, c.named, w.application(id).Form.SchoolName, elsewhere[:6]} {
					if strings.Contains(got.Sentence, place) {
						t.Errorf("the refusal tells of %s", place)
					}
				}
			})
			if len(acts) != 1 || !strings.HasPrefix(acts[0], "refusal "+c.who+" import/") || !strings.HasSuffix(acts[0], " conflict import_sheet seal") {
				t.Errorf("the log got %q", acts)
			}
			if w.records() != records {
				t.Fatal("something was taken in")
			}
			r.done(r.post(unknown, url.Values{"choice": {"good"}}))
		})
	}
}

func TestWhoeverUploadsSheetAfterSheetWaitsAndIsInTheLog(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	h, other := w.in(handler), w.in(handler2)
	for range portal.UploadsEach {
		h.filed("/imports", nil, "sheet", []byte("x"))
	}
	jobs := w.count("import_jobs")
	w.quiet("one more", func() {
		h.refusedPlain(h.filed("/imports", nil, "sheet", []byte("x")), fault.Closed, "一小时之内您已上传")
	})
	if w.count("import_jobs") != jobs {
		t.Error("the sheet was kept")
	}
	if e := w.entries(1)[0]; e.Act != string(policy.Refusal) || e.Actor != handler {
		t.Errorf("the entry is %s of %s", e.Act, e.Actor)
	}
	other.upload("a.xlsx", []byte("x"))
	w.clock.Pass(time.Hour + time.Second)
	h = w.in(handler)
	h.upload("a.xlsx", []byte("x"))
}
