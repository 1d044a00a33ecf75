package registration_test

import (
	"testing"

	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

// indexed is how a test tells persons apart: the store has a key for it.
func indexed(n registration.Number) string { return "index of " + n.Plain() }

func letting(acts ...registration.EarlyRenewal) registration.Released {
	return registration.Released{Acts: acts, Index: indexed}
}

func TestCase6ARecordThatIsNotDueIsAcceptedOnlyForTheValidityThatTwoLetPass(t *testing.T) {
	later := func(f *registration.Form) { f.LastValidTo = day("2025-01-01") }
	a := application(1, later)
	_, err := a.Accept(handler, judge(), calendar, inReview)
	refused(t, err, fault.Invalid, "2024 年度没有到期")
	_, err = a.LetIn(letting())
	refused(t, err, fault.Invalid, "两人放行（R05）")
	e := must[registration.EarlyRenewal](t)(registration.AllowEarly("1", 2024, a.Form, indexed(a.Form.IDNumber), auditor, lead, "调往外省", letting(), inReview))
	e.Entry = 41
	a = must[registration.Application](t)(a.LetIn(letting(e)))
	if got := must[registration.Application](t)(a.Accept(handler, judge(), calendar, inReview)); got.State != registration.InReview || got.Early.Entry != 41 {
		t.Errorf("%s %+v", got.State, got.Early)
	}
	a.Form.LastValidTo = day("2025-01-02")
	_, err = a.Accept(handler, judge(), calendar, inReview)
	refused(t, err, fault.Invalid, "没有到期")
	due := application(2)
	if got, err := due.LetIn(letting(e)); err != nil || !got.Early.IsZero() {
		t.Errorf("the twin that ends on 31 December: %+v %v", got.Early, err)
	}
}

func TestLettingInBeforeItIsDueNeedsAReasonAndTwoPeopleWhoseOwnItIsNot(t *testing.T) {
	f := application(1, func(f *registration.Form) { f.LastValidTo = day("2027-06-30") }).Form
	allow := func(f registration.Form, by, second registration.Person, reason string, known ...registration.EarlyRenewal) error {
		_, err := registration.AllowEarly("1", 2024, f, indexed(f.IDNumber), by, second, reason, letting(known...), inReview)
		return err
	}
	refused(t, allow(f, auditor, lead, " "), fault.Invalid, "请填写放行的理由")
	refused(t, allow(f, auditor, auditor, "调往外省"), fault.Forbidden, "另一位负责人")
	refused(t, allow(f, relatedTo(t, auditor, application(1)), lead, "调往外省"), fault.Forbidden, "须回避")
	refused(t, allow(f, auditor, relatedTo(t, lead, application(1)), "调往外省"), fault.Forbidden, "须回避")
	refused(t, allow(application(1).Form, auditor, lead, "调往外省"), fault.Invalid, "不用放行")
	e := must[registration.EarlyRenewal](t)(registration.AllowEarly("1", 2024, f, indexed(f.IDNumber), auditor, lead, "调往外省", letting(), inReview))
	refused(t, allow(f, auditor, lead, "调往外省", e), fault.Conflict, "已经放行")
	for what, change := range map[string]func(*registration.Form){"school": func(f *registration.Form) { f.SchoolCode = "HS10201" },
		"number": func(f *registration.Form) { f.ApplyNo += "1" }, "name": func(f *registration.Form) { f.PersonName = "江晓岚" },
		"validity": func(f *registration.Form) { f.LastValidTo = day("2027-07-01") }, "no validity": func(f *registration.Form) { f.LastValidTo = nil },
		"person": func(f *registration.Form) { f.IDNumber = "342793850312003" }} {
		other := f
		change(&other)
		if _, ok := letting(e).Lets(other, 2024); ok {
			t.Errorf("another %s is let in", what)
		}
	}
	if _, ok := letting(e).Lets(f, 2024); !ok {
		t.Error("the very row is not let in")
	}
	if _, ok := letting(e).Lets(f, 2025); ok {
		t.Error("it is let in in another year")
	}
	nobody := e
	nobody.Person = ""
	for what, released := range map[string]registration.Released{"an act that names nobody": letting(nobody), "no index": {Acts: []registration.EarlyRenewal{e}},
		"an index of nothing": {Acts: []registration.EarlyRenewal{nobody}, Index: func(registration.Number) string { return "" }}} {
		if _, ok := released.Lets(f, 2024); ok {
			t.Errorf("%s lets the row in", what)
		}
	}
}
