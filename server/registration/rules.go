package registration

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// The rules as conditions over one row. Which of them are asked, with which
// figures and under which clause, is the pack's business (pack.go); here
// stands only how each is read from a form, so that a figure can change
// without a programmer and a reading cannot change without one.
//
// Two principles of domain section 5 shape every condition: all rules are
// asked even when the first has decided, since the teacher is entitled to see
// everything that stands against the application; and missing data is never a
// pass, so an empty cell is a finding for a human and not an answer.

// SchoolFacts is what the rules need to know of the school.
type SchoolFacts struct {
	Kind      string // of organisations.csv: primary, junior, … university, training_agency
	Ownership string // 公办 or 民办
	Licence   string // of a private school, empty while none is on file (R02)
}

// Teaches is false for those that are no schools in the sense of R01-R02.
func (s SchoolFacts) Teaches() bool {
	return s.Kind != "university" && s.Kind != "training_agency"
}

// The two kinds of ownership as the register spells them.
const (
	Public  = "公办"
	Private = "民办"
)

// KindOf derives the kind of registration from history (R05): whoever was
// registered before, renews.
func KindOf(f Form) string {
	if f.LastValidTo == nil {
		return "first"
	}
	return "renewal"
}

// ScopeOf gives the class of notice one that the teacher belongs to, "" for
// none: S1 on the establishment of a public school or hired with approval at
// equal pay, S2 employed by a licensed private school, S3 whoever of these
// was deferred before and has answered every reason for it.
func ScopeOf(f Form, s SchoolFacts) string {
	scope := ""
	switch {
	case !s.Teaches() || f.InPost == "no":
		return ""
	case s.Ownership == Public && f.Establishment == "public_staffed":
		scope = "S1"
	case s.Ownership == Public && f.Establishment == "approved_hire":
		if f.EqualPay == "yes" && f.ApprovalDocNo != "" {
			scope = "S1"
		}
	case s.Ownership == Private && f.Establishment == "private":
		if s.Licence != "" && contractCovers(f) {
			scope = "S2"
		}
	}
	if scope != "" && f.PriorDeferralYear != nil && f.PriorDeferralOrgan != "" && f.PriorDeferralCleared == "yes" {
		return "S3"
	}
	return scope
}

func contractCovers(f Form) bool {
	if f.ContractFrom == nil || f.ContractTo == nil {
		return false
	}
	day := DateOf(f.AppliedAt)
	return !day.Before(*f.ContractFrom) && !day.After(*f.ContractTo)
}

// question is one rule put to one row.
type question struct {
	form        *Form
	school      SchoolFacts
	year        int
	scope, kind string
	Parameters
}

// condition answers with what was found, "" for nothing.
type condition func(question) string

var conditions = map[string]condition{
	"no_scope_class":        noScopeClass,
	"certificate_not_held":  certificateNotHeld,
	"grave_ethics_breach":   graveEthicsBreach,
	"failed_years_in_a_row": failedYearsInARow,
	"qualification_gone":    qualificationGone,
	"failed_year":           failedYear,
	"training_short":        trainingShort,
	"teaching_interrupted":  teachingInterrupted,
	"appraisal_unclear":     appraisalUnclear,
	"kind_beside_stage":     kindBesideStage,
	"certificate_unproven":  certificateUnproven,
	"evidence_unclear":      evidenceUnclear,
}

func noScopeClass(q question) string {
	if q.scope != "" {
		return ""
	}
	f := q.form
	switch {
	case !q.school.Teaches():
		return "任教单位是高等学校或培训机构，不是普通中小学、中等职业学校或幼儿园"
	case f.InPost == "no":
		return "是否在岗填“否”，不在教育教学岗位"
	case f.Establishment == "approved_hire":
		return fmt.Sprintf("聘用教师的同等待遇填“%s”，不属与在编教师同等待遇的聘用教师", shown(f, "equal_pay"))
	case f.Establishment == "private" && q.school.Licence == "":
		return "所在民办学校尚无办学许可证登记"
	case f.Establishment == "private":
		return fmt.Sprintf("聘用合同期%s至%s不含申请当日%s", shown(f, "contract_from"),
			shown(f, "contract_to"), DateOf(f.AppliedAt))
	}
	return fmt.Sprintf("学校为%s、编制情况为“%s”，不属三类注册对象", q.school.Ownership, shown(f, "establishment"))
}

func certificateNotHeld(q question) string {
	if q.form.CertStatus != "none" {
		return ""
	}
	return "证书状态填“未持有”，既未持有教师资格证书，也不在补发办理中"
}

func graveEthicsBreach(q question) string {
	if !graveOnFile(q.form) {
		return ""
	}
	return "师德考核为“严重违反”，并有师德处理决定文号在案"
}

func graveOnFile(f *Form) bool {
	return f.EthicsResult == "grave_breach" && f.EthicsDecisionNo != ""
}

func qualificationGone(q question) string {
	if s := q.form.CertStatus; s != "revoked" && s != "lost_by_law" {
		return ""
	}
	return fmt.Sprintf("证书状态为“%s”", shown(q.form, "cert_status"))
}

func trainingShort(q question) string {
	h := q.form.TrainingHours
	if q.kind != "renewal" || h == nil || *h >= Tenths(q.Hours*10) {
		return ""
	}
	return fmt.Sprintf("五年培训学时%s，少于%d", h, q.Hours)
}

func teachingInterrupted(q question) string {
	f := q.form
	if f.GapTerms == nil || *f.GapTerms < Tenths(q.Terms*10) || slices.Contains(q.AcceptedReasons, f.GapReason) {
		return ""
	}
	return fmt.Sprintf("中断教学%s学期，中断原因为“%s”，不属认可的原因", f.GapTerms, shown(f, "gap_reason"))
}

func kindBesideStage(q question) string {
	f := q.form
	if f.CertStatus == "none" || slices.Contains(q.Serves[f.StageTaught], string(f.CertKind)) {
		return ""
	}
	return fmt.Sprintf("资格种类“%s”与任教学段“%s”不相应", shown(f, "cert_kind"), shown(f, "stage_taught"))
}

func certificateUnproven(q question) string {
	f := q.form
	odd := !SeventeenDigits(f.CertNumber)
	if f.CertStatus == "none" || f.Authenticity == "genuine" || f.InNationalSystem == "yes" && !odd {
		return ""
	}
	said := fmt.Sprintf("是否在全国系统填“%s”，证书真伪核验填“%s”", shown(f, "in_national_system"), shown(f, "authenticity"))
	if odd {
		said += fmt.Sprintf("，证书号码为%d位而非17位数字", utf8.RuneCountInString(f.CertNumber.Plain()))
	}
	return said + "，须先核验真伪"
}

// SeventeenDigits tells a certificate number of today's layout from an older
// paper's. It has no check digit.
func SeventeenDigits(number Number) bool {
	return len(number) == 17 && strings.Trim(number.Plain(), "0123456789") == ""
}

func evidenceUnclear(q question) string {
	f := q.form
	var said []string
	if f.HealthEvidence != "present" {
		said = append(said, fmt.Sprintf("身心健康证明为“%s”", shown(f, "health_evidence")))
	}
	if f.EthicsResult != "met" && !graveOnFile(f) {
		said = append(said, fmt.Sprintf("师德考核为“%s”", shown(f, "ethics_result")))
	}
	if f.PostType == "other" {
		said = append(said, "岗位类型为“其他”，不在通知列举的岗位中")
	}
	if sex, ok := SexOfID(f.IDType, f.IDNumber.Plain()); ok && sex != f.Gender {
		said = append(said, fmt.Sprintf("身份证件号码所示性别为%s，表中填%s", sex.Word("gender"), shown(f, "gender")))
	}
	if f.InPost == "" {
		said = append(said, "是否在岗未填")
	}
	if q.kind == "renewal" && f.TrainingHours == nil {
		said = append(said, "五年培训学时未填")
	}
	if f.GapTerms == nil {
		said = append(said, "中断教学学期数未填")
	}
	return strings.Join(said, "；")
}

// shown is the field for a sentence: an empty cell has a word too.
func shown(f *Form, field string) string {
	if s := f.Show(field); s != "" {
		return s
	}
	return "未填"
}
