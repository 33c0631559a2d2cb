package fedtest

import (
	"bytes"
	"context"
	"crypto"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"time"
)

// SignAs says who signs and how, and what is to go wrong. The zero value is
// right in every respect: the activity's own actor, in the software's own hand.
type SignAs struct {
	Actor *Actor // nil: the activity's actor; for a GET the site
	Style Style
	Date  time.Time     // zero: now
	Key   crypto.Signer // nil: the actor's
	KeyID string        // "": the actor's

	Digest    string   // sent, and signed, in place of the right one
	Uncovered []string // left out of what is signed
	// Body, if not nil, is sent in place of what was signed.
	Body []byte
	// Tamper changes the request once it is signed.
	Tamper func(*http.Request)
}

// Response is the answer to a request.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Send posts an activity, a Doc or bytes, to an inbox. An error means there
// was no answer; a refusal is none.
func (p *Peer) Send(ctx context.Context, inbox string, activity any, as SignAs) (Response, error) {
	r, err := p.Request(ctx, inbox, activity, as)
	if err != nil {
		return Response{}, err
	}
	return p.Do(r)
}

// Request signs an activity for an inbox without sending it, so that a load
// program need not sign against the clock. It goes out with Do, once.
func (p *Peer) Request(ctx context.Context, inbox string, activity any, as SignAs) (*http.Request, error) {
	if as.Actor == nil {
		as.Actor = p.actorOf(activity)
	}
	if as.Actor == nil && (as.Style != Unsigned && (as.Key == nil || as.KeyID == "")) {
		return nil, errors.New("fedtest: the activity's actor does not live here; name one that does")
	}
	if d, ok := activity.(Doc); ok && p.software == Discourse {
		// Rewritten for each delivery, whoever was addressed before.
		d = maps.Clone(d)
		d["to"] = inbox
		activity = d
	}
	body := encode(activity)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, inbox, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("fedtest: %w", err)
	}
	r.Header.Set("Content-Type", activityJSON)
	return r, p.finish(r, body, as)
}

// Get fetches an address, signed by the site's actor unless as says otherwise.
// Redirects are not followed.
func (p *Peer) Get(ctx context.Context, address string, as SignAs) (Response, error) {
	if as.Actor == nil {
		as.Actor = p.Site()
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return Response{}, fmt.Errorf("fedtest: %w", err)
	}
	switch p.software {
	case Lemmy, Mbin:
		r.Header.Set("Accept", activityJSON)
	case PieFed:
		r.Header.Set("Accept", "application/ld+json")
	case GoToSocial:
		r.Header.Set("Accept", ldJSON+","+activityJSON)
	default:
		r.Header.Set("Accept", activityJSON+", application/ld+json")
	}
	if err := p.finish(r, nil, as); err != nil {
		return Response{}, err
	}
	return p.Do(r)
}

// finish signs a request and then spoils it as told.
func (p *Peer) finish(r *http.Request, body []byte, as SignAs) error {
	r.Header.Set("User-Agent", fmt.Sprintf("%s/%s (+%s/)", p.software, p.version, p.base))
	if as.Style == "" {
		as.Style = Style(p.software)
	}
	if as.Date.IsZero() {
		as.Date = p.now()
	}
	if as.Actor != nil {
		second := as.Style == AsRFC9421Ed25519
		if as.KeyID == "" && second {
			as.KeyID = as.Actor.Ed25519KeyID()
		} else if as.KeyID == "" {
			as.KeyID = as.Actor.KeyID
		}
		if as.Key == nil && second {
			as.Key = as.Actor.Ed25519()
		} else if as.Key == nil {
			as.Key = as.Actor.Key()
		}
	}
	if err := as.sign(r, body); err != nil {
		return err
	}
	if as.Body != nil {
		r.Body = io.NopCloser(bytes.NewReader(as.Body))
		r.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(as.Body)), nil }
		r.ContentLength = int64(len(as.Body))
	}
	if as.Tamper != nil {
		as.Tamper(r)
	}
	return nil
}

// Do sends a prepared request over the peer's own connections.
func (p *Peer) Do(r *http.Request) (Response, error) {
	res, err := p.client.Do(r)
	if err != nil {
		return Response{}, fmt.Errorf("fedtest: %w", err)
	}
	defer func() { _ = res.Body.Close() }() // read to its end
	body, err := io.ReadAll(io.LimitReader(res.Body, 16<<20))
	if err != nil {
		return Response{}, fmt.Errorf("fedtest: reading the answer: %w", err)
	}
	return Response{Status: res.StatusCode, Header: res.Header, Body: body}, nil
}

// actorOf finds the actor an activity names, if it lives here.
func (p *Peer) actorOf(activity any) *Actor {
	d, ok := activity.(Doc)
	if !ok {
		return nil
	}
	id := text(d["actor"])
	if embedded, ok := d["actor"].(Doc); ok {
		id = text(embedded["id"])
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if a := p.actors[p.path(id)]; a != nil && a.ID == id {
		return a
	}
	return nil
}
