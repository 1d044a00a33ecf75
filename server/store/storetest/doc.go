// Package storetest gives tests real databases and a ready store: one MariaDB
// per test process, SQLite files, and a small invented tree of bodies. It
// promises nothing to programs; only tests import it.
package storetest
