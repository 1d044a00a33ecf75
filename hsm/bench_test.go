//go:build bench

package hsm_test

import (
	"context"
	"crypto"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/miekg/pkcs11"

	"sealdesk/hsm"
	"sealdesk/hsm/hsmtest"
)

// TestFigureHSMSign prints the figure hsm-sign: signatures a second through Signer
// against the bare miekg/pkcs11 loop (SignInit, Sign on one session, nothing
// else) with the same token and the same P-256 key, in the same process, in
// interleaved rounds.
func TestFigureHSMSign(t *testing.T) {
	if only := os.Getenv("ONLY"); only != "" && only != "hsm-sign" {
		return // another figure was asked for
	}
	// Many short rounds: the median then is one that no other program's turn on
	// the processor fell into.
	const rounds, block, goal = 1501, 10, 0.95
	suite := hsmtest.SoftHSM(t)
	suite.NewToken(t, "bench", pin)
	token := suite.Login(t, "bench", pin)
	key, err := token.GenerateKey(t.Context(), hsm.KeySpec{Algorithm: hsm.ECDSAP256, ID: []byte{7}, Label: "bench"})
	if err != nil {
		t.Fatal(err)
	}
	raw := rawSigner(t, suite, token.Info().Slot)
	ctx := context.Background()
	ours := func() error { _, err := key.SignContext(ctx, digest[:], crypto.SHA256); return err }
	cancellable, cancel := context.WithCancel(ctx)
	defer cancel()
	withContext := func() error { _, err := key.SignContext(cancellable, digest[:], crypto.SHA256); return err }

	rate := func(sign func() error) float64 {
		start := time.Now()
		for range block {
			if err := sign(); err != nil {
				t.Fatal(err)
			}
		}
		return block / time.Since(start).Seconds()
	}
	rate(raw)
	rate(ours)
	var a, b, c, ratios []float64
	for i := range rounds {
		var x, y float64
		if i%2 == 0 { // whoever goes second in a round goes first in the next
			x, y = rate(raw), rate(ours)
		} else {
			y, x = rate(ours), rate(raw)
		}
		a, b, ratios = append(a, x), append(b, y), append(ratios, y/x)
	}
	// Apart, since its second goroutine leaves the scheduler in another state.
	for range rounds {
		c = append(c, rate(withContext))
	}
	for _, list := range [][]float64{a, b, c, ratios} {
		slices.Sort(list)
	}
	mid := rounds / 2
	// The two halves of a round share the machine's load of that moment, so the
	// median of their ratios drifts less than the ratio of the two medians, which
	// is printed beside it.
	ratio := ratios[mid]
	verdict := "short"
	if ratio >= goal {
		verdict = "held"
	}
	fmt.Printf("hsm-sign: ECDSA P-256 in SoftHSM, one goroutine, %d interleaved rounds of %d signatures, medians\n", rounds, block)
	fmt.Printf("  hsm.Signer                    %8.0f signatures/s\n", b[mid])
	fmt.Printf("  hsm.Signer, cancellable       %8.0f signatures/s\n", c[mid])
	fmt.Printf("  opponent: raw miekg/pkcs11    %8.0f signatures/s (SignInit + Sign, same token, same key)\n", a[mid])
	fmt.Printf("  ratio per round: quartiles %.3f and %.3f, median %.3f; ratio of the medians above %.3f\n",
		ratios[rounds/4], ratios[rounds*3/4], ratios[mid], b[mid]/a[mid])
	fmt.Printf("bench\thsm-sign\tratio=%.3f\tgoal=%.2f\t%s\n", ratio, goal, verdict)
}

// rawSigner is the opponent: one session of the bare library.
func rawSigner(t *testing.T, suite *hsmtest.Suite, slot uint) func() error {
	t.Helper()
	lib := pkcs11.New(suite.Library) // initialised already, in this process
	s, err := lib.OpenSession(slot, pkcs11.CKF_SERIAL_SESSION|pkcs11.CKF_RW_SESSION)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lib.CloseSession(s) })
	if err := lib.FindObjectsInit(s, []*pkcs11.Attribute{
		pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_PRIVATE_KEY), pkcs11.NewAttribute(pkcs11.CKA_ID, []byte{7})}); err != nil {
		t.Fatal(err)
	}
	keys, _, err := lib.FindObjects(s, 2)
	if err != nil || len(keys) != 1 {
		t.Fatal(len(keys), err)
	}
	if err := lib.FindObjectsFinal(s); err != nil {
		t.Fatal(err)
	}
	mechanism := []*pkcs11.Mechanism{pkcs11.NewMechanism(pkcs11.CKM_ECDSA, nil)}
	return func() error {
		if err := lib.SignInit(s, mechanism, keys[0]); err != nil {
			return err
		}
		_, err := lib.Sign(s, digest[:])
		return err
	}
}
