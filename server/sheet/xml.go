package sheet

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// The two ways in which a part is refused. Neither carries a byte of it.
var (
	errDoctype   = errors.New("sheet: the part has a document type declaration")
	errMalformed = errors.New("sheet: the part is not well-formed XML")
)

// Bounds of one token; XML knows none, spreadsheets stay far below them.
const (
	maxTag        = 1 << 20
	maxAttributes = 4096
	maxDepth      = 256
	maxReference  = 32
	textChunk     = 16 << 10
)

type tokenKind uint8

const (
	tokenEOF tokenKind = iota
	tokenStart
	tokenEnd
	tokenText
)

// attribute's slices live until the next call of next.
type attribute struct{ name, value []byte }

// scanner is a streaming, non-validating XML 1.0 reader that accepts nothing
// that is not well-formed and no DOCTYPE, so there are no entities but the five
// of the language. It holds one tag or one chunk of text at a time.
type scanner struct {
	src      io.Reader
	buf      []byte
	pos, end int
	eof      bool
	readErr  error // what src failed with, other than io.EOF

	names  []byte // of the open elements, end to end
	starts []int  // where each begins
	rooted bool
	begun  bool
	closes bool // the start tag just given was empty: its end follows

	name     []byte // qualified name of the current tag
	attrs    []attribute
	text     []byte // of the current tokenText, references resolved
	discard  bool   // check only, keep no text
	brackets int    // ] just seen, for ]]>
	utf16    bool
}

func newScanner(r io.Reader) *scanner { return &scanner{src: r, buf: make([]byte, 64<<10)} }

// depth counts the open elements; the root's is 1 while it is open.
func (s *scanner) depth() int { return len(s.starts) }

// local is the current tag's name without prefix.
func (s *scanner) local() string {
	if i := bytes.IndexByte(s.name, ':'); i >= 0 {
		return string(s.name[i+1:])
	}
	return string(s.name)
}

// is reports whether the current tag has the local name, without allocating.
func (s *scanner) is(local string) bool {
	if len(s.name) == len(local) {
		return string(s.name) == local
	}
	i := len(s.name) - len(local) - 1
	return i > 0 && s.name[i] == ':' && string(s.name[i+1:]) == local
}

// attr gives an unprefixed attribute's value.
func (s *scanner) attr(name string) string {
	for _, a := range s.attrs {
		if string(a.name) == name {
			return resolve(a.value)
		}
	}
	return ""
}

// attrPrefixed gives the value of the attribute with any prefix and that
// local name, such as r:id, whatever the writer called the prefix.
func (s *scanner) attrPrefixed(local string) string {
	for _, a := range s.attrs {
		if i := bytes.IndexByte(a.name, ':'); i > 0 && string(a.name[i+1:]) == local {
			return resolve(a.value)
		}
	}
	return ""
}

// more makes at least n bytes available from pos, or sets eof. It may move
// everything in the buffer.
func (s *scanner) more(n int) bool {
	for s.end-s.pos < n && !s.eof {
		if s.pos > 0 {
			copy(s.buf, s.buf[s.pos:s.end])
			s.end -= s.pos
			s.pos = 0
		}
		if s.end == len(s.buf) {
			s.buf = append(s.buf, make([]byte, len(s.buf))...)
		}
		k, err := s.src.Read(s.buf[s.end:])
		s.end += k
		if err != nil {
			s.eof = true
			if err != io.EOF {
				s.readErr = err
			}
		}
	}
	return s.end-s.pos >= n
}

// start looks at the first bytes: UTF-16 is decoded on the way, a UTF-8 byte
// order mark is passed over.
func (s *scanner) start() {
	s.begun = true
	s.more(4)
	head := s.buf[s.pos:s.end]
	switch {
	case bytes.HasPrefix(head, []byte{0xEF, 0xBB, 0xBF}):
		s.pos += 3
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}), bytes.HasPrefix(head, []byte{0xFF, 0xFE}):
		s.utf16 = true
		rest := io.MultiReader(bytes.NewReader(bytes.Clone(head)), s.src)
		decode := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewDecoder()
		s.src, s.pos, s.end, s.eof = transform.NewReader(rest, decode), 0, 0, false
	}
	if s.more(6) && string(s.buf[s.pos:s.pos+5]) == "<?xml" && space[s.buf[s.pos+5]] {
		s.readErr = errors.Join(s.readErr, s.declaration())
	}
}

// next gives the next token; after an error it must not be called again.
func (s *scanner) next() (tokenKind, error) {
	if !s.begun {
		if s.start(); s.readErr != nil {
			return tokenEOF, s.readErr
		}
	}
	if s.closes {
		s.closes = false
		s.pop()
		return tokenEnd, nil
	}
	for {
		if !s.more(1) {
			return tokenEOF, s.atEnd()
		}
		if s.buf[s.pos] != '<' {
			if len(s.starts) == 0 {
				if !space[s.buf[s.pos]] {
					return tokenEOF, errMalformed
				}
				s.pos++
				continue
			}
			s.text = s.text[:0]
			return tokenText, s.characters()
		}
		s.brackets = 0
		if !s.more(2) {
			return tokenEOF, s.atEnd()
		}
		switch s.buf[s.pos+1] {
		case '/':
			return tokenEnd, s.endTag()
		case '?':
			if err := s.instruction(); err != nil {
				return tokenEOF, err
			}
		case '!':
			kind, err := s.bang()
			if kind == tokenText || err != nil {
				return kind, err
			}
		default:
			return tokenStart, s.startTag()
		}
	}
}

func (s *scanner) atEnd() error {
	if s.readErr != nil {
		return s.readErr
	}
	if len(s.starts) != 0 || !s.rooted || s.pos != s.end {
		return errMalformed
	}
	return nil
}

// cut is the error of input that ends inside a token.
func (s *scanner) cut() error {
	if s.readErr != nil {
		return s.readErr
	}
	return errMalformed
}

// tag finds the end of the tag at pos, leaving its inside, without the angle
// brackets, in one piece of the buffer.
func (s *scanner) tag() ([]byte, error) {
	quote := byte(0)
	for i := 1; ; i++ {
		if s.pos+i >= s.end && !s.more(i+1) {
			return nil, s.cut()
		}
		if i > maxTag {
			return nil, errMalformed
		}
		switch c := s.buf[s.pos+i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '<':
			return nil, errMalformed
		case c == '>':
			inside := s.buf[s.pos+1 : s.pos+i]
			s.pos += i + 1
			return inside, nil
		}
	}
}

func (s *scanner) startTag() error {
	in, err := s.tag()
	if err != nil {
		return err
	}
	if len(s.starts) == 0 && s.rooted || len(s.starts) >= maxDepth {
		return errMalformed
	}
	if n := len(in); n > 0 && in[n-1] == '/' {
		s.closes, in = true, in[:n-1]
	}
	n := nameLength(in)
	if n == 0 {
		return errMalformed
	}
	s.name = in[:n]
	if s.attrs, err = attributes(s.attrs[:0], in[n:]); err != nil {
		return err
	}
	s.rooted = true
	s.starts = append(s.starts, len(s.names))
	s.names = append(s.names, s.name...)
	return nil
}

func (s *scanner) endTag() error {
	in, err := s.tag()
	if err != nil {
		return err
	}
	in = bytes.TrimRight(in[1:], " \t\r\n")
	if len(s.starts) == 0 || !bytes.Equal(in, s.names[s.starts[len(s.starts)-1]:]) {
		return errMalformed
	}
	s.pop()
	return nil
}

// pop closes the innermost element and leaves its name as the current one.
func (s *scanner) pop() {
	last := s.starts[len(s.starts)-1]
	s.name = s.names[last:]
	s.names, s.starts = s.names[:last], s.starts[:len(s.starts)-1]
}

// attributes reads what follows the name in a start tag.
func attributes(out []attribute, in []byte) ([]attribute, error) {
	for len(in) > 0 {
		rest := bytes.TrimLeft(in, " \t\r\n")
		if len(rest) == 0 {
			break
		}
		n := nameLength(rest)
		if len(rest) == len(in) || n == 0 || len(out) >= maxAttributes {
			return nil, errMalformed
		}
		a := attribute{name: rest[:n]}
		rest = bytes.TrimLeft(rest[n:], " \t\r\n")
		if len(rest) == 0 || rest[0] != '=' {
			return nil, errMalformed
		}
		rest = bytes.TrimLeft(rest[1:], " \t\r\n")
		if len(rest) < 2 || rest[0] != '"' && rest[0] != '\'' {
			return nil, errMalformed
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 || !sound(rest[1:end+1]) {
			return nil, errMalformed
		}
		a.value, in = rest[1:end+1], rest[end+2:]
		out = append(out, a)
	}
	return out, distinct(out)
}

// distinct refuses an attribute that stands twice in one tag.
func distinct(attrs []attribute) error {
	if len(attrs) > 16 {
		seen := make(map[string]bool, len(attrs))
		for _, a := range attrs {
			if seen[string(a.name)] {
				return errMalformed
			}
			seen[string(a.name)] = true
		}
		return nil
	}
	for i, a := range attrs {
		for _, b := range attrs[:i] {
			if bytes.Equal(a.name, b.name) {
				return errMalformed
			}
		}
	}
	return nil
}

// sound reports whether an attribute's value holds only allowed characters
// and resolvable references.
func sound(value []byte) bool {
	for i := 0; i < len(value); {
		switch c := value[i]; {
		case c == '<':
			return false
		case c == '&':
			_, n := reference(value[i:])
			if n == 0 {
				return false
			}
			i += n
		case c < utf8.RuneSelf:
			if c < ' ' && !space[c] {
				return false
			}
			i++
		default:
			r, n := utf8.DecodeRune(value[i:])
			if !allowed(r, n) {
				return false
			}
			i += n
		}
	}
	return true
}

// resolve gives a sound attribute value as the language asks: references
// resolved, white space as blanks.
func resolve(value []byte) string {
	if !bytes.ContainsAny(value, "&\t\r\n") {
		return string(value)
	}
	var out []byte
	for i := 0; i < len(value); {
		switch c := value[i]; {
		case c == '&':
			r, n := reference(value[i:])
			out = utf8.AppendRune(out, r)
			i += n
		case c == '\r' && i+1 < len(value) && value[i+1] == '\n':
			i++
		case space[c]:
			out = append(out, ' ')
			i++
		default:
			out = append(out, c)
			i++
		}
	}
	return string(out)
}
