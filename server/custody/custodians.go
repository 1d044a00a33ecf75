package custody

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// Custodians are the named people of whom a quorum together opens an
// emergency, and who hold the shares of the recovery key. A list is never
// changed; the next one follows it.
type Custodians struct {
	ID         string // C000001, C000002, …
	Org        string // the institution's body
	Staff      []string
	Quorum     int
	Base       string // the list that it follows; empty for the first
	Reason     string
	By, Second string // who sealed it
	At         time.Time
}

// CustodiansOfGenesis is the first list.
func CustodiansOfGenesis(org string, staff []string, quorum int, by, second string, at time.Time) (Custodians, error) {
	c := Custodians{ID: custodiansID(1), Org: org, Staff: staff, Quorum: quorum, Reason: "启用", By: by, Second: second, At: at}
	return c, c.check()
}

func custodiansID(n int) string { return fmt.Sprintf("C%06d", n) }

func (c Custodians) number() int {
	n, err := strconv.Atoi(strings.TrimPrefix(c.ID, "C"))
	if err != nil || custodiansID(n) != c.ID {
		return 0
	}
	return n
}

// CurrentCustodians is the list in force: the last one.
func CurrentCustodians(all []Custodians) (Custodians, bool) {
	if len(all) == 0 {
		return Custodians{}, false
	}
	return slices.MaxFunc(all, func(a, b Custodians) int { return a.number() - b.number() }), true
}

// NextCustodians is the list that follows. The two who seal it may be on it.
func NextCustodians(all []Custodians, org string, staff []string, quorum int, reason, by, second string, now time.Time) (Custodians, error) {
	c := Custodians{ID: custodiansID(1), Org: org, Staff: staff, Quorum: quorum, Reason: strings.TrimSpace(reason), By: by, Second: second, At: now}
	if last, ok := CurrentCustodians(all); ok {
		c.ID, c.Base = custodiansID(last.number()+1), last.ID
		if last.Quorum == quorum && slices.Equal(last.Staff, staff) {
			return c, fault.New(fault.Invalid, "这份名单与现行第 %s 号完全相同，没有要换的。", last.ID)
		}
	}
	if err := reasonable(c.Reason); err != nil {
		return c, err
	}
	return c, c.check()
}

func (c Custodians) check() error {
	seen := map[string]bool{}
	for _, s := range c.Staff {
		if s == "" || strings.ContainsAny(s, " \t\n") || seen[s] {
			return fault.New(fault.Invalid, "托管人名单里“%s”写了两遍或不成样子。每人写一次。", s).At("staff", "每人写一次。")
		}
		seen[s] = true
	}
	switch n := len(c.Staff); {
	case n < 2 || n > 15:
		return fault.New(fault.Invalid, "托管人应有 2 至 15 人，现在是 %d 人。", n).At("staff", "2 至 15 人。")
	case c.Quorum < 2 || c.Quorum > n:
		return fault.New(fault.Invalid, "法定人数应在 2 与 %d 之间，现在是 %d。一个人就够，等于没有第二个人看着。", n, c.Quorum).At("quorum", "2 至 %d。", n)
	}
	return nil
}

// Has tells whether somebody is on the list.
func (c Custodians) Has(staff string) bool { return slices.Contains(c.Staff, staff) }

// Words say how many of how many.
func (c Custodians) Words() string {
	return fmt.Sprintf("%d 人中 %d 人", len(c.Staff), c.Quorum)
}

// Statement is the text that two people seal over a list.
func (c Custodians) Statement(h seal.Header, names []Named) (seal.Statement, error) {
	base := "无"
	if c.Base != "" {
		base = "第 " + c.Base + " 号"
	}
	fields := []seal.Field{{Label: "名单编号", Value: c.ID}, {Label: "接续", Value: base}, {Label: "法定人数", Value: c.Words()}, {Label: "理由", Value: c.Reason}}
	for _, n := range names {
		fields = append(fields, seal.Field{Label: "托管人", Value: n.String()})
	}
	return seal.New(seal.CustodianList, h, fields, seal.Annex{})
}
