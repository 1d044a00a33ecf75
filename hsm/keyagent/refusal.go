package keyagent

import "net/http"

// refusal is the end of a request that was turned away: nothing was signed.
type refusal struct {
	status   int
	reason   string // stable, for the log
	sentence string
	strange  bool // nothing shows that the person's own browser asks: no phrase, no link
	link     string
	late     bool  // the key may have been used for the same text before
	cause    error // for the log
}

func (r *refusal) Error() string {
	if r.cause != nil {
		return "keyagent: " + r.reason + ": " + r.cause.Error()
	}
	return "keyagent: " + r.reason
}

func (r *refusal) Unwrap() error { return r.cause }

// because gives a copy that carries its cause.
func (r refusal) because(err error) *refusal {
	r.cause = err
	return &r
}

// The refusals. Each says what is wrong and how to go on.
var (
	foreignHost = refusal{http.StatusForbidden, "host", "请求用的不是签名助手自己的地址。请关掉这个网页，从门户重新办理；若反复出现，请告诉系统管理员。", true, "", false, nil}
	foreignPeer = refusal{http.StatusForbidden, "peer", "这个请求来自本机的另一个用户，或者查不出是谁发的，签名助手只为登录这台电脑的本人服务。请用本人的账户打开浏览器再办。", true, "", false, nil}
	notFound    = refusal{http.StatusNotFound, "not-found", "签名助手没有这一页。要签署，请从门户的页面开始。", false, "/", false, nil}
	onlyPost    = refusal{http.StatusMethodNotAllowed, "method", "签署只能由门户的页面提交，不能直接打开这个地址。请回到门户，按“去签署”。", false, "/", false, nil}

	noOrigin      = refusal{http.StatusForbidden, "origin-missing", "浏览器没有说明请求来自哪个门户，没有受理。请从门户的页面重新提交；若反复出现，请告诉系统管理员：请求缺少 Origin。", false, "", false, nil}
	nullOrigin    = refusal{http.StatusForbidden, "origin-null", "浏览器隐去了请求来自哪个门户，没有受理。请从门户的页面重新提交；若反复出现，请告诉系统管理员：Origin 为 null，门户页面须带 Referrer-Policy: origin。", false, "", false, nil}
	foreignOrigin = refusal{http.StatusForbidden, "origin-foreign", "请求来自不在名单上的网页，没有受理。请只从本单位的门户办理；要增加门户，请系统管理员改签名助手的配置。", false, "", false, nil}
	framed        = refusal{http.StatusForbidden, "framed", "请求不是由网页整页提交的，没有受理。请关掉嵌着本页的网页，直接打开门户办理。", false, "", false, nil}
	wrongType     = refusal{http.StatusUnsupportedMediaType, "content-type", "请求不是门户的签署表单，没有受理。请从门户的页面重新提交。", false, "", false, nil}
	tooLarge      = refusal{http.StatusRequestEntityTooLarge, "too-large", "请求超过 16 MiB，没有受理。请回到门户减少一次签署的行数，分批办理。", false, "", false, nil}
	brokenForm    = refusal{http.StatusBadRequest, "form", "签署表单的栏目不全、重复或编码不对，没有受理。请回到门户重新提交；若反复出现，请告诉系统管理员。", false, "", false, nil}
	unknownPortal = refusal{http.StatusForbidden, "portal-unknown", "原文写的门户不在名单上，没有受理。请只从本单位的门户办理；要增加门户，请系统管理员改签名助手的配置。", false, "", false, nil}
	lyingPortal   = refusal{http.StatusForbidden, "portal-origin", "原文写的门户与提交它的网页不是同一个，可能有人冒用门户的名义，没有受理。请不要再从那个网页办理，并告诉安全保密管理员。", false, "", false, nil}
	wrongOrder    = refusal{http.StatusUnprocessableEntity, "order-kind", "原文要办的事与提交它的地址不是一回事，没有受理。请回到门户重新提交；若反复出现，请告诉系统管理员。", false, "", false, nil}
	badPackage    = refusal{http.StatusUnprocessableEntity, "order-certificate", "原文里的证书读不出来，或者与它写的公钥摘要、上级证书对不上，没有受理。请回到门户重新生成；若反复出现，请告诉系统管理员。", false, "", false, nil}
	busy          = refusal{http.StatusConflict, "busy", "还有一份没有办完，一次只办一份。请先把那一份签完或放弃，再从门户重新提交。", false, "", false, nil}

	gone       = refusal{http.StatusGone, "gone", "这一份已经签完、放弃或搁置太久，不在了。门户若没有收到签署，请回到门户重新提交。", false, "/", true, nil}
	notOurPage = refusal{http.StatusForbidden, "own-origin", "这次提交不是从签名助手自己的页面来的，没有签署。请关掉那个网页，从门户重新办理。", false, "", false, nil}
	usedOnce   = refusal{http.StatusConflict, "once-used", "这一页已经提交过一次，没有再签。请回到原文那一页，重新输入 PIN。", false, "", true, nil}
	unread     = refusal{http.StatusConflict, "unread", "原文还没有全部显示过，没有签署。请看完各页，或按“全部显示”，再输入 PIN。", false, "", false, nil}
	otherWork  = refusal{http.StatusConflict, "other-work", "这次提交与手上这一份要办的不是一回事，没有办。请回到原文那一页，从那里办理。", false, "", false, nil}
	inHand     = refusal{http.StatusConflict, "in-hand", "钥匙正在为这一份签名，没有再签一次。请等它办完。", false, "", true, nil}
)
