package org

import (
	"io"
	"slices"
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
)

// Sheet is the responsibility sheet (安全主体责任书) of one body for one plan
// year, signed by the head who answers for it (R55).
type Sheet struct {
	Year      int
	Org, Head string
	Paper     string // number of a sheet on paper, signed before this register began; empty when it was sealed here
	At        time.Time
	Entry     int64 // the log's number of the signature; comes with the row
}

// ID is the sheet's own, of a head for a body and year. A head who was removed
// and appointed again, or whose post ended and who was filed again, signs it again: the log keeps both signatures.
func (s Sheet) ID() string { return itoa(s.Year) + "/" + s.Org + "/" + s.Head }

// How is how the sheet was signed, in words.
func (s Sheet) How() string {
	if s.Paper != "" {
		return "纸质，" + s.Paper
	}
	return "本人钥匙签署"
}

// SheetLines are what the head answers for.
var SheetLines = []string{
	"对本机构教师资格定期注册工作的网络安全和数据安全负主体责任，责任人为签署人",
	"使用人员先备案、先培训、先签承诺书，再使用系统；离岗当日关闭账户，交还钥匙和介质",
	"每把 USBKey 钥匙、每件存储介质都指定一名责任人，每年盘点",
	"不向公众透露系统网址和操作手册，不向第三方透露和提供教师资格数据",
	"发现遗失、泄露等安全事件立即报告，配合处置，留存记录",
	"每年落实值班、双人办理和印章管理制度，并复核一次",
}

// HeadRole is the role of the person who heads a body of this kind: the head
// of a school, the lead of a county, the city lead for the city and for 市直.
func HeadRole(kind string) policy.Role {
	switch kind {
	case City, CityRun:
		return policy.ML
	case County:
		return policy.CL
	}
	return policy.SH
}

// HeadAt is the body in which that role is held: 市直 has none of its own, the
// city lead heads it from the city.
func (o Organisation) HeadAt() string {
	if o.Kind == CityRun {
		return o.Parent
	}
	return o.ID
}

// Head is somebody who heads a body, and since which entry of the log: that of
// the present appointment, not of an earlier one, or of the filing that opened the
// account again since (Renewed).
type Head struct {
	Staff
	Since int64
}

// Headship is who heads a body now, and the sheets of one year that were
// signed for it.
type Headship struct {
	Year   int
	Body   Organisation
	Heads  []Head
	Sheets []Sheet
}

// headed reports whether somebody heads the body now.
func (h Headship) headed(by string) bool {
	return slices.ContainsFunc(h.Heads, func(s Head) bool { return s.ID == by })
}

// stands reports whether a sheet is of this year and body and was signed under
// the appointment that its signer has now. What the register began with came in
// one entry, the heads and the sheets that they had signed on paper.
func (h Headship) stands(s Sheet) bool {
	return s.Year == h.Year && s.Org == h.Body.ID &&
		slices.ContainsFunc(h.Heads, func(head Head) bool { return head.ID == s.Head && head.Since <= s.Entry })
}

// Signed is the sheet that stands. Who heads a body after another, or once more
// after having been removed or after the post had ended, signs anew.
func (h Headship) Signed() (Sheet, bool) {
	if i := slices.IndexFunc(h.Sheets, h.stands); i >= 0 {
		return h.Sheets[i], true
	}
	return Sheet{}, false
}

// Former are those whose sheets of this year stand no more, by number: who heads
// the body no more, and who heads it again, appointed or filed anew.
func (h Headship) Former() (gone, again []string) {
	for _, s := range h.Sheets {
		switch {
		case s.Year != h.Year || s.Org != h.Body.ID || h.stands(s):
		case h.headed(s.Head):
			again = append(again, s.Head)
		default:
			gone = append(gone, s.Head)
		}
	}
	return gone, again
}

// MayAct refuses business to everybody of a body whose head has not signed the
// year's sheet: they may read (R55).
func (h Headship) MayAct() error {
	if _, ok := h.Signed(); ok {
		return nil
	}
	changed := ""
	gone, again := h.Former()
	if len(gone) > 0 {
		changed = "，原负责人 " + strings.Join(gone, "、") + " 签的随其离任失效"
	}
	if len(again) > 0 {
		changed += "，" + strings.Join(again, "、") + " 以前任职时签的已随免职或岗位到期失效，重新任命或重新备案后要重新签"
	}
	return fault.New(fault.Forbidden, "%s %d 年度的安全主体责任书还没有签署%s，本机构人员只能查看，不能办理业务（通知第三部分“落实责任，保障安全”）。须由%s签署，在“安全责任”页办理。",
		h.Body.Name, h.Year, changed, h.Signatory())
}

// Signatory names who must sign: the role, and who has it now.
func (h Headship) Signatory() string {
	role := HeadRole(h.Body.Kind).Name()
	if len(h.Heads) == 0 {
		return role + "（目前没有任职，先由上级负责人申请任命）"
	}
	names := make([]string, len(h.Heads))
	for i, s := range h.Heads {
		names[i] = s.Name + " " + s.ID
	}
	return role + "（" + strings.Join(names, "、") + "）"
}

// Sign is a head's signature under the year's sheet. One head signs for a body;
// another one only when the first heads it no more.
func (h Headship) Sign(by string, now time.Time) (Sheet, error) {
	if !h.headed(by) {
		return Sheet{}, fault.New(fault.Forbidden, "%s的安全主体责任书只能由其负责人签署，须是%s，没有签署。", h.Body.Name, h.Signatory())
	}
	if !h.Body.OpenOn(now) {
		return Sheet{}, fault.New(fault.Conflict, "%s现在没有开办，不用签署责任书。", h.Body.Name)
	}
	if s, ok := h.Signed(); ok {
		if s.Head == by {
			return s, fault.New(fault.Conflict, "您已于 %s 签署过%s %d 年度的责任书，不用再签。", Day(s.At), h.Body.Name, h.Year)
		}
		return s, fault.New(fault.Conflict, "%s %d 年度的责任书已由 %s 于 %s 签署，仍然有效；他不再担任负责人时，才由接任的人重新签署。", h.Body.Name, h.Year, s.Head, Day(s.At))
	}
	return Sheet{Year: h.Year, Org: h.Body.ID, Head: by, At: now}, nil
}

var sheetColumns = []string{"org_id", "staff_id", "paper"}

// ParseSheets reads the responsibility sheets of a year that were signed on
// paper before the register began: body, its head, and where the paper is. It
// is as strict as ParseStaff.
func ParseSheets(r io.Reader, year int, tree Tree, roster Roster) ([]Sheet, error) {
	const file = "责任书表"
	_, records, err := read(file, r, sheetColumns)
	if err != nil {
		return nil, err
	}
	bad := &faults{file: file}
	var list []Sheet
	for _, rec := range records {
		s := Sheet{Year: year, Org: rec.get("org_id"), Head: rec.get("staff_id"), Paper: rec.get("paper")}
		body, known := tree.Get(s.Org)
		heads := func(a Appointment) bool {
			return a.Staff == s.Head && a.Org == body.HeadAt() && a.Role == string(HeadRole(body.Kind))
		}
		switch {
		case !known:
			bad.at(rec.line, "机构 %s 不在机构表内。", s.Org)
		case slices.ContainsFunc(list, func(e Sheet) bool { return e.Org == s.Org }):
			bad.at(rec.line, "机构 %s 写了两次，责任人只有一位。", s.Org)
		case !slices.ContainsFunc(roster.Appointments, heads):
			bad.at(rec.line, "人员 %s 不是机构 %s 的%s，不能作责任人。", s.Head, s.Org, HeadRole(body.Kind).Name())
		case s.Paper == "" || seal.CheckValue(s.Paper) != nil:
			bad.at(rec.line, "机构 %s 的纸质责任书没有写编号或存放处。", s.Org)
		default:
			list = append(list, s)
		}
	}
	return list, bad.err()
}

// SheetStatement is what the head signs.
func SheetStatement(h seal.Header, of Headship, s Sheet) (seal.Statement, error) {
	var head Staff
	for _, one := range of.Heads {
		if one.ID == s.Head {
			head = one.Staff
		}
	}
	fields := []seal.Field{line("计划年度", itoa(s.Year)), line("责任机构", of.Body.Name+"（"+of.Body.ID+"）"),
		line("责任人", head.Name+"（"+head.ID+"）"), line("职务", HeadRole(of.Body.Kind).Name())}
	for _, one := range slices.Concat(of.Former()) {
		taken := "接 " + one + " 的责任"
		if one == s.Head {
			taken = "重新任职，以前任职时签的随免职或岗位到期失效"
		}
		fields = append(fields, line("接任", taken))
	}
	for _, l := range SheetLines {
		fields = append(fields, line("责任", l))
	}
	return seal.New(seal.Responsibility, h, fields, seal.Annex{})
}
