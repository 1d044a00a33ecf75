package store

import (
	"encoding/json"
	"reflect"
	"time"

	"sealdesk/server/registration"
)

// lean is a form as it lies in its column: the same fields, empty cells left
// out, since half of a form is empty and each act reads and hashes the whole.
// The conversion below stops compiling when the form gets another field.
type lean struct {
	ApplyNo              string               `json:"apply_no,omitzero"`
	PersonName           string               `json:"person_name,omitzero"`
	IDType               registration.Code    `json:"id_type,omitzero"`
	IDNumber             registration.Number  `json:"id_number,omitzero"`
	Gender               registration.Code    `json:"gender,omitzero"`
	SchoolName           string               `json:"school_name,omitzero"`
	SchoolCode           string               `json:"school_code,omitzero"`
	StageTaught          registration.Code    `json:"stage_taught,omitzero"`
	SubjectTaught        string               `json:"subject_taught,omitzero"`
	PostType             registration.Code    `json:"post_type,omitzero"`
	Establishment        registration.Code    `json:"establishment,omitzero"`
	CertNumber           registration.Number  `json:"cert_number,omitzero"`
	CertKind             registration.Code    `json:"cert_kind,omitzero"`
	CertSubject          string               `json:"cert_subject,omitzero"`
	CertIssuer           string               `json:"cert_issuer,omitzero"`
	CertDate             *registration.Date   `json:"cert_date,omitzero"`
	RegKind              registration.Code    `json:"reg_kind,omitzero"`
	LastValidTo          *registration.Date   `json:"last_valid_to,omitzero"`
	AppraisalY1          registration.Code    `json:"appraisal_y1,omitzero"`
	AppraisalY2          registration.Code    `json:"appraisal_y2,omitzero"`
	AppraisalY3          registration.Code    `json:"appraisal_y3,omitzero"`
	AppraisalY4          registration.Code    `json:"appraisal_y4,omitzero"`
	AppraisalY5          registration.Code    `json:"appraisal_y5,omitzero"`
	TrainingHours        *registration.Tenths `json:"training_hours,omitzero"`
	AppliedAt            time.Time            `json:"applied_at,omitzero"`
	InPost               registration.Code    `json:"in_post,omitzero"`
	HiredOn              *registration.Date   `json:"hired_on,omitzero"`
	ProbationEnd         *registration.Date   `json:"probation_end,omitzero"`
	ApprovalDocNo        string               `json:"approval_doc_no,omitzero"`
	EqualPay             registration.Code    `json:"equal_pay,omitzero"`
	ContractFrom         *registration.Date   `json:"contract_from,omitzero"`
	ContractTo           *registration.Date   `json:"contract_to,omitzero"`
	CertStatus           registration.Code    `json:"cert_status,omitzero"`
	InNationalSystem     registration.Code    `json:"in_national_system,omitzero"`
	Authenticity         registration.Code    `json:"authenticity,omitzero"`
	EthicsResult         registration.Code    `json:"ethics_result,omitzero"`
	EthicsDecisionNo     string               `json:"ethics_decision_no,omitzero"`
	HealthEvidence       registration.Code    `json:"health_evidence,omitzero"`
	GapTerms             *registration.Tenths `json:"gap_terms,omitzero"`
	GapReason            registration.Code    `json:"gap_reason,omitzero"`
	PriorDeferralYear    *int                 `json:"prior_deferral_year,omitzero"`
	PriorDeferralOrgan   string               `json:"prior_deferral_organ,omitzero"`
	PriorDeferralCleared registration.Code    `json:"prior_deferral_cleared,omitzero"`
}

// packForm spells a form. Few acts change any of it, and to spell one takes
// longer than most checks of an act: one that is as it was read out of the row
// before keeps that row's cell.
func packForm(f registration.Form, before *row) ([]byte, error) {
	if before != nil && before.form != nil && sameForm(*before.form, f) {
		return before.get("form").([]byte), nil
	}
	return json.Marshal(lean(f))
}

// unpackForm reads a form out of a row's cell and leaves a copy with the row,
// which shares nothing with what the caller may change.
func unpackForm(b []byte, r *row) (registration.Form, error) {
	var l lean
	err := json.Unmarshal(b, &l)
	f := registration.Form(l)
	r.form = cloneForm(f)
	return f, err
}

// pointed are the fields of a form that point to their value.
var pointed = func() (list []int) {
	for i, f := range reflect.VisibleFields(reflect.TypeFor[registration.Form]()) {
		if f.Type.Kind() == reflect.Pointer {
			list = append(list, i)
		}
	}
	return list
}()

func cloneForm(f registration.Form) *registration.Form {
	fields := reflect.ValueOf(&f).Elem()
	for _, i := range pointed {
		if from := fields.Field(i); !from.IsNil() {
			to := reflect.New(from.Type().Elem())
			to.Elem().Set(from.Elem())
			from.Set(to)
		}
	}
	return &f
}

func sameForm(a, b registration.Form) bool {
	x, y := reflect.ValueOf(&a).Elem(), reflect.ValueOf(&b).Elem()
	for _, i := range pointed {
		p, q := x.Field(i), y.Field(i)
		if p.IsNil() != q.IsNil() || !p.IsNil() && !p.Elem().Equal(q.Elem()) {
			return false
		}
		p.SetZero()
		q.SetZero()
	}
	return a == b
}
