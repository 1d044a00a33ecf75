package portal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/registration"
	"sealdesk/server/store"
	"sealdesk/web/view"
)

// withdrawMatter ends a record at the teacher's paper request: handler and
// head sign.
type withdrawMatter struct {
	bare
	Application string             `json:"application"`
	Paper       registration.Paper `json:"paper"`
}

func (m *withdrawMatter) act() policy.Act   { return policy.Withdraw }
func (m *withdrawMatter) refs() []store.Ref { return refsOf([]string{m.Application}) }

func (m *withdrawMatter) draft(_ knowledge, r rows, h seal.Header, _ [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: store.OfApplication(m.Application).Subject()}
	first, second, err := bothSigners(r, h)
	if err != nil {
		return d, err
	}
	a, err := r.Application(m.Application)
	if err != nil {
		return d, err
	}
	step, err := a.Withdraw(first, second, m.Paper, now)
	if err != nil {
		return d, err
	}
	d.puts = []any{step.After}
	d.statement, err = registration.WithdrawStatement(h, step)
	return d, err
}

// scans are the kinds of file that a scan may be, by their first bytes.
var scans = map[string]bool{"application/pdf": true, "image/jpeg": true, "image/png": true}

// scanOf gives the digest of the scan that came with the form, or of the one
// that was read before it when only the rest was refused. The file is not kept:
// the paper stays with the school, and the digest tells it from another one.
func (p *Portal) scanOf(c *call, record string) (string, error) {
	upload, _, err := c.req.FormFile("scan")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		scan := p.scanRead(c, record)
		if scan == "" && c.form.Get("scan_digest") != "" {
			return "", fault.New(fault.Invalid, "扫描件没有收到：表单里写的那一份，不是这次登录里为这条记录读过的。请再选一次扫描件。").At("scan", "请再选一次扫描件。")
		}
		return scan, nil
	}
	if err != nil {
		return "", fault.Wrap(err, fault.Invalid, "扫描件没有收全，什么都没有改变。请再选一次。").At("scan", "请再选一次。")
	}
	defer upload.Close()
	raw, err := io.ReadAll(upload)
	if err != nil {
		return "", fault.Wrap(err, fault.Invalid, "扫描件没有收全，什么都没有改变。请再选一次。").At("scan", "请再选一次。")
	}
	if !scans[http.DetectContentType(raw)] {
		return "", fault.New(fault.Invalid, "扫描件不是 PDF、JPEG 或 PNG 文件。请扫描成其中一种再选。").At("scan", "只收 PDF、JPEG、PNG。")
	}
	sum := sha256.Sum256(raw)
	scan := hex.EncodeToString(sum[:])
	c.form.Set("scan_digest", scan)
	c.form.Set("scan_mark", p.store.FileMark(c.who.row.TokenHash, record, scan))
	return scan, nil
}

// scanRead is the digest of a scan that this portal read for the record in this
// session, as the form carries it on; empty if it did not.
func (p *Portal) scanRead(c *call, record string) string {
	scan := c.form.Get("scan_digest")
	if !hmac.Equal([]byte(c.form.Get("scan_mark")), []byte(p.store.FileMark(c.who.row.TokenHash, record, scan))) {
		return ""
	}
	return scan
}

// POST /applications/:id/withdraw
func (p *Portal) proposeWithdrawal(c *call) (answer, error) {
	a, school, _, err := p.record(c, policy.View)
	if err != nil {
		return nil, err
	}
	if _, err := p.may(c, policy.Withdraw, school); err != nil {
		return nil, err
	}
	var next answer
	scan, err := p.scanOf(c, a.ID)
	if err == nil {
		var second seal.Signer
		if second, err = p.secondSigner(c, "withdraw_head", policy.SH, school.ID); err == nil {
			m := &withdrawMatter{Application: a.ID, Paper: registration.Paper{Reason: c.form.Get("withdraw_reason"), Page: c.form.Get("withdraw_page"), Scan: scan}}
			next, err = p.propose(c, m, school, "/applications/"+a.ID, second)
		}
	}
	return p.orAgain(c, policy.Withdraw, next, err)
}

// withdrawForm is offered to the handler while the record has not ended.
func (p *Portal) withdrawForm(c *call, a registration.Application) (*view.WithdrawForm, error) {
	heads, err := p.colleagues(c, policy.SH, a.School)
	f := &view.WithdrawForm{Action: "/applications/" + a.ID + "/withdraw", Reason: view.Field{Value: c.form.Get("withdraw_reason")},
		Page: view.Field{Value: c.form.Get("withdraw_page")}, Head: heads}
	if f.Scan.Value = p.scanRead(c, a.ID); f.Scan.Value != "" {
		f.ScanMark = c.form.Get("scan_mark")
	}
	return f, err
}
