package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Matrix is the whole policy as a reviewer reads it: for each act and role the
// reaches, each cell asked of Casbin.
type Matrix map[Act]map[Role][]Reach

// Matrix gives every cell that is not empty. It is computed once.
func (p *Policy) Matrix() Matrix { return p.matrix() }

func (p *Policy) everyCell() Matrix {
	m := Matrix{}
	for _, act := range Acts() {
		resource, _ := ActResource(act)
		m[act] = map[Role][]Reach{}
		for _, role := range append(Roles(), System) {
			if !p.gives(role, act) {
				continue // Casbin allows nothing that no line gives
			}
			for _, reach := range Reaches() {
				yes, got, err := p.enforce(role, act, resource, string(reach))
				if err == nil && yes && got == reach {
					m[act][role] = append(m[act][role], reach)
				}
			}
		}
	}
	return m
}

// Inert are the lines of a sealed file that this program does not know; they
// give nothing.
func (p *Policy) Inert() []Fault { return p.inert }

// UnknownActs are the acts that this program has and the policy names nowhere:
// nobody may do them until a policy is sealed that does.
func (p *Policy) UnknownActs() []Act {
	var list []Act
	for _, act := range Acts() {
		if !slices.ContainsFunc(p.lines, func(l Line) bool { return l.Act == act }) {
			list = append(list, act)
		}
	}
	return list
}

// Compare gives the lines that the next policy adds and takes away, each in
// the order of its own file.
func Compare(old, next *Policy) (added, removed []Line) {
	without := func(list, other []Line) (rest []Line) {
		for _, l := range list {
			if !slices.Contains(other, l) {
				rest = append(rest, l)
			}
		}
		return rest
	}
	return without(next.lines, old.lines), without(old.lines, next.lines)
}

// Right is one thing that somebody may do from one body.
type Right struct {
	Act   Act
	Reach Reach
	Body  string // of the appointment
}

// String is the right in words.
func (r Right) String() string {
	return r.Act.Name() + "（" + r.Reach.Name() + "，" + r.Body + "）"
}

// Person is somebody with appointments, for a simulation.
type Person struct {
	Staff        string
	Appointments []Appointment
}

// Effect is what a change of policy means for one person.
type Effect struct {
	Staff        string
	Gains, Loses []Right
}

// Simulate says for everybody who gains and who loses what; people for whom
// nothing changes are left out.
func Simulate(old, next *Policy, people []Person) []Effect {
	var list []Effect
	before, after := old.Matrix(), next.Matrix()
	for _, who := range people {
		e := Effect{Staff: who.Staff}
		was, will := rights(before, who), rights(after, who)
		e.Gains, e.Loses = minus(will, was), minus(was, will)
		if len(e.Gains)+len(e.Loses) > 0 {
			list = append(list, e)
		}
	}
	return list
}

// rights are everything a person may do, in the order of the acts.
func rights(m Matrix, who Person) []Right {
	var held []Role
	for _, a := range who.Appointments {
		held = append(held, a.Role)
	}
	if Combine(held) != nil {
		return nil
	}
	var list []Right
	for _, act := range Acts() {
		for _, a := range who.Appointments {
			if !a.Role.Fits(a.Body.Kind) {
				continue
			}
			for _, reach := range m[act][a.Role] {
				if r := (Right{act, reach, a.Body.ID}); !slices.Contains(list, r) {
					list = append(list, r)
				}
			}
		}
	}
	return list
}

func minus(list, other []Right) (rest []Right) {
	known := make(map[Right]bool, len(other))
	for _, r := range other {
		known[r] = true
	}
	for _, r := range list {
		if !known[r] {
			rest = append(rest, r)
		}
	}
	return rest
}

// Summary says how many gain and lose, with a digest over the whole list: who
// signs it signs every line of the simulation.
func Summary(effects []Effect) string {
	gain, lose := 0, 0
	sum := sha256.New()
	for _, e := range effects {
		if len(e.Gains) > 0 {
			gain++
		}
		if len(e.Loses) > 0 {
			lose++
		}
		write(sum, e.Staff, "+", e.Gains)
		write(sum, e.Staff, "-", e.Loses)
	}
	return fmt.Sprintf("获得权限 %d 人，失去权限 %d 人，名单摘要 %s", gain, lose, hex.EncodeToString(sum.Sum(nil)))
}

func write(to io.Writer, staff, sign string, list []Right) {
	for _, r := range list {
		fmt.Fprintf(to, "%s\t%s\t%s\t%s\t%s\n", staff, sign, r.Act, r.Reach, r.Body)
	}
}

// Words are the lines as the statement lists them.
func Words(lines []Line) []string {
	words := make([]string, len(lines))
	for i, l := range lines {
		words[i] = strings.TrimPrefix(l.String(), "p, ")
	}
	return words
}
