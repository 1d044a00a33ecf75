package keyring

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"

	"sealdesk/server/internal/fault"
)

// Share is one custodian's part of the recovery key, as it stands on paper.
type Share struct {
	Recovery  string // id of the recovery key, eight hex digits
	Threshold int    // so many different shares recover
	Count     int    // of so many
	Index     int    // 1 to Count
	value     [32]byte
}

// shareVersion begins every share; another version has other rules.
const shareVersion = 1

// lineBytes is how much one printed line carries: sixteen hex digits.
const lineBytes = 8

// Print gives the lines to be printed: number, four groups of four hex digits,
// two check digits (ISO 7064 MOD 97-10 over number and line, so that a wrong or
// exchanged digit is told with its line).
func (s Share) Print() string {
	raw := s.bytes()
	var b strings.Builder
	for i := 0; i*lineBytes < len(raw); i++ {
		part := raw[i*lineBytes : (i+1)*lineBytes]
		word := strings.ToUpper(hex.EncodeToString(part))
		fmt.Fprintf(&b, "%d) %s %s %s %s - %02d\n", i+1, word[:4], word[4:8], word[8:12], word[12:], check(i+1, part))
	}
	return b.String()
}

func (s Share) bytes() []byte {
	id, _ := hex.DecodeString(s.Recovery)
	raw := append([]byte{shareVersion}, id...)
	raw = append(raw, byte(s.Threshold), byte(s.Index), byte(s.Count))
	return append(raw, s.value[:]...)
}

// check are the two digits that make line number, line and themselves one
// modulo 97.
func check(line int, part []byte) int {
	n := new(big.Int).SetUint64(binary.BigEndian.Uint64(part))
	n.Add(n, new(big.Int).Lsh(big.NewInt(int64(line)), 64))
	n.Mul(n, big.NewInt(100))
	return 98 - int(n.Mod(n, big.NewInt(97)).Int64())
}

// ParseShare reads what somebody typed from paper. Small letters, missing
// blanks and dashes, O for 0, I and L for 1 are taken; lines that do not begin
// with a number and a bracket are passed over, so that a whole printed page may
// be given. Each fault names its line.
func ParseShare(text string) (Share, error) {
	var s Share
	const lines = (shareSize + lineBytes - 1) / lineBytes
	var raw [lines][]byte
	for _, line := range strings.Split(text, "\n") {
		number, rest, ok := strings.Cut(strings.TrimSpace(line), ")")
		if !ok || len(number) != 1 || number[0] < '1' || number[0] > '9' {
			continue
		}
		n := int(number[0] - '0')
		if n > lines {
			return s, fault.New(fault.Invalid, "份额只有 %d 行，这里有第 %d 行。请核对是不是抄进了别的纸。", lines, n)
		}
		if raw[n-1] != nil {
			return s, fault.New(fault.Invalid, "第 %d 行抄了两遍。一份一份地抄，每份 %d 行。", n, lines)
		}
		word := strings.NewReplacer(" ", "", "-", "", "－", "", "—", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(rest))
		if len(word) != 2*lineBytes+2 {
			return s, fault.New(fault.Invalid, "第 %d 行应有 16 位和 2 位校验数字，抄下来的是 %d 位。请照纸重抄这一行。", n, len(word))
		}
		part, err := hex.DecodeString(word[:2*lineBytes])
		if err != nil {
			return s, fault.New(fault.Invalid, "第 %d 行有 0-9、A-F 以外的字。请照纸重抄这一行。", n)
		}
		if word[2*lineBytes:] != fmt.Sprintf("%02d", check(n, part)) {
			return s, fault.New(fault.Invalid, "第 %d 行的校验数字不符，有一位抄错或抄颠倒了。请照纸重抄这一行。", n)
		}
		raw[n-1] = part
	}
	var all []byte
	for i, part := range raw {
		if part == nil {
			return s, fault.New(fault.Invalid, "缺第 %d 行。一份共 %d 行，请补全。", i+1, lines)
		}
		all = append(all, part...)
	}
	if all[0] != shareVersion {
		return s, fault.New(fault.Invalid, "这份纸是另一版程序的，本程序读不了。请用当时的程序，或核对是不是份额纸。")
	}
	s.Recovery, s.Threshold, s.Index, s.Count = hex.EncodeToString(all[1:5]), int(all[5]), int(all[6]), int(all[7])
	copy(s.value[:], all[8:])
	return s, nil
}

// shareSize: version, id, threshold, index, count, value.
const shareSize = 1 + 4 + 3 + 32
