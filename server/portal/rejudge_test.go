package portal_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/sheet/sheettest"
	"sealdesk/server/store"
)

// amended moves the application window of a unit, as its lead or the city's.
func (r reader) amended(unit, closes string) {
	r.t.tb.Helper()
	r.done(r.post("/windows", url.Values{"window": {"2024/" + unit + "/application"}, "opens": {"2024-09-23T00:00"}, "closes": {closes}, "reason": {"系统故障"}, "paper": {"黄教秘组人〔2024〕61号"}}))
}

// closed ends a school with a day, under a seal of its county's lead.
func (t *town) closed(id string, last time.Time) {
	t.tb.Helper()
	now := t.clock.Now()
	text := t.statement(t.tb, seal.Licence, "歙县教育局", now, seal.Annex{}, lead)
	_, err := t.store.Commit(t.tb.Context(), t.grant(lead, policy.SetLicence, county), t.seal(t.tb, text, now, lead), func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.Derive(text); err != nil {
			return audit.Entry{}, err
		}
		o, err := tx.Organisation(id)
		if err != nil {
			return audit.Entry{}, err
		}
		o.ValidTo = &last
		return audit.Entry{Subject: store.OfOrganisation(id).Subject()}, tx.Put(o)
	})
	must(t.tb, err)
}

func TestAnOverdueRecordComesInWithTheSameFileOnceItsWindowIsAmendedAndNotBefore(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	l, h := w.in(cityLead), w.in(cityHandler)
	raw := sheettest.Fill(t, w.goodWritten("341000-SZ", "S1", citySchool, 0).With("applied_at", "2024-10-26 00:00:00"),
		w.goodWritten("341000-SZ", "S1", citySchool, 1).With("applied_at", "2024-11-07 09:00:00"))
	job, page, _ := l.reportOf("a.xlsx", raw)
	says(t, "the report", page, "变更后再导入同一份文件")
	came := l.takesIn(job, 2, 3)
	records := w.records()
	again, page, _ := l.reportOf("a.xlsx", raw)
	says(t, "the same file before the amendment", page, "变动 0，不变 2", "不会有任何改变")
	l.refused(l.post(again, changes), fault.Conflict, "没有可以更改的行")
	if w.records() != records {
		t.Fatal("an overdue record moved by itself")
	}
	l.amended("341000-SZ", "2024-11-06T00:00")
	again, page, _ = l.reportOf("a.xlsx", raw)
	says(t, "the same file after it", page, "变动 1，不变 1", "状态由“逾期报名”转为“已导入，待受理”", "确认改动（1 行）")
	p := l.ok(l.post(again, changes))
	says(t, "the text", p.Text("main"), "状态：逾期报名 → 已导入，待受理", came[2].ID)
	l.done(p)
	if got := w.application(came[2].ID); got.State != registration.Imported || lineOf(got) != passes {
		t.Errorf("%s %s", got.State, lineOf(got))
	}
	if got := w.application(came[3].ID); got.State != registration.Overdue {
		t.Errorf("the one beyond the amended window is %s", got.State)
	}
	_, page, _ = l.reportOf("a.xlsx", raw)
	says(t, "once more", page, "变动 0，不变 2")
	h.ok(h.post("/applications", batch(came[2].ID)))
	if got := w.application(came[2].ID).State; got != registration.InReview {
		t.Error(got)
	}
}

func TestAnImportWhoseReportIsNoLongerTrueIsNotSealed(t *testing.T) {
	for _, c := range []struct {
		name   string
		now    string
		row    func(w *town) sheettest.Row
		change func(w *town, l reader)
		says   string
		after  registration.State // as it comes in after another dry run, empty if it is refused
	}{
		{"the school has its licence since", "2024-11-05 10:00:00", func(w *town) sheettest.Row { return w.goodWritten(county, "S2", w.unlicensed(), 0) },
			func(w *town, l reader) {
				l.done(l.post("/licences", url.Values{"school": {w.unlicensed()}, "licence_no": {"教民134102100001号"}}))
			}, "试读时列为“等许可证”，现在是“可导入”", registration.Imported},
		{"the window is closed earlier", "2024-10-20 10:00:00", func(w *town) sheettest.Row {
			return w.goodWritten(county, "S1", school, 1).With("applied_at", "2024-10-31 09:00:00")
		}, func(_ *town, l reader) { l.amended(county, "2024-10-30T00:00") }, "试读时列为“可导入”，现在是“逾期”", registration.Overdue},
		{"the window is open longer", "2024-11-05 10:00:00", func(w *town) sheettest.Row {
			return w.goodWritten(county, "S1", school, 1).With("applied_at", "2024-11-01 09:00:00")
		}, func(_ *town, l reader) { l.amended(county, "2024-11-06T00:00") }, "试读时列为“逾期”，现在是“可导入”", registration.Imported},
		{"the school is closed", "2024-11-05 10:00:00", func(w *town) sheettest.Row { return w.goodWritten(county, "S1", school, 1) },
			func(w *town, _ reader) { w.closed(school, at("2024-11-04 00:00:00")) }, "现在是“拒收”", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTown(t, c.now)
			l := w.in(lead)
			row := c.row(w)
			raw := sheettest.Fill(t, w.goodWritten(county, "S2", school2, 2).With("applied_at", "2024-10-10 09:00:00"), row)
			early := l.upload("a.xlsx", raw)
			job := l.upload("a.xlsx", raw)
			p := l.ok(l.post(job, url.Values{"choice": {"good"}}))
			c.change(w, l)
			records := w.records()
			got := l.handIn(l.signed(p))
			if got.Status != statusOf(fault.Conflict) || !strings.Contains(got.Sentence, "第 3 行在试读之后有变化") || !strings.Contains(got.Sentence, c.says) {
				t.Errorf("the seal: %+v", got)
			}
			if strings.Contains(got.Sentence, row["person_name"]) || strings.Contains(got.Sentence, row["id_number"]) {
				t.Error("the sentence names the person")
			}
			l.refused(l.post(early, url.Values{"choice": {"good"}}), fault.Conflict, "请重新上传这份文件") // nor is a text made of it
			if w.records() != records {
				t.Fatal("something was taken in")
			}
			rows := []int{2, 3}
			if c.after == "" {
				rows = rows[:1]
			}
			fresh, _, _ := l.reportOf("a.xlsx", raw)
			if came := l.takesIn(fresh, rows...); c.after != "" && came[3].State != c.after {
				t.Errorf("after another dry run it is %s", came[3].State)
			}
		})
	}
}

func TestAChangedRowThatWouldComeInOtherwiseByNowIsNotTaken(t *testing.T) {
	w := newTown(t, "2024-11-05 10:00:00")
	l := w.in(lead)
	row := w.goodWritten(county, "S2", w.unlicensed(), 0)
	job, _, _ := l.reportOf("a.xlsx", sheettest.Fill(t, row))
	id := l.takesIn(job, 2)[2].ID
	again, _, _ := l.reportOf("b.xlsx", sheettest.Fill(t, row.With("subject_taught", "地理")))
	p := l.ok(l.post(again, changes))
	l.done(l.post("/licences", url.Values{"school": {w.unlicensed()}, "licence_no": {"教民134102100001号"}}))
	if got := l.handIn(l.signed(p)); got.Status != statusOf(fault.Conflict) || w.application(id).State != registration.Imported {
		t.Errorf("%+v, the record is %s", got, w.application(id).State)
	}
}
