package policy

import "strings"

// Role is a duty that a person is appointed to in one body (domain section 1).
type Role string

// The roles. System is nobody's: it stands for acts that no person asks for.
const (
	SC     Role = "SC"
	SH     Role = "SH"
	DH     Role = "DH" // lent for a time, never by an appointment
	ST     Role = "ST" // lent to whoever has an account and no appointment yet
	CA     Role = "CA"
	CL     Role = "CL"
	MD     Role = "MD"
	ML     Role = "ML"
	MR     Role = "MR"
	SYS    Role = "SYS"
	SEC    Role = "SEC"
	AUD    Role = "AUD"
	System Role = "system"
)

// home says in what kind of body a role can be held.
type home uint8

const (
	atSchool home = 1 << iota
	atCounty
	atCityRun
	atCity
)

// roleRow gives a role its name, its possible homes, and whether it is one of
// the three officers.
type roleRow struct {
	Role    Role
	Name    string
	Homes   home
	Officer bool
}

var roles = []roleRow{
	{SC, "学校具体负责人员", atSchool, false},
	{SH, "校长", atSchool, false},
	{DH, "上报代理人", atSchool, false},
	{CA, "区县审核人员", atCounty, false},
	{CL, "区县负责人", atCounty, false},
	{MD, "市直审核人员", atCityRun | atCity, false},
	{ML, "市级负责人", atCity, false},
	{MR, "市级复核人员", atCity, false},
	{SYS, "系统管理员", atCity, true},
	{SEC, "安全保密管理员", atCity, true},
	{AUD, "安全审计员", atCity, true},
	{ST, "备案人员", atSchool | atCounty | atCityRun | atCity, false},
}

// Roles lists the roles a person can have.
func Roles() []Role {
	list := make([]Role, len(roles))
	for i, row := range roles {
		list[i] = row.Role
	}
	return list
}

// Kept are the roles that an institution never does without: who gives rights
// and keys, who reads what was done, and who signs beside the officer.
func Kept() []Role { return []Role{SEC, AUD, ML} }

// Name is the role in the words of the pages; the bare word if it is unknown.
func (r Role) Name() string {
	if row, ok := r.row(); ok {
		return row.Name
	}
	return string(r)
}

// Known reports whether a person can be appointed to this role.
func (r Role) Known() bool {
	_, ok := r.row()
	return ok && !r.Lent()
}

// Lent reports a role that comes from no appointment: from a delegation for a
// time, or from the account alone.
func (r Role) Lent() bool { return r == DH || r == ST }

// Fits reports whether the role can be held in a body of this kind: city,
// city_run, county; every other kind is a school.
func (r Role) Fits(kind string) bool {
	row, ok := r.row()
	return ok && row.Homes&homeOf(kind) != 0
}

func (r Role) row() (roleRow, bool) {
	for _, row := range roles {
		if row.Role == r {
			return row, true
		}
	}
	return roleRow{}, false
}

func homeOf(kind string) home {
	switch kind {
	case "":
		return 0
	case "city":
		return atCity
	case "city_run":
		return atCityRun
	case "county":
		return atCounty
	}
	return atSchool
}

// Combine says whether one person may hold these roles together. The three
// officers exclude each other and every business role, so that nobody both
// runs or watches the system and decides in it. Business roles may meet in one
// person: duty is separated per record, not per person (domain section 4).
func Combine(held []Role) error {
	var officer, other Role
	for _, role := range held {
		row, ok := role.row()
		switch {
		case !ok:
			return forbidden("没有“%s”这个角色，可用的角色是 %s。", role, roleWords(Roles()))
		case row.Officer && officer == "":
			officer = role
		case role != officer && other == "":
			other = role
		}
	}
	if officer == "" || other == "" {
		return nil
	}
	return forbidden("“%s”与“%s”不能由一人兼任：系统管理员、安全保密管理员、安全审计员三者互斥，也不与业务角色兼任。请另派一人，或先免去其中一个任职。",
		officer.Name(), other.Name())
}

// roleWords names roles for a sentence.
func roleWords(list []Role) string {
	words := make([]string, len(list))
	for i, role := range list {
		words[i] = role.Name()
	}
	return strings.Join(words, "、")
}
