package sheet

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"sealdesk/server/registration"
)

// judge holds what is the same for all rows of one sheet.
type judge struct {
	ref      *Reference
	organ    string
	window   Span
	today    registration.Date
	date1904 bool
	seen     *Seen
	said     map[advised]advice // sentences already made: a bad column repeats one 20,000 times
}

// advised is what a sentence depends on.
type advised struct {
	code, column string
	length       int
}

// Seen is the numbers of the rows above: a second row with one is refused.
type Seen struct{ ids, applies map[string]bool }

// NewSeen gives an empty memory.
func NewSeen() *Seen { return &Seen{ids: map[string]bool{}, applies: map[string]bool{}} }

// Note remembers another row's numbers, as a form holds them.
func (s *Seen) Note(f registration.Form) {
	if f.IDNumber != "" {
		s.ids[string(f.IDType)+" "+f.IDNumber.Plain()] = true
	}
	if f.ApplyNo != "" {
		s.applies[f.ApplyNo] = true
	}
}

// rowCheck is one row under judgement.
type rowCheck struct {
	j        *judge
	raw      []cell
	form     registration.Form
	faults   []string // by index of registration.Columns: the code of the first fault
	warns    []string
	deferral *registration.Tenths // the deferral's year as written
	school   School
	late     bool
	waits    bool
}

var fieldIndex = sync.OnceValue(func() map[string]int {
	m := map[string]int{}
	for i, c := range columns() {
		m[c.Field] = i
	}
	return m
})

// refuse notes a cell's fault; the first one stays.
func (c *rowCheck) refuse(field, code string) {
	if i := fieldIndex()[field]; c.faults[i] == "" {
		c.faults[i] = code
	}
}

// warn notes a warning in place of an earlier one.
func (c *rowCheck) warn(field, code string) { c.warns[fieldIndex()[field]] = code }

// sound reports whether the field's cell is not refused.
func (c *rowCheck) sound(field string) bool { return c.faults[fieldIndex()[field]] == "" }

// check applies the rules for cells and fields to one row.
func (j *judge) check(raw rawRow) *rowCheck {
	c := &rowCheck{j: j, raw: raw.cells,
		faults: make([]string, len(columns())), warns: make([]string, len(columns()))}
	if raw.merged >= 0 {
		c.faults[raw.merged] = "merged-cell"
		return c
	}
	for i := range columns() {
		code, changed := c.readCell(i, raw.cells[i])
		if c.faults[i] = code; changed {
			c.warns[i] = "normalised"
		}
	}
	c.person()
	c.schoolAndTime()
	c.certificate()
	c.history()
	c.class()
	return c
}

func (c *rowCheck) person() {
	f := &c.form
	if c.sound("person_name") {
		if code := registration.NameFault(f.PersonName); code != "" {
			c.refuse("person_name", code)
		}
	}
	if c.sound("id_type") && c.sound("id_number") {
		_, err := registration.ParseIDNumber(f.IDType, f.IDNumber.Plain(), c.j.today)
		key := string(f.IDType) + " " + f.IDNumber.Plain()
		if wrong, bad := err.(registration.IDFault); bad {
			c.refuse("id_number", string(wrong))
		} else if c.j.seen.ids[key] {
			c.refuse("id_number", "duplicate-id")
		} else {
			c.j.seen.ids[key] = true
		}
	}
	if c.sound("apply_no") {
		if c.j.seen.applies[f.ApplyNo] {
			c.refuse("apply_no", "duplicate-apply-no")
		}
		c.j.seen.applies[f.ApplyNo] = true
	}
}

func (c *rowCheck) schoolAndTime() {
	f := &c.form
	if c.sound("school_code") {
		s, known := c.j.ref.Schools[f.SchoolCode]
		switch {
		case !known:
			c.refuse("school_code", "school-unknown")
		case s.Parent != c.j.organ:
			c.refuse("school_code", "school-other-organ")
		case s.ValidTo != nil && s.ValidTo.Before(c.j.today):
			c.refuse("school_code", "school-closed")
		default:
			c.school = s
			if c.sound("school_name") && f.SchoolName != s.Name {
				c.refuse("school_name", "school-name")
			}
		}
	}
	if c.sound("applied_at") {
		if f.AppliedAt.Before(c.j.window.Opens) {
			c.refuse("applied_at", "before-window")
		}
		c.late = !f.AppliedAt.Before(c.j.window.Closes)
	}
}

func (c *rowCheck) certificate() {
	f := &c.form
	for _, field := range f.Missing() {
		if field == "cert_number" {
			c.refuse(field, "cert-missing")
		} else {
			c.refuse(field, "empty")
		}
	}
	if d := f.CertDate; d != nil && !registration.CertificateDay(*d, c.j.today) {
		c.refuse("cert_date", "cert-date-range")
	}
	switch {
	case f.CertNumber == "":
	case !registration.SeventeenDigits(f.CertNumber):
		c.warn("cert_number", "cert-length")
	case f.CertKind != "" && f.CertNumber.Plain()[9:10] != string(f.CertKind):
		c.warn("cert_number", "cert-kind-digit")
	}
}

// empty reports whether a cell holds nothing, or nothing that stands.
func (c *rowCheck) empty(field string) bool { return c.form.Get(field) == "" }

// history derives the kind of registration and links an earlier deferral.
func (c *rowCheck) history() {
	f := &c.form
	kind := registration.KindOf(*f)
	if f.RegKind != "" && string(f.RegKind) != kind {
		c.warn("reg_kind", "reg-kind-differs")
	}
	year := c.j.ref.Year
	c.due()
	if !c.sound("prior_deferral_year") ||
		c.deferral == nil && f.PriorDeferralOrgan == "" && f.PriorDeferralCleared == "" {
		return
	}
	switch d := c.deferral; {
	case d == nil:
		c.refuse("prior_deferral_year", "deferral-unlinked")
	case *d%10 != 0:
		c.refuse("prior_deferral_year", "decimals")
	case int(*d)/10 < year-10 || int(*d)/10 > year-1:
		c.refuse("prior_deferral_year", "out-of-range")
	default:
		n := int(*d) / 10
		f.PriorDeferralYear = &n
	}
	if f.PriorDeferralOrgan == "" {
		c.refuse("prior_deferral_organ", "deferral-unlinked")
	}
	if f.PriorDeferralCleared != "yes" {
		c.refuse("prior_deferral_cleared", "deferral-unanswered")
	}
}

// due asks whether there is anything to renew, or two people let it in (R05).
func (c *rowCheck) due() {
	if c.form.Due(c.j.ref.Year) {
		return
	}
	if _, ok := c.j.ref.Early.Lets(c.form, c.j.ref.Year); !ok {
		c.refuse("last_valid_to", "not-due")
	}
}

// class asks for what the pair of ownership and establishment demands; which
// class follows is the rule pack's to say.
func (c *rowCheck) class() {
	f, s := &c.form, c.school
	if !c.sound("school_code") || !c.sound("establishment") || !s.Facts().Teaches() {
		return
	}
	switch pair := s.Ownership + string(f.Establishment); pair {
	case registration.Public + "public_staffed":
	case registration.Public + "approved_hire":
		if f.ApprovalDocNo == "" {
			c.refuse("approval_doc_no", "approval-missing")
		}
		if f.EqualPay == "" {
			c.refuse("equal_pay", "equal-pay-missing")
		}
	case registration.Private + "private":
		for _, field := range []string{"contract_from", "contract_to"} {
			if c.empty(field) {
				c.refuse(field, "contract-missing")
			}
		}
		if f.ContractFrom != nil && f.ContractTo != nil && f.ContractTo.Before(*f.ContractFrom) {
			c.refuse("contract_to", "date-order")
		}
		c.waits = s.Licence == ""
	default:
		c.refuse("establishment", "establishment-mismatch")
	}
}

// row turns the judgement into the row of the report.
func (c *rowCheck) row(raw rawRow) Row {
	out := Row{Number: raw.number, Form: c.form}
	switch {
	case slices.ContainsFunc(c.faults, func(code string) bool { return code != "" }):
		out.Kind = Refuse
		for i, code := range c.faults {
			if code != "" {
				out.Lines = append(out.Lines, c.line(raw.number, Refuse, i, code))
			}
		}
	case c.late:
		out.Kind = Overdue
		out.Lines = append(out.Lines, c.line(raw.number, Overdue, fieldIndex()["applied_at"], "late"))
	case c.waits:
		out.Kind = Wait
		out.Lines = append(out.Lines, c.line(raw.number, Wait, fieldIndex()["school_code"], "school-licence"))
	default:
		out.Kind = Accept
		out.Scope, out.RegKind, out.Findings, out.Outcome = c.j.ref.Pack.Evaluate(c.form, c.school.Facts(), c.j.ref.Year)
		out.Lines = append(out.Lines, acceptLine(out))
	}
	if out.Kind != Accept {
		out.Cells = c.written()
	}
	if out.Kind != Refuse {
		if raw.hidden {
			out.Lines = append(out.Lines, newLine(Line{Row: raw.number, Kind: Warn, Code: "hidden-row"}))
		}
		for i, code := range c.warns {
			if code != "" {
				out.Lines = append(out.Lines, c.line(raw.number, Warn, i, code))
			}
		}
	}
	return out
}

func acceptLine(r Row) Line {
	ids := make([]string, len(r.Findings))
	for i, f := range r.Findings {
		ids[i] = f.Rule
	}
	return newLine(Line{Row: r.Number, Kind: Accept, Scope: r.Scope, RegKind: r.RegKind,
		Findings: strings.Join(ids, " "), Outcome: r.Outcome})
}

func (c *rowCheck) line(row int, kind LineKind, i int, code string) Line {
	col := &columns()[i]
	key := advised{code: code, column: col.Header}
	if code == "cert-length" {
		key.length = utf8.RuneCountInString(c.form.CertNumber.Plain())
	}
	a, ok := c.j.said[key]
	if !ok {
		const layout = "2006-01-02 15:04:05"
		w := c.j.window
		a = advices[code].fill(col.Header, "〈始〉", w.Opens.In(registration.Shanghai).Format(layout),
			"〈终〉", w.Closes.In(registration.Shanghai).Format(layout), "〈机构〉", c.j.ref.Organs[c.j.organ],
			"〈值〉", strings.Join(registration.Words(col.Field), "、"), "〈长〉", itoa(key.length))
		c.j.said[key] = a
	}
	return Line{Row: row, Kind: kind, Column: col.Header, Code: code, Masked: mask(c.raw[i]),
		Sentence: a.sentence, Cure: a.cure}
}

// mask tells a cell's kind and length, never a character of it.
func mask(raw cell) string {
	n := utf8.RuneCountInString(raw.text)
	switch raw.kind {
	case textCell:
		return "文本，" + itoa(n) + "个字符"
	case numberCell:
		return "数值"
	case dateCell, isoDate:
		return "日期"
	case boolCell:
		return "逻辑值"
	case errorCell:
		return "错误值"
	case formulaCell:
		return "公式"
	}
	return "空"
}

// written gives the filled cells as a person would type them again.
func (c *rowCheck) written() map[string]string {
	out := map[string]string{}
	for i, raw := range c.raw {
		if raw.kind == emptyCell {
			continue
		}
		col := &columns()[i]
		out[col.Field] = raw.text
		if raw.kind != dateCell && raw.kind != isoDate {
			continue
		}
		if midnight, clock, code := raw.instant(c.j.date1904); code == "" {
			layout := "2006-01-02"
			if col.Kind == registration.TimeKind || clock != 0 && col.Kind != registration.DateKind {
				layout = "2006-01-02 15:04:05.999"
			}
			out[col.Field] = midnight.Add(clock).Format(layout)
			if col.Kind == registration.DateKind {
				out[col.Field] = midnight.Format(layout)
			}
		}
	}
	return out
}
