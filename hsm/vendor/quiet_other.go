//go:build !linux

package vendor

import "os"

// quiet is the way out for frames. A module's own C runtime is not redirected
// here: one that prints breaks its child, which the agent then says.
func quiet() *os.File { return os.Stdout }
