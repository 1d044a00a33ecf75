package portal

import (
	"context"
	"math/big"
	"net/http"

	"github.com/gin-gonic/gin"

	"sealdesk/server/internal/fault"
	"sealdesk/server/internal/issuing"
)

// publish signs a fresh revocation list. When the HSM or the database does not
// answer, the list before stays until it ends by itself.
func (p *Portal) publish(ctx context.Context) {
	if err := p.renewList(ctx); err != nil && ctx.Err() == nil {
		p.log.Warn("the revocation list was not renewed", "cause", err.Error())
	}
}

func (p *Portal) renewList(ctx context.Context) error {
	keys, err := p.store.EndedKeys(ctx)
	if err != nil {
		return err
	}
	now := p.clock()
	var ended []issuing.Ended
	for _, k := range keys {
		code, listed := k.RevocationReason()
		serial, ok := new(big.Int).SetString(k.Serial, 16)
		if !listed || !ok || !k.Own() || validUntil(k).Before(now) {
			continue
		}
		ended = append(ended, issuing.Ended{Serial: serial, At: k.Since, Reason: code})
	}
	list, err := p.authority.Revoke(ended, now)
	if err != nil {
		return err
	}
	p.list.Store(&list.Raw)
	return nil
}

// GET /ca.crl: the list, for programs; nobody need be signed in.
func (p *Portal) revocationList(*call) (answer, error) {
	raw := p.list.Load()
	if raw == nil {
		return nil, fault.New(fault.Unavailable, "吊销列表还没有签好，签名机可能没有回应。请过一会儿再取。")
	}
	return crl(*raw), nil
}

// crl is a revocation list, DER (RFC 5280 section 4.2.1.13).
type crl []byte

func (a crl) write(_ *Portal, g *gin.Context, _ *call) {
	g.Data(http.StatusOK, "application/pkix-crl", a)
}
