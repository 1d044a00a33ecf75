package main

import (
	"bytes"
	"io"
	"os"

	"golang.org/x/mod/sumdb/note"

	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
)

// A file is one that is verified, with its size when it was opened.
type file struct {
	*os.File
	size int64
}

// openFile opens a regular file; a pipe would wait for whoever writes into it.
func openFile(path, what string) (file, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		return file{}, fault.New(fault.Unavailable, "%s 不是普通文件。", named(path))
	}
	f, err := os.Open(path)
	if err != nil {
		return file{}, fault.Wrap(err, fault.Unavailable, "读不到%s %s。", what, named(path))
	}
	if info, err = f.Stat(); err != nil {
		f.Close()
		return file{}, fault.Wrap(err, fault.Unavailable, "读不到%s %s。", what, named(path))
	}
	return file{f, info.Size()}, nil
}

// readSeen reads what was shown of the log before: a checkpoint, or a proof
// file, which is a zip and begins as one.
func readSeen(path string, key note.Verifier) ([]audit.Seen, error) {
	f, err := openFile(path, "以前的检查点或证明文件")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	unfit := func(err error) error {
		return fault.Wrap(err, fault.Invalid, "--seen 所指的 %s 不是这个日志的检查点或证明文件：%s", named(path), sentence(err))
	}
	head := make([]byte, 4)
	if _, err := f.ReadAt(head, 0); err == nil && bytes.Equal(head, []byte("PK\x03\x04")) {
		proof, err := audit.ReadProof(f, f.size)
		if err != nil {
			return nil, unfit(err)
		}
		seen, err := audit.SeenProof(named(path), proof, key)
		if err != nil {
			return nil, unfit(err)
		}
		return seen, nil
	}
	signed, err := io.ReadAll(io.LimitReader(f, maxTrust))
	if err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "读不到以前的检查点 %s。", named(path))
	}
	seen, err := audit.SeenCheckpoint(named(path), signed, key)
	if err != nil {
		return nil, unfit(err)
	}
	return []audit.Seen{seen}, nil
}
