// Package store keeps the records and the log in a database, and is the only
// place that knows gorm. It exists so that one sentence is true: no record
// changes without an entry in the log, and no act of weight enters the log
// without the seals that its kind demands over the very text people saw.
//
// It promises: Commit is the only way to change a record; it answers when the
// act and its entry are durable and a checkpoint signed in the HSM covers the
// entry; an act happens whole or not at all, once, on every portal that shares
// the database; a row of a person's reach is the only row that a read gives.
//
// It does not decide who may do what (policy), what a transition is
// (registration, custody, org) or how a page looks. It does not verify seals:
// hsm/seal does, and only it can make the values that Commit takes. Scratch
// (sessions, drafts, pending statements, staged rows) is kept here too, by
// Scratch, and is never authority. SPEC.md tells the protocol and the traps.
package store
