package portal

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
)

// crossOrigin begins the act in the entry of a request that another site's page
// sent.
const crossOrigin = "cross-origin "

// sameOrigin lets a page of another site write nothing. What it sends is
// refused by an engine that knows the routes only to name them: no handler that
// could act is in it.
func (p *Portal) sameOrigin(next http.Handler) http.Handler {
	refusing := newEngine()
	for _, r := range routes {
		refusing.Handle(r.method, r.path, p.refuseForeign(r))
	}
	other := p.refuseForeign(route{method: "POST", path: "/"})
	refusing.NoRoute(other)
	refusing.NoMethod(other)
	guard := http.NewCrossOriginProtection()
	guard.SetDenyHandler(refusing)
	return guard.Handler(next)
}

// refuseForeign says so in words, and in the log under the name of whoever is
// signed in: it is that person's browser which was made to send it. The session
// is only looked at; a page of another site keeps nobody signed in.
func (p *Portal) refuseForeign(r route) gin.HandlerFunc {
	return func(g *gin.Context) {
		ctx, cancel := context.WithTimeout(g.Request.Context(), patience)
		defer cancel()
		c := newCall(ctx, g, r)
		c.received = p.clock()
		if row, err := p.sessionRow(c); err == nil {
			if who, err := p.known(ctx, row); err == nil {
				c.who = who
			}
		}
		c.concerns(policy.Act(crossOrigin+r.method+" "+r.path), "")
		p.answer(g, c, nil, fault.New(fault.Forbidden,
			"这个请求是从别的网站的页面发来的，没有受理，什么都没有改变。请在浏览器地址栏输入签台的地址，从签台自己的页面重新办理；您没有点过别处的链接或按钮的，请告诉安全保密管理员。"))
	}
}
