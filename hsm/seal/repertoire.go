package seal

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// lateIdeographs were encoded after the Unicode tables of our Go version;
// without them people whose names need them would be barred.
var lateIdeographs = &unicode.RangeTable{R32: []unicode.Range32{
	{Lo: 0x2EBF0, Hi: 0x2EE5D, Stride: 1}, // extension I, Unicode 15.1
	{Lo: 0x323B0, Hi: 0x33479, Stride: 1}, // extension J, Unicode 17
}}

// printable are the general categories a text may use: letters, marks,
// numbers, punctuation and symbols. Everything unassigned, private, surrogate,
// format or control is outside by construction.
var printable = []*unicode.RangeTable{unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, lateIdeographs}

// invisible are printable by category and yet show nothing, so two texts that
// look the same could differ.
var invisible = []*unicode.RangeTable{unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector}

func ideographicSelector(r rune) bool { return r >= 0xE0100 && r <= 0xE01EF }

func han(r rune) bool { return unicode.Is(unicode.Han, r) || unicode.Is(lateIdeographs, r) }

// plain are the characters that nearly every text is made of, known without a
// table: ASCII, the first block of ideographs, Chinese stops and full-width
// forms. Each may stand anywhere, and NFC leaves each as it is.
func plain(r rune) bool {
	return r >= 0x20 && r < 0x7f || r >= 0x4e00 && r <= 0x9fa5 || r >= 0x3000 && r <= 0x3002 || r >= 0xff01 && r <= 0xff5e
}

// allowed says whether r may stand in a value after prev (0 at the start).
func allowed(r, prev rune) bool { return plain(r) || allowedByTable(r, prev) }

func allowedByTable(r, prev rune) bool {
	switch {
	case r == ' ', r == 0x3000: // a space inside; the ends are looked at apart
		return true
	case ideographicSelector(r):
		return han(prev)
	case r == 0x2800, unicode.IsOneOf(invisible, r):
		return false // braille blank looks like a space
	case unicode.Is(unicode.M, r) && prev == 0:
		return false // it would combine with the separator before it
	}
	return unicode.IsOneOf(printable, r)
}

// CheckValue says whether s may stand as a value of a text: not empty, NFC,
// no space at either end, only permitted characters. Pages use it to refuse
// what a person typed before a statement is made of it; the error carries no
// part of s.
func CheckValue(s string) error { return checkValue(s, "此栏") }

func checkValue(s, where string) error {
	if s == "" {
		return refuse(EmptyValue, where)
	}
	return checkCell(s, where)
}

// checkCell is checkValue for places that may be empty.
func checkCell(s, where string) error {
	if s == "" {
		return nil
	}
	if !utf8.ValidString(s) {
		return refuse(BadEncoding, where)
	}
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	if blank(first) || blank(last) {
		return refuse(BadSpace, where)
	}
	var prev rune
	easy := true
	for _, r := range s {
		if !plain(r) {
			easy = false
			if !allowedByTable(r, prev) {
				return refuse(BadCharacter, where)
			}
		}
		prev = r
	}
	if !easy && !norm.NFC.IsNormalString(s) {
		return refuse(BadEncoding, where)
	}
	return nil
}

func blank(r rune) bool { return r == ' ' || r == 0x3000 }
