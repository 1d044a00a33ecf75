package vendor

import (
	"github.com/miekg/pkcs11"
)

// The calls as the agent makes them. Each puts its values in the order in which
// server.run takes them out.

func (r *remote) GetSlotList(tokenPresent bool) ([]uint, error) {
	e := &encoder{}
	if tokenPresent {
		e.number(1)
	} else {
		e.number(0)
	}
	d, err := r.call(callGetSlotList, e)
	if err != nil {
		return nil, err
	}
	return d.numbers(), d.fault()
}

// fault is an answer that is not what was asked for.
func (d *decoder) fault() error {
	if d.bad {
		return crashed
	}
	return nil
}

func (r *remote) GetTokenInfo(slot uint) (pkcs11.TokenInfo, error) {
	e := &encoder{}
	e.number(uint64(slot))
	d, err := r.call(callGetTokenInfo, e)
	if err != nil {
		return pkcs11.TokenInfo{}, err
	}
	info := pkcs11.TokenInfo{Label: string(d.bytes()), ManufacturerID: string(d.bytes()), Model: string(d.bytes()), SerialNumber: string(d.bytes()), Flags: uint(d.number())}
	return info, d.fault()
}

func (r *remote) GetMechanismList(slot uint) ([]*pkcs11.Mechanism, error) {
	e := &encoder{}
	e.number(uint64(slot))
	d, err := r.call(callGetMechanismList, e)
	if err != nil {
		return nil, err
	}
	return d.mechanisms(), d.fault()
}

func (r *remote) InitToken(slot uint, soPIN, label string) error {
	e := &encoder{}
	e.number(uint64(slot))
	e.secret(soPIN)
	e.text(label)
	_, err := r.call(callInitToken, e)
	return err
}

func (r *remote) InitPIN(s pkcs11.SessionHandle, pin string) error {
	e := &encoder{}
	e.number(uint64(s))
	e.secret(pin)
	_, err := r.call(callInitPIN, e)
	return err
}

func (r *remote) OpenSession(slot, flags uint) (pkcs11.SessionHandle, error) {
	e := &encoder{}
	e.number(uint64(slot))
	e.number(uint64(flags))
	d, err := r.call(callOpenSession, e)
	if err != nil {
		return 0, err
	}
	return pkcs11.SessionHandle(d.number()), d.fault()
}

// inSession is a call that takes a session alone.
func (r *remote) inSession(what call, s pkcs11.SessionHandle) (*decoder, error) {
	e := &encoder{}
	e.number(uint64(s))
	return r.call(what, e)
}

func (r *remote) CloseSession(s pkcs11.SessionHandle) error {
	_, err := r.inSession(callCloseSession, s)
	return err
}

func (r *remote) GetSessionInfo(s pkcs11.SessionHandle) (pkcs11.SessionInfo, error) {
	d, err := r.inSession(callGetSessionInfo, s)
	if err != nil {
		return pkcs11.SessionInfo{}, err
	}
	info := pkcs11.SessionInfo{SlotID: uint(d.number()), State: uint(d.number()), Flags: uint(d.number()), DeviceError: uint(d.number())}
	return info, d.fault()
}

func (r *remote) Login(s pkcs11.SessionHandle, user uint, pin string) error {
	e := &encoder{}
	e.number(uint64(s))
	e.number(uint64(user))
	e.secret(pin)
	_, err := r.call(callLogin, e)
	return err
}

func (r *remote) Logout(s pkcs11.SessionHandle) error {
	_, err := r.inSession(callLogout, s)
	return err
}

func (r *remote) FindObjectsInit(s pkcs11.SessionHandle, template []*pkcs11.Attribute) error {
	e := &encoder{}
	e.number(uint64(s))
	e.attributes(template)
	_, err := r.call(callFindObjectsInit, e)
	return err
}

func (r *remote) FindObjects(s pkcs11.SessionHandle, most int) ([]pkcs11.ObjectHandle, bool, error) {
	e := &encoder{}
	e.number(uint64(s))
	e.number(uint64(most))
	d, err := r.call(callFindObjects, e)
	if err != nil {
		return nil, false, err
	}
	var list []pkcs11.ObjectHandle
	for _, n := range d.numbers() {
		list = append(list, pkcs11.ObjectHandle(n))
	}
	return list, false, d.fault()
}

func (r *remote) FindObjectsFinal(s pkcs11.SessionHandle) error {
	_, err := r.inSession(callFindObjectsFinal, s)
	return err
}

func (r *remote) GetAttributeValue(s pkcs11.SessionHandle, o pkcs11.ObjectHandle, template []*pkcs11.Attribute) ([]*pkcs11.Attribute, error) {
	e := &encoder{}
	e.number(uint64(s))
	e.number(uint64(o))
	e.attributes(template)
	d, err := r.call(callGetAttributeValue, e)
	if err != nil {
		return nil, err
	}
	return d.attributes(), d.fault()
}

func (r *remote) CreateObject(s pkcs11.SessionHandle, template []*pkcs11.Attribute) (pkcs11.ObjectHandle, error) {
	e := &encoder{}
	e.number(uint64(s))
	e.attributes(template)
	d, err := r.call(callCreateObject, e)
	if err != nil {
		return 0, err
	}
	return pkcs11.ObjectHandle(d.number()), d.fault()
}

func (r *remote) DestroyObject(s pkcs11.SessionHandle, o pkcs11.ObjectHandle) error {
	e := &encoder{}
	e.number(uint64(s))
	e.number(uint64(o))
	_, err := r.call(callDestroyObject, e)
	return err
}

func (r *remote) GenerateKeyPair(s pkcs11.SessionHandle, m []*pkcs11.Mechanism, public, private []*pkcs11.Attribute) (pkcs11.ObjectHandle, pkcs11.ObjectHandle, error) {
	e := &encoder{}
	e.number(uint64(s))
	e.mechanisms(m)
	e.attributes(public)
	e.attributes(private)
	d, err := r.call(callGenerateKeyPair, e)
	if err != nil {
		return 0, 0, err
	}
	return pkcs11.ObjectHandle(d.number()), pkcs11.ObjectHandle(d.number()), d.fault()
}

func (r *remote) SignInit(s pkcs11.SessionHandle, m []*pkcs11.Mechanism, key pkcs11.ObjectHandle) error {
	e := &encoder{}
	e.number(uint64(s))
	e.mechanisms(m)
	e.number(uint64(key))
	_, err := r.call(callSignInit, e)
	return err
}

func (r *remote) Sign(s pkcs11.SessionHandle, data []byte) ([]byte, error) {
	e := &encoder{}
	e.number(uint64(s))
	e.bytes(data)
	d, err := r.call(callSign, e)
	if err != nil {
		return nil, err
	}
	return d.bytes(), d.fault()
}

func (r *remote) GenerateRandom(s pkcs11.SessionHandle, length int) ([]byte, error) {
	e := &encoder{}
	e.number(uint64(s))
	e.number(uint64(length))
	d, err := r.call(callGenerateRandom, e)
	if err != nil {
		return nil, err
	}
	return d.bytes(), d.fault()
}

// What an agent never asks for is not carried.
const uncarried = pkcs11.Error(pkcs11.CKR_FUNCTION_NOT_SUPPORTED)

func (*remote) GenerateKey(pkcs11.SessionHandle, []*pkcs11.Mechanism, []*pkcs11.Attribute) (pkcs11.ObjectHandle, error) {
	return 0, uncarried
}

func (*remote) EncryptInit(pkcs11.SessionHandle, []*pkcs11.Mechanism, pkcs11.ObjectHandle) error {
	return uncarried
}

func (*remote) Encrypt(pkcs11.SessionHandle, []byte) ([]byte, error) { return nil, uncarried }

func (*remote) DecryptInit(pkcs11.SessionHandle, []*pkcs11.Mechanism, pkcs11.ObjectHandle) error {
	return uncarried
}

func (*remote) Decrypt(pkcs11.SessionHandle, []byte) ([]byte, error) { return nil, uncarried }
