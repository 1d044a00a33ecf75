package sheet

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

// mended mends a refused row and says what became of it: kind, fields typed.
func mended(t *testing.T, r Row, typed map[string]string) (Row, string) {
	t.Helper()
	got, err := Mend(sample(t), "341024", clock, r, typed, nil)
	if err != nil {
		t.Fatal(err)
	}
	codes := []string{string(got.Kind)}
	for _, l := range got.Lines {
		codes = append(codes, l.Code)
	}
	return got, strings.Trim(strings.Join(codes, " "), " ")
}

func TestOnlyRefusedCellsAreTypedOnAPage(t *testing.T) {
	r := one(t, with("gender", "t:女性"), "2 refuse 性别 not-in-list")
	for field, text := range map[string]string{"training_hours": "999", "apply_no": "1", "id_number": "342793197806151031", "applied_at": "2024-10-09 10:00:00", "cert_status": "未持有"} {
		_, err := Mend(sample(t), "341024", clock, r, map[string]string{"gender": "女", field: text}, nil)
		e, ok := err.(*fault.Error)
		if !ok || e.Kind != fault.Invalid || len(e.Fields) != 1 || e.Fields[0].Name != field || !strings.Contains(e.Sentence, "什么都没有改") || strings.Contains(err.Error(), text) && len(text) > 2 {
			t.Errorf("%s: %v", field, err)
		}
	}
	same := maps.Clone(r.Cells) // what a cell holds already may come along
	same["gender"], same["no_such_field"] = "女", "x"
	got, says := mended(t, r, same)
	if says != "accept" || !slices.Equal(got.Mended, []string{"gender"}) || got.Form.TrainingHours.String() != one(t, good(), "2 accept pass").Form.TrainingHours.String() {
		t.Errorf("%s, typed %v", says, got.Mended)
	}
}

func TestTheTimeOfApplyingIsNeverTyped(t *testing.T) {
	for cell, want := range map[string]string{"d:45500.5": "before-window", "t:昨天": "date-text", "n:45573.4": "date-number", `x:<c r="REF" t="e"><v>#N/A</v></c>`: "cell-error", "": "empty"} {
		r := one(t, with("applied_at", cell), "2 refuse 申请时间 "+want)
		if l := r.Lines[0]; l.Opens() || !strings.Contains(l.PageCure(), "重新导出") {
			t.Errorf("%s: %+v", want, l)
		}
		if _, says := mended(t, r, nil); says != "refuse "+want {
			t.Errorf("%s: looked at again %s", want, says)
		}
		_, err := Mend(sample(t), "341024", clock, r, map[string]string{"applied_at": "2024-10-09 10:00:00"}, nil)
		if e, ok := err.(*fault.Error); !ok || len(e.Fields) != 1 || e.Fields[0].Name != "applied_at" || !strings.Contains(e.Fields[0].Sentence, "以全国系统的记录为准") {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestALateRowWithAnotherFaultIsLateWhenThatIsMended(t *testing.T) {
	for _, applied := range []string{"d:45605", "d:45620.25"} { // 9 November 2024 0:00, when the window closes, and later
		r := one(t, with("applied_at", applied, "gender", "t:女性"), "2 refuse 性别 not-in-list")
		got, says := mended(t, r, map[string]string{"gender": "女"})
		if says != "overdue late" || got.Form.AppliedAt.IsZero() {
			t.Errorf("%s: %s", applied, says)
		}
	}
	r := one(t, with("applied_at", "m:45604.999999988426", "gender", "t:女性"), "2 refuse 性别 not-in-list")
	if _, says := mended(t, r, map[string]string{"gender": "女"}); says != "accept" {
		t.Errorf("the last moment: %s", says)
	}
}

// What a page shows of a cell is text; its kind must not be mended by looking.
func TestACellOfAWrongKindIsRefusedUntilItIsTypedAnew(t *testing.T) {
	for _, c := range []struct{ field, cell, code, typed string }{
		{"cert_number", "n:20093410000000000", "number-cell", "20093410042000123"},
		{"subject_taught", `x:<c r="REF" t="str"><f>A1</f><v>语文</v></c>`, "formula", "语文"},
		{"subject_taught", `x:<c r="REF" t="e"><v>#REF!</v></c>`, "cell-error", "语文"},
		{"subject_taught", "d:45000", "number-cell", "语文"},
		{"training_hours", "t:372", "number-text", "372"},
		{"training_hours", "d:372", "number-date", "372"},
		{"training_hours", `x:<c r="REF" t="b"><v>1</v></c>`, "wrong-type", "372"},
		{"cert_date", "n:39994", "date-number", "2009-06-30"},
		{"cert_date", "t:2009-06-30", "date-text", "2009-06-30"},
		{"hired_on", "d:-1", "out-of-range", "2009-06-30"},
	} {
		header := registration.HeaderOf(c.field)
		r := one(t, with(c.field, c.cell, "gender", "t:女性"), "2 refuse 性别 not-in-list; 2 refuse "+header+" "+c.code)
		if r.Lines[0].Column == header {
			t.Fatal("the order of headers.csv")
		}
		half, says := mended(t, r, map[string]string{"gender": "女"})
		if half.Kind != Refuse || len(half.Lines) != 1 || half.Lines[0].Column != header || !slices.Equal(half.Mended, []string{"gender"}) {
			t.Errorf("%s %s, untouched: %s, typed %v", c.field, c.cell, says, half.Mended)
			continue
		}
		got, says := mended(t, half, map[string]string{c.field: c.typed})
		if got.Kind != Accept || !slices.Contains(got.Mended, c.field) || !slices.Contains(got.Mended, "gender") {
			t.Errorf("%s %s, typed anew: %s, typed %v", c.field, c.cell, says, got.Mended)
		}
	}
}

func TestARowUnderMergedCellsIsNotMendedOnAPage(t *testing.T) {
	i := slices.IndexFunc(columns(), func(c registration.Column) bool { return c.Field == "school_name" })
	l := Line{Row: 2, Kind: Refuse, Column: columns()[i].Header, Code: "merged-cell"}
	r := Row{Number: 2, Kind: Refuse, Lines: []Line{l}, Cells: one(t, with("gender", "t:女性"), "2 refuse 性别 not-in-list").Cells}
	if _, says := mended(t, r, nil); l.Opens() || says != "refuse merged-cell" {
		t.Errorf("it opens, or is %s", says)
	}
	if _, err := Mend(sample(t), "341024", clock, r, map[string]string{"school_name": "x"}, nil); err == nil {
		t.Error("it is typed")
	}
}
