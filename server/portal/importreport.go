package portal

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strconv"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
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
	fresh, mended := p.freshRows(c, job)
	v.Lead = "试读完成，共 " + strconv.Itoa(kept.Counts.Rows) + " 行；还什么都没有存。"
	if kept.Taken > 0 {
		v.Lead = "这份文件已办了 " + strconv.Itoa(kept.Taken) + " 行，其余的等您决定。"
	}
	_, grant, err := p.place(c, policy.ImportSheet)
	if err != nil {
		return v, err
	}
	changed, err := p.changedRows(c.ctx, grant, job.ID)
	if err != nil {
		return v, err
	}
	v.Changes = changeViews(changed)
	for _, r := range changed {
		mended = append(mended, mendedOf(r.sheet))
	}
	for _, m := range mended {
		if m.Words() != "" {
			v.Mended = append(v.Mended, m.Words())
		}
	}
	if fresh == 0 && len(changed) == 0 {
		v.Same = "这份文件里没有新的行可以导入：合格的行都已经在册，再导入一次不会有任何改变。"
		return v, nil
	}
	v.Choice.Items = importChoices(kept, fresh, changed)
	return v, nil
}

// importChoices are what can be done with a report: the new rows under one
// seal, the changed ones under another.
func importChoices(kept reported, fresh int, changed []changedRow) (list []view.Choice) {
	if fresh > 0 {
		all := view.Choice{Value: "all", Text: "全部导入（" + strconv.Itoa(fresh) + " 行）", Barred: kept.Counts.Refused > 0}
		if all.Barred {
			all.Hint = "有 " + strconv.Itoa(kept.Counts.Refused) + " 行拒收，不能全部导入。"
		}
		list = append(list, all, view.Choice{Value: "good", Text: "只导入合格的行（" + strconv.Itoa(fresh) + " 行），拒收的 " + strconv.Itoa(kept.Counts.Refused) + " 行留着改"})
	}
	taken := map[bool]int{}
	for _, r := range changed {
		if r.barred == nil {
			taken[registration.OfIdentity(r.fields)]++
		}
	}
	for _, one := range []struct {
		identity          bool
		value, text, hint string
	}{{false, "changes", "确认改动", "与新的行分开签署；只改在册的这些申请。"},
		{true, "identity", "确认身份变更", "这些行的姓名或号码与在册的不同：逐行对照原件，确是同一人的才确认。单独签署。"}} {
		n, hint := min(taken[one.identity], registration.BatchLimit), one.hint
		if taken[one.identity] > n {
			hint = "一次最多 " + strconv.Itoa(registration.BatchLimit) + " 行，签署后再办其余的。" + hint
		}
		if n > 0 {
			list = append(list, view.Choice{Value: one.value, Text: one.text + "（" + strconv.Itoa(n) + " 行）", Hint: hint})
		}
	}
	if kept.Taken > 0 {
		return append(list, view.Choice{Value: "cancel", Text: "其余的不办，结束这次导入"})
	}
	return append(list, view.Choice{Value: "cancel", Text: "取消，什么都不存"})
}

// freshRows counts the rows that would become records, and gives those among
// them that were mended.
func (p *Portal) freshRows(c *call, job store.ImportJob) (int, []registration.Mended) {
	rows, err := p.store.Scratch().ImportRows(c.ctx, job.ID, 0, maxSheetRows, goodRows...)
	if err != nil {
		return 0, nil
	}
	var mended []registration.Mended
	for _, kept := range rows {
		if !bytes.Contains(kept.Cells, []byte(`"Mended"`)) {
			continue // the most are not, and reading twenty thousand takes its time
		}
		var r sheet.Row
		if err := json.Unmarshal(kept.Cells, &r); err != nil {
			return 0, nil
		}
		mended = append(mended, mendedOf(r))
	}
	return len(rows), mended
}

// mendedOf says which columns of a row were typed on a page.
func mendedOf(r sheet.Row) registration.Mended {
	return registration.Mended{Line: r.Number, Fields: r.Mended}
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
		state, n := jobCancelled, 0
		if kept.Taken > 0 {
			state, n = jobImported, kept.Taken
		}
		if err := p.store.Scratch().ImportProgress(c.ctx, job.ID, state, n, cmp.Or(n, job.Total), nil); err != nil {
			return nil, err
		}
		return redirect{"/imports/" + job.ID}, nil
	}
	next, err := p.decideImport(c, job, kept, body.ID, choice)
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
	c.concerns(policy.ImportSheet, store.OfOrganisation(body.ID).Subject())
	p.recordRefusal(c, f)
	return page{status: statuses[f.Kind], view: v}, nil
}

func (p *Portal) decideImport(c *call, job store.ImportJob, kept reported, organ, choice string) (answer, error) {
	if choice != "changes" && choice != "identity" {
		return p.proposeImport(c, job, kept, organ, choice)
	}
	_, grant, err := p.place(c, policy.ImportSheet)
	if err != nil {
		return nil, err
	}
	return p.proposeChanges(c, job, kept, grant, choice == "identity")
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
	rows, err := p.store.Scratch().ImportRows(c.ctx, job.ID, 0, maxSheetRows, goodRows...)
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
