package registration

import "time"

// CheckCorrection says whether a correction could be made, while it is only
// being typed: the same rules as at the review (R18), but for those that hold two
// fields against each other, of which the other may be corrected yet.
func (a Application) CheckCorrection(k Correction, now time.Time) error {
	next, _, err := a.corrected(Person{}, []Correction{k}, now)
	if err != nil {
		return err
	}
	if next, err = next.stillLetIn(a); err != nil {
		return err
	}
	return next.mayBear(k.Field, DateOf(now))
}

// Preview is the record as the rules would see it with the corrections of a
// draft: what findings a reviewer will have to answer.
func (a Application) Preview(list []Correction, j Judge, now time.Time) (Application, error) {
	next, _, err := a.corrected(Person{}, list, now)
	if err != nil {
		return a, err
	}
	return j.Of(next)
}
