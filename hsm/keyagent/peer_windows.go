package keyagent

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/windows"
)

// peerIsOurs asks Windows which process owns the socket at the other end of
// the connection remote -> local, and refuses any whose user is not ours: on a
// terminal server several people share one loopback address. A process that we
// may not ask is a stranger's.
func (a *Agent) peerIsOurs(remote, local netip.AddrPort) error {
	pid, err := socketProcess(remote, local)
	if err != nil {
		return err
	}
	process, err := windows.OpenProcess(windows.PROCESS_QUERY_LIMITED_INFORMATION, false, pid)
	if err != nil {
		return err
	}
	defer windows.CloseHandle(process)
	var token windows.Token
	if err := windows.OpenProcessToken(process, windows.TOKEN_QUERY, &token); err != nil {
		return err
	}
	defer token.Close()
	theirs, err := token.GetTokenUser()
	if err != nil {
		return err
	}
	ours, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return err
	}
	if !theirs.User.Sid.Equals(ours.User.Sid) {
		return errors.New("the socket belongs to another user")
	}
	return nil
}

const (
	ownerPIDConnections = 4 // TCP_TABLE_OWNER_PID_CONNECTIONS
	tcpEstablished      = 5 // MIB_TCP_STATE_ESTAB
)

// socketProcess reads MIB_TCPTABLE_OWNER_PID or its IPv6 form: a count, then
// rows of fixed size. Ports stand in network order.
func socketProcess(socket, peer netip.AddrPort) (pid uint32, err error) {
	family, size := uint32(windows.AF_INET), 24
	if !socket.Addr().Unmap().Is4() {
		family, size = windows.AF_INET6, 56
	}
	table, err := tcpTable(family)
	if err != nil {
		return 0, err
	}
	if len(table) < 4 {
		return 0, errors.New("the table of connections is empty")
	}
	rows := table[4:]
	for range binary.LittleEndian.Uint32(table) {
		if len(rows) < size {
			break
		}
		row := rows[:size]
		rows = rows[size:]
		state, from, to, owner := readRow(row)
		if state == tcpEstablished && from == netip.AddrPortFrom(socket.Addr().Unmap(), socket.Port()) && to == netip.AddrPortFrom(peer.Addr().Unmap(), peer.Port()) {
			return owner, nil
		}
	}
	return 0, errors.New("the peer's socket is not in the system's table")
}

func readRow(row []byte) (state uint32, from, to netip.AddrPort, owner uint32) {
	word := func(at int) uint32 { return binary.LittleEndian.Uint32(row[at:]) }
	port := func(at int) uint16 { return binary.BigEndian.Uint16(row[at:]) }
	if len(row) == 24 { // state, local address and port, remote address and port, process
		from = netip.AddrPortFrom(netip.AddrFrom4([4]byte(row[4:8])), port(8))
		to = netip.AddrPortFrom(netip.AddrFrom4([4]byte(row[12:16])), port(16))
		return word(0), from, to, word(20)
	}
	// local address, scope and port, remote address, scope and port, state, process
	from = netip.AddrPortFrom(netip.AddrFrom16([16]byte(row[0:16])), port(20))
	to = netip.AddrPortFrom(netip.AddrFrom16([16]byte(row[24:40])), port(44))
	return word(48), from, to, word(52)
}

func tcpTable(family uint32) ([]byte, error) {
	call := windows.NewLazySystemDLL("iphlpapi.dll").NewProc("GetExtendedTcpTable")
	if err := call.Find(); err != nil {
		return nil, err
	}
	for size := uint32(64 << 10); size <= 64<<20; {
		table := make([]byte, size)
		code, _, _ := call.Call(uintptr(unsafe.Pointer(&table[0])), uintptr(unsafe.Pointer(&size)), 0, uintptr(family), ownerPIDConnections, 0)
		switch windows.Errno(code) {
		case 0:
			return table, nil
		case windows.ERROR_INSUFFICIENT_BUFFER:
			size += 16 << 10 // it grows while others connect
		default:
			return nil, windows.Errno(code)
		}
	}
	return nil, errors.New("the table of connections is too long")
}

// stranger is not known here; the address is bound exclusively instead.
func (a *Agent) stranger() (uid int, found bool) { return 0, false }

func strangerAt(netip.AddrPort, int) (uid int, found bool) { return 0, false }
