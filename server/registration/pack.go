package registration

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
)

//go:embed packs/national-2013.json
var nationalJSON []byte

// Class is the weight of a finding. The first class of Classes in which an
// application has a finding decides its outcome.
type Class string

// Classes of findings, heaviest first.
const (
	ClassScope Class = "O" // out of scope
	ClassFail  Class = "F"
	ClassDefer Class = "D"
	ClassHuman Class = "H"
)

// Outcome is what the rules propose; a person concludes (domain section 5).
type Outcome string

// The five outcomes.
const (
	OutcomeOutOfScope Outcome = "out_of_scope"
	OutcomeFail       Outcome = "fail"
	OutcomeDefer      Outcome = "defer"
	OutcomeHuman      Outcome = "human"
	OutcomePass       Outcome = "pass"
)

// Word names the outcome for a page.
func (o Outcome) Word() string {
	switch o {
	case OutcomeOutOfScope:
		return "不属注册对象"
	case OutcomeFail:
		return "建议注册不合格"
	case OutcomeDefer:
		return "建议暂缓注册"
	case OutcomeHuman:
		return "须人工判断"
	case OutcomePass:
		return "建议注册合格"
	}
	return "尚未判断"
}

// Finding is one rule's answer about one application: a whole sentence with
// the values it rests on, the rule's id and its clause.
type Finding struct {
	Rule     string `json:"rule"`
	Sentence string `json:"sentence"`
	Clause   string `json:"clause"`
	Class    Class  `json:"class"`
}

// Parameters are the figures a pack may set; each rule reads its own.
type Parameters struct {
	Years           int               `json:"years,omitempty"`            // F2, D1: failed years in a row
	Hours           int               `json:"hours,omitempty"`            // D2: class hours in five years
	Terms           int               `json:"terms,omitempty"`            // D3: terms of interruption
	AcceptedReasons []Code            `json:"accepted_reasons,omitempty"` // D3: leave that does not interrupt
	Serves          map[Code][]string `json:"serves,omitempty"`           // H2: stage -> kinds that serve it
}

// Rule is one line of a pack. Check names the condition in rules.go.
type Rule struct {
	ID         string     `json:"id"`
	Class      Class      `json:"class"`
	Check      string     `json:"check"`
	Clause     string     `json:"clause"`
	Parameters Parameters `json:"parameters"`
}

// Passing is what 注册合格 rests on when no rule stands against it: it finds
// nothing, and is cited (R23, R50).
type Passing struct {
	ID     string `json:"id"`
	Clause string `json:"clause"`
}

// Pack is a dated set of rules as data. A record keeps the id of the pack it
// was judged by, so packs are never changed in place, only followed by others.
type Pack struct {
	ID            string   `json:"pack_id"`
	Title         string   `json:"title"`
	EffectiveYear int      `json:"effective_year"`
	Remark        string   `json:"remark"`
	Passing       Passing  `json:"passing"`
	Rules         []Rule   `json:"rules"`
	Digest        [32]byte `json:"-"` // SHA-256 of the file it was read from
}

// ParsePack reads a pack. An unknown field, condition or class and a rule that
// lacks clause or figure are refused: a rule that cannot be asked, or that
// nobody can cite, must not be in force.
func ParsePack(data []byte) (Pack, error) {
	var p Pack
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return Pack{}, fmt.Errorf("registration: reading a rule pack: %w", err)
	}
	if d.More() || p.ID == "" || p.EffectiveYear == 0 || len(p.Rules) == 0 {
		return Pack{}, fmt.Errorf("registration: rule pack %q lacks id, year or rules, or more follows it", p.ID)
	}
	if p.Passing.ID == "" || p.Passing.Clause == "" {
		return Pack{}, fmt.Errorf("registration: rule pack %q does not say under which clause somebody passes", p.ID)
	}
	seen := map[string]bool{p.Passing.ID: true}
	for _, r := range p.Rules {
		if err := r.sound(); err != nil {
			return Pack{}, fmt.Errorf("registration: rule pack %q, rule %q: %w", p.ID, r.ID, err)
		}
		if seen[r.ID] {
			return Pack{}, fmt.Errorf("registration: rule pack %q has rule %q twice", p.ID, r.ID)
		}
		seen[r.ID] = true
	}
	p.Digest = sha256.Sum256(data)
	return p, nil
}

func (r Rule) sound() error {
	weight, ok := weights[r.Class]
	switch {
	case !ok || weight == "":
		return fmt.Errorf("class %q is unknown", r.Class)
	case r.ID == "" || r.Clause == "":
		return fmt.Errorf("id or clause is empty")
	case conditions[r.Check] == nil:
		return fmt.Errorf("condition %q is unknown", r.Check)
	}
	p, need := r.Parameters, ""
	switch r.Check {
	case "failed_years_in_a_row", "failed_year":
		if p.Years < 2 {
			need = "years"
		}
	case "training_short":
		if p.Hours < 1 {
			need = "hours"
		}
	case "teaching_interrupted":
		if p.Terms < 1 {
			need = "terms"
		}
	case "kind_beside_stage":
		if len(p.Serves) == 0 {
			need = "serves"
		}
	}
	if need != "" {
		return fmt.Errorf("parameter %q is missing or too small", need)
	}
	return nil
}

var weights = map[Class]Outcome{
	ClassScope: OutcomeOutOfScope, ClassFail: OutcomeFail,
	ClassDefer: OutcomeDefer, ClassHuman: OutcomeHuman,
}

// Grounds are the rules that a conclusion rests on, each with its clause: the
// pack's for those who pass, and the findings that were set beside it.
func (p Pack) Grounds(a Application) []string {
	var list []string
	for _, id := range strings.Fields(a.ConclusionRules) {
		if id == p.Passing.ID {
			list = append(list, id+"："+p.Passing.Clause)
		}
		for _, f := range a.Findings {
			if f.Rule == id {
				list = append(list, id+"："+f.Clause)
			}
		}
	}
	return list
}

// National gives the default pack national-2013, in force until the
// provincial rules' text replaces it.
var National = sync.OnceValue(func() Pack {
	p, err := ParsePack(nationalJSON)
	if err != nil {
		panic(err) // the embedded file is part of the program; a test reads it
	}
	return p
})

// Evaluate asks every rule and proposes. It gives the scope class S1, S2, S3
// or "" for none, the derived kind of registration (first, renewal), all
// findings in the order of the pack, and the outcome: out of scope before
// fail before defer before human before pass. year is the plan's year.
func (p Pack) Evaluate(f Form, school SchoolFacts, year int) (scope, regKind string, findings []Finding, out Outcome) {
	q := question{form: &f, school: school, year: year, scope: ScopeOf(f, school), kind: KindOf(f)}
	for _, r := range p.Rules {
		q.Parameters = r.Parameters
		if said := conditions[r.Check](q); said != "" {
			findings = append(findings, Finding{Rule: r.ID, Class: r.Class, Clause: r.Clause,
				Sentence: fmt.Sprintf("%s：%s。依据：%s。", r.ID, said, r.Clause)})
		}
	}
	for _, c := range []Class{ClassScope, ClassFail, ClassDefer, ClassHuman} {
		for _, found := range findings {
			if found.Class == c {
				return q.scope, q.kind, findings, weights[c]
			}
		}
	}
	return q.scope, q.kind, findings, OutcomePass
}
