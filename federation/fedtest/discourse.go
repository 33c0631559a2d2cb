package fedtest

// discourse embeds the whole actor in every activity. Request rewrites the
// outer to for each inbox.
type discourse struct{}

func (discourse) activityID(a *Actor, _ string, _ any) string {
	return a.peer.URL("/ap/activity/" + a.peer.hex(32))
}

func (discourse) address(a *Actor, d Doc, c Community) {
	d["actor"] = a.Document()
	d["published"] = a.peer.stamp()
	d["cc"] = list(c.ID)
	switch d["type"] {
	case "Follow", "Undo":
		delete(d, "cc")
	case "Like", "Delete", "Update":
		d["to"] = list(Public)
	}
}

func (discourse) create(a *Actor, post Post) Doc {
	p := a.peer
	at := p.stamp()
	id := p.URL("/ap/object/" + p.hex(32))
	object := Doc{
		"@context": activityStreams, "id": id, "type": "Note", "attributedTo": a.ID, "published": at, "updated": at,
		"to": list(Public), "cc": list(append([]string{post.Community.ID, post.ParentBy.ID}, post.mentionIDs()...)...),
		"content": post.HTML, "url": p.URL("/t/1/" + id[len(id)-4:]), "audience": post.Community.ID,
		"context": p.URL("/ap/collection/" + p.hex(32)),
	}
	if post.Markdown != "" {
		object["source"] = post.source()
	}
	if tags := mentionTags(post.Mentions...); len(tags) > 0 {
		object["tag"] = tags
	}
	if post.InReplyTo != "" {
		object["inReplyTo"] = post.InReplyTo
	} else if post.Title != "" {
		object["name"] = post.Title
	}
	return Doc{
		"@context": activityStreams, "id": discourse{}.activityID(a, "Create", object), "type": "Create",
		"actor": a.Document(), "object": object, "published": at, "to": list(Public), "cc": list(post.Community.ID),
	}
}
