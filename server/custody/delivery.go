package custody

import (
	"strconv"
	"strings"
	"time"

	"sealdesk/hsm/seal"
	"sealdesk/server/internal/fault"
)

// MaxDelivery bounds one delivery list.
const MaxDelivery = 2000

// DeliveryRow is one row of a delivery list as it was read.
type DeliveryRow struct {
	Number                int // row of the sheet
	Serial, Label, Vendor string
	Lossy                 bool // the serial stood in a number cell: digits may be lost
}

// DeliveryLine is what became of a row.
type DeliveryLine struct {
	DeliveryRow
	What, Cure string // empty for a row that can be taken in
}

// Delivery is a list of new tokens after its dry run. Nothing is stored.
type Delivery struct {
	ID     string
	Digest string         // SHA-256 of the file, hex
	Fresh  []DeliveryRow  // can be taken in, serials in their one spelling
	Known  []DeliveryRow  // in the register already: nothing changes
	Bad    []DeliveryLine // cannot; the row stays outside and is named
}

// PlanDelivery is the dry run of a delivery list. known tells which serial
// numbers the register has.
func PlanDelivery(id, digest string, rows []DeliveryRow, known func(serials []string) (map[string]bool, error)) (Delivery, error) {
	d := Delivery{ID: id, Digest: digest}
	first := map[string]int{}
	var serials []string
	var sound []DeliveryRow
	for _, r := range rows {
		bad := func(what, cure string) { d.Bad = append(d.Bad, DeliveryLine{r, what, cure}) }
		serial, err := ParseSerial(r.Serial)
		switch {
		case r.Serial == "":
			bad("没有序列号", "照钥匙背面补上，或删去这一行")
		case r.Lossy && len(r.Serial) > 15 || r.Lossy && strings.ContainsAny(r.Serial, "Ee."):
			bad("序列号是数字格式，末尾几位可能已经丢失", "把这一列设为文本，重新粘贴")
		case err != nil:
			bad("序列号的写法不对", "只能有字母、数字、连字符，4 至 "+strconv.Itoa(maxSerial)+" 位")
		case first[serial] != 0:
			bad("与第 "+strconv.Itoa(first[serial])+" 行的序列号相同", "核对实物，删去重复的一行")
		case !short(r.Label) || !short(r.Vendor):
			bad("标签或供货单位的写法不能使用", "写成一行，60 字以内")
		default:
			first[serial] = r.Number
			r.Serial = serial
			serials, sound = append(serials, serial), append(sound, r)
		}
	}
	have, err := known(serials)
	if err != nil {
		return d, err
	}
	for _, r := range sound {
		if have[r.Serial] {
			d.Known = append(d.Known, r)
		} else {
			d.Fresh = append(d.Fresh, r)
		}
	}
	return d, nil
}

func short(text string) bool {
	return text == "" || seal.CheckValue(text) == nil && len([]rune(text)) <= 60
}

// Choice says, for the text, what the officer decided about bad rows.
func (d Delivery) Choice() string {
	if len(d.Bad) == 0 {
		return "全部"
	}
	return "只收合格的行，另有 " + strconv.Itoa(len(d.Bad)) + " 行未收"
}

// TakeIn enters the fresh rows of a delivery; the officer is their custodian.
func (d Delivery) TakeIn(officer string, now time.Time) ([]Token, error) {
	if len(d.Fresh) == 0 {
		return nil, fault.New(fault.Conflict, "清单里的钥匙都已登记，没有需要入库的，什么都没有改变。")
	}
	tokens := make([]Token, len(d.Fresh))
	for i, r := range d.Fresh {
		t, err := Deliver(r.Serial, r.Label, r.Vendor, d.ID, officer, now)
		if err != nil {
			return nil, err
		}
		tokens[i] = t
	}
	return tokens, nil
}

// Statement is the text of a delivery, a row for each token.
func (d Delivery) Statement(head seal.Header, salts [][16]byte) (seal.Statement, error) {
	annex := seal.Annex{Columns: []string{"序列号", "标签", "供货单位"}}
	vendors := map[string]bool{}
	var names []string
	for i, r := range d.Fresh {
		annex.Rows = append(annex.Rows, seal.AnnexRow{Record: "token/" + r.Serial, Salt: salts[i], Cells: []string{r.Serial, orNone(r.Label), orNone(r.Vendor)}})
		if r.Vendor != "" && !vendors[r.Vendor] {
			vendors[r.Vendor] = true
			names = append(names, r.Vendor)
		}
	}
	return seal.New(seal.KeyDelivery, head, []seal.Field{{Label: "交货编号", Value: d.ID}, {Label: "供货单位", Value: orNone(strings.Join(names, "、"))},
		{Label: "文件摘要", Value: d.Digest}, {Label: "选择", Value: d.Choice()}, {Label: "把数合计", Value: strconv.Itoa(len(d.Fresh))}}, annex)
}

func orNone(text string) string {
	if text == "" {
		return "无"
	}
	return text
}
