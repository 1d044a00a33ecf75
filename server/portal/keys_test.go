package portal_test

import (
	"net/url"
	"strings"
	"testing"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

func TestARevocationIsRefusedWithItsFieldsKept(t *testing.T) {
	w := newTown(t, "2024-11-20 10:00:00")
	s := w.in(sec)
	fingerprint := seal.Fingerprint(w.people[auditor].leaf)
	w.quiet("refusals", func() {
		p := s.post("/keys/revoke", url.Values{"fingerprint": {fingerprint}, "kind": {"lost"}, "revoke_reason": {""}})
		s.refusedPlain(p, fault.Invalid, "理由")
		if !strings.Contains(string(p.Body), fingerprint) {
			t.Error("the fingerprint typed is lost")
		}
		s.refusedPlain(s.post("/keys/revoke", url.Values{"fingerprint": {strings.Repeat("0", 64)}, "kind": {"lost"}, "revoke_reason": {"丢了"}}), fault.Invalid, "没有登记过")
		s.refusedPlain(s.post("/keys/revoke", url.Values{"fingerprint": {fingerprint}, "revoke_reason": {"丢了"}}), fault.Invalid, "报失或停用")
	})
	a := w.in(auditor)
	a.refused(a.post("/keys/revoke", url.Values{"fingerprint": {fingerprint}, "kind": {"lost"}, "revoke_reason": {"丢了"}}), fault.Forbidden, "")
}
