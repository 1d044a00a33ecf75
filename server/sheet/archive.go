package sheet

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"path"
	"strings"
	"unicode/utf16"
)

// archive is a package whose every part has been read once and found sound.
type archive struct {
	zip     *zip.Reader
	parts   map[string]*zip.File // by lower-case name
	types   contentTypes
	rels    map[string][]relation // by lower-case name of the .rels part
	related int                   // relations seen in all parts
}

// inspect applies the rules for files 1-7 in their order. It reads every part
// once, as a stream; whatever a later rule needs is noted on the way, so that
// an earlier rule's fault in a later part still comes first.
func inspect(ctx context.Context, r io.ReaderAt, size int64, lim Limits) (*archive, error) {
	if err := signature(r, size, lim); err != nil {
		return nil, err
	}
	a, err := directory(r, size, lim)
	if err != nil {
		return nil, err
	}
	n, err := a.sweep(ctx, lim)
	switch {
	case err != nil:
		return nil, err
	case n.damaged:
		return nil, refusal("damaged")
	case a.types.macros || a.has(func(name string) bool { return path.Base(name) == "vbaproject.bin" }):
		return nil, refusal("macros")
	case a.main() == "" && !n.typesBad:
		return nil, refusal("not-xlsx")
	case n.doctype:
		return nil, refusal("doctype")
	case n.malformed:
		return nil, refusal("damaged")
	case a.reachesOut():
		return nil, refusal("external-link")
	case a.has(func(name string) bool {
		return strings.HasPrefix(name, "xl/embeddings/") || strings.HasPrefix(name, "xl/activex/")
	}):
		return nil, refusal("embedded-object")
	}
	return a, nil
}

// signature looks at size and first bytes (rules 1 and 2).
func signature(r io.ReaderAt, size int64, lim Limits) error {
	if size == 0 {
		return refusal("empty-file")
	}
	if size > lim.File {
		return refusal("too-large")
	}
	head := make([]byte, 8)
	n, err := r.ReadAt(head, 0)
	if err != nil && err != io.EOF {
		return err
	}
	head = head[:n]
	if bytes.Equal(head, []byte{0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1}) {
		return compound(r, size)
	}
	if !bytes.HasPrefix(head, []byte("PK\x03\x04")) {
		return refusal("not-xlsx")
	}
	return nil
}

// compound tells a workbook under a password from an old binary one. A
// directory entry of a compound file is 128 bytes long and aligned to that, so
// looking at each such slot finds the stream without believing any chain.
func compound(r io.ReaderAt, size int64) error {
	var want []byte
	for _, u := range utf16.Encode([]rune("EncryptedPackage")) {
		want = binary.LittleEndian.AppendUint16(want, u)
	}
	buf := make([]byte, 64<<10)
	for off := int64(0); off < size; off += int64(len(buf)) {
		n, err := r.ReadAt(buf, off)
		if err != nil && err != io.EOF {
			return err
		}
		for i := 0; i+128 <= n; i += 128 {
			entry := buf[i : i+128]
			if bytes.HasPrefix(entry, want) && binary.LittleEndian.Uint16(entry[64:]) == uint16(len(want)+2) && entry[66] == 2 {
				return refusal("encrypted")
			}
		}
	}
	return refusal("not-xlsx")
}

// directory reads the ZIP directory (rule 3).
func directory(r io.ReaderAt, size int64, lim Limits) (*archive, error) {
	many, err := crowded(r, size)
	if err != nil {
		return nil, err
	}
	if many {
		return nil, refusal("too-large")
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, refusal("damaged")
	}
	a := &archive{zip: z, parts: make(map[string]*zip.File, len(z.File)), rels: map[string][]relation{}}
	for _, f := range z.File {
		if f.Flags&0x2041 != 0 { // encrypted, strongly encrypted, masked headers
			return nil, refusal("encrypted")
		}
	}
	for _, f := range z.File {
		if unsafeName(f.Name) {
			return nil, refusal("unsafe-path")
		}
	}
	for _, f := range z.File {
		name := strings.ToLower(f.Name)
		if a.parts[name] != nil {
			return nil, refusal("duplicate-part")
		}
		a.parts[name] = f
	}
	if len(z.File) > lim.Entries {
		return nil, refusal("too-large")
	}
	return a, nil
}

func unsafeName(name string) bool {
	if strings.Contains(name, `\`) || strings.HasPrefix(name, "/") {
		return true
	}
	for _, segment := range strings.Split(name, "/") {
		if segment == ".." {
			return true
		}
	}
	return false
}

// crowded guards the ZIP reader, which makes an object of some hundred bytes
// for each of the 450,000 entries that fit a file of 20 MiB. It counts what
// looks like a directory entry, wherever it stands.
func crowded(r io.ReaderAt, size int64) (bool, error) {
	const most = 50000
	mark := []byte("PK\x01\x02")
	buf := make([]byte, 256<<10)
	count := 0
	for off := int64(0); off < size; off += int64(len(buf) - len(mark) + 1) {
		n, err := r.ReadAt(buf, off)
		if err != nil && err != io.EOF {
			return false, err
		}
		if count += bytes.Count(buf[:n], mark); count > most {
			return true, nil
		}
	}
	return false, nil
}

// notes are the faults of rules 4 and 6 met during the sweep.
type notes struct{ damaged, doctype, malformed, typesBad bool }

// sweep unpacks every part once: counts, checksums, well-formedness, content
// types and relations. The ZIP reader compares lengths itself, but believes a
// checksum of zero.
func (a *archive) sweep(ctx context.Context, lim Limits) (n notes, err error) {
	left := lim.Unpacked
	for _, f := range a.zip.File {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		if strings.HasSuffix(f.Name, "/") && f.UncompressedSize64 == 0 {
			continue
		}
		body, err := f.Open()
		if err != nil {
			n.damaged = true
			continue
		}
		m := &meter{ctx: ctx, src: body, left: &left}
		bad := a.read(strings.ToLower(f.Name), m)
		_, err = io.Copy(io.Discard, m)
		body.Close()
		switch {
		case left < 0:
			return n, refusal("too-large")
		case ctx.Err() != nil:
			return n, ctx.Err()
		case m.failed != nil || err != nil || m.sum != f.CRC32:
			n.damaged = true
		case bad != nil:
			n.doctype = n.doctype || errors.Is(bad, errDoctype)
			n.malformed = n.malformed || errors.Is(bad, errMalformed)
			n.typesBad = n.typesBad || strings.EqualFold(f.Name, typesPart)
		}
	}
	return n, nil
}

// meter counts what is unpacked and refuses to give more than is left.
type meter struct {
	ctx    context.Context
	src    io.Reader
	left   *int64
	sum    uint32
	failed error
}

var errSpent = errors.New("sheet: more is unpacked than allowed")

func (m *meter) Read(p []byte) (int, error) {
	if m.failed != nil {
		return 0, m.failed
	}
	if err := m.ctx.Err(); err != nil {
		return 0, err
	}
	k, err := m.src.Read(p)
	m.sum = crc32.Update(m.sum, crc32.IEEETable, p[:k])
	if *m.left -= int64(k); *m.left < 0 {
		err = errSpent
	}
	if err != nil && err != io.EOF {
		m.failed = err
	}
	return k, err
}

// read passes one part through the XML reader if it is XML.
func (a *archive) read(name string, r io.Reader) error {
	if !strings.HasSuffix(name, ".xml") && !strings.HasSuffix(name, ".rels") {
		return nil
	}
	s := newScanner(r)
	s.discard = true
	for {
		kind, err := s.next()
		if err != nil || kind == tokenEOF {
			return err
		}
		if kind != tokenStart {
			continue
		}
		switch {
		case name == typesPart:
			a.types.add(s)
		case strings.HasSuffix(name, ".rels") && s.is("Relationship"):
			a.relate(name, s)
		}
	}
}

func (a *archive) has(match func(lower string) bool) bool {
	for name := range a.parts {
		if match(name) {
			return true
		}
	}
	return false
}
