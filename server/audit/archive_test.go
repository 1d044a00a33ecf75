package audit_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"io/fs"
	"strings"
	"testing"
	"time"

	"sealdesk/server/audit/audittest"
)

// A zipMember is a member as a packer of our own choice writes it.
type zipMember struct {
	member
	header zip.FileHeader
	behind []byte // after the end of the deflated stream
}

// packed writes members behind something else, with sizes in front of the data.
func packed(t *testing.T, before []byte, comment string, members ...zipMember) []byte {
	t.Helper()
	b := bytes.NewBuffer(bytes.Clone(before))
	z := zip.NewWriter(b)
	z.SetOffset(int64(len(before)))
	for _, m := range members {
		var data bytes.Buffer
		w, _ := flate.NewWriter(&data, flate.BestCompression)
		w.Write(m.data)
		w.Close()
		data.Write(m.behind)
		h := m.header
		h.Name, h.Method, h.CRC32 = m.name, zip.Deflate, crc32.ChecksumIEEE(m.data)
		h.CompressedSize64, h.UncompressedSize64 = uint64(data.Len()), uint64(len(m.data))
		raw, err := z.CreateRaw(&h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := raw.Write(data.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.SetComment(comment); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Every file of this test is one that archive/zip reads and out of which some
// other unpacker takes other members, or could be made to.
func TestAProofFileIsExactlyOneZip(t *testing.T) {
	l := audittest.Sample(t, 20)
	written := written(t, l.Proof(l.Acts[adverseAct], 0, l.Checkpoint()))
	var good []zipMember
	for _, m := range membersOf(t, written) {
		good = append(good, zipMember{member: m})
	}
	first := func(alter func(*zipMember)) []zipMember {
		all := append([]zipMember(nil), good...)
		alter(&all[0])
		return all
	}
	plain := packed(t, nil, "", good...)
	directory := int(binary.LittleEndian.Uint32(plain[len(plain)-6:]))
	patched := func(at int, value byte) []byte {
		b := bytes.Clone(plain)
		b[at] ^= value
		return b
	}
	gap := append(append(bytes.Clone(plain[:directory]), "gap"...), plain[directory:]...)
	binary.LittleEndian.PutUint32(gap[len(gap)-6:], uint32(directory+3))
	longer := append(bytes.Clone(plain), "PK"...)
	binary.LittleEndian.PutUint16(longer[len(plain)-2:], 2)
	extra := func(id uint16) []zipMember {
		return first(func(m *zipMember) { m.header.Extra = append(binary.LittleEndian.AppendUint16(nil, id), 1, 0, 9) })
	}
	for name, b := range map[string][]byte{
		"as this package writes it": written,
		"as another packer does":    plain,
		"with a time of the file":   packed(t, nil, "", first(func(m *zipMember) { m.header.Modified = time.Unix(1732068000, 0) })...),
	} {
		if _, err := readBack(b); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, b := range map[string][]byte{
		"another proof's members in front":      packed(t, plain[:directory], "", good...),
		"another whole proof in front":          append(bytes.Clone(written), plain...),
		"something in front, offsets not moved": append([]byte("#!/bin/sh\n"), plain...),
		"something behind":                      append(bytes.Clone(plain), '\n'),
		"a comment":                             packed(t, nil, "see elsewhere", good...),
		"a comment that is not all there":       longer,
		"a member's comment":                    packed(t, nil, "", first(func(m *zipMember) { m.header.Comment = "x" })...),
		"a member that is a link":               packed(t, nil, "", first(func(m *zipMember) { m.header.SetMode(fs.ModeSymlink | 0o777) })...),
		"a gap before the directory":            gap,
		"another name before the data":          patched(30, 1),
		"other flags before the data":           patched(6, 2),
		"another method before the data":        patched(8, 8),
		"another checksum before the data":      patched(14, 1),
		"another size before the data":          patched(18, 1),
		"a second name in an extra field":       packed(t, nil, "", extra(0x7075)...),
		"sizes in an extra field":               packed(t, nil, "", extra(1)...),
		"bytes behind the end of the stream":    packed(t, nil, "", first(func(m *zipMember) { m.behind = []byte("PK\x03\x04") })...),
		"a member on another disk":              patched(directory+34, 1),
		"a directory of another disk":           patched(len(plain)-18, 1),
	} {
		if _, err := readBack(b); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

type member struct {
	name string
	data []byte
}

func membersOf(t testing.TB, b []byte) []member {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	var all []member
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		var data bytes.Buffer
		if _, err := data.ReadFrom(r); err != nil {
			t.Fatal(err)
		}
		all = append(all, member{f.Name, data.Bytes()})
	}
	return all
}

func pack(t testing.TB, members []member) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, m := range members {
		w, err := z.CreateHeader(&zip.FileHeader{Name: m.name, Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(m.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestHostileZipsAreRefused(t *testing.T) {
	l := audittest.Sample(t, 20)
	good := membersOf(t, written(t, l.Proof(l.Acts[adverseAct], 0, l.Checkpoint())))
	if _, err := readBack(pack(t, good)); err != nil {
		t.Fatalf("the same members stored by another tool: %v", err)
	}
	with := func(extra ...member) []byte { return pack(t, append(append([]member(nil), good...), extra...)) }
	without := func(name string) []byte {
		var rest []member
		for _, m := range good {
			if m.name != name {
				rest = append(rest, m)
			}
		}
		return pack(t, rest)
	}
	var bomb bytes.Buffer
	z := zip.NewWriter(&bomb)
	w, _ := z.Create("statement.txt")
	for range 9 {
		w.Write(make([]byte, 1<<20))
	}
	z.Close()
	many := make([]member, 400)
	for i := range many {
		many[i] = member{"seal-1.p7s", nil}
	}
	for name, b := range map[string][]byte{
		"an unknown name":      with(member{"note.txt", []byte("x")}),
		"a path upwards":       with(member{"../statement.txt", []byte("x")}),
		"a folder":             with(member{"seal/", nil}),
		"a name twice":         with(good[1]),
		"a third signer":       with(member{"seal-3.p7s", []byte("x")}),
		"a signer 0":           with(member{"seal-0.p7s", []byte("x")}),
		"a signer 01":          with(member{"seal-01.p7s", []byte("x")}),
		"no statement":         without("statement.txt"),
		"no readme":            without("README.txt"),
		"no opening":           without("opening.txt"),
		"no second entry":      without("entry-2.txt"),
		"an empty statement":   pack(t, append([]member{{"statement.txt", nil}}, good[2:]...)),
		"a bomb":               bomb.Bytes(),
		"four hundred members": pack(t, many),
		"nothing":              nil,
		"a cut file":           pack(t, good)[:200],
		"not a zip":            []byte(strings.Repeat("x", 500)),
	} {
		if p, err := readBack(b); err == nil {
			t.Errorf("%s: %v", name, p)
		}
	}
}
