package registration

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strings"
	"sync"

	"sealdesk/server/internal/fault"
)

//go:embed headers.csv
var headersCSV string

//go:embed values.csv
var valuesCSV string

// Kind is what a column's cells hold.
type Kind string

// The kinds of headers.csv.
const (
	TextKind   Kind = "text"
	ListKind   Kind = "list"
	DateKind   Kind = "date"
	TimeKind   Kind = "datetime"
	NumberKind Kind = "number"
)

// Column is one column of an application sheet.
type Column struct {
	Order    int // 1-43
	Header   string
	Field    string
	Synonyms []string
	Required bool // the sheet is refused without it
	Kind     Kind
	Must     bool // a cell may not be empty
	Example  string
}

// Columns gives the 43 columns in their official order.
var Columns = sync.OnceValue(func() []Column {
	var out []Column
	for i, r := range table(headersCSV) {
		c := Column{Order: i + 1, Header: r[1], Field: r[2], Required: r[4] == "yes",
			Kind: Kind(r[5]), Must: r[6] == "must", Example: r[7]}
		if r[3] != "" {
			c.Synonyms = strings.Split(r[3], "|")
		}
		out = append(out, c)
	}
	return out
})

// HeaderOf gives the official header of a field, "" for an unknown one.
func HeaderOf(field string) string {
	for _, c := range Columns() {
		if c.Field == field {
			return c.Header
		}
	}
	return ""
}

// Code is a value of a list column as values.csv abbreviates it; "" is empty.
type Code string

type list struct {
	words  []string
	byWord map[string]Code
	byCode map[Code]string
}

var lists = sync.OnceValue(func() map[string]*list {
	all := map[string]*list{}
	for _, r := range table(valuesCSV) {
		l := all[r[0]]
		if l == nil {
			l = &list{byWord: map[string]Code{}, byCode: map[Code]string{}}
			all[r[0]] = l
		}
		l.words = append(l.words, r[1])
		l.byWord[r[1]], l.byCode[Code(r[2])] = Code(r[2]), r[1]
	}
	return all
})

// listOf finds a column's list; the five appraisal years share one.
func listOf(field string) *list {
	if strings.HasPrefix(field, "appraisal_y") {
		field = "appraisal"
	}
	if l := lists()[field]; l != nil {
		return l
	}
	return &list{}
}

// CodeOf gives the code of a word of the field's list.
func CodeOf(field, word string) (Code, bool) {
	c, ok := listOf(field).byWord[word]
	return c, ok
}

// Words gives the words a list column may hold, in the order of values.csv.
func Words(field string) []string { return append([]string(nil), listOf(field).words...) }

// Word gives the code's word in the field's list, "" for an empty cell.
func (c Code) Word(field string) string { return listOf(field).byCode[c] }

func table(text string) [][]string {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) < 2 {
		panic(fmt.Sprintf("registration: embedded table of %d rows is broken: %v", len(rows), err))
	}
	return rows[1:]
}

func refuse(format string, args ...any) error { return fault.New(fault.Invalid, format, args...) }
