package org

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// ExerciseKind is a security lesson or a drill: one of each every year (R53).
type ExerciseKind string

// The two kinds.
const (
	SafetyLesson ExerciseKind = "lesson"
	SafetyDrill  ExerciseKind = "drill"
)

// Word is the kind on a page.
func (k ExerciseKind) Word() string {
	return map[ExerciseKind]string{SafetyLesson: "网络安全和数据安全教育", SafetyDrill: "应急演练"}[k]
}

// Exercise is one lesson that was given or one drill that was held.
type Exercise struct {
	ID     string // L2024-01, D2024-01
	Kind   ExerciseKind
	Year   int
	Org    string // whose officer keeps the record
	On     time.Time
	Bodies []string // who took part
	Topic  string   // free text, encrypted at rest like the three below
	Giver  string   // who gave it or led it
	People string   // which people took part
	Result string   // what came of it; of a lesson it may be empty
	By     string
	At     time.Time
}

// Hold enters an exercise of a plan year; earlier are those of the kind and year.
func (e Exercise) Hold(earlier []Exercise, now time.Time) (Exercise, error) {
	var err error
	switch {
	case e.Kind.Word() == "":
		return e, fault.New(fault.Invalid, "没有这一类记录。请从页面上的表单登记。")
	case e.On.IsZero():
		return e, fault.New(fault.Invalid, "请填写日期。").At("on", "没有填写日期。")
	case e.On.After(now) || e.On.In(shanghai).Year() != e.Year:
		return e, fault.New(fault.Invalid, "日期应在 %d 年之内，且不晚于今天：只登记办过的。", e.Year).At("on", "日期不对。")
	case len(e.Bodies) == 0:
		return e, fault.New(fault.Invalid, "请选择哪些机构参加了。").At("body", "请至少选一个。")
	case len(e.Bodies) > MaxListed:
		return e, fault.New(fault.Invalid, "选了 %d 个参加机构，最多 %d 个，没有登记。区县的学校随区县参加，请只选区县和市级机构。", len(e.Bodies), MaxListed).At("body", "最多 %d 个。", MaxListed)
	}
	if e.Topic, err = oneLine("topic", "主题", e.Topic, 200); err != nil {
		return e, err
	}
	if e.Giver, err = oneLine("giver", map[ExerciseKind]string{SafetyLesson: "讲授人", SafetyDrill: "组织人"}[e.Kind], e.Giver, 100); err != nil {
		return e, err
	}
	if e.People, err = oneLine("people", "参加人员", e.People, 500); err != nil {
		return e, err
	}
	if e.Kind == SafetyDrill || strings.TrimSpace(e.Result) != "" {
		if e.Result, err = oneLine("result", "结果", e.Result, 500); err != nil {
			return e, err
		}
	} else {
		e.Result = ""
	}
	for _, one := range earlier {
		if one.On.Equal(e.On) && one.Topic == e.Topic {
			return e, fault.New(fault.Conflict, "%s %s已经登记为 %s，没有再登记。", Day(e.On), e.Kind.Word(), one.ID)
		}
	}
	slices.Sort(e.Bodies)
	e.Bodies = slices.Compact(e.Bodies)
	e.ID, e.At = fmt.Sprintf("%s%d-%02d", map[ExerciseKind]string{SafetyLesson: "L", SafetyDrill: "D"}[e.Kind], e.Year, len(earlier)+1), now
	return e, nil
}

// ExerciseRows is how many private cells the text has.
const ExerciseRows = 4

// ExerciseStatement is what the security officer signs; names are those of the
// bodies, in the order of Bodies.
func ExerciseStatement(h seal.Header, e Exercise, names []string, salts [][16]byte) (seal.Statement, error) {
	kind := map[ExerciseKind]seal.Kind{SafetyLesson: seal.SecurityLesson, SafetyDrill: seal.SecurityDrill}[e.Kind]
	fields := []seal.Field{line("计划年度", itoa(e.Year)), line("记录编号", e.ID), line("日期", Day(e.On))}
	for i, id := range e.Bodies {
		fields = append(fields, line("参加机构", names[i]+"（"+id+"）"))
	}
	return seal.New(kind, h, fields, private("exercise/"+e.ID, salts, "主题", e.Topic, "主持", e.Giver, "参加人员", e.People, "结果", orText(e.Result, "无")))
}

func orText(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
