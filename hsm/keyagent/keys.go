package keyagent

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"sealdesk/hsm"
	"sealdesk/hsm/seal"
	"sealdesk/hsm/vendor"
)

// Modules are the PKCS#11 modules of this workstation. Each is opened when it
// is first wanted, and asked again later when it failed: a driver may be
// installed while the agent runs, and one broken driver hides no other.
type Modules struct {
	list     []*driver
	patience time.Duration // how long a page waits for a driver that hangs
}

// Source is one module: the name to show for it, and how to open it.
type Source struct {
	Name string
	Open func() (*hsm.Module, error)
}

// OpenModules takes libraries by their paths, each in a process of its own that
// runs program: a module that crashes or hangs takes nothing else along.
func OpenModules(program string, paths []string) *Modules {
	var sources []Source
	for _, path := range paths {
		sources = append(sources, Source{filepath.Base(path), func() (*hsm.Module, error) { return vendor.Open(program, path) }})
	}
	return ModulesFrom(sources...)
}

// ModulesFrom takes modules that the caller knows how to open.
func ModulesFrom(sources ...Source) *Modules {
	m := &Modules{patience: 8 * time.Second}
	for _, s := range sources {
		m.list = append(m.list, &driver{source: s})
	}
	return m
}

// Close gives all modules back.
func (m *Modules) Close() error {
	for _, d := range m.list {
		if err := d.close(); err != nil {
			return err
		}
	}
	return nil
}

type driver struct {
	source Source
	mu     sync.Mutex
	mod    *hsm.Module
}

func (d *driver) module() (*hsm.Module, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.mod == nil {
		mod, err := d.source.Open()
		if err != nil {
			return nil, err
		}
		d.mod = mod
	}
	return d.mod, nil
}

func (d *driver) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.mod == nil {
		return nil
	}
	err := d.mod.Close()
	d.mod = nil
	return err
}

// token is one token that is plugged in, with its certificates.
type token struct {
	driver *driver
	info   hsm.TokenInfo
	certs  []hsm.Certificate
	err    error // of reading the certificates
}

// moduleFault is a module that gave no list of tokens.
type moduleFault struct {
	name string
	err  error
}

// poll asks all modules at once what is plugged in. No PIN is involved.
func (m *Modules) poll(ctx context.Context) (tokens []token, faults []moduleFault) {
	ctx, stop := context.WithTimeout(ctx, m.patience)
	defer stop()
	type answer struct {
		tokens []token
		err    error
	}
	answers := make([]answer, len(m.list))
	var all sync.WaitGroup
	for i, d := range m.list {
		all.Go(func() { answers[i].tokens, answers[i].err = d.tokens(ctx) })
	}
	all.Wait()
	for i, a := range answers {
		tokens = append(tokens, a.tokens...)
		if a.err != nil {
			faults = append(faults, moduleFault{m.list[i].source.Name, a.err})
		}
	}
	return tokens, faults
}

func (d *driver) tokens(ctx context.Context) ([]token, error) {
	mod, err := d.module()
	if err != nil {
		return nil, err
	}
	infos, err := mod.Tokens(ctx)
	if err != nil {
		return nil, err
	}
	var list []token
	for _, info := range infos {
		if !info.Initialized { // an empty slot of a soft token, nobody's key
			continue
		}
		t := token{driver: d, info: info}
		t.certs, t.err = mod.Certificates(ctx, info.Slot)
		list = append(list, t)
	}
	return list, nil
}

// key is one certificate on one token, and what stands against using it for a
// statement.
type key struct {
	id      string
	token   token
	cert    hsm.Certificate
	problem string // a sentence; "" means it can be used
}

// keyring is what can be used for one statement, and why nothing else can.
type keyring struct {
	usable, unusable []key
	troubles         []string
}

// keysFor sorts the keys that are plugged in for a statement: those whose
// fingerprint it names, or for a log-in, where nobody is known yet, every
// person's valid one.
func (m *Modules) keysFor(ctx context.Context, kind seal.Kind, header seal.Header) keyring {
	tokens, faults := m.poll(ctx)
	ring := keyring{}
	for _, f := range faults {
		ring.troubles = append(ring.troubles, "驱动 "+f.name+"："+sentenceOf(f.err))
	}
	strangers := 0
	var empty []string
	for _, t := range tokens {
		if t.err != nil {
			ring.troubles = append(ring.troubles, "钥匙 "+t.info.Label+"："+sentenceOf(t.err))
		} else if len(t.certs) == 0 {
			empty = append(empty, "钥匙 "+t.info.Label+" 里没有签名证书。请带上它找安全保密管理员，把证书写进去再用。")
		}
		for _, c := range t.certs {
			if !wanted(kind, header, c.Leaf) {
				strangers++
				continue
			}
			k := key{id: keyID(t, c), token: t, cert: c, problem: problemOf(t, c.Leaf, time.Now())}
			if k.problem == "" {
				ring.usable = append(ring.usable, k)
			} else {
				ring.unusable = append(ring.unusable, k)
			}
		}
	}
	if len(ring.usable)+len(ring.unusable) == 0 { // beside a key that fits, an empty one is no news
		ring.troubles = append(ring.troubles, empty...)
	}
	if trouble := absence(len(tokens), len(faults), strangers, ring, kind); trouble != "" {
		ring.troubles = append(ring.troubles, trouble)
	}
	return ring
}

// absence says what is missing when no certificate answers the statement.
func absence(tokens, faults, strangers int, ring keyring, kind seal.Kind) string {
	switch {
	case len(ring.usable)+len(ring.unusable) > 0:
		return ""
	case tokens == 0 && faults > 0:
		return "没有一个驱动报出钥匙。先按上面的话处理好驱动，再按“重新查看钥匙”。"
	case tokens == 0:
		return "没有插着的钥匙。请把 USB 钥匙插好，等指示灯亮起，再按“重新查看钥匙”。"
	case strangers > 0 && kind == seal.Login:
		return "插着的钥匙里没有可以登录的证书。请换用发给本人的签名钥匙。"
	case strangers > 0:
		return "插着的钥匙不是原文列明的签署人的。请插上登记在本人名下的那一把，再按“重新查看钥匙”；原文列的不是您，请按“不签”。"
	}
	return ""
}

// wanted says whether the statement asks for this certificate.
func wanted(kind seal.Kind, header seal.Header, leaf *x509.Certificate) bool {
	if kind == seal.Login {
		return slices.Contains(leaf.ExtKeyUsage, x509.ExtKeyUsageClientAuth) && leaf.KeyUsage&x509.KeyUsageDigitalSignature != 0
	}
	mine := seal.Fingerprint(leaf)
	return slices.ContainsFunc(header.Signers, func(s seal.Signer) bool { return s.Fingerprint == mine })
}

// problemOf says why a certificate cannot be used now. Its dates are held
// against this computer's clock, which may be wrong, and the sentence says so.
func problemOf(t token, leaf *x509.Certificate, now time.Time) string {
	switch {
	case now.After(leaf.NotAfter):
		return "证书已于 " + day(leaf.NotAfter) + " 过期，不能再签。请找安全保密管理员换发证书；若这台电脑的日期不对，请先校准。"
	case now.Before(leaf.NotBefore):
		return "证书要到 " + day(leaf.NotBefore) + " 才生效。请到那时再签；若这台电脑的日期不对，请先校准。"
	case t.info.Tries == hsm.TriesLocked:
		return (&hsm.Error{Kind: hsm.PINLocked}).Sentence()
	case !t.info.PINSet && !t.info.ProtectedPath:
		return (&hsm.Error{Kind: hsm.PINUnset}).Sentence()
	}
	return ""
}

// keyID names a certificate on a token within our own form; it goes with the
// token, not with the slot, so a token put back elsewhere keeps it.
func keyID(t token, c hsm.Certificate) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q", t.driver.source.Name, t.info.Label, t.info.Serial, seal.Fingerprint(c.Leaf)))
	return hex.EncodeToString(sum[:12])
}

var beijing = time.FixedZone("+08:00", 8*60*60)

func day(t time.Time) string { return t.In(beijing).Format("2006-01-02") }

// sentenceOf is the sentence of any error; strangers get a general one.
func sentenceOf(err error) string {
	if s, ok := asSentence(err); ok {
		return s
	}
	return (&hsm.Error{Kind: hsm.Other}).Sentence()
}
