package keyagent

import (
	"mime"
	"net/http"
	"net/netip"
	"strings"
)

// guard is what every request meets first: the headers that every answer
// carries, then the questions whether it was sent to this address by a program
// of this user. A page that reached us through a rebound name could read our
// answer, so those two answers tell nothing about the person.
func (a *Agent) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.setHeaders(w.Header())
		if r.Host != a.config.Listen {
			a.refuse(w, r, &foreignHost)
			return
		}
		if err := a.checkPeer(r); err != nil {
			a.refuse(w, r, foreignPeer.because(err))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// setHeaders allows our own files and forms and nothing else. form-action also
// governs where a form's answer may redirect to, hence the portals. There is
// no Access-Control header anywhere: no script of another origin reads us.
func (a *Agent) setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", a.policy)
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
}

func contentSecurityPolicy(portals []Portal) string {
	var origins strings.Builder
	for _, p := range portals {
		origins.WriteString(" " + p.Origin)
	}
	return "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action 'self'" +
		origins.String() + "; frame-ancestors 'none'; base-uri 'none'"
}

// checkPeer asks the system whose socket is at the other end.
func (a *Agent) checkPeer(r *http.Request) error {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return err
	}
	return a.peerIsOurs(remote, a.at)
}

// checkPortalPost holds what a post from a portal's page must look like before
// its body is worth reading. Browsers that send fetch metadata also say whether
// a person's whole window was submitted.
func (a *Agent) checkPortalPost(r *http.Request) (origin string, err error) {
	switch all := r.Header["Origin"]; {
	case len(all) != 1 || all[0] == "":
		return "", &noOrigin
	case all[0] == "null":
		return "", &nullOrigin
	case !a.config.listsOrigin(all[0]):
		return "", &foreignOrigin
	default:
		origin = all[0]
	}
	if !wholeWindow(r.Header) {
		return "", &framed
	}
	if !isForm(r) {
		return "", &wrongType
	}
	return origin, nil
}

// checkOwnPost holds what a post from our own page must look like.
func (a *Agent) checkOwnPost(r *http.Request) error {
	if all := r.Header["Origin"]; len(all) != 1 || all[0] != a.own {
		return &notOurPage
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" {
		return &notOurPage
	}
	if !wholeWindow(r.Header) {
		return &framed
	}
	if !isForm(r) {
		return &wrongType
	}
	return nil
}

func wholeWindow(h http.Header) bool {
	dest, mode := h.Get("Sec-Fetch-Dest"), h.Get("Sec-Fetch-Mode")
	return (dest == "" || dest == "document") && (mode == "" || mode == "navigate")
}

func isForm(r *http.Request) bool {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/x-www-form-urlencoded" && r.URL.RawQuery == ""
}
