package org

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// Incident is one security incident as it was noticed (R53, domain section 9).
// It never changes: what follows is added, each addition a sealed act. Noticed,
// as every time that the officer fills in, is what is said; At, when the record
// came in by this system's clock, is what is proven.
type Incident struct {
	ID        string // I2024-001
	Year      int
	Org       string // whose officer keeps the record: the city
	Noticed   time.Time
	NoticedBy string // free text, encrypted at rest like What and Whose
	What      string
	Whose     string // whose data, in general words
	Count     int    // how many people's data
	Leak      bool   // a leak is possible: the city lead is told within ReportWithin
	By        string
	At        time.Time
}

// ReportWithin is how long after noticing a possible leak the security officer
// must have told the city lead [default].
const ReportWithin = time.Hour

// NoteKind is what an addition tells.
type NoteKind string

// The additions: how it was contained, who was told, what was learned, and
// what the first record had wrong.
const (
	Contained NoteKind = "contained"
	Told      NoteKind = "told"
	Learned   NoteKind = "learned"
	Corrected NoteKind = "corrected"
)

// NoteKinds lists them in the order of an incident's life.
var NoteKinds = []NoteKind{Contained, Told, Learned, Corrected}

// Word is the kind on a page.
func (k NoteKind) Word() string {
	return map[NoteKind]string{Contained: "控制措施", Told: "告知", Learned: "教训与整改", Corrected: "更正"}[k]
}

// Party is who was told.
type Party string

// The parties. CityLead is the one with a deadline.
const (
	CityLead   Party = "city_lead"
	CountyLead Party = "county_lead"
	Police     Party = "police"
	Subjects   Party = "subjects"
	Another    Party = "other"
)

// Parties lists them, the one with a deadline first.
var Parties = []Party{CityLead, CountyLead, Police, Subjects, Another}

// Word is the party on a page.
func (p Party) Word() string {
	return map[Party]string{CityLead: "市级负责人", CountyLead: "区县负责人", Police: "公安、网信部门", Subjects: "当事人", Another: "其他"}[p]
}

// Note is an addition to an incident.
type Note struct {
	Incident string
	N        int // from 1
	Kind     NoteKind
	Org      string
	Party    Party     // of Told, else empty
	When     time.Time // when it happened, as the officer says
	Text     string    // encrypted at rest
	Leak     bool      // of Corrected: a leak is possible after all
	Count    int       // of Corrected: how many people's data it is, more than was known; 0: as before
	By       string
	At       time.Time // when it was entered
}

// ID is the note's own.
func (n Note) ID() string { return n.Incident + "/" + itoa(n.N) }

// Report records an incident of a plan year; earlier are those of that year.
func (i Incident) Report(earlier []Incident, now time.Time) (Incident, error) {
	var err error
	switch {
	case i.Noticed.IsZero():
		return i, fault.New(fault.Invalid, "请填写发现时间：安全事件记录必须写明何时发现（通知第三部分“强化网络安全和数据安全防范意识”）。").At("noticed", "没有填写发现时间。")
	case i.Noticed.After(now):
		return i, fault.New(fault.Invalid, "发现时间晚于现在。请填写实际发现的时间。").At("noticed", "晚于现在。")
	case i.Count < 0 || i.Count > 100_000_000:
		return i, fault.New(fault.Invalid, "涉及人数应是 0 或更大的整数；还不清楚的先填估计数，以后补记。").At("count", "应是整数。")
	}
	if i.NoticedBy, err = publicLine("noticed_by", "发现人", i.NoticedBy, 100); err != nil {
		return i, err
	}
	if i.What, err = publicLine("what", "事件经过", i.What, 1000); err != nil {
		return i, err
	}
	if i.Whose, err = publicLine("whose", "涉及谁的数据", i.Whose, 300); err != nil {
		return i, err
	}
	for _, e := range earlier {
		if e.Noticed.Equal(i.Noticed) && e.What == i.What {
			return i, fault.New(fault.Conflict, "这件事已经记为 %s，没有再记。有新情况请在那一件上补记。", e.ID)
		}
	}
	i.ID, i.At = fmt.Sprintf("I%d-%03d", i.Year, len(earlier)+1), now
	return i, nil
}

// Add puts an addition beside the incident; notes are those it has.
func (i Incident) Add(n Note, notes []Note, now time.Time) (Note, error) {
	var err error
	switch {
	case n.Kind.Word() == "":
		return n, fault.New(fault.Invalid, "请选择补记什么。").At("kind", "请选择。")
	case n.Kind == Told && n.Party.Word() == "":
		return n, fault.New(fault.Invalid, "请选择告知了谁。").At("party", "请选择告知了谁。")
	case n.When.IsZero():
		return n, fault.New(fault.Invalid, "请填写时间：%s要写明何时。", n.Kind.Word()).At("when", "没有填写时间。")
	case n.When.After(now):
		return n, fault.New(fault.Invalid, "填写的时间晚于现在，只能补记已经做了的事。").At("when", "晚于现在。")
	case n.When.Before(i.Noticed):
		return n, fault.New(fault.Invalid, "填写的时间早于发现时间（%s）。发现时间记错的，请补记一条“更正”说明。", Minute(i.Noticed)).At("when", "早于发现时间。")
	}
	if err := i.raises(n, notes); err != nil {
		return n, err
	}
	if n.Kind != Told {
		n.Party = ""
	}
	if n.Text, err = publicLine("text", "内容", n.Text, 1000); err != nil {
		return n, err
	}
	for _, e := range notes {
		if e.Kind == n.Kind && e.Party == n.Party && e.When.Equal(n.When) && e.Text == n.Text && e.Leak == n.Leak && e.Count == n.Count {
			return n, fault.New(fault.Conflict, "同样的内容已于 %s 补记过，没有再记。", Minute(e.At))
		}
	}
	n.Incident, n.Org, n.N, n.At = i.ID, i.Org, len(notes)+1, now
	return n, nil
}

// Minute prints a moment as pages and texts about incidents do.
func Minute(t time.Time) string { return t.In(shanghai).Format("2006-01-02 15:04") }

// ParseMinute reads what an input of a day with time posts; the zero time is an
// empty field.
func ParseMinute(name, label, typed string) (time.Time, error) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation("2006-01-02T15:04", typed, shanghai)
	if err != nil {
		return t, fault.New(fault.Invalid, "%s应写作 2024-11-20T09:30 的样子。", label).At(name, "应写作 2024-11-20T09:30 的样子。")
	}
	return t, nil
}

// PrivateColumns are the cells of a signed text that may name people: it is
// carried by the annex, so that the text itself and the log hold digests only.
var PrivateColumns = []string{"项目", "内容"}

// private makes such an annex of pairs of label and text.
func private(record string, salts [][16]byte, pairs ...string) seal.Annex {
	a := seal.Annex{Columns: PrivateColumns}
	for i := 0; i+1 < len(pairs); i += 2 {
		a.Rows = append(a.Rows, seal.AnnexRow{Record: record, Salt: salts[i/2], Cells: []string{pairs[i], pairs[i+1]}})
	}
	return a
}

// IncidentRows is how many private cells an incident's text has, NoteRows a
// note's.
const (
	IncidentRows = 3
	NoteRows     = 1
)

// IncidentStatement is what the security officer signs.
func IncidentStatement(h seal.Header, i Incident, salts [][16]byte) (seal.Statement, error) {
	leak := "否"
	if i.Leak {
		leak = "是，须在 " + Minute(i.Noticed.Add(ReportWithin)) + " 前报告市级负责人"
	}
	fields := []seal.Field{line("计划年度", itoa(i.Year)), line("事件编号", i.ID), line("发现时间", Minute(i.Noticed)), line("可能泄露", leak), line("涉及人数", itoa(i.Count))}
	if i.FiledLate() {
		fields = append(fields, line("登记说明", "补记：发现后超过 1 小时才登记，发现时间由登记人自述"))
	}
	return seal.New(seal.IncidentReport, h, fields, private("incident/"+i.ID, salts, "发现人", i.NoticedBy, "事件经过", i.What, "涉及谁的数据", i.Whose))
}

// NoteStatement is what is signed for an addition to an incident that has notes. It
// says what the addition raises, and of a report whether it was entered in time.
func NoteStatement(h seal.Header, i Incident, notes []Note, n Note, salts [][16]byte) (seal.Statement, error) {
	fields := []seal.Field{line("事件编号", n.Incident), line("补记序号", itoa(n.N)), line("补记类别", n.Kind.Word()), line("发生时间", Minute(n.When))}
	if n.Party != "" {
		fields = append(fields, line("告知对象", n.Party.Word()))
	}
	before, after := i.Reportings(notes), i.Reportings(append(slices.Clone(notes), n))
	for k, r := range before {
		if r.Open() && !after[k].Open() {
			fields = append(fields, line("时限", after[k].signed()))
		}
	}
	if n.Leak {
		fields = append(fields, line("改为可能泄露", "是"))
	}
	if n.Count > 0 {
		known, _ := i.Extent(notes)
		fields = append(fields, line("涉及人数改为", itoa(n.Count)+"（原为 "+itoa(known)+"）"))
	}
	for _, r := range after[len(before):] {
		value := "在 " + Minute(r.Due) + " 前报告市级负责人"
		switch {
		case !r.Open():
			value += "；此前已登记 " + Minute(r.ToldAt) + " 告知（" + Minute(r.Entered) + " 登记），" + r.signed()
		case n.At.After(r.Due):
			value += "；登记时已过时限"
		}
		fields = append(fields, line("须报告", value))
	}
	return seal.New(seal.IncidentNote, h, fields, private("incident/"+n.Incident, salts, n.Kind.Word(), n.Text))
}
