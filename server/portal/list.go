package portal

import (
	"net/url"
	"slices"
	"strconv"

	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// listPage is how many applications one page shows.
const listPage = 50

// batchOf says what a person can do to several records at once.
type batchOf struct {
	act    policy.Act
	state  registration.State
	word   string
	rule   string
	header string
	verb   string
}

var batches = []batchOf{
	{policy.Accept, registration.Imported, "受理选中的申请", "一次最多 200 份；不属注册对象的不在此列，请打开单份办理。", "申请受理", "成批受理"},
	{policy.Conclude, registration.AtCounty, "看注册合格的名单，去签署", "只放注册合格，一次最多 200 份；暂缓、不合格须打开单份办理。", "申请审核", "成批签署"},
}

// GET /applications: the register, by filters, page by page.
func (p *Portal) listApplications(c *call) (answer, error) {
	v, err := p.registerPage(c, c.form)
	if err != nil {
		return nil, err
	}
	if c.form.Get("done") == "accepted" {
		v.Notice = "选中的申请已受理，转入学校审查。接着到“学校审查”逐份填写。"
	}
	return page{view: v}, nil
}

func (p *Portal) registerPage(c *call, form url.Values) (view.List, error) {
	var v view.List
	body, grant, err := p.place(c, policy.List)
	if err != nil {
		return v, err
	}
	filter := filterOf(form, p.year)
	found, err := p.store.Applications(c.ctx, grant, filter, form.Get("at"), listPage)
	if err != nil {
		return v, err
	}
	v = view.List{Frame: p.frame(c, "申请"), Heading: "申请", Order: "按编号排列", Lead: p.listLead(body, int(found.Total))}
	batch, mayBatch := p.batchFor(c, body)
	if mayBatch {
		v.Heading = batch.header
		v.Batch = &view.Batch{Action: "/applications", List: "/applications?" + form.Encode(), Rule: batch.rule, Sign: batch.word, Max: registration.BatchLimit}
	}
	schools, err := p.schoolNames(c, grant)
	if err != nil {
		return v, err
	}
	chosen := map[string]bool{}
	for _, id := range form["application"] {
		chosen[id] = true
	}
	for _, a := range found.Rows {
		row := listRow(a, schools[a.School])
		row.Chosen = chosen[a.ID]
		row.Choosable, row.Why = mayBatch && a.State == batch.state, "现在的状态是“"+a.State.Word()+"”"
		if row.Choosable && batch.act == policy.Conclude && a.Outcome != registration.OutcomePass {
			row.Choosable, row.Why = false, "核验建议是“"+a.Outcome.Word()+"”，请打开单份办理"
		}
		v.Rows = append(v.Rows, row)
	}
	choosable := 0
	for _, row := range v.Rows {
		if row.Choosable {
			choosable++
		}
	}
	switch {
	case v.Batch == nil || len(v.Rows) == 0:
	case choosable == 0:
		v.Batch = nil
		v.Lead += "本页没有可以" + batch.verb + "的。"
	default:
		v.Lead += "本页可以" + batch.verb + " " + strconv.Itoa(choosable) + " 份。"
	}
	v.Filter = filterView(form, schools, len(schools) > 1)
	v.Chips = chipsOf(form, schools)
	v.Paging = pagingOf(form, "/applications", found.Prev, found.Next, int(found.Total), "份")
	v.Empty = "没有符合条件的申请。去掉一些筛选再看。"
	if len(v.Chips) == 0 && form.Get("at") == "" {
		v.Empty = "这里还没有申请。导入申请表之后，申请列在这里。"
	}
	return v, nil
}

// batchFor is the batch that this person can do here, if any.
func (p *Portal) batchFor(c *call, body org.Organisation) (batchOf, bool) {
	for _, b := range batches {
		if _, err := p.may(c, b.act, body); err == nil {
			return b, true
		}
	}
	return batchOf{}, false
}

func (p *Portal) listLead(body org.Organisation, total int) string {
	return body.Name + "范围内符合条件的申请共 " + strconv.Itoa(total) + " 份。"
}

// filterOf reads the filters; unknown words filter nothing out by accident:
// they match no record.
func filterOf(form url.Values, year int) store.Filter {
	f := store.Filter{Year: year, School: form.Get("school"), Outcome: registration.Outcome(form.Get("outcome")), Kind: form.Get("kind"),
		NamePrefix: form.Get("name")}
	if s := form.Get("state"); s != "" {
		f.States = []registration.State{registration.State(s)}
	}
	return f
}

var outcomes = []registration.Outcome{registration.OutcomePass, registration.OutcomeHuman, registration.OutcomeDefer, registration.OutcomeFail, registration.OutcomeOutOfScope}

var states = []registration.State{registration.Imported, registration.Waiting, registration.Overdue, registration.InReview, registration.ReturnedSchool,
	registration.Reviewed, registration.AtCounty, registration.Concluded, registration.Held, registration.NotAccepted, registration.Withdrawn}

func filterView(form url.Values, schools map[string]string, many bool) view.ListFilter {
	f := view.ListFilter{Action: "/applications", Name: view.Field{Value: form.Get("name")}}
	pick := func(name, value, text string) view.Choice {
		return view.Choice{Value: value, Text: text, Chosen: form.Get(name) == value}
	}
	all := view.Choice{Value: "", Text: "全部"}
	f.Outcome.Items = []view.Choice{all}
	for _, o := range outcomes {
		f.Outcome.Items = append(f.Outcome.Items, pick("outcome", string(o), o.Word()))
	}
	f.State.Items = []view.Choice{all}
	for _, s := range states {
		f.State.Items = append(f.State.Items, pick("state", string(s), s.Word()))
	}
	f.Kind.Items = []view.Choice{all, pick("kind", "first", "首次注册"), pick("kind", "renewal", "定期注册")}
	if many {
		f.School.Items = []view.Choice{all}
		for _, s := range sortedByName(schools) {
			f.School.Items = append(f.School.Items, pick("school", s.id, s.name))
		}
	}
	return f
}

func chipsOf(form url.Values, schools map[string]string) []view.Chip {
	var chips []view.Chip
	for _, name := range []string{"outcome", "state", "kind", "school", "name"} {
		value := form.Get(name)
		if value == "" {
			continue
		}
		text := value
		switch name {
		case "outcome":
			text = registration.Outcome(value).Word()
		case "state":
			text = registration.State(value).Word()
		case "kind":
			text = kindWord(value)
		case "school":
			text = schools[value]
		case "name":
			text = "姓名以“" + value + "”开头"
		}
		chips = append(chips, view.Chip{Text: text, Href: "/applications?" + without(form, name, "at").Encode()})
	}
	return chips
}

// without is the query with some names taken out.
func without(form url.Values, names ...string) url.Values {
	next := url.Values{}
	for k, v := range form {
		next[k] = v
	}
	for _, n := range names {
		next.Del(n)
	}
	next.Del("application")
	next.Del("do")
	next.Del("list")
	next.Del("done")
	return next
}

// pagingOf makes the links of a keyset page.
func pagingOf(form url.Values, path, prev, next string, total int, unit string) view.Paging {
	link := func(cursor string) string {
		if cursor == "" {
			return ""
		}
		q := without(form, "at")
		q.Set("at", cursor)
		return path + "?" + q.Encode()
	}
	return view.Paging{Total: total, Prev: link(prev), Next: link(next), Unit: unit}
}

func kindWord(kind string) string {
	switch kind {
	case "first":
		return "首次注册"
	case "renewal":
		return "定期注册"
	}
	return ""
}

// marks of states and proposals.
func stateMark(s registration.State) view.Mark {
	kind := "wait"
	switch s {
	case registration.Concluded:
		kind = "ok"
	case registration.NotAccepted, registration.Withdrawn, registration.Overdue:
		kind = "stop"
	case registration.ReturnedSchool, registration.Held:
		kind = "hold"
	}
	return view.Mark{Kind: kind, Text: s.Word()}
}

func outcomeMark(o registration.Outcome) view.Mark {
	kind := map[registration.Outcome]string{registration.OutcomePass: "ok", registration.OutcomeHuman: "ask", registration.OutcomeDefer: "hold",
		registration.OutcomeFail: "stop", registration.OutcomeOutOfScope: "stop"}[o]
	return view.Mark{Kind: kind, Text: o.Word()}
}

func listRow(a registration.Application, school string) view.ListRow {
	hours := "不计"
	if a.Form.TrainingHours != nil {
		hours = a.Form.TrainingHours.String()
	}
	return view.ListRow{ID: a.ID, Href: "/applications/" + a.ID, Name: a.Form.PersonName, School: school,
		Teaches: a.Form.Show("stage_taught") + a.Form.SubjectTaught, Kind: kindWord(a.RegKind), Hours: hours, Since: a.UpdatedAt,
		State: stateMark(a.State), Proposal: outcomeMark(a.Outcome)}
}

// POST /applications: accept what was ticked, or write the text of a batch.
func (p *Portal) batchApplications(c *call) (answer, error) {
	ids := c.form["application"]
	back := "/applications"
	if u, err := url.Parse(c.form.Get("list")); err == nil && u.Path == "/applications" && u.Host == "" {
		back = u.RequestURI()
	}
	if len(ids) == 1 {
		c.concerns("", store.OfApplication(ids[0]).Subject())
	}
	body, _, err := p.place(c, policy.List)
	if err != nil {
		return nil, err
	}
	batch, ok := p.batchFor(c, body)
	if !ok {
		return nil, fault.New(fault.Forbidden, "您的任职不能成批办理申请。请打开单份申请查看。")
	}
	c.concerns(batch.act, "")
	var a answer
	if batch.act == policy.Accept {
		a, err = p.acceptAll(c, body, ids, back)
	} else {
		a, err = p.propose(c, &concludeMatter{Unit: body.ID, IDs: ids}, body, back)
	}
	if err != nil {
		c.concerns("", aboutBatch(body, ids, c.subject, sentenced(err)))
		return p.refusedBatch(c, back, ids, err)
	}
	return a, nil
}

// aboutBatch is what the refusal of a batch is about: the one record that was
// chosen, asked for or found at fault, or the body whose register it is.
func aboutBatch(body org.Organisation, ids []string, asked string, f *fault.Error) string {
	switch {
	case len(ids) == 1:
		return store.OfApplication(ids[0]).Subject()
	case len(f.Fields) == 1 && slices.Contains(ids, f.Fields[0].Name):
		return store.OfApplication(f.Fields[0].Name).Subject()
	case asked != "":
		return asked
	}
	return store.OfOrganisation(body.ID).Subject()
}

// refusedBatch shows the register again, the ticks kept, each faulty row named.
func (p *Portal) refusedBatch(c *call, back string, ids []string, err error) (answer, error) {
	f := sentenced(err)
	if f.Kind == fault.Unavailable || f.Kind == fault.Locked {
		return nil, err
	}
	u, parseErr := url.Parse(back)
	if parseErr != nil {
		return nil, err
	}
	form := u.Query()
	form["application"] = ids
	v, pageErr := p.registerPage(c, form)
	if pageErr != nil {
		return nil, err
	}
	v.Refusal = refusal(c, f)
	for i := range v.Rows {
		for _, field := range f.Fields {
			if field.Name == v.Rows[i].ID {
				v.Rows[i].Error = field.Sentence
			}
		}
	}
	for i := range v.Refusal.Faults {
		v.Refusal.Faults[i].Field = "application"
	}
	p.recordRefusal(c, f)
	return page{status: statuses[f.Kind], view: v}, nil
}

// acceptAll takes imported records into the school's review: all of them or
// none, without a seal.
func (p *Portal) acceptAll(c *call, body org.Organisation, ids []string, back string) (answer, error) {
	if len(ids) == 0 || len(ids) > registration.BatchLimit {
		return nil, fault.New(fault.Invalid, "请勾选 1 至 %d 份申请再受理，选了 %d 份。", registration.BatchLimit, len(ids))
	}
	grant, err := p.may(c, policy.Accept, body)
	if err != nil {
		return nil, err
	}
	unfound := ""
	_, err = p.store.Commit(again(c.ctx), grant, nil, func(tx *store.Tx) (audit.Entry, error) {
		if err := fits(tx, tx.Grant(), policy.Accept, p.year, tx.Received()); err != nil {
			return audit.Entry{}, err
		}
		by, err := personOf(tx, c.who.Staff.ID)
		if err != nil {
			return audit.Entry{}, err
		}
		k := p.knowledge(tx.Grant())
		judge := judges(k, tx)
		for _, id := range ids {
			a, err := tx.Application(id)
			if err != nil {
				unfound = store.OfApplication(id).Subject()
				return audit.Entry{}, err
			}
			j, err := judge(a)
			if err != nil {
				return audit.Entry{}, err
			}
			calendar, err := calendarOf(k, tx, a.Unit)
			if err != nil {
				return audit.Entry{}, err
			}
			next, err := a.Accept(by, j, calendar, tx.Received())
			if err != nil {
				return audit.Entry{}, err
			}
			if err := tx.Put(next); err != nil {
				return audit.Entry{}, err
			}
		}
		return audit.Entry{Subject: store.OfOrganisation(body.ID).Subject(), Note: strconv.Itoa(len(ids)) + " 份受理"}, nil
	}, store.Reads(refsOf(ids)...), store.Received(c.received), store.Long(longBudget(len(ids))))
	if err != nil {
		c.concerns("", unfound)
		return nil, err
	}
	u, _ := url.Parse(back)
	q := u.Query()
	q.Set("done", "accepted")
	return redirect{"/applications?" + q.Encode()}, nil
}
