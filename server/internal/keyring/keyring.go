// Package keyring keeps the secrets that protect the database: the AEAD keyset
// for personal fields, the keys of the blind indexes and the key under which
// the head of the log is authenticated. At rest they are one file, wrapped by
// an AES key that never leaves the server's HSM and, for the day when that is
// lost, under a recovery key that exists only as shares on paper, of which so
// many custodians together open it (design sections 6 and 10). They are
// unwrapped once, at start. It makes no use of them itself.
package keyring

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"

	"sealdesk/server/internal/fault"
)

// Wrapper is the wrapping key inside the HSM.
type Wrapper interface {
	Wrap(ctx context.Context, label string, plaintext, aad []byte) ([]byte, error)
	Unwrap(ctx context.Context, label string, wrapped, aad []byte) ([]byte, error)
}

// Secrets are the unwrapped keys; they stay in this process's memory.
type Secrets struct {
	Fields  tink.AEAD
	Blind   map[string][]byte // field -> 32-byte HMAC key, each field its own
	HeadMAC []byte            // 32 bytes
}

// BlindFields are the fields that can be found by exact match (domain section 6).
var BlindFields = []string{"id_number", "cert_number"}

// context of the wrapping: a blob of another purpose does not unwrap.
var aad = []byte("sealdesk keyring v1")

// file is the keyring at rest: the secrets under the HSM's key and, if there
// are custodians, once more under the recovery key that they share.
type file struct {
	Format   string    `json:"format"`
	HSM      []byte    `json:"hsm"`
	Recovery *recovery `json:"recovery,omitempty"`
}

const format = "sealdesk keyring 2"

func parse(raw []byte) (*file, error) {
	var f file
	if err := json.Unmarshal(raw, &f); err != nil || f.Format != format || len(f.HSM) == 0 {
		return nil, fault.New(fault.Invalid, "密钥环文件读不出来：不是密钥环，或已损坏。请核对路径，或换一份备份。")
	}
	return &f, nil
}

// contents are the secrets themselves, in the clear only in memory.
type contents struct {
	Fields  json.RawMessage   `json:"fields"`
	Blind   map[string][]byte `json:"blind"`
	HeadMAC []byte            `json:"head_mac"`
}

// Create makes fresh secrets and gives them wrapped by the key of that label;
// with holders also under a recovery key, whose shares it gives.
func Create(ctx context.Context, w Wrapper, label string, h Holders) ([]byte, []Share, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, nil, fmt.Errorf("make the field keyset: %w", err)
	}
	var fields bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewJSONWriter(&fields)); err != nil {
		return nil, nil, fmt.Errorf("write the field keyset: %w", err)
	}
	c := contents{Fields: fields.Bytes(), Blind: map[string][]byte{}, HeadMAC: make([]byte, 32)}
	rand.Read(c.HeadMAC)
	for _, name := range BlindFields {
		key := make([]byte, 32)
		rand.Read(key)
		c.Blind[name] = key
	}
	clear, err := json.Marshal(c)
	if err != nil {
		return nil, nil, err
	}
	f := file{Format: format}
	if f.HSM, err = w.Wrap(ctx, label, clear, aad); err != nil {
		return nil, nil, err
	}
	var shares []Share
	if len(h.Staff) > 0 {
		if f.Recovery, shares, err = split(clear, h); err != nil {
			return nil, nil, err
		}
	}
	out, err := json.Marshal(f)
	return out, shares, err
}

// Open unwraps what Create gave.
func Open(ctx context.Context, w Wrapper, label string, raw []byte) (Secrets, error) {
	f, err := parse(raw)
	if err != nil {
		return Secrets{}, err
	}
	clear, err := w.Unwrap(ctx, label, f.HSM, aad)
	if err != nil {
		return Secrets{}, fmt.Errorf("unwrap the keyring: %w", err)
	}
	return secretsOf(clear)
}

func secretsOf(clear []byte) (Secrets, error) {
	var f contents
	if err := json.Unmarshal(clear, &f); err != nil {
		return Secrets{}, fmt.Errorf("read the keyring: %w", err)
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewJSONReader(bytes.NewReader(f.Fields)))
	if err != nil {
		return Secrets{}, fmt.Errorf("read the field keyset: %w", err)
	}
	primitive, err := aead.New(handle)
	if err != nil {
		return Secrets{}, fmt.Errorf("open the field keyset: %w", err)
	}
	for _, name := range BlindFields {
		if len(f.Blind[name]) != 32 {
			return Secrets{}, fmt.Errorf("the keyring has no blind index key for %s", name)
		}
	}
	if len(f.HeadMAC) != 32 {
		return Secrets{}, fmt.Errorf("the keyring has no head key")
	}
	return Secrets{Fields: primitive, Blind: f.Blind, HeadMAC: f.HeadMAC}, nil
}
