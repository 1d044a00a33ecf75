package web

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"

	"sealdesk/web/view"
)

// China is the zone of every time on a page. China keeps one zone without
// daylight saving, so it needs no zone file on the server.
var china = time.FixedZone("Asia/Shanghai", 8*60*60)

var pageFuncs = template.FuncMap{
	"at":           func(t time.Time) string { return t.In(china).Format("2006年1月2日 15:04") },
	"exact":        func(t time.Time) string { return t.In(china).Format("2006-01-02 15:04:05") },
	"clock":        func(t time.Time) string { return t.In(china).Format("15:04:05") },
	"date":         func(t time.Time) string { return t.In(china).Format("2006-01-02") },
	"day":          func(t time.Time) string { return t.In(china).Format("1月2日") },
	"weekday":      weekday,
	"until":        until,
	"yearUntil":    func(t time.Time) string { return t.In(china).Add(-time.Nanosecond).Format("2006年") + until(t) },
	"daySaid":      daySaid,
	"left":         left,
	"daysLeft":     daysLeft,
	"number":       number,
	"plural":       func(n int, unit, otherwise string) string { return number(n) + " " + first(unit, otherwise) },
	"errorSummary": errorSummary,
	"field":        field,
	"choose":       choose,
	"radios":       radios,
	"ticks":        ticks,
	"bars":         bars,
	"stampDate":    func(t time.Time) string { return t.In(china).Format("2006.01.02") },
	"inc":          func(n int) int { return n + 1 },
	"sum":          func(a, b int) int { return a + b },
}

func daySaid(t time.Time) string {
	t = t.In(china)
	return t.Format("1月2日") + " 周" + string([]rune("日一二三四五六")[t.Weekday()])
}

func weekday(t time.Time) string { return daySaid(t) + t.In(china).Format(" 15:04") }

// until prints an exclusive end the way people say it: midnight is the 24:00
// of the day before.
func until(t time.Time) string {
	t = t.In(china)
	if t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 {
		return t.AddDate(0, 0, -1).Format("1月2日") + " 24:00"
	}
	if t.Second() == 0 {
		return t.Format("1月2日 15:04")
	}
	return t.Format("1月2日 15:04:05")
}

// daysLeft counts calendar days from now to the last day before the exclusive
// end: 0 is today, negative is past.
func daysLeft(now, end time.Time) int {
	last := end.Add(-time.Nanosecond).In(china)
	if !end.After(now) {
		return -1
	}
	return int(midnight(last).Sub(midnight(now.In(china))) / (24 * time.Hour))
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, china)
}

// left says how long an exclusive end is away.
func left(now, end time.Time) string {
	switch d := daysLeft(now, end); {
	case d < 0:
		return "已截止"
	case d == 0:
		return "今天截止"
	default:
		return fmt.Sprintf("还剩 %d 天", d)
	}
}

// number prints thousands apart, as the tables do.
func number(v any) string {
	s := fmt.Sprint(v)
	if _, err := strconv.ParseInt(s, 10, 64); err != nil {
		return s
	}
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// bar is one step of the funnel, measured for a drawing 360 wide.
type bar struct {
	view.Step
	Y, TextY, NoteY int
	Width           int
	Fill            string
	Inside          bool
	After           int
}

type drawing struct {
	Bars   []bar
	Height int
	Said   string
}

// bars measures the funnel: the widest step fills 236, the names stand in 106
// before it; a number that does not fit into its bar stands behind it.
func bars(f view.Funnel) drawing {
	most := 1
	for _, s := range f.Steps {
		most = max(most, s.Count)
	}
	var d drawing
	said := make([]string, 0, len(f.Steps))
	y := 4
	for _, s := range f.Steps {
		b := bar{Step: s, Y: y, TextY: y + 15, NoteY: y + 34, Width: 236 * s.Count / most, Fill: "#1c2f3d"}
		if s.Mine {
			b.Fill = "#17597c"
		}
		b.Inside, b.After = b.Width > 60, 106+b.Width+8
		d.Bars = append(d.Bars, b)
		said = append(said, fmt.Sprintf("%s %d", s.Name, s.Count))
		y += 28
		if s.Note != "" {
			y += 13
		}
	}
	d.Height, d.Said = y+2, strings.Join(said, "，")
	return d
}
