package registration

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// What a sheet's row must show to be let in, a correction must not undo: each
// rule of a cell that both doors ask stands here once.

// NameFault tells what bars a text from being a person's name, in the codes of
// the sheet's report; "" for nothing.
func NameFault(name string) string {
	if n := utf8.RuneCountInString(name); n < 2 || n > 50 {
		return "name-length"
	}
	if strings.ContainsFunc(name, unicode.IsDigit) {
		return "name-digit"
	}
	if strings.ContainsFunc(name, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsMark(r) && r != '·' && r != '〇' && r != ' '
	}) {
		return "name-chars"
	}
	if _, _, err := seal.CleanName(name); err != nil {
		return "name-chars" // an invisible mark, which no text to be signed may hold
	}
	return ""
}

var nameFaults = map[string]string{
	"name-length": "姓名应为 2 至 50 个字",
	"name-digit":  "姓名里有数字",
	"name-chars":  "姓名里有不能使用的字符",
}

// earliest is before any teacher's certificate under the Teachers Law.
var earliest = Date{Year: 1994, Month: time.January, Day: 1}

// CertificateDay tells whether a certificate can be of that day (section 6).
func CertificateDay(d, today Date) bool { return !d.Before(earliest) && !d.After(today) }

// Missing are the fields that a row of this kind may not leave empty: what the
// certificate says unless none is held, and a renewal's hours (D2).
func (f Form) Missing() []string {
	var list []string
	if f.CertStatus != "none" {
		for _, field := range []string{"cert_number", "cert_kind", "cert_subject", "cert_issuer", "cert_date"} {
			if f.Get(field) == "" {
				list = append(list, field)
			}
		}
	}
	if KindOf(f) == "renewal" && f.TrainingHours == nil {
		list = append(list, "training_hours")
	}
	return list
}

// corrigible says whether a record may be what corrections made of it: they mend
// what the sheet said and bring nothing in that the sheet would not have.
func (a Application) corrigible(was Application, made []Correction, today Date) error {
	fields := map[string]bool{}
	for _, c := range made {
		fields[c.Field] = true
		if err := a.mayBear(c.Field, today); err != nil {
			return err
		}
	}
	if fields["last_valid_to"] && KindOf(a.Form) != KindOf(was.Form) {
		if string(a.Form.RegKind) != KindOf(a.Form) {
			return fault.New(fault.Invalid, "按更正后的上次注册有效期止，注册类型应为“%s”，与表中所填不符。请把注册类型一并更正，或核对有效期。", Code(KindOf(a.Form)).Word("reg_kind")).
				At("last_valid_to", "与注册类型不符。")
		}
		if err := a.mayBear("training_hours", today); err != nil {
			return err
		}
	}
	if !a.due() {
		return a.mayBear("last_valid_to", today)
	}
	return nil
}

// mayBear asks of one corrected field what the sheet asks of its cell.
func (a Application) mayBear(field string, today Date) error {
	switch d := a.Form.CertDate; {
	case slices.Contains(a.Form.Missing(), field):
		return fault.New(fault.Invalid, "%s 不能更正为空：缺的不等于合格。请填写纸质材料上的内容；纸质缺少的，比对选“纸质缺”并说明。", HeaderOf(field)).At(field, "不能为空。")
	case field == "cert_date" && d != nil && !CertificateDay(*d, today):
		return fault.New(fault.Invalid, "发证日期早于 1994-01-01 或晚于今天，不能这样更正。请对照证书原件重填。").At(field, "早于 1994-01-01 或晚于今天。")
	case field == "last_valid_to" && !a.due():
		return fault.New(fault.Invalid, "更正后申请 %s 的上次注册有效期至 %s，%d 年度没有到期，不能审查通过（R05）。请核对有效期；确实没有到期的，请本人书面申请撤回，期满年度再申请；确有理由提前的，撤回后按正确的有效期重新申报，由审核人员和负责人两人放行。",
			a.ID, *a.Form.LastValidTo, a.Year).At(field, "有效期尚未届满。")
	}
	return nil
}
