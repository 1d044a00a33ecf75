package seal

// A Form fixes, for one kind of text, which labels stand in which order. What
// a form does not list, Parse refuses, so every text has exactly one spelling.
type Form struct {
	Kind   Kind
	Title  string // what the agent and the receipt call it
	Labels []Label
	// Table says that rows may follow the labels; Columns names their cells.
	Table   bool
	Columns []string
	// Statement says that people sign texts of this kind.
	Statement bool
	// Order says that the agent carries texts of this kind out; see Order.
	Order bool
}

// A Label is one line's name and how often the line may stand.
type Label struct {
	Name     string
	Many     bool // one or more lines
	Optional bool // may be absent
}

// Kinds of statements. A seal for one purpose never counts for another.
const (
	Login            Kind = "login"             // 登录
	Genesis          Kind = "genesis"           // 启用: entry 0
	StaffFiling      Kind = "staff-filing"      // 人员备案
	StaffCheck       Kind = "staff-check"       // 审核人员备案
	StaffMuster      Kind = "staff-muster"      // 按名册报备, batch
	StaffChecks      Kind = "staff-checks"      // 一并审核备案, batch
	StaffLeave       Kind = "staff-leave"       // 离岗备案
	StaffExit        Kind = "staff-exit"        // 办结离岗
	StaffPledge      Kind = "staff-pledge"      // 签署承诺书
	TrainingEntry    Kind = "training"          // 登记培训
	TrainingConfirm  Kind = "training-confirm"  // 确认培训
	Responsibility   Kind = "responsibility"    // 签署安全主体责任书
	SecurityLesson   Kind = "security-lesson"   // 登记安全教育
	SecurityDrill    Kind = "security-drill"    // 登记应急演练
	IncidentReport   Kind = "incident"          // 登记安全事件
	IncidentNote     Kind = "incident-note"     // 补记安全事件
	RulesFiling      Kind = "rules"             // 报备值班表和制度
	RulesReview      Kind = "rules-review"      // 复核值班表和制度
	RoleGrant        Kind = "role-grant"        // 授予角色: lead and security officer
	RoleRemoval      Kind = "role-removal"      // 免去角色
	RoleReview       Kind = "role-review"       // 审阅任职变动
	Import           Kind = "import"            // 导入申请
	ImportChange     Kind = "import-change"     // 导入改动: changed rows of a later sheet
	EarlyRenewal     Kind = "early-renewal"     // 未到期放行, auditor and lead
	Review           Kind = "review"            // 学校审查 (合格建议, batch)
	ReviewAdverse    Kind = "review-adverse"    // 学校审查 (不利建议, singly)
	NotAccept        Kind = "not-accept"        // 不予受理, handler and head
	Send             Kind = "send"              // 学校上报
	Return           Kind = "return"            // 退回学校
	Conclude         Kind = "conclude"          // 注册合格, batch
	ConcludeAdverse  Kind = "conclude-adverse"  // 暂缓注册 / 注册不合格, auditor and lead
	ConcludeOverride Kind = "conclude-override" // 注册合格 against the proposal, auditor and lead
	Withdraw         Kind = "withdraw"          // 撤回申请, handler and head
	Hold             Kind = "hold"              // 暂停办理
	Release          Kind = "release"           // 恢复办理
	SenderName       Kind = "sender-name"       // 委托上报
	SenderEnd        Kind = "sender-end"        // 终止委托上报
	RelativeDeclare  Kind = "relative-declare"  // 申报亲属
	RelativeRemove   Kind = "relative-remove"   // 撤销亲属申报, declarant and lead
	Window           Kind = "window"            // 时段调整
	Days             Kind = "working-days"      // 节假日安排
	Licence          Kind = "licence"           // 登记办学许可
	KeyRevoke        Kind = "key-revoke"        // 停用钥匙
	KeyLost          Kind = "key-lost"          // 报失
	PolicyChange     Kind = "policy-change"     // 政策变更, security officer and city lead
	KeyEnrol         Kind = "key-enrol"         // 签发钥匙证书: officer, over the public key
	KeyTakeover      Kind = "key-takeover"      // 接管钥匙: the holder's first seal
	CustodianList    Kind = "custodians"        // 托管人名单, security officer and city lead
	EmergencyCall    Kind = "emergency"         // 紧急开启: one custodian's own seal, M of N open it
	EmergencyUse     Kind = "emergency-use"     // 紧急恢复: the readmitted person, with the new key
	KeyRenew         Kind = "key-renew"         // 换发证书: the old key over the new public key
	KeyFound         Kind = "key-found"         // 登记找回
	KeySuspend       Kind = "key-suspend"       // 暂停使用
	KeyRestore       Kind = "key-restore"       // 恢复使用, two people
	KeyReceive       Kind = "key-receive"       // 收回入库
	KeyDestroy       Kind = "key-destroy"       // 销毁, two people
	KeyDelivery      Kind = "key-delivery"      // 新钥匙入库, batch
	KeyRequest       Kind = "key-request"       // 申领钥匙
	KeyAssign        Kind = "key-assign"        // 配发钥匙
	KeyDecline       Kind = "key-decline"       // 不予配发钥匙
	KeyHandover      Kind = "key-handover"      // 交出钥匙, the giver
	KeyStore         Kind = "key-store"         // 库存钥匙交接, both officers
	StocktakeOpen    Kind = "stocktake-open"    // 钥匙盘点开始
	StocktakeProve   Kind = "stocktake-prove"   // 盘点自证, the holder with the key itself
	StocktakeCount   Kind = "stocktake-count"   // 库存清点, batch
	StocktakeClose   Kind = "stocktake-close"   // 钥匙盘点结束, two people
	MediumRegister   Kind = "medium-register"   // 登记介质
	MediumHandover   Kind = "medium-handover"   // 交出介质, the giver
	MediumTakeover   Kind = "medium-takeover"   // 接收介质, the taker
	MediumReceive    Kind = "medium-receive"    // 收回介质, the officer
	MediumLost       Kind = "medium-lost"       // 报失介质
	MediumWipe       Kind = "medium-wipe"       // 清除介质, two people
	MediumDestroy    Kind = "medium-destroy"    // 销毁介质, two people
)

// Kinds of orders to the agent; nobody signs them.
const (
	EnrolRequest   Kind = "enrol-request"   // 在钥匙里生成密钥
	InstallRequest Kind = "install-request" // 把证书写入钥匙
)

// Kinds of texts the log is made of; nobody signs them with a token.
const (
	EntryText Kind = "entry" // a leaf of the log
	StateText Kind = "state" // what an act left behind, a row per record
)

// head opens, foot closes every signed statement.
var (
	head = []Label{{Name: "门户"}, {Name: "机构"}, {Name: "签署人", Many: true}, {Name: "事项"}}
	foot = []Label{{Name: "随机数"}, {Name: "出具时间"}, {Name: "有效至"}}
)

// annexColumns are the cells of a signed line that stands for an annex row:
// number, record, SHA-256(salt ‖ row text) in hex.
var annexColumns = []string{"序号", "记录", "行摘要"}

func statement(kind Kind, title string, labels ...Label) Form {
	all := append(append(append([]Label{}, head...), labels...), foot...)
	return Form{Kind: kind, Title: title, Labels: all, Statement: true}
}

func batch(kind Kind, title string, labels ...Label) Form {
	labels = append(append([]Label{}, labels...), Label{Name: "附件栏目"}, Label{Name: "附件行数"})
	f := statement(kind, title, labels...)
	f.Table, f.Columns = true, annexColumns
	return f
}

// oneKey is an act over one token and the key in it, if it carries one.
func oneKey(kind Kind, title string) Form {
	return statement(kind, title, one("保管人"), one("钥匙序列号"), maybe("钥匙指纹"), one("理由"))
}

// order is a text for the agent: as a statement, but for the signers.
func order(kind Kind, title string, labels ...Label) Form {
	all := append([]Label{one("门户"), one("机构"), one("事项")}, labels...)
	return Form{Kind: kind, Title: title, Labels: append(all, foot...), Order: true}
}

// emergency is a text about one emergency: whom it readmits, with which key.
func emergency(kind Kind, title string, more ...Label) Form {
	labels := []Label{one("紧急编号"), one("恢复人员"), one("恢复任职"), one("钥匙序列号"), one("钥匙指纹"), one("理由")}
	return statement(kind, title, append(labels, more...)...)
}

// oneMedium is an act over one registered medium.
func oneMedium(kind Kind, title string, more ...Label) Form {
	return statement(kind, title, append(append([]Label{one("介质编号"), one("种类"), one("保管人")}, more...), one("理由"))...)
}

func one(name string) Label  { return Label{Name: name} }
func many(name string) Label { return Label{Name: name, Many: true} }
func some(name string) Label { return Label{Name: name, Many: true, Optional: true} }
func maybe(name string) Label {
	return Label{Name: name, Optional: true}
}

// forms is the closed list; SPEC.md shows the same list for people.
var forms = []Form{
	{Kind: Login, Title: "登录", Statement: true, Labels: append([]Label{one("门户"), one("事项")}, foot...)},
	batch(Genesis, "启用", one("日志名称"), one("日志公钥"), one("签发机构"), one("规则"), one("政策"), maybe("法定人数"), some("托管人"), many("来源文件")),
	statement(StaffFiling, "人员备案", one("备案类别"), one("人员编号"), one("姓名"), one("所在机构"), one("岗位"), one("手机号"), one("拟任角色"),
		one("承诺书"), one("任职起"), maybe("任职止"), maybe("向上报备日"), some("变更")),
	statement(StaffCheck, "审核人员备案", one("备案表"), one("备案类别"), one("人员编号"), one("姓名"), one("所在机构"), one("岗位"), one("手机号"),
		one("拟任角色"), one("承诺书"), one("任职起"), maybe("任职止"), one("报备人"), one("审核意见"), maybe("理由")),
	batch(StaffMuster, "按名册报备", one("文件摘要"), one("选择"), one("新任"), one("变更"), one("行数合计")),
	batch(StaffChecks, "一并审核备案", one("审核意见"), one("行数合计")),
	statement(StaffLeave, "离岗备案", one("人员编号"), one("姓名"), one("所在机构"), one("岗位"), one("在岗至"), one("账户"), one("理由")),
	statement(StaffExit, "办结离岗", one("人员编号"), one("姓名"), one("所在机构"), one("岗位"), one("在岗至"), many("钥匙与介质"), some("终止任职")),
	statement(StaffPledge, "签署承诺书", one("人员编号"), one("姓名"), many("承诺")),
	statement(TrainingEntry, "登记培训", one("计划年度"), one("人员编号"), one("姓名"), one("学习日期"), many("培训内容")),
	statement(TrainingConfirm, "确认培训", one("计划年度"), one("人员编号"), one("姓名"), many("培训内容")),
	statement(Responsibility, "签署安全主体责任书", one("计划年度"), one("责任机构"), one("责任人"), one("职务"), some("接任"), many("责任")),
	batch(SecurityLesson, "登记安全教育", one("计划年度"), one("记录编号"), one("日期"), many("参加机构")),
	batch(SecurityDrill, "登记应急演练", one("计划年度"), one("记录编号"), one("日期"), many("参加机构")),
	batch(IncidentReport, "登记安全事件", one("计划年度"), one("事件编号"), one("发现时间"), one("可能泄露"), one("涉及人数"), maybe("登记说明")),
	batch(IncidentNote, "补记安全事件", one("事件编号"), one("补记序号"), one("补记类别"), one("发生时间"), maybe("告知对象"),
		some("时限"), maybe("改为可能泄露"), maybe("涉及人数改为"), maybe("须报告")),
	batch(RulesFiling, "报备值班表和制度", one("报备机构"), one("版本"), many("值班人员"), one("印章保管人")),
	statement(RulesReview, "复核值班表和制度", one("计划年度"), one("报备机构"), one("版本"), one("上次复核"), one("复核日期"), one("复核意见")),
	statement(RoleGrant, "授予角色", one("人员编号"), one("姓名"), one("所在机构"), one("岗位"), one("角色"), one("现有角色"), one("授予后角色"), one("理由")),
	statement(RoleRemoval, "免去角色", one("人员编号"), one("姓名"), one("所在机构"), one("岗位"), one("角色"), one("现有角色"), one("免去后角色"), one("理由")),
	batch(RoleReview, "审阅任职变动", one("审阅范围")),
	batch(Import, "导入申请", one("计划年度"), one("导入编号"), one("文件摘要"), one("选择"), one("行数合计")),
	batch(ImportChange, "导入改动", one("计划年度"), one("文件摘要"), one("行数合计")),
	statement(EarlyRenewal, "未到期放行", one("计划年度"), one("申请人"), one("学校"), one("申请编号"), maybe("证件号码索引"), one("上次注册有效期至"), one("理由")),
	batch(Review, "学校审查", one("计划年度"), one("学校"), one("审查结论")),
	statement(ReviewAdverse, "学校审查（不利建议）", one("计划年度"), one("记录"), one("申请人"), one("学校"),
		one("核对结果"), some("更正"), some("规则发现"), one("审查结论"), one("理由")),
	statement(NotAccept, "不予受理", one("计划年度"), one("记录"), one("申请人"), one("学校"), some("更正"), many("规则发现"), one("理由")),
	batch(Send, "学校上报", one("计划年度"), one("学校"), one("名单摘要")),
	statement(Return, "退回学校", one("计划年度"), one("记录"), one("申请人"), one("学校"), one("理由")),
	batch(Conclude, "注册结论", one("计划年度"), one("结论"), one("规则包"), maybe("依据")), // the older texts name the pack only
	statement(ConcludeAdverse, "注册结论（不利）", one("计划年度"), one("记录"), one("申请人"), one("学校"),
		one("任教学科"), one("结论"), one("规则包"), many("规则发现"), maybe("提前注册"), one("依据"), one("理由")),
	statement(ConcludeOverride, "注册结论（不同于规则建议）", one("计划年度"), one("记录"), one("申请人"), one("学校"),
		one("任教学科"), one("结论"), one("规则包"), many("规则发现"), maybe("提前注册"), one("依据"), one("理由")),
	statement(Withdraw, "撤回申请", one("计划年度"), one("记录"), one("申请人"), one("学校"), one("原状态"), one("理由"), one("申请书页码"), one("扫描件摘要")),
	statement(Hold, "暂停办理", one("计划年度"), one("记录"), one("申请人"), one("学校"), one("原状态"), one("案号"), one("理由")),
	statement(Release, "恢复办理", one("计划年度"), one("记录"), one("申请人"), one("学校"), one("案号"), one("恢复到"), one("理由")),
	statement(SenderName, "委托上报", one("学校"), one("方式"), one("受托方"), one("开始"), one("结束"), one("理由")),
	statement(SenderEnd, "终止委托上报", one("学校"), one("委托编号"), one("方式"), one("受托方"), one("理由")),
	statement(RelativeDeclare, "申报亲属", one("学校"), one("申请编号"), one("关系")),
	statement(RelativeRemove, "撤销亲属申报", one("学校"), one("申请编号"), one("关系"), one("理由")),
	statement(Window, "时段调整", one("计划年度"), one("适用机构"), one("阶段"), one("原开始"), one("原结束"), one("新开始"), one("新结束"),
		one("理由"), maybe("文号")),
	statement(Days, "节假日安排", one("计划年度"), one("原放假日期"), one("原调休上班"), one("放假日期"), one("调休上班"), one("文号"), one("理由")),
	statement(Licence, "登记办学许可", one("学校"), one("许可证号")),
	oneKey(KeyRevoke, "停用钥匙"),
	oneKey(KeyLost, "报失"),
	statement(KeyEnrol, "签发钥匙证书", one("领用人"), one("领用人机构"), one("钥匙序列号"), one("颁发者"), one("算法"), one("公钥摘要"), maybe("证书指纹")),
	statement(KeyTakeover, "接管钥匙", one("领用人"), one("钥匙序列号"), one("钥匙指纹"), one("责任")),
	statement(KeyRenew, "换发证书", one("保管人"), one("钥匙序列号"), one("原钥匙指纹"), one("算法"), one("公钥摘要")),
	statement(CustodianList, "托管人名单", one("名单编号"), one("接续"), one("法定人数"), many("托管人"), one("理由")),
	emergency(EmergencyCall, "紧急开启", one("托管人名单"), one("截止时间")),
	emergency(EmergencyUse, "紧急恢复", one("使用期限")),
	statement(PolicyChange, "政策变更", one("政策编号"), one("接续"), one("政策摘要"), maybe("恢复自"), one("生效时间"),
		some("新增规定"), some("删除规定"), one("影响人员"), one("理由")),

	order(EnrolRequest, "在钥匙里生成密钥", one("领用人"), one("钥匙序列号"), maybe("钥匙名称"), one("算法"), some("已有证书")),
	order(InstallRequest, "把证书写入钥匙", one("领用人"), one("钥匙序列号"), maybe("钥匙名称"), one("公钥摘要"), one("证书"), some("上级证书"), some("清除证书")),
	oneKey(KeyFound, "登记找回"),
	oneKey(KeySuspend, "暂停使用钥匙"),
	oneKey(KeyRestore, "恢复使用钥匙"),
	oneKey(KeyReceive, "收回钥匙入库"),
	oneKey(KeyDestroy, "销毁钥匙"),
	batch(KeyDelivery, "新钥匙入库", one("交货编号"), one("供货单位"), one("文件摘要"), one("选择"), one("把数合计")),
	statement(KeyRequest, "申领钥匙", one("申领编号"), one("领用人"), one("领用机构"), one("理由")),
	statement(KeyAssign, "配发钥匙", one("钥匙序列号"), one("保管人"), one("领用人"), one("申领编号"), one("申领人"), one("理由")),
	statement(KeyDecline, "不予配发钥匙", one("申领编号"), one("领用人"), one("申领人"), one("申领理由"), one("理由")),
	statement(KeyHandover, "交出钥匙", one("交出人"), one("接收人"), one("钥匙序列号"), one("钥匙指纹"), one("理由")),
	statement(KeyStore, "库存钥匙交接", one("交出人"), one("接收人"), one("把数合计"), many("钥匙"), one("理由")),
	statement(StocktakeOpen, "钥匙盘点开始", one("盘点年度"), one("应盘把数")),
	statement(StocktakeProve, "钥匙盘点自证", one("盘点年度"), one("保管人"), one("钥匙序列号"), one("钥匙指纹")),
	batch(StocktakeCount, "钥匙库存清点", one("盘点年度"), one("把数合计")),
	statement(StocktakeClose, "钥匙盘点结束", one("盘点年度"), one("应盘把数"), one("自证把数"), one("清点把数"), one("缺少把数"), some("缺少"), one("说明")),
	statement(MediumRegister, "登记介质", one("介质编号"), one("种类"), one("保管人"), one("加密"), one("存放地点"), one("内容")),
	oneMedium(MediumHandover, "交出介质", one("接收人")),
	oneMedium(MediumTakeover, "接收介质", one("接收人")),
	oneMedium(MediumReceive, "收回介质", one("接收人")),
	oneMedium(MediumLost, "报失介质"),
	oneMedium(MediumWipe, "清除介质"),
	oneMedium(MediumDestroy, "销毁介质"),

	// An entry: the leaf of the log, at most 2 KiB, no names.
	{Kind: EntryText, Title: "日志条目", Labels: []Label{
		one("序号"), one("前一条"), one("收到"), one("入册"), one("行为"), one("人员"), one("钥匙"), one("机构"), one("主体"),
		one("签署进度"), one("陈述摘要"), one("签章摘要"), one("状态摘要"), maybe("说明"),
	}},
	// A state: one row per record that the act touched.
	{Kind: StateText, Title: "记录状态", Labels: []Label{one("序号"), one("行为"), one("记录数")}, Table: true,
		Columns: []string{"主体", "前一条", "状态摘要"}},
}

// FormOf gives the form of a kind, and whether there is one.
func FormOf(kind Kind) (Form, bool) {
	for _, f := range forms {
		if f.Kind == kind {
			return f, true
		}
	}
	return Form{}, false
}

// TitleOf gives what people call a kind, or the kind itself when the list does
// not hold it.
func TitleOf(kind Kind) string {
	if f, ok := FormOf(kind); ok {
		return f.Title
	}
	return string(kind)
}

// Forms lists every form, in the order of the SPEC.
func Forms() []Form { return append([]Form(nil), forms...) }
