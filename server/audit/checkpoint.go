package audit

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"

	tlogformat "github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"

	"sealdesk/server/internal/fault"
)

// A Checkpoint is one published state of the log.
type Checkpoint struct {
	Origin string // the log's name; equals the name of its key
	Size   uint64
	Root   Hash
}

// Text is the C2SP tlog-checkpoint body that is signed: three lines, no extensions.
func (c Checkpoint) Text() string {
	return string(tlogformat.Checkpoint{Origin: c.Origin, Size: c.Size, Hash: c.Root[:]}.Marshal())
}

// SignCheckpoint makes the signed note. The origin must be the signer's name.
func SignCheckpoint(c Checkpoint, signer note.Signer) ([]byte, error) {
	if c.Origin != signer.Name() {
		return nil, fault.New(fault.Invalid, "检查点的日志名称与签名公钥的名称不同。")
	}
	signed, err := note.Sign(&note.Note{Text: c.Text()}, signer)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "日志签名钥匙没有签出检查点。")
	}
	return signed, nil
}

// maxCheckpoint bounds a checkpoint with its cosignatures; an ML-DSA-44
// cosignature alone has 3.3 kB in base64.
const maxCheckpoint = 256 << 10

// OpenCheckpoint reads a signed note and refuses one that the log's key has
// not signed, that names another log, or whose body has any other spelling or
// extension lines. Cosignatures are left to a Policy.
func OpenCheckpoint(b []byte, log note.Verifier) (Checkpoint, error) {
	if len(b) > maxCheckpoint {
		return Checkpoint{}, fault.New(fault.Invalid, "检查点超过 %d 字节。", maxCheckpoint)
	}
	n, err := note.Open(b, note.VerifierList(log))
	if err != nil {
		return Checkpoint{}, fault.Wrap(err, fault.Invalid, "检查点没有日志公钥（%s）的有效签名。", log.Name())
	}
	var f tlogformat.Checkpoint
	if _, err := f.Unmarshal([]byte(n.Text)); err != nil || len(f.Hash) != len(Hash{}) || f.Size > maxNumber {
		return Checkpoint{}, fault.Wrap(err, fault.Invalid, "检查点的正文不合格式：应为日志名称、大小、根三行。")
	}
	c := Checkpoint{Origin: f.Origin, Size: f.Size, Root: Hash(f.Hash)}
	if c.Text() != n.Text {
		return Checkpoint{}, fault.New(fault.Invalid, "检查点的正文不是规范写法。")
	}
	if c.Origin != log.Name() {
		return Checkpoint{}, fault.New(fault.Invalid, "检查点属于另一个日志，不是 %s。", log.Name())
	}
	return c, nil
}

// NewSigner makes a note signer whose Ed25519 key lies in an HSM: sign gets
// the whole message and crypto.Hash(0), as ed25519.PrivateKey.Sign wants it.
// Each signature is verified before it is given out.
func NewSigner(name string, pub ed25519.PublicKey, sign crypto.Signer) (note.Signer, error) {
	vkey, err := note.NewEd25519VerifierKey(name, pub)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "日志公钥不是 Ed25519 公钥。")
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "日志名称“%s”不能用：不得为空，不得含空格或加号。", name)
	}
	return &signer{verifier: verifier, sign: sign}, nil
}

// VerifierKey spells the log's public key as the file that verifiers trust.
func VerifierKey(name string, pub ed25519.PublicKey) (string, error) {
	vkey, err := note.NewEd25519VerifierKey(name, pub)
	if err != nil {
		return "", fault.Wrap(err, fault.Invalid, "日志公钥不是 Ed25519 公钥。")
	}
	if _, err := note.NewVerifier(vkey); err != nil {
		return "", fault.Wrap(err, fault.Invalid, "日志名称“%s”不能用：不得为空，不得含空格或加号。", name)
	}
	return vkey, nil
}

type signer struct {
	verifier note.Verifier
	sign     crypto.Signer
}

func (s *signer) Name() string    { return s.verifier.Name() }
func (s *signer) KeyHash() uint32 { return s.verifier.KeyHash() }

func (s *signer) Sign(msg []byte) ([]byte, error) {
	sig, err := s.sign.Sign(rand.Reader, msg, crypto.Hash(0))
	if err != nil {
		return nil, err
	}
	if !s.verifier.Verify(msg, sig) {
		return nil, fault.New(fault.Unavailable, "密码机给出的签名与日志公钥不符。")
	}
	return sig, nil
}

// keyID is the signed-note key ID: it binds a key's name, type and bytes.
func keyID(name string, typed []byte) uint32 {
	h := sha256.New()
	h.Write([]byte(name))
	h.Write([]byte("\n"))
	h.Write(typed)
	return binary.BigEndian.Uint32(h.Sum(nil))
}
