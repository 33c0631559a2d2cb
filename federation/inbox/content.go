package inbox

import (
	"context"
	"slices"
	"strings"

	ap "stoa/activitypub"
	"stoa/federation/forum"
	"stoa/storage"
)

// created reads what Creates and Updates say, and settles the Creates of what is
// here already and those that must not be taken.
func (in *Inbox) created(ctx context.Context, tx *storage.Tx, acts []*act) error {
	var uris []string
	for _, a := range acts {
		if !a.settled && a.ballot == nil && (a.Type == "Create" || a.Type == "Update") && a.Object.ID != "" {
			uris = append(uris, a.Object.ID)
		}
	}
	known := map[string]bool{}
	if len(uris) > 0 {
		var err error
		if known, err = tx.KnownObjects(ctx, uris); err != nil {
			return err
		}
		if err := in.emptied(ctx, tx, acts, uris); err != nil {
			return err
		}
	}
	for _, a := range acts {
		switch {
		case a.ballot != nil:
		case !a.settled && a.Type == "Update":
			if err := in.revised(ctx, tx, a, known[a.Object.ID]); err != nil {
				return err
			}
		case a.settled || a.Type != "Create":
		case known[a.Object.ID] && !in.Ours(a.Object.ID):
			a.done("known already")
		default:
			in.believe(a)
		}
	}
	return nil
}

// believe takes the words of an act from the copy inside where that is from
// their author's own server, and settles the act otherwise.
func (in *Inbox) believe(a *act) {
	switch {
	case a.via != nil && in.Ours(a.Object.ID):
		a.done("written here")
		return
	case a.Object.ID == "" || ap.ValidID(a.Object.ID, in.o.Dev) != nil:
		a.refuse("nothing was said")
		return
	case in.Ours(a.Object.ID):
		a.refuse("an object with an id of this server")
		return
	case !a.Object.IsEmbedded() || !a.trusted() && !a.empty:
		a.wait(a.Object.ID) // they are read where they were written
		return
	}
	o, err := a.Object.Object()
	if err != nil {
		a.refuse("unreadable object: " + err.Error())
		return
	}
	if o.Type == chatMessage && !isPublic(&o, &a.Activity) {
		o.Type = "Note"
	}
	if a.empty && o.Content == "" {
		o.Content = "…" // or it would look like a choice in a poll
	}
	a.private = !isPublic(&o, &a.Activity)
	if why := in.checkWords(&o, a.Actor); why != "" {
		a.refuse(why)
		return
	}
	if a.private {
		in.sealed(a, &o)
		return
	}
	if a.empty {
		o = skeleton(&o)
	}
	a.words = &o
}

// emptied marks the acts whose objects their own servers have deleted meanwhile. An Update
// that is believed is none of them: it says what stands there once that is given back.
func (in *Inbox) emptied(ctx context.Context, tx *storage.Tx, acts []*act, uris []string) error {
	if !slices.ContainsFunc(acts, func(a *act) bool { return a.via != nil }) {
		return nil
	}
	gone, err := tx.GoneAtOrigin(ctx, uris)
	for _, a := range acts {
		a.empty = a.via != nil && gone[a.Object.ID] && (a.Type == "Create" || !a.trusted())
	}
	return err
}

// skeleton is an object without its words: a place in a thread, deleted as soon
// as it is made.
func skeleton(o *ap.Object) ap.Object {
	s := ap.Object{
		ID: o.ID, Type: o.Type, Authors: o.Authors, Groups: o.Groups, To: o.To, CC: o.CC, Audience: o.Audience,
		InReplyTo: o.InReplyTo, Published: o.Published,
	}
	if s.InReplyTo == "" {
		s.Name = "…"
	}
	return s
}

// submits turns Creates of top-level objects into the verb.
func (in *Inbox) submits(ctx context.Context, tx *storage.Tx, acts []*act, people map[string]forum.Person) error {
	var todo []*act
	var names []string
	for _, a := range acts {
		if !a.isNew() || a.words.InReplyTo != "" {
			continue
		}
		if _, ok := in.by(a, people); ok {
			todo = append(todo, a)
			names = append(append(names, a.Actor), addressees(a.words, &a.Activity)...)
		}
	}
	if len(todo) == 0 {
		return nil
	}
	communities, err := tx.CommunitiesByURI(ctx, names)
	if err != nil {
		return err
	}
	var verbs []forum.Submit
	var open []*act
	for _, a := range todo {
		p := in.post(a.words, people[a.Actor])
		p.Poll = p.Poll.As(in.when(a))
		via, addressed := a.via, addressees(a.words, &a.Activity)
		if wall, err := in.wallOf(ctx, tx, a, addressed, communities); err != nil {
			return err
		} else if wall != nil {
			via, a.via = wall, wall
		}
		verb, why := submit(a.words, p, via, addressed, communities)
		if why != "" {
			a.refuse(why)
			continue
		}
		verb.Received, verb.Origin = a.row.At, a.origin()
		verbs, open = append(verbs, verb), append(open, a)
	}
	outcomes, err := in.o.Forum.Submit(ctx, tx, verbs)
	if err != nil {
		return err
	}
	for i, a := range open {
		in.take(a, outcomes[i])
	}
	return nil
}

// wallOf is the wall of somebody followed here, for what they write into no community
// that is known; nil for everything else.
func (in *Inbox) wallOf(ctx context.Context, tx *storage.Tx, a *act, addressed []string, known map[string]forum.Community) (*forum.Community, error) {
	wall, ok := known[a.Actor]
	if !ok || !wall.Wall || a.via != nil || slices.ContainsFunc(addressed, func(uri string) bool { c, ok := known[uri]; return ok && !c.Wall }) {
		return nil, nil //nolint:nilnil // most have none
	}
	if followed, err := tx.HasFollower(ctx, wall.ID); err != nil || !followed {
		return nil, err
	}
	return &wall, nil
}

// submit puts a post where it belongs: in the community that announced it, or in
// those of ours that it is addressed to, the first being its home. why says why
// it belongs nowhere.
func submit(o *ap.Object, p forum.Post, via *forum.Community, addressed []string, known map[string]forum.Community) (verb forum.Submit, why string) {
	places := placesOf(&p, via, addressed, known)
	switch {
	case len(places) == 0 && via != nil:
		return verb, "not addressed to the community that announced it"
	case len(places) == 0:
		return verb, "addressed to no community here"
	case p.Title == "" && p.Text.HTML == "" && p.Link == "":
		return verb, "nothing to show"
	}
	p.Community = places[0]
	verb.Post = p
	for _, c := range places[1:] {
		verb.Crossposts = append(verb.Crossposts, c.ID)
	}
	verb.Consent = consent(o, places[0].URI)
	return verb, ""
}

// consent says whether the author of something lets a community announce it.
func consent(o *ap.Object, community string) forum.Consent {
	freely, asking, said := o.CanAnnounce()
	among := func(who []string) bool { return slices.Contains(who, ap.Public) || slices.Contains(who, community) }
	switch {
	case !said, among(freely):
		return forum.Given
	case among(asking):
		return forum.Asked
	}
	return forum.Withheld
}

// answersTo reads who may answer an object: of those named, whoever lives here. Collections
// of its author are for its server to look into, which is asked then. Whom it mentions may
// always, and that server says so too.
func (in *Inbox) answersTo(o *ap.Object) (out forum.Allowed) {
	freely, asking, said := o.CanReply()
	if !said || len(o.Authors) == 0 || slices.Contains(freely, ap.Public) {
		return ""
	}
	author := o.Authors[0]
	out = out.Freely(author)
	for i := range o.Tag {
		if o.Tag[i].Type == "Mention" && in.Ours(o.Tag[i].Href) {
			out = out.Freely(o.Tag[i].Href)
		}
	}
	for n, list := range [][]string{freely, asking} {
		for _, who := range list {
			switch {
			case who == ap.Public, strings.HasPrefix(who, author+"/"):
				out = out.Asking("*")
			case !in.Ours(who):
			case n == 0:
				out = out.Freely(who)
			default:
				out = out.Asking(who)
			}
		}
	}
	return out
}

// placesOf chooses where a post goes. A community that announces what its author
// did not give it would take that out of where it belongs, unless both are of
// one server; what went on in another community of its server goes there.
func placesOf(p *forum.Post, via *forum.Community, addressed []string, known map[string]forum.Community) []forum.Community {
	if via != nil {
		for _, uri := range addressed {
			if uri == via.URI || uri == via.FollowersURL && uri != "" {
				return []forum.Community{*via}
			}
		}
		if ap.SameOrigin(via.URI, p.URI) {
			return []forum.Community{*via}
		}
		for _, uri := range addressed {
			if c, ok := known[uri]; ok && !c.Local && !c.Wall && c.Host == via.Host && !via.Local && !via.Wall {
				return []forum.Community{c}
			}
		}
		return nil
	}
	var places []forum.Community
	seen := map[int64]bool{}
	for _, uri := range addressed {
		if c, ok := known[uri]; ok && c.Local && !seen[c.ID] {
			seen[c.ID] = true
			places = append(places, c)
		}
	}
	return places
}

// replies turns Creates of answers into the verb: what others of the batch answer
// comes first.
func (in *Inbox) replies(ctx context.Context, tx *storage.Tx, acts []*act, people map[string]forum.Person) error {
	var todo []*act
	verbs := map[*act]forum.Reply{}
	for _, a := range acts {
		if !a.isNew() {
			continue
		}
		person, ok := in.by(a, people)
		if !ok {
			continue
		}
		c := in.comment(a.words, person)
		verbs[a] = forum.Reply{Comment: c, Received: a.row.At, Origin: a.origin()}
		todo = append(todo, a)
	}
	for len(todo) > 0 {
		now, later := generation(todo, verbs)
		if len(now) == 0 {
			// They go round in a ring.
			for _, a := range later {
				a.refuse("answers itself")
			}
			return nil
		}
		batch := make([]forum.Reply, len(now))
		for i, a := range now {
			batch[i] = verbs[a]
		}
		outcomes, err := in.o.Forum.Reply(ctx, tx, batch)
		if err != nil {
			return err
		}
		for i, a := range now {
			in.take(a, outcomes[i])
		}
		todo = later
	}
	return nil
}

// generation parts replies into those that answer nothing of the same batch and
// those that have to come after.
func generation(acts []*act, verbs map[*act]forum.Reply) (now, later []*act) {
	open := map[string]bool{}
	for _, a := range acts {
		open[verbs[a].Comment.URI] = true
	}
	for _, a := range acts {
		if open[verbs[a].Comment.InReplyTo] {
			later = append(later, a)
		} else {
			now = append(now, a)
		}
	}
	return now, later
}
