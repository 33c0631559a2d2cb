package fetch

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// question is one thing to GET.
type question struct {
	accept string
	signed bool
	page   bool   // a picture or a page, for people
	limit  int64  // bytes of the unpacked body
	cut    bool   // what is beyond the limit is left unread, and that is no failure
	unless string // entity tag of what is held already; "" for nothing
}

// page is the answer after all redirects.
type page struct {
	url    *url.URL // of the last hop
	status int
	mime   string // Content-Type as sent
	tag    string // ETag as sent
	body   []byte
}

// get asks and follows up to maxRedirects redirects. Every hop is a request of
// its own: checked, signed and counted anew, within the deadline of ctx. A hop
// never leads from https to http.
func (c *Client) get(ctx context.Context, raw string, q question) (*page, error) {
	to, err := address(raw, c.o.Dev)
	if err != nil {
		return nil, err
	}
	for hop := 0; ; hop++ {
		p, next, err := c.hop(ctx, to, q)
		if err != nil {
			return nil, err
		}
		if next == "" {
			return p, nil
		}
		if hop == maxRedirects {
			return nil, fail(TooManyRedirects, to.String(), "more than %d redirects", maxRedirects)
		}
		from := to
		if to, err = follow(from, next, c.o.Dev); err != nil {
			return nil, err
		}
		if from.Scheme == "https" && to.Scheme != "https" {
			return nil, fail(BadURL, to.String(), "redirect from https to %s", to.Scheme)
		}
	}
}

// follow reads a Location header, which may be relative (RFC 9110 §10.2.2).
func follow(from *url.URL, location string, dev bool) (*url.URL, error) {
	if strings.ContainsAny(location, "\\ \t") {
		return nil, fail(BadURL, clip(location), "redirect to an ambiguous address")
	}
	ref, err := url.Parse(location)
	if err != nil {
		return nil, fail(BadURL, clip(location), "redirect: %w", err)
	}
	return address(from.ResolveReference(ref).String(), dev)
}

// hop makes one GET. It returns a page, or where the server points to.
func (c *Client) hop(ctx context.Context, to *url.URL, q question) (*page, string, error) {
	if err := c.admit(ctx, to, q.page); err != nil {
		return nil, "", err
	}
	if err := c.dead.refuse(to.Host, to.String(), c.now()); err != nil {
		return nil, "", err
	}
	leave, err := c.sites.enter(ctx, to.Host)
	if err != nil {
		return nil, "", err
	}
	defer leave()

	req, err := http.NewRequestWithContext(ctx, http.MethodGet, to.String(), http.NoBody)
	if err != nil {
		return nil, "", &Error{Kind: BadURL, URL: to.String(), Err: err}
	}
	// Accept-Encoding is left to the transport: only then does it unpack the
	// body, and only what is unpacked can be counted.
	req.Header.Set("Accept", q.accept)
	req.Header.Set("User-Agent", c.agent)
	if q.unless != "" {
		req.Header.Set("If-None-Match", q.unless)
	}
	if q.signed && c.o.Sign != nil {
		if err := c.o.Sign(ctx, req, nil); err != nil {
			return nil, "", &Error{Kind: Unsigned, URL: to.String(), Err: err}
		}
	}
	resp, err := c.do(req)
	if err != nil {
		return nil, "", err
	}
	defer func() { _ = resp.Body.Close() }() // the answer has been read or given up
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		if next := resp.Header.Get("Location"); next != "" {
			drain(resp.Body)
			return nil, next, nil
		}
	}
	if resp.StatusCode == http.StatusNotModified && q.unless != "" {
		drain(resp.Body)
		return &page{url: to, status: resp.StatusCode}, "", nil
	}
	if failure := fromStatus(to.String(), resp, c.now()); failure != nil {
		drain(resp.Body)
		return nil, "", failure
	}
	body, err := read(ctx, to.String(), resp, q)
	if err != nil {
		return nil, "", err
	}
	return &page{url: to, status: resp.StatusCode, mime: resp.Header.Get("Content-Type"), tag: entityTag(resp.Header), body: body}, "", nil
}

// admit asks whether this node speaks with the host at all. It never speaks
// with itself: what is here is read here, and a copy of our own document must
// not come back as another server's.
func (c *Client) admit(ctx context.Context, to *url.URL, page bool) error {
	if to.Host == c.own {
		return fail(BadURL, to.String(), "this is our own address")
	}
	ask := c.o.Blocked
	if page && c.o.BlockedPage != nil {
		ask = c.o.BlockedPage
	}
	if ask == nil {
		return nil
	}
	blocked, err := ask(ctx, to.Host)
	switch {
	case err != nil:
		return &Error{Kind: Unasked, URL: to.String(), Err: fmt.Errorf("asking for blocked hosts: %w", err)}
	case blocked:
		return &Error{Kind: BlockedHost, URL: to.String()}
	}
	return nil
}

// do sends a request and keeps account of hosts to which no connection can be
// made. It goes to the transport itself: an http.Client would follow redirects,
// and reads Location even when told not to.
func (c *Client) do(req *http.Request) (*http.Response, error) {
	var connected atomic.Bool
	ctx := httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	resp, err := c.transport.RoundTrip(req.WithContext(ctx))
	if err != nil {
		failure := fromNetwork(ctx, req.URL.String(), err)
		if !connected.Load() && ctx.Err() == nil {
			now := c.now()
			c.dead.add(req.URL.Host, failure.Kind, err, now, now.Add(c.shun))
		}
		return nil, failure
	}
	c.dead.forget(req.URL.Host)
	return resp, nil
}

// read takes the body in, as it is after unpacking.
func read(ctx context.Context, from string, resp *http.Response, q question) ([]byte, error) {
	if resp.ContentLength > q.limit && !q.cut {
		return nil, fail(TooLarge, from, "%d bytes announced, %d allowed", resp.ContentLength, q.limit)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, q.limit+1))
	if int64(len(body)) > q.limit {
		if q.cut {
			return body[:q.limit], nil
		}
		return nil, fail(TooLarge, from, "more than %d bytes", q.limit)
	}
	if err != nil {
		return nil, fromNetwork(ctx, from, err)
	}
	return body, nil
}

// entityTag is the ETag of an answer, where it is of a length to be kept.
func entityTag(h http.Header) string {
	if tag := h.Get("ETag"); len(tag) <= maxTag {
		return tag
	}
	return ""
}

// drain reads what little is left, so that the connection can serve again.
// Whatever fails here only costs the connection.
func drain(body io.Reader) {
	_, _ = io.CopyN(io.Discard, body, 16<<10)
}

// retryAfter reads Retry-After (RFC 9110 §10.2.3), seconds or a date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0
	}
	var wait time.Duration
	if seconds, err := strconv.ParseUint(value, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = at.Sub(now)
	}
	return max(0, min(wait, longestWait))
}
