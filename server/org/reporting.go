package org

import (
	"slices"
	"time"

	"sealdesk/server/internal/fault"
)

// Extent is what is known of an incident with all that was added: how many
// people's data, and whether a leak is possible. Both only ever grow.
func (i Incident) Extent(notes []Note) (count int, leak bool) {
	count, leak = i.Count, i.Leak
	for _, n := range notes {
		count, leak = max(count, n.Count), leak || n.Leak
	}
	return count, leak
}

// FiledLate reports that the record came in after the time in which a possible
// leak is reported: when it was noticed is then no more than said.
func (i Incident) FiledLate() bool { return i.At.After(i.Noticed.Add(ReportWithin)) }

// raises refuses an addition that changes the extent and is no correction, or
// would make less of it.
func (i Incident) raises(n Note, notes []Note) error {
	if !n.Leak && n.Count == 0 {
		return nil
	}
	count, leak := i.Extent(notes)
	switch {
	case n.Kind != Corrected:
		return fault.New(fault.Invalid, "只有补记“更正”时才能改为可能泄露、改涉及人数。请选择“更正”，或不填这两项。").At("kind", "请选择“更正”。")
	case n.Leak && leak:
		return fault.New(fault.Invalid, "这件事已经记为可能泄露，不用再改。").At("raise", "已经是可能泄露。")
	case n.Count < 0 || n.Count > 100_000_000:
		return fault.New(fault.Invalid, "涉及人数应是大于 %d 的整数；不改的留空。", count).At("count", "应是整数。")
	case n.Count > 0 && n.Count <= count:
		return fault.New(fault.Invalid, "涉及人数现为 %d，只能往多改。登记多了的，在内容里说明，数不改。", count).At("count", "应大于 %d。", count)
	}
	return nil
}

// Reporting is one duty to tell the city lead. It begins when a possible leak is
// noticed, and anew when a correction makes it possible or makes it larger.
type Reporting struct {
	Filed   time.Time // when what began it was entered, by this system's clock
	Due     time.Time // the last moment
	ToldAt  time.Time // as the officer says; zero while nobody was told
	Entered time.Time // when that was entered, by this system's clock
}

// DoubtFor is how long the city lead is shown that an officer entered a telling: a
// lead who was not told learns of it here, and of nothing else that he said [default].
const DoubtFor = 7 * 24 * time.Hour

// ReportState says how a duty to report stands; the greater presses more.
type ReportState int

// The states. A report is in time only when it was entered in time: what was
// entered later may have happened when the officer says, and nothing proves it.
// That the lead was told at all is the officer's word in every one of them.
const (
	InTime  ReportState = iota
	Claimed             // told in time, as the officer says, and entered too late
	TooLate             // told too late, by the officer's own words
	Waiting             // not told, and there is time left
	Overdue             // not told, and there is none
)

// Reportings are the duties to report of an incident, in the order in which they
// began; none while no leak is possible. Of the tellings of a time in which the duty
// ran the one that was entered first counts, also when it was entered before the
// correction that says so; a later entry with an earlier time mends nothing.
func (i Incident) Reportings(notes []Note) (list []Reporting) {
	leak := i.Leak
	if leak {
		list = append(list, reporting(i.Noticed, i.At, notes))
	}
	for _, n := range notes {
		leak = leak || n.Leak
		if leak && (n.Leak || n.Count > 0) {
			list = append(list, reporting(n.When, n.At, notes))
		}
	}
	return list
}

// reporting is a duty that began at a moment, entered at another.
func reporting(since, filed time.Time, notes []Note) Reporting {
	r := Reporting{Filed: filed, Due: since.Add(ReportWithin)}
	told := slices.IndexFunc(notes, func(n Note) bool { return n.Kind == Told && n.Party == CityLead && !n.When.Before(since) })
	if told >= 0 {
		r.ToldAt, r.Entered = notes[told].When, notes[told].At
	}
	return r
}

// Doubtful is the report, the last of those, that the city lead is asked about:
// one that was entered lately, or whose duty was.
func Doubtful(list []Reporting, now time.Time) (r Reporting, ok bool) {
	for _, one := range list {
		if !one.Open() && now.Before(one.shown().Add(DoubtFor)) && !one.shown().Before(r.shown()) {
			r, ok = one, true
		}
	}
	return r, ok
}

// shown is from when both the duty and the telling were in the log.
func (r Reporting) shown() time.Time {
	if r.Filed.After(r.Entered) {
		return r.Filed
	}
	return r.Entered
}

// Ask tells the city lead what the officer says, which nobody else confirmed.
func (r Reporting) Ask() string {
	return "安全保密管理员于 " + Minute(r.Entered) + " 登记：" + Minute(r.ToldAt) + " 已告知市级负责人。这只是登记人自述，没有接到报告的，请立即查问。"
}

// Pressing is the duty that presses most, the earliest of those that do so alike.
func Pressing(list []Reporting, now time.Time) (Reporting, bool) {
	if len(list) == 0 {
		return Reporting{}, false
	}
	return slices.MaxFunc(list, func(a, b Reporting) int { return int(a.State(now) - b.State(now)) }), true
}

// Open reports that nobody has told the city lead.
func (r Reporting) Open() bool { return r.ToldAt.IsZero() }

// State says how it stands at a moment.
func (r Reporting) State(now time.Time) ReportState {
	switch {
	case r.Open() && now.After(r.Due):
		return Overdue
	case r.Open():
		return Waiting
	case r.ToldAt.After(r.Due):
		return TooLate
	case r.Entered.After(r.Due):
		return Claimed
	}
	return InTime
}

// Mark is the state in a word.
func (s ReportState) Mark() string {
	return [...]string{"登记为按时报告", "补报，按时与否未证明", "迟报", "待报告", "逾期未报"}[s]
}

// Word says it on a page, with what remains or how late it is, in minutes.
func (r Reporting) Word(now time.Time) string {
	said := "自述 " + Minute(r.ToldAt) + " 报告，" + Minute(r.Entered) + " 登记"
	switch r.State(now) {
	case InTime:
		return "登记为按时报告市级负责人（" + said + "）"
	case Claimed:
		return "补报：" + said + "，登记时已过时限 " + Minute(r.Due) + "，不能证明按时报告了市级负责人"
	case TooLate:
		return "迟报：报告市级负责人晚了 " + minutes(r.ToldAt.Sub(r.Due)) + "（" + said + "）"
	case Overdue:
		return "逾期 " + minutes(now.Sub(r.Due)) + "，还没有报告市级负责人"
	}
	return "还剩 " + minutes(r.Due.Sub(now).Truncate(time.Minute)) + "，须在 " + Minute(r.Due) + " 前报告市级负责人"
}

// signed says it in the text of the telling, which is entered as it is signed.
func (r Reporting) signed() string {
	due := Minute(r.Due)
	switch r.State(r.Entered) {
	case Claimed:
		return "补报：时限 " + due + "，登记时已过，发生时间由登记人自述"
	case TooLate:
		return "迟报：晚于时限 " + due
	}
	return "时限 " + due + "，登记在时限之内"
}

// minutes is a length of time in hours and minutes, a part of one counted whole.
func minutes(d time.Duration) string {
	n := int((d + time.Minute - 1) / time.Minute)
	if n < 60 {
		return itoa(n) + " 分钟"
	}
	return itoa(n/60) + " 小时 " + itoa(n%60) + " 分钟"
}
