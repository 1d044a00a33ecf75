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
	text = strings.NewReplacer("；；", "；", "。；", "。", "，；", "，").Replace(text)
	switch {
	case text == "":
		return "", fault.New(fault.Invalid, "请填写%s。", label).At(label, "没有填写。")
	case len([]rune(text)) > longestLine:
		return "", fault.New(fault.Invalid, "%s有 %d 个字，最多 %d 个。请写得简短些，细节放进材料。", label, len([]rune(text)), longestLine).At(label, "太长。")
	}
	if err := seal.CheckValue(text); err != nil {
		return "", fault.Wrap(err, fault.Invalid, "%s里有不能签署的字符（控制符、看不见的符号或没有定义的字）。请删去后重填。", label).At(label, "有不能使用的字符。")
	}
	return text, nil
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
