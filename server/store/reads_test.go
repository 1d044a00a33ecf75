package store_test

import (
	"bytes"
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/server/store/storetest"
)

func TestALookupOutsideTheReachAnswersAsForAnUnknownNumber(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		ctx := context.Background()
		mine, theirs := w.Application(1, "HS1"), w.Application(2, "HS2")
		w.Import(t, "U00003", "HS1", mine)
		w.Import(t, "U00008", "HS2", theirs)
		g := w.Grant(t, "U00003", policy.View, "HS1")
		got, err := w.Store.Application(ctx, g, mine.ID)
		if err != nil {
			t.Fatal(err)
		}
		mine.ImportID = "I" + mine.ID
		got.Form.AppliedAt = got.Form.AppliedAt.In(storetest.Shanghai)
		if !reflect.DeepEqual(got, mine) {
			t.Errorf("an application came back as\n%+v\nand was\n%+v", got, mine)
		}
		_, outside := w.Store.Application(ctx, g, theirs.ID)
		_, unknown := w.Store.Application(ctx, g, "2026-341021-999999")
		if !fault.Is(outside, fault.NotFound) || outside.Error() != unknown.Error() {
			t.Errorf("outside: %v, unknown: %v", outside, unknown)
		}
		_, outside = w.Store.ApplicationByNumber(ctx, g, theirs.Year, theirs.Form.IDNumber)
		_, unknown = w.Store.ApplicationByNumber(ctx, g, theirs.Year, "nobody")
		if !fault.Is(outside, fault.NotFound) || outside.Error() != unknown.Error() {
			t.Errorf("by number, outside: %v, unknown: %v", outside, unknown)
		}
		if a, err := w.Store.ApplicationByNumber(ctx, g, mine.Year, mine.Form.IDNumber); err != nil || a.ID != mine.ID {
			t.Errorf("by number: %v %v", a.ID, err)
		}
		if _, err := w.Store.Application(ctx, policy.Grant{}, mine.ID); !fault.Is(err, fault.Forbidden) {
			t.Errorf("without a grant: %v", err)
		}
	})
}

func TestListsPageForwardsAndBackThroughTheReachAndOpenNothingEncrypted(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		ctx := context.Background()
		var list []registration.Application
		for i := range 25 {
			list = append(list, w.Application(i+1, "HS1"))
		}
		w.Import(t, "U00003", "HS1", list...)
		w.Import(t, "U00008", "HS2", w.Application(100, "HS2"), w.Application(101, "HS2"))
		county := w.Grant(t, "U00005", policy.List, "341021")
		school := w.Grant(t, "U00003", policy.List, "HS1")
		away := w.Grant(t, "U00010", policy.List, "341024")
		for _, c := range []struct {
			g    policy.Grant
			f    store.Filter
			want int64
		}{{county, store.Filter{}, 27}, {school, store.Filter{}, 25}, {away, store.Filter{}, 0}, {county, store.Filter{School: "HS2"}, 2},
			{school, store.Filter{School: "HS2"}, 0}, {county, store.Filter{NamePrefix: list[2].Form.PersonName}, 1}, {county, store.Filter{NamePrefix: "_"}, 0},
			{county, store.Filter{NamePrefix: "程"}, 27}, {county, store.Filter{State: registration.Concluded}, 0},
			{county, store.Filter{States: []registration.State{registration.AtCounty, registration.Concluded}, Year: list[0].Year}, 27},
			{county, store.Filter{IDs: []string{list[0].ID, "x"}}, 1}} {
			page, err := w.Store.Applications(ctx, c.g, c.f, "", 10)
			if err != nil || page.Total != c.want || len(page.Rows) != int(min(10, c.want)) {
				t.Errorf("%+v: %d rows of %d, want %d, %v", c.f, len(page.Rows), page.Total, c.want, err)
			}
		}
		var seen []string
		at := ""
		var back []string
		for {
			page, err := w.Store.Applications(ctx, county, store.Filter{}, at, 10)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range page.Rows {
				seen = append(seen, a.ID)
				if a.Form.IDNumber.Plain()+a.Form.CertNumber.Plain()+string(a.Form.Gender)+string(a.Form.AppraisalY1)+string(a.Form.HealthEvidence) != "" {
					t.Fatal("a list opened what is encrypted")
				}
			}
			back = append(back, page.Prev)
			if page.Next == "" {
				break
			}
			at = page.Next
		}
		if len(seen) != 27 || !isSorted(seen) {
			t.Fatalf("paged over %d: %v", len(seen), seen)
		}
		page, err := w.Store.Applications(ctx, county, store.Filter{}, back[len(back)-1], 10)
		if err != nil || len(page.Rows) != 10 || page.Rows[0].ID != seen[10] || page.Prev == "" {
			t.Fatalf("back: %d rows, %v", len(page.Rows), err)
		}
		counts, err := w.Store.Counts(ctx, county, store.Filter{})
		if err != nil || counts["HS1"][registration.AtCounty] != 25 || counts["HS2"][registration.AtCounty] != 2 {
			t.Fatalf("%v %v", counts, err)
		}
	})
}

func isSorted(list []string) bool {
	for i := 1; i < len(list); i++ {
		if list[i-1] >= list[i] {
			return false
		}
	}
	return true
}

func TestOnePersonHasOneLiveApplicationAYear(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		a := w.Application(1, "HS1")
		w.Import(t, "U00003", "HS1", a)
		again := w.Application(2, "HS1")
		again.Form.IDNumber = a.Form.IDNumber
		before := w.Digest(t)
		g := w.Grant(t, "U00003", policy.Accept, "HS1")
		_, err := w.Store.Commit(context.Background(), g, nil, func(tx *store.Tx) (e audit.Entry, err error) {
			taken, err := tx.Taken(a.Year, a.Form.Claim(), registration.Claim{IDNumber: "nobody"})
			if err != nil || len(taken) != 1 || taken[a.Form.IDNumber] != a.ID {
				t.Errorf("taken: %v %v", len(taken), err)
			}
			return e, tx.Put(again)
		})
		if !fault.Is(err, fault.Conflict) || w.Digest(t) != before {
			t.Fatalf("a second live application: %v", err)
		}
		if strings.Contains(fmt.Sprint(err), a.Form.IDNumber.Plain()) {
			t.Error("the refusal shows the number")
		}
		again.State = registration.NotAccepted // holds nobody's place
		if _, err := accept(t, w, again.ID, func(tx *store.Tx) error { return tx.Put(again) }); err != nil {
			t.Fatal(err)
		}
		for i, held := range []bool{false, true} { // nor does a withdrawn one, held or not
			third := w.Application(3+i, "HS1")
			third.Form.IDNumber, third.State = a.Form.IDNumber, registration.Withdrawn
			if held {
				third.State, third.HeldFrom, third.HoldCase = registration.Held, registration.Withdrawn, "1"
			}
			if _, err := accept(t, w, third.ID, func(tx *store.Tx) error { return tx.Put(third) }); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestTheLogIsReadByTimeActPersonBodyAndSubject(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		ctx := context.Background()
		for i := range 5 {
			w.Import(t, "U00003", "HS1", w.Application(i, "HS1"))
		}
		id := w.Application(3, "HS1").ID
		if _, err := accept(t, w, id, reason(id, "甲")); err != nil {
			t.Fatal(err)
		}
		auditor := w.Grant(t, "U00002", policy.ReadLog, "341000")
		for _, c := range []struct {
			f    store.LogFilter
			want int
		}{{store.LogFilter{}, 8}, {store.LogFilter{Act: policy.ImportSheet}, 5}, {store.LogFilter{Actor: "U00001"}, 1}, {store.LogFilter{Organisation: "HS1"}, 6},
			{store.LogFilter{About: "application/" + id}, 1}, {store.LogFilter{Before: 3}, 3}, {store.LogFilter{From: time.Now().Add(time.Hour)}, 0},
			{store.LogFilter{To: time.Now().Add(time.Hour), Act: policy.Accept}, 1}} {
			list, next, err := w.Store.Entries(ctx, auditor, c.f, 100)
			if err != nil || len(list) != c.want || next != 0 {
				t.Errorf("%+v: %d entries, next %d, %v", c.f, len(list), next, err)
			}
		}
		list, next, err := w.Store.Entries(ctx, auditor, store.LogFilter{}, 3)
		if err != nil || len(list) != 3 || next != list[2].Number || list[0].Number != 7 {
			t.Fatalf("%v %d %v", list, next, err)
		}
		county := w.Grant(t, "U00010", policy.View, "341024")
		if list, _, err := w.Store.Entries(ctx, county, store.LogFilter{}, 100); err != nil || len(list) != 0 {
			t.Errorf("another county sees %d entries: %v", len(list), err)
		}
		if _, err := w.Store.Entry(ctx, county, 3); !fault.Is(err, fault.NotFound) {
			t.Errorf("another county reads entry 3: %v", err)
		}
		history, err := w.Store.EntriesAbout(ctx, w.Grant(t, "U00005", policy.View, "341021"), "application/"+id)
		if err != nil || len(history) != 2 || history[0].Act != string(policy.ImportSheet) || history[1].Act != string(policy.Accept) {
			t.Errorf("history: %+v %v", history, err)
		}
		e, err := w.Store.Entry(ctx, auditor, 4)
		if err != nil || e.Statement.Digest() != e.Entry.Statement || e.Seal.Digest() != e.Entry.Seal || e.State.Digest() != e.Entry.State || e.Annex == nil {
			t.Errorf("entry 4 with its bodies: %v", err)
		}
	})
}

func TestScratchKeepsItsContentsEncryptedAndGivesThemBack(t *testing.T) {
	both(t, func(t *testing.T, w *storetest.World) {
		ctx := context.Background()
		s, now := w.Store.Scratch(), time.Now().Truncate(time.Millisecond).In(storetest.Shanghai)
		p := store.Pending{ID: "p1", CookieHash: "c", Staff: "U00003", Kind: "send", Statement: []byte("secret text"), Annex: []byte("secret annex"),
			Payload: []byte("secret payload"), Created: now, Expires: now.Add(time.Minute)}
		job := store.ImportJob{ID: "j1", Organ: "HS1", Path: "/341000/341021/HS1/", By: "U00003", State: "read", Total: 3, FileName: "a.xlsx",
			Original: []byte("secret sheet"), Report: []byte("secret report"), Created: now}
		for _, err := range []error{s.PutPending(ctx, p), s.PutDraft(ctx, "U00003", "form", []byte("secret draft")), s.PutImportJob(ctx, job),
			s.PutImportRows(ctx, "j1", []store.ImportRow{{Line: 2, Code: "accept", Cells: []byte("secret cells")}, {Line: 3, Code: "bad", Cells: []byte("secret cells")}}),
			s.PutSession(ctx, store.Session{TokenHash: "h", Staff: "U00003", Fingerprint: "f", Started: now, Seen: now, Expires: now.Add(time.Hour)}, "", time.Hour),
			s.TouchSession(ctx, "h", now.Add(time.Second)), s.LockSession(ctx, "h", store.LockedIdle), s.ImportProgress(ctx, "j1", "done", 3, 3, []byte("secret report 2"))} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if got, err := s.Pending(ctx, "p1"); err != nil || !reflect.DeepEqual(got, p) {
			t.Errorf("%+v %v", got, err)
		}
		if got, err := s.Draft(ctx, "U00003", "form"); err != nil || string(got) != "secret draft" {
			t.Errorf("%s %v", got, err)
		}
		if got, err := s.ImportJob(ctx, "j1"); err != nil || string(got.Original) != "secret sheet" || string(got.Report) != "secret report 2" || got.State != "done" {
			t.Errorf("%+v %v", got, err)
		}
		if got, err := s.ImportRows(ctx, "j1", 0, 10, "bad"); err != nil || len(got) != 1 || got[0].Line != 3 || string(got[0].Cells) != "secret cells" {
			t.Errorf("%+v %v", got, err)
		}
		if got, err := s.ImportJobs(ctx, "HS1", 10); err != nil || len(got) != 1 || got[0].Original != nil {
			t.Errorf("%+v %v", got, err)
		}
		if got, err := s.Session(ctx, "h"); err != nil || got.Lock != store.LockedIdle || !got.Seen.Equal(now.Add(time.Second)) {
			t.Errorf("%+v %v", got, err)
		}
		for i := range 3 {
			if n, err := s.Throttle(ctx, "door", time.Hour); err != nil || n != i+1 {
				t.Errorf("%d %v", n, err)
			}
		}
		db := w.Raw(t)
		for _, table := range []string{"pendings", "drafts", "import_jobs", "import_rows"} {
			for _, row := range rowsOf(t, db, table) {
				for _, cell := range row {
					if b, ok := cell.([]byte); ok && bytes.Contains(b, []byte("secret")) {
						t.Errorf("%s lies open", table)
					}
				}
			}
		}
		for _, err := range []error{s.DeletePending(ctx, "p1"), s.DeleteDraft(ctx, "U00003", "form"), s.DeleteImportJob(ctx, "j1"), s.DeleteSession(ctx, "h"), s.Sweep(ctx)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Pending(ctx, "p1"); !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
	})
}
