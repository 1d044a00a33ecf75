package vendor

import (
	"errors"
	"io"
	"sync"
	"unsafe"

	"github.com/miekg/pkcs11"

	"sealdesk/hsm"
)

// server answers for the module in the child.
type server struct {
	api hsm.Cryptoki // nil when the library could not be loaded

	writing sync.Mutex
	out     io.Writer
}

// answer runs one call and writes what came of it. The frame is wiped: it may
// hold a PIN.
func (s *server) answer(frame []byte) {
	d := &decoder{b: frame}
	id, what := d.number(), call(d.number())
	var head, body encoder
	head.number(id)
	if err := s.run(what, d, &body); err != nil {
		code := pkcs11.Error(pkcs11.CKR_GENERAL_ERROR)
		_ = errors.As(err, &code) // what is no code stays a general error
		head.number(uint64(code))
		body.b = nil
	} else {
		head.number(0)
	}
	clear(frame)
	s.writing.Lock()
	defer s.writing.Unlock()
	_ = writeFrame(s.out, head.b, body.b) // a parent that is gone closes our input, too
}

func (s *server) run(what call, d *decoder, e *encoder) error {
	if s.api == nil {
		return pkcs11.Error(codeNoModule)
	}
	switch what {
	case callInitialize:
		return s.api.Initialize()
	case callFinalize:
		return s.api.Finalize()
	case callGetSlotList, callGetTokenInfo, callGetMechanismList, callInitToken, callInitPIN:
		return s.slot(what, d, e)
	case callOpenSession, callCloseSession, callGetSessionInfo, callLogin, callLogout:
		return s.session(what, d, e)
	}
	return s.object(what, d, e)
}

// lent is bytes as the string that the module wants, without a copy.
func lent(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func (s *server) slot(what call, d *decoder, e *encoder) error {
	first := d.number()
	switch what {
	case callGetSlotList:
		list, err := s.api.GetSlotList(first != 0)
		e.numbers(list)
		return errors.Join(d.fault(), err)
	case callGetTokenInfo:
		info, err := s.api.GetTokenInfo(uint(first))
		e.text(info.Label)
		e.text(info.ManufacturerID)
		e.text(info.Model)
		e.text(info.SerialNumber)
		e.number(uint64(info.Flags))
		return err
	case callGetMechanismList:
		list, err := s.api.GetMechanismList(uint(first))
		e.mechanisms(list)
		return err
	case callInitToken:
		pin, label := d.bytes(), d.bytes()
		if d.bad {
			return crashed
		}
		return s.api.InitToken(uint(first), lent(pin), string(label))
	}
	pin := d.bytes()
	if d.bad {
		return crashed
	}
	return s.api.InitPIN(pkcs11.SessionHandle(first), lent(pin))
}

func (s *server) session(what call, d *decoder, e *encoder) error {
	first := d.number()
	h := pkcs11.SessionHandle(first)
	switch what {
	case callOpenSession:
		flags := d.number()
		if d.bad {
			return crashed
		}
		opened, err := s.api.OpenSession(uint(first), uint(flags))
		e.number(uint64(opened))
		return err
	case callCloseSession:
		return s.api.CloseSession(h)
	case callGetSessionInfo:
		info, err := s.api.GetSessionInfo(h)
		e.number(uint64(info.SlotID))
		e.number(uint64(info.State))
		e.number(uint64(info.Flags))
		e.number(uint64(info.DeviceError))
		return err
	case callLogin:
		user, pin := d.number(), d.bytes()
		if d.bad {
			return crashed
		}
		return s.api.Login(h, uint(user), lent(pin))
	}
	return s.api.Logout(h)
}

func (s *server) object(what call, d *decoder, e *encoder) error {
	h := pkcs11.SessionHandle(d.number())
	switch what {
	case callFindObjectsInit:
		template := d.attributes()
		if d.bad {
			return crashed
		}
		return s.api.FindObjectsInit(h, template)
	case callFindObjects:
		found, _, err := s.api.FindObjects(h, int(d.number()))
		e.numbers(numbersOf(found))
		return err
	case callFindObjectsFinal:
		return s.api.FindObjectsFinal(h)
	case callGetAttributeValue:
		o, template := pkcs11.ObjectHandle(d.number()), d.attributes()
		if d.bad {
			return crashed
		}
		values, err := s.api.GetAttributeValue(h, o, template)
		e.attributes(values)
		return err
	case callCreateObject:
		template := d.attributes()
		if d.bad {
			return crashed
		}
		made, err := s.api.CreateObject(h, template)
		e.number(uint64(made))
		return err
	case callDestroyObject:
		return s.api.DestroyObject(h, pkcs11.ObjectHandle(d.number()))
	}
	return s.keys(what, h, d, e)
}

func (s *server) keys(what call, h pkcs11.SessionHandle, d *decoder, e *encoder) error {
	switch what {
	case callGenerateKeyPair:
		m, public, private := d.mechanisms(), d.attributes(), d.attributes()
		if d.bad {
			return crashed
		}
		a, b, err := s.api.GenerateKeyPair(h, m, public, private)
		e.number(uint64(a))
		e.number(uint64(b))
		return err
	case callSignInit:
		m, key := d.mechanisms(), pkcs11.ObjectHandle(d.number())
		if d.bad {
			return crashed
		}
		return s.api.SignInit(h, m, key)
	case callSign:
		signature, err := s.api.Sign(h, d.bytes())
		e.bytes(signature)
		return err
	case callGenerateRandom:
		random, err := s.api.GenerateRandom(h, int(min(d.number(), 1<<10)))
		e.bytes(random)
		return err
	}
	return uncarried
}

func numbersOf(handles []pkcs11.ObjectHandle) []uint {
	list := make([]uint, len(handles))
	for i, h := range handles {
		list[i] = uint(h)
	}
	return list
}
