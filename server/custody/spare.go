package custody

import (
	"strconv"
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// MaxPassOn bounds one hand-over of tokens from store to store.
const MaxPassOn = 200

// Spare tells whether a token lies with an officer who may pass it on: what is
// in store, and what waits there to be destroyed.
func (t Token) Spare() bool { return t.State == InStore || t.State == Revoked }

// PassOn moves tokens from one officer's store to another's. Both seal the one
// text, so none of them is in nobody's hands for a moment (R58); what state a
// token is in does not change.
func PassOn(tokens []Token, giver, taker, reason string, now time.Time) ([]Token, error) {
	reason = strings.TrimSpace(reason)
	switch {
	case len(tokens) == 0 || len(tokens) > MaxPassOn:
		return nil, fault.New(fault.Invalid, "请填写 1 至 %d 个序列号，一行一个。", MaxPassOn).At("serials", "请填写序列号。")
	case taker == "":
		return nil, fault.New(fault.Invalid, "请写明接收人。库存的钥匙不能没有责任人（R58）。").At("taker", "请写明接收人。")
	case taker == giver:
		return nil, fault.New(fault.Invalid, "交出人与接收人不能是同一人。").At("taker", "请选另一位安全保密管理员。")
	}
	moved := make([]Token, len(tokens))
	for i, t := range tokens {
		switch {
		case t.Custodian != giver:
			return nil, fault.New(fault.Forbidden, "钥匙 %s 不在您手里，整批没有交接。请去掉这一把。", t.Serial).At("serials", "钥匙 %s 不在您手里。", t.Serial)
		case !t.Spare():
			return nil, fault.New(fault.Conflict, "钥匙 %s 现在是“%s”，不是库存，整批没有交接。请去掉这一把，或先收回入库。", t.Serial, t.State.Word()).At("serials", "钥匙 %s 不是库存。", t.Serial)
		case now.Before(t.Since):
			return nil, fault.New(fault.Conflict, "交接的时间早于钥匙现在状态开始的时间，请核对服务器时钟。")
		}
		t.Custodian, t.By, t.Reason = taker, giver, reason
		moved[i] = t
	}
	return moved, reasonable(reason)
}

// PassOnStatement is the text of both officers, a line for each token as it lies
// with the giver.
func PassOnStatement(head seal.Header, tokens []Token, giver, taker Named, reason string) (seal.Statement, error) {
	fields := []seal.Field{{Label: "交出人", Value: giver.String()}, {Label: "接收人", Value: taker.String()}, {Label: "把数合计", Value: strconv.Itoa(len(tokens))}}
	for _, t := range tokens {
		fields = append(fields, seal.Field{Label: "钥匙", Value: t.Serial + "，" + orNone(t.Label) + "，" + t.State.Word()})
	}
	return seal.New(seal.KeyStore, head, append(fields, seal.Field{Label: "理由", Value: strings.TrimSpace(reason)}), seal.Annex{})
}
