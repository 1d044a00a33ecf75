// Package fault is the one error type of the server: a kind for machines and a
// sentence in Chinese for people. The sentence says what happened, what was
// kept and what to do next; the cause goes to the log file, never to a page.
// Personal numbers, PINs and nonces stand in neither.
package fault

import (
	"errors"
	"fmt"
)

// Kind tells the edge which status an error becomes.
type Kind string

// The kinds of design section 11.
const (
	Invalid     Kind = "invalid"
	Forbidden   Kind = "forbidden"
	NotFound    Kind = "notfound"
	Conflict    Kind = "conflict"
	Closed      Kind = "closed"
	Locked      Kind = "locked"
	Unavailable Kind = "unavailable"
)

// Error is one refusal or failure.
type Error struct {
	Kind     Kind
	Sentence string
	Fields   []Field // which inputs are at fault, when several are
	See      string  // a page of ours that shows what there is, empty for none
	cause    error
}

// Field is one input at fault: its name in the form and its own sentence.
type Field struct{ Name, Sentence string }

// New makes a refusal. The sentence is Chinese and whole.
func New(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Sentence: fmt.Sprintf(format, args...)}
}

// Wrap keeps the cause for the log file behind a sentence for the page.
func Wrap(cause error, kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Sentence: fmt.Sprintf(format, args...), cause: cause}
}

// At adds an input that is at fault and returns the same error.
func (e *Error) At(name, format string, args ...any) *Error {
	e.Fields = append(e.Fields, Field{name, fmt.Sprintf(format, args...)})
	return e
}

func (e *Error) Error() string {
	if e.cause != nil {
		return fmt.Sprintf("%s: %s: %v", e.Kind, e.Sentence, e.cause)
	}
	return fmt.Sprintf("%s: %s", e.Kind, e.Sentence)
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.cause }

// KindOf gives the kind of an error anywhere in a chain; Unavailable when it
// has none: what nobody foresaw is a failure of ours, not of the user.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Unavailable
}

// Is reports whether err is of the kind.
func Is(err error, kind Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == kind
}
