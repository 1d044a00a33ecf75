package custody

import (
	"sort"
	"strconv"
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// Stocktake is the yearly count in which every key is seen (domain section 9):
// a key in use proves itself by a signature, what lies in a drawer or the store
// is counted by its serial number.
type Stocktake struct {
	Year             int
	Opened           time.Time // Asia/Shanghai
	By               string
	Closed           time.Time // zero while open
	ClosedBy, Second string
	Note             string
	Expected, Proved int // as they stood at the close
	Counted, Missing int
}

// Open reports whether keys can still prove themselves.
func (s Stocktake) Open() bool { return s.Closed.IsZero() }

// ID is the stocktake's id in the register.
func (s Stocktake) ID() string { return strconv.Itoa(s.Year) }

// How a token was seen.
const (
	BySeal  = "seal"  // the holder signed with it
	ByCount = "count" // an officer read its serial number
)

// Sighting says that a token was seen in a stocktake.
type Sighting struct {
	Year  int
	Token string
	How   string
	By    string
	At    time.Time
}

// ID is one per token and year.
func (s Sighting) ID() string { return strconv.Itoa(s.Year) + "/" + s.Token }

// Begin opens the count of a year.
func Begin(year int, officer string, earlier []Stocktake, now time.Time) (Stocktake, error) {
	for _, e := range earlier {
		if e.Year == year {
			return e, fault.New(fault.Conflict, "%d 年度的盘点已经开始过，不能再次开始。", year)
		}
		if e.Open() {
			return e, fault.New(fault.Conflict, "%d 年度的盘点还没有结束，请先结束它。", e.Year)
		}
	}
	if officer == "" {
		return Stocktake{}, fault.New(fault.Forbidden, "盘点须由安全保密管理员开始。")
	}
	if y := now.In(zone).Year(); year != y {
		return Stocktake{}, fault.New(fault.Invalid, "盘点按自然年度进行，现在是 %d 年。", y).At("year", "请填写本年。")
	}
	return Stocktake{Year: year, Opened: now, By: officer}, nil
}

// Prove is the holder's: the seal over the text is the proof.
func (s Stocktake) Prove(h Holding, holder string, now time.Time) (Sighting, error) {
	switch {
	case !s.Open():
		return Sighting{}, s.over()
	case h.Token.State != Issued || h.Key.State != Issued:
		return Sighting{}, fault.New(fault.Conflict, "钥匙 %s 现在是“%s”，不能自证，由安全保密管理员清点。", h.Token.Serial, h.Token.State.Word())
	case holder != h.Token.Custodian || holder != h.Key.Staff:
		return Sighting{}, fault.New(fault.Forbidden, "只能为您自己保管的钥匙自证。")
	}
	return Sighting{Year: s.Year, Token: h.Token.Serial, How: BySeal, By: holder, At: now}, nil
}

// Count is the officer's: a token that is not in use is before his eyes.
func (s Stocktake) Count(t Token, officer string, now time.Time) (Sighting, error) {
	switch {
	case !s.Open():
		return Sighting{}, s.over()
	case t.State == Issued:
		return Sighting{}, fault.New(fault.Conflict, "钥匙 %s 在用，由保管人插入签署自证，不能代为清点。", t.Serial)
	case t.State == Lost:
		return Sighting{}, fault.New(fault.Conflict, "钥匙 %s 已报失。既然在手里，请先登记找回。", t.Serial)
	case t.State == Destroyed:
		return Sighting{}, fault.New(fault.Conflict, "钥匙 %s 登记为已销毁，却还在手里。请告知安全审计员核查。", t.Serial)
	}
	return Sighting{Year: s.Year, Token: t.Serial, How: ByCount, By: officer, At: now}, nil
}

func (s Stocktake) over() error {
	return fault.New(fault.Closed, "%d 年度的盘点已于 %s 结束，不能再登记。", s.Year, clock(s.Closed))
}

// Tally is how a stocktake stands.
type Tally struct {
	Expected, Proved, Counted int
	Gaps                      []Token // expected and not seen, by serial
}

// Tally holds the register against what was seen. Expected is every token that
// was there at the opening and is not destroyed; one that was lost is expected
// too, and missing, until a stocktake has closed over it.
func (s Stocktake) Tally(tokens []Token, seen []Sighting, earlier []Stocktake) Tally {
	var last time.Time
	for _, e := range earlier {
		if e.Year < s.Year && e.Closed.After(last) {
			last = e.Closed
		}
	}
	how := map[string]string{}
	for _, g := range seen {
		if g.Year == s.Year {
			how[g.Token] = g.How
		}
	}
	var t Tally
	for _, k := range tokens {
		if k.State == Destroyed || k.Delivered.After(s.Opened) || k.State == Lost && k.Since.Before(last) {
			continue
		}
		t.Expected++
		switch {
		case k.State == Lost || how[k.Serial] == "":
			t.Gaps = append(t.Gaps, k)
		case how[k.Serial] == BySeal:
			t.Proved++
		default:
			t.Counted++
		}
	}
	sort.Slice(t.Gaps, func(i, j int) bool { return t.Gaps[i].Serial < t.Gaps[j].Serial })
	return t
}

// maxGaps bounds the text of a close: a count that misses more is not done yet.
const maxGaps = 500

// Close ends the count over what it found; two people say so.
func (s Stocktake) Close(t Tally, first, second, note string, now time.Time) (Stocktake, error) {
	note = strings.TrimSpace(note)
	switch {
	case !s.Open():
		return s, s.over()
	case second == "" || first == second:
		return s, fault.New(fault.Forbidden, "盘点须由两人签署结束，两人不能相同。")
	case len(t.Gaps) > maxGaps:
		return s, fault.New(fault.Conflict, "还有 %d 把钥匙没有见到，盘点不能结束。请先催办自证和清点，缺少的逐把报失或说明。", len(t.Gaps))
	}
	if err := reasonable(note); err != nil {
		return s, fault.New(fault.Invalid, "请写明盘点的说明，例如缺少的钥匙如何处理；一行，200 字以内。").At("note", "请写说明。")
	}
	s.Closed, s.ClosedBy, s.Second, s.Note = now, first, second, note
	s.Expected, s.Proved, s.Counted, s.Missing = t.Expected, t.Proved, t.Counted, len(t.Gaps)
	return s, nil
}

// OpenStatement is the text that opens a count.
func (s Stocktake) OpenStatement(head seal.Header, t Tally) (seal.Statement, error) {
	return seal.New(seal.StocktakeOpen, head, []seal.Field{{Label: "盘点年度", Value: s.ID()}, {Label: "应盘把数", Value: strconv.Itoa(t.Expected)}}, seal.Annex{})
}

// ProveStatement is the text by which a key proves itself.
func (s Stocktake) ProveStatement(head seal.Header, h Holding, custodian Named) (seal.Statement, error) {
	return seal.New(seal.StocktakeProve, head, []seal.Field{{Label: "盘点年度", Value: s.ID()}, {Label: "保管人", Value: custodian.String()},
		{Label: "钥匙序列号", Value: h.Token.Serial}, {Label: "钥匙指纹", Value: h.Key.Fingerprint}}, seal.Annex{})
}

// CountStatement is the text of what an officer has before him.
func (s Stocktake) CountStatement(head seal.Header, tokens []Token, salts [][16]byte) (seal.Statement, error) {
	annex := seal.Annex{Columns: []string{"序列号", "状态"}}
	for i, t := range tokens {
		annex.Rows = append(annex.Rows, seal.AnnexRow{Record: "token/" + t.Serial, Salt: salts[i], Cells: []string{t.Serial, t.State.Word()}})
	}
	return seal.New(seal.StocktakeCount, head, []seal.Field{{Label: "盘点年度", Value: s.ID()}, {Label: "把数合计", Value: strconv.Itoa(len(tokens))}}, annex)
}

// CloseStatement is the text that two people sign: the figures and each gap.
func (s Stocktake) CloseStatement(head seal.Header, t Tally, name func(staff string) (Named, error), note string) (seal.Statement, error) {
	fields := []seal.Field{{Label: "盘点年度", Value: s.ID()}, {Label: "应盘把数", Value: strconv.Itoa(t.Expected)}, {Label: "自证把数", Value: strconv.Itoa(t.Proved)},
		{Label: "清点把数", Value: strconv.Itoa(t.Counted)}, {Label: "缺少把数", Value: strconv.Itoa(len(t.Gaps))}}
	for _, g := range t.Gaps {
		who, err := name(g.Custodian)
		if err != nil {
			return seal.Statement{}, err
		}
		fields = append(fields, seal.Field{Label: "缺少", Value: g.Serial + "，" + g.State.Word() + "，" + who.String()})
	}
	return seal.New(seal.StocktakeClose, head, append(fields, seal.Field{Label: "说明", Value: strings.TrimSpace(note)}), seal.Annex{})
}
