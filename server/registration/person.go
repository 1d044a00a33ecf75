package registration

import (
	"fmt"
	"strings"
	"time"
)

// IDFault is why an ID number is refused; its text is the report's code.
type IDFault string

// The faults of an ID number, in the order in which they are looked for.
const (
	ID15Digit  IDFault = "id-15-digit"
	IDFormat   IDFault = "id-format"
	IDDate     IDFault = "id-date"
	IDFuture   IDFault = "id-future"
	IDChecksum IDFault = "id-checksum"
)

// Error gives the code: the fault says nothing of the number itself.
func (f IDFault) Error() string { return "registration: ID number: " + string(f) }

// Sentence says what is wrong. The right check digit is never told: it would
// turn a slip of the pen into a number that passes, of another person perhaps.
func (f IDFault) Sentence() string {
	switch f {
	case ID15Digit:
		return "身份证件号码是15位旧号码，请填写18位居民身份证号码"
	case IDFormat:
		return "身份证件号码的位数或字符不合该证件类型的格式"
	case IDDate:
		return "身份证件号码中的出生日期不存在或早于1900年"
	case IDFuture:
		return "身份证件号码中的出生日期晚于今天"
	case IDChecksum:
		return "身份证件号码的校验位不符"
	}
	return "身份证件号码有误"
}

// NoSuchDay gives the birth date of a resident's number as words, such as
// 1983年2月30日, when no calendar has that day; "" for every other number.
func NoSuchDay(number string) string {
	n := NormaliseID(strings.TrimSpace(number))
	if len(n) != 18 || strings.Trim(n[:17], digits) != "" {
		return ""
	}
	if _, err := time.Parse("20060102", n[6:14]); err == nil {
		return ""
	}
	var year, month, day int
	fmt.Sscanf(n[6:14], "%4d%2d%2d", &year, &month, &day)
	return fmt.Sprintf("%d年%d月%d日", year, month, day)
}

// IDNumber is a number that passed: normalised, and for a resident's card with
// the day of birth and sex that it states.
type IDNumber struct {
	Type   Code
	Text   string
	Birth  Date // zero for other types
	Gender Code // m or f, "" for other types
}

// NormaliseID makes full-width ASCII half-width and letters upper case, so
// that one card has one spelling and one blind index.
func NormaliseID(text string) string { return strings.ToUpper(HalfWidth(text)) }

// HalfWidth maps full-width ASCII (U+FF01-U+FF5E) to ASCII.
func HalfWidth(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0xFF01 && r <= 0xFF5E {
			return r - 0xFEE0
		}
		return r
	}, text)
}

// ParseIDNumber checks a number of the given type on the given day: GB
// 11643-1999 (18 characters, ISO 7064 mod 11-2) for a resident's card, 5-20 of
// 0-9 A-Z for the others. The division code is deliberately not compared with
// today's list: numbers of divisions since dissolved (3427xx) stay valid.
// The error is an IDFault.
func ParseIDNumber(typ Code, text string, today Date) (IDNumber, error) {
	id := IDNumber{Type: typ, Text: NormaliseID(text)}
	if typ != "resident_id" {
		if len(id.Text) < 5 || len(id.Text) > 20 || strings.Trim(id.Text, alphanumeric) != "" {
			return IDNumber{}, IDFormat
		}
		return id, nil
	}
	n := id.Text
	if len(n) == 15 && strings.Trim(n, digits) == "" {
		return IDNumber{}, ID15Digit
	}
	if len(n) != 18 || strings.Trim(n[:17], digits) != "" || strings.Trim(n[17:], digits+"X") != "" {
		return IDNumber{}, IDFormat
	}
	birth, err := time.Parse("20060102", n[6:14])
	if err != nil || birth.Year() < 1900 {
		return IDNumber{}, IDDate
	}
	id.Birth.Year, id.Birth.Month, id.Birth.Day = birth.Date()
	if id.Birth.After(today) {
		return IDNumber{}, IDFuture
	}
	if checkDigit(n[:17]) != n[17] {
		return IDNumber{}, IDChecksum
	}
	id.Gender = sexDigit(n)
	return id, nil
}

const (
	digits       = "0123456789"
	alphanumeric = digits + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// checkDigit is ISO 7064 mod 11-2: weights are the powers of two modulo 11.
func checkDigit(seventeen string) byte {
	sum := 0
	for i := range len(seventeen) {
		sum = (sum + int(seventeen[i]-'0')) * 2 % 11
	}
	return digits11[(12-sum)%11]
}

const digits11 = "0123456789X"

func sexDigit(n string) Code {
	if (n[16]-'0')%2 == 1 {
		return "m"
	}
	return "f"
}

// SexOfID gives the sex that a resident's number states; ok is false for
// other types and for what is no 18-character number.
func SexOfID(typ Code, number string) (sex Code, ok bool) {
	if typ != "resident_id" || len(number) != 18 || strings.Trim(number[:17], digits) != "" {
		return "", false
	}
	return sexDigit(number), true
}
