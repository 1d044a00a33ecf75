package main

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"sealdesk/hsm"
	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/internal/issuing"
	"sealdesk/server/internal/keyring"
	"sealdesk/server/org"
	"sealdesk/server/registration"
	"sealdesk/server/store"
)

// sources are the files that the institution starts from.
type sources struct {
	organisations, staff, windows string
	tokens                        string // staff_id,uri: the tokens that are enrolled at the ceremony
	statement                     io.Writer
	sheets                        string // org_id,staff_id,paper: responsibility sheets signed on paper for the plan year; empty for none
	custodians                    string // staff_id: who opens an emergency and holds the shares; empty for none
	quorum                        int    // so many of them together
	shares                        string // fresh directory for the papers
}

func initialise(ctx context.Context, args []string) error {
	var from sources
	from.statement = os.Stdout
	c, _, err := withConfig("init", args, func(fs *flag.FlagSet) {
		fs.StringVar(&from.organisations, "organisations", "organisations.csv", "机构表")
		fs.StringVar(&from.staff, "staff", "staff.csv", "人员表")
		fs.StringVar(&from.windows, "windows", "windows.csv", "时段表")
		fs.StringVar(&from.sheets, "sheets", "", "本年度已签的纸质安全主体责任书：org_id,staff_id,paper；没有列入的机构，由负责人登录后签署，之前只能查看")
		fs.StringVar(&from.custodians, "custodians", "", "托管人表：staff_id，每行一人；他们共同开启紧急事项，并各持一份恢复份额")
		fs.IntVar(&from.quorum, "quorum", 2, "托管人凑齐几人")
		fs.StringVar(&from.shares, "shares", "shares", "恢复份额放在哪个（还没有的）目录，打印后销毁")
		fs.StringVar(&from.tokens, "tokens", "tokens.csv", "首批登记的令牌：staff_id,uri，前两位安全保密管理员签署第 0 条日志；staff_id 留空的是空钥匙，入库待发")
	})
	if err != nil {
		return err
	}
	receipt, err := found(ctx, c, from)
	if err != nil {
		return err
	}
	if from.custodians == "" {
		fmt.Println("没有指定托管人（--custodians）：HSM 一旦损坏，个人信息字段就再也读不出来。请尽快在“紧急与恢复”页定下名单，再运行 portal recover --new-shares。")
	}
	fmt.Printf("第 %d 条日志已写入。请把下面的内容打印存档，它是以后一切核验的起点：\n\n%s\n%s\n", receipt.Number, receipt.Entry, receipt.Checkpoint)
	return nil
}

// enrolled is one person whose token took part in the ceremony, or an empty
// token that goes into the store: then staff, key and leaf are zero.
type enrolled struct {
	staff org.Staff
	key   custody.Key
	held  custody.Token
	token *hsm.Token
	sign  *hsm.Signer
	leaf  *x509.Certificate
}

// found is the key ceremony: the server's keys are made in its HSM, the first
// people's certificates are issued against requests signed in their tokens,
// and two security officers seal entry 0. It refuses when the HSM already
// holds a log key: a second ceremony would be a second log.
func found(ctx context.Context, c config, from sources) (audit.Receipt, error) {
	var none audit.Receipt
	inst, err := readInstitution(from, c.Year)
	if err != nil {
		return none, err
	}
	v, err := openVault(ctx, c)
	if err != nil {
		return none, err
	}
	defer v.Close()
	if inst.custodians, err = inst.holders(from.custodians, from.quorum); err != nil {
		return none, err
	}
	ca, caKey, err := makeServerKeys(ctx, c, v, from.shares, inst.custodians)
	if err != nil {
		return none, err
	}
	people, err := enrol(ctx, from.tokens, inst, ca, caKey)
	defer func() {
		for _, p := range people {
			p.token.Close()
		}
	}()
	if err != nil {
		return none, err
	}
	storeConfig := c.store()
	if c.Database.Driver == store.SQLite { // elsewhere `portal migrate` came first, under its own account
		if err := store.Migrate(ctx, storeConfig); err != nil {
			return none, err
		}
	}
	keys, err := v.keys(ctx, c)
	if err != nil {
		return none, err
	}
	rules, err := policy.Load()
	if err != nil {
		return none, err
	}
	s, err := store.Open(ctx, storeConfig, keys, rules, time.Now)
	if err != nil {
		return none, err
	}
	defer s.Close()
	return writeGenesis(ctx, c, from, s, rules, inst, people, ca)
}

// makeServerKeys makes log key, CA key, wrapping key and keyring, and writes
// their public halves beside the configuration.
func makeServerKeys(ctx context.Context, c config, v *vault, papers string, holders keyring.Holders) (*x509.Certificate, *hsm.Signer, error) {
	if _, err := v.log.Signer(ctx, hsm.KeyQuery{Label: labelLog}); err == nil {
		return nil, nil, errors.New("日志令牌里已经有日志密钥：这台 HSM 已经启用过。一台 HSM 只开一本日志；要另开，请换用空的令牌")
	} else if hsm.KindOf(err) != hsm.NoKey {
		return nil, nil, told("查看日志令牌", err)
	}
	logKey, err := v.log.GenerateKey(ctx, hsm.KeySpec{Algorithm: hsm.Ed25519, Label: labelLog})
	if err != nil {
		return nil, nil, told("在日志令牌里生成日志密钥", err)
	}
	vkey, err := note.NewEd25519VerifierKey(c.Log.Origin, logKey.Public().(ed25519.PublicKey))
	if err != nil {
		return nil, nil, err
	}
	caKey, err := v.server.GenerateKey(ctx, hsm.KeySpec{Algorithm: hsm.ECDSAP256, Label: labelCA})
	if err != nil {
		return nil, nil, told("在服务器令牌里生成签发密钥", err)
	}
	ca, err := issuing.Root(c.Name+" 签发机构", caKey, time.Now())
	if err != nil {
		return nil, nil, told("签发机构证书", err)
	}
	if err := v.server.GenerateWrappingKey(ctx, labelWrap); err != nil {
		return nil, nil, told("在服务器令牌里生成包裹密钥", err)
	}
	ring, shares, err := keyring.Create(ctx, v.server, labelWrap, holders)
	if err != nil {
		return nil, nil, told("生成密钥环", err)
	}
	if len(shares) > 0 {
		if err := writeShares(papers, c.Name, holders, shares); err != nil {
			return nil, nil, err
		}
		afterShares(papers, len(shares))
	}
	for path, body := range map[string][]byte{c.Log.Key: []byte(vkey + "\n"), c.CA: issuing.PEM(ca), c.Keyring: ring} {
		if err := os.WriteFile(path, body, 0o600); err != nil {
			return nil, nil, err
		}
	}
	return ca, caKey, nil
}

// enrol makes, for each line of the tokens file, a key pair inside the token
// (or takes the one that is there), has its request signed by it, issues the
// certificate and writes it into the token. A line without a person is an empty
// token for the store.
func enrol(ctx context.Context, path string, inst institution, ca *x509.Certificate, caKey *hsm.Signer) ([]enrolled, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("读不到令牌表 %s：%w", path, err)
	}
	defer f.Close()
	lines, err := csv.NewReader(f).ReadAll()
	if err != nil || len(lines) == 0 || len(lines[0]) != 2 || lines[0][0] != "staff_id" || lines[0][1] != "uri" {
		return nil, fmt.Errorf("令牌表 %s 的首行应是 staff_id,uri", path)
	}
	var people []enrolled
	for i, line := range lines[1:] {
		if line[0] == "" {
			e, err := stock(ctx, line[1])
			if err != nil {
				return people, told(fmt.Sprintf("令牌表第 %d 行，空钥匙入库", i+2), err)
			}
			people = append(people, e)
			continue
		}
		person, home, ok := inst.person(line[0])
		if !ok {
			return people, fmt.Errorf("令牌表第 %d 行：人员表里没有 %s", i+2, line[0])
		}
		e, err := enrolOne(ctx, line[1], person, home, ca, caKey)
		if err != nil {
			return people, told(fmt.Sprintf("令牌表第 %d 行，为 %s 登记钥匙", i+2, line[0]), err)
		}
		people = append(people, e)
	}
	return people, nil
}

// stock is an empty token: nobody's yet, and the first officer's to keep.
func stock(ctx context.Context, uri string) (enrolled, error) {
	token, err := hsm.OpenURI(ctx, uri, hsm.Options{Sessions: 1})
	if err != nil {
		return enrolled{}, err
	}
	e := enrolled{token: token}
	serial, err := custody.ParseSerial(token.Info().Serial)
	e.held = custody.Token{Serial: serial, Label: token.Info().Label, Vendor: token.Info().Manufacturer}
	return e, err
}

// staffKeyLabel is the label of a person's key in the token.
const staffKeyLabel = "sealdesk"

func enrolOne(ctx context.Context, uri string, person org.Staff, home org.Organisation, ca *x509.Certificate, caKey *hsm.Signer) (enrolled, error) {
	e := enrolled{staff: person}
	var err error
	if e.token, err = hsm.OpenURI(ctx, uri, hsm.Options{Sessions: 1}); err != nil {
		return e, err
	}
	if e.sign, err = e.token.GenerateKey(ctx, hsm.KeySpec{Algorithm: hsm.ECDSAP256, Label: staffKeyLabel}); err != nil {
		return e, err
	}
	request, err := issuing.Request(e.sign)
	if err != nil {
		return e, err
	}
	now := time.Now()
	if e.leaf, err = issuing.Staff(ca, caKey, request, issuing.Holder{Staff: person.ID, Name: person.Name, Organisation: home.Name}, now); err != nil {
		return e, err
	}
	if err := e.token.StoreCertificate(ctx, e.sign.ID(), staffKeyLabel, e.leaf); err != nil {
		return e, err
	}
	since := now.Truncate(time.Millisecond)
	e.held = custody.Token{Label: e.token.Info().Label, Vendor: e.token.Info().Manufacturer, State: custody.Issued,
		Custodian: person.ID, Delivered: since, Since: since}
	if e.held.Serial, err = custody.ParseSerial(e.token.Info().Serial); err != nil {
		return e, err
	}
	e.key = custody.Certified(e.leaf, person.ID, e.held, custody.OwnCA)
	e.key.State, e.key.Since = custody.Issued, since
	return e, nil
}

// officers are the two security officers who seal entry 0.
func officers(inst institution, people []enrolled) ([]enrolled, error) {
	var found []enrolled
	for _, p := range people {
		for _, a := range inst.appointments {
			if a.Staff == p.staff.ID && a.Role == string(policy.SEC) && len(found) < 2 {
				found = append(found, p)
			}
		}
	}
	if len(found) < 2 {
		return nil, errors.New("第 0 条日志须由两位安全保密管理员签署：令牌表里请列入两位 SEC 的令牌")
	}
	return found, nil
}

// genesis makes the statement of entry 0.
func genesis(c config, inst institution, people, seals []enrolled, ca *x509.Certificate, vkey, rules, pack string, now time.Time) (seal.Statement, error) {
	h := seal.Header{Portal: c.Name, Institution: inst.organisations[0].Name, Issued: now, Expires: now.Add(10 * time.Minute)}
	rand.Read(h.Nonce[:])
	for _, s := range seals {
		h.Signers = append(h.Signers, seal.Signer{Staff: s.staff.ID, Name: s.staff.Name, Fingerprint: s.key.Fingerprint})
	}
	fields := append([]seal.Field{{Label: "日志名称", Value: c.Log.Origin}, {Label: "日志公钥", Value: vkey},
		{Label: "签发机构", Value: seal.Fingerprint(ca)}, {Label: "规则", Value: pack}, {Label: "政策", Value: rules}}, append(inst.custodianFields(), inst.digests...)...)
	annex := seal.Annex{Columns: []string{"姓名", "机构", "任职", "钥匙指纹"}}
	for _, p := range people {
		if p.staff.ID == "" {
			continue // an empty token gives nobody power
		}
		roles := ""
		for _, a := range inst.appointments {
			if a.Staff == p.staff.ID {
				roles += a.Role + "@" + a.Org + " "
			}
		}
		row := seal.AnnexRow{Record: "key/" + p.key.Fingerprint, Cells: []string{p.staff.Name + "（" + p.staff.ID + "）", p.staff.Org, trim(roles), p.key.Fingerprint}}
		rand.Read(row.Salt[:])
		annex.Rows = append(annex.Rows, row)
	}
	return seal.New(seal.Genesis, h, fields, annex)
}

// writeGenesis seals entry 0 with both officers' tokens and writes everything
// the institution starts from under it.
func writeGenesis(ctx context.Context, c config, from sources, s *store.Store, rules *policy.Policy, inst institution, people []enrolled, ca *x509.Certificate) (audit.Receipt, error) {
	var none audit.Receipt
	seals, err := officers(inst, people)
	if err != nil {
		return none, err
	}
	vkey, err := os.ReadFile(c.Log.Key)
	if err != nil {
		return none, err
	}
	now := time.Now()
	statement, err := genesis(c, inst, people, seals, ca, trim(string(vkey)), rules.Digest(), registration.National().ID, now)
	if err != nil {
		return none, err
	}
	text, err := statement.Bytes()
	if err != nil {
		return none, err
	}
	annex, err := statement.Annex.Print()
	if err != nil {
		return none, err
	}
	fmt.Fprintf(from.statement, "下面的文字由两位安全保密管理员签署，成为第 0 条日志：\n\n%s\n", text)
	roots := x509.NewCertPool()
	roots.AddCert(ca)
	var verified []seal.Verified
	for _, officer := range seals {
		der, err := seal.Sign(text, officer.leaf, nil, officer.sign, time.Now())
		if err != nil {
			return none, told("签署第 0 条日志", err)
		}
		v, err := seal.Verify(der, text, annex, seal.Trust{Roots: roots}, seal.Expect{Portal: c.Name, Kind: seal.Genesis}, time.Now())
		if err != nil {
			return none, err
		}
		verified = append(verified, v)
	}
	grant, err := rules.SystemFor(policy.Officer{Staff: seals[0].staff.ID, Key: seals[0].key.Fingerprint}, policy.Genesis)
	if err != nil {
		return none, err
	}
	return s.Commit(ctx, grant, verified, func(tx *store.Tx) (audit.Entry, error) {
		if err := tx.Derive(statement); err != nil {
			return audit.Entry{}, err
		}
		if err := inst.put(tx, people, seals[0].staff.ID); err != nil {
			return audit.Entry{}, err
		}
		first := policy.First(rules, inst.organisations[0].ID, seals[0].staff.ID, seals[1].staff.ID, now.Truncate(time.Millisecond))
		if err := tx.Put(first); err != nil || len(inst.custodians.Staff) == 0 {
			return audit.Entry{Subject: "log/0"}, err
		}
		list, err := custody.CustodiansOfGenesis(first.Org, inst.custodians.Staff, inst.custodians.Threshold, first.By, first.Second, first.At)
		if err != nil {
			return audit.Entry{}, err
		}
		return audit.Entry{Subject: "log/0"}, tx.Put(list)
	}, store.Long(2*time.Minute))
}

func baseName(path string) string { return filepath.Base(path) }

func trim(s string) string { return strings.TrimSpace(s) }
