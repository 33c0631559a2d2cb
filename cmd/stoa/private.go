package main

import (
	"context"
	"net"
	"net/http"
	"net/http/pprof" // it registers with the default mux as well, which nobody serves
	"time"

	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// privateHandler answers the admin's own machine: is the process there, can it
// serve, how is it doing, and how does it get on with other servers.
func (n *node) privateHandler() http.Handler {
	r := mux.NewRouter()
	r.Path("/healthz").HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok\n") })
	r.Path("/readyz").HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
		defer cancel()
		switch {
		case n.stopping.Load():
			plain(w, http.StatusServiceUnavailable, "stopping\n")
		case n.db.Ping(ctx) != nil:
			plain(w, http.StatusServiceUnavailable, "database does not answer\n")
		default:
			plain(w, http.StatusOK, "ready\n")
		}
	})
	if n.admin != nil {
		n.admin.Register(r)
	}
	r.Path("/metrics").Handler(promhttp.HandlerFor(n.metrics, promhttp.HandlerOpts{}))
	if host, _, err := net.SplitHostPort(n.cfg.ListenPrivate); err != nil || !isLoopback(host) {
		return r
	}
	// What the program does and holds, for go tool pprof: on this machine only,
	// since what it holds are also the keys.
	r.Path("/debug/pprof/cmdline").HandlerFunc(pprof.Cmdline)
	r.Path("/debug/pprof/profile").HandlerFunc(pprof.Profile)
	r.Path("/debug/pprof/symbol").HandlerFunc(pprof.Symbol)
	r.Path("/debug/pprof/trace").HandlerFunc(pprof.Trace)
	r.PathPrefix("/debug/pprof/").HandlerFunc(pprof.Index)
	return r
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // whoever asked may be gone
}

// backlog tells metrics how much waits.
type backlog struct {
	n       *node
	waiting *prometheus.Desc
}

func newBacklog(n *node) *backlog {
	return &backlog{n: n, waiting: prometheus.NewDesc("stoa_inbox_waiting", "Received activities that are not done, by state.", []string{"state"}, nil)}
}

// Describe implements prometheus.Collector.
func (b *backlog) Describe(c chan<- *prometheus.Desc) { c <- b.waiting }

// Collect implements prometheus.Collector.
func (b *backlog) Collect(c chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	unverified, ready, waiting, err := b.n.db.Backlog(ctx)
	if err != nil {
		return
	}
	for state, count := range map[string]int{"unverified": unverified, "ready": ready, "waiting": waiting} {
		c <- prometheus.MustNewConstMetric(b.waiting, prometheus.GaugeValue, float64(count), state)
	}
}
