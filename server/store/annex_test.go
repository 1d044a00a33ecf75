package store_test

import (
	"bytes"
	"context"
	"testing"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/store/storetest"
)

func TestAnAnnexLiesEncryptedAndOneFromBeforeIsReadAsItLies(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		a, b := w.Application(1, "HS1"), w.Application(2, "HS1")
		a.Form.PersonName, b.Form.PersonName = "欧阳试纸", "欧阳试墨"
		first, second := w.Import(t, "U00003", "HS1", a), w.Import(t, "U00003", "HS1", b)
		db := w.Raw(t)
		read := func(number uint64) ([]byte, error) {
			e, err := w.Store.Entry(context.Background(), w.Grant(t, "U00003", policy.ViewReceipt, "HS1"), number)
			return e.Annex, err
		}
		var kept []byte
		if err := db.QueryRow("SELECT body FROM log_bodies WHERE number = ? AND kind = 'sealed-annex'", first.Number).Scan(&kept); err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(kept, []byte("欧阳")) {
			t.Error("the annex lies open")
		}
		annex, err := read(first.Number)
		if err != nil || !bytes.Contains(annex, []byte("欧阳试纸")) {
			t.Fatalf("%v %.80q", err, annex)
		}
		// Under another entry's number it does not open.
		rawly(t, db, "UPDATE log_bodies SET body = ? WHERE number = ? AND kind = 'sealed-annex'", kept, second.Number)
		if _, err := read(second.Number); !fault.Is(err, fault.Unavailable) {
			t.Errorf("moved to another entry: %v", err)
		}
		// As a version from before wrote it.
		rawly(t, db, "UPDATE log_bodies SET body = ?, kind = 'annex' WHERE number = ? AND kind = 'sealed-annex'", annex, first.Number)
		if again, err := read(first.Number); err != nil || !bytes.Equal(again, annex) {
			t.Errorf("from before: %v %.80q", err, again)
		}
	})
}
