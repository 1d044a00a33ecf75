package custody

import (
	"regexp"
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// MediumState is where a storage medium is in its life (R59).
type MediumState string

// A medium is in use, on its way to another custodian, wiped, missing, or
// destroyed. One that was wiped says so on its way and while it is missing, and
// never comes back as one in use.
const (
	InUse           MediumState = "in_use"
	InHandover      MediumState = "handover"
	Missing         MediumState = "lost"
	Wiped           MediumState = "wiped"
	WipedInHandover MediumState = "wiped_handover"
	WipedMissing    MediumState = "wiped_lost"
	Scrapped        MediumState = "destroyed"
)

// Word is the state on a page.
func (s MediumState) Word() string {
	switch s {
	case InUse:
		return "在用"
	case InHandover:
		return "待接收"
	case Wiped:
		return "已清除"
	case WipedInHandover:
		return "待接收，已清除"
	case Missing:
		return "已报失"
	case WipedMissing:
		return "已报失，已清除"
	case Scrapped:
		return "已销毁"
	}
	return "状态不明"
}

// wiped reports whether nothing is left on the medium.
func (s MediumState) wiped() bool {
	return s == Wiped || s == WipedInHandover || s == WipedMissing
}

// OnItsWay reports whether the taker has not sealed yet.
func (s MediumState) OnItsWay() bool { return s == InHandover || s == WipedInHandover }

// Gone reports whether the medium is missing.
func (s MediumState) Gone() bool { return s == Missing || s == WipedMissing }

// held reports whether the medium is where its custodian has it.
func (s MediumState) held() bool { return s == InUse || s == Wiped }

// or is full, or clear for a medium that was wiped.
func (s MediumState) or(full, clear MediumState) MediumState {
	if s.wiped() {
		return clear
	}
	return full
}

// MediumKinds are the kinds of media that the register knows (R59), in the order
// of the form.
var MediumKinds = []string{"移动硬盘", "U盘", "光盘", "硬盘", "带存储的打印机", "备份磁带", "其他"}

// Encryptions are what may be said of a medium's encryption.
var Encryptions = []string{"硬件加密", "软件加密", "未加密"}

// Medium is a disk, a stick or a printer with memory, and the one person who
// answers for it.
type Medium struct {
	ID, Kind                       string // M-07
	Custodian                      string // staff id, never empty
	For                            string // who is to take it over, empty unless handover
	Encryption, Location, Contents string
	State                          MediumState
	Since                          time.Time // Asia/Shanghai
	By, Second, Reason             string    // who left it so, with whom, why
}

var mediumID = regexp.MustCompile(`^[A-Z]{1,3}-[0-9]{2,6}$`)

// ParseMediumID brings a medium's number into its one spelling.
func ParseMediumID(text string) (string, error) {
	id := strings.ToUpper(strings.TrimSpace(text))
	if !mediumID.MatchString(id) {
		return "", fault.New(fault.Invalid, "介质编号写作 M-07 的样子：字母、连字符、数字。请照标签填写。").At("medium", "请写成 M-07 的样子。")
	}
	return id, nil
}

// NotRegistered is the answer about a medium that nobody answers for (R59).
func NotRegistered(id string) error {
	return fault.New(fault.NotFound, "介质 %s 没有登记（R59），不能存放或带出数据。请先由安全保密管理员登记责任人。", id)
}

// Register enters a medium with its custodian.
func Register(m Medium, officer string, now time.Time) (Medium, error) {
	m.State, m.Since, m.By, m.Second, m.For, m.Reason = InUse, now, officer, "", "", "登记"
	var err error
	if m.ID, err = ParseMediumID(m.ID); err != nil {
		return m, err
	}
	switch {
	case !listed(m.Kind, MediumKinds):
		return m, fault.New(fault.Invalid, "请选择介质的种类。").At("kind", "请选择种类。")
	case m.Custodian == "":
		return m, fault.New(fault.Invalid, "介质 %s 将没有责任人。每件介质须有一名责任人（R59），请先写明由谁保管。", m.ID).At("custodian", "请写明责任人。")
	case !listed(m.Encryption, Encryptions):
		return m, fault.New(fault.Invalid, "请选择介质是否加密。").At("encryption", "请选择。")
	}
	if m.Location, err = oneLine("location", "存放地点", m.Location); err != nil {
		return m, err
	}
	m.Contents, err = oneLine("contents", "内容", m.Contents)
	return m, err
}

func listed(word string, words []string) bool {
	for _, w := range words {
		if w == word {
			return true
		}
	}
	return false
}

func oneLine(field, name, text string) (string, error) {
	text = strings.TrimSpace(text)
	if text == "" || seal.CheckValue(text) != nil || len([]rune(text)) > 100 {
		return text, fault.New(fault.Invalid, "请填写介质的%s：一行，100 字以内。", name).At(field, "请填写%s。", name)
	}
	return text, nil
}

// HandOver is the giver's seal: the medium waits for the taker, and the giver
// answers for it until then. By the same seal he sends one that nobody took over
// to somebody else, and one that was missing and turned up on its way.
func (m Medium) HandOver(giver, taker, reason string, now time.Time) (Medium, error) {
	reason = strings.TrimSpace(reason)
	switch {
	case !m.State.held() && !m.State.OnItsWay() && !m.State.Gone():
		return m, m.notNow("交出")
	case giver != m.Custodian:
		return m, fault.New(fault.Forbidden, "介质 %s 不是您保管的，不能由您交出。", m.ID)
	case taker == "":
		return m, fault.New(fault.Invalid, "请写明接收人。介质 %s 不能没有责任人（R59）。", m.ID).At("taker", "请写明接收人。")
	case taker == giver:
		return m, fault.New(fault.Invalid, "交出人与接收人不能是同一人。").At("taker", "请选另一位。")
	}
	m.State, m.For, m.Since, m.By, m.Second, m.Reason = m.State.or(InHandover, WipedInHandover), taker, now, giver, "", reason
	return m, reasonable(reason)
}

// TakeOver is the taker's seal: from now on he answers for the medium.
func (m Medium) TakeOver(taker string, now time.Time) (Medium, error) {
	switch {
	case !m.State.OnItsWay():
		return m, m.notNow("接收")
	case taker != m.For:
		return m, fault.New(fault.Forbidden, "介质 %s 不是交给您的，不能由您接收。", m.ID)
	}
	m.State, m.Custodian, m.Second, m.For, m.Since, m.By = m.State.or(InUse, Wiped), taker, m.By, "", now, taker
	return m, nil
}

// Silence is why a custodian cannot hand over what he answers for; the zero
// Silence is somebody who can.
type Silence struct {
	Left  bool   // he may serve no more
	Keyed bool   // false: he has no key in use
	By    string // who put his last key out of use, empty if he never had one
}

// SilenceOf says whether a person, who has left or not, can seal.
func SilenceOf(left bool, keys []Key) Silence {
	s := Silence{Left: left}
	var last Key
	for _, k := range keys {
		s.Keyed = s.Keyed || k.State == Issued
		if k.By != "" && k.State != Issued && !k.Since.Before(last.Since) {
			last = k
		}
	}
	s.By = last.By
	return s
}

// Receive takes a medium into the officer's hands whose custodian can seal no
// more, wherever it is, also one that was missing and turned up. While he can
// seal, his own seal alone gives it away (HandOver): otherwise one officer could
// report it missing, or wait until it is on its way, and take it. Nor does the
// officer take it who first put the key of somebody still at work out of use.
func (m Medium) Receive(officer string, from Silence, reason string, now time.Time) (Medium, error) {
	reason = strings.TrimSpace(reason)
	switch {
	case !m.State.held() && !m.State.OnItsWay() && !m.State.Gone():
		return m, m.notNow("收回")
	case officer == "" || officer == m.Custodian:
		return m, fault.New(fault.Conflict, "介质 %s 已由您保管，不用收回。", m.ID)
	case !from.Left && from.Keyed:
		return m, fault.New(fault.Conflict, "介质 %s 的责任人 %s 在岗、有钥匙，应由其本人签署交出（R59）；没有人接收的、报失后找到的也一样。请其在“我的钥匙”里办理。", m.ID, m.Custodian)
	case !from.Left && from.By == officer:
		return m, fault.New(fault.Forbidden, "介质 %s 的责任人 %s 在岗，其钥匙是您停用的，不能再由您一人收回其介质（R59）。请由另一位安全保密管理员办理。", m.ID, m.Custodian)
	}
	m.Second, m.For = m.Custodian, ""
	m.State, m.Custodian, m.Since, m.By, m.Reason = m.State.or(InUse, Wiped), officer, now, officer, reason
	return m, reasonable(reason)
}

// Lose enters that a medium is missing; its custodian answers for it, and does
// not leave without it, until it is found or written off by two (Destroy).
func (m Medium) Lose(officer, reason string, now time.Time) (Medium, error) {
	reason = strings.TrimSpace(reason)
	if !m.State.held() && !m.State.OnItsWay() {
		return m, m.notNow("报失")
	}
	if officer == m.Custodian {
		return m, fault.New(fault.Forbidden, "不能对您自己保管的介质报失。请由另一位安全保密管理员办理。")
	}
	m.State, m.For, m.Since, m.By, m.Second, m.Reason = m.State.or(Missing, WipedMissing), "", now, officer, "", reason
	return m, reasonable(reason)
}

// Wipe and Destroy are done by two, one of whom answers for the medium or holds
// the register; neither is without the other.
func (m Medium) Wipe(first, second, reason string, now time.Time) (Medium, error) {
	if m.State != InUse {
		return m, m.notNow("清除")
	}
	return m.end(Wiped, first, second, reason, now)
}

// Destroy ends a medium for good.
func (m Medium) Destroy(first, second, reason string, now time.Time) (Medium, error) {
	if !m.State.held() && !m.State.Gone() {
		return m, m.notNow("销毁")
	}
	return m.end(Scrapped, first, second, reason, now)
}

func (m Medium) end(to MediumState, first, second, reason string, now time.Time) (Medium, error) {
	reason = strings.TrimSpace(reason)
	if first == "" || second == "" || first == second {
		return m, fault.New(fault.Forbidden, "清除和销毁介质须由两人办理，两人不能相同。")
	}
	m.State, m.Since, m.By, m.Second, m.Reason = to, now, first, second, reason
	return m, reasonable(reason)
}

func (m Medium) notNow(verb string) error {
	return fault.New(fault.Conflict, "介质 %s 现在是“%s”，不能%s，什么都没有改变。", m.ID, m.State.Word(), verb)
}

// RegisterStatement is the text of a registration.
func (m Medium) RegisterStatement(head seal.Header, custodian Named) (seal.Statement, error) {
	return seal.New(seal.MediumRegister, head, []seal.Field{{Label: "介质编号", Value: m.ID}, {Label: "种类", Value: m.Kind},
		{Label: "保管人", Value: custodian.String()}, {Label: "加密", Value: m.Encryption}, {Label: "存放地点", Value: m.Location}, {Label: "内容", Value: m.Contents}}, seal.Annex{})
}

// Statement is the text of an act over a registered medium; taker is the zero
// Named where there is none.
func (m Medium) Statement(kind seal.Kind, head seal.Header, custodian, taker Named, reason string) (seal.Statement, error) {
	fields := []seal.Field{{Label: "介质编号", Value: m.ID}, {Label: "种类", Value: m.Kind}, {Label: "保管人", Value: custodian.String()}}
	if taker.Staff != "" {
		fields = append(fields, seal.Field{Label: "接收人", Value: taker.String()})
	}
	return seal.New(kind, head, append(fields, seal.Field{Label: "理由", Value: strings.TrimSpace(reason)}), seal.Annex{})
}
