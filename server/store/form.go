package store

import (
	"encoding/json"
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

func packForm(f registration.Form) ([]byte, error) { return json.Marshal(lean(f)) }

func unpackForm(b []byte) (registration.Form, error) {
	var l lean
	err := json.Unmarshal(b, &l)
	return registration.Form(l), err
}
