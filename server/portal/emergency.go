package portal

import (
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strconv"
	"strings"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/store"
	"sealdesk/web"
	"sealdesk/web/view"
)

// concerned asks that somebody is a custodian or one of those who are told.
func (p *Portal) concerned(c *call) (list custody.Custodians, told bool, err error) {
	lists, err := p.store.Custodians(c.ctx)
	if err != nil {
		return list, false, err
	}
	list, _ = custody.CurrentCustodians(lists)
	_, no := p.may(c, policy.ViewPolicy, c.who.Home)
	if no != nil && !list.Has(c.who.Staff.ID) {
		return list, false, fault.New(fault.Forbidden, "“紧急与恢复”只给托管人、三员和市级负责人看；您不在其中。")
	}
	return list, no == nil, nil
}

// GET /emergency
func (p *Portal) showEmergencies(c *call) (answer, error) {
	v, err := p.emergencyPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

func (p *Portal) emergencyPage(c *call) (view.Emergency, error) {
	v := view.Emergency{Frame: p.frame(c, "紧急与恢复"), Lead: "钥匙全丢、没有一位安全保密管理员能办理时，由托管人共同开启一次、限时、只恢复一个人的紧急事项。"}
	list, told, err := p.concerned(c)
	if err != nil {
		return v, err
	}
	v.List = view.CustodianList{Number: list.ID, Quorum: list.Words(), Since: list.At, Mine: list.Has(c.who.Staff.ID)}
	for _, id := range list.Staff {
		v.List.People = append(v.List.People, p.nameOf(c, id)+"（"+id+"）")
	}
	all, err := p.store.Emergencies(c.ctx)
	if err != nil {
		return v, err
	}
	for i := len(all) - 1; i >= 0; i-- {
		v.Rows = append(v.Rows, p.emergencyLine(c, all[i], list, told))
	}
	keepers, err := p.store.Keepers(c.ctx, policy.SEC)
	if err != nil {
		return v, err
	}
	switch {
	case list.ID == "":
		v.Quiet = "还没有托管人名单，紧急事项无从开启。请安全保密管理员提出名单，由市级负责人复签。"
	case len(keepers) > 0:
		v.Quiet = "现在有 " + strconv.Itoa(len(keepers)) + " 位安全保密管理员持有在用的钥匙，不是紧急情况：发放钥匙、核定任职都按日常办法。"
	case v.List.Mine:
		v.Call = &view.EmergencyForm{Action: "/emergency", Person: view.Field{Value: c.form.Get("person")}, Token: view.Field{Value: c.form.Get("token")},
			Certificate: view.Field{Value: c.form.Get("certificate")}, Reason: view.Field{Value: c.form.Get("reason")}}
	}
	if err := p.custodianForms(c, &v); err != nil {
		return v, err
	}
	return v, nil
}

// custodianForms are the list's own: a new one, or one that waits.
func (p *Portal) custodianForms(c *call, v *view.Emergency) error {
	grant, err := p.may(c, policy.ViewPolicy, c.who.Home)
	if err != nil {
		return nil // a custodian who is no officer sees no proposals
	}
	open, err := p.store.OpenProposals(c.ctx, grant)
	if err != nil {
		return err
	}
	for _, w := range open {
		if seal.Kind(w.Kind) != seal.CustodianList {
			continue
		}
		o := view.PolicyOpen{What: "托管人名单第 " + strings.TrimPrefix(w.Subject, "custodians/") + " 号", First: p.nameOf(c, w.Signers[0]), Second: p.nameOf(c, w.Signers[1]),
			Expires: w.Expires, State: view.Mark{Kind: "wait", Text: "等复签"}}
		if nextSigner(w) == c.who.Staff.ID {
			o.Href = "/custodians/" + w.ID
		}
		v.Open = append(v.Open, o)
	}
	if _, err := p.may(c, policy.SetCustodians, c.who.Home); err != nil {
		return nil
	}
	f := &view.CustodianForm{Action: "/custodians", Staff: view.Field{Value: c.form.Get("custodians")}, Quorum: view.Field{Value: orText(c.form.Get("quorum"), "2")},
		Reason: view.Field{Value: c.form.Get("list_reason")}}
	f.Confirmer, err = p.colleagues(c, policy.ML, c.who.Home.ID)
	v.Change = f
	return err
}

func (p *Portal) emergencyLine(c *call, e custody.Emergency, list custody.Custodians, told bool) view.EmergencyLine {
	line := view.EmergencyLine{Number: e.ID, Person: p.nameOf(c, e.Staff) + "（" + e.Staff + "）", Key: grouped(e.Fingerprint), Token: e.Token, Reason: e.Reason,
		Called: e.Called, Deadline: e.Deadline, State: view.Mark{Kind: "wait", Text: e.Word(c.received)}}
	for _, id := range e.Sealed {
		line.Sealed = append(line.Sealed, p.nameOf(c, id))
	}
	me := c.who.Staff.ID
	switch {
	case e.State == custody.Open && !e.Over(c.received):
		line.State.Kind, line.Until = "hold", e.Until
		line.Use = "/emergency/use?number=" + e.ID
	case e.State == custody.Used:
		line.State.Kind = "ok"
	case e.Over(c.received):
		line.State.Kind = "stop"
	case list.Has(me) && me != e.Staff && !slices.Contains(e.Sealed, me) && e.List == list.ID:
		line.Seal = "/emergency/" + e.ID + "/seal"
	}
	if told && e.State != custody.Gathering && !slices.Contains(e.Told, me) {
		line.Acknowledge = "/emergency/" + e.ID + "/acknowledge"
	}
	return line
}

// emergencyWork tells officers of every emergency that was opened, until they
// acknowledge it, and custodians of every one that waits for their seal.
func (p *Portal) emergencyWork(c *call) []view.Due {
	list, told, err := p.concerned(c)
	if err != nil {
		return nil
	}
	all, err := p.store.Emergencies(c.ctx)
	if err != nil {
		p.log.Warn("emergencies", "request", c.number, "cause", err.Error())
		return []view.Due{{What: "紧急事项读不出来", Note: "请立即告知安全审计员。", Act: view.Link{Text: "去看", Href: "/emergency"}}}
	}
	var due []view.Due
	for _, e := range all {
		line := p.emergencyLine(c, e, list, told)
		switch {
		case line.Acknowledge != "":
			due = append(due, view.Due{What: "紧急事项 " + e.ID + " " + e.Word(c.received), Note: "恢复的是" + line.Person + "，由" + strings.Join(line.Sealed, "、") + "开启。请核对并确认知悉。",
				Act: view.Link{Text: "去确认", Href: "/emergency"}})
		case line.Seal != "":
			due = append(due, view.Due{What: "紧急事项 " + e.ID + " 等托管人签署", Note: "恢复的是" + line.Person + "。", Until: e.Deadline, Act: view.Link{Text: "去看", Href: "/emergency"}})
		}
	}
	if list.Has(c.who.Staff.ID) && len(due) == 0 {
		due = append(due, view.Due{What: "您是托管人", Note: "现在没有要您签署的紧急事项；恢复份额请锁好。", Act: view.Link{Text: "紧急与恢复", Href: "/emergency"}, Quiet: true})
	}
	return due
}

// POST /emergency: a custodian calls one.
func (p *Portal) callEmergency(c *call) (answer, error) {
	next, err := p.call(c)
	if err == nil {
		return next, nil
	}
	return p.emergencyAgain(c, err, policy.SealEmergency)
}

func (p *Portal) emergencyAgain(c *call, err error, act policy.Act) (answer, error) {
	return p.formAgain(c, err, refusedForm{act: act, inputs: map[string]string{"staff": "custodians", "serial": "token"},
		page: func(r *view.Refusal) (web.Page, error) {
			v, err := p.emergencyPage(c)
			v.Refusal = r
			return v, err
		}})
}

func (p *Portal) call(c *call) (answer, error) {
	list, _, err := p.concerned(c)
	if err != nil {
		return nil, err
	}
	if !list.Has(c.who.Staff.ID) {
		return nil, fault.New(fault.Forbidden, "紧急事项只由托管人提出，您不在现行名单里。")
	}
	all, err := p.store.Emergencies(c.ctx)
	if err != nil {
		return nil, err
	}
	cert, err := p.emergencyCertificate(c)
	if err != nil {
		return nil, err
	}
	token, err := custody.ParseSerial(c.form.Get("token"))
	if err != nil {
		return nil, err
	}
	m := &emergencyMatter{ID: custody.EmergencyID(len(all)), Org: list.Org, Staff: strings.TrimSpace(c.form.Get("person")), Certificate: cert.Raw, Token: token,
		Reason: c.form.Get("reason"), Deadline: c.received.Add(custody.GatherFor)}
	if cert.Subject.SerialNumber != m.Staff {
		return nil, fault.New(fault.Invalid, "证书不是为人员 %s 签发的。请核对人员编号，或为此人另签一张。", m.Staff).At("certificate", "证书写的是另一个人员编号。")
	}
	body, err := p.store.Organisation(c.ctx, list.Org)
	if err != nil {
		return nil, err
	}
	return p.propose(c, m, body, "/emergency")
}

// emergencyCertificate reads a pasted certificate and asks that our own CA
// issued it.
func (p *Portal) emergencyCertificate(c *call) (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(strings.TrimSpace(c.form.Get("certificate"))))
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, fault.New(fault.Invalid, "没有读到证书。请把 portal emergency 写出的 .pem 文件整段粘贴，从 BEGIN CERTIFICATE 到 END CERTIFICATE。").At("certificate", "请整段粘贴。")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "证书读不出来。请重新粘贴。").At("certificate", "请重新粘贴。")
	}
	_, err = cert.Verify(x509.VerifyOptions{Roots: p.roots, CurrentTime: c.received, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if err == nil {
		err = cert.CheckSignatureFrom(p.authority.Certificate) // an external authority is among the roots too
	}
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "证书不是本签台的签发机构签发的，或不在有效期内。请在服务器上用 portal emergency 重新签发。").At("certificate", "不是本签台签发的。")
	}
	return cert, nil
}

// POST /emergency/:id/seal: the next custodian.
func (p *Portal) sealEmergency(c *call) (answer, error) {
	list, _, err := p.concerned(c)
	if err != nil {
		return nil, err
	}
	e, err := p.emergencyBy(c.ctx, c.param("id"))
	if err != nil {
		return nil, err
	}
	// What would refuse the seal refuses the text already.
	if _, err := e.Seal(c.who.Staff.ID, list, 0, c.received); err != nil {
		return nil, err
	}
	body, err := p.store.Organisation(c.ctx, e.Org)
	if err != nil {
		return nil, err
	}
	return p.propose(c, &emergencyMatter{ID: e.ID, Org: e.Org}, body, "/emergency")
}

// POST /emergency/:id/acknowledge: an officer has read of it.
func (p *Portal) acknowledgeEmergency(c *call) (answer, error) {
	_, told, err := p.concerned(c)
	if err != nil {
		return nil, err
	}
	if !told {
		return nil, fault.New(fault.Forbidden, "确认知悉由三员和市级负责人办理。")
	}
	grant, err := p.may(c, policy.AcknowledgeEmergency, c.who.Home)
	if err != nil {
		return nil, err
	}
	_, err = p.store.Commit(again(c.ctx), grant, nil, func(tx *store.Tx) (audit.Entry, error) {
		all, err := tx.Emergencies()
		if err != nil {
			return audit.Entry{}, err
		}
		for _, e := range all {
			if e.ID == c.param("id") {
				if e.State == custody.Gathering {
					return audit.Entry{}, fault.New(fault.Conflict, "紧急事项 %s 还没有开启，没有要确认的。", e.ID)
				}
				e, err := e.Acknowledge(c.who.Staff.ID)
				if err != nil {
					return audit.Entry{}, err
				}
				return audit.Entry{Subject: "emergency/" + e.ID}, tx.Put(e)
			}
		}
		return audit.Entry{}, fault.New(fault.NotFound, "没有这件紧急事项。请核对编号。")
	}, store.Received(c.received))
	if err != nil {
		return nil, err
	}
	return redirect{"/emergency"}, nil
}

// POST /custodians: a security officer proposes another list.
func (p *Portal) proposeCustodians(c *call) (answer, error) {
	next, err := p.newCustodians(c)
	if err == nil {
		return next, nil
	}
	return p.emergencyAgain(c, err, policy.SetCustodians)
}

func (p *Portal) newCustodians(c *call) (answer, error) {
	if _, err := p.may(c, policy.SetCustodians, c.who.Home); err != nil {
		return nil, err
	}
	quorum, err := strconv.Atoi(strings.TrimSpace(c.form.Get("quorum")))
	if err != nil {
		return nil, fault.New(fault.Invalid, "法定人数要写成数字，如 2。").At("quorum", "请写数字。")
	}
	m := &custodianMatter{Org: c.who.Home.ID, Staff: strings.Fields(c.form.Get("custodians")), Quorum: quorum, Reason: c.form.Get("list_reason")}
	second, err := p.secondSigner(c, "confirmer", policy.ML, c.who.Home.ID)
	if err != nil {
		return nil, err
	}
	return p.propose(c, m, c.who.Home, "/emergency", second)
}

// GET /custodians/:id: the second signer reads the same text.
func (p *Portal) signCustodians(c *call) (answer, error) {
	grant, err := p.may(c, policy.CountersignCustodian, c.who.Home)
	if err != nil {
		return nil, err
	}
	w, err := p.store.Proposal(c.ctx, grant, c.param("id"))
	if err != nil {
		return nil, err
	}
	if seal.Kind(w.Kind) != seal.CustodianList || w.State != "open" || nextSigner(w) != c.who.Staff.ID {
		return nil, fault.New(fault.Conflict, "这份名单现在不等您签署：可能已办结、已失效，或由另一位市级负责人复签。请刷新后再看。")
	}
	return p.proposeAgain(c, w)
}
