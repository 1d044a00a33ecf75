package hsm

import (
	"context"
	"fmt"

	"github.com/miekg/pkcs11"
)

const (
	gcmIV  = 12 // bytes
	gcmTag = 16 // bytes
)

// GenerateWrappingKey makes an AES-256 key inside the token that can encrypt
// and decrypt and nothing else, and cannot leave it. A label that is taken is
// KeyExists.
func (t *Token) GenerateWrappingKey(ctx context.Context, label string) error {
	_, err := do(ctx, t, "C_GenerateKey", func(s session) (struct{}, error) {
		none := struct{}{}
		if label == "" {
			return none, &Error{Kind: Unsupported, Op: "C_GenerateKey", Detail: "a key needs a label"}
		}
		if err := t.vacant(s, KeyQuery{Label: label}, pkcs11.CKO_SECRET_KEY); err != nil {
			return none, err
		}
		h, err := t.mod.api.GenerateKey(s.handle, mechanism(pkcs11.CKM_AES_KEY_GEN, nil), []*pkcs11.Attribute{
			pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_SECRET_KEY),
			pkcs11.NewAttribute(pkcs11.CKA_KEY_TYPE, pkcs11.CKK_AES),
			pkcs11.NewAttribute(pkcs11.CKA_VALUE_LEN, 32),
			pkcs11.NewAttribute(pkcs11.CKA_TOKEN, true),
			pkcs11.NewAttribute(pkcs11.CKA_PRIVATE, true),
			pkcs11.NewAttribute(pkcs11.CKA_SENSITIVE, true),
			pkcs11.NewAttribute(pkcs11.CKA_EXTRACTABLE, false),
			pkcs11.NewAttribute(pkcs11.CKA_ENCRYPT, true),
			pkcs11.NewAttribute(pkcs11.CKA_DECRYPT, true),
			pkcs11.NewAttribute(pkcs11.CKA_WRAP, false),
			pkcs11.NewAttribute(pkcs11.CKA_UNWRAP, false),
			pkcs11.NewAttribute(pkcs11.CKA_LABEL, label),
		})
		if err != nil {
			return none, failed("C_GenerateKey", err)
		}
		if err := t.confined(s, h); err != nil {
			_ = t.mod.api.DestroyObject(s.handle, h)
			return none, err
		}
		return none, nil
	})
	return err
}

// Wrap encrypts plaintext with AES-256-GCM inside the token, bound to aad, and
// answers IV ‖ ciphertext ‖ tag. The IV is 96 random bits of the token's, so a
// key is good for far more wrappings than a keyset will ever see, yet not for
// bulk data (NIST SP 800-38D: 2^32).
func (t *Token) Wrap(ctx context.Context, label string, plaintext, aad []byte) ([]byte, error) {
	return do(ctx, t, "C_Encrypt", func(s session) ([]byte, error) {
		key, err := t.wrappingKey(s, label)
		if err != nil {
			return nil, err
		}
		iv, err := t.mod.api.GenerateRandom(s.handle, gcmIV)
		if err != nil {
			return nil, failed("C_GenerateRandom", err)
		}
		gcm := pkcs11.NewGCMParams(iv, aad, gcmTag*8)
		defer gcm.Free()
		if err := t.mod.api.EncryptInit(s.handle, []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_AES_GCM, gcm)}, key); err != nil {
			return nil, failed("C_EncryptInit", err)
		}
		sealed, err := t.mod.api.Encrypt(s.handle, plaintext)
		if err != nil {
			return nil, failed("C_Encrypt", err)
		}
		if len(sealed) != len(plaintext)+gcmTag {
			return nil, &Error{Kind: Unsupported, Op: "C_Encrypt", Detail: "AES-GCM output of an unexpected length"}
		}
		return append(append(make([]byte, 0, gcmIV+len(sealed)), iv...), sealed...), nil
	})
}

// Unwrap undoes Wrap. Anything but what Wrap made, with the same aad and key,
// is Damaged.
func (t *Token) Unwrap(ctx context.Context, label string, wrapped, aad []byte) ([]byte, error) {
	if len(wrapped) < gcmIV+gcmTag {
		return nil, &Error{Kind: Damaged, Op: "C_Decrypt", Detail: fmt.Sprintf("%d bytes", len(wrapped))}
	}
	return do(ctx, t, "C_Decrypt", func(s session) ([]byte, error) {
		key, err := t.wrappingKey(s, label)
		if err != nil {
			return nil, err
		}
		gcm := pkcs11.NewGCMParams(wrapped[:gcmIV], aad, gcmTag*8)
		defer gcm.Free()
		if err := t.mod.api.DecryptInit(s.handle, []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_AES_GCM, gcm)}, key); err != nil {
			return nil, failed("C_DecryptInit", err)
		}
		plaintext, err := t.mod.api.Decrypt(s.handle, wrapped[gcmIV:])
		return plaintext, failed("C_Decrypt", err)
	})
}

func (t *Token) wrappingKey(s session, label string) (pkcs11.ObjectHandle, error) {
	handles, err := t.search(s, KeyQuery{Label: label}.attributes(pkcs11.CKO_SECRET_KEY))
	if err != nil {
		return 0, err
	}
	switch len(handles) {
	case 0:
		return 0, &Error{Kind: NoKey, Op: "find key", Detail: fmt.Sprintf("wrapping key %q", label)}
	case 1:
		return handles[0], nil
	}
	return 0, &Error{Kind: TwoKeys, Op: "find key", Detail: fmt.Sprintf("wrapping key %q", label)}
}
