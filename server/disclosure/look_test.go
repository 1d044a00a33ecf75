package disclosure

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sealdesk/server/internal/fault"
)

func TestALookWantsANumberAReasonAndRoomInTheHour(t *testing.T) {
	now := time.Date(2024, 11, 20, 10, 0, 0, 0, zone)
	ask := func(subject, reason string, earlier int, asked ...string) (Look, error) {
		return Ask("L7", subject, asked, reason, "U1", slices.Repeat([]Look{{At: now}}, earlier), now)
	}
	for what, c := range map[string]struct {
		subject, reason string
		earlier         int
		asked           []string
		kind            fault.Kind
		sentence        string
	}{
		"no field":           {"application/1", "核对原件", 0, nil, fault.Invalid, "没有选要查看的号码"},
		"no number's field":  {"application/1", "核对原件", 0, []string{"person_name"}, fault.Invalid, "没有选要查看的号码"},
		"one of another":     {"application/1", "核对原件", 0, []string{"id_number", "phone"}, fault.Invalid, "没有选要查看的号码"},
		"a staff's identity": {"staff/1", "核对原件", 0, []string{"id_number"}, fault.Invalid, "没有选要查看的号码"},
		"no reason":          {"application/1", " \t", 0, []string{"id_number"}, fault.Invalid, "须写明理由"},
		"three characters":   {"application/1", "看看吧", 0, []string{"id_number"}, fault.Invalid, "不少于 4 个字"},
		"too long":           {"application/1", strings.Repeat("核", 201), 0, []string{"id_number"}, fault.Invalid, "最多 200 个字"},
		"two lines":          {"application/1", "核对原件\n再核对", 0, []string{"id_number"}, fault.Invalid, "写成一行"},
		"a number in it":     {"application/1", "核对341021199003071234", 0, []string{"id_number"}, fault.Invalid, "查看的理由里有一串 6 位以上的数字"},
		"the hour is full":   {"application/1", "核对原件", 60, []string{"id_number"}, fault.Closed, "到了上限"},
	} {
		l, err := ask(c.subject, c.reason, c.earlier, c.asked...)
		if !fault.Is(err, c.kind) || !strings.Contains(err.Error(), c.sentence) || !strings.Contains(err.Error(), "R60") || c.reason != "" && strings.TrimSpace(c.reason) != "" && strings.Contains(err.Error(), c.reason) {
			t.Errorf("%s: %v %+v", what, err, l)
		}
	}
	l, err := ask("application/1", " 核对原件 ", 59, "cert_number", "id_number")
	if err != nil || l.Words() != "身份证件号码、教师资格证书号码" || l.Reason != "核对原件" || l.By != "U1" || !l.At.Equal(now) {
		t.Errorf("%+v %v", l, err)
	}
	if _, err := ask("application/1", strings.Repeat("核", 200), 0, "id_number"); err != nil {
		t.Error(err)
	}
	if HourOf("U1", now) != "U1/2024-11-20T10" || HourOf("U1", now.Add(time.Hour)) == HourOf("U1", now) || HourOf("U2", now) == HourOf("U1", now) {
		t.Error(HourOf("U1", now))
	}
}

func TestR60TheLimitIsOfTheLastSixtyMinutesWhateverTheClockShows(t *testing.T) {
	full := time.Date(2024, 11, 20, 11, 0, 0, 0, zone)
	ask := func(now time.Time, times ...time.Time) error {
		var earlier []Look
		for _, at := range times {
			earlier = append(earlier, Look{At: at})
		}
		_, err := Ask("L7", "application/1", []string{"id_number"}, "核对原件", "U1", earlier, now)
		return err
	}
	before := slices.Repeat([]time.Time{full.Add(-time.Minute)}, HourLimit-1)
	if err := ask(full.Add(time.Minute), append(before, full)...); !fault.Is(err, fault.Closed) || !strings.Contains(err.Error(), "最近 60 分钟内您已经查看完整号码 60 次") || !strings.Contains(err.Error(), "请 11:59 以后再看") {
		t.Errorf("around the full hour: %v", err)
	}
	last := full.Add(59 * time.Minute)
	if err := ask(last.Add(-time.Millisecond), append(before, full)...); err == nil {
		t.Error("a millisecond before the sixty minutes are over")
	}
	if err := ask(last, append(before, full)...); err != nil {
		t.Errorf("sixty minutes after the first: %v", err)
	}
	if err := ask(full, append(before, full.Add(30*time.Second))...); !fault.Is(err, fault.Closed) {
		t.Errorf("one by a clock that runs ahead: %v", err)
	}
	hours := Hours("U1", full.Add(time.Minute))
	for _, at := range append(before, full, full.Add(time.Hour)) {
		if !slices.Contains(hours, HourOf("U1", at)) {
			t.Errorf("%s lies in none of %v", at, hours)
		}
	}
}
