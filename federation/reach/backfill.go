package reach

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/riverqueue/river"
	"golang.org/x/sync/errgroup"

	ap "stoa/activitypub"
	"stoa/federation/fetch"
	"stoa/federation/forum"
	"stoa/storage"
)

// The steps of a backfill, in their order.
const (
	stepActor    = "actor"
	stepFeatured = "featured"
	stepOutbox   = "outbox"
	stepList     = "list" // of Lemmy, whose outbox ends after 50 posts
	stepThreads  = "threads"
)

// Budgets of one backfill, over all its turns.
const (
	backfillGets   = 50_000
	backfillPages  = 500
	backfillPosts  = 10_000
	maxModerators  = 100
	threadsAtATime = 20
	threadsAtOnce  = 4 // asked for
)

// backfills works on storage.Backfill.
type backfills struct {
	river.WorkerDefaults[storage.Backfill]
	r *Reach
}

// Timeout implements river.Worker.
func (*backfills) Timeout(*river.Job[storage.Backfill]) time.Duration { return deadline }

// Work implements river.Worker: it reads the past of a community as far as one turn
// goes, and keeps after each page and group of threads where it is.
func (w *backfills) Work(ctx context.Context, job *river.Job[storage.Backfill]) error {
	reader := w.r.o.DB.Reader()
	b, err := reader.Backfill(ctx, job.Args.Community)
	if err != nil || b.State != forum.BackfillUnder {
		return err
	}
	c, err := reader.CommunityByID(ctx, job.Args.Community)
	if err != nil {
		return err
	}
	f := &backfill{r: w.r, b: newBudget(c.URI), c: c, at: b}
	if f.followed, err = w.r.o.DB.Followed(ctx, c.ID); err != nil {
		return err
	}
	err = f.run(ctx)
	if err == nil {
		err = f.r.unbroken(ctx, f.c.URI)
	}
	switch {
	case err == nil:
		f.at.State = forum.BackfillDone
	case errors.Is(err, errTooMany):
		f.count()
		if f.at.Gets < backfillGets { // of this turn; the next may ask others
			return errors.Join(f.save(ctx), again(ctx, errTurn))
		}
		f.note(forum.BackfillBudget)
		f.at.State = forum.BackfillDone
	case errors.Is(err, errTurn), ours(ctx, err):
		return again(ctx, errors.Join(f.save(context.WithoutCancel(ctx)), err))
	case away(err) && job.Attempt < job.MaxAttempts:
		return again(ctx, errors.Join(f.save(ctx), err))
	case fetch.KindOf(err) == fetch.Gone:
		f.at.State = forum.BackfillDone // its page says that it is gone
	default:
		f.note(forum.BackfillAway)
		f.at.State = forum.BackfillBroken
	}
	w.r.o.Log.Info("reach: backfill ended", "community", c.URI, "posts", f.at.Posts, "comments", f.at.Comments, "failed", f.at.Failed, "gets", f.at.Gets, "err", err)
	f.count()
	return w.r.o.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := storage.EndReach(ctx, tx, job); err != nil {
			return err
		}
		return tx.SaveBackfill(ctx, &f.at)
	})
}

// backfill is one turn of reading a community.
type backfill struct {
	r        *Reach
	b        *budget
	c        forum.Community
	actor    ap.Actor
	at       forum.Backfill
	followed bool
	counted  int // of b.gets, in at.Gets already
}

// errSilent says that this node does not speak with the community's server any more.
var errSilent = errors.New("its server is blocked")

// unbroken is asked before something counts as read: what was refused to the server of a
// community because it was blocked meanwhile looks like what it does not have, and is to
// be read again some day.
func (r *Reach) unbroken(ctx context.Context, community string) error {
	blocked, err := r.o.DB.Blocked(ctx, ap.Host(community))
	if err == nil && blocked {
		err = errSilent
	}
	return err
}

func (f *backfill) note(word string) {
	if !slices.Contains(f.at.Notes, word) {
		f.at.Notes = append(f.at.Notes, word)
	}
}

func (f *backfill) count() {
	made := f.b.made()
	f.at.Gets += made - f.counted
	f.counted = made
}

func (f *backfill) save(ctx context.Context) error {
	f.count()
	return f.r.o.DB.SaveBackfill(ctx, &f.at)
}

// to goes on to a step.
func (f *backfill) to(ctx context.Context, step string) error {
	f.at.Step, f.at.Place, f.at.Pages = step, "", 0
	return f.save(ctx)
}

func (f *backfill) run(ctx context.Context) error {
	if err := f.meet(ctx); err != nil {
		return err
	}
	if f.at.Step == "" || f.at.Step == stepActor {
		if err := f.moderators(ctx); err != nil {
			return err
		}
		if err := f.to(ctx, stepFeatured); err != nil {
			return err
		}
	}
	steps := []struct {
		name string
		do   func(context.Context) error
	}{
		{stepFeatured, f.featured}, {stepOutbox, f.outbox}, {stepList, f.list}, {stepThreads, f.threads},
	}
	for i, s := range steps {
		if f.at.Step != s.name {
			continue
		}
		if err := s.do(ctx); err != nil {
			return err
		}
		if i+1 < len(steps) {
			if err := f.to(ctx, steps[i+1].name); err != nil {
				return err
			}
		}
	}
	return nil
}

// meet asks for the community itself, at the beginning of every turn: its
// collections are not kept.
func (f *backfill) meet(ctx context.Context) error {
	if err := f.r.ask(ctx, f.b, f.c.URI, f.r.o.Rate); err != nil {
		return err
	}
	var err error
	f.actor, _, err = f.r.o.Client.Actor(ctx, f.c.URI)
	switch {
	case fetch.KindOf(err) == fetch.Gone:
		return errors.Join(err, f.r.o.Inbox.Gone(ctx, f.c.URI))
	case err != nil:
		return err
	case f.actor.ID != f.c.URI || f.actor.Type != "Group":
		return errNoCommunity
	}
	return f.r.o.Inbox.Keep(ctx, f.actor)
}

// errNoCommunity says that something else stands where a community was.
var errNoCommunity = errors.New("no longer a community")

// moderators keeps who moderates, as the community's own collection says, or, of a
// channel, whose it is; and how many follow.
func (f *backfill) moderators(ctx context.Context) error {
	people := f.actor.Owners
	if f.actor.Moderators != "" {
		e, err := f.r.names(ctx, f.b, f.actor.Moderators)
		if err != nil && (ours(ctx, err) || errors.Is(err, errTurn)) {
			return err
		}
		people = e
	}
	if f.actor.Followers != "" {
		c, _, _, err := f.r.collection(ctx, f.b, f.actor.Followers, "")
		switch {
		case err == nil:
			f.at.Followers = total(&c)
		case ours(ctx, err), isTurn(err):
			return err
		}
	}
	if len(people) > maxModerators {
		people = people[:maxModerators]
	}
	return f.r.o.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error { return tx.SetModerators(ctx, f.c.ID, people) })
}

// names lists the ids in a collection of actors.
func (r *Reach) names(ctx context.Context, b *budget, iri string) ([]string, error) {
	c, _, _, err := r.collection(ctx, b, iri, "")
	if err != nil {
		return nil, err
	}
	items := c.Items
	if first, err := c.First.Collection(); err == nil && len(items) == 0 {
		items = first.Items
	}
	var ids []string
	for _, item := range items {
		if item.ID != "" {
			ids = append(ids, item.ID)
		}
	}
	return ids, nil
}

// featured reads the pinned posts, which may be older than what the outbox lists.
func (f *backfill) featured(ctx context.Context) error {
	if f.actor.Featured == "" {
		return nil
	}
	e, err := f.r.walk(ctx, f.b, f.actor.Featured, "", 2)
	if err != nil {
		if ours(ctx, err) || errors.Is(err, errTurn) {
			return err
		}
		return nil // many have none
	}
	return f.posts(ctx, &e)
}

// outbox reads what the community announced, the newest first. Nobody here follows it
// yet: then a first page is enough to show what it is.
func (f *backfill) outbox(ctx context.Context) error {
	if f.actor.Outbox == "" {
		f.note(forum.BackfillNoOutbox)
		return nil
	}
	next := f.at.Place
	if next == "" {
		next = f.actor.Outbox
	}
	most := backfillPages
	if !f.followed {
		most = 2 // the collection, and its first page
	}
	listed := f.at.Pages > 1
	for next != "" && f.at.Pages < most && f.at.Posts < backfillPosts {
		e, err := f.r.walk(ctx, f.b, next, "", 1)
		switch {
		case err == nil:
		case ours(ctx, err), isTurn(err), away(err):
			return err
		default:
			f.note(forum.BackfillNoOutbox)
			return nil
		}
		if f.at.Pages == 0 {
			f.at.Said = e.total
		}
		listed = listed || len(e.ids)+len(e.objects) > 0
		before := f.at.Posts
		if err := f.posts(ctx, &e); err != nil {
			return err
		}
		if !f.at.EndedAt.IsZero() && f.at.Posts == before && len(e.objects)+len(e.ids) > 0 {
			return nil // all behind this was read before
		}
		if e.next == next || !ap.SameOrigin(e.next, next) {
			e.next = ""
		}
		next = e.next
		f.at.Pages++
		f.at.Place = next
		if err := f.save(ctx); err != nil {
			return err
		}
	}
	switch {
	case next != "" && f.followed:
		f.note(forum.BackfillBudget)
	case next != "":
		f.note(forum.BackfillPeek)
	case !listed && f.at.Said != 0:
		f.note(forum.BackfillNoOutbox)
	}
	return nil
}

// posts takes in the posts of a page: those that stand in it and count, and the rest
// from their own servers. What is here already is not asked for.
func (f *backfill) posts(ctx context.Context, e *entries) error {
	objects := slices.DeleteFunc(slices.Clone(e.objects), func(o *ap.Object) bool { return o.InReplyTo != "" })
	known, err := f.r.o.DB.Known(ctx, e.ids)
	if err != nil {
		return err
	}
	if err := f.adopt(ctx, objects); err != nil {
		return err
	}
	wanted := slices.DeleteFunc(slices.Clone(e.ids), func(id string) bool { return known[id] })
	for ids := range slices.Chunk(wanted, chunk) { // a turn that ends in a long list goes on behind what was applied
		var got []*ap.Object
		for _, id := range ids {
			o, err := f.r.object(ctx, f.b, id)
			switch {
			case err != nil:
				return err
			case o == nil:
				f.at.Failed++
			case o.InReplyTo == "":
				got = append(got, o)
			}
		}
		if err := f.adopt(ctx, got); err != nil {
			return err
		}
	}
	return nil
}

// adopt takes in posts and puts their threads at the end of what is to be read.
func (f *backfill) adopt(ctx context.Context, objects []*ap.Object) error {
	if len(objects) == 0 {
		return nil
	}
	if err := f.r.meet(ctx, f.b, objects); err != nil {
		return err
	}
	d, err := f.r.o.Inbox.Adopt(ctx, objects, f.c.URI)
	if err != nil {
		return err
	}
	f.at.Posts += d.Posts
	f.at.Failed += len(d.Refused)
	var at []storage.PostAddress
	for _, o := range objects {
		at = append(at, f.r.threadAt(o))
	}
	return f.r.o.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.NoteThreads(ctx, f.c.ID, at)
		return err
	})
}

// threads reads the comments of the posts, the newest post first, several threads at
// a time: what stands in the collections of these is applied at once.
func (f *backfill) threads(ctx context.Context) error {
	if !f.followed {
		f.note(forum.BackfillPeek)
		return nil
	}
	for {
		if f.at.Gets >= backfillGets {
			return errTooMany
		}
		threads, last, err := f.r.o.DB.NextThreads(ctx, f.c.ID, threadsAtATime)
		if err != nil || len(threads) == 0 {
			return err
		}
		if err := f.together(ctx, threads); err != nil {
			return err
		}
		f.count()
		err = f.r.o.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
			if err := tx.ThreadsRead(ctx, f.c.ID, last); err != nil {
				return err
			}
			return tx.SaveBackfill(ctx, &f.at)
		})
		if err != nil {
			return err
		}
	}
}

// together reads several threads. Those whose home puts the comments into the
// collection are applied in one transaction; the rest each by itself.
func (f *backfill) together(ctx context.Context, threads []storage.Thread) error {
	all, err := f.listed(ctx, threads)
	if err != nil {
		return err
	}
	var whole []*storage.Thread
	var objects []*ap.Object
	for i := range threads {
		t, m := &threads[i], all[i]
		switch {
		case t.Context == "" && t.Replies == "":
			if t.Said != 0 {
				f.note(forum.BackfillNoComments)
			}
		case m == nil:
			f.at.Failed++
		case len(m.ids) > 1 || len(m.ids) == 1 && m.ids[0] != t.URI:
			if err := f.alone(ctx, t, m); err != nil {
				return err
			}
		default:
			t.Said, t.Tag = m.count(t.URI), m.tag
			whole = append(whole, t)
			mine, _ := tied(t, idsOf(t, nil), m.objects)
			objects = append(objects, mine...)
		}
	}
	if err := f.r.meet(ctx, f.b, objects); err != nil {
		return err
	}
	d, err := f.r.o.Inbox.Adopt(ctx, objects, f.c.URI)
	if err != nil {
		return err
	}
	f.at.Comments += d.Comments
	f.at.Failed += len(d.Refused)
	if err := f.r.unbroken(ctx, f.c.URI); err != nil {
		return err
	}
	return f.r.o.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		for _, t := range whole {
			if err := tx.SaveThread(ctx, t, true); err != nil {
				return err
			}
		}
		return nil
	})
}

// listed asks for what is in several threads, some at a time. What another server
// does not give is nil.
func (f *backfill) listed(ctx context.Context, threads []storage.Thread) ([]*members, error) {
	all := make([]*members, len(threads))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(threadsAtOnce)
	for i := range threads {
		t := &threads[i]
		if t.Context == "" && t.Replies == "" {
			continue
		}
		group.Go(func() error {
			m, err := f.r.members(ctx, f.b, t)
			switch {
			case err == nil:
				all[i] = &m
			case ours(ctx, err), isTurn(err), away(err):
				return err
			}
			return nil
		})
	}
	return all, group.Wait()
}

// alone reads a thread of which each comment must be asked for.
func (f *backfill) alone(ctx context.Context, t *storage.Thread, m *members) error {
	before, err := f.r.o.DB.HeldComments(ctx, t.PostID)
	if err != nil {
		return err
	}
	here := idsOf(t, before)
	var wanted []string
	for _, id := range m.ids {
		if !here[id] && !slices.Contains(wanted, id) {
			wanted = append(wanted, id)
		}
	}
	t.Said, t.Missing, t.Unhad = m.count(t.URI), len(wanted)+len(m.objects), 0
	fill := &filler{r: f.r, b: f.b, t: t, here: here}
	filled := fill.fill(ctx, m.objects, wanted)
	after, err := f.r.o.DB.HeldComments(context.WithoutCancel(ctx), t.PostID)
	if err != nil {
		return errors.Join(filled, err)
	}
	f.at.Comments += len(after) - len(before)
	if filled != nil {
		return filled
	}
	f.at.Failed += t.Unhad
	if err := f.r.unbroken(ctx, f.c.URI); err != nil {
		return err
	}
	t.Missing, t.Tag = 0, m.tag
	return f.r.o.DB.SaveThread(ctx, t, true)
}

// list reads ids of further posts where the community's server has an interface for
// them. Their outbox ends early.
func (f *backfill) list(ctx context.Context) error {
	if !f.followed {
		return nil
	}
	software, err := f.r.software(ctx, f.b, f.c.Host)
	switch {
	case err != nil && ours(ctx, err):
		return err
	case err == nil && (software.Name == "mbin" || software.Name == "kbin"):
		f.note(forum.BackfillNoOutbox) // it is always empty
		return nil
	case err != nil || software.Name != "lemmy" || !f.at.EndedAt.IsZero() && f.at.Said <= f.c.Posts:
		if err == nil && f.at.Said > f.at.Posts && f.at.Pages == 0 && !slices.Contains(f.at.Notes, forum.BackfillNoOutbox) {
			f.note(forum.BackfillFirstPosts)
		}
		return nil
	}
	return f.lemmyPosts(ctx)
}

// software asks what a server runs.
func (r *Reach) software(ctx context.Context, b *budget, host string) (fetch.Software, error) {
	if err := r.ask(ctx, b, "https://"+host+"/", r.o.Rate); err != nil {
		return fetch.Software{}, err
	}
	return r.o.Client.NodeInfo(ctx, host)
}
