package portal_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/desk"
	"sealdesk/server/internal/fault"
	"sealdesk/server/internal/issuing"
	"sealdesk/server/portal"
	"sealdesk/server/registration"
	"sealdesk/server/sheet"
	"sealdesk/server/sheet/sheettest"
)

// pair are two things of one kind: near is 歙县's, far is of the schools under
// the city itself.
type pair struct{ near, far string }

// places is a town in which something of every kind that an address can name
// stands, near and far.
type places struct {
	*town
	desks    map[string]reader
	pem      string            // a certificate that no register knows
	recordOf map[string]string // of an entry whose proof can be asked for
	kinds    map[string]func() pair
}

func newPlaces(t *testing.T) *places {
	w := &places{town: newTown(t, "2024-11-06 10:00:00"), desks: map[string]reader{}, kinds: map[string]func() pair{}, recordOf: map[string]string{}}
	leaf, _ := w.newKey(auditor2)
	w.pem = string(issuing.PEM(leaf))
	for _, staff := range callers {
		w.desks[staff] = w.in(staff)
	}
	w.files()
	w.offices()
	w.keepsakes()
	return w
}

func (w *places) stand(kind, near, far string) {
	w.kinds[kind] = func() pair { return pair{near, far} }
}

// files are the records of applications and what hangs on them.
func (w *places) files() {
	l := w.desks[lead]
	l.done(l.post("/windows", url.Values{"window": {"2024/341021/audit"}, "opens": {"2024-11-06T00:00"}, "closes": {"2024-11-30T00:00"}, "reason": {"提前审核"}}))
	m := w.desks[cityLead]
	m.done(m.post("/windows", url.Values{"window": {"2024/341000-SZ/audit"}, "opens": {"2024-11-06T00:00"}, "closes": {"2024-11-30T00:00"}, "reason": {"提前审核"}, "paper": {"黄教秘〔2024〕50号"}}))
	atCity := func(i int, a *registration.Application) {
		atCounty(i, a)
		a.Reviewer, a.Sender = cityHandler, cityHead
		a.Deeds[0].Staff, a.Deeds[1].Staff = cityHandler, cityHead
	}
	for kind, change := range map[string][2]func(int, *registration.Application){"application": {atCounty, atCity}, "held": {atCounty, atCity},
		"imported": {inState(registration.Imported), inState(registration.Imported)}, "inreview": {inState(registration.InReview), inState(registration.InReview)}} {
		near := w.plant(1, school, change[0])[0]
		number := w.entries(1)[0].Number
		far := w.plant(1, citySchool, change[1])[0]
		w.stand(kind, near, far)
		w.stand("receipt", strconv.FormatUint(number, 10), strconv.FormatUint(w.entries(1)[0].Number, 10))
	}
	held := w.kinds["held"]()
	l.done(l.post("/applications/"+held.near+"/hold", url.Values{"hold_case": {"2024-7"}, "hold_reason": {"核查举报"}}))
	m.done(m.post("/applications/"+held.far+"/hold", url.Values{"hold_case": {"2024-8"}, "hold_reason": {"核查举报"}}))
	proposed := func(by reader, id, second string) string {
		p := by.ok(by.filed("/applications/"+id+"/withdraw", url.Values{"withdraw_reason": {"本人调往外省"}, "withdraw_page": {"第 12 页"}, "withdraw_head": {second}}, "scan", scan))
		by.done(p)
		return strings.TrimPrefix(p.Path, "/statements/")
	}
	apps := w.kinds["imported"]()
	w.stand("proposal", proposed(w.desks[handler], w.plant(1, school, atCounty)[0], head), proposed(w.in(cityHandler), w.plant(1, citySchool, atCity)[0], cityHead))
	w.stand("job", strings.TrimPrefix(l.upload("a.xlsx", w.sheet(county, school)), "/imports/"),
		strings.TrimPrefix(m.upload("b.xlsx", w.sheet("341000-SZ", citySchool)), "/imports/"))
	w.stand("row", w.kinds["job"]().near+"/3", w.kinds["job"]().far+"/3")
	conclude := func(by reader, id string) string {
		by.done(by.post("/applications", batch(id)))
		number := strconv.FormatUint(w.entries(1)[0].Number, 10)
		w.recordOf[number] = id
		return number
	}
	w.stand("proof", conclude(w.desks[auditor], w.plant(1, school, atCounty)[0]), conclude(w.desks[cityAuditor], w.plant(1, citySchool, atCity)[0]))
	delegate := func(by reader, school, to string) string {
		by.done(by.post("/senders", url.Values{"school": {school}, "delegate": {to}, "until": {"2024-11-07"}, "reason": {"校长本人申请，须回避"}}))
		_, id, _ := strings.Cut(w.entries(1)[0].Subject, "/")
		return id
	}
	w.stand("delegation", delegate(w.desks[head], school, deputy), delegate(w.in(cityHead), citySchool, cityHandler))
	declare := func(by reader, id string) string {
		by.declares(id)
		_, id, _ = strings.Cut(w.entries(1)[0].Subject, "/")
		return id
	}
	w.stand("relative", declare(w.desks[handler], w.plant(1, school, atCounty)[0]), declare(w.desks[cityAuditor], w.plant(1, citySchool, atCity)[0]))
	// A text waits half an hour, in one browser: it is written anew for each line.
	w.kinds["statement"] = func() pair {
		p := l.ok(l.post("/applications/"+apps.near+"/hold", url.Values{"hold_case": {"2024-9"}, "hold_reason": {"核查举报"}}))
		q := m.ok(m.post("/applications/"+apps.far+"/hold", url.Values{"hold_case": {"2024-9"}, "hold_reason": {"核查举报"}}))
		return pair{strings.TrimPrefix(p.Path, "/statements/"), strings.TrimPrefix(q.Path, "/statements/")}
	}
}

// offices are people, bodies and what they file.
func (w *places) offices() {
	w.stand("school", school, citySchool)
	w.stand("licence", w.unlicensed(), citySchool)
	w.stand("unit", county, "341000-SZ")
	w.stand("window", "2024/341021/audit", "2024/341000-SZ/audit")
	w.stand("staff", deputy, cityHandler)
	w.stand("token", tokenOf(deputy), tokenOf(cityHandler))
	w.stand("empty", "NEW1", "NEW2")
	s := w.desks[sec]
	l, m := w.desks[lead], w.desks[cityLead]
	for id, by := range map[string]reader{deputy: l, cityHandler: m} { // what is filed of them waits for the officer
		f := newcomer(id)
		f.Set("name", w.people[id].Name)
		f.Set("org", w.people[id].Org)
		f.Set("role", "SC")
		f.Set("starts", "2024-11-01")
		f.Set("upward", "2024-11-05")
		by.done(by.post("/staff", f))
	}
	form := leak()
	form.Set("noticed", "2024-11-06T09:30")
	s.done(s.post("/security/incidents", form))
	w.stand("incident", "I2024-001", "I2024-002")
	w.custodiansAre("2", auditor, lead, cityLead)
	s.done(s.post("/custodians", url.Values{"custodians": {auditor2 + "\n" + lead + "\n" + cityLead}, "quorum": {"2"}, "list_reason": {"换一人"}, "confirmer": {cityLead}}))
	w.stand("custodians", w.newest(), strings.Repeat("ab", 32))
	w.stand("emergency", "E000001", "E000002")
	s.ok(s.bring(carried(w.tb, []string{auditorConcludes}), nil))
	s.done(s.post("/policy/draft", nil))
	w.stand("policy", w.newest(), strings.Repeat("ab", 32))
	muster := func(by reader, rows ...[]string) string {
		return strings.TrimPrefix(by.ok(by.compares(staffSheet(w.t(), rows...), "named")).Path, "/musters/")
	}
	row := func(unit string) []string {
		return []string{"U90100", "新一 某", unit, "科员", "13800000001", "区县审核人员", "2024-11-01", "2025-12-31", "纸质第 1 号", "2024-11-05"}
	}
	w.stand("muster", muster(w.desks[lead], row(county)), muster(w.desks[cityLead], row("341000-SZ")))
}

// keepsakes are keys, media and logins.
func (w *places) keepsakes() {
	s := w.desks[sec]
	s.stock("SP-0001", "SP-0002")
	w.stand("delivery", strings.TrimPrefix(s.ok(s.deliver([]string{"SP-0003", "", ""})).Path, "/deliveries/"),
		strings.TrimPrefix(w.in(sec2).deliver([]string{"SP-0004", "", ""}).Path, "/deliveries/"))
	for id, custodian := range map[string]string{"M-01": deputy, "M-02": cityHandler} {
		s.done(s.post("/media", url.Values{"medium": {id}, "kind": {"U盘"}, "custodian": {custodian}, "encryption": {"硬件加密"}, "location": {"机要室"}, "contents": {"报送数据"}}))
	}
	w.stand("medium", "M-01", "M-02")
	s.done(s.post("/stocktakes", url.Values{"year": {"2024"}}))
	w.stand("year", "2024", "2023")
	w.stand("request", "Q1", "Q2")
	session := func(staff string) string { return portal.Hashed(cookies(w.t(), w.in(staff).Desk)[0].Value)[:32] }
	w.stand("session", session(deputy), session(cityHandler))
}

// sheet has a good row and one with a number of fifteen digits.
func (w *places) sheet(unit, school string) []byte {
	return sheettest.Fill(w.t(), w.goodWritten(unit, "S1", school, 30), w.goodWritten(unit, "S1", school, 31).With("id_number", "342793850312002"))
}

// file is what a route's form carries.
func (w *places) file(path string) (name string, raw []byte) {
	switch path {
	case "/imports":
		return "sheet", w.sheet(county, school)
	case "/musters":
		return "sheet", staffSheet(w.t(), []string{"U90100", "新一 某", county, "科员", "13800000001", "区县审核人员", "2024-11-01", "2025-12-31", "纸质第 1 号", "2024-11-05"})
	case "/deliveries":
		var book bytes.Buffer
		must(w.tb, sheet.WritePlain(&book, "供货清单", []string{"序列号", "标签", "供货单位"}, [][]string{{"SP-0009", "", ""}}))
		return "sheet", book.Bytes()
	case "/policy/new":
		return "policy_file", carried(w.tb, []string{auditorConcludes})
	case "/applications/:id/withdraw":
		return "scan", scan
	}
	return "", nil
}

// The table says of each route who is served, who is refused for authority and
// how; what is refused is done by everybody at once, before anybody is served.
func TestEveryRouteServesWhomTheTableNamesAndARefusalLeavesItsEntryAndNoChange(t *testing.T) {
	unlisted := map[string]bool{}
	for _, r := range portal.RouteTable() {
		unlisted[r.Method+" "+r.Path] = r.SignedIn && open[r.Method+" "+r.Path] == ""
	}
	w := newPlaces(t)
	for _, a := range accesses {
		if !unlisted[a.route] {
			t.Errorf("%s is no route, or in the table twice", a.route)
		}
		delete(unlisted, a.route)
		if len(a.near) != len(callers) || (a.names == "") != (a.far == "") || a.far != "" && len(a.far) != len(callers) {
			t.Fatalf("%s: the table has %q and %q", a.route, a.near, a.far)
		}
		p := pair{}
		if a.names != "" {
			p = w.kinds[a.names]()
		}
		w.serves(t, a, p.near, a.near)
		if a.far != "" {
			w.serves(t, a, p.far, a.far)
		}
	}
	for route, missing := range unlisted {
		if missing {
			t.Errorf("%s has no line in the table: say who may", route)
		}
	}
}

// serves holds one line of the table against what the callers meet.
func (w *places) serves(t *testing.T, a access, id, verdicts string) {
	t.Helper()
	w.clock.Pass(refusedAgain)
	records, size := w.records(), w.size()
	teacher := ""
	if slices.Contains([]string{"application", "held", "imported", "inreview"}, a.names) {
		teacher = w.application(id).Form.PersonName
	}
	var all sync.WaitGroup
	for i, staff := range callers {
		if want := verdicts[i]; barred(want) {
			all.Go(func() {
				page := w.asks(w.desks[staff], a, id)
				if got := verdict(page); got != want {
					t.Errorf("%s of %s: %s meets %c, the table has %c: %.200s", a.route, id, staff, got, want, page.Text("main"))
				}
				if want == 'n' && teacher != "" && bytes.Contains(page.Body, []byte(teacher)) {
					t.Errorf("%s of %s: the refusal of %s names the teacher", a.route, id, staff)
				}
			})
		}
	}
	all.Wait()
	if w.records() != records {
		t.Errorf("%s of %s: a refusal changed a record", a.route, id)
	}
	left := w.entries(50)[:w.size()-size]
	for i, staff := range callers {
		if barred(verdicts[i]) {
			w.named(t, a, id, staff, verdicts[i], left)
		}
	}
	for i, staff := range callers {
		if want := verdicts[i]; !barred(want) {
			if page := w.asks(w.desks[staff], a, id); verdict(page) != want {
				t.Errorf("%s of %s: %s meets %c, the table has %c: %.200s", a.route, id, staff, verdict(page), want, page.Text("main"))
			}
		}
	}
}

// refusedAgain is when the same refusal is an entry again.
const refusedAgain = time.Minute + time.Second

// named asks for the entry of a refusal, which names what the address names.
func (w *places) named(t *testing.T, a access, id, staff string, verdict byte, left []audit.Entry) {
	t.Helper()
	kind := map[byte]fault.Kind{'f': fault.Forbidden, 'n': fault.NotFound}[verdict]
	if !slices.ContainsFunc(left, func(e audit.Entry) bool {
		return policy.Act(e.Act) == policy.Refusal && e.Actor == staff && strings.HasPrefix(e.Note, string(kind)+" ") &&
			(!strings.Contains(a.route, "/:") || strings.HasSuffix(e.Subject, "/"+id))
	}) {
		t.Errorf("%s of %s: no entry names the refusal of %s", a.route, id, staff)
	}
}

func barred(verdict byte) bool { return verdict == 'f' || verdict == 'n' }

// verdict is what an answer is, as the table writes it.
func verdict(p desk.Page) byte {
	switch {
	case p.Status == http.StatusForbidden:
		return 'f'
	case p.Status == http.StatusNotFound:
		return 'n'
	case p.Status < 400 && !strings.HasPrefix(p.Path, "/sign-in"):
		return '.'
	}
	return 'r'
}

// asks makes the request of a line.
func (w *places) asks(r reader, a access, id string) desk.Page {
	method, path, _ := strings.Cut(a.route, " ")
	form := url.Values{}
	if a.form != nil {
		for name, values := range a.form(id) {
			form[name] = values
		}
	}
	if form.Has("certificate") {
		form.Set("certificate", w.pem)
	}
	if method == http.MethodGet {
		return r.get(w.addressed(path, id, form))
	}
	if name, raw := w.file(path); raw != nil {
		return r.filed(w.addressed(path, id, nil), form, name, raw)
	}
	return r.post(w.addressed(path, id, nil), form)
}

func (w *places) addressed(path, id string, query url.Values) string {
	if strings.HasSuffix(path, "/proof") {
		query = url.Values{"record": {w.recordOf[id]}}
	}
	parts := strings.Split(path, "/")
	for i, part := range parts {
		switch {
		case part == ":row":
			parts[i] = "3"
		case strings.HasPrefix(part, ":"):
			parts[i] = url.PathEscape(id)
		}
	}
	if len(query) > 0 {
		return strings.Join(parts, "/") + "?" + query.Encode()
	}
	return strings.Join(parts, "/")
}

func (w *places) t() *testing.T { return w.tb.(*testing.T) }

// newest is the statement of the newest entry, as proposals are numbered.
func (w *places) newest() string {
	w.tb.Helper()
	db := w.raw()
	defer db.Close()
	var digest []byte
	must(w.tb, db.QueryRow("SELECT statement FROM log_entries ORDER BY number DESC LIMIT 1").Scan(&digest))
	return fmt.Sprintf("%x", digest)
}
