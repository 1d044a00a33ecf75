package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sealdesk/hsm"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
	"sealdesk/server/internal/keyring"
	"sealdesk/server/sheet"
)

// maxFaultLines is how many faulty records are listed one by one.
const maxFaultLines = 100

// check tells what is wrong, in sentences with a cure; it succeeds only when
// serve would work.
func check(ctx context.Context, args []string) error {
	records := false
	c, _, err := withConfig("check", args, func(fs *flag.FlagSet) {
		fs.BoolVar(&records, "records", false, "逐行核对每一条记录与日志里的最后状态")
	})
	if err != nil {
		return err
	}
	for _, s := range c.sites() {
		if _, err := s.site.identity(time.Now()); err != nil {
			return err
		}
	}
	fmt.Println("配置：可以使用")
	h, err := open(ctx, c)
	if err != nil {
		return err
	}
	defer h.Close()
	fmt.Println("数据库、时钟、密钥环、日志头：正常")
	keys, err := h.vault.keys(ctx, c)
	if err != nil {
		return err
	}
	begun := time.Now()
	if _, err := keys.LogSigner.Sign([]byte("portal check\n")); err != nil {
		return told("日志密钥签不出来", err)
	}
	fmt.Printf("HSM：日志密钥（Ed25519）签名一次用 %.1f 毫秒\n", float64(time.Since(begun).Microseconds())/1000)
	if _, err := h.vault.server.Signer(ctx, hsm.KeyQuery{Label: labelCA}); err != nil {
		fmt.Println("签发机构：" + noIssuing)
	}
	h.tellShares(os.Stdout)
	if err := h.store.Ready(ctx); err != nil {
		return err
	}
	if err := h.tellPolicy(ctx, os.Stdout); err != nil {
		return err
	}
	if err := h.tellCustodians(ctx, os.Stdout); err != nil {
		return err
	}
	h.checkExternal(ctx, os.Stdout)
	if !records {
		return nil
	}
	report, err := h.store.CheckRecords(ctx)
	if err != nil {
		return err
	}
	for i, f := range report.Faults {
		if i == maxFaultLines {
			fmt.Printf("……其余 %d 处不再列出\n", len(report.Faults)-i)
			break
		}
		fmt.Println(f.Subject + "：" + f.Sentence)
	}
	if len(report.Faults) > 0 {
		return exit{1, fmt.Sprintf("记录与日志不符，共 %d 处：请停止办理，保全数据库，告知安全审计员。", len(report.Faults))}
	}
	fmt.Printf("记录：%d 条全部与日志相符\n", report.Rows)
	return nil
}

// tellShares says whether the keyring could be recovered at all.
func (h *house) tellShares(to io.Writer) {
	raw, err := os.ReadFile(h.config.Keyring)
	if err != nil {
		fmt.Fprintf(to, "密钥环：读不到 %s\n", h.config.Keyring)
		return
	}
	id, holders, ok := keyring.Recovery(raw)
	if !ok {
		fmt.Fprintln(to, "密钥环：没有恢复份额，HSM 一旦损坏就读不出个人信息字段；定下托管人名单后运行 portal recover --new-shares")
		return
	}
	fmt.Fprintf(to, "密钥环：恢复密钥 %s，%d 人中 %d 人凑齐可以恢复\n", strings.ToUpper(id), len(holders.Staff), holders.Threshold)
}

// tellCustodians says whether an emergency could be opened at all.
func (h *house) tellCustodians(ctx context.Context, to io.Writer) error {
	list, able, err := h.store.AbleCustodians(ctx)
	switch {
	case err != nil:
		return err
	case list.ID == "":
		fmt.Fprintln(to, "托管人：还没有名单，钥匙全丢时没有人能开启紧急事项；请安全保密管理员提出，由市级负责人复签")
	case able < list.Quorum:
		fmt.Fprintf(to, "托管人：%s，现在账户有效、钥匙在用的只有 %d 人，紧急事项开不了；请补发钥匙或换名单\n", list.Words(), able)
	default:
		fmt.Fprintf(to, "托管人：%s，现在 %d 人可以签署\n", list.Words(), able)
	}
	return nil
}

// tellPolicy says under which policy the portal serves, and what of the program
// waits for another one.
func (h *house) tellPolicy(ctx context.Context, to io.Writer) error {
	law, err := h.store.Policy(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(to, "政策：按已签署的一份办事，摘要 %s\n", law.Digest())
	for _, f := range law.Inert() {
		fmt.Fprintf(to, "政策：%s 这一行不起作用\n", f)
	}
	carried, err := policy.Load()
	if err != nil {
		return err
	}
	if law.Digest() == carried.Digest() {
		return nil
	}
	fmt.Fprintf(to, "政策：程序自带的是另一份，摘要 %s；要换，请安全保密管理员在“政策”页提出，由市级负责人复签\n", carried.Digest())
	for _, act := range law.UnknownActs() {
		fmt.Fprintf(to, "政策：现行政策不认识“%s”（%s），换上新政策以前一律不准\n", act.Name(), act)
	}
	return nil
}

// importSheet is the dry run without a server.
func importSheet(ctx context.Context, args []string) error {
	if len(args) == 0 || args[0] != "check" {
		return exit{2, "用法：portal import check --reference DIR --organ ID --at TIME FILE"}
	}
	fs := flag.NewFlagSet("portal import check", flag.ContinueOnError)
	dir := fs.String("reference", ".", "organisations.csv、staff.csv、windows.csv 所在的目录")
	organ := fs.String("organ", "", "导入到哪个机构，如 341021")
	at := fs.String("at", "", "按这个时间核对，如 2024-11-20T10:00:00+08:00；不写就是现在")
	if err := fs.Parse(args[1:]); err != nil {
		return exit{2, ""}
	}
	now := time.Now()
	if *at != "" {
		var err error
		if now, err = time.Parse(time.RFC3339, *at); err != nil {
			return exit{2, "--at 要写成 2024-11-20T10:00:00+08:00 的样子"}
		}
	}
	if fs.NArg() != 1 {
		return exit{2, "请写明一个要试读的文件"}
	}
	ref, err := sheet.LoadReference(*dir)
	if err != nil {
		return exit{2, "参考表读不出：" + sentence(err)}
	}
	raw, err := os.ReadFile(fs.Arg(0))
	if err != nil {
		return exit{2, "读不到文件：" + err.Error()}
	}
	report, err := sheet.Check(ctx, sheet.Input{ReaderAt: bytes.NewReader(raw), Size: int64(len(raw))}, ref, *organ, now)
	if err != nil {
		return exit{2, sentence(err)}
	}
	if err := report.WriteCSV(os.Stdout); err != nil {
		return err
	}
	switch {
	case report.Refused():
		return exit{2, ""}
	case !report.Clean():
		return exit{1, ""}
	}
	return nil
}

// sentence is what an error says to people.
func sentence(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Sentence
	}
	return err.Error()
}

func logCommand(ctx context.Context, args []string) error {
	if len(args) == 0 || args[0] != "export" {
		return exit{2, "用法：portal log export [--bodies DIR] DIR"}
	}
	bodies := ""
	c, rest, err := withConfig("log export", args[1:], func(fs *flag.FlagSet) {
		fs.StringVar(&bodies, "bodies", "", "连同条目的原文一起导出到这个目录（含姓名，须按 R57 办理）")
	})
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return errors.New("请写明导出到哪个目录")
	}
	h, err := open(ctx, c)
	if err != nil {
		return err
	}
	defer h.Close()
	return h.export(ctx, rest[0], bodies)
}

// export writes the log; with bodies, the texts and seals too, and beside them
// the certificates of the authorities: the own one, which entry 0 vouches for by
// its fingerprint, and the external ones.
func (h *house) export(ctx context.Context, dir, bodies string) error {
	if err := h.store.ExportLog(ctx, dir, bodies); err != nil || bodies == "" {
		return err
	}
	return os.WriteFile(filepath.Join(bodies, audit.CAPath), h.authorities, 0o600)
}
