// Package migrations holds the numbered SQL of the database, one road for
// MariaDB and MySQL, one for SQLite, and the grants of the database accounts.
// A number that was released is never edited; what changes gets a new number.
// server/store applies them; nothing else reads them.
package migrations

import (
	"embed"
	"io/fs"
)

//go:embed mysql/*.sql sqlite/*.sql
var files embed.FS

// Grants is the SQL for the database administrator: who may do what to which
// table. It is not run by the program: the portal's account could not.
//
//go:embed grants.sql
var Grants string

// For gives the numbered files of one driver, "mysql" or "sqlite".
func For(driver string) (fs.FS, error) { return fs.Sub(files, driver) }
