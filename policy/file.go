package policy

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Line is one line of the policy file: a person with the role may do the act
// on the resource within the reach of the body of the appointment.
type Line struct {
	Role     Role
	Act      Act
	Resource Resource
	Reach    Reach
}

// String spells the line as it stands in the file.
func (l Line) String() string {
	return "p, " + string(l.Role) + ", " + string(l.Act) + ", " + string(l.Resource) + ", " + string(l.Reach)
}

// Fault is one thing that is wrong with a policy file. Line is the number of
// the line, from 1; 0 means the file as a whole.
type Fault struct {
	Line     int
	Sentence string
}

// String is the sentence with its place.
func (f Fault) String() string {
	if f.Line == 0 {
		return f.Sentence
	}
	return fmt.Sprintf("政策文件第 %d 行：%s", f.Line, f.Sentence)
}

// MaxFile bounds a policy file, in bytes: some five hundred lines.
const MaxFile = 32 << 10

// Read reads a file that somebody wants to be the policy, under the model that
// the program carries. Every fault is told at once, each with its line and its
// cure; a file that would lock people out is at fault too (see lockouts).
func Read(lines []byte) (*Policy, []Fault) {
	switch {
	case len(lines) > MaxFile:
		return nil, []Fault{{0, fmt.Sprintf("政策文件有 %d 字节，最多 %d 字节。请核对是不是选错了文件。", len(lines), MaxFile)}}
	case bytes.HasPrefix(lines, []byte("\xef\xbb\xbf")):
		return nil, []Fault{{1, "开头有字节顺序标记（BOM）。请用“UTF-8（无 BOM）”另存后再上传。"}}
	case !utf8.Valid(lines):
		return nil, []Fault{{0, "政策文件不是 UTF-8 文本。请用“UTF-8（无 BOM）”另存后再上传；不要用表格软件保存。"}}
	}
	parsed, faults := parse(string(lines))
	if len(faults) == 0 {
		faults = lockouts(parsed)
	}
	if len(faults) > 0 {
		return nil, faults
	}
	p, err := build(embeddedModel, lines, parsed)
	if err != nil {
		return nil, []Fault{{0, "政策文件不能使用：" + err.Error() + "。请联系系统管理员。"}}
	}
	return p, nil
}

// parse reads `p, role, act, resource, reach`; # begins a comment line. What
// has a fault is not among the lines.
func parse(text string) ([]Line, []Fault) {
	var list []Line
	var faults []Fault
	seen := map[Line]int{}
	for i, raw := range strings.Split(text, "\n") {
		raw = strings.TrimSpace(raw)
		if raw == "" || strings.HasPrefix(raw, "#") {
			continue
		}
		cells := strings.Split(raw, ",")
		for j := range cells {
			cells[j] = strings.TrimSpace(cells[j])
		}
		if len(cells) != 5 || cells[0] != "p" {
			faults = append(faults, Fault{i + 1, "应写作“p, 角色, 行为, 对象, 范围”，用半角逗号分成五格；说明文字请以 # 开头。"})
			continue
		}
		l := Line{Role(cells[1]), Act(cells[2]), Resource(cells[3]), Reach(cells[4])}
		if wrong := l.check(); wrong != "" {
			faults = append(faults, Fault{i + 1, wrong})
			continue
		}
		if first, twice := seen[l]; twice {
			faults = append(faults, Fault{i + 1, fmt.Sprintf("与第 %d 行相同，请删去一行。", first)})
			continue
		}
		seen[l] = i + 1
		list = append(list, l)
	}
	return list, faults
}

// check refuses words nobody knows and lines that break the exclusion of the
// three officers from business data; empty if the line is sound.
func (l Line) check() string {
	row, person := l.Role.row()
	resource, known := ActResource(l.Act)
	switch {
	case !person && l.Role != System:
		return fmt.Sprintf("没有角色“%s”。可用的角色是 %s、system。", l.Role, joined(Roles()))
	case !known:
		return fmt.Sprintf("没有行为“%s”。请对照程序自带的政策文件改写；程序已不再有的行为，请删去这一行。", l.Act)
	case l.Resource != resource:
		return fmt.Sprintf("行为“%s”的对象是“%s”，不是“%s”。请改成“%s”。", l.Act, resource, l.Resource, resource)
	case !slices.Contains(Reaches(), l.Reach):
		return fmt.Sprintf("没有范围“%s”。可用的范围是 %s。", l.Reach, joined(Reaches()))
	case (l.Role == System) != (l.Reach == SystemOnly):
		return "范围“system”只属于角色“system”，反之亦然。请改正角色或范围。"
	case l.Reach == All && !row.Officer:
		return fmt.Sprintf("范围“all”只给三员，业务角色“%s”不能用。请改成 own、subtree 或 city_run。", l.Role)
	case row.Officer && businessData(l.Resource):
		return fmt.Sprintf("三员不接触业务数据，“%s”不能办“%s”。请删去这一行。", l.Role, l.Act)
	}
	return ""
}

func joined[T ~string](list []T) string {
	words := make([]string, len(list))
	for i, w := range list {
		words[i] = string(w)
	}
	return strings.Join(words, "、")
}

// businessData names the resources whose pages show names of teachers.
func businessData(resource Resource) bool {
	switch resource {
	case ApplicationResource, ImportResource, LicenceResource, ReceiptResource, ProofResource:
		return true
	}
	return false
}

// floor is what every policy holds, whatever its file says: without these
// lines nobody could seal the next one, or a key whose certificate its issuer
// revoked would stay in use under the policy of before. A file that leaves one
// out is refused; a sealed file that an earlier version of the program took is
// completed. The words of these acts never change.
var floor = []Line{
	{System, Genesis, InstitutionResource, SystemOnly},
	{System, Login, SessionResource, SystemOnly},
	{System, Logout, SessionResource, SystemOnly},
	{System, Refusal, RefusalResource, SystemOnly},
	{System, VoidProposal, ProposalResource, SystemOnly},
	{System, SealEmergency, EmergencyResource, SystemOnly},
	{System, UseEmergency, EmergencyResource, SystemOnly},
	{System, AcknowledgeEmergency, EmergencyResource, SystemOnly},
	{System, DrillRecovery, KeyringResource, SystemOnly},
	{System, RecoverKeyring, KeyringResource, SystemOnly},
	{System, RenewShares, KeyringResource, SystemOnly},
	{System, SuspendRevoked, KeyResource, SystemOnly},
	{SEC, Login, SessionResource, Own},
	{SEC, Logout, SessionResource, Own},
	{SEC, ViewHome, HomeResource, Own},
	{SEC, ViewPolicy, PolicyResource, Own},
	{SEC, ProposePolicy, PolicyResource, Own},
	{ML, Login, SessionResource, Own},
	{ML, Logout, SessionResource, Own},
	{ML, ViewHome, HomeResource, Own},
	{ML, ViewPolicy, PolicyResource, Own},
	{ML, CountersignPolicy, PolicyResource, Own},
	{AUD, Login, SessionResource, Own},
	{AUD, Logout, SessionResource, Own},
	{AUD, ViewHome, HomeResource, Own},
	{AUD, ReadLog, LogResource, Own},
}

// gate is one of the conditions that business waits for, and whoever fulfils
// it under a policy.
type gate struct {
	lines    []Line
	sentence string // what is shut while one of the lines is missing; %s is the role
}

// gates are asked of everybody before business (R43, R54, R55). What fulfils
// them is completed like the floor, for a role that the file gives work: a gate
// that came with a later version of the program stops nobody.
var gates = []gate{
	{[]Line{{SH, SignSheet, DutyResource, Own}, {SH, ViewSheet, DutyResource, Own}, {CL, SignSheet, DutyResource, Own}, {CL, ViewSheet, DutyResource, Own},
		{ML, SignSheet, DutyResource, Own}, {ML, SignSheet, DutyResource, CityRun}, {ML, ViewSheet, DutyResource, Own}, {ML, ViewSheet, DutyResource, CityRun}},
		"%s所负责的机构没有人能签安全主体责任书，其人员都不能办理业务"},
	{[]Line{{SH, ConfirmTraining, StaffResource, Own}, {CL, ConfirmTraining, StaffResource, Subtree}, {ML, ConfirmTraining, StaffResource, Subtree}},
		"没有%s确认培训，所属人员都不能办理业务"},
	{everyRole(SignPledge, StaffResource), "%s不能签承诺书，档案不齐，什么都不能办"},
	{everyRole(EnterTraining, StaffResource), "%s不能登记培训，什么业务都不能办"},
}

// everyRole is an act that each role may do for itself; a delegate does it in
// the role of his own appointment.
func everyRole(act Act, resource Resource) []Line {
	var list []Line
	for _, role := range Roles() {
		if role == DH {
			continue
		}
		list = append(list, Line{role, act, resource, Own})
	}
	return list
}

// complete adds the floor, and the keys to the gates for each role that has work.
func complete(lines []Line) []Line {
	works := map[Role]bool{}
	for _, l := range lines {
		works[l.Role] = true
	}
	for _, l := range floor {
		if !covered(lines, l) {
			lines = append(lines, l)
		}
	}
	for _, g := range gates {
		for _, l := range g.lines {
			if works[l.Role] && !covered(lines, l) {
				lines = append(lines, l)
			}
		}
	}
	return lines
}

// covered tells whether the lines hold a line of the floor, or one that reaches
// further: the body of the appointment lies within own, subtree and all.
func covered(lines []Line, want Line) bool {
	return slices.ContainsFunc(lines, func(l Line) bool {
		return l.Role == want.Role && l.Act == want.Act &&
			(l.Reach == want.Reach || (want.Reach == Own || want.Reach == CityRun) && (l.Reach == Subtree || l.Reach == All))
	})
}

// lockouts finds what would leave the institution without a way back: no
// security officer who can propose the next policy, no city lead who can
// countersign it, nobody who watches, a role that has work and cannot enter or
// cannot fulfil what its business waits for (gates).
func lockouts(lines []Line) []Fault {
	if len(lines) == 0 {
		return []Fault{{0, "政策文件里没有任何一行规定，谁都不能办事。请选择完整的政策文件。"}}
	}
	var faults []Fault
	has := map[Role]int{}
	enters := map[Role]bool{}
	for _, l := range lines {
		has[l.Role]++
		enters[l.Role] = enters[l.Role] || l.Act == Login && l.Reach != CityRun
	}
	for _, role := range Kept() {
		if has[role] == 0 {
			faults = append(faults, Fault{0, fmt.Sprintf("文件里没有%s（%s）的任何规定：换上它以后，%s，也没有人能再换政策。请补上这一角色的各行。",
				role.Name(), role, locked(role))})
		}
	}
	for _, want := range floor {
		if has[want.Role] > 0 && !covered(lines, want) || want.Role == System && !covered(lines, want) {
			faults = append(faults, Fault{0, fmt.Sprintf("缺少“%s”：没有这一行，%s。请补上。", want, locked(want.Role))})
		}
	}
	for _, role := range Roles() {
		if has[role] > 0 && !enters[role] && !slices.Contains(Kept(), role) {
			faults = append(faults, Fault{0, fmt.Sprintf("%s（%s）有 %d 行规定，却没有登录的一行，这些人都进不来。请补上“%s”。",
				role.Name(), role, has[role], Line{role, Login, SessionResource, Own})})
		}
	}
	for _, g := range gates {
		for _, want := range g.lines {
			if has[want.Role] > 0 && !covered(lines, want) {
				faults = append(faults, Fault{0, fmt.Sprintf("缺少“%s”：没有这一行，%s。请补上。", want, fmt.Sprintf(g.sentence, want.Role.Name()))})
			}
		}
	}
	return faults
}

// locked says what a missing line of the floor would mean.
func locked(role Role) string {
	switch role {
	case SEC:
		return "没有安全保密管理员能提出下一份政策"
	case ML:
		return "没有市级负责人能复签下一份政策"
	case AUD:
		return "没有人能查阅日志"
	}
	return "系统不能记录登录、退出或拒绝"
}
