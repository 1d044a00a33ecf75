package audit

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"testing"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

func signedCheckpoint(t *testing.T, cosigners ...note.Signer) []byte {
	t.Helper()
	signer, _ := testKey(t)
	b, err := SignCheckpoint(Checkpoint{testOrigin, 8, Hash(digestOf("root"))}, signer)
	if err != nil {
		t.Fatal(err)
	}
	if len(cosigners) == 0 {
		return b
	}
	_, verifier := testKey(t)
	n, err := note.Open(b, note.VerifierList(verifier))
	if err != nil {
		t.Fatal(err)
	}
	if b, err = note.Sign(n, cosigners...); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestACheckpointIsSignedAsTheGoldenFileShowsAndReadBack(t *testing.T) {
	b := signedCheckpoint(t)
	golden(t, "checkpoint", b)
	_, verifier := testKey(t)
	c, err := OpenCheckpoint(b, verifier)
	if err != nil || c != (Checkpoint{testOrigin, 8, Hash(digestOf("root"))}) {
		t.Errorf("reads as %+v (%v)", c, err)
	}
}

func TestACheckpointWithAnyOtherByteIsRefused(t *testing.T) {
	b := signedCheckpoint(t)
	_, verifier := testKey(t)
	for i := range b {
		altered := append([]byte(nil), b...)
		altered[i] ^= 4
		if c, err := OpenCheckpoint(altered, verifier); err == nil {
			t.Errorf("byte %d altered: %+v", i, c)
		}
	}
}

func TestACheckpointOfAnotherShapeIsRefusedThoughTheKeySignedIt(t *testing.T) {
	signer, verifier := testKey(t)
	good := Checkpoint{testOrigin, 8, Hash(digestOf("root"))}.Text()
	for name, text := range map[string]string{
		"another log":       strings.Replace(good, testOrigin, "log.example/other", 1),
		"an extension line": good + "more\n",
		"a size with zero":  strings.Replace(good, "\n8\n", "\n08\n", 1),
		"a short root":      testOrigin + "\n8\nAAAA\n",
		"two lines":         testOrigin + "\n8\n",
		"a size too large":  strings.Replace(good, "\n8\n", "\n9007199254740992\n", 1),
	} {
		b, err := note.Sign(&note.Note{Text: text}, signer)
		if err != nil {
			t.Fatal(err)
		}
		if c, err := OpenCheckpoint(b, verifier); err == nil {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

// badToken is a token that fails or lies.
type badToken struct {
	pub ed25519.PublicKey
	err error
}

func (b badToken) Public() crypto.PublicKey { return b.pub }
func (b badToken) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return make([]byte, ed25519.SignatureSize), b.err
}

func TestASignatureThatTheTokenGotWrongNeverLeavesTheSigner(t *testing.T) {
	pub, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []badToken{{pub, nil}, {pub, errors.New("token removed")}} {
		s, err := NewSigner("log.example/x", pub, token)
		if err != nil {
			t.Fatal(err)
		}
		if b, err := SignCheckpoint(Checkpoint{"log.example/x", 1, Hash{}}, s); err == nil {
			t.Errorf("signed %q", b)
		}
	}
	if _, err := NewSigner("two words", pub, badToken{}); err == nil {
		t.Error("a name with a space is accepted")
	}
}

// witnessKey makes a witness with its vkey of type 0x04 or 0x06.
func witnessKey(t *testing.T, name string, mldsa bool) (note.Signer, string) {
	t.Helper()
	if mldsa {
		skey, vkey, err := fnote.GenerateMLDSAKey(name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := fnote.NewSignerForCosignatureV1(skey)
		if err != nil {
			t.Fatal(err)
		}
		return s, vkey
	}
	skey, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := fnote.NewSignerForCosignatureV1(skey)
	if err != nil {
		t.Fatal(err)
	}
	if vkey, err = fnote.VKeyToCosignatureV1(vkey); err != nil {
		t.Fatal(err)
	}
	return s, vkey
}

func TestAPolicyCountsCosignaturesOfBothTypesAndIgnoresUnknownOnes(t *testing.T) {
	_, log := testKey(t)
	a, aKey := witnessKey(t, "witness.example/a", false)
	b, bKey := witnessKey(t, "witness.example/b", true)
	c, _ := witnessKey(t, "witness.example/c", false)
	policy, err := ParsePolicy([]byte("# 两位都要\nwitness a "+aKey+" https://a.example/\nwitness b "+bKey+" # 无地址\ngroup both all a b\nquorum both\n"), log)
	if err != nil {
		t.Fatal(err)
	}
	if err := policy.Check(signedCheckpoint(t, a, b, c)); err != nil {
		t.Errorf("both and an unknown one: %v", err)
	}
	for name, cp := range map[string][]byte{
		"none": signedCheckpoint(t), "only a": signedCheckpoint(t, a), "only b": signedCheckpoint(t, b), "a stranger": signedCheckpoint(t, a, c),
	} {
		if policy.Check(cp) == nil {
			t.Errorf("%s: satisfied", name)
		}
	}
	if err := (Policy{}).Check(signedCheckpoint(t)); err != nil {
		t.Errorf("the zero policy demands witnesses: %v", err)
	}
}

func TestAPolicyThatWouldMisleadIsRefused(t *testing.T) {
	_, log := testKey(t)
	_, key := witnessKey(t, "witness.example/a", false)
	_, plain, err := note.GenerateKey(rand.Reader, "witness.example/p")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"empty":               "",
		"no quorum":           "witness a " + key + "\n",
		"one key twice":       "witness a " + key + "\nwitness b " + key + "\ngroup g all a b\nquorum g\n",
		"a key of type 1":     "witness p " + plain + "\nquorum p\n",
		"a key with wrong id": "witness a " + strings.Replace(key, "+", "+0", 1)[:len(key)] + "\nquorum a\n",
		"another log":         "log " + plain + "\nwitness a " + key + "\nquorum a\n",
		"an unknown word":     "trust everybody\nquorum none\n",
		"an unknown quorum":   "witness a " + key + "\nquorum b\n",
		"a member twice":      "witness a " + key + "\ngroup g 2 a a\nquorum g\n",
		"a group of zero":     "witness a " + key + "\ngroup g 0 a\nquorum g\n",
		"two quorums":         "witness a " + key + "\nquorum a\nquorum none\n",
		"too high":            "witness a " + key + "\ngroup g 2 a\nquorum g\n",
	} {
		if _, err := ParsePolicy([]byte(text), log); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	own, err := VerifierKey(testOrigin, ed25519.NewKeyFromSeed([]byte(strings.Repeat("k", 32))).Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParsePolicy([]byte("log "+own+"\nwitness a "+key+"\nquorum a\n"), log); err != nil {
		t.Errorf("a policy that names this log: %v", err)
	}
}
