package store

import (
	"context"
	"crypto/hmac"
	"slices"

	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
)

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

// KeyIn gives the current key of a token, so that its issuer can be asked before
// an act over it; the zero Key if there is none. It takes no grant: nobody sees it.
func (s *Store) KeyIn(ctx context.Context, token string) (custody.Key, error) {
	rows, err := s.many(ctx, custodyKeys, "token = ?", token)
	if err != nil {
		return custody.Key{}, err
	}
	keys, err := listOf(rows, sure(keyOf))
	k, _ := custody.Current(keys)
	return k, err
}

// KeysAlike lists the keys, whoever held them, that have the certificate, the
// public key or the number of k, or whose row does not name its public key. It
// takes no grant: the pages of custody tell nothing of them but a refusal.
func (s *Store) KeysAlike(ctx context.Context, k custody.Key) ([]custody.Key, error) {
	rows, err := s.many(ctx, custodyKeys, "fingerprint = ? OR public_key IN (?, '') OR serial = ?", k.Fingerprint, k.Public, k.Serial)
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

// Request reads one request for a token.
func (s *Store) Request(ctx context.Context, g policy.Grant, id string) (custody.Request, error) {
	r, err := s.covered(ctx, g, custodyRequests, id)
	if err != nil {
		return custody.Request{}, err
	}
	return requestOf(r), nil
}

// Requests lists the requests in a state, oldest first.
func (s *Store) Requests(ctx context.Context, g policy.Grant, state custody.RequestState) ([]custody.Request, error) {
	rows, err := s.rowsCovered(ctx, g, custodyRequests, is("state", string(state)))
	if err != nil {
		return nil, err
	}
	list, err := listOf(rows, sure(requestOf))
	slices.SortFunc(list, func(a, b custody.Request) int { return a.At.Compare(b.At) })
	return list, err
}

// AnsweredRequests lists the requests that were answered last, newest first.
func (s *Store) AnsweredRequests(ctx context.Context, g policy.Grant, limit int) ([]custody.Request, error) {
	rows, err := s.rowsCovered(ctx, g, custodyRequests, cond{column: "state", values: []any{string(custody.Granted), string(custody.Declined)}})
	if err != nil {
		return nil, err
	}
	list, err := listOf(rows, sure(requestOf))
	slices.SortFunc(list, func(a, b custody.Request) int { return b.Answered.Compare(a.Answered) })
	return list[:min(len(list), limit)], err
}

// Tokens lists every token within the reach of the grant, by serial.
func (s *Store) Tokens(ctx context.Context, g policy.Grant) ([]custody.Token, error) {
	rows, err := s.allCovered(ctx, g, custodyTokens)
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(tokenOf))
}

// Known tells which of the serial numbers are in the register, by whatever
// body; it tells nothing else.
func (s *Store) Known(ctx context.Context, serials ...string) (map[string]bool, error) {
	known := map[string]bool{}
	for len(serials) > 0 {
		n := min(len(serials), 500)
		args := make([]any, n)
		for i, v := range serials[:n] {
			args[i] = v
		}
		serials = serials[n:]
		set, err := s.ask(ctx, want{"SELECT serial FROM custody_tokens WHERE serial IN (" + marks(n) + ")", args})
		if err != nil {
			return nil, unreadable(err)
		}
		for _, cells := range set {
			serial, err := cellOf(text, cells[0])
			if err != nil {
				return nil, unreadable(err)
			}
			known[serial.(string)] = true
		}
	}
	return known, nil
}

// Medium reads one medium within the reach of the grant.
func (s *Store) Medium(ctx context.Context, g policy.Grant, id string) (custody.Medium, error) {
	r, err := s.covered(ctx, g, media, id)
	if fault.Is(err, fault.NotFound) {
		return custody.Medium{}, custody.NotRegistered(id)
	}
	if err != nil {
		return custody.Medium{}, err
	}
	return mediumOf(r), nil
}

// Media lists the register of media within the reach of the grant, by number.
func (s *Store) Media(ctx context.Context, g policy.Grant) ([]custody.Medium, error) {
	rows, err := s.allCovered(ctx, g, media)
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(mediumOf))
}

// MediaOf lists the media that a person answers for.
func (s *Store) MediaOf(ctx context.Context, person string) ([]custody.Medium, error) {
	rows, err := s.many(ctx, media, "custodian = ?", person)
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(mediumOf))
}

// Stocktakes lists the counts of all years, oldest first. That a count is open
// is no secret: every holder is to prove his key in it.
func (s *Store) Stocktakes(ctx context.Context) ([]custody.Stocktake, error) {
	rows, err := s.many(ctx, stocktakes, "1 = 1")
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(stocktakeOf))
}

// Sightings lists what was seen in a year's count within the reach of the grant.
func (s *Store) Sightings(ctx context.Context, g policy.Grant, year int) ([]custody.Sighting, error) {
	rows, err := s.rowsCovered(ctx, g, sightings, is("year", int64(year)))
	if err != nil {
		return nil, err
	}
	return listOf(rows, sure(sightingOf))
}

// TokenOf gives the token that a person holds now, with the key in it.
func (s *Store) TokenOf(ctx context.Context, person string) (custody.Holding, error) {
	key, err := s.KeyOf(ctx, person)
	if err != nil {
		return custody.Holding{}, err
	}
	r, err := s.one(ctx, custodyTokens, key.Token)
	if err != nil {
		return custody.Holding{}, err
	}
	return custody.Holding{Token: tokenOf(r), Key: key}, nil
}

// LossMark is what the register keeps of a token's one-time code: without the
// portal's own key nobody can try codes against a copy of the table.
func (s *Store) LossMark(serial, code string) []byte {
	h := s.keyed("sealdesk/v1 loss code")
	h.Write([]byte(serial + "\x00" + code))
	return h.Sum(nil)
}

// FirstLossCode is the code that a take-over prints: made out of the sealing
// browser's cookie and the text, so that this browser can be shown it and
// nothing has to keep it.
func (s *Store) FirstLossCode(serial, cookie, digest string) string {
	h := s.keyed("sealdesk/v1 first loss code")
	h.Write([]byte(serial + "\x00" + cookie + "\x00" + digest))
	return custody.LossCodeOf(h.Sum(nil))
}

// TokenByLossCode finds the token of a person that the code reports lost;
// notfound for a wrong code and for somebody who does not exist alike. It does
// the same work for both.
func (s *Store) TokenByLossCode(ctx context.Context, person, code string) (custody.Token, error) {
	rows, err := s.many(ctx, custodyTokens, "custodian = ?", person)
	if err != nil {
		return custody.Token{}, err
	}
	var found *row
	for _, r := range rows {
		mark, _ := r.get("loss_mark").([]byte)
		if len(mark) > 0 && hmac.Equal(mark, s.LossMark(r.id, code)) {
			found = r
		}
	}
	if found == nil {
		hmac.Equal(make([]byte, 32), s.LossMark("none", code))
		return custody.Token{}, notFound(custodyTokens)
	}
	return tokenOf(found), nil
}

// allCovered reads every row of a table within the reach of the grant.
func (s *Store) allCovered(ctx context.Context, g policy.Grant, t *table) ([]*row, error) {
	if g.IsZero() {
		return nil, ungranted()
	}
	from, to := g.Range()
	rows, err := s.many(ctx, t, "path >= ? AND path < ?", from, to)
	if err != nil {
		return nil, err
	}
	kept := rows[:0]
	for _, r := range rows {
		if g.Covers(r.path()) {
			kept = append(kept, r)
		}
	}
	return kept, nil
}
