package main

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"sealdesk/hsm"
	"sealdesk/server/audit"
	"sealdesk/server/internal/keyring"
	"sealdesk/server/store"
)

// Labels of the server's own keys inside its HSM.
const (
	labelLog  = "sealdesk-log"
	labelCA   = "sealdesk-ca"
	labelWrap = "sealdesk-wrap"
)

// vault is the server's HSM, opened and logged in.
type vault struct {
	log, server *hsm.Token
}

func openVault(ctx context.Context, c config) (*vault, error) {
	logToken, err := hsm.OpenURI(ctx, c.HSM.Log, hsm.Options{})
	if err != nil {
		return nil, told("打不开日志密钥所在的令牌", err)
	}
	server, err := hsm.OpenURI(ctx, c.HSM.Server, hsm.Options{})
	if err != nil {
		logToken.Close()
		return nil, told("打不开服务器令牌", err)
	}
	return &vault{logToken, server}, nil
}

func (v *vault) Close() { v.log.Close(); v.server.Close() }

// keys gathers what the store signs and protects with.
func (v *vault) keys(ctx context.Context, c config) (store.Keys, error) {
	var k store.Keys
	vkey, err := os.ReadFile(c.Log.Key)
	if err != nil {
		return k, fmt.Errorf("读不到日志公钥文件 %s：先运行 portal init", c.Log.Key)
	}
	if k.LogVerifier, err = note.NewVerifier(strings.TrimSpace(string(vkey))); err != nil {
		return k, fmt.Errorf("日志公钥文件 %s 不成样子：%w", c.Log.Key, err)
	}
	signer, err := v.log.Signer(ctx, hsm.KeyQuery{Label: labelLog})
	if err != nil {
		return k, told("日志令牌里没有日志密钥", err)
	}
	public, ok := signer.Public().(ed25519.PublicKey)
	if !ok {
		return k, errors.New("日志密钥不是 Ed25519")
	}
	if k.LogSigner, err = audit.NewSigner(c.Log.Origin, public, signer); err != nil {
		return k, err
	}
	wrapped, err := os.ReadFile(c.Keyring)
	if err != nil {
		return k, fmt.Errorf("读不到密钥环 %s：先运行 portal init", c.Keyring)
	}
	secrets, err := keyring.Open(ctx, v.server, labelWrap, wrapped)
	if err != nil {
		return k, told("密钥环解不开", err)
	}
	k.HeadMAC, k.Fields, k.Blind = secrets.HeadMAC, secrets.Fields, secrets.Blind
	k.Origin, k.Portal = c.Log.Origin, c.Name
	return k, nil
}

// told puts the sentence of a PKCS#11 failure behind what was being done.
func told(doing string, err error) error {
	var h *hsm.Error
	if errors.As(err, &h) {
		return fmt.Errorf("%s：%s", doing, h.Sentence())
	}
	return fmt.Errorf("%s：%w", doing, err)
}

// readPool reads the certificates that the portal trusts.
func readPool(path string) (*x509.CertPool, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("读不到签发机构证书 %s：先运行 portal init", path)
	}
	pool := x509.NewCertPool()
	for rest := raw; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("签发机构证书 %s 不成样子：%w", path, err)
		}
		pool.AddCert(cert)
	}
	return pool, nil
}
