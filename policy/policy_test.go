package policy_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"sealdesk/policy"
)

var update = flag.Bool("update", false, "write the golden files anew")

func load(t testing.TB) *policy.Policy {
	t.Helper()
	p, err := policy.Load()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The sample city: two counties with a school each, 市直 with a school that
// stands in one of the counties.
var (
	city     = policy.Body{ID: "341000", Path: "/341000/", Kind: "city", Unit: "341000"}
	cityRun  = policy.Body{ID: "341000-SZ", Path: "/341000/341000-SZ/", Kind: "city_run", Unit: "341000-SZ", CityRun: true}
	county   = policy.Body{ID: "341021", Path: "/341000/341021/", Kind: "county", Unit: "341021"}
	other    = policy.Body{ID: "341022", Path: "/341000/341022/", Kind: "county", Unit: "341022"}
	school   = policy.Body{ID: "HS10123", Path: "/341000/341021/HS10123/", Kind: "primary", Unit: "341021"}
	foreign  = policy.Body{ID: "HS10200", Path: "/341000/341022/HS10200/", Kind: "junior", Unit: "341022"}
	cityRunS = policy.Body{ID: "HS10300", Path: "/341000/341000-SZ/HS10300/", Kind: "junior", Unit: "341000-SZ", CityRun: true}
)

var sample = []policy.Body{city, cityRun, cityRunS, county, school, other, foreign}

// homes says where the sample's people are appointed.
var homes = []struct {
	Role policy.Role
	Body policy.Body
}{
	{policy.SC, school}, {policy.SH, school}, {policy.DH, school}, {policy.CA, county}, {policy.CL, county},
	{policy.MD, cityRun}, {policy.MD, city}, {policy.ML, city}, {policy.MR, city},
	{policy.SYS, city}, {policy.SEC, city}, {policy.AUD, city}, {policy.ST, school},
}

func officer(pairs ...any) policy.Officer {
	who := policy.Officer{Staff: "U90001", Session: "s1", Key: "k1", Epoch: 7}
	for i := 0; i < len(pairs); i += 2 {
		who.Appointments = append(who.Appointments, policy.Appointment{Role: pairs[i].(policy.Role), Body: pairs[i+1].(policy.Body)})
	}
	return who
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := "testdata/" + name
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; look at the change and run with -update if it is meant\n%s", name, got)
	}
}

func TestTheWholeMatrixOfRoleActAndReachIsTheGoldenFile(t *testing.T) {
	p := load(t)
	var out strings.Builder
	out.WriteString("act\tresource")
	roles := append(policy.Roles(), policy.System)
	for _, r := range roles {
		fmt.Fprintf(&out, "\t%s", r)
	}
	out.WriteByte('\n')
	for _, act := range policy.Acts() {
		resource, _ := policy.ActResource(act)
		fmt.Fprintf(&out, "%s\t%s", act, resource)
		for _, r := range roles {
			var cell []string
			for _, reach := range policy.Reaches() {
				if policy.Asks(p, r, act, resource, reach) {
					cell = append(cell, string(reach))
				}
			}
			if cell == nil {
				cell = []string{"-"}
			}
			out.WriteString("\t" + strings.Join(cell, "+"))
		}
		out.WriteByte('\n')
	}
	golden(t, "matrix.tsv", out.String())
}

func TestWhomMayReachesInTheSampleCityIsTheGoldenFile(t *testing.T) {
	p := load(t)
	var out strings.Builder
	out.WriteString("role\tappointed at\tact\tmay on\n")
	for _, h := range homes {
		who := officer(h.Role, h.Body)
		for _, act := range policy.Acts() {
			var yes []string
			for _, b := range sample {
				g, err := p.May(who, act, b)
				if (err == nil) == g.IsZero() {
					t.Fatalf("%s %s %s: grant and error do not exclude each other", h.Role, act, b.ID)
				}
				if err == nil {
					yes = append(yes, b.ID)
				}
			}
			if yes == nil {
				continue
			}
			fmt.Fprintf(&out, "%s\t%s\t%s\t%s\n", h.Role, h.Body.ID, act, strings.Join(yes, " "))
		}
	}
	golden(t, "sample-city.tsv", out.String())
}

func TestAGrantNamesPersonKeySessionRoleBodyAndEpoch(t *testing.T) {
	g, err := load(t).May(officer(policy.CA, county), policy.Conclude, county)
	if err != nil {
		t.Fatal(err)
	}
	if g.Person() != "U90001" || g.Session() != "s1" || g.Key() != "k1" || g.Epoch() != 7 ||
		g.Act() != policy.Conclude || g.Resource() != policy.ApplicationResource || g.Role() != policy.CA ||
		g.Reach() != policy.Subtree || g.Body() != county || g.IsZero() {
		t.Errorf("grant lost something: %+v", g)
	}
}

func TestRangeAndCoversAgreeAtEveryEdge(t *testing.T) {
	p := load(t)
	g, err := p.May(officer(policy.CA, county), policy.List, county)
	if err != nil {
		t.Fatal(err)
	}
	from, to := g.Range()
	for _, path := range []string{"/341000/341021/", "/341000/341021/HS10123/", "/341000/341021/\xff/", "/341000/341021/~/",
		"/341000/341020/", "/341000/3410210/", "/341000/341021", "/341000/34102/", "/341000/341022/", "/341000/", "", "/",
		"/341000/341021//", "/341000/34102_/", "/341000/341021-SZ/"} {
		if in := path >= from && path < to; g.Covers(path) != in && path != "/341000/341021//" {
			t.Errorf("%q: in range %v, covered %v", path, in, g.Covers(path))
		}
	}
	if !g.Covers("/341000/341021/HS10123/") || g.Covers("/341000/3410210/") || g.Covers("/341000/341021//") {
		t.Error("Covers is wrong about the school, the longer number or an empty segment")
	}
	if from, to := (policy.Grant{}).Range(); from != to || (policy.Grant{}).Covers("/341000/") {
		t.Error("a zero grant has a range")
	}
}

func TestCase38AForeignBodyIsAnsweredLikeAnUnknownOne(t *testing.T) {
	p := load(t)
	who := officer(policy.CA, county)
	for _, b := range []policy.Body{other, foreign, cityRun, cityRunS, city} {
		_, err := p.May(who, policy.View, b)
		unknown := p.Unknown(who, policy.View, b.ID)
		if err == nil || err.Error() != unknown.Error() || policy.KindOf(err) != policy.NotFound {
			t.Errorf("%s: %v, unknown: %v", b.ID, err, unknown)
		}
	}
	_, err := p.May(who, policy.View, policy.Body{ID: "HS99999"})
	if err == nil || err.Error() != p.Unknown(who, policy.View, "HS99999").Error() {
		t.Errorf("a body that does not exist: %v", err)
	}
	if _, err := p.May(who, policy.View, school); err != nil {
		t.Errorf("the twin, her own school: %v", err)
	}
	// The school stands in the county's division; affiliation decides, not the place.
	if g, _ := p.May(who, policy.List, county); g.Covers(cityRunS.Path) {
		t.Error("the county's grant covers a 市直 school")
	}
}

func TestCase39ACountysAuditorFindsNothingInTheNextCounty(t *testing.T) {
	p := load(t)
	who := officer(policy.CA, county)
	g, err := p.May(who, policy.View, county)
	if err != nil {
		t.Fatal(err)
	}
	if g.Covers(foreign.Path) || g.Covers(other.Path) || !g.Covers(school.Path) {
		t.Error("the grant for 歙县 reaches into 休宁县, or not into its own school")
	}
	from, to := g.Range()
	if foreign.Path >= from && foreign.Path < to {
		t.Error("the query's range reaches into 休宁县")
	}
	if _, err := p.May(who, policy.View, foreign); policy.KindOf(err) != policy.NotFound {
		t.Errorf("by URL: %v", err)
	}
}

func TestCase42TheThreeOfficersCombineWithNobody(t *testing.T) {
	p := load(t)
	for _, pair := range [][]policy.Role{{policy.SYS, policy.CA}, {policy.CA, policy.SYS}, {policy.SEC, policy.AUD},
		{policy.AUD, policy.SYS}, {policy.ML, policy.SEC}, {policy.CA, policy.CL, policy.AUD}} {
		err := policy.Combine(pair)
		if err == nil || !strings.Contains(err.(*policy.Error).Sentence(), "不能由一人兼任") {
			t.Errorf("%v: %v", pair, err)
		}
	}
	for _, pair := range [][]policy.Role{{policy.CA, policy.CL}, {policy.MD, policy.MR}, {policy.SYS}, {policy.SYS, policy.SYS}, nil} {
		if err := policy.Combine(pair); err != nil {
			t.Errorf("%v: %v", pair, err)
		}
	}
	if err := policy.Combine([]policy.Role{"XX"}); err == nil {
		t.Error("an unknown role combines")
	}
	// Two rows that should not stand together give no power at all.
	if _, err := p.May(officer(policy.CA, county, policy.SYS, city), policy.Conclude, county); err == nil {
		t.Error("a person who is CA and SYS was let in")
	}
	for _, role := range []policy.Role{policy.SYS, policy.SEC, policy.AUD} {
		_, err := p.May(officer(role, city), policy.View, school)
		if policy.KindOf(err) != policy.Forbidden {
			t.Errorf("%s opens a record: %v", role, err)
		}
	}
}

func TestRefusalsNameTheMissingRole(t *testing.T) {
	p := load(t)
	for _, c := range []struct {
		who  policy.Officer
		act  policy.Act
		body policy.Body
		kind string
		want string
	}{
		{officer(policy.SC, school), policy.Conclude, school, policy.Forbidden, "“给出注册结论”须由区县审核人员、市直审核人员办理，您的任职是学校具体负责人员。请转给有此任职的人员。"},
		{officer(), policy.List, school, policy.Forbidden, "“查看申请列表”须由学校具体负责人员、校长、区县审核人员、区县负责人、市直审核人员、市级负责人办理，您目前没有任职。请由安全保密管理员核对您的任职。"},
		{officer(policy.CA, county), policy.View, other, policy.NotFound, "在您的任职机构（341021）范围内没有机构 341022。请核对编号；不归您这里管的，请由该机构的人员办理“查看申请”。"},
		{policy.Officer{}, policy.List, school, policy.Forbidden, "还没有登录，不能查看申请列表。请插入钥匙登录后再办。"},
		{officer(policy.CA, county), "conclude_all", county, policy.Forbidden, "政策里没有“conclude_all”这个行为，一律不准。"},
		{officer(policy.CA, county), policy.Genesis, county, policy.Forbidden, "“启用”不由任何人办理，只由系统记录。"},
	} {
		g, err := p.May(c.who, c.act, c.body)
		var e *policy.Error
		if err != nil {
			e = err.(*policy.Error)
		}
		if e == nil || e.Sentence() != c.want || e.Kind != c.kind || !g.IsZero() {
			t.Errorf("%s on %s: %v", c.act, c.body.ID, err)
		}
	}
}

func TestAnAppointmentInTheWrongKindOfBodyGivesNothing(t *testing.T) {
	p := load(t)
	// CA by mistake at the city would reach every county through its subtree.
	if _, err := p.May(officer(policy.CA, city), policy.Conclude, county); err == nil {
		t.Error("a CA at the city concludes for a county")
	}
	bare := policy.Body{ID: "341000", Path: "/", Kind: "city"}
	if _, err := p.May(officer(policy.ML, bare), policy.SetWindow, county); err == nil {
		t.Error("an appointment at the bare root reaches a county")
	}
	noSlash := policy.Body{ID: "341021", Path: "/341000/341021", Kind: "county"}
	if _, err := p.May(officer(policy.CA, noSlash), policy.Conclude, school); err == nil {
		t.Error("a path without its last slash reaches a school")
	}
}

func TestSystemActsAreFixedByThePolicyToo(t *testing.T) {
	p := load(t)
	for _, act := range []policy.Act{policy.Genesis, policy.Login, policy.Logout, policy.Refusal, policy.VoidProposal} {
		g, err := p.System(act)
		if err != nil || g.Person() != "" || g.Act() != act || g.Role() != policy.System {
			t.Errorf("%s: %+v %v", act, g, err)
		}
	}
	for _, act := range []policy.Act{policy.Conclude, policy.List, policy.RevokeKey, policy.SetWindow, "nothing"} {
		if g, err := p.System(act); err == nil || !g.IsZero() {
			t.Errorf("the system may %s", act)
		}
	}
	g, err := p.SystemFor(officer(policy.CA, county), policy.Refusal)
	if err != nil || g.Person() != "U90001" || g.Epoch() != 7 || g.Role() != policy.System {
		t.Errorf("a refusal of a known person: %+v %v", g, err)
	}
}

func TestALineThatBreaksTheRulesIsRefusedWithItsNumber(t *testing.T) {
	modelText, _ := os.ReadFile("model.conf")
	good, _ := os.ReadFile("policy.csv")
	if _, err := policy.LoadFrom(modelText, good); err != nil {
		t.Fatal(err)
	}
	for bad, want := range map[string]string{
		"p, CX, list, application, own":        "没有角色“CX”",
		"p, CA, list, log, subtree":            "对象是“application”",
		"p, CA, delete, application, subtree":  "没有行为“delete”",
		"p, CA, list, application, everywhere": "没有范围“everywhere”",
		"p, CA, list, application, all":        "只给三员",
		"p, AUD, view, application, all":       "三员不接触业务数据",
		"p, SEC, view_receipt, receipt, all":   "三员不接触业务数据",
		"p, system, list, application, own":    "范围“system”只属于",
		"p, CA, list, application, system":     "范围“system”只属于",
		"p, CA, list, application":             "应写作",
		"g, CA, CL, a, b":                      "应写作",
		"p, SC, login, session, own":           "相同",
	} {
		_, err := policy.LoadFrom(modelText, append(append([]byte{}, good...), bad+"\n"...))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if _, err := policy.LoadFrom(modelText, []byte("# nothing\n")); err == nil {
		t.Error("an empty policy was accepted")
	}
	for _, bad := range []string{"", "[matchers]\nm = true\n", strings.Replace(string(modelText), "within(", "without(", 1)} {
		if _, err := policy.LoadFrom([]byte(bad), good); err == nil {
			t.Errorf("a broken model was accepted: %.40q", bad)
		}
	}
}

func TestTheDigestMovesWithModelAndLines(t *testing.T) {
	modelText, _ := os.ReadFile("model.conf")
	lines, _ := os.ReadFile("policy.csv")
	p, err := policy.LoadFrom(modelText, lines)
	if err != nil {
		t.Fatal(err)
	}
	if p.Digest() != load(t).Digest() || len(p.Digest()) != 64 {
		t.Error("the same files have two digests")
	}
	changed, err := policy.LoadFrom(modelText, bytes.Replace(lines, []byte("p, CA, conclude, application, subtree\n"), nil, 1))
	if err != nil {
		t.Fatal(err)
	}
	if changed.Digest() == p.Digest() {
		t.Error("a line less, the same digest")
	}
	if _, err := changed.May(officer(policy.CA, county), policy.Conclude, county); policy.KindOf(err) != policy.Forbidden {
		t.Errorf("without its line the act is still granted: %v", err)
	}
	if _, err := p.May(officer(policy.CA, county), policy.Conclude, county); err != nil {
		t.Errorf("two policies share something: %v", err)
	}
}

func TestManyMayAskAtOnce(t *testing.T) {
	p := load(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				if _, err := p.May(officer(policy.CA, county), policy.Conclude, school); err != nil {
					t.Error(err)
				}
				if _, err := p.May(officer(policy.CA, county), policy.Conclude, foreign); err == nil {
					t.Error("granted a foreign school")
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkMay(b *testing.B) {
	p := load(b)
	who := officer(policy.CA, county)
	for b.Loop() {
		if _, err := p.May(who, policy.Conclude, school); err != nil {
			b.Fatal(err)
		}
	}
}
