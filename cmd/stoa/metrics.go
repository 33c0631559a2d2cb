package main

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"stoa/federation/deliver"
)

// observeDeliveries counts what is sent, by lane and outcome, and how old it is
// by then.
func observeDeliveries(r prometheus.Registerer) func(deliver.Delivery) {
	sent := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "stoa_deliveries_total", Help: "Deliveries to other servers, by lane and outcome.",
	}, []string{"lane", "outcome"})
	age := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "stoa_delivery_age_seconds", Help: "From an act to its delivery.",
		Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 15, 60, 300, 3600},
	})
	r.MustRegister(sent, age)
	return func(d deliver.Delivery) {
		sent.WithLabelValues(strconv.Itoa(int(d.Lane)), string(d.Outcome)).Inc()
		if d.Status >= 200 && d.Status < 300 {
			age.Observe(d.Age.Seconds())
		}
	}
}
