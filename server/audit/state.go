package audit

import (
	"bytes"
	"sort"
	"strconv"

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
	labelCount = "记录数"
)

// Print gives the state's canonical bytes, rows ordered by subject. It refuses
// two rows of one subject.
func (s State) Print() ([]byte, error) {
	rows := append([]StateRow(nil), s.Rows...)
	sort.Slice(rows, func(i, j int) bool { return rows[i].Subject < rows[j].Subject })
	if err := checkState(s.Number, s.Act, rows); err != nil {
		return nil, err
	}
	t := seal.Text{Kind: seal.StateText, Fields: []seal.Field{
		{Label: labelNumber, Value: strconv.FormatUint(s.Number, 10)},
		{Label: labelAct, Value: s.Act},
		{Label: labelCount, Value: strconv.Itoa(len(rows))},
	}}
	for _, r := range rows {
		t.Rows = append(t.Rows, []string{r.Subject, spellPosition(r.Previous), r.Digest.String()})
	}
	b, err := t.Print()
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "第 %d 号条目的状态写不成规范文本：%s", s.Number, sentence(err))
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
