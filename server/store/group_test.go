package store

import (
	"context"
	"errors"
	"testing"
)

// dying is a door whose first packet fails; it counts what still comes.
type dying struct {
	door
	calls int
}

var errDying = errors.New("the transaction is gone")

func (d *dying) ahead(context.Context, []step) error {
	d.calls++
	if d.calls == 1 {
		return errDying
	}
	return nil
}

func (d *dying) query(context.Context, want) ([][]any, error) { d.calls++; return nil, nil }

// The scribe hears that a packet failed, and the judge does not know yet. SQLite may
// have ended the transaction by itself: whatever came now would stand alone.
func TestNothingGoesThroughADoorAfterItsFirstError(t *testing.T) {
	d := &dying{}
	g := (&Store{}).newGroup(d, func() {})
	if err := g.send(nil); !errors.Is(err, errDying) {
		t.Fatal(err)
	}
	if err := g.send(nil); !errors.Is(err, errDying) || d.calls != 1 {
		t.Errorf("a packet went after it: %v", err)
	}
	if _, err := g.ask(want{}); !errors.Is(err, errDying) || d.calls != 1 || !errors.Is(g.failed, errDying) {
		t.Errorf("a question went after it: %v", err)
	}
}
