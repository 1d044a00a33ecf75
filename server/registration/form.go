package registration

import (
	"fmt"
	"strings"
	"time"
)

// Shanghai is the zone of every window and of the times in a sheet. China has
// kept one offset all through the years that can stand in an application.
var Shanghai = time.FixedZone("Asia/Shanghai", 8*60*60)

// Form is one application as the national site exports it (columns 1-25)
// with the school's supplement (26-43). A nil pointer or an empty text is an
// empty cell; no value is derived here, RegKind is the word of the sheet.
type Form struct {
	ApplyNo              string    `json:"apply_no"`
	PersonName           string    `json:"person_name"`
	IDType               Code      `json:"id_type"`
	IDNumber             Number    `json:"id_number"`
	Gender               Code      `json:"gender"`
	SchoolName           string    `json:"school_name"`
	SchoolCode           string    `json:"school_code"`
	StageTaught          Code      `json:"stage_taught"`
	SubjectTaught        string    `json:"subject_taught"`
	PostType             Code      `json:"post_type"`
	Establishment        Code      `json:"establishment"`
	CertNumber           Number    `json:"cert_number"`
	CertKind             Code      `json:"cert_kind"`
	CertSubject          string    `json:"cert_subject"`
	CertIssuer           string    `json:"cert_issuer"`
	CertDate             *Date     `json:"cert_date"`
	RegKind              Code      `json:"reg_kind"`
	LastValidTo          *Date     `json:"last_valid_to"`
	AppraisalY1          Code      `json:"appraisal_y1"`
	AppraisalY2          Code      `json:"appraisal_y2"`
	AppraisalY3          Code      `json:"appraisal_y3"`
	AppraisalY4          Code      `json:"appraisal_y4"`
	AppraisalY5          Code      `json:"appraisal_y5"`
	TrainingHours        *Tenths   `json:"training_hours"`
	AppliedAt            time.Time `json:"applied_at"`
	InPost               Code      `json:"in_post"`
	HiredOn              *Date     `json:"hired_on"`
	ProbationEnd         *Date     `json:"probation_end"`
	ApprovalDocNo        string    `json:"approval_doc_no"`
	EqualPay             Code      `json:"equal_pay"`
	ContractFrom         *Date     `json:"contract_from"`
	ContractTo           *Date     `json:"contract_to"`
	CertStatus           Code      `json:"cert_status"`
	InNationalSystem     Code      `json:"in_national_system"`
	Authenticity         Code      `json:"authenticity"`
	EthicsResult         Code      `json:"ethics_result"`
	EthicsDecisionNo     string    `json:"ethics_decision_no"`
	HealthEvidence       Code      `json:"health_evidence"`
	GapTerms             *Tenths   `json:"gap_terms"`
	GapReason            Code      `json:"gap_reason"`
	PriorDeferralYear    *int      `json:"prior_deferral_year"`
	PriorDeferralOrgan   string    `json:"prior_deferral_organ"`
	PriorDeferralCleared Code      `json:"prior_deferral_cleared"`
}

// Field gives a pointer to the field of that name (*string, *Number, *Code,
// **Date, **Tenths, **int or *time.Time), nil for a name not in
// headers.csv. One switch serves reading, showing and setting alike.
func (f *Form) Field(field string) any {
	switch field {
	case "apply_no":
		return &f.ApplyNo
	case "person_name":
		return &f.PersonName
	case "id_type":
		return &f.IDType
	case "id_number":
		return &f.IDNumber
	case "gender":
		return &f.Gender
	case "school_name":
		return &f.SchoolName
	case "school_code":
		return &f.SchoolCode
	case "stage_taught":
		return &f.StageTaught
	case "subject_taught":
		return &f.SubjectTaught
	case "post_type":
		return &f.PostType
	case "establishment":
		return &f.Establishment
	case "cert_number":
		return &f.CertNumber
	case "cert_kind":
		return &f.CertKind
	case "cert_subject":
		return &f.CertSubject
	case "cert_issuer":
		return &f.CertIssuer
	case "cert_date":
		return &f.CertDate
	case "reg_kind":
		return &f.RegKind
	case "last_valid_to":
		return &f.LastValidTo
	case "appraisal_y1":
		return &f.AppraisalY1
	case "appraisal_y2":
		return &f.AppraisalY2
	case "appraisal_y3":
		return &f.AppraisalY3
	case "appraisal_y4":
		return &f.AppraisalY4
	case "appraisal_y5":
		return &f.AppraisalY5
	}
	return f.supplement(field)
}

// supplement is Field for the time of applying and the school's own columns.
func (f *Form) supplement(field string) any {
	switch field {
	case "training_hours":
		return &f.TrainingHours
	case "applied_at":
		return &f.AppliedAt
	case "in_post":
		return &f.InPost
	case "hired_on":
		return &f.HiredOn
	case "probation_end":
		return &f.ProbationEnd
	case "approval_doc_no":
		return &f.ApprovalDocNo
	case "equal_pay":
		return &f.EqualPay
	case "contract_from":
		return &f.ContractFrom
	case "contract_to":
		return &f.ContractTo
	case "cert_status":
		return &f.CertStatus
	case "in_national_system":
		return &f.InNationalSystem
	case "authenticity":
		return &f.Authenticity
	case "ethics_result":
		return &f.EthicsResult
	case "ethics_decision_no":
		return &f.EthicsDecisionNo
	case "health_evidence":
		return &f.HealthEvidence
	case "gap_terms":
		return &f.GapTerms
	case "gap_reason":
		return &f.GapReason
	case "prior_deferral_year":
		return &f.PriorDeferralYear
	case "prior_deferral_organ":
		return &f.PriorDeferralOrgan
	case "prior_deferral_cleared":
		return &f.PriorDeferralCleared
	}
	return nil
}

// Get gives the field as data: a text as it is, a number by its last four, a code of values.csv, a date
// as 2006-01-02, a time as RFC 3339 with milliseconds, a number in decimals.
// An empty cell and an unknown field give "".
func (f Form) Get(field string) string {
	switch v := f.Field(field).(type) {
	case *string:
		return *v
	case *Number:
		return v.String()
	case *Code:
		return string(*v)
	case **Date:
		if *v != nil {
			return (*v).String()
		}
	case **Tenths:
		if *v != nil {
			return (*v).String()
		}
	case **int:
		if *v != nil {
			return fmt.Sprint(**v)
		}
	case *time.Time:
		if !v.IsZero() {
			return v.In(Shanghai).Format("2006-01-02T15:04:05.000Z07:00")
		}
	}
	return ""
}

// Show gives the field as a reader of Chinese sees it: the word of the list,
// the date, the time to the second (with milliseconds only if there are any).
func (f Form) Show(field string) string {
	switch v := f.Field(field).(type) {
	case *Code:
		return v.Word(field)
	case *time.Time:
		if v.IsZero() {
			return ""
		}
		return v.In(Shanghai).Format("2006-01-02 15:04:05.999")
	}
	return f.Get(field)
}

// Shown is one field with its official header, as a reviewer compares it.
type Shown struct{ Field, Header, Value string }

// Reviewed lists the 23 fields that the school compares with the paper (R17):
// columns 2-24 of headers.csv.
func (f Form) Reviewed() []Shown {
	var out []Shown
	for _, c := range Columns()[1:24] {
		out = append(out, Shown{c.Field, c.Header, f.Show(c.Field)})
	}
	return out
}

// With gives the form with one field read from what a person typed on a page:
// the word of a list, 2006-01-02, 2006-01-02 15:04:05, 372.5. It judges the
// spelling only; whether the row may stand is the sheet's check.
func (f Form) With(field, text string) (Form, error) {
	text = strings.TrimSpace(text)
	header := HeaderOf(field)
	switch v := f.Field(field).(type) {
	case *string:
		*v = text
	case *Number:
		*v = Number(text)
	case *Code:
		c, ok := CodeOf(field, text)
		if !ok && text != "" {
			return f, refuse("%s只能填写：%s。", header, strings.Join(Words(field), "、"))
		}
		*v = c
	case **Date:
		return f, setDate(v, header, text)
	case **Tenths:
		return f, setTenths(v, header, text)
	case **int:
		var n int
		if *v = nil; text == "" {
			break
		}
		if _, err := fmt.Sscanf(text, "%d", &n); err != nil || fmt.Sprint(n) != text {
			return f, refuse("%s应为整数，例如 2023。", header)
		}
		*v = &n
	case *time.Time:
		t, err := time.ParseInLocation("2006-01-02 15:04:05", text, Shanghai)
		if err != nil {
			return f, refuse("%s应写成 2024-10-08 09:15:30 的样子。", header)
		}
		*v = t
	default:
		return f, refuse("申请表中没有这一栏，请刷新页面后重试。")
	}
	return f, nil
}

func setDate(v **Date, header, text string) error {
	if *v = nil; text == "" {
		return nil
	}
	d, err := ParseDate(text)
	if err != nil {
		return refuse("%s应写成 2024-10-08 的样子，且须是实际存在的日期。", header)
	}
	*v = &d
	return nil
}

func setTenths(v **Tenths, header, text string) error {
	if *v = nil; text == "" {
		return nil
	}
	n, ok := ParseTenths(text)
	if !ok || n < 0 {
		return refuse("%s应为不小于 0、至多一位小数的数，例如 372.5。", header)
	}
	*v = &n
	return nil
}
