package audit

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

func TestTheSpecListsWhatEveryActStandsOn(t *testing.T) {
	const begin, end = "<!-- acts -->\n", "<!-- end of acts -->"
	b, err := os.ReadFile("SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), begin)
	is, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("SPEC.md has no place for the acts")
	}
	var want strings.Builder
	want.WriteString("| 行为 | kind: seals of n |\n| --- | --- |\n")
	for _, act := range slices.Sorted(maps.Keys(sealedActs)) {
		var list []string
		for _, p := range sealedActs[act] {
			seals := fmt.Sprint(p.From)
			if p.To > p.From {
				seals += fmt.Sprintf("-%d", p.To)
			}
			list = append(list, fmt.Sprintf("`%s`: %s of %d", p.Kind, seals, p.Signers))
		}
		fmt.Fprintf(&want, "| `%s` | %s |\n", act, strings.Join(list, "; "))
	}
	if *update {
		if err := os.WriteFile("SPEC.md", []byte(before+begin+want.String()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		is = want.String()
	}
	if is != want.String() {
		t.Errorf("SPEC.md lists\n%s\npurpose.go says\n%s", is, want.String())
	}
}
