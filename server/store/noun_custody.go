package store

import (
	"sealdesk/server/custody"
)

func keyCells(k custody.Key, path string) []any {
	return []any{k.Fingerprint, k.Staff, path, k.Certificate, k.TokenLabel, string(k.State), millis(k.Since), k.By, k.Reason,
		k.Token, k.Serial, k.Issuer, k.Public}
}

func keyOf(row *row) custody.Key {
	r := reader{cells: row.plain}
	k := custody.Key{Fingerprint: r.text(), Staff: r.text()}
	r.any()
	k.Certificate, k.TokenLabel, k.State, k.Since = r.bytes(), r.text(), custody.State(r.text()), r.time()
	k.By, k.Reason, k.Token, k.Serial, k.Issuer, k.Public = r.text(), r.text(), r.text(), r.text(), r.text(), r.text()
	return k
}

func tokenCells(t custody.Token, path string) []any {
	mark := t.LossMark
	if mark == nil {
		mark = []byte{}
	}
	return []any{t.Serial, t.Label, t.Vendor, string(t.State), t.Custodian, path, t.For, t.Delivery, millis(t.Delivered), millis(t.Since),
		t.By, t.Reason, mark}
}

func tokenOf(row *row) custody.Token {
	r := reader{cells: row.plain}
	t := custody.Token{Serial: r.text(), Label: r.text(), Vendor: r.text(), State: custody.State(r.text()), Custodian: r.text()}
	r.any()
	t.For, t.Delivery, t.Delivered, t.Since, t.By, t.Reason = r.text(), r.text(), r.time(), r.time(), r.text(), r.text()
	if t.LossMark = r.bytes(); len(t.LossMark) == 0 {
		t.LossMark = nil
	}
	return t
}

func requestCells(q custody.Request, path string) []any {
	return []any{q.ID, q.Staff, path, q.By, q.Reason, millis(q.At), string(q.State), q.Token}
}

func requestOf(row *row) custody.Request {
	r := reader{cells: row.plain}
	q := custody.Request{ID: r.text(), Staff: r.text()}
	r.any()
	q.By, q.Reason, q.At, q.State, q.Token = r.text(), r.text(), r.time(), custody.RequestState(r.text()), r.text()
	return q
}
