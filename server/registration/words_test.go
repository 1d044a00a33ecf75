package registration_test

import (
	"strings"
	"testing"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

func TestWhatPeopleTypeBecomesOneLine(t *testing.T) {
	for typed, want := range map[string]string{
		"缺第 3 页":                 "缺第 3 页",
		"  甲\r\n\r\n乙 \n　丙　":     "甲；乙；丙",
		"甲。\n乙":                  "甲。乙",
		"a\tb":                   "a b",
		"e\u0301":                "é",
		"教民134102270000018号":     "教民134102270000018号",
		strings.Repeat("长", 500): strings.Repeat("长", 500),
	} {
		if got, err := registration.OneLine("理由", typed); err != nil || got != want {
			t.Errorf("%q: %q %v", typed, got, err)
		}
	}
	for typed, want := range map[string]string{
		"":                       "请填写理由",
		" \n\u3000\r\n":          "请填写理由",
		strings.Repeat("长", 501): "有 501 个字，最多 500 个",
		"号码20093499320000123":    "像是写了证件号码或证书号码",
		"证34109319850312002X":    "像是写了证件号码或证书号码",
		"３４１０９３１９８５０３１２００２Ｘ": "像是写了证件号码或证书号码",
		"甲\u200b乙": "不能签署的字符",
		"甲\u202e乙": "不能签署的字符",
		"甲\x00乙":   "不能签署的字符",
		"\xff":     "不能签署的字符",
	} {
		_, err := registration.OneLine("理由", typed)
		refused(t, err, fault.Invalid, want)
	}
}

func FuzzOneLine(f *testing.F) {
	f.Add("甲\n乙")
	f.Add(" \u3000a\u0301\u2028b；\n；c。\n")
	f.Fuzz(func(t *testing.T, typed string) {
		line, err := registration.OneLine("理由", typed)
		if err != nil {
			return
		}
		if seal.CheckValue(line) != nil {
			t.Fatalf("%q may not stand in a text", line)
		}
		if again, err := registration.OneLine("理由", line); err != nil || again != line {
			t.Fatalf("%q is not settled: %q %v", line, again, err)
		}
	})
}

func FuzzParseDeeds(f *testing.F) {
	f.Add("reviewer:U1 sender:U3")
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := registration.ParseDeeds(text); err == nil && d.String() != text {
			t.Fatalf("%q was read and is written %q", text, d.String())
		}
	})
}

func FuzzParseRecordID(f *testing.F) {
	f.Add("2024-341000-SZ-000123")
	f.Fuzz(func(t *testing.T, id string) {
		if year, unit, n, err := registration.ParseRecordID(id); err == nil && registration.RecordID(year, unit, n) != id {
			t.Fatalf("%q has a second spelling", id)
		}
	})
}

func TestAValueThatMayNotStandInATextIsRefusedInASentence(t *testing.T) {
	list, verdicts := batch(t, 1)
	list[0].Form.SubjectTaught = "语\u200b文"
	steps := must[[]registration.Step](t)(registration.ConcludeBatch(list, verdicts, auditor, judges, calendar, inAudit))
	_, err := registration.ConcludeStatement(header(auditor), steps, salts(1))
	refused(t, err, fault.Invalid, "不允许的字符")
	_, err = registration.LicenceStatement(header(lead), "HS10201", "歙县兰川幼儿园", " ")
	refused(t, err, fault.Invalid, "请填写办学许可证号")
}

func TestStatesConclusionsAndStagesHaveTheirWords(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range []registration.State{registration.Waiting, registration.Overdue, registration.Imported, registration.NotAccepted,
		registration.InReview, registration.Reviewed, registration.AtCounty, registration.ReturnedSchool, registration.Concluded,
		registration.Withdrawn, registration.Held, "lost"} {
		if w := s.Word(); w == "" || seen[w] {
			t.Errorf("%s is called %q", s, w)
		}
		seen[s.Word()] = true
	}
	for stage, want := range map[string]string{"application": "本人申请", "school_review": "学校审查", "audit": "审核", "recheck": "市级复核", "sticker": "sticker"} {
		if got := registration.StageName(stage); got != want {
			t.Errorf("%s is called %s", stage, got)
		}
	}
}
