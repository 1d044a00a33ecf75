// Command portal is the bureau's server: it serves the staff portal and the
// public checkpoint, makes its keys, keeps the log and checks itself.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// A command is one word after `portal`.
type command struct {
	name, about string
	run         func(ctx context.Context, args []string) error
}

// exit carries an exit status of its own; an empty sentence prints nothing.
type exit struct {
	status   int
	sentence string
}

func (e exit) Error() string { return e.sentence }

func commands() []command {
	return []command{
		{"serve", "启动签台：内部门户与公开检查点", serve},
		{"init", "密钥仪式：生成服务器密钥，登记机构、人员与首批钥匙，写入第 0 条日志", initialise},
		{"migrate", "建立或升级数据库的表", migrate},
		{"recover", "凭托管人的份额，把密钥环恢复到新的 HSM；--drill 演练，--new-shares 重发份额", recoverKeyring},
		{"emergency", "为托管人将要恢复的人做一把新钥匙（证书本身没有权力）", emergencyCertificate},
		{"check", "检查配置、HSM、数据库与时钟；--records 逐行核对记录与日志", check},
		{"import", "import check：不启动服务，先试导一份申请表", importSheet},
		{"log", "log export DIR：把日志导出为 C2SP tlog-tiles", logCommand},
		{"demo", "在一个目录里建起一座虚构的小城并启动", demo},
		{"version", "版本", version},
	}
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) < 2 {
		usage(os.Stderr)
		os.Exit(2)
	}
	for _, c := range commands() {
		if c.name != os.Args[1] {
			continue
		}
		err := c.run(ctx, os.Args[2:])
		var e exit
		switch {
		case err == nil, errors.Is(err, flag.ErrHelp):
			return
		case errors.As(err, &e):
			if e.sentence != "" {
				fmt.Fprintln(os.Stderr, e.sentence)
			}
			os.Exit(e.status)
		default:
			fmt.Fprintln(os.Stderr, "portal "+c.name+"："+sentence(err))
			os.Exit(1)
		}
	}
	fmt.Fprintf(os.Stderr, "portal 没有 %q 这个命令\n", os.Args[1])
	usage(os.Stderr)
	os.Exit(2)
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "用法：portal 命令 [选项]")
	for _, c := range commands() {
		fmt.Fprintf(w, "  %-8s %s\n", c.name, c.about)
	}
}

func version(context.Context, []string) error {
	info, _ := debug.ReadBuildInfo()
	if info == nil {
		return errors.New("这个程序没有带版本信息")
	}
	fmt.Println("portal", info.Main.Version, info.GoVersion)
	return nil
}

// withConfig parses the flags of a command that needs portal.yaml.
func withConfig(name string, args []string, more func(*flag.FlagSet)) (config, []string, error) {
	fs := flag.NewFlagSet("portal "+name, flag.ContinueOnError)
	path := fs.String("config", "portal.yaml", "配置文件")
	if more != nil {
		more(fs)
	}
	if err := fs.Parse(args); err != nil {
		return config{}, nil, err
	}
	c, err := readConfig(*path)
	return c, fs.Args(), err
}
