package audit

import (
	"io/fs"
	"os"
	"path/filepath"

	"sealdesk/server/internal/fault"
)

// An ExportWriter writes a log as C2SP tlog-tiles into a directory: entry
// bundles and tiles as entries are added, the partial edge and the checkpoint
// at Close. It is for one goroutine.
type ExportWriter struct {
	dir    string
	edge   Edge
	bundle []byte
}

// NewExport begins an export in a directory, which must be empty or not exist:
// an export is never mixed with another.
func NewExport(dir string) (*ExportWriter, error) {
	if names, err := os.ReadDir(dir); err == nil && len(names) > 0 {
		return nil, fault.New(fault.Conflict, "导出目录 %s 不是空的；请换一个空目录。", dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "导出目录 %s 建不成。", dir)
	}
	return &ExportWriter{dir: dir}, nil
}

// Add writes the next entry; it must carry the next number.
func (w *ExportWriter) Add(entry []byte) error {
	e, err := ParseEntry(entry)
	if err != nil {
		return err
	}
	if e.Number != w.edge.Size() {
		return fault.New(fault.Invalid, "导出的下一条应为第 %d 号，给出的是第 %d 号。", w.edge.Size(), e.Number)
	}
	if w.bundle, err = AppendBundle(w.bundle, entry); err != nil {
		return err
	}
	for _, tile := range w.edge.Append(LeafHash(entry)) {
		if err := w.write(tile.Path(), tile.Data); err != nil {
			return err
		}
	}
	if w.edge.Size()%TileWidth > 0 {
		return nil
	}
	err = w.write(BundlePath(w.edge.Size()/TileWidth-1, TileWidth), w.bundle)
	w.bundle = w.bundle[:0]
	return err
}

// Size and Root tell what a checkpoint must say to close the export.
func (w *ExportWriter) Size() uint64 { return w.edge.Size() }

// Root is the root over the entries added so far.
func (w *ExportWriter) Root() Hash { return w.edge.Root() }

// Close writes the partial edge and, last, the checkpoint as it is given. The
// caller has it from the store that signed it for this size and root.
func (w *ExportWriter) Close(checkpoint []byte) error {
	for _, tile := range w.edge.Tiles() {
		if err := w.write(tile.Path(), tile.Data); err != nil {
			return err
		}
	}
	if width := int(w.edge.Size() % TileWidth); width > 0 {
		if err := w.write(BundlePath(w.edge.Size()/TileWidth, width), w.bundle); err != nil {
			return err
		}
	}
	return w.write(CheckpointPath, checkpoint)
}

func (w *ExportWriter) write(path string, data []byte) error {
	return writeFile(filepath.Join(w.dir, filepath.FromSlash(path)), data, 0o644)
}

func writeFile(path string, data []byte, mode fs.FileMode) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fault.Wrap(err, fault.Unavailable, "写不成文件 %s。", path)
	}
	if err := os.WriteFile(path, data, mode); err != nil {
		return fault.Wrap(err, fault.Unavailable, "写不成文件 %s。", path)
	}
	return nil
}
