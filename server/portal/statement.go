package portal

import (
	"encoding/hex"
	"net/url"
	"strconv"
	"strings"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// annexPage is how many rows of an annex one page shows.
const annexPage = 100

// GET /statements/:digest: the whole text before anything happens.
func (p *Portal) showStatement(c *call) (answer, error) {
	pending, err := p.pendingOf(c)
	if err != nil {
		return nil, err
	}
	s, err := seal.ParseStatement(pending.Statement, pending.Annex)
	if err != nil {
		return nil, err
	}
	h, err := s.Header()
	if err != nil {
		return nil, err
	}
	form, _ := seal.FormOf(s.Kind())
	v := view.Statement{Frame: p.frame(c, "您将签署的内容"), Kind: form.Title, Text: string(pending.Statement), Digest: byEights(pending.ID),
		Lead: "下面就是全文，共 " + strconv.Itoa(strings.Count(string(pending.Statement), "\n")) + " 行。还没有签，什么都没有改变。",
		End:  "以下无正文", Expires: h.Expires, Agent: p.agentPost(pending), Withdraw: "/statements/" + pending.ID + "/withdraw", Second: "/statements/" + pending.ID + "/second",
		Checks: []string{"全文由签台按现在的记录写成；签署时会按记录再写一遍，有任何改动都不会生效"}, After: afterSealing[s.Kind()]}
	for _, f := range s.Text.Fields {
		v.Facts = append(v.Facts, view.Fact{Label: f.Label, Value: f.Value, Mono: f.Label == "随机数"})
	}
	if len(s.Annex.Rows) > 0 {
		v.Table = annexTable(s, c.form, "/statements/"+pending.ID)
		v.End = "以下无正文，共 " + strconv.Itoa(len(s.Annex.Rows)) + " 份"
	}
	signed := p.signedBy(c, pending.ID)
	for _, signer := range h.Signers {
		mark := view.Mark{Kind: "wait", Text: "待签"}
		if signed[signer.Staff] {
			mark = view.Mark{Kind: "ok", Text: "已签"}
		}
		v.Signers = append(v.Signers, view.Signer{Name: signer.Name, Role: signer.Staff, State: mark})
	}
	if len(h.Signers) > 1 && len(signed) == len(h.Signers)-1 {
		v.After = []string{"前面的人已签署同一份文本；您签署后就办成，得到回执和证明文件"}
	}
	if c.form.Get("second") != "" {
		v.Notice = "已请签名助手来取这份原文。请在浏览器地址栏输入 " + strings.TrimPrefix(p.agent, "http://") + " ，在那里接着办；签好后会回到签台。"
	}
	back, err := payloadOf(pending)
	if err != nil {
		return nil, err
	}
	v.Back = view.Link{Text: "回到上一页，选择保留", Href: back.Back}
	return page{view: v}, nil
}

// pendingOf finds the statement of the address; only the person it was made
// for, in the browser it was made in, sees it.
func (p *Portal) pendingOf(c *call) (store.Pending, error) {
	pending, err := p.store.Scratch().Pending(c.ctx, c.param("digest"))
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			if done := p.sealedBefore(c, c.param("digest")); done != nil {
				return pending, done
			}
			return pending, fault.Wrap(err, fault.NotFound, "这份陈述不在等待签署之列：可能已经办成、已经撤回或过了有效期。请回到列表核对，需要时重新出具。")
		}
		return pending, err
	}
	if pending.Staff != c.who.Staff.ID || pending.CookieHash != browser(c.req) {
		return pending, fault.New(fault.NotFound, "这份陈述不在等待签署之列：可能已经办成、已经撤回或过了有效期。请回到列表核对，需要时重新出具。")
	}
	if c.received.After(pending.Expires) {
		return pending, fault.New(fault.Closed, "这份陈述已过有效期，不能再签署，什么都没有改变。请回到办理页面重新出具；已填的草稿都在。")
	}
	return pending, nil
}

// POST /statements/:digest/withdraw gives the text up; no record knew of it.
func (p *Portal) withdrawStatement(c *call) (answer, error) {
	pending, err := p.pendingOf(c)
	if err != nil {
		return nil, err
	}
	back, err := payloadOf(pending)
	if err != nil {
		return nil, err
	}
	if err := p.store.Scratch().DeletePending(c.ctx, pending.ID); err != nil {
		return nil, err
	}
	return redirect{back.Back}, nil
}

// sealedBefore says that this person has sealed the text already, and where its
// receipt is: somebody went back in the browser, or signed in another window.
// It is nil when they have not.
func (p *Portal) sealedBefore(c *call, digest string) error {
	number, ok, err := p.store.SealedAs(c.ctx, digest, c.who.Staff.ID)
	switch {
	case err != nil:
		return err
	case !ok:
		return nil
	}
	at := strconv.FormatInt(number, 10)
	f := fault.New(fault.Conflict, "这份文本您已经签过，记为第 %s 号，没有再次办理，也不用再签。请看那一份回执。", at)
	f.See = "/receipts/" + at
	return f
}

// signedBy tells who already sealed a statement of several people.
func (p *Portal) signedBy(c *call, id string) map[string]bool {
	done := map[string]bool{}
	if proposal, err := p.store.ProposalOf(c.ctx, id); err == nil {
		for _, staff := range proposal.Signed {
			done[staff] = true
		}
	}
	return done
}

// annexTable shows one page of the rows, each at the line that signs it.
func annexTable(s seal.Statement, form url.Values, path string) *view.AnnexPage {
	start, err := strconv.Atoi(form.Get("from"))
	if err != nil || start < 0 || start >= len(s.Annex.Rows) {
		start = 0
	}
	end := min(start+annexPage, len(s.Annex.Rows))
	if form.Get("all") != "" {
		start, end = 0, len(s.Annex.Rows)
	}
	t := &view.AnnexPage{Caption: "名单", Columns: append([]string{"序号", "记录"}, s.Annex.Columns...),
		Paging: view.Paging{From: start + 1, To: end, Total: len(s.Annex.Rows), Unit: "份"}}
	for i, row := range s.Annex.Rows[start:end] {
		t.Rows = append(t.Rows, append([]string{strconv.Itoa(start + i + 1), row.Record}, row.Cells...))
	}
	if start > 0 {
		t.Paging.Prev = path + "?from=" + strconv.Itoa(max(0, start-annexPage))
	}
	if end < len(s.Annex.Rows) {
		t.Paging.Next = path + "?from=" + strconv.Itoa(end)
	}
	if start > 0 || end < len(s.Annex.Rows) {
		t.All = path + "?all=1"
	}
	return t
}

// afterSealing says what follows, by kind.
var afterSealing = map[seal.Kind][]string{
	seal.Import:           {"合格的行成为待受理的申请；拒收的行留着，可以在页面上改正后再导入", "同一份文件再导入一次，不会有任何改变"},
	seal.ImportChange:     {"还没有受理的申请按表更改，原值保留", "学校已经受理或审查的，成为更正建议，由学校核对纸质材料后更正"},
	seal.EarlyRenewal:     {"您签署后，由负责人签署同一份文本，才算放行", "放行之后，学校或导入的人再核对这一行，就可以导入；放行的日志号写在申请和以后的文本里"},
	seal.Review:           {"这些申请转为“已审查，待上报”，由校长签署上报"},
	seal.ReviewAdverse:    {"这份申请转为“已审查，待上报”，由校长签署上报"},
	seal.NotAccept:        {"您签署后，由校长签署同一份文本，才算办成"},
	seal.Send:             {"全部送到审核机构；要改须由审核机构退回"},
	seal.Return:           {"申请退回学校，学校改正后重新审查、上报"},
	seal.Conclude:         {"一起生效，或一份也不生效；其间有一份被改动，整批退回并指出是哪一份", "结论进入待公示"},
	seal.ConcludeAdverse:  {"您签署后，由负责人签署同一份文本，结论才成立"},
	seal.ConcludeOverride: {"您签署后，由负责人签署同一份文本，结论才成立"},
	seal.Withdraw:         {"您签署后，由校长签署同一份文本，申请才撤回", "撤回后不再审查、上报和给结论；办理经过都保留"},
	seal.Hold:             {"这份申请暂停办理：不能审查、上报、给结论或撤回", "查清之后由负责人恢复，回到现在的状态"},
	seal.Release:          {"这份申请回到暂停之前的状态，接着办理"},
	seal.SenderName:       {"受托方从现在起可以为这所学校上报，到期自动停止", "不改变回避：审查过的、本人的申请仍不能由他上报"},
	seal.SenderEnd:        {"受托方从下一次操作起不能再为这所学校上报"},
	seal.RelativeDeclare:  {"从现在起，这份申请不能由您审查、上报、审核或复签", "撤销须由负责人复签"},
	seal.RelativeRemove:   {"您签署后，由负责人签署同一份文本，申报才撤销"},
	seal.Window:           {"新的时段立刻生效"},
	seal.Days:             {"不利结论的最后一天从现在起按新的安排计算", "公示期不受影响，节假日也计入"},
	seal.Licence:          {"等待这所学校许可证的申请自动转为待受理，不用重填"},
	seal.StaffFiling:      {"备案表送安全保密管理员审核，审核签署后账户才开通或变更"},
	seal.StaffCheck:       {"同意的，账户按备案表开通或变更；退回的，由报备单位改正后重报"},
	seal.StaffMuster:      {"这些备案表送安全保密管理员审核，审核签署后账户才开通或变更", "角色不随名册授予；名册里没有的人不因此离岗", "同一份名册再上传一次，不会有任何改变"},
	seal.StaffChecks:      {"这些备案一起生效，账户按备案表开通或变更；其中一份有变化，整批退回并指出是哪一份"},
	seal.StaffLeave:       {"账户到期即关闭，已打开的登录在下一次操作时结束", "钥匙和介质交还或停用之后，由安全保密管理员办结离岗"},
	seal.StaffExit:        {"离岗手续办结，任职一并终止；办过的事项和签署保留"},
	seal.TrainingEntry:    {"由本单位负责人确认后，本年度的业务才能办理"},
	seal.TrainingConfirm:  {"四项内容都确认以后，对方可以办理本年度的业务"},
	seal.Responsibility:   {"本机构人员可以办理本年度的业务", "您不再担任负责人时随即失效，由接任的人重新签署；新的年度重新签署"},
	seal.RulesFiling:      {"新的一版从现在起生效，旧版留在日志里", "报备即算本年度复核"},
	seal.RulesReview:      {"登记为本年度已复核"},
	seal.SecurityLesson:   {"登记入册，以后不改"},
	seal.SecurityDrill:    {"登记入册，以后不改"},
	seal.IncidentReport:   {"登记入册，以后不改；控制措施、告知和教训逐条补记", "可能泄露的，市级负责人的首页也会看到"},
	seal.IncidentNote:     {"补在事件之后，原来的记录不改"},
	seal.RoleGrant:        {"您签署后，由安全保密管理员签署同一份文本，角色才授予", "授予后由安全审计员审阅"},
	seal.RoleRemoval:      {"任职立即终止，对方下一次操作起不能再按这个角色办理", "由安全审计员审阅"},
	seal.RoleReview:       {"所选变动标为已审阅"},
	seal.StaffPledge:      {"承诺书入档，备案完成"},
	seal.CustodianList:    {"您签署后，由市级负责人签署同一份文本，名单才更换；按旧名单提出的紧急事项随即作废", "恢复份额不会自己跟着换：名单生效后请在服务器上运行 portal recover --new-shares"},
	seal.EmergencyCall:    {"凑齐法定人数后紧急事项开启，两小时内由指名的人用指名的钥匙使用一次", "所有三员和市级负责人的首页都会看到"},
	seal.PolicyChange:     {"您签署后，由市级负责人签署同一份文本，政策才变更；其间任何人的任职或政策有变，这份文本就作废", "生效的那一刻起，每个签台进程的下一次请求都按新政策办"},
	seal.KeyRevoke:        {"这把钥匙从下一次操作起失效，已打开的登录也随之结束；不能恢复"},
	seal.KeyEnrol:         {"签发机构为这个公钥签发证书，钥匙等领用人接管；接管之前不能使用", "回到办理页面，把证书写入钥匙"},
	seal.KeyRenew:         {"签发机构为新的公钥签发证书；接管之前旧证书照常使用", "回到办理页面，把新证书写入钥匙，再用它签署接管"},
	seal.KeyFound:         {"这把钥匙转到您手里，停用待销毁"},
	seal.KeySuspend:       {"这把钥匙从下一次操作起不能用；核实之后可由两人恢复"},
	seal.KeyRestore:       {"您签署后，由第二人签署同一份文本，钥匙才恢复使用"},
	seal.KeyReceive:       {"从现在起由您保管；里面的证书作废"},
	seal.KeyDestroy:       {"您签署后，由第二人签署同一份文本，才登记为销毁"},
	seal.KeyDelivery:      {"这些钥匙入库，由您保管；同一份清单再交一次，不会有任何改变"},
	seal.KeyRequest:       {"申领交给安全保密管理员，由其选一把钥匙发放"},
	seal.KeyAssign:        {"钥匙待写入证书，仍由您保管，直到领用人签署接管"},
	seal.KeyHandover:      {"您这把钥匙从签署起就不能再用，登录随之结束；在接收人签署接管之前，实物仍由您负责"},
	seal.KeyDecline:       {"申领结束，不发放钥匙；申领人在“钥匙申领”里看到理由，补齐之后可以再申领"},
	seal.KeyStore:         {"您签署后，由接收人签署同一份文本，才算交接；在那之前这些钥匙仍由您负责", "其间有一把被发放、报失或停用，整批作废"},
	seal.StocktakeOpen:    {"每位保管人登录后在“我的钥匙”里签署自证"},
	seal.StocktakeClose:   {"您签署后，由第二人签署同一份文本，盘点才结束"},
	seal.MediumHandover:   {"接收人签署之前，仍由您负责"},
	seal.MediumTakeover:   {"从现在起由您负责"},
	seal.MediumReceive:    {"从现在起由您负责"},
	seal.MediumLost:       {"登记为已报失，责任人不变；请同时按“安全事件”处理里面的数据", "找到后由责任人签署交出（已离岗的由安全保密管理员收回），找不到的由两人核销"},
	seal.MediumWipe:       {"您签署后，由第二人签署同一份文本，才登记为已清除"},
	seal.MediumDestroy:    {"您签署后，由第二人签署同一份文本，才登记为已销毁"},
	seal.KeyLost:          {"这把钥匙从下一次操作起失效，已打开的登录也随之结束；找回也不再启用"},
}

// byEights sets a hex digest in groups for reading.
func byEights(hexDigest string) string {
	var parts []string
	for i := 0; i+8 <= len(hexDigest); i += 8 {
		parts = append(parts, hexDigest[i:i+8])
	}
	return strings.Join(parts, " ")
}

// proposeAgain opens an act of two people for its second signer: the same
// bytes, waiting in this browser.
func (p *Portal) proposeAgain(c *call, proposal registration.Proposal) (answer, error) {
	s, err := seal.ParseStatement(proposal.Text, nil)
	if err != nil {
		return nil, err
	}
	digest, err := s.Digest()
	if err != nil {
		return nil, err
	}
	if hex.EncodeToString(digest[:]) != proposal.ID {
		return nil, fault.New(fault.Conflict, "待签事项的文本与它的编号不符，不能签署。请告诉安全审计员。")
	}
	pl := payload{Org: proposal.Unit, Matter: []byte(proposal.Note), Back: "/confirmations", Subject: proposal.Subject}
	if m, err := matterOf(s.Kind(), pl); err == nil {
		pl.Act = seconds[m.act()]
	}
	return p.askForSeal(c, s, pl)
}
