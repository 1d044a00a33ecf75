package audit

// VerifyBodies is the second walk over a log whose first walk held.
var VerifyBodies = verifyBodies
