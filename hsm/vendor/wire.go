package vendor

import (
	"encoding/binary"
	"errors"
	"io"

	"github.com/miekg/pkcs11"
)

// call numbers a call of hsm.Cryptoki on the wire.
type call uint64

const (
	callInitialize call = iota + 1
	callFinalize
	callGetSlotList
	callGetTokenInfo
	callGetMechanismList
	callInitToken
	callInitPIN
	callOpenSession
	callCloseSession
	callGetSessionInfo
	callLogin
	callLogout
	callFindObjectsInit
	callFindObjects
	callFindObjectsFinal
	callGetAttributeValue
	callCreateObject
	callDestroyObject
	callGenerateKeyPair
	callSignInit
	callSign
	callGenerateRandom
)

// codeNoModule says that the library could not be loaded; a vendor's code that
// PKCS#11 leaves free.
const codeNoModule = pkcs11.CKR_VENDOR_DEFINED | 0x5ea1

const maxFrame = 1 << 20

var errFrame = errors.New("vendor: not a frame")

// readFrame reads four bytes of length and as many bytes.
func readFrame(r io.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxFrame {
		return nil, errFrame
	}
	b := make([]byte, n)
	_, err := io.ReadFull(r, b)
	return b, err
}

// writeFrame writes the parts as one frame.
func writeFrame(w io.Writer, parts ...[]byte) error {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	if n > maxFrame {
		return errFrame
	}
	b := make([]byte, 4, 4+n)
	binary.BigEndian.PutUint32(b, uint32(n))
	for _, p := range parts {
		b = append(b, p...)
	}
	_, err := w.Write(b)
	clear(b)
	return err
}

// encoder and decoder put values one after another: numbers as eight bytes,
// bytes after their length, lists after their count.
type encoder struct{ b []byte }

func (e *encoder) number(n uint64) { e.b = binary.BigEndian.AppendUint64(e.b, n) }

func (e *encoder) bytes(b []byte) {
	e.number(uint64(len(b)))
	if need := len(e.b) + len(b); need > cap(e.b) { // grow without leaving a copy behind
		grown := make([]byte, len(e.b), 2*need)
		copy(grown, e.b)
		clear(e.b)
		e.b = grown
	}
	e.b = append(e.b, b...)
}

func (e *encoder) text(s string) { e.bytes([]byte(s)) }

// secret is text whose intermediate copy is wiped.
func (e *encoder) secret(s string) {
	b := []byte(s)
	e.bytes(b)
	clear(b)
}

func (e *encoder) attributes(list []*pkcs11.Attribute) {
	e.number(uint64(len(list)))
	for _, a := range list {
		e.number(uint64(a.Type))
		e.bytes(a.Value)
	}
}

func (e *encoder) mechanisms(list []*pkcs11.Mechanism) {
	e.number(uint64(len(list)))
	for _, m := range list {
		e.number(uint64(m.Mechanism))
		e.bytes(m.Parameter)
	}
}

func (e *encoder) numbers(list []uint) {
	e.number(uint64(len(list)))
	for _, n := range list {
		e.number(uint64(n))
	}
}

// decoder reads what encoder wrote; bad says that it was something else.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) number() uint64 {
	if len(d.b) < 8 {
		d.bad = true
		return 0
	}
	n := binary.BigEndian.Uint64(d.b)
	d.b = d.b[8:]
	return n
}

func (d *decoder) bytes() []byte {
	n := d.number()
	if n > uint64(len(d.b)) {
		d.bad = true
		return nil
	}
	b := d.b[:n:n]
	d.b = d.b[n:]
	return b
}

// count reads how many follow; each takes at least eight bytes.
func (d *decoder) count() int {
	n := d.number()
	if n > uint64(len(d.b))/8 {
		d.bad = true
		return 0
	}
	return int(n)
}

func (d *decoder) attributes() []*pkcs11.Attribute {
	var list []*pkcs11.Attribute
	for range d.count() {
		kind := uint(d.number())
		list = append(list, &pkcs11.Attribute{Type: kind, Value: d.bytes()})
	}
	return list
}

func (d *decoder) mechanisms() []*pkcs11.Mechanism {
	var list []*pkcs11.Mechanism
	for range d.count() {
		kind := uint(d.number())
		parameter := d.bytes()
		if len(parameter) == 0 {
			list = append(list, pkcs11.NewMechanism(kind, nil))
			continue
		}
		list = append(list, pkcs11.NewMechanism(kind, parameter))
	}
	return list
}

func (d *decoder) numbers() []uint {
	var list []uint
	for range d.count() {
		list = append(list, uint(d.number()))
	}
	return list
}
