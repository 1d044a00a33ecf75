package portal_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/desk"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/sheet"
	"sealdesk/server/store"
)

// good are the rows of a sample sheet that the rules let pass, read once.
var good struct {
	sync.Mutex
	rows map[string][]sheet.Row // by unit and class
}

// goodRow is a form without findings of the sheet of a unit.
func goodRow(tb testing.TB, unit, class string, n int) registration.Form {
	tb.Helper()
	file := map[string]string{"341021": "applications-341021.xlsx", "341000-SZ": "applications-shizhi.xlsx"}[unit]
	good.Lock()
	defer good.Unlock()
	if good.rows == nil {
		good.rows = map[string][]sheet.Row{}
	}
	if good.rows[unit+class] == nil {
		ref, err := sheet.LoadReference("../sheet/sample")
		must(tb, err)
		ref.Year = 2024
		raw := read(tb, file)
		r, err := sheet.Check(context.Background(), sheet.Input{ReaderAt: bytes.NewReader(raw), Size: int64(len(raw))}, ref, unit, at("2024-11-20 10:00:00"))
		must(tb, err)
		for _, row := range r.Rows {
			if row.Kind == sheet.Accept && row.Outcome == registration.OutcomePass && row.Form.InNationalSystem == "yes" && row.RegKind == "renewal" {
				good.rows[unit+row.Scope] = append(good.rows[unit+row.Scope], row)
			}
		}
	}
	return good.rows[unit+class][n].Form
}

// plant stores applications as an import would, by an act that a lead sealed,
// each as change leaves it. It is how a test begins in the middle of the road.
func (t *town) plant(n int, school string, change func(i int, a *registration.Application)) []string {
	t.tb.Helper()
	o, err := t.store.Organisation(context.Background(), school)
	must(t.tb, err)
	unit := strings.Split(o.Path, "/")[2]
	importer := lead
	if unit != county {
		importer = cityLead
	}
	first, err := t.store.NextNumber(context.Background(), 2024, unit)
	must(t.tb, err)
	now := t.clock.Now()
	import_ := registration.Import{ID: fmt.Sprintf("planted-%s-%d", unit, first), Organ: unit, Choice: "all", Year: 2024, Accepted: n, By: importer, At: now}
	facts := registration.SchoolFacts{Kind: o.Kind, Ownership: o.Ownership, Licence: o.Licence}
	class := "S1"
	if o.Ownership == "民办" {
		class = "S2"
	}
	var list []registration.Application
	annex := seal.Annex{Columns: []string{"姓名"}}
	for i := range n {
		a := registration.Application{ID: registration.RecordID(2024, unit, first+i), Year: 2024, Unit: unit, School: school, Path: o.Path, Round: 1,
			State: registration.Imported, Form: goodRow(t.tb, unit, class, first+i), ImportID: import_.ID, ImportedAt: now, UpdatedAt: now}
		a.Form.SchoolCode, a.Form.SchoolName = school, o.Name
		if change != nil {
			change(i, &a)
		}
		if a.State != registration.Waiting {
			a, err = registration.Judge{Pack: registration.National(), School: facts}.Of(a)
			must(t.tb, err)
		}
		list = append(list, a)
		row := seal.AnnexRow{Record: a.ID, Cells: []string{"某"}}
		rand.Read(row.Salt[:])
		annex.Rows = append(annex.Rows, row)
	}
	text := t.statement(t.tb, seal.Import, o.Name, now, annex, importer)
	_, err = t.store.Commit(context.Background(), t.grant(importer, policy.ImportSheet, unit), t.seal(t.tb, text, now, importer), func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.Derive(text); err != nil {
			return audit.Entry{}, err
		}
		if err := tx.Put(import_); err != nil {
			return audit.Entry{}, err
		}
		for _, a := range list {
			if err := tx.Put(a); err != nil {
				return audit.Entry{}, err
			}
		}
		return audit.Entry{Subject: store.OfImport(import_.ID).Subject()}, nil
	}, store.Long(20*time.Second))
	must(t.tb, err)
	ids := make([]string, n)
	for i, a := range list {
		ids[i] = a.ID
	}
	return ids
}

// atCounty is how a record lies at the county after its school's people acted.
func atCounty(_ int, a *registration.Application) {
	a.State, a.Reviewer, a.Sender, a.SchoolConclusion = registration.AtCounty, handler, head, registration.Registered
	a.Deeds = registration.Deeds{{Part: registration.PartReviewer, Staff: handler}, {Part: registration.PartSender, Staff: head}}
}

func inState(s registration.State) func(int, *registration.Application) {
	return func(_ int, a *registration.Application) { a.State = s }
}

// reader is a desk whose owner expects to be served: an error of the network
// ends the test, a refusal is a page like any other.
type reader struct {
	*desk.Desk
	t *town
}

// in signs somebody in.
func (t *town) in(staff string) reader {
	t.tb.Helper()
	d := t.desk(staff)
	if err := d.SignIn(context.Background()); err != nil {
		t.tb.Fatalf("%s does not get in: %v", staff, err)
	}
	return reader{d, t}
}

func (r reader) get(path string) desk.Page {
	r.t.tb.Helper()
	p, err := r.Get(context.Background(), path)
	must(r.t.tb, err)
	return p
}

func (r reader) post(path string, form url.Values) desk.Page {
	r.t.tb.Helper()
	p, err := r.Post(context.Background(), path, form)
	must(r.t.tb, err)
	return p
}

// ok is a page that must be served.
func (r reader) ok(p desk.Page) desk.Page {
	r.t.tb.Helper()
	if p.Status >= 400 {
		r.t.tb.Fatalf("%s answers %d: %.300s", p.Path, p.Status, p.Text("main"))
	}
	return p
}

// signed seals what a page asks for with the reader's key.
func (r reader) signed(p desk.Page) []byte {
	r.t.tb.Helper()
	r.ok(p)
	text, _, err := p.Statement()
	must(r.t.tb, err)
	der, err := seal.Sign(text, r.Leaf, nil, r.Key, r.t.clock.Now())
	must(r.t.tb, err)
	return der
}

// done seals what a page asks for and arrives at the receipt.
func (r reader) done(p desk.Page) desk.Page {
	r.t.tb.Helper()
	r.ok(p)
	p, err := r.Seal(context.Background(), p)
	if err != nil {
		r.t.tb.Fatalf("the seal did not count: %v", err)
	}
	return r.ok(p)
}

// reply is what /sealed answers to our own module.
type reply struct {
	Status                      int
	Location, Sentence, Request string
}

// handIn posts a seal as it is.
func (r reader) handIn(der []byte) reply {
	r.t.tb.Helper()
	return handIn(r.t.tb, r.Desk, base64url(der))
}

func handIn(tb testing.TB, d *desk.Desk, text string) reply {
	tb.Helper()
	p, err := d.Post(context.Background(), "/sealed", url.Values{"seal": {text}})
	must(tb, err)
	answer := reply{Status: p.Status}
	if err := json.Unmarshal(p.Body, &answer); err != nil {
		tb.Fatalf("status %d, not JSON: %.200s", p.Status, p.Body)
	}
	return answer
}

// refused asks that a page is a refusal as they all are: status of its kind,
// the sentence, the request's number.
func (r reader) refused(p desk.Page, kind fault.Kind, sentence string) {
	r.t.tb.Helper()
	if p.Status != statusOf(kind) {
		r.t.tb.Errorf("%s answers %d, not %d: %.300s", p.Path, p.Status, statusOf(kind), p.Text("main"))
	}
	if text := p.Text("main"); !strings.Contains(text, sentence) {
		r.t.tb.Errorf("%s does not say %q but: %.400s", p.Path, sentence, text)
	}
	if number := p.Header.Get("X-Request-Id"); number == "" || !strings.Contains(string(p.Body), number) {
		r.t.tb.Errorf("%s does not show the request's number %q", p.Path, number)
	}
}

// upload sends a sheet and waits for its report; the path is the job's.
func (r reader) upload(name string, raw []byte) string {
	r.t.tb.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("sheet", name)
	must(r.t.tb, err)
	_, err = part.Write(raw)
	must(r.t.tb, err)
	must(r.t.tb, form.Close())
	p, err := r.PostBody(context.Background(), "/imports", form.FormDataContentType(), &body)
	must(r.t.tb, err)
	at := r.ok(p).Path
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if p := r.ok(r.get(at + "/progress")); bytes.Contains(p.Body, []byte(`"location"`)) {
			return at
		}
	}
	r.t.tb.Fatal("the sheet was not read within 30 seconds")
	return ""
}

// refusedPlain is a refusal inside a page of its own, where no number is due.
func (r reader) refusedPlain(p desk.Page, kind fault.Kind, sentence string) {
	r.t.tb.Helper()
	if text := p.Text("main"); p.Status != statusOf(kind) || !strings.Contains(text, sentence) {
		r.t.tb.Errorf("%s answers %d, not %d with %q: %.300s", p.Path, p.Status, statusOf(kind), sentence, text)
	}
}

// hrefs are the addresses of a page's links that begin so.
func hrefs(tb testing.TB, p desk.Page, prefix string) (list []string) {
	tb.Helper()
	root, err := html.Parse(bytes.NewReader(p.Body))
	must(tb, err)
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || n.Data != "a" {
			continue
		}
		for _, a := range n.Attr {
			if a.Key == "href" && strings.HasPrefix(a.Val, prefix) {
				list = append(list, a.Val)
			}
		}
	}
	return list
}

// nextPage is where the pager's forward link leads, empty on the last page.
func nextPage(tb testing.TB, p desk.Page) string {
	tb.Helper()
	root, err := html.Parse(bytes.NewReader(p.Body))
	must(tb, err)
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || n.Data != "a" {
			continue
		}
		var rel, href string
		for _, a := range n.Attr {
			switch a.Key {
			case "rel":
				rel = a.Val
			case "href":
				href = a.Val
			}
		}
		if rel == "next" {
			return href
		}
	}
	return ""
}

// input is a form's field as a page shows it.
type input struct {
	Name, Value, Type string
	Checked           bool
}

// inputs lists a page's fields whose names begin so.
func inputs(tb testing.TB, p desk.Page, prefix string) (list []input) {
	tb.Helper()
	root, err := html.Parse(bytes.NewReader(p.Body))
	must(tb, err)
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || !slices.Contains([]string{"input", "textarea", "option"}, n.Data) {
			continue
		}
		one := input{Type: n.Data}
		for _, a := range n.Attr {
			switch a.Key {
			case "name":
				one.Name = a.Val
			case "value":
				one.Value = a.Val
			case "type":
				one.Type = a.Val
			case "checked", "selected":
				one.Checked = true
			}
		}
		if n.Data == "textarea" && n.FirstChild != nil {
			one.Value = n.FirstChild.Data
		}
		if strings.HasPrefix(one.Name, prefix) {
			list = append(list, one)
		}
	}
	return list
}

// options are the values that a page's list offers.
func options(tb testing.TB, p desk.Page, name string) (list []string) {
	tb.Helper()
	root, err := html.Parse(bytes.NewReader(p.Body))
	must(tb, err)
	attribute := func(n *html.Node, key string) string {
		for _, a := range n.Attr {
			if a.Key == key {
				return a.Val
			}
		}
		return ""
	}
	for n := range root.Descendants() {
		if n.Data != "select" || attribute(n, "name") != name {
			continue
		}
		for o := range n.Descendants() {
			if v := attribute(o, "value"); o.Data == "option" && v != "" {
				list = append(list, v)
			}
		}
	}
	return list
}

// review fills every step of a record's review; change may alter a step's form.
func (r reader) review(id string, conclusion registration.Conclusion, change func(step string, form url.Values)) desk.Page {
	r.t.tb.Helper()
	at := "/applications/" + id + "/review"
	var p desk.Page
	for _, step := range []string{"compare-1", "compare-2", "compare-3", "compare-4", "findings", "conclude"} {
		p = r.ok(r.get(at + "?step=" + step))
		form := url.Values{"step": {step}}
		for _, box := range inputs(r.t.tb, p, "compared-") {
			form.Set(box.Name, "same")
		}
		for _, box := range inputs(r.t.tb, p, "answer-") {
			form.Set(box.Name, "affirm")
		}
		for _, box := range inputs(r.t.tb, p, "proposed-") {
			form.Set(box.Name, box.Value)
		}
		if step == "conclude" {
			form.Set("conclusion", string(conclusion))
			if conclusion != registration.Registered {
				form.Set("reason", "核验发现属实")
			}
		}
		if change != nil {
			change(step, form)
		}
		p = r.post(at, form)
	}
	return p
}
