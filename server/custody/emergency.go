package custody

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// How long an emergency gathers seals, and how long it may be used once open.
const (
	GatherFor = 24 * time.Hour
	UseWithin = 2 * time.Hour
)

// EmergencyState is where an emergency is in its life.
type EmergencyState string

// The states. One that passed its time keeps its state: the time decides.
const (
	Gathering EmergencyState = "gathering" // custodians seal
	Open      EmergencyState = "open"      // the quorum has sealed
	Used      EmergencyState = "used"      // once and for all
)

// Emergency is one narrow act that custodians open together: that one named
// person, with the one key whose certificate it names, is security officer
// again. It is for the day when no security officer has a key in use.
type Emergency struct {
	ID          string // E000001, E000002, …
	Org         string // the institution's body, where the person serves
	List        string // of custodians, by which it was called
	Staff       string // who is readmitted
	Fingerprint string // SHA-256 of the certificate, lower-case hex
	Certificate []byte // DER
	Token       string // serial number of the token that the key lies in
	Role        string // that the person has afterwards
	Reason      string
	Called      time.Time
	Deadline    time.Time // seals count until then, exclusive
	Sealed      []string  // custodians, in the order of their seals
	State       EmergencyState
	Opened      time.Time
	Entry       uint64    // number of the entry that opened it
	Until       time.Time // it may be used until then, exclusive
	UsedAt      time.Time
	Told        []string // officers who have acknowledged it
}

// EmergencyID is the number that follows so many.
func EmergencyID(before int) string { return fmt.Sprintf("E%06d", before+1) }

// Call begins an emergency; the custodian's own seal comes with it.
func Call(e Emergency, list Custodians, now time.Time) (Emergency, error) {
	e.List, e.Reason, e.Called, e.Deadline = list.ID, strings.TrimSpace(e.Reason), now, now.Add(GatherFor)
	e.Sealed, e.State = nil, Gathering
	if err := reasonable(e.Reason); err != nil {
		return e, err
	}
	if e.Staff == "" || e.Fingerprint == "" || len(e.Certificate) == 0 || e.Token == "" || e.Role == "" {
		return e, fault.New(fault.Invalid, "紧急事项没有写全：要恢复的人员和新钥匙的证书都要有。")
	}
	return e, nil
}

// Seal adds one custodian's seal; the one that completes the quorum opens the
// emergency, under the entry of that number.
func (e Emergency) Seal(by string, list Custodians, number uint64, now time.Time) (Emergency, error) {
	switch {
	case !list.Has(by):
		return e, fault.New(fault.Forbidden, "您不在现行的托管人名单（第 %s 号）里，不能签署紧急事项。", list.ID)
	case e.List != list.ID:
		return e, fault.New(fault.Conflict, "托管人名单已换成第 %s 号，按第 %s 号提出的紧急事项作废。请重新提出。", list.ID, e.List)
	case by == e.Staff:
		return e, fault.New(fault.Forbidden, "这件紧急事项恢复的是您本人，您的签署不算数。请其他托管人签署。")
	case e.State != Gathering:
		return e, fault.New(fault.Conflict, "紧急事项 %s 已经%s，不用再签。", e.ID, map[EmergencyState]string{Open: "开启", Used: "用过"}[e.State])
	case slices.Contains(e.Sealed, by):
		return e, fault.New(fault.Conflict, "您已经签过紧急事项 %s，同一位托管人只算一份。请另一位托管人签署。", e.ID)
	case !now.Before(e.Deadline):
		return e, fault.New(fault.Closed, "紧急事项 %s 的签署时间已于 %s 截止，没有凑齐，不能再签。仍有需要请重新提出。", e.ID, clock(e.Deadline))
	}
	e.Sealed = append(slices.Clone(e.Sealed), by)
	if len(e.Sealed) >= list.Quorum {
		e.State, e.Opened, e.Entry, e.Until = Open, now, number, now.Add(UseWithin)
	}
	return e, nil
}

// Use makes the act, once: by this person with this key, in time, and not
// before a signed checkpoint covers the entry that opened it.
func (e Emergency) Use(staff, fingerprint string, covered bool, now time.Time) (Emergency, error) {
	switch {
	case e.State == Gathering:
		return e, fault.New(fault.Conflict, "紧急事项 %s 还没有开启：托管人的签署没有凑齐。", e.ID)
	case e.State == Used:
		return e, fault.New(fault.Conflict, "紧急事项 %s 已于 %s 用过，只能用一次。", e.ID, clock(e.UsedAt))
	case staff != e.Staff || fingerprint != e.Fingerprint:
		return e, fault.New(fault.Forbidden, "紧急事项 %s 指名的是另一个人或另一把钥匙，不能由您办理。", e.ID)
	case !now.Before(e.Until):
		return e, fault.New(fault.Closed, "紧急事项 %s 已于 %s 过期，没有用过，不能再用。仍有需要请托管人重新提出。", e.ID, clock(e.Until))
	case !covered:
		return e, fault.New(fault.Unavailable, "紧急事项 %s 的条目还没有签进检查点，现在还不能用。请过一会儿再试。", e.ID)
	}
	e.State, e.UsedAt = Used, now
	return e, nil
}

// Over tells whether nothing can come of it any more at a moment.
func (e Emergency) Over(now time.Time) bool {
	return e.State == Used || e.State == Gathering && !now.Before(e.Deadline) || e.State == Open && !now.Before(e.Until)
}

// Word is what the emergency is at a moment.
func (e Emergency) Word(now time.Time) string {
	switch {
	case e.State == Used:
		return "已用"
	case e.Over(now) && e.State == Open:
		return "已过期，没有用"
	case e.Over(now):
		return "没有凑齐，已截止"
	case e.State == Open:
		return "已开启"
	}
	return "等托管人签署（已签 " + strconv.Itoa(len(e.Sealed)) + " 人）"
}

// Acknowledge notes that an officer has read of it.
func (e Emergency) Acknowledge(officer string) (Emergency, error) {
	if slices.Contains(e.Told, officer) {
		return e, fault.New(fault.Conflict, "您已经确认过紧急事项 %s。", e.ID)
	}
	e.Told = append(slices.Clone(e.Told), officer)
	return e, nil
}

// fields are the lines that every text about an emergency has.
func (e Emergency) fields(person Named) []seal.Field {
	return []seal.Field{{Label: "紧急编号", Value: e.ID}, {Label: "恢复人员", Value: person.String()}, {Label: "恢复任职", Value: e.Role + "@" + e.Org},
		{Label: "钥匙序列号", Value: e.Token}, {Label: "钥匙指纹", Value: e.Fingerprint}, {Label: "理由", Value: e.Reason}}
}

// Statement is the text that each custodian seals for himself.
func (e Emergency) Statement(h seal.Header, person Named, list Custodians) (seal.Statement, error) {
	return seal.New(seal.EmergencyCall, h, append(e.fields(person), seal.Field{Label: "托管人名单", Value: "第 " + list.ID + " 号，" + list.Words()},
		seal.Field{Label: "截止时间", Value: seal.PrintTime(e.Deadline)}), seal.Annex{})
}

// UseStatement is the text that the readmitted person seals with the new key.
func (e Emergency) UseStatement(h seal.Header, person Named) (seal.Statement, error) {
	return seal.New(seal.EmergencyUse, h, append(e.fields(person), seal.Field{Label: "使用期限", Value: seal.PrintTime(e.Until)}), seal.Annex{})
}
