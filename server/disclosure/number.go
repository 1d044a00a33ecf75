package disclosure

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"sealdesk/server/internal/fault"
)

// longestCount is how many digits in a row a text may have: a year, a count of
// people, a page. One more is the division code that an ID number begins with.
const longestCount = 5

// identityNumber is how many digits the shortest ID number has: so many are one
// number also where commas stand between its groups.
const identityNumber = 15

// NumberFree refuses a text for people to read that holds a number of a person or
// a piece of one: 6 digits in a row, in whatever script or width, also set apart
// by blanks, strokes, dots or colons, and also in Chinese (R60). What is no number
// of a person is let through as it is usually written: the forms, and short
// numbers behind one another with a comma or a full stop between them. It guards
// against habit, and against no one who means to smuggle a number out. field is
// the entry of the form.
func NumberFree(field, label, text string) error {
	groups := []string{""}
	for _, r := range withoutForms(norm.NFKC.String(text)) {
		switch d, ok := digit(r); {
		case ok:
			groups[len(groups)-1] += string(d)
		case stops(r):
			groups = append(groups, "")
		case parts(r):
		case long(groups):
			return numbered(field, label)
		default:
			groups = []string{""}
		}
	}
	if long(groups) {
		return numbered(field, label)
	}
	return nil
}

// long reports that groups of digits with commas between them are too long for
// counts: together, or one of them, or because one begins as no count does.
func long(groups []string) bool {
	all, part := 0, false
	for _, g := range groups {
		if len(g) > longestCount {
			return true
		}
		all += len(g)
		part = part || len(g) == longestCount || len(g) > 1 && g[0] == '0'
	}
	return all >= identityNumber || part && all > longestCount
}

func numbered(field, label string) error {
	return fault.New(fault.Invalid, "%s里有一串 %d 位以上的数字（分开写的、用汉字写的也算），没有受理。这里不写证件号码、电话和编号，请删去，用“本人证件”“那份申请”代替；日期写作 2024-11-20 或 11月20日（R60）。", label, longestCount+1).
		At(field, "不要写号码。")
}

// forms are what may be written with more digits, also several with blanks between
// them, or a count behind a colon. The years are those since 2010, before which nobody here was at work on
// anything: no day of birth.
var forms = func() *regexp.Regexp {
	const (
		year   = `20[1-9]\d`
		month  = `(?:0?[1-9]|1[0-2])`
		date   = `(?:0?[1-9]|[12]\d|3[01])`
		hour   = `(?:[01]?\d|2[0-3])(?::[0-5]\d){1,2}`
		to     = `\s*[-–—~−]+\s*`
		day    = year + `[-./]` + month + `(?:[-./]` + date + `)?(?: (?:` + hour + `|\d{1,2}))?`
		days   = day + `(?:` + to + `(?:` + day + `|` + hour + `|(?:` + month + `[-./])?` + date + `))?`
		hours  = hour + `(?:` + to + hour + `)?`
		years  = year + to + year
		event  = `I20\d\d-\d{3,4}` // this register's own number of an incident
		flaw   = `CVE-20\d\d-\d{4,7}`
		octet  = `(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`
		host   = octet + `(?:\.` + octet + `){3}`
		postal = `邮(?:政编码|编)[:\s]*\d{6}\b`
		count  = `\b[1-9]\d{0,6}\s*[` + units + `]`
		form   = `(?:\b(?:` + days + `|` + hours + `|` + years + `|` + event + `|` + flaw + `|` + host + `)\b|` + postal + `|` + count + `)`
	)
	return regexp.MustCompile(form + `(?:\s+` + form + `|\s*:\s*` + count + `)*`)
}()

// units are what is counted in greater numbers; noUnit is what makes another word
// of one of them, as 人员 and 名字.
const (
	units  = "人名份条元张枚件次"
	noUnit = "员士字称单例"
)

// withoutForms puts a comma in the place of every form that stands by itself: one
// with digits before or behind it may be the middle of a number.
func withoutForms(text string) string {
	var rest strings.Builder
	last := 0
	for _, at := range forms.FindAllStringIndex(text, -1) {
		before, after := strings.TrimRightFunc(text[:at[0]], joins), strings.TrimLeftFunc(text[at[1]:], joins)
		left, _ := utf8.DecodeLastRuneInString(before)
		right, _ := utf8.DecodeRuneInString(after)
		unit, _ := utf8.DecodeLastRuneInString(text[:at[1]])
		if unicode.IsDigit(left) || !strings.ContainsRune(units, unit) && unicode.IsDigit(right) || strings.ContainsRune(units, unit) && strings.ContainsRune(noUnit, right) {
			continue
		}
		rest.WriteString(text[last:at[0]] + ",")
		last = at[1]
	}
	return rest.String() + text[last:]
}

// parts is what people put between the digits of one number.
func parts(r rune) bool { return joins(r) || stops(r) }

// joins makes one number of what stands on its two sides.
func joins(r rune) bool {
	return unicode.IsSpace(r) || unicode.In(r, unicode.Pd, unicode.Cf, unicode.Mn) || strings.ContainsRune("./·・•:_\\|*~−", r)
}

// stops makes one number of long groups only.
func stops(r rune) bool { return r == ',' || r == '。' }

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
// the texts counts, as any that is no zero.
func digit(r rune) (byte, bool) {
	if d, ok := chinese[r]; ok {
		return byte(d), true
	}
	if '0' <= r && r <= '9' {
		return byte(r), true
	}
	return '9', unicode.IsDigit(r)
}
