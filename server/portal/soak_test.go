//go:build soak

package portal_test

import "testing"

// make soak: a hundred times.
func TestSoakAPulledTokenLocksAHundredTimes(t *testing.T) { pullingTheToken(t, 100) }
