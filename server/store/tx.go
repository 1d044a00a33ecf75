package store

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

// slot names one record.
type slot struct {
	table *table
	id    string
}

// Tx is what a closure sees: the records as they are in the group's
// transaction, with the acts before it in the same group already done. What it
// puts lies in an overlay of its own until the act stands; a refusal drops the
// overlay and nothing else.
type Tx struct {
	mu       sync.Mutex
	over     bool // the closure returned in time
	dead     bool // the closure outlived its budget
	group    *group
	act      *act
	grant    policy.Grant
	number   uint64 // of its last entry
	own      map[slot]*row
	order    []slot
	derived  bool
	proposed *registration.Proposal
	signed   int // this act's last seal is the signed-th
}

var errDead = errors.New("the closure outlived its budget")

// Received is the moment by which windows are judged: the server's clock when
// the whole act had arrived.
func (tx *Tx) Received() time.Time { return tx.act.received }

// Number is the number that the act's (last) entry will have.
func (tx *Tx) Number() uint64 { return tx.number }

// Grant is the grant as it holds now: asked for again if authority had moved.
func (tx *Tx) Grant() policy.Grant { return tx.grant }

// Progress says which signature this is, and of how many: 1, 2 opens an act of
// two people, 2, 2 makes it. Unsealed acts give 0, 0.
func (tx *Tx) Progress() (signed, signers int) {
	if len(tx.act.seals) == 0 {
		return 0, 0
	}
	return tx.signed, tx.act.purpose.Signers
}

// Derive takes the statement as the closure writes it from the rows as they
// are now, and refuses when it is not, byte for byte, what was sealed. A sealed
// act that never called it is refused by Commit.
func (tx *Tx) Derive(again seal.Statement) error {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.dead {
		return errDead
	}
	if len(tx.act.seals) == 0 {
		return fmt.Errorf("store: Derive in an act without a seal")
	}
	if err := tx.act.seals[0].compare(again); err != nil {
		return err
	}
	tx.derived = true
	return nil
}

// Propose says what the open proposal of an act of several people is about;
// Unit, Path, Subject and Note are taken, the rest is the store's.
func (tx *Tx) Propose(p registration.Proposal) error {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.dead {
		return errDead
	}
	if len(tx.act.seals) == 0 || tx.signed >= tx.act.purpose.Signers {
		return fmt.Errorf("store: Propose in an act that is not the first of several")
	}
	tx.proposed = &p
	return nil
}

// see finds a record: this act's overlay, the group's, the rows read before,
// and else the database. nil: there is none.
func (tx *Tx) see(t *table, id string) (*row, error) {
	if tx.dead {
		return nil, errDead
	}
	if r, ok := tx.own[slot{t, id}]; ok {
		return r, nil
	}
	return tx.group.see(t, id)
}

// find is see within the reach of the grant: a record outside answers exactly
// as one that does not exist.
func (tx *Tx) find(t *table, id string) (*row, error) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	r, err := tx.see(t, id)
	if err != nil {
		return nil, err
	}
	if r == nil || !tx.reaches(r) {
		return nil, notFound(t)
	}
	return r, nil
}

func (tx *Tx) reaches(r *row) bool { return r.table.shared || tx.grant.Covers(r.path()) }

// names of the records for sentences.
var recordNames = map[*table]string{applications: "申请", reviews: "审查记录", corrections: "更正", windows: "时段", imports: "导入记录",
	proposals: "待签事项", looks: "查看记录", delegations: "委托", workingDays: "节假日安排", earlyRenewals: "未到期放行", sheetChanges: "导入改动", relatives: "亲属申报", organisations: "机构", staff: "人员", appointments: "任职", roleChanges: "任职变动", sheets: "责任书", dutyRules: "值班表和制度", exercises: "安全教育或演练记录", incidents: "安全事件", incidentNotes: "安全事件补记", filings: "备案表", custodyKeys: "钥匙",
	custodyTokens: "钥匙", custodyRequests: "申领",
	policies: "政策", custodians: "托管人名单", emergencies: "紧急事项",
	media: "介质", stocktakes: "盘点", sightings: "盘点记录"}

func notFound(t *table) error {
	return fault.New(fault.NotFound, "没有找到这条%s。请核对编号；不归您这里管的，请由该机构的人员办理。", recordNames[t])
}

// cond is one condition of a query: the column holds one of the values.
type cond struct {
	column string
	values []any
}

func is(column string, values ...any) cond { return cond{column, values} }

// among makes the test whether a row of the table meets the condition; a long
// list of texts is looked up rather than gone through.
func (c cond) among(t *table) func(*row) bool {
	index := t.index(c.column)
	if len(c.values) > 16 && t.columns[index].form == text {
		listed := make(map[any]bool, len(c.values))
		for _, v := range c.values {
			listed[v] = true
		}
		return func(r *row) bool { return listed[r.stored[index]] }
	}
	return func(r *row) bool { return c.holds(r.stored[index]) }
}

func (c cond) holds(cell any) bool {
	for _, v := range c.values {
		if b, ok := v.([]byte); ok {
			if have, ok := cell.([]byte); ok && bytes.Equal(have, b) {
				return true
			}
		} else if cell == v {
			return true
		}
	}
	return false
}

// where finds records by other columns than the key. The database is asked
// once, then the overlays are laid over the answer, so that nothing needs to be
// flushed for a closure to see what acts before it did.
func (tx *Tx) where(t *table, conds ...cond) ([]*row, error) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	all, err := tx.everywhere(t, conds...)
	if err != nil {
		return nil, err
	}
	mine := all[:0]
	for _, r := range all {
		if tx.reaches(r) {
			mine = append(mine, r)
		}
	}
	return mine, nil
}

// everywhere is where without regard to reach.
func (tx *Tx) everywhere(t *table, conds ...cond) ([]*row, error) {
	if tx.dead {
		return nil, errDead
	}
	var b strings.Builder
	b.WriteString("SELECT " + t.selection() + " FROM " + t.name + " WHERE 1 = 1")
	var args []any
	for _, c := range conds {
		if len(c.values) == 0 {
			return nil, nil
		}
		b.WriteString(" AND " + c.column + " IN (?" + strings.Repeat(",?", len(c.values)-1) + ")")
		args = append(args, c.values...)
	}
	read, err := tx.group.read(t, want{b.String(), args})
	if err != nil {
		return nil, err
	}
	seen := make(map[string]*row, len(read))
	for _, r := range read {
		seen[r.id] = r
	}
	for _, layer := range []map[slot]*row{tx.group.staged, tx.own} {
		for at, r := range layer {
			if at.table == t && r != nil {
				seen[at.id] = r
			}
		}
	}
	var found []*row
	for _, r := range seen {
		found = append(found, r)
	}
	for _, c := range conds {
		meets := c.among(t)
		found = slices.DeleteFunc(found, func(r *row) bool { return !meets(r) })
	}
	sort.Slice(found, func(i, j int) bool { return found[i].id < found[j].id })
	return found, nil
}

// put lays a record over what was there. A record that exists must have been
// read in this transaction before it is changed; its entry guards the update.
func (tx *Tx) put(t *table, plain []any) error {
	if tx.dead {
		return errDead
	}
	id, _ := plain[0].(string)
	at, before := slot{t, id}, tx.known(t, id)
	r, err := tx.group.store.cipher.layRow(t, plain, before)
	if err != nil {
		return err
	}
	if before != nil {
		r.entry = before.entry
		if !tx.grant.Covers(before.path()) {
			return tx.outside(t)
		}
	}
	if !tx.grant.Covers(r.path()) {
		return tx.outside(t)
	}
	if _, again := tx.own[at]; !again {
		tx.order = append(tx.order, at)
	}
	tx.own[at] = r
	return nil
}

// known is see without asking the database.
func (tx *Tx) known(t *table, id string) *row {
	if r := tx.own[slot{t, id}]; r != nil {
		return r
	}
	return tx.group.known(t, id)
}

func (tx *Tx) outside(t *table) error {
	return forbid("这条%s不在授权的机构（%s）之内，没有改动。", recordNames[t], tx.grant.Body().ID)
}
