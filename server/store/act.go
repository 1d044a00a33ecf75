package store

import (
	"context"
	"encoding/hex"
	"slices"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
)

// Work is an act's closure. It may run several times, so it has no side
// effects, uses nothing read outside its Tx, and returns the entry's subject
// and note; actor, key, body, act, times and digests are the store's.
type Work = func(*Tx) (audit.Entry, error)

// Ref names a record that an act will read.
type Ref struct {
	table *table
	id    string
}

// Refs of records, for Reads.
func OfApplication(id string) Ref  { return Ref{applications, id} }
func OfWindow(id string) Ref       { return Ref{windows, id} }
func OfImport(id string) Ref       { return Ref{imports, id} }
func OfDelegation(id string) Ref   { return Ref{delegations, id} }
func OfRelative(id string) Ref     { return Ref{relatives, id} }
func OfEarlyRenewal(id string) Ref { return Ref{earlyRenewals, id} }
func OfWorkingDays(id string) Ref  { return Ref{workingDays, id} }
func OfOrganisation(id string) Ref { return Ref{organisations, id} }
func OfStaff(id string) Ref        { return Ref{staff, id} }
func OfFiling(id string) Ref       { return Ref{filings, id} }
func OfRoleChange(id string) Ref   { return Ref{roleChanges, id} }
func OfSheet(id string) Ref        { return Ref{sheets, id} }
func OfRules(id string) Ref        { return Ref{dutyRules, id} }
func OfExercise(id string) Ref     { return Ref{exercises, id} }
func OfIncident(id string) Ref     { return Ref{incidents, id} }
func OfKey(fingerprint string) Ref { return Ref{custodyKeys, fingerprint} }
func OfToken(serial string) Ref    { return Ref{custodyTokens, serial} }
func OfRequest(id string) Ref      { return Ref{custodyRequests, id} }
func OfMedium(id string) Ref       { return Ref{media, id} }
func OfStocktake(id string) Ref    { return Ref{stocktakes, id} }

// Subject spells the record as the log's subject.
func (r Ref) Subject() string { return r.table.subjectOf(r.id) }

// Option is what Commit may be told besides.
type Option func(*act)

// Reads declares records that the closure will ask for, so that one round trip
// fetches those of the whole group. It is a hint: undeclared ones are read too.
func Reads(refs ...Ref) Option {
	return func(a *act) { a.reads = append(a.reads, refs...) }
}

// Long gives a declared batch more time than one act's budget.
func Long(budget time.Duration) Option { return func(a *act) { a.budget = budget } }

// Received says when an unsealed act had arrived; a seal carries its own time.
func Received(at time.Time) Option { return func(a *act) { a.received = at } }

// act is one request to change something, on its way through the store.
type act struct {
	ctx      context.Context
	grant    policy.Grant
	seals    []sealed
	purpose  audit.Purpose // zero for an unsealed act
	work     Work
	reads    []Ref
	budget   time.Duration
	received time.Time
	done     chan answer // one place: the committer never waits for a caller
	again    bool        // it was in a group that failed
}

// indexed tells that earlier entries on the act's statement need not be read
// before it is judged: of one person's seal over a text that names that person
// the log's unique index of statement and signer refuses a second, and its group,
// run again, asks. So does a refusal (see judge): a seal posted twice hears its
// receipt, not that the record has moved.
func (a *act) indexed() bool {
	return !a.again && len(a.seals) == 1 && a.purpose.Signers == 1 && a.seals[0].signer.Staff != ""
}

// sealed is a verified seal with what an entry needs of it, made before the
// queue so that the committer does not.
type sealed struct {
	seal.Verified
	fingerprint string
	header      seal.Header
	signer      seal.Signer // the line of the text that this seal answers; zero for a login
	text        seal.Text
	content     []byte
	digest      [32]byte
	statement   audit.Salted
	signature   audit.Salted
	annex       []byte
}

type answer struct {
	receipt audit.Receipt
	err     error
	earlier int64 // number of the entry that already used this seal, -1 if none
}

func (a *act) answer(r audit.Receipt, err error) { a.done <- answer{r, err, -1} }

// refuse answers with an error before the act reached the database.
func forbid(format string, args ...any) error { return fault.New(fault.Forbidden, format, args...) }

// admit makes an act of what Commit was given, or refuses it: everything that
// can be judged without the database.
func (s *Store) admit(ctx context.Context, g policy.Grant, seals []seal.Verified, work Work, opts []Option) (*act, error) {
	if g.IsZero() {
		return nil, forbid("这项操作没有得到授权，不能办理。请重新登录后再试。")
	}
	rule, known := rules[g.Act()]
	if !known {
		return nil, forbid("“%s”不是可以入册的行为，什么都没有改动。", g.Act().Name())
	}
	a := &act{ctx: ctx, grant: g, work: work, budget: s.config.Budget, received: s.clock(), done: make(chan answer, 1)}
	for _, o := range opts {
		o(a)
	}
	if len(seals) == 0 {
		if !rule.unsealed {
			return nil, forbid("“%s”须有签章才能办理，这次没有收到签章。请在签署页面用钥匙签署。", g.Act().Name())
		}
		return a, nil
	}
	if rule.unsealed {
		return nil, forbid("“%s”不用签章，收到的签章没有使用，什么都没有改动。", g.Act().Name())
	}
	return a, a.take(s, rule, seals)
}

// take checks purpose, portal and number of the seals.
func (a *act) take(s *Store, rule rule, seals []seal.Verified) error {
	name := a.grant.Act().Name()
	for i, v := range seals {
		if v.IsZero() {
			return forbid("收到的签章没有经过验证，“%s”没有办理。", name)
		}
		m, err := s.prepare(v)
		if err != nil {
			return err
		}
		p, ok := rule.purposes.Of(v.Kind())
		if !ok {
			return forbid("这份签章的用途与“%s”不同，不能挪用。请回到门户就本事项重新签署。", name)
		}
		if m.header.Portal != s.keys.Portal {
			return forbid("这份签章是为另一个门户签的，不能用在这里。请回到本门户重新签署。")
		}
		if i > 0 && m.digest != a.seals[0].digest {
			return forbid("收到的几份签章签的不是同一份文本，“%s”没有办理。", name)
		}
		a.purpose = p
		a.seals = append(a.seals, m)
		if i == 0 || v.Received().After(a.received) {
			a.received = v.Received()
		}
	}
	h := a.seals[0].header
	if a.purpose.Kind != seal.Login && len(h.Signers) != a.purpose.Signers {
		return forbid("“%s”的文本应列明 %d 名签署人，这一份列了 %d 名。请回到门户重新生成。", name, a.purpose.Signers, len(h.Signers))
	}
	if len(seals) != a.purpose.To-a.purpose.From+1 {
		return forbid("“%s”这一步需要 %d 份签章，收到 %d 份。", name, a.purpose.To-a.purpose.From+1, len(seals))
	}
	for i := range a.seals {
		for j := range i {
			if a.seals[i].fingerprint == a.seals[j].fingerprint {
				return forbid("同一把钥匙的签章只算一份，“%s”需要不同的人签署。", name)
			}
		}
	}
	return nil
}

// prepare salts and digests what the entry will name.
func (s *Store) prepare(v seal.Verified) (sealed, error) {
	statement := v.Statement()
	h, err := statement.Header()
	if err != nil {
		return sealed{}, fault.Wrap(err, fault.Invalid, "签章所签的文本缺少规定的开头，不能受理。请回到门户重新生成。")
	}
	annex, err := statement.Annex.Print()
	if err != nil {
		return sealed{}, fault.Wrap(err, fault.Invalid, "签章所带的附件写法不合规定，不能受理。请回到门户重新生成。")
	}
	content := v.Content()
	m := sealed{Verified: v, fingerprint: v.Fingerprint(), header: h, text: statement.Text, content: content, digest: v.Digest(),
		statement: audit.Salt(content), signature: audit.Salt(v.DER()), annex: annex}
	for _, s := range h.Signers {
		if s.Fingerprint == m.fingerprint {
			m.signer = s
		}
	}
	return m, nil
}

// proposalID names the proposal of a statement of several people.
func (m sealed) proposalID() string { return hex.EncodeToString(m.digest[:]) }

// size is about how much the act will write, for the group's bound.
func (a *act) size() int {
	n := 2048
	for _, m := range a.seals {
		n += len(m.content) + len(m.annex) + len(m.signature.Bytes)
	}
	return n
}

// compare tells where a statement derived again differs from the signed one. A
// text has one spelling, made of its kind, fields and rows alone: when these
// are equal to the parsed signed text's, so are the bytes.
func (m *sealed) compare(again seal.Statement) error {
	if again.Text.Kind == m.text.Kind && slices.Equal(again.Text.Fields, m.text.Fields) &&
		slices.EqualFunc(again.Text.Rows, m.text.Rows, slices.Equal[[]string]) {
		return nil
	}
	return fault.New(fault.Conflict, "签署之后%s有变，按现在的记录与您签的文本不一致；没有办理。请刷新核对后重新签署，原来的草稿仍在。", difference(m.text, again.Text))
}

// difference names the first label or line that differs, never a value.
func difference(signed, now seal.Text) string {
	for i, f := range signed.Fields {
		if i >= len(now.Fields) || now.Fields[i] != f {
			return "“" + f.Label + "”"
		}
	}
	if len(signed.Rows) != len(now.Rows) {
		return "名单的行数"
	}
	for i, cells := range signed.Rows {
		for j := range cells {
			if j >= len(now.Rows[i]) || now.Rows[i][j] != cells[j] {
				return "名单第 " + decimal(i+1) + " 行"
			}
		}
	}
	return "文本"
}
