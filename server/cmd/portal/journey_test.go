package main

import (
	"archive/zip"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"sealdesk/server/sheet/sample"
)

// signed is one act as it went: the bytes, and the number of its entry.
type signed struct {
	statement []byte
	number    int
	text      string // of the receipt page
}

// school is a kindergarten of the county with few applicants, one of whom has
// too few hours.
const school = "HS10205"

// TestBrowserOneConclusionFromTheSheetToTheCourt is the main job, in a real
// browser with the built programs and tokens: a sheet comes in, a school
// reviews and sends, the county concludes and confirms, and a stranger
// verifies the proof of each conclusion from a file.
func TestBrowserOneConclusionFromTheSheetToTheCourt(t *testing.T) {
	l := foundTown(t)
	c := startChromium(t, l.path("ca.pem"))

	lead := l.signIn(c, "U00031")
	lead.importsTheSheet()
	passing, adverse := l.signIn(c, "U00455").reviewsTheSchool()
	l.signIn(c, "U00456").sendsTheSchool(len(passing) + len(adverse))
	auditor := l.signIn(c, "U00028")
	batch := auditor.concludesTogether(passing)
	batchProof := auditor.download(fmt.Sprintf("//main//a[contains(@href, %q)]", passing[0]))
	l.courtAccepts(batchProof, batch.statement, 1)
	auditor.defers(adverse[0])
	verdict := lead.confirms()
	l.courtAccepts(lead.download("main .proofs a"), verdict.statement, 2)
	lead.open("https://" + l.staff + "/applications/" + adverse[0])
	lead.see("已有结论")
	lead.picture("application-concluded")
	l.signIn(c, "U00004").readsTheLogWithoutNames()
	l.wholeLogHolds()
}

// importsTheSheet uploads the county's sheet, reads its report, takes the good
// rows and signs them.
func (s *somebody) importsTheSheet() {
	t := s.t
	t.Helper()
	raw, err := sample.Read("applications-341021.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "applications-341021.xlsx")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	s.open("https://" + s.town.staff + "/imports")
	s.picture("upload")
	s.do("choose the file", chromedp.SetUploadFiles(chromedp.CSS("#sheet"), []string{path}))
	s.press(button("上传并试导"), "试导报告")
	s.picture("report")
	accepted := s.reportIsAsExpected()
	s.click("input[name=choice][value=good]")
	s.press(button("继续"), "您将签署的内容")
	act := s.seal("import")
	if want := fmt.Sprintf("%d 份", accepted); !strings.Contains(act.text, want) {
		t.Errorf("the receipt of the import does not say “%s”: %s", want, act.text)
	}
	s.open("https://" + s.town.staff + "/applications")
	s.see(fmt.Sprintf("共 %d 份", accepted))
	s.picture("register")
}

// reportIsAsExpected holds the downloaded report against the expected one,
// line for line, and the page's counts against it. The expected report was
// made for a day in 2024: a row refused there because its date lay in the
// future may be good today, and only such a row may differ.
func (s *somebody) reportIsAsExpected() (records int) {
	t := s.t
	t.Helper()
	read := func(path string) map[string][]string {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(strings.NewReader(string(raw))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		rows := map[string][]string{}
		for _, l := range lines[1:] {
			rows[l[0]] = append(rows[l[0]], strings.Join(l, ","))
		}
		return rows
	}
	got, want := read(s.download("//main//a[contains(., '下载全部报告')]")), read(filepath.Join(testdata, "expected-341021.csv"))
	count, mended := map[string]int{}, 0
	for row, lines := range want {
		if strings.Join(got[row], "\n") == strings.Join(lines, "\n") {
			continue
		}
		if !strings.Contains(lines[0], ",refuse,") || !strings.Contains(lines[0], ",cert-date-range,") && !strings.Contains(lines[0], ",id-future,") {
			t.Errorf("row %s of the report: %q, want %q", row, got[row], lines)
		}
		mended++
	}
	for row, lines := range got {
		if want[row] == nil {
			t.Errorf("row %s is reported without need: %q", row, lines)
		}
		count[strings.Split(lines[0], ",")[1]]++
	}
	if rows := len(got); rows != 1900 || count["refuse"]+count["accept"]+count["wait"]+count["overdue"] != rows || mended > 5 {
		t.Errorf("%d rows reported, by kind %v; %d differ from what was right in 2024", rows, count, mended)
	}
	facts := strings.Join(strings.Fields(ask[string](s.tab, `document.querySelector("[aria-labelledby=counts]").innerText`)), "")
	for _, fact := range []string{"表中行数1,900", "退回的行" + strconv.Itoa(count["refuse"]), "逾期名单" + strconv.Itoa(count["overdue"]), "等许可证" + strconv.Itoa(count["wait"])} {
		if !strings.Contains(facts, fact) {
			t.Errorf("the page counts %s, without %s", facts, fact)
		}
	}
	return count["accept"] + count["overdue"] + count["wait"]
}

// reviewsTheSchool accepts the school's applications, reviews each of them
// field by field, and signs: the good ones together, the adverse ones singly.
func (s *somebody) reviewsTheSchool() (passing, adverse []string) {
	t := s.t
	t.Helper()
	deferring := s.applications("state=imported&outcome=defer")
	passing = s.applications("state=imported&outcome=pass")
	if len(deferring) == 0 || len(passing) < 2 {
		t.Fatalf("%s has %d applications to defer and %d that pass: too few for this test", school, len(deferring), len(passing))
	}
	all := s.applications("state=imported")
	s.town.teachers = ask[[]string](s.tab, `[...document.querySelectorAll("main .reg th a")].map(a => a.textContent)`)
	if n := s.tick(); n != len(all) {
		t.Fatalf("%d of %d applications are ticked", n, len(all))
	}
	s.picture("accept")
	s.press(button("受理选中的申请"), "申请")
	adverse = deferring[:1]
	for i, id := range all {
		s.reviews(id, id == adverse[0], i == 0)
	}
	s.open("https://" + s.town.staff + "/review")
	s.picture("review-board")
	s.press(button("单份签署"), "您将签署的内容")
	s.seal("review-adverse")
	s.open("https://" + s.town.staff + "/review")
	s.press(button("看建议注册合格的名单，去签署"), "您将签署的内容")
	s.seal("review")
	s.open("https://" + s.town.staff + "/review")
	s.see("全部审查完毕")
	return passing, append(adverse, others(all, passing, adverse)...)
}

// reviews fills the six steps of one review. The radios are pressed one by one
// by script, which is quicker than the mouse; the steps are posted by the
// page's buttons.
func (s *somebody) reviews(id string, adverse, show bool) {
	s.t.Helper()
	s.open("https://" + s.town.staff + "/applications/" + id)
	if show {
		s.picture("application")
		s.looksAtTheNumber(id)
	}
	s.open("https://" + s.town.staff + "/applications/" + id + "/review")
	for step := 1; step <= 6; step++ {
		ask[int](s.tab, `[...document.querySelectorAll("main input[type=radio][name^=compared-][value=same], main input[type=radio][name^=answer-][value=affirm]")].map(r => r.click()).length`)
		if step == 6 {
			conclusion := "registered"
			if adverse {
				conclusion = "deferred"
			}
			s.click(fmt.Sprintf("main input[name=conclusion][value=%s]", conclusion))
			s.do("type the reason", chromedp.SendKeys(chromedp.CSS("main textarea[name=reason]"), "纸质材料与核验发现逐条核对属实"))
		}
		if show {
			s.picture("review-" + strconv.Itoa(step))
		}
		next := ""
		if step == 6 {
			next = "可以签署"
		}
		s.press("main form.sheet .acts button[type=submit]", next)
		if problem := ask[bool](s.tab, `!!document.querySelector("main .govuk-error-summary")`); problem {
			s.fail("the review of a record", fmt.Errorf("step %d is refused", step))
		}
	}
}

// sendsTheSchool lets the head send everything.
func (s *somebody) sendsTheSchool(n int) {
	s.t.Helper()
	s.open("https://" + s.town.staff + "/send")
	s.see(fmt.Sprintf("待上报 %d 份", n))
	s.picture("send")
	s.press(button("看将要签的内容"), "您将签署的内容")
	s.seal("send")
}

// concludesTogether gives 注册合格 to all that pass, under one signature.
func (s *somebody) concludesTogether(passing []string) signed {
	s.t.Helper()
	list := s.applications("state=at_county&outcome=pass&school=" + school)
	if len(list) != len(passing) {
		s.t.Errorf("%d applications wait for a conclusion, %d were sent", len(list), len(passing))
	}
	if n := s.tick(); n != len(list) {
		s.t.Fatalf("%d of %d applications are ticked", n, len(list))
	}
	s.picture("conclude-list")
	s.press(button("看注册合格的名单"), "您将签署的内容")
	act := s.seal("conclude")
	for _, id := range passing {
		if !strings.Contains(act.text, id) {
			s.t.Errorf("the receipt of the batch offers no proof of %s", id)
		}
	}
	return act
}

// defers proposes 暂缓注册 with its reason, its rule and who confirms.
func (s *somebody) defers(id string) {
	s.t.Helper()
	s.open("https://" + s.town.staff + "/applications/" + id)
	s.click("main input[name=conclusion][value=deferred]")
	ask[int](s.tab, `[...document.querySelectorAll("main input[name=rule]")].map(r => r.click()).length`)
	s.do("type the reason", chromedp.SendKeys(chromedp.CSS("main textarea[name=reason]"), "注册有效期内培训学时不足，待补足后再申请"),
		chromedp.SetValue(chromedp.CSS("main select[name=confirmer]"), "U00031"))
	s.picture("conclude-form")
	s.press("//main//section[@aria-labelledby='conclude']//button[contains(., '看将要签的内容')]", "您将签署的内容")
	if act := s.seal("defer"); !strings.Contains(act.text, "还要") {
		s.t.Errorf("the receipt of the first of two does not say that another must sign: %s", act.text)
	}
}

// confirms signs the same text as the auditor.
func (s *somebody) confirms() signed {
	s.t.Helper()
	s.open("https://" + s.town.staff + "/confirmations")
	s.picture("confirmations")
	s.press(link("看原文"), "您将签署的内容")
	return s.seal("confirm")
}

// readsTheLogWithoutNames is the auditor of the city: entries, and nobody's
// name.
func (s *somebody) readsTheLogWithoutNames() {
	s.t.Helper()
	s.open("https://" + s.town.staff + "/log")
	s.picture("log")
	words := ask[string](s.tab, "document.body.innerText")
	for _, act := range []string{"导入申请", "学校审查", "学校上报", "给出注册结论", "复签注册结论"} {
		if !strings.Contains(words, act) {
			s.t.Errorf("the log shows no entry of “%s”", act)
		}
	}
	if len(s.town.teachers) == 0 {
		s.t.Fatal("no names were seen that the log could show")
	}
	for _, name := range s.town.teachers {
		if strings.Contains(words, name) {
			s.t.Error("the log shows the name of a teacher")
		}
	}
}

// courtAccepts verifies a proof file with nothing but the public keys.
func (l *livingTown) courtAccepts(proof string, statement []byte, signers int) {
	t := l.t
	t.Helper()
	said := l.run(l.auditverif, "proof", "--vkey", l.path("log.vkey"), "--ca", l.path("ca.pem"), proof)
	t.Logf("auditverify proof: %s", said)
	dir := t.TempDir()
	z, err := zip.OpenReader(proof)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	seals := 0
	for _, member := range z.File {
		r, err := member.Open()
		if err != nil {
			t.Fatal(err)
		}
		raw, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(member.Name)), raw, 0o600); err != nil {
			t.Fatal(err)
		}
		if member.Name == "statement.txt" && string(raw) != string(statement) {
			t.Error("the proof's statement is not the text that was read and signed")
		}
		if strings.HasSuffix(member.Name, ".p7s") {
			seals++
		}
	}
	if seals != signers {
		t.Errorf("the proof holds %d seals, want %d", seals, signers)
	}
	for n := 1; n <= seals; n++ {
		l.run("openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", filepath.Join(dir, fmt.Sprintf("seal-%d.p7s", n)),
			"-content", filepath.Join(dir, "statement.txt"), "-CAfile", l.path("ca.pem"), "-no-CApath", "-no-CAstore", "-purpose", "any", "-out", "/dev/null")
	}
}

// wholeLogHolds exports the log with its texts, lets auditverify judge it, and
// has every record compared with it.
func (l *livingTown) wholeLogHolds() {
	l.t.Helper()
	dir := l.t.TempDir()
	l.run(l.portal, "log", "export", "--config", l.path("portal.yaml"), "--bodies", filepath.Join(dir, "bodies"), filepath.Join(dir, "log"))
	said := l.run(l.auditverif, "log", "--vkey", l.path("log.vkey"), "--bodies", filepath.Join(dir, "bodies"), filepath.Join(dir, "log"))
	l.t.Logf("auditverify log: %s", said)
	begun := time.Now()
	said = l.run(l.portal, "check", "--config", l.path("portal.yaml"), "--records")
	if !strings.Contains(said, "全部与日志相符") {
		l.t.Errorf("portal check --records says: %s", said)
	}
	l.t.Logf("portal check --records (%.1f s): %s", time.Since(begun).Seconds(), said)
}
