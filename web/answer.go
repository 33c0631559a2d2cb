package web

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"stoa/federation/forum"
	"stoa/storage"
	"stoa/web/view"
)

// Handler answers a request, or returns the error that is the answer.
type Handler func(w http.ResponseWriter, r *http.Request) error

var (
	errNoPage           = forum.Refuse(forum.NotFound, "no-such-page", "There is nothing at this address.")
	errCommunityRemoved = forum.Refuse(forum.Gone, "community-removed", "This community has been taken away.")
	errNotAllowed       = errors.New("method not allowed")
)

// policy allows a page what it brings itself and nothing else: no script or
// style in the page, no picture from elsewhere, no frame, no form to elsewhere.
const policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// Page makes an http.Handler of a handler: it sets the headers that every page
// has, and gives every error its one form.
func (s *Site) Page(h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", policy)
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "same-origin")
		head.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()")
		head.Set("Cross-Origin-Opener-Policy", "same-origin")
		known, err := s.identify(r)
		if err == nil {
			err = h(w, known)
		}
		if err != nil {
			s.fail(w, known, err)
		}
	})
}

// HTML renders a page and sends it.
func (s *Site) HTML(w http.ResponseWriter, r *http.Request, status int, p view.Page) error {
	body, err := s.view.Render(p)
	if err != nil {
		return err
	}
	if s.private || s.Viewer(r) != nil {
		return sendOnce(w, r, status, "text/html; charset=utf-8", body)
	}
	return send(w, r, status, "text/html; charset=utf-8", body)
}

// twin marks a page whose address also answers with an ActivityPub document.
func twin(w http.ResponseWriter) { w.Header().Add("Vary", "Accept") }

// send answers with body, which nobody changes from then on, or with 304 when the
// browser has it already. Pages may be kept, shared, but are asked for again after
// half a minute.
func send(w http.ResponseWriter, r *http.Request, status int, kind string, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", kind)
	if status == http.StatusOK {
		sum := sha256.Sum256(body)
		tag := `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
		h.Set("ETag", tag)
		h.Set("Cache-Control", "public, max-age=30")
		if matches(r.Header.Values("If-None-Match"), tag) {
			h.Del("Content-Type")
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
	}
	if rec, ok := w.(*recorder); ok {
		rec.WriteHeader(status)
		rec.body = body
		return nil
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = bytes.NewReader(body).WriteTo(w) // the reader has gone; nobody is left to tell
	}
	return nil
}

// sendOnce answers with what nobody may keep.
func sendOnce(w http.ResponseWriter, r *http.Request, status int, kind string, body []byte) error {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = bytes.NewReader(body).WriteTo(w) // the reader has gone; nobody is left to tell
	}
	return nil
}

// matches compares entity tags weakly, as If-None-Match asks (RFC 9110 §13.1.2).
func matches(headers []string, tag string) bool {
	for _, h := range headers {
		for t := range strings.SplitSeq(h, ",") {
			t = strings.TrimSpace(t)
			if t == "*" || strings.TrimPrefix(t, "W/") == strings.TrimPrefix(tag, "W/") {
				return true
			}
		}
	}
	return false
}

// fail answers with the page of an error. A refusal says why; any other error
// is written to the log under a reference that the page shows, and its text
// stays inside.
func (s *Site) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, context.Canceled) && r.Context().Err() != nil {
		return // the reader has gone
	}
	if errors.Is(err, ErrSignIn) && r.Method == http.MethodGet {
		_ = SeeOther(w, "/sign-in?back="+url.QueryEscape(r.URL.RequestURI()))
		return
	}
	page := s.refusal(r, err)
	switch page.Status {
	case http.StatusInternalServerError, http.StatusServiceUnavailable:
		page.Reference = reference()
		s.Log.LogAttrs(r.Context(), slog.LevelError, "page failed",
			slog.String("reference", page.Reference), slog.String("path", r.URL.Path), slog.Int("status", page.Status), slog.Any("error", err))
		if s.Dev {
			page.Detail = err.Error()
		}
	}
	h := w.Header()
	h.Del("ETag")
	h.Set("Cache-Control", "no-store")
	switch page.Status {
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", "30")
	case http.StatusTooManyRequests:
		h.Set("Retry-After", "60")
	}
	if sendErr := s.HTML(w, r, page.Status, page); sendErr != nil {
		s.Log.LogAttrs(r.Context(), slog.LevelError, "error page failed", slog.Any("error", sendErr))
		http.Error(w, page.Heading, page.Status)
	}
}

func (s *Site) refusal(r *http.Request, err error) view.ErrorPage {
	t := s.Words(r)
	status, text := http.StatusInternalServerError, ""
	var refused *forum.Refusal
	switch {
	case errors.As(err, &refused):
		status, text = refused.Kind.Status(), t.Refusal(refused.Reason, refused.Text)
	case errors.Is(err, errNotAllowed):
		status = http.StatusMethodNotAllowed
	case errors.Is(err, errTooMuch):
		status = http.StatusTooManyRequests
	case unreachable(err):
		status = http.StatusServiceUnavailable
	case impossible(err):
		status = http.StatusBadRequest
	}
	heading, usual := t.Failed, t.FailedText
	switch status {
	case http.StatusBadRequest:
		heading, usual = t.BadRequest, t.BadRequestText
	case http.StatusForbidden:
		heading, usual = t.Forbidden, t.ForbiddenText
	case http.StatusNotFound:
		heading, usual = t.NotFound, t.NotFoundText
	case http.StatusMethodNotAllowed:
		heading, usual = t.NotAllowed, t.NotAllowedText
	case http.StatusTooManyRequests:
		heading, usual = t.TooMuch, t.TooMuchText
	case http.StatusGone:
		heading, usual = t.Gone, t.GoneText
	case http.StatusServiceUnavailable:
		heading, usual = t.Unavailable, t.UnavailableText
	}
	if text == "" || status == http.StatusServiceUnavailable {
		text = usual
	}
	page := view.ErrorPage{Frame: s.Frame(r, heading), Status: status, Heading: heading, Text: text}
	page.NoIndex = true
	return page
}

// impossible reports whether Postgres refused a value that came with the
// request (class 22 of SQLSTATE): a date far outside the calendar, a NUL.
func impossible(err error) bool {
	var refused interface{ SQLState() string }
	return errors.As(err, &refused) && strings.HasPrefix(refused.SQLState(), "22")
}

// unreachable reports whether the database could not be asked, as opposed to
// anything else that went wrong on the way to a page.
func unreachable(err error) bool {
	var refused interface{ SQLState() string } // what Postgres itself answered
	if errors.As(err, &refused) {
		return storage.Down(err)
	}
	var network *net.OpError
	return errors.As(err, &network) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.ErrUnexpectedEOF)
}

// reference is a short random name for one line of the log.
func reference() string {
	var b [6]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(b[:])
}
