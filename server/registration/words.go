package registration

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// longest is how much one line of a signed text may take, in characters.
const longestLine = 500

// OneLine makes what a person typed into one line of a signed text: lines join
// with ；, runs of blanks become one, the spelling becomes NFC. What then still
// may not stand in a text is refused by name of the entry, never silently
// dropped: the person signs it.
func OneLine(label, typed string) (string, error) {
	var parts []string
	for line := range strings.FieldsFuncSeq(typed, func(r rune) bool { return r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029' }) {
		if line = strings.Join(strings.FieldsFunc(line, blank), " "); line != "" {
			parts = append(parts, line)
		}
	}
	text := norm.NFC.String(strings.Join(parts, "；"))
	for settled := ""; settled != text; { // joining may bring two signs together again
		settled, text = text, strings.NewReplacer("；；", "；", "。；", "。", "，；", "，").Replace(text)
	}
	switch {
	case text == "":
		return "", fault.New(fault.Invalid, "请填写%s。", label).At(label, "没有填写。")
	case len([]rune(text)) > longestLine:
		return "", fault.New(fault.Invalid, "%s有 %d 个字，最多 %d 个。请写得简短些，细节放进材料。", label, len([]rune(text)), longestLine).At(label, "太长。")
	}
	if longNumber(text) {
		return "", fault.New(fault.Invalid, "%s里像是写了证件号码或证书号码。签署的文本不写号码，请删去，用“本人证件”“资格证书”代替。", label).At(label, "不要写号码。")
	}
	if err := seal.CheckValue(text); err != nil {
		return "", fault.Wrap(err, fault.Invalid, "%s里有不能签署的字符（控制符、看不见的符号或没有定义的字）。请删去后重填。", label).At(label, "有不能使用的字符。")
	}
	return text, nil
}

// longNumber finds a run of digits as long as an identity or certificate
// number; a licence's number has 13 or 15.
func longNumber(text string) bool {
	run := 0
	for _, r := range HalfWidth(text) {
		if r < '0' || r > '9' {
			run = 0
		} else if run++; run >= 17 {
			return true
		}
	}
	return false
}

// blank is what a keyboard calls a space.
func blank(r rune) bool { return r == '\u3000' || unicode.IsSpace(r) }

// cell prepares a value from a record for a text: it was checked at import, so
// only blanks and the empty cell are left to settle.
func cell(value string) string {
	return norm.NFC.String(strings.Join(strings.FieldsFunc(value, blank), " "))
}

// orNone is cell for a line that may not be empty.
func orNone(value string) string {
	if value = cell(value); value == "" {
		return "无"
	}
	return value
}
