package portal

import (
	"sealdesk/server/custody"
)

// custodyRows is what matters of custody read: in a transaction, or within a
// grant when they are drafted.
type custodyRows interface {
	Token(serial string) (custody.Token, error)
	Tokens() ([]custody.Token, error)
	Known(serials ...string) (map[string]bool, error)
	KeysIn(token string) ([]custody.Key, error)
	Request(id string) (custody.Request, error)
	Medium(id string) (custody.Medium, error)
	MediaOf(person string) ([]custody.Medium, error)
	Stocktakes() ([]custody.Stocktake, error)
	Sightings(year int) ([]custody.Sighting, error)
}

func (r reading) Token(serial string) (custody.Token, error) {
	return r.store.Token(r.ctx, r.grant, serial)
}

func (r reading) Tokens() ([]custody.Token, error) { return r.store.Tokens(r.ctx, r.grant) }

func (r reading) Known(serials ...string) (map[string]bool, error) {
	return r.store.Known(r.ctx, serials...)
}

func (r reading) KeysIn(token string) ([]custody.Key, error) {
	return r.store.KeysIn(r.ctx, r.grant, token)
}

func (r reading) Request(id string) (custody.Request, error) {
	return r.store.Request(r.ctx, r.grant, id)
}

func (r reading) Medium(id string) (custody.Medium, error) {
	return r.store.Medium(r.ctx, r.grant, id)
}

func (r reading) MediaOf(person string) ([]custody.Medium, error) {
	return r.store.MediaOf(r.ctx, person)
}

func (r reading) Stocktakes() ([]custody.Stocktake, error) { return r.store.Stocktakes(r.ctx) }

func (r reading) Sightings(year int) ([]custody.Sighting, error) {
	return r.store.Sightings(r.ctx, r.grant, year)
}

// holdingOf reads a token with its current key.
func holdingOf(r rows, serial string) (custody.Holding, error) {
	t, err := r.Token(serial)
	if err != nil {
		return custody.Holding{}, err
	}
	keys, err := r.KeysIn(serial)
	return custody.HoldingOf(t, keys), err
}

func namedOf(r rows, staff string) (custody.Named, error) {
	s, err := r.Staff(staff)
	return custody.Named{Staff: s.ID, Name: s.Name}, err
}

// namedAll names several people at once.
func namedAll(r rows, staff ...string) ([]custody.Named, error) {
	list := make([]custody.Named, len(staff))
	for i, id := range staff {
		var err error
		if list[i], err = namedOf(r, id); err != nil {
			return nil, err
		}
	}
	return list, nil
}
