package inbox

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/riverqueue/river"

	ap "stoa/activitypub"
	"stoa/federation/fetch"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/fault"
)

// Budgets of one fetch job: a stranger's reply can ask for its parents, and they
// for theirs, each at another name of one wildcard domain.
const (
	maxParents    = 50
	maxHosts      = 10
	fetchDeadline = time.Minute
	fetchPause    = 10 * time.Second // when a domain's budget is used up
	closing       = 10 * time.Second // to write down how a fetch ended
)

// Fetcher works on the jobs that get what received activities refer to.
type Fetcher struct {
	river.WorkerDefaults[storage.FetchObject]
	in  *Inbox
	end func(*storage.Tx, context.Context, *river.Job[storage.FetchObject]) error // in the transaction of what the job did last
}

// Fetcher returns the worker for storage.FetchObject.
func (in *Inbox) Fetcher() *Fetcher { return &Fetcher{in: in, end: (*storage.Tx).EndFetch} }

// Timeout implements river.Worker.
func (f *Fetcher) Timeout(*river.Job[storage.FetchObject]) time.Duration { return fetchDeadline }

// Work implements river.Worker: it gets the object, and its parents up to one
// that is known, applies them, and wakes what waited. Where the object is not to
// be had, what waited is refused with the reason.
func (f *Fetcher) Work(ctx context.Context, job *river.Job[storage.FetchObject]) error {
	iri, via := job.Args.IRI, job.Args.Via
	domain := registrable(iri)
	if !f.in.running.begin(domain, job.Args.Asker) {
		return river.JobSnooze(turnPause + rand.N(turnPause)) //nolint:gosec // so that not all come back at once; nobody gains by guessing it
	}
	defer f.in.running.end(domain, job.Args.Asker)
	if !f.in.fetches.spend(domain) {
		return river.JobSnooze(fetchPause)
	}
	get := f.in.Obtain
	if job.Args.Refresh {
		get = f.in.Refresh
	}
	if quoting := job.Args.Quoting; quoting != "" {
		get = func(ctx context.Context, iri, _ string) (string, error) { return f.in.approval(ctx, iri, quoting) }
	}
	reason, err := get(ctx, iri, via)
	switch {
	case err != nil && errors.Is(ctx.Err(), context.Canceled):
		return river.JobSnooze(fetchPause) // this program ends; that says nothing of the object
	case err != nil && temporary(err) && job.Attempt < job.MaxAttempts:
		return err
	case err != nil:
		reason = err.Error()
	}
	failed := err
	f.in.o.Log.Info("fetch", "iri", iri, "via", via, "reason", reason)
	// The job's own time may be what ended the fetch: what waits must be told of it
	// all the same.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
	defer cancel()
	fault.At("inbox.fetch.got")
	gone := goneURL(failed)
	err = f.in.o.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		come := false
		if reason != "" && !job.Args.Refresh && job.Args.Quoting == "" {
			var err error
			if come, err = tx.Come(ctx, cmp.Or(gone, iri)); err != nil {
				return err
			}
		}
		if err := f.end(tx, ctx, job); err != nil {
			return err
		}
		fault.At("inbox.fetch.ending")
		switch {
		case job.Args.Quoting != "":
			return nil // nothing waits for it
		case come: // another way meanwhile
			return tx.Wake(ctx, iri)
		case job.Args.Refresh && reason == "":
			return tx.Wake(ctx, iri) // a move waits for what its target says now
		case job.Args.Refresh:
			return nil
		case gone == iri:
			// A thread has a place for what was deleted: the Create that brings it is
			// taken in without its words.
			if err := tx.GoneWhileAwaited(ctx, iri); err != nil {
				return err
			}
			return tx.GiveUp(ctx, iri, via, reason, ap.Host(iri))
		case gone != "": // what it answers
			if err := tx.GiveUp(ctx, iri, via, reason, ap.Host(gone)); err != nil {
				return err
			}
			return tx.WaitInstead(ctx, iri, via, gone)
		case reason == tookActivity:
			return tx.Settle(ctx, iri, via, reason)
		case reason != "":
			if err := unproven(ctx, tx, iri, via, failed); err != nil {
				return err
			}
			return tx.GiveUp(ctx, iri, via, reason, "")
		}
		return tx.Wake(ctx, iri)
	})
	fault.At("inbox.fetch.ended")
	ring(f.in.ready)
	return err
}

// approval reads what is said to allow something to quote something else (FEP-044f):
// whoever is quoted gave it, for that one quote, and it stands at its own server. That who
// gave it is who wrote what is quoted is seen when that is shown, for it may come later.
func (in *Inbox) approval(ctx context.Context, iri, quoting string) (reason string, err error) {
	doc, err := in.o.Client.Document(ctx, iri)
	if err != nil {
		return "", err
	}
	a, err := ap.ReadQuoteAuthorization(doc.Body)
	switch {
	case err != nil || a.ID != iri:
		return "allows no quote", nil //nolint:nilerr // the reason says it
	case a.InteractingObject != quoting:
		return "allows another quote", nil
	case !ap.SameOrigin(a.AttributedTo, iri) || !ap.SameOrigin(a.InteractionTarget, iri):
		return "allows to quote somebody else", nil
	}
	return "", in.o.DB.Approve(ctx, forum.Approval{ID: iri, Quoting: quoting, Quoted: a.InteractionTarget, By: a.AttributedTo})
}

// unproven notes that what a community announced was not confirmed.
func unproven(ctx context.Context, tx *storage.Tx, iri, via string, failed error) error {
	switch {
	case via == "":
		return nil
	case fetch.KindOf(failed) == fetch.BlockedHost:
		return tx.Disregard(ctx, iri)
	case denied(failed):
		return tx.Denied(ctx, via, iri)
	}
	return nil
}

// denied reports whether a failure says that there is no such thing as was announced:
// its own server knows nothing of it, or has another thing under its name.
func denied(err error) bool {
	switch fetch.KindOf(err) {
	case fetch.NotFound, fetch.IDMismatch, fetch.WrongOrigin:
		return true
	}
	return false
}

// goneURL is the address of what is gone, if that is why a fetch failed.
func goneURL(err error) string {
	if f, ok := errors.AsType[*fetch.Error](err); ok && f.Kind == fetch.Gone {
		return f.URL
	}
	return ""
}

// Obtain makes a person or object known. reason says why it never will be.
func (in *Inbox) Obtain(ctx context.Context, iri, via string) (reason string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(p)
			in.o.Log.Error("fetch: failed", "iri", iri, "err", err, "stack", stackOf(err))
		}
	}()
	var chain []*ap.Object // an object, what it answers, what that answers
	hosts, seen := map[string]bool{}, map[string]bool{}
	for next := iri; ; {
		known, reason, err := in.known(ctx, next)
		if err != nil || reason != "" {
			return reason, err
		}
		if known {
			break
		}
		hosts[ap.Host(next)] = true
		switch {
		case seen[next]:
			return "answers itself", nil
		case len(chain) >= maxParents || len(hosts) > maxHosts:
			return "too many parents to fetch", nil
		}
		seen[next] = true
		o, reason, err := in.get(ctx, next, via, next == iri)
		if err != nil || reason != "" {
			return reason, err
		}
		if o == nil {
			return "", nil // a person, and it is saved
		}
		if len(chain) > 0 {
			chain[len(chain)-1].InReplyTo = o.ID // whatever address led there
		}
		chain = append(chain, o)
		if o.InReplyTo == "" || seen[o.ID] && o.ID != next {
			break
		}
		next = o.InReplyTo
	}
	for _, o := range slices.Backward(chain) {
		if reason, err := in.adopt(ctx, o, via); err != nil || reason != "" {
			return reason, err
		}
	}
	if len(chain) > 0 && chain[0].ID != iri {
		return "its id is " + chain[0].ID, nil
	}
	return "", nil
}

// known says whether an id needs no fetch. reason says why a fetch would not help.
func (in *Inbox) known(ctx context.Context, iri string) (known bool, reason string, err error) {
	err = in.o.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		objects, err := tx.KnownObjects(ctx, []string{iri})
		if err != nil {
			return err
		}
		people, err := tx.People(ctx, []string{iri})
		if err != nil {
			return err
		}
		communities, err := tx.CommunitiesByURI(ctx, []string{iri})
		known = objects[iri] || people[iri].ID != 0
		reason = ""
		if c := communities[iri]; c.ID != 0 && !c.Wall {
			reason = "a community, not a person"
		} else if !known && in.Ours(iri) {
			reason = "no such object here"
		}
		return err
	})
	return known, reason, err
}

// get reads one document at its origin: an object, or nil for a person, whom it
// saves. A Create stands for what it created.
func (in *Inbox) get(ctx context.Context, iri, via string, first bool) (o *ap.Object, reason string, err error) {
	doc, err := in.o.Client.Document(ctx, iri)
	if err != nil {
		return nil, "", err
	}
	if first && via != "" && isAct(doc.Type) {
		return nil, tookActivity, in.takeByID(ctx, doc, via)
	}
	if ap.IsActorType(doc.Type) {
		if !first {
			return nil, "answers an actor, not an object", nil
		}
		reason, err := in.Meet(ctx, iri)
		return nil, reason, err
	}
	if first && ap.IsCollectionType(doc.Type) {
		reason, err := in.noteThread(ctx, doc)
		return nil, reason, err
	}
	o, reason = in.ReadFetched(doc)
	return o, reason, nil
}

// noteThread makes known of which post a collection is the thread, for acts that name the
// thread (NodeBB): of the one that it lists first. reason says why it is of none.
func (in *Inbox) noteThread(ctx context.Context, doc *fetch.Document) (reason string, err error) {
	const none = "no thread of a post that is here"
	list, err := ap.ReadCollection(doc.Body)
	if err == nil && len(list.Items) == 0 && ap.SameOrigin(list.First.ID, doc.URL) {
		var page *fetch.Document
		if page, err = in.o.Client.Document(ctx, list.First.ID); err != nil {
			return "", err
		}
		list, err = ap.ReadCollection(page.Body)
	}
	if err != nil || len(list.Items) == 0 || !ap.SameOrigin(list.Items[0].ID, doc.URL) {
		return none, nil //nolint:nilerr // it cannot be read
	}
	err = in.o.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		noted, err := tx.NoteContext(ctx, list.Items[0].ID, doc.URL)
		if reason = ""; !noted {
			reason = none
		}
		return err
	})
	return reason, err
}

// tookActivity says of an Announce that its community named an activity by its id.
const tookActivity = "an activity, taken by itself"

// isAct reports whether documents of a type are activities that communities pass on.
func isAct(kind string) bool {
	switch kind {
	case "Update", "Delete", "Undo", "Like", "Dislike", "EmojiReact", "Add", "Remove", "Lock", "Block":
		return true
	}
	return false
}

// takeByID has an activity that was announced by its id applied as if it had been
// announced whole: it was read where it is from.
func (in *Inbox) takeByID(ctx context.Context, doc *fetch.Document, via string) error {
	body, err := json.Marshal(announcement{ID: via + "#" + doc.URL, Type: "Announce", Actor: via, Object: doc.Body})
	if err != nil {
		return err
	}
	env, err := ap.ReadEnvelope(body)
	if err != nil {
		return err
	}
	one := storage.Arrival{Verified: true, Host: ap.Host(via), Type: env.Type, Actor: via, Activity: env.ID, Body: body}
	one.Family, one.About = sortOut(env)
	err = in.o.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error { return tx.TakeApart(ctx, []storage.Arrival{one}) })
	ring(in.ready)
	return err
}

// ReadFetched takes the object out of a fetched document. reason says why there is none.
func (in *Inbox) ReadFetched(doc *fetch.Document) (o *ap.Object, reason string) {
	body := doc.Body
	if doc.Type == "Create" {
		activity, err := ap.ReadActivity(body)
		if err != nil || !activity.Object.IsEmbedded() || !ap.SameOrigin(activity.Object.ID, doc.URL) {
			return nil, "a Create without its object"
		}
		body = activity.Object.Raw
	}
	if hasHidden(body) {
		return nil, hiddenReason
	}
	read, err := ap.ReadObject(body)
	if err != nil {
		return nil, "unreadable: " + err.Error()
	}
	if why := in.checkWords(&read, ""); why != "" {
		return nil, why
	}
	if !isPublic(&read, nil) {
		return nil, "not public"
	}
	return &read, ""
}

// Meet fetches somebody, or a community, and keeps who they are. reason says why that is
// nobody who can write, vote or follow; of a community it is said once it is known, to
// those who need a person.
func (in *Inbox) Meet(ctx context.Context, iri string) (reason string, err error) {
	actor, _, err := in.o.Client.Actor(ctx, iri)
	if err != nil {
		return "", err
	}
	if err := in.Keep(ctx, actor); err != nil {
		return "", err
	}
	switch {
	case actor.ID != iri:
		return "its id is " + actor.ID, nil
	case !isPerson(actor.Type) && actor.Type != "Group":
		return "not a person: " + cut(actor.Type, maxNamed), nil
	}
	return "", nil
}

// adopt applies a fetched object, once its author is known.
func (in *Inbox) adopt(ctx context.Context, o *ap.Object, via string) (reason string, err error) {
	author := o.Authors[0]
	known, reason, err := in.known(ctx, author)
	if err != nil || reason != "" {
		return reason, err
	}
	if !known {
		if reason, err := in.Meet(ctx, author); err != nil || reason != "" {
			return reason, err
		}
	}
	var outcome forum.Outcome
	err = in.o.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		var err error
		outcome, err = in.place(ctx, tx, o, via)
		return err
	})
	if err == nil && outcome.Refused != nil {
		reason = o.ID + ": " + outcome.Refused.Reason
	}
	return reason, err
}

// place calls the verb for a fetched object.
func (in *Inbox) place(ctx context.Context, tx *storage.Tx, o *ap.Object, via string) (forum.Outcome, error) {
	no := func(reason string) (forum.Outcome, error) {
		return forum.Outcome{Refused: &forum.Refusal{Kind: forum.Invalid, Reason: reason}}, nil
	}
	people, err := tx.People(ctx, o.Authors[:1])
	if err != nil {
		return forum.Outcome{}, err
	}
	author, ok := people[o.Authors[0]]
	if !ok {
		return no("the author is no person")
	}
	communities, err := tx.CommunitiesByURI(ctx, append(addressees(o, nil), via))
	if err != nil {
		return forum.Outcome{}, err
	}
	origin := forum.Origin{Raw: o.Raw, Fetched: true}
	var from *forum.Community
	if c, ok := communities[via]; ok && via != "" {
		origin.Via, origin.Server, from = c.ID, c.Host, &c
	}
	if o.InReplyTo != "" {
		out, err := in.o.Forum.Reply(ctx, tx, []forum.Reply{{Comment: in.comment(o, author), Received: in.o.Clock(), Origin: origin}})
		return first(out), err
	}
	p := in.post(o, author)
	p.Poll = p.Poll.As(in.o.Clock())
	verb, why := submit(o, p, from, addressees(o, nil), communities)
	if why != "" {
		return no(why)
	}
	verb.Received, verb.Origin = in.o.Clock(), origin
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
	if fetch.KindOf(err) == fetch.Gone {
		return forum.Refuse(forum.Gone, "gone", "%s no longer exists.", iri)
	}
	if err != nil {
		return err
	}
	return in.Keep(ctx, actor)
}
