package portal

import (
	"encoding/json"
	"strconv"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/registration"
	"sealdesk/server/sheet"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// GET /imports/:job/rejected: the rows that were kept back, mendable.
func (p *Portal) rejectedRows(c *call) (answer, error) {
	v, err := p.rejectedPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

const rejectedPageRows = 20

func (p *Portal) rejectedPage(c *call) (view.RejectedRows, error) {
	job, kept, _, err := p.job(c)
	if err != nil {
		return view.RejectedRows{}, err
	}
	at := "/imports/" + job.ID
	v := view.RejectedRows{Frame: p.frame(c, "没有导入的行"), Back: view.Link{Text: "回到这次导入", Href: at}, File: job.FileName,
		Lead: "拒收的行都留着，改好一行就可以再导入一行。拒收 " + strconv.Itoa(kept.Counts.Refused) + " 行。"}
	after, _ := strconv.Atoi(c.form.Get("at"))
	rows, err := p.store.Scratch().ImportRows(c.ctx, job.ID, after, rejectedPageRows+1, string(sheet.Refuse), rowNotDue)
	if err != nil {
		return v, err
	}
	if len(rows) > rejectedPageRows {
		rows = rows[:rejectedPageRows]
		v.Paging.Next = at + "/rejected?at=" + strconv.Itoa(rows[len(rows)-1].Line)
	}
	v.Paging.Unit, v.Paging.Total = "行", kept.Counts.Refused
	_, grant, err := p.place(c, policy.ImportSheet)
	if err != nil {
		return v, err
	}
	let, err := p.store.EarlyRenewals(c.ctx, grant, "")
	if err != nil {
		return v, err
	}
	for _, kept := range rows {
		var r sheet.Row
		if err := json.Unmarshal(kept.Cells, &r); err != nil {
			return v, err
		}
		row := rejectedView(at, r)
		if kept.Code == rowNotDue {
			row.Note = notDueNote(let, r, p.year)
		}
		v.Rows = append(v.Rows, row)
	}
	return v, nil
}

// notDueNote says how a row that is not due comes in after all (R05).
func notDueNote(let registration.Released, r sheet.Row, year int) string {
	if early, ok := let.Lets(r.Form, year); ok {
		return "已放行，记为第 " + strconv.FormatInt(early.Entry, 10) + " 号：什么都不用改，再核对这一行就可以导入。"
	}
	return "有效期没有写错、确有理由提前注册的，请报审核机构：由审核人员在“未到期放行”里写明理由，负责人复签。"
}

func rejectedView(at string, r sheet.Row) view.RejectedRow {
	row := view.RejectedRow{Row: r.Number, Name: r.Cells["person_name"], State: lineMarks[r.Kind], Action: at + "/rows/" + strconv.Itoa(r.Number)}
	for _, l := range r.Lines {
		field := fieldOf(l.Column)
		if l.Kind != sheet.Refuse || field == "" {
			continue
		}
		cell := view.RejectedCell{ID: cellID(r.Number, field), Name: field, Header: l.Column, Masked: l.Masked, What: saidOfCell(r, l), Mend: l.PageCure(), Closed: !l.Opens()}
		if words := registration.Words(field); len(words) > 0 {
			cell.Options.Items = []view.Choice{{Text: "请选择"}}
			for _, w := range words {
				cell.Options.Items = append(cell.Options.Items, view.Choice{Value: w, Text: w})
			}
		}
		row.Cells = append(row.Cells, cell)
	}
	if len(row.Cells) == 0 {
		row.Note = "这一行不能在页面上改，请在表格里改好后重新上传。"
	}
	return row
}

// cellID is a cell's id on the page.
func cellID(row int, field string) string { return "r" + strconv.Itoa(row) + "-" + field }

// saidOfCell is a refused cell's sentence for the person who mends it. The
// report names no value; here a birth date that is in no calendar is named
// (case 22), since it is the fault, it is nobody's birthday, and no digit of the
// number stands beside it.
func saidOfCell(r sheet.Row, l sheet.Line) string {
	if l.Code == string(registration.IDDate) {
		if day := registration.NoSuchDay(r.Cells["id_number"]); day != "" {
			return "“" + l.Column + "”中的出生日期" + day + "不存在。"
		}
	}
	return l.Sentence
}

// fieldOf is the field of an official header.
func fieldOf(header string) string {
	for _, column := range registration.Columns() {
		if column.Header == header {
			return column.Field
		}
	}
	return ""
}

// POST /imports/:job/rows/:row mends one row and judges it again.
func (p *Portal) mendRow(c *call) (answer, error) {
	job, kept, body, err := p.job(c)
	if err != nil {
		return nil, err
	}
	line, err := strconv.Atoi(c.param("row"))
	if err != nil {
		return nil, fault.New(fault.NotFound, "没有这一行。请刷新后再改。")
	}
	rows, err := p.store.Scratch().ImportRows(c.ctx, job.ID, line-1, 1, string(sheet.Refuse), rowNotDue)
	if err != nil {
		return nil, err
	}
	if len(rows) != 1 || rows[0].Line != line {
		return nil, fault.New(fault.Conflict, "第 %d 行不在拒收之列，可能已经改好。请刷新后再看。", line)
	}
	var r sheet.Row
	if err := json.Unmarshal(rows[0].Cells, &r); err != nil {
		return nil, err
	}
	_, grant, err := p.place(c, policy.ImportSheet)
	if err != nil {
		return nil, err
	}
	ref, err := p.reference(c.ctx, body, grant)
	if err != nil {
		return nil, err
	}
	seen, err := p.otherRows(c, job, line)
	if err != nil {
		return nil, err
	}
	mended, err := sheet.Mend(ref, unitIn(body.Path), c.received, r, typedInto(c), seen)
	if err != nil {
		if f := sentenced(err); f.Kind == fault.Invalid && len(f.Fields) > 0 {
			return p.stillRejected(c, body, r, f, "刚才填的还在下面，没有保存。")
		}
		return nil, err
	}
	if err := p.keepMended(c, job, grant, mended); err != nil {
		return nil, err
	}
	if mended.Kind == sheet.Refuse {
		f := fault.New(fault.Invalid, "第 %d 行还没有改好", line)
		for _, l := range mended.Lines {
			f = f.At(fieldOf(l.Column), "%s", saidOfCell(mended, l)+l.PageCure())
		}
		return p.stillRejected(c, body, mended, f, "刚才填的都保存了。")
	}
	return redirect{"/imports/" + job.ID}, p.reopen(c, job, kept, mended)
}

// typedInto is what the form has for the columns of a sheet.
func typedInto(c *call) map[string]string {
	typed := map[string]string{}
	for _, column := range registration.Columns() {
		if text := c.form.Get(column.Field); text != "" {
			typed[column.Field] = text
		}
	}
	return typed
}

// stillRejected shows the rows again, from the one that was not mended on, with
// what was typed into it.
func (p *Portal) stillRejected(c *call, body org.Organisation, r sheet.Row, f *fault.Error, kept string) (answer, error) {
	c.form.Set("at", strconv.Itoa(r.Number-1))
	v, err := p.rejectedPage(c)
	if err != nil {
		return nil, err
	}
	v.Refusal = refusal(c, f)
	v.Refusal.Kept = kept
	open := map[string]bool{} // the fields that the page has an input for
	for _, row := range v.Rows {
		for i := range row.Cells {
			if cell := &row.Cells[i]; row.Row == r.Number && !cell.Closed {
				open[cell.Name] = true
				cell.Typed.Value = c.form.Get(cell.Name)
				for n, word := range cell.Options.Items {
					cell.Options.Items[n].Chosen = word.Value == cell.Typed.Value
				}
			}
		}
	}
	for i, at := range v.Refusal.Faults {
		if v.Refusal.Faults[i].Field = "row-" + strconv.Itoa(r.Number); open[at.Field] {
			v.Refusal.Faults[i].Field = cellID(r.Number, at.Field)
		}
	}
	c.concerns(policy.ImportSheet, store.OfOrganisation(body.ID).Subject())
	p.recordRefusal(c, f)
	return page{status: statuses[f.Kind], view: v}, nil
}

// otherRows are the numbers of the sheet's rows that are good or already in:
// a mended row may not repeat one of them.
func (p *Portal) otherRows(c *call, job store.ImportJob, line int) (*sheet.Seen, error) {
	lines, err := p.sheetLines(c.ctx, job.ID, append([]string{rowThere, rowChanged}, goodRows...)...)
	if err != nil {
		return nil, err
	}
	seen := sheet.NewSeen()
	for _, l := range lines {
		if l.line != line {
			seen.Note(l.row.Form)
		}
	}
	return seen, nil
}

// keepMended keeps a row as it was judged anew; one whose person has an
// application this year already is there, and would bar the rest.
func (p *Portal) keepMended(c *call, job store.ImportJob, grant policy.Grant, mended sheet.Row) error {
	codes, err := p.against(c.ctx, grant, []sheet.Row{mended})
	if err != nil {
		return err
	}
	raw, err := json.Marshal(mended)
	if err != nil {
		return err
	}
	return p.store.Scratch().PutImportRows(c.ctx, job.ID, []store.ImportRow{{Line: mended.Number, Code: codes[0], Cells: raw}})
}

// reopen lets a job with a mended row be decided on once more.
func (p *Portal) reopen(c *call, job store.ImportJob, kept reported, mended sheet.Row) error {
	kept.Counts.Refused--
	switch mended.Kind {
	case sheet.Accept:
		kept.Counts.Accepted++
	case sheet.Overdue:
		kept.Counts.Overdue++
	case sheet.Wait:
		kept.Counts.Waiting++
	}
	var lines []sheet.Line
	for _, l := range kept.Lines {
		if l.Row != mended.Number {
			lines = append(lines, l)
		}
	}
	kept.Lines = append(lines, mended.Lines...)
	raw, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	return p.store.Scratch().ImportProgress(c.ctx, job.ID, jobReported, job.Progress, job.Total, raw)
}
