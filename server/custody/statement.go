package custody

import (
	"strings"

	"sealdesk/hsm/seal"
)

// Named is a person as a text spells him: name, then number.
type Named struct{ Staff, Name string }

func (n Named) String() string { return n.Name + "（" + n.Staff + "）" }

// RequestStatement is the text by which somebody asks for a token.
func (r Request) RequestStatement(head seal.Header, staff Named, organisation string) (seal.Statement, error) {
	return seal.New(seal.KeyRequest, head, []seal.Field{{Label: "申领编号", Value: r.ID}, {Label: "领用人", Value: staff.String()},
		{Label: "领用机构", Value: organisation}, {Label: "理由", Value: r.Reason}}, seal.Annex{})
}

// DeclineStatement is the text by which the officer declines a request.
func (r Request) DeclineStatement(head seal.Header, staff, asked Named) (seal.Statement, error) {
	return seal.New(seal.KeyDecline, head, []seal.Field{{Label: "申领编号", Value: r.ID}, {Label: "领用人", Value: staff.String()},
		{Label: "申领人", Value: asked.String()}, {Label: "申领理由", Value: r.Reason}, {Label: "理由", Value: r.Answer}}, seal.Annex{})
}

// AssignStatement is the text by which the officer answers a request.
func (t Token) AssignStatement(head seal.Header, r Request, custodian, staff, asked Named) (seal.Statement, error) {
	return seal.New(seal.KeyAssign, head, []seal.Field{{Label: "钥匙序列号", Value: t.Serial}, {Label: "保管人", Value: custodian.String()},
		{Label: "领用人", Value: staff.String()}, {Label: "申领编号", Value: r.ID}, {Label: "申领人", Value: asked.String()}, {Label: "理由", Value: r.Reason}}, seal.Annex{})
}

// HandOverStatement is the giver's text.
func (h Holding) HandOverStatement(head seal.Header, giver, taker Named, reason string) (seal.Statement, error) {
	return seal.New(seal.KeyHandover, head, []seal.Field{{Label: "交出人", Value: giver.String()}, {Label: "接收人", Value: taker.String()},
		{Label: "钥匙序列号", Value: h.Token.Serial}, {Label: "钥匙指纹", Value: h.Key.Fingerprint}, {Label: "理由", Value: strings.TrimSpace(reason)}}, seal.Annex{})
}

// Statement is the text of an act over one token: whose, which, why.
func (h Holding) Statement(kind seal.Kind, head seal.Header, custodian Named, reason string) (seal.Statement, error) {
	fields := []seal.Field{{Label: "保管人", Value: custodian.String()}, {Label: "钥匙序列号", Value: h.Token.Serial}}
	if h.Keyed() {
		fields = append(fields, seal.Field{Label: "钥匙指纹", Value: h.Key.Fingerprint})
	}
	fields = append(fields, seal.Field{Label: "理由", Value: strings.TrimSpace(reason)})
	return seal.New(kind, head, fields, seal.Annex{})
}
