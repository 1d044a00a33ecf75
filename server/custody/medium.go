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

// A medium is in use, on its way to another custodian, wiped, missing, or destroyed.
const (
	InUse      MediumState = "in_use"
	InHandover MediumState = "handover"
	Wiped      MediumState = "wiped"
	Missing    MediumState = "lost"
	Scrapped   MediumState = "destroyed"
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
	case Missing:
		return "已报失"
	case Scrapped:
		return "已销毁"
	}
	return "状态不明"
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
// answers for it until then.
func (m Medium) HandOver(giver, taker, reason string, now time.Time) (Medium, error) {
	reason = strings.TrimSpace(reason)
	switch {
	case m.State != InUse && m.State != Wiped:
		return m, m.notNow("交出")
	case giver != m.Custodian:
		return m, fault.New(fault.Forbidden, "介质 %s 不是您保管的，不能由您交出。", m.ID)
	case taker == "":
		return m, fault.New(fault.Invalid, "请写明接收人。介质 %s 不能没有责任人（R59）。", m.ID).At("taker", "请写明接收人。")
	case taker == giver:
		return m, fault.New(fault.Invalid, "交出人与接收人不能是同一人。").At("taker", "请选另一位。")
	}
	m.State, m.For, m.Since, m.By, m.Second, m.Reason = InHandover, taker, now, giver, "", reason
	return m, reasonable(reason)
}

// TakeOver is the taker's seal: from now on he answers for the medium.
func (m Medium) TakeOver(taker string, now time.Time) (Medium, error) {
	switch {
	case m.State != InHandover:
		return m, m.notNow("接收")
	case taker != m.For:
		return m, fault.New(fault.Forbidden, "介质 %s 不是交给您的，不能由您接收。", m.ID)
	}
	m.State, m.Custodian, m.Second, m.For, m.Since, m.By = InUse, taker, m.By, "", now, taker
	return m, nil
}

// Receive takes a medium back into the officer's hands: one that its custodian
// brings who can seal no more (gone), one that nobody took over, one that was
// missing and turned up.
func (m Medium) Receive(officer string, gone bool, reason string, now time.Time) (Medium, error) {
	reason = strings.TrimSpace(reason)
	switch {
	case m.State != InUse && m.State != InHandover && m.State != Wiped && m.State != Missing:
		return m, m.notNow("收回")
	case officer == "" || officer == m.Custodian:
		return m, fault.New(fault.Conflict, "介质 %s 已由您保管，不用收回。", m.ID)
	case !gone && (m.State == InUse || m.State == Wiped):
		return m, fault.New(fault.Conflict, "介质 %s 的责任人 %s 在岗、有钥匙，应由其本人签署交出。请其在“我的钥匙”里办理。", m.ID, m.Custodian)
	}
	to := m.State
	if to == InHandover || to == Missing {
		to = InUse
	}
	m.Second, m.For = m.Custodian, ""
	m.State, m.Custodian, m.Since, m.By, m.Reason = to, officer, now, officer, reason
	return m, reasonable(reason)
}

// Lose enters that a medium is missing; its custodian answers for it until it is
// found or written off by two.
func (m Medium) Lose(officer, reason string, now time.Time) (Medium, error) {
	reason = strings.TrimSpace(reason)
	if m.State != InUse && m.State != InHandover && m.State != Wiped {
		return m, m.notNow("报失")
	}
	if officer == m.Custodian {
		return m, fault.New(fault.Forbidden, "不能对您自己保管的介质报失。请由另一位安全保密管理员办理。")
	}
	m.State, m.For, m.Since, m.By, m.Second, m.Reason = Missing, "", now, officer, "", reason
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
	if m.State != InUse && m.State != Wiped && m.State != Missing {
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
