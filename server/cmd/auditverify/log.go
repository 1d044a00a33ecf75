package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"

	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
)

// limitsOfLog is what a verified log does not show.
const limitsOfLog = "没有证明：持钥匙的就是本人；所办的事正确；没有不经条目就发生的事。\n"

func runLog(ctx context.Context, args []string, out, errs io.Writer) int {
	flags := newFlags("log")
	vkey := flags.String("vkey", "", "")
	policy := flags.String("policy", "", "")
	genesis := flags.String("genesis", "", "")
	bodies := flags.String("bodies", "", "")
	var seen fileList
	flags.Var(&seen, "seen", "")
	if code, done := parse(flags, args, out, errs); done {
		return code
	}
	if flags.NArg() != 1 {
		return doubt(errs, fault.New(fault.Invalid, "应给出一个日志目录。"))
	}
	key, err := readKey(*vkey)
	if err != nil {
		return doubt(errs, err)
	}
	opts := audit.LogOptions{Bodies: *bodies}
	if opts.Policy, err = readPolicy(*policy, key); err != nil {
		return doubt(errs, err)
	}
	if *genesis != "" {
		if opts.Genesis, err = readTrust("genesis", *genesis); err != nil {
			return doubt(errs, err)
		}
		if !audit.IsFingerprint(opts.Genesis) {
			return doubt(errs, fault.New(fault.Invalid, "%s 不是创始指纹：应为 64 位十六进制数字，可以有空格。", *genesis))
		}
	}
	for _, path := range seen {
		states, err := readSeen(path, key)
		if err != nil {
			return doubt(errs, err)
		}
		opts.Seen = append(opts.Seen, states...)
	}
	dir := flags.Arg(0)
	report, err := audit.VerifyLog(ctx, dir, key, opts)
	if err != nil {
		return doubt(errs, err)
	}
	if !report.Findings.OK() {
		printFindings(out, dir, report.Findings)
		return fails
	}
	printLog(out, dir, report, witnessed(*policy, opts.Policy), *genesis != "", *bodies != "", len(seen))
	return holds
}

func printLog(out io.Writer, dir string, report audit.LogReport, witnesses string, genesis, bodies bool, seen int) {
	c := report.Checkpoint
	fmt.Fprintf(out, "成立：%s：日志 %s，条目 %d 条，根 %s。\n", named(dir), c.Origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]))
	fmt.Fprintf(out, "证明了：检查点由所给公钥签名；%s；其前条目无改动、增删、调换；各主体的条目前后相连。\n", witnesses)
	if genesis {
		fmt.Fprint(out, "第 0 号条目与打印的创始指纹相同。\n")
	}
	if seen > 0 {
		fmt.Fprintf(out, "是所给 %d 份以前的检查点或证明文件的续写，没有分叉。\n", seen)
	}
	if bodies {
		b := report.Bodies
		fmt.Fprintf(out, "原文：签章 %d 份成立，记录 %d 个的状态前后相连，附件所签 %d 行中 %d 行原文在。\n", b.Seals, b.Subjects, b.Rows, b.Opened)
	} else {
		fmt.Fprint(out, "没有给原文目录，未核对陈述、签章和记录状态。\n")
	}
	fmt.Fprint(out, limitsOfLog)
}
