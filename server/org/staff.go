package org

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
)

var staffColumns = []string{"staff_id", "name", "org_id", "roles", "post", "phone", "filed_on", "trained_"}

// Roster is what staff.csv holds: the people and what they are appointed to.
type Roster struct {
	Staff        []Staff
	Appointments []Appointment
}

// ParseStaff reads staff.csv against the bodies of tree. It is strict in the
// same way as ParseOrganisations. No sentence repeats a name or a telephone.
func ParseStaff(r io.Reader, tree Tree) (Roster, error) {
	const file = "人员表"
	header, records, err := read(file, r, staffColumns)
	if err != nil {
		return Roster{}, err
	}
	trained := header[len(header)-1]
	year, _ := strconv.Atoi(strings.TrimPrefix(trained, "trained_"))
	bad := &faults{file: file}
	var roster Roster
	lines := map[string]int{}
	for _, rec := range records {
		s, sentence := person(rec, trained, year)
		if first, twice := lines[s.ID]; twice && sentence == "" {
			sentence = "人员编号 " + s.ID + " 与第 " + strconv.Itoa(first) + " 行重复。"
		}
		var list []Appointment
		if sentence == "" {
			list, sentence = appointments(s, rec.get("roles"), tree)
		}
		if sentence != "" {
			bad.at(rec.line, "%s", sentence)
			continue
		}
		lines[s.ID] = rec.line
		roster.Staff = append(roster.Staff, s)
		roster.Appointments = append(roster.Appointments, list...)
	}
	if err := bad.err(); err != nil {
		return Roster{}, err
	}
	return roster, nil
}

// person reads one line by itself.
func person(r record, trained string, year int) (s Staff, sentence string) {
	s = Staff{ID: r.get("staff_id"), Name: r.get("name"), Org: r.get("org_id"), Post: r.get("post"), Phone: Phone(r.get("phone"))}
	switch {
	case !identifier(s.ID):
		return s, "人员编号只能用字母、数字和连字符，且不能为空。"
	case s.Name == "":
		return s, "人员 " + s.ID + " 没有姓名。"
	case !mobile(s.Phone.Plain()):
		return s, "人员 " + s.ID + " 的手机号应为 1 开头的 11 位数字。"
	}
	if filed := r.get("filed_on"); filed != "" {
		on, err := time.ParseInLocation(day, filed, shanghai)
		if err != nil {
			return s, "人员 " + s.ID + " 的备案日期应写作 2024-08-31 的样子，未备案的留空。"
		}
		s.FiledOn, s.Pledge = &on, pledgeOnFile
	}
	switch r.get(trained) {
	case "yes":
		s.Training = FullTraining(year, time.Date(year, 1, 1, 0, 0, 0, 0, shanghai), trainedByRoster)
	case "no":
	default:
		return s, "人员 " + s.ID + " 的 " + trained + " 应为 yes 或 no。"
	}
	return s, ""
}

// appointments reads the roles of one line: known, each once, held in a body
// of the right kind, and allowed together.
func appointments(s Staff, words string, tree Tree) (list []Appointment, sentence string) {
	body, ok := tree.Get(s.Org)
	if !ok {
		return nil, "人员 " + s.ID + " 的机构 " + s.Org + " 不在机构表内。"
	}
	var held []policy.Role
	for word := range strings.SplitSeq(words, " ") {
		role := policy.Role(word)
		switch {
		case !role.Known():
			return nil, "人员 " + s.ID + " 的角色“" + word + "”不在清单内，多个角色之间用一个空格隔开。"
		case slices.Contains(held, role):
			return nil, "人员 " + s.ID + " 的角色 " + word + " 写了两次。"
		case !role.Fits(body.Kind):
			return nil, "人员 " + s.ID + " 的角色" + role.Name() + "不能设在机构 " + s.Org + "。"
		}
		held = append(held, role)
		list = append(list, Appointment{ID: s.ID + "/" + word + "/" + s.Org, Staff: s.ID, Role: word, Org: s.Org})
	}
	if err := policy.Combine(held); err != nil {
		sentence = "人员 " + s.ID + "："
		if e, ok := err.(*policy.Error); ok {
			sentence += e.Sentence()
		}
		return nil, sentence
	}
	return list, ""
}

// pledgeOnFile is the pledge of people who were filed before this register
// began: their paper form carries it.
const pledgeOnFile = "随纸质备案表"

// trainedByRoster stands for the confirmer of a training that a roster brought.
const trainedByRoster = "roster"

// Closed says that the post has ended, in the words of R54; nil while it lasts.
// The closing moment itself is closed: what ends at 10:00:00.000 gives nothing
// at that very millisecond.
func (s Staff) Closed(now time.Time) error {
	if s.Closes == nil || now.Before(*s.Closes) {
		return nil
	}
	return fault.New(fault.Locked, "岗位已于 %s 结束，账户已关闭（通知第三部分“落实责任”）。仍在岗的，请由本单位重新备案。", s.LastDay())
}

// LastDay is the last day in the post, as pages and sentences write it; empty
// while the post lasts.
func (s Staff) LastDay() string { return lastDay(s.Closes) }

func lastDay(closes *time.Time) string {
	if closes == nil {
		return ""
	}
	return closes.Add(-time.Millisecond).In(shanghai).Format(day)
}

// MayServe says whether the person may do any act at all besides signing in,
// reading the home page and giving the pledge: filed by the day of now, pledge
// given, post not ended (R54).
func (s Staff) MayServe(now time.Time) error {
	if err := s.Closed(now); err != nil {
		return err
	}
	if s.FiledOn == nil || now.Before(*s.FiledOn) {
		return fault.New(fault.Forbidden, "您还没有完成系统使用人员备案，不能办理业务（通知第三部分“落实责任”）。请先由本单位报备，备案登记后即可办理。")
	}
	if s.Pledge == "" {
		return fault.New(fault.Forbidden, "您还没有签署承诺书，不能办理（通知第三部分“落实责任”）。请先到“我的备案”签署。")
	}
	return nil
}

// MayAct says whether the person may do business acts in the plan year: as
// MayServe, and trained for that year (R43).
func (s Staff) MayAct(year int, now time.Time) error {
	if err := s.MayServe(now); err != nil {
		return err
	}
	if open := s.Open(year); open > 0 {
		return fault.New(fault.Forbidden, "您 %d 年度的培训还没有完成（%d 项中还有 %d 项），不能办理业务（通知第三部分“组织学习”）。请先到“我的备案”登记学过的内容，由负责人确认。", year, len(Topics), open)
	}
	return nil
}
