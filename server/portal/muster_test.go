package portal_test

import (
	"bytes"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/desk"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/sheet"
	"sealdesk/server/store"
)

// staffSheet writes a staff sheet as an office would, into the portal's template.
func staffSheet(t *testing.T, rows ...[]string) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, sheet.WritePlain(&b, "人员名册", org.MusterTitles, rows))
	return b.Bytes()
}

// onFile are the rows of a sheet that says what the register says of the bodies
// in somebody's reach, by number.
func (t *town) onFile(staff, body string) (rows map[string][]string) {
	t.tb.Helper()
	rows = map[string][]string{}
	g := t.grant(staff, policy.ListStaff, body)
	for after := ""; ; {
		list, _, next, err := t.store.Register(t.tb.Context(), g, store.StaffFilter{After: after}, 500)
		must(t.tb, err)
		for _, s := range list {
			held, err := t.store.RolesOf(t.tb.Context(), s.ID)
			must(t.tb, err)
			var roles []string
			for _, a := range held[s.ID] {
				roles = append(roles, policy.Role(a.Role).Name())
			}
			filed := ""
			if s.FiledOn != nil {
				filed = org.Day(*s.FiledOn)
			}
			rows[s.ID] = []string{s.ID, s.Name, s.Org, s.Post, s.Phone.Plain(), strings.Join(roles, "、"), filed, s.LastDay(), "", ""}
		}
		if after = next; next == "" {
			return rows
		}
	}
}

func sheetOf(rows map[string][]string) (list [][]string) {
	for _, r := range rows {
		list = append(list, r)
	}
	return list
}

// compares hands a sheet in and gives the comparison's page.
func (r reader) compares(raw []byte, scope string) desk.Page {
	r.t.tb.Helper()
	return r.filed("/musters", url.Values{"scope": {scope}}, "sheet", raw)
}

// tile is a figure of the comparison's page.
func tile(p desk.Page, word string) string {
	text := strings.Join(strings.Fields(p.Text("main")), " ")
	before, _, ok := strings.Cut(text, word)
	if !ok {
		return "no " + word
	}
	fields := strings.Fields(before)
	return fields[len(fields)-1]
}

func TestR54AStaffSheetIsComparedFiledUnderOneSealAndChangesNothingTwice(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	l := w.in(lead)
	rows := w.onFile(lead, county)
	delete(rows, auditor2) // perhaps a leaver
	rows[auditor][3] = "股长"
	rows[handler][4] = "13899990000"
	rows[head][5] = policy.SH.Name() + "、" + policy.SC.Name()
	rows["U90100"] = []string{"U90100", "新一 某", county, "科员", "13800000001", "区县审核人员", "2024-11-20", "2025-12-31", "纸质第 1 号", "2024-11-19"}
	rows["U90101"] = []string{"U90101", "新二", school, "教师", "13800000002", "SC", "2024-11-20", "", "", ""}
	raw := staffSheet(t, sheetOf(rows)...)
	records, size := w.records(), w.size()
	p := l.ok(l.compares(raw, "whole"))
	for word, want := range map[string]string{"新人员": "2", "有变更": "2", "可能离岗": "1", "不能报备": "0", "不变": fmt.Sprint(len(rows) - 4)} {
		if got := tile(p, word); got != want {
			t.Errorf("%s: %s, want %s", word, got, want)
		}
	}
	text := p.Text("main")
	for _, want := range []string{"岗位：", "改为 股长", "手机号：末四位", "改为 末四位 0000", "新一 某", w.people[auditor2].Name, "名册不授予也不免去角色", policy.SC.Name()} {
		if !strings.Contains(text, want) {
			t.Errorf("the comparison lacks %q", want)
		}
	}
	if strings.Contains(string(p.Body), "13899990000") || strings.Contains(string(p.Body), w.people[handler].Phone.Plain()) {
		t.Error("the comparison shows a telephone")
	}
	if w.records() != records || w.size() != size {
		t.Fatal("an upload alone changed something")
	}
	report := l.ok(l.get(p.Path + "/report"))
	if csv := string(report.Body); strings.Contains(csv, "13899990000") || strings.Contains(csv, "新一") || !strings.Contains(csv, auditor2+",名册里没有，可能离岗") {
		t.Errorf("the report: %.300s", csv)
	}
	if strings.Contains(report.Header.Get("Content-Disposition"), "1389") {
		t.Error("the file's name tells a number")
	}
	// Nobody else sees it.
	w.in(lead2).refused(w.in(lead2).get(p.Path), fault.NotFound, "没有这次比对")
	// One text, a row each; no choice is no filing.
	l.refusedPlain(l.post(p.Path, nil), fault.Invalid, "请选择怎样报备")
	w.clock.Pass(2 * time.Minute)
	ask := l.ok(l.post(p.Path, url.Values{"choice": {"all"}}))
	statement, annex, err := ask.Statement()
	must(t, err)
	if s := string(statement); !strings.Contains(s, "staff-muster") || !strings.Contains(s, "新任: 2") || !strings.Contains(s, "变更: 2") || !strings.Contains(s, "行数合计: 4") || strings.Contains(s, "新一") {
		t.Errorf("the text: %.600s", s)
	}
	if a := string(annex); !strings.Contains(a, "新一") || strings.Contains(a, "13899990000") {
		t.Errorf("the annex: %.300s", a)
	}
	l.done(ask)
	if e := w.entries(1)[0]; policy.Act(e.Act) != policy.FileStaff || !strings.HasPrefix(e.Subject, "muster/") || e.Actor != lead || e.Signers != 1 {
		t.Errorf("the entry is %+v", e)
	}
	if _, err := w.store.Staff(t.Context(), "U90100"); !fault.Is(err, fault.NotFound) {
		t.Error("a filing opened an account before its check")
	}
	l.refused(l.get(p.Path), fault.NotFound, "没有这次比对") // settled
	// The same file again: all is waiting or on file, nothing can be filed.
	again := l.ok(l.compares(raw, "whole"))
	if tile(again, "新人员") != "0" || tile(again, "有变更") != "0" || !strings.Contains(again.Text("main"), "没有要报备的行") {
		t.Errorf("again: %.300s", again.Text("main"))
	}
	// The officer puts them into force together.
	s := w.in(sec)
	list := s.ok(s.get("/staff"))
	if !strings.Contains(list.Text("main"), "一并审核备案") {
		t.Fatalf("%.300s", list.Text("main"))
	}
	l.refused(l.post("/staff/checks", url.Values{"unit": {county}}), fault.Forbidden, "")
	s.refusedPlain(s.post("/staff/checks", nil), fault.Invalid, "请选择要一并审核哪里报来的")
	w.clock.Pass(2 * time.Minute)
	s.done(s.post("/staff/checks", url.Values{"unit": {county}}))
	fresh, err := w.store.Staff(t.Context(), "U90100")
	must(t, err)
	changed, err := w.store.Staff(t.Context(), auditor)
	must(t, err)
	if fresh.Name != "新一 某" || fresh.LastDay() != "2025-12-31" || fresh.Pledge != "纸质第 1 号" || changed.Post != "股长" {
		t.Errorf("%+v %+v", fresh, changed)
	}
	held, err := w.store.RolesOf(t.Context(), "U90100", head)
	must(t, err)
	if len(held["U90100"]) != 0 || len(held[head]) != 1 {
		t.Errorf("a sheet granted a role: %v", held)
	}
	after := l.ok(l.compares(raw, "whole"))
	if tile(after, "新人员") != "0" || tile(after, "有变更") != "0" || tile(after, "不变") != fmt.Sprint(len(rows)) || tile(after, "不能报备") != "0" {
		t.Errorf("after the check: %.400s", after.Text("main"))
	}
	if n := len(w.filedBatches()); n != 1 {
		t.Errorf("%d batches", n)
	}
}

// filedBatches are the entries of staff sheets.
func (t *town) filedBatches() (list []audit.Entry) {
	for _, e := range t.entries(500) {
		if policy.Act(e.Act) == policy.FileStaff && strings.HasPrefix(e.Subject, "muster/") {
			list = append(list, e)
		}
	}
	return list
}

func TestR54BadRowsOfAStaffSheetAreNamedWithColumnCauseAndCure(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	l := w.in(lead)
	row := func(id string, change ...string) []string {
		r := []string{id, "某人", county, "科员", "13800000001", "区县审核人员", "2024-11-20", "", "", ""}
		for i := 0; i+1 < len(change); i += 2 {
			for at, title := range org.MusterTitles {
				if title == change[i] {
					r[at] = change[i+1]
				}
			}
		}
		return r
	}
	rows := [][]string{row("U90001X"), row(""), row("U90001X"), row("U90002X", "机构编号", unit2), row("U90003X", "机构编号", "XX"), row("U90004X", "手机号", "12345"), row("U90005X", "姓名", ""),
		row("U90006X", "拟任角色", "皇帝"), row("U90007X", "拟任角色", ""), row("U90008X", "任职起", "2024年9月"), row("U90009X", "任职止", "2024-11-01"), row("U9001号"),
		row(neighbour), row(lead, "岗位", "局长"), row("U90010X", "拟任角色", policy.SH.Name()), row("U90011X", "向上报备日", "2025-01-01"), row("U90012X", "岗位", "")}
	p := l.ok(l.compares(staffSheet(t, rows...), "named"))
	text := strings.Join(strings.Fields(p.Text("main")), " ")
	for _, want := range []string{"第 3 行 人员编号 没有人员编号", "第 4 行 U90001X 人员编号 人员编号与第 2 行相同 核对编号", "第 5 行 U90002X 机构编号 机构不在您的范围之内", "第 6 行 U90003X 机构编号 机构不在您的范围之内",
		"第 7 行 U90004X 手机号 手机号应为 1 开头的 11 位数字", "第 8 行 U90005X 姓名 请填写姓名", "第 9 行 U90006X 拟任角色 角色不在清单之内", "第 10 行 U90007X 拟任角色 请选择拟任的角色",
		"第 11 行 U90008X 任职起 任职起始日期应写作", "第 12 行 U90009X 任职止", "第 13 行 U9001号 人员编号 人员编号只能用字母", "第 14 行 " + neighbour + " 人员编号 人员编号 " + neighbour + " 已在别的机构备案",
		"第 15 行 " + lead + " — 不能为自己报备", "第 16 行 U90010X 拟任角色 角色“", "第 17 行 U90011X 向上报备日", "第 18 行 U90012X 岗位 请填写岗位"} {
		if !strings.Contains(text, want) {
			t.Errorf("no line %q", want)
		}
	}
	if tile(p, "不能报备") != "16" || tile(p, "新人员") != "1" {
		t.Errorf("%s refused, %s new: %.2500s", tile(p, "不能报备"), tile(p, "新人员"), text)
	}
	w.oneRefusal(lead, "muster/"+strings.TrimPrefix(p.Path, "/musters/")+" invalid file_staff", w.quiet("all with bad rows", func() {
		l.refusedPlain(l.post(p.Path, url.Values{"choice": {"all"}}), fault.Invalid, "名册里有 16 行不能报备")
	}))
	ask := l.ok(l.post(p.Path, url.Values{"choice": {"good"}}))
	if text, _, err := ask.Statement(); err != nil || !strings.Contains(string(text), "选择: 只报备合格的行，另有 16 行没有报备") || !strings.Contains(string(text), "行数合计: 1") {
		t.Errorf("%v %.400s", err, text)
	}
	l.done(ask)
	g := w.grant(lead, policy.ListStaff, county)
	if list, err := w.store.FilingsIn(t.Context(), g, org.Filed); err != nil || len(list) != 1 || list[0].Staff != "U90001X" {
		t.Errorf("%v %v", list, err)
	}
	// Cancelled, it is forgotten and nothing was filed.
	p = l.ok(l.compares(staffSheet(t, row("U90020X")), "named"))
	records := w.records()
	if got := l.ok(l.post(p.Path, url.Values{"choice": {"cancel"}})); got.Path != "/staff" {
		t.Errorf("cancelled: %s", got.Path)
	}
	l.refused(l.get(p.Path), fault.NotFound, "没有这次比对")
	if w.records() != records {
		t.Error("a cancelled sheet changed a record")
	}
}

func TestR54ASheetOfAnotherOrgansPeopleFilesNobody(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	l := w.in(lead)
	rows := w.onFile(leadOf祁门, "341024")
	p := l.ok(l.compares(staffSheet(t, sheetOf(rows)...), "named"))
	if tile(p, "不能报备") != fmt.Sprint(len(rows)) || tile(p, "可能离岗") != "0" || tile(p, "新人员") != "0" || !strings.Contains(p.Text("main"), "没有要报备的行") {
		t.Errorf("%.400s", p.Text("main"))
	}
	if text := p.Text("main"); strings.Contains(text, rows[leadOf祁门][1]) {
		t.Error("a foreign sheet's names are shown with what is on file")
	}
	records := w.records()
	w.quiet("filed all the same", func() {
		l.refusedPlain(l.post(p.Path, url.Values{"choice": {"good"}}), fault.Conflict, "没有要报备的行")
	})
	if w.records() != records {
		t.Error("a record changed")
	}
	for _, staff := range []string{auditor, handler, sec, aud, sys} {
		r := w.in(staff)
		r.refused(r.get("/musters"), fault.Forbidden, "")
		r.refused(r.compares(staffSheet(t, sheetOf(rows)...), "named"), fault.Forbidden, "")
	}
}

func TestR54WhatIsNoStaffSheetIsRefusedWithItsSentence(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	l := w.in(lead)
	good := staffSheet(t, []string{"U90001X", "某人", county, "科员", "13800000001", "CA", "2024-11-20"})
	var wrong bytes.Buffer
	must(t, sheet.WritePlain(&wrong, "x", []string{"编号", "名字"}, [][]string{{"1", "2"}}))
	l.refusedPlain(l.compares(good, ""), fault.Invalid, "请选择这份名册包括哪些机构")
	l.refusedPlain(l.compares(nil, "whole"), fault.Invalid, "没有收到文件")
	l.refusedPlain(l.compares([]byte("just words"), "whole"), fault.Invalid, "")
	l.refusedPlain(l.compares(wrong.Bytes(), "whole"), fault.Invalid, "表头里没有“人员编号”")
	l.refusedPlain(l.compares(staffSheet(t), "whole"), fault.Invalid, "表头下面没有一行内容")
	records := w.records()
	files, err := filepath.Glob("../sheet/testdata/bad/*.xlsx")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d hostile files: %v", len(files), err)
	}
	for _, path := range files {
		raw, err := os.ReadFile(path)
		must(t, err)
		if p := l.compares(raw, "whole"); p.Status != statusOf(fault.Invalid) {
			t.Errorf("%s answers %d: %.200s", path, p.Status, p.Text("main"))
		}
	}
	if w.records() != records {
		t.Error("a hostile file changed a record")
	}
	l.ok(l.compares(good, "named"))
}

func TestR54AThousandPeopleAreComparedFiledAndCheckedTogether(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	l, s := w.in(lead), w.in(sec)
	var rows [][]string
	for n := range 1000 {
		rows = append(rows, []string{fmt.Sprintf("V%05d", n), "新人" + string(rune('一'+n)), school, "教师", fmt.Sprintf("137%08d", n), "SC", "2024-11-20", "", "", ""})
	}
	raw := staffSheet(t, rows...)
	begin := time.Now()
	p := l.ok(l.compares(raw, "named"))
	t.Logf("compared in %v", time.Since(begin))
	if tile(p, "新人员") != "1000" && tile(p, "新人员") != "1,000" {
		t.Fatalf("%.300s", p.Text("main"))
	}
	begin = time.Now()
	l.done(l.post(p.Path, url.Values{"choice": {"all"}}))
	t.Logf("filed in %v", time.Since(begin))
	g := w.grant(lead, policy.ListStaff, county)
	if list, err := w.store.FilingsIn(t.Context(), g, org.Filed); err != nil || len(list) != 1000 {
		t.Fatalf("%d %v", len(list), err)
	}
	begin = time.Now()
	s.done(s.post("/staff/checks", url.Values{"unit": {county}}))
	t.Logf("checked in %v", time.Since(begin))
	again := l.ok(l.compares(raw, "named"))
	if tile(again, "新人员") != "0" || !strings.Contains(again.Text("main"), "没有要报备的行") {
		t.Errorf("%.300s", again.Text("main"))
	}
}

func TestR54AFilingMadeMeanwhileVoidsTheWholeSheet(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	l, other := w.in(lead), w.in(lead2)
	rows := w.onFile(lead, county)
	mine := [][]string{rows[auditor], rows[auditor2]}
	for _, r := range mine {
		r[3] = "股长"
	}
	p := l.ok(l.compares(staffSheet(t, mine...), "named"))
	ask := l.ok(l.post(p.Path, url.Values{"choice": {"all"}}))
	q := other.ok(other.compares(staffSheet(t, rows[auditor2]), "named"))
	other.done(other.post(q.Path, url.Values{"choice": {"all"}}))
	records := w.records()
	got := l.handIn(l.signed(ask))
	if got.Location != "" || !strings.Contains(got.Sentence, auditor2) || !strings.Contains(got.Sentence, "整份没有报备") || w.records() != records {
		t.Errorf("%+v", got)
	}
}
