package keyagent

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// p11kit stands in the list of modules for every module that p11-kit's own
// configuration names on this computer (pkcs11.conf(5)).
const p11kit = "p11-kit"

// p11kitFolders hold one file per module; a later folder's file takes the place
// of an earlier one of the same name. p11kitLibraries are where a module that
// is named without a path lies.
func p11kitFolders() []string {
	folders := []string{"/usr/share/p11-kit/modules", "/etc/pkcs11/modules"}
	if home, err := os.UserConfigDir(); err == nil {
		folders = append(folders, filepath.Join(home, "pkcs11", "modules"))
	}
	return folders
}

func p11kitLibraries() []string {
	found, _ := filepath.Glob("/usr/lib/*/pkcs11") // the pattern is well formed
	return append(found, "/usr/lib/pkcs11", "/usr/lib64/pkcs11")
}

// discover reads p11-kit's configuration.
func discover(folders, libraries []string) []string {
	files := map[string]string{}
	for _, folder := range folders {
		list, _ := filepath.Glob(filepath.Join(folder, "*.module")) // the pattern is well formed
		for _, f := range list {
			files[filepath.Base(f)] = f
		}
	}
	var modules []string
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		if path := moduleIn(b, libraries); path != "" && !slices.Contains(modules, path) {
			modules = append(modules, path)
		}
	}
	slices.Sort(modules)
	return modules
}

// moduleIn is the library that one file names for this program; "" when it is
// for others, holds no keys, or is not there.
func moduleIn(b []byte, libraries []string) string {
	values := map[string]string{}
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		name, value, ok := strings.Cut(lines.Text(), ":")
		if ok && !strings.HasPrefix(strings.TrimSpace(name), "#") {
			values[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	programs := func(list string) []string {
		return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
	}
	switch only, except := values["enable-in"], values["disable-in"]; {
	case values["module"] == "" || values["trust-policy"] == "yes":
		return ""
	case only != "" && !slices.Contains(programs(only), "keyagent"), slices.Contains(programs(except), "keyagent"):
		return ""
	}
	path := values["module"]
	if filepath.IsAbs(path) {
		return path
	}
	for _, dir := range libraries {
		if whole := filepath.Join(dir, path); exists(whole) {
			return whole
		}
	}
	return ""
}

func exists(path string) bool { _, err := os.Stat(path); return err == nil }

// Libraries are the modules of the configuration, with p11-kit's in its place.
func (c Config) Libraries() []string {
	var list []string
	for _, m := range c.Modules {
		found := []string{m}
		if m == p11kit {
			found = discover(p11kitFolders(), p11kitLibraries())
		}
		for _, path := range found {
			if !slices.Contains(list, path) {
				list = append(list, path)
			}
		}
	}
	return list
}

// PackageFolders are where the installation package puts the portals of an
// office: files NAME.yaml with a list `portals` and nothing else, each with the
// certificate beside it that it names.
func PackageFolders() []string {
	var folders []string
	if runtime.GOOS != "windows" {
		folders = append(folders, "/etc/sealdesk/agent.d")
	}
	if self, err := os.Executable(); err == nil {
		folders = append(folders, filepath.Join(filepath.Dir(self), "agent.d"))
	}
	return folders
}
