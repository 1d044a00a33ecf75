package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
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
	if err := h.store.KeepClock(ctx); err != nil {
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

// serve answers on all doors until the context ends; ready is called when they
// are bound.
func (h *house) serve(ctx context.Context, ready func() error) error {
	doors, err := h.doors()
	if err != nil {
		return err
	}
	servers := []*http.Server{}
	failed := make(chan error, len(doors))
	for _, d := range doors {
		server, err := d.server(h.log)
		if err != nil {
			return err
		}
		server.RegisterOnShutdown(h.portal.CloseStreams)
		servers = append(servers, server)
		go func() { failed <- server.Serve(d.listener) }()
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
