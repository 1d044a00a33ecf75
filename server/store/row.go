package store

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"

	"sealdesk/server/audit"
	"sealdesk/server/registration"
)

// row is one record row. plain holds what the noun holds; stored what the
// database holds. entry is the act that left it so, -1 for a row not yet there.
type row struct {
	table  *table
	id     string
	plain  []any
	stored []any
	entry  int64
	form   *registration.Form // what was read out of an application's form; nil if nobody did
}

func (r *row) get(column string) any { return r.plain[r.table.index(column)] }

func (r *row) text(column string) string { s, _ := r.get(column).(string); return s }

func (r *row) path() string { return r.text("path") }

func (r *row) subject() string { return r.table.subjectOf(r.id) }

// layRow makes a row of what a noun holds. A secret that did not change keeps
// its ciphertext, so that an update writes only what changed; one that did is
// encrypted by sealRow, when the row is written: no query looks into it.
func (c *cipher) layRow(t *table, plain []any, before *row) (*row, error) {
	id, ok := plain[0].(string)
	if !ok || id == "" {
		return nil, fmt.Errorf("%s: a row without a key", t.name)
	}
	r := &row{table: t, id: id, plain: plain, stored: make([]any, len(plain)), entry: -1}
	for i, col := range t.columns {
		switch col.form {
		case secret:
			if before != nil && before.plain[i] == plain[i] {
				r.stored[i] = before.stored[i]
			}
		case blind:
			if from := t.index(col.of); before != nil && before.plain[from] == plain[from] {
				r.plain[i], r.stored[i] = before.plain[i], before.stored[i]
				continue
			}
			mac := c.index(col.of, plain[t.index(col.of)].(string))
			r.plain[i], r.stored[i] = mac, mac
		default:
			r.stored[i] = plain[i]
		}
	}
	return r, nil
}

// sealRow encrypts the secrets that have no ciphertext yet.
func (c *cipher) sealRow(r *row) error {
	for i, col := range r.table.columns {
		if col.form != secret || r.stored[i] != nil {
			continue
		}
		sealed, err := c.seal(r.table.name, col.name, r.id, r.plain[i].(string))
		if err != nil {
			return err
		}
		r.stored[i] = sealed
	}
	return nil
}

// openRows reads many rows, on two processors if they are worth it: most of it is
// decryption.
func (c *cipher) openRows(t *table, set [][]any) ([]*row, error) {
	rows := make([]*row, len(set))
	open := func(from, to int) (err error) {
		for i := from; i < to && err == nil; i++ {
			rows[i], err = c.openRow(t, set[i])
		}
		return err
	}
	if len(set) < 8 {
		return rows, open(0, len(set))
	}
	half := make(chan error, 1)
	go func() { half <- open(len(set)/2, len(set)) }()
	err := open(0, len(set)/2)
	return rows, errors.Join(err, <-half)
}

// openRow reads what came from the database: the columns, then entry.
func (c *cipher) openRow(t *table, cells []any) (*row, error) {
	r := &row{table: t, plain: make([]any, len(t.columns)), stored: make([]any, len(t.columns))}
	if len(cells) != len(t.columns)+1 {
		return nil, fmt.Errorf("%s: %d cells", t.name, len(cells))
	}
	for i, col := range t.columns {
		value, err := cellOf(col.form, cells[i])
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", t.name, col.name, err)
		}
		r.stored[i], r.plain[i] = value, value
	}
	r.id = r.stored[0].(string)
	for i, col := range t.columns {
		if col.form != secret {
			continue
		}
		plain, err := c.open(t.name, col.name, r.id, r.stored[i].([]byte))
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", t.name, col.name, err)
		}
		r.plain[i] = plain
	}
	entry, err := cellOf(number, cells[len(cells)-1])
	if err != nil {
		return nil, err
	}
	r.entry = entry.(int64)
	return r, nil
}

// cellOf brings what a driver gives into the column's own type.
func cellOf(f form, value any) (any, error) {
	switch f {
	case text:
		switch v := value.(type) {
		case string:
			return v, nil
		case []byte:
			return string(v), nil
		}
	case number, maybe:
		switch v := value.(type) {
		case int64:
			return v, nil
		case uint64:
			return int64(v), nil
		case []byte:
			return strconv.ParseInt(string(v), 10, 64)
		case nil:
			if f == maybe {
				return nil, nil
			}
		}
	case blob, secret, blind:
		switch v := value.(type) {
		case []byte: // the reader's own already, see collect and rowsOf
			return v, nil
		case string:
			return []byte(v), nil
		}
	}
	return nil, fmt.Errorf("a cell of type %T", value)
}

// canonical is the one spelling of a row that its digest covers: its subject,
// then per column the name, a mark of the type, the length and the value;
// secrets as keyed MACs. The entry column is not in it: it says where the
// digest stands.
func (c *cipher) canonical(out []byte, r *row) []byte {
	out = append(out, r.subject()...)
	var where []byte
	for i, col := range r.table.columns {
		if col.later && (r.plain[i] == nil || r.plain[i] == "") {
			continue
		}
		out = append(append(out, '\n'), col.name...)
		switch v := r.plain[i].(type) {
		case nil:
			out = append(out, '-')
		case int64:
			out = append(out, '#')
			out = strconv.AppendInt(out, v, 10)
		case string:
			if col.form == secret {
				where = append(append(append(append(where[:0], col.name...), '/'), r.table.name...), r.id...)
				out = c.mark(append(out, '*'), where, v)
			} else {
				out = strconv.AppendInt(append(out, '='), int64(len(v)), 10)
				out = append(append(out, ':'), v...)
			}
		case []byte:
			out = strconv.AppendInt(append(out, '~'), int64(len(v)), 10)
			out = append(append(out, ':'), v...)
		}
	}
	return out
}

// stateDigest is SHA-256(salt ‖ canonical text) with the row's own salt, which
// comes from the state's seed: one row can be opened without the others.
func (c *cipher) stateDigest(seed []byte, r *row) audit.Digest {
	room := c.room.Get().(*[]byte)
	defer c.room.Put(room)
	b := append(append(append((*room)[:0], "sealdesk/v1 row salt\n"...), seed...), r.subject()...)
	salted := sha256.Sum256(b)
	b = c.canonical(append(b[:0], salted[:16]...), r)
	*room = b[:0]
	digest := sha256.Sum256(b)
	clear(b) // it held names and numbers
	return digest
}
