package registration

import (
	"fmt"
	"io"
	"log/slog"
	"unicode/utf8"
)

// Number is the number of an identity document or of a certificate. Whatever
// prints it (fmt with any verb, a page, a log line, an error) gets its length and
// last four: the whole number is shown by store.Reveal alone, whose every sight is
// an entry of the log (R60). The rules count and compare it as the text it is.
type Number string

// String is the number as a page of staff may show it: never more than four
// digits, and of a short one none.
func (n Number) String() string {
	switch length := utf8.RuneCountInString(string(n)); {
	case length == 0:
		return ""
	case length < 8 || length != len(n): // what is no number has no last digits to tell
		return fmt.Sprintf("共 %d 位", length)
	default:
		return fmt.Sprintf("共 %d 位，末四位 %s", length, string(n[len(n)-4:]))
	}
}

// Format holds for every verb, so that %q, %x or %#v tell no more than %s.
func (n Number) Format(f fmt.State, _ rune) { io.WriteString(f, n.String()) }

// LogValue is the same for the log file.
func (n Number) LogValue() slog.Value { return slog.StringValue(n.String()) }

// Plain is the number itself, for what compares, encrypts or writes a sheet. The
// pages have no use for it: server/imports_test.go finds a page that asks.
func (n Number) Plain() string { return string(n) }

// Masked is a field's value as a page may show it: numbers by their last four.
func Masked(field, value string) string {
	if numberFields[field] {
		return Number(value).String()
	}
	return value
}

// Hidden is a correction without the digits of a number.
func (c Correction) Hidden() Correction {
	c.Old, c.New = Masked(c.Field, c.Old), Masked(c.Field, c.New)
	return c
}

// plain is a field as Show gives it, a number whole: what a correction keeps.
func (f Form) plain(field string) string {
	if n, ok := f.Field(field).(*Number); ok {
		return n.Plain()
	}
	return f.Show(field)
}
