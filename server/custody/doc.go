// Package custody says which key and which medium is in whose hands (R58, R59).
// It exists because a certificate alone gives no power: the portal asks custody
// at each request whether this key is still issued to this person, so a lost
// key or a leaver is out at the next request and not when a certificate expires.
//
// Two things are told apart. A Token (钥匙) is the object: it has a serial
// number and always one named custodian. A Key is one certificate with its one
// holder; in the course of the years a token carries several, one after another,
// and at most one of them is current. Every transition that moves a token moves
// its current key too, so that whoever asks about power reads the key alone.
//
// A hand-over is two texts, not one that names both: the giver's seal ends his key
// and names who the token is for; the taker's key pair is made in the token after
// that, so no text could have named it before. Until its first seal the token is
// handover_pending, its custodian is named, and nobody has a key in it.
//
// It promises that what was lost or revoked never comes back into use (domain
// section 5), that nothing is ever without a custodian, and that nobody does an
// act of the officers for himself. It does not check certificates (hsm/seal) and
// keeps nothing (store).
//
// Custodians are the named people of whom a quorum opens an Emergency: one
// person, with one key, is security officer again, once and in time, on the day
// when no security officer has a key in use. They hold the shares of the
// keyring's recovery key too.
package custody
