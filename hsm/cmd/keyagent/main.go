// Command keyagent runs the signing page of one workstation; see package
// keyagent. It ends cleanly on Ctrl-C or SIGTERM. `keyagent doctor` says what it
// sees of this workstation and ends with 0 when a person could sign here.
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
	work := serve
	if len(os.Args) > 1 && os.Args[1] == "doctor" {
		work = examine
		os.Args = append(os.Args[:1], os.Args[2:]...)
	}
	path := flag.String("config", "agent.yaml", "the agent's configuration")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, *path, work)
	if errors.Is(err, errUnwell) {
		stop()
		os.Exit(1)
	}
	if err != nil {
		sentence := err.Error()
		if s := (interface{ Sentence() string })(nil); errors.As(err, &s) {
			sentence = s.Sentence()
		}
		fmt.Fprintln(os.Stderr, "签名助手没有启动或已停止："+sentence)
		slog.New(slog.NewJSONHandler(os.Stderr, nil)).Error("ended", "error", err.Error())
		os.Exit(1)
	}
}

// errUnwell is a doctor's finding; what it is was said already.
var errUnwell = errors.New("not well")

func run(ctx context.Context, path string, work func(context.Context, keyagent.Config, *keyagent.Modules) error) (err error) {
	config, err := keyagent.ReadConfig(path, keyagent.PackageFolders()...)
	if err != nil {
		return err
	}
	config.Log = slog.New(slog.NewJSONHandler(os.Stderr, nil))
	program, err := os.Executable()
	if err != nil {
		return err
	}
	modules := keyagent.OpenModules(program, config.Libraries())
	defer func() { err = errors.Join(err, modules.Close()) }()
	return work(ctx, config, modules)
}

func examine(ctx context.Context, config keyagent.Config, modules *keyagent.Modules) error {
	if keyagent.Doctor(ctx, config, modules, os.Stdout) > 0 {
		return errUnwell
	}
	return nil
}

func serve(ctx context.Context, config keyagent.Config, modules *keyagent.Modules) error {
	agent, err := keyagent.New(config, modules)
	if err != nil {
		return err
	}
	return agent.Serve(ctx)
}
