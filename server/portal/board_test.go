package portal_test

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
)

// crowd is how many people the board of keys is tried with (domain section 1:
// 600 to 1,000 keys).
const crowd = 1000

// crowdedTown has that many people more, each with a key; of 17 the certificate
// ends within thirty days of the day it opens on.
func crowdedTown(t testing.TB) *town {
	t.Helper()
	f := foundWith(t, func(f *foundation) []any {
		var nouns []any
		for i := range crowd {
			unit := []string{county, unit2}[i%2]
			s := org.Staff{ID: fmt.Sprintf("U2%04d", i), Name: "程" + string([]rune("甲乙丙丁戊己庚辛壬癸")[i%10]) + fmt.Sprint(i), Org: unit, Post: "审核员", Phone: "15400000002", FiledOn: &foundingDay, Pledge: "随纸质备案表"}
			r := f.enrol(t, s, nil)
			nouns = append(nouns, s, custody.Token{Serial: fmt.Sprintf("FT-%04d", i), Label: s.ID, State: custody.Issued, Custodian: s.ID, Delivered: foundingDay, Since: foundingDay},
				custody.Key{Fingerprint: seal.Fingerprint(r.leaf), Staff: s.ID, Certificate: r.leaf.Raw, TokenLabel: s.ID, Token: fmt.Sprintf("FT-%04d", i),
					Serial: r.leaf.SerialNumber.Text(16), Issuer: custody.OwnCA, Public: custody.PublicDigest(r.leaf.RawSubjectPublicKeyInfo), State: custody.Issued, Since: foundingDay})
		}
		return nouns
	})
	return f.open(t, "2024-11-20 10:00:00")
}

// median time of a page, asked again and again.
func (r reader) median(path string) time.Duration {
	r.t.tb.Helper()
	var took []time.Duration
	for range 15 {
		begun := time.Now()
		r.ok(r.get(path))
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	return took[len(took)/2]
}

func TestTheBoardOfAThousandKeysIsPagedFilteredAndSearched(t *testing.T) {
	w := crowdedTown(t)
	s := w.in(sec)
	first := s.ok(s.get("/keys"))
	seen, pages := map[string]bool{}, 0
	for p := first; ; pages++ {
		for _, h := range hrefs(t, p, "/keys/FT-") {
			if seen[h] {
				t.Fatalf("%s stands on two pages", h)
			}
			seen[h] = true
		}
		next := hrefs(t, p, "/keys?at=%3E")
		if len(next) == 0 {
			break
		}
		p = s.ok(s.get(next[0]))
	}
	if len(seen) != crowd || pages < crowd/50 {
		t.Errorf("%d keys on %d pages", len(seen), pages)
	}
	for query, want := range map[string]int{"name=FT-0042": 1, "name=ft-004": 10, "name=U20042": 1, "name=" + url.QueryEscape("程甲1000"): 0, "name=" + url.QueryEscape("程甲10"): 2,
		"organisation=" + unit2 + "&name=FT-00": 50, "state=lost": 0, "due=ending": 0} {
		p := s.ok(s.get("/keys?" + query))
		if got := len(hrefs(t, p, "/keys/FT-")); got != want {
			t.Errorf("%s finds %d, not %d", query, got, want)
		}
	}
	// A county's lead sees the county's, by name too.
	l := w.in(lead)
	if got := hrefs(t, l.ok(l.get("/keys?name="+url.QueryEscape("程"))), "/keys/FT-"); len(got) != 50 {
		t.Errorf("the lead finds %d", len(got))
	}
	if got := hrefs(t, l.ok(l.get("/keys?name=FT-0001")), "/keys/FT-"); len(got) != 0 {
		t.Errorf("the lead finds a key of another county")
	}
	l.refused(l.get("/keys/FT-0001"), fault.NotFound, "")
	// Thirty days before their end all of them are to be renewed: that comes first.
	w.clock.Set(w.people["U20001"].leaf.NotAfter.Add(-29 * 24 * time.Hour))
	s = w.in(sec)
	late := s.ok(s.get("/keys?due=ending"))
	if text := late.Text("main"); !strings.Contains(text, "证书 30 天内到期") || !strings.Contains(text, "1,0") || len(hrefs(t, late, "/keys/")) < 50 {
		t.Errorf("what needs doing: %.400s", text)
	}
	t.Logf("%d keys: first page %v, last page %v, search by name %v, by organ %v, ending %v (median of 15)", crowd, s.median("/keys"), s.median("/keys?at=%3EFT-0950"),
		s.median("/keys?name="+url.QueryEscape("程甲")), s.median("/keys?organisation="+unit2), s.median("/keys?due=ending"))
}
