package sheet

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"strconv"
	"time"

	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

// Input is a file to check. An *os.File or a *bytes.Reader with its size.
type Input struct {
	io.ReaderAt
	Size     int64
	Progress func(done, total int) // rows; may be nil; called from the caller's goroutine
}

// Check is the dry run: it reads the file, judges every row and stores
// nothing. A bad file is a report, not an error; errors are an organ without
// window, a context that is done and a file that cannot be read.
func Check(ctx context.Context, in Input, ref Reference, organ string, now time.Time) (*Report, error) {
	j, err := newJudge(&ref, organ, now)
	if err != nil {
		return nil, err
	}
	report := &Report{Counts: Counts{Outcomes: map[registration.Outcome]int{}}}
	if in.Size <= DefaultLimits().File {
		sum := sha256.New()
		if _, err := io.Copy(sum, io.NewSectionReader(in, 0, in.Size)); err != nil {
			return nil, fault.Wrap(err, fault.Unavailable, "文件没有完整读到，请重新上传。")
		}
		sum.Sum(report.Digest[:0])
	}
	t, err := Read(ctx, in, in.Size, DefaultLimits())
	var refused *FileFault
	switch {
	case errors.As(err, &refused):
		report.Lines = refused.lines()
		return report, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, fault.Wrap(err, fault.Unavailable, "文件没有完整读到，请重新上传。")
	}
	report.Lines = t.notes
	for _, l := range t.notes {
		if l.Kind == Warn {
			report.Counts.Warnings++
		}
	}
	j.date1904 = t.date1904
	for i := range t.rows {
		if i%64 == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if in.Progress != nil {
				in.Progress(i, len(t.rows))
			}
		}
		report.add(j.check(t.rows[i]).row(t.rows[i]))
		t.rows[i].cells = nil
	}
	report.share()
	if in.Progress != nil {
		in.Progress(len(t.rows), len(t.rows))
	}
	return report, nil
}

func (f *FileFault) lines() []Line {
	if f.Columns == nil {
		return []Line{newLine(Line{Row: f.Row, Kind: File, Code: f.Code})}
	}
	var out []Line
	for _, c := range f.Columns {
		out = append(out, newLine(Line{Row: f.Row, Kind: File, Column: c, Code: f.Code}))
	}
	return out
}

func newJudge(ref *Reference, organ string, now time.Time) (*judge, error) {
	w, ok := ref.Windows[organ]
	if !ok || ref.Organs[organ] == "" {
		return nil, fault.New(fault.Invalid, "机构没有本年度的申请时间窗口，无法核对申请时间；请先由该机构建立注册计划。")
	}
	return &judge{ref: ref, organ: organ, window: w, today: registration.DateOf(now),
		seen: NewSeen(), said: map[advised]advice{}}, nil
}

func itoa(n int) string { return strconv.Itoa(n) }
