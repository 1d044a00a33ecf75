package registration

import (
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"

	"sealdesk/server/internal/fault"
)

// Part is what a person did on a record. Nobody has two parts on one record,
// in whatever round and under whatever role (domain section 4).
type Part string

// The parts of this stretch of the journey.
const (
	PartReviewer  Part = "reviewer"
	PartSender    Part = "sender"
	PartAuditor   Part = "auditor"
	PartConfirmer Part = "confirmer"
)

// partNames are the words people read.
var partNames = map[Part]string{
	PartReviewer:  "学校审查",
	PartSender:    "学校上报",
	PartAuditor:   "审核",
	PartConfirmer: "复签",
}

// Deed is one person's part on one record.
type Deed struct {
	Part  Part
	Staff string
}

// Deeds are all parts that were ever played on a record, oldest first, each
// once. A return does not empty them.
type Deeds []Deed

// String is the stored form: part:staff, separated by spaces.
func (d Deeds) String() string {
	words := make([]string, len(d))
	for i, deed := range d {
		words[i] = string(deed.Part) + ":" + deed.Staff
	}
	return strings.Join(words, " ")
}

// ParseDeeds reads what String wrote and refuses anything else.
func ParseDeeds(text string) (Deeds, error) {
	if text == "" {
		return nil, nil
	}
	var d Deeds
	for _, word := range strings.Split(text, " ") {
		part, staff, ok := strings.Cut(word, ":")
		if _, known := partNames[Part(part)]; !ok || !known || staff == "" || strings.Contains(staff, ":") {
			return nil, fmt.Errorf("deeds: %d words, one is not part:staff", len(strings.Split(text, " ")))
		}
		d = append(d, Deed{Part(part), staff})
	}
	return d, nil
}

// Add returns the deeds with one more, unless it is there already.
func (d Deeds) Add(part Part, staff string) Deeds {
	for _, deed := range d {
		if deed == (Deed{part, staff}) {
			return d
		}
	}
	return append(append(Deeds{}, d...), Deed{part, staff})
}

// Other tells in which other part the person already acted on the record.
func (d Deeds) Other(part Part, staff string) (Part, bool) {
	for _, deed := range d {
		if deed.Staff == staff && deed.Part != part {
			return deed.Part, true
		}
	}
	return "", false
}

// Person is who acts: number, name, and the body of the appointment he acts by.
type Person struct {
	Staff, Name, Org string
	Relatives        []Relative // as the person declared them (R15)
}

// mayTake says whether the person may take a part in the record (R15, R22,
// section 4): it is not his own, and he has no other part in it. Staff have no
// identity number in the system, so his own is what bears his name in his own
// school; a namesake's record goes to another handler as well, since a wrong
// refusal costs a walk and a wrong admission costs the conclusion.
func (a Application) mayTake(part Part, by Person) error {
	if err := a.NotOf(by); err != nil {
		return err
	}
	if other, acted := a.Deeds.Other(part, by.Staff); acted {
		return fault.New(fault.Forbidden, "申请 %s 的%s是您办的，同一份申请的%s须由另一个人办理（退回重办也一样）。", a.ID, partNames[other], partNames[part])
	}
	return nil
}

// NotOf refuses a person's own record and a declared relative's (R15), whatever is
// to be done with it, looking at its numbers too.
func (a Application) NotOf(by Person) error {
	if by.Staff == "" {
		return fault.New(fault.Forbidden, "不知道是谁在办理，请重新登录后再办。")
	}
	if by.Org == a.School && sameName(by.Name, a.Form.PersonName) {
		return fault.New(fault.Forbidden, "申请 %s 的姓名和学校与您相同，不能确认不是您本人的申请；任何人不得办理自己的申请。请由本校另一位已备案的人员办理。", a.ID)
	}
	if by.related(a) {
		return fault.New(fault.Forbidden, "申请 %s 是您申报过的亲属的申请，须回避，不能由您办理。请由另一位同事办理。", a.ID)
	}
	return nil
}

// sameName compares names as people read them: without the signs that
// keyboards spell differently.
func sameName(a, b string) bool {
	plain := strings.NewReplacer(" ", "", "\u3000", "", "·", "", "•", "", "‧", "", "・", "", "･", "", "⋅", "")
	a, b = plain.Replace(norm.NFC.String(a)), plain.Replace(norm.NFC.String(b))
	return a != "" && a == b
}
