//go:build bench

package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/figure"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

func TestFigureSheet(t *testing.T) {
	const rows = 2000
	name := "sheet-2000"
	if !figure.Wanted(name) {
		return
	}
	base := storetest.New(t, store.MySQL)
	var list []registration.Application
	for i := range rows {
		list = append(list, base.Application(i, "HS1"))
	}
	p := base.People["U00003"]
	annex := seal.Annex{Columns: []string{"姓名", "学校", "任教学科"}}
	for i, a := range list {
		annex.Rows = append(annex.Rows, seal.AnnexRow{Record: a.ID, Salt: [16]byte{byte(i), byte(i >> 8), 1}, Cells: []string{a.Form.PersonName, a.School, a.Form.SubjectTaught}})
	}
	var ours, theirs []float64
	for range figure.Rounds {
		w := base.Again(t, storetest.Config(t, store.MySQL))
		durable(t, w)
		w.Import(t, "U00003", "HS1", base.Application(rows, "HS1")) // MariaDB spares the undo log of an empty table, which no year begins with
		text := w.Statement(t, seal.Import, "HS1", []storetest.Person{p}, nil, annex)
		h, err := text.Header()
		if err != nil {
			t.Fatal(err)
		}
		seals, g := w.Seal(t, text, p), w.Grant(t, "U00003", policy.ImportSheet, "HS1")
		began := time.Now()
		_, err = w.Store.Commit(context.Background(), g, seals, func(tx *store.Tx) (audit.Entry, error) {
			a := seal.Annex{Columns: annex.Columns}
			for i, v := range list {
				a.Rows = append(a.Rows, seal.AnnexRow{Record: v.ID, Salt: annex.Rows[i].Salt, Cells: []string{v.Form.PersonName, v.School, v.Form.SubjectTaught}})
				if err := tx.Put(v); err != nil {
					return audit.Entry{}, err
				}
			}
			again, err := seal.New(seal.Import, h, fillers(text), a)
			if err != nil {
				return audit.Entry{}, err
			}
			return audit.Entry{Subject: "import/I1"}, tx.Derive(again)
		}, store.Long(20*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		ours = append(ours, rows/time.Since(began).Seconds())
		stored := rowsOf(t, w.Raw(t), "applications")[:rows] // the one from before has the last number
		w.Store.Close()
		o := base.Again(t, storetest.Config(t, store.MySQL))
		o.Import(t, "U00003", "HS1", base.Application(rows, "HS1"))
		o.Store.Close()
		theirs = append(theirs, bareRows(t, o, stored))
	}
	figure.Rates(name, ours, theirs, 0.74, "rows/s")
}

// fillers are the fields of a statement that are neither head, foot nor annex.
func fillers(s seal.Statement) []seal.Field {
	var list []seal.Field
	for _, f := range s.Text.Fields {
		switch f.Label {
		case "门户", "机构", "签署人", "事项", "随机数", "出具时间", "有效至", "附件栏目", "附件行数":
		default:
			list = append(list, f)
		}
	}
	return list
}

// bareRows puts the same 2,000 rows, encrypted already, into the same table in
// one durable transaction, 500 rows a statement.
func bareRows(t *testing.T, w *storetest.World, stored [][]any) float64 {
	db := bare(t, w)
	columns := storetest.Columns(t, db, "applications")
	if err := db.Ping(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	group := "(?" + strings.Repeat(",?", len(columns)-1) + ")"
	for from := 0; from < len(stored); from += 500 {
		part := stored[from:min(len(stored), from+500)]
		var args []any
		for _, r := range part {
			args = append(args, r...)
		}
		if _, err := tx.Exec("INSERT INTO applications ("+strings.Join(columns, ",")+") VALUES "+strings.Repeat(group+",", len(part)-1)+group, args...); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return float64(len(stored)) / time.Since(began).Seconds()
}
