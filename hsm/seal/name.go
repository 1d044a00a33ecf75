package seal

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// CleanName maps the spelling of a name from outside to the one that texts
// allow: characters that GB18030 once kept in the private-use area move to the
// code points they have since been given, and NFC replaces compatibility
// ideographs by the unified ones. It is used at import only; the caller shows
// the change and keeps the original, so nobody is barred by a spelling. It
// adds and removes nothing else; what then still may not stand in a text
// (a private-use character nobody assigned, an invisible one, a space at an
// end) is an error.
func CleanName(s string) (clean string, changed bool, err error) {
	if !utf8.ValidString(s) {
		return "", false, refuse(BadEncoding, "姓名")
	}
	clean = norm.NFC.String(strings.Map(modern, s))
	if err := checkValue(clean, "姓名"); err != nil {
		return "", false, err
	}
	return clean, clean != s, nil
}

// modern gives the code point that a GB18030 private-use character stands for.
func modern(r rune) rune {
	if !unicode.Is(unicode.Co, r) {
		return r
	}
	for _, run := range privateUse {
		if i := r - run.from; i >= 0 && int(i) < len(run.to) {
			return run.to[i]
		}
	}
	return r
}

// privateUse lists, in runs, the private-use code points of GB18030-2000 and
// -2005 and what GB18030-2022 and Unicode give for the same bytes. A code
// point that maps to itself never had a private meaning there.
var privateUse = []struct {
	from rune
	to   []rune
}{

	{0xE78D, []rune{ // A6D9..A6DF, A6EC, A6ED, A6F3: vertical forms
		0xFE10, 0xFE12, 0xFE11, 0xFE13, 0xFE14, 0xFE15, 0xFE16, 0xFE17, 0xFE18, 0xFE19}},
	{0xE7C7, []rune{0x1E3F, 0x01F9}}, // A8BC, A8BF: letters of pinyin
	{0xE7E7, []rune{ // A989..A995: ideographic description characters
		0x303E, 0x2FF0, 0x2FF1, 0x2FF2, 0x2FF3, 0x2FF4, 0x2FF5, 0x2FF6, 0x2FF7, 0x2FF8, 0x2FF9, 0x2FFA, 0x2FFB}},
	{0xE815, []rune{ // FE50..FE7E, FE80..FEA0: ideographs and components
		0x2E81, 0x20087, 0x20089, 0x200CC, 0x2E84, 0x3473, 0x3447, 0x2E88, 0x2E8B, 0x9FB4, 0x359E, 0x361A,
		0x360E, 0x2E8C, 0x2E97, 0x396E, 0x3918, 0x9FB5, 0x39CF, 0x39DF, 0x3A73, 0x39D0, 0x9FB6, 0x9FB7,
		0x3B4E, 0x3C6E, 0x3CE0, 0x2EA7, 0x215D7, 0x9FB8, 0x2EAA, 0x4056, 0x415F, 0x2EAE, 0x4337, 0x2EB3,
		0x2EB6, 0x2EB7, 0x2298F, 0x43B1, 0x43AC, 0x2EBB, 0x43DD, 0x44D6, 0x4661, 0x464C, 0x9FB9, 0x4723,
		0x4729, 0x477C, 0x478D, 0x2ECA, 0x4947, 0x497A, 0x497D, 0x4982, 0x4983, 0x4985, 0x4986, 0x499F,
		0x499B, 0x49B7, 0x49B6, 0x9FBA, 0x241FE, 0x4CA3, 0x4C9F, 0x4CA0, 0x4CA1, 0x4C77, 0x4CA2, 0x4D13,
		0x4D14, 0x4D15, 0x4D16, 0x4D17, 0x4D18, 0x4D19, 0x4DAE, 0x9FBB}},
}
