package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"
)

// Kind says why another server gave us nothing we can use.
type Kind string

// The kinds of failure.
const (
	BlockedHost      Kind = "blocked-host"       // this node does not speak with that server
	ForbiddenAddress Kind = "forbidden-address"  // the name leads to an address no public server has
	BadURL           Kind = "bad-url"            // not an address this client asks
	TooManyRedirects Kind = "too-many-redirects" // more than three hops
	TooLarge         Kind = "too-large"          // the unpacked body exceeds its limit
	Timeout          Kind = "timeout"            // the deadline of the whole operation passed
	Cancelled        Kind = "cancelled"          // the caller gave up
	WrongType        Kind = "wrong-type"         // not served as an ActivityStreams document
	Malformed        Kind = "malformed"          // the document cannot be read, or lacks what it must have
	IDMismatch       Kind = "id-mismatch"        // a document under another address than its own
	Gone             Kind = "gone"               // 410, or a Tombstone at its own address
	NotFound         Kind = "not-found"          // 404
	Refused          Kind = "refused"            // 401, 403, or another answer that ends the matter
	Unavailable      Kind = "unavailable"        // 408, 425, 429, 5xx, or no connection
	WrongOrigin      Kind = "wrong-origin"       // one server spoke for another
	Unsigned         Kind = "unsigned"           // our own signature could not be made; nothing was sent
	Unasked          Kind = "unasked"            // whether the server is blocked could not be found out; nothing was sent
	KeyMismatch      Kind = "key-mismatch"       // the owner does not list the key, or lists another one under its id
)

// Error is what every function of a Client returns when it fails.
type Error struct {
	Kind Kind
	// URL is the address whose answer was the last word. After a redirect or a
	// second look at a document's own id it is not the address asked for.
	URL string
	// Status is the HTTP status of the answer, 0 when there was none.
	Status int
	// RetryAfter is what the answer asked for, at most a day; 0 when it did not.
	RetryAfter time.Duration
	Err        error
}

func (e *Error) Error() string {
	s := "fetch " + e.URL + ": " + string(e.Kind)
	if e.Status != 0 {
		s += fmt.Sprintf(" (HTTP %d)", e.Status)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Temporary says whether asking again later may bring another answer without
// anybody having changed a document. Gone, NotFound and Refused are answers.
func (e *Error) Temporary() bool {
	switch e.Kind {
	case Unavailable, Timeout, Cancelled, Unasked:
		return true
	}
	return false
}

// KindOf is the kind of the first *Error in err's chain, "" without one.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return ""
}

// fail makes an *Error with a reason of our own.
func fail(kind Kind, address, format string, args ...any) *Error {
	return &Error{Kind: kind, URL: address, Err: fmt.Errorf(format, args...)}
}

// fromNetwork sorts what the transport said. ctx is the one the request ran
// under: its end explains whatever error came of it.
func fromNetwork(ctx context.Context, address string, err error) *Error {
	var timeout net.Error
	switch {
	case errors.Is(err, errForbidden):
		return &Error{Kind: ForbiddenAddress, URL: address, Err: err}
	case errors.Is(ctx.Err(), context.Canceled):
		return &Error{Kind: Cancelled, URL: address, Err: err}
	case ctx.Err() != nil, errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return &Error{Kind: Timeout, URL: address, Err: err}
	}
	return &Error{Kind: Unavailable, URL: address, Err: err}
}

// fromStatus sorts an answer that is not 2xx; nil for one that is.
func fromStatus(address string, resp *http.Response, now time.Time) *Error {
	if resp.StatusCode >= 200 && resp.StatusCode <= 299 {
		return nil
	}
	kind := Refused
	switch s := resp.StatusCode; {
	case s == http.StatusNotFound:
		kind = NotFound
	case s == http.StatusGone:
		kind = Gone
	case s == http.StatusRequestTimeout, s == http.StatusTooEarly, s == http.StatusTooManyRequests, s >= 500:
		kind = Unavailable
	}
	return &Error{Kind: kind, URL: address, Status: resp.StatusCode, RetryAfter: retryAfter(resp.Header, now)}
}
