// Package audit is the log: entries, the RFC 6962 Merkle tree over them, signed
// checkpoints, proofs, and the verification of all of it from files alone.
//
// It exists so that a stranger with a file, the log's public key and the
// trusted CA can tell that a key signed a text, that the entry of this act is in
// the log, and that nothing before it was altered or dropped.
//
// It promises: every text of the log has exactly one spelling; a proof made
// here was checked against the root it claims; a verdict names each fault with
// the index and the field; what is verified never says what is trusted. It is
// pure: no clock, no network, no database; files only where a function is
// given a directory to verify.
//
// It does not say that the owner held the key, that an act was right, that no
// later entry reverses it, or that nothing happened without an entry. SPEC.md
// holds the formats and the limits of what is proved.
package audit
