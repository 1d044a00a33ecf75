package keyagent

import (
	"os"
	"testing"

	"sealdesk/hsm/vendor"
)

// TestMain makes this test's program able to be the child that holds a module.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == vendor.Command {
		os.Exit(vendor.Serve(os.Args[2]))
	}
	os.Exit(m.Run())
}

// inChildren opens libraries as the program does.
func inChildren(t testing.TB, paths ...string) []Source {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	modules := OpenModules(program, paths)
	t.Cleanup(func() {
		if err := modules.Close(); err != nil {
			t.Errorf("closing the modules: %v", err)
		}
	})
	var sources []Source
	for _, d := range modules.list {
		sources = append(sources, Source{d.source.Name, d.module})
	}
	return sources
}
