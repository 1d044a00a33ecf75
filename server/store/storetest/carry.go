package storetest

import (
	"crypto"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"time"

	"sealdesk/policy"
	"sealdesk/server/store"
)

// carried is a world on its way to another process.
type carried struct {
	Driver, DSN string
	Secrets     Secrets
	Root        []byte
	People      map[string]carriedPerson
}

type carriedPerson struct {
	ID, Name, Org    string
	Certificate, Key []byte
}

// Carry writes the world down, keys and all, for another process of the test.
func (w *World) Carry() ([]byte, error) {
	c := carried{Driver: w.Config.Driver, DSN: w.Config.DSN, Secrets: w.secrets, Root: w.ca.root.Raw, People: map[string]carriedPerson{}}
	for id, p := range w.People {
		key, err := x509.MarshalPKCS8PrivateKey(p.key)
		if err != nil {
			return nil, err
		}
		c.People[id] = carriedPerson{p.ID, p.Name, p.Org, p.Certificate.Raw, key}
	}
	return json.Marshal(c)
}

// Unpack reads what Carry wrote. The store is not opened.
func Unpack(b []byte) (*World, error) {
	var c carried
	if err := json.Unmarshal(b, &c); err != nil {
		return nil, err
	}
	w := &World{Config: store.Config{Driver: c.Driver, DSN: c.DSN}, Clock: time.Now, People: map[string]Person{}, secrets: c.Secrets}
	var err error
	if w.Keys, err = c.Secrets.Keys(); err != nil {
		return nil, err
	}
	if w.Policy, err = policy.Load(); err != nil {
		return nil, err
	}
	if w.ca.root, err = x509.ParseCertificate(c.Root); err != nil {
		return nil, err
	}
	w.Trust = w.ca.trust()
	for id, p := range c.People {
		cert, err := x509.ParseCertificate(p.Certificate)
		if err != nil {
			return nil, err
		}
		key, err := x509.ParsePKCS8PrivateKey(p.Key)
		if err != nil {
			return nil, err
		}
		signer, ok := key.(crypto.Signer)
		if !ok {
			return nil, fmt.Errorf("%s: %T signs nothing", id, key)
		}
		w.People[id] = Person{ID: p.ID, Name: p.Name, Org: p.Org, Certificate: cert, key: signer}
	}
	return w, nil
}
