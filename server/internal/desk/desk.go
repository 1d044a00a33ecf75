// Package desk is a person at a desk without a browser: it signs in, reads the
// portal's pages, fills their forms and seals their statements with a token,
// over the same HTTP and the same checks as everybody. The demo's first days
// and the tests of whole journeys are lived through it. It knows no route that
// a page did not offer and has no power of its own.
package desk

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/html"

	"sealdesk/hsm/presence"
	"sealdesk/hsm/seal"
)

// Desk is one person's chair: a cookie jar and a token. Whoever signed in holds
// the session's presence stream, as an agent does, until Leave.
type Desk struct {
	Origin string // of the portal
	Leaf   *x509.Certificate
	Key    crypto.Signer // inside the token
	Client *http.Client
	Now    func() time.Time
	// Look says whether the token is in; nil stands for a token that always is.
	Look func(context.Context) presence.Sight

	ctx     context.Context // of the streams
	cancel  context.CancelFunc
	streams sync.WaitGroup
}

// New sits a person down. roots are the CAs of the portal's TLS certificate.
func New(origin string, roots *x509.CertPool, leaf *x509.Certificate, key crypto.Signer) *Desk {
	jar, _ := cookiejar.New(nil)
	ctx, cancel := context.WithCancel(context.Background())
	return &Desk{ctx: ctx, cancel: cancel, Origin: origin, Leaf: leaf, Key: key, Now: time.Now, Client: &http.Client{
		Jar: jar, Timeout: time.Minute,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}, MaxIdleConnsPerHost: 2},
	}}
}

// Leave lets the session's stream go and waits for its end. The session locks
// a little later, as when a person takes the token along.
func (d *Desk) Leave() {
	d.cancel()
	d.streams.Wait()
	d.Client.CloseIdleConnections()
}

// stay holds the stream that the ticket opens.
func (d *Desk) stay(ticket presence.Ticket) {
	look := d.Look
	if look == nil {
		look = func(context.Context) presence.Sight { return presence.There }
	}
	d.streams.Go(func() {
		transport := d.Client.Transport.(*http.Transport).Clone()
		defer transport.CloseIdleConnections()
		presence.Holder{Client: &http.Client{Transport: transport}, Origin: d.Origin, Look: look}.Hold(d.ctx, ticket)
	})
}

// Page is an answer that was read whole.
type Page struct {
	Status int
	Path   string // after redirects
	Header http.Header
	Body   []byte
}

// Get asks for a page of the portal.
func (d *Desk) Get(ctx context.Context, path string) (Page, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.Origin+path, nil)
	if err != nil {
		return Page{}, err
	}
	return d.do(req)
}

// Post sends a form as the page's own button would.
func (d *Desk) Post(ctx context.Context, path string, form url.Values) (Page, error) {
	return d.PostBody(ctx, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

// PostBody sends any body, such as an uploaded sheet.
func (d *Desk) PostBody(ctx context.Context, path, kind string, body io.Reader) (Page, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.Origin+path, body)
	if err != nil {
		return Page{}, err
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Origin", d.Origin)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return d.do(req)
}

func (d *Desk) do(req *http.Request) (Page, error) {
	resp, err := d.Client.Do(req)
	if err != nil {
		return Page{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return Page{}, err
	}
	return Page{resp.StatusCode, resp.Request.URL.RequestURI(), resp.Header, body}, nil
}

// ErrRefused says that the portal answered with a sentence instead.
var ErrRefused = errors.New("refused")

// Refused gives the page as an error when it is not a plain success.
func (p Page) Refused() error {
	if p.Status < 400 {
		return nil
	}
	return fmt.Errorf("%w: %s: status %d: %s", ErrRefused, p.Path, p.Status, p.Text("main"))
}

// Text gives the words inside the first element of that name, white space
// folded.
func (p Page) Text(element string) string {
	root, err := html.Parse(strings.NewReader(string(p.Body)))
	if err != nil {
		return ""
	}
	if n := find(root, func(n *html.Node) bool { return n.Data == element }); n != nil {
		return strings.Join(strings.Fields(words(n)), " ")
	}
	return strings.Join(strings.Fields(words(root)), " ")
}

// Hidden gives the values of the hidden inputs of the form that the button to
// the agent belongs to.
func (p Page) Hidden(names ...string) (map[string]string, bool) {
	root, err := html.Parse(strings.NewReader(string(p.Body)))
	if err != nil {
		return nil, false
	}
	got := map[string]string{}
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode && n.Data == "input" {
			for _, want := range names {
				if attr(n, "name") == want {
					got[want] = attr(n, "value")
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(root)
	return got, len(got) == len(names)
}

// Statement reads the statement that a page asks to be sealed.
func (p Page) Statement() (text, annex []byte, err error) {
	fields, ok := p.Hidden("statement", "annex")
	if !ok {
		return nil, nil, fmt.Errorf("the page %s (status %d) asks for no seal: %s", p.Path, p.Status, p.Text("main"))
	}
	if text, err = base64.StdEncoding.DecodeString(fields["statement"]); err != nil {
		return nil, nil, err
	}
	annex, err = base64.StdEncoding.DecodeString(fields["annex"])
	return text, annex, err
}

// Seal signs what the page asks for and hands the seal in; it answers with the
// page that the portal sends the browser to.
func (d *Desk) Seal(ctx context.Context, p Page) (Page, error) {
	if err := p.Refused(); err != nil {
		return p, err
	}
	text, annex, err := p.Statement()
	if err != nil {
		return p, err
	}
	if _, err := seal.ParseStatement(text, annex); err != nil {
		return p, fmt.Errorf("the statement of %s does not parse: %w", p.Path, err)
	}
	der, err := seal.Sign(text, d.Leaf, nil, d.Key, d.Now())
	if err != nil {
		return p, err
	}
	return d.HandIn(ctx, der)
}

// HandIn posts a seal to /sealed as the landing page's module does.
func (d *Desk) HandIn(ctx context.Context, der []byte) (Page, error) {
	ticket := presence.NewTicket()
	got, err := d.Post(ctx, "/sealed", url.Values{"seal": {base64.RawURLEncoding.EncodeToString(der)}, "presence": {ticket.Hash()}})
	if err != nil {
		return got, err
	}
	var reply struct{ Location, Sentence string }
	if err := json.Unmarshal(got.Body, &reply); err != nil {
		return got, fmt.Errorf("status %d, not JSON: %s", got.Status, got.Text("main"))
	}
	if reply.Location == "" {
		return got, fmt.Errorf("%w: %s", ErrRefused, reply.Sentence)
	}
	d.stay(ticket)
	return d.Get(ctx, reply.Location)
}

// SignIn opens the sign-in page, seals its statement and arrives at home.
func (d *Desk) SignIn(ctx context.Context) error {
	p, err := d.Get(ctx, "/sign-in")
	if err != nil {
		return err
	}
	p, err = d.Seal(ctx, p)
	if err != nil {
		return err
	}
	return p.Refused()
}

func find(n *html.Node, want func(*html.Node) bool) *html.Node {
	if n.Type == html.ElementNode && want(n) {
		return n
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if f := find(c, want); f != nil {
			return f
		}
	}
	return nil
}

func words(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data + " "
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(words(c))
	}
	return b.String()
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
