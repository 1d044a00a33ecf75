package audit

import (
	"bytes"
	"strconv"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// MaxEntry is the most bytes that an entry may have.
const MaxEntry = 2048

// maxToken bounds each identifier of an entry, maxNote its note, in bytes.
const (
	maxToken = 200
	maxNote  = 300
)

// MaxDelay is how much later than received an act may be logged.
const MaxDelay = 60 * time.Second

// An Entry is one leaf of the log. It carries numbers and fingerprints, never
// a name: identifiers are printable ASCII, which no Chinese name is.
type Entry struct {
	Number   uint64 // position in the log, from 0; equals the leaf's index
	Previous int64  // number of the latest earlier entry with the same Subject, -1 when there is none

	Received time.Time // server clock when the whole act had arrived
	Logged   time.Time // server clock at the append; at least Received, at most MaxDelay later

	Act     string // act id of the policy
	Actor   string // staff number; "" (spelled 无) when nobody is known
	Key     string // fingerprint of the key that sealed; "" (无) for unsealed acts
	Body    string // organisation id; "" (无) when no body is concerned
	Subject string // kind/number, e.g. application/A2024-000123; "" (无) when there is none

	Signed, Signers int // this seal is the Signed-th of Signers; 0, 0 for unsealed acts

	Statement Digest // over the statement's text
	Seal      Digest // over this signer's CMS seal
	State     Digest // over the State that the act left

	Note string // optional, e.g. how many refusals are counted; no personal data
}

// SpellTime gives the one spelling of a time in the log's texts.
func SpellTime(t time.Time) string { return t.In(zone).Format(timeLayout) }

// Print gives the entry's canonical bytes: the text form of kind entry.
// It refuses what ParseEntry would not give back.
func (e Entry) Print() ([]byte, error) {
	if err := e.check(); err != nil {
		return nil, err
	}
	b := make([]byte, 0, 768)
	line := func(label, value string) {
		b = append(b, label...)
		b = append(b, ": "...)
		b = append(b, value...)
		b = append(b, '\n')
	}
	previous := none
	if e.Previous >= 0 {
		previous = strconv.FormatInt(e.Previous, 10)
	}
	b = append(b, entryHead...)
	line(labelNumber, strconv.FormatUint(e.Number, 10))
	line(labelPrevious, previous)
	line(labelReceived, SpellTime(e.Received))
	line(labelLogged, SpellTime(e.Logged))
	line(labelAct, e.Act)
	line(labelActor, orNone(e.Actor))
	line(labelKey, orNone(e.Key))
	line(labelBody, orNone(e.Body))
	line(labelSubject, orNone(e.Subject))
	line(labelProgress, strconv.Itoa(e.Signed)+"/"+strconv.Itoa(e.Signers))
	line(labelStatement, e.Statement.String())
	line(labelSeal, e.Seal.String())
	line(labelState, e.State.String())
	if e.Note != "" {
		line(labelNote, e.Note)
	}
	if len(b) > MaxEntry {
		return nil, fault.New(fault.Invalid, "日志条目第 %d 号有 %d 字节，超过上限 %d 字节；请缩短说明。", e.Number, len(b), MaxEntry)
	}
	return b, nil
}

// The entry's first line and its labels, in the order of the form.
const (
	entryHead      = "sealdesk/v1 entry\n"
	labelNumber    = "序号"
	labelPrevious  = "前一条"
	labelReceived  = "收到"
	labelLogged    = "入册"
	labelAct       = "行为"
	labelActor     = "人员"
	labelKey       = "钥匙"
	labelBody      = "机构"
	labelSubject   = "主体"
	labelProgress  = "签署进度"
	labelStatement = "陈述摘要"
	labelSeal      = "签章摘要"
	labelState     = "状态摘要"
	labelNote      = "说明"
)

func orNone(s string) string {
	if s == "" {
		return none
	}
	return s
}

// check refuses what has no spelling or contradicts itself.
func (e Entry) check() error {
	refuse := func(label, why string) error {
		return fault.New(fault.Invalid, "日志条目第 %d 号的“%s”不成立：%s。", e.Number, label, why)
	}
	if e.Number > maxNumber {
		return refuse(labelNumber, "超出范围")
	}
	if e.Previous < -1 || e.Previous >= 0 && uint64(e.Previous) >= e.Number {
		return refuse(labelPrevious, "应早于本条")
	}
	for _, t := range []struct {
		label string
		at    time.Time
	}{{labelReceived, e.Received}, {labelLogged, e.Logged}} {
		if y := t.at.In(zone).Year(); y < minYear || y > maxYear {
			return refuse(t.label, "年份超出范围")
		}
		if t.at.Nanosecond()%int(time.Millisecond) != 0 {
			return refuse(t.label, "应精确到毫秒")
		}
	}
	for _, v := range []struct{ label, value string }{
		{labelActor, e.Actor}, {labelKey, e.Key}, {labelBody, e.Body}, {labelSubject, e.Subject},
	} {
		if v.value != "" && v.value != none && !isToken(v.value) {
			return refuse(v.label, "只能用字母、数字和 . _ / : @ + = - ，最多 200 字节")
		}
	}
	if !isToken(e.Act) {
		return refuse(labelAct, "只能用字母、数字和 . _ / : @ + = - ，最多 200 字节")
	}
	if why := progressFault(e.Signed, e.Signers, !e.Statement.IsZero(), !e.Seal.IsZero(), e.Key != "" && e.Key != none); why != "" {
		return refuse(labelProgress, why)
	}
	if e.Note != "" && !isNote(e.Note) {
		return refuse(labelNote, "应为不超过 300 字节的一行规范文字")
	}
	return nil
}

// maxSigners bounds how many people one statement can name.
const maxSigners = 99

// progressFault says why the signing progress contradicts the digests, or "".
func progressFault(signed, signers int, statement, seal, key bool) string {
	switch {
	case signed < 0 || signers < 0 || signers > maxSigners || signed > signers:
		return "进度超出范围"
	case signers == 0 && (statement || seal):
		return "进度为 0/0，却有陈述摘要或签章摘要"
	case signers > 0 && signed == 0:
		return "签署人数不为零，序次却为零"
	case signers > 0 && !(statement && seal && key):
		return "有签署进度，却缺少陈述摘要、签章摘要或钥匙"
	}
	return ""
}

// isToken reports whether s can stand as an identifier.
func isToken[T string | []byte](s T) bool {
	if len(s) == 0 || len(s) > maxToken {
		return false
	}
	for i := 0; i < len(s); i++ {
		if !tokenByte[s[i]] {
			return false
		}
	}
	return true
}

// tokenByte lists the bytes of identifiers.
var tokenByte = func() (t [256]bool) {
	for _, c := range []byte("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/:@+=-") {
		t[c] = true
	}
	return t
}()

// isNote reports whether s can stand as a note's one line.
func isNote(s string) bool {
	return s != none && len(s) <= maxNote && seal.CheckValue(s) == nil
}

// ParseEntry reads an entry's canonical bytes and refuses every other
// spelling: Print gives back the same bytes.
func ParseEntry(b []byte) (Entry, error) {
	var v entryView
	if !v.parse(b) {
		return parseEntrySlowly(b)
	}
	e := v.entry()
	if err := e.check(); err != nil {
		return Entry{}, err
	}
	return e, nil
}

func (v *entryView) entry() Entry {
	token := func(b []byte) string {
		if bytes.Equal(b, noneBytes) {
			return ""
		}
		return string(b)
	}
	digest := func(b []byte) (d Digest) {
		if b != nil {
			hexDigest(b, &d) // checked when it was parsed
		}
		return d
	}
	return Entry{
		Number: v.number, Previous: v.previous,
		Received: time.UnixMilli(v.received).In(zone), Logged: time.UnixMilli(v.logged).In(zone),
		Act: string(v.act), Actor: token(v.actor), Key: token(v.key), Body: token(v.body), Subject: token(v.subject),
		Signed: v.signed, Signers: v.signers,
		Statement: digest(v.statement), Seal: digest(v.seal), State: digest(v.state),
		Note: string(v.note),
	}
}
