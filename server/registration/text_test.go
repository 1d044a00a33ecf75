package registration_test

import (
	"flag"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
)

var update = flag.Bool("update", false, "write the golden texts anew")

func header(people ...registration.Person) seal.Header {
	h := seal.Header{Portal: "签台", Institution: "歙县教育局", Issued: inAudit, Expires: inAudit.Add(15 * time.Minute), Nonce: [16]byte{1, 2, 3}}
	for i, p := range people {
		h.Signers = append(h.Signers, seal.Signer{Staff: p.Staff, Name: p.Name, Fingerprint: strings.Repeat(string("abcdef"[i]), 64)})
	}
	return h
}

func salts(n int) [][16]byte {
	list := make([][16]byte, n)
	for i := range list {
		list[i][0] = byte(i + 1)
	}
	return list
}

// texts makes one statement of each kind about registration, by real acts.
func texts(t testing.TB) map[string]seal.Statement {
	t.Helper()
	all := map[string]seal.Statement{}
	make1 := must[seal.Statement](t)
	step := must[registration.Step](t)
	steps := must[[]registration.Step](t)

	fresh := []registration.Application{must[registration.Application](t)(judge().Of(application(1))), must[registration.Application](t)(judge().Of(application(2, short)))}
	imp := registration.Import{ID: "I1", Organ: "341021", FileDigest: strings.Repeat("0a", 32), Choice: "good", Year: 2024, Accepted: 2, Refused: 3}
	all["import"] = make1(registration.ImportStatement(header(lead), imp, fresh, []registration.Mended{{Line: 2}, {Line: 9, Fields: []string{"id_number", "gender"}}}, salts(2)))

	draft := allSame(registration.Registered, "H1")
	draft.Compared["appraisal_y3"], draft.Compared["cert_number"], draft.Compared["cert_issuer"] = registration.Differs, registration.Differs, registration.Absent
	draft.Explained["cert_issuer"] = "复印件不清"
	fixes := []registration.Correction{
		{Field: "appraisal_y3", New: "基本合格", Reason: "与登记表不符", Evidence: "第 4 页"},
		{Field: "cert_number", New: "20093499320000132", Reason: "两位颠倒", Evidence: "第 3 页", MendedAtSource: true}}
	r1 := step(accepted(t, application(1)).Review(handler, draft, fixes, judge(), calendar, inReview))
	r2 := step(accepted(t, application(2)).Review(handler, allSame(registration.Registered), nil, judge(), calendar, inReview))
	all["review"] = make1(registration.ReviewStatement(header(handler), []registration.Step{r1, r2}, salts(2)))

	adverse := allSame(registration.Deferred, "D2")
	adverse.Answers["D2"], adverse.Reason = registration.Dispute+"学分待补录", "学时不足"
	adverse.Compared["cert_number"] = registration.Differs
	r3 := step(accepted(t, application(3, short)).Review(handler, adverse, fixes[1:], judge(), calendar, inReview))
	all["review-adverse"] = make1(registration.ReviewAdverseStatement(header(handler), r3))
	all["not-accept"] = make1(registration.NotAcceptStatement(header(handler, head), step(application(4, outside).NotAccept(handler, head, "本人已不在岗", nil, judge(), calendar, inReview))))

	sent := steps(registration.Send([]registration.Application{r1.After, r2.After, r3.After}, nil, head, calendar, inReview))
	all["send"] = make1(registration.SendStatement(header(head), sent, salts(3)))
	all["return"] = make1(registration.ReturnStatement(header(auditor), step(sent[1].After.Return(auditor, "缺第 3 页", calendar, inAudit))))

	pass := steps(registration.ConcludeBatch([]registration.Application{sent[0].After, sent[1].After}, map[string]registration.Verdict{
		sent[0].After.ID: {Conclusion: registration.Registered, Reason: "复议后改为合格"}, sent[1].After.ID: {Conclusion: registration.Registered}},
		auditor, judges, calendar, inAudit))
	all["conclude"] = make1(registration.ConcludeStatement(header(auditor), pass, salts(2)))
	all["conclude-adverse"] = make1(registration.ConcludeSingleStatement(header(auditor, lead), step(sent[2].After.ConcludeByTwo(
		registration.Verdict{Conclusion: registration.Deferred, Rules: []string{"D2"}, Reason: "培训学时差 0.1"}, auditor, lead, judge(), calendar, inAudit))))
	all["conclude-override"] = make1(registration.ConcludeSingleStatement(header(auditor, lead), step(sent[2].After.ConcludeByTwo(
		registration.Verdict{Conclusion: registration.Registered, Rules: []string{"D2"}, Reason: "学分已够，见第 9 页"}, auditor, lead, judge(), calendar, inAudit))))

	held := step(sent[1].After.Hold(lead, "歙教查〔2024〕3号", "核查年度考核表", inAudit))
	all["hold"] = make1(registration.HoldStatement(header(lead), held))
	all["release"] = make1(registration.ReleaseStatement(header(lead), step(held.After.Release(lead, "查清无误", judge(), inAudit))))
	all["withdraw"] = make1(registration.WithdrawStatement(header(handler, head), step(sent[1].After.Withdraw(handler, head, paper, inAudit))))

	named := must[registration.Delegation](t)(registration.NameSender("0102030405060708", "HS10200", "341021", deputy, head, policy.SH, *day("2024-11-07"), "本人申请须回避", 2024, inReview))
	all["sender-name"] = make1(registration.SenderStatement(header(head), named, "歙县松源小学", deputy.Name))
	all["sender-end"] = make1(registration.SenderEndStatement(header(head), must[registration.Delegation](t)(named.End(head, "已上报完", inReview)), "歙县松源小学", deputy.Name))

	grown := application(5).Form
	grown.SubjectTaught, grown.CertNumber = "数学", "20093499320000999"
	taught := application(6).Form
	taught.TrainingHours = tenths(3720)
	change := func(a registration.Application, f registration.Form) registration.ChangeStep {
		return must[registration.ChangeStep](t)(a.Change("1", imp.FileDigest, f, registration.Imported, a.Otherwise(f, nil, nil), lead, judge(), letting(), inReview))
	}
	mended := change(accepted(t, application(6)), taught)
	mended.Mended = registration.Mended{Line: 7, Fields: []string{"training_hours"}}
	all["import-change"] = make1(registration.ChangeStatement(header(lead), 2024, imp.FileDigest, []registration.ChangeStep{
		change(application(5), grown), mended}, salts(2), func(string) string { return strings.Repeat("ab", 16) }))

	last := day("2027-06-30")
	early := must[registration.EarlyRenewal](t)(registration.AllowEarly("0102030405060708", 2024, registration.Form{SchoolCode: "HS10200", ApplyNo: "202409000001", PersonName: "程云溪", LastValidTo: last},
		strings.Repeat("0123456789abcdef", 4), auditor, lead, "调往外省任教，需先注册", letting(), inReview))
	all["early-renewal"] = make1(registration.EarlyRenewalStatement(header(auditor, lead), early, "歙县松源小学"))

	kin := must[registration.Relative](t)(registration.Declare("0102030405060708", "HS10200", handler, "202409000001", "spouse", inReview))
	all["relative-declare"] = make1(registration.RelativeStatement(header(handler), kin, "歙县松源小学"))
	all["relative-remove"] = make1(registration.RelativeEndStatement(header(handler, lead), must[registration.Relative](t)(kin.Remove(handler, lead, "同名误报", inReview)), "歙县松源小学"))

	w, _ := calendar.Window(2024, "341021", "audit")
	moved := w
	moved.Closes, moved.Reason, moved.Paper = at("2024-12-02 00:00:00"), "停课一周", "黄教〔2024〕9号"
	all["window"] = make1(registration.WindowStatement(header(lead), w, moved, "歙县教育局"))
	off := must[registration.WorkingDays](t)(registration.WorkingDays{Year: 2024, Org: "341000"}.Set(policy.ML, registration.DaysAsked{Off: "2024-10-01 2024-10-02", On: "2024-10-12", Paper: "国办发明电〔2023〕7号", Reason: "国庆放假"}))
	all["working-days"] = make1(registration.WorkingDaysStatement(header(lead), registration.WorkingDays{Year: 2024}, off))
	all["licence"] = make1(registration.LicenceStatement(header(lead), "HS10201", "歙县兰川幼儿园", "教民9341021000001号"))
	return all
}

func TestEveryKindOfTextAboutRegistrationIsItsGoldenFile(t *testing.T) {
	all := texts(t)
	forms := seal.Forms()
	at := func(kind seal.Kind) int {
		return slices.IndexFunc(forms, func(f seal.Form) bool { return f.Kind == kind })
	}
	// The list keeps what registration derives together; the rest is of other nouns.
	for _, form := range forms[at(seal.Import) : at(seal.Licence)+1] {
		s, ok := all[string(form.Kind)]
		if !ok {
			t.Errorf("no text of kind %s", form.Kind)
			continue
		}
		text := must[[]byte](t)(s.Bytes())
		annex := must[[]byte](t)(s.Annex.Print())
		if _, err := seal.ParseStatement(text, annex); err != nil {
			t.Errorf("%s is not read back: %v", form.Kind, err)
		}
		got, file := string(text)+"----\n"+string(annex), "testdata/statements/"+string(form.Kind)+".txt"
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if want := must[[]byte](t)(os.ReadFile(file)); got != string(want) {
			t.Errorf("%s differs; look at it and run with -update if it is meant:\n%s", file, got)
		}
	}
}

func TestNoTextHoldsADigitOfIdentityOrCertificate(t *testing.T) {
	for kind, s := range texts(t) {
		text := string(must[[]byte](t)(s.Bytes())) + string(must[[]byte](t)(s.Annex.Print()))
		for _, private := range []string{"341093198503120020", "19850312", "0020", "20093499320000123", "20093499320000132", "0000123", "0132"} {
			for _, line := range strings.Split(text, "\n") {
				if strings.Contains(line, private) && !strings.Contains(line, "摘要") && !strings.Contains(line, "签署人") && !strings.Contains(line, "\t") && !strings.Contains(line, "随机数") {
					t.Errorf("%s: the line holds digits of a number: %s", kind, line)
				}
			}
		}
		for _, row := range s.Annex.Rows {
			for i, c := range row.Cells {
				if column := s.Annex.Columns[i]; !strings.HasSuffix(column, "摘要") {
					for _, private := range []string{"3410931985", "19850312", "2009349932"} {
						if strings.Contains(c, private) {
							t.Errorf("%s: the cell %s holds digits of a number", kind, column)
						}
					}
				}
			}
		}
	}
}

func TestTheSameRowsGiveTheSameText(t *testing.T) {
	one, two := texts(t), texts(t)
	for kind := range one {
		if err := registration.Compare(one[kind], two[kind]); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	refused(t, registration.Compare(one["send"], one["conclude"]), fault.Conflict, "不是这一事项的")
}

func TestCase45OneRowChangedAfterViewingRefusesAllAndIsNamed(t *testing.T) {
	list, verdicts := batch(t, 50)
	derive := func(list []registration.Application) seal.Statement {
		steps := must[[]registration.Step](t)(registration.ConcludeBatch(list, verdicts, auditor, judges, calendar, inAudit))
		return must[seal.Statement](t)(registration.ConcludeStatement(header(auditor), steps, salts(len(list))))
	}
	signed := derive(list)
	if err := registration.Compare(signed, derive(list)); err != nil {
		t.Fatalf("nothing changed: %v", err)
	}
	changed := append([]registration.Application{}, list...)
	changed[22].Form.TrainingHours = tenths(3601) // no cell shows it, the fingerprint does
	e := refused(t, registration.Compare(signed, derive(changed)), fault.Conflict, "第 23 行（2024-341021-000023）在您查看之后有变化（内容摘要）", "整批没有签署生效")
	if e.Fields[0].Name != list[22].ID {
		t.Errorf("%v", e.Fields)
	}
	changed[22] = list[22]
	changed[22].Form.SubjectTaught = "数学"
	refused(t, registration.Compare(signed, derive(changed)), fault.Conflict, "第 23 行", "任教学科")
	refused(t, registration.Compare(signed, derive(list[:49])), fault.Conflict, "第 50 行（2024-341021-000050）已不在可办之列")
	refused(t, registration.Compare(derive(list[:49]), signed), fault.Conflict, "第 50 行（2024-341021-000050）是您查看之后才加入的")
	other := header(auditor)
	other.Expires = other.Expires.Add(time.Second)
	steps := must[[]registration.Step](t)(registration.ConcludeBatch(list, verdicts, auditor, judges, calendar, inAudit))
	refused(t, registration.Compare(signed, must[seal.Statement](t)(registration.ConcludeStatement(other, steps, salts(50)))), fault.Conflict, "“有效至”一项")
}

func TestATextOfABatchHoldsNoAdverseRow(t *testing.T) {
	all := texts(t)
	if len(all) != 21 {
		t.Errorf("%d kinds", len(all))
	}
	a := atCounty(t, application(1, short))
	s := must[registration.Step](t)(a.ConcludeByTwo(registration.Verdict{Conclusion: registration.Deferred, Rules: []string{"D2"}, Reason: "r"}, auditor, lead, judge(), calendar, inAudit))
	_, err := registration.ConcludeStatement(header(auditor), []registration.Step{s}, salts(1))
	refused(t, err, fault.Invalid, "第 1 行", "暂缓注册须单份签署")
	r := must[registration.Step](t)(accepted(t, application(1, short)).Review(handler, allSame(registration.Deferred, "D2"), nil, judge(), calendar, inReview))
	_, err = registration.ReviewStatement(header(handler), []registration.Step{r}, salts(1))
	refused(t, err, fault.Invalid, "第 1 行", "审查结论须单份签署")
	list, verdicts := batch(t, 1)
	pass := must[[]registration.Step](t)(registration.ConcludeBatch(list, verdicts, auditor, judges, calendar, inAudit))
	_, err = registration.ConcludeSingleStatement(header(auditor, lead), pass[0])
	refused(t, err, fault.Invalid, "一人签署即可")
	if _, err = registration.ConcludeStatement(header(auditor), pass, nil); err == nil {
		t.Error("rows without salts were signed")
	}
}

func TestAnImportIsChosenAndItsCountsAgree(t *testing.T) {
	fresh := []registration.Application{must[registration.Application](t)(judge().Of(application(1)))}
	imp := registration.Import{ID: "I1", FileDigest: strings.Repeat("0a", 32), Choice: "all", Year: 2024, Accepted: 1}
	asFiled := []registration.Mended{{Line: 2}}
	if _, err := registration.ImportStatement(header(lead), imp, fresh, asFiled, salts(1)); err != nil {
		t.Error(err)
	}
	for text, change := range map[string]func(*registration.Import){
		"请选择":        func(i *registration.Import) { i.Choice = "cancel" },
		"有 1 行不合格":   func(i *registration.Import) { i.Refused = 1 },
		"报告列明 2 行导入": func(i *registration.Import) { i.Overdue = 1 },
	} {
		bad := imp
		change(&bad)
		if _, err := registration.ImportStatement(header(lead), bad, fresh, asFiled, salts(1)); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", text, err)
		}
	}
	later := fresh[0]
	later.UpdatedAt = later.UpdatedAt.Add(time.Hour)
	a := must[seal.Statement](t)(registration.ImportStatement(header(lead), imp, fresh, asFiled, salts(1)))
	b := must[seal.Statement](t)(registration.ImportStatement(header(lead), imp, []registration.Application{later}, asFiled, salts(1)))
	if err := registration.Compare(a, b); err != nil {
		t.Errorf("the moment of taking in moves the text: %v", err)
	}
}

func TestTheFingerprintMovesWithEverythingThatJudges(t *testing.T) {
	base := reviewed(t, application(1, short))
	seen := map[string]string{base.Fingerprint(): "nothing"}
	note := func(name string, a registration.Application) {
		if other, twice := seen[a.Fingerprint()]; twice {
			t.Errorf("%s gives the fingerprint of %s", name, other)
		}
		seen[a.Fingerprint()] = name
	}
	v := reflect.ValueOf(base)
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		a := base
		f := reflect.ValueOf(&a).Elem().Field(i)
		switch x := f.Addr().Interface().(type) {
		case *registration.Form:
			continue // below, field by field
		case *time.Time:
			if name == "ImportedAt" {
				continue // says when, judges nothing
			}
			*x = x.Add(time.Millisecond)
		case *[]registration.Finding:
			*x = nil
		case *registration.Paper:
			x.Page += "x"
			note("the paper's page", a)
			x.Reason += "x"
			note("the paper's reason", a)
			x.Scan += "x"
		case *registration.Early:
			x.Entry = 7
			note("the entry that let it in", a)
			x.ValidTo = *day("2027-06-30")
		case *registration.Deeds:
			*x = x.Add(registration.PartConfirmer, "U9")
		case *int:
			*x++
		default:
			if f.Kind() != reflect.String {
				t.Fatalf("a field of a new kind, decide about it: %s", name)
			}
			f.SetString(f.String() + "x")
		}
		note(name, a)
	}
	for _, c := range registration.Columns() {
		a := base
		f := formField(t, &a.Form, c.Field)
		switch x := f.Addr().Interface().(type) {
		case **registration.Date:
			*x = day("1999-01-01")
		case **registration.Tenths:
			*x = tenths(7)
		case **int:
			n := 2011
			*x = &n
		case *time.Time:
			*x = x.Add(time.Millisecond)
		default:
			f.SetString(f.String() + "x")
		}
		if c.Field == "id_number" || c.Field == "cert_number" {
			if a.Fingerprint() != base.Fingerprint() {
				t.Errorf("%s could be found by trying", c.Field)
			}
			continue
		}
		note(c.Field, a)
	}
}

// formField finds a form's field by its column name.
func formField(t testing.TB, f *registration.Form, name string) reflect.Value {
	t.Helper()
	v := reflect.ValueOf(f).Elem()
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("json") == name {
			return v.Field(i)
		}
	}
	t.Fatalf("the form has no %s", name)
	return reflect.Value{}
}

func TestOneTextIsAboutOneSchoolOneYearOnePack(t *testing.T) {
	list, verdicts := batch(t, 2)
	steps := must[[]registration.Step](t)(registration.ConcludeBatch(list, verdicts, auditor, judges, calendar, inAudit))
	steps[1].After.Pack = "provincial-2025"
	_, err := registration.ConcludeStatement(header(auditor), steps, salts(2))
	refused(t, err, fault.Conflict, "2024-341021-000002", "不能写在同一份文本里")
	sent := must[[]registration.Step](t)(registration.Send([]registration.Application{reviewed(t, application(1)), reviewed(t, application(2))}, nil, head, calendar, inReview))
	sent[1].After.School = "HS10201"
	_, err = registration.SendStatement(header(head), sent, salts(2))
	refused(t, err, fault.Conflict, "不能写在同一份文本里")
	_, err = registration.SendStatement(header(head), nil, nil)
	refused(t, err, fault.Invalid, "没有可以签署的内容")
}
