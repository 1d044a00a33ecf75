package store

import (
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
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

// KeysAlike lists the keys, whoever holds or held them in whatever body, that
// have the certificate, the public key or the number of k, or whose row does not
// name its public key.
func (tx *Tx) KeysAlike(k custody.Key) ([]custody.Key, error) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	var all []custody.Key
	for _, c := range []cond{is("fingerprint", k.Fingerprint), is("public_key", k.Public, ""), is("serial", k.Serial)} {
		rows, err := (txRows{tx}).rowsOf(custodyKeys, c)
		if err != nil {
			return nil, err
		}
		list, err := listOf(rows, sure(keyOf))
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

// putHeld writes a thing that somebody holds under the path of its custodian or,
// when it is on its way and the act reaches that far, of whoever it is for: so
// the taker can take over what the officer gave out to his organisation, and
// nobody pushes a thing into a body that he has no part in.
func (tx *Tx) putHeld(t *table, custodian, taker string, cells func(path string) []any) error {
	path, err := tx.pathOf(staff, custodian)
	if err != nil {
		return err
	}
	if taker != "" {
		to, err := tx.pathOf(staff, taker)
		if err != nil {
			return err
		}
		if tx.grant.Covers(to) {
			path = to
		}
	}
	return tx.put(t, cells(path))
}

// Tokens lists every token of the register, by serial.
func (tx *Tx) Tokens() ([]custody.Token, error) {
	rows, err := tx.where(custodyTokens)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if err := tx.believe(r); err != nil {
			return nil, err
		}
	}
	return listOf(rows, sure(tokenOf))
}

// Known tells which of the serial numbers are in the register.
func (tx *Tx) Known(serials ...string) (map[string]bool, error) {
	known := map[string]bool{}
	for len(serials) > 0 {
		n := min(len(serials), 500)
		c := cond{column: "serial"}
		for _, s := range serials[:n] {
			c.values = append(c.values, s)
		}
		serials = serials[n:]
		rows, err := tx.where(custodyTokens, c)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			known[r.id] = true
		}
	}
	return known, nil
}

// Medium reads one medium of the register (R59).
func (tx *Tx) Medium(id string) (custody.Medium, error) {
	r, err := tx.findPower(media, id)
	if fault.Is(err, fault.NotFound) {
		return custody.Medium{}, custody.NotRegistered(id)
	}
	if err != nil {
		return custody.Medium{}, err
	}
	return mediumOf(r), nil
}

// MediaOf lists the media that a person answers for.
func (tx *Tx) MediaOf(person string) ([]custody.Medium, error) {
	rows, err := tx.where(media, is("custodian", person))
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(mediumOf))
}

// Stocktakes lists the counts of all years.
func (tx *Tx) Stocktakes() ([]custody.Stocktake, error) {
	rows, err := tx.where(stocktakes)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		if err := tx.believe(r); err != nil {
			return nil, err
		}
	}
	return listOf(rows, sure(stocktakeOf))
}

// Sightings lists what was seen in a year's count.
func (tx *Tx) Sightings(year int) ([]custody.Sighting, error) {
	rows, err := tx.where(sightings, is("year", int64(year)))
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(sightingOf))
}
