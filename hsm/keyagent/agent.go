package keyagent

import (
	"context"
	"embed"
	"errors"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path"
	"sync"
	"time"

	"sealdesk/hsm/seal"
)

// static holds the look of the pages; agent.css contains parts of
// govuk-frontend 6.6.0, whose licence lies beside it.
//
//go:embed static templates
var files embed.FS

// Agent answers on the loopback address of one person's session.
type Agent struct {
	config  Config
	at      netip.AddrPort
	own     string // the origin of our own pages
	policy  string // the Content-Security-Policy
	uid     int    // the user whose sockets may talk to us
	modules *Modules
	pages   *template.Template
	log     *slog.Logger

	roads   map[string]*http.Transport // out to each portal, by its name
	ended   context.Context            // ends with the agent
	end     context.CancelFunc
	streams sync.WaitGroup // of the watches

	mu      sync.Mutex
	open    *request        // the one request in hand, or nil
	using   map[*driver]int // pieces of our own work in hand
	watches map[*watch]bool
}

// New makes an agent; it opens no socket and no module yet. Close modules
// after Serve has returned.
func New(config Config, modules *Modules) (*Agent, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	pages, err := template.New("").ParseFS(files, "templates/*.html")
	if err != nil {
		return nil, err
	}
	roads, err := roadsTo(config.Portals)
	if err != nil {
		return nil, err
	}
	ended, end := context.WithCancel(context.Background())
	a := &Agent{
		roads: roads, ended: ended, end: end, watches: map[*watch]bool{}, using: map[*driver]int{},
		config: config, at: netip.MustParseAddrPort(config.Listen), own: "http://" + config.Listen,
		policy: contentSecurityPolicy(config.Portals), uid: os.Getuid(), modules: modules, pages: pages,
		log: config.Log,
	}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	return a, nil
}

// Handler is every route of the agent.
func (a *Agent) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sign", a.receive)
	mux.HandleFunc("/sign", a.fail(&onlyPost))
	mux.HandleFunc("POST /enrol", a.receiveOrder(seal.EnrolRequest))
	mux.HandleFunc("/enrol", a.fail(&onlyPost))
	mux.HandleFunc("POST /install", a.receiveOrder(seal.InstallRequest))
	mux.HandleFunc("/install", a.fail(&onlyPost))
	mux.HandleFunc("GET /request/{token}", a.show)
	mux.HandleFunc("POST /request/{token}/sign", a.sign)
	mux.HandleFunc("POST /request/{token}/carry-out", a.carryOut)
	mux.HandleFunc("POST /request/{token}/cancel", a.cancel)
	mux.HandleFunc("POST /fetch", a.fetch)
	mux.HandleFunc("/request/", a.fail(&notFound))
	mux.HandleFunc("GET /{$}", a.status)
	mux.HandleFunc("GET /healthz", a.health)
	mux.HandleFunc("GET /static/{name...}", a.static)
	mux.HandleFunc("/", a.fail(&notFound))
	return a.guard(mux)
}

// signing must end within signTime; the server waits a little longer, so that
// the person reads a sentence and not a broken connection.
const (
	signTime  = 100 * time.Second
	writeTime = signTime + 20*time.Second
)

// Serve listens on the configured address alone and answers until ctx ends.
func (a *Agent) Serve(ctx context.Context) error {
	lc := net.ListenConfig{Control: exclusive}
	listener, err := lc.Listen(ctx, "tcp", a.config.Listen)
	if err != nil {
		if uid, found := a.stranger(); found {
			return misconfiguredBy(err, "开不了地址 %s：本机另一个用户（编号 %d）的程序先占用了它。在那个地址出现的页面都不是您的签名助手，不要输入 PIN；请告诉系统管理员", a.config.Listen, uid)
		}
		return misconfiguredBy(err, "开不了地址 %s：可能签名助手已经在运行，或别的程序占用了它；请先关掉那个程序", a.config.Listen)
	}
	server := &http.Server{
		Handler: a.Handler(), ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: writeTime, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	a.log.Info("listening", "address", a.config.Listen, "portals", len(a.config.Portals))
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	a.abandon()
	a.leave()
	patience, stop := context.WithTimeout(context.Background(), 5*time.Second)
	defer stop()
	if err := server.Shutdown(patience); err != nil {
		_ = server.Close() // somebody holds a connection; Shutdown's verdict is what counts
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	a.log.Info("ended")
	return nil
}

// leave lets every stream go and waits for their ends.
func (a *Agent) leave() {
	a.mu.Lock()
	a.end() // under the lock, so that attend begins none afterwards
	a.mu.Unlock()
	a.streams.Wait()
	for _, road := range a.roads {
		road.CloseIdleConnections()
	}
}

func (a *Agent) fail(why *refusal) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { a.refuse(w, r, why) }
}

// mediaTypes are those of the files in static that a browser may ask for.
var mediaTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8",
}

func (a *Agent) static(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	b, err := files.ReadFile("static/" + name)
	if err != nil || mediaTypes[path.Ext(name)] == "" {
		a.refuse(w, r, &notFound)
		return
	}
	w.Header().Set("Content-Type", mediaTypes[path.Ext(name)])
	_, _ = w.Write(b) // the reader may be gone
}

// health says that this is the agent and that it answers; the status page says
// how the keys are.
func (a *Agent) health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n")) // the reader may be gone
}
