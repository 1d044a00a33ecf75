package portal_test

import (
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
)

func TestAPolicyRowPutBackTakenOutOrWrittenByHandGivesNothing(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	id := w.plant(1, school, atCounty)[0]
	w.change(carried(t, []string{auditorConcludes}), nil)
	db := w.raw()
	defer db.Close()
	var rows []string
	for name, tamper := range map[string]string{
		"the old file under the new number": "UPDATE policies SET file = (SELECT file FROM policies WHERE id = 'P000001'), digest = (SELECT digest FROM policies WHERE id = 'P000001') WHERE id = 'P000002'",
		"the new policy taken out":          "DELETE FROM policies WHERE id = 'P000002'",
		"its time moved away":               "UPDATE policies SET effective = effective + 86400000 WHERE id = 'P000002'",
		"a policy put in":                   "INSERT INTO policies SELECT 'P000003', org, path, digest, model, file, base, of_id, effective, reason, by_staff, second, at, entry FROM policies WHERE id = 'P000001'",
		"a tampered file":                   "UPDATE policies SET file = CAST(replace(file, 'p, CA, view_home', 'p, CA, conclude') AS BLOB) WHERE id = 'P000002'",
	} {
		rows = append(rows, name)
		kept := w.copy()
		_, err := db.Exec(tamper)
		must(t, err)
		// A portal that knows the policy by heart goes on under the true one; one
		// that reads it now stops, and says so.
		a := w.in(auditor)
		a.refused(a.post("/applications", batch(id)), fault.Forbidden, "不能成批办理")
		fresh := w.twin()
		d := fresh.desk(auditor)
		if err := d.SignIn(context.Background()); err == nil || !strings.Contains(err.Error(), "政策") {
			t.Errorf("%s: a portal that reads the row lets people in: %v", name, err)
		}
		if !strings.Contains(fresh.log.Text(), "unavailable") {
			t.Errorf("%s: no trace in the log file", name)
		}
		report, err := w.store.CheckRecords(context.Background())
		must(t, err)
		if len(report.Faults) != 1 || !strings.HasPrefix(report.Faults[0].Subject, "policy/") {
			t.Errorf("%s: %+v", name, report.Faults)
		}
		w.restore(kept)
	}
	if len(rows) != 5 {
		t.Fatal("not every attack was tried")
	}
	d := w.twin().desk(auditor)
	must(t, d.SignIn(context.Background()))
}

// copy keeps the policies table as it is, restore puts it back.
func (w *town) copy() string {
	w.tb.Helper()
	name := filepath.Join(w.tb.TempDir(), "kept.db")
	_, err := w.raw().Exec("VACUUM INTO ?", name)
	must(w.tb, err)
	return name
}

func (w *town) restore(name string) {
	w.tb.Helper()
	db := w.raw()
	defer db.Close()
	_, err := db.Exec("ATTACH ? AS kept; DELETE FROM main.policies; INSERT INTO main.policies SELECT * FROM kept.policies; DETACH kept", name)
	must(w.tb, err)
	must(w.tb, os.Remove(name))
}

func TestAnUpgradedProgramServesUnderTheOldPolicyUntilANewOneIsSealed(t *testing.T) {
	// The institution was founded by a version that knew neither licences nor
	// the page for the policy itself.
	modelText, _ := policy.Carried()
	var lines []string
	for _, l := range strings.Split(string(carried(t, nil)), "\n") {
		if !strings.Contains(l, "_policy,") && !strings.Contains(l, "set_licence") {
			lines = append(lines, l)
		}
	}
	older, err := policy.LoadFrom(modelText, []byte(strings.Join(append(lines, "p, CL, confirm, application, own"), "\n")))
	must(t, err)
	w := foundUnder(t, older).open(t, "2024-11-20 10:00:00")
	w.rules, err = policy.Load() // the program is upgraded
	must(t, err)
	w = w.twin()
	c := w.in(lead)
	c.refused(c.get("/licences"), fault.Forbidden, "“登记办学许可”不由任何人办理")
	s := w.in(sec)
	if text := s.ok(s.get("/")).Text("main"); !strings.Contains(text, "程序比现行政策新") {
		t.Error("the officer's home does not tell that the policy is older than the program")
	}
	if text := s.ok(s.get("/policy")).Text("main"); !strings.Contains(text, "登记办学许可（set_licence）") {
		t.Error("the policy's page does not name the acts that nobody may do")
	}
	w.change(nil, url.Values{"source": {"carried"}})
	c.ok(c.get("/licences"))
	if text := s.ok(s.get("/")).Text("main"); strings.Contains(text, "程序比现行政策新") {
		t.Error("the notice stays after the new policy is sealed")
	}
}
