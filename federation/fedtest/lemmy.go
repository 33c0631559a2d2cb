package fedtest

import (
	"fmt"
	"strings"
)

// lemmy writes Pages and Notes. The 1.0 line puts community and Public into
// to; 0.19 has Public alone there and the community in cc. Votes carry only
// the audience.
type lemmy struct{}

func (lemmy) activityID(a *Actor, kind string, object any) string {
	kind = strings.ToLower(kind)
	if inner, ok := object.(Doc); ok && kind == "announce" {
		kind += "/" + strings.ToLower(text(inner["type"]))
	}
	return a.peer.URL("/activities/" + kind + "/" + a.peer.uuid())
}

func (lemmy) address(a *Actor, d Doc, c Community) {
	d["@context"] = []any{"https://join-lemmy.org/context.json", activityStreams}
	switch d["type"] {
	case "Follow":
		d["to"] = []any{d["object"]}
		return
	case "Like", "Dislike":
		d["audience"] = c.ID
		return
	case "Undo":
		inner := d["object"].(Doc)
		switch inner["type"] {
		case "Follow":
			d["to"] = inner["to"]
			return
		case "Like", "Dislike":
			d["audience"] = c.ID
			return
		}
	}
	if c.ID == "" {
		return
	}
	d["to"], d["cc"], d["audience"] = []any{c.ID, Public}, []any{c.ID}, c.ID
	if a.peer.oldLemmy() {
		d["to"] = []any{Public}
	}
}

func (lemmy) create(a *Actor, post Post) Doc {
	p := a.peer
	at := p.stamp()
	object := Doc{
		"attributedTo": a.ID, "to": []any{post.Community.ID, Public}, "cc": list(post.mentionIDs()...),
		"content": post.HTML, "mediaType": "text/html", "source": post.source(), "published": at,
		"audience": post.Community.ID, "attachment": []any{}, "language": post.language(),
	}
	tags := mentionTags(post.Mentions...)
	ours := Doc{"type": "Mention", "href": post.Community.ID, "name": post.Community.Handle}
	d := Doc{
		"@context": []any{"https://join-lemmy.org/context.json", activityStreams},
		"type":     "Create", "actor": a.ID, "audience": post.Community.ID,
		"to": []any{post.Community.ID, Public}, "cc": []any{post.Community.ID}, "object": object,
	}
	if p.oldLemmy() {
		d["to"] = []any{Public}
	}
	if post.InReplyTo != "" {
		id := p.URL(fmt.Sprintf("/comment/%d", p.count()))
		object["id"], object["type"], object["inReplyTo"], object["distinguished"] = id, "Note", post.InReplyTo, false
		object["cc"] = list(append([]string{post.ParentBy.ID}, post.mentionIDs()...)...)
		tags = append(tags, mentionTags(post.ParentBy)...)
		if p.oldLemmy() {
			object["to"] = []any{Public}
			object["cc"] = list(append([]string{post.Community.ID, post.ParentBy.ID}, post.mentionIDs()...)...)
		} else {
			tags = append(tags, ours)
			object["context"] = id + "/context"
		}
		d["cc"], d["tag"], object["tag"] = object["cc"], tags, tags
	} else {
		id := p.URL(fmt.Sprintf("/post/%d", p.count()))
		object["id"], object["type"], object["name"] = id, "Page", post.Title
		object["attachment"], object["sensitive"] = post.linkAttachment(), post.Sensitive
		name, _, _ := strings.Cut(strings.TrimPrefix(post.Community.Handle, "@"), "@")
		tags = append(tags, Doc{"type": "Hashtag", "href": id, "name": "#" + name})
		if p.oldLemmy() {
			object["cc"] = []any{}
		} else {
			tags = append(tags, ours)
			object["context"] = id + "/context"
		}
		object["tag"] = tags
	}
	if post.Markdown == "" {
		delete(object, "source")
	}
	d["id"] = lemmy{}.activityID(a, "Create", object)
	return d
}
