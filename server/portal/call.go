package portal

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"sealdesk/policy"
	"sealdesk/server/store"
	"sealdesk/web"
)

// A call is one request as a handler sees it: who asks, what was sent, and the
// server's clock when the whole request had arrived.
type call struct {
	ctx      context.Context
	req      *http.Request
	writer   http.ResponseWriter // only for cookies
	param    func(string) string
	route    route
	form     url.Values // of a POST: the body's fields; of a GET: the query's
	who      *Session   // nil on routes that anyone may ask
	lock     store.Lock // of the session, where a seal may open it
	received time.Time
	number   string // of the request, for people and the log file

	// What the request turned out to ask for: a refusal's entry names it.
	act     policy.Act // empty: the route
	subject string     // empty: what the address names
	bySeal  bool       // a seal was brought, which counts although nobody is known
}

// concerns says what the request asks for, as far as it is known; what was said
// before and is not said now stays.
func (c *call) concerns(act policy.Act, subject string) {
	if act != "" {
		c.act = act
	}
	if subject != "" {
		c.subject = subject
	}
}

// An answer is what a handler gives back; the edge writes it in one piece, so
// nothing half-rendered ever leaves the server.
type answer interface {
	write(*Portal, *gin.Context, *call)
}

// page renders a template in the layout.
type page struct {
	status int // 0 is 200
	view   web.Page
}

func (a page) write(p *Portal, g *gin.Context, c *call) {
	var buf bytes.Buffer
	if err := p.pages.Render(&buf, a.view); err != nil {
		p.log.Error("render", "request", c.number, "page", a.view.Template(), "cause", err.Error())
		g.Data(http.StatusInternalServerError, "text/plain; charset=utf-8", []byte("页面没有生成，什么都没有改变。请求编号 "+c.number+"\n"))
		return
	}
	status := a.status
	if status == 0 {
		status = http.StatusOK
	}
	g.Data(status, "text/html; charset=utf-8", buf.Bytes())
}

// redirect sends the browser to another page of this portal.
type redirect struct{ to string }

func (a redirect) write(_ *Portal, g *gin.Context, _ *call) { g.Redirect(http.StatusSeeOther, a.to) }

// resubmit sends a posted form on to another path of this portal: the browser
// posts the same fields again.
type resubmit struct{ to string }

func (a resubmit) write(_ *Portal, g *gin.Context, _ *call) {
	g.Redirect(http.StatusTemporaryRedirect, a.to)
}

// file is a download.
type file struct {
	name, kind string
	body       []byte
}

func (a file) write(_ *Portal, g *gin.Context, _ *call) {
	g.Header("Content-Disposition", "attachment; filename*=UTF-8''"+url.PathEscape(a.name))
	g.Data(http.StatusOK, a.kind, a.body)
}

// data is JSON for our own modules.
type data struct {
	status int
	value  any
}

func (a data) write(_ *Portal, g *gin.Context, _ *call) {
	status := a.status
	if status == 0 {
		status = http.StatusOK
	}
	body, err := json.Marshal(a.value)
	if err != nil {
		status, body = http.StatusInternalServerError, []byte(`{}`)
	}
	g.Data(status, "application/json; charset=utf-8", body)
}
