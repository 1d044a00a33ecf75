package policy

import "strings"

// Reach says how far a line of the policy carries, seen from the body of the
// appointment.
type Reach string

// The reaches. SPEC.md explains them for people.
const (
	Own        Reach = "own"      // the body of the appointment itself
	Subtree    Reach = "subtree"  // that body and all beneath it
	CityRun    Reach = "city_run" // 市直 and beneath, as far as it lies in the subtree
	All        Reach = "all"      // every body; never for business data
	SystemOnly Reach = "system"   // no body: acts that nobody is appointed to
)

// Reaches lists the reaches.
func Reaches() []Reach { return []Reach{Own, Subtree, CityRun, All, SystemOnly} }

// Name is the reach in the words of the pages.
func (r Reach) Name() string {
	switch r {
	case Own:
		return "本机构"
	case Subtree:
		return "本机构及所辖"
	case CityRun:
		return "市直及所辖"
	case All:
		return "全部机构"
	case SystemOnly:
		return "系统"
	}
	return string(r)
}

// Body is an organisation as the policy sees it.
type Body struct {
	ID      string
	Path    string // every ancestor and itself, each closed by a slash: /341000/341021/HS10123/
	Kind    string // city, city_run, county; anything else is a school
	Unit    string // the organ it answers to: a county's id, 341000-SZ or 341000
	CityRun bool   // it is 市直 or beneath it
}

// Appointment gives a role in a body.
type Appointment struct {
	Role Role
	Body Body
}

// held lists, as words, the reaches of the appointment in which body lies.
func held(home, body Body) string {
	words := []string{string(All)}
	if !wellFormed(home.Path) || !wellFormed(body.Path) {
		return string(All)
	}
	inside := strings.HasPrefix(body.Path, home.Path)
	if home.ID == body.ID && home.Path == body.Path {
		words = append(words, string(Own))
	}
	if inside {
		words = append(words, string(Subtree))
	}
	if inside && body.CityRun {
		words = append(words, string(CityRun))
	}
	return strings.Join(words, " ")
}

// wellFormed guards the prefix test: "" and "/" would lie above everything,
// and a path without its last slash above its namesakes.
func wellFormed(path string) bool {
	return len(path) > 2 && path[0] == '/' && path[len(path)-1] == '/' && !strings.Contains(path, "//")
}

// within is the model's only function: the line's reach is among the words.
func within(words, reach string) bool {
	for word := range strings.FieldsSeq(words) {
		if word == reach {
			return true
		}
	}
	return false
}
