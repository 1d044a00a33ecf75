package keyagent

import "syscall"

// exclusive sets SO_EXCLUSIVEADDRUSE, without which another program on Windows
// could bind the same address with SO_REUSEADDR and show a false page.
func exclusive(_, _ string, conn syscall.RawConn) error {
	const exclusiveAddrUse = ^syscall.SO_REUSEADDR
	var failed error
	err := conn.Control(func(fd uintptr) {
		failed = syscall.SetsockoptInt(syscall.Handle(fd), syscall.SOL_SOCKET, exclusiveAddrUse, 1)
	})
	if err != nil {
		return err
	}
	return failed
}
