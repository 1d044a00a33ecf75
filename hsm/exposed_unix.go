//go:build unix

package hsm

import (
	"os"
	"syscall"
)

// exposed says why a file is no safe place for a PIN, or nothing.
func exposed(info os.FileInfo) string {
	if !info.Mode().IsRegular() {
		return "not a regular file"
	}
	if info.Mode().Perm()&0o077 != 0 {
		return "others than its owner can read it"
	}
	if s, ok := info.Sys().(*syscall.Stat_t); ok && s.Uid != 0 && int(s.Uid) != os.Geteuid() {
		return "it belongs to another user"
	}
	return ""
}
