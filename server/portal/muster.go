package portal

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/sheet"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// GET /musters: where a staff sheet is handed in for comparison (R54).
func (p *Portal) musters(c *call) (answer, error) {
	v, err := p.mustersPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

func (p *Portal) mustersPage(c *call) (view.Office, error) {
	v := view.Office{Frame: p.frame(c, "按名册报备"), Back: view.Link{Text: "回到人员名册", Href: "/staff"}, Heading: "名册比对与报备",
		Lead: "上传全部系统使用人员的名册，先与在册的比对：新人员、变更、可能离岗的、不变的，逐行列出。上传不改变任何备案，也不授予角色。"}
	body, _, err := p.place(c, policy.FileStaff)
	if err != nil {
		return v, err
	}
	scope := c.form.Get("scope")
	v.Sections = []view.Section{{ID: "form", Title: "空表", Facts: []view.Fact{{Label: "表头", Value: strings.Join(org.MusterTitles, "、")},
		{Label: "写法", Value: "全部按文本填写；日期写作 2024-08-31；角色写名称，几个之间用顿号；最多 " + number(org.MaxMuster) + " 行。"}},
		Go: view.Link{Text: "下载空表", Href: "/musters/template"}}}
	v.Forms = []view.ActForm{{ID: "muster", Title: "上传名册", Action: "/musters", Button: "上传并比对", Upload: true, Inputs: []view.Input{
		{Kind: "file", Name: "sheet", Label: "名册（.xlsx）", Hint: "第一行是表头，一行一人。"},
		{Kind: "radios", Name: "scope", Label: "这份名册包括", Choices: view.Choices{Items: []view.Choice{
			{Value: "whole", Text: body.Name + "及以下全部机构的人员", Hint: "名册里没有的都列为可能离岗。", Chosen: scope == "whole"},
			{Value: "named", Text: "只是表里写到的那些机构的人员", Chosen: scope == "named"}}}}}}}
	return v, nil
}

// GET /musters/template
func (p *Portal) musterTemplate(c *call) (answer, error) {
	if _, _, err := p.place(c, policy.FileStaff); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := sheet.WritePlain(&b, "人员名册", org.MusterTitles, nil); err != nil {
		return nil, err
	}
	return file{name: "人员名册-空表.xlsx", kind: xlsx, body: b.Bytes()}, nil
}

// POST /musters compares and keeps the comparison for this person alone.
func (p *Portal) uploadMuster(c *call) (answer, error) {
	next, err := p.readMuster(c)
	return p.officeAgain(c, next, err, officeForm{act: policy.FileStaff, page: func() (view.Office, error) { return p.mustersPage(c) }})
}

func (p *Portal) readMuster(c *call) (answer, error) {
	body, grant, err := p.place(c, policy.FileStaff)
	if err != nil {
		return nil, err
	}
	scope := c.form.Get("scope")
	if scope != "whole" && scope != "named" {
		return nil, fault.New(fault.Invalid, "请选择这份名册包括哪些机构的人员。没有选，就不知道哪些人可能离岗。").At("scope", "请选择。")
	}
	upload, header, err := c.req.FormFile("sheet")
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "没有收到文件。请选择名册后再提交。").At("sheet", "请选择文件。")
	}
	defer upload.Close()
	required := len(org.MusterTitles) - org.MusterOptional + 1
	read, err := sheet.Plain(c.ctx, upload, header.Size, org.MaxMuster, org.MusterTitles[:required], org.MusterTitles[required:]...)
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(upload, 0, header.Size)); err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "文件没有完整读到，请重新上传。")
	}
	rows := make([]org.MusterRow, len(read))
	for i, r := range read {
		rows[i] = org.MusterRow(r)
	}
	facts, err := p.musterFacts(c, body, grant)
	if err != nil {
		return nil, err
	}
	id := make([]byte, 8)
	rand.Read(id)
	m, err := org.CompareMuster(hex.EncodeToString(id), hex.EncodeToString(sum.Sum(nil)), rows, scope == "whole", facts)
	if err != nil {
		return nil, err
	}
	kept, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	if err := p.store.Scratch().PutDraft(c.ctx, c.who.Staff.ID, "muster/"+m.ID, kept); err != nil {
		return nil, err
	}
	return redirect{"/musters/" + m.ID}, nil
}

// musterFacts reads what is on file within the lead's reach.
func (p *Portal) musterFacts(c *call, body org.Organisation, grant policy.Grant) (org.MusterFacts, error) {
	f := org.MusterFacts{Bodies: map[string]org.Organisation{}, Accounts: map[string]org.Staff{}, Open: map[string][]org.Filing{}, Held: map[string][]string{},
		By: c.who.Staff.ID, Now: c.received}
	bodies, err := p.store.Organisations(c.ctx, body.Path)
	if err != nil {
		return f, err
	}
	for _, o := range bodies {
		f.Bodies[o.ID] = o
	}
	for after := ""; ; {
		list, _, next, err := p.store.Register(c.ctx, grant, store.StaffFilter{After: after}, 500)
		if err != nil {
			return f, err
		}
		held, err := p.store.RolesOf(c.ctx, numbersOf(list)...)
		if err != nil {
			return f, err
		}
		for _, s := range list {
			f.Accounts[s.ID] = s
			for _, a := range held[s.ID] {
				f.Held[s.ID] = append(f.Held[s.ID], a.Role)
			}
		}
		if after = next; next == "" {
			break
		}
	}
	open, err := p.store.FilingsIn(c.ctx, grant, org.Filed, org.Leaving)
	if err != nil {
		return f, err
	}
	for _, one := range open {
		f.Open[one.Staff] = append(f.Open[one.Staff], one)
	}
	f.Elsewhere = func(id string) (*org.Staff, error) {
		s, err := p.store.Staff(c.ctx, id)
		if fault.Is(err, fault.NotFound) {
			return nil, nil
		}
		return &s, err
	}
	return f, nil
}

// muster is a comparison of this person's.
func (p *Portal) muster(c *call) (m org.Muster, err error) {
	if _, _, err := p.place(c, policy.FileStaff); err != nil {
		return m, err
	}
	kept, err := p.store.Scratch().Draft(c.ctx, c.who.Staff.ID, "muster/"+c.param("id"))
	if fault.Is(err, fault.NotFound) {
		return m, fault.Wrap(err, fault.NotFound, "没有这次比对：可能已经报备或取消。请到人员名册核对，需要时重新上传。")
	}
	if err != nil {
		return m, err
	}
	return m, json.Unmarshal(kept, &m)
}

// GET /musters/:id
func (p *Portal) showMuster(c *call) (answer, error) {
	v, err := p.musterPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

// musterLines is how many rows of each kind the page shows; the report has all.
const musterLines = 100

func (p *Portal) musterPage(c *call) (view.Office, error) {
	m, err := p.muster(c)
	if err != nil {
		return view.Office{}, err
	}
	at := "/musters/" + m.ID
	bad, list := m.Count(org.MusterRefused), m.ToFile()
	same := m.Count(org.MusterSame) + m.Count(org.MusterWaiting)
	v := view.Office{Frame: p.frame(c, "名册比对"), Back: view.Link{Text: "重新上传名册", Href: "/musters"}, Heading: "名册比对结果",
		Lead: "共 " + number(len(m.Lines)) + " 行；还什么都没有存。签署之后，备案表才送安全保密管理员审核。",
		Tiles: []view.Tile{{Count: m.Count(org.MusterNew), Text: "新人员"}, {Count: m.Count(org.MusterChange), Text: "有变更"}, {Count: len(m.Missing), Text: "可能离岗", Hot: len(m.Missing) > 0},
			{Count: same, Text: "不变"}, {Count: bad, Text: "不能报备", Hot: bad > 0}}}
	v.Sections = append(v.Sections, refusedSection(m, at), filedSection(m, org.MusterNew, "new", "新人员", "没有新人员。"),
		filedSection(m, org.MusterChange, "change", "有变更的人员", "没有人有变更。"), p.absentSection(m), rolesSection(m))
	if len(list) == 0 {
		v.Say = "没有要报备的行：合格的行都已在册或等待审核，再签一次不会有任何改变。"
		return v, nil
	}
	v.Forms = []view.ActForm{{ID: "choose", Title: "怎样报备", Action: at, Inputs: []view.Input{{Kind: "radios", Name: "choice", Label: "您的决定", Choices: musterChoices(c, len(list), bad)}}}}
	return v, nil
}

func musterChoices(c *call, fit, bad int) view.Choices {
	chosen := c.form.Get("choice")
	all := view.Choice{Value: "all", Text: "全部报备（" + number(fit) + " 人）", Barred: bad > 0, Chosen: chosen == "all"}
	if all.Barred {
		all.Hint = "有 " + number(bad) + " 行不能报备，不能选全部。"
	}
	return view.Choices{Items: []view.Choice{all, {Value: "good", Text: "只报备合格的 " + number(fit) + " 人", Hint: "不合格的 " + number(bad) + " 行改好后重新上传。", Chosen: chosen == "good"},
		{Value: "cancel", Text: "取消，什么都不报备"}}}
}

func more(shown, all int) string {
	if all > shown {
		return number(all) + " 行，这里列出前 " + number(shown) + " 行"
	}
	return number(all) + " 行"
}

func refusedSection(m org.Muster, at string) view.Section {
	s := view.Section{ID: "refused", Title: "不能报备的行", Empty: "没有不能报备的行。", Go: view.Link{Text: "下载全部比对结果", Href: at + "/report"},
		Register: &view.Register{Caption: "不能报备的行", Columns: []string{"行", "栏", "原因", "怎样改"}}}
	n := 0
	for _, l := range m.Lines {
		if l.Kind != org.MusterRefused {
			continue
		}
		if n++; n <= musterLines {
			s.Register.Rows = append(s.Register.Rows, view.RegisterRow{Cells: []view.Cell{{Text: "第 " + number(l.Row) + " 行", Sub: l.Staff}, {Text: l.Column}, {Text: l.What}, {Text: l.Cure}}})
		}
	}
	s.Small = more(musterLines, n)
	return s
}

func filedSection(m org.Muster, kind org.MusterKind, id, title, empty string) view.Section {
	s := view.Section{ID: id, Title: title, Empty: empty, Register: &view.Register{Caption: title, Columns: []string{"人员", "机构与岗位", "手机号", "变更", "拟任角色"}}}
	n := 0
	for _, l := range m.Lines {
		if l.Kind != kind {
			continue
		}
		if n++; n <= musterLines {
			changes := strings.Join(l.Changes, "；")
			if kind == org.MusterNew {
				changes = "新任，自 " + org.Day(l.Form.Starts)
			}
			s.Register.Rows = append(s.Register.Rows, view.RegisterRow{Cells: []view.Cell{{Text: l.Form.Name, Sub: l.Staff + "，第 " + number(l.Row) + " 行"},
				{Text: l.Form.Org, Sub: l.Form.Post}, {Text: l.Form.Phone.String()}, {Text: changes}, {Text: org.RoleWords(l.Form.Roles)}}})
		}
	}
	s.Small = more(musterLines, n)
	return s
}

func (p *Portal) absentSection(m org.Muster) view.Section {
	s := view.Section{ID: "absent", Title: "名册里没有、可能离岗的人员", Small: more(musterLines, len(m.Missing)), Empty: "在册的人员名册里都有。",
		Say:      "比对不办理离岗。确已离岗的，请打开这个人逐个报备离岗，账户当日关闭。",
		Register: &view.Register{Caption: "可能离岗的人员", Columns: []string{"人员", "机构", "岗位"}}}
	for _, a := range m.Missing[:min(len(m.Missing), musterLines)] {
		s.Register.Rows = append(s.Register.Rows, view.RegisterRow{Cells: []view.Cell{{Text: a.Name, Href: "/staff/" + escaped(a.Staff), Sub: a.Staff}, {Text: a.Org}, {Text: a.Post}}})
	}
	if len(m.Missing) == 0 {
		s.Say = ""
	}
	return s
}

// rolesSection lists whose roles differ: the sheet grants and ends none.
func rolesSection(m org.Muster) view.Section {
	s := view.Section{ID: "roles", Title: "角色与在册任职不同的人员", Empty: "在册人员的角色与名册相同。", Say: "名册不授予也不免去角色。请打开这个人，另行申请或免去。",
		Register: &view.Register{Caption: "角色不同的人员", Columns: []string{"人员", "要另行申请", "要另行免去"}}}
	n := 0
	for _, l := range m.Lines {
		if l.Kind != org.MusterSame && l.Kind != org.MusterChange || len(l.Ask)+len(l.Drop) == 0 {
			continue
		}
		if n++; n <= musterLines {
			s.Register.Rows = append(s.Register.Rows, view.RegisterRow{Cells: []view.Cell{{Text: l.Form.Name, Href: "/staff/" + escaped(l.Staff), Sub: l.Staff},
				{Text: org.RoleWords(l.Ask)}, {Text: org.RoleWords(l.Drop)}}})
		}
	}
	if s.Small = more(musterLines, n); n == 0 {
		s.Say = ""
	}
	return s
}

// GET /musters/:id/report: every row and every absent person as CSV; a telephone
// stands in none.
func (p *Portal) musterReport(c *call) (answer, error) {
	m, err := p.muster(c)
	if err != nil {
		return nil, err
	}
	b := bytes.NewBufferString("\ufeff")
	w := csv.NewWriter(b)
	w.Write([]string{"行", "人员编号", "比对", "栏", "原因", "怎样改", "变更", "要另行申请的角色", "要另行免去的角色"})
	for _, l := range m.Lines {
		w.Write(guarded(strconv.Itoa(l.Row), l.Staff, l.Kind.Word(), l.Column, l.What, l.Cure, strings.Join(l.Changes, "；"), org.RoleWords(l.Ask), org.RoleWords(l.Drop)))
	}
	for _, a := range m.Missing {
		w.Write(guarded("", a.Staff, "名册里没有，可能离岗", "", "", "确已离岗的，逐个报备离岗", "", "", ""))
	}
	if w.Flush(); w.Error() != nil {
		return nil, w.Error()
	}
	return file{name: "名册比对-" + m.ID + ".csv", kind: "text/csv; charset=utf-8", body: b.Bytes()}, nil
}

// guarded keeps a spreadsheet from reading a cell as a formula.
func guarded(cells ...string) []string {
	for i, c := range cells {
		if c != "" && strings.ContainsRune("=+-@", rune(c[0])) {
			cells[i] = "'" + c
		}
	}
	return cells
}

// POST /musters/:id: all, only the good rows, or nothing.
func (p *Portal) chooseMuster(c *call) (answer, error) {
	next, err := p.fileMuster(c)
	return p.officeAgain(c, next, err, officeForm{act: policy.FileStaff, page: func() (view.Office, error) { return p.musterPage(c) }})
}

func (p *Portal) fileMuster(c *call) (answer, error) {
	m, err := p.muster(c)
	if err != nil {
		return nil, err
	}
	bad := m.Count(org.MusterRefused)
	switch choice := c.form.Get("choice"); {
	case choice == "cancel":
		return redirect{"/staff"}, p.store.Scratch().DeleteDraft(c.ctx, c.who.Staff.ID, "muster/"+m.ID)
	case choice == "all" && bad > 0:
		return nil, fault.New(fault.Invalid, "名册里有 %d 行不能报备，不能选全部。请改好后重新上传，或选只报备合格的。", bad).At("choice", "不能选全部。")
	case choice != "all" && choice != "good":
		return nil, fault.New(fault.Invalid, "请选择怎样报备。").At("choice", "请选择。")
	}
	body, _, err := p.place(c, policy.FileStaff)
	if err != nil {
		return nil, err
	}
	m.Lines = slices.DeleteFunc(m.Lines, func(l org.MusterLine) bool { return l.Kind == org.MusterSame || l.Kind == org.MusterWaiting })
	m.Missing = nil
	return p.propose(c, &musterMatter{Muster: m}, body, "/musters/"+m.ID)
}
