package registration

import (
	"slices"
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
)

// WorkingDays is how a plan year departs from Monday to Friday: public
// holidays, and weekend days that are worked for them (调休). Terms in working
// days are counted with it (R24); the term of publicity counts every day.
type WorkingDays struct {
	Year          int
	Org           string // the city, whose plan it is part of
	Off, On       []Date // ascending, each once
	Paper, Reason string // of the last change, empty before the first
}

// Works reports whether the day is worked.
func (w WorkingDays) Works(day Date) bool {
	if slices.Contains(w.On, day) {
		return true
	}
	return !weekend(day) && !slices.Contains(w.Off, day)
}

func weekend(day Date) bool {
	wd := time.Date(day.Year, day.Month, day.Day, 0, 0, 0, 0, Shanghai).Weekday()
	return wd == time.Saturday || wd == time.Sunday
}

// mostDays bounds a list: no year has more departures.
const mostDays = 60

// parseDays reads dates as people list them: 2024-10-01, separated by blanks,
// commas or 、. A day outside the plan year, one that no calendar has and one
// that stands twice are refused by name.
func parseDays(label, input, typed string, year int) ([]Date, error) {
	words := strings.FieldsFunc(HalfWidth(typed), func(r rune) bool { return blank(r) || strings.ContainsRune("、,;；，", r) })
	if len(words) > mostDays {
		return nil, fault.New(fault.Invalid, "%s有 %d 天，一年最多 %d 天。请核对。", label, len(words), mostDays).At(input, "太多。")
	}
	var days []Date
	for _, word := range words {
		day, err := ParseDate(word)
		switch {
		case err != nil:
			return nil, fault.New(fault.Invalid, "%s里的“%s”不是日期，请写成 %d-10-01 的样子。", label, cell(word), year).At(input, "有一个不是日期。")
		case day.Year != year:
			return nil, fault.New(fault.Invalid, "%s里的 %s 不在 %d 年。请只填本计划年度的日期。", label, day, year).At(input, "有一天不在本年度。")
		case slices.Contains(days, day):
			return nil, fault.New(fault.Invalid, "%s里的 %s 写了两次，请删去一个。", label, day).At(input, "有一天写了两次。")
		}
		days = append(days, day)
	}
	slices.SortFunc(days, func(a, b Date) int {
		if a.Before(b) {
			return -1
		}
		return 1
	})
	return days, nil
}

// DaysAsked is what somebody typed into the form.
type DaysAsked struct{ Off, On, Paper, Reason string }

// Set puts the lists of the year anew, by the city lead on the number of the
// paper that announces them. Both lists are given whole.
func (w WorkingDays) Set(role policy.Role, asked DaysAsked) (WorkingDays, error) {
	next := WorkingDays{Year: w.Year, Org: w.Org}
	var err error
	if role != policy.ML {
		return w, fault.New(fault.Forbidden, "节假日安排由市级负责人设定。")
	}
	if next.Off, err = parseDays("放假日期", "off", asked.Off, w.Year); err != nil {
		return w, err
	}
	if next.On, err = parseDays("调休上班日期", "on", asked.On, w.Year); err != nil {
		return w, err
	}
	for _, day := range next.On {
		if slices.Contains(next.Off, day) {
			return w, fault.New(fault.Invalid, "%s 同时在放假和调休上班里，请删去一个。", day).At("on", "与放假日期重复。")
		}
		if !weekend(day) {
			return w, fault.New(fault.Invalid, "%s 不是星期六或星期日，本来就上班，不用列入调休上班。", day).At("on", "有一天本来就上班。")
		}
	}
	if slices.Equal(next.Off, w.Off) && slices.Equal(next.On, w.On) {
		return w, fault.New(fault.Invalid, "日期与现在的安排相同，没有可以改的。").At("off", "与现在相同。")
	}
	if next.Paper, err = OneLine("放假通知文号", asked.Paper); err != nil {
		return w, err
	}
	next.Reason, err = OneLine("设定的理由", asked.Reason)
	return next, err
}

// ListDays lists days for a page or a text.
func ListDays(days []Date) string {
	words := make([]string, len(days))
	for i, d := range days {
		words[i] = d.String()
	}
	return strings.Join(words, "、")
}

// WorkingDaysStatement is the text of a change: the lists before and after.
func WorkingDaysStatement(h seal.Header, before, after WorkingDays) (seal.Statement, error) {
	return finish(seal.Days, h, []seal.Field{yearLine(after.Year), field("原放假日期", orNone(ListDays(before.Off))), field("原调休上班", orNone(ListDays(before.On))),
		field("放假日期", orNone(ListDays(after.Off))), field("调休上班", orNone(ListDays(after.On))), field("文号", after.Paper), field("理由", after.Reason)}, seal.Annex{})
}
