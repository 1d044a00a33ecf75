package seal

import (
	"bytes"
	"encoding/hex"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var prints = []string{strings.Repeat("d1", 32), strings.Repeat("e2", 32)}

func TestAStatementReadsBackAsItWasMade(t *testing.T) {
	for _, form := range Forms() {
		if !form.Statement {
			continue
		}
		s := sampleStatement(t, form.Kind, 3, noon, prints...)
		text, err := s.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		annex, err := s.Annex.Print()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseStatement(text, annex)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(again, s) {
			t.Errorf("%s: parsed\n%v\nmade\n%v", form.Kind, again, s)
		}
		h, err := again.Header()
		if err != nil {
			t.Fatal(err)
		}
		want := headerAt(form.Kind, noon, prints...)
		if h.Portal != want.Portal || h.Institution != want.Institution || !slices.Equal(h.Signers, want.Signers) || h.Nonce != want.Nonce ||
			!h.Issued.Equal(want.Issued) || !h.Expires.Equal(want.Expires) {
			t.Errorf("%s: header %v, want %v", form.Kind, h, want)
		}
		if again.Text.Get("事项") != form.Title {
			t.Errorf("%s: matter %q", form.Kind, again.Text.Get("事项"))
		}
	}
}

func TestFieldsMayBeGivenInAnyOrderButOnlyTheFormsOwn(t *testing.T) {
	form := formOf(t, Conclude)
	h, fields := headerAt(Conclude, noon, prints[0]), sampleFields(t, form)
	want, err := New(Conclude, h, fields, sampleAnnex(2))
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(fields)
	got, err := New(Conclude, h, fields, sampleAnnex(2))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("the order of the fields shows: %v", err)
	}
	for _, label := range []string{"门户", "签署人", "随机数", "附件行数", "附件栏目", "附注"} {
		_, err := New(Conclude, h, append(fields, Field{label, "一"}), sampleAnnex(2))
		wantReason(t, err, BadLabel)
	}
	_, err = New(Conclude, h, append(fields, fields[0]), sampleAnnex(2))
	wantReason(t, err, BadLabel)
	_, err = New(Conclude, h, fields[:len(fields)-1], sampleAnnex(2))
	wantReason(t, err, MissingLabel)
	_, err = New(Conclude, h, fields, Annex{Columns: []string{"姓名"}, Rows: []AnnexRow{{Record: "A", Cells: []string{"方 "}}}})
	wantReason(t, err, BadSpace)
	if _, err := (Statement{}).Bytes(); err == nil {
		t.Error("no statement has bytes")
	}
	if _, err := (Statement{}).Digest(); err == nil {
		t.Error("no statement has a digest")
	}
	_, err = New(EntryText, h, nil, Annex{})
	wantReason(t, err, BadKind)
	_, err = New(Return, headerAt(Return, noon, prints[0]), sampleFields(t, formOf(t, Return)), sampleAnnex(1))
	wantReason(t, err, AnnexMismatch)
}

func TestAHeaderThatSaysTooLittleOrTooMuchIsRefused(t *testing.T) {
	fields := sampleFields(t, formOf(t, Conclude))
	for name, c := range map[string]struct {
		reason Reason
		alter  func(*Header)
	}{
		"no portal":                {EmptyValue, func(h *Header) { h.Portal = "" }},
		"no institution":           {EmptyValue, func(h *Header) { h.Institution = "" }},
		"no signer":                {MissingLabel, func(h *Header) { h.Signers = nil }},
		"no expiry":                {BadHeader, func(h *Header) { h.Expires = time.Time{} }},
		"expires when issued":      {BadHeader, func(h *Header) { h.Expires = h.Issued }},
		"year 10000":               {BadHeader, func(h *Header) { h.Expires = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }},
		"signer twice":             {BadHeader, func(h *Header) { h.Signers = append(h.Signers, h.Signers[0]) }},
		"one key for two":          {BadHeader, func(h *Header) { h.Signers[1].Fingerprint = h.Signers[0].Fingerprint }},
		"staff number with spaces": {BadHeader, func(h *Header) { h.Signers[0].Staff = "U 1" }},
		"no staff number":          {BadHeader, func(h *Header) { h.Signers[0].Staff = "" }},
		"no name":                  {BadHeader, func(h *Header) { h.Signers[0].Name = "" }},
		"name ends with space":     {BadHeader, func(h *Header) { h.Signers[0].Name = "程 " }},
		"name with a line":         {BadCharacter, func(h *Header) { h.Signers[0].Name = "程\n云" }},
		"fingerprint upper case":   {BadHeader, func(h *Header) { h.Signers[0].Fingerprint = strings.Repeat("AB", 32) }},
		"fingerprint short":        {BadHeader, func(h *Header) { h.Signers[0].Fingerprint = "ab" }},
	} {
		t.Run(name, func(t *testing.T) {
			h := headerAt(Conclude, noon, prints...)
			c.alter(&h)
			_, err := New(Conclude, h, fields, sampleAnnex(1))
			wantReason(t, err, c.reason)
		})
	}
	_, err := New(Login, headerAt(Conclude, noon, prints[0]), nil, Annex{})
	wantReason(t, err, BadHeader)
}

func TestASignersNameMayHoldBracketsAndTheNumberIsStillReadRight(t *testing.T) {
	want := Signer{Staff: "U00007", Name: "王（U00001） 钥匙 " + prints[1] + "（小）", Fingerprint: prints[0]}
	got, ok := parseSigner(want.String())
	if !ok || got != want {
		t.Errorf("read %v", got)
	}
	if Signer.String(Signer{Staff: "U00001", Name: "程云溪", Fingerprint: prints[0]}) != "程云溪（U00001） 钥匙 "+prints[0] {
		t.Error("the signer's line is spelt otherwise than SPEC.md says")
	}
}

func TestAMomentHasOneSpelling(t *testing.T) {
	at := time.Date(2026, 11, 20, 4, 5, 6, 789_999_999, time.UTC)
	if s := PrintTime(at); s != "2026-11-20T12:05:06.789+08:00" {
		t.Error(s)
	}
	for _, bad := range []string{"", "2026-11-20T12:05:06+08:00", "2026-11-20T12:05:06.78+08:00", "2026-11-20T12:05:06.7890+08:00",
		"2026-11-20T04:05:06.789Z", "2026-11-20T04:05:06.789+00:00", "2026-11-20T13:05:06.789+09:00", "2026-11-20T12:05:06,789+08:00",
		"2026-11-20 12:05:06.789+08:00", "2026-11-31T12:05:06.789+08:00", "2026-11-20T24:00:00.000+08:00"} {
		_, err := ParseTime(bad)
		wantReason(t, err, BadHeader)
	}
}

func TestAnAlteredAnnexOrTableIsRefused(t *testing.T) {
	s := sampleStatement(t, Conclude, 3, noon, prints...)
	text, err := s.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	annex, err := s.Annex.Print()
	if err != nil {
		t.Fatal(err)
	}
	digest := s.Annex.Rows[1].Digest()
	line2 := "2\tA2026-00002\t" + hex.EncodeToString(digest[:]) + "\n"
	rows := bytes.SplitAfter(annex, []byte("\n"))
	for _, c := range []struct {
		name        string
		reason      Reason
		text, annex string
	}{
		{"no annex", AnnexMismatch, string(text), ""},
		{"a cell", AnnexMismatch, string(text), strings.Replace(string(annex), "注册合格", "暂缓注册", 1)},
		{"a salt", AnnexMismatch, string(text), strings.Replace(string(annex), "\t0000", "\t0100", 1)},
		{"a record", AnnexMismatch, string(text), strings.Replace(string(annex), "A2026-00001", "A2026-00009", 1)},
		{"a column", AnnexMismatch, string(text), strings.Replace(string(annex), "结论", "建议", 1)},
		{"two rows swapped", AnnexMismatch, string(text), string(bytes.Join(append(rows[:4:4], rows[5], rows[4], rows[6]), nil))},
		{"a row dropped", AnnexMismatch, string(text), strings.Replace(string(bytes.Join(append(rows[:4:4], rows[4], rows[5]), nil)), "行数: 3", "行数: 2", 1)},
		{"a signed line dropped", AnnexMismatch, strings.Replace(string(text), line2, "", 1), string(annex)},
		{"the signed count", AnnexMismatch, strings.Replace(string(text), "附件行数: 3", "附件行数: 4", 1), string(annex)},
		{"the signed columns", AnnexMismatch, strings.Replace(string(text), "任教学科、结论", "任教学科", 1), string(annex)},
		{"a signed number", AnnexMismatch, strings.Replace(string(text), "\n2\t", "\n02\t", 1), string(annex)},
		{"a signed digest in upper case", AnnexMismatch, strings.Replace(string(text), line2, strings.ToUpper(line2), 1), string(annex)},
		{"the matter", BadHeader, strings.Replace(string(text), "事项: 注册结论", "事项: 注册", 1), string(annex)},
		{"the issue time", BadHeader, strings.Replace(string(text), "出具时间: 2026", "出具时间: 226", 1), string(annex)},
		{"the expiry", BadHeader, strings.Replace(string(text), "12:20:00.000", "12:20:00", 1), string(annex)},
		{"a signer without a key", BadHeader, strings.Replace(string(text), "） 钥匙 ", "）", 1), string(annex)},
		{"a signer without a number", BadHeader, strings.Replace(string(text), "程云溪（", "程云溪", 1), string(annex)},
		{"an annex of one cell", BadAnnex, string(text), strings.Replace(string(annex), "\t方某晶\U000E0100\t数学\t注册合格", "", 1)},
		{"the nonce", BadHeader, strings.Replace(string(text), "随机数: 01", "随机数: 1", 1), string(annex)},
		{"the kind", BadLabel, strings.Replace(string(text), "v1 conclude", "v1 review", 1), string(annex)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.text == string(text) && c.annex == string(annex) {
				t.Fatal("the case alters nothing")
			}
			_, err := ParseStatement([]byte(c.text), []byte(c.annex))
			wantReason(t, err, c.reason)
		})
	}
}

func TestAnAnnexHasOnlyOneSpelling(t *testing.T) {
	b, err := sampleAnnex(2).Print()
	if err != nil {
		t.Fatal(err)
	}
	good := string(b)
	again, err := ParseAnnex(b)
	if err != nil || !reflect.DeepEqual(again, sampleAnnex(2)) {
		t.Fatalf("parsed %v: %v", again, err)
	}
	for _, c := range []struct{ name, old, new string }{
		{"version", "v1 annex", "v2 annex"}, {"count", "行数: 2", "行数: 3"}, {"count spelt 02", "行数: 2", "行数: 02"},
		{"no columns", "栏目: 姓名、任教学科、结论", "栏目: "}, {"column label", "栏目: 姓名", "姓名"}, {"empty column", "姓名、", "姓名、、"}, {"column too many", "姓名、", "姓名、性别、"},
		{"salt in upper case", "\t0000070000", "\t000007000A"}, {"salt short", "\t0000", "\t00"}, {"salt no hex", "\t0000", "\t00xx"},
		{"record empty", "A2026-00001\t", "\t"}, {"cell too many", "注册合格\n", "注册合格\t\n"}, {"cell with space", "注册合格\n", "注册合格 \n"},
		{"zero width", "注册合格", "注册\u200b合格"}, {"no empty line", "\n\n", "\n"}, {"two empty lines", "\n\n", "\n\n\n"}, {"CRLF", "\n", "\r\n"},
		{"decomposed", "注册合格", "e\u0301"}, {"broken", "注册合格", "\xff"},
	} {
		bad := strings.Replace(good, c.old, c.new, 1)
		if bad == good {
			t.Fatalf("%s: the case alters nothing", c.name)
		}
		if _, err := ParseAnnex([]byte(bad)); err == nil {
			t.Errorf("%s: accepted", c.name)
		}
	}
	for _, bad := range []string{"\n", good + "\n", strings.TrimSuffix(good, "\n"), "sealdesk/v1 annex\n", good + strings.Repeat("x", MaxContent)} {
		if _, err := ParseAnnex([]byte(bad)); err == nil {
			t.Errorf("accepted %.40q", bad)
		}
	}
	_, err = ParseAnnex([]byte(good + strings.Repeat("x", MaxContent)))
	wantReason(t, err, TooLarge)
	_, err = ParseAnnex([]byte(strings.Replace(good, "行数: 2", "行数: 3", 1) + "A2026-00003\n"))
	wantReason(t, err, BadAnnex)
	_, err = Annex{Columns: []string{"甲"}, Rows: []AnnexRow{{Record: "A", Cells: []string{strings.Repeat("长", MaxContent/3)}}}}.Print()
	wantReason(t, err, TooLarge)
	for _, a := range []Annex{{Rows: sampleAnnex(1).Rows}, {Columns: []string{"甲、乙"}}, {Columns: []string{""}},
		{Columns: []string{"甲"}, Rows: []AnnexRow{{Record: "r"}}}, {Columns: []string{"甲"}, Rows: []AnnexRow{{Record: "", Cells: []string{"x"}}}}} {
		if _, err := a.Print(); err == nil {
			t.Errorf("%v prints", a)
		}
	}
}

func TestARowsDigestCoversSaltAndText(t *testing.T) {
	row := AnnexRow{Record: "A2026-00001", Salt: [16]byte{15: 1}, Cells: []string{"方", "", "合格"}}
	d := row.Digest()
	// printf '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1方\t\t合格' | sha256sum
	if got := hex.EncodeToString(d[:]); got != rowDigest {
		t.Error(got)
	}
}

func FuzzParseAnnex(f *testing.F) {
	for n := range 3 {
		b, err := sampleAnnex(n).Print()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := ParseAnnex(b)
		if err != nil {
			return
		}
		again, err := a.Print()
		if err != nil || !bytes.Equal(again, b) {
			t.Fatalf("accepted but prints otherwise: %v\n%q\n%q", err, b, again)
		}
	})
}

const rowDigest = "f0ede0eaf50444e4d2339e45ec54b96a7b3f5f9bb94c57eac484cae12ef7681d"
