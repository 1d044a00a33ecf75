package server

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// wholeNumbers finds code that takes the digits out of a number: the pages show
// registration.Number and org.Phone as they print themselves, masked, and whole
// numbers only as store.Reveal gives them for a sight (R60).
func wholeNumbers(file *ast.File) (found []token.Pos) {
	numbers := map[string]bool{"IDNumber": true, "CertNumber": true, "Phone": true}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if of, _ := n.X.(*ast.Ident); n.Sel.Name == "Plain" && (of == nil || of.Name != "sheet") { // sheet.Plain reads a table
				found = append(found, n.Pos())
			}
		case *ast.CallExpr: // string(x.IDNumber), []byte(x.Phone), []rune(…)
			switch to := n.Fun.(type) {
			case *ast.Ident:
				if to.Name != "string" {
					return true
				}
			case *ast.ArrayType:
			default:
				return true
			}
			for _, arg := range n.Args {
				ast.Inspect(arg, func(n ast.Node) bool {
					if s, ok := n.(*ast.SelectorExpr); ok && numbers[s.Sel.Name] {
						found = append(found, s.Pos())
					}
					return true
				})
			}
		}
		return true
	})
	return found
}

func TestR60NoPageTakesTheDigitsOutOfANumber(t *testing.T) {
	files := 0
	for _, dir := range []string{"portal", "cmd/portal", "../web"} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, nil, 0)
			if err != nil {
				return err
			}
			files++
			for _, at := range wholeNumbers(file) {
				t.Errorf("%s takes a number's digits; whole numbers come from store.Reveal alone", set.Position(at))
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 100 {
		t.Errorf("only %d files were read", files)
	}
	// What it must catch, and what it must let pass.
	for source, want := range map[string]int{
		`_ = f.IDNumber.Plain()`: 1, `_ = string(a.Form.IDNumber)`: 1, `_ = []byte(s.Phone)`: 1, `_ = []rune(f.CertNumber)`: 1, `_ = string(f.CertNumber[:6])`: 1,
		`_ = f.IDNumber.String()`: 0, `_ = string(a.State)`: 0, `_ = taken[r.Form.IDNumber]`: 0,
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\nfunc x() {\n"+source+"\n}", 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(wholeNumbers(file)); got != want {
			t.Errorf("%s: %d places", source, got)
		}
	}
}
