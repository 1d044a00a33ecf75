package registration

import (
	"fmt"
	"strconv"
	"strings"

	"sealdesk/server/internal/fault"
)

// RecordID is a record's number: plan year, the unit that took it in, a
// running number. It names nobody and stays when a school moves.
func RecordID(year int, unit string, n int) string { return fmt.Sprintf("%04d-%s-%06d", year, unit, n) }

// ParseRecordID takes a number apart; a unit may hold a hyphen (341000-SZ).
func ParseRecordID(id string) (year int, unit string, n int, err error) {
	bad := fault.New(fault.Invalid, "申请编号应写作 2024-341021-000123 的样子，请核对。")
	first, last := strings.Index(id, "-"), strings.LastIndex(id, "-")
	if first != 4 || last <= first+1 {
		return 0, "", 0, bad
	}
	year, err = strconv.Atoi(id[:first])
	if err != nil || year < 2000 {
		return 0, "", 0, bad
	}
	unit = id[first+1 : last]
	n, err = strconv.Atoi(id[last+1:])
	if err != nil || n < 1 || RecordID(year, unit, n) != id || strings.Trim(unit, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
		return 0, "", 0, bad
	}
	return year, unit, n, nil
}

// Word is the state on a page.
func (s State) Word() string {
	switch s {
	case Waiting:
		return "待登记办学许可"
	case Overdue:
		return "逾期报名"
	case Imported:
		return "已导入，待受理"
	case NotAccepted:
		return "不予受理"
	case InReview:
		return "学校审查中"
	case Reviewed:
		return "已审查，待上报"
	case AtCounty:
		return "待审核"
	case ReturnedSchool:
		return "已退回学校"
	case Concluded:
		return "已有结论"
	case Withdrawn:
		return "已撤回"
	case Held:
		return "暂停办理"
	}
	return "状态不明"
}

// Word is the conclusion in the notice's words.
func (c Conclusion) Word() string {
	switch c {
	case Registered:
		return "注册合格"
	case Deferred:
		return "暂缓注册"
	case Failed:
		return "注册不合格"
	}
	return ""
}

// Adverse reports the two that are signed one by one (R24).
func (c Conclusion) Adverse() bool { return c == Deferred || c == Failed }

// ScopeWord names a class of notice one for a page.
func ScopeWord(class string) string {
	switch class {
	case "S1":
		return "对象类别 S1（公办在编，或经批准聘用）"
	case "S2":
		return "对象类别 S2（民办聘用）"
	case "S3":
		return "对象类别 S3（暂缓后已达到条件）"
	}
	return ""
}

// kindWord is the kind of registration in the notice's words.
func kindWord(kind string) string {
	switch kind {
	case "first":
		return "首次注册"
	case "renewal":
		return "定期注册"
	}
	return ""
}
