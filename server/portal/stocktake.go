package portal

import (
	"strconv"
	"strings"

	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/web"
	"sealdesk/web/view"
)

// shownGaps is how many keys not yet seen one page lists.
const shownGaps = 100

// GET /stocktakes: the yearly count.
func (p *Portal) stocktakes(c *call) (answer, error) {
	v, err := p.stocktakePage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

func (p *Portal) stocktakePage(c *call) (view.Stocktakes, error) {
	v := view.Stocktakes{Frame: p.frame(c, "年度盘点"), Lead: "每年一次，每把钥匙都要见到：在用的由保管人插入签署自证，在库、停用的由安全保密管理员逐把清点。"}
	_, grant, err := p.place(c, policy.ListKeys)
	if err != nil {
		return v, err
	}
	all, err := p.store.Stocktakes(c.ctx)
	if err != nil {
		return v, err
	}
	for _, s := range all {
		if !s.Open() {
			v.Done = append(v.Done, view.Count{Year: s.ID(), Opened: s.Opened, Closed: s.Closed, By: p.nameOf(c, s.ClosedBy) + "、" + p.nameOf(c, s.Second),
				Expected: s.Expected, Proved: s.Proved, Counted: s.Counted, Missing: s.Missing, Note: s.Note})
			continue
		}
		if v.Open, err = p.openCount(c, grant, s, all); err != nil {
			return v, err
		}
	}
	if _, err := p.may(c, policy.OpenStocktake, c.who.Home); err == nil && v.Open == nil {
		year := c.form.Get("year")
		v.Begin = &view.BeginForm{Action: "/stocktakes", Year: view.Field{Value: orText(year, strconv.Itoa(c.received.In(registration.Shanghai).Year()))}}
	}
	return v, nil
}

func (p *Portal) openCount(c *call, grant policy.Grant, s custody.Stocktake, all []custody.Stocktake) (*view.Count, error) {
	tokens, err := p.store.Tokens(c.ctx, grant)
	if err != nil {
		return nil, err
	}
	seen, err := p.store.Sightings(c.ctx, grant, s.Year)
	if err != nil {
		return nil, err
	}
	t := s.Tally(tokens, seen, all)
	v := &view.Count{Year: s.ID(), Opened: s.Opened, By: p.nameOf(c, s.By), Expected: t.Expected, Proved: t.Proved, Counted: t.Counted, Missing: len(t.Gaps)}
	if v.Gaps, err = p.keyRows(c, grant, t.Gaps[:min(len(t.Gaps), shownGaps)]); err != nil {
		return nil, err
	}
	if more := len(t.Gaps) - len(v.Gaps); more > 0 {
		v.More = "另有 " + number(more) + " 把没有列出。"
	}
	if _, err := p.may(c, policy.CountKeys, c.who.Home); err == nil {
		v.Count = &view.CountForm{Action: "/stocktakes/" + s.ID() + "/count", Serials: view.Field{Value: c.form.Get("serials")}}
	}
	if _, err := p.may(c, policy.CloseStocktake, c.who.Home); err == nil {
		v.Close = &view.CloseForm{Action: "/stocktakes/" + s.ID() + "/close", Note: view.Field{Value: c.form.Get("note")}}
		if v.Close.Second, err = p.seconders(c); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// stocktakeAgain shows the page again with what was refused.
func (p *Portal) stocktakeAgain(c *call, err error, act policy.Act) (answer, error) {
	return p.formAgain(c, err, refusedForm{act: act, subject: "stocktake/" + c.param("year"), page: func(r *view.Refusal) (web.Page, error) {
		v, err := p.stocktakePage(c)
		v.Refusal = r
		if v.Begin != nil {
			faultsAt(r, map[string]*string{"year": &v.Begin.Year.Error})
		}
		if v.Open != nil && v.Open.Count != nil {
			faultsAt(r, map[string]*string{"serials": &v.Open.Count.Serials.Error})
		}
		if v.Open != nil && v.Open.Close != nil {
			faultsAt(r, map[string]*string{"second": &v.Open.Close.Second.Error, "note": &v.Open.Close.Note.Error})
		}
		return v, err
	}})
}

// POST /stocktakes
func (p *Portal) beginStocktake(c *call) (answer, error) {
	year, err := strconv.Atoi(strings.TrimSpace(c.form.Get("year")))
	if err != nil {
		err = fault.New(fault.Invalid, "年度请写成四位数字。").At("year", "请写成四位数字。")
	}
	var next answer
	if err == nil {
		next, err = p.propose(c, &stocktakeMatter{Year: year}, c.who.Home, "/stocktakes")
	}
	if err == nil {
		return next, nil
	}
	return p.stocktakeAgain(c, err, policy.OpenStocktake)
}

// POST /stocktakes/:year/count
func (p *Portal) countTokens(c *call) (answer, error) {
	next, err := p.proposeCount(c)
	if err == nil {
		return next, nil
	}
	return p.stocktakeAgain(c, err, policy.CountKeys)
}

// maxCount bounds one text of counted serials.
const maxCount = 500

func (p *Portal) proposeCount(c *call) (answer, error) {
	m := &countMatter{}
	var err error
	if m.Year, err = strconv.Atoi(c.param("year")); err != nil {
		return nil, fault.New(fault.NotFound, "没有这一年度的盘点。")
	}
	if _, err := p.may(c, policy.CountKeys, c.who.Home); err != nil {
		return nil, err
	}
	if m.Serials, err = serialsIn(c.form.Get("serials"), maxCount); err != nil {
		return nil, err
	}
	next, err := p.propose(c, m, c.who.Home, "/stocktakes")
	if fault.Is(err, fault.NotFound) {
		return nil, fault.New(fault.Invalid, "有的序列号不在台账里，一把也没有登记。请核对；新到的钥匙先办入库。").At("serials", "有的序列号不在台账里。")
	}
	return next, err
}

// serialsIn reads a list of serial numbers, typed or scanned.
func serialsIn(text string, most int) ([]string, error) {
	var list []string
	seen := map[string]bool{}
	for i, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("\r\n,，、;； \t", r) }) {
		serial, err := custody.ParseSerial(word)
		if err != nil {
			return nil, fault.New(fault.Invalid, "第 %d 个序列号的写法不对。请照钥匙背面逐行填写，或用扫码枪扫。", i+1).At("serials", "第 %d 个序列号的写法不对。", i+1)
		}
		if !seen[serial] { // a scanner that fires twice is no fault
			seen[serial] = true
			list = append(list, serial)
		}
	}
	if len(list) == 0 || len(list) > most {
		return nil, fault.New(fault.Invalid, "请填写 1 至 %d 个序列号，一行一个。", most).At("serials", "请填写序列号。")
	}
	return list, nil
}

// POST /stocktakes/:year/close
func (p *Portal) closeStocktake(c *call) (answer, error) {
	next, err := p.proposeClose(c)
	if err == nil {
		return next, nil
	}
	return p.stocktakeAgain(c, err, policy.CloseStocktake)
}

func (p *Portal) proposeClose(c *call) (answer, error) {
	year, err := strconv.Atoi(c.param("year"))
	if err != nil {
		return nil, fault.New(fault.NotFound, "没有这一年度的盘点。")
	}
	if _, err := p.may(c, policy.CloseStocktake, c.who.Home); err != nil {
		return nil, err
	}
	second, err := p.seconder(c)
	if err != nil {
		return nil, err
	}
	return p.propose(c, &closeMatter{Year: year, Note: c.form.Get("note")}, c.who.Home, "/stocktakes", second)
}
