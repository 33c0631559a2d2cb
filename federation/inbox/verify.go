package inbox

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	ap "stoa/activitypub"
	"stoa/activitypub/proof"
	"stoa/activitypub/sig"
	"stoa/federation/fetch"
	"stoa/storage"
	"stoa/storage/fault"
)

const verifyTries = 5

// errLater says that as many keys as may be were fetched from a domain.
var errLater = errors.New("the domain's keys are fetched later")

func (in *Inbox) verifyRows(ctx context.Context, rows []storage.Received) {
	for i, row := range rows {
		by, reason, err := in.vouch(ctx, row)
		switch {
		case ctx.Err() != nil:
			return // the lease ends, and somebody looks again
		case errors.Is(err, errLater):
			if err := in.o.DB.Postpone(ctx, rows[i:], fetchPause); err != nil {
				in.pause(ctx, "inbox: postponing", err)
			}
			return
		case err == nil && reason == "":
			err = in.o.DB.Verified(ctx, row)
			in.hear(ctx, ap.Host(by))
			ring(in.ready)
		case stackOf(err) != "":
			in.setAside(ctx, row, err)
			continue
		case err != nil && row.Tries < verifyTries:
			in.o.Log.Info("inbox: key not to be had yet", "actor", row.Actor, "id", row.Activity, "tries", row.Tries, "err", err)
			return // the others of this actor would fare no better
		default:
			if err != nil {
				reason = "no key: " + err.Error()
			}
			in.o.Log.Info("inbox: refused", "type", row.Type, "actor", row.Actor, "id", row.Activity, "reason", reason)
			in.counts.judged.WithLabelValues("unverified").Inc()
			in.observe(Refused, 1)
			err = in.o.DB.Judge(ctx, []storage.Received{row}, []storage.Verdict{{State: storage.StateRefused, Reason: reason}})
		}
		if err != nil {
			in.o.Log.Error("inbox: unverified row", "id", row.Activity, "err", err)
		}
	}
}

// vouch says why a kept request is refused; empty when it is what its actor
// signed, or proved. by is whose key signed the request. The error is one that may
// pass.
func (in *Inbox) vouch(ctx context.Context, row storage.Received) (by, reason string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(p)
		}
	}()
	var kept keptRequest
	if err := json.Unmarshal(row.Request, &kept); err != nil {
		return "", "unreadable request", nil
	}
	s, err := sig.Examine(sig.Message{
		Method: kept.Method, Target: kept.Target, Host: kept.Host, Header: kept.Header, Body: row.Body,
	}, sig.Policy{BaseURL: in.o.BaseURL, Now: row.At})
	if err != nil {
		return "", err.Error(), nil
	}
	key, reason, err := in.keyFor(ctx, s, row.At)
	if err != nil || reason != "" {
		return "", reason, err
	}
	if err := in.proofs.verify(s, key.PEM); err != nil {
		return "", err.Error(), nil
	}
	if key.Owner == row.Actor {
		return key.Owner, "", nil
	}
	if proven, err := in.provenBy(ctx, row.Body, row.Actor, row.At); err != nil || proven {
		return key.Owner, "", err
	}
	env, err := ap.ReadEnvelope(row.Body)
	if err != nil {
		return "", err.Error(), nil
	}
	if hint := in.hint(env); hint != "" && in.questions.may(registrable(key.Owner), hint) {
		if err := in.o.DB.EnqueueFetch(ctx, storage.FetchObject{IRI: hint, Asker: in.asker(key.Owner), Refresh: env.Type != "Create"}); err != nil {
			return "", "", err
		}
	}
	return key.Owner, "signed by " + key.Owner, nil
}

// keyFor finds the key that a signature names: the one held, if it is right or
// was fetched after the request came, else the one that its owner lists now.
func (in *Inbox) keyFor(ctx context.Context, s *sig.Signature, arrived time.Time) (key storage.Key, reason string, err error) {
	key, held, err := in.o.DB.Key(ctx, s.KeyID)
	if err != nil {
		return key, "", err
	}
	if held && (key.CheckedAt.After(arrived) || in.proofs.verify(s, key.PEM) == nil) {
		return key, "", nil
	}
	if !in.budgets.domains.spend(registrable(s.KeyID)) {
		return key, "", errLater
	}
	owner := key.Owner
	key, err = in.learnKey(ctx, s.KeyID)
	if fetch.KindOf(err) == fetch.Gone && held {
		if err := in.departed(ctx, owner, arrived); err != nil {
			return key, "", err
		}
	}
	if err != nil && !temporary(err) {
		return key, "no key: " + err.Error(), nil
	}
	return key, "", err
}

// Denial is why somebody does not get what they ask for.
type Denial struct {
	Status       int
	Reason, Text string        // for machines, and for people
	Retry        time.Duration // when to ask again; 0 says nothing of that
}

func (a *answer) denial() *Denial { return &Denial{a.status, a.reason, a.text, a.retry} }

// Asked judges who asks for a document: nil lets them have it. Whoever says to be of a
// server with which this node does not speak is denied it, proven or not, since nobody
// else says so. With signed, so is whoever does not prove to be somebody; a key that
// is not known is fetched while they wait, within the budgets of strangers.
func (in *Inbox) Asked(r *http.Request, signed bool) *Denial {
	if !signed && len(r.Header["Signature"])+len(r.Header["Signature-Input"]) == 0 {
		return nil
	}
	now := in.o.Clock()
	s, err := sig.Examine(sig.FromRequest(r, nil), sig.Policy{BaseURL: in.o.BaseURL, Now: now})
	if err != nil {
		if !signed {
			return nil
		}
		no := unauthorized(err)
		return no.denial()
	}
	sender, err := in.o.DB.Sender(r.Context(), []string{hostOfKey(s.KeyID)}, s.KeyID)
	switch {
	case err != nil:
		no := in.unavailable(err)
		return no.denial()
	case sender.Blocked:
		return notToYou()
	case !signed:
		return nil
	case sender.Held && in.proofs.verify(s, sender.Key.PEM) == nil:
		return in.owned(r.Context(), sender.Key)
	case !in.budgets.spend(in.source(r), s.KeyID):
		return tooMany().denial()
	}
	return in.askedByStranger(r.Context(), s, now)
}

// askedByStranger judges by a key that is not held, or was another when it was.
func (in *Inbox) askedByStranger(ctx context.Context, s *sig.Signature, now time.Time) *Denial {
	key, held, err := in.o.DB.Key(ctx, s.KeyID)
	reason := ""
	if err == nil && (!held || now.Sub(key.CheckedAt) >= keyFresh) {
		key, reason, err = in.keyFor(ctx, s, now)
	}
	switch {
	case errors.Is(err, errLater):
		return tooMany().denial()
	case storage.Down(err) && !errors.As(err, new(*fetch.Error)): // which may hold what a connection to them said
		no := in.unavailable(err)
		return no.denial()
	case err != nil:
		return &Denial{http.StatusServiceUnavailable, "no-key", "Your key cannot be had just now.", 30 * time.Second}
	case reason != "":
		return refusal(http.StatusUnauthorized, "no-key", "Your key cannot be had.").denial()
	}
	if err := in.proofs.verify(s, key.PEM); err != nil {
		no := unauthorized(err)
		return no.denial()
	}
	return in.owned(ctx, key)
}

// owned looks at where the owner of a key lives, which may be elsewhere than the key.
func (in *Inbox) owned(ctx context.Context, key storage.Key) *Denial {
	blocked, err := in.o.DB.Blocked(ctx, ap.Host(key.Owner))
	if err != nil {
		no := in.unavailable(err)
		return no.denial()
	}
	if blocked {
		return notToYou()
	}
	return nil
}

func notToYou() *Denial {
	return refusal(http.StatusForbidden, "blocked", "This server does not speak with yours.").denial()
}

// learnKey fetches a key with its owner and keeps both.
func (in *Inbox) learnKey(ctx context.Context, keyID string) (storage.Key, error) {
	key, actor, _, err := in.o.Client.Key(ctx, keyID)
	fault.At("inbox.key.fetched")
	if err != nil {
		return storage.Key{}, err
	}
	for i := range actor.Keys {
		if actor.Keys[i].ID == key.ID {
			actor.Keys[i].PEM = key.PEM // the owner may list it by its id alone
		}
	}
	if err := in.Keep(ctx, actor); err != nil {
		return storage.Key{}, err
	}
	fault.At("inbox.key.saved")
	return storage.Key{ID: key.ID, Owner: key.Owner, PEM: key.PEM, CheckedAt: in.o.Clock()}, nil
}

// temporary reports whether a failure may pass by itself.
func temporary(err error) bool {
	if f, ok := errors.AsType[*fetch.Error](err); ok {
		return f.Temporary()
	}
	return storage.Down(err) || storage.Retryable(err)
}

// panicError is a panic, as an error: what strangers send must never end the
// program, least of all when it is there again after each start.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// panicked is called where a panic has been recovered.
func panicked(p any) error { return &panicError{p, debug.Stack()} }

// stackOf tells where a panic was, empty for other errors.
func stackOf(err error) string {
	if p, ok := errors.AsType[*panicError](err); ok {
		return string(p.stack)
	}
	return ""
}

// pause waits a moment after an error that is not about one row.
func (in *Inbox) pause(ctx context.Context, what string, err error) {
	if ctx.Err() != nil {
		return
	}
	in.o.Log.Warn(what, "err", err)
	select {
	case <-ctx.Done():
	case <-time.After(time.Second):
	}
}

// maxProofs bounds how many public keys are kept parsed, of about 1 KB each.
const maxProofs = 4096

// proofs verifies signatures. It keeps keys parsed, by their text: in a profile of
// votes, reading them took 5 % of the server's time, beside 19 % for the proofs.
type proofs struct {
	mu   sync.Mutex
	keys map[string]crypto.PublicKey
}

func (p *proofs) verify(s *sig.Signature, pem string) error {
	key, err := p.key(pem)
	if err != nil {
		return err
	}
	return s.Verify(key)
}

// prove applies the key of an integrity proof.
func (p *proofs) prove(of *proof.Proof, pem string) error {
	key, err := p.key(pem)
	if err != nil {
		return err
	}
	public, ok := key.(ed25519.PublicKey)
	if !ok {
		return errors.New("no Ed25519 key")
	}
	return of.Verify(public)
}

// provenBy reports whether an activity that somebody else sent bears a proof by its
// own actor. Such a proof is held to the hour that a signed request is: after that
// a repeat would not be known as one for ever.
func (in *Inbox) provenBy(ctx context.Context, body []byte, actor string, arrived time.Time) (bool, error) {
	p, err := proof.Examine(body, arrived)
	if err != nil || !ap.SameOrigin(p.Method, actor) || p.Created.Before(arrived.Add(-sig.DefaultMaxAge)) {
		return false, nil //nolint:nilerr // a proof that is none proves nothing
	}
	key, held, err := in.o.DB.Key(ctx, p.Method)
	if err != nil {
		return false, err
	}
	return held && key.Proves && key.Owner == actor && in.proofs.prove(p, key.PEM) == nil, nil
}

func (p *proofs) key(pem string) (crypto.PublicKey, error) {
	p.mu.Lock()
	key, ok := p.keys[pem]
	p.mu.Unlock()
	if ok {
		return key, nil
	}
	key, err := sig.ParsePublicKey(pem)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.keys == nil {
		p.keys = map[string]crypto.PublicKey{}
	}
	if len(p.keys) >= maxProofs {
		for other := range p.keys { // any: the order of a map is as good as random
			delete(p.keys, other)
			break
		}
	}
	p.keys[pem] = key
	return key, nil
}
