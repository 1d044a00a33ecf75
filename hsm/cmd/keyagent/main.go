// Command keyagent runs the signing page of one workstation; see package
// keyagent. It ends cleanly on Ctrl-C or SIGTERM.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"sealdesk/hsm/keyagent"
	"sealdesk/hsm/vendor"
)

func main() {
	if len(os.Args) == 3 && os.Args[1] == vendor.Command {
		os.Exit(vendor.Serve(os.Args[2])) // a child that holds one vendor's module
	}
	path := flag.String("config", "agent.yaml", "the agent's configuration")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *path); err != nil {
		sentence := err.Error()
		if s := (interface{ Sentence() string })(nil); errors.As(err, &s) {
			sentence = s.Sentence()
		}
		fmt.Fprintln(os.Stderr, "签名助手没有启动或已停止："+sentence)
		slog.New(slog.NewJSONHandler(os.Stderr, nil)).Error("ended", "error", err.Error())
		os.Exit(1)
	}
}

func run(ctx context.Context, path string) (err error) {
	config, err := keyagent.ReadConfig(path)
	if err != nil {
		return err
	}
	config.Log = slog.New(slog.NewJSONHandler(os.Stderr, nil))
	program, err := os.Executable()
	if err != nil {
		return err
	}
	modules := keyagent.OpenModules(program, config.Modules)
	defer func() { err = errors.Join(err, modules.Close()) }()
	agent, err := keyagent.New(config, modules)
	if err != nil {
		return err
	}
	return agent.Serve(ctx)
}
