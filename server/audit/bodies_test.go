package audit_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sealdesk/hsm/seal"
	"sealdesk/server/audit"
	"sealdesk/server/audit/audittest"
)

// A scene is an export with its bodies.
type scene struct {
	t           *testing.T
	log         *audittest.Log
	dir, bodies string
}

func newScene(t *testing.T, l *audittest.Log) scene {
	s := scene{t, l, filepath.Join(t.TempDir(), "log"), t.TempDir()}
	l.Export(s.dir)
	l.WriteBodies(s.bodies)
	return s
}

func (s scene) judge() audit.LogReport {
	s.t.Helper()
	report, err := audit.VerifyLog(s.t.Context(), s.dir, verifier(s.t, s.log.VKey), audit.LogOptions{Bodies: s.bodies, Workers: 1})
	if err != nil {
		s.t.Fatal(err)
	}
	return report
}

func TestEveryBodyThatIsAlteredOrMissingIsFound(t *testing.T) {
	s := newScene(t, audittest.Sample(t, 8))
	var files []string
	err := filepath.WalkDir(s.bodies, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && d.Name() != audit.CAPath {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) < 15 {
		t.Fatal(err, files)
	}
	for _, file := range files {
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(whole); i += 1 + len(whole)/20 {
			altered := append([]byte(nil), whole...)
			altered[i] ^= 1
			for _, b := range [][]byte{altered, whole[:i]} {
				if err := os.WriteFile(file, b, 0o600); err != nil {
					t.Fatal(err)
				}
				if r := s.judge(); r.Findings.OK() {
					t.Errorf("%s, byte %d of %d: verified", file, i, len(whole))
				}
			}
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		report := s.judge()
		erased := strings.HasSuffix(file, ".annex")
		if report.Findings.OK() != erased || erased && report.Bodies.Opened == report.Bodies.Rows {
			t.Errorf("%s missing: %v, %+v", file, report.Findings.List, report.Bodies)
		}
		if err := os.WriteFile(file, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnErasedAnnexRowLeavesTheSealStandingAndIsCounted(t *testing.T) {
	l := audittest.Sample(t, 8)
	s := newScene(t, l)
	act := l.Acts[batchAct]
	annex := seal.Annex{Columns: act.Annex.Columns, Rows: act.Annex.Rows[1:]}
	write := func(a seal.Annex) {
		b, err := a.Print()
		if err != nil {
			t.Fatal(err)
		}
		if err := audit.WriteAnnex(s.bodies, act.Statement.Digest(), b); err != nil {
			t.Fatal(err)
		}
	}
	write(annex)
	if r := s.judge(); !r.Findings.OK() || r.Bodies.Rows-r.Bodies.Opened != 1 {
		t.Errorf("%v, %+v", r.Findings.List, r.Bodies)
	}
	annex.Rows = append(annex.Rows, annex.Rows[0])
	write(annex)
	if r := s.judge(); r.Findings.OK() {
		t.Error("a row that opens one signed line twice is accepted")
	}
}

func TestSealsAreHeldAgainstTheAuthorityThatTheGenesisNames(t *testing.T) {
	s := newScene(t, audittest.Sample(t, 8))
	if err := os.WriteFile(filepath.Join(s.bodies, audit.CAPath), audittest.New(t).CAPEM, 0o600); err != nil {
		t.Fatal(err)
	}
	if r := s.judge(); r.Findings.OK() {
		t.Error("another authority's certificate is accepted")
	}
}

// The portal that sealed one text twice under two salts shows it in the bodies.
func TestATextThatCompletedTwoActsIsFoundThoughItsSaltsDiffer(t *testing.T) {
	l := audittest.Sample(t, 8)
	l.Again(l.Acts[batchAct], l.People[2])
	if r := newScene(t, l).judge(); r.Findings.OK() {
		t.Error("verified")
	}
}

func TestASealOfAForeignKeyIsFound(t *testing.T) {
	stranger := audittest.New(t).People[2]
	l := audittest.Sample(t, 8)
	l.Seal("login", "staff/U00003", seal.Login, nil, seal.Annex{}, stranger)
	r := newScene(t, l).judge()
	if r.Findings.OK() || r.Findings.List[0].Index != 8 || r.Findings.List[0].Field != "签章摘要" {
		t.Errorf("%v", r.Findings.List)
	}
}

func TestASealOfAFurtherAuthorityCountsFromTheSealThatEnrolsItOnAndNotBefore(t *testing.T) {
	enrol := func(l *audittest.Log, fingerprint string, by audittest.Person) {
		l.Seal("enrol_key", "token/T1", seal.KeyEnrol, []seal.Field{{Label: "领用人", Value: "方（U00003）"}, {Label: "领用人机构", Value: "歙县"},
			{Label: "钥匙序列号", Value: "T1"}, {Label: "颁发者", Value: "省"}, {Label: "算法", Value: "ECDSA P-256"}, {Label: "公钥摘要", Value: strings.Repeat("ab", 32)},
			{Label: "证书指纹", Value: fingerprint}}, seal.Annex{}, by)
	}
	for name, c := range map[string]struct {
		make func(l, province *audittest.Log)
		ok   bool
	}{
		"enrolled": {func(l, p *audittest.Log) {
			enrol(l, p.People[2].Fingerprint(), l.People[0])
			l.Seal("login", "staff/U00003", seal.Login, nil, seal.Annex{}, p.People[2])
		}, true},
		"never enrolled": {func(l, p *audittest.Log) { l.Seal("login", "staff/U00003", seal.Login, nil, seal.Annex{}, p.People[2]) }, false},
		"enrolled later": {func(l, p *audittest.Log) {
			l.Seal("login", "staff/U00003", seal.Login, nil, seal.Annex{}, p.People[2])
			enrol(l, p.People[2].Fingerprint(), l.People[0])
		}, false},
		"another one enrolled": {func(l, p *audittest.Log) {
			enrol(l, p.People[1].Fingerprint(), l.People[0])
			l.Seal("login", "staff/U00003", seal.Login, nil, seal.Annex{}, p.People[2])
		}, false},
		"enrolled by itself": {func(l, p *audittest.Log) {
			enrol(l, p.People[2].Fingerprint(), p.People[2])
			l.Seal("login", "staff/U00003", seal.Login, nil, seal.Annex{}, p.People[2])
		}, false},
	} {
		l, province := audittest.Sample(t, 8), audittest.New(t)
		c.make(l, province)
		l.CAPEM = append(append([]byte{}, l.CAPEM...), province.CAPEM...)
		if r := newScene(t, l).judge(); r.Findings.OK() != c.ok {
			t.Errorf("%s: %v", name, r.Findings.List)
		}
	}
}

func TestEntriesThatChangeBetweenTheTwoReadingsAreNotJudged(t *testing.T) {
	l := audittest.Sample(t, 300)
	s := newScene(t, l)
	head, err := audit.OpenCheckpoint(l.Checkpoint(), verifier(t, l.VKey))
	if err != nil {
		t.Fatal(err)
	}
	var findings audit.Findings
	if _, err := audit.VerifyBodies(t.Context(), s.dir, s.bodies, verifier(t, l.VKey), head, &findings); err != nil || !findings.OK() {
		t.Fatal(err, findings.List)
	}
	head.Root[0] ^= 1
	if _, err := audit.VerifyBodies(t.Context(), s.dir, s.bodies, verifier(t, l.VKey), head, &findings); err == nil {
		t.Error("entries that the checkpoint does not sign are judged")
	}
}
