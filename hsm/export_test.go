package hsm

import "time"

// SetPatience shortens how long Close waits for calls that hang.
func SetPatience(m *Module, d time.Duration) { m.patience = d }

// Kinds is every kind that has a sentence.
func Kinds() []Kind {
	var list []Kind
	for k := range sentences {
		list = append(list, k)
	}
	return list
}

// PINBytes is the memory in which a Token keeps its PIN.
func PINBytes(t *Token) []byte {
	t.secret.Lock()
	defer t.secret.Unlock()
	return t.secret.pin[:cap(t.secret.pin)]
}

// DerOf is the conversion of r‖s.
var DerOf = derOf

// Waiting is how many callers queue for a session.
func Waiting(t *Token) int { return int(t.waiting.Load()) }
