// Package revocation asks external certificate authorities whether a
// certificate of theirs still holds. It exists because some offices' tokens
// come with a certificate that the portal's own authority did not issue, so
// custody alone does not learn what the issuer has ended.
//
// It promises: only addresses of the configuration are ever asked, never one
// that a certificate names; redirects are not followed; an answer is bounded in
// size and time and counts only if the issuer, or a responder that the issuer
// made for this, signed it and it is about this certificate and of now; what
// cannot be asked is refused, unless the last good answer is younger than a
// bounded, visible grace, which a restart neither prolongs nor ends (Memory). A
// revocation is never undone by an older answer, and by a newer one only if it
// was a hold (Stands).
//
// It does not know whose certificate it is (custody) and checks no path (hsm/seal).
package revocation
