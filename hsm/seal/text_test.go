package seal

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file of testdata.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs:\n got:\n%s\nwant:\n%s", name, got, want)
	}
}

func TestEveryFormPrintsAsItsGoldenFileAndParsesBack(t *testing.T) {
	for _, form := range Forms() {
		t.Run(string(form.Kind), func(t *testing.T) {
			text := sampleText(t, form)
			b := mustPrint(t, text)
			golden(t, string(form.Kind)+".txt", b)
			again, err := Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(again, text) {
				t.Errorf("parsed %v, printed %v", again, text)
			}
			if _, err := ParseStatement(b, nil); !form.Statement {
				wantReason(t, err, BadKind)
			}
		})
	}
	annex, err := sampleAnnex(3).Print()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "annex.txt", annex)
}

// leaveOut gives the shortest text of a form: no optional line, one of each.
func leaveOut(t *testing.T, form Form) Text {
	text := Text{Kind: form.Kind}
	for _, l := range form.Labels {
		if !l.Optional {
			text.Fields = append(text.Fields, Field{l.Name, "一"})
		}
	}
	return text
}

func TestLabelsStandInTheFormsOrderEachAsOftenAsAllowed(t *testing.T) {
	for _, form := range Forms() {
		t.Run(string(form.Kind), func(t *testing.T) {
			short := leaveOut(t, form)
			mustPrint(t, short)
			i := 0
			for _, l := range form.Labels {
				if l.Optional {
					continue
				}
				without := short
				without.Fields = append(append([]Field{}, short.Fields[:i]...), short.Fields[i+1:]...)
				if _, err := without.Print(); err == nil {
					t.Errorf("prints without %s", l.Name)
				}
				twice := short
				twice.Fields = append(append([]Field{}, short.Fields[:i+1]...), short.Fields[i:]...)
				if _, err := twice.Print(); (err == nil) != l.Many {
					t.Errorf("%s twice: %v", l.Name, err)
				}
				if i > 0 {
					swapped := short
					swapped.Fields = append([]Field{}, short.Fields...)
					swapped.Fields[i], swapped.Fields[i-1] = swapped.Fields[i-1], swapped.Fields[i]
					if _, err := swapped.Print(); err == nil {
						t.Errorf("prints with %s before %s", l.Name, short.Fields[i-1].Label)
					}
				}
				i++
			}
			more := short
			more.Fields = append(append([]Field{}, short.Fields...), Field{"附注", "一"})
			_, err := more.Print()
			wantReason(t, err, BadLabel)
			_, err = Text{Kind: form.Kind}.Print()
			wantReason(t, err, MissingLabel)
			for _, row := range [][]string{{}, {"1"}, {"1", "2", "3"}} {
				more.Fields, more.Rows = short.Fields, [][]string{row}
				if _, err = more.Print(); !form.Table || len(row) != len(form.Columns) {
					wantReason(t, err, BadRow)
				}
			}
		})
	}
}

func TestATextHasOnlyOneSpelling(t *testing.T) {
	good := string(mustPrint(t, sampleText(t, formOf(t, Conclude))))
	cases := []struct{ name, old, new string }{
		{"BOM", "sealdesk", "\ufeffsealdesk"},
		{"another version", "sealdesk/v1", "sealdesk/v2"},
		{"upper case", "sealdesk", "Sealdesk"},
		{"no kind", "v1 conclude", "v1 "},
		{"unknown kind", "v1 conclude", "v1 concludes"},
		{"space after the kind", "v1 conclude", "v1 conclude "},
		{"CRLF", "\n", "\r\n"},
		{"CR alone", "\n", "\r"},
		{"full-width colon", "门户: ", "门户："},
		{"no space after the colon", "门户: ", "门户:"},
		{"two spaces after the colon", "门户: ", "门户:  "},
		{"space before the colon", "门户: ", "门户 : "},
		{"indented line", "\n机构", "\n 机构"},
		{"trailing space", "签台\n", "签台 \n"},
		{"trailing ideographic space", "签台\n", "签台\u3000\n"},
		{"TAB in a value", "签台\n", "签\t台\n"},
		{"empty value", "计划年度: 2026", "计划年度: "},
		{"empty line too early", "计划年度", "\n计划年度"},
		{"two empty lines before the rows", "\n\n", "\n\n\n"},
		{"no empty line before the rows", "\n\n", "\n"},
		{"space between cells", "1\tA2026", "1 A2026"},
		{"two TABs", "1\tA2026", "1\t\tA2026"},
		{"TAB at the end", "\tA2026-00002\t", "\t\tA2026-00002\t"},
		{"empty cell", "1\tA2026-00001\t", "1\t\t"},
		{"a row too many cells", "A2026-00001\t", "A2026-00001\tx\t"},
		{"decomposed letter", "签台\n", "签台e\u0301\n"},
		{"compatibility ideograph", "签台\n", "签台\uf900\n"},
		{"zero-width space", "签台\n", "签\u200b台\n"},
		{"zero-width joiner", "签台\n", "签\u200d台\n"},
		{"word joiner", "签台\n", "签\u2060台\n"},
		{"soft hyphen", "签台\n", "签\u00ad台\n"},
		{"right-to-left override", "签台\n", "签\u202e台\n"},
		{"isolate", "签台\n", "签\u2066台\n"},
		{"line separator", "签台\n", "签\u2028台\n"},
		{"paragraph separator", "签台\n", "签\u2029台\n"},
		{"next line", "签台\n", "签\u0085台\n"},
		{"NUL", "签台\n", "签\x00台\n"},
		{"DEL", "签台\n", "签\x7f台\n"},
		{"no-break space", "签台\n", "签\u00a0台\n"},
		{"private use", "签台\n", "签\ue81e台\n"},
		{"private plane", "签台\n", "签\U000f0000台\n"},
		{"unassigned", "签台\n", "签\U0002fa20台\n"},
		{"noncharacter", "签台\n", "签\uffff台\n"},
		{"tag character", "签台\n", "签\U000e0041台\n"},
		{"standard variation selector", "签台\n", "签\ufe00台\n"},
		{"emoji variation selector", "签台\n", "签\ufe0f台\n"},
		{"ideographic selector after a letter", "签台\n", "签a\U000e0100\n"},
		{"ideographic selector at the start", "门户: ", "门户: \U000e0100"},
		{"two ideographic selectors", "签台\n", "签台\U000e0100\U000e0101\n"},
		{"combining mark at the start", "门户: ", "门户: \u0301"},
		{"combining grapheme joiner", "签台\n", "签\u034f台\n"},
		{"hangul filler", "签台\n", "签\u3164台\n"},
		{"braille blank", "签台\n", "签\u2800台\n"},
		{"broken UTF-8", "签台\n", "签\xff台\n"},
		{"encoded surrogate", "签台\n", "签\xed\xa0\x80台\n"},
		{"overlong", "签台\n", "签\xc0\xaf台\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			bad := strings.Replace(good, c.old, c.new, 1)
			if bad == good {
				t.Fatal("the case alters nothing")
			}
			if _, err := Parse([]byte(bad)); err == nil {
				t.Error("accepted")
			}
		})
	}
	for name, bad := range map[string]string{"empty": "", "only LF": "\n", "no last LF": strings.TrimSuffix(good, "\n"),
		"a last empty line":          good + "\n",
		"an empty line without rows": string(mustPrint(t, sampleText(t, formOf(t, Return)))) + "\n", "one line": "sealdesk/v1 conclude\n", "too large": good + strings.Repeat("x", MaxContent)} {
		if _, err := Parse([]byte(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestTheFirstFaultOfATextIsNamed(t *testing.T) {
	good := string(mustPrint(t, sampleText(t, formOf(t, Return))))
	for bad, reason := range map[string]Reason{
		strings.Replace(good, "v1 return", "v1 returns", 1):   BadKind,
		strings.Replace(good, "门户: ", "门户：", 1):               BadFormat,
		strings.Replace(good, "机构: ", "机关: ", 1):              BadLabel,
		good + strings.Repeat("x", MaxContent):                TooLarge,
		good + "\n1\t2\t3\n":                                  BadRow,
		strings.Replace(good, "计划年度: 2026", "计划年度: 2026 ", 1): BadSpace,
	} {
		_, err := Parse([]byte(bad))
		wantReason(t, err, reason)
	}
}

func TestPrintRefusesWhatParseWouldRefuse(t *testing.T) {
	long := sampleText(t, formOf(t, Return))
	long.Fields = append([]Field{}, long.Fields...)
	for i := range long.Fields {
		if long.Fields[i].Label == "理由" {
			long.Fields[i].Value = strings.Repeat("长", MaxContent/3)
		}
	}
	_, err := long.Print()
	wantReason(t, err, TooLarge)
	_, err = Text{Kind: "nothing"}.Print()
	wantReason(t, err, BadKind)
	for _, v := range []string{"", " a", "a ", "a\nb", "a\tb", "\u200b", "\xff", "e\u0301"} {
		text := leaveOut(t, formOf(t, Return))
		text.Fields[0].Value = v
		if _, err := text.Print(); err == nil {
			t.Errorf("%q prints", v)
		}
		if CheckValue(v) == nil {
			t.Errorf("CheckValue accepts %q", v)
		}
	}
}

func TestValuesThatNamesAndReasonsNeedAreAccepted(t *testing.T) {
	for _, v := range []string{"程云溪", "阿卜杜拉·买买提", "张 三", "张\u3000三", "㐀䶵", "𠀀", "\U00030000", "\U0002ebf0", "\U000323b0", "〇", "葛\U000e0100",
		"\u9fb4", "é", "23 项：一致；“无”。", "a: b: c", "①", "℃", "😀"} {
		if err := CheckValue(v); err != nil {
			t.Errorf("%q: %v", v, err)
		}
	}
}

func TestAKindHasATitleForPeople(t *testing.T) {
	if TitleOf(Conclude) != "注册结论" || TitleOf("nothing") != "nothing" {
		t.Error(TitleOf(Conclude), TitleOf("nothing"))
	}
}

func TestGetAndAllFindALabelsValues(t *testing.T) {
	text := Text{Fields: []Field{{"甲", "1"}, {"乙", "2"}, {"甲", "3"}}}
	if text.Get("甲") != "1" || text.Get("丙") != "" || !reflect.DeepEqual(text.All("甲"), []string{"1", "3"}) || text.All("丙") != nil {
		t.Error("wrong values")
	}
}

// The repertoire must be the same in every program that ever verifies a text:
// a newer Unicode table in the Go release is a change of the format.
func TestTheRepertoireOfCharactersIsFixed(t *testing.T) {
	h, n := sha256.New(), 0
	for r := rune(0); r <= 0x10ffff; r++ {
		if allowed(r, '中') {
			fmt.Fprintf(h, "%x\n", r)
			n++
		}
	}
	golden(t, "repertoire.sum", fmt.Appendf(nil, "%d characters\n%x\n", n, h.Sum(nil)))
}

// The short way past the tables is only a short way.
func TestPlainCharactersAreAllowedByTableAndLeftAloneByNFC(t *testing.T) {
	for r := rune(0); r <= 0x10ffff; r++ {
		if !plain(r) {
			continue
		}
		if !allowedByTable(r, 0) || !allowedByTable(r, '中') {
			t.Errorf("%U is not allowed by the tables", r)
		}
		p := norm.NFC.PropertiesString(string(r))
		if p.CCC() != 0 || p.Decomposition() != nil || !p.BoundaryBefore() {
			t.Errorf("%U may change under NFC", r)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, form := range Forms() {
		b, err := os.ReadFile(filepath.Join("testdata", string(form.Kind)+".txt"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		text, err := Parse(b)
		if err != nil {
			return
		}
		again, err := text.Print()
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("accepted but prints otherwise: %v\n%q\n%q", err, b, again)
		}
	})
}
