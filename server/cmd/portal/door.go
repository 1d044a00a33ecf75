package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"

	"sealdesk/server/portal"
)

// door is one listener.
type door struct {
	site     site
	handler  func(host string) http.Handler
	tls      func(*tls.Config) *tls.Config // nil: as it is
	singly   bool                          // a connection carries one request
	listener net.Listener
}

func (d *door) close() {
	if d.listener != nil {
		d.listener.Close()
	}
}

func (d *door) server(log *slog.Logger) (*http.Server, error) {
	u, err := url.Parse(d.site.Origin)
	if err != nil {
		return nil, err
	}
	server := &http.Server{Handler: d.handler(u.Host), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 2 * time.Minute,
		WriteTimeout: 3 * time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
	if d.singly {
		server.SetKeepAlivesEnabled(false)
		server.ReadHeaderTimeout = freshTime
	}
	return server, nil
}

// identity is the site's certificate with its key, while it holds and names the
// host that the site answers to.
func (s site) identity(now time.Time) (tls.Certificate, error) {
	cert, err := tls.LoadX509KeyPair(s.Certificate, s.Key)
	if err != nil {
		return cert, fmt.Errorf("TLS 证书 %s 或私钥读不出：%w", s.Certificate, err)
	}
	u, err := url.Parse(s.Origin)
	if err != nil {
		return cert, err
	}
	if err := cert.Leaf.VerifyHostname(u.Hostname()); err != nil {
		return cert, fmt.Errorf("TLS 证书 %s 没有写明 %s，浏览器不会接受；请换一张写明这个名字的证书", s.Certificate, u.Hostname())
	}
	if now.Before(cert.Leaf.NotBefore) || now.After(cert.Leaf.NotAfter) {
		return cert, fmt.Errorf("TLS 证书 %s 的有效期是 %s 至 %s，现在不能用；请换一张有效的证书", s.Certificate,
			cert.Leaf.NotBefore.Format(time.DateOnly), cert.Leaf.NotAfter.Format(time.DateOnly))
	}
	return cert, nil
}

// open binds the door. A client that names another host, or none, gets no
// handshake.
func (d *door) open() error {
	cert, err := d.site.identity(time.Now())
	if err != nil {
		return err
	}
	u, err := url.Parse(d.site.Origin)
	if err != nil {
		return err
	}
	plain, err := net.Listen("tcp", d.site.Listen)
	if err != nil {
		return fmt.Errorf("绑不上 %s：%w；可能已有一个签台在运行", d.site.Listen, err)
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, SessionTicketsDisabled: true,
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if hello.ServerName != u.Hostname() && net.ParseIP(u.Hostname()) == nil {
				return nil, errors.New("unknown server name")
			}
			return &cert, nil
		}}
	if d.tls != nil {
		c = d.tls(c)
	}
	d.listener = tls.NewListener(plain, c)
	if d.singly {
		d.listener = handshakesFirst(d.listener)
	}
	return nil
}

// doors are the listeners with what they serve: staff, public, and the TLS
// road where the configuration has one.
func (h *house) doors() ([]*door, error) {
	staff, public := &door{site: h.config.Staff}, &door{site: h.config.Public}
	list := []*door{staff, public}
	staff.handler = func(string) http.Handler { return h.portal.Handler() }
	public.handler = func(host string) http.Handler { return portal.Public(h.store, host) }
	if h.config.TLS != nil {
		list = append(list, &door{site: *h.config.TLS, handler: h.portal.TLSRoad, tls: h.portal.ClientAuth, singly: true})
	}
	for _, d := range list {
		if err := d.open(); err != nil {
			for _, opened := range list {
				opened.close()
			}
			return nil, err
		}
	}
	return list, nil
}
