package org_test

import (
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
)

func file(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func tree(t testing.TB) org.Tree {
	t.Helper()
	tree, err := org.ParseOrganisations(strings.NewReader(file(t, "organisations.csv")))
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestTheSampleCityIsReadWhole(t *testing.T) {
	city := tree(t)
	roster, err := org.ParseStaff(strings.NewReader(file(t, "staff.csv")), city)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(city.All()); n != 429 {
		t.Errorf("%d bodies, 429 stand in the file", n)
	}
	if len(roster.Staff) != 886 || len(roster.Appointments) != 888 {
		t.Errorf("%d people with %d appointments, 886 with 888 stand in the file", len(roster.Staff), len(roster.Appointments))
	}
	paths := map[string]bool{}
	for _, o := range city.All() {
		if paths[o.Path] || !strings.HasSuffix(o.Path, "/"+o.ID+"/") {
			t.Errorf("%s has the path %s", o.ID, o.Path)
		}
		paths[o.Path] = true
	}
	again, err := org.Build(city.All())
	if err != nil {
		t.Fatal(err)
	}
	if o, _ := again.Get("HS10123"); o.Path != "/341000/341004/HS10123/" {
		t.Errorf("built from kept rows, HS10123 has the path %s", o.Path)
	}
	if _, err := org.Build(append(city.All(), city.All()[3])); !fault.Is(err, fault.Conflict) {
		t.Errorf("a body that is kept twice: %v", err)
	}
}

func TestABodyAnswersToItsOrganByAffiliationNotByDivision(t *testing.T) {
	city := tree(t)
	counted := 0
	for _, o := range city.All() {
		b, ok := city.Body(o.ID)
		if !ok {
			t.Fatalf("%s has no body", o.ID)
		}
		if o.Division == "341002" && o.Parent == "341000-SZ" {
			counted++
			if b.Unit != "341000-SZ" || !b.CityRun {
				t.Errorf("%s stands in 屯溪区 and answers to %s", o.ID, b.Unit)
			}
		}
		if o.Parent == "341002" && (b.Unit != "341002" || b.CityRun) {
			t.Errorf("%s of 屯溪区 answers to %s", o.ID, b.Unit)
		}
	}
	if counted != 17 {
		t.Errorf("%d 市直 schools stand in 屯溪区, 17 expected", counted)
	}
	for path, want := range map[string]string{"/341000/": "341000", "/341000/341021/": "341021", "/341000/341021/HS1/": "341021",
		"": "", "/": "", "341000/": "", "/341000//HS1/": "", "/341000/341021": ""} {
		if got := org.Unit(path); got != want {
			t.Errorf("Unit(%q) = %q", path, got)
		}
	}
	if _, ok := city.Body("HS00000"); ok {
		t.Error("a school that does not exist has a body")
	}
}

const header = "org_id,parent_org_id,kind,name,ownership,division_code,stages,school_licence_no,valid_from,valid_to\n"
const small = header +
	"341000,,city,市局,,341000,,,2000-01-01,\n" +
	"341021,341000,county,县局,,341021,,,2000-01-01,\n" +
	"HS1,341021,primary,一小,公办,341021,小学,,2001-09-01,2024-08-31\n"

func TestEachFaultyLineOfTheBodiesHasItsSentence(t *testing.T) {
	for line, want := range map[string]string{
		"HS1,341021,primary,二小,公办,341021,小学,,2001-09-01,":           "与第 4 行重复",
		"HS2,341099,primary,二小,公办,341021,小学,,2001-09-01,":           "上级机构 341099 不在表内",
		"HS2,HS2,primary,二小,公办,341021,小学,,2001-09-01,":              "绕成了圈",
		"HS2,341000,primary,二小,公办,341021,小学,,2001-09-01,":           "上级应是区县或市直",
		"341022,341021,county,县局,,341022,,,2000-01-01,":             "上级应是市级机构",
		"341001,,city,二市,,341000,,,2000-01-01,":                     "恰有一个市级机构",
		"HS2,341021,academy,二小,公办,341021,小学,,2001-09-01,":           "类别“academy”不在清单内",
		"HS2,341021,primary,,公办,341021,小学,,2001-09-01,":             "没有名称",
		"HS2,341021,primary,二小,国有,341021,小学,,2001-09-01,":           "应为公办或民办",
		"341022,341000,county,县局,公办,341022,,,2000-01-01,":           "不是学校",
		"HS2,341021,primary,二小,公办,34102,小学,,2001-09-01,":            "应为 6 位数字",
		"HS2,341021,primary,二小,公办,341021,大学,,2001-09-01,":           "学段“大学”",
		"HS2,341021,primary,二小,公办,341021,小学,,2001/09/01,":           "起止日期应写作",
		"HS2,341021,primary,二小,公办,341021,小学,,2001-09-01,2000-01-01": "终止日期早于起始日期",
		"HS/2,341021,primary,二小,公办,341021,小学,,2001-09-01,":          "机构编号只能用",
		"HS2,341021,primary, 二小,公办,341021,小学,,2001-09-01,":          "前后有空格",
		"HS2,341021,primary,二\u200b小,公办,341021,小学,,2001-09-01,":     "不能使用的字符",
		"HS2,341021,primary,二小":                                     "应有 10 列，实有 4 列",
	} {
		_, err := org.ParseOrganisations(strings.NewReader(small + line + "\n"))
		var e *fault.Error
		if !errors.As(err, &e) || !strings.Contains(e.Sentence, want) || len(e.Fields) == 0 {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := org.ParseOrganisations(strings.NewReader(small)); err != nil {
		t.Errorf("the twin without a fault: %v", err)
	}
	if _, err := org.ParseOrganisations(strings.NewReader("a,b\n")); err == nil || !strings.Contains(err.Error(), "表头不对") {
		t.Errorf("a wrong header: %v", err)
	}
	if _, err := org.ParseOrganisations(strings.NewReader("")); err == nil {
		t.Error("an empty file was read")
	}
}

func TestALongerCycleIsNamedAtEachOfItsLines(t *testing.T) {
	_, err := org.ParseOrganisations(strings.NewReader(small +
		"A,B,primary,甲,公办,341021,小学,,2001-09-01,\nB,A,primary,乙,公办,341021,小学,,2001-09-01,\n"))
	var e *fault.Error
	if !errors.As(err, &e) || len(e.Fields) != 2 || !strings.Contains(e.Fields[0].Sentence, "绕成了圈") {
		t.Errorf("%v", err)
	}
}

const staffHeader = "staff_id,name,org_id,roles,post,phone,filed_on,trained_2024\n"

func TestEachFaultyLineOfTheStaffHasItsSentence(t *testing.T) {
	city, err := org.ParseOrganisations(strings.NewReader(small))
	if err != nil {
		t.Fatal(err)
	}
	good := staffHeader + "U1,程一,341021,CA CL,审核员,15400000000,2024-05-01,yes\n"
	for line, want := range map[string]string{
		"U1,程二,341021,CA,审核员,15400000000,2024-05-01,yes":          "与第 2 行重复",
		"U2,程二,341099,CA,审核员,15400000000,2024-05-01,yes":          "机构 341099 不在机构表内",
		"U2,程二,341021,CX,审核员,15400000000,2024-05-01,yes":          "角色“CX”不在清单内",
		"U2,程二,341021,CA  CL,审核员,15400000000,2024-05-01,yes":      "角色“”不在清单内",
		"U2,程二,341021,,审核员,15400000000,2024-05-01,yes":            "角色“”不在清单内",
		"U2,程二,341021,CA CA,审核员,15400000000,2024-05-01,yes":       "写了两次",
		"U2,程二,HS1,CA,审核员,15400000000,2024-05-01,yes":             "不能设在机构 HS1",
		"U2,程二,341000,SYS SEC,管理员,15400000000,2024-05-01,yes":     "不能由一人兼任",
		"U2,程二,341000,ML AUD,科长,15400000000,2024-05-01,yes":       "不能由一人兼任",
		"U2,程二,341021,CA,审核员,1540000000,2024-05-01,yes":           "11 位数字",
		"U2,程二,341021,CA,审核员,15400000000,20240501,yes":            "备案日期应写作",
		"U2,程二,341021,CA,审核员,15400000000,2024-05-01,maybe":        "应为 yes 或 no",
		"U2,,341021,CA,审核员,15400000000,2024-05-01,yes":            "没有姓名",
		"U 2,程二,341021,CA,审核员,15400000000,2024-05-01,yes":         "人员编号只能用",
		"U2,程二,341021,CA,审核员,15400000000,2024-05-01,yes,and more": "应有 8 列，实有 9 列",
	} {
		_, err := org.ParseStaff(strings.NewReader(good+line+"\n"), city)
		var e *fault.Error
		if !errors.As(err, &e) || !strings.Contains(e.Sentence, want) {
			t.Errorf("%s: %v", want, err)
		} else if strings.Contains(e.Error(), "程二") || strings.Contains(e.Error(), "154000") {
			t.Errorf("%s: the sentence repeats a name or a telephone", want)
		}
	}
	roster, err := org.ParseStaff(strings.NewReader(good), city)
	if err != nil || len(roster.Appointments) != 2 || roster.Appointments[1].ID != "U1/CL/341021" {
		t.Errorf("the twin without a fault: %+v %v", roster, err)
	}
}

func TestCase60WhoIsNotFiledOrNotTrainedMayNotAct(t *testing.T) {
	roster, err := org.ParseStaff(strings.NewReader(file(t, "staff.csv")), tree(t))
	if err != nil {
		t.Fatal(err)
	}
	find := func(id string) org.Staff {
		for _, s := range roster.Staff {
			if s.ID == id {
				return s
			}
		}
		t.Fatalf("no %s", id)
		return org.Staff{}
	}
	now := time.Date(2024, 11, 20, 10, 0, 0, 0, time.FixedZone("", 8*3600))
	for id, want := range map[string]string{"U00097": "没有完成系统使用人员备案", "U00053": "2024 年度的培训还没有完成"} {
		if err := find(id).MayAct(2024, now); !fault.Is(err, fault.Forbidden) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", id, err)
		}
	}
	u := find("U00028")
	if err := u.MayAct(2024, now); err != nil {
		t.Errorf("filed and trained: %v", err)
	}
	if err := u.MayAct(2025, now); err == nil {
		t.Error("the training of 2024 serves 2025")
	}
	if err := u.MayAct(2024, u.FiledOn.Add(-time.Millisecond)); err == nil {
		t.Error("acts a millisecond before the day of filing")
	}
	if err := u.MayAct(2024, *u.FiledOn); err != nil {
		t.Errorf("on the day of filing: %v", err)
	}
}

func TestABodyIsOpenThroughItsLastDay(t *testing.T) {
	city, _ := org.ParseOrganisations(strings.NewReader(small))
	o, _ := city.Get("HS1")
	end := time.Date(2024, 9, 1, 0, 0, 0, 0, time.FixedZone("", 8*3600))
	if !o.OpenOn(end.Add(-time.Millisecond)) || o.OpenOn(end) {
		t.Error("2024-08-31 is not the last day")
	}
	if o.OpenOn(o.ValidFrom.Add(-time.Millisecond)) || !o.OpenOn(o.ValidFrom) {
		t.Error("2001-09-01 is not the first day")
	}
}

func FuzzParseOrganisations(f *testing.F) {
	f.Add(small)
	f.Add(header + "A,A,city,,,,,,,\n")
	f.Add("\"")
	f.Fuzz(func(t *testing.T, text string) {
		city, err := org.ParseOrganisations(strings.NewReader(text))
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("not a refusal: %v", err)
			}
			return
		}
		for _, o := range city.All() {
			if b, ok := city.Body(o.ID); !ok || b.Unit == "" || org.Unit(o.Path) != b.Unit {
				t.Fatalf("a body without its organ: %q", o.Path)
			}
		}
	})
}

func FuzzParseStaff(f *testing.F) {
	city, err := org.ParseOrganisations(strings.NewReader(small))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(staffHeader + "U1,程一,341021,CA CL,审核员,15400000000,2024-05-01,yes\n")
	f.Add(staffHeader + "U1,程一,341000,SYS SEC,审核员,15400000000,,no\n")
	f.Fuzz(func(t *testing.T, text string) {
		roster, err := org.ParseStaff(strings.NewReader(text), city)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("not a refusal: %v", err)
			}
			return
		}
		for _, a := range roster.Appointments {
			if _, ok := city.Get(a.Org); !ok || a.Role == "" {
				t.Fatal("an appointment to nothing")
			}
		}
	})
}
