package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"sealdesk/policy"
	"sealdesk/server/internal/revocation"
	"sealdesk/server/portal"
	"sealdesk/server/registration"
	"sealdesk/server/store"
)

func serve(ctx context.Context, args []string) error {
	c, _, err := withConfig("serve", args, nil)
	if err != nil {
		return err
	}
	h, err := open(ctx, c)
	if err != nil {
		return err
	}
	defer h.Close()
	return h.serve(ctx, nil)
}

// house is an opened portal: HSM, store and pages.
type house struct {
	config      config
	vault       *vault
	store       *store.Store
	portal      *portal.Portal
	external    *revocation.Checker // nil if no external authority is trusted
	authorities []byte              // every trusted authority's certificate, PEM, the own one first
	log         *slog.Logger
}

// open brings up everything that serving needs; it refuses when one part does.
func open(ctx context.Context, c config) (*house, error) {
	h := &house{config: c, log: slog.New(slog.NewJSONHandler(os.Stderr, nil))}
	ok := false
	defer func() {
		if !ok {
			h.Close()
		}
	}()
	var err error
	if h.vault, err = openVault(ctx, c); err != nil {
		return nil, err
	}
	keys, err := h.vault.keys(ctx, c)
	if err != nil {
		return nil, err
	}
	rules, err := policy.Load()
	if err != nil {
		return nil, err
	}
	trust, err := c.trust(ctx, h.vault, h.log)
	if err != nil {
		return nil, err
	}
	h.external, h.authorities = trust.external, trust.pem
	if h.store, err = store.Open(ctx, c.store(), keys, rules, time.Now); err != nil {
		return nil, err
	}
	if err := h.store.CheckClock(ctx); err != nil {
		return nil, err
	}
	h.portal, err = portal.New(portal.Config{Store: h.store, Policy: rules, Packs: registration.Shipped(), Roots: trust.roots, CA: trust.pem, Log: h.log, Clock: time.Now,
		Authority: trust.authority, External: trust.external, Name: c.Name, Year: c.Year, Origin: c.Staff.Origin, Agent: c.Agent, Verifier: keys.LogVerifier})
	if err != nil {
		return nil, err
	}
	ok = true
	return h, nil
}

func (h *house) Close() {
	if h.portal != nil {
		h.portal.Close()
	}
	if h.store != nil {
		h.store.Close()
	}
	if h.vault != nil {
		h.vault.Close()
	}
}

// serve answers on both listeners until the context ends; ready is called when
// both are bound.
func (h *house) serve(ctx context.Context, ready func() error) error {
	publicURL, err := url.Parse(h.config.Public.Origin)
	if err != nil {
		return err
	}
	servers := []*http.Server{}
	failed := make(chan error, 2)
	for _, s := range []struct {
		site    site
		handler http.Handler
	}{{h.config.Staff, h.portal.Handler()}, {h.config.Public, portal.Public(h.store, publicURL.Host)}} {
		listener, err := listen(s.site)
		if err != nil {
			for _, running := range servers {
				running.Close()
			}
			return err
		}
		server := &http.Server{Handler: s.handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 2 * time.Minute,
			WriteTimeout: 3 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
			ErrorLog: slog.NewLogLogger(h.log.Handler(), slog.LevelDebug)}
		server.RegisterOnShutdown(h.portal.CloseStreams)
		servers = append(servers, server)
		go func() { failed <- server.Serve(listener) }()
	}
	if ready != nil {
		if err := ready(); err != nil {
			for _, s := range servers {
				s.Close()
			}
			return err
		}
	}
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	grace, cancel := context.WithTimeout(context.Background(), 15*time.Second)
	defer cancel()
	for _, s := range servers {
		s.Shutdown(grace)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// listen binds one site. A client that names another host, or none, gets no
// handshake.
func listen(s site) (net.Listener, error) {
	cert, err := tls.LoadX509KeyPair(s.Certificate, s.Key)
	if err != nil {
		return nil, fmt.Errorf("TLS 证书 %s 或私钥读不出：%w", s.Certificate, err)
	}
	u, err := url.Parse(s.Origin)
	if err != nil {
		return nil, err
	}
	plain, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return nil, fmt.Errorf("绑不上 %s：%w；可能已有一个签台在运行", s.Listen, err)
	}
	return tls.NewListener(plain, &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, SessionTicketsDisabled: true,
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if hello.ServerName != u.Hostname() && net.ParseIP(u.Hostname()) == nil {
				return nil, errors.New("unknown server name")
			}
			return &cert, nil
		}}), nil
}

// store is the database's part of the configuration.
func (c config) store() store.Config {
	return store.Config{Driver: c.Database.Driver, DSN: c.Database.DSN, ReadDSN: c.Database.ReadDSN, Marker: c.Log.Key + ".checkpoint",
		Logger: slog.New(slog.NewJSONHandler(os.Stderr, nil))}
}

func migrate(ctx context.Context, args []string) error {
	c, _, err := withConfig("migrate", args, nil)
	if err != nil {
		return err
	}
	return store.Migrate(ctx, c.schema())
}

// schema is the database under the account that may change it.
func (c config) schema() store.Config {
	s := c.store()
	if c.Database.MigrateDSN != "" {
		s.DSN = c.Database.MigrateDSN
	}
	return s
}
