package org

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/disclosure"
	"sealdesk/server/internal/fault"
)

// oneLine makes one line of what was typed into a field, at most limit
// characters, that can stand in a signed text.
func oneLine(name, label, typed string, limit int) (string, error) {
	line := strings.Join(strings.Fields(typed), " ")
	switch {
	case line == "":
		return "", fault.New(fault.Invalid, "请填写%s。", label).At(name, "没有填写。")
	case len([]rune(line)) > limit:
		return "", fault.New(fault.Invalid, "%s最多 %d 个字。请写得简短些。", label, limit).At(name, "太长。")
	case seal.CheckValue(line) != nil:
		return "", fault.New(fault.Invalid, "%s里有不能使用的字符。请删去后再提交。", label).At(name, "有不能使用的字符。")
	}
	return line, nil
}

// publicLine is oneLine of what many will read: no number of a person stands in it.
func publicLine(name, label, typed string, limit int) (string, error) {
	line, err := oneLine(name, label, typed, limit)
	if err != nil {
		return "", err
	}
	return line, disclosure.NumberFree(name, label, line)
}

// ParseDay reads a day as forms post it, 2006-01-02; the zero time is an empty
// field. It is the beginning of that day in Shanghai.
func ParseDay(name, label, typed string) (time.Time, error) {
	typed = strings.TrimSpace(typed)
	if typed == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(day, typed, shanghai)
	if err != nil {
		return t, fault.New(fault.Invalid, "%s应写作 2024-08-31 的样子。", label).At(name, "应写作 2024-08-31 的样子。")
	}
	return t, nil
}

// Day prints a day as pages, texts and files write it.
func Day(t time.Time) string { return t.In(shanghai).Format(day) }

// mobile reports whether a number is a mobile telephone's.
func mobile(phone string) bool {
	return len(phone) == 11 && strings.Trim(phone, "0123456789") == "" && phone[0] == '1'
}

// RoleWords names roles for a line.
func RoleWords(roles []string) string {
	if len(roles) == 0 {
		return "无"
	}
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = policy.Role(r).Name()
	}
	return strings.Join(words, "、")
}

// asFault finds the sentence in an error.
func asFault(err error) (*fault.Error, bool) {
	var e *fault.Error
	ok := errors.As(err, &e)
	return e, ok
}

func asPolicy(err error, to **policy.Error) bool { return errors.As(err, to) }

// number reads a plain decimal.
func number(s string) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil
}

func itoa(n int) string { return strconv.Itoa(n) }
