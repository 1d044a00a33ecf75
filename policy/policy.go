// Package policy decides who may do what, where. It exists so that this
// question has one answer in one place: a file of about seventy lines that a
// reviewer can read, evaluated by Casbin, and nothing but Casbin.
//
// It promises that a Grant which is not zero came from a line of that file, for
// a person whose appointments carry it, about a body within that line's reach.
// Roles, acts, resources and reaches are closed lists; people and organisations
// are arguments, never lines. It does not know windows, states of records or
// who acted on a record before: that is registration's. It does not know
// whether a key is in custody or a person is filed and trained: the caller asks
// custody and org before it builds an Officer.
package policy

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"

	"github.com/casbin/casbin/v2"
	"github.com/casbin/casbin/v2/model"
)

//go:embed model.conf
var embeddedModel []byte

//go:embed policy.csv
var embeddedLines []byte

// Officer is a known person in a session, with what the log says of him.
type Officer struct {
	Staff        string
	Session      string
	Key          string // fingerprint of the certificate
	Appointments []Appointment
	Epoch        uint64
}

// Policy answers May. It is immutable after loading and safe for concurrent use.
type Policy struct {
	// One enforcer a role, over that role's lines: a line of another role never
	// matches, and Casbin evaluates its matcher line by line.
	enforcers map[Role]*casbin.Enforcer
	digest    string
	lines     []Line
	model     []byte  // as it was read
	file      []byte  // as it was read
	inert     []Fault // lines of a sealed file that this program does not know
	matrix    func() Matrix
	answers   sync.Map // question -> answer: a policy never changes, so Casbin is asked each question once
}

// question is what Casbin is asked, answer what it said.
type question struct {
	role     Role
	act      Act
	resource Resource
	words    string
}

type answer struct {
	yes   bool
	reach Reach
}

// Load reads the policy that the program carries.
func Load() (*Policy, error) { return LoadFrom(embeddedModel, embeddedLines) }

// LoadFrom reads a model and policy lines strictly. It refuses an unknown word,
// an act with another act's resource, a line given twice, a line that would
// show business data to an officer, and a model that Casbin cannot read.
func LoadFrom(modelText, lines []byte) (*Policy, error) {
	parsed, faults := parse(string(lines))
	if len(faults) > 0 {
		return nil, forbidden("%s", faults[0].String())
	}
	if len(parsed) == 0 {
		return nil, forbidden("政策文件里没有任何一行规定，谁都不能办事。")
	}
	return build(modelText, lines, parsed)
}

// LoadSealed reads a policy that was sealed, maybe by an earlier version of
// this program. A line that this version does not know gives nothing and is
// told (Inert): no file that was sealed once can keep the portal from serving.
// Floor and gates are completed, so that the next policy can be sealed at all
// and business does not wait for it.
func LoadSealed(modelText, lines []byte) (*Policy, error) {
	parsed, faults := parse(string(lines))
	p, err := build(modelText, lines, complete(parsed))
	if p != nil {
		p.inert = faults
	}
	return p, err
}

func build(modelText, lines []byte, parsed []Line) (*Policy, error) {
	p := &Policy{enforcers: map[Role]*casbin.Enforcer{}, digest: DigestOf(modelText, lines), lines: parsed, model: bytes.Clone(modelText), file: bytes.Clone(lines)}
	of := map[Role][]Line{}
	for _, l := range parsed {
		of[l.Role] = append(of[l.Role], l)
	}
	for role, own := range of {
		e, err := enforcer(string(modelText), own)
		if err != nil {
			return nil, err
		}
		p.enforcers[role] = e
		if _, _, err := p.enforce(role, own[0].Act, own[0].Resource, string(Own)); err != nil {
			return nil, fmt.Errorf("policy model: %w", err) // a matcher that does not evaluate shows now, not at a request
		}
	}
	p.matrix = sync.OnceValue(p.everyCell)
	return p, nil
}

// enforcer puts lines under the model.
func enforcer(modelText string, lines []Line) (*casbin.Enforcer, error) {
	m, err := model.NewModelFromString(modelText)
	if err != nil {
		return nil, fmt.Errorf("policy model: %w", err)
	}
	for _, l := range lines {
		rule := []string{string(l.Role), string(l.Act), string(l.Resource), string(l.Reach)}
		if err := m.AddPolicy("p", "p", rule); err != nil {
			return nil, fmt.Errorf("policy line %s: %w", strings.Join(rule, ", "), err)
		}
	}
	e, err := casbin.NewEnforcer(m)
	if err != nil {
		return nil, fmt.Errorf("policy enforcer: %w", err)
	}
	e.AddFunction("within", func(args ...any) (any, error) {
		if len(args) != 2 {
			return false, fmt.Errorf("within: %d arguments", len(args))
		}
		words, ok1 := args[0].(string)
		reach, ok2 := args[1].(string)
		return ok1 && ok2 && within(words, reach), nil
	})
	return e, nil
}

// DigestOf is SHA-256 over model and lines, lower-case hex.
func DigestOf(modelText, lines []byte) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "%d\n", len(modelText)) // a border that no content can move
	sum.Write(modelText)
	sum.Write(lines)
	return hex.EncodeToString(sum.Sum(nil))
}

// Carried gives the model and the lines that the program carries.
func Carried() (modelText, lines []byte) {
	return bytes.Clone(embeddedModel), bytes.Clone(embeddedLines)
}

// Digest is that of model and lines as they were given, see DigestOf.
func (p *Policy) Digest() string { return p.digest }

// May asks whether the person may do the act on the body, and on what lies
// beneath it. The answer is a Grant, or an *Error that names the roles which
// could, or the body outside the reach; a body out of reach is answered as if
// there were none (case 38).
func (p *Policy) May(who Officer, act Act, body Body) (Grant, error) {
	resource, known := ActResource(act)
	if !known {
		return Grant{}, forbidden("政策里没有“%s”这个行为，一律不准。", act)
	}
	if who.Staff == "" {
		return Grant{}, forbidden("还没有登录，不能%s。请插入钥匙登录后再办。", act.Name())
	}
	held := make([]Role, len(who.Appointments))
	for i, a := range who.Appointments {
		held[i] = a.Role
	}
	if err := Combine(held); err != nil {
		return Grant{}, err
	}
	for _, a := range who.Appointments {
		grant, yes, err := p.ask(who, a, act, resource, body)
		if err != nil {
			return Grant{}, err
		}
		if yes {
			return grant, nil
		}
	}
	return Grant{}, p.refuse(who, act, body.ID)
}

// ask puts one appointment before Casbin.
func (p *Policy) ask(who Officer, a Appointment, act Act, resource Resource, body Body) (Grant, bool, error) {
	if !a.Role.Fits(a.Body.Kind) || body.ID == "" || !wellFormed(body.Path) {
		return Grant{}, false, nil
	}
	yes, reach, err := p.enforce(a.Role, act, resource, held(a.Body, body))
	if err != nil || !yes {
		return Grant{}, false, err
	}
	return Grant{
		person: who.Staff, session: who.Session, key: who.Key,
		act: act, resource: resource, role: a.Role, reach: reach, body: body, home: a.Body, epoch: who.Epoch, law: p.digest,
	}, true, nil
}

// enforce is the one call into Casbin; it also gives the reach of the line. What
// may be asked is words of fixed lists, so the answers that are kept are few.
func (p *Policy) enforce(role Role, act Act, resource Resource, words string) (bool, Reach, error) {
	e := p.enforcers[role]
	if e == nil {
		return false, "", nil // no line names the role
	}
	q := question{role, act, resource, words}
	if a, asked := p.answers.Load(q); asked {
		return a.(answer).yes, a.(answer).reach, nil
	}
	yes, rule, err := e.EnforceEx(string(role), string(act), string(resource), words)
	if err != nil {
		return false, "", fmt.Errorf("casbin: %w", err)
	}
	var a answer
	if yes && len(rule) == 4 {
		a = answer{true, Reach(rule[3])}
	}
	p.answers.Store(q, a)
	return a.yes, a.reach, nil
}

// System gives the grant of an act that no person is appointed to: what
// happens before somebody is known, and what the system does by itself.
func (p *Policy) System(act Act) (Grant, error) { return p.SystemFor(Officer{}, act) }

// SystemFor is System on behalf of a known person: a refusal that he met, the
// login that makes him known. The grant names him and lends him no role.
func (p *Policy) SystemFor(who Officer, act Act) (Grant, error) {
	resource, known := ActResource(act)
	if !known {
		return Grant{}, forbidden("政策里没有“%s”这个行为，一律不准。", act)
	}
	yes, reach, err := p.enforce(System, act, resource, string(SystemOnly))
	if err != nil {
		return Grant{}, err
	}
	if !yes {
		return Grant{}, forbidden("系统自己不能%s，须由有任职的人办理。", act.Name())
	}
	return Grant{
		person: who.Staff, session: who.Session, key: who.Key, epoch: who.Epoch,
		act: act, resource: resource, role: System, reach: reach, law: p.digest,
		body: Body{ID: "system", Path: "/", Kind: "system"},
	}, nil
}

// Unknown is the answer for a body that does not exist: word for word what May
// says about one that exists and is out of reach.
func (p *Policy) Unknown(who Officer, act Act, id string) error { return p.refuse(who, act, id) }

// refuse finds the sentence: no role for the act at all, or not this body.
func (p *Policy) refuse(who Officer, act Act, id string) *Error {
	no := p.reason(who, act, id)
	no.Act = act
	return no
}

func (p *Policy) reason(who Officer, act Act, id string) *Error {
	var mine []Role
	var homes []string
	able := false
	for _, a := range who.Appointments {
		mine = append(mine, a.Role)
		if p.gives(a.Role, act) && a.Role.Fits(a.Body.Kind) {
			able = true
			homes = append(homes, a.Body.ID)
		}
	}
	if able {
		return notFound("在您的任职机构（%s）范围内没有机构 %s。请核对编号；不归您这里管的，请由该机构的人员办理“%s”。",
			strings.Join(homes, "、"), id, act.Name())
	}
	needed := p.rolesFor(act)
	if len(needed) == 0 {
		return forbidden("“%s”不由任何人办理，只由系统记录。", act.Name())
	}
	if len(mine) == 0 {
		return forbidden("“%s”须由%s办理，您目前没有任职。请由安全保密管理员核对您的任职。", act.Name(), roleWords(needed))
	}
	return forbidden("“%s”须由%s办理，您的任职是%s。请转给有此任职的人员。", act.Name(), roleWords(needed), roleWords(mine))
}

func (p *Policy) gives(role Role, act Act) bool {
	for _, l := range p.lines {
		if l.Role == role && l.Act == act {
			return true
		}
	}
	return false
}

func (p *Policy) rolesFor(act Act) []Role {
	var list []Role
	for _, role := range Roles() {
		if p.gives(role, act) && !role.Lent() {
			list = append(list, role)
		}
	}
	return list
}
