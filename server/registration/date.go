package registration

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Date is a day of the calendar without time or zone. As text, and so in
// JSON, it is 2006-01-02.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// DateOf gives the day of an instant on Shanghai's calendar.
func DateOf(t time.Time) Date {
	y, m, d := t.In(Shanghai).Date()
	return Date{y, m, d}
}

// ParseDate reads 2006-01-02 and refuses days that no calendar has.
func ParseDate(text string) (Date, error) {
	t, err := time.Parse("2006-01-02", text)
	if err != nil {
		return Date{}, fmt.Errorf("registration: not a date of the form 2006-01-02: %w", err)
	}
	y, m, d := t.Date()
	return Date{y, m, d}, nil
}

func (d Date) String() string {
	return fmt.Sprintf("%04d-%02d-%02d", d.Year, int(d.Month), d.Day)
}

// Before reports whether d is an earlier day than e.
func (d Date) Before(e Date) bool {
	if d.Year != e.Year {
		return d.Year < e.Year
	}
	if d.Month != e.Month {
		return d.Month < e.Month
	}
	return d.Day < e.Day
}

// After reports whether d is a later day than e.
func (d Date) After(e Date) bool { return e.Before(d) }

// MarshalText writes 2006-01-02.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads 2006-01-02.
func (d *Date) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDate(string(text))
	return err
}

// Tenths is a number with one decimal, counted in tenths: 372.5 hours are 3725.
type Tenths int

// ParseTenths reads a plain decimal number with at most one decimal.
func ParseTenths(text string) (Tenths, bool) {
	whole, tenth, dot := strings.Cut(text, ".")
	if dot && len(tenth) != 1 || whole == "" || strings.Trim(whole, "-0123456789") != "" || whole == "-" {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+tenth+strings.Repeat("0", 1-len(tenth)), 10, 64)
	if err != nil || n > math.MaxInt32 || n < -math.MaxInt32 {
		return 0, false
	}
	return Tenths(n), true
}

// String writes the shortest decimal: 360, 372.5.
func (n Tenths) String() string {
	sign, a := "", int(n)
	if a < 0 {
		sign, a = "-", -a
	}
	if a%10 == 0 {
		return sign + strconv.Itoa(a/10)
	}
	return fmt.Sprintf("%s%d.%d", sign, a/10, a%10)
}
