package sheet

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

var space = [256]bool{' ': true, '\t': true, '\r': true, '\n': true}

// plain marks the ASCII bytes that character data may hold as they are.
var plain = func() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = !strings.ContainsRune("<&]>", c)
	}
	t['\t'], t['\n'] = true, true
	return t
}()

// allowed is the production Char of XML 1.0.
func allowed(r rune, size int) bool {
	if r == utf8.RuneError && size <= 1 {
		return false
	}
	return r >= 0x20 && r != 0xFFFE && r != 0xFFFF || r == '\t' || r == '\n' || r == '\r'
}

// nameLength is the length of the XML name at the beginning of b, 0 for none.
func nameLength(b []byte) int {
	i := 0
	for i < len(b) {
		c := b[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c == ':':
			i++
			continue
		case c >= '0' && c <= '9', c == '-', c == '.':
			if i == 0 {
				return 0
			}
			i++
			continue
		case c < utf8.RuneSelf:
			return i
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n <= 1 || !nameRune(r, i == 0) {
			return i
		}
		i += n
	}
	return i
}

// nameRune is NameStartChar and NameChar beyond ASCII.
func nameRune(r rune, first bool) bool {
	switch {
	case r == 0xD7 || r == 0xF7 || r == 0x37E:
		return false
	case r >= 0xC0 && r <= 0x2FF, r >= 0x370 && r <= 0x1FFF, r >= 0x200C && r <= 0x200D,
		r >= 0x2070 && r <= 0x218F, r >= 0x2C00 && r <= 0x2FEF, r >= 0x3001 && r <= 0xD7FF,
		r >= 0xF900 && r <= 0xFDCF, r >= 0xFDF0 && r <= 0xFFFD, r >= 0x10000 && r <= 0xEFFFF:
		return true
	}
	return !first && (r == 0xB7 || r >= 0x300 && r <= 0x36F || r >= 0x203F && r <= 0x2040)
}

// reference reads the character or predefined entity reference at the
// beginning of b and gives its length, 0 if it is none.
func reference(b []byte) (rune, int) {
	end := bytes.IndexByte(b[:min(len(b), maxReference)], ';')
	if end < 2 {
		return 0, 0
	}
	switch name := string(b[1:end]); name {
	case "lt":
		return '<', end + 1
	case "gt":
		return '>', end + 1
	case "amp":
		return '&', end + 1
	case "quot":
		return '"', end + 1
	case "apos":
		return '\'', end + 1
	default:
		digits, base := strings.CutPrefix(name, "#x")
		radix := 16
		if !base {
			if digits, base = strings.CutPrefix(name, "#"); !base {
				return 0, 0
			}
			radix = 10
		}
		n, err := strconv.ParseUint(digits, radix, 32)
		if err != nil || n > 0x10FFFF || n >= 0xD800 && n < 0xE000 || !allowed(rune(n), 4) {
			return 0, 0
		}
		return rune(n), end + 1
	}
}

// characters reads character data up to the next tag or a full chunk.
func (s *scanner) characters() error {
	for len(s.text) < textChunk {
		if s.pos >= s.end && !s.more(1) {
			return nil // the caller meets the end of input next
		}
		i := s.pos
		for i < s.end && plain[s.buf[i]] {
			i++
		}
		if i > s.pos {
			s.brackets = 0
			if s.keep(s.buf[s.pos:i]); i == s.end {
				s.pos = i
				continue
			}
			s.pos = i
		}
		if s.buf[s.pos] == '<' {
			return nil
		}
		if err := s.special(); err != nil {
			return err
		}
	}
	return nil
}

func (s *scanner) keep(b []byte) {
	if !s.discard {
		s.text = append(s.text, b...)
	}
}

// special reads one character of text that is not plain.
func (s *scanner) special() error {
	c := s.buf[s.pos]
	brackets := s.brackets
	s.brackets = 0
	switch {
	case c == ']':
		s.brackets = brackets + 1
		s.keep(s.buf[s.pos : s.pos+1])
		s.pos++
	case c == '>':
		if brackets >= 2 {
			return errMalformed
		}
		s.keep(s.buf[s.pos : s.pos+1])
		s.pos++
	case c == '\r':
		if s.more(2) && s.buf[s.pos+1] == '\n' {
			s.pos++
			return nil
		}
		s.pos++
		s.keep([]byte{'\n'})
	case c == '&':
		s.more(maxReference)
		r, n := reference(s.buf[s.pos:s.end])
		if n == 0 {
			return s.cut()
		}
		s.pos += n
		s.keep(utf8.AppendRune(nil, r))
	case c < utf8.RuneSelf:
		return errMalformed
	default:
		return s.wide()
	}
	return nil
}

// wide reads characters beyond ASCII while they follow one another.
func (s *scanner) wide() error {
	from := s.pos
	for s.pos < s.end && s.buf[s.pos] >= utf8.RuneSelf {
		if !utf8.FullRune(s.buf[s.pos:s.end]) {
			if s.pos > from {
				break // what is read so far goes first, the rest next time
			}
			if s.more(utf8.UTFMax); s.pos != from {
				from = s.pos
			}
		}
		r, n := utf8.DecodeRune(s.buf[s.pos:s.end])
		if !allowed(r, n) {
			return s.cut()
		}
		s.pos += n
	}
	s.keep(s.buf[from:s.pos])
	return nil
}

// bang reads a comment or a CDATA section (which is text).
func (s *scanner) bang() (tokenKind, error) {
	s.more(9)
	head := s.buf[s.pos:min(s.pos+9, s.end)]
	switch {
	case bytes.HasPrefix(head, []byte("<!--")):
		s.pos += 4
		return tokenEOF, s.until("--", func() error {
			if !s.more(1) || s.buf[s.pos] != '>' {
				return s.cut()
			}
			s.pos++
			return nil
		}, false)
	case string(head) == "<![CDATA[" && len(s.starts) > 0:
		s.pos += 9
		s.text = s.text[:0]
		return tokenText, s.until("]]>", nil, !s.discard)
	case string(head) == "<!DOCTYPE":
		return tokenEOF, errDoctype
	}
	return tokenEOF, s.cut()
}

// until reads allowed characters to the terminator, then asks after.
func (s *scanner) until(term string, after func() error, keep bool) error {
	for {
		if !s.more(len(term)) {
			return s.cut()
		}
		if string(s.buf[s.pos:s.pos+len(term)]) == term {
			if s.pos += len(term); after != nil {
				return after()
			}
			return nil
		}
		n := 0
		for s.pos+n < s.end && plain[s.buf[s.pos+n]] && s.buf[s.pos+n] != term[0] {
			n++
		}
		if n == 0 {
			s.more(utf8.UTFMax)
			var r rune
			if r, n = utf8.DecodeRune(s.buf[s.pos:s.end]); !allowed(r, n) {
				return s.cut()
			}
		}
		if keep {
			if len(s.text) > maxTag {
				return errMalformed
			}
			s.text = append(s.text, s.buf[s.pos:s.pos+n]...)
		}
		s.pos += n
	}
}

// instruction passes over a processing instruction; the XML declaration may
// stand only at the very beginning, where start has read it.
func (s *scanner) instruction() error {
	s.pos += 2
	s.more(256)
	n := nameLength(s.buf[s.pos:min(s.pos+256, s.end)])
	if n == 0 || strings.EqualFold(string(s.buf[s.pos:s.pos+n]), "xml") {
		return s.cut()
	}
	s.pos += n
	if !s.more(2) || !space[s.buf[s.pos]] && string(s.buf[s.pos:s.pos+2]) != "?>" {
		return s.cut()
	}
	return s.until("?>", nil, false)
}

// declaration reads <?xml version encoding standalone?>.
func (s *scanner) declaration() error {
	s.more(1024)
	head := s.buf[s.pos+5 : min(s.pos+1024, s.end)]
	end := bytes.Index(head, []byte("?>"))
	if end < 0 {
		return s.cut()
	}
	attrs, err := attributes(nil, head[:end])
	if err != nil || len(attrs) == 0 || string(attrs[0].name) != "version" || string(attrs[0].value) != "1.0" {
		return errMalformed
	}
	for _, a := range attrs[1:] {
		value := strings.ToLower(string(a.value))
		switch string(a.name) {
		case "encoding":
			if value != "utf-8" && value != "us-ascii" && !(s.utf16 && strings.HasPrefix(value, "utf-16")) {
				return errMalformed
			}
		case "standalone":
			if value != "yes" && value != "no" {
				return errMalformed
			}
		default:
			return errMalformed
		}
	}
	s.pos += 5 + end + 2
	return nil
}
