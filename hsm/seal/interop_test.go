package seal

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"testing"
	"time"

	digitorus "github.com/digitorus/pkcs7"
	smallstep "github.com/smallstep/pkcs7"
)

// essValue gives a seal's SigningCertificateV2 as raw DER, for a library to
// put among its attributes.
func essValue(t testing.TB, sc *scene) asn1.RawValue {
	t.Helper()
	s := sealTree{parseNodes(t, sc.der)[0]}
	return asn1.RawValue{FullBytes: s.attr(t, oidSigningCert2).kids[1].kids[0].der()}
}

func TestOtherLibrariesAcceptOurSeals(t *testing.T) {
	for name, key := range map[string]crypto.Signer{"ecdsa": newEC(t), "rsa": rsaKey()} {
		ca := newAuthority(t)
		sc := sceneOf(t, ca, ca.person(t, key, nil), Conclude, noon)
		a, err := smallstep.Parse(sc.der)
		if err != nil {
			t.Fatal(err)
		}
		b, err := digitorus.Parse(sc.der)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range [][]byte{sc.text, append(bytes.Clone(sc.text), '\n')} {
			a.Content, b.Content = text, text
			good := bytes.Equal(text, sc.text)
			if err := a.VerifyWithChainAtTime(sc.ca.trust().Roots, sc.received); (err == nil) != good {
				t.Errorf("%s: smallstep/pkcs7: %v", name, err)
			}
			if err := b.VerifyWithChainAtTime(sc.ca.trust().Roots, sc.received); (err == nil) != good {
				t.Errorf("%s: digitorus/pkcs7: %v", name, err)
			}
		}
	}
}

// libraryScene is a statement of now: the libraries stamp the wall clock.
func libraryScene(t testing.TB, key crypto.Signer) *scene {
	t.Helper()
	ca := newAuthority(t)
	sc := sceneOf(t, ca, ca.person(t, key, nil), Conclude, time.Now().Add(-time.Minute))
	sc.received = time.Now()
	return sc
}

func TestSealsMadeByOtherLibrariesAreJudgedByTheSameRules(t *testing.T) {
	for name, key := range map[string]crypto.Signer{"ecdsa": newEC(t), "rsa": rsaKey()} {
		sc := libraryScene(t, key)
		roots := x509.NewCertPool() // the libraries do not put the chain in DER order
		roots.AddCert(sc.ca.issuing)
		for _, c := range []struct {
			name                    string
			reason                  Reason
			ess, noAttr, repeatCert bool
		}{
			{"in our profile", "", true, false, false},
			{"without signing-certificate-v2", AttributeMissing, false, false, false},
			{"without attributes", NoAttributes, false, true, false},
			{"the certificate twice", BadCertificates, true, false, true},
		} {
			for library, sign := range map[string]func(testing.TB, *scene, bool, bool, bool) []byte{"smallstep": signSmallstep, "digitorus": signDigitorus} {
				t.Run(name+"/"+library+"/"+c.name, func(t *testing.T) {
					der := sign(t, sc, c.ess, c.noAttr, c.repeatCert)
					_, err := Verify(der, sc.text, sc.annex, Trust{Roots: roots}, sc.expect, sc.received)
					if c.reason == "" {
						if err != nil {
							t.Fatal(err)
						}
						return
					}
					wantReason(t, err, c.reason)
				})
			}
		}
	}
}

func signSmallstep(t testing.TB, sc *scene, ess, noAttr, repeatCert bool) []byte {
	t.Helper()
	sd, err := smallstep.NewSignedData(sc.text)
	if err != nil {
		t.Fatal(err)
	}
	sd.SetDigestAlgorithm(smallstep.OIDDigestAlgorithmSHA256)
	var config smallstep.SignerInfoConfig
	if ess {
		config.ExtraSignedAttributes = []smallstep.Attribute{{Type: oidSigningCert2, Value: essValue(t, sc)}}
	}
	if noAttr {
		err = sd.SignWithoutAttr(sc.who.cert, sc.who.key, config)
	} else {
		err = sd.AddSigner(sc.who.cert, sc.who.key, config)
	}
	if err != nil {
		t.Fatal(err)
	}
	if repeatCert {
		sd.AddCertificate(sc.who.cert)
	}
	sd.Detach()
	der, err := sd.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func signDigitorus(t testing.TB, sc *scene, ess, noAttr, repeatCert bool) []byte {
	t.Helper()
	sd, err := digitorus.NewSignedData(sc.text)
	if err != nil {
		t.Fatal(err)
	}
	sd.SetDigestAlgorithm(digitorus.OIDDigestAlgorithmSHA256)
	var config digitorus.SignerInfoConfig
	if ess {
		config.ExtraSignedAttributes = []digitorus.Attribute{{Type: oidSigningCert2, Value: essValue(t, sc)}}
	}
	if noAttr {
		err = sd.SignWithoutAttr(sc.who.cert, sc.who.key, config)
	} else {
		err = sd.AddSigner(sc.who.cert, sc.who.key, config)
	}
	if err != nil {
		t.Fatal(err)
	}
	if repeatCert {
		sd.AddCertificate(sc.who.cert)
	}
	sd.Detach()
	der, err := sd.Finish()
	if err != nil {
		t.Fatal(err)
	}
	return der
}
