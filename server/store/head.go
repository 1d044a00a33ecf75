package store

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"time"

	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
)

func decimal(n int) string { return strconv.Itoa(n) }

// head is the log's one mutable row.
type head struct {
	size     uint64
	root     audit.Hash
	frontier []byte
	epoch    uint64
	logged   int64
	mac      []byte
	signed   uint64 // the largest size known to be signed; not under the MAC, it only grows
}

// authenticate computes the head's MAC. Who can write the database but has not
// the key, which lives in the HSM and in a running portal's memory, cannot make
// a head that is ever signed.
func (h head) authenticate(key []byte, origin string) []byte {
	m := hmac.New(sha256.New, key)
	fmt.Fprintf(m, "sealdesk/v1 head\n%s\n", origin)
	var n [24]byte
	binary.BigEndian.PutUint64(n[:], h.size)
	binary.BigEndian.PutUint64(n[8:], h.epoch)
	binary.BigEndian.PutUint64(n[16:], uint64(h.logged))
	m.Write(n[:])
	m.Write(h.root[:])
	m.Write(h.frontier)
	return m.Sum(nil)
}

// readHead reads the row and believes it only under its MAC.
func (s *Store) readHead(set [][]any) (head, error) {
	if len(set) != 1 {
		return head{}, fault.New(fault.Unavailable, "数据库里没有日志的头，本库没有建好。请先运行 portal migrate，再运行 portal check。")
	}
	cells := set[0]
	forms := []form{number, blob, blob, number, number, blob, number}
	v := make([]any, len(forms))
	for i := range forms {
		var err error
		if v[i], err = cellOf(forms[i], cells[i]); err != nil {
			return head{}, fmt.Errorf("log head: %w", err)
		}
	}
	h := head{size: uint64(v[0].(int64)), frontier: v[2].([]byte), epoch: uint64(v[3].(int64)), logged: v[4].(int64),
		mac: v[5].([]byte), signed: uint64(v[6].(int64))}
	if root := v[1].([]byte); copy(h.root[:], root) != len(h.root) || len(root) != len(h.root) {
		return head{}, s.forged()
	}
	if h.size == 0 && len(h.mac) == 0 { // the row that the migration made
		var f audit.Frontier
		h.root = f.Root()
		h.frontier, _ = f.MarshalBinary()
		h.epoch = 0
		return h, nil
	}
	if !hmac.Equal(h.mac, h.authenticate(s.keys.HeadMAC, s.keys.Origin)) {
		return head{}, s.forged()
	}
	return h, nil
}

func (s *Store) forged() error {
	return fault.New(fault.Unavailable, "日志的头不是本系统写的，已停止受理和签发，没有任何记录被改动。请立即通知安全审计员，保留数据库现场，用 portal check --records 核查。")
}

// loggedAt is the time of the next entry: never earlier than the entry before
// it, nor than the moment the act arrived, whichever portal's clock said that.
func loggedAt(now, received time.Time, previous int64) time.Time {
	at := audit.Moment(now)
	if r := audit.Moment(received); r.After(at) {
		at = r
	}
	if p := audit.Moment(time.UnixMilli(previous)); p.After(at) {
		at = p
	}
	return at
}
