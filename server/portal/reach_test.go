package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

func TestCase38ARecordElsewhereAnswersLikeAnUnknownOne(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, citySchool, func(_ int, a *registration.Application) { a.Form.IDNumber = "342793199212311082" })[0]
	name := w.application(id).Form.PersonName
	a := w.in(otherAuditor)
	lists := a.ok(a.get("/applications?name=" + url.QueryEscape(name))).Text("main")
	acts := w.quiet("the look-up", func() {
		there, nowhere := a.get("/applications/"+id), a.get("/applications/2024-341000-SZ-999999")
		strip := func(p string, header http.Header) string {
			return strings.ReplaceAll(p, header.Get("X-Request-Id"), "")
		}
		if there.Status != nowhere.Status || strip(there.Text("main"), there.Header) != strip(nowhere.Text("main"), nowhere.Header) {
			t.Errorf("%d %q is not %d %q", there.Status, there.Text("main"), nowhere.Status, nowhere.Text("main"))
		}
		a.refused(there, fault.NotFound, "")
	})
	for i, asked := range []string{"2024-341000-SZ-999999", id} { // the newest first
		w.oneRefusal(otherAuditor, "application/"+asked+" notfound view", acts[i:i+1])
	}
	unknown := a.ok(a.get("/applications?name=" + url.QueryEscape("龘龘"))).Text("main")
	if strings.ReplaceAll(lists, name, "") != strings.ReplaceAll(unknown, "龘龘", "") {
		t.Error("the lists differ")
	}
}

func TestCase39ARecordOfAnotherCountyIsNotFoundAndTheEntryHasNoName(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	name := w.application(id).Form.PersonName
	n := w.in(neighbour)
	for _, path := range []string{"/applications/" + id} {
		acts := w.quiet(path, func() {
			p := n.get(path)
			n.refused(p, fault.NotFound, "")
			if strings.Contains(string(p.Body), name) {
				t.Error("the answer names the teacher")
			}
		})
		w.oneRefusal(neighbour, "application/"+id+" notfound view", acts)
		if strings.Contains(acts[0], name) {
			t.Error("the entry names the teacher")
		}
	}
	own := w.in(auditor)
	own.ok(own.get("/applications/" + id))
}

func TestCase60SomebodyNotFiledOrNotTrainedDoesNoBusiness(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	for who, word := range map[string]string{untrained: "培训还没有完成", unfiled: "备案"} {
		r := w.in(who)
		w.quiet(who, func() {
			p := r.post("/applications", batch(id))
			r.refusedPlain(p, fault.Forbidden, word)
			if strings.Contains(string(p.Body), `name="statement"`) {
				t.Error("a text to sign was made")
			}
		})
	}
	a := w.in(auditor)
	a.done(a.post("/applications", batch(id)))
}
