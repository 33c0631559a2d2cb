package fetch

import (
	"context"
	"net/http"
	"net/url"

	"stoa/activitypub"
)

// Version is a document at one moment: with its entity tag it can be asked for
// again without being sent again.
type Version struct {
	Document
	Tag string // ETag as the server wrote it; "" when it gave none
}

// DocumentUnless gets a document as [Client.Document] does, unless its entity tag
// is still the given one (RFC 9110 §13.1.2): then same is true and there is no
// version. With an empty tag it is always sent.
func (c *Client) DocumentUnless(ctx context.Context, iri, tag string) (v Version, same bool, err error) {
	defer c.observe("document", c.now(), &err)
	ctx, cancel := c.begin(ctx, c.o.Timeout)
	defer cancel()
	p, err := c.get(ctx, iri, question{accept: activitypub.ContentType, signed: true, limit: c.o.MaxBody, unless: tag})
	switch {
	case err != nil:
		return v, false, elsewhere(err, iri)
	case p.status == http.StatusNotModified:
		return v, true, nil
	}
	doc, err := readDocument(p, c.o.Dev)
	if err != nil {
		return v, false, err
	}
	if !stands(doc.URL, p.url, iri, c.o.Dev) {
		// What another address has is not what was asked for; its id is asked once.
		if doc, err = c.atHome(ctx, doc.URL); err != nil {
			return v, false, err
		}
		return Version{Document: *doc}, false, nil
	}
	if doc.Type == "Tombstone" {
		return v, false, fail(Gone, doc.URL, "a Tombstone stands there")
	}
	return Version{Document: *doc, Tag: p.tag}, false, nil
}

// List gets a document of another server's own interface, such as Lemmy's
// /api/v3/post/list: plain JSON, unsigned. It is a source of ids and nothing
// else: nobody answers for what stands in it. path begins with a slash, and the
// answer comes from host itself or is an error of kind WrongOrigin.
func (c *Client) List(ctx context.Context, host, path string, query url.Values) (body []byte, err error) {
	defer c.observe("list", c.now(), &err)
	ctx, cancel := c.begin(ctx, c.o.Timeout)
	defer cancel()
	root, err := c.root(host)
	if err != nil {
		return nil, err
	}
	to := *root
	to.Path, to.RawQuery = path, query.Encode()
	p, err := c.get(ctx, to.String(), question{accept: "application/json", limit: maxList})
	if err != nil {
		return nil, err
	}
	if p.url.Host != root.Host {
		return nil, fail(WrongOrigin, p.url.String(), "asked %s", root.Host)
	}
	if err := activitypub.Check(p.body); err != nil {
		return nil, &Error{Kind: Malformed, URL: p.url.String(), Err: err}
	}
	return p.body, nil
}
