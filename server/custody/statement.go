package custody

import (
	"strings"

	"sealdesk/hsm/seal"
)

// Named is a person as a text spells him: name, then number.
type Named struct{ Staff, Name string }

func (n Named) String() string { return n.Name + "（" + n.Staff + "）" }

// Statement is the text of an act over one token: whose, which, why.
func (h Holding) Statement(kind seal.Kind, head seal.Header, custodian Named, reason string) (seal.Statement, error) {
	fields := []seal.Field{{Label: "保管人", Value: custodian.String()}, {Label: "钥匙序列号", Value: h.Token.Serial}}
	if h.Keyed() {
		fields = append(fields, seal.Field{Label: "钥匙指纹", Value: h.Key.Fingerprint})
	}
	fields = append(fields, seal.Field{Label: "理由", Value: strings.TrimSpace(reason)})
	return seal.New(kind, head, fields, seal.Annex{})
}
