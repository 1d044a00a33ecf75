package portal

import (
	"context"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/internal/fault"
	"sealdesk/server/org"
	"sealdesk/server/store"
)

// musterMatter files the people of a sheet together, a filing each (R54).
type musterMatter struct {
	Muster org.Muster `json:"muster"`
	by     string
}

func (m *musterMatter) act() policy.Act { return policy.FileStaff }
func (m *musterMatter) size() int       { return len(m.Muster.ToFile()) }
func (m *musterMatter) refs() []store.Ref {
	var refs []store.Ref
	for _, l := range m.Muster.ToFile() {
		refs = append(refs, store.OfStaff(l.Staff), store.OfOrganisation(l.Form.Org))
	}
	return refs
}

func (m *musterMatter) draft(_ knowledge, r rows, h seal.Header, salts [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: "muster/" + m.Muster.ID}
	by, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	m.by = by
	var list []org.Reported
	for _, l := range m.Muster.ToFile() {
		one, err := reportedBy(r, l.Staff, l.Form, by, now)
		if err != nil {
			return d, atRow(err, l)
		}
		list = append(list, one)
		d.puts = append(d.puts, one.Filing)
	}
	d.statement, err = org.MusterStatement(h, m.Muster, list, salts)
	return d, err
}

// reportedBy makes one filing of a batch from the rows as they are now.
func reportedBy(r rows, staff string, form org.Form, by string, now time.Time) (one org.Reported, err error) {
	if one.Body, err = r.Organisation(form.Org); err != nil {
		return one, err
	}
	if one.Before, err = accountOf(r, staff); err != nil {
		return one, err
	}
	earlier, err := r.FilingsOf(staff)
	if err != nil {
		return one, err
	}
	one.Filing, err = form.File(staff, one.Before, earlier, one.Body, by, now)
	return one, err
}

// atRow says at which row of the sheet a batch is refused; nothing of it is done.
func atRow(err error, l org.MusterLine) error {
	f := sentenced(err)
	if f.Kind == fault.Unavailable {
		return err
	}
	return fault.Wrap(err, f.Kind, "名册第 %d 行（%s）比对之后有了变化，整份没有报备：%s请重新上传比对。", l.Row, l.Staff, f.Sentence)
}

// settle forgets the comparison that was filed.
func (m *musterMatter) settle(ctx context.Context, p *Portal) error {
	return p.store.Scratch().DeleteDraft(ctx, m.by, "muster/"+m.Muster.ID)
}

// checksMatter puts several filings into force together.
type checksMatter struct {
	Filings []string `json:"filings"`
	People  []string `json:"people"`
}

func (m *checksMatter) act() policy.Act { return policy.CheckStaff }
func (m *checksMatter) size() int       { return len(m.Filings) }
func (m *checksMatter) refs() []store.Ref {
	var refs []store.Ref
	for i, id := range m.Filings {
		refs = append(refs, store.OfFiling(id), store.OfStaff(m.People[i]))
	}
	return refs
}

func (m *checksMatter) draft(_ knowledge, r rows, h seal.Header, salts [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: "muster/checks"}
	officer, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	var list []org.Reported
	for _, id := range m.Filings {
		var one org.Reported
		if one.Filing, err = r.Filing(id); err != nil {
			return d, err
		}
		if one.Before, err = accountOf(r, one.Filing.Staff); err != nil {
			return d, err
		}
		if one.Body, err = r.Organisation(one.Filing.Org); err != nil {
			return d, err
		}
		checked, after, err := one.Filing.Check(officer, one.Before, now)
		if err != nil {
			f := sentenced(err)
			return d, fault.Wrap(err, f.Kind, "备案表 %s 不能一并审核，整批没有办理：%s请逐份审核这一份。", id, f.Sentence)
		}
		list = append(list, one)
		d.puts = append(d.puts, after, checked)
		if err := d.renew(r, one.Filing.Staff, one.Before, now); err != nil {
			return d, err
		}
	}
	d.statement, err = org.ChecksStatement(h, list, salts)
	return d, err
}
