package portal

import (
	"fmt"
	"time"

	"sealdesk/policy"
	"sealdesk/server/org"
	"sealdesk/server/registration"
	"sealdesk/web/view"
)

// yearEnd is when the plan year's duties must have been done.
func (p *Portal) yearEnd() time.Time {
	return time.Date(p.year+1, 1, 1, 0, 0, 0, 0, registration.Shanghai)
}

// exerciseWork are the year's lesson and drill, while they are not entered
// (R53).
func (p *Portal) exerciseWork(c *call, grant policy.Grant) ([]view.Due, error) {
	var list []view.Due
	for _, e := range []struct {
		kind       org.ExerciseKind
		what, href string
	}{{org.SafetyLesson, "安全教育", "/security/lessons/new"}, {org.SafetyDrill, "应急演练", "/security/drills/new"}} {
		held, err := p.store.Exercises(c.ctx, grant, p.year, e.kind)
		if err != nil {
			return list, err
		}
		if len(held) == 0 {
			list = append(list, view.Due{What: fmt.Sprintf("%d 年度的%s还没有登记", p.year, e.what), Count: 1, Unit: "次", Until: p.yearEnd(),
				Note: "每年至少一次；办过的补记，没有办的安排。", Act: view.Link{Text: "去登记", Href: e.href}})
		}
	}
	return list, nil
}

// stocktakeWork is the year's count, while nobody has opened it.
func (p *Portal) stocktakeWork(c *call, _ policy.Grant) ([]view.Due, error) {
	all, err := p.store.Stocktakes(c.ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		if s.Year == p.year {
			return nil, nil
		}
	}
	return []view.Due{{What: fmt.Sprintf("%d 年度的钥匙盘点还没有开始", p.year), Count: 1, Unit: "次", Until: p.yearEnd(),
		Note: "每年一次，每把钥匙都要见到。", Act: view.Link{Text: "去开始", Href: "/stocktakes"}}}, nil
}

// quorumWork tells the officers and the city lead that too few custodians could
// open an emergency: that is found before one is needed.
func (p *Portal) quorumWork(c *call) []view.Due {
	if !c.who.Holds(policy.ML, policy.SYS, policy.SEC, policy.AUD) {
		return nil
	}
	list, able, err := p.store.AbleCustodians(c.ctx)
	switch {
	case err != nil:
		p.log.Warn("custodians", "request", c.number, "cause", err.Error())
		return nil
	case list.ID == "" || able >= list.Quorum:
		return nil
	}
	return []view.Due{{What: "托管人不够法定人数", Count: list.Quorum - able, Unit: "人", Act: view.Link{Text: "去看", Href: "/emergency"},
		Note: fmt.Sprintf("名单第 %s 号 %s，现在账户有效、钥匙在用的只有 %d 人，紧急事项开不了。请安全保密管理员补发钥匙或提出新的名单，由市级负责人复签。", list.ID, list.Words(), able)}}
}
