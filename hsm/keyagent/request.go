package keyagent

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"strings"
	"time"

	"sealdesk/hsm"
	"sealdesk/hsm/seal"
)

const (
	pageRows = 100
	// idle is how long a request may lie untouched before another one may take
	// its place: somebody closed the window without a word.
	idle = 30 * time.Minute
)

// request is one statement or order in hand, from the portal's post until it is signed,
// cancelled or forgotten. Agent.mu guards what changes.
type request struct {
	token     string // names it in our addresses; 128 bits from the system
	portal    Portal
	kind      seal.Kind
	statement seal.Statement // zero if it is an order
	order     *seal.Order    // nil if it is a statement
	header    seal.Header
	text      []byte // the bytes that are shown, hashed and signed
	annex     []byte
	digest    [32]byte

	road *watch // by which it was fetched; nil when a browser brought it

	once    string // good for one post; a new one after each
	seen    []bool // by page
	failure *failure
	chosen  string // id of the key of the last try
	touched time.Time
	stop    context.CancelFunc // of the signature being made; nil when none is
}

// failure is why the last try made no signature.
type failure struct {
	Kind     hsm.Kind // "" when no token was asked
	Sentence string
	AtPIN    bool // belongs beside the PIN field
}

// Short is what stands beside the PIN field; the whole sentence is at the top.
func (f failure) Short() string {
	switch f.Kind {
	case hsm.WrongPIN:
		return "PIN 不对，请重新输入"
	case hsm.PINFormat:
		return "PIN 的位数或字符不合要求"
	case "":
		return "请输入 PIN"
	}
	return "这个 PIN 现在不能用"
}

func newRequest(portal Portal, statement seal.Statement, header seal.Header, text, annex []byte) *request {
	q := &request{
		token: rand.Text(), once: rand.Text(), portal: portal, kind: statement.Kind(), statement: statement, header: header,
		text: text, annex: annex, digest: sha256.Sum256(text), touched: time.Now(),
	}
	q.seen = make([]bool, max(1, (len(statement.Annex.Rows)+pageRows-1)/pageRows))
	return q
}

// newOrderRequest is an order in hand: one page, no annex.
func newOrderRequest(portal Portal, order seal.Order, header seal.Header, text []byte) *request {
	return &request{
		token: rand.Text(), once: rand.Text(), portal: portal, kind: order.Kind(), order: &order, header: header,
		text: text, digest: sha256.Sum256(text), touched: time.Now(), seen: make([]bool, 1),
	}
}

// same says that a post repeats what is in hand, as when somebody went back in
// the browser and pressed the button again.
func (q *request) same(text, annex []byte) bool {
	return bytes.Equal(q.text, text) && bytes.Equal(q.annex, annex)
}

// show writes down that a page was shown; 0 stands for all of them.
func (q *request) show(number int) {
	for i := range q.seen {
		if number == 0 || number == i+1 {
			q.seen[i] = true
		}
	}
}

// complete says that every page has been shown.
func (q *request) complete() bool { return len(q.unseen()) == 0 }

// unseen are the numbers of pages that were not shown yet, from 1.
func (q *request) unseen() []int {
	var list []int
	for i, seen := range q.seen {
		if !seen {
			list = append(list, i+1)
		}
	}
	return list
}

// lines: head are the text's lines before its table, rows the lines of the table.
func (q *request) lines() (head, rows []string) {
	all := strings.Split(strings.TrimSuffix(string(q.text), "\n"), "\n")
	for i, line := range all {
		if line == "" {
			return all[:i+1], all[i+1:]
		}
	}
	return all, nil
}

// take makes q the request in hand, unless another one is; then it gives that.
// A repeated post finds its own request again.
func (a *Agent) take(q *request) (held *request, taken bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if h := a.inHand(); h != nil {
		if h.same(q.text, q.annex) && h.portal == q.portal {
			h.touched = time.Now()
			return h, true
		}
		return h, false
	}
	a.open = q
	return q, true
}

// inHand is the open request, if it was not left lying too long; for who holds mu.
func (a *Agent) inHand() *request {
	if a.open != nil && a.open.stop == nil && time.Since(a.open.touched) > idle {
		a.open = nil
	}
	return a.open
}

// find is the request of that token; for who holds mu.
func (a *Agent) find(token string) (*request, error) {
	q := a.inHand()
	if q == nil || !equal(q.token, token) {
		return nil, &gone
	}
	q.touched = time.Now()
	return q, nil
}

// drop lets the request go and stops the signature being made for it.
func (a *Agent) drop(q *request) {
	if q.stop != nil {
		q.stop()
	}
	if a.open == q {
		a.open = nil
	}
}

// abandon drops whatever is in hand, at the end of the program.
func (a *Agent) abandon() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open != nil {
		a.drop(a.open)
	}
}

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
