package store

import (
	"context"
	"crypto/sha256"
	"errors"

	"sealdesk/server/audit"
)

// indexed are the columns of an entry's row: the leaf, which the tree covers, and
// those beside it, by which lists are filtered, records find their history and a
// seal is found to be used. They say again what the leaf says; altered, they hide
// an entry from whoever asks for it, or let a used seal pass, and no root changes.
const indexed = "leaf, number, previous, received, logged, act, actor, body, subject, statement, path"

// indexedEntry reads an entry with its row, and names the column that does not say
// what the leaf says, empty if all do. Of the statement it tells only whether there
// is one: its digest stands in no leaf, and its path follows from the body.
func indexedEntry(cells []any) (e audit.Entry, leaf []byte, astray string, err error) {
	raw, err := cellOf(blob, cells[0])
	if err != nil {
		return e, nil, "", err
	}
	leaf = raw.([]byte)
	if e, err = audit.ParseEntry(leaf); err != nil {
		return e, leaf, "", err
	}
	for i, said := range []int64{int64(e.Number), e.Previous, millis(e.Received), millis(e.Logged)} {
		if v, err := cellOf(number, cells[1+i]); err != nil || v != said {
			return e, leaf, []string{"number", "previous", "received", "logged"}[i], nil
		}
	}
	for i, said := range []string{e.Act, e.Actor, e.Body, e.Subject} {
		if v, err := cellOf(text, cells[5+i]); err != nil || v != said {
			return e, leaf, []string{"act", "actor", "body", "subject"}[i], nil
		}
	}
	if (cells[9] == nil) != e.Statement.IsZero() {
		astray = "statement"
	}
	return e, leaf, astray, nil
}

// indexFault notes an entry whose row or statement is not as its leaf has it.
func (c *recordCheck) indexFault(e audit.Entry, column string) {
	c.fault(logSubject(e.Number), int64(e.Number), "第 %d 号条目在数据库里的“%s”一栏与条目不符：它被改动过，按这一栏查询会漏掉或错认这一条。条目本身没有改。", e.Number, column)
}

// logSubject names an entry among records that are not as the log left them.
func logSubject(n uint64) string { return "entry/" + decimal(int(n)) }

// statement holds the digest beside a leaf against the text itself, which the
// leaf covers with its salt.
func (c *recordCheck) statement(e audit.Entry, cell any, kept map[uint64]audit.Salted) error {
	if e.Statement.IsZero() {
		return nil
	}
	text, there := kept[e.Number]
	if !there || text.Digest() != e.Statement {
		c.fault(logSubject(e.Number), int64(e.Number), "第 %d 号条目所签的原文缺失，或与条目不符：它在数据库里被改动过。", e.Number)
		return nil
	}
	digest, err := cellOf(blob, cell)
	if err != nil {
		return err
	}
	if sum := sha256.Sum256(text.Bytes); string(sum[:]) != string(digest.([]byte)) {
		c.indexFault(e, "statement")
	}
	return nil
}

// statements reads the texts that the entries of a part of the log stand on.
func (c *recordCheck) statements(ctx context.Context, from, to uint64, ask asker) (map[uint64]audit.Salted, error) {
	kept := map[uint64]audit.Salted{}
	return kept, c.texts(ctx, "statement", from, to, ask, func(at uint64, salted audit.Salted, _ []byte) { kept[at] = salted })
}

// bodies reads where each body lies; the system lies nowhere.
func (c *recordCheck) bodies(ctx context.Context, ask asker) error {
	set, err := ask(ctx, want{"SELECT id, path FROM organisations", nil})
	if err != nil {
		return err
	}
	c.bodyPaths = map[string]string{"system": "/"}
	for _, cells := range set {
		id, err1 := cellOf(text, cells[0])
		path, err2 := cellOf(text, cells[1])
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		c.bodyPaths[id.(string)] = path.(string)
	}
	return nil
}

// paths names the entries whose path is not that of the body they were done for;
// a body never moves. One whose own row is not as the log has it was named
// already, and says nothing about its entries.
func (c *recordCheck) paths() {
	wrong := map[string]bool{}
	for _, f := range c.report.Faults {
		wrong[f.Subject] = true
	}
	for _, e := range c.elsewhere {
		if subject := organisations.subjectOf(e.Body); !wrong[subject] {
			c.indexFault(e, "path")
		}
	}
}
