package fedtest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"stoa/activitypub/sig"
)

// Received is a request that reached a peer.
type Received struct {
	Time   time.Time
	Method string
	Target string // path and query
	Header http.Header
	Body   []byte
	// Activity is the body, decoded; nil if it is no JSON object.
	Activity Doc
	// To is whose inbox it came to; nil for the shared inbox and for GETs.
	To *Actor
	// Signature is nil if it did not stand up to examination.
	Signature *sig.Signature
	// Err is what is wrong with the signature. With Options.KeyOf nil means
	// that the right key made it; without, that only the key was not tried.
	Err error
	// Status is what was answered, Refusal why, if it was the peer's own rule.
	Status  int
	Refusal string
}

// Type returns the activity's type, or "".
func (r Received) Type() string { return text(r.Activity["type"]) }

// ID returns the activity's id, or "".
func (r Received) ID() string { return text(r.Activity["id"]) }

// Object returns the activity's embedded object; nil if it is only named.
func (r Received) Object() Doc {
	d, _ := r.Activity["object"].(Doc)
	return d
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// Reply is an inbox's answer.
type Reply struct {
	Status int           // 0 leaves it to the peer's own rules
	Header http.Header   // for instance Retry-After
	Body   string        // JSON, if any
	Delay  time.Duration // before answering
	Hang   bool          // until the sender gives up or the peer closes
}

// OnPost sets what inboxes answer. The function sees each request before it
// counts as received and may be called by several goroutines; nil restores the
// peer's own rules.
func (p *Peer) OnPost(reply func(Received) Reply) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.reply = reply
}

// AnswerAll makes all inboxes answer with one status.
func (p *Peer) AnswerAll(status int) {
	p.OnPost(func(Received) Reply { return Reply{Status: status} })
}

// Received returns what has been posted to the inboxes, in order of arrival.
func (p *Peer) Received() []Received {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.received)
}

// Fetched returns the GETs that arrived.
func (p *Peer) Fetched() []Received {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.fetched)
}

// Total counts everything posted so far, also what Discard or Forget dropped.
func (p *Peer) Total() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.total
}

// Forget drops what was recorded.
func (p *Peer) Forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.received, p.fetched = nil, nil
}

// Wait returns the first post, recorded already or still to come, for which ok
// holds; nil takes any. The error is that of ctx, with what came instead.
func (p *Peer) Wait(ctx context.Context, ok func(Received) bool) (Received, error) {
	return p.wait(ctx, ok, func() []Received { return p.received })
}

// WaitFetch does the same for GETs.
func (p *Peer) WaitFetch(ctx context.Context, ok func(Received) bool) (Received, error) {
	return p.wait(ctx, ok, func() []Received { return p.fetched })
}

// WaitType waits for a post of a type, such as "Accept".
func (p *Peer) WaitType(ctx context.Context, kind string) (Received, error) {
	return p.Wait(ctx, func(r Received) bool { return r.Type() == kind })
}

// WaitTotal waits until n posts have come in all.
func (p *Peer) WaitTotal(ctx context.Context, n int) error {
	for {
		p.mu.Lock()
		total, changed := p.total, p.changed
		p.mu.Unlock()
		if total >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%s received %d of %d: %w", p.Host(), total, n, ctx.Err())
		}
	}
}

func (p *Peer) wait(ctx context.Context, ok func(Received) bool, list func() []Received) (Received, error) {
	for {
		p.mu.Lock()
		all, changed := slices.Clone(list()), p.changed
		p.mu.Unlock()
		for _, r := range all {
			if ok == nil || ok(r) {
				return r, nil
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			came := make([]string, len(all))
			for i, r := range all {
				came[i] = fmt.Sprintf("%s %s %s", r.Method, r.Target, r.Type())
			}
			return Received{}, fmt.Errorf("%s waited in vain among %q: %w", p.Host(), came, ctx.Err())
		}
	}
}

// wake tells those who wait. p.mu is held.
func (p *Peer) wake() {
	close(p.changed)
	p.changed = make(chan struct{})
}

// record reads a request as far as its signature.
func (p *Peer) record(r *http.Request, body []byte) Received {
	rec := Received{
		Time: time.Now(), Method: r.Method, Target: r.RequestURI,
		Header: r.Header, Body: body,
	}
	rec.Signature, rec.Err = sig.Examine(sig.FromRequest(r, body), sig.Policy{BaseURL: p.base, Now: p.now()})
	p.mu.Lock()
	keyOf := p.keyOf
	p.mu.Unlock()
	if rec.Err == nil && keyOf != nil {
		key, err := keyOf(rec.Signature.KeyID)
		if err == nil {
			err = rec.Signature.Verify(key)
		}
		rec.Err = err
	}
	return rec
}

func (p *Peer) servePost(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 16<<20))
	if err != nil {
		return // the sender went away
	}
	p.mu.Lock()
	to, known := p.inboxes[r.URL.Path]
	reply := p.reply
	p.mu.Unlock()
	if !known {
		http.Error(w, `{"error":"no such inbox"}`, http.StatusNotFound)
		return
	}
	rec := p.record(r, body)
	rec.To = to
	_ = json.Unmarshal(body, &rec.Activity) // nil says it all
	if p.options.Lenient {
		rec.Status = http.StatusAccepted
	} else {
		rec.Status, rec.Refusal = p.judge(rec)
	}
	var answer Reply
	if reply != nil {
		answer = reply(rec)
		if answer.Status != 0 {
			rec.Status, rec.Refusal = answer.Status, ""
		}
	}
	if answer.Hang {
		rec.Status = 0
	}
	p.mu.Lock()
	p.total++
	if !p.options.Discard {
		p.received = append(p.received, rec)
	}
	p.wake()
	p.mu.Unlock()

	if answer.Body == "" && rec.Refusal != "" {
		answer.Body = string(encode(Doc{"error": rec.Refusal}))
	}
	out := Answer{Status: rec.Status, ContentType: "application/json", Header: answer.Header,
		Body: []byte(answer.Body), Delay: answer.Delay, Hang: answer.Hang}
	p.write(w, r, out)
}
