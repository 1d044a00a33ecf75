package sheet

import (
	"archive/zip"
	"path"
	"strings"
)

const (
	typesPart = "[content_types].xml"
	plainType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
	maxListed = 10000 // relations, types and sheets kept; honest files have dozens
)

// contentTypes is what [Content_Types].xml says of the parts.
type contentTypes struct {
	macros   bool
	outside  bool              // some relation leads out of the package
	override map[string]string // lower-case part name without leading slash -> type
	byEnding map[string]string
}

func (t *contentTypes) add(s *scanner) {
	if t.override == nil {
		t.override, t.byEnding = map[string]string{}, map[string]string{}
	}
	kind := strings.ToLower(strings.TrimSpace(s.attr("ContentType")))
	if strings.Contains(kind, "macroenabled") && strings.Contains(kind, ".main") {
		t.macros = true
	}
	name := s.attr("PartName") + s.attr("Extension")
	if len(t.override)+len(t.byEnding) >= maxListed || len(name)+len(kind) > 2048 {
		return
	}
	switch {
	case s.is("Override"):
		t.override[strings.TrimPrefix(strings.ToLower(s.attr("PartName")), "/")] = kind
	case s.is("Default"):
		t.byEnding[strings.ToLower(s.attr("Extension"))] = kind
	}
}

func (t *contentTypes) of(part string) string {
	if kind := t.override[part]; kind != "" {
		return kind
	}
	return t.byEnding[strings.TrimPrefix(path.Ext(part), ".")]
}

// relation is one line of a .rels part.
type relation struct {
	id, kind, target string // kind is the last segment of the type's URI
	external         bool
}

// relate notes the relations that lead to the sheet, up to maxListed in a part,
// and whether any of the others leads out of the package.
func (a *archive) relate(part string, s *scanner) {
	r := relation{id: s.attr("Id"), kind: path.Base(s.attr("Type")), target: s.attr("Target"),
		external: strings.EqualFold(s.attr("TargetMode"), "External")}
	if r.external && r.kind != "hyperlink" {
		a.types.outside = true
	}
	switch r.kind {
	case "officeDocument", "worksheet", "styles", "sharedStrings":
		if len(a.rels[part]) < maxListed && a.related < 20*maxListed && len(r.id)+len(r.target) < 2048 {
			a.rels[part] = append(a.rels[part], r)
			a.related++
		}
	}
}

// reachesOut is rule 7: anything that would fetch.
func (a *archive) reachesOut() bool {
	return a.types.outside || a.has(func(name string) bool {
		return strings.HasPrefix(name, "xl/externallinks/") || name == "xl/connections.xml"
	})
}

// relation finds the first relation of a part ("" for the package) that
// matches and gives its kind and the lower-case name of its target.
func (a *archive) relation(part string, match func(relation) bool) (kind, target string) {
	dir, base := path.Split(part)
	for _, r := range a.rels[dir+"_rels/"+base+".rels"] {
		if !r.external && match(r) {
			if strings.HasPrefix(r.target, "/") {
				return r.kind, strings.ToLower(path.Clean(r.target)[1:])
			}
			return r.kind, strings.ToLower(path.Join(dir, r.target))
		}
	}
	return "", ""
}

// main is the workbook's part if it is a plain spreadsheet, else "".
func (a *archive) main() string {
	_, target := a.relation("", func(r relation) bool { return r.kind == "officeDocument" })
	if a.parts[target] != nil && a.types.of(target) == plainType {
		return target
	}
	return ""
}

// open starts reading a part again; the sweep has found it sound.
func (a *archive) open(part string) (*scanner, func() error, error) {
	f := a.parts[part]
	if f == nil {
		return nil, nil, refusal("damaged")
	}
	return openPart(f)
}

func openPart(f *zip.File) (*scanner, func() error, error) {
	body, err := f.Open()
	if err != nil {
		return nil, nil, refusal("damaged")
	}
	return newScanner(body), body.Close, nil
}
