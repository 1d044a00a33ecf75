package seal

import (
	"crypto/sha256"
	"slices"
)

// Order is a text by which a portal asks the agent for work at a token that is
// no signature of a person: make a key pair, write a certificate. It has a
// statement's head without signers and a statement's foot, and one spelling,
// so what the agent shows is what it carries out. Nobody signs it: a seal over
// it does not verify, because no statement has its kind.
type Order struct{ Text Text }

// NewOrder makes an order: head, the given fields in the form's order, foot.
// Fields of a label that may repeat keep the order in which they are given.
func NewOrder(kind Kind, h Header, fields []Field) (Order, error) {
	form, ok := FormOf(kind)
	if !ok || !form.Order {
		return Order{}, refuse(BadKind, "指令")
	}
	own, err := h.fields(form)
	if err != nil {
		return Order{}, err
	}
	o := Order{Text{Kind: kind}}
	for _, label := range form.Labels {
		from := fields
		if isHeader(label.Name) {
			from = own
		}
		for _, f := range from {
			if f.Label == label.Name {
				o.Text.Fields = append(o.Text.Fields, f)
			}
		}
	}
	for _, f := range fields {
		if isHeader(f.Label) || !slices.Contains(o.Text.Fields, f) {
			return Order{}, refuse(BadLabel, "“"+f.Label+"”")
		}
	}
	return o, o.check()
}

// ParseOrder reads an order in its only spelling.
func ParseOrder(text []byte) (Order, error) {
	t, err := Parse(text)
	if err != nil {
		return Order{}, err
	}
	o := Order{t}
	return o, o.check()
}

func (o Order) check() error {
	form, ok := FormOf(o.Text.Kind)
	if !ok || !form.Order {
		return refuse(BadKind, "指令")
	}
	if err := o.Text.check(form); err != nil {
		return err
	}
	_, err := o.Header()
	return err
}

// Kind is what the agent is asked for.
func (o Order) Kind() Kind { return o.Text.Kind }

// Header reads the order's own header lines; there are no signers.
func (o Order) Header() (Header, error) { return o.Text.header() }

// Bytes are the bytes that are shown and carried out.
func (o Order) Bytes() ([]byte, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	return o.Text.Print()
}

// Digest is the SHA-256 of Bytes; it names the order.
func (o Order) Digest() ([32]byte, error) {
	b, err := o.Bytes()
	if err != nil {
		return [32]byte{}, err
	}
	return sha256.Sum256(b), nil
}
