package audit

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"golang.org/x/mod/sumdb/note"

	"sealdesk/server/internal/fault"
)

// LogOptions says what else VerifyLog holds a log against. All of it is trusted
// input from the caller, none of it comes from the export.
type LogOptions struct {
	Policy  Policy // witnesses that must have cosigned the checkpoint
	Genesis []byte // printed fingerprint of entry 0, see GenesisFingerprint; nil to leave it out
	Bodies  string // directory of bodies by digest, see BodyPath; "" to leave them out
	Seen    []Seen // what was shown of this log before
	Workers int    // goroutines that hash and parse; 0 means one per processor
}

// A LogReport is the verdict over an export.
type LogReport struct {
	Checkpoint Checkpoint
	Findings   Findings
	Bodies     BodyReport // zero without bodies
}

// VerifyLog verifies a tlog-tiles export: the checkpoint against the log's key
// and the policy, the tree from the entries up through every tile, and the
// entries among themselves. Faults go into the report; an error means that it
// cannot tell, because the directory or the checkpoint cannot be read.
//
// Memory is bounded by the number of subjects and statements (24 to 64 bytes
// each); entries are streamed.
func VerifyLog(ctx context.Context, dir string, log note.Verifier, opts LogOptions) (LogReport, error) {
	var report LogReport
	signed, err := readWhole(filepath.Join(dir, CheckpointPath), maxCheckpoint, nil)
	if err != nil {
		return report, fault.Wrap(err, fault.Unavailable, "读不到检查点 %s：应是日志目录里的一个普通文件。", filepath.Join(dir, CheckpointPath))
	}
	if report.Checkpoint, err = OpenCheckpoint(signed, log); err != nil {
		report.Findings.add(-1, CheckpointPath, "%s", sentence(err))
		return report, nil
	}
	if err := opts.Policy.Check(signed); err != nil {
		report.Findings.add(-1, CheckpointPath, "%s", sentence(err))
	}
	v := &verification{dir: dir, size: report.Checkpoint.Size, marker: newMarker(), findings: &report.Findings, genesis: opts.Genesis}
	if err := v.expect(opts.Seen); err != nil {
		return report, err
	}
	v.chain = newChain(v.size, v.findings)
	if err := v.run(ctx, opts.Workers); err != nil {
		return report, err
	}
	if v.complete && v.edge.Root() != report.Checkpoint.Root {
		report.Findings.add(-1, CheckpointPath, "由 %d 条条目算出的根与检查点所签的根不同：有条目被改动、增删或调换。", v.size)
	}
	if opts.Bodies != "" && report.Findings.OK() {
		report.Bodies, err = verifyBodies(ctx, dir, opts.Bodies, log, report.Checkpoint, &report.Findings)
	}
	return report, err
}

// A verification is one run over an export.
type verification struct {
	dir      string
	size     uint64
	marker   marker
	genesis  []byte
	seen     []Seen
	edge     Edge
	chain    *chain
	complete bool // every entry was there to be hashed
	findings *Findings
}

// A batch is one entry bundle on its way from a worker to the chain. The two
// buffers are its own and are used again.
type batch struct {
	index  uint64
	width  int
	raw    []byte
	disk   []byte
	leaves [TileWidth]Hash
	root   Hash // of a full batch
	links  [TileWidth]link
	wrong  []Finding // of the files
	failed bool      // the bundle could not be read whole
	err    error     // cannot tell
}

// run has every worker read spans and judge, in order, whatever is ready when
// it comes by. No goroutine waits for another one but when it is far ahead.
func (v *verification) run(ctx context.Context, workers int) error {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	q := &queue{ready: map[uint64]*span{}}
	q.moved = sync.NewCond(&q.mu)
	var taken atomic.Uint64
	var owned sync.WaitGroup
	v.complete = true
	for range workers {
		owned.Go(func() {
			for {
				index := taken.Add(1) - 1
				if index*spanEntries >= v.size {
					return
				}
				s := q.take(index, uint64(4*workers))
				if s == nil {
					return
				}
				if err := ctx.Err(); err != nil {
					q.stop(fault.Wrap(err, fault.Unavailable, "验证被中断，无法判断。"))
					return
				}
				v.readSpan(s, index)
				q.judge(index, s, v.acceptSpan)
			}
		})
	}
	owned.Wait()
	if q.err != nil && !errors.Is(q.err, errEnough) {
		return q.err
	}
	return v.compareEdge()
}

func (v *verification) readSpan(s *span, index uint64) {
	s.used = 0
	for bundle := index * uint64(len(s.batches)); s.used < len(s.batches) && bundle*TileWidth < v.size; bundle++ {
		if s.batches[s.used] == nil {
			s.batches[s.used] = &batch{}
		}
		b := s.batches[s.used]
		b.index, b.width = bundle, int(min(TileWidth, v.size-bundle*TileWidth))
		v.read(b)
		s.used++
	}
}

func (v *verification) acceptSpan(s *span) error {
	for _, b := range s.batches[:s.used] {
		if err := v.accept(b); err != nil {
			return err
		}
	}
	return nil
}

// read does all that needs no order: hash, parse, compare the leaf tile.
func (v *verification) read(b *batch) {
	b.wrong, b.failed, b.err = b.wrong[:0], false, nil
	path := BundlePath(b.index, b.width)
	if !v.load(b, path, b.width*(2+MaxEntry), &b.raw) {
		b.failed = true
		return
	}
	rest := b.raw
	var view entryView
	for i := range b.width {
		entry, after, ok := cutEntry(rest)
		if !ok {
			b.fail(path, "在第 %d 条处断开，条目数不足。", i)
			return
		}
		b.leaves[i] = leafHashInBundle(rest[:2+len(entry)])
		rest = after
		v.readEntry(entry, &view, &b.links[i])
		if b.index == 0 && i == 0 && v.genesis != nil {
			b.checkGenesis(entry, v.genesis)
		}
	}
	if len(rest) > 0 {
		b.fail(path, "最后一条之后多出 %d 字节。", len(rest))
		return
	}
	if b.width == TileWidth {
		b.root = subtreeRoot(b.leaves[:])
		v.compareLeaves(b)
	}
}

func (b *batch) fail(path, format string, args ...any) {
	b.note(path, format, args...)
	b.failed = true
}

func (b *batch) note(field, format string, args ...any) {
	var f Findings
	f.add(-1, field, format, args...)
	b.wrong = append(b.wrong, f.List...)
}

func (b *batch) checkGenesis(entry, printed []byte) {
	if !sameFingerprint(printed, entry) {
		var f Findings
		f.add(0, fieldGenesis, "与所给的打印指纹不同，这不是那个日志。")
		b.wrong = append(b.wrong, f.List...)
	}
}

func (v *verification) readEntry(entry []byte, view *entryView, l *link) {
	if view.parse(entry) {
		v.marker.link(view, l)
		return
	}
	e, err := ParseEntry(entry)
	if err != nil {
		*l = link{wrong: sentence(err)}
		return
	}
	e.Note = "" // the note plays no part in the chain, and is all that the fast parser left
	plain, err := e.Print()
	if err != nil || !view.parse(plain) {
		*l = link{wrong: "条目读不出。"}
		return
	}
	v.marker.link(view, l)
}

func (v *verification) compareLeaves(b *batch) {
	id := TileID{0, b.index, TileWidth}
	if !v.load(b, id.Path(), TileWidth*len(Hash{}), &b.disk) {
		return
	}
	same := len(b.disk) == TileWidth*len(Hash{})
	for i := 0; same && i < TileWidth; i++ {
		same = Hash(b.disk[i*len(Hash{}):(i+1)*len(Hash{})]) == b.leaves[i]
	}
	if !same {
		b.note(id.Path(), "与由条目算出的散列不同。")
	}
}

// load reads a file of the export. A file that is missing or too long is a
// fault of the export; any other trouble means that it cannot be told.
func (v *verification) load(b *batch, path string, limit int, into *[]byte) bool {
	data, err := readWhole(filepath.Join(v.dir, filepath.FromSlash(path)), limit, (*into)[:0])
	switch {
	case errors.Is(err, fs.ErrNotExist):
		b.note(path, "缺少这个文件。")
	case errors.Is(err, errTooLong):
		b.note(path, "比应有的长。")
	case err != nil:
		b.err = fault.Wrap(err, fault.Unavailable, "读不到 %s，无法判断。", path)
	}
	*into = data
	return err == nil
}

// accept judges one bundle in its turn.
func (v *verification) accept(b *batch) error {
	if b.err != nil {
		return b.err
	}
	for _, f := range b.wrong {
		v.findings.add(f.Index, f.Field, "%s", f.Sentence)
	}
	if b.failed {
		// Nothing after it can be placed: what follows would only repeat this fault.
		v.complete = false
	}
	if !v.complete {
		return v.enough()
	}
	v.chain.touch(b.links[:b.width])
	for i := range b.width {
		v.chain.follow(&b.links[i])
	}
	v.recall(b)
	var full []Tile
	if b.width == TileWidth {
		full = v.edge.appendTile(b.root)
	} else {
		for _, leaf := range b.leaves[:b.width] {
			v.edge.Append(leaf)
		}
	}
	return v.compareTiles(full)
}

// enough ends a run in which nothing can be judged any more and no fault would
// be listed: a checkpoint may claim more entries than anybody can look for.
func (v *verification) enough() error {
	if len(v.findings.List) < maxFindings {
		return nil
	}
	v.findings.Cut = true
	return errEnough
}

var errEnough = errors.New("the list of findings is full")

func (v *verification) compareEdge() error {
	if v.size == 0 && v.genesis != nil {
		v.findings.add(0, fieldGenesis, "日志是空的，没有第 0 号条目。")
	}
	if !v.complete {
		return nil
	}
	return v.compareTiles(v.edge.Tiles())
}

func (v *verification) compareTiles(tiles []Tile) error {
	for _, t := range tiles {
		var b batch
		if v.load(&b, t.Path(), len(t.Data), &b.disk) && !bytes.Equal(b.disk, t.Data) {
			b.note(t.Path(), "与由条目算出的散列不同。")
		}
		if b.err != nil {
			return b.err
		}
		for _, f := range b.wrong {
			v.findings.add(f.Index, f.Field, "%s", f.Sentence)
		}
	}
	return nil
}

const fieldGenesis = "创始指纹"

var (
	errTooLong    = errors.New("file longer than it may be")
	errNotRegular = errors.New("not a regular file")
)

// readWhole reads a file of at most limit bytes, into the buffer if it fits. It
// opens nothing but files: a pipe would wait for whoever writes into it.
func readWhole(path string, limit int, buffer []byte) ([]byte, error) {
	if info, err := os.Stat(path); err != nil {
		return buffer[:0], err
	} else if !info.Mode().IsRegular() {
		return buffer[:0], errNotRegular
	}
	f, err := os.Open(path)
	if err != nil {
		return buffer[:0], err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return buffer[:0], err
	}
	if info.Size() > int64(limit) {
		return buffer[:0], errTooLong
	}
	if need := int(info.Size()) + 1; cap(buffer) < need {
		buffer = make([]byte, 0, need+need/4)
	}
	buffer = buffer[:0]
	for len(buffer) <= limit {
		if len(buffer) == cap(buffer) {
			buffer = append(buffer, 0)[:len(buffer)]
		}
		n, err := f.Read(buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		if err == io.EOF || err == nil && info.Size() > 0 && int64(len(buffer)) == info.Size() {
			return buffer, nil
		}
		if err != nil {
			return buffer[:0], err
		}
	}
	return buffer[:0], errTooLong
}
