package reach

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/riverqueue/river"

	ap "stoa/activitypub"
	"stoa/federation/fetch"
	"stoa/federation/forum"
	"stoa/storage"
)

// sweepMost is how many comments of a thread are compared with their origins, word
// by word, each time the thread is checked. Where a home lists ids alone nothing
// else tells of an edit that never came.
const sweepMost = 50

// answersMost is how many objects are asked for to learn what answers them, each
// time a thread without a context is read: a turn must not end before all of it is
// applied, or the next one would begin again.
const answersMost = 300

// chunk is how many objects are applied at a time, so that a page that shows a
// thread fills while it is read.
const chunk = 50

// checks works on storage.CheckThread.
type checks struct {
	river.WorkerDefaults[storage.CheckThread]
	r *Reach
}

// Timeout implements river.Worker.
func (*checks) Timeout(*river.Job[storage.CheckThread]) time.Duration { return deadline }

// Work implements river.Worker: it compares a thread with what its home has, and
// brings in line what is missing, edited or gone.
func (w *checks) Work(ctx context.Context, job *river.Job[storage.CheckThread]) error {
	t, err := w.r.o.DB.Thread(ctx, job.Args.Post)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	b := newBudget(t.URI)
	err = w.r.check(ctx, b, &t)
	end := func() error {
		return w.r.o.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
			if err := storage.EndReach(ctx, tx, job); err != nil {
				return err
			}
			return tx.SaveThread(ctx, &t, true)
		})
	}
	if err == nil || errors.Is(err, errTooMany) {
		return end()
	}
	if errors.Is(err, errTurn) || ours(ctx, err) {
		return again(ctx, err)
	}
	if away(err) && job.Attempt < job.MaxAttempts {
		return again(ctx, err)
	}
	w.r.o.Log.Info("reach: a thread cannot be compared", "post", t.URI, "err", err)
	return end()
}

// check reads the post of a thread anew, then what its home lists as the thread.
func (r *Reach) check(ctx context.Context, b *budget, t *storage.Thread) error {
	doc, err := r.document(ctx, b, t.URI)
	switch fetch.KindOf(err) {
	case fetch.Gone, fetch.NotFound:
		if err := r.ask(ctx, b, t.URI, r.o.Rate); err != nil {
			return err
		}
		_, err = r.o.Inbox.Refresh(ctx, t.URI, t.Community)
		return err
	}
	if err != nil {
		return err
	}
	if post, reason := r.o.Inbox.ReadFetched(doc); reason == "" {
		if _, err := r.o.Inbox.Adopt(ctx, []*ap.Object{post}, t.Community); err != nil {
			return err
		}
		if a := r.threadAt(post); a.Context != t.Context || a.Replies != t.Replies {
			if t.Context != a.Context {
				t.Tag = ""
			}
			t.Context = a.Context
			if a.Replies != "" || !isList(t.Replies) {
				t.Replies = a.Replies
			}
		}
	}
	if t.Context == "" && t.Replies == "" {
		if err := r.listOf(ctx, b, t); err != nil {
			return err
		}
	}
	return r.read(ctx, b, t)
}

// threadAt is where the thread of a post is at its home: by an address of that
// home, or none.
func (r *Reach) threadAt(post *ap.Object) storage.PostAddress {
	a := storage.PostAddress{URI: post.ID}
	if ap.SameOrigin(post.Context, post.ID) || len(post.Audience) > 0 && ap.SameOrigin(post.Context, post.Audience[0]) {
		a.Context = post.Context
	}
	replies := post.Replies.ID
	if replies == "" && post.Type == "Video" { // PeerTube has its own word
		if json.Unmarshal(post.Field("comments"), &replies) != nil {
			replies = ""
		}
	}
	if ap.SameOrigin(replies, post.ID) {
		a.Replies = replies
	}
	return a
}

// members are what a thread has at its home.
type members struct {
	objects []*ap.Object
	ids     []string
	said    int // comments that it counts; -1 when it does not say
	tag     string
	same    bool
	whole   bool // the list is complete, so that what is not on it is not there
}

// count is how many comments there are.
func (m *members) count(post string) int {
	ids := map[string]bool{}
	for _, o := range m.objects {
		ids[o.ID] = true
	}
	for _, id := range m.ids {
		ids[id] = true
	}
	delete(ids, post)
	if m.whole {
		return len(ids)
	}
	return max(m.said, len(ids))
}

// read compares a thread with what its home lists, and brings in line what is here.
func (r *Reach) read(ctx context.Context, b *budget, t *storage.Thread) error {
	m, err := r.members(ctx, b, t)
	if err != nil {
		return err
	}
	held, err := r.o.DB.HeldComments(ctx, t.PostID)
	if err != nil {
		return err
	}
	if m.same && t.Missing == 0 {
		return r.sweep(ctx, b, t, held, nil, nil)
	}
	here := idsOf(t, held)
	listed, read := map[string]bool{}, map[string]bool{}
	missing := 0
	for _, o := range m.objects {
		read[o.ID] = true
		if !listed[o.ID] && !here[o.ID] {
			missing++
		}
		listed[o.ID] = true
	}
	var wanted []string
	for _, id := range m.ids {
		if !listed[id] && !here[id] {
			wanted = append(wanted, id)
			missing++
		}
		listed[id] = true
	}
	t.Said, t.Missing, t.Unhad = m.count(t.URI), missing, 0
	if missing > 0 {
		if err := r.o.DB.SaveThread(ctx, t, false); err != nil {
			return err
		}
	}
	f := &filler{r: r, b: b, t: t, here: here}
	if err := f.fill(ctx, m.objects, wanted); err != nil {
		return err
	}
	if err := r.unbroken(ctx, t.Community); err != nil {
		return err
	}
	if t.Missing == 0 {
		t.Tag = m.tag
	}
	if !m.whole {
		listed = nil
	}
	return r.sweep(ctx, b, t, held, listed, read)
}

// members asks the home of a thread what is in it: by its context (FEP-7888), else
// by what answers the post and what answers that, else, of a Lemmy that has neither,
// by its own interface.
func (r *Reach) members(ctx context.Context, b *budget, t *storage.Thread) (members, error) {
	if t.Context != "" {
		e, err := r.walk(ctx, b, t.Context, t.Tag, maxPages)
		switch {
		case err == nil:
			return members{objects: e.objects, ids: e.ids, said: e.total - 1, tag: e.tag, same: e.same, whole: e.whole}, nil
		case ours(ctx, err), isTurn(err), away(err):
			return members{}, err
		}
	}
	switch {
	case isList(t.Replies):
		return r.lemmyComments(ctx, b, t)
	case t.Replies != "":
		return r.answers(ctx, b, t)
	}
	return members{said: -1}, nil
}

// descent is the way down through what answers what.
type descent struct {
	seen  map[string]bool // ids and collections that were met
	asked int             // objects that were not embedded
	found members
}

// answers climbs down from a post by the replies of each object. What is embedded is
// known at once; of the rest each must be asked to learn what answers it.
func (r *Reach) answers(ctx context.Context, b *budget, t *storage.Thread) (members, error) {
	d := &descent{seen: map[string]bool{t.URI: true}, found: members{said: -1, whole: true}}
	level := []string{t.Replies}
	for depth := 0; len(level) > 0 && depth < maxDepth; depth++ {
		var next []string
		for _, collection := range level {
			e, err := r.walk(ctx, b, collection, "", maxPages)
			switch {
			case err != nil && (ours(ctx, err) || isTurn(err) || depth == 0):
				return d.found, err
			case err != nil:
				d.found.whole = false
				continue
			}
			d.found.whole = d.found.whole && e.whole
			named, err := r.named(ctx, b, d, e.ids)
			next = append(next, d.add(append(e.objects, named...))...)
			if err != nil || d.asked > answersMost {
				return d.found, err
			}
		}
		level = next
	}
	return d.found, nil
}

// named gets what a collection only names. What cannot be had is found by its id.
func (r *Reach) named(ctx context.Context, b *budget, d *descent, ids []string) ([]*ap.Object, error) {
	var got []*ap.Object
	for _, id := range ids {
		if d.seen[id] {
			continue
		}
		d.seen[id] = true
		if d.asked++; d.asked > answersMost {
			d.found.whole = false
			return got, nil
		}
		o, err := r.object(ctx, b, id)
		if err != nil {
			return got, err
		}
		if o == nil {
			d.found.ids = append(d.found.ids, id)
			continue
		}
		got = append(got, o)
	}
	return got, nil
}

// add finds objects, and answers the collections of what answers them.
func (d *descent) add(objects []*ap.Object) (next []string) {
	for _, o := range objects {
		if !slices.ContainsFunc(d.found.objects, func(p *ap.Object) bool { return p.ID == o.ID }) {
			d.found.objects = append(d.found.objects, o)
		}
		d.seen[o.ID] = true
		if ap.SameOrigin(o.Replies.ID, o.ID) && !d.seen[o.Replies.ID] {
			d.seen[o.Replies.ID] = true
			next = append(next, o.Replies.ID)
		}
	}
	return next
}

// object gets an object at its own id, whatever address led there; nil when its
// server does not give it, or gives what cannot be taken in.
func (r *Reach) object(ctx context.Context, b *budget, id string) (*ap.Object, error) {
	doc, err := r.document(ctx, b, id)
	switch {
	case err != nil && (ours(ctx, err) || isTurn(err) || (away(err) || fetch.KindOf(err) == fetch.BlockedHost) && b.home == fetch.Site(ap.Host(id))):
		return nil, err // a home that is away or blocked is asked another time, anybody else not
	case err != nil:
		return nil, nil //nolint:nilnil,nilerr // that there is none is an answer
	}
	o, _ := r.o.Inbox.ReadFetched(doc)
	return o, nil
}

// filler brings what is missing into one thread.
type filler struct {
	r    *Reach
	b    *budget
	t    *storage.Thread
	here map[string]bool // ids of the thread that are known
	wait []*ap.Object    // what answers nothing that is known yet
}

// fill applies objects, then gets what is wanted besides, in the order of the list.
func (f *filler) fill(ctx context.Context, objects []*ap.Object, wanted []string) error {
	for part := range slices.Chunk(objects, chunk*10) {
		if err := f.add(ctx, part); err != nil {
			return err
		}
	}
	for ids := range slices.Chunk(wanted, chunk) {
		var got []*ap.Object
		for _, id := range ids {
			o, err := f.r.object(ctx, f.b, id)
			if err != nil {
				// What was got is kept: the next turn goes on behind it.
				return errors.Join(err, f.add(ctx, got))
			}
			if o == nil {
				f.lost(1)
				continue
			}
			got = append(got, o)
		}
		if err := f.add(ctx, got); err != nil {
			return err
		}
	}
	if len(f.wait) == 0 {
		return nil
	}
	return f.climb(ctx)
}

// idsOf are the ids of a thread that are here, its post's among them.
func idsOf(t *storage.Thread, held []storage.HeldComment) map[string]bool {
	here := map[string]bool{t.URI: true}
	for i := range held {
		here[held[i].URI] = true
	}
	return here
}

// tied parts objects into what belongs to a thread, because it answers something in
// it, and the rest. here are the ids of the thread; those of mine are added.
func tied(t *storage.Thread, here map[string]bool, objects []*ap.Object) (mine, rest []*ap.Object) {
	rest = objects
	for grew := true; grew; {
		grew = false
		var later []*ap.Object
		for _, o := range rest {
			if o.ID == t.URI || o.InReplyTo != "" && here[o.InReplyTo] {
				here[o.ID], grew = true, true
				mine = append(mine, o)
				continue
			}
			later = append(later, o)
		}
		rest = later
	}
	return mine, rest
}

// add takes in what belongs to the thread.
func (f *filler) add(ctx context.Context, objects []*ap.Object) error {
	mine, rest := tied(f.t, f.here, slices.Concat(f.wait, objects))
	f.wait = slices.DeleteFunc(rest, func(o *ap.Object) bool { return o.InReplyTo == "" })
	f.lost(len(rest) - len(f.wait)) // beginnings of other threads
	if len(mine) == 0 {
		return nil
	}
	if err := f.r.meet(ctx, f.b, mine); err != nil {
		return err
	}
	d, err := f.r.o.Inbox.Adopt(ctx, mine, f.t.Community)
	if err != nil {
		return err
	}
	f.t.Missing = max(0, f.t.Missing-d.Comments)
	f.lost(len(d.Refused))
	return f.r.o.DB.SaveThread(ctx, f.t, false)
}

// lost counts what cannot be had.
func (f *filler) lost(n int) {
	f.t.Missing = max(0, f.t.Missing-n)
	f.t.Unhad += n
}

// climb gets what is answered and was not on the list, each parent from its own
// server, until the thread is reached or it is plain that it never is.
func (f *filler) climb(ctx context.Context) error {
	asked := map[string]bool{}
	for range maxAncestors {
		var parents []*ap.Object
		for _, o := range f.wait {
			if id := o.InReplyTo; !asked[id] && !f.here[id] && !f.r.o.Inbox.Ours(id) {
				asked[id] = true
				parent, err := f.r.object(ctx, f.b, id)
				if err != nil {
					return err
				}
				if parent != nil {
					parents = append(parents, parent)
				}
			}
		}
		if len(parents) == 0 {
			break
		}
		if err := f.add(ctx, parents); err != nil {
			return err
		}
	}
	f.lost(len(f.wait))
	f.wait = nil
	return nil
}

// sweep compares what is here with its origins: what is no longer on a complete list
// first, then as many others as a check may ask for, going on where the last check
// ended. What was just read need not be asked for.
func (r *Reach) sweep(ctx context.Context, b *budget, t *storage.Thread, held []storage.HeldComment, listed, read map[string]bool) error {
	left := sweepMost
	look := func(h *storage.HeldComment) error {
		left--
		if err := r.ask(ctx, b, h.URI, r.o.Rate); err != nil {
			return err
		}
		if _, err := r.o.Inbox.Refresh(ctx, h.URI, t.Community); err != nil && ours(ctx, err) {
			return err
		}
		return nil
	}
	for i := range held {
		if h := &held[i]; listed != nil && !listed[h.URI] && h.State == forum.Live && left > 0 {
			if err := look(h); err != nil {
				return err
			}
		}
	}
	start, _ := slices.BinarySearchFunc(held, t.Swept+1, func(h storage.HeldComment, id int64) int { return int(h.ID - id) })
	for i := range held {
		h := &held[(start+i)%len(held)]
		if left <= 0 {
			return nil
		}
		if h.State != forum.Live || read[h.URI] {
			continue
		}
		if err := look(h); err != nil {
			return err
		}
		t.Swept = h.ID
	}
	return nil
}
