package hsm

import "github.com/miekg/pkcs11"

// Cryptoki is exactly the PKCS#11 calls that this package makes, so that a
// test can stand between us and a module and refuse, delay or count each of
// them. *pkcs11.Ctx satisfies it. Errors are pkcs11.Error values (CKR codes).
type Cryptoki interface {
	Initialize(...pkcs11.InitializeOption) error
	Finalize() error

	GetSlotList(tokenPresent bool) ([]uint, error)
	GetTokenInfo(slot uint) (pkcs11.TokenInfo, error)
	GetMechanismList(slot uint) ([]*pkcs11.Mechanism, error)
	InitToken(slot uint, soPIN, label string) error
	InitPIN(pkcs11.SessionHandle, string) error

	OpenSession(slot, flags uint) (pkcs11.SessionHandle, error)
	CloseSession(pkcs11.SessionHandle) error
	GetSessionInfo(pkcs11.SessionHandle) (pkcs11.SessionInfo, error)
	Login(s pkcs11.SessionHandle, user uint, pin string) error
	Logout(pkcs11.SessionHandle) error

	FindObjectsInit(pkcs11.SessionHandle, []*pkcs11.Attribute) error
	FindObjects(s pkcs11.SessionHandle, max int) ([]pkcs11.ObjectHandle, bool, error)
	FindObjectsFinal(pkcs11.SessionHandle) error
	GetAttributeValue(pkcs11.SessionHandle, pkcs11.ObjectHandle, []*pkcs11.Attribute) ([]*pkcs11.Attribute, error)
	CreateObject(pkcs11.SessionHandle, []*pkcs11.Attribute) (pkcs11.ObjectHandle, error)
	DestroyObject(pkcs11.SessionHandle, pkcs11.ObjectHandle) error
	GenerateKey(pkcs11.SessionHandle, []*pkcs11.Mechanism, []*pkcs11.Attribute) (pkcs11.ObjectHandle, error)
	GenerateKeyPair(s pkcs11.SessionHandle, m []*pkcs11.Mechanism, public, private []*pkcs11.Attribute) (pkcs11.ObjectHandle, pkcs11.ObjectHandle, error)

	SignInit(pkcs11.SessionHandle, []*pkcs11.Mechanism, pkcs11.ObjectHandle) error
	Sign(pkcs11.SessionHandle, []byte) ([]byte, error)
	EncryptInit(pkcs11.SessionHandle, []*pkcs11.Mechanism, pkcs11.ObjectHandle) error
	Encrypt(pkcs11.SessionHandle, []byte) ([]byte, error)
	DecryptInit(pkcs11.SessionHandle, []*pkcs11.Mechanism, pkcs11.ObjectHandle) error
	Decrypt(pkcs11.SessionHandle, []byte) ([]byte, error)
	GenerateRandom(s pkcs11.SessionHandle, length int) ([]byte, error)
}

var _ Cryptoki = (*pkcs11.Ctx)(nil)

// Load maps the module's library into the process without initialising it.
// The library is never unmapped again: several vendors' modules leave threads
// or exit handlers behind that would then run into nothing.
func Load(path string) (Cryptoki, error) {
	if path == "" {
		return nil, &Error{Kind: NoModule, Op: "dlopen", Detail: "no module path given"}
	}
	lib := pkcs11.New(path)
	if lib == nil {
		return nil, &Error{Kind: NoModule, Op: "dlopen", Detail: "cannot load " + path}
	}
	return lib, nil
}
