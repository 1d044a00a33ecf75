package registration

import (
	"fmt"
	"strings"
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
