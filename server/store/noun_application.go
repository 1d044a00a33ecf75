package store

import (
	"encoding/json"
	"strings"

	"sealdesk/server/registration"
)

// private are the fields of a form that lie encrypted in columns of their own;
// the form's JSON holds the rest.
type private struct{ id, cert, gender, appraisals, ethics, health string }

func splitForm(f registration.Form) (registration.Form, private) {
	p := private{id: f.IDNumber.Plain(), cert: f.CertNumber.Plain(), gender: string(f.Gender), health: string(f.HealthEvidence),
		appraisals: strings.Join([]string{string(f.AppraisalY1), string(f.AppraisalY2), string(f.AppraisalY3),
			string(f.AppraisalY4), string(f.AppraisalY5)}, ","),
		ethics: string(f.EthicsResult) + "," + f.EthicsDecisionNo}
	f.IDNumber, f.CertNumber, f.Gender, f.HealthEvidence = "", "", "", ""
	f.AppraisalY1, f.AppraisalY2, f.AppraisalY3, f.AppraisalY4, f.AppraisalY5 = "", "", "", "", ""
	f.EthicsResult, f.EthicsDecisionNo = "", ""
	return f, p
}

func joinForm(f registration.Form, p private) registration.Form {
	f.IDNumber, f.CertNumber = registration.Number(p.id), registration.Number(p.cert)
	f.Gender, f.HealthEvidence = registration.Code(p.gender), registration.Code(p.health)
	if y := strings.Split(p.appraisals, ","); len(y) == 5 {
		f.AppraisalY1, f.AppraisalY2, f.AppraisalY3 = registration.Code(y[0]), registration.Code(y[1]), registration.Code(y[2])
		f.AppraisalY4, f.AppraisalY5 = registration.Code(y[3]), registration.Code(y[4])
	}
	result, decision, _ := strings.Cut(p.ethics, ",")
	f.EthicsResult, f.EthicsDecisionNo = registration.Code(result), decision
	return f
}

// live tells whether the application holds its teacher's place in the year:
// one live application per ID number and plan year.
func live(a registration.Application) any {
	switch a.Standing() {
	case registration.NotAccepted, registration.Withdrawn:
		return nil
	}
	return int64(a.Year)
}

// applicationCells spells an application; before is its row as it was read, nil
// for a new one.
func applicationCells(a registration.Application, before *row) ([]any, error) {
	plain, p := splitForm(a.Form)
	form, err := packForm(plain, before)
	if err != nil {
		return nil, err
	}
	findings, err := json.Marshal(a.Findings)
	if err != nil {
		return nil, err
	}
	return []any{a.ID, int64(a.Year), a.Unit, a.School, a.Path, string(a.State), string(a.Outcome), a.RegKind, a.Class,
		a.Form.PersonName, string(a.Form.StageTaught), a.Form.SubjectTaught, a.Form.ApplyNo, millis(a.Form.AppliedAt), form,
		p.id, p.cert, p.gender, p.appraisals, p.ethics, p.health, nil, nil, live(a), findings,
		a.Pack, a.ImportID, a.Deeds.String(), a.Reviewer, a.Sender, a.Auditor, a.Confirmer, int64(a.Round),
		string(a.SchoolConclusion), a.SchoolReason, string(a.Conclusion), a.ConclusionRules, a.Reason, a.ReturnReason,
		millis(a.ImportedAt), millis(a.UpdatedAt), string(a.HeldFrom), a.HoldCase, a.HoldReason,
		a.Withdrawal.Reason, a.Withdrawal.Page, a.Withdrawal.Scan, a.Early.Entry, dayText(a.Early.ValidTo)}, nil
}

func applicationOf(row *row) (registration.Application, error) {
	r := reader{cells: row.plain}
	a := registration.Application{ID: r.text(), Year: r.int(), Unit: r.text(), School: r.text(), Path: r.text(),
		State: registration.State(r.text()), Outcome: registration.Outcome(r.text()), RegKind: r.text(), Class: r.text()}
	r.next = applications.index("form")
	plain, err := unpackForm(r.bytes(), row)
	if err != nil {
		return a, err
	}
	a.Form = joinForm(plain, private{r.text(), r.text(), r.text(), r.text(), r.text(), r.text()})
	r.next = applications.index("findings")
	if err := json.Unmarshal(r.bytes(), &a.Findings); err != nil {
		return a, err
	}
	a.Pack, a.ImportID = r.text(), r.text()
	deeds, err := registration.ParseDeeds(r.text())
	if err != nil {
		return a, err
	}
	a.Deeds = deeds
	a.Reviewer, a.Sender, a.Auditor, a.Confirmer, a.Round = r.text(), r.text(), r.text(), r.text(), r.int()
	a.SchoolConclusion, a.SchoolReason = registration.Conclusion(r.text()), r.text()
	a.Conclusion, a.ConclusionRules, a.Reason = registration.Conclusion(r.text()), r.text(), r.text()
	a.ReturnReason, a.ImportedAt, a.UpdatedAt = r.text(), r.time(), r.time()
	a.HeldFrom, a.HoldCase, a.HoldReason = registration.State(r.text()), r.text(), r.text()
	a.Withdrawal = registration.Paper{Reason: r.text(), Page: r.text(), Scan: r.text()}
	a.Early.Entry = int64(r.int())
	a.Early.ValidTo, err = dayOf(r.text())
	return a, err
}
