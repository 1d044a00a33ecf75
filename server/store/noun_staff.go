package store

import (
	"strings"

	"sealdesk/server/org"
)

func filingCells(f org.Filing, path string) []any {
	return []any{f.ID, f.Staff, f.Org, path, string(f.Kind), f.Name, f.Post, f.Phone.Plain(), strings.Join(f.Roles, " "), f.Pledge,
		millis(f.Starts), millisOrNull(f.Closes), millisOrNull(f.Upward), string(f.State), f.By, millis(f.At), f.CheckedBy,
		millisOrNull(f.CheckedAt), f.Note}
}

func filingOf(row *row) org.Filing {
	r := reader{cells: row.plain}
	f := org.Filing{ID: r.text(), Staff: r.text()}
	f.Org = r.text()
	r.any()
	f.Kind, f.Name, f.Post, f.Phone = org.FilingKind(r.text()), r.text(), r.text(), org.Phone(r.text())
	f.Roles, f.Pledge, f.Starts, f.Closes, f.Upward = strings.Fields(r.text()), r.text(), r.time(), momentOrNil(r.any()), momentOrNil(r.any())
	f.State, f.By, f.At = org.FilingState(r.text()), r.text(), r.time()
	f.CheckedBy, f.CheckedAt, f.Note = r.text(), momentOrNil(r.any()), r.text()
	return f
}

func roleChangeCells(c org.RoleChange, path string) []any {
	granted := int64(0)
	if c.Granted {
		granted = 1
	}
	return []any{c.ID, c.Staff, c.Org, path, c.Role, granted, strings.Join(c.Before, " "), strings.Join(c.After, " "), c.AskedBy, c.DoneBy,
		c.Reason, millis(c.At), c.ReviewedBy, millisOrNull(c.ReviewedAt)}
}

func roleChangeOf(row *row) org.RoleChange {
	r := reader{cells: row.plain}
	c := org.RoleChange{ID: r.text(), Staff: r.text(), Org: r.text()}
	r.any()
	c.Role, c.Granted, c.Before, c.After = r.text(), r.int() == 1, strings.Fields(r.text()), strings.Fields(r.text())
	c.AskedBy, c.DoneBy, c.Reason, c.At = r.text(), r.text(), r.text(), r.time()
	c.ReviewedBy, c.ReviewedAt = r.text(), momentOrNil(r.any())
	return c
}
