package audit_test

import (
	"strings"
	"testing"

	"sealdesk/hsm/seal"
	"sealdesk/server/audit"
	"sealdesk/server/audit/audittest"
)

// wantFault wants a fault of the entry with this number in this field.
func wantFault(t *testing.T, what string, findings audit.Findings, index int64, field string) {
	t.Helper()
	for _, f := range findings.List {
		if f.Index == index && f.Field == field {
			return
		}
	}
	t.Errorf("%s: want a fault of entry %d in %s, got %v", what, index, field, findings.List)
}

// adverse are the fields of an adverse conclusion on a record.
func adverse(record string) []seal.Field {
	return []seal.Field{{Label: "计划年度", Value: "2024"}, {Label: "记录", Value: record}, {Label: "申请人", Value: "方小虎"},
		{Label: "学校", Value: "新安小学"}, {Label: "任教学科", Value: "语文"}, {Label: "结论", Value: "暂缓注册"}, {Label: "规则包", Value: "rules-1"},
		{Label: "规则发现", Value: "F2 学时不足"}, {Label: "依据", Value: "第七条"}, {Label: "理由", Value: "培训学时不足"}}
}

func TestASealCountsOnlyForAnActThatStandsOnItsKindOfStatement(t *testing.T) {
	const record = "application/A2024-000003"
	for name, c := range map[string]struct {
		field string // "" for an act that holds
		make  func(l *audittest.Log, a, b audittest.Person)
	}{
		"an adverse conclusion, confirmed": {"", func(l *audittest.Log, a, b audittest.Person) {
			l.SealInTurn([]string{"conclude", "confirm"}, record, seal.ConcludeAdverse, adverse(record), seal.Annex{}, a, b)
		}},
		"a login's seal for a conclusion": {"行为", func(l *audittest.Log, a, b audittest.Person) {
			l.Seal("conclude", record, seal.Login, nil, seal.Annex{}, a)
		}},
		"a conclusion's seals for a release": {"行为", func(l *audittest.Log, a, b audittest.Person) {
			l.Seal("release", record, seal.ConcludeAdverse, adverse(record), seal.Annex{}, a, b)
		}},
		"an adverse conclusion by one": {"签署进度", func(l *audittest.Log, a, b audittest.Person) {
			l.Seal("conclude", record, seal.ConcludeAdverse, adverse(record), seal.Annex{}, a)
		}},
		"an adverse conclusion that nobody confirmed": {"签署进度", func(l *audittest.Log, a, b audittest.Person) {
			l.Seal("conclude", record, seal.ConcludeAdverse, adverse(record), seal.Annex{}, a, b)
		}},
		"an act that no portal knows": {"行为", func(l *audittest.Log, a, b audittest.Person) {
			l.Seal("conclude-adverse", record, seal.ConcludeAdverse, adverse(record), seal.Annex{}, a, b)
		}},
	} {
		l := audittest.Sample(t, 8)
		c.make(l, l.People[2], l.People[3])
		last := l.Acts[len(l.Acts)-1]
		proof := audit.VerifyProof(l.Proof(last, 0, l.Checkpoint()), verifier(t, l.VKey), rootsOf(l), audit.Policy{})
		log := newScene(t, l).judge()
		if c.field == "" {
			if !proof.Findings.OK() || !log.Findings.OK() {
				t.Errorf("%s: %v, %v", name, proof.Findings.List, log.Findings.List)
			}
			continue
		}
		index := int64(last.Numbers[len(last.Numbers)-1])
		wantFault(t, name+", proof", proof.Findings, index, c.field)
		wantFault(t, name+", log", log.Findings, index, c.field)
	}
}

func TestAnActOfSealsWithoutASealIsFoundWithTheBodies(t *testing.T) {
	l := audittest.Sample(t, 8)
	l.Plain("conclude", "application/A2024-000003", "")
	wantFault(t, "unsealed", newScene(t, l).judge().Findings, 8, "签署进度")
}

func TestALoginIsOfWhomTheKeyIs(t *testing.T) {
	login := func(l *audittest.Log, p audittest.Person, staff string) {
		p.Staff = staff
		l.Seal("login", "staff/"+staff, seal.Login, nil, seal.Annex{}, p)
	}
	l := audittest.Sample(t, 8)
	login(l, l.People[3], "U00004")
	if r := newScene(t, l).judge(); !r.Findings.OK() {
		t.Error(r.Findings.List)
	}
	login(l, l.People[3], "U00001")
	wantFault(t, "another's key", newScene(t, l).judge().Findings, 9, "人员")

	l = audittest.Sample(t, 8)
	login(l, l.Enrol("U00005", "U00005"), "U00005")
	if r := newScene(t, l).judge(); !r.Findings.OK() {
		t.Error(r.Findings.List)
	}
	login(l, l.Enrol("U00006", "U00006"), "U00001")
	wantFault(t, "another's certificate", newScene(t, l).judge().Findings, 9, "人员")
}

// openedAs is a log whose genesis statement says these fields instead.
func openedAs(t *testing.T, instead map[string]string) *audittest.Log {
	l := audittest.New(t)
	fields := []seal.Field{{Label: "日志名称", Value: audittest.Origin}, {Label: "日志公钥", Value: l.VKey}, {Label: "签发机构", Value: seal.Fingerprint(l.CA)},
		{Label: "规则", Value: "rules-1"}, {Label: "政策", Value: "policy-1"}, {Label: "来源文件", Value: "staff.csv"}}
	for i, f := range fields {
		if v, ok := instead[f.Label]; ok {
			fields[i].Value = v
		}
	}
	l.Seal("genesis", "log/x", seal.Genesis, fields, seal.Annex{Columns: []string{"姓名"}, Rows: []seal.AnnexRow{{Record: "staff/U00001", Cells: []string{"潘"}}}}, l.People[0], l.People[1])
	return l
}

func TestTheGenesisNamesTheLogThatIsVerified(t *testing.T) {
	if r := newScene(t, openedAs(t, nil)).judge(); !r.Findings.OK() {
		t.Fatal(r.Findings.List)
	}
	foreign, err := audit.VerifierKey(audittest.Origin, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	renamed, err := audit.VerifierKey("log.example/other", make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	for field, values := range map[string][]string{"日志名称": {"log.example/other"}, "日志公钥": {foreign, renamed, "无", strings.Repeat("x", 60)}} {
		for _, v := range values {
			wantFault(t, v, newScene(t, openedAs(t, map[string]string{field: v})).judge().Findings, 0, field)
		}
	}
}

func TestALogWithBodiesAndWithoutGenesisDoesNotHold(t *testing.T) {
	l := audittest.New(t)
	l.Plain("refusal", "", "")
	wantFault(t, "no genesis", newScene(t, l).judge().Findings, 0, "陈述摘要")
}
