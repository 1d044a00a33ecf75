package portal

import (
	"net/http"

	"sealdesk/server/store"
)

// Public is the listener for everybody: it serves the log's newest signed
// checkpoint and nothing else. It knows nothing of the staff side: no link, no
// asset, no header names it (R56).
func Public(s *store.Store, host string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /checkpoint", func(w http.ResponseWriter, r *http.Request) {
		note, err := s.Checkpoint(r.Context())
		w.Header().Set("Cache-Control", "no-store")
		if err != nil || len(note) == 0 {
			http.Error(w, "检查点现在读不到，请稍后再试。", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Write(note)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "没有这个页面。", http.StatusNotFound)
	})
	return onlyHost(host, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Strict-Transport-Security", "max-age=31536000")
		mux.ServeHTTP(w, r)
	}))
}
