package seal

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
)

func TestEveryReasonHasItsOwnSentence(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "error.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	reasons, said := 0, map[string]Reason{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); !ok || name.Name != "Reason" {
			return true
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		reasons++
		e := &Error{Reason: Reason(value), Where: "第 7 行"}
		s := e.Sentence()
		if _, ok := sentences[e.Reason]; !ok || strings.Count(s, "第 7 行") != 1 || !strings.HasSuffix(s, "。") || strings.Contains(s, "%!") {
			t.Errorf("%s: %q", value, s)
		}
		if other, ok := said[s]; ok {
			t.Errorf("%s and %s say the same", value, other)
		}
		said[s] = e.Reason
		return true
	})
	if reasons != len(sentences) {
		t.Errorf("%d reasons, %d sentences", reasons, len(sentences))
	}
}

func TestAnErrorNeverPrintsItsCause(t *testing.T) {
	cause := errors.New("x509: 方某晶 341021199001011234")
	err := refuseFor(BadPath, "", cause)
	if strings.Contains(err.Error(), "方某晶") || !errors.Is(err, cause) {
		t.Errorf("%v", err)
	}
}
