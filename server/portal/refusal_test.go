package portal_test

import (
	"net/url"
	"strings"

	"sealdesk/policy"
)

// quiet runs something that must change no record, and gives the entries that
// it left.
func (w *town) quiet(what string, do func()) []string {
	w.tb.Helper()
	records, size := w.records(), w.size()
	do()
	if w.records() != records {
		w.tb.Errorf("%s: a record changed", what)
	}
	var acts []string
	for _, e := range w.entries(50)[:w.size()-size] {
		acts = append(acts, e.Act+" "+e.Actor+" "+e.Subject+" "+e.Note)
	}
	return acts
}

// oneRefusal asks that exactly one refusal of that person is in the log.
func (w *town) oneRefusal(staff string, acts []string) {
	w.tb.Helper()
	if len(acts) != 1 || !strings.HasPrefix(acts[0], string(policy.Refusal)+" "+staff) {
		w.tb.Errorf("the log got %q, want one refusal of %s", acts, staff)
	}
}

func batch(ids ...string) url.Values { return url.Values{"application": ids, "do": {"sign"}} }
