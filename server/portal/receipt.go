package portal

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/audit"
	"sealdesk/server/internal/fault"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// entryNumber reads the number of the address.
func entryNumber(c *call) (uint64, error) {
	n, err := strconv.ParseUint(c.param("number"), 10, 63)
	if err != nil {
		return 0, fault.New(fault.NotFound, "没有这个日志号。请核对编号。")
	}
	return n, nil
}

// ownEntry reads an entry for its receipt: the store shows it to those within
// whose reach its body lies, and to whoever made it.
func (p *Portal) ownEntry(c *call, act policy.Act) (store.EntryWithBodies, policy.Grant, error) {
	number, err := entryNumber(c)
	if err != nil {
		return store.EntryWithBodies{}, policy.Grant{}, err
	}
	_, grant, err := p.place(c, act)
	if err == nil {
		e, err := p.store.Entry(c.ctx, grant, number)
		return e, grant, err
	}
	// The officers have receipts of their own acts and of nothing else: their
	// body is the city, but the business in it is not theirs to read.
	if grant, err = p.may(c, policy.ViewHome, c.who.Home); err != nil {
		return store.EntryWithBodies{}, grant, err
	}
	e, err := p.store.Entry(c.ctx, grant, number)
	if err == nil && e.Entry.Actor != c.who.Staff.ID {
		return store.EntryWithBodies{}, grant, fault.New(fault.NotFound, "日志里没有可以给您看的第 %d 号。请核对编号。", number)
	}
	return e, grant, err
}

// statementOf is the text an entry stands on, with its annex.
func statementOf(e store.EntryWithBodies) (seal.Statement, bool) {
	if len(e.Statement.Bytes) == 0 {
		return seal.Statement{}, false
	}
	s, err := seal.ParseStatement(e.Statement.Bytes, e.Annex)
	return s, err == nil
}

// GET /receipts/:number
func (p *Portal) showReceipt(c *call) (answer, error) {
	e, grant, err := p.ownEntry(c, policy.ViewReceipt)
	if err != nil {
		return nil, err
	}
	v := view.Receipt{Frame: p.frame(c, "回执第 "+strconv.FormatUint(e.Entry.Number, 10)+" 号"), Kind: policy.Act(e.Entry.Act).Name(),
		Number: int64(e.Entry.Number), Logged: e.Entry.Logged, Lead: "“" + policy.Act(e.Entry.Act).Name() + "”已签署，写入日志第 " + strconv.FormatUint(e.Entry.Number, 10) + " 号。"}
	v.Who = p.nameOf(c, e.Entry.Actor) + "（" + e.Entry.Actor + "）"
	if o, err := p.store.Organisation(c.ctx, e.Entry.Body); err == nil {
		v.Who += "，" + o.Name
	}
	receipt, err := p.store.Receipt(c.ctx, grant, e.Entry.Number)
	if err != nil || len(receipt.Checkpoint) == 0 {
		v.Pending, v.Lead = true, "已记录为第 "+strconv.FormatUint(e.Entry.Number, 10)+" 号，回执随后补上。请过一会儿刷新本页。"
		return page{view: v}, nil
	}
	if checkpoint, err := audit.OpenCheckpoint(receipt.Checkpoint, p.verifier); err == nil {
		v.Size = int64(checkpoint.Size)
	}
	v.Checkpoint = string(receipt.Checkpoint)
	if e.Entry.Key != "" {
		v.Key = "指纹 " + grouped(e.Entry.Key)
	}
	s, ok := statementOf(e)
	if !ok {
		return page{view: v}, nil
	}
	p.receiptOfStatement(c, &v, e, s)
	return page{view: v}, nil
}

// receiptOfStatement adds what the sealed text says.
func (p *Portal) receiptOfStatement(c *call, v *view.Receipt, e store.EntryWithBodies, s seal.Statement) {
	if form, ok := seal.FormOf(s.Kind()); ok {
		v.Kind = form.Title
	}
	if digest, err := s.Digest(); err == nil {
		v.Digest = byEights(fmt.Sprintf("%x", digest))
	}
	v.What = strings.Join(append(s.Text.All("结论"), s.Text.All("审查结论")...), "、")
	if n := len(s.Text.Rows); n > 0 {
		v.What += " " + strconv.Itoa(n) + " 份"
	}
	done := e.Entry.Signed == e.Entry.Signers
	if h, err := s.Header(); err == nil && len(h.Signers) > 1 {
		for i, signer := range h.Signers {
			mark := view.Mark{Kind: "wait", Text: "待签"}
			if i < e.Entry.Signed {
				mark = view.Mark{Kind: "ok", Text: "已签"}
			}
			v.Signers = append(v.Signers, view.Signer{Name: signer.Name, Role: signer.Staff, State: mark})
		}
		if !done {
			v.Lead = "您的签署已写入日志。还要" + h.Signers[e.Entry.Signed].Name + "签署同一份文本，才算办成。"
		}
	}
	if !done || s.Kind() == seal.Login {
		return
	}
	base := "/receipts/" + strconv.FormatUint(e.Entry.Number, 10) + "/proof"
	if len(s.Text.Rows) == 0 {
		v.Proofs = []view.Proof{{Name: orText(s.Text.Get("申请人"), v.Kind), File: proofName(e.Entry.Number, ""), Href: base}}
		return
	}
	record := c.form.Get("record") // whoever comes from a record sees its own proof
	for _, row := range s.Annex.Rows {
		if record != "" && row.Record != record {
			continue
		}
		if len(v.Proofs) == maxProofLinks {
			v.Lead += "证明文件只列前 " + strconv.Itoa(maxProofLinks) + " 份，其余请从各份申请的办理经过里打开。"
			break
		}
		name := row.Record
		if len(row.Cells) > 0 {
			name = row.Cells[0] + "，" + row.Record
		}
		v.Proofs = append(v.Proofs, view.Proof{Name: name, File: proofName(e.Entry.Number, row.Record), Href: base + "?record=" + escaped(row.Record)})
	}
}

// maxProofLinks bounds the list of proof files on one receipt; a batch of
// conclusions has at most 200 rows.
const maxProofLinks = 200

func orText(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

func proofName(number uint64, record string) string {
	name := strconv.FormatUint(number, 10)
	if record != "" {
		name += "-" + strings.NewReplacer("/", "-").Replace(record)
	}
	return name + ".sealproof"
}

// GET /receipts/:number/proof?record=… : the proof file of one record.
func (p *Portal) downloadProof(c *call) (answer, error) {
	e, grant, err := p.ownEntry(c, policy.ViewProof)
	if err != nil {
		return nil, err
	}
	record := c.form.Get("record")
	proof, err := p.store.Proof(c.ctx, grant, e.Entry.Number, record)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := audit.WriteProof(&b, proof); err != nil {
		return nil, err
	}
	return file{name: proofName(e.Entry.Number, record), kind: "application/zip", body: b.Bytes()}, nil
}
