// Package keyagent is the page on a person's own computer where she reads what
// she is about to sign and types the PIN of her USB key. It exists so that
// neither a portal nor a script ever comes near a PIN or a key.
//
// It promises: nothing is signed but the bytes that its own pages have shown,
// all of them; only a top-level form post from the one origin that its own list
// gives for the portal named in the statement starts a request; only a post
// from its own page, with a token that works once, uses the key; a seal leaves
// only for that same origin of its own list; a PIN goes to the token and
// nowhere else, and no log line holds a PIN or a word of a statement.
//
// It also carries out a portal's orders at a token, behind the same guards: it
// makes a key pair inside the token that the order names and brings back a
// PKCS#10 request that this key signed, and it writes a certificate beside the
// key that it is for. What fails leaves the token as it was, or the page says
// what is left; no key of another person is touched unless the order names its
// certificate.
//
// After a seal it watches over the session that this seal opened or unlocked: it
// holds one outgoing stream to that same origin, under the CA of its own list,
// and says there whether the token is still plugged in; see package presence.
//
// It does not know any business, keeps nothing after it ends, and decides
// nothing about time: an expired statement only gets a warning. It guards
// against web pages and against other users of the machine. It does not guard
// against a program that runs as the same user: such a program can send any
// Origin header and can read the screen.
package keyagent
