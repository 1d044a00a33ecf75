package registration

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Fingerprint is a short digest of all that a record is judged by: the form,
// class, findings, state, round, who acted, conclusions and reasons, and the
// moment of its last change. It stands in statements, so that a record which
// changed after it was viewed gives another text.
//
// The numbers of the identity document and of the certificate are left out:
// the digest is read by people who may not see them, and all the rest known,
// they could be found by trying. A correction of them moves the record's last
// change, and the log's keyed state digest covers them.
func (a Application) Fingerprint() string {
	b := make([]byte, 0, 4096)
	put := func(name string, values ...string) {
		b = append(b, name...)
		for _, v := range values { // each with its length, so that no value can pass for two
			b = strconv.AppendInt(append(b, ' '), int64(len(v)), 10)
			b = append(append(b, ':'), v...)
		}
		b = append(b, '\n')
	}
	put("record", a.ID, strconv.Itoa(a.Year), a.Unit, a.School, a.Path, a.ImportID)
	put("state", string(a.State), strconv.Itoa(a.Round), a.Deeds.String(), a.Reviewer, a.Sender, a.Auditor, a.Confirmer)
	put("judged", a.Class, a.RegKind, string(a.Outcome), a.Pack)
	for _, f := range a.Findings {
		put("finding", f.Rule, string(f.Class), f.Sentence, f.Clause)
	}
	put("school", string(a.SchoolConclusion), a.SchoolReason)
	put("county", string(a.Conclusion), a.ConclusionRules, a.Reason, a.ReturnReason)
	put("held", string(a.HeldFrom), a.HoldCase, a.HoldReason)
	put("withdrawn", a.Withdrawal.Reason, a.Withdrawal.Page, a.Withdrawal.Scan)
	if !a.Early.IsZero() {
		put("early", strconv.FormatInt(a.Early.Entry, 10), a.Early.ValidTo.String())
	}
	put("form", a.Form.shownForm())
	put("changed", moment(a.UpdatedAt))
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// shownForm is the form as one text, without the two numbers, its moment in
// one zone: the same row gives the same bytes from whatever database it came.
func (f Form) shownForm() string {
	f.IDNumber, f.CertNumber = "", ""
	if !f.AppliedAt.IsZero() {
		f.AppliedAt = f.AppliedAt.In(Shanghai).Truncate(time.Millisecond)
	}
	text, err := json.Marshal(f)
	if err != nil { // only a year beyond 9999 could do that
		return "invalid"
	}
	return string(text)
}

// fingerprint of a review: what was compared, explained, answered, corrected.
func (s Step) reviewFingerprint() string {
	h := sha256.New()
	for _, c := range Columns()[1:24] {
		fmt.Fprintf(h, "%s=%q=%q\n", c.Field, s.Review.Compared[c.Field], s.Review.Explained[c.Field])
	}
	for _, f := range s.After.Findings {
		fmt.Fprintf(h, "%s=%q\n", f.Rule, s.Review.Answers[f.Rule])
	}
	for _, c := range s.Corrections {
		old, new := c.Old, c.New
		if numberFields[c.Field] {
			old, new = "", ""
		}
		fmt.Fprintf(h, "%s=%q=%q=%q=%q=%t\n", c.Field, old, new, c.Reason, c.Evidence, c.MendedAtSource)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// moment is a time as a digest takes it: milliseconds, one zone, or nothing.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}
