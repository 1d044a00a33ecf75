package policy

import (
	"errors"
	"fmt"
)

// The kinds of a refusal, in the words of the server's error table.
const (
	Forbidden = "forbidden" // the person has no role for the act
	NotFound  = "notfound"  // the body lies outside the reach, or does not exist
)

// Error is the policy's no.
type Error struct {
	Kind     string
	Act      Act // that was asked for, empty where it was not about one
	sentence string
}

func (e *Error) Error() string { return e.Kind + ": " + e.sentence }

// Sentence says what is missing and who can help, in Chinese.
func (e *Error) Sentence() string { return e.sentence }

func forbidden(format string, args ...any) *Error {
	return &Error{Kind: Forbidden, sentence: fmt.Sprintf(format, args...)}
}

func notFound(format string, args ...any) *Error {
	return &Error{Kind: NotFound, sentence: fmt.Sprintf(format, args...)}
}

// KindOf gives the kind of a refusal anywhere in a chain, or "" if there is none.
func KindOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return ""
}
