package store

import (
	"encoding/json"
	"strconv"
	"strings"

	"sealdesk/server/registration"
)

func reviewCells(v registration.Review, path string) ([]any, error) {
	compared, err := json.Marshal(v.Compared)
	if err != nil {
		return nil, err
	}
	explained, err := json.Marshal(v.Explained)
	if err != nil {
		return nil, err
	}
	answers, err := json.Marshal(v.Answers)
	if err != nil {
		return nil, err
	}
	return []any{v.ID, v.Application, path, int64(v.Round), v.Reviewer, compared, explained, answers, string(v.Conclusion), v.Reason, millis(v.At)}, nil
}

func reviewOf(row *row) (registration.Review, error) {
	r := reader{cells: row.plain}
	v := registration.Review{ID: r.text(), Application: r.text()}
	r.any()
	v.Round, v.Reviewer = r.int(), r.text()
	if err := json.Unmarshal(r.bytes(), &v.Compared); err != nil {
		return v, err
	}
	if err := json.Unmarshal(r.bytes(), &v.Explained); err != nil {
		return v, err
	}
	if err := json.Unmarshal(r.bytes(), &v.Answers); err != nil {
		return v, err
	}
	v.Conclusion, v.Reason, v.At = registration.Conclusion(r.text()), r.text(), r.time()
	return v, nil
}

func correctionCells(c registration.Correction, path string) []any {
	mended := int64(0)
	if c.MendedAtSource {
		mended = 1
	}
	return []any{c.ID, c.Application, path, c.Field, c.Old, c.New, c.Reason, c.Evidence, mended, c.By, millis(c.At)}
}

func correctionOf(row *row) registration.Correction {
	r := reader{cells: row.plain}
	c := registration.Correction{ID: r.text(), Application: r.text()}
	r.any()
	c.Field, c.Old, c.New, c.Reason, c.Evidence = r.text(), r.text(), r.text(), r.text(), r.text()
	c.MendedAtSource, c.By, c.At = r.int() == 1, r.text(), r.time()
	return c
}

func windowCells(w registration.Window, path string) []any {
	return []any{w.ID, int64(w.Year), w.Org, path, w.Stage, millis(w.Opens), millis(w.Closes), w.Paper, w.Reason}
}

func windowOf(row *row) registration.Window {
	r := reader{cells: row.plain}
	w := registration.Window{ID: r.text(), Year: r.int(), Org: r.text()}
	r.any()
	w.Stage, w.Opens, w.Closes, w.Paper, w.Reason = r.text(), r.time(), r.time(), r.text(), r.text()
	return w
}

func importCells(i registration.Import, path string) []any {
	return []any{i.ID, i.Organ, path, int64(i.Year), i.FileDigest, i.Choice, int64(i.Accepted), int64(i.Refused),
		int64(i.Overdue), int64(i.Waiting), i.By, millis(i.At)}
}

func importOf(row *row) registration.Import {
	r := reader{cells: row.plain}
	i := registration.Import{ID: r.text(), Organ: r.text()}
	r.any()
	i.Year, i.FileDigest, i.Choice = r.int(), r.text(), r.text()
	i.Accepted, i.Refused, i.Overdue, i.Waiting, i.By, i.At = r.int(), r.int(), r.int(), r.int(), r.text(), r.time()
	return i
}

func proposalCells(p registration.Proposal) []any {
	return []any{p.ID, p.Kind, p.Unit, p.Path, p.Subject, p.Text, strings.Join(p.Signers, " "), strings.Join(p.Signed, " "),
		p.State, p.Note, millis(p.Expires)}
}

func proposalOf(row *row) registration.Proposal {
	r := reader{cells: row.plain}
	return registration.Proposal{ID: r.text(), Kind: r.text(), Unit: r.text(), Path: r.text(), Subject: r.text(), Text: r.bytes(),
		Signers: strings.Fields(r.text()), Signed: strings.Fields(r.text()), State: r.text(), Note: r.text(), Expires: r.time()}
}

func delegationCells(d registration.Delegation, path string) []any {
	return []any{d.ID, d.School, path, d.Kind, d.Delegate, millis(d.From), millis(d.Until), d.Reason, d.By, d.EndedBy, d.EndReason, millis(d.EndedAt)}
}

func delegationOf(row *row) registration.Delegation {
	r := reader{cells: row.plain}
	d := registration.Delegation{ID: r.text(), School: r.text()}
	r.any()
	d.Kind, d.Delegate, d.From, d.Until = r.text(), r.text(), r.time(), r.time()
	d.Reason, d.By, d.EndedBy, d.EndReason, d.EndedAt = r.text(), r.text(), r.text(), r.text(), r.time()
	return d
}

func relativeCells(v registration.Relative, path string) []any {
	return []any{v.ID, v.Staff, path, v.School, v.ApplyNo, v.Relation, millis(v.At), v.Removal, v.RemovalSeconded, millis(v.RemovedAt)}
}

func relativeOf(row *row) registration.Relative {
	r := reader{cells: row.plain}
	v := registration.Relative{ID: r.text(), Staff: r.text()}
	r.any()
	v.School, v.ApplyNo, v.Relation, v.At = r.text(), r.text(), r.text(), r.time()
	v.Removal, v.RemovalSeconded, v.RemovedAt = r.text(), r.text(), r.time()
	return v
}

func earlyRenewalCells(e registration.EarlyRenewal, path string) []any {
	return []any{e.ID, int64(e.Year), e.School, path, e.ApplyNo, e.PersonName, dayText(e.ValidTo), e.Reason, e.By, e.Second, millis(e.At), e.Person}
}

func earlyRenewalOf(row *row) (registration.EarlyRenewal, error) {
	r := reader{cells: row.plain}
	e := registration.EarlyRenewal{ID: r.text(), Year: r.int(), School: r.text(), Entry: row.entry}
	r.any()
	e.ApplyNo, e.PersonName = r.text(), r.text()
	var err error
	e.ValidTo, err = dayOf(r.text())
	e.Reason, e.By, e.Second, e.At, e.Person = r.text(), r.text(), r.text(), r.time(), r.text()
	return e, err
}

func sheetChangeCells(c registration.SheetChange, path string) ([]any, error) {
	fields, err := json.Marshal(c.Fields)
	if err != nil {
		return nil, err
	}
	applied := int64(0)
	if c.Applied {
		applied = 1
	}
	return []any{c.ID, c.Application, path, c.FileDigest, string(fields), applied, c.By, millis(c.At)}, nil
}

func sheetChangeOf(row *row) (registration.SheetChange, error) {
	r := reader{cells: row.plain}
	c := registration.SheetChange{ID: r.text(), Application: r.text()}
	r.any()
	c.FileDigest = r.text()
	err := json.Unmarshal([]byte(r.text()), &c.Fields)
	c.Applied, c.By, c.At = r.int() == 1, r.text(), r.time()
	return c, err
}

// dayText writes a day, nothing for none; dayOf reads it.
func dayText(d registration.Date) string {
	if d == (registration.Date{}) {
		return ""
	}
	return d.String()
}

func dayOf(text string) (registration.Date, error) {
	if text == "" {
		return registration.Date{}, nil
	}
	return registration.ParseDate(text)
}

func workingDaysCells(w registration.WorkingDays, path string) []any {
	return []any{strconv.Itoa(w.Year), int64(w.Year), w.Org, path, listed(w.Off), listed(w.On), w.Paper, w.Reason}
}

func workingDaysOf(row *row) (registration.WorkingDays, error) {
	r := reader{cells: row.plain}
	r.any()
	w := registration.WorkingDays{Year: r.int(), Org: r.text()}
	r.any()
	var err error
	if w.Off, err = daysOf(r.text()); err != nil {
		return w, err
	}
	if w.On, err = daysOf(r.text()); err != nil {
		return w, err
	}
	w.Paper, w.Reason = r.text(), r.text()
	return w, nil
}

// listed writes days one after another, separated by spaces; daysOf reads them.
func listed(days []registration.Date) string {
	words := make([]string, len(days))
	for i, d := range days {
		words[i] = d.String()
	}
	return strings.Join(words, " ")
}

func daysOf(text string) (list []registration.Date, err error) {
	for _, word := range strings.Fields(text) {
		d, err := registration.ParseDate(word)
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, nil
}
