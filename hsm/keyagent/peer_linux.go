package keyagent

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// peerIsOurs asks the kernel's table of TCP sockets who owns the socket at the
// other end of the connection remote -> local, and refuses any user but ours:
// on a terminal server several people share one loopback address. What cannot
// be found out counts as a stranger's.
func (a *Agent) peerIsOurs(remote, local netip.AddrPort) error {
	uid, err := socketOwner(remote, local)
	if err != nil {
		return err
	}
	if uid != a.uid {
		return errors.New("the socket belongs to another user")
	}
	return nil
}

// tcpEstablished is the only state that counts: a socket that its process has
// let go of is listed with user 0.
const tcpEstablished = "01"

func socketOwner(socket, peer netip.AddrPort) (uid int, err error) {
	tables := []string{"/proc/net/tcp", "/proc/net/tcp6"}
	for range 2 { // a table may miss a row while others come and go
		for i, path := range tables {
			uid, found, err := searchSockets(path, procAddress(socket, i == 1), procAddress(peer, i == 1))
			if err != nil || found {
				return uid, err
			}
		}
	}
	return 0, errors.New("the peer's socket is not in the kernel's table")
}

func searchSockets(path, socket, peer string) (uid int, found bool, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) { // a kernel without IPv6
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		// sl local_address rem_address st queues timer retransmits uid timeout inode
		col := strings.Fields(lines.Text())
		if len(col) < 10 || col[1] != socket || col[2] != peer || col[3] != tcpEstablished || col[9] == "0" {
			continue
		}
		uid, err := strconv.Atoi(col[7])
		return uid, err == nil, err
	}
	return 0, false, lines.Err()
}

// tcpListening is the state of a socket that waits for connections.
const tcpListening = "0A"

// stranger tells which other user's program listens where we would; false if
// nobody does, or one of ours.
func (a *Agent) stranger() (uid int, found bool) { return strangerAt(a.at, a.uid) }

func strangerAt(at netip.AddrPort, us int) (uid int, found bool) {
	port := at.Port()
	for i, path := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		any := netip.AddrPortFrom(netip.IPv4Unspecified(), port)
		if i == 1 {
			any = netip.AddrPortFrom(netip.IPv6Unspecified(), port)
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(raw)) {
			col := strings.Fields(line)
			if len(col) < 10 || col[3] != tcpListening || col[1] != procAddress(at, i == 1) && col[1] != procAddress(any, i == 1) {
				continue
			}
			if owner, err := strconv.Atoi(col[7]); err == nil && owner != us {
				return owner, true
			}
		}
	}
	return 0, false
}

// procAddress spells an address as /proc/net does: words in the machine's byte
// order, in hex. A socket of the IPv6 kind shows an IPv4 address as mapped.
func procAddress(at netip.AddrPort, v6 bool) string {
	var words strings.Builder
	if addr := at.Addr().Unmap(); addr.Is4() && !v6 {
		b := addr.As4()
		fmt.Fprintf(&words, "%08X", binary.NativeEndian.Uint32(b[:]))
	} else {
		b := at.Addr().As16()
		for i := 0; i < 16; i += 4 {
			fmt.Fprintf(&words, "%08X", binary.NativeEndian.Uint32(b[i:]))
		}
	}
	return fmt.Sprintf("%s:%04X", words.String(), at.Port())
}
