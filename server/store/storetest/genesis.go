package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/org"
	"sealdesk/server/registration"
	"sealdesk/server/store"
)

func (w *World) begin(tb testing.TB) {
	tb.Helper()
	check(tb, store.Migrate(context.Background(), w.Config))
	var err error
	w.Store, err = store.Open(context.Background(), w.Config, w.Keys, w.Policy, w.Clock)
	check(tb, err)
	s := w.Store
	tb.Cleanup(func() { s.Close() })
	if !w.empty {
		w.genesis(tb)
	}
}

// Empty is a world like New's whose genesis has not happened.
func Empty(tb testing.TB, driver string) *World {
	tb.Helper()
	return build(tb, Config(tb, driver), true)
}

// Genesis seals the genesis by these people and commits it.
func (w *World) Genesis(tb testing.TB, text seal.Statement, seals []seal.Verified) error {
	tb.Helper()
	g, err := w.Policy.System(policy.Genesis)
	check(tb, err)
	now := w.Clock()
	_, err = w.Store.Commit(context.Background(), g, seals, func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.Derive(text); err != nil {
			return audit.Entry{}, err
		}
		for _, o := range bodies {
			o.ValidFrom = now.AddDate(-10, 0, 0)
			if err := tx.Put(o); err != nil {
				return audit.Entry{}, err
			}
		}
		if err := tx.Put(policy.First(w.Policy, "341000", "U00001", "U00002", now)); err != nil {
			return audit.Entry{}, err
		}
		return audit.Entry{Subject: "institution/341000"}, w.enrol(tx, now)
	}, store.Long(10*time.Second))
	return err
}

// GenesisText is the statement of a genesis that these people are to seal.
func (w *World) GenesisText(tb testing.TB, people ...Person) seal.Statement {
	tb.Helper()
	vkey, err := w.secrets.VKey()
	check(tb, err)
	return w.Statement(tb, seal.Genesis, "测试市教育局（341000）", people,
		[]seal.Field{{Label: "日志名称", Value: Origin}, {Label: "日志公钥", Value: vkey}, {Label: "签发机构", Value: "测试签发机构 " + seal.Fingerprint(w.ca.root)}}, seal.Annex{Columns: []string{"名称"}})
}

// genesis enrols everybody under the seals of the two officers.
func (w *World) genesis(tb testing.TB) {
	tb.Helper()
	two := []Person{w.People["U00001"], w.People["U00002"]}
	text := w.GenesisText(tb, two...)
	check(tb, w.Genesis(tb, text, w.Seal(tb, text, two...)))
}

func (w *World) enrol(tx *store.Tx, now time.Time) error {
	filed := now.AddDate(0, -2, 0)
	for _, one := range w.cast {
		p := w.People[one.ID]
		nouns := []any{org.Staff{ID: p.ID, Name: p.Name, Org: p.Org, Post: "工作人员", Phone: "15400000000", FiledOn: &filed, Pledge: "纸质", Training: org.FullTraining(now.Year(), filed, "roster")}}
		for _, r := range p.Roles {
			nouns = append(nouns, org.Appointment{ID: p.ID + "/" + string(r) + "/" + p.Org, Staff: p.ID, Role: string(r), Org: p.Org})
		}
		nouns = append(nouns, custody.Token{Serial: p.Token(), Label: p.ID, State: custody.Issued, Custodian: p.ID, Delivered: now, Since: now},
			custody.Key{Fingerprint: p.Fingerprint(), Staff: p.ID, Certificate: p.Certificate.Raw, TokenLabel: p.ID, Token: p.Token(),
				Serial: p.Certificate.SerialNumber.Text(16), Issuer: custody.OwnCA, State: custody.Issued, Since: now})
		for _, n := range nouns {
			if err := tx.Put(n); err != nil {
				return err
			}
		}
	}
	for _, unit := range []string{"341021", "341024", "341000-SZ"} {
		for _, stage := range stages {
			err := tx.Put(registration.Window{ID: fmt.Sprintf("%d/%s/%s", now.Year(), unit, stage), Year: now.Year(), Org: unit,
				Stage: stage, Opens: now.AddDate(0, 0, -7), Closes: now.AddDate(0, 1, 0)})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
