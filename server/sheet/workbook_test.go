package sheet

import (
	"archive/zip"
	"bytes"
	"fmt"
	"maps"
	"strings"
	"testing"

	"sealdesk/server/registration"
)

// A sheet for the tests is written part by part, so that each test can bend
// exactly one of them.

// good is a row that passes: a renewal on the establishment of a public
// primary school of 祁门县. Texts begin with t:, numbers n:, dates d:, times m:.
func good() map[string]string {
	return map[string]string{
		"apply_no": "t:2024996799999", "person_name": "t:程云溪", "id_type": "t:居民身份证",
		"id_number": "t:34279319850312002X", "gender": "t:女", "school_name": "t:祁门县枫塘初级中学",
		"school_code": "t:HS10385", "stage_taught": "t:初级中学", "subject_taught": "t:语文",
		"post_type": "t:专任教师", "establishment": "t:在编", "cert_number": "t:20093499632000123",
		"cert_kind": "t:初级中学教师资格", "cert_subject": "t:语文", "cert_issuer": "t:祁门县教育局",
		"cert_date": "d:39994", "reg_kind": "t:定期注册", "last_valid_to": "d:45640",
		"appraisal_y1": "t:合格", "appraisal_y2": "t:合格", "appraisal_y3": "t:合格",
		"appraisal_y4": "t:合格", "appraisal_y5": "t:合格", "training_hours": "n:360",
		"applied_at": "m:45573.5", "in_post": "t:是", "hired_on": "d:39995", "probation_end": "d:40360",
		"cert_status": "t:持有", "in_national_system": "t:是", "ethics_result": "t:合格",
		"health_evidence": "t:有", "gap_terms": "n:0",
	}
}

// with gives a good row with changes; "" empties a cell.
func with(pairs ...string) map[string]string {
	row := good()
	for i := 0; i < len(pairs); i += 2 {
		row[pairs[i]] = pairs[i+1]
	}
	return row
}

func esc(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// cellXML writes a value in the notation of good; x: is raw XML of a cell
// whose reference is put for REF.
func cellXML(ref, v string) string {
	kind, text, _ := strings.Cut(v, ":")
	switch kind {
	case "t":
		return fmt.Sprintf(`<c r="%s" t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>`, ref, esc(text))
	case "n":
		return fmt.Sprintf(`<c r="%s"><v>%s</v></c>`, ref, text)
	case "d":
		return fmt.Sprintf(`<c r="%s" s="1"><v>%s</v></c>`, ref, text)
	case "m":
		return fmt.Sprintf(`<c r="%s" s="2"><v>%s</v></c>`, ref, text)
	case "x":
		return strings.ReplaceAll(text, "REF", ref)
	}
	return ""
}

func columnName(n int) string {
	name := ""
	for ; n > 0; n = (n - 1) / 26 {
		name = string(rune('A'+(n-1)%26)) + name
	}
	return name
}

// rowsXML writes the header and the rows, from row 2 on.
func rowsXML(rows ...map[string]string) string {
	var b strings.Builder
	b.WriteString(`<row r="1">`)
	for i, c := range registration.Columns() {
		b.WriteString(cellXML(columnName(i+1)+"1", "t:"+c.Header))
	}
	b.WriteString(`</row>`)
	for n, row := range rows {
		fmt.Fprintf(&b, `<row r="%d">`, n+2)
		for i, c := range registration.Columns() {
			if v := row[c.Field]; v != "" {
				b.WriteString(cellXML(fmt.Sprintf("%s%d", columnName(i+1), n+2), v))
			}
		}
		b.WriteString(`</row>`)
	}
	return b.String()
}

// sheetXML puts rows into a worksheet part.
func sheetXML(rows string) string {
	return `<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="m" xmlns:r="r"><sheetData>` + rows + `</sheetData></worksheet>`
}

// parts gives a whole package around a worksheet part.
func parts(worksheet string) map[string]string {
	return map[string]string{
		"[Content_Types].xml": `<Types><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>`,
		"_rels/.rels":     `<Relationships><Relationship Id="rId1" Type="x/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml": `<workbook xmlns:r="r"><workbookPr/><sheets><sheet name="定期注册申请" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels": `<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="worksheets/sheet1.xml"/>` +
			`<Relationship Id="rId2" Type="x/styles" Target="styles.xml"/></Relationships>`,
		"xl/styles.xml": `<styleSheet><numFmts><numFmt numFmtId="176" formatCode="yyyy\-mm\-dd\ hh:mm:ss.000"/></numFmts>` +
			`<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="176"/></cellXfs></styleSheet>`,
		"xl/worksheets/sheet1.xml": worksheet,
	}
}

// pack zips the parts.
func pack(t testing.TB, parts map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range parts {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// sheetOf zips rows into a good package.
func sheetOf(t testing.TB, rows ...map[string]string) []byte {
	t.Helper()
	return pack(t, parts(sheetXML(rowsXML(rows...))))
}

// lines gives the report's lines of kind, column and code, for a short look.
func lines(r *Report) string {
	var out []string
	for _, l := range r.Lines {
		s := strings.TrimSuffix(fmt.Sprintf("%d %s %s %s %s", l.Row, l.Kind, l.Column, l.Code, l.Findings), " ")
		out = append(out, strings.Join(strings.Fields(s+" "+string(l.Outcome)), " "))
	}
	return strings.Join(out, "; ")
}

func wantLines(t *testing.T, ref Reference, data []byte, want string) *Report {
	t.Helper()
	r := checkBytes(t, ref, data, "341024")
	if got := lines(r); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	return r
}

func changed(p map[string]string, name, text string) map[string]string {
	p = maps.Clone(p)
	if text == "" {
		delete(p, name)
	} else {
		p[name] = text
	}
	return p
}
