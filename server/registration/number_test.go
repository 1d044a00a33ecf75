package registration_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"sealdesk/server/org"
	"sealdesk/server/registration"
)

func TestR60ANumberPrintsItsLastFourWhateverPrintsIt(t *testing.T) {
	const id = "34279319850312002X"
	form := registration.Form{PersonName: "某", IDNumber: id, CertNumber: "20093410042000123"}
	staff := org.Staff{ID: "U1", Phone: "13955501234"}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "number", form.IDNumber, "phone", staff.Phone)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "number", form.IDNumber, "form", form, "staff", staff)
	said := []string{form.Get("id_number"), form.Show("id_number"), form.Show("cert_number"), log.String(), errors.New(fmt.Sprint(form)).Error()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %v"} {
		said = append(said, fmt.Sprintf(verb, form.IDNumber), fmt.Sprintf(verb, form.CertNumber), fmt.Sprintf(verb, staff.Phone), fmt.Sprintf(verb, form), fmt.Sprintf(verb, staff))
	}
	for i, text := range said {
		for _, digits := range []string{"3427931985", "19850312", "200934100", "139555", fmt.Sprintf("%x", id)} {
			if strings.Contains(text, digits) {
				t.Errorf("%d says %q", i, text)
			}
		}
	}
	for n, want := range map[registration.Number]string{"": "", "1234": "共 4 位", "1234567": "共 7 位", "12345678": "共 8 位，末四位 5678", id: "共 18 位，末四位 002X", "皖字第00012号": "共 9 位"} {
		if got := n.String(); got != want {
			t.Errorf("%d characters say %q", len(n), got)
		}
	}
	if got := registration.Masked("id_number", id); got != "共 18 位，末四位 002X" || registration.Masked("gender", "男") != "男" {
		t.Error(got)
	}
}
