// Package custody says which key is in whose hands (R58). It is asked at each
// request; a key that is not issued gives no power.
package custody

import "time"

// State is where a key is in its life (domain section 5, Key).
type State string

// The states this version uses; lost and revoked never return to issued.
const (
	Issued  State = "issued"
	Lost    State = "lost"
	Revoked State = "revoked"
)

// Key is one certificate and the one person who holds its private key.
type Key struct {
	Fingerprint string // SHA-256 of the certificate, lower-case hex
	Staff       string
	Certificate []byte // DER
	TokenLabel  string
	State       State
	Since       time.Time // of the state, Asia/Shanghai
	By, Reason  string    // who ended it and why, empty while issued
}
