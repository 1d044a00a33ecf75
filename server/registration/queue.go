package registration

import (
	"cmp"
	"slices"
	"time"

	"sealdesk/policy"
)

// Counts are the figures of one body that the home page starts from.
type Counts struct {
	ByState   map[State]int
	ToSign    int // acts of several people that wait for this very person
	Unsettled int // of a school: records in scope without a school conclusion
}

// Due is one line of what waits: what to do, how many, behind which door.
type Due struct {
	Act    policy.Act
	What   string
	Count  int
	Opens  time.Time // zero when no door stands before it
	Until  time.Time
	Closed bool // the door has closed: it is overdue and somebody must reopen
	Early  bool // the door has not opened yet
}

// task is one kind of waiting work of a role.
type task struct {
	role  []policy.Role
	state []State // counted together; none means acts to sign
	act   policy.Act
	stage string
	what  string
}

var tasks = []task{
	{[]policy.Role{policy.SC}, []State{Imported}, policy.Accept, StageSchoolReview, "受理"},
	{[]policy.Role{policy.SC}, []State{InReview}, policy.Review, StageSchoolReview, "学校审查"},
	{[]policy.Role{policy.SC}, []State{ReturnedSchool}, policy.Review, StageAudit, "退回重审"},
	{[]policy.Role{policy.SH}, nil, policy.CountersignNotAccept, StageSchoolReview, "复签不予受理、撤回"},
	{[]policy.Role{policy.SH}, []State{Reviewed}, policy.Send, StageSchoolReview, "上报"},
	{[]policy.Role{policy.CA, policy.MD}, []State{AtCounty}, policy.Conclude, StageAudit, "给出注册结论"},
	{[]policy.Role{policy.CL, policy.ML}, nil, policy.Confirm, StageAudit, "复签注册结论"},
	{[]policy.Role{policy.CL, policy.ML}, []State{Waiting}, policy.SetLicence, StageSchoolReview, "登记办学许可"},
	{[]policy.Role{policy.CL, policy.ML}, []State{Held}, policy.Release, "", "查清后恢复暂停办理的申请"},
}

// Queue tells what waits for a role in a body of the unit, the nearest deadline
// first, what is overdue before all. Roles without business see none.
func Queue(role policy.Role, unit string, year int, counts Counts, c Calendar, now time.Time) []Due {
	var list []Due
	for _, t := range tasks {
		if !slices.Contains(t.role, role) {
			continue
		}
		n := counts.ToSign
		if t.state != nil {
			n = 0
			for _, s := range t.state {
				n += counts.ByState[s]
			}
		}
		if n == 0 {
			continue
		}
		d := Due{Act: t.act, What: t.what, Count: n}
		if t.act == policy.Send && counts.Unsettled > 0 {
			d.What = "上报（还有申请没有审查完）"
		}
		if w, ok := c.Window(year, unit, t.stage); ok {
			d.Opens, d.Until = w.Opens, w.Closes
			d.Closed, d.Early = !now.Before(w.Closes), now.Before(w.Opens)
		}
		list = append(list, d)
	}
	slices.SortStableFunc(list, func(a, b Due) int {
		if a.Closed != b.Closed {
			if a.Closed {
				return -1
			}
			return 1
		}
		if a.Until.IsZero() != b.Until.IsZero() { // no deadline comes last
			if b.Until.IsZero() {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Until.UnixNano(), b.Until.UnixNano())
	})
	return list
}
