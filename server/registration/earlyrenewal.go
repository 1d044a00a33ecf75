package registration

import (
	"fmt"
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/server/disclosure"
	"sealdesk/server/internal/fault"
)

// EarlyRenewal lets one teacher's application be taken in although the last
// registration runs past the plan year (R05). The system derives the kind of
// registration and refuses what is not due; a county auditor overrides that for
// one application, with a reason and a lead's second signature (R50).
//
// It names the application as the sheet does, before there is a record of it,
// and holds for exactly what the two people read: another person, name, school,
// number or validity in a later sheet is refused as before. One that names no
// person lets nobody in.
type EarlyRenewal struct {
	ID                          string // year/school/number
	Year                        int
	School, ApplyNo, PersonName string
	Person                      string // keyed index of the ID number, lower-case hex
	ValidTo                     Date
	Reason, By, Second          string
	At                          time.Time
	Entry                       int64 // the log's number of the act; comes with the row
}

// Early is what a record keeps of the act by which it was let in before it was
// due: the log's number and the validity that was let pass. Zero for all others.
type Early struct {
	Entry   int64
	ValidTo Date
}

// IsZero reports that the record came in by the rule.
func (e Early) IsZero() bool { return e == Early{} }

// Words name the act beside the kind of registration.
func (e Early) Words() string {
	if e.IsZero() {
		return ""
	}
	return fmt.Sprintf("（有效期至 %s，未到期，R05 放行记为第 %d 号）", e.ValidTo, e.Entry)
}

// Due reports whether a renewal may be asked for in the plan year: the last
// registration ends by 31 December (R05).
func (f Form) Due(year int) bool {
	return f.LastValidTo == nil || !f.LastValidTo.After(Date{year, time.December, 31})
}

// due reports whether the record may be registered this year: it is due, or two
// people let just this validity pass (R05).
func (a Application) due() bool {
	return a.Form.Due(a.Year) || !a.Early.IsZero() && a.Early.ValidTo == *a.Form.LastValidTo
}

// stillLetIn holds corrections against the act that let the record in before it
// was due: another person is not let in by it, and one that turns out to be due
// needs it no more.
func (a Application) stillLetIn(was Application) (Application, error) {
	switch {
	case a.Early.IsZero():
	case a.Form.Due(a.Year):
		a.Early = Early{}
	case a.Form.PersonName != was.Form.PersonName || a.Form.IDNumber != was.Form.IDNumber:
		return a, fault.New(fault.Invalid, "申请 %s 是凭未到期放行（第 %d 号，R05）收下的，放行只对当时的姓名和证件号码有效，审查时不能更正这两项。确有错的，请本人书面申请撤回，重新申报后另行放行。",
			a.ID, a.Early.Entry)
	}
	return a, nil
}

// Lets reports whether this act is about the form of the person with that index.
func (e EarlyRenewal) Lets(f Form, person string, year int) bool {
	return f.LastValidTo != nil && e.Year == year && e.School == f.SchoolCode && e.ApplyNo == f.ApplyNo &&
		e.PersonName == f.PersonName && e.Person != "" && e.Person == person && e.ValidTo == *f.LastValidTo
}

// Released are acts that let renewals in before they are due, with the keyed
// index that tells whom each is about: it is the store's, and so is its key. The
// zero Released lets nobody in.
type Released struct {
	Acts  []EarlyRenewal
	Index func(Number) string
}

// Lets finds the act that lets a form in.
func (r Released) Lets(f Form, year int) (Early, bool) {
	if len(r.Acts) == 0 || r.Index == nil {
		return Early{}, false
	}
	return r.find(f, r.Index(f.IDNumber), year)
}

func (r Released) find(f Form, person string, year int) (Early, bool) {
	for _, e := range r.Acts {
		if e.Lets(f, person, year) {
			return Early{Entry: e.Entry, ValidTo: e.ValidTo}, true
		}
	}
	return Early{}, false
}

// LetIn gives a new record the act that lets it in, if its form is not due, and
// refuses it when there is none.
func (a Application) LetIn(released Released) (Application, error) {
	if a.Form.Due(a.Year) {
		return a, nil
	}
	early, ok := released.Lets(a.Form, a.Year)
	if !ok {
		return a, a.notDue()
	}
	a.Early = early
	return a, nil
}

// notDue is the refusal of R05.
func (a Application) notDue() error {
	return fault.New(fault.Invalid, "申请 %s 上次注册有效期至 %s，%d 年度没有到期，不用办理。请核对上次注册有效期止，期满年度再申请；确有理由提前的，由审核人员和负责人两人放行（R05）。",
		a.ID, *a.Form.LastValidTo, a.Year).At("last_valid_to", "有效期尚未届满。")
}

// AllowEarly is the act of auditor and lead over a kept row whose only fault is
// that it is not due. person is the keyed index of the row's ID number, which the
// form that the two read need not hold; known are the acts about the same school.
func AllowEarly(number string, year int, f Form, person string, by, lead Person, reason string, known Released, issued time.Time) (EarlyRenewal, error) {
	e := EarlyRenewal{ID: fmt.Sprintf("%d/%s/%s", year, f.SchoolCode, number), Year: year, School: f.SchoolCode, ApplyNo: f.ApplyNo, PersonName: f.PersonName,
		Person: person, By: by.Staff, Second: lead.Staff, At: issued}
	reason, err := EarlyReason(reason)
	switch {
	case f.Due(year):
		return e, fault.New(fault.Invalid, "这一行的上次注册有效期在 %d 年底以前届满，按规定办理即可，不用放行。", year)
	case err != nil:
		return e, err
	case lead.Staff == by.Staff:
		return e, fault.New(fault.Forbidden, "未到期放行须由审核人员和另一位负责人两人签署。请另选一位负责人。").At("confirmer", "请另选一位。")
	case strings.TrimSpace(f.ApplyNo) == "" || f.SchoolCode == "" || person == "":
		return e, fault.New(fault.Invalid, "这一行缺申请编号、学校代码或证件号码，不能放行。请学校先补齐。")
	}
	for _, who := range []Person{by, lead} {
		if err := (Application{ID: f.ApplyNo, Year: year, School: f.SchoolCode, Form: f}).NotOf(who); err != nil {
			return e, err
		}
	}
	if early, ok := known.find(f, person, year); ok {
		return e, fault.New(fault.Conflict, "这份申请已经放行，记为第 %d 号，不用再办。请学校或导入的人再核对这一行。", early.Entry)
	}
	e.ValidTo, e.Reason = *f.LastValidTo, reason
	return e, nil
}

// EarlyReason makes the reason one line without a number of a person in it.
func EarlyReason(typed string) (string, error) {
	const label = "放行的理由"
	line, err := OneLine(label, typed)
	if err != nil {
		return "", err
	}
	return line, disclosure.NumberFree(label, label, line)
}

// EarlyRenewalStatement is the text that auditor and lead sign.
func EarlyRenewalStatement(h seal.Header, e EarlyRenewal, school string) (seal.Statement, error) {
	return finish(seal.EarlyRenewal, h, []seal.Field{yearLine(e.Year), field("申请人", cell(e.PersonName)), field("学校", cell(school)+"（"+e.School+"）"),
		field("申请编号", cell(e.ApplyNo)), field("证件号码索引", e.Person), field("上次注册有效期至", e.ValidTo.String()), field("理由", e.Reason)}, seal.Annex{})
}
