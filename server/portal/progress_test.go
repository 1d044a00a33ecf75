package portal_test

import (
	"strings"
	"testing"

	"sealdesk/server/registration"
)

func TestR12TheLeadSeesHowFarEachSchoolIsTheSilentOnesToo(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	w.plant(3, school, inState(registration.InReview))
	w.plant(2, school, atCounty)
	w.plant(1, school2, inState(registration.Imported))
	w.plant(4, citySchool, atCounty)
	name := func(id string) string {
		o, err := w.store.Organisation(t.Context(), id)
		must(t, err)
		return o.Name
	}
	l := w.in(lead)
	p := l.ok(l.get("/progress"))
	text := p.Text("main")
	says(t, "the county's board", text, "6 份申请", name(school)+" "+school+" 5 0 3 0 2 0 0 0", name(school2)+" "+school2+" 1 1 0 0 0 0 0 0",
		name(unsignedSchool)+" "+unsignedSchool+" 0 0 0 0 0 0 0 0", "合计 6 1 3 0 2 0 0 0")
	saysNot(t, "the county's board", text, name(citySchool))
	if len(hrefs(t, p, "/applications?school="+school)) != 1 {
		t.Error("a school does not lead to its applications")
	}
	m := w.in(cityLead)
	says(t, "the board of 市直", m.ok(m.get("/progress")).Text("main"), name(citySchool)+" "+citySchool+" 4 0 0 0 4 0 0 0")
}

func TestR13TheLeafletTellsTheTeachersWayInTheNoticesWords(t *testing.T) {
	w := newTown(t, "2024-09-25 10:00:00")
	for _, staff := range []string{handler, cityHandler, lead} {
		r := w.in(staff)
		p := r.ok(r.get("/leaflet"))
		says(t, staff, p.Text("main"), "中国教师资格网（www.jszg.edu.cn）", "选择“网上办事”-“中小学教师资格定期注册”-“在线办理”", "进行账号注册、网上报名", "2024-09-23 起")
		if strings.Contains(p.Text("main"), r.Origin) {
			t.Error("the leaflet names the staff host")
		}
		if strings.Contains(string(p.Body), "trace-line") {
			t.Error("the leaflet that teachers get is printed with the name of whoever printed it")
		}
	}
	c := w.in(cityHandler)
	says(t, "市直", c.get("/leaflet").Text("main"), "2024-10-26 00:00 截止")
}
