package portal_test

import (
	"encoding/base64"

	"sealdesk/server/internal/fault"
	"sealdesk/server/portal"
)

func base64url(der []byte) string { return base64.RawURLEncoding.EncodeToString(der) }

func statusOf(kind fault.Kind) int { return portal.StatusOf(kind) }
