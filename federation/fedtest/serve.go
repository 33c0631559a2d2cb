package fedtest

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"time"
)

const activityJSON = "application/activity+json"

// Answer is what a GET gets.
type Answer struct {
	Status      int    // 0 means 200, or 302 with Location
	ContentType string // "" means application/activity+json
	Body        []byte
	Location    string
	Header      http.Header     // more fields
	Delay       time.Duration   // before the first byte
	Drip        time.Duration   // pause before each byte of the body
	Padding     int             // blanks after the body, for documents beyond any limit
	Hang        bool            // no answer at all until the other side gives up
	Until       <-chan struct{} // no answer before it is closed; nil for at once
}

// Put serves a document at an IRI or path of this peer: a Doc, or anything
// that marshals to JSON, or the bytes themselves.
func (p *Peer) Put(iri string, document any) { p.PutAnswer(iri, Answer{Body: encode(document)}) }

// Gone serves 410 with a Tombstone.
func (p *Peer) Gone(iri string) {
	p.PutAnswer(iri, Answer{Status: http.StatusGone, Body: encode(Doc{
		"@context": activityStreams, "id": iri, "type": "Tombstone",
	})})
}

// Redirect answers with 302 to another address.
func (p *Peer) Redirect(iri, to string) { p.PutAnswer(iri, Answer{Location: to}) }

// PutAnswer decides what a GET of an IRI or path gets. It comes before what
// the peer would say by itself.
func (p *Peer) PutAnswer(iri string, a Answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers[p.path(iri)] = a
}

// Remove forgets what was put at an IRI; it is 404 then.
func (p *Peer) Remove(iri string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.answers, p.path(iri))
}

// encode turns documents into JSON. Bytes and strings pass as they are.
func encode(document any) []byte {
	switch d := document.(type) {
	case []byte:
		return d
	case string:
		return []byte(d)
	case json.RawMessage:
		return d
	}
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document); err != nil {
		return []byte(err.Error()) // shows in the test that sent it
	}
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}

func (p *Peer) serve(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		p.servePost(w, r)
		return
	}
	record := p.record(r, nil)
	p.mu.Lock()
	if !p.options.Discard {
		p.fetched = append(p.fetched, record)
	}
	p.wake()
	answer, ok := p.answers[r.RequestURI]
	p.mu.Unlock()
	if !ok {
		answer = p.answer(r)
	} else if unsigned := p.refuseUnsigned(record); unsigned != nil {
		answer = *unsigned
	}
	p.write(w, r, answer)
}

func (p *Peer) write(w http.ResponseWriter, r *http.Request, a Answer) {
	if a.Hang {
		p.pause(r, time.Hour)
		panic(http.ErrAbortHandler)
	}
	if a.Until != nil {
		select {
		case <-a.Until:
		case <-r.Context().Done():
		case <-p.closed:
		}
	}
	p.pause(r, a.Delay)
	maps.Copy(w.Header(), a.Header)
	if a.ContentType == "" {
		a.ContentType = activityJSON
	}
	w.Header().Set("Content-Type", a.ContentType)
	if a.Location != "" {
		w.Header().Set("Location", a.Location)
		if a.Status == 0 {
			a.Status = http.StatusFound
		}
	}
	if a.Status == 0 {
		a.Status = http.StatusOK
	}
	w.WriteHeader(a.Status)
	body := a.Body
	if a.Drip > 0 {
		flush := http.NewResponseController(w)
		for len(body) > 0 && r.Context().Err() == nil {
			p.pause(r, a.Drip)
			if _, err := w.Write(body[:1]); err != nil {
				return
			}
			_ = flush.Flush() // the next write tells
			body = body[1:]
		}
	}
	if _, err := w.Write(body); err != nil {
		return
	}
	blanks := []byte(strings.Repeat(" ", 4096))
	for n := a.Padding; n > 0; n -= len(blanks) {
		if _, err := w.Write(blanks[:min(n, len(blanks))]); err != nil {
			return
		}
	}
}

// pause waits, but no longer than the request or the peer lives.
func (p *Peer) pause(r *http.Request, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	case <-p.closed:
	}
}

func (p *Peer) refuseUnsigned(record Received) *Answer {
	if (p.options.SignedFetch || p.software == GoToSocial) && record.Err != nil {
		return &Answer{Status: http.StatusUnauthorized, ContentType: "application/json", Body: []byte(`{"error":"signature required"}`)}
	}
	return nil
}

// answer is what the peer says by itself.
func (p *Peer) answer(r *http.Request) Answer {
	switch r.URL.Path {
	case "/.well-known/webfinger":
		return p.webFinger(r.URL.Query().Get("resource"))
	case "/.well-known/nodeinfo":
		return Answer{ContentType: "application/json", Body: encode(Doc{"links": []any{Doc{
			"rel": "http://nodeinfo.diaspora.software/ns/schema/2.1", "href": p.URL("/nodeinfo/2.1"),
		}}})}
	case "/nodeinfo/2.1":
		return Answer{ContentType: "application/json", Body: encode(Doc{
			"version": "2.1", "software": Doc{"name": string(p.software), "version": p.version},
			"protocols": []any{"activitypub"}, "services": Doc{"inbound": []any{}, "outbound": []any{}},
			"openRegistrations": true, "usage": Doc{"users": Doc{"total": 1}}, "metadata": Doc{},
		})}
	}
	p.mu.Lock()
	a, handler := p.actors[r.URL.Path], p.handlers[r.URL.Path]
	p.mu.Unlock()
	if handler != nil {
		if unsigned := p.refuseUnsigned(p.record(r, nil)); unsigned != nil && !strings.HasPrefix(r.URL.Path, "/api/") {
			return *unsigned
		}
		return handler(r)
	}
	if a != nil {
		if !p.wantsDocument(r) {
			return Answer{ContentType: "text/html; charset=utf-8", Body: []byte("<!DOCTYPE html><title>" + a.Name + "</title>")}
		}
		if unsigned := p.refuseUnsigned(p.record(r, nil)); unsigned != nil {
			return *unsigned
		}
		return Answer{Body: encode(a.Document())}
	}
	return p.answerUnder(r)
}

// answerUnder serves what hangs below an actor: its key and its collections.
func (p *Peer) answerUnder(r *http.Request) Answer {
	notFound := Answer{Status: http.StatusNotFound, ContentType: "application/json", Body: []byte(`{"error":"not found"}`)}
	i := strings.LastIndexByte(r.URL.Path, '/')
	if i < 0 {
		return notFound
	}
	p.mu.Lock()
	owner := p.actors[r.URL.Path[:i]]
	if owner == nil {
		owner = p.actors[strings.TrimSuffix(r.URL.Path[:i], "/collections")]
	}
	if owner == nil && i == 0 {
		owner = p.actors["/"]
	}
	p.mu.Unlock()
	if owner == nil {
		return notFound
	}
	id := p.URL(r.URL.Path)
	switch id {
	case owner.KeyID:
		return Answer{Body: encode(owner.keyDocument())}
	case owner.Followers:
		return Answer{Body: encode(Doc{"@context": activityStreams, "id": id, "type": "Collection", "totalItems": 0, "items": []any{}})}
	case owner.Outbox, owner.Featured, owner.Moderators:
		return Answer{Body: encode(Doc{"@context": activityStreams, "id": id, "type": "OrderedCollection", "totalItems": 0, "orderedItems": []any{}})}
	}
	return notFound
}

// wantsDocument tells a browser from a server. In front of a Lemmy there is
// usually a proxy that compares Accept for equality: a list gets the web page.
func (p *Peer) wantsDocument(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	if p.software == Lemmy {
		return accept == activityJSON || accept == `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`
	}
	return strings.Contains(accept, activityJSON) || strings.Contains(accept, "application/ld+json")
}

func (p *Peer) webFinger(resource string) Answer {
	handle, ok := strings.CutPrefix(resource, "acct:")
	name, host, _ := strings.Cut(handle, "@")
	var links []any
	var aliases []any
	if ok && host == p.Host() {
		p.mu.Lock()
		for _, kind := range []string{"Person", "Group", "Application"} { // Lemmy's order; ambiguous on purpose
			if a := p.names[kind+" "+name]; a != nil {
				aliases = append(aliases, a.ID)
				links = append(links,
					Doc{"rel": "http://webfinger.net/rel/profile-page", "type": "text/html", "href": a.URL},
					Doc{"rel": "self", "type": activityJSON, "href": a.ID,
						"properties": Doc{"https://www.w3.org/ns/activitystreams#type": a.Type}})
			}
		}
		p.mu.Unlock()
	}
	if links == nil {
		return Answer{Status: http.StatusNotFound, ContentType: "application/json", Body: []byte(`{"error":"not found"}`)}
	}
	return Answer{ContentType: "application/jrd+json", Body: encode(Doc{"subject": resource, "aliases": aliases, "links": links})}
}
