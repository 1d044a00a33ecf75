package seal

import "fmt"

// Reason is the fixed name of one way in which a text, an annex or a seal can
// be wrong. Names are stable: tests, logs and metrics may use them.
type Reason string

// Reasons concerning a text or an annex.
const (
	TooLarge      Reason = "too-large"
	BadFormat     Reason = "bad-format"
	BadKind       Reason = "bad-kind"
	BadEncoding   Reason = "bad-encoding"
	BadCharacter  Reason = "bad-character"
	BadSpace      Reason = "bad-space"
	EmptyValue    Reason = "empty-value"
	BadLabel      Reason = "bad-label"
	MissingLabel  Reason = "missing-label"
	BadRow        Reason = "bad-row"
	BadHeader     Reason = "bad-header"
	BadAnnex      Reason = "bad-annex"
	AnnexMismatch Reason = "annex-mismatch"
)

// Reasons concerning a seal's DER and its key.
const (
	NotCMS             Reason = "not-cms"
	NotDER             Reason = "not-der"
	BadVersion         Reason = "bad-version"
	NotData            Reason = "not-data"
	EmbeddedContent    Reason = "embedded-content"
	BadCertificates    Reason = "bad-certificates"
	SignerCount        Reason = "signer-count"
	BadSignerID        Reason = "bad-signer-id"
	NoAttributes       Reason = "no-attributes"
	AttributeOrder     Reason = "attribute-order"
	AttributeRepeated  Reason = "attribute-repeated"
	AttributeMissing   Reason = "attribute-missing"
	AttributeUnknown   Reason = "attribute-unknown"
	AttributeValue     Reason = "attribute-value"
	BadContentType     Reason = "bad-content-type"
	BadMessageDigest   Reason = "bad-message-digest"
	BadSigningCert     Reason = "bad-signing-certificate"
	BadSigningTime     Reason = "bad-signing-time"
	BadAlgorithm       Reason = "bad-algorithm"
	BadKey             Reason = "bad-key"
	BadSignature       Reason = "bad-signature"
	UnsignedAttribute  Reason = "unsigned-attribute"
	BadKeyUsage        Reason = "bad-key-usage"
	BadExtendedUsage   Reason = "bad-extended-key-usage"
	CertificateTime    Reason = "certificate-time"
	BadPath            Reason = "bad-path"
	SignerRefused      Reason = "signer-refused"
	KeyNotOfLeaf       Reason = "key-not-of-leaf"
	WrongPortal        Reason = "wrong-portal"
	WrongPurpose       Reason = "wrong-purpose"
	Expired            Reason = "expired"
	NotYetIssued       Reason = "not-yet-issued"
	NotSigner          Reason = "not-signer"
	WorkstationClock   Reason = "workstation-clock"
	NotTrusted         Reason = "not-trusted"
	UnsupportedSigning Reason = "unsupported-signing"
)

// sentences say what is wrong and what to do; %s is the place, which never
// repeats a value of the text.
var sentences = map[Reason]string{
	TooLarge:      "%s超过允许的大小，不能受理；请减少一次签署的行数，分批办理。",
	BadFormat:     "%s不符合签署文本的固定格式；文本可能被改动或截断，请回到门户重新生成后再签。",
	BadKind:       "%s的种类不在本版本的清单内；请确认门户与签署程序的版本一致。",
	BadEncoding:   "%s不是规范的 UTF-8（NFC）文字；请回到门户重新生成，导入的文字请先经姓名用字转换。",
	BadCharacter:  "%s含有不允许的字符（控制符、不可见字符、专用区或未定义的字符）；请删去或改用标准汉字后重试。",
	BadSpace:      "%s的开头或结尾有空格；请删去空格后重试。",
	EmptyValue:    "%s没有内容；请填写，确实没有的写“无”。",
	BadLabel:      "%s不是此处应有的栏目，栏目不能增加、重复或调换顺序；请回到门户重新生成后再签。",
	MissingLabel:  "缺少%s；文本不完整，请回到门户重新生成后再签。",
	BadRow:        "%s的列数、序号或内容不合格式；请回到门户重新生成后再签。",
	BadHeader:     "%s写法不合规定；请回到门户重新生成后再签。",
	BadAnnex:      "附件%s不合格式；附件可能被改动，请回到门户重新生成后再签。",
	AnnexMismatch: "附件%s与正文所列摘要不符，附件已被改动或拿错；请勿签署，回到门户重新生成。",

	NotCMS:            "签章不是可识别的 CMS 签名文件%s；请重新签署，不要转换或编辑签章文件。",
	NotDER:            "签章的编码不是唯一规范的 DER 写法，或后面多出字节%s；请重新签署，不要转换或编辑签章文件。",
	BadVersion:        "签章的版本号不是 1%s；请用本系统的签署程序重新签署。",
	NotData:           "签章所签的内容类型不是普通数据%s；请用本系统的签署程序重新签署。",
	EmbeddedContent:   "签章里夹带了正文%s；本系统只接受与正文分开的签章，请重新签署。",
	BadCertificates:   "签章所附的证书不合要求%s：须附签署人证书，其余只能是它的上级证书；请重新签署。",
	SignerCount:       "签章里的签名不是恰好一个%s；每人须各自签署一份，请重新签署。",
	BadSignerID:       "签章没有以颁发者和序列号指明所附的签署人证书%s；请用本系统的签署程序重新签署。",
	NoAttributes:      "签章没有签名属性%s；请用本系统的签署程序重新签署。",
	AttributeOrder:    "签章的签名属性没有按规定排序%s；签章可能被改动，请重新签署。",
	AttributeRepeated: "签章的签名属性重复%s；签章可能被改动，请重新签署。",
	AttributeMissing:  "签章缺少必需的签名属性%s；请用本系统的签署程序重新签署。",
	AttributeUnknown:  "签章带有本系统不认识的签名属性%s；请用本系统的签署程序重新签署。",
	AttributeValue:    "签章的签名属性不是恰好一个合格的值%s；签章可能被改动，请重新签署。",
	BadContentType:    "签章声明的内容类型与正文不一致%s；请用本系统的签署程序重新签署。",
	BadMessageDigest:  "正文与签章不符，签署之后正文被改动或拿错了文件%s；请核对原文，必要时重新签署。",
	BadSigningCert:    "签章绑定的证书与所附的签署人证书不一致%s；签章可能被拼接，请重新签署。",
	BadSigningTime:    "签章里的签署时间写法不合规定%s；请重新签署。",
	BadAlgorithm:      "签章的算法不在允许之列或前后不一致%s：只接受 ECDSA P-256 或 RSA，配 SHA-256；请换用合格的钥匙。",
	BadKey:            "签署人证书里的公钥不合要求%s：须为 P-256 曲线上的点或不少于 2048 位的 RSA；请换发钥匙。",
	BadSignature:      "签名验证不通过，签章不是这把钥匙对这份正文所签，或已被改动%s；请重新签署。",
	UnsignedAttribute: "签章带有时间戳以外的附加属性%s；签章可能被改动，请重新签署。",
	BadKeyUsage:       "签署人证书的钥匙用途不含数字签名，或是签发证书用的%s；请换用个人签署钥匙。",
	BadExtendedUsage:  "签署人证书的扩展用途不含客户端身份认证%s；请换用个人签署钥匙。",
	CertificateTime:   "收到签章时签署人证书尚未生效或已经过期%s；请到发钥匙的单位更换证书后重新签署。",
	BadPath:           "签署人证书不能追溯到受信任的签发机构%s；请确认钥匙由本单位认可的机构签发。",

	WrongPortal:      "这份文本不是本门户出具的%s；请回到出具它的门户办理。",
	WrongPurpose:     "这份文本的用途与所办事项不同，不能挪用%s；请回到门户就本事项重新签署。",
	Expired:          "签章送到时文本已过有效期%s；请回到门户重新生成后再签。",
	NotYetIssued:     "文本的出具时间晚于收到签章的时间%s；请核对时钟，回到门户重新生成。",
	NotSigner:        "签章所用的钥匙不在文本列明的签署人之内%s；请由列明的本人用登记的钥匙签署。",
	WorkstationClock: "签章里的签署时间与服务器时间相差超过 10 分钟%s；请校准这台工作站的时钟后重新签署。",

	SignerRefused:      "钥匙没有完成签名%s；请确认钥匙插好、口令正确后重试。",
	KeyNotOfLeaf:       "钥匙里的私钥与所选证书不配对%s；请重新选择证书，或到发钥匙的单位检查。",
	NotTrusted:         "没有可用的受信任签发机构%s；请管理员检查签发机构的配置。",
	UnsupportedSigning: "这种钥匙不能用于签署%s：须为 ECDSA P-256 或不少于 2048 位的 RSA；请换用合格的钥匙。",
}

// Error says why a text, annex or seal was refused. Where names the place by
// number or by one of our own labels, never by a value.
type Error struct {
	Reason Reason
	Where  string
	Err    error // the cause, for Unwrap; it is never printed, it may name people
}

// Sentence says in Chinese what is wrong and what to do.
func (e *Error) Sentence() string {
	format, ok := sentences[e.Reason]
	if !ok {
		format = "签署文本或签章不合规定%s；请回到门户重新生成后再签。"
	}
	where := e.Where
	if where != "" && bracketed[e.Reason] {
		where = "（" + where + "）"
	}
	return fmt.Sprintf(format, where)
}

func (e *Error) Error() string { return "seal: " + string(e.Reason) + ": " + e.Sentence() }
func (e *Error) Unwrap() error { return e.Err }

// bracketed reasons carry the place in brackets; in the others it is part of
// the sentence.
var bracketed = func() map[Reason]bool {
	m := map[Reason]bool{}
	for r := range sentences {
		m[r] = true
	}
	for _, r := range []Reason{TooLarge, BadFormat, BadKind, BadEncoding, BadCharacter, BadSpace, EmptyValue,
		BadLabel, MissingLabel, BadRow, BadHeader, BadAnnex, AnnexMismatch} {
		delete(m, r)
	}
	return m
}()

func refuse(reason Reason, where string) error { return &Error{Reason: reason, Where: where} }

func refuseFor(reason Reason, where string, err error) error {
	return &Error{Reason: reason, Where: where, Err: err}
}

func line(n int) string { return fmt.Sprintf("第 %d 行", n) }
