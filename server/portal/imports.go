package portal

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"strconv"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/registration"
	"sealdesk/server/sheet"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// States of a sheet between upload and decision.
const (
	jobReading   = "reading"
	jobReported  = "reported"
	jobFailed    = "failed"
	jobImported  = "imported"
	jobCancelled = "cancelled"
)

// reported is what is kept of a dry run beside its rows.
type reported struct {
	Lines     []sheet.Line `json:"lines"`
	Counts    sheet.Counts `json:"counts"`
	Digest    string       `json:"digest"`
	Refused   bool         `json:"refused"`
	Unchanged int          `json:"unchanged"` // rows whose record is there already, the same
	Changed   int          `json:"changed"`   // and those that differ from it
	Taken     int          `json:"taken"`     // rows that were taken in since
}

// GET /imports
func (p *Portal) listImports(c *call) (answer, error) {
	v, err := p.importsPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

func (p *Portal) importsPage(c *call) (view.Imports, error) {
	v := view.Imports{Frame: p.frame(c, "导入申请"), Heading: "导入申请表", Action: "/imports", Blank: "/imports/template", Rules: []string{
		"只收 .xlsx，工作表名“定期注册申请”，第一行是表头，一行一人。",
		"证件号码、资格证书号码按文本填写；日期按日期填写；不要合并单元格、公式和宏。",
		"先试读，给出逐行报告，什么都不存；您再选择全部导入、只导入合格的行，或取消。",
	}}
	body, grant, err := p.place(c, policy.ImportSheet)
	if err != nil {
		return v, err
	}
	v.Lead = "导入到" + body.Name + "。"
	if err := p.fit(c, grant, policy.ImportSheet); err != nil {
		v.Barred = sentenced(err).Sentence
	}
	list, err := p.store.Scratch().ImportJobs(c.ctx, body.ID, 50)
	if err != nil {
		return v, err
	}
	for _, j := range list {
		counts := number(j.Total) + " 行"
		if j.State == jobImported {
			counts = "导入 " + number(j.Total) + " 份"
		}
		v.Jobs = append(v.Jobs, view.ImportJob{Href: "/imports/" + j.ID, File: j.FileName, At: j.Created, State: jobMark(j.State), Counts: counts})
	}
	return v, nil
}

func jobMark(state string) view.Mark {
	switch state {
	case jobReading:
		return view.Mark{Kind: "wait", Text: "正在读"}
	case jobReported:
		return view.Mark{Kind: "hold", Text: "等您决定"}
	case jobImported:
		return view.Mark{Kind: "ok", Text: "已导入"}
	case jobFailed:
		return view.Mark{Kind: "stop", Text: "没有读成"}
	}
	return view.Mark{Kind: "wait", Text: "已取消"}
}

// GET /imports/template
func (p *Portal) importTemplate(*call) (answer, error) {
	var b bytes.Buffer
	if err := sheet.Template(&b); err != nil {
		return nil, err
	}
	return file{name: "定期注册申请-空表.xlsx", kind: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", body: b.Bytes()}, nil
}

// uploadsEach is how many sheets one person may have read in that time: reading
// costs the portal, and a sheet can be made to ask.
const (
	uploadsEach  = 60
	uploadWindow = time.Hour
)

// POST /imports keeps the file and begins the dry run.
func (p *Portal) uploadSheet(c *call) (answer, error) {
	body, grant, err := p.place(c, policy.ImportSheet)
	if err != nil {
		return nil, err
	}
	if err := p.fit(c, grant, policy.ImportSheet); err != nil {
		return nil, err
	}
	n, err := p.store.Scratch().Throttle(c.ctx, "upload/"+c.who.Staff.ID, uploadWindow)
	if err != nil {
		return nil, err
	}
	if n > uploadsEach {
		return nil, fault.New(fault.Closed, "一小时之内您已上传 %d 份表，这一份没有收。请过一会儿再传；行数多的请并成一份，一份最多 %d 行。", uploadsEach, maxSheetRows)
	}
	upload, header, err := c.req.FormFile("sheet")
	if err != nil {
		v, pageErr := p.importsPage(c)
		if pageErr != nil {
			return nil, pageErr
		}
		v.File.Error = "请选择要导入的文件。"
		v.Refusal = &view.Refusal{Title: "没有收到文件", Request: c.number, Faults: []view.Fault{{Field: "sheet", Text: v.File.Error}}}
		return page{status: statuses[fault.Invalid], view: v}, nil
	}
	defer upload.Close()
	raw, err := io.ReadAll(upload)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "文件没有收全，什么都没有存。请再上传一次。")
	}
	job := store.ImportJob{ID: newToken()[:24], Organ: body.ID, Path: body.Path, By: c.who.Staff.ID, State: jobReading,
		FileName: shortName(header.Filename), Original: raw, Created: c.received}
	if err := p.store.Scratch().PutImportJob(c.ctx, job); err != nil {
		return nil, err
	}
	p.readInBackground(job, grant, c.received)
	return redirect{"/imports/" + job.ID}, nil
}

// shortName keeps a file's name readable and harmless.
func shortName(name string) string {
	runes := []rune(name)
	if len(runes) > 80 {
		runes = runes[len(runes)-80:]
	}
	clean := make([]rune, 0, len(runes))
	for _, r := range runes {
		if r >= 0x20 && r != 0x7f && r != '/' && r != '\\' {
			clean = append(clean, r)
		}
	}
	if len(clean) == 0 {
		return "未命名"
	}
	return string(clean)
}

// readInBackground runs the dry run of a job; its outcome is kept with it.
func (p *Portal) readInBackground(job store.ImportJob, grant policy.Grant, at time.Time) {
	p.jobs.start(job.ID, func(ctx context.Context, tell func(int, int)) {
		err := p.dryRun(ctx, job, grant, at, tell)
		if ctx.Err() != nil {
			return // the portal stops: the job stays as it is, and is read anew when somebody asks
		}
		if err != nil {
			p.log.Error("dry run", "job", job.ID, slog.String("cause", err.Error()))
			if err := p.store.Scratch().ImportProgress(again(ctx), job.ID, jobFailed, 0, 0, []byte(`{}`)); err != nil {
				p.log.Error("dry run", "job", job.ID, "cause", err.Error())
			}
		}
	})
}

func (p *Portal) dryRun(ctx context.Context, job store.ImportJob, grant policy.Grant, at time.Time, tell func(int, int)) error {
	body, err := p.store.Organisation(ctx, job.Organ)
	if err != nil {
		return err
	}
	ref, err := p.reference(ctx, body, grant)
	if err != nil {
		return err
	}
	report, err := sheet.Check(ctx, sheet.Input{ReaderAt: bytes.NewReader(job.Original), Size: int64(len(job.Original)), Progress: tell}, ref, unitIn(body.Path), at)
	if err != nil {
		return err
	}
	kept := reported{Lines: report.Lines, Counts: report.Counts, Digest: hex.EncodeToString(report.Digest[:]), Refused: report.Refused()}
	var rows []store.ImportRow
	codes, err := p.against(ctx, grant, report.Rows)
	if err != nil {
		return err
	}
	for i, r := range report.Rows {
		code := codes[i]
		switch code {
		case rowThere:
			kept.Unchanged++
		case rowChanged:
			kept.Changed++
		}
		raw, err := json.Marshal(r)
		if err != nil {
			return err
		}
		rows = append(rows, store.ImportRow{Line: r.Number, Code: code, Cells: raw})
	}
	// Two portals may read a job that was left behind; what the first one found,
	// and what was decided on it, stays.
	if now, err := p.store.Scratch().ImportJob(ctx, job.ID); err != nil || now.State != jobReading {
		return err
	}
	if err := p.store.Scratch().PutImportRows(ctx, job.ID, rows); err != nil {
		return err
	}
	raw, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	return p.store.Scratch().ImportProgress(ctx, job.ID, jobReported, len(rows), len(rows), raw)
}

// What stands with a kept row in place of its kind.
const (
	rowThere   = "there"   // its person has an application this year already
	rowChanged = "changed" // so it has, and the sheet says otherwise than the last one
	rowNotDue  = "not-due" // refused, and for nothing but that it is not due: two people may let it in (R05)
)

// codeOf is the code that a judged row is kept under.
func codeOf(r sheet.Row) string {
	if r.Kind == sheet.Refuse && len(r.Lines) == 1 && r.Lines[0].Code == rowNotDue {
		return rowNotDue
	}
	return string(r.Kind)
}

// reference is what a sheet is held against: a school imports its own rows
// only, so other schools are to it as if they did not exist.
func (p *Portal) reference(ctx context.Context, body org.Organisation, grant policy.Grant) (sheet.Reference, error) {
	ref := sheet.Reference{Organs: map[string]string{}, Schools: map[string]sheet.School{}, Windows: map[string]sheet.Span{}, Year: p.year}
	var err error
	if ref.Pack, err = p.packs.InForce(p.year); err != nil {
		return ref, err
	}
	all, err := p.store.Organisations(ctx, "/")
	if err != nil {
		return ref, err
	}
	for _, o := range all {
		switch {
		case sheet.IsOrgan(o.Kind):
			ref.Organs[o.ID] = o.Name
		case !body.School() || o.ID == body.ID:
			ref.Schools[o.ID] = schoolInSheet(o)
		}
	}
	if ref.Early, err = p.store.EarlyRenewals(ctx, grant, ""); err != nil {
		return ref, err
	}
	windows, err := p.store.Windows(ctx, p.year)
	if err != nil {
		return ref, err
	}
	for _, w := range windows {
		if w.Stage == registration.StageApplication {
			ref.Windows[w.Org] = sheet.Span{Opens: w.Opens, Closes: w.Closes}
		}
	}
	return ref, nil
}

// job finds a sheet of this person's body.
func (p *Portal) job(c *call) (store.ImportJob, reported, org.Organisation, error) {
	var kept reported
	body, _, err := p.place(c, policy.ImportSheet)
	if err != nil {
		return store.ImportJob{}, kept, body, err
	}
	job, err := p.store.Scratch().ImportJob(c.ctx, c.param("job"))
	if err == nil && job.Organ != body.ID {
		err = fault.New(fault.NotFound, "没有找到这次导入，可能已经过期。")
	}
	if err != nil {
		return job, kept, body, err
	}
	if len(job.Report) > 0 {
		err = json.Unmarshal(job.Report, &kept)
	}
	return job, kept, body, err
}

// GET /imports/:job
func (p *Portal) showImport(c *call) (answer, error) {
	job, kept, _, err := p.job(c)
	if err != nil {
		return nil, err
	}
	switch job.State {
	case jobReading:
		now := p.progressOf(c, job)
		return page{view: view.ImportProgress{Frame: p.frame(c, "正在试读"), File: job.FileName, Done: now.done, Total: now.total,
			Sentence: progressWords(now), Status: "/imports/" + job.ID + "/progress", Reload: "/imports/" + job.ID}}, nil
	case jobFailed:
		return nil, fault.New(fault.Unavailable, "这份文件没有读成，什么都没有存。请重新上传；仍然不行，请把请求编号告诉系统管理员。")
	case jobImported, jobCancelled:
		return page{view: p.importResult(c, job, kept)}, nil
	}
	v, err := p.reportPage(c, job, kept)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

// progressOf is how far the reading of a job is. The portal that read it may be
// gone; the file is here, so it is read again.
func (p *Portal) progressOf(c *call, job store.ImportJob) progress {
	now, running := p.jobs.at(job.ID)
	if !running && job.State == jobReading {
		if _, grant, err := p.place(c, policy.ImportSheet); err == nil {
			p.readInBackground(job, grant, c.received)
		}
	}
	return now
}

func progressWords(now progress) string {
	if now.total == 0 {
		return "正在读文件……"
	}
	return "已核对 " + strconv.Itoa(now.done) + " / " + strconv.Itoa(now.total) + " 行"
}

// GET /imports/:job/progress answers our own module.
func (p *Portal) importProgress(c *call) (answer, error) {
	job, _, _, err := p.job(c)
	if err != nil {
		return nil, err
	}
	now := p.progressOf(c, job)
	status := map[string]any{"done": now.done, "total": now.total, "sentence": progressWords(now)}
	if job.State != jobReading {
		status["location"] = "/imports/" + job.ID
	}
	return data{value: status}, nil
}

func (p *Portal) importResult(c *call, job store.ImportJob, kept reported) view.ImportResult {
	v := view.ImportResult{Frame: p.frame(c, "导入结果"), Counts: countsView(kept), Lead: "已经导入。", Ways: []view.Link{{Text: "看申请列表", Href: "/applications"},
		{Text: "看没有导入的行", Href: "/imports/" + job.ID + "/rejected"}}}
	if job.State == jobCancelled {
		v.Lead = "这次导入已经取消，什么都没有存。"
		v.Ways = []view.Link{{Text: "重新上传", Href: "/imports"}}
	}
	return v
}
