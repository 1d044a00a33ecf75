package audit

import (
	"bytes"
	"encoding/binary"
)

// An entryView is an entry whose words still lie in the bytes it was parsed
// from. It exists for the verifier's hot loop: no allocation, one pass. What
// it accepts is exactly what the canonical text's own parser and Entry.check
// accept among entries whose note is plain ASCII; a test and a fuzz target
// hold the two parsers against each other.
type entryView struct {
	number                         uint64
	previous                       int64
	received, logged               int64 // Unix milliseconds
	act, actor, key, body, subject []byte
	signed, signers                int
	statement, seal, state         []byte // 64 lower-case hex digits, or nil for 无
	note                           []byte
}

var noneBytes = []byte(none)

// Bounds of what the log can spell. Years keep four digits; numbers fit the
// signed 64-bit positions of the tree.
const (
	maxNumber = 1<<53 - 1
	minYear   = 2000
	maxYear   = 9999
)

// parse reports whether b is an entry in canonical form with a plain note.
func (v *entryView) parse(b []byte) bool {
	if len(b) > MaxEntry {
		return false
	}
	c := lineCursor{rest: b}
	if !c.literal(entryHead) {
		return false
	}
	ok := v.parseNumbers(&c) &&
		c.token(labelAct+": ", &v.act) && !bytes.Equal(v.act, noneBytes) &&
		c.token(labelActor+": ", &v.actor) &&
		c.key(labelKey+": ", &v.key) &&
		c.token(labelBody+": ", &v.body) &&
		c.token(labelSubject+": ", &v.subject) &&
		c.progress(&v.signed, &v.signers) &&
		c.digest(labelStatement+": ", &v.statement) &&
		c.digest(labelSeal+": ", &v.seal) &&
		c.digest(labelState+": ", &v.state)
	if !ok {
		return false
	}
	v.note = nil
	if len(c.rest) > 0 && !c.plainNote(&v.note) {
		return false
	}
	sealed := !bytes.Equal(v.key, noneBytes)
	return len(c.rest) == 0 &&
		progressFault(v.signed, v.signers, v.statement != nil, v.seal != nil, sealed) == ""
}

func (v *entryView) parseNumbers(c *lineCursor) bool {
	var line []byte
	var ok bool
	if line, ok = c.line(labelNumber + ": "); !ok {
		return false
	}
	if v.number, ok = decimal(line); !ok {
		return false
	}
	if line, ok = c.line(labelPrevious + ": "); !ok {
		return false
	}
	if bytes.Equal(line, noneBytes) {
		v.previous = -1
	} else {
		n, ok := decimal(line)
		if !ok || n >= v.number {
			return false
		}
		v.previous = int64(n)
	}
	if line, ok = c.line(labelReceived + ": "); !ok {
		return false
	}
	if v.received, ok = moment(line); !ok {
		return false
	}
	if line, ok = c.line(labelLogged + ": "); !ok {
		return false
	}
	v.logged, ok = moment(line)
	return ok
}

// A lineCursor walks over the lines of a text.
type lineCursor struct{ rest []byte }

// literal steps over exactly these bytes.
func (c *lineCursor) literal(s string) bool {
	if len(c.rest) < len(s) || string(c.rest[:len(s)]) != s {
		return false
	}
	c.rest = c.rest[len(s):]
	return true
}

// line steps over one line that begins with the prefix and gives the rest of it.
func (c *lineCursor) line(prefix string) ([]byte, bool) {
	if !c.literal(prefix) {
		return nil, false
	}
	end := bytes.IndexByte(c.rest, '\n')
	if end <= 0 {
		return nil, false
	}
	value := c.rest[:end]
	c.rest = c.rest[end+1:]
	return value, true
}

// token steps over a line whose value is an identifier or 无.
func (c *lineCursor) token(prefix string, value *[]byte) bool {
	if !c.literal(prefix) {
		return false
	}
	n := 0
	for n < len(c.rest) && tokenByte[c.rest[n]] {
		n++
	}
	if n == 0 && len(c.rest) > len(none) && string(c.rest[:len(none)]) == none {
		n = len(none)
	}
	if n == 0 || n > maxToken || n == len(c.rest) || c.rest[n] != '\n' {
		return false
	}
	*value = c.rest[:n]
	c.rest = c.rest[n+1:]
	return true
}

func (c *lineCursor) progress(signed, signers *int) bool {
	line, ok := c.line(labelProgress + ": ")
	if !ok {
		return false
	}
	slash := bytes.IndexByte(line, '/')
	if slash < 0 {
		return false
	}
	a, ok1 := decimal(line[:slash])
	b, ok2 := decimal(line[slash+1:])
	if !ok1 || !ok2 || a > maxSigners || b > maxSigners {
		return false
	}
	*signed, *signers = int(a), int(b)
	return true
}

// key steps over a token line that mostly holds a fingerprint.
func (c *lineCursor) key(prefix string, value *[]byte) bool {
	if from := len(prefix); len(c.rest) > from+hexWidth && c.rest[from+hexWidth] == '\n' &&
		string(c.rest[:from]) == prefix && isHex((*[hexWidth]byte)(c.rest[from:])) {
		*value = c.rest[from : from+hexWidth]
		c.rest = c.rest[from+hexWidth+1:]
		return true
	}
	return c.token(prefix, value)
}

// digest steps over a line with a digest or 无; the digest of zeros is none.
func (c *lineCursor) digest(prefix string, d *[]byte) bool {
	if !c.literal(prefix) {
		return false
	}
	if len(c.rest) > hexWidth && c.rest[hexWidth] == '\n' {
		*d = c.rest[:hexWidth]
		if !isHex((*[hexWidth]byte)(*d)) || string(*d) == hexZero {
			return false
		}
		c.rest = c.rest[hexWidth+1:]
		return true
	}
	*d = nil
	return c.literal(none + "\n")
}

// plainNote steps over a note of printable ASCII; any other note is left to
// the parser of the canonical text, which knows its Unicode rules.
func (c *lineCursor) plainNote(note *[]byte) bool {
	line, ok := c.line(labelNote + ": ")
	if !ok || len(line) > maxNote || line[0] == ' ' || line[len(line)-1] == ' ' || string(line) == none {
		return false
	}
	for _, b := range line {
		if b < 0x20 || b > 0x7e {
			return false
		}
	}
	*note = line
	return true
}

// decimal reads a number without sign or leading zero, at most maxNumber.
func decimal(b []byte) (uint64, bool) {
	if len(b) == 0 || len(b) > 16 || b[0] == '0' && len(b) > 1 {
		return 0, false
	}
	var n uint64
	for _, c := range b {
		c -= '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + uint64(c)
	}
	return n, n <= maxNumber
}

// hexValue gives the value of a lower-case hex digit; 0xff marks the others.
var hexValue = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xff
	}
	for i, c := range []byte("0123456789abcdef") {
		t[c] = byte(i)
	}
	return t
}()

func hexDigest(b []byte, d *Digest) bool {
	if len(b) != 2*len(d) {
		return false
	}
	var bad byte
	for i := range d {
		high, low := hexValue[b[2*i]], hexValue[b[2*i+1]]
		bad |= high | low
		d[i] = high<<4 | low&0x0f
	}
	return bad&0xf0 == 0
}

// hexWidth is the length of a digest in hex; hexZero spells the digest of zeros.
const (
	hexWidth = 64
	hexZero  = "0000000000000000000000000000000000000000000000000000000000000000"
)

// isHex reports whether all bytes are lower-case hex digits, eight at a time:
// adding to each byte of a word carries into its top bit exactly from the
// bound on, and no further, as long as no byte had its top bit set.
func isHex(b *[hexWidth]byte) bool {
	const ones = 0x0101010101010101
	bad := uint64(0)
	for i := 0; i < hexWidth; i += 8 {
		w := binary.LittleEndian.Uint64(b[i : i+8])
		low := w &^ (0x80 * ones)
		digit := (low + (0x80-'0')*ones) &^ (low + (0x7f-'9')*ones)
		letter := (low + (0x80-'a')*ones) &^ (low + (0x7f-'f')*ones)
		bad |= w | ^(digit | letter)
	}
	return bad&(0x80*ones) == 0
}

// moment reads timeLayout and gives Unix milliseconds.
func moment(line []byte) (int64, bool) {
	if len(line) != len(timeLayout) {
		return 0, false
	}
	b := (*[len(timeLayout)]byte)(line)
	if b[4] != '-' || b[7] != '-' || b[10] != 'T' || b[13] != ':' || b[16] != ':' || b[19] != '.' ||
		string(b[23:]) != "+08:00" {
		return 0, false
	}
	year, month, day := two(b[0], b[1])*100+two(b[2], b[3]), two(b[5], b[6]), two(b[8], b[9])
	hour, minute, second := two(b[11], b[12]), two(b[14], b[15]), two(b[17], b[18])
	milli := two('0', b[20])*100 + two(b[21], b[22])
	if year < minYear || year > maxYear || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) ||
		hour > 23 || minute > 59 || second > 59 || milli > 999 {
		return 0, false
	}
	seconds := int64(daysBefore(year, month, day))*86400 + int64(hour)*3600 + int64(minute)*60 + int64(second)
	return (seconds-8*3600)*1000 + int64(milli), true
}

// two reads two digits; what is none becomes larger than any bound.
func two(tens, ones byte) int {
	tens, ones = tens-'0', ones-'0'
	if tens > 9 || ones > 9 {
		return 1 << 20
	}
	return int(tens)*10 + int(ones)
}

func leap(year int) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

var monthDays = [13]int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}

func daysIn(year, month int) int {
	if month == 2 && leap(year) {
		return 29
	}
	return monthDays[month]
}

// daysBefore counts the days from 1970-01-01 in the Gregorian calendar, with
// the year taken to begin in March so that the leap day is its last.
func daysBefore(year, month, day int) int {
	if month <= 2 {
		year--
		month += 12
	}
	return 365*year + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - 719468
}
