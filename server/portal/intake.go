package portal

import (
	"context"
	"encoding/json"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/sheet"
	"sealdesk/server/store"
)

// importMatter takes the good rows of a sheet in. The rows were judged when
// the report was made; inside the transaction they are judged again by windows,
// school and pack as they are then, and one that would come in otherwise than the
// report said stops the import.
type importMatter struct {
	Import registration.Import `json:"import"`
	Job    string              `json:"job"`
	First  int                 `json:"first"` // running number of the first record
	// rows are what becomes of the sheet, in its order. They stay with the job,
	// encrypted, and are read from there each time.
	rows []importedRow
}

type importedRow struct {
	line int
	id   string
	kind sheet.LineKind // of goodRows
	form registration.Form
	// mended are the columns in which it is not the file's.
	mended registration.Mended
}

// load reads the rows that will become records.
func (m *importMatter) load(ctx context.Context, p *Portal, _ policy.Grant) error {
	body, err := p.store.Organisation(ctx, m.Import.Organ)
	if err != nil {
		return err
	}
	lines, err := p.sheetLines(ctx, m.Job, goodRows...)
	if err != nil {
		return err
	}
	for i, l := range lines {
		m.rows = append(m.rows, importedRow{line: l.line, id: registration.RecordID(m.Import.Year, unitIn(body.Path), m.First+i), kind: l.row.Kind, form: l.row.Form, mended: mendedOf(l.row)})
	}
	return nil
}

// maxSheetRows is what a sheet may hold.
const maxSheetRows = 20000

// goodRows are the kinds of rows that would become records.
var goodRows = []string{string(sheet.Accept), string(sheet.Wait), string(sheet.Overdue)}

// sheetLine is a row that is kept with its job.
type sheetLine struct {
	line int
	row  sheet.Row
}

// sheetLines reads a job's rows of these kinds, in the sheet's order.
func (p *Portal) sheetLines(ctx context.Context, job string, codes ...string) ([]sheetLine, error) {
	kept, err := p.store.Scratch().ImportRows(ctx, job, 0, maxSheetRows, codes...)
	if err != nil {
		return nil, err
	}
	list := make([]sheetLine, len(kept))
	for i, k := range kept {
		list[i].line = k.Line
		if err := json.Unmarshal(k.Cells, &list[i].row); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// settle marks the rows as taken in.
func (m *importMatter) settle(ctx context.Context, p *Portal) error {
	kept, err := p.store.Scratch().ImportRows(ctx, m.Job, 0, maxSheetRows, goodRows...)
	if err != nil {
		return err
	}
	for i := range kept {
		kept[i].Code = rowThere
	}
	return p.settled(ctx, m.Job, kept)
}

// settled notes rows that were taken in; while others of the sheet can still be
// decided on, the job stays open.
func (p *Portal) settled(ctx context.Context, id string, done []store.ImportRow) error {
	if err := p.store.Scratch().PutImportRows(ctx, id, done); err != nil {
		return err
	}
	job, err := p.store.Scratch().ImportJob(ctx, id)
	if err != nil {
		return err
	}
	var kept reported
	if err := json.Unmarshal(job.Report, &kept); err != nil {
		return err
	}
	open, err := p.store.Scratch().ImportRows(ctx, id, 0, 1, append([]string{rowChanged}, goodRows...)...)
	if err != nil {
		return err
	}
	kept.Taken += len(done)
	raw, err := json.Marshal(kept)
	if err != nil {
		return err
	}
	if len(open) > 0 {
		return p.store.Scratch().ImportProgress(ctx, id, jobReported, kept.Taken, job.Total, raw)
	}
	return p.store.Scratch().ImportProgress(ctx, id, jobImported, kept.Taken, kept.Taken, raw)
}

func (m *importMatter) act() policy.Act { return policy.ImportSheet }
func (m *importMatter) size() int       { return len(m.rows) }

func (m *importMatter) refs() []store.Ref {
	refs := []store.Ref{store.OfImport(m.Import.ID), store.OfOrganisation(m.Import.Organ)}
	seen := map[string]bool{}
	for _, row := range m.rows {
		refs = append(refs, store.OfApplication(row.id))
		if !seen[row.form.SchoolCode] {
			seen[row.form.SchoolCode] = true
			refs = append(refs, store.OfOrganisation(row.form.SchoolCode))
		}
	}
	return refs
}

func (m *importMatter) draft(k knowledge, r rows, h seal.Header, salts [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfImport(m.Import.ID).Subject()}
	if err := m.free(r); err != nil {
		return d, err
	}
	by, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	at := now.In(registration.Shanghai).Truncate(time.Millisecond)
	imp := m.Import
	imp.By, imp.At = by, at
	apps, err := m.records(k, r, now)
	if err != nil {
		return d, err
	}
	mended := make([]registration.Mended, len(m.rows))
	for i, row := range m.rows {
		mended[i] = row.mended
	}
	if d.statement, err = registration.ImportStatement(h, imp, apps, mended, salts); err != nil {
		return d, err
	}
	d.puts = []any{imp}
	for _, a := range apps {
		a.ImportedAt, a.UpdatedAt = at, at
		d.puts = append(d.puts, a)
	}
	return d, nil
}

// records are what the rows become.
func (m *importMatter) records(k knowledge, r rows, now time.Time) ([]registration.Application, error) {
	again, err := rejudging(r, k.year, m.Import.Organ, now)
	if err != nil {
		return nil, err
	}
	judge := judges(k, r)
	apps := make([]registration.Application, 0, len(m.rows))
	for _, row := range m.rows {
		school, let, err := again(row)
		if err != nil {
			return nil, err
		}
		a := registration.Application{ID: row.id, Year: k.year, Unit: unitIn(school.Path), School: school.ID, Path: school.Path, Form: row.form,
			State: stateOf(row.kind), ImportID: m.Import.ID}
		if a, err = a.LetIn(let); err != nil {
			return nil, err
		}
		if row.kind == sheet.Accept {
			j, err := judge(a)
			if err != nil {
				return nil, err
			}
			if a, err = j.Of(a); err != nil {
				return nil, err
			}
		}
		apps = append(apps, a)
	}
	return apps, nil
}

// free asks that neither the import nor a person in it is there already.
func (m *importMatter) free(r rows) error {
	if _, err := r.Import(m.Import.ID); err == nil {
		return fault.New(fault.Conflict, "这次导入已经办成，没有再次办理。请到导入列表查看。")
	} else if !fault.Is(err, fault.NotFound) {
		return err
	}
	claims := make([]registration.Claim, len(m.rows))
	for i, row := range m.rows {
		claims[i] = row.form.Claim()
		if _, err := r.Application(row.id); err == nil {
			return fault.New(fault.Conflict, "在您查看之后又有一次导入，记录编号已被占用，没有导入。请重新检查文件后再签署。")
		} else if !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	taken, err := r.Taken(m.Import.Year, claims...)
	if err != nil {
		return err
	}
	for _, row := range m.rows { // the first alone: no seal asks for a list of numbers
		id, there := taken[row.form.IDNumber]
		if !there {
			continue
		}
		if _, err := r.Application(id); fault.Is(err, fault.NotFound) {
			return fault.New(fault.Conflict, "第 %d 行的人员本年度已有申请，不归您这里管，整份没有导入。请向本人核实是否已在别处申报：确是重复的，从表里删去这一行；确需改由这里办理的，请本人先在原处撤回。然后重新上传。", row.line)
		}
		return fault.New(fault.Conflict, "第 %d 行的人员在试读之后已有申请在册（%s），整份没有导入。请重新上传这份文件，看过新的试读报告再签署。", row.line, id)
	}
	return nil
}
