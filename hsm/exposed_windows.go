package hsm

import "os"

// exposed says why a file is no safe place for a PIN, or nothing. Windows keeps
// its permissions in lists that os.FileInfo does not show, and the only program
// that runs there, the keyagent, reads no PIN file: refuse rather than guess.
func exposed(os.FileInfo) string { return "PIN files are not supported on Windows" }
