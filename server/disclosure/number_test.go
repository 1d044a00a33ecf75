package disclosure

import (
	"strings"
	"testing"

	"sealdesk/server/internal/fault"
)

func TestR60ATextForPeopleHoldsNoNumberHoweverItIsWritten(t *testing.T) {
	for what, text := range map[string]string{
		"an ID number":              "与原件核对341021199003071234",
		"its beginning":             "区划341021的人",
		"six digits at the end":     "尾号071234",
		"six digits alone":          "341021",
		"full width":                "与原件核对３４１０２１",
		"blanks between":            "号码 3 4 1 0 2 1",
		"wide blanks between":       "号码34\u300010\u300021",
		"hyphens between":           "341-021-1990",
		"a long stroke between":     "341—021—1990",
		"dots between":              "341.021.1990",
		"a middle dot between":      "341·021",
		"commas between":            "341，021",
		"nothing visible between":   "341\u200b021",
		"Chinese":                   "三四一〇二一",
		"Chinese as in money":       "叁肆壹零贰壹",
		"a mixture":                 "三4一0二1",
		"in circles":                "③④①⓪②①",
		"Arabic digits":             "٣٤١٠٢١",
		"a telephone":               "电话 138-0013-8000",
		"around a day":              "3410 2024-11-20 1234",
		"a day of birth":            "1990-03-07",
		"a day and more":            "2024-11-20 091234",
		"a day that is none":        "2024-13-20",
		"behind a day in its order": "11月20日 341021",
	} {
		err := NumberFree("reason", "理由", text)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "理由里有一串 6 位以上的数字") || strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for what, text := range map[string]string{
		"words": "与身份证原件逐位核对", "five digits": "人员 U00031 的申请", "counts apart": "3 所学校，共 120 人，第 12 页", "a year": "二〇二四年的名单", "a paper": "皖教秘〔2024〕263号",
		"a day": "2024-11-20 的名单", "a day with its time": "2024-11-20 09:30 发现", "a day with dots": "2024.11.20", "a day in words": "2024年11月20日9时30分", "a span of hours": "09:30-10:15",
		"nothing": "",
	} {
		if err := NumberFree("reason", "理由", text); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}
