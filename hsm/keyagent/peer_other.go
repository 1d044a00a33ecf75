//go:build !linux && !windows

package keyagent

import (
	"errors"
	"net/netip"
)

// peerIsOurs refuses everybody: on this system the agent does not know how to
// ask whose socket is at the other end.
func (a *Agent) peerIsOurs(_, _ netip.AddrPort) error {
	return errors.New("sockets' owners cannot be told on this system")
}

// stranger is not known here; the address is bound exclusively instead.
func (a *Agent) stranger() (uid int, found bool) { return 0, false }

func strangerAt(netip.AddrPort, int) (uid int, found bool) { return 0, false }
