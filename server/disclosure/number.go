package disclosure

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"sealdesk/server/internal/fault"
)

// longestCount is how many digits in a row a text may have: a year, a count of
// people, a page. One more is the division code that an ID number begins with.
const longestCount = 5

// NumberFree refuses a text for people to read that holds a number of a person or
// a piece of one: 6 digits in a row, in whatever script or width, also set apart
// by blanks, strokes or dots, and also in Chinese (R60). Only a day of these years
// may be written with digits. It guards against habit, and against no one who
// means to smuggle a number out. field is the entry of the form.
func NumberFree(field, label, text string) error {
	var run strings.Builder
	digits := 0
	long := func() bool {
		is := digits > longestCount && !day.MatchString(strings.TrimFunc(run.String(), parts))
		run.Reset()
		digits = 0
		return is
	}
	for _, r := range norm.NFKC.String(text) {
		switch d, ok := digit(r); {
		case ok:
			run.WriteRune(d)
			digits++
		case parts(r):
			run.WriteRune(r)
		case long():
			return numbered(field, label)
		}
	}
	if long() {
		return numbered(field, label)
	}
	return nil
}

func numbered(field, label string) error {
	return fault.New(fault.Invalid, "%s里有一串 %d 位以上的数字（分开写的、用汉字写的也算），没有受理。这里不写证件号码、电话和编号，请删去，用“本人证件”“那份申请”代替；日期写作 2024-11-20 或 11月20日（R60）。", label, longestCount+1).
		At(field, "不要写号码。")
}

// day is a day since 2010, before which nobody here was at work on anything, with
// the hour that may follow: no day of birth.
var day = regexp.MustCompile(`^20[1-9]\d[-./](0?[1-9]|1[0-2])[-./](0?[1-9]|[12]\d|3[01])( \d{1,2})?$`)

// parts is what people put between the digits of one number.
func parts(r rune) bool {
	return unicode.IsSpace(r) || unicode.In(r, unicode.Pd, unicode.Cf, unicode.Mn) || strings.ContainsRune("./·・•。,，_\\|*~−", r)
}

// chinese are the digits as they are written in words, and in sums of money.
var chinese = func() map[rune]rune {
	all := map[rune]rune{'〇': '0', '○': '0', '幺': '1'}
	for _, row := range []string{"零一二三四五六七八九", "零壹贰叁肆伍陆柒捌玖", "零壹貳參肆伍陸柒捌玖"} {
		for i, r := range []rune(row) {
			all[r] = '0' + rune(i)
		}
	}
	return all
}()

// digit reads a digit of any script as one of ours; what is beyond the scripts of
// the texts stays as it is and counts.
func digit(r rune) (rune, bool) {
	if d, ok := chinese[r]; ok {
		return d, true
	}
	return r, unicode.IsDigit(r)
}
