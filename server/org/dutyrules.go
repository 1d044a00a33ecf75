package org

import (
	"fmt"
	"slices"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// DutyRules are what an organ files about how it works (R63): who is on duty, what
// takes two people, and who keeps the seals. Each filing is a version of its
// own; the last one is in force, and is reviewed every year.
type DutyRules struct {
	Org      string
	N        int      // version, from 1
	Duty     []string // people on the rota, by number
	Keeper   string   // who keeps the seal
	Rota     string   // how the duty goes round; free text, encrypted at rest like the two below
	TwoSign  string   // what takes two people
	SealRule string   // how the seals are kept and used
	By       string
	At       time.Time
	Reviewed time.Time // the day of the last review; the day of filing at first
	Reviewer string
}

// ID is the version's own.
func (r DutyRules) ID() string { return r.Org + "/" + itoa(r.N) }

// MaxListed is how many people a rota and how many bodies an exercise may list:
// more than any organ has, and no more than one act can look up.
const MaxListed = 100

// Tidy has each person of the rota once, and refuses a list that is no rota
// before anybody on it is looked up.
func (r DutyRules) Tidy() (DutyRules, error) {
	if len(r.Duty) > MaxListed {
		return r, fault.New(fault.Invalid, "选了 %d 位值班人员，最多 %d 位，没有报备。请只选轮值的人。", len(r.Duty), MaxListed).At("duty", "最多 %d 位。", MaxListed)
	}
	r.Duty = slices.Clone(r.Duty)
	slices.Sort(r.Duty)
	r.Duty = slices.Compact(r.Duty)
	return r, nil
}

// Named are the people whom the rules name, each once.
func (r DutyRules) Named() []string {
	list := append(slices.Clone(r.Duty), r.Keeper)
	slices.Sort(list)
	return slices.Compact(list)
}

// Organ reports whether a body is one that files rules: the city, 市直, a county.
func (o Organisation) Organ() bool { return o.Kind == City || o.Kind == CityRun || o.Kind == County }

// ReviewDue says that the rules of a body want a review in a plan year, nil when they
// were reviewed in it. last is nil when nothing was ever filed.
func ReviewDue(body Organisation, last *DutyRules, year int) error {
	switch {
	case last == nil:
		return fault.New(fault.Closed, "%s还没有报备值班表、双人办理和印章管理制度（通知第三部分“加强注册机构工作规范管理”）。", body.Name)
	case last.Reviewed.In(shanghai).Year() < year:
		return fault.New(fault.Closed, "%s的值班、双人办理和印章制度上次复核在 %d 年，%d 年度还没有复核（通知第三部分“加强注册机构工作规范管理”）。",
			body.Name, last.Reviewed.In(shanghai).Year(), year)
	}
	return nil
}

// File files a new version after those there are; people are those it names.
func (r DutyRules) File(body Organisation, last *DutyRules, people []Staff, year int, now time.Time) (DutyRules, error) {
	r, err := r.Tidy()
	switch {
	case err != nil:
		return r, err
	case !body.Organ() || r.Org != body.ID:
		return r, fault.New(fault.Forbidden, "值班表和制度由区县教育局、市教育局报备，%s不用报。", body.Name)
	case len(r.Duty) == 0:
		return r, fault.New(fault.Invalid, "请选择值班人员。").At("duty", "请至少选一位。")
	case len(r.Duty) < 2:
		return r, fault.New(fault.Invalid, "值班人员至少两位：须双人办理的事，一个人办不成。").At("duty", "请至少选两位。")
	case r.Keeper == "":
		return r, fault.New(fault.Invalid, "请选择印章保管人。").At("keeper", "请选择。")
	}
	if err := r.fit(body, people, year, now); err != nil {
		return r, err
	}
	if r.Rota, err = oneLine("rota", "值班安排", r.Rota, 1000); err != nil {
		return r, err
	}
	if r.TwoSign, err = oneLine("two_sign", "双人办理规定", r.TwoSign, 1000); err != nil {
		return r, err
	}
	if r.SealRule, err = oneLine("seal_rule", "印章管理规定", r.SealRule, 1000); err != nil {
		return r, err
	}
	r.N = 1
	if last != nil {
		r.N = last.N + 1
		if slices.Equal(last.Duty, r.Duty) && last.Keeper == r.Keeper && last.Rota == r.Rota && last.TwoSign == r.TwoSign && last.SealRule == r.SealRule {
			return r, fault.New(fault.Conflict, "与现行第 %d 版完全相同，没有再报备。没有改动的，请办理年度复核。", last.N)
		}
	}
	r.At, r.Reviewed, r.Reviewer = now, now, r.By
	return r, nil
}

// fit refuses rules that name somebody who could not do the duty: not of this
// body, not on file, post ended, or without the year's training.
func (r DutyRules) fit(body Organisation, people []Staff, year int, now time.Time) error {
	for _, id := range r.Named() {
		field := "duty"
		if !slices.Contains(r.Duty, id) {
			field = "keeper"
		}
		i := slices.IndexFunc(people, func(s Staff) bool { return s.ID == id })
		if i < 0 || people[i].Org != body.ID && people[i].Org != body.HeadAt() { // 市直 is served from the city too
			return fault.New(fault.Invalid, "人员 %s 不在本机构，不能列入值班表。请从本机构的人员里选择。", id).At(field, "请重新选择。")
		}
		s := people[i]
		if s.Closed(now) != nil {
			return fault.New(fault.Conflict, "%s（%s）的岗位已于 %s 结束，不能列入值班表。请换人。", s.Name, id, s.LastDay()).At(field, "已离岗。")
		}
		if err := s.MayServe(now); err != nil {
			return fault.New(fault.Conflict, "%s（%s）还没有完成备案或承诺书，不能列入值班表。请先办备案。", s.Name, id).At(field, "没有备案。")
		}
		if open := s.Open(year); open > 0 {
			return fault.New(fault.Conflict, "%s（%s）%d 年度的培训还有 %d 项没有完成，不能列入值班表。请先完成培训。", s.Name, id, year, open).At(field, "培训未完成。")
		}
	}
	return nil
}

// Review marks the rules as reviewed on a day of the plan year. Whom they name
// must still be fit: else a new version is due, not a review.
func (r DutyRules) Review(by string, body Organisation, on time.Time, people []Staff, year int, now time.Time) (DutyRules, error) {
	switch {
	case on.IsZero():
		return r, fault.New(fault.Invalid, "请填写复核日期。").At("reviewed", "没有填写日期。")
	case on.After(now):
		return r, fault.New(fault.Invalid, "复核日期晚于今天，只能登记已经做了的复核。").At("reviewed", "晚于今天。")
	case on.In(shanghai).Year() != year:
		return r, fault.New(fault.Invalid, "复核日期是 %d 年，不能算 %d 年度的复核。上次复核在 %d 年，请重新复核后登记。", on.In(shanghai).Year(), year, r.Reviewed.In(shanghai).Year()).
			At("reviewed", "不在本年度。")
	case r.Reviewed.In(shanghai).Year() >= year && !r.At.Equal(r.Reviewed):
		return r, fault.New(fault.Conflict, "%d 年度已于 %s 由 %s 复核过，没有再登记。", year, Day(r.Reviewed), r.Reviewer)
	case on.Before(dayOf(r.Reviewed)):
		return r, fault.New(fault.Invalid, "复核日期早于上次复核（%s）。", Day(r.Reviewed)).At("reviewed", "早于上次复核。")
	}
	if err := r.fit(body, people, year, now); err != nil {
		return r, err
	}
	r.Reviewed, r.Reviewer = on, by
	return r, nil
}

func dayOf(t time.Time) time.Time {
	y, m, d := t.In(shanghai).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, shanghai)
}

// RulesRows is how many private cells the text of a filing has.
const RulesRows = 3

// RulesStatement is what the lead signs to file a version; people are those named.
func RulesStatement(h seal.Header, r DutyRules, body Organisation, people []Staff, salts [][16]byte) (seal.Statement, error) {
	fields := []seal.Field{line("报备机构", body.Name+"（"+body.ID+"）"), line("版本", itoa(r.N))}
	for _, id := range r.Duty {
		fields = append(fields, line("值班人员", named(people, id)))
	}
	fields = append(fields, line("印章保管人", named(people, r.Keeper)))
	return seal.New(seal.RulesFiling, h, fields, private("rules/"+r.ID(), salts, "值班安排", r.Rota, "双人办理规定", r.TwoSign, "印章管理规定", r.SealRule))
}

// RulesReviewStatement is what the lead signs after a review.
func RulesReviewStatement(h seal.Header, r DutyRules, before time.Time, body Organisation, year int) (seal.Statement, error) {
	return seal.New(seal.RulesReview, h, []seal.Field{line("计划年度", itoa(year)), line("报备机构", body.Name+"（"+body.ID+"）"), line("版本", itoa(r.N)),
		line("上次复核", Day(before)), line("复核日期", Day(r.Reviewed)), line("复核意见", "人员在岗、制度有效，继续执行")}, seal.Annex{})
}

func named(people []Staff, id string) string {
	for _, s := range people {
		if s.ID == id {
			return fmt.Sprintf("%s（%s）", s.Name, id)
		}
	}
	return id
}
