package portal

import (
	"regexp"
	"strings"

	"sealdesk/server/registration"
)

// ofStatement is a statement that waits for seals, as a subject of the log.
func ofStatement(digest string) string { return "proposal/" + digest }

// addresses say what the place in a route's path is the number of.
var addresses = []struct{ path, param, kind string }{
	{"/applications/", "id", "application"},
	{"/staff/", "id", "staff"},
	{"/imports/", "job", "import"},
	{"/musters/", "id", "muster"},
	{"/duties/", "org", "organisation"},
	{"/rules/", "org", "organisation"},
	{"/security/incidents/", "id", "incident"},
	{"/statements/", "digest", "proposal"},
	{"/confirmations/", "id", "proposal"},
	{"/policy/changes/", "id", "proposal"},
	{"/custodians/", "id", "proposal"},
	{"/agent/statements/", "digest", "proposal"},
	{"/takeover/", "digest", "proposal"},
	{"/taken/", "id", "key"},
	{"/enrolments/", "serial", "token"},
	{"/keys/", "serial", "token"},
	{"/emergency/", "id", "emergency"},
	{"/deliveries/", "id", "delivery"},
	{"/stocktakes/", "year", "stocktake"},
	{"/media/", "id", "medium"},
	{"/receipts/", "number", "entry"},
	{"/log/", "number", "entry"},
}

// addressed is the record that the request's address names, or "" if it names
// none.
func (c *call) addressed() string {
	for _, a := range addresses {
		if strings.HasPrefix(c.route.path, a.path+":"+a.param) {
			return a.kind + "/" + c.param(a.param)
		}
	}
	return ""
}

// What a subject may be spelled with, and what a digest looks like.
var (
	spelled = regexp.MustCompile(`^[A-Za-z0-9._/:@+=-]{1,100}$`)
	digests = regexp.MustCompile(`^[0-9a-f]{16,64}$`)
)

// nameable is a subject as a refusal's entry may name it. Somebody who is
// refused may have asked for anything, so what is not spelled like a number of
// ours, or could hold a person's, is named by a keyed digest: whoever asks for
// the same again is seen to, and nothing of it stands in the log.
func (p *Portal) nameable(subject string) string {
	kind, id, ok := strings.Cut(subject, "/")
	if !ok || id == "" {
		return ""
	}
	if kind == "application" {
		if _, _, _, err := registration.ParseRecordID(id); err == nil && spelled.MatchString(id) && len(id) <= len("2024-341000-SZ-000001") {
			return subject
		}
	} else if spelled.MatchString(id) && (digests.MatchString(id) && strings.ContainsAny(id, "abcdef") || !personal(kind, id)) {
		return subject
	}
	return kind + "/" + askedFor + p.store.AskedIndex(id)
}

// askedFor begins the name of something that is no number of ours.
const askedFor = "asked-"

// personal reports that an id has as many digits as a phone, identity or
// certificate number. A token's serial may have 16.
func personal(kind, id string) bool {
	n := 0
	for _, r := range id {
		if r >= '0' && r <= '9' {
			n++
		}
	}
	if kind == "token" {
		return n == 11 || n == 15 || n > 16
	}
	return n >= 11
}
