package portal

import (
	"encoding/hex"
	"strings"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// publicID names a session on pages and in the log: half of the hash of its
// cookie, which opens nothing.
func publicID(row store.Session) string { return row.TokenHash[:publicLength] }

const publicLength = 32

// GET /sessions: a person's own sessions; the security officer sees anybody's.
func (p *Portal) listSessions(c *call) (answer, error) {
	v := view.Sessions{Frame: p.frame(c, "登录情况"), Action: "/sessions/end",
		Lead: "每一行是一个浏览器里的登录。不认得的请结束，并告诉安全保密管理员；结束以后，要用钥匙重新登录。"}
	person := c.who.Staff.ID
	if p.anywhere(c, policy.EndSession) {
		person = strings.TrimSpace(c.form.Get("name"))
		v.FindAction, v.Find = "/sessions", view.Field{Value: person}
	}
	rows, err := p.store.Scratch().SessionsOf(c.ctx, person)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	for _, row := range rows {
		if c.received.After(row.Expires) {
			continue
		}
		if names[row.Staff] == "" {
			s, err := p.store.Staff(c.ctx, row.Staff)
			if err != nil {
				return nil, err
			}
			names[row.Staff] = s.Name
		}
		line := view.SessionRow{ID: publicID(row), Holder: names[row.Staff], Number: row.Staff, Address: row.Address, Started: row.Started, Seen: row.Seen,
			State: view.Mark{Kind: "ok", Text: "在位"}, This: row.TokenHash == c.who.row.TokenHash}
		if p.lockOf(c, row) != store.Unlocked {
			line.State = view.Mark{Kind: "hold", Text: "已锁定"}
		}
		v.Rows = append(v.Rows, line)
	}
	return page{view: v}, nil
}

// POST /sessions/end ends one session: one's own, or as security officer
// anybody's. The entry names the session and stands under its person.
func (p *Portal) endSession(c *call) (answer, error) {
	id := c.form.Get("session")
	row, err := p.namedSession(c, id)
	if err != nil {
		return nil, err
	}
	holder, err := p.store.Staff(c.ctx, row.Staff)
	if err != nil {
		return nil, err
	}
	body, err := p.store.Organisation(c.ctx, holder.Org)
	if err != nil {
		return nil, err
	}
	grant, err := p.grantToEnd(c, holder, body)
	if err != nil {
		return nil, err
	}
	if err := p.finishSession(c, row, grant, "session "+id[:16]); err != nil {
		return nil, err
	}
	if row.TokenHash == c.who.row.TokenHash {
		return redirect{"/sign-in"}, nil
	}
	return redirect{"/sessions"}, nil
}

// grantToEnd asks the policy: one's own session ends as by signing out.
func (p *Portal) grantToEnd(c *call, holder org.Staff, body org.Organisation) (policy.Grant, error) {
	if holder.ID == c.who.Staff.ID {
		return p.may(c, policy.Logout, c.who.Home)
	}
	return p.may(c, policy.EndSession, body)
}

// namedSession finds a session by its public name. One of somebody else's is
// not there for those who may end only their own.
func (p *Portal) namedSession(c *call, id string) (store.Session, error) {
	person := c.who.Staff.ID
	if p.anywhere(c, policy.EndSession) {
		person = ""
	}
	gone := fault.New(fault.NotFound, "没有这次登录，可能已经结束。请刷新登录情况再看。")
	if _, err := hex.DecodeString(id); err != nil || len(id) != publicLength {
		return store.Session{}, gone
	}
	row, err := p.store.Scratch().SessionNamed(c.ctx, person, id)
	if fault.Is(err, fault.NotFound) {
		err = gone
	}
	return row, err
}
