package store

import (
	"context"

	"sealdesk/hsm/seal"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
)

// signatures are the entries that stand on the same statement, in order.
func (s *Store) signatures(ctx context.Context, at uint64) ([]uint64, error) {
	set, err := s.ask(ctx, want{"SELECT number FROM log_entries WHERE statement = (SELECT statement FROM log_entries WHERE number = ?) ORDER BY number", []any{int64(at)}})
	if err != nil {
		return nil, unreadable(err)
	}
	var list []uint64
	for _, cells := range set {
		n, err := cellOf(number, cells[0])
		if err != nil {
			return nil, unreadable(err)
		}
		list = append(list, uint64(n.(int64)))
	}
	return list, nil
}

// openingOf finds a record's row in an annex; nil for a statement without one.
func openingOf(annex []byte, record string) (*audit.RowOpening, error) {
	if len(annex) == 0 {
		return nil, nil
	}
	a, err := seal.ParseAnnex(annex)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "附件读不出来，请通知安全审计员核查。")
	}
	for _, r := range a.Rows {
		if r.Record == record {
			return &audit.RowOpening{Record: r.Record, Salt: r.Salt, Cells: r.Cells}, nil
		}
	}
	return nil, fault.New(fault.NotFound, "这一号的名单里没有这条记录。请从记录的页面取证明文件。")
}
