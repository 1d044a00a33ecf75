package server

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// pkg is what `go list -json` says of one package.
type pkg struct {
	ImportPath   string
	Imports      []string
	TestImports  []string
	XTestImports []string
	Deps         []string
	CgoFiles     []string
}

// list asks the go command about packages; test variants are left out.
func list(t *testing.T, args ...string) []pkg {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Imports,TestImports,XTestImports,Deps,CgoFiles"}, args...)...)
	cmd.Dir = ".."
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for dec := json.NewDecoder(out); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("go list: %v", err)
	}
	if len(all) == 0 {
		t.Fatal("go list named no package")
	}
	return all
}

func under(path string, roots ...string) bool {
	for _, r := range roots {
		if path == r || strings.HasPrefix(path, r+"/") {
			return true
		}
	}
	return false
}

// only says who may import a library directly, and why nobody else.
var only = []struct {
	library string
	owners  []string
	why     string
}{
	{"github.com/miekg/pkcs11", []string{"sealdesk/hsm"}, "everything that touches a key is in hsm"},
	{"github.com/casbin/casbin/v2", []string{"sealdesk/policy"}, "who may do what is asked of policy, which answers with a Grant"},
	{"gorm.io/gorm", []string{"sealdesk/server/store"}, "a record changes through store.Commit or not at all"},
	{"gorm.io/driver/mysql", []string{"sealdesk/server/store"}, "as gorm"},
	{"gorm.io/driver/sqlite", []string{"sealdesk/server/store"}, "as gorm"},
	{"github.com/go-sql-driver/mysql", []string{"sealdesk/server/store"}, "as gorm"},
	{"github.com/mattn/go-sqlite3", []string{"sealdesk/server/store"}, "as gorm"},
	{"github.com/gin-gonic/gin", []string{"sealdesk/server/portal"}, "routes and statuses are the portal's"},
	{"github.com/xuri/excelize/v2", []string{"sealdesk/server/sheet"}, "spreadsheets come in and go out in one place"},
}

func TestALibraryIsImportedOnlyByThePackageThatOwnsIt(t *testing.T) {
	for _, p := range list(t, "./...") {
		for _, imported := range append(append(append([]string{}, p.Imports...), p.TestImports...), p.XTestImports...) {
			for _, rule := range only {
				if under(imported, rule.library) && !under(p.ImportPath, rule.owners...) {
					t.Errorf("%s imports %s: %s", p.ImportPath, imported, rule.why)
				}
			}
		}
	}
}

// layers are the arrows of the design, inner ones first: a package imports
// only packages of its own or of an inner layer.
var layers = [][]string{
	{"sealdesk/hsm/seal", "sealdesk/server/internal/fault"},
	{"sealdesk/policy", "sealdesk/server/audit"},
	{"sealdesk/server/org", "sealdesk/server/registration", "sealdesk/server/custody", "sealdesk/server/certificate",
		"sealdesk/server/sticker", "sealdesk/server/disclosure", "sealdesk/server/sheet"},
	{"sealdesk/server/store", "sealdesk/migrations", "sealdesk/server/internal/keyring", "sealdesk/server/internal/issuing"},
	{"sealdesk/server/portal", "sealdesk/web", "sealdesk/server/internal/desk"},
	{"sealdesk/server/cmd"},
}

func layerOf(path string) (int, bool) {
	for i, members := range layers {
		if under(path, members...) {
			return i, true
		}
	}
	return 0, false
}

func TestArrowsPointInward(t *testing.T) {
	for _, p := range list(t, "./...") {
		from, ok := layerOf(p.ImportPath)
		if !ok {
			if !under(p.ImportPath, "sealdesk/hsm", "sealdesk/server") {
				t.Errorf("%s stands in no layer: give it one in this test", p.ImportPath)
			}
			continue
		}
		for _, imported := range p.Imports {
			if to, ok := layerOf(imported); ok && to > from {
				t.Errorf("%s imports %s, which lies further out", p.ImportPath, imported)
			}
		}
	}
}

func TestNounsKnowNoDatabaseWebOrPolicyEngine(t *testing.T) {
	nouns := []string{"sealdesk/server/org", "sealdesk/server/registration", "sealdesk/server/custody", "sealdesk/server/sheet", "sealdesk/server/audit"}
	for _, p := range list(t, "./...") {
		if !under(p.ImportPath, nouns...) {
			continue
		}
		for _, imported := range p.Imports {
			if under(imported, "sealdesk/server/store", "sealdesk/server/portal", "gorm.io", "github.com/gin-gonic", "github.com/casbin", "database/sql", "net/http", "sealdesk/hsm") &&
				!under(imported, "sealdesk/hsm/seal") {
				t.Errorf("%s is a noun and imports %s", p.ImportPath, imported)
			}
		}
	}
}

func TestTheVerifierLinksNoCgoDatabaseOrWebFramework(t *testing.T) {
	linked := list(t, "-deps", "./server/cmd/auditverify")
	for _, p := range linked {
		if under(p.ImportPath, "gorm.io", "github.com/gin-gonic", "github.com/go-sql-driver", "github.com/mattn/go-sqlite3", "github.com/miekg/pkcs11",
			"database/sql", "github.com/casbin", "sealdesk/server/store", "sealdesk/server/portal", "sealdesk/policy") {
			t.Errorf("auditverify links %s", p.ImportPath)
		}
		if len(p.CgoFiles) > 0 && !standard(p.ImportPath) {
			t.Errorf("auditverify links cgo through %s", p.ImportPath)
		}
	}
}

func TestTheAgentKnowsNoBusiness(t *testing.T) {
	for _, p := range list(t, "-deps", "./hsm/cmd/keyagent") {
		if under(p.ImportPath, "sealdesk/server", "sealdesk/policy", "sealdesk/migrations", "gorm.io", "github.com/gin-gonic", "database/sql") {
			t.Errorf("keyagent links %s", p.ImportPath)
		}
	}
}

func TestSealsAndLogNeedNoCgo(t *testing.T) {
	for _, p := range list(t, "-deps", "./hsm/seal", "./server/audit") {
		if len(p.CgoFiles) > 0 && !standard(p.ImportPath) {
			t.Errorf("%s needs cgo", p.ImportPath)
		}
	}
}

// standard reports a package of Go itself, which builds without cgo too.
func standard(path string) bool {
	return !strings.Contains(strings.SplitN(path, "/", 2)[0], ".") && !under(path, "sealdesk")
}

func TestTheTopLevelHoldsExactlyWhatItShould(t *testing.T) {
	want := map[string]bool{"server": true, "hsm": true, "policy": true, "migrations": true, "web": true,
		"go.mod": true, "go.sum": true, "Makefile": true, "README.md": true, "LICENSE": true}
	out, err := exec.Command("git", "-C", "..", "ls-tree", "--name-only", "HEAD").Output()
	if err != nil {
		t.Fatalf("git ls-tree: %v", err)
	}
	for _, name := range strings.Fields(string(out)) {
		if !want[name] && !strings.HasPrefix(name, ".") {
			t.Errorf("the top level holds %s", name)
		}
		delete(want, name)
	}
	for name := range want {
		t.Errorf("the top level lacks %s", name)
	}
}
