package registration_test

import (
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

var (
	deputy = registration.Delegate{Kind: registration.Deputy, ID: "U8", Name: "汪知白", Body: "HS10200"}
	centre = registration.Delegate{Kind: registration.Centre, ID: "HS10100", Name: "歙县中心小学", Body: "341021"}
)

func name(to registration.Delegate, by registration.Person, role policy.Role, last, reason string) (registration.Delegation, error) {
	return registration.NameSender("1", "HS10200", "341021", to, by, role, *day(last), reason, 2024, inReview)
}

func TestAHeadNamesADeputyOfTheSchoolAndTheLeadACentreSchoolToo(t *testing.T) {
	for _, c := range []struct {
		to   registration.Delegate
		by   registration.Person
		role policy.Role
	}{{deputy, head, policy.SH}, {deputy, lead, policy.CL}, {centre, lead, policy.CL}, {centre, lead, policy.ML}} {
		d, err := name(c.to, c.by, c.role, "2024-11-07", "回避")
		if err != nil || d.Delegate != c.to.ID || d.By != c.by.Staff || !d.Until.Equal(at("2024-11-08 00:00:00")) || !d.From.Equal(inReview) {
			t.Errorf("%s by %s: %+v %v", c.to.Kind, c.role, d, err)
		}
	}
	elsewhere, self, nobody := deputy, deputy, registration.Delegate{}
	elsewhere.Body, self.ID = "HS10201", head.Staff
	foreign, same := centre, centre
	foreign.Body, same.ID = "341022", "HS10200"
	for word, c := range map[string]registration.Delegate{"须是本校人员": elsewhere, "不能委托给自己": self, "请选择受委托": nobody} {
		_, err := name(c, head, policy.SH, "2024-11-07", "回避")
		refused(t, err, fault.Invalid, word)
	}
	for _, c := range []registration.Delegate{foreign, same} {
		_, err := name(c, lead, policy.CL, "2024-11-07", "回避")
		refused(t, err, fault.Invalid, "同一机构管理的另一所学校")
	}
	_, err := name(centre, head, policy.SH, "2024-11-07", "回避")
	refused(t, err, fault.Forbidden, "中心校由区县负责人")
	_, err = name(deputy, head, policy.SH, "2024-10-19", "回避")
	refused(t, err, fault.Invalid, "已经过去")
	if _, err = name(deputy, head, policy.SH, "2024-10-20", "回避"); err != nil {
		t.Errorf("today: %v", err)
	}
	_, err = name(deputy, head, policy.SH, "2025-01-01", "回避")
	refused(t, err, fault.Invalid, "最长到 2024 年")
	_, err = name(deputy, head, policy.SH, "2024-12-31", " ")
	refused(t, err, fault.Invalid, "请填写委托的理由")
}

func TestADelegationLastsFromItsTextToTheEndOfItsDayOrOfItself(t *testing.T) {
	d := must[registration.Delegation](t)(name(deputy, head, policy.SH, "2024-11-07", "回避"))
	for when, active := range map[time.Time]bool{inReview.Add(-time.Millisecond): false, inReview: true, at("2024-11-07 23:59:59.999"): true, at("2024-11-08 00:00:00"): false} {
		if d.Active(when) != active {
			t.Errorf("active at %s: %t", when, !active)
		}
	}
	ended := must[registration.Delegation](t)(d.End(head, "已上报完", inReview.Add(time.Hour)))
	if ended.Active(inReview.Add(2*time.Hour)) || ended.EndedBy != head.Staff {
		t.Errorf("%+v", ended)
	}
	_, err := ended.End(head, "再一次", inReview.Add(2*time.Hour))
	refused(t, err, fault.Conflict, "已经终止")
	_, err = d.End(head, "晚了", at("2024-11-08 00:00:00"))
	refused(t, err, fault.Conflict, "已经到期")
	_, err = d.End(head, "", inReview)
	refused(t, err, fault.Invalid, "请填写终止的理由")
}

func TestAHeadsOwnRecordIsLeftForTheDeputy(t *testing.T) {
	own := reviewed(t, application(1))
	self := head
	self.Name = own.Form.PersonName
	refused(t, own.MaySend(self), fault.Forbidden, "任何人不得办理自己的申请")
	refused(t, own.MaySend(registration.Person{Staff: handler.Staff, Name: "别人", Org: "HS10100"}), fault.Forbidden, "学校审查是您办的")
	if err := own.MaySend(registration.Person{Staff: "U8", Name: deputy.Name, Org: "HS10200"}); err != nil {
		t.Error(err)
	}
}
