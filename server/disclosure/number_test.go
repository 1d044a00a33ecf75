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

func TestR60ATextForPeopleHoldsDaysYearsAndCountsAsTheyAreUsuallyWritten(t *testing.T) {
	for _, text := range []string{
		"2023-2024学年", "2023—2024 学年的名单", "2024-11-20，3 名教师的数据", "2024-11-20—2024-11-22", "2024.11.20-11.22", "2024.11.20-22 停电",
		"2024-11-20 09:30—2024-11-20 11:15", "2024-11-20 09:30:15 起", "09:30-10:15", "周五 09:30-10:15", "统一2024-11-20前交", "2024.11 的台账",
		"2024，2025 两年", "第 12，13，14 行", "第 101，102 行", "到 2024。2025 年再办", "共 100000 人", "2024-11-20 共 1200000 条", "2024-11-20 120 人到场", "2024-11-20：120 人到场", "09:30：12 人到场",
		"见 I2024-001", "与 I2024-001，I2024-002 同一原因", "来自 192.168.1.10", "2024-11-20 09:30 192.168.1.10 登录", "漏洞 CVE-2024-12345", "邮编 245000", "邮政编码：245000",
	} {
		if err := NumberFree("reason", "理由", text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for what, text := range map[string]string{
		"an ID number with commas":        "3410，2119，8503，1200，25",
		"an ID number with full stops":    "3410。2119。8503。1200。25",
		"pairs with commas":               "34，10，21，19，85，03，12，00",
		"a long group and another":        "34102，119",
		"a group that begins with nought": "341，021",
		"a telephone with commas":         "138，0013，8000",
		"colons between":                  "341：021：1990",
		"a narrow colon between":          "3410:21",
		"colons as in hours":              "34:10:21:19",
		"days around digits":              "3410 2024-11-20 2119",
		"a count of eight digits":         "34102119 人",
		"people, not a count":             "341021 人员",
		"a name, not a count":             "341021名字",
		"digits before a count":           "34102 1199003 人",
		"four groups with dots too great": "341.021.199.003",
		"an address and more":             "34.10.21.199.003",
		"an address with noughts":         "034.010.021.199",
		"an incident number too long":     "I2024-341021199",
		"another letter":                  "X2024-001",
		"digits behind an incident":       "I2024-001 2119",
		"a postcode too long":             "邮编 3410211990",
		"a code that is none of the post": "编号 245000",
		"school years before these":       "1990-1991",
		"years and digits behind":         "2023-2024-2119",
		"a day and digits behind a colon": "2024-11-20：341021",
		"a day without strokes":           "20241120",
	} {
		if err := NumberFree("reason", "理由", text); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s is let through: %v", what, err)
		}
	}
}
