package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"

	"sealdesk/server/internal/fault"
)

// newFlags makes a set whose errors are ours to tell.
func newFlags(name string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	return flags
}

// parse reads the command line. A flag that was given and is empty is refused:
// a script whose variable was not set would ask for less than it meant to. done
// says that there is nothing left to do, with that exit code.
func parse(flags *flag.FlagSet, args []string, out, errs io.Writer) (code int, done bool) {
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(out, usage)
		return holds, true
	case err != nil:
		return doubt(errs, misspelt(err)), true
	}
	flags.Visit(func(f *flag.Flag) {
		if f.Value.String() == "" {
			err = fault.New(fault.Invalid, "--%s 给了，内容却是空的。请写上文件或目录，不需要就不要写这一项。", f.Name)
		}
	})
	if err != nil {
		return doubt(errs, err), true
	}
	return holds, false
}

// A fileList is a flag that may be given several times.
type fileList []string

func (l *fileList) Set(path string) error {
	*l = append(*l, path)
	return nil
}

// String is empty when any of the files is.
func (l *fileList) String() string {
	if slices.Contains(*l, "") {
		return ""
	}
	return strings.Join(*l, " ")
}

// misspelt says in our words what the flag package says in its own.
func misspelt(err error) error {
	if name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -"); ok {
		return fault.New(fault.Invalid, "没有 --%s 这个选项。可用的选项见 auditverify help。", name)
	}
	if name, ok := strings.CutPrefix(err.Error(), "flag needs an argument: -"); ok {
		return fault.New(fault.Invalid, "--%s 之后缺少内容。用法见 auditverify help。", name)
	}
	return fault.Wrap(err, fault.Invalid, "命令行的写法不对。用法见 auditverify help。")
}
