package org

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
)

// Kinds of organs; every other kind in schoolKinds is a school, in the wide
// sense of the register: training agencies and universities stand in it too.
const (
	City    = "city"
	CityRun = "city_run" // 市直
	County  = "county"
)

var schoolKinds = []string{"kindergarten", "primary", "junior", "senior", "complete_secondary",
	"nine_year", "twelve_year", "vocational", "training_agency", "university"}

var stageNames = []string{"幼儿园", "小学", "初级中学", "高级中学", "中等职业学校", "中职实习指导"}

var organisationColumns = []string{"org_id", "parent_org_id", "kind", "name", "ownership", "division_code",
	"stages", "school_licence_no", "valid_from", "valid_to"}

// Tree is the whole of the bodies: one city, beneath it 市直 and the counties,
// beneath those the schools. It is immutable.
type Tree struct {
	list []Organisation
	byID map[string]int
}

// ParseOrganisations reads organisations.csv. It is strict: every faulty line
// has its sentence, and with one fault nothing is read.
func ParseOrganisations(r io.Reader) (Tree, error) {
	const file = "机构表"
	_, records, err := read(file, r, organisationColumns)
	if err != nil {
		return Tree{}, err
	}
	bad := &faults{file: file}
	var list []Organisation
	lines := map[string]int{}
	for _, rec := range records {
		o, sentence := organisation(rec)
		if first, twice := lines[o.ID]; twice && sentence == "" {
			sentence = fmt.Sprintf("机构编号 %s 与第 %d 行重复。", o.ID, first)
		}
		if sentence != "" {
			bad.at(rec.line, "%s", sentence)
			continue
		}
		lines[o.ID] = rec.line
		list = append(list, o)
	}
	if err := bad.err(); err != nil {
		return Tree{}, err
	}
	tree, wrong := build(list)
	for _, w := range wrong {
		bad.at(lines[w.id], "%s", w.sentence)
	}
	return tree, bad.err()
}

// Build makes the tree from rows that are already kept, and their paths anew.
func Build(list []Organisation) (Tree, error) {
	seen := map[string]bool{}
	for _, o := range list {
		if seen[o.ID] {
			return Tree{}, fault.New(fault.Conflict, "机构编号 %s 出现了两次，机构表已损坏，请系统管理员核对。", o.ID)
		}
		seen[o.ID] = true
	}
	tree, wrong := build(slices.Clone(list))
	if len(wrong) > 0 {
		return Tree{}, fault.New(fault.Conflict, "机构 %s：%s", wrong[0].id, wrong[0].sentence)
	}
	return tree, nil
}

// organisation reads one line by itself; relations are build's.
func organisation(r record) (o Organisation, sentence string) {
	o = Organisation{ID: r.get("org_id"), Parent: r.get("parent_org_id"), Kind: r.get("kind"), Name: r.get("name"),
		Ownership: r.get("ownership"), Division: r.get("division_code"), Licence: r.get("school_licence_no")}
	school := slices.Contains(schoolKinds, o.Kind)
	var err, err2 error
	o.ValidFrom, err = time.ParseInLocation(day, r.get("valid_from"), shanghai)
	if end := r.get("valid_to"); end != "" {
		var last time.Time
		last, err2 = time.ParseInLocation(day, end, shanghai)
		o.ValidTo = &last
	}
	if s := r.get("stages"); s != "" {
		o.Stages = strings.Split(s, "|")
	}
	switch {
	case !identifier(o.ID):
		return o, "机构编号只能用字母、数字和连字符，且不能为空。"
	case !school && o.Kind != City && o.Kind != CityRun && o.Kind != County:
		return o, "机构 " + o.ID + " 的类别“" + o.Kind + "”不在清单内。"
	case o.Name == "":
		return o, "机构 " + o.ID + " 没有名称。"
	case school && o.Ownership != "公办" && o.Ownership != "民办":
		return o, "学校 " + o.ID + " 的办学性质应为公办或民办。"
	case !school && (o.Ownership != "" || o.Licence != "" || len(o.Stages) > 0):
		return o, "机构 " + o.ID + " 不是学校，不填办学性质、学段和许可证号。"
	case len(o.Division) != 6 || strings.Trim(o.Division, "0123456789") != "":
		return o, "机构 " + o.ID + " 的行政区划代码应为 6 位数字。"
	case err != nil || err2 != nil:
		return o, "机构 " + o.ID + " 的起止日期应写作 2024-08-31 的样子。"
	case o.ValidTo != nil && o.ValidTo.Before(o.ValidFrom):
		return o, "机构 " + o.ID + " 的终止日期早于起始日期。"
	}
	for i, stage := range o.Stages {
		if !slices.Contains(stageNames, stage) || slices.Contains(o.Stages[:i], stage) {
			return o, "学校 " + o.ID + " 的学段“" + stage + "”不在清单内，或写了两次。"
		}
	}
	return o, ""
}

type wrong struct{ id, sentence string }

// build checks parents and writes paths. A body hangs under a body of the
// right kind, which also rules out cycles; a cycle among equals is named.
func build(list []Organisation) (Tree, []wrong) {
	t := Tree{list: list, byID: make(map[string]int, len(list))}
	cities := 0
	for i, o := range list {
		t.byID[o.ID] = i
		if o.Kind == City {
			cities++
		}
	}
	var bad []wrong
	for i := range list {
		if s := t.fits(list[i]); s != "" {
			bad = append(bad, wrong{list[i].ID, s})
			continue
		}
		list[i].Path = t.path(list[i])
	}
	if cities != 1 && len(list) > 0 {
		bad = append(bad, wrong{list[0].ID, "机构表里应恰有一个市级机构（city）。"})
	}
	if len(bad) > 0 {
		return Tree{}, bad
	}
	return t, nil
}

// fits says what is wrong with a body's place in the tree, or nothing.
func (t Tree) fits(o Organisation) string {
	if o.Kind == City {
		if o.Parent != "" {
			return "市级机构 " + o.ID + " 不应有上级机构。"
		}
		return ""
	}
	i, ok := t.byID[o.Parent]
	if !ok {
		return "机构 " + o.ID + " 的上级机构 " + o.Parent + " 不在表内。"
	}
	if t.cycles(o) {
		return "机构 " + o.ID + " 的上级关系绕成了圈，找不到市级机构。"
	}
	parent := t.list[i].Kind
	organ := o.Kind == County || o.Kind == CityRun
	if organ && parent != City {
		return "机构 " + o.ID + " 的上级应是市级机构。"
	}
	if !organ && parent != County && parent != CityRun {
		return "学校 " + o.ID + " 的上级应是区县或市直，不能直接挂在 " + o.Parent + " 下。"
	}
	return ""
}

func (t Tree) cycles(o Organisation) bool {
	for range len(t.list) {
		i, ok := t.byID[o.Parent]
		if !ok {
			return false // the missing parent has its own sentence
		}
		o = t.list[i]
	}
	return true
}

func (t Tree) path(o Organisation) string {
	path := o.ID + "/"
	for o.Parent != "" {
		i, ok := t.byID[o.Parent]
		if !ok {
			break
		}
		o = t.list[i]
		path = o.ID + "/" + path
		if len(path) > 512 { // only a tree that build refuses is that deep
			break
		}
	}
	return "/" + path
}

// All gives every body, in the order they were read.
func (t Tree) All() []Organisation { return slices.Clone(t.list) }

// Get finds a body.
func (t Tree) Get(id string) (Organisation, bool) {
	i, ok := t.byID[id]
	if !ok {
		return Organisation{}, false
	}
	return t.list[i], true
}

// Body gives a body as the policy sees it.
func (t Tree) Body(id string) (policy.Body, bool) {
	o, ok := t.Get(id)
	if !ok {
		return policy.Body{}, false
	}
	unit, ok := t.Get(Unit(o.Path))
	return policy.Body{ID: o.ID, Path: o.Path, Kind: o.Kind, Unit: unit.ID, CityRun: unit.Kind == CityRun}, ok
}

// Unit is the organ that a path answers to: the county or 市直 on it, or the
// city where the path ends there. Empty for what is no path.
func Unit(path string) string {
	inner, ok := strings.CutPrefix(path, "/")
	inner, ok2 := strings.CutSuffix(inner, "/")
	steps := strings.Split(inner, "/")
	switch {
	case !ok || !ok2 || slices.Contains(steps, ""):
		return ""
	case len(steps) == 1:
		return steps[0]
	}
	return steps[1]
}

// School reports whether the body is a school in the register's wide sense.
func (o Organisation) School() bool { return slices.Contains(schoolKinds, o.Kind) }

// OpenOn reports whether the body exists on the day of t.
func (o Organisation) OpenOn(t time.Time) bool {
	if t.Before(o.ValidFrom) {
		return false
	}
	return o.ValidTo == nil || t.Before(o.ValidTo.AddDate(0, 0, 1))
}
