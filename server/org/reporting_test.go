package org_test

import (
	"strings"
	"testing"
	"time"

	"sealdesk/server/org"
)

func TestR53WhatIsSaidIsNoProofThatALeakWasReportedInTime(t *testing.T) {
	noticed := time.Date(2024, 11, 20, 9, 30, 0, 0, time.FixedZone("", 8*3600))
	after := func(minutes int) time.Time { return noticed.Add(time.Duration(minutes) * time.Minute) }
	told := func(said, entered int) org.Note {
		return org.Note{Kind: org.Told, Party: org.CityLead, When: after(said), At: after(entered)}
	}
	raised := func(said, entered, count int) org.Note {
		return org.Note{Kind: org.Corrected, Leak: count == 0, Count: count, When: after(said), At: after(entered)}
	}
	police := org.Note{Kind: org.Told, Party: org.Police, When: after(1), At: after(2)}
	for what, c := range map[string]struct {
		leak  bool
		notes []org.Note
		now   int
		want  []org.ReportState
	}{
		"no leak":                               {false, []org.Note{told(1, 2)}, 90, nil},
		"nobody told":                           {true, []org.Note{police}, 60, []org.ReportState{org.Waiting}},
		"nobody told in time":                   {true, nil, 61, []org.ReportState{org.Overdue}},
		"told and entered at the last moment":   {true, []org.Note{told(60, 60)}, 90, []org.ReportState{org.InTime}},
		"said to be in time, entered later":     {true, []org.Note{told(60, 61)}, 90, []org.ReportState{org.Claimed}},
		"too late by what is said":              {true, []org.Note{told(61, 61)}, 90, []org.ReportState{org.TooLate}},
		"an earlier time entered afterwards":    {true, []org.Note{told(61, 62), told(5, 63)}, 90, []org.ReportState{org.TooLate}},
		"a second telling":                      {true, []org.Note{told(5, 6), told(80, 81)}, 90, []org.ReportState{org.InTime}},
		"raised, nobody told":                   {false, []org.Note{raised(20, 30, 0)}, 80, []org.ReportState{org.Waiting}},
		"raised, the telling entered before":    {false, []org.Note{told(25, 26), raised(20, 30, 0)}, 81, []org.ReportState{org.InTime}},
		"raised, told before it":                {false, []org.Note{told(19, 26), raised(20, 30, 0)}, 81, []org.ReportState{org.Overdue}},
		"raised, told as it was known":          {false, []org.Note{told(20, 26), raised(20, 30, 0)}, 81, []org.ReportState{org.InTime}},
		"raised, too late and entered before":   {false, []org.Note{told(81, 82), raised(20, 83, 0)}, 90, []org.ReportState{org.TooLate}},
		"larger, the telling entered before":    {true, []org.Note{told(25, 26), raised(20, 30, 500)}, 90, []org.ReportState{org.InTime, org.InTime}},
		"raised, said to be told before it":     {false, []org.Note{raised(20, 30, 0), told(19, 31)}, 81, []org.ReportState{org.Overdue}},
		"raised, told after it":                 {false, []org.Note{raised(20, 30, 0), told(30, 31)}, 90, []org.ReportState{org.InTime}},
		"raised backwards, entered too late":    {false, []org.Note{raised(20, 85, 0), told(30, 86)}, 90, []org.ReportState{org.Claimed}},
		"a count without a leak":                {false, []org.Note{raised(20, 30, 500)}, 90, nil},
		"a larger count of a leak":              {true, []org.Note{told(5, 6), raised(20, 30, 500)}, 40, []org.ReportState{org.InTime, org.Waiting}},
		"a larger count, told once of both":     {true, []org.Note{raised(20, 30, 500), told(40, 41)}, 90, []org.ReportState{org.InTime, org.InTime}},
		"a count before the leak, told of that": {false, []org.Note{raised(5, 6, 500), raised(20, 30, 0), told(40, 90)}, 95, []org.ReportState{org.Claimed}},
	} {
		i := org.Incident{Noticed: noticed, Leak: c.leak, Count: 37}
		list := i.Reportings(c.notes)
		if len(list) != len(c.want) {
			t.Errorf("%s: %d duties, want %d", what, len(list), len(c.want))
			continue
		}
		for k, r := range list {
			if got := r.State(after(c.now)); got != c.want[k] {
				t.Errorf("%s: duty %d is %q, want %q", what, k, got.Mark(), c.want[k].Mark())
			}
			if word := r.Word(after(c.now)); strings.HasPrefix(word, "登记为按时报告") != (c.want[k] == org.InTime) {
				t.Errorf("%s: %s", what, word)
			}
		}
	}
	list := org.Incident{Noticed: noticed, Leak: true}.Reportings([]org.Note{told(5, 6), raised(20, 30, 500)})
	if r, ok := org.Pressing(list, after(90)); !ok || r.State(after(90)) != org.Overdue {
		t.Errorf("what presses is %+v", r)
	}
}

func TestR53TheCityLeadIsAskedForAWeekAboutATellingThatOnlyTheOfficerSays(t *testing.T) {
	noticed := time.Date(2024, 11, 20, 9, 30, 0, 0, time.FixedZone("", 8*3600))
	day := func(n int) time.Time { return noticed.AddDate(0, 0, n) }
	told := org.Note{Kind: org.Told, Party: org.CityLead, When: noticed.Add(time.Minute), At: noticed.Add(time.Hour)}
	leak := org.Incident{Noticed: noticed, Leak: true, At: noticed}
	raised := org.Note{Kind: org.Corrected, Leak: true, When: noticed, At: day(8)}
	last := told.At.Add(org.DoubtFor)
	for what, c := range map[string]struct {
		i     org.Incident
		notes []org.Note
		now   time.Time
		want  bool
	}{
		"nobody told":                            {leak, nil, day(1), false},
		"entered":                                {leak, []org.Note{told}, told.At, true},
		"at the end of the week":                 {leak, []org.Note{told}, last.Add(-time.Millisecond), true},
		"a week later":                           {leak, []org.Note{told}, last, false},
		"no leak":                                {org.Incident{Noticed: noticed, At: noticed}, []org.Note{told}, told.At, false},
		"the leak is entered a week later":       {org.Incident{Noticed: noticed, At: noticed}, []org.Note{told, raised}, day(9), true},
		"the incident is entered with a telling": {org.Incident{Noticed: noticed, Leak: true, At: day(8)}, []org.Note{told}, day(9), true},
	} {
		if _, ok := org.Doubtful(c.i.Reportings(c.notes), c.now); ok != c.want {
			t.Errorf("%s: %v", what, ok)
		}
	}
	r, _ := org.Doubtful(leak.Reportings([]org.Note{told}), told.At)
	if want := "于 2024-11-20 10:30 登记：2024-11-20 09:31 已告知市级负责人。这只是登记人自述，没有接到报告的，请立即查问。"; !strings.Contains(r.Ask(), want) {
		t.Error(r.Ask())
	}
}

func TestR53AnIncidentFiledAfterTheHourSaysSo(t *testing.T) {
	noticed := time.Date(2024, 11, 20, 9, 30, 0, 0, time.FixedZone("", 8*3600))
	i := org.Incident{Noticed: noticed, At: noticed.Add(time.Hour)}
	if i.FiledLate() {
		t.Error("at the last moment")
	}
	if i.At = i.At.Add(time.Millisecond); !i.FiledLate() {
		t.Error("a millisecond later")
	}
}
