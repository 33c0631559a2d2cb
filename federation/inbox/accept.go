package inbox

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/textproto"
	"os"
	"strings"
	"time"

	ap "stoa/activitypub"
	"stoa/activitypub/sig"
	"stoa/storage"
)

// maxBody is how large an activity may be. Mastodon's bound is the same.
const maxBody = 1 << 20

// keyFresh is how long a key is taken to be current: a signature that does not
// match a key checked more recently is wrong, and not a reason to fetch again.
const keyFresh = 10 * time.Minute

// handle is the whole of what a request waits for.
func (in *Inbox) handle(w http.ResponseWriter, r *http.Request) {
	a := in.accept(w, r)
	in.counts.answered.WithLabelValues(a.label()).Inc()
	in.passed(a)
	in.tell(r, a)
	a.write(w)
}

// tell writes the line of the log that each request has.
func (in *Inbox) tell(r *http.Request, a answer) {
	in.o.Log.Info("inbox", "status", a.status, "reason", a.reason, "type", a.kind, "actor", a.actor, "id", a.id, "from", network(in.address(r), 48))
}

func (in *Inbox) accept(w http.ResponseWriter, r *http.Request) answer {
	held := in.pressure.hold(in.source(r))
	defer held.free()
	body, no := in.read(w, r, held)
	if no != nil {
		return *no
	}
	env, no := in.envelope(body)
	if no != nil {
		return *no
	}
	a := in.admit(r, body, env)
	a.kind, a.actor, a.id = env.Type, env.Actor, env.ID
	return a
}

// read takes the body in, within its bounds of type, size and time.
func (in *Inbox) read(w http.ResponseWriter, r *http.Request, held *held) ([]byte, *answer) {
	if !ap.IsInboxContentType(r.Header.Get("Content-Type")) {
		return nil, refusal(http.StatusUnsupportedMediaType, "content-type", "Send application/activity+json.")
	}
	if r.ContentLength > maxBody {
		return nil, refusal(http.StatusRequestEntityTooLarge, "too-large", "An activity has at most 1 MiB.")
	}
	if len(r.Header["Signature"])+len(r.Header["Signature-Input"]) == 0 {
		// Whoever does not even claim to be somebody is not listened to for 1 MiB.
		return nil, refusal(http.StatusUnauthorized, string(sig.Missing), "Sign the request.")
	}
	if no := in.pressure.door(); no != nil {
		return nil, no
	}
	// A context's deadline does not end a read of the body; this does. It fails
	// only for writers that are no network connection, as in some tests.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(in.o.ReadTimeout))
	body, no, err := held.readAll(http.MaxBytesReader(w, r.Body, maxBody), r.ContentLength)
	var tooLarge *http.MaxBytesError
	switch {
	case no != nil:
		return nil, no
	case errors.As(err, &tooLarge):
		return nil, refusal(http.StatusRequestEntityTooLarge, "too-large", "An activity has at most 1 MiB.")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, refusal(http.StatusRequestTimeout, "slow-body", "The body took too long to arrive.")
	case err != nil:
		return nil, refusal(http.StatusBadRequest, "cut-short", "The body ended early.")
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	return body, nil
}

// envelope reads who says what, and nothing more.
func (in *Inbox) envelope(body []byte) (ap.Envelope, *answer) {
	if err := ap.Check(body); err != nil {
		if syntax, ok := errors.AsType[*ap.SyntaxError](err); ok {
			return ap.Envelope{}, refusal(http.StatusBadRequest, string(syntax.Kind), "The document cannot be read: "+string(syntax.Kind)+".")
		}
		return ap.Envelope{}, refusal(http.StatusBadRequest, "malformed", "The document cannot be read.")
	}
	env, err := ap.ReadEnvelope(body)
	if err != nil {
		return env, refusal(http.StatusBadRequest, "malformed", "An activity needs id, type and actor, as strings.")
	}
	switch {
	case ap.ValidID(env.ID, in.o.Dev) != nil || ap.ValidID(env.Actor, in.o.Dev) != nil:
		return env, refusal(http.StatusBadRequest, "bad-id", "id and actor must be absolute https addresses.")
	case !ap.SameOrigin(env.ID, env.Actor):
		return env, refusal(http.StatusForbidden, "origin", "id and actor belong to different servers.")
	case in.Ours(env.Actor):
		return env, refusal(http.StatusForbidden, "origin", "This actor lives here.")
	}
	return env, nil
}

// admit judges the signature and keeps the activity. All that can be judged
// without the database comes first.
func (in *Inbox) admit(r *http.Request, body []byte, env ap.Envelope) answer {
	message, now := sig.FromRequest(r, body), in.o.Clock()
	s, err := sig.Examine(message, sig.Policy{BaseURL: in.o.BaseURL, Now: now})
	if err != nil {
		return unauthorized(err)
	}
	sender, err := in.o.DB.Sender(r.Context(), []string{ap.Host(env.Actor), hostOfKey(s.KeyID)}, s.KeyID)
	switch {
	case err != nil:
		return in.unavailable(err)
	case sender.Blocked:
		return *refusal(http.StatusForbidden, "blocked", "This server does not take anything from yours.")
	case !sender.Held:
		return in.admitStranger(r, message, s, env)
	}
	switch err := in.proofs.verify(s, sender.Key.PEM); {
	case err != nil && now.Sub(sender.Key.CheckedAt) < keyFresh:
		return unauthorized(err)
	case err != nil:
		return in.keepUnverified(r, message, s, env)
	case sender.Key.Owner != env.Actor:
		return in.forwarded(r, env, sender.Key.Owner)
	}
	return in.keep(r, storage.Arrival{Verified: true, Body: body}, env)
}

// admitStranger takes in what is signed with a key that is not held.
func (in *Inbox) admitStranger(r *http.Request, m sig.Message, s *sig.Signature, env ap.Envelope) answer {
	if env.Type == "Delete" && env.Object.ID == env.Actor {
		known, err := in.o.DB.KnownActor(r.Context(), env.Actor)
		if err != nil {
			return in.unavailable(err)
		}
		if !known {
			// Mastodon tells every server it knows of each account that goes, and
			// the key cannot be fetched any more.
			return accepted("unknown-actor")
		}
	}
	return in.keepUnverified(r, m, s, env)
}

// hostOfKey is the server a key is said to be at.
func hostOfKey(keyID string) string {
	if account, ok := strings.CutPrefix(keyID, "acct:"); ok {
		_, host, _ := strings.Cut(account, "@")
		return strings.ToLower(host)
	}
	return ap.Host(keyID)
}

// forwarded answers for an activity that somebody else than its actor signed:
// its body is never applied. Where it brings something new the object is asked
// for at its origin, within the budget of the one who sent it.
func (in *Inbox) forwarded(r *http.Request, env ap.Envelope, by string) answer {
	hint := in.hint(env)
	if hint == "" || !in.questions.may(registrable(by), hint) {
		return accepted("forwarded")
	}
	if !in.budgets.spend(in.source(r), hint) {
		return *tooMany()
	}
	if err := in.o.DB.EnqueueFetch(r.Context(), storage.FetchObject{IRI: hint, Asker: in.asker(by), Refresh: env.Type != "Create"}); err != nil {
		return in.unavailable(err)
	}
	return accepted("forwarded")
}

// hint is the id of what a forwarded activity may have brought, changed or taken
// away; empty when it is nothing to ask for.
func (in *Inbox) hint(env ap.Envelope) string {
	id := env.Object.ID
	if env.Type != "Create" && env.Type != "Update" && env.Type != "Delete" || id == "" || id == env.Actor || in.Ours(id) || ap.ValidID(id, in.o.Dev) != nil {
		return ""
	}
	return id
}

// keepUnverified keeps a request whose key has to be fetched, within the budgets
// of strangers: key ids are chosen by whoever sends them.
func (in *Inbox) keepUnverified(r *http.Request, m sig.Message, s *sig.Signature, env ap.Envelope) answer {
	request, err := json.Marshal(keptRequest{m.Method, m.Target, m.Host, keptHeader(m, s)})
	if err != nil {
		return *refusal(http.StatusBadRequest, "malformed", "The request's header cannot be kept.")
	}
	if !in.budgets.spend(in.source(r), s.KeyID) {
		return *tooMany()
	}
	if !in.budgets.room(r.Context(), in.source(r), int64(len(m.Body)+len(request))) {
		return *tooMany()
	}
	return in.keep(r, storage.Arrival{Body: m.Body, Request: request, Domain: registrable(s.KeyID)}, env)
}

// keptRequest is what of a request its signature may speak of, beside the body.
type keptRequest struct {
	Method string      `json:"method"`
	Target string      `json:"target"`
	Host   string      `json:"host"`
	Header http.Header `json:"header"`
}

// keptHeader leaves out what the signature does not speak of: cookies, proxies,
// addresses.
func keptHeader(m sig.Message, s *sig.Signature) http.Header {
	h := http.Header{}
	for _, name := range append([]string{"Signature", "Signature-Input", "Digest", "Content-Digest", "Date"}, s.Covered...) {
		name = textproto.CanonicalMIMEHeaderKey(name)
		if values, ok := m.Header[name]; ok {
			h[name] = values
		}
	}
	return h
}

func (in *Inbox) keep(r *http.Request, a storage.Arrival, env ap.Envelope) answer {
	a.Host, a.Source = ap.Host(env.Actor), in.source(r)
	a.Type, a.Actor, a.Activity = env.Type, env.Actor, env.ID
	a.Family, a.About = sortOut(env)
	if domain := registrable(env.Actor); a.Verified && (!in.budgets.rows.spend(domain) || !in.budgets.bytes.take(domain, len(a.Body))) {
		return *tooBusy("Too much at once from your server; please send this again later.")
	}
	if domain := registrable(env.Actor); a.Verified && !in.pressure.admit(domain, len(a.Body)) {
		return *tooBusy("Too much of your server waits to be worked on; please send this again later.")
	}
	if in.crowd.holds(a.Key()) {
		return *tooBusy("Too much waits already for what this is about; please send this again later.")
	}
	if err := in.commit.keep(r.Context(), a); err != nil {
		return in.unavailable(err)
	}
	if a.Verified {
		in.hear(r.Context(), a.Host)
		ring(in.ready)
		return accepted("")
	}
	ring(in.keys)
	return accepted("unverified")
}

// sortOut tells which family an activity belongs to, and which object it is
// about. Acts of one actor on one object keep their order.
func sortOut(env ap.Envelope) (storage.Family, string) {
	kind, object := env.Type, env.Object
	if kind == "Announce" || kind == "Undo" {
		inner := object.Type
		about := object.ID
		if act, err := object.Activity(); err == nil {
			about = act.Object.ID
			if act.Type == "Undo" {
				inner = act.Object.Type
				if undone, err := act.Object.Activity(); err == nil {
					about = undone.Object.ID
				}
			}
		}
		kind, object.ID = inner, about
	}
	switch kind {
	case "Follow", "Accept", "Reject":
		return storage.Membership, object.ID
	case "Like", "Dislike", "EmojiReact":
		return storage.Votes, object.ID
	}
	return storage.Content, object.ID
}

// source is the network a request came from: /24 for IPv4, /64 for IPv6.
func (in *Inbox) source(r *http.Request) string { return network(in.address(r), 64) }

func (in *Inbox) address(r *http.Request) string {
	if in.o.Source == nil {
		return r.RemoteAddr
	}
	return in.o.Source(r.RemoteAddr, r.Header.Values("X-Forwarded-For"))
}

func (in *Inbox) unavailable(err error) answer {
	if storage.Unstorable(err) {
		return *refusal(http.StatusBadRequest, "malformed", "The request has characters that cannot be kept.")
	}
	if !storage.Down(err) && !errors.Is(err, errStopping) {
		in.o.Log.Error("inbox", "err", err)
		return answer{status: http.StatusInternalServerError, reason: "internal", text: "Something went wrong here."}
	}
	if storage.Full(err) {
		in.pressure.full()
		return *noRoom()
	}
	in.o.Log.Warn("inbox: storage is away", "err", err)
	return answer{status: http.StatusServiceUnavailable, reason: "storage", text: "Not now; please send this again.", retry: 30 * time.Second}
}

func unauthorized(err error) answer {
	if s, ok := errors.AsType[*sig.Error](err); ok {
		return answer{status: http.StatusUnauthorized, reason: string(s.Kind), text: strings.TrimPrefix(s.Error(), "http signature: ")}
	}
	return answer{status: http.StatusUnauthorized, reason: "signature", text: "The signature cannot be verified."}
}
