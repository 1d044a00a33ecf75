package web

import (
	"testing"
	"time"

	"sealdesk/web/view"
)

func TestAnExclusiveEndAtMidnightIsSaidAsTheDayBefore(t *testing.T) {
	for _, c := range []struct {
		end  time.Time
		want string
	}{
		{clockAt(11, 30, 0, 0, 0), "11月29日 24:00"},
		{clockAt(12, 15, 17, 0, 0), "12月15日 17:00"},
		{clockAt(11, 12, 10, 29, 7), "11月12日 10:29:07"},
		{time.Date(2024, 12, 15, 9, 0, 0, 0, time.UTC), "12月15日 17:00"},
		{time.Date(2025, 1, 1, 0, 0, 0, 0, china), "12月31日 24:00"},
	} {
		if got := until(c.end); got != c.want {
			t.Errorf("until %v is said %q, want %q", c.end, got, c.want)
		}
	}
}

func TestDaysLeftCountCalendarDaysToTheLastDay(t *testing.T) {
	end := clockAt(11, 30, 0, 0, 0)
	for _, c := range []struct {
		now  time.Time
		want string
	}{
		{clockAt(11, 12, 10, 13, 7), "还剩 17 天"},
		{clockAt(11, 28, 23, 59, 59), "还剩 1 天"},
		{clockAt(11, 29, 0, 0, 0), "今天截止"},
		{clockAt(11, 29, 23, 59, 59), "今天截止"},
		{end, "已截止"},
	} {
		if got := left(c.now, end); got != c.want {
			t.Errorf("at %v: %q, want %q", c.now, got, c.want)
		}
	}
}

func TestNumbersKeepTheirThousandsApart(t *testing.T) {
	for v, want := range map[any]string{0: "0", 999: "999", 1000: "1,000", int64(1234567): "1,234,567", -1000: "-1,000", "无": "无"} {
		if got := number(v); got != want {
			t.Errorf("%v is printed %q, want %q", v, got, want)
		}
	}
}

func TestTheWidestStepOfTheFunnelFillsItsBarAndNoneLeavesIt(t *testing.T) {
	d := bars(view.Funnel{Steps: []view.Step{{Count: 0}, {Count: 10, Note: "x"}, {Count: 1000}}})
	if d.Bars[0].Width != 0 || d.Bars[2].Width != 236 || d.Bars[1].Inside || !d.Bars[2].Inside {
		t.Errorf("%+v", d.Bars)
	}
	if d := bars(view.Funnel{Steps: []view.Step{{Count: 0}}}); d.Bars[0].Width != 0 {
		t.Error("nothing at all has no bar")
	}
}

func TestAnAttributeThatCouldCarryCodeOrStyleIsRefused(t *testing.T) {
	for _, name := range []string{"onclick", "style", "href", "x y", "a=b", "ONLOAD"} {
		if got, err := attributes(Options{name: "x"}); err == nil {
			t.Errorf("%s was printed: %s", name, got)
		}
	}
	got, err := attributes(Options{"data-x": `"><script>`})
	if err != nil || string(got) != ` data-x="&#34;&gt;&lt;script&gt;"` {
		t.Errorf("%s, %v", got, err)
	}
}
