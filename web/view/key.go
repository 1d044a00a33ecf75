package view

import "time"

// Keys is the register of keys. GET filter: name (staff number or key), state.
type Keys struct {
	Frame
	Lead string
	// Tiles count all keys by state and add up to all.
	Tiles  []Tile
	Action string
	Find   Field
	State  Choices
	Rows   []KeyRow
	Paging Paging
	// Revoke is the form; nil for those who only read.
	Revoke *RevokeForm
}

func (Keys) Template() string { return "key/keys" }

// Tile is a count with its word; Hot is drawn as a fault.
type Tile struct {
	Count int
	Text  string
	Hot   bool
}

// KeyRow is one key.
type KeyRow struct {
	// Fingerprint is short; Href chooses the key for the form.
	Fingerprint, Href   string
	Holder, Number      string
	Organisation, Roles string
	State               Mark
	Until               time.Time
	Note                string
}

// RevokeForm takes a key out of use from the next request on. POST.
// Form: fingerprint, revoke_reason, kind = lost or revoked.
type RevokeForm struct {
	Action string
	Key    Field
	Kind   Choices
	Reason Field
}
