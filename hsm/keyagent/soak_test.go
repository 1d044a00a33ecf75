//go:build soak

package keyagent

import "testing"

// make soak: a hundred times each.
func TestSoakAPulledTokenIsToldAHundredTimes(t *testing.T) { pullTimes(t, 100, pulledByFault) }
func TestSoakARealTokenMovedAwayIsToldAHundredTimes(t *testing.T) {
	pullTimes(t, 100, pulledReally, realModule(t))
}
