package registration

import (
	"fmt"
	"strings"
	"time"

	"sealdesk/server/internal/fault"
)

// BatchLimit is how many records one seal may decide (domain section 5).
const BatchLimit = 200

// Step is one record's way through one act: as it was when it was read, and as
// the act leaves it. Statements are derived from steps: the fingerprint from
// Before, so that any change after viewing changes the text, and what people
// read from After.
type Step struct {
	Before, After Application
	Review        Review       // of the school's review only
	Corrections   []Correction // likewise
	Passing       Passing      // of 注册合格 in a batch only: what the pack passes on
}

// Judge is what the rules need beside the form: the pack and the school.
type Judge struct {
	Pack   Pack
	School SchoolFacts
}

// Of evaluates the record anew and returns it with class, kind, findings and
// proposal. A record keeps the pack it was judged by first (case 37).
func (j Judge) Of(a Application) (Application, error) {
	if a.Pack != "" && a.Pack != j.Pack.ID {
		return a, fault.New(fault.Conflict, "申请 %s 按规则包 %s 核验，不能改用 %s。请系统管理员检查规则包的设置。", a.ID, a.Pack, j.Pack.ID)
	}
	a.Class, a.RegKind, a.Findings, a.Outcome = j.Pack.Evaluate(a.Form, j.School, a.Year)
	a.Pack = j.Pack.ID
	return a, nil
}

// stamp marks the moment of a change, to the millisecond that texts carry.
func (a Application) stamp(now time.Time) Application {
	a.UpdatedAt = now.In(Shanghai).Truncate(time.Millisecond)
	return a
}

// wants refuses an act on a record that stands elsewhere.
func (a Application) wants(act string, states ...State) error {
	for _, s := range states {
		if a.State == s {
			return nil
		}
	}
	if a.State == Held {
		return fault.New(fault.Conflict, "申请 %s 因案号“%s”暂停办理，恢复之前不能%s。请由区县负责人（市直由市级负责人）恢复办理之后再办。", a.ID, a.HoldCase, act)
	}
	return fault.New(fault.Conflict, "申请 %s 现在的状态是“%s”，不能%s。可能已有人办过，请刷新后再看。", a.ID, a.State.Word(), act)
}

// findings of one class.
func (a Application) findings(class Class) []Finding {
	var list []Finding
	for _, f := range a.Findings {
		if f.Class == class {
			list = append(list, f)
		}
	}
	return list
}

// rowFaults gathers the faulty rows of a batch: the sentence names the rows by
// place and number, the fields say what is wrong with each.
type rowFaults struct{ list []fault.Field }

func (r *rowFaults) at(place int, a Application, sentence string) {
	r.list = append(r.list, fault.Field{Name: a.ID, Sentence: fmt.Sprintf("第 %d 行（%s）：%s", place, a.ID, sentence)})
}

// err refuses the whole batch: nothing is signed, every row stays as it is.
func (r *rowFaults) err(kind fault.Kind, total int, act string) error {
	if len(r.list) == 0 {
		return nil
	}
	shown := make([]string, 0, 3)
	for i := 0; i < len(r.list) && i < 3; i++ {
		shown = append(shown, r.list[i].Sentence)
	}
	more := ""
	if len(r.list) > len(shown) {
		more = fmt.Sprintf(" 另有 %d 行有问题，见明细。", len(r.list)-len(shown))
	}
	e := fault.New(kind, "%s的 %d 份全部没有签署，状态都没有改变。%s%s请处理这些行，或取消勾选后重新提交。", act, total, strings.Join(shown, " "), more)
	e.Fields = r.list
	return e
}

// sentenceOf is the words of a refusal; the cause stays behind.
func sentenceOf(err error) string {
	if e, ok := err.(*fault.Error); ok {
		return e.Sentence
	}
	return "暂时无法核验，请稍后再试。"
}

// batchSize refuses an empty batch, one over the limit, and a row given twice.
func batchSize(act string, apps []Application) error {
	switch {
	case len(apps) == 0:
		return fault.New(fault.Invalid, "没有选中任何申请，请先勾选再%s。", act)
	case len(apps) > BatchLimit:
		return fault.New(fault.Invalid, "一次最多%s %d 份，选了 %d 份。请分批办理，没有签署任何一份。", act, BatchLimit, len(apps))
	}
	seen := map[string]int{}
	for i, a := range apps {
		if first, twice := seen[a.ID]; twice {
			return fault.New(fault.Invalid, "第 %d 行与第 %d 行是同一份申请（%s），没有签署任何一份。请刷新后重新勾选。", i+1, first, a.ID)
		}
		seen[a.ID] = i + 1
	}
	return nil
}
