package portal

import (
	"bytes"
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

// reportLines is how many lines one page of a report shows.
const reportLines = 100

func countsView(kept reported) view.ImportCounts {
	n := kept.Counts
	return view.ImportCounts{Rows: n.Rows, Accept: n.Accepted, Refuse: n.Refused, Overdue: n.Overdue, Wait: n.Waiting, Warn: n.Warnings,
		Unchanged: kept.Unchanged, Changed: kept.Changed}
}

var lineMarks = map[sheet.LineKind]view.Mark{
	sheet.File: {Kind: "stop", Text: "整份不收"}, sheet.Refuse: {Kind: "stop", Text: "拒收"}, sheet.Overdue: {Kind: "hold", Text: "逾期"},
	sheet.Wait: {Kind: "wait", Text: "等许可证"}, sheet.Accept: {Kind: "ok", Text: "可导入"}, sheet.Warn: {Kind: "ask", Text: "提示"},
}

func lineView(l sheet.Line) view.ReportLine {
	return view.ReportLine{Row: l.Row, Mark: lineMarks[l.Kind], Column: l.Column, Masked: l.Masked, What: l.Sentence, Mend: l.Cure, Code: l.Code}
}

// reportPage is the dry run for people: what is wrong first, page by page.
func (p *Portal) reportPage(c *call, job store.ImportJob, kept reported) (view.ImportReport, error) {
	at := "/imports/" + job.ID
	v := view.ImportReport{Frame: p.frame(c, "试读报告"), Back: view.Link{Text: "回到导入", Href: "/imports"}, File: job.FileName, Counts: countsView(kept),
		Download: at + "/report", Action: at, FilterAction: at}
	if kept.Refused {
		for _, l := range kept.Lines {
			v.FileFaults = append(v.FileFaults, lineView(l))
		}
		v.Lead = "这份文件没有收下，什么都没有存。"
		return v, nil
	}
	shown := c.form.Get("code")
	var lines []sheet.Line
	for _, l := range kept.Lines {
		if shown == string(l.Kind) || shown == "" && l.Kind != sheet.Accept {
			lines = append(lines, l)
		}
	}
	from, err := strconv.Atoi(c.form.Get("at"))
	if err != nil || from < 0 || from >= len(lines) {
		from = 0
	}
	end := min(from+reportLines, len(lines))
	for _, l := range lines[from:end] {
		v.Lines = append(v.Lines, lineView(l))
	}
	v.Paging = view.Paging{From: from + 1, To: end, Total: len(lines), Unit: "条"}
	link := func(n int) string { return at + "?code=" + shown + "&at=" + strconv.Itoa(n) }
	if from > 0 {
		v.Paging.Prev = link(max(0, from-reportLines))
	}
	if end < len(lines) {
		v.Paging.Next = link(end)
	}
	v.Filter.Items = []view.Choice{{Value: "", Text: "有问题的行", Chosen: shown == ""}}
	for _, k := range []sheet.LineKind{sheet.Refuse, sheet.Overdue, sheet.Wait, sheet.Warn, sheet.Accept} {
		v.Filter.Items = append(v.Filter.Items, view.Choice{Value: string(k), Text: lineMarks[k].Text, Chosen: shown == string(k)})
	}
	fresh := p.freshRows(c, job)
	v.Lead = "试读完成，共 " + strconv.Itoa(kept.Counts.Rows) + " 行；还什么都没有存。"
	if fresh == 0 {
		v.Same = "这份文件里没有新的行可以导入：合格的行都已经在册，再导入一次不会有任何改变。"
		return v, nil
	}
	all := view.Choice{Value: "all", Text: "全部导入（" + strconv.Itoa(fresh) + " 行）", Barred: kept.Counts.Refused > 0}
	if all.Barred {
		all.Hint = "有 " + strconv.Itoa(kept.Counts.Refused) + " 行拒收，不能全部导入。"
	}
	v.Choice.Items = []view.Choice{all, {Value: "good", Text: "只导入合格的行（" + strconv.Itoa(fresh) + " 行），拒收的 " + strconv.Itoa(kept.Counts.Refused) + " 行留着改"},
		{Value: "cancel", Text: "取消，什么都不存"}}
	return v, nil
}

// freshRows counts the rows that would become records.
func (p *Portal) freshRows(c *call, job store.ImportJob) int {
	rows, err := p.store.Scratch().ImportRows(c.ctx, job.ID, 0, maxSheetRows, string(sheet.Accept), string(sheet.Wait), string(sheet.Overdue))
	if err != nil {
		return 0
	}
	return len(rows)
}

// GET /imports/:job/report: the whole report as CSV.
func (p *Portal) importReport(c *call) (answer, error) {
	job, kept, _, err := p.job(c)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := (&sheet.Report{Lines: kept.Lines}).WriteCSV(&b); err != nil {
		return nil, err
	}
	return file{name: "试读报告-" + job.ID[:8] + ".csv", kind: "text/csv; charset=utf-8", body: b.Bytes()}, nil
}

// POST /imports/:job: all, only the good rows, or nothing.
func (p *Portal) chooseImport(c *call) (answer, error) {
	job, kept, body, err := p.job(c)
	if err != nil {
		return nil, err
	}
	choice := c.form.Get("choice")
	if job.State != jobReported {
		return nil, fault.New(fault.Conflict, "这次导入已经决定过了，没有再次办理。请到导入列表查看。")
	}
	if choice == "cancel" {
		if err := p.store.Scratch().ImportProgress(c.ctx, job.ID, jobCancelled, 0, job.Total, nil); err != nil {
			return nil, err
		}
		return redirect{"/imports/" + job.ID}, nil
	}
	next, err := p.proposeImport(c, job, kept, body.ID, choice)
	if err == nil {
		return next, nil
	}
	f := sentenced(err)
	if f.Kind != fault.Invalid {
		return nil, err
	}
	v, pageErr := p.reportPage(c, job, kept)
	if pageErr != nil {
		return nil, err
	}
	v.Refusal, v.Choice.Error = refusal(c, f), f.Sentence
	p.recordRefusal(c, policy.ImportSheet, store.OfOrganisation(body.ID).Subject(), f)
	return page{status: statuses[f.Kind], view: v}, nil
}

func (p *Portal) proposeImport(c *call, job store.ImportJob, kept reported, organ, choice string) (answer, error) {
	body, err := p.store.Organisation(c.ctx, organ)
	if err != nil {
		return nil, err
	}
	first, err := p.store.NextNumber(c.ctx, p.year, unitIn(body.Path))
	if err != nil {
		return nil, err
	}
	m := &importMatter{Job: job.ID, First: first, Import: registration.Import{ID: job.ID + "-" + strconv.Itoa(first), Organ: organ, FileDigest: kept.Digest,
		Choice: choice, Year: p.year, Refused: kept.Counts.Refused}}
	rows, err := p.store.Scratch().ImportRows(c.ctx, job.ID, 0, maxSheetRows, string(sheet.Accept), string(sheet.Wait), string(sheet.Overdue))
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		switch sheet.LineKind(r.Code) {
		case sheet.Accept:
			m.Import.Accepted++
		case sheet.Wait:
			m.Import.Waiting++
		case sheet.Overdue:
			m.Import.Overdue++
		}
	}
	return p.propose(c, m, body, "/imports/"+job.ID)
}

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
	rows, err := p.store.Scratch().ImportRows(c.ctx, job.ID, after, rejectedPageRows+1, string(sheet.Refuse))
	if err != nil {
		return v, err
	}
	if len(rows) > rejectedPageRows {
		rows = rows[:rejectedPageRows]
		v.Paging.Next = at + "/rejected?at=" + strconv.Itoa(rows[len(rows)-1].Line)
	}
	v.Paging.Unit, v.Paging.Total = "行", kept.Counts.Refused
	for _, kept := range rows {
		var r sheet.Row
		if err := json.Unmarshal(kept.Cells, &r); err != nil {
			return v, err
		}
		v.Rows = append(v.Rows, rejectedView(at, r))
	}
	return v, nil
}

func rejectedView(at string, r sheet.Row) view.RejectedRow {
	row := view.RejectedRow{Row: r.Number, Name: r.Cells["person_name"], State: lineMarks[r.Kind], Action: at + "/rows/" + strconv.Itoa(r.Number)}
	for _, l := range r.Lines {
		field := fieldOf(l.Column)
		if l.Kind != sheet.Refuse || field == "" {
			continue
		}
		cell := view.RejectedCell{ID: "r" + strconv.Itoa(r.Number) + "-" + field, Name: field, Header: l.Column, Masked: l.Masked, What: saidOfCell(r, l), Mend: l.Cure}
		for _, w := range registration.Words(field) {
			cell.Options.Items = append(cell.Options.Items, view.Choice{Value: w, Text: w})
		}
		row.Cells = append(row.Cells, cell)
	}
	if len(row.Cells) == 0 {
		row.Note = "这一行不能在页面上改，请在表格里改好后重新上传。"
	}
	return row
}

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
	rows, err := p.store.Scratch().ImportRows(c.ctx, job.ID, line-1, 1, string(sheet.Refuse))
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
	for name, values := range c.form {
		if registration.HeaderOf(name) != "" && len(values) > 0 && values[0] != "" {
			r.Cells[name] = values[0]
		}
	}
	ref, err := p.reference(c.ctx, body)
	if err != nil {
		return nil, err
	}
	seen, err := p.otherRows(c, job, line)
	if err != nil {
		return nil, err
	}
	mended, err := sheet.CheckRow(ref, unitIn(body.Path), c.received, line, r.Cells, seen)
	if err != nil {
		return nil, err
	}
	if mended.Cells == nil {
		mended.Cells = r.Cells
	}
	if err := p.keepMended(c, job, mended); err != nil {
		return nil, err
	}
	if mended.Kind == sheet.Refuse {
		return p.stillRejected(c, body, mended)
	}
	return redirect{"/imports/" + job.ID}, p.reopen(c, job, kept, mended)
}

// stillRejected shows the rows again, from the one that was not mended on.
func (p *Portal) stillRejected(c *call, body org.Organisation, r sheet.Row) (answer, error) {
	c.form.Set("at", strconv.Itoa(r.Number-1))
	v, err := p.rejectedPage(c)
	if err != nil {
		return nil, err
	}
	f := fault.New(fault.Invalid, "第 %d 行还没有改好", r.Number)
	v.Refusal = &view.Refusal{Title: f.Sentence, Kept: "刚才填的都保存了。", Request: c.number}
	for _, l := range r.Lines {
		if l.Kind == sheet.Refuse {
			v.Refusal.Faults = append(v.Refusal.Faults, view.Fault{Field: "r" + strconv.Itoa(r.Number) + "-" + fieldOf(l.Column), Text: saidOfCell(r, l) + l.Cure})
		}
	}
	p.recordRefusal(c, policy.ImportSheet, store.OfOrganisation(body.ID).Subject(), f)
	return page{status: statuses[f.Kind], view: v}, nil
}

// otherRows are the numbers of the sheet's rows that are good or already in:
// a mended row may not repeat one of them.
func (p *Portal) otherRows(c *call, job store.ImportJob, line int) (*sheet.Seen, error) {
	rows, err := p.store.Scratch().ImportRows(c.ctx, job.ID, 0, maxSheetRows, string(sheet.Accept), string(sheet.Wait), string(sheet.Overdue), rowThere)
	if err != nil {
		return nil, err
	}
	seen := sheet.NewSeen()
	for _, kept := range rows {
		var r sheet.Row
		if err := json.Unmarshal(kept.Cells, &r); err != nil {
			return nil, err
		}
		if kept.Line != line {
			seen.Note(r.Form)
		}
	}
	return seen, nil
}

// keepMended keeps a row as it was judged anew; one whose person has an
// application this year already is there, and would bar the rest.
func (p *Portal) keepMended(c *call, job store.ImportJob, mended sheet.Row) error {
	code := string(mended.Kind)
	if mended.Kind != sheet.Refuse {
		taken, err := p.store.Taken(c.ctx, p.year, mended.Form.Claim())
		if err != nil {
			return err
		}
		if len(taken) > 0 {
			code = rowThere
		}
	}
	raw, err := json.Marshal(mended)
	if err != nil {
		return err
	}
	return p.store.Scratch().PutImportRows(c.ctx, job.ID, []store.ImportRow{{Line: mended.Number, Code: code, Cells: raw}})
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
