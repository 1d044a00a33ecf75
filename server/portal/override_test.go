package portal_test

import (
	"bytes"
	"crypto/x509"
	"net/url"
	"strings"
	"testing"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

func TestR50RegisteredAgainstAFailingRuleTakesAReasonAndTwoSealsAndItsProofVerifies(t *testing.T) {
	w := newTown(t, "2024-11-13 10:00:00")
	ids := w.plant(2, school, func(i int, a *registration.Application) {
		atCounty(i, a)
		a.Form.AppraisalY3, a.Form.AppraisalY4 = "fail", "fail"
	})
	if got := w.application(ids[0]).Outcome; got != registration.OutcomeFail {
		t.Fatalf("the rules propose %s", got)
	}
	a, l := w.in(auditor), w.in(lead)
	at := "/applications/" + ids[0] + "/conclude"
	form := url.Values{"conclusion": {"registered"}, "rule": {"F2"}, "reason": {"两年的考核结果已由考核部门书面更正为合格"}, "confirmer": {lead}}
	p := a.ok(a.post(at, form))
	says(t, "the text", p.Text("main"), "注册结论（不同于规则建议）", "依据 不采纳 F2", "理由 两年的考核结果", "规则包 national-2013")
	size := w.size()
	a.done(p)
	if got := w.application(ids[0]); got.State != registration.AtCounty || w.size() != size+1 {
		t.Fatalf("with one seal of two it is %s, %d entries more", got.State, w.size()-size)
	}
	receipt := l.done(l.get(hrefs(t, l.ok(l.get("/confirmations")), "/confirmations/")[0]))
	got := w.application(ids[0])
	if got.State != registration.Concluded || got.Conclusion != registration.Registered || got.Auditor != auditor || got.Confirmer != lead || w.size() != size+2 {
		t.Errorf("%s %s by %s and %s, %d entries more", got.State, got.Conclusion, got.Auditor, got.Confirmer, w.size()-size)
	}
	for i, want := range []struct {
		act   policy.Act
		actor string
	}{{policy.Confirm, lead}, {policy.Conclude, auditor}} { // the newest first
		if e := w.entries(2)[i]; policy.Act(e.Act) != want.act || e.Actor != want.actor || e.Subject != "application/"+ids[0] || int(e.Signed) != 2-i || e.Signers != 2 {
			t.Errorf("the entry is %s of %s about %s, %d/%d", e.Act, e.Actor, e.Subject, e.Signed, e.Signers)
		}
	}
	says(t, "the record's page", a.get("/applications/"+ids[0]).Text("main"), "注册结论 结论 注册合格", "不采纳的发现 F2：")
	raw := a.ok(a.get(receipt.Path + "/proof?record=" + ids[0]))
	proof, err := audit.ReadProof(bytes.NewReader(raw.Body), int64(len(raw.Body)))
	must(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(w.ca)
	report := audit.VerifyProof(proof, w.keys.LogVerifier, roots, audit.Policy{})
	if !report.Findings.OK() || report.Kind != seal.ConcludeOverride || len(report.Entries) != 2 {
		t.Errorf("the proof: %+v", report)
	}
	// The twins: without a reason, without each finding that is set aside, and
	// without a second person nothing is written.
	at = "/applications/" + ids[1] + "/conclude"
	for missing, say := range map[string]string{"reason": "理由", "rule": "须逐条写明不采纳的发现", "confirmer": "签署人"} {
		w.clock.Pass(refusedAgain)
		w.oneRefusal(auditor, "application/"+ids[1]+" invalid conclude", w.quiet("without "+missing, func() {
			twin := url.Values{}
			for k, v := range form {
				if k != missing {
					twin[k] = v
				}
			}
			p := a.post(at, twin)
			a.refusedPlain(p, fault.Invalid, say)
			if strings.Contains(string(p.Body), `name="statement"`) {
				t.Error("a text to sign is offered")
			}
		}))
	}
	w.clock.Pass(refusedAgain)
	w.oneRefusal(auditor, "application/"+ids[1]+" invalid conclude", w.quiet("in a batch", func() {
		a.refusedPlain(a.post("/applications", batch(ids[1])), fault.Invalid, "须单份办理，由两人签署")
	}))
}
