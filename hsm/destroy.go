package hsm

import (
	"context"

	"github.com/miekg/pkcs11"
)

// Destroy removes for good every private key, public key and certificate that
// answers to the query, private keys first: what is left after a token was
// pulled in between signs nothing. That nothing answers is no error.
func (t *Token) Destroy(ctx context.Context, q KeyQuery) error {
	return t.destroy(ctx, q, nil, pkcs11.CKO_PRIVATE_KEY, pkcs11.CKO_PUBLIC_KEY, pkcs11.CKO_CERTIFICATE)
}

// RemoveCertificate removes the certificate with that id and these very bytes;
// the key beside it stays.
func (t *Token) RemoveCertificate(ctx context.Context, id, der []byte) error {
	return t.destroy(ctx, KeyQuery{ID: id}, der, pkcs11.CKO_CERTIFICATE)
}

// destroy is for objects of the given classes, in that order; with a value, for
// those that hold exactly that.
func (t *Token) destroy(ctx context.Context, q KeyQuery, value []byte, classes ...uint) error {
	if len(q.ID) == 0 && q.Label == "" {
		return &Error{Kind: NoKey, Op: "C_DestroyObject", Detail: "neither id nor label given"}
	}
	_, err := do(ctx, t, "C_DestroyObject", func(s session) (struct{}, error) {
		none := struct{}{}
		for _, class := range classes {
			template := q.attributes(class)
			if value != nil {
				template = append(template, pkcs11.NewAttribute(pkcs11.CKA_VALUE, value))
			}
			handles, err := t.search(s, template)
			if err != nil {
				return none, err
			}
			for _, h := range handles {
				if err := t.mod.api.DestroyObject(s.handle, h); err != nil {
					return none, failed("C_DestroyObject", err)
				}
			}
		}
		return none, nil
	})
	return err
}
