package fedtest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Hall is what a community holds at its home: posts and what answers them, listed
// there as the software lists it. Some put the objects into their collections and
// some their ids; some have pages; some list nothing at all.
type Hall struct {
	*Actor
	There Community

	// Inline has contexts hold the objects themselves, whatever the software.
	Inline bool
	// PageSize of the outbox and contexts that have pages; 0 means 20.
	PageSize int

	mu         sync.Mutex
	posts      []*topic // oldest first
	topics     map[string]*topic
	moderators []string
	pinned     []string
	followers  int
}

// topic is a post with all that was said to it, oldest first.
type topic struct {
	create   Doc
	id       string
	comments []remark
	number   int
}

type remark struct {
	id, parent string
	gone       bool
}

// Hall opens the community of that name with collections of its own.
func (p *Peer) Hall(name string) *Hall {
	a := p.Group(name)
	h := &Hall{
		Actor: a, There: Community{ID: a.ID, Followers: a.Followers, Handle: a.Handle()},
		topics: map[string]*topic{}, followers: 12,
	}
	p.handle(a.Outbox, h.outbox)
	p.handle(a.Featured, h.featured)
	p.handle(a.Moderators, func(*http.Request) Answer {
		return p.collection(a.Moderators, list(h.copyOf(&h.moderators)...), false)
	})
	if a.Followers != "" {
		p.handle(a.Followers, func(*http.Request) Answer {
			return p.as(Doc{"@context": activityStreams, "id": a.Followers, "type": "Collection", "totalItems": h.followers, "items": []any{}})
		})
	}
	switch p.software {
	case Lemmy:
		p.handle("/api/v3/post/list", h.lemmyPosts)
		p.handle("/api/v3/comment/list", h.lemmyComments)
		p.handle("/api/v3/community/list", p.lemmyDirectory)
	case PieFed:
		p.handle("/api/alpha/community/list", p.lemmyDirectory)
	}
	return h
}

func (h *Hall) copyOf(ids *[]string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(*ids)
}

// Appoint makes somebody a moderator, Pin a post one of those on top.
func (h *Hall) Appoint(person string) { h.add(&h.moderators, person) }

// Pin puts a post on top.
func (h *Hall) Pin(post string) { h.add(&h.pinned, post) }

func (h *Hall) add(to *[]string, id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	*to = append(*to, id)
}

// Post has somebody write a post, here or on another peer, which the community takes
// in. It returns the Create.
func (h *Hall) Post(by *Actor, post Post) Doc {
	post.Community = h.There
	d := by.Create(post)
	h.Take(d)
	return d
}

// Take lists a post that was made already.
func (h *Hall) Take(create Doc) {
	object := create["object"].(Doc)
	t := &topic{create: create, id: text(object["id"])}
	h.mu.Lock()
	t.number = len(h.posts) + 1
	if n, err := strconv.Atoi(t.id[strings.LastIndexByte(t.id, '/')+1:]); err == nil && host(t.id) == h.peer.Host() {
		t.number = n // as in its address
	}
	h.posts = append(h.posts, t)
	h.topics[t.id] = t
	h.mu.Unlock()
	if context, replies := h.threadOf(t, object); context != "" || replies != "" {
		h.wire(t, context, replies)
	}
}

// threadOf is where the thread of a post is listed, and makes the post say so.
func (h *Hall) threadOf(t *topic, object Doc) (context, replies string) {
	p := h.peer
	if host(t.id) != p.Host() {
		return "", "" // its own server says where, or nothing
	}
	switch p.software {
	case Lemmy:
		if !p.oldLemmy() {
			context = t.id + "/context"
		}
	case PieFed:
		context, replies = t.id+"/context", t.id+"/replies"
	case NodeBB, Discourse:
		context = text(object["context"])
	case WordPress:
		replies = t.id + "/replies"
	case PeerTube:
		replies = t.id + "/comments"
	}
	if h.Inline && context == "" {
		context = t.id + "/context"
	}
	if context != "" {
		object["context"] = context
	}
	if replies != "" {
		name := "replies"
		if p.software == PeerTube {
			name = "comments"
		}
		object[name] = replies
	}
	h.publish(object)
	return context, replies
}

func (h *Hall) publish(object Doc) {
	standalone := maps.Clone(object)
	if standalone["@context"] == nil {
		standalone["@context"] = activityStreams
	}
	h.peer.publish(standalone)
}

func (h *Hall) wire(t *topic, context, replies string) {
	if context != "" {
		h.peer.handle(context, func(r *http.Request) Answer { return h.context(r, t, context) })
	}
	if replies != "" {
		h.peer.handle(replies, func(r *http.Request) Answer { return h.replies(r, t, replies, t.id) })
	}
}

// Reply has somebody answer a post or comment of the hall, by its id. It returns the
// Create.
func (h *Hall) Reply(by *Actor, parent, html string) Doc {
	d := by.Create(Post{Community: h.There, HTML: html, InReplyTo: parent})
	h.Hear(d)
	if p := by.peer; p != h.peer { // a microblog lists what answers its people
		object := d["object"].(Doc)
		id := text(object["id"])
		replies := id + "/replies"
		object["replies"] = Doc{"id": replies, "type": "Collection", "first": Doc{"type": "CollectionPage", "partOf": replies, "next": replies + "?only_other_accounts=true&page=true", "items": []any{}}}
		p.publish(maps.Clone(object))
		p.handle(replies, func(r *http.Request) Answer {
			h.mu.Lock()
			t := h.topics[id]
			h.mu.Unlock()
			items := h.answersTo(t, id)
			if r.URL.Query().Get("page") != "" {
				return p.as(Doc{"@context": activityStreams, "id": p.URL(r.URL.RequestURI()), "type": "CollectionPage", "partOf": replies, "items": items})
			}
			return p.as(Doc{"@context": activityStreams, "id": replies, "type": "Collection", "first": Doc{
				"type": "CollectionPage", "partOf": replies, "next": replies + "?only_other_accounts=true&page=true", "items": []any{},
			}})
		})
	}
	return d
}

// answersTo lists what answers something in a thread; all of the thread for a video,
// whose comments are one list.
func (h *Hall) answersTo(t *topic, parent string) []any {
	items := []any{}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range t.comments {
		if (c.parent == parent || h.peer.software == PeerTube && parent == t.id) && !c.gone {
			items = append(items, c.id)
		}
	}
	return items
}

// Hear lists an answer that was made already.
func (h *Hall) Hear(create Doc) {
	object := create["object"].(Doc)
	id, parent := text(object["id"]), text(object["inReplyTo"])
	h.mu.Lock()
	t := h.topicOf(parent)
	if t == nil {
		h.mu.Unlock()
		return
	}
	t.comments = append(t.comments, remark{id: id, parent: parent})
	h.topics[id] = t
	h.mu.Unlock()
	p := h.peer
	if host(id) != p.Host() {
		return
	}
	if p.software == WordPress || p.software == PeerTube || p.software == PieFed {
		replies := id + "/replies"
		object["replies"] = replies
		h.publish(object)
		p.handle(replies, func(r *http.Request) Answer { return h.replies(r, t, replies, id) })
	}
}

// topicOf finds the thread something is in. h.mu is held.
func (h *Hall) topicOf(id string) *topic { return h.topics[id] }

// Forget takes a comment out of the lists; whoever asks for it gets what its own
// server says.
func (h *Hall) Forget(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[id]
	if t == nil {
		return
	}
	if t.id == id {
		h.posts = slices.DeleteFunc(h.posts, func(o *topic) bool { return o == t })
		return
	}
	for i := range t.comments {
		if t.comments[i].id == id {
			t.comments[i].gone = true
		}
	}
}

// Truth is every id that the hall lists and the id of what it answers, "" for posts.
func (h *Hall) Truth() map[string]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := map[string]string{}
	for _, t := range h.posts {
		all[t.id] = ""
		for _, c := range t.comments {
			if !c.gone {
				all[c.id] = c.parent
			}
		}
	}
	return all
}

// stored is the document that stands at an id, here or elsewhere; nil when none does.
func (h *Hall) stored(id string) any {
	p := h.peer
	p.mu.Lock()
	defer p.mu.Unlock()
	if a, ok := p.answers[p.path(id)]; ok && a.Status == 0 && host(id) == p.Host() {
		return embedded(a.Body)
	}
	return nil
}

func (h *Hall) size() int {
	if h.PageSize > 0 {
		return h.PageSize
	}
	return 20
}

// outbox lists the posts, the newest first, as the software tells of them.
func (h *Hall) outbox(r *http.Request) Answer {
	h.mu.Lock()
	posts := slices.Clone(h.posts)
	h.mu.Unlock()
	slices.Reverse(posts)
	p := h.peer
	id := h.Outbox
	var items []any
	for _, t := range posts {
		items = append(items, h.entry(t))
	}
	switch p.software {
	case Lemmy, PieFed, Discourse:
		total := len(items)
		if len(items) > 50 && !h.Inline {
			items = items[:50]
		}
		d := Doc{"@context": activityStreams, "id": id, "type": "OrderedCollection", "totalItems": total, "orderedItems": items}
		if p.software == PieFed {
			d["first"], d["last"] = nil, nil
		}
		if h.Inline {
			return h.paged(r, id, items, false)
		}
		return p.as(d)
	case Mbin:
		return p.as(Doc{"@context": activityStreams, "id": id, "type": "OrderedCollection", "totalItems": 0, "orderedItems": []any{}})
	}
	return h.paged(r, id, items, p.software == WordPress)
}

// entry is how a post stands in the outbox.
func (h *Hall) entry(t *topic) any {
	create := maps.Clone(t.create)
	delete(create, "@context")
	if object := h.stored(t.id); object != nil {
		create["object"] = object
	}
	switch h.peer.software {
	case PeerTube:
		return Doc{"type": "Announce", "id": t.id + "/announces/1", "actor": h.ID, "object": t.id, "to": []any{Public}, "cc": []any{h.Followers}}
	case WordPress:
		return create
	case Lemmy: // under ids of their own at every reading
		return Doc{"type": "Announce", "id": h.peer.URL("/activities/announce/create/" + h.peer.uuid()), "actor": h.ID, "to": []any{h.ID, Public}, "cc": []any{h.Followers}, "object": create}
	}
	return Doc{"type": "Announce", "id": h.peer.URL(fmt.Sprintf("/activities/announce/%d", t.number)), "actor": h.ID, "to": []any{Public}, "cc": []any{h.Followers}, "object": create}
}

// paged answers with a collection whose pages have addresses of their own. With
// embedded the first page stands in it.
func (h *Hall) paged(r *http.Request, id string, items []any, embedded bool) Answer {
	page := func(n int) Doc {
		from := min((n-1)*h.size(), len(items))
		to := min(from+h.size(), len(items))
		d := Doc{"id": fmt.Sprintf("%s?page=%d", id, n), "type": "OrderedCollectionPage", "partOf": id, "totalItems": len(items), "orderedItems": items[from:to], "next": nil, "prev": nil}
		if to < len(items) {
			d["next"] = fmt.Sprintf("%s?page=%d", id, n+1)
		}
		return d
	}
	if n, err := strconv.Atoi(r.URL.Query().Get("page")); err == nil && n > 0 {
		d := page(n)
		d["@context"] = activityStreams
		return h.peer.as(d)
	}
	d := Doc{"@context": activityStreams, "id": id, "type": "OrderedCollection", "totalItems": len(items), "first": fmt.Sprintf("%s?page=1", id)}
	if embedded {
		d["first"] = page(1)
	}
	return h.peer.as(d)
}

func (h *Hall) featured(*http.Request) Answer {
	var items []any
	for _, id := range h.copyOf(&h.pinned) {
		if object := h.stored(id); object != nil {
			items = append(items, object) // Lemmy wants them whole
		} else {
			items = append(items, id)
		}
	}
	return h.peer.collection(h.Featured, items, false)
}

// ids lists a thread in the order in which it was written.
func (h *Hall) ids(t *topic) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	ids := []string{t.id}
	for _, c := range t.comments {
		if !c.gone {
			ids = append(ids, c.id)
		}
	}
	return ids
}

// context lists a whole thread, under the entity tag of FEP-f228.
func (h *Hall) context(r *http.Request, t *topic, id string) Answer {
	ids := h.ids(t)
	tag := threadTag(ids)
	if match := r.Header.Get("If-None-Match"); strings.Contains(match, tag) {
		return Answer{Status: http.StatusNotModified, Header: http.Header{"ETag": {`"` + tag + `"`}}}
	}
	items := make([]any, len(ids))
	for i, one := range ids {
		items[i] = one
		if h.Inline || h.peer.software == Discourse {
			if object := h.stored(one); object != nil {
				items[i] = object
			}
		}
	}
	a := h.peer.as(Doc{"@context": activityStreams, "id": id, "type": "OrderedCollection", "totalItems": len(items), "orderedItems": items, "attributedTo": h.ID, "audience": h.ID})
	a.Header = http.Header{"ETag": {`"` + tag + `"`}}
	return a
}

func threadTag(ids []string) string {
	var all [sha256.Size]byte
	for _, id := range ids {
		sum := sha256.Sum256([]byte(id))
		for i := range all {
			all[i] ^= sum[i]
		}
	}
	return hex.EncodeToString(all[:])
}

// replies lists what answers one object.
func (h *Hall) replies(r *http.Request, t *topic, id, parent string) Answer {
	items := h.answersTo(t, parent)
	if h.peer.software == PeerTube {
		return h.paged(r, id, items, false)
	}
	first := Doc{"id": id + "?page=1", "type": "CollectionPage", "partOf": id, "items": items}
	return h.peer.as(Doc{"@context": activityStreams, "id": id, "type": "Collection", "totalItems": len(items), "first": first})
}

// collection answers with a list that has no pages.
func (p *Peer) collection(id string, items []any, unordered bool) Answer {
	if items == nil {
		items = []any{}
	}
	d := Doc{"@context": activityStreams, "id": id, "type": "OrderedCollection", "totalItems": len(items), "orderedItems": items}
	if unordered {
		d["type"], d["items"] = "Collection", items
		delete(d, "orderedItems")
	}
	return p.as(d)
}

// as answers with a document under the content type that the software gives it.
func (p *Peer) as(d Doc) Answer {
	a := Answer{Body: encode(d)}
	switch p.software {
	case NodeBB, WordPress:
		a.ContentType = activityJSON + "; charset=utf-8"
	case Discourse:
		a.ContentType = ldJSON
	}
	return a
}

// Lemmy's own interface, as far as a list of ids is read from it.

func page(r *http.Request, n int) (from, to int) {
	query := r.URL.Query()
	limit, number := 10, 1
	if v, err := strconv.Atoi(query.Get("limit")); err == nil && v > 0 && v <= 50 {
		limit = v
	}
	if v, err := strconv.Atoi(query.Get("page")); err == nil && v > 0 {
		number = v
	}
	from = min((number-1)*limit, n)
	return from, min(from+limit, n)
}

func (h *Hall) lemmyPosts(r *http.Request) Answer {
	h.mu.Lock()
	posts := slices.Clone(h.posts)
	h.mu.Unlock()
	slices.Reverse(posts)
	from, to := page(r, len(posts))
	out := []any{}
	for _, t := range posts[from:to] {
		out = append(out, Doc{"post": Doc{"id": t.number, "ap_id": t.id, "name": "…"}, "counts": Doc{"comments": len(h.ids(t)) - 1}})
	}
	if r.URL.Query().Get("community_name") != h.Name {
		out = []any{}
	}
	return Answer{ContentType: "application/json", Body: encode(Doc{"posts": out})}
}

func (h *Hall) lemmyComments(r *http.Request) Answer {
	number, _ := strconv.Atoi(r.URL.Query().Get("post_id")) // 0 is the number of none
	h.mu.Lock()
	var t *topic
	for _, one := range h.posts {
		if one.number == number {
			t = one
		}
	}
	h.mu.Unlock()
	out := []any{}
	if t != nil {
		ids := h.ids(t)[1:]
		from, to := page(r, len(ids))
		for i, id := range ids[from:to] {
			out = append(out, Doc{"comment": Doc{"id": from + i + 1, "ap_id": id, "deleted": false, "removed": false}})
		}
	}
	return Answer{ContentType: "application/json", Body: encode(Doc{"comments": out})}
}

func (p *Peer) lemmyDirectory(*http.Request) Answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := []any{}
	for _, key := range slices.Sorted(maps.Keys(p.names)) {
		if a := p.names[key]; a.Type == "Group" {
			out = append(out, Doc{"community": Doc{"name": a.Name, "title": "All about " + a.Name}, "counts": Doc{"subscribers": 7, "posts": 3}})
		}
	}
	return Answer{ContentType: "application/json", Body: encode(Doc{"communities": out})}
}

// handle answers GETs of a path by a function, whatever the query.
func (p *Peer) handle(iri string, answer func(*http.Request) Answer) {
	path := iri
	if u, err := url.Parse(iri); err == nil {
		path = u.Path
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.handlers[path] = answer
}
