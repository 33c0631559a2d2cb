package reach

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/riverqueue/river"

	ap "stoa/activitypub"
	"stoa/federation/fetch"
	"stoa/federation/forum"
	"stoa/storage"
)

// lookups works on storage.LookUp.
type lookups struct {
	river.WorkerDefaults[storage.LookUp]
	r *Reach
}

// Timeout implements river.Worker.
func (*lookups) Timeout(*river.Job[storage.LookUp]) time.Duration {
	return findTimeout + 10*time.Second
}

// Work implements river.Worker: it looks for something at its server and writes down
// how that ended. Of a community the newest posts are read too.
func (w *lookups) Work(ctx context.Context, job *river.Job[storage.LookUp]) error {
	found, err := w.r.Find(ctx, job.Args.Text)
	if err != nil {
		if job.Attempt < job.MaxAttempts {
			return again(ctx, err)
		}
		found.Reason = forum.LookupAway
	}
	if found.Reason == "" {
		c, err := w.r.o.DB.Reader().CommunityByURI(ctx, found.Found)
		if err == nil && !c.Local {
			_, err = w.r.o.DB.BeginBackfill(ctx, c.ID)
		}
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
	}
	return w.r.o.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := storage.EndReach(ctx, tx, job); err != nil {
			return err
		}
		return tx.EndLookup(ctx, found)
	})
}

// Find looks for what a handle (!community@host, @person@host, name@host) or an
// address names at its own server, and makes it known here. What is known already is
// asked for all the same. The error is this node's; why another server has nothing is
// the Reason of what it returns.
func (r *Reach) Find(ctx context.Context, text string) (forum.LookedUp, error) {
	ctx, cancel := context.WithTimeout(ctx, findTimeout)
	defer cancel()
	l := &look{r: r, b: newBudget(""), text: strings.TrimSpace(text)}
	id, err := l.find(ctx)
	found := forum.LookedUp{Text: text, Found: id}
	if err == nil {
		return found, nil
	}
	found.Found = ""
	found.Reason, err = reasonOf(ctx, err)
	return found, err
}

// reasonOf tells why nothing was found; the error is this node's own.
func reasonOf(ctx context.Context, err error) (string, error) {
	if e, ok := errors.AsType[*notFound](err); ok {
		return e.reason, nil
	}
	switch fetch.KindOf(err) {
	case fetch.Gone:
		return forum.LookupGone, nil
	case fetch.BlockedHost:
		return forum.LookupBlocked, nil
	case fetch.NotFound, fetch.BadURL, fetch.ForbiddenAddress:
		return forum.LookupNothing, nil
	case fetch.Unavailable, fetch.Unasked, fetch.Timeout, fetch.Refused, fetch.TooManyRedirects:
		return forum.LookupAway, nil
	case "":
		if refusal, ok := errors.AsType[*forum.Refusal](err); ok {
			if refusal.Kind == forum.Gone {
				return forum.LookupGone, nil
			}
			return forum.LookupForeign, nil
		}
		if isTurn(err) || errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return forum.LookupAway, nil
		}
		return "", err
	case fetch.Cancelled:
		return "", err
	}
	return forum.LookupForeign, nil
}

// notFound says why there is nothing.
type notFound struct{ reason string }

func (e *notFound) Error() string { return "not found: " + e.reason }

// look is one search.
type look struct {
	r    *Reach
	b    *budget
	text string
}

func (l *look) find(ctx context.Context) (string, error) {
	text := strings.TrimPrefix(l.text, "acct:")
	if u, err := url.Parse(text); err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" {
		return l.address(ctx, u)
	}
	want := ""
	switch {
	case strings.HasPrefix(text, "!"):
		want = "Group"
	case strings.HasPrefix(text, "@"):
		want = "Person"
	}
	name, host, ok := strings.Cut(strings.TrimLeft(text, "!@"), "@")
	if !ok || name == "" || host == "" || strings.ContainsAny(host, "@/ ") {
		return "", &notFound{forum.LookupNothing}
	}
	return l.handle(ctx, name, strings.ToLower(host), want)
}

// handle asks a host who has a name. Where a person and a community share it the
// prefix decides, and without one the community is meant: that is what people join.
// Lemmy puts the person first, and marks which is which; others name one alone.
func (l *look) handle(ctx context.Context, name, host, want string) (string, error) {
	if err := l.r.ask(ctx, l.b, "https://"+host+"/", l.r.o.Rate); err != nil {
		return "", err
	}
	account, err := l.r.o.Client.WebFinger(ctx, name, host)
	if err != nil {
		return "", err
	}
	if account, err = l.sameElsewhere(ctx, account, host); err != nil {
		return "", err
	}
	first := want
	if first == "" {
		first = "Group"
	}
	actors := slices.Clone(account.Actors)
	rank := func(a fetch.AccountActor) int {
		switch a.Type {
		case first:
			return 0
		case "":
			return 1
		}
		return 2
	}
	slices.SortStableFunc(actors, func(a, b fetch.AccountActor) int { return rank(a) - rank(b) })
	if len(actors) > maxActors {
		actors = actors[:maxActors]
	}
	other, why := "", error(&notFound{forum.LookupNothing})
	for _, candidate := range actors {
		if candidate.Type == "Application" || candidate.Type == "none" {
			continue
		}
		actor, err := l.actor(ctx, candidate.ID)
		switch {
		case err != nil && ours(ctx, err):
			return "", err
		case err != nil:
			why = err
		case isGroup(actor.Type) == (first == "Group"):
			return actor.ID, l.r.o.Inbox.Keep(ctx, actor)
		case want != "Group" && other == "": // @name may be said of a community, !name not of a person
			if err := l.r.o.Inbox.Keep(ctx, actor); err != nil {
				return "", err
			}
			other = actor.ID
		}
	}
	if other != "" {
		return other, nil
	}
	return "", why
}

// maxActors is how many actors of one name are looked at.
const maxActors = 5

func isGroup(kind string) bool { return kind == "Group" }

// sameElsewhere follows an account that calls itself something else to the host of
// that name, which must name the same actors. There is one such step.
func (l *look) sameElsewhere(ctx context.Context, account fetch.Account, host string) (fetch.Account, error) {
	name, own, ok := strings.Cut(strings.TrimPrefix(account.Subject, "acct:"), "@")
	if !ok || strings.EqualFold(own, host) {
		return account, nil
	}
	if err := l.r.ask(ctx, l.b, "https://"+own+"/", l.r.o.Rate); err != nil {
		return account, err
	}
	second, err := l.r.o.Client.WebFinger(ctx, name, own)
	if err != nil {
		return account, err
	}
	if !strings.EqualFold(second.Subject, account.Subject) {
		return account, &notFound{forum.LookupNothing}
	}
	second.Actors = slices.DeleteFunc(second.Actors, func(a fetch.AccountActor) bool {
		return !slices.ContainsFunc(account.Actors, func(b fetch.AccountActor) bool { return a.ID == b.ID })
	})
	if len(second.Actors) == 0 {
		return account, &notFound{forum.LookupNothing}
	}
	return second, nil
}

// actor gets an actor; one that is gone is noted as gone here too.
func (l *look) actor(ctx context.Context, id string) (ap.Actor, error) {
	if err := l.r.ask(ctx, l.b, id, l.r.o.Rate); err != nil {
		return ap.Actor{}, err
	}
	actor, _, err := l.r.o.Client.Actor(ctx, id)
	if fetch.KindOf(err) == fetch.Gone {
		return actor, errors.Join(err, l.r.o.Inbox.Gone(ctx, id))
	}
	return actor, err
}

// address asks what stands at an address: an actor, or something written. Where
// that is a page for people alone, the name in it may be known to WebFinger.
func (l *look) address(ctx context.Context, u *url.URL) (string, error) {
	plain := *u
	plain.Fragment, plain.RawFragment, plain.User = "", "", nil
	doc, err := l.r.document(ctx, l.b, plain.String())
	if name, want := handleIn(&plain); err != nil && name != "" && !ours(ctx, err) && !away(err) {
		if id, err := l.handle(ctx, name, plain.Host, want); err == nil {
			return id, nil
		}
	}
	switch {
	case fetch.KindOf(err) == fetch.Gone:
		return "", errors.Join(err, l.r.o.Inbox.Gone(ctx, plain.String()))
	case err != nil:
		return "", err
	case ap.IsActorType(doc.Type):
		actor, err := l.actor(ctx, doc.URL)
		if err != nil {
			return "", err
		}
		if actor.Type == "Application" || actor.Type == "Feed" {
			return "", &notFound{forum.LookupForeign}
		}
		return actor.ID, l.r.o.Inbox.Keep(ctx, actor)
	}
	o, reason := l.r.o.Inbox.ReadFetched(doc)
	if reason != "" {
		return "", &notFound{forum.LookupForeign}
	}
	return l.written(ctx, o)
}

// handleIn finds the name in the address of a profile or community as forums and
// microblogs write them.
func handleIn(u *url.URL) (name, want string) {
	path := strings.Trim(u.Path, "/")
	kind, rest, ok := strings.Cut(path, "/")
	switch {
	case strings.HasPrefix(path, "@") && !ok:
		name, want = path[1:], "Person"
	case ok && (kind == "c" || kind == "m" || kind == "category" || kind == "video-channels"):
		name, want = rest, "Group"
	case ok && (kind == "u" || kind == "users" || kind == "user"):
		name, want = rest, "Person"
	}
	if strings.ContainsAny(name, "/@") {
		return "", ""
	}
	return name, want
}

// written makes something that was written known, with all above it. It is shown
// only where its community has it: that is believed where both are of one server, or
// where that community is followed here and tells of its threads.
func (l *look) written(ctx context.Context, o *ap.Object) (string, error) {
	root := o
	for range maxAncestors {
		if root.InReplyTo == "" {
			break
		}
		if known, err := l.r.o.DB.Known(ctx, []string{root.InReplyTo}); err != nil {
			return "", err
		} else if known[root.InReplyTo] {
			via, err := l.r.o.DB.CommunityOf(ctx, root.InReplyTo)
			if err != nil && !errors.Is(err, storage.ErrNotFound) {
				return "", err
			}
			return l.take(ctx, o, via)
		}
		parent, err := l.r.object(ctx, l.b, root.InReplyTo)
		switch {
		case err != nil:
			return "", err
		case parent == nil:
			return "", &notFound{forum.LookupHomeless}
		}
		root = parent
	}
	if root.InReplyTo != "" {
		return "", &notFound{forum.LookupHomeless}
	}
	for i, uri := range slices.Concat(root.Groups, root.Audience, root.To, root.CC) {
		if i >= maxAddressees || uri == ap.Public || strings.HasSuffix(uri, "/followers") || l.r.o.Inbox.Ours(uri) {
			continue
		}
		c, err := l.r.o.DB.Reader().CommunityByURI(ctx, uri)
		if errors.Is(err, storage.ErrNotFound) && ap.SameOrigin(uri, root.ID) {
			actor, ferr := l.actor(ctx, uri)
			if ferr != nil || !isGroup(actor.Type) {
				if ferr != nil && ours(ctx, ferr) {
					return "", ferr
				}
				continue
			}
			if err := l.r.o.Inbox.Keep(ctx, actor); err != nil {
				return "", err
			}
			c, err = l.r.o.DB.Reader().CommunityByURI(ctx, actor.ID)
		}
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return "", err
		}
		if c.Local || !ap.SameOrigin(c.URI, root.ID) {
			continue
		}
		return l.take(ctx, o, c.URI)
	}
	return "", &notFound{forum.LookupHomeless}
}

// maxAddressees is how many addressees of a post are looked at for a community.
const maxAddressees = 20

// take makes an object known, in the threads of a community.
func (l *look) take(ctx context.Context, o *ap.Object, via string) (string, error) {
	reason, err := l.r.o.Inbox.Obtain(ctx, o.ID, via)
	switch {
	case err != nil:
		return "", err
	case reason != "":
		return "", &notFound{forum.LookupHomeless}
	}
	return o.ID, nil
}
