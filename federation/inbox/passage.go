package inbox

import "net/http"

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
