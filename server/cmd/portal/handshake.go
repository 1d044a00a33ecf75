package main

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"time"
)

// handshakeTime is how long a handshake may take on the TLS road: somebody may
// type a PIN in the middle of it.
const handshakeTime = 2 * time.Minute

// freshTime is how old a handshake may be when the request begins: a browser
// opens connections in advance, and a pulled token must not go on by one.
const freshTime = 2 * time.Second

// handshaken is a TLS listener that hands over a connection once its handshake is
// done, so that the time for the handshake is not that for the request after it.
type handshaken struct {
	net.Listener
	ready chan net.Conn
	ended chan struct{}
	once  sync.Once
	err   error // of the listener; read after ended
}

func handshakesFirst(l net.Listener) *handshaken {
	h := &handshaken{Listener: l, ready: make(chan net.Conn), ended: make(chan struct{})}
	go h.run()
	return h
}

func (h *handshaken) run() {
	for {
		c, err := h.Listener.Accept()
		if err != nil {
			h.once.Do(func() { h.err = err; close(h.ended) })
			return
		}
		go h.shake(c.(*tls.Conn))
	}
}

func (h *handshaken) shake(c *tls.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), handshakeTime)
	defer cancel()
	if err := c.HandshakeContext(ctx); err != nil {
		c.Close()
		return
	}
	select {
	case h.ready <- c:
	case <-h.ended:
		c.Close()
	}
}

// Accept gives the next connection whose handshake is done.
func (h *handshaken) Accept() (net.Conn, error) {
	select {
	case c := <-h.ready:
		return c, nil
	case <-h.ended:
		return nil, h.err
	}
}

// Close ends the listener; handshakes under way come to nothing.
func (h *handshaken) Close() error {
	err := h.Listener.Close()
	h.once.Do(func() { h.err = net.ErrClosed; close(h.ended) })
	return err
}
