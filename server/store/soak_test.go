//go:build soak

package store_test

import (
	"os"
	"strconv"
)

// make soak: so many rounds of kills, 120 in each (forty a side), or as
// SOAK_ROUNDS says.
func init() {
	crashRounds = 25
	if n, err := strconv.Atoi(os.Getenv("SOAK_ROUNDS")); err == nil && n > 0 {
		crashRounds = n
	}
}
