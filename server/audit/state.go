package audit

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// A State says which records an act left behind and in what state: one row per
// record, ordered by subject. It lies beside the log by its salted digest, and
// its rows are what carries a record's own chain through acts on many records.
type State struct {
	Number uint64 // of the entry that names this state
	Act    string // as in that entry
	Rows   []StateRow
}

// A StateRow is one record after an act.
type StateRow struct {
	Subject  string // kind/number, as Entry.Subject spells it
	Previous int64  // number of the latest earlier entry whose state names this subject, -1 when there is none
	Digest   Digest // over the record as it is now; zero (无) when the record is gone
}

const (
	stateHead  = "sealdesk/v1 state\n"
	labelCount = "记录数"
)

// Print gives the state's canonical bytes, rows ordered by subject. It refuses
// two rows of one subject.
func (s State) Print() ([]byte, error) {
	rows := slices.Clone(s.Rows)
	slices.SortFunc(rows, func(a, b StateRow) int { return strings.Compare(a.Subject, b.Subject) })
	if err := checkState(s.Number, s.Act, rows); err != nil {
		return nil, err
	}
	b := make([]byte, 0, 128+len(rows)*160)
	line := func(label, value string) {
		b = append(append(append(append(b, label...), ": "...), value...), '\n')
	}
	// Every value is a number, a digest or a token of ASCII, as was just checked:
	// nothing is left for the canonical text's own printer to look at.
	b = append(b, stateHead...)
	line(labelNumber, strconv.FormatUint(s.Number, 10))
	line(labelAct, s.Act)
	line(labelCount, strconv.Itoa(len(rows)))
	if len(rows) > 0 {
		b = append(b, '\n')
	}
	for _, r := range rows {
		b = append(append(b, r.Subject...), '\t')
		b = append(append(b, spellPosition(r.Previous)...), '\t')
		b = append(append(b, r.Digest.String()...), '\n')
	}
	if len(b) > seal.MaxContent {
		return nil, fault.New(fault.Invalid, "第 %d 号条目的状态有 %d 字节，超过上限 %d 字节；请分次办理。", s.Number, len(b), seal.MaxContent)
	}
	return b, nil
}

// ParseState reads a state's canonical bytes and refuses every other spelling.
func ParseState(b []byte) (State, error) {
	t, err := seal.Parse(b)
	if err != nil {
		return State{}, fault.Wrap(err, fault.Invalid, "状态不是规范文本：%s", sentence(err))
	}
	if t.Kind != seal.StateText {
		return State{}, fault.New(fault.Invalid, "这份文本不是记录状态。")
	}
	f := fieldReader{text: t}
	s := State{Number: f.number(labelNumber), Act: t.Get(labelAct)}
	if f.number(labelCount) != uint64(len(t.Rows)) {
		f.fail(labelCount)
	}
	if f.wrong != "" {
		return State{}, fault.New(fault.Invalid, "状态的“%s”写法不合规定，或与行数不符。", f.wrong)
	}
	for i, cells := range t.Rows {
		previous, ok := parsePosition(cells[1])
		digest, err := ParseDigest(cells[2])
		if !ok || err != nil {
			return State{}, fault.New(fault.Invalid, "状态的第 %d 行写法不合规定。", i+1)
		}
		s.Rows = append(s.Rows, StateRow{Subject: cells[0], Previous: previous, Digest: digest})
	}
	if err := checkState(s.Number, s.Act, s.Rows); err != nil {
		return State{}, err
	}
	again, err := s.Print()
	if err != nil {
		return State{}, err
	}
	if !bytes.Equal(again, b) {
		return State{}, fault.New(fault.Invalid, "状态不是规范写法：重新排印后与原文不同。")
	}
	return s, nil
}

func checkState(number uint64, act string, rows []StateRow) error {
	if number > maxNumber || !isToken(act) {
		return fault.New(fault.Invalid, "第 %d 号条目的状态，其序号或行为写法不合规定。", number)
	}
	for i, r := range rows {
		switch {
		case !isToken(r.Subject):
			return fault.New(fault.Invalid, "第 %d 号条目的状态，第 %d 行的主体写法不合规定。", number, i+1)
		case r.Previous < -1 || r.Previous >= 0 && uint64(r.Previous) >= number:
			return fault.New(fault.Invalid, "第 %d 号条目的状态，第 %d 行的前一条应早于本条。", number, i+1)
		case i > 0 && rows[i-1].Subject >= r.Subject:
			return fault.New(fault.Invalid, "第 %d 号条目的状态，第 %d 行的主体重复或未按次序。", number, i+1)
		}
	}
	return nil
}
