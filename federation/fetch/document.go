package fetch

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"runtime/debug"
	"strings"

	"stoa/activitypub"
)

// Document is an ActivityStreams document as its own server serves it.
type Document struct {
	// URL is the document's id as it writes it. It was served from there. It
	// need not be the address that was asked for: compare it where that counts.
	URL string
	// Type is the first type it states, "" when it states none.
	Type string
	// Body is the document, checked to be one JSON object that every parser
	// reads alike. It belongs to the caller.
	Body []byte
}

// Document gets the document with this id. It is signed as the node's actor,
// follows at most three redirects, and stands only at its own id: if it states
// another one, that id is asked once, and must then state itself. So nobody can
// serve a document of somebody else, however the address led there.
//
// Callers asking for one id at one time share one request, which goes on when
// the first of them gives up. A Tombstone at its own id is an error of kind
// Gone, like 410; what another server says of a document after a redirect is
// neither Gone nor NotFound, but WrongOrigin.
func (c *Client) Document(ctx context.Context, iri string) (doc *Document, err error) {
	defer c.observe("document", c.now(), &err)
	ctx, cancel := c.begin(ctx, c.o.Timeout)
	defer cancel()
	return c.shared(ctx, iri)
}

// shared joins or starts the flight for iri.
func (c *Client) shared(ctx context.Context, iri string) (*Document, error) {
	if _, err := address(iri, c.o.Dev); err != nil {
		return nil, err // before it becomes a key of the flights
	}
	flight := c.flights.DoChan(iri, func() (doc any, err error) {
		// Nobody above this could recover: a flight has a goroutine of its own, and
		// what other servers write must not end the program.
		defer func() {
			if p := recover(); p != nil {
				c.o.Logger.Error("fetch: panic", "url", clip(iri), "panic", p, "stack", string(debug.Stack()))
				err = fail(Malformed, clip(iri), "panic: %v", p)
			}
		}()
		ctx, cancel := c.begin(context.WithoutCancel(ctx), c.o.Timeout)
		defer cancel()
		return c.document(ctx, iri)
	})
	select {
	case <-ctx.Done():
		return nil, fromNetwork(ctx, clip(iri), ctx.Err())
	case landed := <-flight:
		if landed.Err != nil {
			return nil, landed.Err
		}
		doc, ok := landed.Val.(*Document)
		if !ok {
			return nil, fail(Malformed, clip(iri), "flight landed with %T", landed.Val)
		}
		own := *doc
		if landed.Shared {
			own.Body = bytes.Clone(doc.Body)
		}
		return &own, nil
	}
}

// document is Document within a flight.
func (c *Client) document(ctx context.Context, iri string) (*Document, error) {
	doc, at, err := c.one(ctx, iri)
	if err != nil {
		return nil, elsewhere(err, iri)
	}
	if !stands(doc.URL, at, iri, c.o.Dev) {
		if doc, err = c.atHome(ctx, doc.URL); err != nil {
			return nil, err
		}
	}
	if doc.Type == "Tombstone" {
		return nil, fail(Gone, doc.URL, "a Tombstone stands there")
	}
	return doc, nil
}

// atHome asks for an id that a document found elsewhere has stated. The answer
// must come from that id itself and state it: a third address is a mismatch,
// and so is "gone", which would be an answer about another document.
func (c *Client) atHome(ctx context.Context, id string) (*Document, error) {
	doc, at, err := c.one(ctx, id)
	if err != nil {
		var e *Error
		if errors.As(err, &e) && (e.Kind == Gone || e.Kind == NotFound) {
			return nil, &Error{Kind: IDMismatch, URL: e.URL, Status: e.Status, Err: err}
		}
		return nil, err
	}
	asked, err := address(id, c.o.Dev)
	if err != nil {
		return nil, err
	}
	if !sameAddress(asked, at) || !stands(doc.URL, at, id, c.o.Dev) {
		return nil, fail(IDMismatch, at.String(), "asked for %q, found %q", clip(id), clip(doc.URL))
	}
	return doc, nil
}

// one gets whatever document is served for iri, and says from where.
func (c *Client) one(ctx context.Context, iri string) (*Document, *url.URL, error) {
	p, err := c.get(ctx, iri, question{accept: activitypub.ContentType, signed: true, limit: c.o.MaxBody})
	if err != nil {
		return nil, nil, err
	}
	doc, err := readDocument(p, c.o.Dev)
	if err != nil {
		return nil, nil, err
	}
	return doc, p.url, nil
}

// readDocument reads a page as a document with an id.
func readDocument(p *page, dev bool) (*Document, error) {
	if !activitypub.IsActivityContentType(p.mime) {
		return nil, fail(WrongType, p.url.String(), "served as %q", clip(p.mime))
	}
	if err := activitypub.Check(p.body); err != nil {
		return nil, &Error{Kind: Malformed, URL: p.url.String(), Err: err}
	}
	doc := activitypub.Ref{Raw: p.body}
	// The id must be a string: an array of one was a way around such checks.
	var id string
	if err := json.Unmarshal(doc.Field("id"), &id); err != nil || id == "" {
		return nil, fail(Malformed, p.url.String(), "no id")
	}
	if _, err := address(id, dev); err != nil {
		return nil, &Error{Kind: Malformed, URL: p.url.String(), Err: fmt.Errorf("id: %w", err)}
	}
	return &Document{URL: id, Type: firstType(doc.Field("type")), Body: p.body}, nil
}

// stands says whether a document with this id may be served at that address
// when asked was asked for. A fragment never travels, so an id that has one
// counts only if it was asked for with it.
func stands(id string, at *url.URL, asked string, dev bool) bool {
	own, err := address(id, dev)
	if err != nil || !sameAddress(own, at) {
		return false
	}
	_, fragment, _ := strings.Cut(id, "#")
	_, wanted, _ := strings.Cut(asked, "#")
	return fragment == "" || fragment == wanted
}

// elsewhere turns the word of another server, reached by a redirect, that a
// document does not exist into what it is.
func elsewhere(err error, iri string) error {
	var e *Error
	if errors.As(err, &e) && (e.Kind == Gone || e.Kind == NotFound) && !activitypub.SameOrigin(e.URL, iri) {
		return &Error{Kind: WrongOrigin, URL: e.URL, Status: e.Status, Err: err}
	}
	return err
}

// firstType reads type: a string, or the first string of an array.
func firstType(raw json.RawMessage) string {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return one
	}
	var many []any
	if json.Unmarshal(raw, &many) == nil {
		for _, v := range many {
			if s, ok := v.(string); ok {
				return s
			}
		}
	}
	return ""
}
