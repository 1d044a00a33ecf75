package portal

import (
	"encoding/hex"
	"encoding/json"
	"net/http"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/store"
)

// A login statement waits nowhere. Its nonce is a keyed digest of the browser's
// cookie and of the minute in which it was written, so every portal makes it
// again, byte for byte, when its seal arrives. Asking for one writes nothing: no
// number of askers behind one address keeps another there from signing in.

// written is the minute that a login statement of this moment names.
func written(now time.Time) time.Time { return now.In(registration.Shanghai).Truncate(time.Minute) }

// loginStatement is the one that this browser was shown in that minute.
func (p *Portal) loginStatement(cookie string, minute time.Time) (store.Pending, error) {
	h := seal.Header{Portal: p.name, Issued: minute, Expires: minute.Add(alone)}
	copy(h.Nonce[:], p.store.LoginNonce(cookie, minute))
	s, err := seal.New(seal.Login, h, nil, seal.Annex{})
	if err != nil {
		return store.Pending{}, err
	}
	text, err := s.Bytes()
	if err != nil {
		return store.Pending{}, err
	}
	digest, err := s.Digest()
	return store.Pending{ID: hex.EncodeToString(digest[:]), CookieHash: cookie, Kind: string(seal.Login), Statement: text, Created: minute, Expires: h.Expires}, err
}

// loginOf finds the login statement of this browser that has the digest, among
// those that have not expired.
func (p *Portal) loginOf(c *call, digest string) (store.Pending, error) {
	cookie := browser(c.req)
	for minute := written(c.received); cookie != "" && c.received.Before(minute.Add(alone)); minute = minute.Add(-time.Minute) {
		pending, err := p.loginStatement(cookie, minute)
		if err != nil {
			return pending, err
		}
		if pending.ID == digest {
			pending.Payload, err = json.Marshal(payload{Back: backIn(c.req), Act: policy.Login})
			return pending, err
		}
	}
	return store.Pending{}, fault.New(fault.NotFound, "没有这份登录文本，可能已经过期。")
}

// pendingBy finds what waits for the seal over that digest.
func (p *Portal) pendingBy(c *call, digest string) (store.Pending, error) {
	pending, err := p.store.Scratch().Pending(c.ctx, digest)
	if fault.Is(err, fault.NotFound) {
		return p.loginOf(c, digest)
	}
	return pending, err
}

// backName is the cookie that remembers where a person wanted to go before
// signing in. It is believed as little as the address itself: see backTo.
const backName = "__Host-sealdesk-back"

// keepBack remembers it until the sign-in; home needs no remembering.
func keepBack(w http.ResponseWriter, r *http.Request, back string) {
	c := &http.Cookie{Name: backName, Value: hex.EncodeToString([]byte(back)), Path: "/", MaxAge: int(alone.Seconds()), Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode}
	if back == "/" || len(c.Value) > 2048 {
		if _, err := r.Cookie(backName); err != nil {
			return
		}
		c.Value, c.MaxAge = "", -1
	}
	http.SetCookie(w, c)
}

func backIn(r *http.Request) string {
	c, err := r.Cookie(backName)
	if err != nil {
		return "/"
	}
	back, err := hex.DecodeString(c.Value)
	if err != nil {
		return "/"
	}
	return backTo(string(back))
}
