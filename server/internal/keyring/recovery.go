package keyring

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/cloudflare/circl/group"
	"github.com/cloudflare/circl/secretsharing"

	"sealdesk/server/internal/fault"
)

// sharing is the field of the shares: CIRCL's ristretto255 scalars are handled
// in constant time.
var sharing = group.Ristretto255

// Holders say among whom the recovery key is split: any Threshold of them
// together have it, fewer know nothing of it.
type Holders struct {
	Threshold int
	Staff     []string
}

// Check refuses a split that protects nothing or that nobody could ever join.
func (h Holders) Check() error {
	seen := map[string]bool{}
	for _, s := range h.Staff {
		if s == "" || seen[s] {
			return fault.New(fault.Invalid, "份额保管人里“%s”写了两遍或是空的。每人一份，请改正。", s)
		}
		seen[s] = true
	}
	switch n := len(h.Staff); {
	case n < 2 || n > 15:
		return fault.New(fault.Invalid, "份额保管人应有 2 至 15 人，现在是 %d 人。", n)
	case h.Threshold < 2 || h.Threshold > n:
		return fault.New(fault.Invalid, "凑齐几份才能恢复，应在 2 与 %d 之间，现在是 %d。只要一份就能恢复，等于一人掌握全部。", n, h.Threshold)
	}
	return nil
}

// recovery is the second wrapping: the same secrets under a key that exists on
// paper only. The commitment (Feldman) lets each share be judged by itself.
type recovery struct {
	ID         string   `json:"id"`
	Threshold  int      `json:"threshold"`
	Holders    []string `json:"holders"`
	Commitment [][]byte `json:"commitment"`
	Sealed     []byte   `json:"sealed"` // AES-256-GCM: nonce ‖ ciphertext ‖ tag
}

// split makes a fresh recovery key, seals clear under it and gives its shares;
// the key itself is forgotten.
func split(clear []byte, h Holders) (*recovery, []Share, error) {
	if err := h.Check(); err != nil {
		return nil, nil, err
	}
	secret := sharing.RandomNonZeroScalar(rand.Reader)
	s := secretsharing.New(rand.Reader, uint(h.Threshold-1), secret)
	r := &recovery{Threshold: h.Threshold, Holders: slices.Clone(h.Staff)}
	for _, e := range s.CommitSecret() {
		b, err := e.MarshalBinary()
		if err != nil {
			return nil, nil, err
		}
		r.Commitment = append(r.Commitment, b)
	}
	sum := sha256.Sum256(bytes.Join(r.Commitment, nil))
	r.ID = hex.EncodeToString(sum[:4])
	var shares []Share
	for i, one := range s.Share(uint(len(h.Staff))) {
		value, err := one.Value.MarshalBinary()
		if err != nil {
			return nil, nil, err
		}
		share := Share{Recovery: r.ID, Threshold: h.Threshold, Count: len(h.Staff), Index: i + 1}
		if copy(share.value[:], value) != len(value) || len(value) != len(share.value) {
			return nil, nil, fmt.Errorf("a share of %d bytes", len(value))
		}
		shares = append(shares, share)
	}
	box, err := r.box(secret)
	if err != nil {
		return nil, nil, err
	}
	nonce := make([]byte, box.NonceSize())
	rand.Read(nonce)
	r.Sealed = box.Seal(nonce, nonce, clear, r.bound())
	return r, shares, nil
}

// box is the cipher of a recovered secret.
func (r *recovery) box(secret group.Scalar) (cipher.AEAD, error) {
	raw, err := secret.MarshalBinary()
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, raw, nil, "sealdesk recovery key v1", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// bound is what the sealing is bound to: nobody moves it under other holders.
func (r *recovery) bound() []byte {
	return fmt.Appendf(nil, "sealdesk recovery v1\n%s\n%d\n%s\n", r.ID, r.Threshold, strings.Join(r.Holders, "\n"))
}

// join gives the secrets back, or says what is wrong with which share.
func (r *recovery) join(shares []Share) ([]byte, error) {
	commitment := make(secretsharing.SecretCommitment, len(r.Commitment))
	for i, b := range r.Commitment {
		commitment[i] = sharing.NewElement()
		if err := commitment[i].UnmarshalBinary(b); err != nil {
			return nil, fault.Wrap(err, fault.Invalid, "密钥环文件里的恢复部分损坏。请换一份备份。")
		}
	}
	taken := map[int]bool{}
	var points []secretsharing.Share
	for i, s := range shares {
		p, err := r.point(s, i+1, commitment)
		if err != nil {
			return nil, err
		}
		if taken[s.Index] {
			return nil, fault.New(fault.Invalid, "第 %d 份给了两遍（份额 %d，保管人 %s）。同一份只算一份，请另一位保管人拿出自己的。", i+1, s.Index, r.Holders[s.Index-1])
		}
		taken[s.Index] = true
		points = append(points, p)
	}
	if len(points) < r.Threshold {
		return nil, fault.New(fault.Invalid, "只有 %d 份，凑齐 %d 份才能恢复。请再请 %d 位保管人拿出份额。", len(points), r.Threshold, r.Threshold-len(points))
	}
	secret, err := secretsharing.Recover(uint(r.Threshold-1), points)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "这些份额合不起来。请逐份核对。")
	}
	box, err := r.box(secret)
	if err != nil {
		return nil, err
	}
	if len(r.Sealed) < box.NonceSize() {
		return nil, fault.New(fault.Invalid, "密钥环文件里的恢复部分损坏。请换一份备份。")
	}
	clear, err := box.Open(nil, r.Sealed[:box.NonceSize()], r.Sealed[box.NonceSize():], r.bound())
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "份额都对，密钥环文件里的恢复部分却打不开：文件损坏或被改过。请换一份备份。")
	}
	return clear, nil
}

// point turns a share into a point of the polynomial, if it is one of ours.
func (r *recovery) point(s Share, place int, c secretsharing.SecretCommitment) (secretsharing.Share, error) {
	var p secretsharing.Share
	switch {
	case s.Recovery != r.ID:
		return p, fault.New(fault.Invalid, "第 %d 份属于恢复密钥 %s，这个密钥环的恢复密钥是 %s。请核对是不是旧的或别处的份额，或换用同期的备份。",
			place, strings.ToUpper(s.Recovery), strings.ToUpper(r.ID))
	case s.Threshold != r.Threshold || s.Count != len(r.Holders) || s.Index < 1 || s.Index > s.Count:
		return p, fault.New(fault.Invalid, "第 %d 份写的份数与密钥环不符，不是当初发出的。请照纸重抄，或换另一位保管人的份额。", place)
	}
	p.ID, p.Value = sharing.NewScalar().SetUint64(uint64(s.Index)), sharing.NewScalar()
	if err := p.Value.UnmarshalBinary(s.value[:]); err != nil || !secretsharing.Verify(uint(r.Threshold-1), p, c) {
		return p, fault.New(fault.Invalid, "第 %d 份（份额 %d，保管人 %s）不是当初发出的那一份：纸上的字被改过，或整份是假的。请停止使用，告知安全审计员。",
			place, s.Index, r.Holders[s.Index-1])
	}
	return p, nil
}

// Recovery says of a keyring file which recovery key it answers to and who
// holds the shares; ok is false when it has none.
func Recovery(raw []byte) (id string, h Holders, ok bool) {
	f, err := parse(raw)
	if err != nil || f.Recovery == nil {
		return "", h, false
	}
	return f.Recovery.ID, Holders{f.Recovery.Threshold, f.Recovery.Holders}, true
}

// Recover joins shares and gives the same secrets wrapped by the key of that
// label in a new HSM. The recovery part stays as it is.
func Recover(ctx context.Context, w Wrapper, label string, raw []byte, shares []Share) ([]byte, error) {
	f, clear, err := joined(raw, shares)
	if err != nil {
		return nil, err
	}
	if f.HSM, err = w.Wrap(ctx, label, clear, aad); err != nil {
		return nil, fmt.Errorf("wrap the keyring: %w", err)
	}
	return json.Marshal(f)
}

// Drill joins shares and holds what they open against what the HSM opens. It
// changes nothing.
func Drill(ctx context.Context, w Wrapper, label string, raw []byte, shares []Share) error {
	f, clear, err := joined(raw, shares)
	if err != nil {
		return err
	}
	same, err := w.Unwrap(ctx, label, f.HSM, aad)
	if err != nil {
		return fmt.Errorf("unwrap the keyring: %w", err)
	}
	if !bytes.Equal(clear, same) {
		return fault.New(fault.Conflict, "份额打开的密钥与 HSM 打开的不是同一套：恢复出来也读不了现在的数据。请立即运行 portal recover --new-shares 重新发放份额。")
	}
	return nil
}

func joined(raw []byte, shares []Share) (*file, []byte, error) {
	f, err := parse(raw)
	if err != nil {
		return nil, nil, err
	}
	if f.Recovery == nil {
		return nil, nil, fault.New(fault.Invalid, "这个密钥环没有恢复部分，没有份额可用。HSM 在时，用 portal recover --new-shares 发放份额。")
	}
	clear, err := f.Recovery.join(shares)
	if err != nil {
		return nil, nil, err
	}
	_, err = secretsOf(clear)
	return f, clear, err
}

// Renew makes a new recovery key for other holders while the HSM still opens
// the keyring. The old shares open the new file no more; they still open old
// backups, so these are destroyed with them.
func Renew(ctx context.Context, w Wrapper, label string, raw []byte, h Holders) ([]byte, []Share, error) {
	f, err := parse(raw)
	if err != nil {
		return nil, nil, err
	}
	clear, err := w.Unwrap(ctx, label, f.HSM, aad)
	if err != nil {
		return nil, nil, fmt.Errorf("unwrap the keyring: %w", err)
	}
	var shares []Share
	if f.Recovery, shares, err = split(clear, h); err != nil {
		return nil, nil, err
	}
	out, err := json.Marshal(f)
	return out, shares, err
}
