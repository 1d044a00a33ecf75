package org

import (
	"fmt"
	"io"
	"log/slog"
)

// Phone is a telephone number. Whatever prints it gets its last four: the whole
// number is shown by store.Reveal alone, whose every sight is an entry (R60).
type Phone string

// String is the number as a page may show it.
func (p Phone) String() string {
	if len(p) < 8 {
		return "未填"
	}
	return "末四位 " + string(p[len(p)-4:])
}

// Format holds for every verb.
func (p Phone) Format(f fmt.State, _ rune) { io.WriteString(f, p.String()) }

// LogValue is the same for the log file.
func (p Phone) LogValue() slog.Value { return slog.StringValue(p.String()) }

// Plain is the number itself, for what compares or encrypts it; no page asks.
func (p Phone) Plain() string { return string(p) }
