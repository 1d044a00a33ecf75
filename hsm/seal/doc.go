// Package seal defines what people sign in Sealdesk and how their signature
// is checked.
//
// It exists so that the bytes a person reads, the bytes a token hashes, the
// bytes the portal stores and the bytes a court verifies are the same slice.
// A Text has exactly one spelling; a Statement is a text people sign, with an
// Annex that travels beside it; a seal is a detached CMS SignedData over the
// statement's bytes. Only Verify makes a Verified, so whoever holds a non-zero
// one knows that a key signed that very text for that portal and purpose.
//
// It promises: Parse and Print are inverse on every text they accept; Verify
// accepts nothing that SPEC.md does not describe; no error, sentence or log
// line of this package repeats a value of a text.
//
// It does not say whose key it is (custody does), whether the act was right,
// whether the seal was used before (the log's UNIQUE pair does), or whether a
// certificate was revoked. It opens no file and no connection and is pure Go.
package seal
