package sheet

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"sealdesk/server/registration"
)

func TestEveryPlantedRowIsJudgedAsPlanted(t *testing.T) {
	ref := sample(t)
	reports := map[string]*Report{}
	for _, s := range sheets {
		reports["applications-"+s.name+".xlsx"] = checkFile(t, ref, "sample/applications-"+s.name+".xlsx", s.organ)
	}
	planted := readTable(t, "testdata/planted.csv")[1:]
	if len(planted) != 786 {
		t.Fatalf("%d planted rows", len(planted))
	}
	for _, p := range planted {
		r := reports[p[0]]
		if r == nil {
			t.Fatalf("no report of %s", p[0])
		}
		i := slices.IndexFunc(r.Rows, func(x Row) bool { return fmt.Sprint(x.Number) == p[1] })
		if i < 0 {
			t.Errorf("%s row %s (%s) is missing", p[0], p[1], p[2])
			continue
		}
		if fault := differsFrom(r.Rows[i], strings.Fields(p[3])); fault != "" {
			t.Errorf("%s row %s (%s): %s", p[0], p[1], p[2], fault)
		}
	}
}

// differsFrom holds a row against the tokens of planted.csv.
func differsFrom(r Row, tokens []string) string {
	var findings []string
	outcome := false
	for _, token := range tokens {
		kind, value, _ := strings.Cut(token, "/")
		ok := true
		switch kind {
		case "refuse", "warn", "overdue", "wait":
			ok = slices.ContainsFunc(r.Lines, func(l Line) bool { return string(l.Kind) == kind && l.Code == value })
		case "status":
			ok = string(r.Kind) == value
		case "outcome":
			ok, outcome = string(r.Outcome) == value, true
		case "finding":
			findings = append(findings, value)
		case "class":
			ok = r.Scope == value
		case "kind":
			ok = r.RegKind == value
		default:
			ok = false
		}
		if !ok {
			return token + " does not hold"
		}
	}
	for _, f := range r.Findings {
		if outcome && !slices.Contains(findings, f.Rule) {
			return "finding " + f.Rule + " was not planted"
		}
	}
	for _, f := range findings {
		if !slices.ContainsFunc(r.Findings, func(x registration.Finding) bool { return x.Rule == f }) {
			return "finding " + f + " is missing"
		}
	}
	return ""
}

func TestRulesForCells(t *testing.T) {
	for name, c := range map[string]struct {
		row  map[string]string
		want string
	}{
		"formula without value":     {with("subject_taught", `x:<c r="REF"><f>A1</f></c>`), "2 refuse 任教学科 formula"},
		"formula in optional":       {with("gap_reason", `x:<c r="REF" t="str"><f>A1</f><v>产假</v></c>`), "2 refuse 中断原因 formula"},
		"text of a writer":          {with("subject_taught", `x:<c r="REF" t="str"><v>语文</v></c>`), "2 accept pass"},
		"error":                     {with("subject_taught", `x:<c r="REF" t="e"><v>#N/A</v></c>`), "2 refuse 任教学科 cell-error"},
		"true":                      {with("in_post", `x:<c r="REF" t="b"><v>1</v></c>`), "2 refuse 是否在岗 wrong-type"},
		"empty must":                {with("subject_taught", "t:\u00A0\u3000 "), "2 refuse 任教学科 empty"},
		"date in text":              {with("subject_taught", "d:45000"), "2 refuse 任教学科 number-cell"},
		"number in list":            {with("in_post", "n:1"), "2 refuse 是否在岗 number-cell"},
		"line break inside":         {with("subject_taught", "t:语\n文"), "2 refuse 任教学科 forbidden-char"},
		"line break outside":        {with("subject_taught", "t:语文\n"), "2 accept pass; 2 warn 任教学科 normalised"},
		"zero width":                {with("subject_taught", "t:语文\u200B"), "2 refuse 任教学科 forbidden-char"},
		"escaped control":           {with("subject_taught", "t:语_x0001_文"), "2 refuse 任教学科 forbidden-char"},
		"escaped underscore":        {with("subject_taught", "t:语_x005F_x0001_文"), "2 accept pass"},
		"line separator":            {with("subject_taught", "t:语\u2028文"), "2 refuse 任教学科 forbidden-char"},
		"plus":                      {with("subject_taught", "t:+语文"), "2 refuse 任教学科 formula-like"},
		"plus in a list":            {with("in_post", "t:+是"), "2 refuse 是否在岗 formula-like"},
		"full-width plus in code":   {with("school_code", "t:＋HS10385"), "2 refuse 学校代码 formula-like"},
		"full-width plus elsewhere": {with("subject_taught", "t:＋语文"), "2 accept pass"},
		"list with blanks":          {with("in_post", "t: 是"), "2 accept pass; 2 warn 是否在岗 normalised"},
		"not in list":               {with("in_post", "t:在"), "2 refuse 是否在岗 not-in-list"},
		"decomposed":                {with("subject_taught", "t:e\u0301"), "2 accept pass; 2 warn 任教学科 normalised"},
		"date as text":              {with("cert_date", "t:2009-06-30"), "2 refuse 发证日期 date-text"},
		"date as number":            {with("cert_date", "n:39994"), "2 refuse 发证日期 date-number"},
		"date of the kind d":        {with("cert_date", `x:<c r="REF" t="d"><v>2009-06-30T00:00:00</v></c>`), "2 accept pass"},
		"date with a time of day":   {with("last_valid_to", "d:45657.999"), "2 accept pass"},
		"date before all":           {with("hired_on", "d:-1"), "2 refuse 入职日期 out-of-range"},
		"number as text":            {with("training_hours", "t:360"), "2 refuse 培训学时 number-text"},
		"number as date":            {with("training_hours", "d:360"), "2 refuse 培训学时 number-date"},
		"negative":                  {with("gap_terms", "n:-0.5"), "2 refuse 中断教学学期数 out-of-range"},
		"two decimals":              {with("training_hours", "n:372.25"), "2 refuse 培训学时 decimals"},
		"binary noise":              {with("training_hours", "n:372.40000000000003"), "2 accept pass"},
		"exponent":                  {with("training_hours", "n:3.724E2"), "2 accept pass"},
		"no number at all":          {with("training_hours", "n:3x"), "2 refuse 培训学时 wrong-type"},
		"style unknown":             {with("training_hours", `x:<c r="REF" s="99"><v>360</v></c>`), "2 accept pass"},
	} {
		t.Run(name, func(t *testing.T) { one(t, c.row, c.want) })
	}
}

func TestRulesForFields(t *testing.T) {
	deferral := func(year, organ, cleared string) map[string]string {
		return with("prior_deferral_year", year, "prior_deferral_organ", organ, "prior_deferral_cleared", cleared)
	}
	for name, c := range map[string]struct {
		row  map[string]string
		want string
	}{
		"name of one":           {with("person_name", "t:程"), "2 refuse 姓名 name-length"},
		"name of 50":            {with("person_name", "t:"+strings.Repeat("阿", 50)), "2 accept pass"},
		"name of 51":            {with("person_name", "t:"+strings.Repeat("阿", 51)), "2 refuse 姓名 name-length"},
		"rare name":             {with("person_name", "t:程𠮷〇"), "2 accept pass"},
		"dotted name":           {with("person_name", "t:买买提•阿卜杜拉"), "2 accept pass; 2 warn 姓名 normalised"},
		"name of private use":   {with("person_name", "t:程\uE816"), "2 refuse 姓名 name-chars"},
		"compatibility form":    {with("person_name", "t:程\uF9A8"), "2 accept pass; 2 warn 姓名 normalised"},
		"invisible mark":        {with("person_name", "t:程云\u034F"), "2 refuse 姓名 name-chars"},
		"digit":                 {with("person_name", "t:程٣"), "2 refuse 姓名 name-digit"},
		"bracket":               {with("person_name", "t:程（云）"), "2 refuse 姓名 name-chars"},
		"id of the future":      {with("id_number", "t:341093202411210020"), "2 refuse 身份证件号码 id-future"},
		"id not looked at":      {with("id_type", "t:身份证", "id_number", "t:1"), "2 refuse 证件类型 not-in-list"},
		"passport short":        {with("id_type", "t:护照", "id_number", "t:E123"), "2 refuse 身份证件号码 id-format"},
		"passport of 5":         {with("id_type", "t:护照", "id_number", "t:e1234"), "2 accept pass; 2 warn 身份证件号码 normalised"},
		"code in small letters": {with("school_code", "t:hs10385"), "2 refuse 学校代码 school-unknown"},
		"an organ is no school": {with("school_code", "t:341024"), "2 refuse 学校代码 school-unknown"},
		"another organ's":       {with("school_code", "t:HS10341"), "2 refuse 学校代码 school-other-organ"},
		"closed":                {with("school_code", "t:HS10392"), "2 refuse 学校代码 school-closed"},
		"another name":          {with("school_name", "t:祁门县枫塘中学"), "2 refuse 任教学校 school-name"},
		"no certificate":        {with("cert_number", ""), "2 refuse 教师资格证书号码 cert-missing"},
		"no kind nor issuer":    {with("cert_kind", "", "cert_issuer", ""), "2 refuse 教师资格种类 empty; 2 refuse 发证机关 empty"},
		"none held":             {with("cert_status", "t:未持有", "cert_number", "", "cert_kind", "", "cert_subject", "", "cert_issuer", "", "cert_date", ""), "2 accept O2 out_of_scope"},
		"first day of 1994":     {with("cert_date", "d:34335"), "2 accept pass"},
		"last day of 1993":      {with("cert_date", "d:34334"), "2 refuse 发证日期 cert-date-range"},
		"today":                 {with("cert_date", "d:45616"), "2 accept pass"},
		"tomorrow":              {with("cert_date", "d:45617"), "2 refuse 发证日期 cert-date-range"},
		"kind differs":          {with("reg_kind", "t:首次注册"), "2 accept pass; 2 warn 注册类型 reg-kind-differs"},
		"renewal without hours": {with("training_hours", ""), "2 refuse 培训学时 empty"},
		"first without hours":   {first(), "2 accept pass"},
		"deferral 2014":         {deferral("n:2014", "t:某局", "t:是"), "2 accept pass"},
		"deferral 2013":         {deferral("n:2013", "t:某局", "t:是"), "2 refuse 前次暂缓年度 out-of-range"},
		"deferral 2024":         {deferral("n:2024", "t:某局", "t:是"), "2 refuse 前次暂缓年度 out-of-range"},
		"deferral and a half":   {deferral("n:2023.5", "t:某局", "t:是"), "2 refuse 前次暂缓年度 decimals"},
		"deferral year only":    {deferral("n:2023", "", ""), "2 refuse 前次暂缓机构 deferral-unlinked; 2 refuse 暂缓原因已消除 deferral-unanswered"},
		"deferral year refused": {deferral("t:2023", "", ""), "2 refuse 前次暂缓年度 number-text"},
		"not cleared":           {deferral("n:2023", "t:某局", "t:否"), "2 refuse 暂缓原因已消除 deferral-unanswered"},
		"private":               {private(), "2 accept pass"},
		"private, no contract":  {private("contract_from", "", "contract_to", ""), "2 refuse 合同起始日期 contract-missing; 2 refuse 合同终止日期 contract-missing"},
		"contract backwards":    {private("contract_to", "d:45000"), "2 refuse 合同终止日期 date-order"},
		"contract over":         {private("contract_to", "d:45572"), "2 accept O1 out_of_scope"},
		"contract's last day":   {private("contract_to", "d:45573"), "2 accept pass"},
		"private on staff":      {private("establishment", "t:在编"), "2 refuse 编制情况 establishment-mismatch"},
		"hire without pay word": {with("establishment", "t:聘用", "approval_doc_no", "t:祁政人1号"), "2 refuse 是否同等待遇 equal-pay-missing"},
		"two faults, two lines": {with("person_name", "t:1", "gender", ""), "2 refuse 姓名 name-length; 2 refuse 性别 empty"},
	} {
		t.Run(name, func(t *testing.T) { one(t, c.row, c.want) })
	}
}

func TestTheDateSystemOf1904IsHonoured(t *testing.T) {
	p := parts(sheetXML(rowsXML(with("cert_date", "d:38532", "last_valid_to", "d:44178", "applied_at", "m:44111.5",
		"hired_on", "d:38533", "probation_end", "d:38898"))))
	p["xl/workbook.xml"] = strings.Replace(p["xl/workbook.xml"], "<workbookPr/>", `<workbookPr date1904="1"/>`, 1)
	r := wantLines(t, sample(t), pack(t, p), "2 accept pass")
	if f := r.Rows[0].Form; f.Get("cert_date") != "2009-06-30" || f.Get("applied_at") != "2024-10-08T12:00:00.000+08:00" {
		t.Errorf("dates of 1904 became %s and %s", f.Get("cert_date"), f.Get("applied_at"))
	}
}

func TestNumberFormatsThatShowADate(t *testing.T) {
	for code, want := range map[string]bool{
		"yyyy-mm-dd": true, "YYYY/M/D": true, `0.0"h"`: false, "[h]:mm": true, "[Red]0.00": false, "[$-804]0": false,
		`0.0_d`: false, `0\d`: false, "General": false, "0.00E+00": false, `yyyy"年"`: true, "* #,##0": false, "@": false, "ss": true, "[hh]": false,
	} {
		if dateCode(code) != want {
			t.Errorf("%q: got %v", code, !want)
		}
	}
}

func TestBuiltInNumberFormatsThatShowADate(t *testing.T) {
	for id := range 100 {
		want := id >= 14 && id <= 22 || id >= 27 && id <= 36 || id >= 45 && id <= 47 || id >= 50 && id <= 58
		p := parts(sheetXML(rowsXML(good())))
		p["xl/styles.xml"] = strings.Replace(p["xl/styles.xml"], `numFmtId="14"`, fmt.Sprintf(`numFmtId="%d"`, id), 1)
		r := checkBytes(t, sample(t), pack(t, p), "341024")
		if got := r.Counts.Accepted == 1; got != want {
			t.Errorf("format %d: a date is %v", id, got)
		}
	}
}

func TestSerialNumbersOfTheFirstMonthsAndTheLastDay(t *testing.T) {
	for serial, want := range map[string]string{"1": "1900-01-01", "59": "1900-02-28", "61": "1900-03-01", "45573.9999999": "2024-10-08", "2958465": "9999-12-31"} {
		day, _, code := cell{kind: dateCell, text: serial}.instant(false)
		if got := registration.DateOf(day).String(); got != want || code != "" {
			t.Errorf("%s: %s %s, want %s", serial, got, code, want)
		}
	}
	for _, serial := range []string{"-1", "2958466"} {
		if _, _, code := (cell{kind: dateCell, text: serial}).instant(false); code != "out-of-range" {
			t.Errorf("%s: %q", serial, code)
		}
	}
}

// readmeCodes are all codes that a report can hold.
var readmeCodes = strings.Fields(`empty-file too-large encrypted not-xlsx damaged unsafe-path duplicate-part macros doctype
external-link embedded-object wrong-sheet hidden-sheet too-many-columns too-many-rows no-header duplicate-column missing-column
unknown-column hidden-column no-rows hidden-row merged-cell formula cell-error wrong-type empty number-cell forbidden-char
formula-like not-in-list normalised date-text date-number number-text number-date out-of-range decimals name-length name-digit
name-chars id-15-digit id-format id-date id-future id-checksum duplicate-id duplicate-apply-no school-unknown school-other-organ
school-closed school-name before-window late cert-missing cert-date-range cert-length cert-kind-digit reg-kind-differs not-due
deferral-unlinked deferral-unanswered approval-missing equal-pay-missing contract-missing date-order school-licence
establishment-mismatch`)

func TestEveryCodeHasASentenceAndACure(t *testing.T) {
	for _, code := range readmeCodes {
		a := advices[code].fill("姓名", "〈始〉", "甲", "〈终〉", "乙", "〈机构〉", "丙", "〈值〉", "丁", "〈长〉", "16")
		if a.sentence == "" || a.cure == "" || strings.ContainsAny(a.sentence+a.cure, "〈〉") {
			t.Errorf("%s: %q %q", code, a.sentence, a.cure)
		}
	}
	if len(advices) != len(readmeCodes) {
		t.Errorf("%d sentences for %d codes", len(advices), len(readmeCodes))
	}
}

func TestNoPersonalValueStandsInAReport(t *testing.T) {
	ref := sample(t)
	values := 0
	for _, s := range sheets {
		r := checkFile(t, ref, "sample/applications-"+s.name+".xlsx", s.organ)
		for _, l := range r.Lines {
			if l.Sentence == "" || l.Cure == "" || strings.ContainsAny(l.Sentence+l.Cure, "〈〉") {
				t.Fatalf("%s row %d %s: a sentence is missing or unfinished", s.name, l.Row, l.Code)
			}
		}
		for _, row := range r.Rows {
			var personal []string
			for _, field := range []string{"apply_no", "person_name", "id_number", "cert_number"} {
				personal = append(personal, row.Form.Get(field), strings.Trim(row.Cells[field], blanks))
			}
			said := ""
			for _, l := range row.Lines {
				said += l.Sentence + l.Cure + l.Masked + l.Column + l.Findings
			}
			for _, f := range row.Findings {
				said += f.Sentence
			}
			for _, p := range personal {
				if len(p) < 4 {
					continue
				}
				if values++; strings.Contains(said, p) {
					t.Fatalf("%s row %d: a personal value stands in its sentences", s.name, row.Number)
				}
			}
		}
	}
	if values < 10000 {
		t.Errorf("only %d values were looked for", values)
	}
}

func TestOutputCannotBeReadAsAFormula(t *testing.T) {
	p := parts(sheetXML(strings.Replace(rowsXML(good()), `</row><row r="2">`,
		cellXML("AS1", `t:=HYPERLINK("http://a.example")`)+cellXML("AT1", "t: @x")+`</row><row r="2">`, 1)))
	r := checkBytes(t, sample(t), pack(t, p), "341024")
	out := csvOf(t, r)
	if !strings.Contains(out, "'=HYPERLINK") || !strings.Contains(out, "' @x") || strings.Contains(out, ",=") {
		t.Error(out)
	}
	var b bytes.Buffer
	if err := r.WriteXLSX(&b); err != nil {
		t.Fatal(err)
	}
	eachCell(t, b.Bytes(), func(text string) {
		if Guard(text) != text {
			t.Errorf("cell %q is not guarded", text)
		}
	})
}

func eachCell(t *testing.T, data []byte, see func(string)) {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	seen := 0
	for _, name := range f.GetSheetList() {
		rows, err := f.GetRows(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			for _, c := range r {
				see(c)
				seen++
			}
		}
	}
	if seen == 0 {
		t.Error("no cell was seen")
	}
}

func TestAReferenceThatDoesNotBelongTogetherIsRefused(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"organisations.csv", "windows.csv", "staff.csv"} {
		if _, err := LoadReference(dir); err == nil || !strings.Contains(err.Error(), "organisations.csv") {
			t.Errorf("without %s: %v", name, err)
		}
		data, err := os.ReadFile("sample/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(dir+"/"+name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := LoadReference(dir); err != nil {
		t.Fatal(err)
	}
	bad := "staff_id,name,org_id,roles,post,phone,filed_on,trained_2024\nU1,某,HS99999,SC,教师,1,,no\n"
	if err := os.WriteFile(dir+"/staff.csv", []byte(bad), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadReference(dir); err == nil || !strings.Contains(err.Error(), "staff.csv 第2行") {
		t.Errorf("got %v", err)
	}
}
