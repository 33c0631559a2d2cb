package inbox

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// answer is what a request is told. It is JSON or nothing, never HTML, and never
// 404, 410 or 418: some servers forget a host for good on those.
type answer struct {
	status          int
	reason          string // stable, for machines
	text            string // for people
	retry           time.Duration
	kind, actor, id string // for the log
}

func accepted(reason string) answer { return answer{status: http.StatusAccepted, reason: reason} }

func refusal(status int, reason, text string) *answer {
	return &answer{status: status, reason: reason, text: text}
}

func tooMany() *answer {
	return tooBusy("Too much at once from actors not known here; please send this again later.")
}

func tooBusy(text string) *answer {
	return &answer{status: http.StatusTooManyRequests, reason: "budget", retry: time.Minute, text: text}
}

func (a *answer) label() string {
	if a.reason == "" {
		return strconv.Itoa(a.status)
	}
	return strconv.Itoa(a.status) + " " + a.reason
}

func (a *answer) write(w http.ResponseWriter) {
	if a.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(a.retry.Seconds())))
	}
	if a.status == http.StatusAccepted {
		w.WriteHeader(a.status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.status)
	body, err := json.Marshal(map[string]string{"error": a.text, "reason": a.reason})
	if err == nil { // strings can always be written
		_, _ = w.Write(body) // a client that is gone does not read why
	}
}

// counts are the figures of the inbox.
type counts struct {
	answered *prometheus.CounterVec // by status and reason
	judged   *prometheus.CounterVec // by type and outcome
	pressure *prometheus.GaugeVec   // by what there is too much of
}

func newCounts(r prometheus.Registerer) counts {
	c := counts{
		answered: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "stoa_inbox_answers_total", Help: "Requests to the inbox, by answer.",
		}, []string{"answer"}),
		judged: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "stoa_inbox_activities_total", Help: "Activities worked on, by outcome.",
		}, []string{"outcome"}),
		pressure: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "stoa_inbox_pressure", Help: "1 while others are asked to come back later, by what there is too much of.",
		}, []string{"what"}),
	}
	if r != nil {
		r.MustRegister(c.answered, c.judged, c.pressure)
	}
	return c
}

// Passage is what became of something that came in.
type Passage string

// The passages.
const (
	Applied  Passage = "applied"  // or without effect, since it was so already
	Refused  Passage = "refused"  // at the door, or by a worker
	Repeated Passage = "repeated" // seen before; counted where the key was held
	Deferred Passage = "deferred" // the sender was told to come again
)

// observe tells Options.Observe, if there is one.
func (in *Inbox) observe(p Passage, n int) {
	if n > 0 && in.o.Observe != nil {
		in.o.Observe(p, n)
	}
}

// passed counts an answer that ends the matter here. What was accepted is counted
// once it has been worked on.
func (in *Inbox) passed(a answer) {
	switch {
	case a.status == http.StatusTooManyRequests || a.status >= 500:
		in.observe(Deferred, 1)
	case a.status >= 400:
		in.observe(Refused, 1)
	}
}
