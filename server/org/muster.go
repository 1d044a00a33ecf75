package org

import (
	"slices"
	"strings"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
)

// MaxMuster bounds the rows of one staff sheet.
const MaxMuster = 2000

// MusterTitles are the columns of a staff sheet; the last MusterOptional may be
// missing. musterFields are their names in a filing form, in the same order.
var (
	MusterTitles = []string{"人员编号", "姓名", "机构编号", "岗位", "手机号", "拟任角色", "任职起", "任职止", "承诺书编号", "向上报备日"}
	musterFields = []string{"staff", "name", "org", "post", "phone", "role", "starts", "ends", "pledge", "upward"}
)

// MusterOptional is how many titles at the end of MusterTitles may be missing.
const MusterOptional = 4

// MusterRow is one row of a staff sheet as it was read, under MusterTitles.
type MusterRow struct {
	Number int // as the spreadsheet counts
	Cells  []string
	Digits []bool // the cell was a number: what a date or a long number loses
}

// MusterKind is what a row comes to.
type MusterKind string

// A row of somebody new, one that changes what is on file, one that is on file as
// it stands, one that waits for the officer's check as it stands, and one that
// cannot be filed.
const (
	MusterNew     MusterKind = "new"
	MusterChange  MusterKind = "change"
	MusterSame    MusterKind = "same"
	MusterWaiting MusterKind = "waiting"
	MusterRefused MusterKind = "refused"
)

// Word is the kind on a page.
func (k MusterKind) Word() string {
	return map[MusterKind]string{MusterNew: "新人员", MusterChange: "有变更", MusterSame: "不变", MusterWaiting: "已报备，待审核", MusterRefused: "不能报备"}[k]
}

// MusterLine is a row beside what is on file. Roles are never granted by a sheet:
// Ask and Drop only say which requests would still have to be made.
type MusterLine struct {
	Row        int
	Kind       MusterKind
	Staff      string
	Form       Form
	Changes    []string
	Ask, Drop  []string
	Column     string // of the fault
	What, Cure string
}

// Absent is somebody on file whom the sheet does not have.
type Absent struct{ Staff, Name, Org, Post string }

// Muster is a staff sheet compared with the register. Nothing is stored by it.
type Muster struct {
	ID, Digest string // of the file, hex SHA-256
	Whole      bool   // the sheet is of all bodies in reach, not only of those it names
	Lines      []MusterLine
	Missing    []Absent // possible leavers: each leaves by a filing of his own
}

// MusterFacts is what a sheet is held against, as the lead's reach has it.
type MusterFacts struct {
	Bodies   map[string]Organisation
	Accounts map[string]Staff
	Open     map[string][]Filing // not yet decided, by person
	Held     map[string][]string // roles by person
	// Elsewhere reads an account that is not among Accounts, nil for none.
	Elsewhere func(id string) (*Staff, error)
	By        string
	Now       time.Time
}

// CompareMuster sets every row beside what is on file, and whoever is on file
// beside the sheet.
func CompareMuster(id, digest string, rows []MusterRow, whole bool, f MusterFacts) (Muster, error) {
	m := Muster{ID: id, Digest: digest, Whole: whole}
	first := map[string]int{}
	named := map[string]bool{}
	for _, row := range rows {
		l, err := f.line(row)
		if err != nil {
			return m, err
		}
		if at := first[l.Staff]; at != 0 && l.Staff != "" {
			l = refusedLine(l, "staff", "人员编号与第 "+itoa(at)+" 行相同", "核对编号，删去重复的一行")
		} else if l.Staff != "" {
			first[l.Staff] = row.Number
		}
		if _, ours := f.Bodies[l.Form.Org]; ours {
			named[l.Form.Org] = true
		}
		m.Lines = append(m.Lines, l)
	}
	for _, s := range f.Accounts {
		if first[s.ID] == 0 && s.Closed(f.Now) == nil && (whole || named[s.Org]) {
			m.Missing = append(m.Missing, Absent{s.ID, s.Name, s.Org, s.Post})
		}
	}
	slices.SortFunc(m.Missing, func(a, b Absent) int { return strings.Compare(a.Staff, b.Staff) })
	return m, nil
}

func refusedLine(l MusterLine, field, what, cure string) MusterLine {
	l.Kind, l.What, l.Cure, l.Changes, l.Ask, l.Drop = MusterRefused, what, cure, nil, nil, nil
	if at := slices.Index(musterFields, field); at >= 0 {
		l.Column = MusterTitles[at]
	}
	return l
}

// refusedBy puts a noun's sentence into a line: its first part is the cause, the
// rest the cure.
func refusedBy(l MusterLine, err error) (MusterLine, error) {
	e, ok := asFault(err)
	if !ok || e.Kind == fault.Unavailable {
		return l, err
	}
	what, cure, _ := strings.Cut(strings.TrimSuffix(e.Sentence, "。"), "。")
	field := ""
	if len(e.Fields) > 0 {
		field = e.Fields[0].Name
	}
	if cure == "" {
		cure = "改正这一格后重新上传"
	}
	return refusedLine(l, field, what, cure), nil
}

// line reads one row and sets it beside what is on file.
func (f MusterFacts) line(row MusterRow) (MusterLine, error) {
	l, err := readMuster(row)
	if err != nil {
		return refusedBy(l, err)
	}
	body, ours := f.Bodies[l.Form.Org]
	switch {
	case l.Staff == "":
		return refusedLine(l, "staff", "没有人员编号", "新人员按顺序编号，变更的照原编号"), nil
	case !ours:
		return refusedLine(l, "org", "机构不在您的范围之内", "核对机构编号；别处的人员由那里的负责人报备"), nil
	}
	before, known := f.Accounts[l.Staff]
	account := &before
	if !known {
		if account, err = f.Elsewhere(l.Staff); err != nil {
			return l, err
		}
	}
	if known && l.Form.Starts.IsZero() && before.FiledOn != nil {
		l.Form.Starts = *before.FiledOn
	}
	for _, open := range f.Open[l.Staff] {
		if open.State == Filed && sameFiling(l.Form, open.Form) {
			l.Kind, l.Form = MusterWaiting, open.Form
			return l, nil
		}
	}
	if err := rolesFit(l.Form.Roles, body); err != nil {
		return refusedBy(l, err)
	}
	l.Ask, l.Drop = less(l.Form.Roles, f.Held[l.Staff]), less(f.Held[l.Staff], l.Form.Roles)
	if known && sameAccount(l.Form, before) {
		l.Kind = MusterSame
		return l, nil
	}
	filing, err := l.Form.File(l.Staff, account, f.Open[l.Staff], body, f.By, f.Now)
	if err != nil {
		return refusedBy(l, err)
	}
	l.Kind, l.Form = MusterNew, filing.Form
	if filing.Kind == FileChange {
		l.Kind, l.Changes = MusterChange, filing.changes(*account)
	}
	return l, nil
}

// sameAccount tells whether a row says of a person what the account says.
func sameAccount(f Form, s Staff) bool {
	return plainLine(f.Name) == s.Name && f.Org == s.Org && plainLine(f.Post) == s.Post && f.Phone == s.Phone && lastDay(f.Closes) == s.LastDay()
}

func sameFiling(f, filed Form) bool {
	roles := slices.Compact(slices.Sorted(slices.Values(f.Roles)))
	return plainLine(f.Name) == filed.Name && f.Org == filed.Org && plainLine(f.Post) == filed.Post && f.Phone == filed.Phone &&
		lastDay(f.Closes) == lastDay(filed.Closes) && slices.Equal(roles, filed.Roles)
}

func plainLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// less are the words of a list that another does not have.
func less(list, other []string) (rest []string) {
	for _, word := range list {
		if !slices.Contains(other, word) {
			rest = append(rest, word)
		}
	}
	return rest
}

// readMuster reads the cells of one row into a filing form.
func readMuster(row MusterRow) (MusterLine, error) {
	cell := func(field string) string { return row.Cells[slices.Index(musterFields, field)] }
	l := MusterLine{Row: row.Number, Staff: cell("staff"), Form: Form{Name: cell("name"), Org: cell("org"), Post: cell("post"),
		Phone: Phone(cell("phone")), Pledge: cell("pledge")}}
	for i, field := range musterFields {
		if row.Digits[i] && (field == "starts" || field == "ends" || field == "upward") {
			return l, fault.New(fault.Invalid, "日期是数字或日期格式，读不准。请把这一列设为文本，写作 2024-08-31 的样子。").At(field, "")
		}
	}
	var err error
	if l.Form.Roles, err = readRoles(cell("role")); err != nil {
		return l, err
	}
	if l.Form.Starts, err = ParseDay("starts", "任职起始日期", cell("starts")); err != nil {
		return l, err
	}
	ends, err := ParseDay("ends", "任职截止日期", cell("ends"))
	if err != nil {
		return l, err
	}
	if !ends.IsZero() {
		closes := ends.AddDate(0, 0, 1)
		l.Form.Closes = &closes
	}
	upward, err := ParseDay("upward", "向上报备的日期", cell("upward"))
	if !upward.IsZero() {
		l.Form.Upward = &upward
	}
	return l, err
}

// readRoles reads roles by word or code, separated by 、 or blanks.
func readRoles(text string) (roles []string, err error) {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("、，,;； 　", r) }) {
		found := ""
		for _, r := range policy.Roles() {
			if r.Known() && (word == r.Name() || word == string(r)) {
				found = string(r)
			}
		}
		if found == "" {
			return nil, fault.New(fault.Invalid, "角色不在清单之内。请写角色的名称，例如“区县审核人员”，几个之间用顿号隔开。").At("role", "")
		}
		roles = append(roles, found)
	}
	return roles, nil
}

// Count is how many rows came to a kind.
func (m Muster) Count(kind MusterKind) (n int) {
	for _, l := range m.Lines {
		if l.Kind == kind {
			n++
		}
	}
	return n
}

// ToFile are the rows that a filing would be made of.
func (m Muster) ToFile() (list []MusterLine) {
	for _, l := range m.Lines {
		if l.Kind == MusterNew || l.Kind == MusterChange {
			list = append(list, l)
		}
	}
	return list
}

// Choice says, for the text, what the lead decided about rows that are refused.
func (m Muster) Choice() string {
	if n := m.Count(MusterRefused); n > 0 {
		return "只报备合格的行，另有 " + itoa(n) + " 行没有报备"
	}
	return "全部"
}
