package audit

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/transparency-dev/formats/witness"
	"golang.org/x/mod/sumdb/note"

	"sealdesk/server/internal/fault"
)

// A Policy says which witnesses must have cosigned a checkpoint. The zero value
// demands none.
type Policy struct {
	group witness.Group
	named bool
}

// maxPolicy bounds a policy file.
const maxPolicy = 1 << 20

// Signature types of tlog-cosignature that count; every other is ignored in a
// checkpoint and refused in a policy.
const (
	cosignatureEd25519 = 0x04
	cosignatureMLDSA44 = 0x06
)

// ParsePolicy reads a C2SP witness policy. If it names logs, the one that is
// verified must be among them. Every key is checked against its own ID, and
// one key under two names is refused, since it would count twice.
func ParsePolicy(b []byte, log note.Verifier) (Policy, error) {
	if len(b) > maxPolicy {
		return Policy{}, fault.New(fault.Invalid, "见证策略文件超过 %d 字节。", maxPolicy)
	}
	var clean bytes.Buffer
	keys := map[string]bool{}
	logs, quorums, ours := 0, 0, false
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, maxPolicy)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		switch words[0] {
		case "log":
			logs++
			ours = ours || len(words) > 1 && namesLog(words[1], log)
		case "quorum":
			if quorums++; quorums > 1 {
				return Policy{}, fault.New(fault.Invalid, "见证策略第 %d 行又写了一次 quorum，只能有一行。", n)
			}
		case "group":
			for i := 4; i < len(words); i++ {
				if slices.Contains(words[3:i], words[i]) {
					return Policy{}, fault.New(fault.Invalid, "见证策略第 %d 行把 %s 列了两次，同一成员不能算两次。", n, words[i])
				}
			}
			if len(words) > 2 && strings.Trim(words[2], "0") == "" {
				return Policy{}, fault.New(fault.Invalid, "见证策略第 %d 行的人数不能是零；不要求见证请写 quorum none。", n)
			}
		case "witness":
			if len(words) == 3 { // the address is optional; the library wants one
				words = append(words, "https://witness.invalid/")
			}
			if len(words) != 4 || !isCosigner(words[2]) {
				return Policy{}, fault.New(fault.Invalid, "见证策略第 %d 行的见证人写法不对：应为名称、0x04 或 0x06 类公钥、可选的地址。", n)
			}
			_, typed, _ := cutKey(words[2])
			if keys[string(typed)] {
				return Policy{}, fault.New(fault.Invalid, "见证策略第 %d 行的公钥已在前面出现过，同一见证人不能算两次。", n)
			}
			keys[string(typed)] = true
		}
		fmt.Fprintln(&clean, strings.Join(words, " "))
	}
	if logs > 0 && !ours {
		return Policy{}, fault.New(fault.Invalid, "见证策略写明了日志，但没有所给公钥的这一个。")
	}
	group, err := witness.ParsePolicy(clean.Bytes())
	if err != nil {
		return Policy{}, fault.Wrap(err, fault.Invalid, "见证策略不合格式：需要 witness、group 和一行 quorum。")
	}
	return Policy{group: group, named: true}, nil
}

// cutKey splits a vkey into name and typed key bytes and checks the ID that
// binds them.
func cutKey(vkey string) (name string, typed []byte, ok bool) {
	name, rest, _ := strings.Cut(vkey, "+")
	id, key64, _ := strings.Cut(rest, "+")
	typed, err := base64.StdEncoding.DecodeString(key64)
	if err != nil || len(typed) == 0 || len(id) != 8 {
		return "", nil, false
	}
	n, err := strconv.ParseUint(id, 16, 32)
	return name, typed, err == nil && uint32(n) == keyID(name, typed)
}

func isCosigner(vkey string) bool {
	_, typed, ok := cutKey(vkey)
	return ok && (typed[0] == cosignatureEd25519 || typed[0] == cosignatureMLDSA44)
}

func namesLog(vkey string, log note.Verifier) bool {
	v, err := note.NewVerifier(vkey)
	return err == nil && v.Name() == log.Name() && v.KeyHash() == log.KeyHash()
}

// Demands reports whether the policy asks for any witness at all.
func (p Policy) Demands() bool { return p.named && p.group.N > 0 }

// Check reports whether the witnesses that the policy demands have cosigned
// this checkpoint.
func (p Policy) Check(checkpoint []byte) error {
	if p.named && !p.group.Satisfied(checkpoint) {
		return fault.New(fault.Invalid, "检查点没有见证策略所要求的见证人联署。")
	}
	return nil
}
