package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"
)

func TestAGoodPackageOfOurOwnPasses(t *testing.T) {
	wantLines(t, sample(t), sheetOf(t, good()), "2 accept pass")
}

func TestRulesForFilesRefuseInTheirOrder(t *testing.T) {
	ref := sample(t)
	base := parts(sheetXML(rowsXML(good())))
	extra := func(name, text string) map[string]string { return changed(base, name, text) }
	doctype := `<!DOCTYPE x [<!ENTITY a "b">]><x/>`
	rels := func(line string) string { return `<Relationships>` + line + `</Relationships>` }
	for name, c := range map[string]struct {
		parts map[string]string
		want  string
	}{
		"backslash":               {extra(`xl\a.xml`, "<a/>"), "0 file unsafe-path"},
		"leading slash":           {extra("/a.xml", "<a/>"), "0 file unsafe-path"},
		"parent segment":          {extra("xl/../a.xml", "<a/>"), "0 file unsafe-path"},
		"two dots in a name":      {extra("xl/a..b.xml", "<a/>"), "2 accept pass"},
		"case twins":              {extra("XL/Workbook.xml", "<a/>"), "0 file duplicate-part"},
		"vba anywhere":            {extra("deep/VBAProject.BIN", "x"), "0 file macros"},
		"macros before doctype":   {changed(extra("a.xml", doctype), "xl/vbaProject.bin", "x"), "0 file macros"},
		"doctype elsewhere":       {extra("docProps/custom.xml", doctype), "0 file doctype"},
		"doctype in rels":         {extra("xl/worksheets/_rels/sheet1.xml.rels", doctype), "0 file doctype"},
		"doctype in types":        {extra("[Content_Types].xml", doctype), "0 file doctype"},
		"doctype before damage":   {changed(extra("a.xml", "<a>"), "z.xml", doctype), "0 file doctype"},
		"doctype in a comment":    {extra("a.xml", `<!-- <!DOCTYPE a> --><a/>`), "2 accept pass"},
		"damage elsewhere":        {extra("docProps/custom.xml", "<a><b></a>"), "0 file damaged"},
		"not xml, so not looked":  {extra("docProps/thumbnail.jpeg", "<a><b></a>"), "2 accept pass"},
		"external links":          {extra("xl/externalLinks/x.bin", "x"), "0 file external-link"},
		"connections":             {extra("xl/connections.xml", "<a/>"), "0 file external-link"},
		"hyperlink is harmless":   {extra("xl/worksheets/_rels/sheet1.xml.rels", rels(`<Relationship Id="a" Type="x/hyperlink" Target="https://a.example/" TargetMode="External"/>`)), "2 accept pass"},
		"external image":          {extra("xl/drawings/_rels/drawing1.xml.rels", rels(`<Relationship Id="a" Type="x/image" Target="https://a.example/" TargetMode="External"/>`)), "0 file external-link"},
		"embedded":                {extra("xl/embeddings/a.bin", "x"), "0 file embedded-object"},
		"activeX":                 {extra("xl/activeX/a.bin", "x"), "0 file embedded-object"},
		"link before embedded":    {changed(extra("xl/activeX/a.bin", "x"), "xl/connections.xml", "<a/>"), "0 file external-link"},
		"no main part":            {extra("xl/workbook.xml", ""), "0 file not-xlsx"},
		"template main type":      {extra("[Content_Types].xml", strings.Replace(base["[Content_Types].xml"], "sheet.main", "template.main", 1)), "0 file not-xlsx"},
		"macro main type":         {extra("[Content_Types].xml", strings.Replace(base["[Content_Types].xml"], "vnd.openxmlformats-officedocument.spreadsheetml.sheet", "vnd.ms-excel.sheet.macroEnabled", 1)), "0 file macros"},
		"hidden":                  {extra("xl/workbook.xml", strings.Replace(base["xl/workbook.xml"], "<sheet ", `<sheet state="hidden" `, 1)), "0 file hidden-sheet"},
		"very hidden":             {extra("xl/workbook.xml", strings.Replace(base["xl/workbook.xml"], "<sheet ", `<sheet state="veryHidden" `, 1)), "0 file hidden-sheet"},
		"visible":                 {extra("xl/workbook.xml", strings.Replace(base["xl/workbook.xml"], "<sheet ", `<sheet state="visible" `, 1)), "2 accept pass"},
		"another name":            {extra("xl/workbook.xml", strings.Replace(base["xl/workbook.xml"], "定期注册申请", "定期注册", 1)), "0 file wrong-sheet"},
		"sheet missing":           {extra("xl/worksheets/sheet1.xml", ""), "0 file damaged"},
		"another relation prefix": {extra("xl/workbook.xml", strings.NewReplacer("xmlns:r", "xmlns:q", "r:id", "q:id").Replace(base["xl/workbook.xml"])), "2 accept pass"},
	} {
		t.Run(name, func(t *testing.T) { wantLines(t, ref, pack(t, c.parts), c.want) })
	}
}

func TestRulesForTheTable(t *testing.T) {
	ref := sample(t)
	rows := rowsXML(good())
	inRow := func(xml string) string { return strings.Replace(rows, `</row><row r="2">`, xml+`</row><row r="2">`, 1) }
	at := func(column int, row int) string {
		return cellXML(fmt.Sprintf("%s%d", columnName(column), row), "t:x")
	}
	body := func(xml string) string { return strings.TrimSuffix(rows, "</row>") + xml + "</row>" }
	for name, c := range map[string]struct{ xml, want string }{
		"column 100":             {sheetXML(body(at(100, 2))), "2 accept pass"},
		"column 101":             {sheetXML(body(at(101, 2))), "0 file too-many-columns"},
		"blank right of 100":     {sheetXML(body(cellXML("CW2", "t:\u3000 \u00A0"))), "2 accept pass"},
		"header right of 100":    {sheetXML(inRow(at(101, 1))), "0 file too-many-columns"},
		"field twice":            {sheetXML(inRow(cellXML("AS1", "t:申请号"))), "1 file 申请编号 duplicate-column"},
		"unknown column":         {sheetXML(inRow(cellXML("AS1", "t:备注"))), "1 warn 备注 unknown-column; 2 accept pass"},
		"no row 1":               {sheetXML(strings.ReplaceAll(rows[strings.Index(rows, `<row r="2"`):], "", "")), "1 file no-header"},
		"empty sheet":            {sheetXML(""), "1 file no-header"},
		"only blanks below":      {sheetXML(rows[:strings.Index(rows, `<row r="2"`)] + `<row r="2">` + cellXML("A2", "t: ") + `</row>`), "0 file no-rows"},
		"only unknown below":     {sheetXML(rows[:strings.Index(rows, `<row r="2"`)] + `<row r="2">` + at(60, 2) + `</row>`), "0 file no-rows"},
		"rows out of order":      {sheetXML(rows + `<row r="2">` + cellXML("A2", "t:a") + `</row>`), "0 file damaged"},
		"cells out of order":     {sheetXML(body(cellXML("A2", "t:a"))), "0 file damaged"},
		"cell of another row":    {sheetXML(body(cellXML("AZ3", "t:a"))), "0 file damaged"},
		"row without number":     {sheetXML(strings.Replace(rows, `<row r="2">`, `<row>`, 1)), "2 accept pass"},
		"shared string unknown":  {sheetXML(body(`<c r="AZ2" t="s"><v>7</v></c>`)), "0 file damaged"},
		"hidden row":             {sheetXML(strings.Replace(rows, `<row r="2">`, `<row r="2" hidden="1">`, 1)), "2 accept pass; 2 warn hidden-row"},
		"hidden known column":    {strings.Replace(sheetXML(rows), "<sheetData>", `<cols><col min="5" max="5" hidden="1"/></cols><sheetData>`, 1), "1 warn 性别 hidden-column; 2 accept pass"},
		"hidden unknown column":  {strings.Replace(sheetXML(rows), "<sheetData>", `<cols><col min="45" max="90" hidden="true"/></cols><sheetData>`, 1), "2 accept pass"},
		"merge in unknown":       {strings.Replace(sheetXML(rows), "</sheetData>", `</sheetData><mergeCells><mergeCell ref="AR2:AZ9"/></mergeCells>`, 1), "2 accept pass"},
		"merge from the header":  {strings.Replace(sheetXML(rows), "</sheetData>", `</sheetData><mergeCells><mergeCell ref="AQ1:AZ2"/></mergeCells>`, 1), "2 refuse 暂缓原因已消除 merged-cell"},
		"merge in the header":    {strings.Replace(sheetXML(rows), "</sheetData>", `</sheetData><mergeCells><mergeCell ref="A1:B1"/></mergeCells>`, 1), "2 accept pass"},
		"two merges, leftmost":   {strings.Replace(sheetXML(rows), "</sheetData>", `</sheetData><mergeCells><mergeCell ref="F2:G2"/><mergeCell ref="C2:D2"/></mergeCells>`, 1), "2 refuse 证件类型 merged-cell"},
		"header over two lines":  {sheetXML(strings.Replace(rows, "申请编号", "申请\n 编　号", 1)), "2 accept pass"},
		"header full-width":      {sheetXML(strings.Replace(rows, ">性别<", ">性别（男／女）<", 1)), "2 accept pass"},
		"dimension is a liar":    {strings.Replace(sheetXML(rows), "<sheetData>", `<dimension ref="A1:XFD1048576"/><sheetData>`, 1), "2 accept pass"},
		"unknown formula column": {sheetXML(body(`<c r="AZ2"><f>NOW()</f></c>`)), "2 accept pass"},
	} {
		t.Run(name, func(t *testing.T) { wantLines(t, ref, pack(t, parts(c.xml)), c.want) })
	}
}

func TestTwentyThousandRowsAreReadAndOneMoreIsRefused(t *testing.T) {
	ref := sample(t)
	head := rowsXML()
	make := func(n int) []byte {
		var b strings.Builder
		b.WriteString(head)
		for i := range n {
			fmt.Fprintf(&b, `<row r="%d"><c r="A%d"><v>1</v></c></row>`, i+2, i+2)
		}
		return pack(t, parts(sheetXML(b.String())))
	}
	if r := checkBytes(t, ref, make(20000), "341024"); r.Counts.Rows != 20000 || r.Counts.Refused != 20000 {
		t.Errorf("counts %+v", r.Counts)
	}
	wantLines(t, ref, make(20001), "0 file too-many-rows")
}

func TestUnpackedSizeIsCountedAndNotBelieved(t *testing.T) {
	ref := sample(t)
	base := parts(sheetXML(rowsXML(good())))
	used := 0
	for _, p := range base {
		used += len(p)
	}
	room := 128<<20 - used
	wantLines(t, ref, pack(t, changed(base, "a.bin", strings.Repeat(" ", room))), "2 accept pass")
	wantLines(t, ref, pack(t, changed(base, "a.bin", strings.Repeat(" ", room+1))), "0 file too-large")
}

func TestTwoThousandPartsAreReadAndOneMoreIsRefused(t *testing.T) {
	ref := sample(t)
	base := parts(sheetXML(rowsXML(good())))
	for i := range 2000 - len(base) {
		base[fmt.Sprintf("a/%d.bin", i)] = "x"
	}
	wantLines(t, ref, pack(t, base), "2 accept pass")
	base["one/more.bin"] = "x"
	wantLines(t, ref, pack(t, base), "0 file too-large")
}

func TestADirectoryOfTooManyEntriesIsNotEvenOpened(t *testing.T) {
	entry := append([]byte("PK\x01\x02"), make([]byte, 42)...)
	data := append([]byte("PK\x03\x04"), bytes.Repeat(entry, 60000)...)
	wantLines(t, sample(t), data, "0 file too-large")
}

func TestAnEntryWithTheWrongChecksumOrLengthIsDamaged(t *testing.T) {
	ref := sample(t)
	base := parts(sheetXML(rowsXML(good())))
	for name, bend := range map[string]func(h *zip.FileHeader){
		"as it is": func(h *zip.FileHeader) {},
		"checksum": func(h *zip.FileHeader) { h.CRC32++ },
		"no sum":   func(h *zip.FileHeader) { h.CRC32 = 0 },
		"length":   func(h *zip.FileHeader) { h.UncompressedSize64++ },
	} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for part, text := range base {
			h := &zip.FileHeader{Name: part, CRC32: crc32.ChecksumIEEE([]byte(text)),
				CompressedSize64: uint64(len(text)), UncompressedSize64: uint64(len(text))}
			if part == "xl/styles.xml" {
				bend(h)
			}
			w, err := z.CreateRaw(h)
			if err != nil {
				t.Fatal(err)
			}
			w.Write([]byte(text))
		}
		z.Close()
		want := "0 file damaged"
		if name == "as it is" {
			want = "2 accept pass"
		}
		wantLines(t, ref, b.Bytes(), want)
	}
}

func TestAnEntryMarkedEncryptedIsRefusedBeforeItIsRead(t *testing.T) {
	data := sheetOf(t, good())
	i := bytes.Index(data, []byte("PK\x01\x02"))
	flags := binary.LittleEndian.Uint16(data[i+8:])
	binary.LittleEndian.PutUint16(data[i+8:], flags|1)
	wantLines(t, sample(t), data, "0 file encrypted")
}

func TestACompoundFileThatOnlyMentionsTheStreamIsNoEncryptedWorkbook(t *testing.T) {
	data := make([]byte, 4096)
	copy(data, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
	name := data[1024:]
	for i, c := range "EncryptedPackage" {
		name[i*2] = byte(c)
	}
	wantLines(t, sample(t), data, "0 file not-xlsx")
	name[64], name[66] = 34, 2
	wantLines(t, sample(t), data, "0 file encrypted")
}
