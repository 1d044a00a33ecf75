// Package sample is an invented city: its organisations, staff, the windows of
// its plan year and three sheets as the national site would give them. The
// demo is built from it and the tests read it. Every person and school in it
// is invented; the ID numbers begin with division codes that nobody ever had.
package sample

import (
	"bytes"
	"embed"
	"encoding/csv"
	"fmt"
	"time"
)

//go:embed *.csv *.xlsx
var files embed.FS

// Year is the plan year of the sample.
const Year = 2024

// Read gives one file.
func Read(name string) ([]byte, error) { return files.ReadFile(name) }

// Resident is a person of the demo who has a token.
type Resident struct{ Staff, Name, Roles, Organisation string }

// residents are one or two of each role, around a county (歙县), three of its
// small schools and one school of 市直.
var residents = []string{
	"U00002", "U00003", // security officers, who seal entry 0
	"U00004",           // auditor
	"U00006", "U00007", // city leads
	"U00011", "U00012", // 市直 auditors
	"U00028", "U00029", // county auditors
	"U00031", "U00032", // county leads
	"U00455", "U00456", // 歙县 HS10205 handler, head
	"U00407", "U00408", // HS10181
	"U00435", "U00436", // HS10195
	"U00835", "U00836", // 市直 HS10395
}

// People lists the residents as staff.csv has them.
func People() ([]Resident, error) {
	raw, err := files.ReadFile("staff.csv")
	if err != nil {
		return nil, err
	}
	lines, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil {
		return nil, err
	}
	byID := map[string]Resident{}
	for _, l := range lines[1:] {
		byID[l[0]] = Resident{Staff: l[0], Name: l[1], Organisation: l[2], Roles: l[3]}
	}
	var people []Resident
	for _, id := range residents {
		r, ok := byID[id]
		if !ok {
			return nil, fmt.Errorf("sample: no staff %s", id)
		}
		people = append(people, r)
	}
	return people, nil
}

// OpenWindows are windows.csv with school review and audit open around a
// moment: from the day before to 30 days after. Applications keep their dates,
// which the sheets were made for.
func OpenWindows(now time.Time) ([]byte, error) {
	raw, err := files.ReadFile("windows.csv")
	if err != nil {
		return nil, err
	}
	lines, err := csv.NewReader(bytes.NewReader(raw)).ReadAll()
	if err != nil {
		return nil, err
	}
	zone := time.FixedZone("Asia/Shanghai", 8*60*60)
	day := now.In(zone)
	midnight := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, zone)
	for _, l := range lines[1:] {
		if l[1] == "school_review" || l[1] == "audit" {
			l[2] = midnight.AddDate(0, 0, -1).Format(time.RFC3339)
			l[3] = midnight.AddDate(0, 0, 30).Format(time.RFC3339)
		}
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	if err := w.WriteAll(lines); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
