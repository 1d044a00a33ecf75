package portal

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"sealdesk/hsm/presence"
	"sealdesk/server/internal/fault"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// lockWords say to a person why the session is locked.
var lockWords = map[store.Lock]string{
	store.LockedIdle:   "离开超过 10 分钟，已经锁定。",
	store.LockedPulled: "钥匙已经拔出，已经锁定。",
	store.LockedAbsent: "收不到这台电脑签名助手的信号，已经锁定：可能是助手停了、网络断了，或者门户刚刚重新启动。",
	store.LockedNever:  "登录以后 10 秒内没有收到这台电脑签名助手的信号，已经锁定。请看签名助手是否在运行；反复出现，请告诉系统管理员：签名助手连不上门户。",
	store.LockedOther:  "这个浏览器里另有一人登录过，原来的登录已经锁定。",
}

// lockOf says whether a session may be used at this request. The lease is read
// from the database, or known first-hand when its agent's stream is here.
func (p *Portal) lockOf(c *call, row store.Session) store.Lock {
	switch {
	case row.Lock != store.Unlocked:
		return row.Lock
	case c.received.Sub(row.Seen) > idle:
		return store.LockedIdle
	case row.Road == store.ByTLS: // the connection proved the token, see onRoad
		return store.Unlocked
	case row.Present || p.keeper.holds(row.TokenHash):
		return store.Unlocked
	case row.Stream == "":
		return store.LockedNever
	}
	return store.LockedAbsent
}

// lock writes down that a session is locked: from here on only a seal of its
// person opens it.
func (p *Portal) lock(c *call, row store.Session, why store.Lock) error {
	p.keeper.drop(row.TokenHash, presence.Locked)
	if row.Lock != store.Unlocked {
		return nil
	}
	return p.store.Scratch().LockSession(c.ctx, row.TokenHash, why)
}

// sessionState is where an open page asks whether it may still be seen.
const sessionState = "/session/state"

// GET /session/state: whether this browser's session is open, and whose it is.
// It is no activity, and opens and reveals nothing.
func (p *Portal) sessionNow(c *call) (answer, error) {
	row, err := p.sessionRow(c)
	if fault.Is(err, fault.Locked) || fault.Is(err, fault.Forbidden) {
		return data{value: map[string]string{"state": "ended"}}, nil
	}
	if err != nil {
		return nil, err
	}
	if p.lockOf(c, row) != store.Unlocked {
		return data{value: map[string]string{"state": "locked"}}, nil
	}
	if _, err := p.known(c.ctx, row); err != nil { // a key reported lost, a leaver: at this very question
		if err := p.ended(c, row, err); !fault.Is(err, fault.Locked) {
			return nil, err
		}
		return data{value: map[string]string{"state": "ended"}}, nil
	}
	return data{value: map[string]string{"state": "open", "person": row.Staff}}, nil
}

// returned counts a seal of the session's person, just verified, as activity,
// and opens a session that is locked. A seal proves that the token is there
// when it comes for the first time, in whatever state the session is: what lies
// in a page or a file afterwards opens nothing. It is known by its statement
// and signer, never by its bytes, which whoever has them can vary.
func (p *Portal) returned(c *call, pending store.Pending) error {
	scratch := p.store.Scratch()
	first, err := scratch.Once(c.ctx, "seal/"+pending.ID+"/"+c.who.Staff.ID)
	if err != nil {
		return err
	}
	switch {
	case c.lock == store.Unlocked:
		return scratch.TouchSession(c.ctx, c.who.row.TokenHash, c.received)
	case !first:
		return fault.New(fault.Locked, "%s这份签章交来过一次，不能再用来解锁。请重新用钥匙登录，草稿都在。", lockWords[c.lock])
	}
	c.lock = store.Unlocked
	return scratch.UnlockSession(c.ctx, c.who.row.TokenHash, ticketIn(c), c.received, presence.Grace)
}

// ticketIn is the hash of the agent's ticket that came beside a seal.
func ticketIn(c *call) string {
	if hash := c.form.Get("presence"); presence.WellFormed(hash) {
		return hash
	}
	return ""
}

// kept is what somebody posted into a locked session: it waits for the person.
type kept struct {
	Path  string     `json:"path"`
	Form  url.Values `json:"form"`
	Files bool       `json:"files,omitempty"` // came with it and were not kept
}

const keptDraft = "locked-form"

// keep saves a form that met a locked session, encrypted, for its person. Files
// are not kept; the page says so.
func (p *Portal) keep(c *call, row store.Session) error {
	if c.req.Method != http.MethodPost || len(c.form) == 0 {
		return nil
	}
	switch c.req.URL.Path {
	case "/sign-out", "/sealed", "/resume":
		return nil
	}
	body, err := json.Marshal(kept{c.req.URL.Path, c.form, c.req.MultipartForm != nil && len(c.req.MultipartForm.File) > 0})
	if err != nil {
		return err
	}
	return p.store.Scratch().PutDraft(c.ctx, row.Staff, keptDraft, body)
}

func (p *Portal) keptForm(c *call) (kept, error) {
	var k kept
	body, err := p.store.Scratch().Draft(c.ctx, c.who.Staff.ID, keptDraft)
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			return k, fault.New(fault.NotFound, "没有锁定时留下的内容。请从今日办理进入。")
		}
		return k, err
	}
	return k, json.Unmarshal(body, &k)
}

// GET /resume: what was being posted when the session was found locked.
func (p *Portal) showResume(c *call) (answer, error) {
	k, err := p.keptForm(c)
	if err != nil {
		return nil, err
	}
	v := view.Resume{Frame: p.frame(c, "锁定时没有提交的内容"), Action: "/resume", Files: k.Files}
	for _, name := range slices.Sorted(maps.Keys(k.Form)) {
		for _, value := range k.Form[name] {
			v.Fields = append(v.Fields, view.Hidden{Name: name, Value: value})
		}
	}
	return page{view: v}, nil
}

// POST /resume sends what was kept where it was meant for, or drops it. The
// browser posts the fields again itself, so they meet the same checks.
func (p *Portal) resume(c *call) (answer, error) {
	k, err := p.keptForm(c)
	if err != nil {
		return nil, err
	}
	if err := p.store.Scratch().DeleteDraft(c.ctx, c.who.Staff.ID, keptDraft); err != nil {
		return nil, err
	}
	if c.form.Has("resume_drop") {
		return redirect{"/"}, nil
	}
	return resubmit{k.Path}, nil
}

// backTo is the page of ours to return to after signing in.
func backTo(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n") ||
		strings.HasPrefix(u.Path, "/sign-in") || u.Path == "/sealed" {
		return "/"
	}
	return u.RequestURI()
}
