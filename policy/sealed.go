package policy

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Sealed is one policy as it was sealed: the first by the genesis, each later
// one by a security officer and the city's lead over the whole file. It is
// never changed; the next one follows it.
type Sealed struct {
	ID           string // P000001, P000002, …
	Org          string // the institution's body: the city
	Model, Lines []byte // both files as they were then
	Digest       string // DigestOf both
	Base         string // ID of the one it follows; empty for the first
	Of           string // ID of the earlier one whose file this is again; empty if it is new
	Effective    time.Time
	Reason       string
	By, Second   string // staff who sealed it
	At           time.Time
}

// First is the policy of the genesis: the one that the program carries.
func First(carried *Policy, org, by, second string, at time.Time) Sealed {
	return Sealed{ID: id(1), Org: org, Model: bytes.Clone(carried.model), Lines: bytes.Clone(carried.file), Digest: carried.digest, Effective: at, Reason: "启用", By: by, Second: second, At: at}
}

func id(n int) string { return fmt.Sprintf("P%06d", n) }

// Number is the running number of a sealed policy's ID; 0 if it is none.
func Number(sealed string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(sealed, "P"))
	if err != nil || id(n) != sealed {
		return 0
	}
	return n
}

// Last is the policy that was sealed last, in force or not yet.
func Last(all []Sealed) (Sealed, bool) {
	if len(all) == 0 {
		return Sealed{}, false
	}
	return slices.MaxFunc(all, func(a, b Sealed) int { return Number(a.ID) - Number(b.ID) }), true
}

// InForce is the policy of a moment: the last sealed one whose time has come,
// from that millisecond on. One that was sealed later and begins earlier
// passes over another that still waits.
func InForce(all []Sealed, at time.Time) (Sealed, bool) {
	var begun []Sealed
	for _, s := range all {
		if s.Base == "" || !s.Effective.After(at) { // the first has no time before it
			begun = append(begun, s)
		}
	}
	return Last(begun)
}

// Load builds the policy of its files, see LoadSealed. Files that do not
// answer to the digest give nothing.
func (s Sealed) Load() (*Policy, error) {
	if DigestOf(s.Model, s.Lines) != s.Digest {
		return nil, forbidden("第 %s 号政策的文件与它的摘要不符，不能据以办理。请立即通知安全审计员核查。", s.ID)
	}
	return LoadSealed(s.Model, s.Lines)
}

// Next is the policy that would follow the last one. effective is when it
// begins; zero means at once. of is the earlier policy whose file is sealed
// again, zero for a new file.
func Next(all []Sealed, lines []byte, of Sealed, effective time.Time, reason string, now time.Time) (Sealed, *Policy, error) {
	last, ok := Last(all)
	if !ok {
		return Sealed{}, nil, forbidden("还没有第一份政策，日志尚未启用。")
	}
	if of.ID != "" {
		lines = of.Lines
	}
	fresh, faults := Read(lines)
	if len(faults) > 0 {
		return Sealed{}, nil, forbidden("%s", faults[0].String())
	}
	s := Sealed{ID: id(Number(last.ID) + 1), Org: last.Org, Model: bytes.Clone(embeddedModel), Lines: bytes.Clone(lines), Digest: fresh.Digest(),
		Base: last.ID, Of: of.ID, Effective: effective, Reason: strings.TrimSpace(reason), At: now}
	current, ok := InForce(all, now)
	switch {
	case s.Reason == "" || len([]rune(s.Reason)) > 200 || strings.ContainsAny(s.Reason, "\r\n\t"):
		return s, nil, forbidden("请用一行 200 字以内的文字写明为什么要换政策。")
	case !effective.IsZero() && !effective.After(now):
		return s, nil, forbidden("生效时间 %s 已经过去。请另选时间，或选“签署完成即生效”。", effective.In(china).Format("2006-01-02 15:04"))
	case ok && current.Digest == s.Digest && last.ID == current.ID:
		return s, nil, forbidden("这份文件与现行第 %s 号政策完全相同，没有要换的。", current.ID)
	}
	if effective.IsZero() {
		s.Effective = now
	}
	return s, fresh, nil
}

var china = time.FixedZone("Asia/Shanghai", 8*60*60)
