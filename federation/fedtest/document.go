package fedtest

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Community is a group as its members elsewhere see it.
type Community struct {
	ID, Followers string
	Handle        string // "@go@stoa.example"
}

// CommunityAt describes the group with an id whose last part is its name and
// whose followers collection is the id plus /followers.
func CommunityAt(id string) Community {
	name := id[strings.LastIndexByte(id, '/')+1:]
	return Community{ID: id, Followers: id + "/followers", Handle: "@" + name + "@" + host(id)}
}

// Mention names somebody.
type Mention struct{ ID, Handle string }

// Audience is who may see a microblog post.
type Audience int

// The audiences Mastodon knows.
const (
	Everybody     Audience = iota // Public in to
	Quiet                         // Public in cc
	FollowersOnly                 // not public
	Direct                        // only those mentioned
)

// Post is what somebody writes: a thread, or with InReplyTo a reply. Each
// software makes its own document of it.
type Post struct {
	Community Community // none: the zero value
	Title     string
	HTML      string
	Markdown  string
	Link      string
	InReplyTo string
	ParentBy  Mention // who wrote what is replied to
	Mentions  []Mention
	Audience  Audience // microblogs only
	Sensitive bool
	Language  string // "en" by default
	NoMention bool   // microblogs: the community is not mentioned, as in most replies
}

// dialect is how a software writes.
type dialect interface {
	// activityID mints the id of an activity of a kind on an object.
	activityID(a *Actor, kind string, object any) string
	// create returns the Create of a new object.
	create(a *Actor, post Post) Doc
	// address puts to, cc and audience on any other activity.
	address(a *Actor, d Doc, c Community)
}

func (p *Peer) dialect() dialect {
	switch p.software {
	case Lemmy:
		return lemmy{}
	case PieFed:
		return pieFed{}
	case Mbin:
		return mbin{}
	case NodeBB:
		return nodeBB{}
	case Discourse:
		return discourse{}
	case GoToSocial:
		return goToSocial{}
	case PeerTube:
		return peerTube{}
	case WordPress:
		return wordPress{}
	default:
		return mastodon{}
	}
}

// activity starts an activity. c is the community it happens in, if any.
func (a *Actor) activity(kind string, object any, c Community) Doc {
	d := Doc{
		"@context": activityStreams, "type": kind, "actor": a.ID, "object": object,
		"id": a.peer.dialect().activityID(a, kind, object),
	}
	a.peer.dialect().address(a, d, c)
	a.peer.publish(d)
	return d
}

// with adds to an activity before anybody has seen it.
func (a *Actor) with(d, more Doc) Doc {
	maps.Copy(d, more)
	a.peer.publish(d)
	return d
}

// publish serves what has an address of its own, without a fragment.
func (p *Peer) publish(d Doc) {
	id := text(d["id"])
	if strings.HasPrefix(id, p.base.String()+"/") && !strings.Contains(id, "#") {
		switch d["type"] {
		case "Follow", "Accept", "Reject": // nobody serves these
		case "Announce":
			if p.software != Lemmy { // whose route knows no id of that length
				p.Put(id, d)
			}
		default:
			p.Put(id, d)
		}
	}
}

// Create writes a post and serves it at its id. The object is
// activity["object"].
func (a *Actor) Create(post Post) Doc {
	if post.Language == "" {
		post.Language = "en"
	}
	d := a.peer.dialect().create(a, post)
	a.peer.publish(d)
	if object, ok := d["object"].(Doc); ok {
		standalone := maps.Clone(object)
		if standalone["@context"] == nil {
			standalone["@context"] = activityStreams
		}
		a.peer.publish(standalone)
	}
	return d
}

// Update changes an object that Create returned, serves it anew and returns
// the Update.
func (a *Actor) Update(object Doc, c Community, change func(Doc)) Doc {
	object = maps.Clone(object)
	object["updated"] = a.peer.stamp()
	change(object)
	a.peer.publish(object)
	return a.activity("Update", object, c)
}

// Follow asks to follow an actor.
func (a *Actor) Follow(target string) Doc {
	return a.activity("Follow", target, Community{ID: target})
}

// Accept answers a Follow, embedding the least that identifies it.
func (a *Actor) Accept(follow Doc) Doc {
	return a.answerFollow("Accept", follow)
}

// Reject refuses a Follow.
func (a *Actor) Reject(follow Doc) Doc { return a.answerFollow("Reject", follow) }

func (a *Actor) answerFollow(kind string, follow Doc) Doc {
	d := a.activity(kind, Doc{
		"id": follow["id"], "type": "Follow", "actor": follow["actor"], "object": follow["object"],
	}, Community{})
	d["to"] = []any{follow["actor"]}
	return d
}

// Like votes for an object in a community.
func (a *Actor) Like(object string, c Community) Doc { return a.activity("Like", object, c) }

// Dislike votes against it. Microblogs never send one.
func (a *Actor) Dislike(object string, c Community) Doc { return a.activity("Dislike", object, c) }

// Undo takes an activity back, embedded as it was sent but for its context.
func (a *Actor) Undo(inner Doc, c Community) Doc {
	inner = maps.Clone(inner)
	delete(inner, "@context")
	if a.peer.oldLemmy() && inner["type"] == "Dislike" {
		// That line says Undo{Like} whatever the vote was, under a new id.
		inner["type"], inner["id"] = "Like", a.peer.dialect().activityID(a, "Like", inner["object"])
	}
	return a.activity("Undo", inner, c)
}

// Delete withdraws one's own object: it is 410 from now on.
func (a *Actor) Delete(object string, c Community) Doc {
	a.peer.Gone(object)
	var what any = object
	switch a.peer.software {
	case Mastodon:
		what = Doc{"id": object, "type": "Tombstone", "atomUri": object}
	case NodeBB, Discourse, WordPress:
		what = Doc{"id": object, "type": "Tombstone"}
	}
	return a.activity("Delete", what, c)
}

// DeleteSelf withdraws the whole account.
func (a *Actor) DeleteSelf() Doc {
	a.peer.Gone(a.ID)
	return a.with(a.activity("Delete", a.ID, Community{}), Doc{"to": []any{Public}})
}

// Remove is a moderator's removal: a Delete with a reason.
func (a *Actor) Remove(object, reason string, c Community) Doc {
	return a.with(a.activity("Delete", object, c), Doc{"summary": reason})
}

// Lock closes a post for replies.
func (a *Actor) Lock(object string, c Community) Doc { return a.activity("Lock", object, c) }

// Ban keeps a person out of a community.
func (a *Actor) Ban(person, reason string, c Community) Doc {
	return a.with(a.activity("Block", person, c), Doc{"target": c.ID, "summary": reason})
}

// Add puts an object into one of the community's collections: a moderator or
// a pinned post, by the collection's URL. TakeOut takes it out.
func (a *Actor) Add(object, collection string, c Community) Doc {
	return a.with(a.activity("Add", object, c), Doc{"target": collection})
}

// TakeOut is the Remove activity that undoes Add.
func (a *Actor) TakeOut(object, collection string, c Community) Doc {
	return a.with(a.activity("Remove", object, c), Doc{"target": collection})
}

// Move has a post go on in another community, as PieFed and NodeBB say it.
func (a *Actor) Move(post, from, to string, c Community) Doc {
	return a.with(a.activity("Move", post, c), Doc{"origin": from, "target": to})
}

// Flag reports an object.
func (a *Actor) Flag(object, reason string, c Community) Doc {
	d := a.activity("Flag", object, c)
	delete(d, "cc")
	d["summary"], d["content"] = reason, reason
	if c.ID != "" {
		d["to"] = []any{c.ID}
	}
	if s := a.peer.software; s == Mastodon || s == GoToSocial { // by the server's actor, the account first
		d["actor"], d["object"] = a.peer.Site().ID, []any{c.ID, object}
		delete(d, "summary")
	}
	return d
}

// Announce is a community passing an activity on (FEP-1b12), embedded without
// its context; or, given an id, a boost.
func (a *Actor) Announce(object any) Doc {
	if inner, ok := object.(Doc); ok {
		inner = maps.Clone(inner)
		delete(inner, "@context")
		object = inner
	}
	d := a.activity("Announce", object, Community{})
	d["to"], d["cc"] = []any{Public}, []any{a.Followers}
	switch {
	case a.peer.software == Lemmy && !a.peer.oldLemmy():
		d["to"] = []any{a.ID, Public}
	case a.peer.software == GoToSocial, a.peer.software == NodeBB: // the unlisted way
		d["to"], d["cc"] = []any{a.Followers}, []any{Public}
	}
	if a.peer.software != Lemmy {
		d["published"] = a.peer.stamp()
	}
	a.peer.publish(d)
	return d
}

// stamp is the present as the software writes it.
func (p *Peer) stamp() string {
	switch p.software {
	case Lemmy:
		return p.now().Format("2006-01-02T15:04:05.000000Z07:00")
	case PieFed:
		return p.now().Format("2006-01-02T15:04:05.000000+00:00")
	case NodeBB, Discourse:
		return p.now().Format("2006-01-02T15:04:05.000Z07:00")
	default:
		return p.now().Truncate(time.Second).Format(time.RFC3339)
	}
}

// list makes an array of what is not empty.
func list(items ...string) []any {
	out := []any{}
	for _, s := range items {
		if s != "" && !slices.Contains(out, any(s)) {
			out = append(out, s)
		}
	}
	return out
}

func mentionTags(mentions ...Mention) []any {
	out := []any{}
	for _, m := range mentions {
		if m.ID != "" {
			out = append(out, Doc{"type": "Mention", "href": m.ID, "name": m.Handle})
		}
	}
	return out
}

func (post Post) mentionIDs() []string {
	ids := make([]string, len(post.Mentions))
	for i, m := range post.Mentions {
		ids[i] = m.ID
	}
	return ids
}

// language is the object Lemmy and PieFed write.
func (post Post) language() Doc {
	if post.Language == "de" {
		return Doc{"identifier": "de", "name": "Deutsch"}
	}
	return Doc{"identifier": post.Language, "name": "English"}
}

// source is the Markdown beside the HTML.
func (post Post) source() Doc {
	return Doc{"content": post.Markdown, "mediaType": "text/markdown"}
}

// linkAttachment is how the forums attach what a post points to.
func (post Post) linkAttachment() []any {
	if post.Link == "" {
		return []any{}
	}
	if u, err := url.Parse(post.Link); err == nil && (strings.HasSuffix(u.Path, ".png") || strings.HasSuffix(u.Path, ".jpg")) {
		return []any{Doc{"type": "Image", "url": post.Link, "name": ""}}
	}
	return []any{Doc{"type": "Link", "href": post.Link, "mediaType": "text/html"}}
}
