package sheet

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"
)

// scan reads a whole document and gives its text and start tags.
func scan(r io.Reader) (text, tags string, err error) {
	s := newScanner(r)
	var b, n strings.Builder
	for {
		kind, err := s.next()
		if err != nil {
			return "", "", err
		}
		switch kind {
		case tokenEOF:
			return b.String(), n.String(), nil
		case tokenText:
			b.Write(s.text)
		case tokenStart:
			n.WriteString("<" + s.local())
			for _, a := range s.attrs {
				n.WriteString(" " + resolve(a.value))
			}
		case tokenEnd:
			n.WriteString("/" + s.local())
		}
	}
}

func TestXMLThatIsWellFormedIsReadAndWhatIsNotIsRefused(t *testing.T) {
	for doc, want := range map[string]string{
		`<a/>`: "", `<a>x</a>`: "x", "\uFEFF<a>x</a>": "x", ` <a>x</a> `: "!", "<a>x</a>\n<!-- c -->\n": "x",
		`<?xml version="1.0"?><a>x</a>`:                                   "x",
		`<?xml version="1.0" encoding="UTF-8" standalone="yes"?><a>x</a>`: "x",
		`<?xml version="1.0" encoding="GB18030"?><a/>`:                    "!",
		` <?xml version="1.0"?><a/>`:                                      "!",
		`<?xml encoding="UTF-8"?><a/>`:                                    "!",
		`<a>&lt;&gt;&amp;&quot;&apos;&#65;&#x4E2D;</a>`:                   `<>&"'A中`,
		`<a>&nbsp;</a>`: "!", `<a>&#0;</a>`: "!", `<a>&#xD800;</a>`: "!", `<a>&</a>`: "!", `<a>&#x110000;</a>`: "!",
		`<a><![CDATA[<&]]]></a>`: "<&]", `<a>]]></a>`: "!", `<a>]]&gt;</a>`: "]]>", `<a>]]</a>`: "]]", `<![CDATA[x]]>`: "!",
		"<a>1\r\n2\r3</a>": "1\n2\n3", "<a>\x01</a>": "!", "<a>\xff</a>": "!", "<a>\uFFFE</a>": "!",
		`<a b="1" b="2"/>`: "!", `<a b="1"c="2"/>`: "!", `<a b=1/>`: "!", `<a b/>`: "!", `<a b="<"/>`: "!", `<a b="&x;"/>`: "!",
		`<a b = '1' />`: "", `<a></b>`: "!", `<a></a >`: "", `<a>`: "!", `</a>`: "!", `<a/><b/>`: "!", `<a/>x`: "!", ``: "!", ` `: "!",
		`<1/>`: "!", `<a><!-- -- --></a>`: "!", `<a><!-- x --></a>`: "", `<a><?xml version="1.0"?></a>`: "!", `<a><?x?></a>`: "",
		`<a><?x y?>z</a>`: "z", `<!ELEMENT a>`: "!", `<a:b xmlns:a="x">y</a:b>`: "y", `<甲 乙="丙">丁</甲>`: "丁",
		`< a/>`: "!", `<a`: "!", `<`: "!", `<a/`: "!", `<!--`: "!", `<a b="`: "!",
	} {
		for name, r := range map[string]io.Reader{"whole": strings.NewReader(doc), "byte by byte": iotest.OneByteReader(strings.NewReader(doc))} {
			text, _, err := scan(r)
			if want == "!" && doc != ` <a>x</a> ` {
				if !errors.Is(err, errMalformed) {
					t.Errorf("%s: %q was read as %q, %v", name, doc, text, err)
				}
			} else if w := strings.TrimSuffix(want, "!"); err != nil || text != w && doc != ` <a>x</a> ` {
				t.Errorf("%s: %q gave %q, %v", name, doc, text, err)
			}
		}
	}
}

func TestADoctypeIsNamedAsSuch(t *testing.T) {
	for _, doc := range []string{`<!DOCTYPE a><a/>`, `<?xml version="1.0"?> <!-- x --><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`} {
		if _, _, err := scan(strings.NewReader(doc)); !errors.Is(err, errDoctype) {
			t.Errorf("%q: %v", doc, err)
		}
		u := utf16.Encode([]rune("\uFEFF" + doc))
		wide := make([]byte, 0, 2*len(u))
		for _, c := range u {
			wide = append(wide, byte(c), byte(c>>8))
		}
		if _, _, err := scan(bytes.NewReader(wide)); !errors.Is(err, errDoctype) {
			t.Errorf("%q in UTF-16: %v", doc, err)
		}
	}
}

// oracle reads the same with encoding/xml; ok is false where it refuses.
func oracle(doc []byte) (text, tags string, ok, doctype bool) {
	d := xml.NewDecoder(bytes.NewReader(doc))
	var b, n strings.Builder
	depth, roots := 0, 0
	for {
		token, err := d.RawToken()
		if err == io.EOF {
			return b.String(), n.String(), depth == 0 && roots == 1, doctype
		}
		if err != nil {
			return "", "", false, doctype
		}
		switch x := token.(type) {
		case xml.StartElement:
			if depth++; depth == 1 {
				roots++
			}
			n.WriteString("<" + x.Name.Local)
			for _, a := range x.Attr {
				n.WriteString(" " + strings.NewReplacer("\t", " ", "\n", " ").Replace(a.Value))
			}
		case xml.EndElement:
			if depth--; depth < 0 {
				return "", "", false, doctype
			}
			n.WriteString("/" + x.Name.Local)
		case xml.CharData:
			if depth > 0 {
				b.Write(x)
			} else if strings.Trim(string(x), " \t\r\n\uFEFF") != "" {
				return "", "", false, doctype
			}
		case xml.Directive:
			doctype = true
		}
	}
}

// FuzzXML: whatever our reader accepts, encoding/xml accepts and reads alike.
// The reverse does not hold: ours refuses more (see the table above).
func FuzzXML(f *testing.F) {
	for _, doc := range []string{`<a b="1">x&amp;<![CDATA[y]]></a>`, `<!DOCTYPE a><a/>`, "<?xml version=\"1.0\"?><a:b>\r\n</a:b>", `<a>]]></a>`} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		text, tags, err := scan(bytes.NewReader(doc))
		slow, _, slowErr := scan(iotest.OneByteReader(bytes.NewReader(doc)))
		if (err == nil) != (slowErr == nil) || text != slow {
			t.Fatalf("%q: whole %q %v, byte by byte %q %v", doc, text, err, slow, slowErr)
		}
		if err != nil || bytes.HasPrefix(doc, []byte{0xFE, 0xFF}) || bytes.HasPrefix(doc, []byte{0xFF, 0xFE}) || oddForOracle(doc) {
			return
		}
		want, wantTags, ok, doctype := oracle(doc)
		if !ok || doctype || text != want || tags != wantTags {
			t.Fatalf("%q: ours %q %q, encoding/xml %q %q (%v, doctype %v)", doc, text, tags, want, wantTags, ok, doctype)
		}
	})
}

// oddForOracle tells where encoding/xml is known to differ: names with colons
// at odd places or characters of the fifth edition only, and instructions,
// whose encoding it reads anywhere.
func oddForOracle(doc []byte) bool {
	return bytes.ContainsAny(doc, ":") || bytes.Contains(doc, []byte("<?")) || bytes.Contains(doc, []byte{0xEF, 0xBB, 0xBF}) ||
		bytes.IndexFunc(doc, func(r rune) bool { return r >= 0x80 }) >= 0 && !bytes.HasPrefix(doc, []byte("<a>"))
}

// FuzzRead: no bytes make the reader panic, hang or answer with anything but
// a table or a file's fault.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/bad/*.xls*")
	if err != nil || len(files) < 20 {
		f.Fatal(files, err)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if len(data) < 50_000 {
			f.Add(data)
		}
	}
	lim := DefaultLimits()
	lim.Unpacked = 4 << 20
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := Read(context.Background(), bytes.NewReader(data), int64(len(data)), lim)
		var refused *FileFault
		if err != nil && !errors.As(err, &refused) {
			t.Fatalf("not a fault of the file: %v", err)
		}
		if err == nil && table.Len() == 0 {
			t.Fatal("a table without rows")
		}
		if refused != nil && advices[refused.Code].sentence == "" {
			t.Fatalf("code %q has no sentence", refused.Code)
		}
	})
}

// FuzzWorksheet reaches the sheet itself, which FuzzRead's checksums guard.
func FuzzWorksheet(f *testing.F) {
	f.Add(sheetXML(rowsXML(good())))
	f.Add(sheetXML(`<row r="1"><c r="A1" t="inlineStr"><is><r><t>姓</t></r><rPh><t>x</t></rPh></is></c></row>`))
	ref, err := LoadReference("sample")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, worksheet string) {
		data := pack(t, parts(worksheet))
		r, err := Check(context.Background(), Input{ReaderAt: bytes.NewReader(data), Size: int64(len(data))}, ref, "341024", clock)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Lines) == 0 {
			t.Fatal("a report without a line")
		}
	})
}
