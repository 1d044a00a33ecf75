package org_test

import (
	"strings"
	"testing"
	"time"

	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
)

func stamp(text string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04:05.999", text, time.FixedZone("", 8*3600))
	if err != nil {
		panic(err)
	}
	return t
}

func pointer(t time.Time) *time.Time { return &t }

var (
	bureau = org.Organisation{ID: "341021", Name: "县局", Kind: "county", Path: "/341000/341021/", ValidFrom: stamp("2000-01-01 00:00:00")}
	now    = stamp("2024-09-10 10:00:00")
)

func goodForm() org.Form {
	return org.Form{Name: "程一", Org: "341021", Post: "审核员", Phone: "15400000001", Roles: []string{"CA"}, Pledge: "承诺 2024-7", Starts: stamp("2024-09-01 00:00:00")}
}

func TestAFilingNeedsTwoPeopleAndOnlyThenAnAccountIsOpen(t *testing.T) {
	f, err := goodForm().File("U9", nil, nil, bureau, "U1", now)
	if err != nil || f.State != org.Filed || f.ID != "U9/1" || f.Kind != org.FileNew {
		t.Fatalf("%+v %v", f, err)
	}
	for officer, want := range map[string]string{"U1": "两个人", "U9": "两个人", "": "两个人"} {
		if _, _, err := f.Check(officer, nil, now); !fault.Is(err, fault.Forbidden) || !strings.Contains(err.Error(), want) {
			t.Errorf("checked by %q: %v", officer, err)
		}
	}
	active, s, err := f.Check("U2", nil, now)
	if err != nil || active.State != org.Active || s.Name != "程一" || s.Phone != "15400000001" || s.Pledge != "承诺 2024-7" || s.MayServe(now) != nil {
		t.Fatalf("%+v %+v %v", active, s, err)
	}
	if _, _, err := active.Check("U2", &s, now); !fault.Is(err, fault.Conflict) {
		t.Errorf("checked twice: %v", err)
	}
	back, err := f.SendBack("U2", "姓名写错", now)
	if err != nil || back.State != org.SentBack || back.Note != "姓名写错" {
		t.Errorf("%+v %v", back, err)
	}
	if _, err := f.SendBack("U2", " ", now); !fault.Is(err, fault.Invalid) {
		t.Errorf("sent back without a reason: %v", err)
	}
	open := goodForm()
	open.Pledge = ""
	f, _ = open.File("U9", nil, nil, bureau, "U1", now)
	_, s, _ = f.Check("U2", nil, now)
	if err := s.MayServe(now); err == nil || !strings.Contains(err.Error(), "承诺书") {
		t.Errorf("serves without a pledge: %v", err)
	}
	if s, err = s.GivePledge(); err != nil || s.MayServe(now) != nil {
		t.Errorf("pledged: %v", err)
	}
	if _, err := s.GivePledge(); !fault.Is(err, fault.Conflict) {
		t.Errorf("pledged twice: %v", err)
	}
}

func TestEachFaultOfTheFilingFormHasItsSentenceAndField(t *testing.T) {
	for field, change := range map[string]func(*org.Form){
		"name":   func(f *org.Form) { f.Name = " " },
		"post":   func(f *org.Form) { f.Post = strings.Repeat("长", 51) },
		"phone":  func(f *org.Form) { f.Phone = "1540000000" },
		"pledge": func(f *org.Form) { f.Pledge = "承诺\x07" },
		"starts": func(f *org.Form) { f.Starts = time.Time{} },
		"ends":   func(f *org.Form) { f.Closes = pointer(stamp("2024-09-01 00:00:00")) },
		"upward": func(f *org.Form) { f.Upward = pointer(stamp("2024-09-11 00:00:00")) },
		"role":   func(f *org.Form) { f.Roles = nil },
		"org":    func(f *org.Form) { f.Org = "341022" },
	} {
		form := goodForm()
		change(&form)
		_, err := form.File("U9", nil, nil, bureau, "U1", now)
		var e *fault.Error
		if e, _ = err.(*fault.Error); e == nil || len(e.Fields) != 1 || e.Fields[0].Name != field || strings.Contains(e.Sentence, "154000") {
			t.Errorf("%s: %v", field, err)
		}
	}
	for roles, want := range map[string]string{"SC": "不能设在", "XX": "不能设在", "CA SEC": "不能设在"} {
		form := goodForm()
		form.Roles = strings.Fields(roles)
		if _, err := form.File("U9", nil, nil, bureau, "U1", now); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", roles, err)
		}
	}
	city := org.Organisation{ID: "341000", Name: "市局", Kind: "city", Path: "/341000/", ValidFrom: bureau.ValidFrom}
	form := goodForm()
	form.Org, form.Roles = "341000", []string{"ML", "SEC"}
	if _, err := form.File("U9", nil, nil, city, "U1", now); !fault.Is(err, fault.Forbidden) || !strings.Contains(err.Error(), "不能由一人兼任") {
		t.Errorf("an officer with business: %v", err)
	}
	if _, err := goodForm().File("U1", nil, nil, bureau, "U1", now); !fault.Is(err, fault.Forbidden) {
		t.Errorf("files himself: %v", err)
	}
	f, _ := goodForm().File("U9", nil, nil, bureau, "U1", now)
	if _, err := goodForm().File("U9", nil, []org.Filing{f}, bureau, "U1", now); !fault.Is(err, fault.Conflict) {
		t.Errorf("filed twice: %v", err)
	}
	elsewhere := &org.Staff{ID: "U9", Name: "程一", Org: "341022"}
	if _, err := goodForm().File("U9", elsewhere, nil, bureau, "U1", now); !fault.Is(err, fault.Conflict) {
		t.Errorf("somebody of another body: %v", err)
	}
	elsewhere.Closes = pointer(now)
	if _, err := goodForm().File("U9", elsewhere, nil, bureau, "U1", now); err != nil {
		t.Errorf("somebody who left there: %v", err)
	}
	elsewhere.Name = "程二"
	if _, err := goodForm().File("U9", elsewhere, nil, bureau, "U1", now); !fault.Is(err, fault.Conflict) || strings.Contains(err.Error(), "程二") {
		t.Errorf("another name: %v", err)
	}
}

func TestAPostEndsWithItsLastDayAndTheAccountWithIt(t *testing.T) {
	s := org.Staff{ID: "U9", Name: "程一", Org: "341021", Post: "审核员", FiledOn: pointer(stamp("2024-01-01 00:00:00")), Pledge: "x"}
	// A day that is over, today, and a day to come.
	_, past, err := s.Leave(stamp("2024-08-31 00:00:00"), "调离", "U1", nil, now)
	if err != nil || !fault.Is(past.MayServe(now), fault.Locked) || !strings.Contains(past.Closed(now).Error(), "岗位已于 2024-08-31 结束") {
		t.Errorf("a day that is over: %v %v", err, past.Closed(now))
	}
	_, today, err := s.Leave(stamp("2024-09-10 00:00:00"), "调离", "U1", nil, now)
	if err != nil || today.Closed(now) == nil || today.Closed(now.Add(-time.Millisecond)) != nil || today.LastDay() != "2024-09-10" {
		t.Errorf("today: %v, last day %s", err, today.LastDay())
	}
	leaving, later, err := s.Leave(stamp("2024-09-30 00:00:00"), "退休", "U1", nil, now)
	midnight := stamp("2024-10-01 00:00:00")
	if err != nil || later.Closed(midnight.Add(-time.Millisecond)) != nil || later.Closed(midnight) == nil {
		t.Errorf("a day to come: %v", err)
	}
	if _, _, err := s.Leave(stamp("2024-09-30 00:00:00"), "退休", "U9", nil, now); !fault.Is(err, fault.Forbidden) {
		t.Errorf("leaves by himself: %v", err)
	}
	if _, _, err := s.Leave(time.Time{}, "退休", "U1", nil, now); !fault.Is(err, fault.Invalid) {
		t.Errorf("no day: %v", err)
	}
	if _, _, err := later.Leave(stamp("2024-09-10 00:00:00"), "退休", "U1", []org.Filing{leaving}, now); !fault.Is(err, fault.Conflict) {
		t.Errorf("leaves twice: %v", err)
	}
	if _, err := goodForm().File("U9", &later, []org.Filing{leaving}, bureau, "U1", now); !fault.Is(err, fault.Conflict) {
		t.Errorf("filed again while keys are out: %v", err)
	}
	// Out of the door only when nothing is left in the hand.
	for _, try := range []struct {
		by, want string
		held     []string
		at       time.Time
	}{{"U1", "两个人", nil, midnight}, {"U9", "两个人", nil, midnight}, {"U2", "先交还或停用", []string{"钥匙 ab（在用）"}, midnight},
		{"U2", "才能办结", nil, midnight.Add(-time.Millisecond)}} {
		if _, err := leaving.Exit(try.by, try.held, try.at); err == nil || !strings.Contains(err.Error(), try.want) {
			t.Errorf("%s with %v: %v", try.by, try.held, err)
		}
	}
	left, err := leaving.Exit("U2", nil, midnight)
	if err != nil || left.State != org.Left {
		t.Errorf("%+v %v", left, err)
	}
	if _, err := left.Exit("U2", nil, midnight); !fault.Is(err, fault.Conflict) {
		t.Errorf("left twice: %v", err)
	}
	ended := goodForm()
	ended.Starts, ended.Closes = stamp("2024-01-01 00:00:00"), pointer(stamp("2024-09-01 00:00:00"))
	if _, err := ended.File("U8", nil, nil, bureau, "U1", now); err == nil || !strings.Contains(err.Error(), "岗位已于 2024-08-31 结束") {
		t.Errorf("a post that is over is filed: %v", err)
	}
	ended.Closes = pointer(now.Add(time.Millisecond))
	if f, err := ended.File("U8", nil, nil, bureau, "U1", now); err != nil {
		t.Errorf("its twin, over in a millisecond: %v", err)
	} else if _, _, err := f.Check("U2", nil, *ended.Closes); !fault.Is(err, fault.Conflict) {
		t.Errorf("checked when it was over: %v", err)
	}
}
