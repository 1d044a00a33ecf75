package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"sealdesk/hsm"
	"sealdesk/server/internal/issuing"
)

// emergencyCertificate is `portal emergency`: at the server's console a new
// token gets a key pair and a certificate for the person whom the custodians
// mean to readmit. The certificate gives no power: that comes from the log
// alone, when enough custodians have sealed and the person has used it.
func emergencyCertificate(ctx context.Context, args []string) error {
	var staff, token, out string
	c, _, err := withConfig("emergency", args, func(fs *flag.FlagSet) {
		fs.StringVar(&staff, "staff", "", "为谁：人员编号")
		fs.StringVar(&token, "token", "", "新钥匙的 pkcs11: URI，PIN 由 pin-source 给出")
		fs.StringVar(&out, "out", "emergency.pem", "证书写到哪个文件")
	})
	if err != nil {
		return err
	}
	if staff == "" || token == "" {
		return exit{2, "请写明 --staff 人员编号 和 --token 新钥匙的 pkcs11: URI"}
	}
	h, err := open(ctx, c)
	if err != nil {
		return err
	}
	defer h.Close()
	return h.certifyFor(ctx, staff, token, out)
}

func (h *house) certifyFor(ctx context.Context, staff, token, out string) error {
	person, err := h.store.Staff(ctx, staff)
	if err != nil {
		return fmt.Errorf("人员名册里没有 %s：请核对编号", staff)
	}
	home, err := h.store.Organisation(ctx, person.Org)
	if err != nil {
		return err
	}
	if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("文件 %s 已经存在：请用 --out 另写一个", out)
	}
	raw, err := os.ReadFile(h.config.CA)
	if err != nil {
		return err
	}
	ca, err := issuing.ReadPEM(raw)
	if err != nil {
		return err
	}
	key, err := h.vault.server.Signer(ctx, hsm.KeyQuery{Label: labelCA})
	if err != nil {
		return told("服务器令牌里没有签发密钥", err)
	}
	e, err := enrolOne(ctx, token, person, home, ca, key)
	if err != nil {
		return told("为 "+staff+" 做新钥匙", err)
	}
	defer e.token.Close()
	if err := os.WriteFile(out, issuing.PEM(e.leaf), 0o600); err != nil {
		return err
	}
	fmt.Printf("新钥匙 %s 已做好，证书在 %s，指纹：\n  %s\n它现在没有任何权力：请托管人在“紧急与恢复”页提出并签署，逐位核对这个指纹。\n", e.key.Token, out, e.key.Fingerprint)
	return nil
}
