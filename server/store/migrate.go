package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/pressly/goose/v3"

	"sealdesk/migrations"
	"sealdesk/server/internal/fault"
)

// Migrate brings the schema to this program's version, one numbered file after
// the other. It runs under an account of its own, never the portal's.
func Migrate(ctx context.Context, c Config) error {
	if err := migrate(ctx, c); err != nil {
		return fault.Wrap(err, fault.Unavailable, "数据库结构没有升级成功。请检查数据库地址和升级账户的权限，再运行一次 portal migrate。")
	}
	return nil
}

func migrate(ctx context.Context, c Config) (err error) {
	driver, dialect, dsn := "sqlite3", goose.DialectSQLite3, sqliteDSN(c.DSN, true)
	if c.Driver == MySQL {
		driver, dialect = "mysql", goose.DialectMySQL
		if dsn, err = mysqlDSN(c.DSN, true, 0); err != nil {
			return err
		}
	}
	files, err := migrations.For(c.Driver)
	if err != nil {
		return err
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	provider, err := goose.NewProvider(dialect, db, files)
	if err != nil {
		return err
	}
	_, err = provider.Up(ctx)
	return err
}
