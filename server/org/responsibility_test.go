package org_test

import (
	"strings"
	"testing"
	"time"

	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
)

func TestR55ASheetStandsForItsYearItsBodyAndItsHead(t *testing.T) {
	now := time.Date(2024, 10, 21, 10, 0, 0, 0, time.FixedZone("", 8*3600))
	body := org.Organisation{ID: "HS1", Parent: "341021", Kind: "primary", Name: "一小", ValidFrom: now.AddDate(-9, 0, 0)}
	head := org.Head{Staff: org.Staff{ID: "U1", Name: "程一"}}
	h := org.Headship{Year: 2024, Body: body, Heads: []org.Head{head}}
	if err := h.MayAct(); !fault.Is(err, fault.Forbidden) || !strings.Contains(err.Error(), "一小 2024 年度的安全主体责任书还没有签署，") || !strings.Contains(err.Error(), "须由校长（程一 U1）签署") {
		t.Errorf("nothing signed: %v", err)
	}
	good := org.Sheet{Year: 2024, Org: "HS1", Head: "U1"}
	for what, s := range map[string]org.Sheet{
		"the year before": {Year: 2023, Org: "HS1", Head: "U1"}, "another body": {Year: 2024, Org: "HS2", Head: "U1"}, "somebody else": {Year: 2024, Org: "HS1", Head: "U2"},
	} {
		h.Sheets = []org.Sheet{s}
		if h.MayAct() == nil {
			t.Errorf("the sheet of %s counts", what)
		}
		h.Sheets = append(h.Sheets, good)
		if err := h.MayAct(); err != nil {
			t.Errorf("beside that of %s: %v", what, err)
		}
	}
	h.Sheets = nil
	if _, err := h.Sign("U2", now); !fault.Is(err, fault.Forbidden) {
		t.Errorf("who is not the head signs: %v", err)
	}
	s, err := h.Sign("U1", now)
	if err != nil || s.ID() != "2024/HS1/U1" || s.At != now {
		t.Fatalf("%+v %v", s, err)
	}
	h.Sheets = []org.Sheet{s}
	if _, err := h.Sign("U1", now); !fault.Is(err, fault.Conflict) {
		t.Errorf("a second time: %v", err)
	}
	h.Heads = append(h.Heads, org.Head{Staff: org.Staff{ID: "U2", Name: "汪二"}})
	if _, err := h.Sign("U2", now); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "U1") {
		t.Errorf("a second head beside the first: %v", err)
	}
	h.Heads = h.Heads[1:]
	if err := h.MayAct(); err == nil || !strings.Contains(err.Error(), "原负责人 U1") {
		t.Errorf("the head has gone: %v", err)
	}
	if _, err := h.Sign("U2", now); err != nil {
		t.Errorf("the new head: %v", err)
	}
	h.Heads = nil
	if err := h.MayAct(); err == nil || !strings.Contains(err.Error(), "目前没有任职") {
		t.Errorf("nobody heads it: %v", err)
	}
	closed := h.Body.ValidFrom.Add(-time.Hour)
	h.Heads, h.Sheets = []org.Head{head}, nil
	if _, err := h.Sign("U1", closed); !fault.Is(err, fault.Conflict) {
		t.Errorf("a body that is not open: %v", err)
	}
}

func TestR55ASheetCountsUnderTheAppointmentThatItWasSignedUnder(t *testing.T) {
	body := org.Organisation{ID: "HS1", Parent: "341021", Kind: "primary", Name: "一小"}
	head := func(id string, since int64) org.Head {
		return org.Head{Staff: org.Staff{ID: id, Name: "程一"}, Since: since}
	}
	for what, c := range map[string]struct {
		heads  []org.Head
		signed int64
		stands bool
	}{
		"both from the beginning":            {[]org.Head{head("U1", 0)}, 0, true},
		"signed after the appointment":       {[]org.Head{head("U1", 7)}, 8, true},
		"signed before the appointment":      {[]org.Head{head("U1", 9)}, 8, false},
		"another head":                       {[]org.Head{head("U2", 7)}, 8, false},
		"another head beside":                {[]org.Head{head("U2", 9), head("U1", 7)}, 8, true},
		"appointed again beside another one": {[]org.Head{head("U2", 7), head("U1", 9)}, 8, false},
	} {
		h := org.Headship{Year: 2024, Body: body, Heads: c.heads, Sheets: []org.Sheet{{Year: 2024, Org: "HS1", Head: "U1", Entry: c.signed}}}
		if err := h.MayAct(); (err == nil) != c.stands {
			t.Errorf("%s: %v", what, err)
		}
		if gone, again := h.Former(); (len(gone)+len(again) == 0) != c.stands {
			t.Errorf("%s: gone %v, again %v", what, gone, again)
		}
	}
}

func TestR55WhoWentAndWhoHeadsTheBodyAgainAreToldApart(t *testing.T) {
	head := org.Head{Staff: org.Staff{ID: "U3", Name: "程三"}, Since: 9}
	h := org.Headship{Year: 2024, Body: org.Organisation{ID: "HS1", Kind: "primary", Name: "一小"}, Heads: []org.Head{head}}
	for _, id := range []string{"U1", "U3", "U2"} {
		h.Sheets = append(h.Sheets, org.Sheet{Year: 2024, Org: "HS1", Head: id, Entry: 8})
	}
	err := h.MayAct()
	if err == nil || !strings.Contains(err.Error(), "还没有签署，原负责人 U1、U2 签的随其离任失效，U3 以前任职时签的已随免职或岗位到期失效，重新任命或重新备案后要重新签，本机构人员只能查看") {
		t.Error(err)
	}
}

func TestR55OnlyAnAccountThatHadClosedBeginsItsAppointmentsAnew(t *testing.T) {
	now := time.Date(2024, 11, 2, 10, 0, 0, 0, time.FixedZone("", 8*3600))
	all := []org.Appointment{{ID: "U1/SH/HS1"}, {ID: "U1/SC/HS1", Ended: &now}}
	past, later := now, now.Add(time.Millisecond)
	for what, c := range map[string]struct {
		before *org.Staff
		want   int
	}{"nobody before": {nil, 0}, "open": {&org.Staff{}, 0}, "about to close": {&org.Staff{Closes: &later}, 0}, "closed at this moment": {&org.Staff{Closes: &past}, 1}} {
		if got := org.Renewed(c.before, all, now); len(got) != c.want || c.want > 0 && got[0].ID != "U1/SH/HS1" {
			t.Errorf("%s: %+v", what, got)
		}
	}
}

func TestR55WhoHeadsWhichKindOfBody(t *testing.T) {
	for kind, want := range map[string]string{"city": "ML", "city_run": "ML", "county": "CL", "primary": "SH", "training_agency": "SH"} {
		if got := org.HeadRole(kind); string(got) != want {
			t.Errorf("%s is headed by %s", kind, got)
		}
	}
	if (org.Organisation{ID: "341000-SZ", Parent: "341000", Kind: "city_run"}).HeadAt() != "341000" || (org.Organisation{ID: "HS1", Parent: "341021", Kind: "primary"}).HeadAt() != "HS1" {
		t.Error("市直 is headed from the city, a school by its own head")
	}
}

func TestR55PaperSheetsAreReadStrictly(t *testing.T) {
	city := tree(t)
	roster, err := org.ParseStaff(strings.NewReader(file(t, "staff.csv")), city)
	if err != nil {
		t.Fatal(err)
	}
	parse := func(lines ...string) ([]org.Sheet, error) {
		return org.ParseSheets(strings.NewReader("org_id,staff_id,paper\n"+strings.Join(lines, "\n")+"\n"), 2024, city, roster)
	}
	list, err := parse("341021,U00031,安责1号", "HS10181,U00408,安责2号", "341000-SZ,U00006,安责3号")
	if err != nil || len(list) != 3 || list[1].ID() != "2024/HS10181/U00408" || list[1].Paper != "安责2号" {
		t.Fatalf("%+v %v", list, err)
	}
	for line, want := range map[string]string{
		"HS10181,U00407,安责1号": "第 2 行：人员 U00407 不是机构 HS10181 的校长", "HS10181,U00456,安责1号": "不是机构 HS10181 的校长",
		"HS99999,U00408,安责1号": "不在机构表内", "HS10181,U00408,": "没有写编号", "341000-SZ,U00011,安责1号": "不是机构 341000-SZ 的市级负责人",
	} {
		if _, err := parse(line); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", line, err)
		}
	}
	if _, err := parse("341021,U00031,甲", "341021,U00032,乙"); err == nil || !strings.Contains(err.Error(), "写了两次") {
		t.Errorf("two heads answer for one body: %v", err)
	}
}
