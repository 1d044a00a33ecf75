//go:build soak

package store_test

import (
	"os"
	"strconv"
)

// make soak: each point thousands of times, or as SOAK_TIMES says.
func init() {
	crashTimes = 1000
	if n, err := strconv.Atoi(os.Getenv("SOAK_TIMES")); err == nil && n > 0 {
		crashTimes = n
	}
}
