package registration

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// schoolOf is what a school's texts say once for all their rows.
func schoolOf(a Application) string { return fmt.Sprint(a.Year, a.School) }

// comparedWords counts check 2.
func (s Step) comparedWords() string {
	n := map[string]int{}
	for _, c := range Columns()[1:24] {
		n[s.Review.Compared[c.Field]]++
	}
	return fmt.Sprintf("比对 23 项：一致 %d、不一致 %d、纸质缺少 %d", n[Same], n[Differs], n[Absent])
}

// correctionWords are the corrections and explanations, one line each. Numbers
// are said to be corrected, not shown.
func (s Step) correctionWords() []string {
	var list []string
	corrected := map[string]bool{}
	for _, c := range s.Corrections {
		corrected[c.Field] = true
		values := orNone(c.Old) + " → " + orNone(c.New)
		if numberFields[c.Field] {
			values = "号码已更正（原值、新值见更正记录）"
		}
		source := "国家系统待更正"
		if c.MendedAtSource {
			source = "国家系统已更正"
		}
		list = append(list, fmt.Sprintf("%s：%s；理由：%s；证据：%s；%s", HeaderOf(c.Field), values, c.Reason, c.Evidence, source))
	}
	for _, c := range Columns()[1:24] {
		if text := s.Review.Explained[c.Field]; text != "" {
			word := "不一致"
			if s.Review.Compared[c.Field] == Absent {
				word = "纸质缺少"
			}
			list = append(list, fmt.Sprintf("%s：%s，说明：%s", c.Header, word, text))
		}
	}
	return list
}

// answerWords are the findings, each with the school's answer.
func (s Step) answerWords() []string {
	var list []string
	for _, f := range s.After.Findings {
		answer := "学校认可"
		if text, disputed := cutDispute(s.Review.Answers[f.Rule]); disputed {
			answer = "学校有异议：" + text
		}
		list = append(list, cell(f.Sentence)+"（"+answer+"）")
	}
	return list
}

// ReviewStatement is the text of a school's batch of 注册合格 recommendations.
// An adverse one among them refuses the whole text (domain section 5).
func ReviewStatement(h seal.Header, steps []Step, salts [][16]byte) (seal.Statement, error) {
	if err := same(steps, schoolOf); err != nil {
		return seal.Statement{}, err
	}
	if err := stepsFit("审查", steps); err != nil {
		return seal.Statement{}, err
	}
	bad := &rowFaults{}
	for i, s := range steps {
		if s.After.SchoolConclusion != Registered {
			bad.at(i+1, s.After, orNone(s.After.SchoolConclusion.Word())+"的审查结论须单份签署。")
		}
	}
	if err := bad.err(fault.Invalid, len(steps), "这一批"); err != nil {
		return seal.Statement{}, err
	}
	columns := []string{"姓名", "任教学段", "任教学科", "类别", "注册类型", "比对", "更正和说明", "规则发现和答复", "审查结论", "理由", "内容摘要", "审查摘要"}
	rows, err := annex(columns, steps, salts, func(s Step) []string {
		a := s.After
		return []string{cell(a.Form.PersonName), stageWord(a), cell(a.Form.SubjectTaught), a.Class, kindWord(a.RegKind) + a.Early.Words(), s.comparedWords(),
			listCell(s.correctionWords()), listCell(s.answerWords()), a.SchoolConclusion.Word(), a.SchoolReason, s.Before.Fingerprint(), s.reviewFingerprint()}
	})
	if err != nil {
		return seal.Statement{}, err
	}
	first := steps[0].After
	return finish(seal.Review, h, []seal.Field{yearLine(first.Year), field("学校", schoolWords(steps[0].Before)), field("审查结论", Registered.Word())}, rows)
}

// ReviewAdverseStatement is the text of one adverse recommendation.
func ReviewAdverseStatement(h seal.Header, s Step) (seal.Statement, error) {
	a := s.After
	if !a.SchoolConclusion.Adverse() {
		return seal.Statement{}, fault.New(fault.Invalid, "申请 %s 的审查结论不是不利结论，请放在批里签署。", a.ID)
	}
	fields := []seal.Field{yearLine(a.Year), recordLine(s.Before), field("申请人", cell(a.Form.PersonName)), field("学校", schoolWords(a)),
		field("核对结果", s.comparedWords()+"（审查摘要 "+s.reviewFingerprint()+"）")}
	for _, w := range s.correctionWords() {
		fields = append(fields, field("更正", w))
	}
	for _, w := range s.answerWords() {
		fields = append(fields, field("规则发现", w))
	}
	return finish(seal.ReviewAdverse, h, append(fields, field("审查结论", a.SchoolConclusion.Word()), field("理由", a.SchoolReason)), seal.Annex{})
}

// NotAcceptStatement is the text that handler and head sign (R46).
func NotAcceptStatement(h seal.Header, s Step) (seal.Statement, error) {
	a := s.After
	fields := []seal.Field{yearLine(a.Year), recordLine(s.Before), field("申请人", cell(a.Form.PersonName)), field("学校", schoolWords(a))}
	for _, w := range s.correctionWords() {
		fields = append(fields, field("更正", w))
	}
	fields = append(fields, findingLines(a.Findings)...)
	return finish(seal.NotAccept, h, append(fields, field("理由", a.Reason)), seal.Annex{})
}

// SendStatement is the school's list as the head signs it, with its digest
// over all rows (R20).
func SendStatement(h seal.Header, steps []Step, salts [][16]byte) (seal.Statement, error) {
	if err := same(steps, schoolOf); err != nil {
		return seal.Statement{}, err
	}
	if err := stepsFit("上报", steps); err != nil {
		return seal.Statement{}, err
	}
	list := sha256.New()
	columns := []string{"姓名", "任教学段", "任教学科", "类别", "注册类型", "规则发现", "审查结论", "理由", "内容摘要"}
	rows, err := annex(columns, steps, salts, func(s Step) []string {
		a, print := s.After, s.Before.Fingerprint()
		fmt.Fprintf(list, "%s %s\n", a.ID, print)
		return []string{cell(a.Form.PersonName), stageWord(a), cell(a.Form.SubjectTaught), a.Class, kindWord(a.RegKind) + a.Early.Words(),
			orNone(ruleIDs(a.Findings)), a.SchoolConclusion.Word(), a.SchoolReason, print}
	})
	if err != nil {
		return seal.Statement{}, err
	}
	first := steps[0].After
	return finish(seal.Send, h, []seal.Field{yearLine(first.Year), field("学校", schoolWords(first)),
		field("名单摘要", hex.EncodeToString(list.Sum(nil)))}, rows)
}

// listCell joins words in one cell.
func listCell(words []string) string {
	if len(words) == 0 {
		return "无"
	}
	text := words[0]
	for _, w := range words[1:] {
		text += "｜" + w
	}
	return text
}

// stepsFit holds the batch limit for texts too, whoever made the steps.
func stepsFit(act string, steps []Step) error {
	apps := make([]Application, len(steps))
	for i, s := range steps {
		apps[i] = s.Before
	}
	return batchSize(act, apps)
}
