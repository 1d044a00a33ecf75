// Package disclosure holds the rules by which data about people is shown beyond
// what a duty needs every day (domain section 9, R60): the look at a whole number,
// and that no number stands in a text where nobody looks for one. It is pure: who
// may look where is the policy's, that nothing is shown before the entry stands is
// the store's.
package disclosure

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// Look is one person's look at whole numbers of one record (R60). The reason is
// kept encrypted; the log's entry covers it by a salted digest.
type Look struct {
	ID      string // of the entry that it is
	Subject string // application/2024-341021-000123, staff/U00031
	Fields  []string
	Reason  string
	By      string
	At      time.Time
}

// fields are the numbers that a kind of record has, in the order of a page.
var fields = map[string][]string{"application": {"id_number", "cert_number"}, "staff": {"phone"}}

var words = map[string]string{"id_number": "身份证件号码", "cert_number": "教师资格证书号码", "phone": "手机号"}

// FieldsOf are the numbers of a kind of record.
func FieldsOf(kind string) []string { return slices.Clone(fields[kind]) }

// Word is a field in the words of the pages.
func Word(field string) string { return words[field] }

// HourLimit is how many looks a person has in any 60 minutes; who needs more
// shares the work, and stands on the officers' pages long before (DayMark).
const HourLimit = 60

// DayMark is how many looks in a day make a person stand out to the officers.
const DayMark = 50

// Reasons have at least two words of sense and fit on a page.
const (
	minReason = 4
	maxReason = 200
)

// Ask judges a look before it becomes an entry; earlier are those of the person in
// the Hours around now, of which the last 60 minutes count.
func Ask(id, subject string, asked []string, reason, by string, earlier []Look, now time.Time) (Look, error) {
	l := Look{ID: id, Subject: subject, Reason: strings.TrimSpace(reason), By: by, At: now}
	kind, _, _ := strings.Cut(subject, "/")
	for _, f := range fields[kind] {
		if slices.Contains(asked, f) {
			l.Fields = append(l.Fields, f)
		}
	}
	if len(l.Fields) == 0 || len(l.Fields) != len(asked) {
		return l, fault.New(fault.Invalid, "没有选要查看的号码。请选择要查看哪一个完整号码（R60）。").At("number", "请选择号码。")
	}
	switch n := utf8.RuneCountInString(l.Reason); {
	case n < minReason:
		return l, fault.New(fault.Invalid, "查看完整号码须写明理由，不少于 %d 个字，例如“与身份证原件逐位核对”（R60）。号码没有显示。", minReason).At("look_reason", "请写明查看的理由。")
	case n > maxReason:
		return l, fault.New(fault.Invalid, "查看的理由最多 %d 个字，请写得短一些（R60）。号码没有显示。", maxReason).At("look_reason", "最多 %d 个字。", maxReason)
	case seal.CheckValue(l.Reason) != nil:
		return l, fault.New(fault.Invalid, "查看的理由应写成一行，里面有换行或不能使用的字符，请改正后再提交（R60）。号码没有显示。").At("look_reason", "请写成一行。")
	}
	if err := NumberFree("look_reason", "查看的理由", l.Reason); err != nil {
		return l, err
	}
	return l, room(earlier, now)
}

// room refuses a look beyond the limit. A portal whose clock runs ahead leaves
// looks that are yet to come for this one: they count.
func room(earlier []Look, now time.Time) error {
	var lately []time.Time
	for _, l := range earlier {
		if l.At.After(now.Add(-time.Hour)) {
			lately = append(lately, l.At)
		}
	}
	if len(lately) < HourLimit {
		return nil
	}
	slices.SortFunc(lately, time.Time.Compare)
	free := lately[len(lately)-HourLimit].Add(time.Hour + time.Minute - 1)
	return fault.New(fault.Closed, "最近 60 分钟内您已经查看完整号码 %d 次，到了上限（R60），号码没有显示。请 %s 以后再看，或请另一位经办人查看。", len(lately), free.In(zone).Format("15:04"))
}

// Words names the fields of a look for its entry and its pages.
func (l Look) Words() string {
	list := make([]string, len(l.Fields))
	for i, f := range l.Fields {
		list[i] = words[f]
	}
	return strings.Join(list, "、")
}

// zone of days and hours, as of every window.
var zone = time.FixedZone("Asia/Shanghai", 8*60*60)

// HourOf names the hour of a person under which a look is kept.
func HourOf(by string, at time.Time) string {
	return fmt.Sprintf("%s/%s", by, at.In(zone).Format("2006-01-02T15"))
}

// Hours are those that may hold a look of the 60 minutes up to now, also one of a
// portal whose clock runs ahead.
func Hours(by string, now time.Time) []string {
	return []string{HourOf(by, now.Add(-time.Hour)), HourOf(by, now), HourOf(by, now.Add(time.Hour))}
}
