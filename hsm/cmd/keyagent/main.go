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
)

func main() {
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
	modules := keyagent.OpenModules(config.Modules)
	defer func() { err = errors.Join(err, modules.Close()) }()
	agent, err := keyagent.New(config, modules)
	if err != nil {
		return err
	}
	return agent.Serve(ctx)
}
