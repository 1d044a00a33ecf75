package policy

// Act is one thing a person or the system does. The constants are the closed
// list: LoadFrom refuses a line with any other word, and so does May.
type Act string

// The acts of the first stretch of the journey (domain sections 1 and 5).
const (
	Login                Act = "login"                  // 登录
	LoginByTLS           Act = "login_tls"              // 登录 on the TLS road: the key proved itself in the handshake
	Logout               Act = "logout"                 // 退出
	EndSession           Act = "end_session"            // 结束他人的登录
	ViewHome             Act = "view_home"              // 今日办理
	ListStaff            Act = "list_staff"             // 查看人员 (R54)
	FileStaff            Act = "file_staff"             // 人员备案 (R54)
	CheckStaff           Act = "check_staff"            // 审核人员备案 (R54)
	EndPost              Act = "end_post"               // 离岗备案 (R54)
	ExitStaff            Act = "exit_staff"             // 办结离岗 (R54)
	SignPledge           Act = "sign_pledge"            // 签署承诺书 (R54)
	EnterTraining        Act = "enter_training"         // 登记培训 (R43)
	ConfirmTraining      Act = "confirm_training"       // 确认培训 (R43)
	ViewSheet            Act = "view_sheet"             // 查看责任书 (R55)
	SignSheet            Act = "sign_sheet"             // 签署责任书 (R55)
	ViewRules            Act = "view_rules"             // 查看值班表和制度 (R63)
	FileRules            Act = "file_rules"             // 报备值班表和制度 (R63)
	ReviewRules          Act = "review_rules"           // 复核值班表和制度 (R63)
	ViewSecurity         Act = "view_security"          // 查看安全记录 (R53)
	RecordLesson         Act = "record_lesson"          // 登记安全教育 (R53)
	RecordDrill          Act = "record_drill"           // 登记应急演练 (R53)
	RecordIncident       Act = "record_incident"        // 登记安全事件 (R53)
	AddToIncident        Act = "add_to_incident"        // 补记安全事件 (R53)
	AskRole              Act = "ask_role"               // 申请授予角色
	GrantRole            Act = "grant_role"             // 授予角色
	RemoveRole           Act = "remove_role"            // 免去角色
	ListRoles            Act = "list_roles"             // 查看任职变动
	ReviewRoles          Act = "review_roles"           // 审阅任职变动
	ViewPlan             Act = "view_plan"              // 查看年度计划
	SetWindow            Act = "set_window"             // 时段调整 (R33)
	SetDays              Act = "set_days"               // 节假日安排 (R24)
	SetLicence           Act = "set_licence"            // 登记办学许可 (R02)
	List                 Act = "list"                   // 申请列表
	View                 Act = "view"                   // 查看申请
	Reveal               Act = "reveal"                 // 查看完整号码 (R60)
	RevealPhone          Act = "reveal_phone"           // 查看完整手机号 (R60)
	ImportSheet          Act = "import_sheet"           // 导入申请 (R13)
	AllowEarly           Act = "allow_early"            // 未到期放行 (R05)
	CountersignEarly     Act = "countersign_early"      // 复签未到期放行 (R50)
	Accept               Act = "accept"                 // 受理
	Review               Act = "review"                 // 学校审查 (R16-R19)
	NotAccept            Act = "not_accept"             // 不予受理
	CountersignNotAccept Act = "countersign_not_accept" // 不予受理复签
	Send                 Act = "send"                   // 学校上报 (R20)
	ReturnToSchool       Act = "return_to_school"       // 退回学校 (R22)
	Conclude             Act = "conclude"               // 给出注册结论, batch or single (R23)
	Confirm              Act = "confirm"                // 复签注册结论 (R24)
	NameSender           Act = "name_sender"            // 委托上报 (domain section 4)
	EndSender            Act = "end_sender"             // 终止委托上报
	DeclareRelative      Act = "declare_relative"       // 申报亲属 (R15)
	RemoveRelative       Act = "remove_relative"        // 撤销亲属申报
	CountersignRelative  Act = "countersign_relative"   // 复签撤销亲属申报
	Withdraw             Act = "withdraw"               // 撤回申请, at the teacher's paper request
	CountersignWithdraw  Act = "countersign_withdraw"   // 撤回申请复签
	Hold                 Act = "hold"                   // 暂停办理, under a case number (R52)
	Release              Act = "release"                // 恢复办理
	ViewReceipt          Act = "view_receipt"           // 查看签署回执
	ViewProof            Act = "view_proof"             // 取证明文件
	ReadLog              Act = "read_log"               // 查阅日志
	ListKeys             Act = "list_keys"              // 查看钥匙
	RevokeKey            Act = "revoke_key"             // 停用钥匙
	ReportLoss           Act = "report_loss"            // 报失: by an officer, or the head for own staff
	ViewPolicy           Act = "view_policy"            // 查看政策
	ProposePolicy        Act = "propose_policy"         // 提出政策变更 (SEC)
	CountersignPolicy    Act = "countersign_policy"     // 复签政策变更 (ML)
	EnrolKey             Act = "enrol_key"              // 签发钥匙证书, by the officer
	RenewKey             Act = "renew_key"              // 换发证书, by the holder with the old key
	DropRenewal          Act = "drop_renewal"           // 放弃换发的证书, by the holder
	TakeOverKey          Act = "take_over_key"          // 接管钥匙: the holder's first seal with a key
	SetCustodians        Act = "set_custodians"         // 提出托管人名单 (SEC)
	CountersignCustodian Act = "countersign_custodians" // 复签托管人名单 (ML)
	SealEmergency        Act = "seal_emergency"         // 签署紧急开启, a custodian
	UseEmergency         Act = "use_emergency"          // 紧急恢复, the named person, once
	AcknowledgeEmergency Act = "acknowledge_emergency"  // 知悉紧急事项, an officer
	DrillRecovery        Act = "drill_recovery"         // 恢复演练, by portal recover --drill
	RecoverKeyring       Act = "recover_keyring"        // 恢复密钥环, by portal recover
	RenewShares          Act = "renew_shares"           // 重发恢复份额, by portal recover --new-shares
	ReportOwnLoss        Act = "report_own_loss"        // 报失 by the holder's one-time code
	SuspendRevoked       Act = "suspend_revoked"        // 暂停 by the system: the issuer ended the certificate
	IssueLossCode        Act = "issue_loss_code"        // 领取报失口令, by the holder
	DeliverKeys          Act = "deliver_keys"           // 新钥匙入库
	RequestKey           Act = "request_key"            // 申领钥匙
	DeclineKey           Act = "decline_key"            // 不予配发钥匙, with a reason
	AssignKey            Act = "assign_key"             // 配发钥匙
	HandOverKey          Act = "hand_over_key"          // 交出钥匙
	HandOverStore        Act = "hand_over_store"        // 库存钥匙交接, between two security officers
	ReceiveKey           Act = "receive_key"            // 收回钥匙入库
	SuspendKey           Act = "suspend_key"            // 暂停使用钥匙
	RestoreKey           Act = "restore_key"            // 恢复使用钥匙, with a second person
	FindKey              Act = "find_key"               // 登记找回
	DestroyKey           Act = "destroy_key"            // 销毁钥匙, with a second person
	CountersignCustody   Act = "countersign_custody"    // 复签钥匙事项: the second person
	OpenStocktake        Act = "open_stocktake"         // 钥匙盘点开始
	ProveKey             Act = "prove_key"              // 盘点自证, by the holder
	CountKeys            Act = "count_keys"             // 库存清点
	CloseStocktake       Act = "close_stocktake"        // 钥匙盘点结束, with a second person
	ListMedia            Act = "list_media"             // 查看介质
	RegisterMedium       Act = "register_medium"        // 登记介质 (R59)
	HandOverMedium       Act = "hand_over_medium"       // 交出介质
	TakeOverMedium       Act = "take_over_medium"       // 接收介质
	ReceiveMedium        Act = "receive_medium"         // 收回介质, of somebody who can seal no more (R54)
	LoseMedium           Act = "lose_medium"            // 报失介质
	EndMedium            Act = "end_medium"             // 清除或销毁介质, with a second person
	Genesis              Act = "genesis"                // 启用: entry 0
	Refusal              Act = "refusal"                // a refusal that becomes an entry
	VoidProposal         Act = "void_proposal"          // an act of several people that lapsed
)

// Resource is what an act touches. Each act has exactly one.
type Resource string

// The resources.
const (
	SessionResource     Resource = "session"
	HomeResource        Resource = "home"
	PlanResource        Resource = "plan"
	LicenceResource     Resource = "licence"
	ApplicationResource Resource = "application"
	ImportResource      Resource = "import"
	SenderResource      Resource = "sender"
	RelativeResource    Resource = "relative"
	ReceiptResource     Resource = "receipt"
	ProofResource       Resource = "proof"
	LogResource         Resource = "log"
	KeyResource         Resource = "key"
	StaffResource       Resource = "staff"
	AppointmentResource Resource = "appointment"
	MediumResource      Resource = "medium"
	DutyResource        Resource = "duty"
	SecurityResource    Resource = "security"
	InstitutionResource Resource = "institution"
	RefusalResource     Resource = "refusal"
	ProposalResource    Resource = "proposal"
	PolicyResource      Resource = "policy"
	EmergencyResource   Resource = "emergency"
	KeyringResource     Resource = "keyring"
)

// actRow binds an act to its resource and to the words people read.
type actRow struct {
	Act      Act
	Resource Resource
	Name     string
}

// acts is the closed list, in the order of the journey.
var acts = []actRow{
	{Login, SessionResource, "登录"},
	{LoginByTLS, SessionResource, "证书登录"},
	{Logout, SessionResource, "退出"},
	{EndSession, SessionResource, "结束他人的登录"},
	{ViewHome, HomeResource, "今日办理"},
	{ListStaff, StaffResource, "查看人员"},
	{FileStaff, StaffResource, "人员备案"},
	{CheckStaff, StaffResource, "审核人员备案"},
	{EndPost, StaffResource, "离岗备案"},
	{ExitStaff, StaffResource, "办结离岗"},
	{SignPledge, StaffResource, "签署承诺书"},
	{EnterTraining, StaffResource, "登记培训"},
	{ConfirmTraining, StaffResource, "确认培训"},
	{ViewSheet, DutyResource, "查看责任书"},
	{SignSheet, DutyResource, "签署责任书"},
	{ViewRules, DutyResource, "查看值班表和制度"},
	{FileRules, DutyResource, "报备值班表和制度"},
	{ReviewRules, DutyResource, "复核值班表和制度"},
	{ViewSecurity, SecurityResource, "查看安全记录"},
	{RecordLesson, SecurityResource, "登记安全教育"},
	{RecordDrill, SecurityResource, "登记应急演练"},
	{RecordIncident, SecurityResource, "登记安全事件"},
	{AddToIncident, SecurityResource, "补记安全事件"},
	{AskRole, AppointmentResource, "申请授予角色"},
	{GrantRole, AppointmentResource, "授予角色"},
	{RemoveRole, AppointmentResource, "免去角色"},
	{ListRoles, AppointmentResource, "查看任职变动"},
	{ReviewRoles, AppointmentResource, "审阅任职变动"},
	{ViewPlan, PlanResource, "查看年度计划"},
	{SetWindow, PlanResource, "时段调整"},
	{SetDays, PlanResource, "节假日安排"},
	{SetLicence, LicenceResource, "登记办学许可"},
	{List, ApplicationResource, "查看申请列表"},
	{View, ApplicationResource, "查看申请"},
	{Reveal, ApplicationResource, "查看完整号码"},
	{RevealPhone, StaffResource, "查看完整手机号"},
	{ImportSheet, ImportResource, "导入申请"},
	{AllowEarly, ApplicationResource, "未到期放行"},
	{CountersignEarly, ApplicationResource, "复签未到期放行"},
	{Accept, ApplicationResource, "受理申请"},
	{Review, ApplicationResource, "学校审查"},
	{NotAccept, ApplicationResource, "不予受理"},
	{CountersignNotAccept, ApplicationResource, "复签不予受理"},
	{Send, ApplicationResource, "学校上报"},
	{ReturnToSchool, ApplicationResource, "退回学校"},
	{Conclude, ApplicationResource, "给出注册结论"},
	{Confirm, ApplicationResource, "复签注册结论"},
	{NameSender, SenderResource, "委托上报"},
	{EndSender, SenderResource, "终止委托上报"},
	{DeclareRelative, RelativeResource, "申报亲属"},
	{RemoveRelative, RelativeResource, "撤销亲属申报"},
	{CountersignRelative, RelativeResource, "复签撤销亲属申报"},
	{Withdraw, ApplicationResource, "撤回申请"},
	{CountersignWithdraw, ApplicationResource, "复签撤回申请"},
	{Hold, ApplicationResource, "暂停办理"},
	{Release, ApplicationResource, "恢复办理"},
	{ViewReceipt, ReceiptResource, "查看签署回执"},
	{ViewProof, ProofResource, "取证明文件"},
	{ReadLog, LogResource, "查阅日志"},
	{ListKeys, KeyResource, "查看钥匙"},
	{RevokeKey, KeyResource, "停用钥匙"},
	{ReportLoss, KeyResource, "报失钥匙"},
	{ViewPolicy, PolicyResource, "查看政策"},
	{ProposePolicy, PolicyResource, "提出政策变更"},
	{CountersignPolicy, PolicyResource, "复签政策变更"},
	{EnrolKey, KeyResource, "签发钥匙证书"},
	{RenewKey, KeyResource, "换发证书"},
	{DropRenewal, KeyResource, "放弃换发的证书"},
	{TakeOverKey, KeyResource, "接管钥匙"},
	{SetCustodians, EmergencyResource, "提出托管人名单"},
	{CountersignCustodian, EmergencyResource, "复签托管人名单"},
	{SealEmergency, EmergencyResource, "签署紧急开启"},
	{UseEmergency, EmergencyResource, "紧急恢复"},
	{AcknowledgeEmergency, EmergencyResource, "知悉紧急事项"},
	{DrillRecovery, KeyringResource, "恢复演练"},
	{RecoverKeyring, KeyringResource, "恢复密钥环"},
	{RenewShares, KeyringResource, "重发恢复份额"},
	{ReportOwnLoss, KeyResource, "凭口令报失钥匙"},
	{SuspendRevoked, KeyResource, "暂停已被吊销的钥匙"},
	{IssueLossCode, KeyResource, "领取报失口令"},
	{DeliverKeys, KeyResource, "新钥匙入库"},
	{RequestKey, KeyResource, "申领钥匙"},
	{AssignKey, KeyResource, "配发钥匙"},
	{DeclineKey, KeyResource, "不予配发钥匙"},
	{HandOverKey, KeyResource, "交出钥匙"},
	{HandOverStore, KeyResource, "库存钥匙交接"},
	{ReceiveKey, KeyResource, "收回钥匙入库"},
	{SuspendKey, KeyResource, "暂停使用钥匙"},
	{RestoreKey, KeyResource, "恢复使用钥匙"},
	{FindKey, KeyResource, "登记找回钥匙"},
	{DestroyKey, KeyResource, "销毁钥匙"},
	{CountersignCustody, KeyResource, "复签钥匙事项"},
	{OpenStocktake, KeyResource, "钥匙盘点开始"},
	{ProveKey, KeyResource, "盘点自证"},
	{CountKeys, KeyResource, "库存清点"},
	{CloseStocktake, KeyResource, "钥匙盘点结束"},
	{ListMedia, MediumResource, "查看介质"},
	{RegisterMedium, MediumResource, "登记介质"},
	{HandOverMedium, MediumResource, "交出介质"},
	{TakeOverMedium, MediumResource, "接收介质"},
	{ReceiveMedium, MediumResource, "收回介质"},
	{LoseMedium, MediumResource, "报失介质"},
	{EndMedium, MediumResource, "清除或销毁介质"},
	{Genesis, InstitutionResource, "启用"},
	{Refusal, RefusalResource, "拒绝记录"},
	{VoidProposal, ProposalResource, "待签事项失效"},
}

// Acts lists every act, in the order of the journey.
func Acts() []Act {
	list := make([]Act, len(acts))
	for i, row := range acts {
		list[i] = row.Act
	}
	return list
}

// ActResource gives the resource of an act, and whether there is such an act.
func ActResource(act Act) (Resource, bool) {
	for _, row := range acts {
		if row.Act == act {
			return row.Resource, true
		}
	}
	return "", false
}

// Name is the act in the words of the pages; the bare word if it is unknown.
func (a Act) Name() string {
	for _, row := range acts {
		if row.Act == a {
			return row.Name
		}
	}
	return string(a)
}

// Business reports whether an act is business of the registration year: what
// nobody does before filing and training, nor before the head has signed the
// year's responsibility sheet (R54, R43, case 60, R55).
func (a Act) Business() bool {
	resource, _ := ActResource(a)
	return resource == PlanResource || businessData(resource)
}
