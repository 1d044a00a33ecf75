package registration

import (
	"fmt"
	"strings"
)

// grade is one year's appraisal.
type grade struct {
	year int
	code Code
}

// counted gives the years that count: the five before the plan's year for a
// renewal, for a first registration those after the year of hire (all five
// when that is unknown), since a first year is probation.
func (q question) counted() []grade {
	f := q.form
	var out []grade
	for i, c := range []Code{f.AppraisalY1, f.AppraisalY2, f.AppraisalY3, f.AppraisalY4, f.AppraisalY5} {
		year := q.year - 5 + i
		if q.kind == "first" && f.HiredOn != nil && year <= f.HiredOn.Year {
			continue
		}
		out = append(out, grade{year, c})
	}
	return out
}

// hiredBesideTheRest says what contradicts the day of hire, by which years are
// left out of the count: nobody compares it with paper, so it decides nothing
// against what stands beside it.
func (q question) hiredBesideTheRest() []string {
	f, hired := q.form, q.form.HiredOn
	if hired == nil {
		return nil
	}
	var said []string
	if day := DateOf(f.AppliedAt); hired.After(day) {
		said = append(said, fmt.Sprintf("入职日期%s晚于申请日%s", hired, day))
	}
	if end := f.ProbationEnd; end != nil && hired.After(*end) {
		said = append(said, fmt.Sprintf("入职日期%s晚于试用期满日期%s", hired, end))
	}
	return said
}

// longest gives the last year and length of the longest run of failed years.
func longest(grades []grade) (last, length int) {
	run := 0
	for _, g := range grades {
		if g.code != "fail" {
			run = 0
			continue
		}
		if run++; run > length {
			last, length = g.year, run
		}
	}
	return last, length
}

func failedYearsInARow(q question) string {
	last, n := longest(q.counted())
	if n < q.Years {
		return ""
	}
	return fmt.Sprintf("%d至%d年度考核连续%d年不合格", last-n+1, last, n)
}

func failedYear(q question) string {
	grades := q.counted()
	if _, n := longest(grades); n >= q.Years {
		return ""
	}
	var years []string
	for _, g := range grades {
		if g.code == "fail" {
			years = append(years, fmt.Sprint(g.year))
		}
	}
	if years == nil {
		return ""
	}
	return strings.Join(years, "、") + "年度考核不合格，未连续"
}

// appraisalUnclear also says when an empty year stands beside a failed one,
// because the missing grade could make it two in a row.
func appraisalUnclear(q question) string {
	var said []string
	grades := q.counted()
	for i, g := range grades {
		switch g.code {
		case "basic", "ungraded":
			said = append(said, fmt.Sprintf("%d年度考核为“%s”", g.year, g.code.Word("appraisal")))
		case "":
			s := fmt.Sprintf("%d年度考核结果未填", g.year)
			if i > 0 && grades[i-1].code == "fail" || i+1 < len(grades) && grades[i+1].code == "fail" {
				s += "，相邻年度不合格，补齐后可能构成连续不合格"
			}
			said = append(said, s)
		}
	}
	if end := q.form.ProbationEnd; q.kind == "first" {
		if end == nil {
			said = append(said, "首次注册的试用期满日期未填")
		} else if end.After(DateOf(q.form.AppliedAt)) {
			said = append(said, fmt.Sprintf("试用期满日期%s晚于申请日%s", end, DateOf(q.form.AppliedAt)))
		}
		said = append(said, q.hiredBesideTheRest()...)
	}
	return strings.Join(said, "；")
}
