package store

import (
	"sealdesk/server/custody"
)

// Key reads one key of the custody register.
func (tx *Tx) Key(fingerprint string) (custody.Key, error) {
	r, err := tx.findPower(custodyKeys, fingerprint)
	if err != nil {
		return custody.Key{}, err
	}
	return keyOf(r), nil
}

// Token reads one token of the custody register.
func (tx *Tx) Token(serial string) (custody.Token, error) {
	r, err := tx.findPower(custodyTokens, serial)
	if err != nil {
		return custody.Token{}, err
	}
	return tokenOf(r), nil
}

// Request reads one request for a token.
func (tx *Tx) Request(id string) (custody.Request, error) {
	r, err := tx.findPower(custodyRequests, id)
	if err != nil {
		return custody.Request{}, err
	}
	return requestOf(r), nil
}

// findPower is find of a row that gives power: believed only as the log has it.
func (tx *Tx) findPower(t *table, id string) (*row, error) {
	r, err := tx.find(t, id)
	if err != nil {
		return nil, err
	}
	return r, tx.believe(r)
}

func (tx *Tx) believe(r *row) error {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.dead {
		return errDead
	}
	return tx.group.believe(r)
}

// KeysOf lists the keys that a person ever had.
func (tx *Tx) KeysOf(person string) ([]custody.Key, error) { return tx.keys(is("staff", person)) }

// KeysIn lists the keys that a token ever carried.
func (tx *Tx) KeysIn(token string) ([]custody.Key, error) { return tx.keys(is("token", token)) }

// KeysAlike lists the keys, whoever held them, that have the certificate, the
// public key or the issuer's number of k.
func (tx *Tx) KeysAlike(k custody.Key) ([]custody.Key, error) {
	var all []custody.Key
	for _, c := range [][]cond{{is("fingerprint", k.Fingerprint)}, {is("public_key", k.Public)}, {is("serial", k.Serial), is("issuer", k.Issuer)}} {
		list, err := tx.keys(c...)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

func (tx *Tx) keys(c ...cond) ([]custody.Key, error) {
	rows, err := tx.where(custodyKeys, c...)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if err := tx.believe(r); err != nil {
			return nil, err
		}
	}
	return listOf(rows, sure(keyOf))
}
