package portal

import (
	"strconv"
	"strings"
	"time"

	"sealdesk/policy"
	"sealdesk/server/disclosure"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/web"
	"sealdesk/web/view"
)

// revealForm asks for the whole numbers of a record, with a reason. Each form is
// good for one look; what was typed and refused stands in the next.
func revealForm(c *call, kind, action, step string) *view.ActForm {
	f := &view.ActForm{ID: "reveal", Title: "查看完整号码", Action: action, Button: "记入日志并查看",
		Say: "平时只显示末四位。查看写入日志：谁、何时、哪份记录、哪个号码、为什么；号码只显示一次，刷新或返回后恢复遮盖。"}
	numbers := view.Input{Kind: "ticks", Name: "number", Label: "查看哪个号码"}
	for _, field := range disclosure.FieldsOf(kind) {
		chosen := false
		for _, asked := range c.form["number"] {
			chosen = chosen || asked == field
		}
		numbers.Choices.Items = append(numbers.Choices.Items, view.Choice{Value: field, Text: disclosure.Word(field), Chosen: chosen})
	}
	f.Inputs = []view.Input{numbers, {Kind: "area", Name: "look_reason", Label: "查看的理由", Hint: "例如“与身份证原件逐位核对”。理由里不要写号码。", Field: typed(c, "look_reason")},
		{Kind: "hidden", Name: "once", Field: view.Field{Value: newToken()[:24]}}}
	if step != "" {
		f.Inputs = append(f.Inputs, view.Input{Kind: "hidden", Name: "step", Field: view.Field{Value: step}})
	}
	return f
}

// usedUp says that this very form was answered before: a reload of the answer, or
// a step back to it, which looks at nothing again.
func (p *Portal) usedUp(c *call) (bool, error) {
	once := c.form.Get("once")
	if len(once) != 24 || strings.Trim(once, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_") != "" {
		return false, fault.New(fault.Invalid, "这次请求不是从详情页的表单发出的，号码没有显示（R60）。请在详情页写明理由后查看。")
	}
	first, err := p.store.Scratch().Once(c.ctx, "once/"+c.who.Staff.ID+"/"+once)
	return !first, err
}

// POST /applications/:id/reveal
func (p *Portal) reveal(c *call) (answer, error) {
	a, school, _, err := p.record(c, policy.Reveal)
	if err != nil {
		return nil, err
	}
	at := view.Link{Text: "回到这份申请，号码恢复遮盖", Href: "/applications/" + a.ID}
	step := c.form.Get("step")
	if knownStep(step) {
		at = view.Link{Text: "回到比对，号码恢复遮盖", Href: at.Href + "/review?step=" + step}
	}
	v := view.Numbers{Frame: p.frame(c, "完整号码"), Back: at, Name: a.Form.PersonName, About: school.Name + "，申请 " + a.ID}
	next, err := p.showNumbers(c, looking{act: policy.Reveal, about: store.OfApplication(a.ID), masked: a.Form.Show, bars: func(tx *store.Tx) error { return notOwn(tx, a.ID) }}, v)
	if err == nil {
		return next, nil
	}
	return p.formAgain(c, err, refusedForm{act: policy.Reveal, subject: store.OfApplication(a.ID).Subject(), page: func(r *view.Refusal) (web.Page, error) {
		if knownStep(step) {
			v, err := p.reviewPage(c, step)
			v.Refusal = r
			besideForm(v.Reveal, r)
			return v, err
		}
		v, err := p.applicationPage(c)
		v.Refusal = r
		besideForm(v.Reveal, r)
		return v, err
	}})
}

// POST /staff/:id/reveal
func (p *Portal) revealPhone(c *call) (answer, error) {
	account, body, _, err := p.person(c, c.param("id"))
	if err != nil {
		return nil, err
	}
	if account == nil {
		return nil, fault.New(fault.Conflict, "备案还没有审核，没有账户，也没有可以查看的手机号。")
	}
	v := view.Numbers{Frame: p.frame(c, "完整号码"), Back: view.Link{Text: "回到这个人的备案，号码恢复遮盖", Href: "/staff/" + escaped(account.ID)},
		Name: account.Name, About: body.Name + "，人员 " + account.ID}
	next, err := p.showNumbers(c, looking{act: policy.RevealPhone, about: store.OfStaff(account.ID), masked: func(string) string { return account.Phone.String() },
		bars: func(*store.Tx) error { return nil }}, v)
	return p.personAgain(c, policy.RevealPhone, next, err)
}

// looking is a look at the numbers of one kind of record.
type looking struct {
	act    policy.Act
	about  store.Ref
	masked func(field string) string
	bars   func(*store.Tx) error // whom the record itself keeps away
}

// notOwn keeps whoever acts from the numbers of their own record and of a
// declared relative's (R15).
func notOwn(tx *store.Tx, id string) error {
	a, err := tx.Application(id)
	if err != nil {
		return err
	}
	by, err := personOf(tx, tx.Grant().Person())
	if err != nil {
		return err
	}
	return a.NotOf(by)
}

// showNumbers looks and shows. The look is an entry under a signed checkpoint
// before the store gives a number: without one there is no sight to show by.
// What an act needs besides a role is asked on the way in, so that a refusal uses
// up no form, and once more inside the transaction, where it counts.
func (p *Portal) showNumbers(c *call, l looking, v view.Numbers) (answer, error) {
	_, grant, err := p.place(c, l.act)
	if err != nil {
		return nil, err
	}
	if err := p.fit(c, grant, l.act); err != nil {
		return nil, err
	}
	if err := p.stillHeld(c, c.who.row); err != nil { // no seal is asked for, so the issuer is
		return nil, err
	}
	used, err := p.usedUp(c)
	if err != nil {
		return nil, err
	}
	if used {
		return redirect{v.Back.Href}, nil
	}
	wish := store.Wish{About: l.about, Fields: c.form["number"], Reason: c.form.Get("look_reason"), Received: c.received}
	sight, err := p.store.Look(again(c.ctx), grant, wish, func(tx *store.Tx) error {
		if err := fits(tx, tx.Grant(), l.act, p.year, tx.Received()); err != nil {
			return err
		}
		return l.bars(tx)
	})
	if err != nil {
		return nil, err
	}
	shown, err := p.store.Reveal(c.ctx, grant, sight)
	if err != nil {
		return nil, err
	}
	for _, field := range sight.Fields() {
		v.Shown = append(v.Shown, view.ShownNumber{Label: disclosure.Word(field), Whole: shown[field], Masked: l.masked(field)})
	}
	v.Number, v.Reason, v.At = int64(sight.Number()), strings.TrimSpace(c.form.Get("look_reason")), c.received
	counts, err := p.store.LookCounts(c.ctx, today(c.received))
	if err != nil {
		return nil, err
	}
	for _, by := range counts {
		if by.Person == c.who.Staff.ID {
			v.Today = by.Count
		}
	}
	return page{view: v}, nil
}

// today is when the day of a moment began.
func today(at time.Time) time.Time {
	at = at.In(registration.Shanghai)
	return time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, registration.Shanghai)
}

// sights gives the log's entries of looks their fields and reason.
func (p *Portal) sights(c *call, grant policy.Grant, about store.Ref, events []view.Event) error {
	looks, err := p.store.LooksAbout(c.ctx, grant, about)
	if err != nil {
		return err
	}
	said := map[string]string{}
	for _, l := range looks {
		said[l.ID] = l.Words() + "；理由：" + l.Reason
	}
	for i := range events {
		if events[i].Dot == "sight" {
			events[i].Note = said["L"+strconv.FormatInt(events[i].Number, 10)]
		}
	}
	return nil
}

// lookLines are the day's looks by person, as the officers watch them.
func (p *Portal) lookLines(c *call) ([]view.LookLine, error) {
	counts, err := p.store.LookCounts(c.ctx, today(c.received))
	var list []view.LookLine
	for _, by := range counts {
		line := view.LookLine{Text: "人员 " + by.Person, Count: by.Count, Href: "/log?who=" + escaped(by.Person), Mark: view.Mark{Kind: "ok", Text: "平常"}}
		if by.Count >= disclosure.DayMark {
			line.Mark = view.Mark{Kind: "hold", Text: "请核查"}
		}
		list = append(list, line)
	}
	return list, err
}

// lookWork tells the officers of people who looked at many numbers today.
func (p *Portal) lookWork(c *call, _ policy.Grant) ([]view.Due, error) {
	counts, err := p.store.LookCounts(c.ctx, today(c.received))
	var list []view.Due
	for _, by := range counts {
		if by.Count < disclosure.DayMark {
			continue
		}
		act := view.Link{Text: "看这个人", Href: "/staff/" + escaped(by.Person)}
		if _, err := p.may(c, policy.ReadLog, c.who.Home); err == nil {
			act = view.Link{Text: "看日志", Href: "/log?who=" + escaped(by.Person) + "&act=" + string(policy.Reveal)}
		}
		list = append(list, view.Due{What: "查看完整号码过多", Count: by.Count, Unit: "次", Note: "人员 " + by.Person + " 今日查看完整号码的次数，请核查是否工作需要（R60）。", Act: act})
	}
	return list, err
}
