package main

import (
	"net"
	"net/http"
	"net/netip"
	"runtime/debug"
	"strings"
	"time"
)

// refuseWhileStopping answers 503 while the program ends: some servers never
// retry a refused connection, and forget a host for good on 404 or 410.
func (n *node) refuseWhileStopping(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n.stopping.Load() {
			w.Header().Set("Retry-After", "30")
			w.Header().Set("Connection", "close")
			plain(w, http.StatusServiceUnavailable, "Stopping; please try again in half a minute.\n")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// logged writes a line per request, and turns a panic into a 500 whose text
// stays inside.
func (n *node) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begin := time.Now()
		seen := &seenWriter{ResponseWriter: w}
		defer func() {
			if p := recover(); p != nil {
				n.log.Error("panic", "path", told(r.URL.Path), "panic", p, "stack", string(debug.Stack()))
				if seen.status == 0 {
					plain(seen, http.StatusInternalServerError, "Something went wrong here.\n")
				}
			}
			n.log.Info("request", "method", r.Method, "path", told(r.URL.Path), "status", seen.status, "bytes", seen.bytes,
				"ms", float64(time.Since(begin).Microseconds())/1000, "from", n.cfg.toldAddress(n.cfg.source(r.RemoteAddr, r.Header.Values("X-Forwarded-For"))),
				"agent", r.UserAgent())
		}()
		next.ServeHTTP(seen, r)
	})
}

// seenWriter remembers what was answered.
type seenWriter struct {
	http.ResponseWriter
	status, bytes int
}

func (s *seenWriter) WriteHeader(status int) {
	if s.status == 0 {
		s.status = status
	}
	s.ResponseWriter.WriteHeader(status)
}

func (s *seenWriter) Write(b []byte) (int, error) {
	if s.status == 0 {
		s.status = http.StatusOK
	}
	n, err := s.ResponseWriter.Write(b)
	s.bytes += n
	return n, err
}

// Unwrap lets http.ResponseController reach the connection's deadlines.
func (s *seenWriter) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// source is the address a request came from: the last one in X-Forwarded-For
// that is no trusted proxy, if the connection is from a trusted proxy at all.
func (c *config) source(remote string, forwarded []string) string {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		host = remote
	}
	hops := strings.Split(strings.Join(forwarded, ","), ",")
	for i := len(hops) - 1; i >= 0 && c.trusts(host); i-- {
		hop := strings.TrimSpace(hops[i])
		if _, err := netip.ParseAddr(hop); err != nil {
			break
		}
		host = hop
	}
	return host
}

// toldAddress is a network address as the log has it: what is left of it tells where an
// attack comes from, but not from whom.
func (c *config) toldAddress(host string) string {
	if c.LogWhole {
		return host
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return "unknown"
	}
	bits := 48
	if addr = addr.Unmap().WithZone(""); addr.Is4() {
		bits = 24
	}
	return netip.PrefixFrom(addr, bits).Masked().String()
}

func (c *config) trusts(host string) bool {
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	for _, p := range c.TrustedProxies {
		if p.Contains(addr.Unmap()) {
			return true
		}
	}
	return false
}

// told is a path as the log has it: without the secret of a link that works once, and
// without whom somebody writes to.
func told(path string) string {
	if strings.HasPrefix(path, "/link/") {
		return "/link/…"
	}
	if strings.HasPrefix(path, "/messages/") || strings.HasPrefix(path, "/message/") {
		return "/messages/…"
	}
	return path
}
