package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"sealdesk/hsm"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/internal/keyring"
	"sealdesk/server/store"
)

// recovering is one run of `portal recover`.
type recovering struct {
	drill, renew bool
	keyring      string // the backup to start from; the configured file if empty
	shares       string // where new papers are left
	papers       []string
	typed        io.Reader
	told         io.Writer
}

// recoverKeyring is `portal recover`: from enough shares and a backup of the
// keyring file to a keyring that a new HSM opens.
func recoverKeyring(ctx context.Context, args []string) error {
	run := recovering{typed: os.Stdin, told: os.Stdout}
	c, papers, err := withConfig("recover", args, func(fs *flag.FlagSet) {
		fs.BoolVar(&run.drill, "drill", false, "演练：证明份额能用，什么都不改，在日志里记一条")
		fs.BoolVar(&run.renew, "new-shares", false, "HSM 还在时按现行托管人名单重发份额，旧份额从此作废")
		fs.StringVar(&run.keyring, "keyring", "", "密钥环的备份；不写就用配置里的文件")
		fs.StringVar(&run.shares, "shares", "shares", "重发的份额放在哪个（还没有的）目录")
	})
	if err != nil {
		return err
	}
	run.papers = papers
	return run.do(ctx, c)
}

func (r recovering) do(ctx context.Context, c config) error {
	if r.drill && r.renew {
		return exit{2, "--drill 与 --new-shares 不能同时用"}
	}
	path := c.Keyring
	if r.keyring != "" {
		path = r.keyring
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("读不到密钥环 %s：%w；用 --keyring 指出备份", path, err)
	}
	if r.renew {
		return r.newShares(ctx, c, raw)
	}
	shares, err := r.gather(raw)
	if err != nil {
		return err
	}
	v, err := openVault(ctx, c)
	if err != nil {
		return err
	}
	defer v.Close()
	id, h, _ := keyring.Recovery(raw)
	note := fmt.Sprintf("恢复密钥 %s，%d 人中 %d 人", strings.ToUpper(id), len(h.Staff), len(shares))
	if r.drill {
		if err := keyring.Drill(ctx, v.server, labelWrap, raw, shares); err != nil {
			return told("演练没有通过", err)
		}
		fmt.Fprintln(r.told, "演练通过：这些份额打开的与 HSM 打开的是同一套密钥；什么都没有改。")
		return r.enter(ctx, c, policy.DrillRecovery, note)
	}
	if err := r.rewrap(ctx, c, v, raw, shares); err != nil {
		return err
	}
	return r.enter(ctx, c, policy.RecoverKeyring, note)
}

// rewrap puts a keyring in place that the HSM of the configuration opens. It
// refuses while that HSM still opens the one that is there.
func (r recovering) rewrap(ctx context.Context, c config, v *vault, raw []byte, shares []keyring.Share) error {
	if now, err := os.ReadFile(c.Keyring); err == nil {
		if _, err := keyring.Open(ctx, v.server, labelWrap, now); err == nil {
			return errors.New("现在的 HSM 能打开现在的密钥环，不需要恢复，什么都没有改。要证明份额能用，请加 --drill")
		}
	}
	if err := v.server.GenerateWrappingKey(ctx, labelWrap); err != nil && hsm.KindOf(err) != hsm.KeyExists {
		return told("在新的服务器令牌里生成包裹密钥", err)
	}
	fresh, err := keyring.Recover(ctx, v.server, labelWrap, raw, shares)
	if err != nil {
		return told("没有恢复，什么都没有改", err)
	}
	if _, err := keyring.Open(ctx, v.server, labelWrap, fresh); err != nil {
		return told("恢复出来的密钥环打不开，没有换上", err)
	}
	if err := replaceFile(c.Keyring, fresh); err != nil {
		return err
	}
	fmt.Fprintf(r.told, "密钥环已换成新 HSM 能打开的一份：%s（原文件改名保留）。请立即再做一份备份。\n", c.Keyring)
	return nil
}

// newShares splits a new recovery key among the custodians in force.
func (r recovering) newShares(ctx context.Context, c config, raw []byte) error {
	if r.keyring != "" || len(r.papers) > 0 {
		return exit{2, "--new-shares 只用配置里的密钥环，不要旧份额：HSM 在，旧份额就用不着"}
	}
	h, err := open(ctx, c)
	if err != nil {
		return err
	}
	defer h.Close()
	all, err := h.store.Custodians(ctx)
	if err != nil {
		return err
	}
	current, ok := custody.CurrentCustodians(all)
	if !ok {
		return errors.New("还没有托管人名单：请安全保密管理员在“紧急与恢复”页提出、市级负责人复签以后再发份额")
	}
	holders := keyring.Holders{Threshold: current.Quorum, Staff: current.Staff}
	fresh, shares, err := keyring.Renew(ctx, h.vault.server, labelWrap, raw, holders)
	if err != nil {
		return told("没有重发份额，什么都没有改", err)
	}
	if err := writeShares(r.shares, c.Name, holders, shares); err != nil {
		return err
	}
	if err := replaceFile(c.Keyring, fresh); err != nil {
		return err
	}
	afterShares(r.shares, len(shares))
	return h.enter(ctx, policy.RenewShares, fmt.Sprintf("恢复密钥 %s，名单 %s，%s", strings.ToUpper(shares[0].Recovery), current.ID, current.Words()))
}

// gather reads the papers: files that were named, or what is typed, one share
// after the other, each ended by an empty line.
func (r recovering) gather(raw []byte) ([]keyring.Share, error) {
	_, h, ok := keyring.Recovery(raw)
	if !ok {
		return nil, errors.New("这个密钥环没有恢复部分（或文件不是密钥环）。HSM 在时，用 portal recover --new-shares 发放份额")
	}
	var shares []keyring.Share
	for _, path := range r.papers {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("读不到份额 %s：%w", path, err)
		}
		s, err := keyring.ParseShare(string(text))
		if err != nil {
			return nil, told("份额 "+path, err)
		}
		shares = append(shares, s)
	}
	if len(r.papers) > 0 {
		return shares, nil
	}
	in := bufio.NewScanner(r.typed)
	for len(shares) < h.Threshold {
		fmt.Fprintf(r.told, "请第 %d 位托管人照纸输入自己的 5 行，最后空一行（还差 %d 份）：\n", len(shares)+1, h.Threshold-len(shares))
		text, more := typedShare(in)
		if text == "" && !more {
			break
		}
		s, err := keyring.ParseShare(text)
		if err != nil {
			fmt.Fprintln(r.told, sentence(err))
			if !more {
				return nil, told("份额", err)
			}
			continue
		}
		shares = append(shares, s)
	}
	return shares, nil
}

// typedShare reads up to the next empty line.
func typedShare(in *bufio.Scanner) (text string, more bool) {
	var lines []string
	for in.Scan() {
		if strings.TrimSpace(in.Text()) == "" {
			if len(lines) == 0 {
				continue
			}
			return strings.Join(lines, "\n"), true
		}
		lines = append(lines, in.Text())
	}
	return strings.Join(lines, "\n"), false
}

// replaceFile puts a file in the place of another in one step and keeps the
// other under the time of its end.
func replaceFile(path string, body []byte) error {
	fresh := path + ".fresh"
	if err := os.WriteFile(fresh, body, 0o600); err != nil {
		return err
	}
	if _, err := os.Stat(path); err == nil {
		if err := os.Link(path, path+".until-"+time.Now().Format("20060102-150405.000")); err != nil {
			return err
		}
	}
	return os.Rename(fresh, path)
}

// enter opens the portal with the keyring as it is now and writes the entry.
func (r recovering) enter(ctx context.Context, c config, act policy.Act, note string) error {
	h, err := open(ctx, c)
	if err != nil {
		return told("“"+act.Name()+"”已经做完，却没有写进日志；请排除下面的故障后用 --drill 再做一次", err)
	}
	defer h.Close()
	return h.enter(ctx, act, note)
}

// enter writes an entry of an act that is done at the server's own console.
func (h *house) enter(ctx context.Context, act policy.Act, note string) error {
	law, err := h.store.Policy(ctx)
	if err != nil {
		return err
	}
	grant, err := law.System(act)
	if err != nil {
		return told("现行政策不认识“"+act.Name()+"”，没有写进日志；请先签署新的政策", err)
	}
	receipt, err := h.store.Commit(ctx, grant, nil, func(*store.Tx) (audit.Entry, error) {
		return audit.Entry{Subject: "log/keyring", Note: note}, nil
	})
	if err != nil {
		return err
	}
	fmt.Printf("“%s”已写入日志第 %d 号。\n", act.Name(), receipt.Number)
	return nil
}
