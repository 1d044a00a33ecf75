package hsm

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	pkcs11uri "github.com/stefanberger/go-pkcs11uri"
)

// URI is an RFC 7512 PKCS#11 URI, as far as Sealdesk uses one. Attributes that
// it does not know are refused: one that is silently ignored may be the one
// that told two keys apart.
type URI struct {
	ModulePath string // module-path, absolute
	ModuleName string // module-name, looked for in the usual directories
	Token      string // token: label
	Serial     string // serial
	Slot       *uint  // slot-id
	Maker      string // manufacturer of the token
	Model      string // model
	Object     string // object: CKA_LABEL of the key
	ID         []byte // id: CKA_ID of the key
	PINSource  string // pin-source: absolute path of a file
}

// Query is the token that the URI names, Key the key.
func (u URI) Query() TokenQuery {
	return TokenQuery{Label: u.Token, Serial: u.Serial, Slot: u.Slot, Manufacturer: u.Maker, Model: u.Model}
}
func (u URI) Key() KeyQuery { return KeyQuery{ID: u.ID, Label: u.Object} }

// ParseURI reads a pkcs11: URI. A pin-value is refused: a PIN does not belong
// into a configuration file.
func ParseURI(s string) (URI, error) {
	bad := func(kind Kind, why string) (URI, error) {
		return URI{}, &Error{Kind: kind, Op: "parse URI", Detail: why}
	}
	if strings.Contains(s, "pin-value=") {
		return bad(PINSource, "pin-value is not accepted")
	}
	p := pkcs11uri.New()
	if err := p.Parse(s); err != nil {
		return bad(BadURI, "not an RFC 7512 URI") // the library's text may quote a value
	}
	path, query, _ := strings.Cut(strings.TrimPrefix(s, "pkcs11:"), "?")
	if unknown := strange(path, ";", pathAttributes); unknown != "" {
		return bad(BadURI, "unknown path attribute "+strconv.Quote(unknown))
	}
	if unknown := strange(query, "&", queryAttributes); unknown != "" {
		return bad(BadURI, "unknown query attribute "+strconv.Quote(unknown))
	}
	var u URI
	u.Token, _ = p.GetPathAttribute("token", false)
	u.Serial, _ = p.GetPathAttribute("serial", false)
	u.Maker, _ = p.GetPathAttribute("manufacturer", false)
	u.Model, _ = p.GetPathAttribute("model", false)
	u.Object, _ = p.GetPathAttribute("object", false)
	if id, ok := p.GetPathAttribute("id", false); ok {
		u.ID = []byte(id)
	}
	if slot, ok := p.GetPathAttribute("slot-id", false); ok {
		n, err := strconv.ParseUint(slot, 10, 32)
		if err != nil {
			return bad(BadURI, "slot-id is no number")
		}
		number := uint(n)
		u.Slot = &number
	}
	u.ModulePath, _ = p.GetQueryAttribute("module-path", false)
	u.ModuleName, _ = p.GetQueryAttribute("module-name", false)
	if strings.ContainsAny(u.ModuleName, `/\`) {
		return bad(BadURI, "module-name is a path")
	}
	if source, ok := p.GetQueryAttribute("pin-source", false); ok {
		file, err := url.Parse(source)
		if err != nil || file.Scheme != "" && file.Scheme != "file" || file.Host != "" || !filepath.IsAbs(file.Path) {
			return bad(PINSource, "pin-source is no absolute file path")
		}
		u.PINSource = file.Path
	}
	return u, nil
}

const (
	pathAttributes  = " token manufacturer serial model object type id slot-id "
	queryAttributes = " pin-source module-name module-path "
)

// strange is the first attribute name that the list does not hold.
func strange(part, separator, known string) string {
	for _, attribute := range strings.Split(part, separator) {
		name, _, _ := strings.Cut(attribute, "=")
		if name != "" && !strings.Contains(known, " "+name+" ") {
			return name
		}
	}
	return ""
}

// Module is the path of the module's library.
func (u URI) Module() (string, error) {
	if u.ModulePath != "" {
		if info, err := os.Stat(u.ModulePath); err != nil || info.Mode().IsRegular() {
			return u.ModulePath, nil // Open says what is wrong with it
		}
	}
	if u.ModuleName == "" {
		return "", &Error{Kind: NoModule, Op: "find module", Detail: "the URI names neither module-path nor module-name"}
	}
	directories := moduleDirectories
	if u.ModulePath != "" {
		directories = []string{u.ModulePath}
	}
	for _, pattern := range directories {
		for _, name := range []string{u.ModuleName + ".so", "lib" + u.ModuleName + ".so", u.ModuleName + ".dll"} {
			if found, _ := filepath.Glob(filepath.Join(pattern, name)); len(found) > 0 {
				return found[0], nil
			}
		}
	}
	return "", &Error{Kind: NoModule, Op: "find module", Detail: "no module named " + strconv.Quote(u.ModuleName)}
}

// moduleDirectories is where distributions put PKCS#11 modules.
var moduleDirectories = []string{
	"/usr/lib/*/pkcs11", "/usr/lib/*/softhsm", "/usr/lib/*", "/usr/lib64/pkcs11", "/usr/lib64",
	"/usr/lib/pkcs11", "/usr/lib/softhsm", "/usr/lib", "/usr/local/lib",
}

// PIN reads the PIN from the URI's pin-source: a regular file that only its
// owner, this user or root, can read. One line end at its end does not count.
func (u URI) PIN() ([]byte, error) {
	if u.PINSource == "" {
		return nil, &Error{Kind: PINSource, Op: "read PIN", Detail: "the URI has no pin-source"}
	}
	f, err := os.Open(u.PINSource)
	if err != nil {
		return nil, &Error{Kind: PINSource, Op: "read PIN", cause: err}
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, &Error{Kind: PINSource, Op: "read PIN", cause: err}
	}
	if why := exposed(info); why != "" {
		return nil, &Error{Kind: PINSource, Op: "read PIN", Detail: u.PINSource + ": " + why}
	}
	buffer := make([]byte, 257)
	n, err := io.ReadFull(f, buffer)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF {
		return nil, &Error{Kind: PINSource, Op: "read PIN", cause: err}
	}
	pin := bytes.TrimSuffix(bytes.TrimSuffix(buffer[:n], []byte("\n")), []byte("\r"))
	if len(pin) == 0 || n > 256 || bytes.ContainsAny(pin, "\r\n\x00") {
		clear(buffer)
		return nil, &Error{Kind: PINSource, Op: "read PIN", Detail: u.PINSource + " must hold one line of 1 to 256 bytes"}
	}
	return pin, nil
}

// OpenURI opens the module, finds the token and logs in with the PIN of the
// URI's pin-source. Closing the Token closes the module too.
func OpenURI(ctx context.Context, uri string, opts Options) (*Token, error) {
	u, err := ParseURI(uri)
	if err != nil {
		return nil, err
	}
	path, err := u.Module()
	if err != nil {
		return nil, err
	}
	pin, err := u.PIN()
	if err != nil {
		return nil, err
	}
	defer clear(pin)
	m, err := Open(path)
	if err != nil {
		return nil, err
	}
	t, err := m.Login(ctx, u.Query(), pin, opts)
	if err != nil {
		_ = m.Close() // the log-in's error says more
		return nil, err
	}
	t.ownsModule = true
	return t, nil
}

func (u URI) String() string {
	return fmt.Sprintf("pkcs11 token %q serial %q object %q id %x", u.Token, u.Serial, u.Object, u.ID)
}
