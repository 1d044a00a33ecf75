package portal

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// lossSlip is the kind of a pending that is no statement: that this browser may
// be shown the code of a take-over, once.
const lossSlip = "loss-slip"

// slipFor is how long the code of a take-over waits to be shown.
const slipFor = 10 * time.Minute

// slip is what is kept until the code is shown; the code itself is not.
type slip struct {
	Serial string `json:"serial"`
	Text   string `json:"text"` // digest of the sealed text
	Back   string `json:"back"`
}

// firstCode is the code that a take-over prints for its holder. It is made out
// of the cookie of the browser that she sealed in, so that nothing keeps it.
func (p *Portal) firstCode(c *call, serial, digest string) string {
	cookie, err := c.req.Cookie(cookieName)
	if err != nil {
		return "" // no pending counts without a cookie
	}
	return p.store.FirstLossCode(serial, cookie.Value, digest)
}

// offerCode leads to the page that shows the code. Without that page the holder
// takes a fresh one on her own page, so a fault here ends nothing.
func (p *Portal) offerCode(c *call, sealed store.Pending, t custody.Token, back string) string {
	kept, err := json.Marshal(slip{t.Serial, sealed.ID, back})
	sum := sha256.Sum256([]byte(lossSlip + " " + sealed.ID))
	id := hex.EncodeToString(sum[:])
	if err == nil {
		err = p.store.Scratch().PutPending(c.ctx, store.Pending{ID: id, CookieHash: sealed.CookieHash, Staff: t.Custodian, Kind: lossSlip,
			Payload: kept, Created: c.received, Expires: c.received.Add(slipFor)})
	}
	if err != nil {
		p.log.Error("a loss code is not shown", "request", c.number, "cause", err.Error())
		return back
	}
	return "/taken/" + id
}

// slipHere is the slip of the address, for the browser that sealed.
func (p *Portal) slipHere(c *call) (slip, store.Pending, error) {
	var s slip
	pending, err := p.store.Scratch().Pending(c.ctx, c.param("id"))
	if err != nil && !fault.Is(err, fault.NotFound) {
		return s, pending, err
	}
	if err != nil || pending.Kind != lossSlip || pending.CookieHash == "" || pending.CookieHash != browser(c.req) || c.received.After(pending.Expires) {
		return s, pending, slipGone()
	}
	return s, pending, json.Unmarshal(pending.Payload, &s)
}

func slipGone() error {
	return fault.New(fault.NotFound, "这张口令纸已经显示过，或者过了有效期，不再显示。没有记下口令的，请用钥匙登录后在“我的钥匙”里领取新的，旧的随即作废。")
}

func (p *Portal) takenView(c *call, s slip, staff string) view.Taken {
	return view.Taken{Gate: view.Gate{Title: "钥匙已由您接管", Now: c.received}, Action: "/taken/" + c.param("id"), Next: s.Back,
		Slip: view.Slip{Holder: p.nameOf(c, staff) + "（" + staff + "）", Serial: s.Serial, At: c.received}}
}

// GET /taken/:id: the key is the holder's; the code waits behind a button, so
// that the officer can look away and no reload uses it up.
func (p *Portal) showTaken(c *call) (answer, error) {
	s, pending, err := p.slipHere(c)
	if err != nil {
		return nil, err
	}
	return page{view: p.takenView(c, s, pending.Staff)}, nil
}

// POST /taken/:id shows the code, this once.
func (p *Portal) showFirstCode(c *call) (answer, error) {
	s, pending, err := p.slipHere(c)
	if err != nil {
		return nil, err
	}
	taken, err := p.store.Scratch().TakePending(c.ctx, pending.ID)
	if err != nil {
		return nil, err
	}
	if !taken { // another post was quicker
		return nil, slipGone()
	}
	v := p.takenView(c, s, pending.Staff)
	v.Slip.Code = p.firstCode(c, s.Serial, s.Text)
	return page{view: v}, nil
}
