package hsm

// Tries is what a token tells of the tries its PIN has left. PKCS#11 has three
// flags and no number, so nobody can say "two tries left".
type Tries string

// The states of tries.
const (
	TriesOK     Tries = "ok"
	TriesLow    Tries = "low"
	TriesFinal  Tries = "final"
	TriesLocked Tries = "locked"
)

// Sentence says the state of tries to the person about to type a PIN; it is
// empty when there is nothing to heed.
func (t Tries) Sentence() string {
	switch t {
	case TriesLow:
		return "此前输错过 PIN，剩余次数已经减少；没有把握时请先停下，向安全保密管理员核实。"
	case TriesFinal:
		return "只剩最后一次机会：再输错一次，钥匙就会锁死。没有十足把握请不要再试，先联系安全保密管理员。"
	case TriesLocked:
		return "PIN 已锁定，不能再试；请带上钥匙找安全保密管理员解锁。"
	}
	return ""
}

// Sentence says to a person what happened and how to go on.
func (e *Error) Sentence() string {
	s, ok := sentences[e.Kind]
	if !ok {
		s = sentences[Other]
	}
	if e.Kind == WrongPIN {
		if more := e.Tries.Sentence(); more != "" {
			s += more
		}
	}
	return s
}

// sentences holds for each kind what happened and the way forward.
var sentences = map[Kind]string{
	NoModule:              "找不到或装不上钥匙的驱动模块（PKCS#11）。请安装钥匙厂家的驱动，并核对配置里的模块路径，再试一次。",
	NoToken:               "没有找到所需的钥匙。请插好 USB 钥匙，等指示灯亮起后重试；若插着仍找不到，请核对配置里的钥匙名称与序列号。",
	TwoTokens:             "找到不止一把符合条件的钥匙，无法判断用哪一把。请只留下自己的那一把，或在配置里写明序列号，再试一次。",
	WrongPIN:              "PIN 不对，钥匙没有签名。请核对后重新输入，不要连续尝试。",
	PINLocked:             "钥匙的 PIN 已经锁定，不能继续使用。请带上钥匙找安全保密管理员解锁；之前签过的内容不受影响。",
	PINFormat:             "PIN 的长度或字符不合这把钥匙的要求。请按发放时的说明核对位数，重新输入。",
	PINExpired:            "钥匙的 PIN 已过有效期。请先用厂家的工具修改 PIN，再回来签名。",
	PINUnset:              "这把钥匙还没有设置 PIN。请找安全保密管理员完成初始化后再使用。",
	TokenRemoved:          "钥匙在使用中被拔出或断开了，这次没有签成。请重新插好，等指示灯亮起后再试一次。",
	TokenFull:             "钥匙里的存储空间已满，写不进新的内容。请清理不用的证书，或换一把钥匙。",
	NoKey:                 "钥匙里没有所需的私钥。请确认插的是领用登记的那一把；若是，请联系安全保密管理员重新办理。",
	TwoKeys:               "钥匙里有不止一个同名的私钥，无法判断用哪一个。请用编号（id）指明，或联系安全保密管理员清理。",
	KeyExists:             "钥匙里已经有同样名称或编号的钥匙，为免覆盖没有新建。请换一个名称，或先核实旧的是否还在使用。",
	KeyWithoutCertificate: "钥匙里有私钥，但没有与它配套的证书。请联系安全保密管理员把证书写入钥匙后再使用。",
	KeyChanged:            "重新连上后，同名的私钥已经不是原来那一个，为安全起见没有签名。请确认插回的是同一把钥匙，并联系安全保密管理员核实。",
	SessionDead:           "与钥匙的连接已经失效，自动重连也没有成功。请拔下钥匙重新插好，再试一次。",
	ModuleCrashed:         "钥匙的驱动模块出错，停止了工作，这次没有签成。请重启本程序；若仍然出错，请重装厂家驱动或联系技术人员。",
	Cancelled:             "这次操作已被取消，没有签名。需要时请重新开始。",
	Timeout:               "钥匙没有在规定时间内回应，这次没有得到签名。请看钥匙上是否在等待确认，重新插好后再试一次。",
	Busy:                  "钥匙正忙，排队的请求太多。请稍等片刻再试；若一直如此，请关闭其他正在使用钥匙的程序。",
	Closed:                "与钥匙的连接已经关闭。请重新登录钥匙后再试。",
	Unsupported:           "这把钥匙或它的驱动不支持所需的算法或功能。请换用支持 ECDSA P-256 或 RSA 2048 位以上的钥匙，或升级厂家驱动。",
	NotPermitted:          "钥匙不允许这项操作：私钥的用途受限，或钥匙处于写保护。请联系安全保密管理员核对钥匙的用途设置。",
	Damaged:               "密文解不开：内容被改动过、不完整，或不是用这把钥匙加密的。请核对来源，从备份中取回原件。",
	BadURI:                "配置里的钥匙地址（pkcs11: URI）写得不对。请按 RFC 7512 的格式改正后重新启动。",
	PINSource:             "读不到 PIN 文件，或者它不够安全。PIN 只能写在一个仅本人可读（权限 0600）的文件里，由 pin-source 指明，不能直接写在地址中。请改正后重新启动。",
	Other:                 "钥匙返回了没有预料到的错误，这次没有签成。请重新插好钥匙再试；若仍然出错，请把日志里的错误号告诉技术人员。",
}
