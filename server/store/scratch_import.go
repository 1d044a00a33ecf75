package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
)

// ImportJob is a sheet between its upload and somebody's decision. Original is
// kept encrypted until the plan closes; lists leave it and the report out.
type ImportJob struct {
	ID, Organ, Path  string
	By               string
	State            string
	Progress, Total  int
	FileName         string
	Original, Report []byte
	Created, Updated time.Time
}

type importJobRow struct {
	ID              string `gorm:"primaryKey"`
	Organ, Path     string
	By              string `gorm:"column:by_staff"`
	State           string
	Progress, Total int
	FileName        string
	Original        []byte
	Report          []byte
	Created         int64
	Updated         int64
}

func (importJobRow) TableName() string { return importJobs.name }

func (r importJobRow) job() ImportJob {
	return ImportJob{ID: r.ID, Organ: r.Organ, Path: r.Path, By: r.By, State: r.State, Progress: r.Progress, Total: r.Total,
		FileName: r.FileName, Created: moment(r.Created), Updated: moment(r.Updated)}
}

// PutImportJob keeps a job whole.
func (c Scratch) PutImportJob(ctx context.Context, j ImportJob) error {
	r := importJobRow{j.ID, j.Organ, j.Path, j.By, j.State, j.Progress, j.Total, j.FileName, j.Original, j.Report, millis(j.Created), millis(c.store.clock())}
	if err := c.sealAll(importJobs.name, j.ID, map[string]*[]byte{"original": &r.Original, "report": &r.Report}); err != nil {
		return err
	}
	return c.write(ctx, func(db *gorm.DB) error { return db.Clauses(upsert).Create(&r).Error })
}

// ImportJob gives a job with original and report.
func (c Scratch) ImportJob(ctx context.Context, id string) (ImportJob, error) {
	var r importJobRow
	if err := c.first(ctx, "次导入", &r, "id = ?", id); err != nil {
		return ImportJob{}, err
	}
	j := r.job()
	var err error
	if j.Original, err = c.open(importJobs.name, "original", id, r.Original); err != nil {
		return j, err
	}
	j.Report, err = c.open(importJobs.name, "report", id, r.Report)
	return j, err
}

// ImportJobs lists the jobs of one body, newest first, without their contents.
func (c Scratch) ImportJobs(ctx context.Context, organ string, limit int) ([]ImportJob, error) {
	var rows []importJobRow
	err := c.store.read.WithContext(ctx).Select("id", "organ", "path", "by_staff", "state", "progress", "total", "file_name", "created", "updated").
		Where("organ = ?", organ).Order("created DESC").Limit(limit).Find(&rows).Error
	list := make([]ImportJob, len(rows))
	for i, r := range rows {
		list[i] = r.job()
	}
	return list, readable(err)
}

// ImportProgress notes how far a job is; a report, if not nil, is kept with it.
func (c Scratch) ImportProgress(ctx context.Context, id, state string, progress, total int, report []byte) error {
	set := map[string]any{"state": state, "progress": progress, "total": total, "updated": millis(c.store.clock())}
	if report != nil {
		if err := c.sealAll(importJobs.name, id, map[string]*[]byte{"report": &report}); err != nil {
			return err
		}
		set["report"] = report
	}
	return c.write(ctx, func(db *gorm.DB) error { return db.Model(&importJobRow{}).Where("id = ?", id).Updates(set).Error })
}

// DeleteImportJob forgets a job with its rows.
func (c Scratch) DeleteImportJob(ctx context.Context, id string) error {
	return c.write(ctx, func(db *gorm.DB) error {
		return db.Transaction(func(db *gorm.DB) error {
			if err := db.Where("job = ?", id).Delete(&importRowRow{}).Error; err != nil {
				return err
			}
			return db.Where("id = ?", id).Delete(&importJobRow{}).Error
		})
	})
}

// ImportRow is one row of a sheet as it came; Cells are encrypted at rest.
type ImportRow struct {
	Line  int
	Code  string // of its first fault, or what became of it
	Cells []byte
}

type importRowRow struct {
	Job   string `gorm:"primaryKey"`
	Line  int    `gorm:"primaryKey"`
	Code  string
	Cells []byte
}

func (importRowRow) TableName() string { return importRows.name }

func rowID(job string, line int) string { return job + "/" + decimal(line) }

// PutImportRows keeps rows, over those with the same line.
func (c Scratch) PutImportRows(ctx context.Context, job string, list []ImportRow) error {
	rows := make([]importRowRow, len(list))
	for i, v := range list {
		sealed, err := c.store.cipher.seal(importRows.name, "cells", rowID(job, v.Line), string(v.Cells))
		if err != nil {
			return fault.Wrap(err, fault.Unavailable, "暂存没有成功，加密出错。请通知系统管理员。")
		}
		rows[i] = importRowRow{job, v.Line, v.Code, sealed}
	}
	if len(rows) == 0 {
		return nil
	}
	return c.write(ctx, func(db *gorm.DB) error { return db.Clauses(upsert).CreateInBatches(&rows, 500).Error })
}

// KeptRow is a row with the sheet that it came in.
type KeptRow struct {
	ImportRow
	Job, Organ, FileName string
}

// KeptRows lists the rows of one code in the sheets within the reach of the
// grant, the newest sheet first; sheets that were given up are left out.
func (c Scratch) KeptRows(ctx context.Context, g policy.Grant, givenUp, code string, limit int) ([]KeptRow, error) {
	from, to := g.Range()
	var rows []struct {
		Job, Code, Organ, FileName string
		Line                       int
		Cells                      []byte
	}
	err := c.store.read.WithContext(ctx).Table(importRows.name+" r").Select("r.job", "r.line", "r.code", "r.cells", "j.organ", "j.file_name").
		Joins("JOIN "+importJobs.name+" j ON j.id = r.job").
		Where("j.path >= ? AND j.path < ? AND j.state <> ? AND r.code = ?", from, to, givenUp, code).
		Order("j.created DESC, r.job, r.line").Limit(limit).Find(&rows).Error
	if err != nil {
		return nil, unreadable(err)
	}
	list := make([]KeptRow, len(rows))
	for i, r := range rows {
		cells, err := c.open(importRows.name, "cells", rowID(r.Job, r.Line), r.Cells)
		if err != nil {
			return nil, err
		}
		list[i] = KeptRow{ImportRow{r.Line, r.Code, cells}, r.Job, r.Organ, r.FileName}
	}
	return list, nil
}

// ImportRows reads rows of a job by line after a line; with codes, only those.
func (c Scratch) ImportRows(ctx context.Context, job string, after, limit int, codes ...string) ([]ImportRow, error) {
	db := c.store.read.WithContext(ctx).Where("job = ? AND line > ?", job, after)
	if len(codes) > 0 {
		db = db.Where("code IN ?", codes)
	}
	var rows []importRowRow
	if err := db.Order("line").Limit(limit).Find(&rows).Error; err != nil {
		return nil, unreadable(err)
	}
	list := make([]ImportRow, len(rows))
	for i, r := range rows {
		cells, err := c.open(importRows.name, "cells", rowID(job, r.Line), r.Cells)
		if err != nil {
			return nil, err
		}
		list[i] = ImportRow{r.Line, r.Code, cells}
	}
	return list, nil
}
