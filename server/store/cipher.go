package store

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"hash"
	"sync"

	"github.com/tink-crypto/tink-go/v2/tink"
)

// cipher keeps personal fields unreadable at rest. Each value is bound to its
// table, column and row, so that a ciphertext moved elsewhere does not open.
type cipher struct {
	fields tink.AEAD
	blind  map[string][]byte
	state  []byte // key of the MACs that stand for secrets in a state's digest
	macs   sync.Pool
	room   sync.Pool // *[]byte, for the text of a row while it is hashed
}

func newCipher(k Keys) (*cipher, error) {
	for _, t := range records() {
		for _, c := range t.columns {
			if c.form == blind && len(k.Blind[c.of]) < 32 {
				return nil, fmt.Errorf("no blind index key for %s", c.of)
			}
		}
	}
	if k.Fields == nil || len(k.HeadMAC) < 32 {
		return nil, fmt.Errorf("the keyring is incomplete")
	}
	c := &cipher{fields: k.Fields, blind: k.Blind, state: derived(k.HeadMAC, "sealdesk/v1 state fields")}
	c.room.New = func() any { b := make([]byte, 0, 4096); return &b }
	c.macs.New = func() any { return hmac.New(sha256.New, c.state) }
	return c, nil
}

// keyed is a digest under a key of the portal's own, one key for each purpose:
// whoever writes the database cannot make it.
func (s *Store) keyed(purpose string) hash.Hash {
	return hmac.New(sha256.New, derived(s.keys.HeadMAC, purpose))
}

// derived makes a key for one purpose out of another.
func derived(key []byte, purpose string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(purpose))
	return h.Sum(nil)
}

func additional(table, column, id string) []byte { return []byte(table + "/" + column + "/" + id) }

func (c *cipher) seal(table, column, id, plain string) ([]byte, error) {
	return c.fields.Encrypt([]byte(plain), additional(table, column, id))
}

func (c *cipher) open(table, column, id string, sealed []byte) (string, error) {
	plain, err := c.fields.Decrypt(sealed, additional(table, column, id))
	return string(plain), err
}

// index is the blind index of a value: exact match only, own key per field.
func (c *cipher) index(field, value string) []byte {
	h := hmac.New(sha256.New, c.blind[field])
	h.Write([]byte(value))
	return h.Sum(nil)
}

// mark stands for a secret in the canonical text of a row: who knows the sheet
// but not the key cannot guess values from a digest.
func (c *cipher) mark(out, where []byte, plain string) []byte {
	h := c.macs.Get().(hash.Hash)
	defer c.macs.Put(h)
	h.Reset()
	h.Write(where)
	h.Write([]byte{0})
	h.Write([]byte(plain))
	return h.Sum(out)
}
