package seal

import (
	"bytes"
	"slices"
	"strings"
)

// Kind names what a text is for. The closed list of kinds is in forms.go.
type Kind string

// Field is one `label: value` line.
type Field struct{ Label, Value string }

// Text is one canonical text: a statement, an entry of the log or a state.
// Fields stand in the order of the kind's form; Rows only in table kinds.
type Text struct {
	Kind   Kind
	Fields []Field
	Rows   [][]string
}

const (
	magic = "sealdesk/v1 "
	// MaxContent bounds a text and an annex, each, in bytes.
	MaxContent = 8 << 20
	// colon separates a label from its value; no label contains it.
	colon = ": "
)

// Parse reads a text in its only spelling and refuses every other one.
func Parse(b []byte) (Text, error) {
	if len(b) > MaxContent {
		return Text{}, refuse(TooLarge, "正文")
	}
	lines, err := lines(b)
	if err != nil {
		return Text{}, err
	}
	kind, ok := strings.CutPrefix(lines[0], magic)
	if !ok {
		return Text{}, refuse(BadFormat, line(1))
	}
	form, ok := FormOf(Kind(kind))
	if !ok {
		return Text{}, refuse(BadKind, line(1))
	}
	t := Text{Kind: form.Kind}
	head, rows := lines[1:], []string(nil)
	for i, s := range head {
		if s == "" {
			head, rows = head[:i], head[i+1:]
			if len(rows) == 0 { // an empty line stands only before rows
				return Text{}, refuse(BadFormat, line(i+2))
			}
			break
		}
	}
	for i, s := range head {
		label, value, ok := strings.Cut(s, colon)
		if !ok {
			return Text{}, refuse(BadFormat, line(i+2))
		}
		t.Fields = append(t.Fields, Field{label, value})
	}
	for _, s := range rows {
		t.Rows = append(t.Rows, strings.Split(s, "\t"))
	}
	if err := t.check(form); err != nil {
		return Text{}, err
	}
	return t, nil
}

// lines splits b at LF; b must end with one.
func lines(b []byte) ([]string, error) {
	if len(b) == 0 || b[len(b)-1] != '\n' {
		return nil, refuse(BadFormat, "末行")
	}
	return strings.Split(string(b[:len(b)-1]), "\n"), nil
}

// Print gives the text's only spelling. It refuses whatever Parse refuses.
func (t Text) Print() ([]byte, error) {
	form, ok := FormOf(t.Kind)
	if !ok {
		return nil, refuse(BadKind, line(1))
	}
	if err := t.check(form); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString(magic)
	b.WriteString(string(t.Kind))
	b.WriteByte('\n')
	for _, f := range t.Fields {
		b.WriteString(f.Label)
		b.WriteString(colon)
		b.WriteString(f.Value)
		b.WriteByte('\n')
	}
	if len(t.Rows) > 0 {
		b.WriteByte('\n')
	}
	for _, row := range t.Rows {
		b.WriteString(strings.Join(row, "\t"))
		b.WriteByte('\n')
	}
	if b.Len() > MaxContent {
		return nil, refuse(TooLarge, "正文")
	}
	return b.Bytes(), nil
}

// check holds every rule of a text but its size, for Parse and Print alike.
func (t Text) check(form Form) error {
	if err := t.checkLabels(form); err != nil {
		return err
	}
	for i, f := range t.Fields {
		if checkValue(f.Value, "") != nil { // where it stands is spelled only for a refusal
			return checkValue(f.Value, line(i+2)+"“"+f.Label+"”")
		}
	}
	if len(t.Rows) > 0 && !form.Table {
		return refuse(BadRow, line(len(t.Fields)+3))
	}
	for i, row := range t.Rows {
		if len(row) != len(form.Columns) {
			return refuse(BadRow, line(len(t.Fields)+3+i))
		}
		for _, cell := range row {
			if checkValue(cell, "") != nil {
				return checkValue(cell, line(len(t.Fields)+3+i))
			}
		}
	}
	return nil
}

// checkLabels walks the fields beside the form: each label in its place, once
// or as often as it may stand.
func (t Text) checkLabels(form Form) error {
	i := 0
	for place, label := range form.Labels {
		from := i
		for i < len(t.Fields) && t.Fields[i].Label == label.Name && (label.Many || i == from) {
			i++
		}
		if i > from || label.Optional {
			continue
		}
		if i < len(t.Fields) && form.place(t.Fields[i].Label) < place { // unknown, or its turn is over
			return refuse(BadLabel, line(i+2))
		}
		return refuse(MissingLabel, "“"+label.Name+"”")
	}
	if i < len(t.Fields) {
		return refuse(BadLabel, line(i+2))
	}
	return nil
}

// place is the label's index in the form, or -1.
func (f Form) place(label string) int {
	return slices.IndexFunc(f.Labels, func(l Label) bool { return l.Name == label })
}

// Get gives the first value of a label, or "" when it is absent; no value that
// stands is empty.
func (t Text) Get(label string) string {
	for _, f := range t.Fields {
		if f.Label == label {
			return f.Value
		}
	}
	return ""
}

// All gives every value of a label in order.
func (t Text) All(label string) []string {
	var all []string
	for _, f := range t.Fields {
		if f.Label == label {
			all = append(all, f.Value)
		}
	}
	return all
}
