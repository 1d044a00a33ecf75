package seal

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

const testPortal = "黄山市教师资格定期注册签台"

// headerAt is a header issued at a moment and valid for twenty minutes.
func headerAt(kind Kind, issued time.Time, fingerprints ...string) Header {
	h := Header{Portal: testPortal, Nonce: [16]byte{1, 2, 3, 15: 0xff}, Issued: issued, Expires: issued.Add(20 * time.Minute)}
	if kind == Login {
		return h
	}
	h.Institution = "歙县教育局（341021）"
	if form, _ := FormOf(kind); form.Order {
		return h
	}
	for i, f := range fingerprints {
		h.Signers = append(h.Signers, Signer{Staff: fmt.Sprintf("U%05d", i+1), Name: []string{"程云溪", "汪远山"}[i%2], Fingerprint: f})
	}
	return h
}

// sampleValues are what a label could say; invented throughout.
var sampleValues = map[string][]string{
	"日志名称": {"huangshan.example/sealdesk-2026"}, "日志公钥": {"Ed25519 " + strings.Repeat("0a", 32)},
	"签发机构": {strings.Repeat("1b", 32)}, "规则": {"anhui-2024-1 " + strings.Repeat("2c", 32)},
	"政策": {strings.Repeat("3d", 32)}, "来源文件": {"organisations.csv " + strings.Repeat("4e", 32), "staff.csv " + strings.Repeat("5f", 32)},
	"计划年度": {"2026"}, "导入编号": {"I0000000001"}, "文件摘要": {strings.Repeat("6a", 32)}, "选择": {"只导入合格行"}, "行数合计": {"3"},
	"学校": {"歙县云岭小学（S341021007）"}, "审查结论": {"建议注册合格"}, "记录": {"A2026-00001"}, "申请人": {"方某晶\U000E0100"},
	"核对结果": {"23 项一致"}, "更正": {"发证日期：2009-07-01 改为 2009-07-10", "任教学科：语文 改为 数学"},
	"规则发现": {"D2：培训学时不足 360（第 8 条第 2 项）", "D1：2023 年度考核不合格（第 8 条第 1 项）"}, "理由": {"培训学时尚缺 24"},
	"名单摘要": {strings.Repeat("7b", 32)}, "结论": {"注册合格"}, "规则包": {"anhui-2024-1"}, "任教学科": {"数学"}, "依据": {"第 8 条第 2 项"},
	"适用机构": {"歙县"}, "阶段": {"县级审核"}, "原开始": {"2026-11-09T00:00:00.000+08:00"}, "原结束": {"2026-11-30T00:00:00.000+08:00"},
	"新开始": {"2026-11-05T00:00:00.000+08:00"}, "新结束": {"2026-11-30T00:00:00.000+08:00"}, "文号": {"黄教秘组人〔2026〕11号"},
	"申请编号": {"202609000123"}, "关系": {"配偶"}, "原放假日期": {"无"}, "原调休上班": {"无"}, "放假日期": {"2026-10-01、2026-10-02"}, "调休上班": {"2026-10-10"}, "方式": {"本校人员代理上报"}, "受托方": {"汪若水（U00007）"}, "开始": {"2026-11-05T09:00:00.000+08:00"}, "结束": {"2026-12-01T00:00:00.000+08:00"},
	"委托编号": {"S341021007/0102030405"}, "原状态": {"待审核"}, "申请书页码": {"7"}, "扫描件摘要": {strings.Repeat("8b", 32)}, "案号": {"歙教查〔2026〕3号"}, "恢复到": {"待审核"},
	"许可证号": {"教民134102100001"}, "保管人": {"U00009"}, "钥匙指纹": {strings.Repeat("8c", 32)},
	"序号": {"42"}, "前一条": {"17"}, "收到": {"2026-11-20T12:05:00.000+08:00"}, "入册": {"2026-11-20T12:05:00.120+08:00"},
	"行为": {"conclude"}, "人员": {"U00001"}, "钥匙": {strings.Repeat("9d", 32)}, "机构": {"341021"}, "主体": {"A2026-00001"},
	"签署进度": {"1/1"}, "陈述摘要": {strings.Repeat("ae", 32)}, "签章摘要": {strings.Repeat("bf", 32)}, "状态摘要": {strings.Repeat("c0", 32)},
	"领用人": {"方云溪（U00010）"}, "领用人机构": {"歙县教育局（341021）"}, "钥匙序列号": {"HS-2026-00017"}, "钥匙名称": {"HS-00017"}, "算法": {"ECDSA P-256"},
	"公钥摘要": {strings.Repeat("d3", 32)}, "颁发者": {"本签台"}, "证书指纹": {strings.Repeat("e4", 32)}, "原钥匙指纹": {strings.Repeat("e4", 32)},
	"责任": {"我已收到这把钥匙并由我本人保管"}, "已有证书": {strings.Repeat("e4", 32), strings.Repeat("f5", 32)},
	"证书": {"MIIB"}, "上级证书": {"MIIC"}, "清除证书": {strings.Repeat("e4", 32)},
	"说明": {"无"}, "记录数": {"2"},
}

func sampleValue(t testing.TB, l Label) []string {
	t.Helper()
	v, ok := sampleValues[l.Name]
	if !ok {
		return []string{"示例"} // a label that was added later
	}
	if !l.Many {
		return v[:1]
	}
	return v
}

func sampleFields(t testing.TB, form Form) []Field {
	var fields []Field
	for _, l := range form.Labels {
		if (form.Statement || form.Order) && (isHeader(l.Name) || l.Name == labelAnnexColumns || l.Name == labelAnnexRows) {
			continue
		}
		for _, v := range sampleValue(t, l) {
			if l.Name == "结论" && form.Kind == ConcludeAdverse {
				v = "暂缓注册"
			}
			fields = append(fields, Field{l.Name, v})
		}
	}
	return fields
}

func sampleAnnex(rows int) Annex {
	a := Annex{Columns: []string{"姓名", "任教学科", "结论"}}
	for i := range rows {
		a.Rows = append(a.Rows, AnnexRow{Record: fmt.Sprintf("A2026-%05d", i+1), Salt: [16]byte{byte(i), byte(i >> 8), 7},
			Cells: []string{"方某晶\U000E0100", []string{"数学", ""}[i%2], "注册合格"}})
	}
	return a
}

func sampleStatement(t testing.TB, kind Kind, rows int, issued time.Time, fingerprints ...string) Statement {
	t.Helper()
	form, ok := FormOf(kind)
	if !ok {
		t.Fatalf("no form %q", kind)
	}
	var annex Annex
	if form.Table {
		annex = sampleAnnex(rows)
	}
	s, err := New(kind, headerAt(kind, issued, fingerprints...), sampleFields(t, form), annex)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sampleText is a text of any kind, statement or not.
func sampleText(t testing.TB, form Form) Text {
	t.Helper()
	if form.Statement {
		return sampleStatement(t, form.Kind, 3, noon, strings.Repeat("d1", 32), strings.Repeat("e2", 32)).Text
	}
	if form.Order {
		o, err := NewOrder(form.Kind, headerAt(form.Kind, noon), sampleFields(t, form))
		if err != nil {
			t.Fatal(err)
		}
		return o.Text
	}
	text := Text{Kind: form.Kind, Fields: sampleFields(t, form)}
	if form.Table {
		for _, r := range sampleAnnex(2).Rows {
			text.Rows = append(text.Rows, []string{r.Record, "17", strings.Repeat("c0", 32)})
		}
	}
	return text
}
