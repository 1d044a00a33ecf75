package registration

import (
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
)

// Span is a half-open stretch of time.
type Span struct{ Opens, Closes time.Time }

// covers reports whether the other span lies wholly inside.
func (s Span) covers(other Span) bool {
	return !other.Opens.Before(s.Opens) && !other.Closes.After(s.Closes)
}

// Plan is what the city's notice leaves to whom in one year: the outer limit
// within which a county sets its own three stages, and the spans that the
// notice itself fixes, for 市直 and for the re-check (R33-R35).
type Plan struct {
	Year    int
	Outer   Span
	CityRun map[string]Span // by stage
	Recheck Span
}

// NoticePlan is the plan in the dates of the notice, moved to the year.
func NoticePlan(year int) Plan {
	at := func(month time.Month, day, hour int) time.Time {
		return time.Date(year, month, day, hour, 0, 0, 0, Shanghai)
	}
	open, end := at(time.September, 23, 0), at(time.November, 30, 0)
	return Plan{
		Year:  year,
		Outer: Span{open, end},
		CityRun: map[string]Span{
			StageApplication:  {open, at(time.October, 26, 0)},
			StageSchoolReview: {open, at(time.November, 9, 0)},
			StageAudit:        {at(time.November, 9, 0), end},
		},
		Recheck: Span{end, at(time.December, 15, 17)},
	}
}

// Amendment is the change of one window that somebody asks for.
type Amendment struct {
	Opens, Closes time.Time
	Reason        string
	Paper         string // number of the paper that carries it, needed beyond the limit
}

// limit is the span inside which a window of the body may move without a paper.
func (p Plan) limit(body policy.Body, stage string) (Span, bool) {
	switch stage {
	case StageApplication, StageSchoolReview, StageAudit:
		if body.CityRun {
			span, ok := p.CityRun[stage]
			return span, ok
		}
		return p.Outer, true
	case StageRecheck:
		return p.Recheck, true
	}
	return Span{}, false
}

// Amend changes a window (R33, R34): a county lead his own county's three
// stages inside the outer limit, the city lead any, beyond the limit with the
// number of a paper; 市直 and the re-check only the city lead. A window is never
// amended into the past: acts that it allowed stay allowed.
func (p Plan) Amend(w Window, body policy.Body, role policy.Role, to Amendment, now time.Time) (Window, error) {
	reason, err := OneLine("理由", to.Reason)
	if err != nil {
		return w, err
	}
	paper := ""
	if to.Paper != "" {
		if paper, err = OneLine("文号", to.Paper); err != nil {
			return w, err
		}
	}
	limit, known := p.limit(body, w.Stage)
	switch {
	case w.Year != p.Year || w.Org != body.ID || body.Unit != body.ID:
		return w, fault.New(fault.Conflict, "时段 %s 不属于机构 %s 的 %d 年度计划，请刷新后重办。", w.ID, body.ID, p.Year)
	case !known:
		return w, fault.New(fault.Invalid, "阶段“%s”的时段不能在这里调整。", StageName(w.Stage))
	case role != policy.CL && role != policy.ML:
		return w, fault.New(fault.Forbidden, "时段由区县负责人或市级负责人调整。")
	case role == policy.CL && (body.CityRun || w.Stage == StageRecheck):
		return w, fault.New(fault.Forbidden, "“%s”的时段由通知定下，只能由市级负责人调整。", StageName(w.Stage))
	case !to.Opens.Before(to.Closes):
		return w, fault.New(fault.Invalid, "“%s”的结束 %s 不晚于开始 %s，请改正。", StageName(w.Stage), clock(to.Closes), clock(to.Opens)).At("closes", "结束须晚于开始。")
	case to.Opens.Equal(w.Opens) && to.Closes.Equal(w.Closes):
		return w, fault.New(fault.Invalid, "新的时段与原来的相同，没有可以调整的。")
	case !to.Closes.Equal(w.Closes) && !to.Closes.After(now):
		return w, fault.New(fault.Invalid, "新的结束 %s 已经过去，时段不能倒着改。请填晚于 %s 的时间。", clock(to.Closes), clock(now)).At("closes", "结束须晚于现在。")
	}
	if !limit.covers(Span{to.Opens, to.Closes}) {
		outside := fault.New(fault.Invalid, "“%s”的时段 %s 至 %s 超出市定时限 %s 至 %s。", StageName(w.Stage),
			clock(to.Opens), clock(to.Closes), clock(limit.Opens), clock(limit.Closes))
		if role == policy.CL {
			outside.Sentence += "请改在时限以内，或报市级负责人凭文号调整。"
			return w, outside.At("closes", "须在市定时限以内。")
		}
		if paper == "" {
			outside.Sentence += "超出时限的须注明文号，请补填。"
			return w, outside.At("paper", "请填写文号。")
		}
	}
	w.Opens, w.Closes, w.Reason, w.Paper = to.Opens, to.Closes, reason, paper
	return w, nil
}
