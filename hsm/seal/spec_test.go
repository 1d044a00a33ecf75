package seal

import (
	"fmt"
	"go/build"
	"os"
	"strings"
	"testing"
)

func TestTheSpecListsEveryFormAsItIs(t *testing.T) {
	const begin, end = "<!-- kinds -->\n", "<!-- end of kinds -->"
	b, err := os.ReadFile("SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), begin)
	is, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("SPEC.md has no place for the kinds")
	}
	var want strings.Builder
	want.WriteString("| kind | title (事项) | statement | labels in order | row |\n| --- | --- | --- | --- | --- |\n")
	for _, f := range Forms() {
		var labels []string
		for _, l := range f.Labels {
			mark := ""
			if l.Many {
				mark += "\\*"
			}
			if l.Optional {
				mark += "?"
			}
			labels = append(labels, l.Name+mark)
		}
		signed := map[bool]string{true: "yes", false: "no"}[f.Statement]
		if f.Order {
			signed = "order"
		}
		fmt.Fprintf(&want, "| `%s` | %s | %s | %s | %s |\n", f.Kind, f.Title, signed, strings.Join(labels, " "), strings.Join(f.Columns, " "))
	}
	if *update {
		if err := os.WriteFile("SPEC.md", []byte(before+begin+want.String()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		is = want.String()
	}
	if is != want.String() {
		t.Errorf("SPEC.md lists\n%s\nforms.go says\n%s", is, want.String())
	}
	for reason := range sentences {
		switch reason { // of Sign, or of texts, where the sentence names the place
		case SignerRefused, KeyNotOfLeaf, UnsupportedSigning, NotTrusted:
			continue
		}
		if !strings.Contains(string(b), "`"+string(reason)+"`") && bracketed[reason] {
			t.Errorf("SPEC.md does not name %s", reason)
		}
	}
}

// The agent, the portal and the offline verifier all link this package, so it
// must bring neither cgo nor anything else of ours.
func TestThePackageIsPureGoAndImportsNothingOfTheProject(t *testing.T) {
	p, err := build.ImportDir(".", 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.CgoFiles) > 0 {
		t.Errorf("cgo in %v", p.CgoFiles)
	}
	for _, i := range p.Imports {
		switch {
		case strings.HasPrefix(i, "golang.org/x/crypto/cryptobyte"), i == "golang.org/x/text/unicode/norm":
		case strings.Contains(i, "."), strings.HasPrefix(i, "sealdesk"), i == "C", i == "net", i == "os":
			t.Errorf("imports %s", i)
		}
	}
}
