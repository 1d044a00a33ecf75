package registration

import (
	"fmt"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// fixedFields cannot be mended by a correction: another school, another kind
// of document or another application is another record.
var fixedFields = map[string]string{
	"school_code": "更换学校",
	"school_name": "更换学校",
	"id_type":     "更换证件类型",
}

// numberFields hold digits that no text, page or log repeats.
var numberFields = map[string]bool{"id_number": true, "cert_number": true}

// corrected applies the school's corrections (R18): each has a new value that
// differs, a reason and the page that shows it; the old value is kept beside.
func (a Application) corrected(by Person, list []Correction, now time.Time) (Application, []Correction, error) {
	next := a
	var made []Correction
	seen := map[string]bool{}
	for _, c := range list {
		header := HeaderOf(c.Field)
		if c.Field == "" || !reviewed(c.Field) {
			return a, nil, fault.New(fault.Invalid, "更正的栏目不在比对的 23 项之内，请刷新页面后重试。")
		}
		if what, fixed := fixedFields[c.Field]; fixed {
			return a, nil, fault.New(fault.Invalid, "%s 不能在审查中更正：%s须由本人在网上重新申报。请填写说明，或不予更正。", header, what).At(c.Field, "这一项不能更正。")
		}
		if seen[c.Field] {
			return a, nil, fault.New(fault.Invalid, "%s 更正了两次，请合并为一次。", header).At(c.Field, "重复的更正。")
		}
		seen[c.Field] = true
		form, err := mended(next.Form, c.Field, c.New, DateOf(now))
		if err != nil {
			return a, nil, err
		}
		if c.Reason, err = OneLine(header+"更正的理由", c.Reason); err != nil {
			return a, nil, err
		}
		if c.Evidence, err = OneLine(header+"更正的证据（页码）", c.Evidence); err != nil {
			return a, nil, err
		}
		c.Old, c.New = next.Form.plain(c.Field), form.plain(c.Field)
		if c.Old == c.New {
			return a, nil, fault.New(fault.Invalid, "%s 的新值与原值相同，没有更正。请改正新值，或把比对改为“一致”。", header).At(c.Field, "新值与原值相同。")
		}
		next.Form = form
		c.ID, c.Application = a.round()+"/"+c.Field, a.ID
		c.By, c.At = by.Staff, now.In(Shanghai).Truncate(time.Millisecond)
		made = append(made, c)
	}
	return next, made, nil
}

// round names this round of the record.
func (a Application) round() string { return fmt.Sprintf("%s/%d", a.ID, a.Round) }

func reviewed(field string) bool {
	for _, c := range Columns()[1:24] {
		if c.Field == field {
			return true
		}
	}
	return false
}

// mended sets one field from typed text, by the rules that the sheet obeys.
func mended(f Form, field, text string, today Date) (Form, error) {
	switch field {
	case "id_number":
		id, err := ParseIDNumber(f.IDType, text, today)
		if wrong, ok := err.(IDFault); ok {
			return f, fault.New(fault.Invalid, "%s，请核对证件后重填。", wrong.Sentence()).At(field, "%s。", wrong.Sentence())
		} else if err != nil {
			return f, fault.Wrap(err, fault.Invalid, "身份证件号码有误，请核对证件后重填。").At(field, "号码有误。")
		}
		f.IDNumber = Number(id.Text)
		return f, nil
	case "cert_number":
		text = HalfWidth(text)
	case "person_name":
		name, _, err := seal.CleanName(text)
		if err != nil {
			return f, fault.Wrap(err, fault.Invalid, "姓名里有不能使用的字符，请改用标准汉字后重填。").At(field, "有不能使用的字符。")
		}
		if wrong := nameFaults[NameFault(name)]; wrong != "" && name != "" {
			return f, fault.New(fault.Invalid, "%s，请填写证件上的完整姓名。", wrong).At(field, "%s。", wrong)
		}
		text = name
	}
	next, err := f.With(field, text)
	if err != nil {
		return f, fault.Wrap(err, fault.Invalid, "%s", sentenceOf(err)).At(field, "%s", sentenceOf(err))
	}
	if column := HeaderOf(field); next.Get(field) == "" && must(field) {
		return f, fault.New(fault.Invalid, "%s 不能更正为空，请填写纸质材料上的内容。", column).At(field, "不能为空。")
	}
	if value := next.plain(field); value != "" && seal.CheckValue(value) != nil {
		return f, fault.New(fault.Invalid, "%s 里有不能使用的字符，请删去后重填。", HeaderOf(field)).At(field, "有不能使用的字符。")
	}
	return next, nil
}

func must(field string) bool {
	for _, c := range Columns() {
		if c.Field == field {
			return c.Must
		}
	}
	return false
}
