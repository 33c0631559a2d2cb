package serve

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	ap "stoa/activitypub"
	"stoa/federation/forum"
	"stoa/federation/outbox"
	"stoa/storage"
)

// finder looks for what a request asks for. An error that is a *forum.Refusal
// is told to whoever asked; any other stays inside.
type finder func(r *http.Request) (*answer, error)

// answer is what a GET gets.
type answer struct {
	status   int    // 0 means 200
	kind     string // media type of body
	body     []byte
	tag      string        // entity tag without quotes; made of the body when empty
	location string        // absolute: Lemmy does not follow any other
	keep     time.Duration // how long it may be kept; 0 means not at all
	private  bool          // by whoever asked alone
	retry    time.Duration // when to ask again; 0 says nothing of that
}

// document answers with an ActivityPub document. The media type has no
// parameter: Lemmy and NodeBB compare its text.
func document(doc any, keep time.Duration) (*answer, error) {
	body, err := ap.Encode(doc)
	if err != nil {
		return nil, err
	}
	return &answer{kind: ap.ContentType, body: body, keep: keep}, nil
}

// discovery answers with a document that has no @context.
func discovery(kind string, doc any) (*answer, error) {
	body, err := ap.EncodeBare(doc)
	if err != nil {
		return nil, err
	}
	return &answer{kind: kind, body: body, keep: keepDiscovery}, nil
}

// gone answers 410 with a Tombstone, which says nothing of what was there.
func gone(uri string) (*answer, error) {
	a, err := document(outbox.Tombstone(uri), 0)
	if a != nil {
		a.status = http.StatusGone
	}
	return a, err
}

// moved leads to the one address that something has.
func moved(to string) (*answer, error) {
	return &answer{status: http.StatusPermanentRedirect, location: to, keep: keepActor}, nil
}

func nothing(*http.Request) (*answer, error) { return nil, storage.ErrNotFound }

// handler writes what find finds. With negotiated, the same URL has a page too.
func (s *Server) handler(negotiated bool, find finder) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		h.Set("X-Content-Type-Options", "nosniff")
		if negotiated {
			h.Set("Vary", "Accept")
		}
		a, err := find(r)
		if err != nil {
			a = s.refusal(r, err)
			if a.status == http.StatusServiceUnavailable {
				h.Set("Retry-After", "30")
			}
			if a.status == http.StatusMethodNotAllowed {
				h.Set("Allow", http.MethodPost)
			}
		}
		if asks(a, r) {
			h.Set("Vary", "Accept, User-Agent")
		}
		a.write(w, r)
	})
}

// noQuestion are the programs, by how their User-Agent begins, that cannot read a Question.
// They name themselves when they fetch what somebody looks up there, or what an answer
// that has reached them refers to.
var noQuestion = []string{"lemmy/", "lotide/", "mbin/", "kbin/", "kbinbot/"}

// asks reports whether there is a Question in an answer, and makes a Page of it for
// those who take nothing else.
func asks(a *answer, r *http.Request) bool {
	if a.kind != ap.ContentType || !outbox.Asks(a.body) {
		return false
	}
	agent := strings.ToLower(r.UserAgent())
	if slices.ContainsFunc(noQuestion, func(name string) bool { return strings.HasPrefix(agent, name) }) {
		a.body = outbox.Plain(a.body)
		if a.tag != "" {
			a.tag += "-plain"
		}
	}
	return true
}

func (a *answer) write(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if a.keep > 0 {
		who := "public"
		if a.private {
			who = "private"
		}
		h.Set("Cache-Control", who+", max-age="+strconv.Itoa(int(a.keep/time.Second)))
	}
	if a.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(int(a.retry/time.Second)))
	}
	if a.location != "" {
		h.Set("Location", a.location)
	}
	status := a.status
	if status == 0 {
		status = http.StatusOK
	}
	if status == http.StatusOK {
		tag := a.tag
		if tag == "" {
			sum := sha256.Sum256(a.body)
			tag = hex.EncodeToString(sum[:16])
		}
		// Weak, since a proxy may compress what it passes on.
		h.Set("ETag", `W/"`+tag+`"`)
		if held(r.Header.Values("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if a.kind != "" {
		h.Set("Content-Type", a.kind)
	}
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(a.body) // whoever asked has gone
	}
}

// held reports whether one of the entity tags in If-None-Match is tag. It may
// stand without quotes, as servers do that compute the tag of a thread themselves.
func held(fields []string, tag string) bool {
	for _, field := range fields {
		for one := range strings.SplitSeq(field, ",") {
			one = strings.TrimPrefix(strings.TrimSpace(one), "W/")
			if one = strings.Trim(one, `"`); one == tag || one == "*" {
				return true
			}
		}
	}
	return false
}

// refusal turns an error into an answer; it is never HTML, which PieFed takes
// for the page of a proxy.
func (s *Server) refusal(r *http.Request, err error) *answer {
	var no *forum.Refusal
	switch {
	case errors.Is(err, errNotReadable):
		return complaint(http.StatusMethodNotAllowed, "not-readable", "An inbox takes POST.")
	case errors.As(err, &no):
		return complaint(no.Kind.Status(), no.Reason, no.Text)
	case storage.Down(err):
		s.log.ErrorContext(r.Context(), "cannot read what is asked for", "path", r.URL.Path, "error", err)
		return complaint(http.StatusServiceUnavailable, "unavailable", "This server cannot answer just now.")
	}
	s.log.ErrorContext(r.Context(), "no answer", "path", r.URL.Path, "error", err)
	return complaint(http.StatusInternalServerError, "internal", "Something is wrong on this server.")
}

func complaint(status int, reason, text string) *answer {
	body, err := json.Marshal(struct {
		Error  string `json:"error"`
		Reason string `json:"reason"`
	}{text, reason})
	if err != nil {
		body = []byte(`{}`)
	}
	return &answer{status: status, kind: "application/json", body: body}
}

var errNotReadable = errors.New("not readable")

// inbox answers a GET of an inbox.
func (s *Server) inbox(*http.Request) (*answer, error) { return nil, errNotReadable }

// withoutSlash leads from an address with a slash at its end to the one without.
func (s *Server) withoutSlash(r *http.Request) (*answer, error) {
	return moved(s.publish.Base() + strings.TrimRight(r.URL.EscapedPath(), "/"))
}
