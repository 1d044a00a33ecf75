package registration

import (
	"strings"
	"testing"

	"sealdesk/server/internal/fault"
)

func dated(id string, year int) Pack { return Pack{ID: id, EffectiveYear: year} }

func TestThePackOfAYearIsTheLatestThatTookEffectByThen(t *testing.T) {
	packs, err := NewPacks(dated("later", 2025), dated("first", 2013), dated("second", 2024))
	if err != nil {
		t.Fatal(err)
	}
	for year, want := range map[int]string{2013: "first", 2023: "first", 2024: "second", 2025: "later", 2030: "later"} {
		if p, err := packs.InForce(year); err != nil || p.ID != want {
			t.Errorf("%d: %s, %v", year, p.ID, err)
		}
	}
	if _, err := packs.InForce(2012); !fault.Is(err, fault.Unavailable) {
		t.Errorf("before all: %v", err)
	}
}

func TestCase37ARecordIsJudgedByItsOwnPackOrNotAtAll(t *testing.T) {
	packs, err := NewPacks(append(Shipped(), dated("province-2024", 2024))...)
	if err != nil {
		t.Fatal(err)
	}
	for kept, want := range map[string]string{"national-2013": "national-2013", "": "province-2024", "province-2024": "province-2024"} {
		if p, err := packs.Of(Application{ID: RecordID(2024, "341021", 1), Year: 2024, Pack: kept}); err != nil || p.ID != want {
			t.Errorf("%q: %s, %v", kept, p.ID, err)
		}
	}
	if _, err := Shipped().Of(Application{Year: 2024, Pack: "province-2024"}); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "province-2024") {
		t.Errorf("a pack that is not loaded: %v", err)
	}
}

func TestPacksOfWhichNoneCouldBeSaidToBeInForceAreRefused(t *testing.T) {
	for name, list := range map[string][]Pack{"none": nil, "one id twice": {dated("a", 2013), dated("a", 2024)}, "one year twice": {dated("a", 2013), dated("b", 2013)}} {
		if _, err := NewPacks(list...); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestCase22ADayInNoCalendarIsNamedAndNoOtherIs(t *testing.T) {
	for number, want := range map[string]string{"342793198302300016": "1983年2月30日", "342793198502290019": "1985年2月29日", "342793198313010016": "1983年13月1日", "342793198300000016": "1983年0月0日",
		"342793198402291014": "", "34279319850312002X": "", "342793850312002": "", "34279319830230001A": "1983年2月30日", "3427931983O2300016": "", "": ""} {
		if got := NoSuchDay(number); got != want {
			t.Errorf("%s: %q", number, got)
		}
	}
}
