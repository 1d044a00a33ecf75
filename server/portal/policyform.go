package portal

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/web"
	"sealdesk/web/view"
)

// policyDraftName is where scratch keeps what a security officer uploaded.
const policyDraftName = "policy"

// noteOf reads a matter back from an open proposal.
func noteOf(w registration.Proposal, m any) error { return json.Unmarshal([]byte(w.Note), m) }

// GET /policy/new
func (p *Portal) newPolicy(c *call) (answer, error) {
	v, err := p.policyFormPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

func (p *Portal) policyFormPage(c *call) (view.PolicyForm, error) {
	v := view.PolicyForm{Frame: p.frame(c, "换政策"), Action: "/policy/new", Back: view.Link{Text: "回到政策", Href: "/policy"},
		Carried: "/policy/file?id=" + carriedFile, Effective: view.Field{Value: c.form.Get("effective")}, Reason: view.Field{Value: c.form.Get("reason")}}
	grant, err := p.may(c, policy.ProposePolicy, c.who.Home)
	if err != nil {
		return v, err
	}
	all, err := p.store.Policies(c.ctx, grant)
	if err != nil {
		return v, err
	}
	chosen := c.form.Get("source")
	v.Source.Items = []view.Choice{{Value: "", Text: "上传的文件", Chosen: chosen == ""}, {Value: carriedFile, Text: "程序自带的文件", Chosen: chosen == carriedFile}}
	for i := len(all) - 1; i >= 0; i-- {
		s := all[i]
		v.Source.Items = append(v.Source.Items, view.Choice{Value: s.ID, Text: "恢复第 " + s.ID + " 号（" + s.Effective.In(registration.Shanghai).Format("2006-01-02") + " 起，" + s.Reason + "）",
			Chosen: chosen == s.ID})
	}
	later := c.form.Get("when") == "later"
	v.When.Items = []view.Choice{{Value: "now", Text: "两人签署完成即生效", Chosen: !later}, {Value: "later", Text: "到时生效", Chosen: later}}
	v.Confirmer, err = p.colleagues(c, policy.ML, c.who.Home.ID)
	return v, err
}

// POST /policy/new: the file is read strictly and kept as a draft; nothing
// changes yet.
func (p *Portal) uploadPolicy(c *call) (answer, error) {
	grant, err := p.may(c, policy.ProposePolicy, c.who.Home)
	if err != nil {
		return nil, err
	}
	m, err := p.readPolicyForm(c, grant)
	if err == nil {
		_, err = m.step(p.reading(c.ctx, grant), c.received)
	}
	if err != nil {
		return p.formAgain(c, err, refusedForm{act: policy.ProposePolicy, inputs: map[string]string{"confirmer": "confirmer"},
			page: func(r *view.Refusal) (web.Page, error) {
				v, err := p.policyFormPage(c)
				v.Refusal = r
				for _, f := range r.Faults {
					switch f.Field {
					case "policy_file":
						v.File.Error += f.Text
					case "effective":
						v.Effective.Error = f.Text
					case "confirmer":
						v.Confirmer.Error = f.Text
					}
				}
				return v, err
			}})
	}
	kept, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	if err := p.store.Scratch().PutDraft(c.ctx, c.who.Staff.ID, policyDraftName, kept); err != nil {
		return nil, err
	}
	return redirect{"/policy/draft"}, nil
}

func (p *Portal) readPolicyForm(c *call, grant policy.Grant) (*policyMatter, error) {
	all, err := p.store.Policies(c.ctx, grant)
	if err != nil {
		return nil, err
	}
	last, _ := policy.Last(all)
	m := &policyMatter{Base: last.ID, Reason: c.form.Get("reason"), Second: c.form.Get("confirmer")}
	switch source := c.form.Get("source"); source {
	case "":
		if m.Lines, err = uploadedPolicy(c); err != nil {
			return nil, err
		}
	case carriedFile:
		_, m.Lines = policy.Carried()
	default:
		m.Of = source
	}
	if m.Of == "" {
		if _, faults := policy.Read(m.Lines); len(faults) > 0 {
			return nil, policyFaults(faults)
		}
	}
	if c.form.Get("when") == "later" {
		if m.Effective, err = time.ParseInLocation("2006-01-02T15:04", c.form.Get("effective"), registration.Shanghai); err != nil {
			return nil, fault.New(fault.Invalid, "生效时间没有写对。请选日期和时间，如 2024-11-20 08:00。").At("effective", "请选日期和时间。")
		}
	}
	if _, err := p.secondSigner(c, "confirmer", policy.ML, c.who.Home.ID); err != nil {
		return nil, err
	}
	return m, nil
}

// maxFaults is how many faults of a file one page lists.
const maxFaults = 20

// policyFaults tells every fault at the file's field, with its line and cure.
func policyFaults(faults []policy.Fault) error {
	f := fault.New(fault.Invalid, "政策文件有 %d 处要改，没有收下；现行政策不变。", len(faults))
	for i, one := range faults {
		if i == maxFaults {
			f = f.At("policy_file", "其余 %d 处改好这些以后再列。", len(faults)-i)
			break
		}
		f = f.At("policy_file", "%s", one.String())
	}
	return f
}

func uploadedPolicy(c *call) ([]byte, error) {
	upload, _, err := c.req.FormFile("policy_file")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return nil, fault.New(fault.Invalid, "没有收到文件。请选择要上传的政策文件。").At("policy_file", "请选择文件。")
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "文件没有收全，什么都没有存。请再上传一次。").At("policy_file", "请再上传一次。")
	}
	defer upload.Close()
	raw, err := io.ReadAll(io.LimitReader(upload, policy.MaxFile+1))
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "文件没有收全，什么都没有存。请再上传一次。").At("policy_file", "请再上传一次。")
	}
	return raw, nil
}

// keptPolicy is the officer's own draft.
func (p *Portal) keptPolicy(c *call) (*policyMatter, error) {
	kept, err := p.store.Scratch().Draft(c.ctx, c.who.Staff.ID, policyDraftName)
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			return nil, fault.New(fault.NotFound, "还没有上传要换的政策。请从“换政策”开始。")
		}
		return nil, err
	}
	var m policyMatter
	return &m, json.Unmarshal(kept, &m)
}

// GET /policy/draft: difference and simulation before anything is signed.
func (p *Portal) policyDraft(c *call) (answer, error) {
	grant, err := p.may(c, policy.ProposePolicy, c.who.Home)
	if err != nil {
		return nil, err
	}
	m, err := p.keptPolicy(c)
	if err != nil {
		return nil, err
	}
	s, err := m.step(p.reading(c.ctx, grant), c.received)
	if err != nil {
		return nil, err
	}
	v, err := p.changePage(c, s, m, "/policy/draft")
	if err != nil {
		return nil, err
	}
	v.Lead = "还没有签，什么都没有改变。请核对每一行；签署后由" + p.nameOf(c, m.Second) + "签署同一份文本。"
	v.Seal, v.Back = "/policy/draft", view.Link{Text: "改文件或时间", Href: "/policy/new"}
	return page{view: v}, nil
}

// POST /policy/draft writes the statement.
func (p *Portal) proposePolicy(c *call) (answer, error) {
	if _, err := p.may(c, policy.ProposePolicy, c.who.Home); err != nil {
		return nil, err
	}
	m, err := p.keptPolicy(c)
	if err != nil {
		return nil, err
	}
	c.form.Set("confirmer", m.Second)
	second, err := p.secondSigner(c, "confirmer", policy.ML, c.who.Home.ID)
	if err != nil {
		return nil, err
	}
	return p.propose(c, m, c.who.Home, "/policy/draft", second)
}
