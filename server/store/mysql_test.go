package store

import (
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// A context that never ends is all that the committer gives its connection, so
// the connection itself must know how long an answer may take.
func TestTheCommittersConnectionKeepsTheTimeOfAnAnswer(t *testing.T) {
	for given, want := range map[string][2]time.Duration{
		"":                                  {answerTime, answerTime},
		"?readTimeout=700ms":                {700 * time.Millisecond, answerTime},
		"?readTimeout=5s&writeTimeout=2s":   {5 * time.Second, 2 * time.Second},
		"?readTimeout=0s&writeTimeout=1m1s": {answerTime, 61 * time.Second},
	} {
		dsn, err := mysqlDSN("portal@unix(/run/m.sock)/sealdesk"+given, true, answerTime)
		if err != nil {
			t.Fatal(err)
		}
		got, err := mysql.ParseDSN(dsn)
		if err != nil {
			t.Fatal(err)
		}
		if got.ReadTimeout != want[0] || got.WriteTimeout != want[1] || !got.MultiStatements {
			t.Errorf("%q: %s", given, dsn)
		}
	}
}
