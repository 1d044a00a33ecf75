package store

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"sync"
	"time"

	"sealdesk/policy"
	"sealdesk/server/custody"
)

// ends remembers when certificates end, by fingerprint: the fingerprint is the
// certificate's own digest, so what was read once holds for ever, and a page
// over a thousand keys parses none of them again.
type ends struct {
	mu    sync.Mutex
	until map[string]time.Time
}

// mostEnds bounds the memory; beyond it the certificates are read anew.
const mostEnds = 50_000

// missing are the fingerprints that are not remembered.
func (e *ends) missing(fingerprints []string) (list []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.until) > mostEnds {
		e.until = nil
	}
	for _, f := range fingerprints {
		if _, ok := e.until[f]; !ok {
			list = append(list, f)
		}
	}
	return list
}

// learn remembers a certificate, if it is the fingerprint's; one that cannot be
// read has no end that is known.
func (e *ends) learn(fingerprint string, der []byte) {
	var until time.Time
	if sum := sha256.Sum256(der); hex.EncodeToString(sum[:]) == fingerprint {
		if c, err := x509.ParseCertificate(der); err == nil {
			until = c.NotAfter
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.until == nil {
		e.until = map[string]time.Time{}
	}
	e.until[fingerprint] = until
}

func (e *ends) of(fingerprint string) time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.until[fingerprint]
}

// EndingBefore lists the serial numbers of the tokens within the reach of the
// grant whose key is in use and ends before a moment, by serial number.
func (s *Store) EndingBefore(ctx context.Context, g policy.Grant, moment time.Time) ([]string, error) {
	if g.IsZero() {
		return nil, ungranted()
	}
	from, to := g.Range()
	set, err := s.ask(ctx, want{"SELECT fingerprint, token FROM custody_keys WHERE path >= ? AND path < ? AND state = ? ORDER BY token",
		[]any{from, to, string(custody.Issued)}})
	if err != nil {
		return nil, unreadable(err)
	}
	fingerprints, tokens := make([]string, len(set)), make([]string, len(set))
	for i, cells := range set {
		f, err1 := cellOf(text, cells[0])
		t, err2 := cellOf(text, cells[1])
		if err1 != nil || err2 != nil {
			return nil, unreadable(err1)
		}
		fingerprints[i], tokens[i] = f.(string), t.(string)
	}
	if err := s.learnEnds(ctx, s.ends.missing(fingerprints)); err != nil {
		return nil, err
	}
	var list []string
	for i, f := range fingerprints {
		if until := s.ends.of(f); !until.IsZero() && until.Before(moment) {
			list = append(list, tokens[i])
		}
	}
	return list, nil
}

func (s *Store) learnEnds(ctx context.Context, fingerprints []string) error {
	for len(fingerprints) > 0 {
		n := min(len(fingerprints), 500)
		set, err := s.ask(ctx, want{"SELECT fingerprint, certificate FROM custody_keys WHERE fingerprint IN (" + marks(n) + ")", anys(fingerprints[:n])})
		if err != nil {
			return unreadable(err)
		}
		fingerprints = fingerprints[n:]
		for _, cells := range set {
			f, err1 := cellOf(text, cells[0])
			der, err2 := cellOf(blob, cells[1])
			if err1 != nil || err2 != nil {
				return unreadable(err1)
			}
			s.ends.learn(f.(string), der.([]byte))
		}
	}
	return nil
}
