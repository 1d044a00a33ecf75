package registration

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// FieldChange is one value that a later sheet gives otherwise, as it is shown.
type FieldChange struct {
	Field string `json:"field"`
	Old   string `json:"old"`
	New   string `json:"new"`
	In    string `json:"-"` // of a value that Proposed gives: the change that says so
}

// SheetChange is what a later sheet says otherwise about a record that is there
// already (domain section 7). Of a record that nobody has taken up yet it
// changes the form, the old values kept here; from the school's review on it
// only proposes, and the school corrects by its own act (R18).
type SheetChange struct {
	ID, Application string // application/number
	FileDigest      string
	Fields          []FieldChange
	Applied         bool // the form was changed; otherwise a proposal
	By              string
	At              time.Time
}

// ChangeStep is one record's way through the import of a changed row.
type ChangeStep struct {
	Step
	Change SheetChange
	Said   Form   // the row as the sheet has it
	Mended Mended // but for these columns, which were typed on a page
}

// keyField is what a row has in common with the record that it is held against:
// the number of the national site. The person's own number may differ, which is a
// change of identity.
const keyField = "apply_no"

// identityFields say who the person is: that one of them changes is decided by
// itself, never among other changes.
var identityFields = map[string]bool{"person_name": true, "id_type": true, "id_number": true, "cert_number": true}

// OfIdentity reports whether a change says that the record is about somebody of
// another name or number.
func OfIdentity(fields []FieldChange) bool {
	return slices.ContainsFunc(fields, func(f FieldChange) bool { return identityFields[f.Field] })
}

// lastSheet is what sheets said of the record last, field by field: the form
// without the school's corrections, under what later sheets proposed.
func (a Application) lastSheet(made []Correction, changes []SheetChange) map[string]string {
	said := map[string]string{}
	for _, c := range Columns() {
		said[c.Field] = a.Form.plain(c.Field)
	}
	oldest := map[string]Correction{}
	for _, c := range made {
		if first, ok := oldest[c.Field]; !ok || c.At.Before(first.At) {
			oldest[c.Field] = c
		}
	}
	for field, c := range oldest {
		said[field] = c.Old
	}
	for _, change := range inTime(changes) {
		for _, f := range change.Fields {
			if !change.Applied {
				said[f.Field] = f.New
			}
		}
	}
	return said
}

// inTime gives changes from the oldest on.
func inTime(changes []SheetChange) []SheetChange {
	list := append([]SheetChange{}, changes...)
	for i := range list {
		for j := i; j > 0 && list[j].At.Before(list[j-1].At); j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
	return list
}

// Otherwise is what a form of a later sheet says otherwise than the last one
// did: nothing for the same sheet again, whatever was corrected since. Old is
// the record's own value as it stands.
func (a Application) Otherwise(f Form, made []Correction, changes []SheetChange) []FieldChange {
	said := a.lastSheet(made, changes)
	var list []FieldChange
	for _, c := range Columns() {
		if v := f.plain(c.Field); v != said[c.Field] && c.Field != keyField {
			list = append(list, FieldChange{Field: c.Field, Old: a.Form.plain(c.Field), New: v})
		}
	}
	return list
}

// TakesChange says how a changed row of a later sheet reaches the record: at
// once while nobody has taken it up, as a proposal from the review on. The
// error is why it does not reach it at all.
func (a Application) TakesChange(f Form) (atOnce bool, err error) {
	if f.SchoolCode != a.School {
		return false, fault.New(fault.Conflict, "申请 %s 在另一所学校，改学校不能随表更改。请由现在的学校撤回之后，再由新学校导入。", a.ID)
	}
	switch a.State {
	case NotAccepted, Withdrawn:
		return false, fault.New(fault.Conflict, "申请 %s 的状态是“%s”，表里的改动不再收。", a.ID, a.State.Word())
	case Imported, Waiting, Overdue:
		return true, nil
	}
	return false, nil
}

// Advances reports whether a row that would come in there now takes the record
// further, though it says nothing else: the window of an overdue one was amended,
// the school of a waiting one has its licence (R14, R02).
func (a Application) Advances(to State) bool {
	return a.State == Overdue && (to == Imported || to == Waiting) || a.State == Waiting && to == Imported
}

// Change takes a changed row in. state is where a row like this would come in
// now; early are the acts that let renewals in before they are due.
func (a Application) Change(number, digest string, f Form, state State, fields []FieldChange, by Person, j Judge, early Released, now time.Time) (ChangeStep, error) {
	step := ChangeStep{Step: Step{Before: a, After: a}, Said: f}
	atOnce, err := a.TakesChange(f)
	if err != nil {
		return step, err
	}
	if len(fields) == 0 && !a.Advances(state) {
		return step, fault.New(fault.Conflict, "申请 %s 与表里的这一行已经相同，没有要改的。请重新试读这份文件。", a.ID)
	}
	step.Change = SheetChange{ID: a.ID + "/" + number, Application: a.ID, FileDigest: digest, Fields: fields, Applied: atOnce, By: by.Staff, At: now.In(Shanghai).Truncate(time.Millisecond)}
	if !atOnce {
		return step, nil
	}
	next := a
	next.Form, next.State, next.Early = f, state, Early{}
	next.Class, next.RegKind, next.Findings, next.Outcome = "", "", nil, ""
	if next, err = next.LetIn(early); err != nil {
		return step, err
	}
	if state == Imported {
		if next, err = j.Of(next); err != nil {
			return step, err
		}
	}
	step.After = next.stamp(now)
	return step, nil
}

// Proposed are the values that later sheets propose and the school has not
// answered: not taken over, and no review sealed since.
func (a Application) Proposed(changes []SheetChange, reviews []Review) []FieldChange {
	open := map[string]FieldChange{}
	for _, change := range inTime(changes) {
		answered := change.Applied
		for _, r := range reviews {
			answered = answered || !r.At.Before(change.At)
		}
		for _, f := range change.Fields {
			if delete(open, f.Field); !answered && f.New != a.Form.plain(f.Field) {
				open[f.Field] = FieldChange{f.Field, a.Form.plain(f.Field), f.New, change.ID}
			}
		}
	}
	var list []FieldChange
	for _, c := range Columns() {
		if f, ok := open[c.Field]; ok {
			list = append(list, f)
		}
	}
	return list
}

// words of a change as a text may hold them: of numbers the last four.
func (f FieldChange) words() string {
	if numberFields[f.Field] {
		return HeaderOf(f.Field) + "：" + orNone(Masked(f.Field, f.Old)) + " → " + orNone(Masked(f.Field, f.New)) + "，号码不同（不列号码）"
	}
	return HeaderOf(f.Field) + "：" + cell(orNone(f.Old)) + " → " + cell(orNone(f.New))
}

// Way is how the change reaches the record, in a word.
func (c SheetChange) Way() string {
	way := "更正建议"
	if c.Applied {
		way = "直接更改"
	}
	if OfIdentity(c.Fields) {
		way = "身份变更，" + way
	}
	return way
}

// whole is the form as one text with its numbers, for a keyed digest alone.
func (f Form) whole() string {
	return f.shownForm() + "\n" + f.IDNumber.Plain() + "\n" + f.CertNumber.Plain()
}

// ChangeStatement is the text of the changed rows of one sheet. Beside what each
// record was it holds what the row says, whole, by a keyed digest: the numbers
// could be found from another one by trying. So a row that is exchanged after it
// was shown gives another text.
func ChangeStatement(h seal.Header, year int, digest string, steps []ChangeStep, salts [][16]byte, keyed func(string) string) (seal.Statement, error) {
	plain := make([]Step, len(steps))
	ways, identity, typed := map[bool]int{}, 0, 0
	for i, s := range steps {
		plain[i] = s.Step
		ways[s.Change.Applied]++
		if OfIdentity(s.Change.Fields) {
			identity++
		}
		if len(s.Mended.Fields) > 0 {
			typed++
		}
	}
	if err := stepsFit("更改", plain); err != nil {
		return seal.Statement{}, err
	}
	at := 0
	rows, err := annex([]string{"姓名", "学校", "现在的状态", "处置", "改动", mendedColumn, "内容摘要", "新内容索引"}, plain, salts, func(s Step) []string {
		change, said, mended := steps[at].Change, steps[at].Said, steps[at].Mended
		at++
		words := make([]string, len(change.Fields))
		for i, f := range change.Fields {
			words[i] = f.words()
		}
		if s.After.State != s.Before.State {
			words = append(words, "状态："+s.Before.State.Word()+" → "+s.After.State.Word())
		}
		return []string{cell(s.Before.Form.PersonName), schoolWords(s.Before), s.Before.State.Word(), change.Way(), strings.Join(words, "｜"), orNone(mended.Words()), s.Before.Fingerprint(), keyed(said.whole())}
	})
	if err != nil {
		return seal.Statement{}, err
	}
	return finish(seal.ImportChange, h, []seal.Field{yearLine(year), field("文件摘要", digest),
		field("行数合计", fmt.Sprintf("改动 %d 行，其中直接更改 %d、更正建议 %d；身份变更 %d 行；页面更改 %d 行", len(steps), ways[true], ways[false], identity, typed))}, rows)
}
