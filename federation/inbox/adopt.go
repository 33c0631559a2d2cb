package inbox

import (
	"context"

	ap "stoa/activitypub"
	"stoa/federation/forum"
	"stoa/storage"
)

// Adopted is what became of objects that were read where they are from.
type Adopted struct {
	Posts    int               // that are new here
	Comments int               // likewise
	Changed  int               // that are brought in line with what their origin says now
	Refused  map[string]string // why others were not taken, by id
}

func (d *Adopted) refuse(id, reason string) {
	if d.Refused == nil {
		d.Refused = map[string]string{}
	}
	d.Refused[id] = reason
}

// adoptMost is how many objects are applied in one transaction.
const adoptMost = 500

// Adopt applies objects that were read where they are from, as what the community
// with the id via has in its threads: new ones are taken in, known ones brought in
// line. Their authors must be known, see Strangers. Nothing is fetched. Each object
// was judged by ReadFetched or ReadInside.
func (in *Inbox) Adopt(ctx context.Context, objects []*ap.Object, via string) (d Adopted, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicked(p)
			in.o.Log.Error("adopt: failed", "via", via, "err", err, "stack", stackOf(err))
		}
	}()
	for len(objects) > 0 {
		n := min(len(objects), adoptMost)
		var done Adopted
		err := in.o.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
			done = Adopted{}
			return in.adoptBatch(ctx, tx, objects[:n], via, &done)
		})
		if err != nil {
			return d, err
		}
		d.Posts, d.Comments, d.Changed = d.Posts+done.Posts, d.Comments+done.Comments, d.Changed+done.Changed
		for id, reason := range done.Refused {
			d.refuse(id, reason)
		}
		objects = objects[n:]
	}
	return d, nil
}

func (in *Inbox) adoptBatch(ctx context.Context, tx *storage.Tx, objects []*ap.Object, via string, d *Adopted) error {
	var uris, authors []string
	for _, o := range objects {
		uris, authors = append(uris, o.ID), append(authors, o.Authors[0])
	}
	people, err := tx.People(ctx, authors)
	if err != nil {
		return err
	}
	known, err := tx.KnownObjects(ctx, uris)
	if err != nil {
		return err
	}
	wanted := []string{via}
	for _, o := range objects {
		wanted = append(wanted, addressees(o, nil)...)
	}
	communities, err := tx.CommunitiesByURI(ctx, wanted)
	if err != nil {
		return err
	}
	c, ok := communities[via]
	if !ok || c.Local {
		return forum.Refuse(forum.NotFound, "no-such-community", "%s is no community elsewhere that is known here.", via)
	}
	var posts, replies []*ap.Object
	var held []string
	byID := map[string]*ap.Object{}
	for _, o := range objects {
		switch _, again := byID[o.ID]; {
		case again:
			continue
		case known[o.ID]:
			held = append(held, o.ID)
		case people[o.Authors[0]].ID == 0:
			d.refuse(o.ID, "its author is not to be had")
			continue
		case o.InReplyTo == "":
			posts = append(posts, o)
		default:
			replies = append(replies, o)
		}
		byID[o.ID] = o
	}
	if err := in.adoptPosts(ctx, tx, posts, people, communities, &c, d); err != nil {
		return err
	}
	if err := in.adoptReplies(ctx, tx, replies, people, &c, d); err != nil {
		return err
	}
	return in.adoptChanges(ctx, tx, held, byID, via, d)
}

func (in *Inbox) adoptPosts(ctx context.Context, tx *storage.Tx, objects []*ap.Object, people map[string]forum.Person, communities map[string]forum.Community, c *forum.Community, d *Adopted) error {
	var verbs []forum.Submit
	for _, o := range objects {
		p := in.post(o, people[o.Authors[0]])
		p.Poll = p.Poll.As(in.o.Clock())
		verb, why := submit(o, p, c, addressees(o, nil), communities)
		if why != "" {
			d.refuse(o.ID, why)
			continue
		}
		verb.Received, verb.Origin = in.o.Clock(), forum.Origin{Raw: o.Raw, Fetched: true, Via: c.ID, Server: c.Host}
		verbs = append(verbs, verb)
	}
	if len(verbs) == 0 {
		return nil
	}
	outcomes, err := in.o.Forum.Submit(ctx, tx, verbs)
	if err != nil {
		return err
	}
	var arrived []string
	for i := range verbs {
		switch r := outcomes[i].Refused; {
		case r != nil:
			d.refuse(verbs[i].Post.URI, r.Reason)
		case outcomes[i].Fresh:
			d.Posts++
			arrived = append(arrived, verbs[i].Post.URI)
		}
	}
	return in.wakeAll(ctx, tx, arrived)
}

// adoptReplies takes in answers, what others of the batch answer first.
func (in *Inbox) adoptReplies(ctx context.Context, tx *storage.Tx, objects []*ap.Object, people map[string]forum.Person, c *forum.Community, d *Adopted) error {
	open := map[string]bool{}
	for _, o := range objects {
		open[o.ID] = true
	}
	var arrived []string
	for todo := objects; len(todo) > 0; {
		var later []*ap.Object
		var verbs []forum.Reply
		for _, o := range todo {
			if open[o.InReplyTo] {
				later = append(later, o)
				continue
			}
			verbs = append(verbs, forum.Reply{
				Comment: in.comment(o, people[o.Authors[0]]), Received: in.o.Clock(), Origin: forum.Origin{Raw: o.Raw, Fetched: true, Via: c.ID, Server: c.Host},
			})
		}
		if len(verbs) == 0 {
			for _, o := range later {
				d.refuse(o.ID, "answers itself")
			}
			break
		}
		outcomes, err := in.o.Forum.Reply(ctx, tx, verbs)
		if err != nil {
			return err
		}
		for i := range verbs {
			reply := &verbs[i].Comment
			delete(open, reply.URI)
			switch r := outcomes[i].Refused; {
			case r != nil && r.Needs != "":
				d.refuse(reply.URI, "answers what is not known here")
			case r != nil:
				d.refuse(reply.URI, r.Reason)
			case outcomes[i].Fresh:
				d.Comments++
				arrived = append(arrived, reply.URI)
			}
		}
		todo = later
	}
	return in.wakeAll(ctx, tx, arrived)
}

// adoptChanges brings what is known in line with what its origin says now.
func (in *Inbox) adoptChanges(ctx context.Context, tx *storage.Tx, uris []string, byID map[string]*ap.Object, via string, d *Adopted) error {
	if len(uris) == 0 {
		return nil
	}
	held, err := tx.Written(ctx, uris, make([]forum.Person, len(uris)))
	if err != nil {
		return err
	}
	for i := range held {
		w, o := &held[i], byID[uris[i]]
		if w.Post.ID == 0 || w.State() == forum.Removed || w.State() == forum.Purged {
			continue
		}
		author, words := w.Post.Author, w.Post.Words()
		if w.Comment != nil {
			author, words = w.Comment.Author, w.Comment.Words()
		}
		if now := in.edit(o, author).Words; !w.Life.Gone && now.Same(words) && !now.Counted(words) {
			continue
		}
		switch reason, err := in.bringInLine(ctx, tx, w, o, via); {
		case err != nil:
			return err
		case reason != "":
			d.refuse(o.ID, reason)
		default:
			d.Changed++
		}
	}
	return nil
}

func (in *Inbox) wakeAll(ctx context.Context, tx *storage.Tx, arrived []string) error {
	if len(arrived) == 0 {
		return nil
	}
	return tx.Wake(ctx, arrived...)
}

// Strangers lists the authors of objects who are not known here, each once.
func (in *Inbox) Strangers(ctx context.Context, objects []*ap.Object) ([]string, error) {
	var authors, strangers []string
	for _, o := range objects {
		authors = append(authors, o.Authors[0])
	}
	err := in.o.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		strangers = nil
		people, err := tx.People(ctx, authors)
		seen := map[string]bool{}
		for _, uri := range authors {
			if people[uri].ID == 0 && !seen[uri] && !in.Ours(uri) {
				seen[uri] = true
				strangers = append(strangers, uri)
			}
		}
		return err
	})
	return strangers, err
}

// ReadInside takes the object out of an entry of a collection: the object itself,
// the Create of it, or the Announce of either. It counts only if it is of the same
// origin as the collection, since only then its own server has said it. Else the
// object is nil, and id is where to ask for it; empty where there is nothing to ask
// for.
func (in *Inbox) ReadInside(entry ap.Ref, collection string) (o *ap.Object, id string) {
	ref := entry
	for range 3 { // an Announce of a Create of an object
		switch ref.Type {
		case "Announce", "Create", "Add":
			a, err := ref.Activity()
			if err != nil {
				return nil, ""
			}
			ref = a.Object
			continue
		}
		break
	}
	switch {
	case ref.ID == "" || ap.ValidID(ref.ID, in.o.Dev) != nil || in.Ours(ref.ID) || ref.Type != "" && !isPost(ref.Type):
		return nil, ""
	case !ref.IsEmbedded() || !ap.SameOrigin(ref.ID, collection) || hasHidden(ref.Raw):
		return nil, ref.ID
	}
	read, err := ref.Object()
	if err != nil || in.checkWords(&read, "") != "" {
		return nil, ref.ID
	}
	if !isPublic(&read, nil) {
		return nil, ""
	}
	return &read, ref.ID
}
