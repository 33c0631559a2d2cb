package fetch

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"stoa/activitypub"
)

// maxAnswer is how much of the answer to a delivery is kept, in bytes: enough
// for the reason a peer names.
const maxAnswer = 2 << 10

// Answer is what another server said to a delivery, whatever it said.
type Answer struct {
	Status int
	// RetryAfter is what it asked for, at most a day; 0 when it did not.
	RetryAfter time.Duration
	// Body is the beginning of the answer, valid UTF-8, at most 2 KB.
	Body string
}

// Post delivers body to an inbox: one POST, signed by sign, no redirect
// followed. Any HTTP answer is an Answer and no error. The error, an *Error,
// means that none came; of kinds BlockedHost, ForbiddenAddress and BadURL
// nothing was sent, of others it may have arrived. A host that recently did not
// answer is asked all the same: when to try again is the caller's to decide.
//
// Content-Type is bare application/activity+json, because NodeBB compares the
// whole header; sign must leave it and may add Date, Digest and Signature.
func (c *Client) Post(ctx context.Context, inbox string, body []byte, sign func(*http.Request, []byte) error) (answer Answer, err error) {
	defer c.observe("post", c.now(), &err)
	ctx, cancel := c.begin(ctx, c.o.PostTimeout)
	defer cancel()

	to, err := address(inbox, c.o.Dev)
	if err != nil {
		return Answer{}, err
	}
	if err := c.admit(ctx, to, false); err != nil {
		return Answer{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(body))
	if err != nil {
		return Answer{}, &Error{Kind: BadURL, URL: to.String(), Err: err}
	}
	req.Header.Set("Content-Type", activitypub.ContentType)
	req.Header.Set("Accept", activitypub.ContentType)
	req.Header.Set("User-Agent", c.agent)
	if sign != nil {
		if err := sign(req, body); err != nil {
			return Answer{}, &Error{Kind: Unsigned, URL: to.String(), Err: err}
		}
	}
	resp, err := c.do(req)
	if err != nil {
		return Answer{}, err
	}
	defer func() { _ = resp.Body.Close() }() // the answer has been read or given up
	// The status is the answer; a body that breaks off does not change it.
	said, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	drain(resp.Body)
	return Answer{
		Status:     resp.StatusCode,
		RetryAfter: retryAfter(resp.Header, c.now()),
		Body:       strings.ToValidUTF8(string(said), "\uFFFD"),
	}, nil
}
