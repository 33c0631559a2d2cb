package inbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"

	ap "stoa/activitypub"
	"stoa/federation/fetch"
	"stoa/federation/forum"
	"stoa/storage"
)

// Budgets of one fetch job: a stranger's reply can ask for its parents, and they
// for theirs.
const (
	maxParents    = 50
	maxHosts      = 10
	fetchDeadline = time.Minute
)

// Fetcher works on the jobs that get what received activities refer to.
type Fetcher struct {
	river.WorkerDefaults[storage.FetchObject]
	in *Inbox
}

// Fetcher returns the worker for storage.FetchObject.
func (in *Inbox) Fetcher() *Fetcher { return &Fetcher{in: in} }

// Timeout implements river.Worker.
func (f *Fetcher) Timeout(*river.Job[storage.FetchObject]) time.Duration { return fetchDeadline }

// Work implements river.Worker: it gets the object, and its parents up to one
// that is known, applies them, and wakes what waited. Where the object is not to
// be had, what waited is refused with the reason.
func (f *Fetcher) Work(ctx context.Context, job *river.Job[storage.FetchObject]) error {
	iri, via := job.Args.IRI, job.Args.Via
	reason, err := f.in.obtain(ctx, iri, via)
	if err != nil && temporary(err) && job.Attempt < job.MaxAttempts {
		return err
	}
	if err != nil {
		reason = err.Error()
	}
	f.in.o.Log.Info("fetch", "iri", iri, "via", via, "reason", reason)
	err = f.in.o.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if reason != "" {
			return tx.GiveUp(ctx, iri, reason)
		}
		return tx.Wake(ctx, iri)
	})
	ring(f.in.ready)
	return err
}

// obtain makes an actor or object known. reason says why it never will be.
func (in *Inbox) obtain(ctx context.Context, iri, via string) (reason string, err error) {
	if in.isOurs(iri) {
		return "no such object here", nil
	}
	var chain []*ap.Object
	hosts := map[string]bool{}
	for next := iri; ; {
		known, err := in.known(ctx, next)
		if err != nil {
			return "", err
		}
		if known {
			break
		}
		hosts[ap.Host(next)] = true
		if len(chain) >= maxParents || len(hosts) > maxHosts {
			return "too many parents to fetch", nil
		}
		o, reason, err := in.get(ctx, next, next == iri)
		if err != nil || reason != "" {
			return reason, err
		}
		if o == nil {
			return "", nil // an actor, and it is saved
		}
		chain = append(chain, o)
		if o.InReplyTo == "" {
			break
		}
		if next = o.InReplyTo; in.isOurs(next) {
			break
		}
	}
	for i := len(chain) - 1; i >= 0; i-- {
		if reason, err := in.adopt(ctx, chain[i], via); err != nil || reason != "" {
			return reason, err
		}
	}
	return "", nil
}

func (in *Inbox) known(ctx context.Context, iri string) (bool, error) {
	var known bool
	err := in.o.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		objects, err := tx.KnownObjects(ctx, []string{iri})
		if err != nil {
			return err
		}
		people, err := tx.People(ctx, []string{iri})
		known = objects[iri] || people[iri].ID != 0
		return err
	})
	return known, err
}

// get reads one document at its origin: an object, or nil for an actor, which it
// saves. A Create stands for what it created.
func (in *Inbox) get(ctx context.Context, iri string, mayBeActor bool) (o *ap.Object, reason string, err error) {
	doc, err := in.o.Client.Document(ctx, iri)
	if err != nil {
		return nil, "", err
	}
	if ap.IsActorType(doc.Type) {
		if !mayBeActor {
			return nil, "answers an actor, not an object", nil
		}
		actor, _, err := in.o.Client.Actor(ctx, iri)
		if err != nil {
			return nil, "", err
		}
		return nil, "", in.saveActor(ctx, actor)
	}
	body := doc.Body
	if doc.Type == "Create" {
		activity, err := ap.ReadActivity(body)
		if err != nil || !activity.Object.IsEmbedded() || !ap.SameOrigin(activity.Object.ID, doc.URL) {
			return nil, "a Create without its object", nil
		}
		body = activity.Object.Raw
	}
	read, err := ap.ReadObject(body)
	if err != nil {
		return nil, "unreadable: " + err.Error(), nil
	}
	if why := in.checkWords(&read, ""); why != "" {
		return nil, why, nil
	}
	if !isPublic(&read, nil) {
		return nil, "not public", nil
	}
	return &read, "", nil
}

// adopt applies a fetched object, once its author is known.
func (in *Inbox) adopt(ctx context.Context, o *ap.Object, via string) (reason string, err error) {
	author := o.Authors[0]
	known, err := in.known(ctx, author)
	if err != nil {
		return "", err
	}
	if !known {
		actor, _, err := in.o.Client.Actor(ctx, author)
		if err != nil {
			return "", err
		}
		if actor.ID != author {
			return "the author has another id", nil
		}
		if err := in.saveActor(ctx, actor); err != nil {
			return "", err
		}
	}
	var outcome forum.Outcome
	err = in.o.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		outcome = forum.Outcome{}
		people, err := tx.People(ctx, []string{author})
		if err != nil {
			return err
		}
		person, ok := people[author]
		if !ok {
			outcome.Refused = &forum.Refusal{Kind: forum.Invalid, Reason: "the author is no person"}
			return nil
		}
		communities, err := tx.CommunitiesByURI(ctx, append(addressees(o, nil), via))
		if err != nil {
			return err
		}
		origin := forum.Origin{Raw: o.Raw, Fetched: true}
		var from *forum.Community
		if c, ok := communities[via]; ok && via != "" {
			origin.Via, from = c.ID, &c
		}
		outcome, err = in.place(ctx, tx, o, person, placesOf(from, addressees(o, nil), communities), origin)
		return err
	})
	if err != nil {
		return "", err
	}
	if r := outcome.Refused; r != nil {
		return fmt.Sprintf("%s: %s", o.ID, r.Reason), nil
	}
	return "", nil
}

func (in *Inbox) place(ctx context.Context, tx *storage.Tx, o *ap.Object, by forum.Person, places []forum.Community, origin forum.Origin) (forum.Outcome, error) {
	if o.InReplyTo != "" {
		out, err := in.o.Forum.Reply(ctx, tx, []forum.Reply{{Comment: in.comment(o, by), Received: in.o.Clock(), Origin: origin}})
		return first(out), err
	}
	if len(places) == 0 {
		return forum.Outcome{Refused: &forum.Refusal{Kind: forum.Invalid, Reason: "in no community known here"}}, nil
	}
	post := in.post(o, by)
	post.Community = places[0]
	verb := forum.Submit{Post: post, Received: in.o.Clock(), Origin: origin}
	for _, c := range places[1:] {
		verb.Crossposts = append(verb.Crossposts, c.ID)
	}
	out, err := in.o.Forum.Submit(ctx, tx, []forum.Submit{verb})
	return first(out), err
}

func first(out []forum.Outcome) forum.Outcome {
	if len(out) == 0 {
		return forum.Outcome{}
	}
	return out[0]
}

// Discover fetches an actor and keeps it, so that it can be followed.
func (in *Inbox) Discover(ctx context.Context, iri string) error {
	actor, _, err := in.o.Client.Actor(ctx, iri)
	var f *fetch.Error
	if errors.As(err, &f) && f.Kind == fetch.Gone {
		return forum.Refuse(forum.Gone, "gone", "%s no longer exists.", iri)
	}
	if err != nil {
		return err
	}
	return in.saveActor(ctx, actor)
}
