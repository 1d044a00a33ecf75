package store

import (
	"context"
	"encoding/json"
	"time"

	"gorm.io/gorm"
)

// ended stands where a lock does: the session is over and opens to nobody, and
// its row waits only for the entry that says so. Ending works whatever has
// become of the log; the entry follows when there is one again.
const ended Lock = "ended"

// Ending is who ended a session, and what its entry says.
type Ending struct {
	TokenHash string    `json:"-"`
	Staff     string    `json:"-"` // whose session it was
	By        string    `json:"by"`
	Key       string    `json:"key"` // of whoever ended it
	Note      string    `json:"note,omitempty"`
	At        time.Time `json:"at"`
}

// EndSession ends a session for good and owes its entry until ForgetEnded.
func (c Scratch) EndSession(ctx context.Context, hash string, e Ending) error {
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if err := c.sealAll(sessions.name, hash, map[string]*[]byte{"payload": &body}); err != nil {
		return err
	}
	return c.changeSession(ctx, c.write, map[string]any{"locked": 1, "locked_for": string(ended), "present_until": 0, "seen": millis(c.store.clock()), "payload": body},
		"token_hash = ?", hash)
}

// ForgetEnded forgets a session whose end stands in the log. A power cut that
// brings it back makes the entry twice, no more.
func (c Scratch) ForgetEnded(ctx context.Context, hash string) error {
	return c.jot(ctx, func(db *gorm.DB) error {
		return db.Where("token_hash = ? AND locked_for = ?", hash, string(ended)).Delete(&sessionRow{}).Error
	})
}

// owedAfter leaves whoever ended a session the time to make its entry.
const owedAfter = time.Minute

// Owed lists ended sessions whose entry is still to be made, some at a time.
func (c Scratch) Owed(ctx context.Context) ([]Ending, error) {
	var rows []sessionRow
	err := c.store.read.WithContext(ctx).Where("locked_for = ? AND seen < ?", string(ended), millis(c.store.clock().Add(-owedAfter))).Limit(100).Find(&rows).Error
	if err != nil {
		return nil, readable(err)
	}
	var list []Ending
	for _, r := range rows {
		e := Ending{TokenHash: r.TokenHash, Staff: r.Staff}
		body, err := c.open(sessions.name, "payload", r.TokenHash, r.Payload)
		if err == nil && c.ours(r) {
			err = json.Unmarshal(body, &e)
		}
		if err != nil || !c.ours(r) { // nobody's name is put under what no portal wrote
			if err := c.forged(ctx, r); err != nil {
				return nil, err
			}
			continue
		}
		list = append(list, e)
	}
	return list, nil
}
