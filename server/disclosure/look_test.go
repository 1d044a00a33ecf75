package disclosure

import (
	"strings"
	"testing"
	"time"

	"sealdesk/server/internal/fault"
)

func TestALookWantsANumberAReasonAndRoomInTheHour(t *testing.T) {
	now := time.Date(2024, 11, 20, 10, 0, 0, 0, zone)
	ask := func(subject, reason string, earlier int, asked ...string) (Look, error) {
		return Ask("L7", subject, asked, reason, "U1", earlier, now)
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
