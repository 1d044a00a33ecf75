package hsmtest

import (
	"github.com/miekg/pkcs11"

	"sealdesk/hsm"
)

var _ hsm.Cryptoki = (*Faulty)(nil)

// Initialize revives a module that died, and never touches the real one.
func (f *Faulty) Initialize(...pkcs11.InitializeOption) error {
	f.mu.Lock()
	if !f.stubborn {
		f.down = 0
	}
	f.mu.Unlock()
	return f.before("C_Initialize")
}

// Finalize ends the sessions opened here, and never touches the real module.
func (f *Faulty) Finalize() error {
	if err := f.before("C_Finalize"); err != nil {
		return err
	}
	f.Restart()
	return nil
}

func (f *Faulty) GetSlotList(tokenPresent bool) ([]uint, error) {
	if err := f.before("C_GetSlotList"); err != nil {
		return nil, err
	}
	all, err := f.api.GetSlotList(tokenPresent)
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []uint
	for _, slot := range all {
		if !f.pulled[slot] {
			list = append(list, slot)
		}
	}
	return list, err
}

func (f *Faulty) GetTokenInfo(slot uint) (pkcs11.TokenInfo, error) {
	err := f.before("C_GetTokenInfo")
	f.mu.Lock()
	flags := f.flags
	if err == nil {
		err = f.present(slot)
	}
	f.mu.Unlock()
	if err != nil {
		return pkcs11.TokenInfo{}, err
	}
	info, err := f.api.GetTokenInfo(slot)
	info.Flags |= flags
	return info, err
}

func (f *Faulty) GetMechanismList(slot uint) ([]*pkcs11.Mechanism, error) {
	if err := f.before("C_GetMechanismList"); err != nil {
		return nil, err
	}
	return f.api.GetMechanismList(slot)
}

func (f *Faulty) InitToken(slot uint, soPIN, label string) error {
	if err := f.before("C_InitToken"); err != nil {
		return err
	}
	return f.api.InitToken(slot, soPIN, label)
}

func (f *Faulty) InitPIN(s pkcs11.SessionHandle, pin string) error {
	if err := f.in("C_InitPIN", s); err != nil {
		return err
	}
	defer f.life.RUnlock()
	return f.api.InitPIN(s, pin)
}

func (f *Faulty) OpenSession(slot, flags uint) (pkcs11.SessionHandle, error) {
	err := f.before("C_OpenSession")
	f.life.RLock()
	defer f.life.RUnlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil {
		err = f.present(slot)
	}
	if err != nil {
		return 0, err
	}
	s, err := f.api.OpenSession(slot, flags)
	if err == nil {
		f.sessions[s] = slot
	}
	return s, err
}

func (f *Faulty) CloseSession(s pkcs11.SessionHandle) error {
	if err := f.in("C_CloseSession", s); err != nil {
		return err
	}
	defer f.life.RUnlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.sessions, s)
	return f.api.CloseSession(s)
}

func (f *Faulty) GetSessionInfo(s pkcs11.SessionHandle) (pkcs11.SessionInfo, error) {
	if err := f.in("C_GetSessionInfo", s); err != nil {
		return pkcs11.SessionInfo{}, err
	}
	defer f.life.RUnlock()
	return f.api.GetSessionInfo(s)
}

func (f *Faulty) Login(s pkcs11.SessionHandle, user uint, pin string) error {
	if err := f.in("C_Login", s); err != nil {
		return err
	}
	defer f.life.RUnlock()
	return f.api.Login(s, user, pin)
}

func (f *Faulty) Logout(s pkcs11.SessionHandle) error {
	if err := f.in("C_Logout", s); err != nil {
		return err
	}
	defer f.life.RUnlock()
	return f.api.Logout(s)
}

func (f *Faulty) FindObjectsInit(s pkcs11.SessionHandle, a []*pkcs11.Attribute) error {
	if err := f.in("C_FindObjectsInit", s); err != nil {
		return err
	}
	defer f.life.RUnlock()
	return f.api.FindObjectsInit(s, a)
}

func (f *Faulty) FindObjects(s pkcs11.SessionHandle, max int) ([]pkcs11.ObjectHandle, bool, error) {
	if err := f.in("C_FindObjects", s); err != nil {
		return nil, false, err
	}
	defer f.life.RUnlock()
	return f.api.FindObjects(s, max)
}

func (f *Faulty) FindObjectsFinal(s pkcs11.SessionHandle) error {
	if err := f.in("C_FindObjectsFinal", s); err != nil {
		return err
	}
	defer f.life.RUnlock()
	return f.api.FindObjectsFinal(s)
}

func (f *Faulty) GetAttributeValue(s pkcs11.SessionHandle, o pkcs11.ObjectHandle, a []*pkcs11.Attribute) ([]*pkcs11.Attribute, error) {
	if err := f.in("C_GetAttributeValue", s); err != nil {
		return nil, err
	}
	defer f.life.RUnlock()
	return f.api.GetAttributeValue(s, o, a)
}

func (f *Faulty) CreateObject(s pkcs11.SessionHandle, a []*pkcs11.Attribute) (pkcs11.ObjectHandle, error) {
	if err := f.in("C_CreateObject", s); err != nil {
		return 0, err
	}
	defer f.life.RUnlock()
	return f.api.CreateObject(s, a)
}

func (f *Faulty) DestroyObject(s pkcs11.SessionHandle, o pkcs11.ObjectHandle) error {
	if err := f.in("C_DestroyObject", s); err != nil {
		return err
	}
	defer f.life.RUnlock()
	return f.api.DestroyObject(s, o)
}

func (f *Faulty) GenerateKey(s pkcs11.SessionHandle, m []*pkcs11.Mechanism, a []*pkcs11.Attribute) (pkcs11.ObjectHandle, error) {
	if err := f.in("C_GenerateKey", s); err != nil {
		return 0, err
	}
	defer f.life.RUnlock()
	return f.api.GenerateKey(s, m, a)
}

func (f *Faulty) GenerateKeyPair(s pkcs11.SessionHandle, m []*pkcs11.Mechanism, public, private []*pkcs11.Attribute) (pkcs11.ObjectHandle, pkcs11.ObjectHandle, error) {
	if err := f.in("C_GenerateKeyPair", s); err != nil {
		return 0, 0, err
	}
	defer f.life.RUnlock()
	return f.api.GenerateKeyPair(s, m, public, private)
}

func (f *Faulty) SignInit(s pkcs11.SessionHandle, m []*pkcs11.Mechanism, o pkcs11.ObjectHandle) error {
	if err := f.in("C_SignInit", s); err != nil {
		return err
	}
	defer f.life.RUnlock()
	return f.api.SignInit(s, m, o)
}

func (f *Faulty) Sign(s pkcs11.SessionHandle, data []byte) ([]byte, error) {
	if err := f.in("C_Sign", s); err != nil {
		return nil, err
	}
	defer f.life.RUnlock()
	return f.api.Sign(s, data)
}

func (f *Faulty) EncryptInit(s pkcs11.SessionHandle, m []*pkcs11.Mechanism, o pkcs11.ObjectHandle) error {
	if err := f.in("C_EncryptInit", s); err != nil {
		return err
	}
	defer f.life.RUnlock()
	return f.api.EncryptInit(s, m, o)
}

func (f *Faulty) Encrypt(s pkcs11.SessionHandle, data []byte) ([]byte, error) {
	if err := f.in("C_Encrypt", s); err != nil {
		return nil, err
	}
	defer f.life.RUnlock()
	return f.api.Encrypt(s, data)
}

func (f *Faulty) DecryptInit(s pkcs11.SessionHandle, m []*pkcs11.Mechanism, o pkcs11.ObjectHandle) error {
	if err := f.in("C_DecryptInit", s); err != nil {
		return err
	}
	defer f.life.RUnlock()
	return f.api.DecryptInit(s, m, o)
}

func (f *Faulty) Decrypt(s pkcs11.SessionHandle, data []byte) ([]byte, error) {
	if err := f.in("C_Decrypt", s); err != nil {
		return nil, err
	}
	defer f.life.RUnlock()
	return f.api.Decrypt(s, data)
}

func (f *Faulty) GenerateRandom(s pkcs11.SessionHandle, length int) ([]byte, error) {
	if err := f.in("C_GenerateRandom", s); err != nil {
		return nil, err
	}
	defer f.life.RUnlock()
	return f.api.GenerateRandom(s, length)
}
