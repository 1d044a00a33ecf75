package portal_test

import (
	"archive/zip"
	"bytes"
	"crypto"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sealdesk/hsm"
	"sealdesk/hsm/hsmtest"
	"sealdesk/server/internal/issuing"
	"sealdesk/server/registration"
)

func TestAKeyInsideATokenSignsInConcludesAndLeavesAProofThatOpenSSLAccepts(t *testing.T) {
	suite := hsmtest.SoftHSM(t)
	suite.NewToken(t, auditor, "246810")
	key, err := suite.Login(t, auditor, "246810").GenerateKey(t.Context(), hsm.KeySpec{Algorithm: hsm.ECDSAP256, Label: "sealdesk"})
	must(t, err)
	w := found(t, map[string]crypto.Signer{auditor: key}).open(t, "2024-11-20 10:00:00")
	ids := w.plant(2, school, atCounty)
	a := w.in(auditor)
	receipt := a.done(a.post("/applications", batch(ids...)))
	if w.application(ids[0]).State != registration.Concluded || !strings.HasPrefix(receipt.Path, "/receipts/") {
		t.Fatalf("%s, %s", receipt.Path, w.application(ids[0]).State)
	}
	proof := a.ok(a.get(receipt.Path + "/proof?record=" + ids[0]))
	dir := t.TempDir()
	unpacked, err := zip.NewReader(bytes.NewReader(proof.Body), int64(len(proof.Body)))
	must(t, err)
	for _, f := range unpacked.File {
		r, err := f.Open()
		must(t, err)
		body, err := io.ReadAll(r)
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, filepath.Base(f.Name)), body, 0o600))
	}
	ca := filepath.Join(dir, "trusted.pem")
	must(t, os.WriteFile(ca, issuing.PEM(w.ca), 0o600))
	verify := func() error {
		return exec.Command("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", filepath.Join(dir, "seal-1.p7s"), "-content",
			filepath.Join(dir, "statement.txt"), "-CAfile", ca, "-purpose", "any", "-no_check_time", "-out", os.DevNull).Run()
	}
	if err := verify(); err != nil {
		t.Errorf("OpenSSL: %v", err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "statement.txt"))
	must(t, err)
	text[len(text)-2] ^= 1
	must(t, os.WriteFile(filepath.Join(dir, "statement.txt"), text, 0o600))
	if verify() == nil {
		t.Error("OpenSSL accepts an altered text")
	}
	// The proof holds its own teacher's row and not the other's.
	opening, err := os.ReadFile(filepath.Join(dir, "opening.txt"))
	must(t, err)
	if mine, other := w.application(ids[0]).Form.PersonName, w.application(ids[1]).Form.PersonName; !strings.Contains(string(opening), mine) || strings.Contains(string(opening), other) {
		t.Error("the opening is not of this one row")
	}
}
