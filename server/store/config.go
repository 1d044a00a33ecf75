package store

import (
	"log/slog"
	"time"

	"github.com/tink-crypto/tink-go/v2/tink"
	"golang.org/x/mod/sumdb/note"
)

// Drivers of the two databases.
const (
	SQLite = "sqlite"
	MySQL  = "mysql" // MariaDB or MySQL
)

// Config says where the records lie. For sqlite the DSN is the path of the
// file; for mysql it is account:password@unix(/socket)/database or
// account:password@tcp(host:port)/database without parameters of its own: the
// store sets those that its safety hangs on.
type Config struct {
	Driver   string
	DSN      string
	ReadDSN  string        // reads only; DSN if empty
	MaxGroup int           // acts in one transaction; 256 if zero
	Queue    int           // acts that may wait; 1024 if zero, then 503
	Readers  int           // connections of the read pool; 8 if zero
	Budget   time.Duration // of one closure; 250 ms if zero
	Marker   string        // file on this host that remembers what it signed last; none if empty
	Logger   *slog.Logger  // causes of failures; never personal data. Discarded if nil

	// halt, if set by a test of this package, is called at each named point
	// around COMMIT and signature; the crash test kills the process there.
	halt func(point string)
}

// Keys are what the store needs to sign, to authenticate and to encrypt. They
// were unwrapped from the HSM at start, but for the log's signing key, which
// never leaves it.
type Keys struct {
	LogSigner   note.Signer // Ed25519 in the HSM; may be slow, may fail
	LogVerifier note.Verifier
	HeadMAC     []byte            // 32 bytes
	Fields      tink.AEAD         // personal fields
	Blind       map[string][]byte // field -> key of its blind index
	Origin      string            // of the log; equals the signer's name
	Portal      string            // the name that statements carry
}
