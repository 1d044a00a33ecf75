package store

import (
	"context"

	"sealdesk/policy"
	"sealdesk/server/custody"
)

// Keys lists the custody register within the reach of the grant.
func (s *Store) Keys(ctx context.Context, g policy.Grant) ([]custody.Key, error) {
	if g.IsZero() {
		return nil, ungranted()
	}
	from, to := g.Range()
	var list []*row
	err := s.within(ctx, func(r snapshot) (err error) {
		list, err = r.rows(custodyKeys, want{"SELECT " + custodyKeys.selection() + " FROM custody_keys WHERE path >= ? AND path < ? ORDER BY staff, fingerprint", []any{from, to}})
		return err
	})
	if err != nil {
		return nil, unreadable(err)
	}
	return listOf(list, sure(keyOf))
}

// Token reads one token of the custody register.
func (s *Store) Token(ctx context.Context, g policy.Grant, serial string) (custody.Token, error) {
	r, err := s.covered(ctx, g, custodyTokens, serial)
	if err != nil {
		return custody.Token{}, err
	}
	return tokenOf(r), nil
}

// TokensIn lists the tokens in one state within the reach of the grant.
func (s *Store) TokensIn(ctx context.Context, g policy.Grant, state custody.State) ([]custody.Token, error) {
	rows, err := s.rowsCovered(ctx, g, custodyTokens, is("state", string(state)))
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(tokenOf))
}

// KeysIn lists the keys that a token ever carried. The caller has read the
// token under the grant.
func (s *Store) KeysIn(ctx context.Context, g policy.Grant, token string) ([]custody.Key, error) {
	rows, err := s.rowsCovered(ctx, g, custodyKeys, is("token", token))
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(keyOf))
}

// KeysAlike lists the keys, whoever held them, that have the certificate, the
// public key or the issuer's number of k. It takes no grant: the pages of
// custody tell nothing of them but a refusal.
func (s *Store) KeysAlike(ctx context.Context, k custody.Key) ([]custody.Key, error) {
	rows, err := s.many(ctx, custodyKeys, "fingerprint = ? OR public_key = ? OR (serial = ? AND issuer = ?)", k.Fingerprint, k.Public, k.Serial, k.Issuer)
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(keyOf))
}

// EndedKeys lists every key that is suspended, lost or revoked, for the
// authority's revocation list.
func (s *Store) EndedKeys(ctx context.Context) ([]custody.Key, error) {
	rows, err := s.many(ctx, custodyKeys, "state IN (?, ?, ?)", string(custody.Suspended), string(custody.Lost), string(custody.Revoked))
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(keyOf))
}

// KeyInCustody reads one key of the register by its certificate's fingerprint,
// in whatever state it is.
func (s *Store) KeyInCustody(ctx context.Context, fingerprint string) (custody.Key, error) {
	r, err := s.one(ctx, custodyKeys, fingerprint)
	if err != nil {
		return custody.Key{}, err
	}
	return keyOf(r), nil
}

// KeyOf gives the key that a person holds now; notfound if there is none.
func (s *Store) KeyOf(ctx context.Context, person string) (custody.Key, error) {
	rows, err := s.many(ctx, custodyKeys, "staff = ? AND state = ?", person, string(custody.Issued))
	if err != nil {
		return custody.Key{}, err
	}
	if len(rows) == 0 {
		return custody.Key{}, notFound(custodyKeys)
	}
	return keyOf(rows[0]), nil
}
