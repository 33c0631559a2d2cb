// Package outbox turns the forum's nouns into the documents that other servers
// read: actors, posts, comments, and the activities that tell what happened. It
// is the one place where that is done, for what is sent and for what is served.
//
// Two dialects are spoken of one event. Forums (Lemmy, PieFed, Mbin, NodeBB,
// Discourse) want an Announce around the whole activity (FEP-1b12); microblogs
// (Mastodon, GoToSocial, Pleroma, Misskey) want an Announce of the id of a post,
// and of what becomes of it the word of its author.
package outbox

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	ap "stoa/activitypub"
	"stoa/federation/forum"
)

// Publisher implements forum.Publisher for the node at one public url.
type Publisher struct {
	base  string
	host  string
	clock func() time.Time
	node  Node
	seed  []byte // of the keys for proofs; nil where there are none
}

// NewPublisher returns the Publisher of the node whose public url is base. A nil
// clock means time.Now.
func NewPublisher(base *url.URL, clock func() time.Time) *Publisher {
	if clock == nil {
		clock = time.Now
	}
	return &Publisher{base: strings.TrimSuffix(base.String(), "/"), host: strings.ToLower(base.Host), clock: clock}
}

// About returns a Publisher that knows what the node says of itself, for the
// Update in which it does.
func (p *Publisher) About(n Node) *Publisher {
	with := *p
	with.node = n
	return &with
}

// Base is the node's public url, without a slash at the end.
func (p *Publisher) Base() string { return p.base }

// Host is the host[:port] of ids made here.
func (p *Publisher) Host() string { return p.host }

// PostURI is the id of a post written here.
func (p *Publisher) PostURI(id int64) string { return p.base + "/post/" + strconv.FormatInt(id, 10) }

// CommentURI is the id of a comment written here.
func (p *Publisher) CommentURI(id int64) string {
	return p.base + "/comment/" + strconv.FormatInt(id, 10)
}

// CommunityURI is the id of a community of ours.
func (p *Publisher) CommunityURI(name string) string { return p.base + "/c/" + name }

// PersonURI is the id of a person of this node.
func (p *Publisher) PersonURI(name string) string { return p.base + "/u/" + name }

// NodeURI is the id of the node's own actor. It ends in a slash: peers look for
// it at the root of the host.
func (p *Publisher) NodeURI() string { return p.base + "/" }

// NewActivity mints the id of an activity. Ids are paths: relays and Lemmy
// stumble over fragments.
func (p *Publisher) NewActivity() string {
	return p.base + "/activities/" + uuid.Must(uuid.NewV7()).String()
}

func (p *Publisher) now() time.Time { return p.clock().UTC().Truncate(time.Microsecond) }

// Publish implements forum.Publisher.
func (p *Publisher) Publish(_ context.Context, e *forum.Event) (forum.Rendering, error) {
	var r forum.Rendering
	if e.Message != nil {
		r, err := p.messaged(e)
		if err != nil {
			err = fmt.Errorf("outbox.Publish(%s %s): %w", e.Verb, e.Subject(), err)
		}
		return r, err
	}
	if e.Micro {
		var err error
		r.Micro, err = p.micro(e, nil)
		return r, err
	}
	act, err := p.act(e)
	if err != nil {
		return r, fmt.Errorf("outbox.Publish(%s %s): %w", e.Verb, e.Subject(), err)
	}
	if e.Apart {
		if r, err = p.apart(e, act); err != nil {
			err = fmt.Errorf("outbox.Publish(%s %s): %w", e.Verb, e.Subject(), err)
		}
		return r, err
	}
	if act != nil && (e.Verb != forum.VerbSubmit || !e.Origin.Fetched) {
		r.Direct = act.document // unless it was told once, elsewhere: a post that has moved
	}
	if !e.Announce {
		return r, nil
	}
	if r.Forum, err = p.announceActivity(e, act); err != nil {
		return r, fmt.Errorf("outbox.Publish(%s %s): %w", e.Verb, e.Subject(), err)
	}
	r.Micro, err = p.micro(e, act)
	return r, err
}

// act is what somebody of this node did, as a document of its own and as the
// part that an Announce embeds.
type act struct {
	document *forum.Document
	part     ap.Part
}

// newAct writes what signer says. Where the node proves what is said here, and it is
// for everybody, it gets a proof and is embedded as it is, byte for byte.
func (p *Publisher) newAct(id, signer string, public bool, doc any) (*act, error) {
	if public && p.seed != nil {
		body, err := p.prove(signer, doc)
		if err != nil {
			return nil, err
		}
		return &act{document: &forum.Document{ID: id, Body: body, Signer: signer, Public: public}, part: ap.Verbatim(body)}, nil
	}
	body, err := ap.Encode(doc)
	if err != nil {
		return nil, err
	}
	return &act{
		document: &forum.Document{ID: id, Body: body, Signer: signer, Public: public},
		part:     ap.Embed(doc),
	}, nil
}

// act renders what was done here; nil for what came from elsewhere, which speaks
// for itself.
func (p *Publisher) act(e *forum.Event) (*act, error) {
	switch e.Verb {
	case forum.VerbAccept:
		return p.accept(e)
	case forum.VerbReject:
		return p.reject(e)
	case forum.VerbFollow, forum.VerbUnfollow:
		return p.follow(e)
	case forum.VerbProfile:
		return p.described(e)
	case forum.VerbDepart:
		return p.departed(e)
	case forum.VerbMove:
		return p.moved(e)
	case forum.VerbRequest:
		return p.asked(e)
	case forum.VerbQuote, forum.VerbUnquote, forum.VerbAsk:
		return p.quoted(e)
	}
	if !e.Actor.Local {
		return nil, nil
	}
	switch e.Verb {
	case forum.VerbSubmit:
		return p.create(e, ap.Embed(p.Page(e.Post)), nil)
	case forum.VerbReply:
		note := p.Note(e.Comment)
		return p.create(e, ap.Embed(note), &note)
	case forum.VerbVote:
		return p.vote(e)
	case forum.VerbChoose:
		return p.ballot(e)
	case forum.VerbEdit, forum.VerbTally, forum.VerbDelete, forum.VerbUndelete:
		return p.changed(e)
	case forum.VerbRelocate:
		return p.relocated(e)
	case forum.VerbRemove, forum.VerbRestore, forum.VerbLock, forum.VerbUnlock, forum.VerbPin, forum.VerbUnpin,
		forum.VerbBan, forum.VerbUnban, forum.VerbAppoint, forum.VerbDismiss, forum.VerbBanish, forum.VerbReadmit, forum.VerbWarn:
		return p.moderated(e)
	case forum.VerbReport:
		return p.flagged(e)
	case forum.VerbWithdraw:
		return p.unflagged(e)
	case forum.VerbResolve:
		return p.resolved(e)
	}
	return nil, fmt.Errorf("no document for verb %q", e.Verb)
}

// accept answers a Follow. The Follow inside is bare, since Lemmy refuses one
// with a context of its own.
func (p *Publisher) accept(e *forum.Event) (*act, error) {
	id := p.NewActivity()
	follow := ap.Follow{ID: e.Origin.Activity, Actor: e.Actor.URI, Object: ap.IRI(e.Community.URI)}
	return p.newAct(id, e.Community.URI, false, ap.Accept{
		ID: id, Actor: e.Community.URI, To: ap.IRIs{e.Actor.URI}, Published: ap.NewTime(p.now()), Object: ap.Embed(follow),
	})
}

// reject answers a Follow that was refused. What is no actor has no key, so
// the node speaks for it.
func (p *Publisher) reject(e *forum.Event) (*act, error) {
	id, actor := p.NewActivity(), e.Community.URI
	if !e.Community.Local {
		actor = p.NodeURI()
	}
	follow := ap.Follow{ID: e.Origin.Activity, Actor: e.Actor.URI, Object: ap.IRI(e.Community.URI)}
	return p.newAct(id, actor, false, ap.Reject{
		ID: id, Actor: actor, To: ap.IRIs{e.Actor.URI}, Published: ap.NewTime(p.now()), Object: ap.Embed(follow),
	})
}

func (p *Publisher) follow(e *forum.Event) (*act, error) {
	follow := ap.Follow{
		ID: e.Origin.Activity, Actor: e.Actor.URI, To: ap.IRIs{e.Community.URI},
		Published: ap.NewTime(e.At), Object: ap.IRI(e.Community.URI),
	}
	if e.Verb == forum.VerbFollow {
		return p.newAct(follow.ID, e.Actor.URI, false, follow)
	}
	follow.ID, follow.Published = e.Undoes, ap.Time{}
	return p.newAct(e.Origin.Activity, e.Actor.URI, false, ap.Undo{
		ID: e.Origin.Activity, Actor: e.Actor.URI, To: ap.IRIs{e.Community.URI},
		Published: ap.NewTime(e.At), Object: ap.Embed(follow),
	})
}

// create wraps what somebody of this node wrote. It names the home of the thread,
// whichever community tells of it, and the author's followers, since Pleroma sorts what
// it is told by who is named: one id, one document.
func (p *Publisher) create(e *forum.Event, object ap.Part, note *ap.Note) (*act, error) {
	home := e.Post.Community.URI
	c := ap.Create{
		ID: e.Origin.Activity, Actor: e.Actor.URI, To: ap.IRIs{home, ap.Public}, CC: slices.Concat(named(e.Post), readers(&e.Actor)),
		Audience: home, Published: ap.NewTime(e.At), Object: object,
	}
	if note != nil {
		// The comment's own addressing, so that whoever is answered is told.
		c.To, c.CC, c.Tag, c.Audience = note.To, slices.Concat(note.CC, readers(&e.Actor)), note.Tag, note.Audience
	}
	return p.newAct(c.ID, e.Actor.URI, true, c)
}

// readers is the collection of who follows the author, of somebody of this node.
func readers(author *forum.Person) ap.IRIs {
	if !author.Local {
		return ap.IRIs{}
	}
	return ap.IRIs{author.URI + "/followers"}
}

// vote renders a vote of somebody here, one with an emoji as an EmojiReact, or the Undo of one with the vote inside.
func (p *Publisher) vote(e *forum.Event) (*act, error) {
	object, audience, at := ap.IRI(e.Subject()), e.Post.Community.URI, ap.NewTime(e.At)
	cast := func(id string, dir int, emoji string, at ap.Time) any {
		if dir > 0 && emoji != "" {
			react := ap.EmojiReact{ID: id, Actor: e.Actor.URI, Audience: audience, Published: at, Object: object, Content: emoji}
			if name, picture, ok := strings.Cut(emoji, " "); ok {
				react.Content, react.Tag = name, ap.Tags{p.Emoji(forum.Emoji{Name: strings.Trim(name, ":"), URL: picture})}
			}
			return react
		}
		if dir < 0 {
			return ap.Dislike{ID: id, Actor: e.Actor.URI, Audience: audience, Published: at, Object: object}
		}
		return ap.Like{ID: id, Actor: e.Actor.URI, Audience: audience, Published: at, Object: object}
	}
	id := e.Origin.Activity
	if e.Dir != 0 {
		return p.newAct(id, e.Actor.URI, true, cast(id, e.Dir, e.Emoji, at))
	}
	undone := e.Undoes
	if undone == "" {
		// The author's own vote began with the post and never had an id.
		undone = e.Post.URI + "/author-vote"
	}
	return p.newAct(id, e.Actor.URI, true, ap.Undo{
		ID: id, Actor: e.Actor.URI, Audience: audience, Published: at, Object: ap.Embed(cast(undone, e.WasDir, e.WasEmoji, ap.Time{})),
	})
}
