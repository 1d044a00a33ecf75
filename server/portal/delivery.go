package portal

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/policy"
	"sealdesk/server/custody"
	"sealdesk/server/internal/fault"
	"sealdesk/server/sheet"
	"sealdesk/server/store"
	"sealdesk/web"
	"sealdesk/web/view"
)

// deliveryMatter enters the fresh rows of a delivery list.
type deliveryMatter struct {
	Delivery custody.Delivery `json:"delivery"`
}

func (m *deliveryMatter) act() policy.Act { return policy.DeliverKeys }
func (m *deliveryMatter) size() int       { return len(m.Delivery.Fresh) }
func (m *deliveryMatter) refs() []store.Ref {
	refs := make([]store.Ref, len(m.Delivery.Fresh))
	for i, r := range m.Delivery.Fresh {
		refs[i] = store.OfToken(r.Serial)
	}
	return refs
}

func (m *deliveryMatter) draft(_ knowledge, r rows, h seal.Header, salts [][16]byte, now time.Time) (draft, error) {
	d := draft{subject: "delivery/" + m.Delivery.ID}
	officer, err := signerAt(h, 0)
	if err != nil {
		return d, err
	}
	serials := make([]string, len(m.Delivery.Fresh))
	for i, row := range m.Delivery.Fresh {
		serials[i] = row.Serial
	}
	known, err := r.Known(serials...)
	if err != nil {
		return d, err
	}
	for _, s := range serials {
		if known[s] {
			return d, fault.New(fault.Conflict, "钥匙 %s 刚由别人登记入库，整份清单没有入库，什么都没有改变。请重新上传清单。", s)
		}
	}
	tokens, err := m.Delivery.TakeIn(officer, now)
	if err != nil {
		return d, err
	}
	for _, t := range tokens {
		d.puts = append(d.puts, t)
	}
	d.statement, err = m.Delivery.Statement(h, salts)
	return d, err
}

// deliveryTitles are the columns of a delivery list.
var deliveryTitles = []string{"序列号", "标签", "供货单位"}

const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// GET /deliveries
func (p *Portal) deliveries(c *call) (answer, error) {
	v, err := p.deliveriesPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

func (p *Portal) deliveriesPage(c *call) (view.Delivery, error) {
	v := view.Delivery{Frame: p.frame(c, "新钥匙入库"), Action: "/deliveries", Blank: "/deliveries/template",
		Lead: "上传供货清单，先试读，逐行报告，什么都不存；您看过之后再签署入库。"}
	_, err := p.officerGrant(c, policy.DeliverKeys)
	return v, err
}

// GET /deliveries/template
func (p *Portal) deliveryTemplate(c *call) (answer, error) {
	if _, err := p.officerGrant(c, policy.DeliverKeys); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := sheet.WritePlain(&b, "供货清单", deliveryTitles, nil); err != nil {
		return nil, err
	}
	return file{name: "供货清单-空表.xlsx", kind: xlsx, body: b.Bytes()}, nil
}

// POST /deliveries reads the list and keeps the dry run for the officer alone.
func (p *Portal) uploadDelivery(c *call) (answer, error) {
	next, err := p.readDelivery(c)
	if err == nil {
		return next, nil
	}
	return p.formAgain(c, err, refusedForm{act: policy.DeliverKeys, page: func(r *view.Refusal) (web.Page, error) {
		v, err := p.deliveriesPage(c)
		v.Refusal = r
		return v, err
	}})
}

func (p *Portal) readDelivery(c *call) (answer, error) {
	if _, err := p.officerGrant(c, policy.DeliverKeys); err != nil {
		return nil, err
	}
	upload, header, err := c.req.FormFile("sheet")
	if err != nil {
		return nil, fault.Wrap(err, fault.Invalid, "没有收到文件。请选择供货清单后再提交。").At("sheet", "请选择文件。")
	}
	defer upload.Close()
	rows, err := sheet.Plain(c.ctx, upload, header.Size, custody.MaxDelivery, deliveryTitles[:1], deliveryTitles[1:]...)
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(upload, 0, header.Size)); err != nil {
		return nil, fault.Wrap(err, fault.Unavailable, "文件没有完整读到，请重新上传。")
	}
	list := make([]custody.DeliveryRow, len(rows))
	for i, r := range rows {
		list[i] = custody.DeliveryRow{Number: r.Number, Serial: r.Cells[0], Label: r.Cells[1], Vendor: r.Cells[2], Lossy: r.Digits[0]}
	}
	id := make([]byte, 4)
	rand.Read(id)
	d, err := custody.PlanDelivery("D"+strings.ToUpper(hex.EncodeToString(id)), hex.EncodeToString(sum.Sum(nil)), list, func(serials []string) (map[string]bool, error) {
		return p.store.Known(c.ctx, serials...)
	})
	if err != nil {
		return nil, err
	}
	kept, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	if err := p.store.Scratch().PutDraft(c.ctx, c.who.Staff.ID, "delivery/"+d.ID, kept); err != nil {
		return nil, err
	}
	return redirect{"/deliveries/" + d.ID}, nil
}

// plannedDelivery is a dry run of this officer's.
func (p *Portal) plannedDelivery(c *call) (custody.Delivery, error) {
	var d custody.Delivery
	if _, err := p.officerGrant(c, policy.DeliverKeys); err != nil {
		return d, err
	}
	kept, err := p.store.Scratch().Draft(c.ctx, c.who.Staff.ID, "delivery/"+c.param("id"))
	if err != nil {
		if fault.Is(err, fault.NotFound) {
			return d, fault.Wrap(err, fault.NotFound, "没有这份清单：可能已经入库。请到钥匙台账核对，需要时重新上传。")
		}
		return d, err
	}
	return d, json.Unmarshal(kept, &d)
}

// GET /deliveries/:id is the report of the dry run.
func (p *Portal) showDelivery(c *call) (answer, error) {
	v, err := p.deliveryPage(c)
	if err != nil {
		return nil, err
	}
	return page{view: v}, nil
}

func (p *Portal) deliveryPage(c *call) (view.DeliveryReport, error) {
	d, err := p.plannedDelivery(c)
	if err != nil {
		return view.DeliveryReport{}, err
	}
	v := view.DeliveryReport{Frame: p.frame(c, "供货清单试读"), Back: view.Link{Text: "重新上传清单", Href: "/deliveries"}, ID: d.ID, Digest: byEights(d.Digest),
		Counts: []view.Fact{{Label: "可以入库", Value: number(len(d.Fresh)) + " 把"}, {Label: "台账里已有", Value: number(len(d.Known)) + " 把，不改动"},
			{Label: "不能入库", Value: number(len(d.Bad)) + " 行"}}, OnlyGood: len(d.Bad) > 0, Agreed: c.form.Get("only") == "good"}
	if len(d.Fresh) > 0 {
		v.Action = "/deliveries/" + url.PathEscape(d.ID)
	}
	for _, l := range d.Bad {
		v.Bad = append(v.Bad, view.DeliveryLine{Row: l.Number, Serial: l.Serial, What: l.What, Cure: l.Cure})
	}
	for _, r := range d.Fresh[:min(len(d.Fresh), shownDelivery)] {
		v.Fresh = append(v.Fresh, view.DeliveryLine{Row: r.Number, Serial: r.Serial, Label: r.Label, Vendor: r.Vendor})
	}
	if more := len(d.Fresh) - len(v.Fresh); more > 0 {
		v.More = "另有 " + strconv.Itoa(more) + " 把，签署页上全部列出。"
	}
	return v, nil
}

// shownDelivery is how many fresh rows the report shows; the statement shows all.
const shownDelivery = 50

// POST /deliveries/:id asks for the seal.
func (p *Portal) takeDelivery(c *call) (answer, error) {
	next, err := p.proposeDelivery(c)
	if err == nil {
		return next, nil
	}
	return p.formAgain(c, err, refusedForm{act: policy.DeliverKeys, page: func(r *view.Refusal) (web.Page, error) {
		v, err := p.deliveryPage(c)
		v.Refusal = r
		return v, err
	}})
}

func (p *Portal) proposeDelivery(c *call) (answer, error) {
	d, err := p.plannedDelivery(c)
	if err != nil {
		return nil, err
	}
	if len(d.Bad) > 0 && c.form.Get("only") != "good" {
		return nil, fault.New(fault.Invalid, "清单里有 %d 行不能入库。请改正清单后重新上传，或勾选“只收合格的行”。", len(d.Bad)).At("only", "请勾选，或重新上传。")
	}
	return p.propose(c, &deliveryMatter{Delivery: d}, c.who.Home, "/deliveries/"+d.ID)
}
