package portal

import (
	"strings"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/web/view"
)

// secondPeople are those who can be the second of two in matters of custody:
// another security officer, or the city's lead.
func (p *Portal) secondPeople(c *call) ([]org.Staff, error) {
	var list []org.Staff
	for _, role := range []policy.Role{policy.SEC, policy.ML} {
		people, err := p.store.StaffOf(c.ctx, role, c.who.Home.ID)
		if err != nil {
			return nil, err
		}
		for _, s := range people {
			if s.ID != c.who.Staff.ID {
				list = append(list, s)
			}
		}
	}
	return list, nil
}

func (p *Portal) seconders(c *call) (view.Choices, error) {
	people, err := p.secondPeople(c)
	list := view.Choices{Items: []view.Choice{{Value: "", Text: "不需要，或还没有选"}}}
	for _, s := range people {
		list.Items = append(list.Items, view.Choice{Value: s.ID, Text: s.Name + "（" + s.ID + "），" + s.Post, Chosen: c.form.Get("second") == s.ID})
	}
	return list, err
}

// seconder is the person chosen to sign the same text, with the key in use.
func (p *Portal) seconder(c *call) (seal.Signer, error) {
	people, err := p.secondPeople(c)
	if err != nil {
		return seal.Signer{}, err
	}
	for _, s := range people {
		if s.ID != c.form.Get("second") {
			continue
		}
		return p.signerOf(c, s, "second")
	}
	return seal.Signer{}, fault.New(fault.Invalid, "这件事须由两人办理。请选择第二位签署人：另一位安全保密管理员，或市级负责人。").At("second", "请选择第二位签署人。")
}

// signerOf is somebody with the key in use, as a text names him; field is where
// he was chosen.
func (p *Portal) signerOf(c *call, s org.Staff, field string) (seal.Signer, error) {
	key, err := p.store.KeyOf(c.ctx, s.ID)
	if fault.Is(err, fault.NotFound) {
		return seal.Signer{}, fault.New(fault.Conflict, "%s现在没有在用的钥匙，不能签署。请选另一位。", s.Name).At(field, "请选另一位。")
	}
	return seal.Signer{Staff: s.ID, Name: s.Name, Fingerprint: key.Fingerprint}, err
}

// ofCustody reports whether an act of two people is about keys or media: these
// show no business data, and the others are none of the officers' business.
func ofCustody(kind string) bool {
	noun, _, _ := strings.Cut(kind, "-")
	return noun == "key" || noun == "stocktake" || noun == "medium"
}

// custodyWaiting counts the matters of custody that wait for this person's seal.
func (p *Portal) custodyWaiting(c *call) (int, error) {
	_, grant, err := p.place(c, policy.CountersignCustody)
	if err != nil {
		return 0, nil // none can wait for somebody who may not countersign
	}
	open, err := p.store.OpenProposals(c.ctx, grant)
	n := 0
	for _, w := range open {
		if ofCustody(w.Kind) && nextSigner(w) == c.who.Staff.ID {
			n++
		}
	}
	return n, err
}
