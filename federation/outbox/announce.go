package outbox

import (
	"cmp"
	"fmt"
	"slices"

	ap "stoa/activitypub"
	"stoa/federation/forum"
)

// announceActivity is the forum dialect: the whole activity, byte for byte as it
// came or as it was written here (FEP-1b12).
func (p *Publisher) announceActivity(e *forum.Event, act *act) (*forum.Document, error) {
	var object ap.Part
	switch {
	case act != nil:
		object = act.part
	case e.Origin.Fetched:
		object = p.madeUp(e)
	case len(e.Origin.Raw) > 0:
		object = ap.Verbatim(e.Origin.Raw)
	default:
		return nil, fmt.Errorf("nothing to announce of %s", e.Origin.Activity)
	}
	at := p.now()
	switch e.Verb {
	case forum.VerbVote, forum.VerbEdit, forum.VerbTally, forum.VerbDelete, forum.VerbUndelete:
		// Those of older software carry no time: the copies then take the time from
		// which they count at home, which is this one.
		at = e.At
	}
	return p.announce(e, ap.Announce{
		To: ap.IRIs{ap.Public}, CC: ap.IRIs{e.Community.FollowersURL}, Published: ap.NewTime(at), Object: object,
	})
}

// createOf makes up the Create that an object came without.
func (p *Publisher) createOf(e *forum.Event) ap.Part {
	var c ap.Create
	if e.Comment != nil {
		c = p.CreatedComment(e.Comment)
	} else {
		c = p.CreatedPost(e.Post)
	}
	if len(e.Origin.Raw) > 0 {
		c.Object = ap.Verbatim(e.Origin.Raw)
	}
	return ap.Embed(c)
}

// announceID is the microblog dialect: a boost of the post. It is dated now,
// since Mastodon keeps boosts older than six hours out of home feeds.
func (p *Publisher) announceID(e *forum.Event) (*forum.Document, error) {
	a := p.boost(e)
	if e.Verb == forum.VerbSubmit && e.Boost != "" {
		a.ID = e.Boost // the author knows it by that
	}
	return p.announce(e, a)
}

func (p *Publisher) boost(e *forum.Event) ap.Announce {
	return ap.Announce{
		To: ap.IRIs{ap.Public}, CC: ap.IRIs{e.Community.FollowersURL, e.Actor.URI},
		Published: ap.NewTime(p.now()), Object: ap.IRI(e.Subject()),
		AnnounceAuthorization: e.Post.Approval, ApprovedBy: e.Post.Approval,
	}
}

// asked is that boost, for the author alone, who is to say whether others may have it.
func (p *Publisher) asked(e *forum.Event) (*act, error) {
	a := p.boost(e)
	a.ID, a.Actor = e.Origin.Activity, e.Community.URI
	return p.newAct(a.ID, a.Actor, true, a)
}

func (p *Publisher) announce(e *forum.Event, a ap.Announce) (*forum.Document, error) {
	a.ID, a.Actor = cmp.Or(a.ID, p.NewActivity()), e.Community.URI
	body, err := ap.Encode(a)
	if err != nil {
		return nil, err
	}
	return &forum.Document{ID: a.ID, Body: body, Signer: a.Actor, Public: true}, nil
}

// AnnouncedPost rebuilds the Announce of a post from what is stored, for the
// community's outbox and for when the log no longer holds it.
func (p *Publisher) AnnouncedPost(post *forum.Post, place forum.Placement) ap.Announce {
	return ap.Announce{
		ID: place.Announce, Actor: place.Community.URI, To: ap.IRIs{ap.Public}, CC: ap.IRIs{place.Community.FollowersURL},
		Published: ap.NewTime(place.At), Object: ap.Embed(p.CreatedPost(post)),
	}
}

// BoostedPost rebuilds the Announce of a post's id.
func (p *Publisher) BoostedPost(post *forum.Post, place forum.Placement) ap.Announce {
	return ap.Announce{
		ID: place.Boost, Actor: place.Community.URI, To: ap.IRIs{ap.Public},
		CC: ap.IRIs{place.Community.FollowersURL, post.Author.URI}, Published: ap.NewTime(place.At), Object: ap.IRI(post.URI),
		AnnounceAuthorization: post.Approval, ApprovedBy: post.Approval,
	}
}

// CreatedPost rebuilds the Create of a post. A post that was fetched came with
// none; the id is then made of the post's own, at its own server.
func (p *Publisher) CreatedPost(post *forum.Post) ap.Create {
	id := post.Create
	if id == "" {
		id = post.URI + "/create"
	}
	return ap.Create{
		ID: id, Actor: post.Author.URI, To: ap.IRIs{post.Community.URI, ap.Public}, CC: slices.Concat(named(post), readers(&post.Author)),
		Audience: post.Community.URI, Published: stamp(post.Published), Object: ap.Embed(p.Page(post)),
	}
}

// CreatedComment rebuilds the Create of a comment.
func (p *Publisher) CreatedComment(c *forum.Comment) ap.Create {
	note := p.Note(c)
	id := c.Create
	if id == "" { // as for posts
		id = c.URI + "/create"
	}
	return ap.Create{
		ID: id, Actor: c.Author.URI, To: note.To, CC: slices.Concat(note.CC, readers(&c.Author)), Audience: note.Audience,
		Published: note.Published, Object: ap.Embed(note), Tag: note.Tag,
	}
}

// AnnouncedComment rebuilds the Announce of a comment by its community.
func (p *Publisher) AnnouncedComment(c *forum.Comment, by *forum.Community) ap.Announce {
	return ap.Announce{
		ID: c.Announce, Actor: by.URI, To: ap.IRIs{ap.Public}, CC: ap.IRIs{by.FollowersURL},
		Published: stamp(c.Published), Object: ap.Embed(p.CreatedComment(c)),
	}
}
