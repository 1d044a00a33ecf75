package registration

import (
	"time"

	"sealdesk/server/internal/fault"
)

// The stages that this stretch of the journey knows (domain section 3).
const (
	StageApplication  = "application"
	StageSchoolReview = "school_review"
	StageAudit        = "audit"
	StageRecheck      = "recheck"
)

// StageName is a stage in the words of the notice; the bare word if unknown.
func StageName(stage string) string {
	switch stage {
	case StageApplication:
		return "本人申请"
	case StageSchoolReview:
		return "学校审查"
	case StageAudit:
		return "审核"
	case StageRecheck:
		return "市级复核"
	}
	return stage
}

// Calendar is a plan year's windows, of one body or of many, and its working
// days. A window opens and shuts a door; it never moves a record.
type Calendar struct {
	Windows []Window
	Days    WorkingDays
}

// Window finds a stage of a unit's year.
func (c Calendar) Window(year int, unit, stage string) (Window, bool) {
	for _, w := range c.Windows {
		if w.Year == year && w.Org == unit && w.Stage == stage {
			return w, true
		}
	}
	return Window{}, false
}

// Contains reports whether t lies in [Opens, Closes).
func (w Window) Contains(t time.Time) bool { return !t.Before(w.Opens) && t.Before(w.Closes) }

// Open says whether the stage's door is open when the act was received: by the
// server's clock, nobody else's.
func (c Calendar) Open(year int, unit, stage string, received time.Time) error {
	w, ok := c.Window(year, unit, stage)
	switch {
	case !ok:
		return fault.New(fault.Closed, "机构 %s 的 %d 年度计划没有设“%s”时段，不能办理。请由区县负责人（市直由市级负责人）先设时段。", unit, year, StageName(stage))
	case received.Before(w.Opens):
		return fault.New(fault.Closed, "“%s”自 %s 起开放，本次请求于 %s 收到，还不能办理。记录保持原状，请届时再办。",
			StageName(stage), clock(w.Opens), clock(received))
	case !received.Before(w.Closes):
		return fault.New(fault.Closed, "“%s”已于 %s 截止，本次请求于 %s 收到，不能办理。记录保持原状，列入逾期清单。需要重开的：区县在市定时限以内由本区县负责人调整时段并写明理由；市直，以及超出市定时限的，由市级负责人调整并注明文号。",
			StageName(stage), clock(w.Closes), clock(received))
	}
	return nil
}

// schoolDoor is the door for the school's acts on a record. A record that the
// county sent back arrives when the school's own window has usually closed, so
// from the second round on the audit's window serves too; else every return
// would need an amendment.
func (a Application) schoolDoor(c Calendar, received time.Time) error {
	err := c.Open(a.Year, a.Unit, StageSchoolReview, received)
	if err != nil && a.Round > 1 && c.Open(a.Year, a.Unit, StageAudit, received) == nil {
		return nil
	}
	return err
}

// auditDoor is the door for the county's acts on a record.
func (a Application) auditDoor(c Calendar, received time.Time) error {
	return c.Open(a.Year, a.Unit, StageAudit, received)
}

// Overdue reports a record whose door has closed while it still waits for the
// act behind it. Its state says which one; nothing is decided by that.
func (a Application) Overdue(c Calendar, now time.Time) bool {
	var stage string
	switch a.State {
	case Overdue:
		return true
	case Imported, InReview, Reviewed:
		stage = StageSchoolReview
	case ReturnedSchool, AtCounty:
		stage = StageAudit
	default:
		return false
	}
	w, ok := c.Window(a.Year, a.Unit, stage)
	return ok && !now.Before(w.Closes)
}

// LastAdverseDay is the last day on which an adverse conclusion can be handed
// over so that five working days for a statement (R24), the day of posting and
// seven full days of publicity (R25) still end by the close of the audit.
// The five are the plan's working days; publicity counts weekends and holidays.
func (w Window) LastAdverseDay(days WorkingDays) Date {
	// Posted that day, seven full days follow; a close within a day leaves no
	// full last day.
	day := midnight(w.Closes).AddDate(0, 0, -8)
	for left := 5; left > 0; {
		day = day.AddDate(0, 0, -1)
		if days.Works(DateOf(day)) {
			left--
		}
	}
	return DateOf(day.AddDate(0, 0, -1))
}

func midnight(t time.Time) time.Time {
	y, m, d := t.In(Shanghai).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, Shanghai)
}

// clock prints a moment for a sentence: to the second, milliseconds if any.
func clock(t time.Time) string { return t.In(Shanghai).Format("2006-01-02 15:04:05.999") }
