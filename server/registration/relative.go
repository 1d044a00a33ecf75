package registration

import (
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// relations are the words for how somebody is related; "other" covers the rest.
var relations = []struct{ code, word string }{
	{"spouse", "配偶"}, {"parent", "父母"}, {"child", "子女"}, {"sibling", "兄弟姐妹"}, {"in_law", "姻亲"}, {"other", "其他近亲属"},
}

// Relations lists the codes with their words, for a choice.
func Relations() (codes, words []string) {
	for _, r := range relations {
		codes, words = append(codes, r.code), append(words, r.word)
	}
	return codes, words
}

// Relative is a staff member's own declaration that an application is a
// relative's (R15). It names the application as the person knows it, by school
// and by the number of the national site, so that it can be made before the
// sheet arrives, and asks nothing of the register.
type Relative struct {
	ID, Staff                 string
	School, ApplyNo, Relation string
	At                        time.Time
	Removal, RemovalSeconded  string    // why it was taken back, and who signed beside the declarant
	RemovedAt                 time.Time // zero while it stands
}

// Stands reports whether the declaration bars its declarant.
func (r Relative) Stands() bool { return r.RemovedAt.IsZero() }

// RelationWord is the relation in Chinese.
func (r Relative) RelationWord() string {
	for _, known := range relations {
		if known.code == r.Relation {
			return known.word
		}
	}
	return ""
}

// Declare adds a declaration to those that the person has made.
func Declare(number, school string, by Person, applyNo, relation string, issued time.Time) (Relative, error) {
	r := Relative{ID: by.Staff + "/" + number, Staff: by.Staff, School: school, Relation: relation, At: issued}
	r.ApplyNo = strings.ToUpper(strings.TrimSpace(HalfWidth(applyNo)))
	switch {
	case r.ApplyNo == "":
		return r, fault.New(fault.Invalid, "请填写亲属的申请编号。").At("apply_no", "请填写申请编号。")
	case longNumber(r.ApplyNo) || len(r.ApplyNo) == 15 || len(r.ApplyNo) > 64 || strings.Trim(r.ApplyNo, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-") != "":
		return r, fault.New(fault.Invalid, "申请编号由字母、数字和短横组成，不要写证件号码。请照网上申报的申请编号填写。").At("apply_no", "请照申请编号填写，不要写证件号码。")
	case r.RelationWord() == "":
		return r, fault.New(fault.Invalid, "请选择与申请人的关系。").At("relation", "请选择关系。")
	}
	for _, known := range by.Relatives {
		if known.School == school && known.ApplyNo == r.ApplyNo && known.Stands() {
			return r, fault.New(fault.Conflict, "这份申请您已经申报过，仍然有效，不用再报。").At("apply_no", "已经申报过。")
		}
	}
	return r, nil
}

// Remove takes a declaration back: its declarant says why and a lead signs the
// same text, since it opens a door to the declarant himself.
func (r Relative) Remove(by, lead Person, reason string, now time.Time) (Relative, error) {
	reason, err := OneLine("撤销的理由", reason)
	switch {
	case err != nil:
		return r, err
	case by.Staff != r.Staff:
		return r, fault.New(fault.Forbidden, "亲属申报只能由申报人本人提出撤销。")
	case lead.Staff == by.Staff:
		return r, fault.New(fault.Forbidden, "撤销亲属申报须由另一位负责人复签。请另选一位。")
	case !r.Stands():
		return r, fault.New(fault.Conflict, "这项申报已经撤销，没有改动。")
	}
	r.Removal, r.RemovalSeconded, r.RemovedAt = reason, lead.Staff, now.In(Shanghai).Truncate(time.Millisecond)
	return r, nil
}

// related tells whether the person declared the record to be a relative's.
func (p Person) related(a Application) bool {
	for _, r := range p.Relatives {
		if r.Stands() && r.School == a.School && r.ApplyNo == strings.ToUpper(a.Form.ApplyNo) {
			return true
		}
	}
	return false
}

// RelativeStatement is the text of a declaration.
func RelativeStatement(h seal.Header, r Relative, school string) (seal.Statement, error) {
	return finish(seal.RelativeDeclare, h, []seal.Field{field("学校", cell(school)+"（"+r.School+"）"), field("申请编号", r.ApplyNo), field("关系", r.RelationWord())}, seal.Annex{})
}

// RelativeEndStatement is the text by which it is taken back.
func RelativeEndStatement(h seal.Header, r Relative, school string) (seal.Statement, error) {
	return finish(seal.RelativeRemove, h, []seal.Field{field("学校", cell(school)+"（"+r.School+"）"), field("申请编号", r.ApplyNo), field("关系", r.RelationWord()),
		field("理由", r.Removal)}, seal.Annex{})
}
