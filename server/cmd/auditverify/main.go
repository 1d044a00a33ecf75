// Command auditverify verifies a log export or proof files, offline, for
// anybody: a province, a court, a newspaper. Trust comes from the flags only,
// never from what is verified. It exits 0 when everything holds, 1 when
// something does not (one sentence per fault), 2 when it cannot tell.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
)

// Exit codes that scripts rely on.
const (
	holds      = 0
	fails      = 1
	cannotTell = 2
)

const usage = `用法：
  auditverify log   --vkey 文件 [--policy 文件] [--genesis 文件] [--bodies 目录] [--seen 文件]… 日志目录
  auditverify proof --vkey 文件 --ca 文件 [--policy 文件] 证明文件…

log    核对 portal log export 的日志导出（C2SP tlog-tiles）
proof  核对 .sealproof 证明文件

--vkey     日志公钥（signed-note 格式的一行）
--ca       受信任的签发机构证书（PEM）
--policy   见证策略（C2SP 格式）；不给则不要求见证人联署
--genesis  打印在纸上的创始指纹
--bodies   原文目录；给了就核对陈述、签章和记录状态
--seen     以前得到的检查点或证明文件，可写多次；给了就核对日志是它的续写，没有分叉

公钥、证书和策略请从公布的渠道取得，不要用随被核对的文件一起送来的。
退出码：0 成立，1 不成立，2 无法判断。
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

func run(ctx context.Context, args []string, out, errs io.Writer) int {
	told := &output{Writer: out}
	code := command(ctx, args, told, errs)
	if told.err != nil {
		return doubt(errs, fault.Wrap(told.err, fault.Unavailable, "结论写不出去，请检查输出所在的磁盘或管道后重新核对。"))
	}
	return code
}

func command(ctx context.Context, args []string, out, errs io.Writer) int {
	if len(args) > 0 {
		switch args[0] {
		case "log":
			return runLog(ctx, args[1:], out, errs)
		case "proof":
			return runProof(args[1:], out, errs)
		case "help", "-h", "-help", "--help":
			fmt.Fprint(out, usage)
			return holds
		}
	}
	fmt.Fprint(errs, usage)
	return cannotTell
}

// doubt says why it cannot tell.
func doubt(errs io.Writer, err error) int {
	fmt.Fprintf(errs, "无法判断：%s\n", inOneLine(sentence(err)))
	return cannotTell
}

// sentence is what an error says to people.
func sentence(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.Sentence
	}
	return err.Error()
}

// maxTrust bounds each file that a flag names.
const maxTrust = 1 << 20

// readTrust reads a file that a flag names.
func readTrust(flag, path string) ([]byte, error) {
	if path == "" {
		return nil, fault.New(fault.Invalid, "缺少 --%s。", flag)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "读不到 --%s 所指的文件 %s。", flag, path)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxTrust+1))
	if err != nil || len(b) > maxTrust {
		return nil, fault.Wrap(err, fault.Unavailable, "--%s 所指的文件 %s 读不到或过大。", flag, path)
	}
	return b, nil
}

// readKey reads the log's public key.
func readKey(path string) (note.Verifier, error) {
	b, err := readTrust("vkey", path)
	if err != nil {
		return nil, err
	}
	key, err := note.NewVerifier(strings.TrimSpace(string(b)))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "%s 不是日志公钥：应为“名称+编号+公钥”一行，类型为 Ed25519。", path)
	}
	return key, nil
}

// readPolicy reads the witness policy, if one is named.
func readPolicy(path string, key note.Verifier) (audit.Policy, error) {
	if path == "" {
		return audit.Policy{}, nil
	}
	b, err := readTrust("policy", path)
	if err != nil {
		return audit.Policy{}, err
	}
	return audit.ParsePolicy(b, key)
}

// printFindings prints one sentence per fault.
func printFindings(out io.Writer, what string, f audit.Findings) {
	for _, finding := range f.List {
		fmt.Fprintf(out, "不成立：%s：%s\n", named(what), inOneLine(finding.String()))
	}
	if f.More > 0 {
		fmt.Fprintf(out, "不成立：%s：另有 %d 处，不再列出。\n", named(what), f.More)
	}
	if f.Cut {
		fmt.Fprintf(out, "不成立：%s：问题太多，其余不再核对。\n", named(what))
	}
}

// witnessed says whether witnesses were asked for.
func witnessed(file string, policy audit.Policy) string {
	switch {
	case file == "":
		return "没有给见证策略，未要求见证人联署"
	case !policy.Demands():
		return "策略不要求见证"
	}
	return "见证人联署符合策略"
}
