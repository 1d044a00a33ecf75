package portal

import (
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/store"
)

// stocktakeMatter opens a year's count.
type stocktakeMatter struct {
	bare
	Year int `json:"year"`
}

func (m *stocktakeMatter) act() policy.Act { return policy.OpenStocktake }

// wholeRegister is the time that a count may take over every key there is.
const wholeRegister = 10 * time.Second

func (m *stocktakeMatter) budget() time.Duration { return wholeRegister }
func (m *closeMatter) budget() time.Duration     { return wholeRegister }

func (m *stocktakeMatter) draft(_ knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	var d draft
	officer, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	earlier, err := r.Stocktakes()
	if err != nil {
		return d, err
	}
	s, err := custody.Begin(m.Year, officer, earlier, now)
	if err != nil {
		return d, err
	}
	tokens, err := r.Tokens()
	if err != nil {
		return d, err
	}
	d.subject, d.puts = store.OfStocktake(s.ID()).Subject(), []any{s}
	d.statement, err = s.OpenStatement(h, s.Tally(tokens, nil, earlier))
	return d, err
}

// stocktakeOf finds a year's count among all.
func stocktakeOf(r rows, year int) (custody.Stocktake, []custody.Stocktake, error) {
	all, err := r.Stocktakes()
	if err != nil {
		return custody.Stocktake{}, nil, err
	}
	for _, s := range all {
		if s.Year == year {
			return s, all, nil
		}
	}
	return custody.Stocktake{}, nil, fault.New(fault.NotFound, "没有 %d 年度的盘点。请由安全保密管理员先开始盘点。", year)
}

// proveMatter is a holder's: the seal itself is the proof.
type proveMatter struct {
	bare
	Year   int    `json:"year"`
	Serial string `json:"serial"`
}

func (m *proveMatter) act() policy.Act   { return policy.ProveKey }
func (m *proveMatter) refs() []store.Ref { return []store.Ref{store.OfToken(m.Serial)} }

func (m *proveMatter) draft(_ knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfToken(m.Serial).Subject()}
	holder, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	s, _, err := stocktakeOf(r, m.Year)
	if err != nil {
		return d, err
	}
	holding, err := holdingOf(r, m.Serial)
	if err != nil {
		return d, err
	}
	if err := notSeen(r, m.Year, m.Serial); err != nil {
		return d, err
	}
	seen, err := s.Prove(holding, holder, now)
	if err != nil {
		return d, err
	}
	who, err := namedOf(r, holder)
	if err != nil {
		return d, err
	}
	d.puts = []any{seen}
	d.statement, err = s.ProveStatement(h, holding, who)
	return d, err
}

// notSeen refuses a second sighting of the same token in a year.
func notSeen(r rows, year int, serials ...string) error {
	seen, err := r.Sightings(year)
	if err != nil {
		return err
	}
	have := map[string]bool{}
	for _, s := range seen {
		have[s.Token] = true
	}
	for _, serial := range serials {
		if have[serial] {
			return fault.New(fault.Conflict, "钥匙 %s 在 %d 年度的盘点里已经登记过，不用再登记。", serial, year)
		}
	}
	return nil
}

// countMatter enters tokens that lie before the officer.
type countMatter struct {
	Year    int      `json:"year"`
	Serials []string `json:"serials"`
}

func (m *countMatter) act() policy.Act   { return policy.CountKeys }
func (m *countMatter) size() int         { return len(m.Serials) }
func (m *countMatter) refs() []store.Ref { return refsOfTokens(m.Serials) }

func refsOfTokens(serials []string) []store.Ref {
	refs := make([]store.Ref, len(serials))
	for i, s := range serials {
		refs[i] = store.OfToken(s)
	}
	return refs
}

func (m *countMatter) draft(_ knowledge, r rows, h seal.Header, salts [][16]byte, now time.Time) (draft, error) {
	var d draft
	officer, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	s, _, err := stocktakeOf(r, m.Year)
	if err != nil {
		return d, err
	}
	if err := notSeen(r, m.Year, m.Serials...); err != nil {
		return d, err
	}
	var tokens []custody.Token
	for _, serial := range m.Serials {
		t, err := r.Token(serial)
		if err != nil {
			return d, err
		}
		seen, err := s.Count(t, officer, now)
		if err != nil {
			return d, err
		}
		tokens, d.puts = append(tokens, t), append(d.puts, seen)
	}
	d.subject = store.OfStocktake(s.ID()).Subject()
	d.statement, err = s.CountStatement(h, tokens, salts)
	return d, err
}

// closeMatter ends a count by two.
type closeMatter struct {
	bare
	Year int    `json:"year"`
	Note string `json:"note"`
}

func (m *closeMatter) act() policy.Act { return policy.CloseStocktake }

func (m *closeMatter) draft(_ knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	var d draft
	s, all, err := stocktakeOf(r, m.Year)
	if err != nil {
		return d, err
	}
	d.subject = store.OfStocktake(s.ID()).Subject()
	first, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	second, err := signerAt(h, 1)
	if err != nil {
		return d, err
	}
	tokens, err := r.Tokens()
	if err != nil {
		return d, err
	}
	seen, err := r.Sightings(m.Year)
	if err != nil {
		return d, err
	}
	tally := s.Tally(tokens, seen, all)
	next, err := s.Close(tally, first, second, m.Note, now)
	if err != nil {
		return d, err
	}
	d.puts = []any{next}
	d.statement, err = s.CloseStatement(h, tally, func(staff string) (custody.Named, error) { return namedOf(r, staff) }, m.Note)
	return d, err
}
