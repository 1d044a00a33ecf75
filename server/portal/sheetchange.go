package portal

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/sheet"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// against says of judged rows what they are to the records that are there: new,
// there already, or changed (domain section 7). One out of reach tells nothing,
// not even that it is there.
func (p *Portal) against(ctx context.Context, grant policy.Grant, rows []sheet.Row) ([]string, error) {
	forms := make([]registration.Form, len(rows))
	for i, r := range rows {
		forms[i] = r.Form
	}
	ids, err := p.recordsOf(ctx, grant, forms)
	if err != nil {
		return nil, err
	}
	there, err := p.store.CompareWith(ctx, grant, slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" }))
	if err != nil {
		return nil, err
	}
	codes := make([]string, len(rows))
	for i, r := range rows {
		codes[i] = codeOf(r)
		id := ids[i]
		if id == "" || r.Kind == sheet.Refuse {
			continue
		}
		codes[i] = rowThere
		a := there[id]
		if a.ID != "" && a.Form.ApplyNo == r.Form.ApplyNo && (a.Advances(stateOf(r.Kind)) || len(a.Otherwise(r.Form, a.Corrections, a.Changes)) > 0) {
			codes[i] = rowChanged
		}
	}
	return codes, nil
}

// recordsOf finds the record of this year within the grant's reach that each
// form would be a second application beside, empty where there is none.
func (p *Portal) recordsOf(ctx context.Context, grant policy.Grant, forms []registration.Form) ([]string, error) {
	claims := make([]registration.Claim, len(forms))
	for i, f := range forms {
		claims[i] = f.Claim()
	}
	taken, err := p.store.Taken(ctx, grant, p.year, claims...)
	if err != nil {
		return nil, err
	}
	ids := make([]string, len(forms))
	for i, f := range forms {
		ids[i] = taken[f.IDNumber]
	}
	return ids, nil
}

// changedRow is a row of a sheet that differs from its record.
type changedRow struct {
	line   int
	sheet  sheet.Row
	record string
	before registration.Application
	fields []registration.FieldChange
	moves  bool // it stood overdue or waiting, and the row is acceptable now
	atOnce bool
	barred error // why the record does not take it
}

// changedRows reads a job's changed rows with what they change now; one that
// changes nothing any more is left out.
func (p *Portal) changedRows(ctx context.Context, grant policy.Grant, job string) ([]changedRow, error) {
	lines, err := p.sheetLines(ctx, job, rowChanged)
	if err != nil || len(lines) == 0 {
		return nil, err
	}
	list := make([]changedRow, len(lines))
	forms := make([]registration.Form, len(lines))
	for i, l := range lines {
		list[i].line, list[i].sheet, forms[i] = l.line, l.row, l.row.Form
	}
	ids, err := p.recordsOf(ctx, grant, forms)
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].record = ids[i]
	}
	there, err := p.store.CompareWith(ctx, grant, ids)
	if err != nil {
		return nil, err
	}
	out := list[:0]
	for _, r := range list {
		a, ok := there[r.record]
		if !ok {
			continue
		}
		r.before, r.fields = a.Application, a.Otherwise(r.sheet.Form, a.Corrections, a.Changes)
		r.atOnce, r.barred = a.TakesChange(r.sheet.Form)
		r.moves = a.Advances(stateOf(r.sheet.Kind))
		if len(r.fields) > 0 || r.moves {
			out = append(out, r)
		}
	}
	return out, nil
}

// stateOf is where a row of this kind comes in.
func stateOf(kind sheet.LineKind) registration.State {
	switch kind {
	case sheet.Wait:
		return registration.Waiting
	case sheet.Overdue:
		return registration.Overdue
	}
	return registration.Imported
}

// changeMatter takes the changed rows of one sheet in.
type changeMatter struct {
	Organ  string `json:"organ"`
	Job    string `json:"job"`
	Digest string `json:"digest"`
	Lines  []int  `json:"lines"` // the rows that were shown; the rest of them stays with the job, encrypted
	// Identity tells that rows are meant which name another person or number: they
	// are chosen by themselves.
	Identity bool `json:"identity,omitempty"`
	rows     []importedRow
}

// load reads the rows; of which record each is, the register is asked.
func (m *changeMatter) load(ctx context.Context, p *Portal, grant policy.Grant) error {
	lines, err := p.sheetLines(ctx, m.Job, rowChanged)
	if err != nil {
		return err
	}
	var forms []registration.Form
	for _, l := range lines {
		if slices.Contains(m.Lines, l.line) {
			m.rows, forms = append(m.rows, importedRow{line: l.line, kind: l.row.Kind, form: l.row.Form, mended: mendedOf(l.row)}), append(forms, l.row.Form)
		}
	}
	if len(m.rows) != len(m.Lines) {
		return fault.New(fault.Conflict, "这份文件里的改动在您查看之后已有人处理，没有更改。请回到试读报告再看。")
	}
	ids, err := p.recordsOf(ctx, grant, forms)
	for i, id := range ids {
		m.rows[i].id = id
	}
	return err
}

// settle marks the rows as taken in; the job is done when nothing new is left.
func (m *changeMatter) settle(ctx context.Context, p *Portal) error {
	kept, err := p.store.Scratch().ImportRows(ctx, m.Job, 0, maxSheetRows, rowChanged)
	if err != nil {
		return err
	}
	var done []store.ImportRow
	for _, k := range kept {
		if slices.Contains(m.Lines, k.Line) {
			k.Code = rowThere
			done = append(done, k)
		}
	}
	return p.settled(ctx, m.Job, done)
}

func (m *changeMatter) act() policy.Act { return policy.ImportSheet }
func (m *changeMatter) size() int       { return len(m.rows) }

func (m *changeMatter) refs() []store.Ref {
	var refs []store.Ref
	for _, row := range m.rows {
		refs = append(refs, store.OfApplication(row.id), store.OfOrganisation(row.form.SchoolCode))
	}
	return refs
}

func (m *changeMatter) draft(k knowledge, r rows, h seal.Header, salts [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfOrganisation(m.Organ).Subject()}
	by, err := firstSigner(r, h)
	if err != nil {
		return d, err
	}
	again, err := rejudging(r, k.year, m.Organ, now)
	if err != nil {
		return d, err
	}
	judge := judges(k, r)
	var steps []registration.ChangeStep
	for _, row := range m.rows {
		a, err := r.Application(row.id)
		if err != nil {
			return d, err
		}
		made, err1 := r.CorrectionsOf(row.id)
		said, err2 := r.SheetChangesOf(row.id)
		j, err3 := judge(a)
		var let registration.Released
		var err4 error
		if atOnce, err := a.TakesChange(row.form); err == nil && atOnce { // a proposal moves nothing
			_, let, err4 = again(row)
		}
		if err := errors.Join(err1, err2, err3, err4); err != nil {
			return d, err
		}
		fields := a.Otherwise(row.form, made, said)
		if registration.OfIdentity(fields) != m.Identity {
			return d, fault.New(fault.Conflict, "申请 %s 的改动在您查看之后变了：姓名或号码不同的是身份变更，要单独核对、单独签署。没有更改，请回到试读报告再看。", a.ID)
		}
		step, err := a.Change(strconv.FormatInt(h.Issued.UnixMilli(), 10), m.Digest, row.form, stateOf(row.kind), fields, by, j, let, now)
		if err != nil {
			return d, err
		}
		if step.Change.Applied {
			d.puts = append(d.puts, step.After)
		}
		d.puts = append(d.puts, step.Change)
		step.Mended = row.mended
		steps = append(steps, step)
	}
	d.statement, err = registration.ChangeStatement(h, k.year, m.Digest, steps, salts, r.RowIndex)
	return d, err
}

// earlyOnce reads, once a school, who was let in before it is due; of a form
// that is due it asks nothing.
func earlyOnce(r rows, year int) func(registration.Form) (registration.Released, error) {
	known := map[string]registration.Released{}
	return func(f registration.Form) (registration.Released, error) {
		if f.Due(year) {
			return registration.Released{}, nil
		}
		if list, ok := known[f.SchoolCode]; ok {
			return list, nil
		}
		list, err := r.EarlyRenewalsOf(f.SchoolCode)
		known[f.SchoolCode] = list
		return list, err
	}
}

// proposeChanges asks for the seal over the changed rows that records take,
// as many as one seal may decide: those of identity, or all others.
func (p *Portal) proposeChanges(c *call, job store.ImportJob, kept reported, grant policy.Grant, identity bool) (answer, error) {
	rows, err := p.changedRows(c.ctx, grant, job.ID)
	if err != nil {
		return nil, err
	}
	body, err := p.store.Organisation(c.ctx, job.Organ)
	if err != nil {
		return nil, err
	}
	m := &changeMatter{Organ: body.ID, Job: job.ID, Digest: kept.Digest, Identity: identity}
	for _, r := range rows {
		if r.barred == nil && registration.OfIdentity(r.fields) == identity && len(m.Lines) < registration.BatchLimit {
			m.Lines = append(m.Lines, r.line)
		}
	}
	if len(m.Lines) == 0 {
		return nil, fault.New(fault.Conflict, "这份文件里没有可以更改的行，什么都没有改变。请重新试读。")
	}
	return p.propose(c, m, body, "/imports/"+job.ID)
}

// changeViews are the changed rows as a person reads them, numbers masked.
func changeViews(rows []changedRow) []view.ChangedRow {
	var list []view.ChangedRow
	for _, r := range rows {
		v := view.ChangedRow{Row: r.line, Name: r.before.Form.PersonName, ID: r.record, Href: "/applications/" + r.record, State: stateMark(r.before.State),
			Way: view.Mark{Kind: "hold", Text: "更正建议，学校更正"}}
		switch {
		case r.barred != nil:
			v.Way, v.Note = view.Mark{Kind: "stop", Text: "不收"}, sentenced(r.barred).Sentence
		case r.atOnce:
			v.Way = view.Mark{Kind: "ok", Text: "直接更改"}
		}
		if r.barred == nil && registration.OfIdentity(r.fields) {
			v.Way = view.Mark{Kind: "hold", Text: "身份变更，" + v.Way.Text}
			v.Note = "姓名或号码与在册的不同，可能是另一个人。请对照原件核实是同一人，再单独确认；不是同一人的，不要确认。"
		}
		if r.barred == nil && r.moves {
			v.Note = "这一行现在可以受理：状态由“" + r.before.State.Word() + "”转为“" + stateOf(r.sheet.Kind).Word() + "”。" + v.Note
		}
		for _, f := range r.fields {
			v.Fields = append(v.Fields, fieldChangeView(f))
		}
		list = append(list, v)
	}
	return list
}

func fieldChangeView(f registration.FieldChange) view.FieldChange {
	return view.FieldChange{Header: registration.HeaderOf(f.Field), Old: registration.Masked(f.Field, f.Old), New: registration.Masked(f.Field, f.New)}
}

// changesMade are the values that a later sheet changed, old beside new.
func (p *Portal) changesMade(c *call, changes []registration.SheetChange) []view.Correction {
	var list []view.Correction
	for _, change := range changes {
		if !change.Applied {
			continue
		}
		for _, f := range change.Fields {
			one := fieldChangeView(f)
			list = append(list, view.Correction{Header: one.Header, Old: one.Old, New: one.New, Reason: "再次导入的表写的不同，受理之前按表更改（文件摘要 " + change.FileDigest[:min(8, len(change.FileDigest))] + "）",
				Mended: true, By: p.nameOf(c, change.By), At: change.At})
		}
	}
	return list
}

// proposedFor are the values that later sheets propose for a record under
// review and nobody has answered.
func (p *Portal) proposedFor(c *call, a registration.Application) ([]registration.FieldChange, error) {
	_, grant, err := p.place(c, policy.Review)
	if err != nil {
		return nil, err
	}
	return proposals(p.reading(c.ctx, grant), a)
}

// proposedOf is what is proposed for one field.
func proposedOf(list []registration.FieldChange, field string) (registration.FieldChange, bool) {
	i := slices.IndexFunc(list, func(f registration.FieldChange) bool { return f.Field == field })
	if i < 0 {
		return registration.FieldChange{}, false
	}
	return list[i], true
}
