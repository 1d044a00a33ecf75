package audit

import (
	"archive/zip"
	"bufio"
	"compress/flate"
	"encoding/binary"
	"io"

	"sealdesk/server/internal/fault"
)

// An archive is a zip file whose layout is walked byte by byte. Unpackers look
// for members in different ways: from the last directory, from the first local
// header on, by a second name in an extra field. Only a file in which they all
// find the same members says one thing to everybody.
type archive struct {
	in   io.ReaderAt
	size int64
	at   int64 // where the next part has to begin
}

// Lengths of a zip's fixed parts, and the most that may lie between them.
const (
	zipLocal      = 30
	zipDescriptor = 16
	zipCentral    = 46
	zipEnd        = 22
	maxZipName    = 64
	maxZipExtra   = 64
)

// Flags of a member: how hard the packer tried, sizes after the data, and names
// in UTF-8. Every other one changes how the bytes are read.
const (
	zipLater    = 1 << 3
	zipHarmless = 1<<1 | 1<<2 | zipLater | 1<<11
)

// zipExtras are the extra fields that hold times and owners of files, and
// nothing that another program could take for a name, a size or a place.
var zipExtras = map[uint16]bool{0x5455: true, 0x5855: true, 0x7855: true, 0x7875: true, 0x000a: true}

// check walks the members in the order of the directory, then the directory.
func (a *archive) check(members []*zip.File) error {
	starts := make([]int64, len(members))
	for i, f := range members {
		starts[i] = a.at
		if err := a.member(f); err != nil {
			return fault.Wrap(err, fault.Invalid, "证明文件里的第 %d 个文件不能接受：%s", i+1, sentence(err))
		}
	}
	directory := a.at
	for i, f := range members {
		if err := a.central(f, starts[i]); err != nil {
			return err
		}
	}
	return a.end(len(members), directory)
}

// take gives the next n bytes.
func (a *archive) take(n int) ([]byte, error) {
	b := make([]byte, n)
	if a.size-a.at < int64(n) {
		return nil, fault.New(fault.Invalid, "证明文件在第 %d 字节处断开。", a.at)
	}
	if _, err := a.in.ReadAt(b, a.at); err != nil && err != io.EOF {
		return nil, fault.Wrap(err, fault.Unavailable, "证明文件读不到。")
	}
	a.at += int64(n)
	return b, nil
}

// part takes a record of a fixed length that begins with a signature.
func (a *archive) part(signature string, length int) (record, error) {
	at := a.at
	b, err := a.take(length)
	if err == nil && string(b[:4]) != signature {
		err = fault.New(fault.Invalid, "第 %d 字节处不是它应有的位置：文件之间、之前或之后有别的内容。请从门户重新取这份证明文件。", at)
	}
	return b, err
}

// A record is read as zip lays it down: little-endian numbers at fixed places.
type record []byte

func (r record) two(at int) uint16  { return binary.LittleEndian.Uint16(r[at:]) }
func (r record) four(at int) uint32 { return binary.LittleEndian.Uint32(r[at:]) }

// member steps over a local header, the data and what describes it.
func (a *archive) member(f *zip.File) error {
	local, err := a.part("PK\x03\x04", zipLocal)
	if err != nil {
		return err
	}
	if err := a.nameAndExtra(f, local.two(26), local.two(28)); err != nil {
		return err
	}
	flags, later := local.two(6), f.Flags&zipLater != 0
	switch {
	case flags != f.Flags || local.two(8) != f.Method:
		return fault.New(fault.Invalid, "%s 的写法在文件头和目录里不同。", f.Name)
	case flags&^zipHarmless != 0:
		return fault.New(fault.Invalid, "%s 加了密或用了不支持的写法。", f.Name)
	case !local.describes(14, f) && !(later && local.four(14) == 0 && local.four(18) == 0 && local.four(22) == 0):
		return fault.New(fault.Invalid, "%s 的大小或校验码在文件头和目录里不同。", f.Name)
	}
	if at, err := f.DataOffset(); err != nil || at != a.at {
		return fault.Wrap(err, fault.Invalid, "目录所指的 %s 不在它应有的位置。", f.Name)
	}
	if int64(f.CompressedSize64) > a.size-a.at {
		return fault.New(fault.Invalid, "%s 不完整。", f.Name)
	}
	if err := wholly(f); err != nil {
		return err
	}
	a.at += int64(f.CompressedSize64)
	if !later {
		return nil
	}
	described, err := a.part("PK\x07\x08", zipDescriptor)
	if err == nil && !described.describes(4, f) {
		err = fault.New(fault.Invalid, "%s 之后所记的大小或校验码与目录不同。", f.Name)
	}
	return err
}

// describes reports whether checksum and sizes stand at this place.
func (r record) describes(at int, f *zip.File) bool {
	return r.four(at) == f.CRC32 && uint64(r.four(at+4)) == f.CompressedSize64 && uint64(r.four(at+8)) == f.UncompressedSize64
}

func (a *archive) nameAndExtra(f *zip.File, name, extra uint16) error {
	if name > maxZipName || extra > maxZipExtra {
		return fault.New(fault.Invalid, "名称或附加字段过长。")
	}
	spelled, err := a.take(int(name))
	if err != nil {
		return err
	}
	if string(spelled) != f.Name {
		return fault.New(fault.Invalid, "名称在文件头和目录里不同。")
	}
	fields, err := a.take(int(extra))
	if err != nil {
		return err
	}
	for len(fields) > 0 {
		if len(fields) < 4 || !zipExtras[record(fields).two(0)] || len(fields)-4 < int(record(fields).two(2)) {
			return fault.New(fault.Invalid, "%s 带有不支持的附加字段。", f.Name)
		}
		fields = fields[4+record(fields).two(2):]
	}
	return nil
}

// wholly holds that the data of a deflated member ends where its stream ends:
// what reads from the front would go on at the stream's end.
func wholly(f *zip.File) error {
	if f.Method != zip.Deflate {
		return nil
	}
	raw, err := f.OpenRaw()
	if err != nil {
		return fault.Wrap(err, fault.Invalid, "%s 打不开。", f.Name)
	}
	packed := bufio.NewReader(raw) // flate takes no byte too many from what reads single bytes
	if _, err := io.CopyN(io.Discard, flate.NewReader(packed), int64(limitOf(f.Name))+1); err != io.EOF {
		return fault.Wrap(err, fault.Invalid, "%s 已损坏或过大。", f.Name)
	}
	if _, err := packed.ReadByte(); err != io.EOF {
		return fault.New(fault.Invalid, "%s 的压缩数据之后还有别的内容。", f.Name)
	}
	return nil
}

// central steps over a member's record in the directory.
func (a *archive) central(f *zip.File, start int64) error {
	r, err := a.part("PK\x01\x02", zipCentral)
	if err != nil {
		return err
	}
	same := r.two(8) == f.Flags && r.two(10) == f.Method && r.describes(16, f) && int64(r.four(42)) == start
	if !same || r.two(32) != 0 || r.two(34) != 0 {
		return fault.New(fault.Invalid, "证明文件的目录与其中的文件 %s 不符，或带有备注。", f.Name)
	}
	return a.nameAndExtra(f, r.two(28), r.two(30))
}

// end holds that the file closes with the record of exactly this directory.
func (a *archive) end(members int, directory int64) error {
	length := a.at - directory
	r, err := a.part("PK\x05\x06", zipEnd)
	if err != nil {
		return err
	}
	count := uint16(members)
	if r.four(4) != 0 || r.two(8) != count || r.two(10) != count || int64(r.four(12)) != length || int64(r.four(16)) != directory ||
		r.two(20) != 0 || a.at != a.size {
		return fault.New(fault.Invalid, "证明文件的结尾与目录不符，或带有备注：应恰好是一个 zip 文件，前后没有别的内容。")
	}
	return nil
}
