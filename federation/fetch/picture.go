package fetch

import (
	"context"
	"time"
)

const (
	pictureTimeout = 30 * time.Second
	maxPage        = 512 << 10 // bytes of a page; what it says of itself stands at its beginning
)

// Picture gets a file that is said to be a picture, of at most limit bytes. What it
// is nobody has looked at yet: a server may call anything a picture. The request
// carries no signature, since pictures are for everybody.
func (c *Client) Picture(ctx context.Context, url string, limit int64) (body []byte, err error) {
	defer c.observe("picture", c.now(), &err)
	ctx, cancel := c.begin(ctx, pictureTimeout)
	defer cancel()
	p, err := c.get(ctx, url, question{accept: "image/webp, image/png, image/jpeg, image/gif;q=0.9", limit: limit, page: true})
	if err != nil {
		return nil, err
	}
	return p.body, nil
}

// Page is the beginning of what stands at an address.
type Page struct {
	URL  string // of the last hop
	Type string // Content-Type as sent
	Body []byte // at most 512 KiB
}

// Page gets the page at an address as a browser would, without a signature.
func (c *Client) Page(ctx context.Context, url string) (got *Page, err error) {
	defer c.observe("page", c.now(), &err)
	ctx, cancel := c.begin(ctx, c.o.Timeout)
	defer cancel()
	p, err := c.get(ctx, url, question{accept: "text/html, application/xhtml+xml", limit: maxPage, cut: true, page: true})
	if err != nil {
		return nil, err
	}
	return &Page{URL: p.url.String(), Type: p.mime, Body: p.body}, nil
}
