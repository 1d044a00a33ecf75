package audit

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// parseEntrySlowly reads an entry through the canonical text's own parser: the
// authority on what an entry may look like, and the source of the sentences.
func parseEntrySlowly(b []byte) (Entry, error) {
	if len(b) > MaxEntry {
		return Entry{}, fault.New(fault.Invalid, "日志条目有 %d 字节，超过上限 %d 字节。", len(b), MaxEntry)
	}
	t, err := seal.Parse(b)
	if err != nil {
		return Entry{}, fault.Wrap(err, fault.Invalid, "日志条目不是规范文本：%s", sentence(err))
	}
	if t.Kind != seal.EntryText {
		return Entry{}, fault.New(fault.Invalid, "这份文本不是日志条目。")
	}
	f := fieldReader{text: t}
	e := Entry{
		Number: f.number(labelNumber), Previous: f.position(labelPrevious),
		Act: t.Get(labelAct), Actor: f.token(labelActor), Key: f.token(labelKey),
		Body: f.token(labelBody), Subject: f.token(labelSubject),
		Statement: f.digest(labelStatement), Seal: f.digest(labelSeal), State: f.digest(labelState),
		Note: t.Get(labelNote),
	}
	e.Received, e.Logged = f.time(labelReceived), f.time(labelLogged)
	e.Signed, e.Signers = f.progress()
	if f.wrong != "" {
		return Entry{}, fault.New(fault.Invalid, "日志条目的“%s”写法不合规定。", f.wrong)
	}
	again, err := e.Print()
	if err != nil {
		return Entry{}, err
	}
	if !bytes.Equal(again, b) {
		return Entry{}, fault.New(fault.Invalid, "日志条目不是规范写法：重新排印后与原文不同。")
	}
	return e, nil
}

// A fieldReader reads the values of a text and remembers the first label whose
// value it could not read.
type fieldReader struct {
	text  seal.Text
	wrong string
}

func (f *fieldReader) fail(label string) {
	if f.wrong == "" {
		f.wrong = label
	}
}

func (f *fieldReader) number(label string) uint64 {
	n, ok := decimal([]byte(f.text.Get(label)))
	if !ok {
		f.fail(label)
	}
	return n
}

func (f *fieldReader) position(label string) int64 {
	n, ok := parsePosition(f.text.Get(label))
	if !ok {
		f.fail(label)
	}
	return n
}

// parsePosition reads the number of an earlier entry, or 无 as -1.
func parsePosition(s string) (int64, bool) {
	if s == none {
		return -1, true
	}
	n, ok := decimal([]byte(s))
	return int64(n), ok
}

func spellPosition(n int64) string {
	if n < 0 {
		return none
	}
	return strconv.FormatInt(n, 10)
}

func (f *fieldReader) token(label string) string {
	if s := f.text.Get(label); s != none {
		return s
	}
	return ""
}

func (f *fieldReader) digest(label string) Digest {
	d, err := ParseDigest(f.text.Get(label))
	if err != nil {
		f.fail(label)
	}
	return d
}

func (f *fieldReader) time(label string) time.Time {
	t, err := seal.ParseTime(f.text.Get(label))
	if err != nil {
		f.fail(label)
	}
	return t.In(zone)
}

func (f *fieldReader) progress() (signed, signers int) {
	a, b, ok := strings.Cut(f.text.Get(labelProgress), "/")
	x, ok1 := decimal([]byte(a))
	y, ok2 := decimal([]byte(b))
	if !ok || !ok1 || !ok2 || x > maxSigners || y > maxSigners {
		f.fail(labelProgress)
		return 0, 0
	}
	return int(x), int(y)
}

// sentence gives the Chinese sentence of an error that has one.
func sentence(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Sentence
	}
	var s interface{ Sentence() string }
	if errors.As(err, &s) {
		return s.Sentence()
	}
	return err.Error()
}
