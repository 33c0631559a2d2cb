package fedtest

import (
	"fmt"
	"strings"
)

// nodeBB opens topics with an Article that carries a preview, names its
// activities by fragments, and mentions the community so that microblogs keep
// it in their replies.
type nodeBB struct{}

func (nodeBB) activityID(a *Actor, kind string, object any) string {
	on := a.ID
	switch d := object.(type) {
	case Doc:
		if host(text(d["id"])) == a.peer.Host() {
			on = text(d["id"])
		}
	case string:
		if host(d) == a.peer.Host() {
			on = d
		}
	}
	on, _, _ = strings.Cut(on, "#")
	return fmt.Sprintf("%s#activity/%s/%d", on, strings.ToLower(kind), 1790000000000+a.peer.count())
}

func (nodeBB) address(a *Actor, d Doc, c Community) {
	switch d["type"] {
	case "Follow":
		d["to"] = []any{d["object"]}
	case "Undo":
		d["to"] = d["object"].(Doc)["to"]
	default:
		d["to"], d["cc"] = list(Public), list(a.Followers, c.ID)
		if c.ID != "" {
			d["audience"] = c.ID
		}
	}
}

func (nodeBB) create(a *Actor, post Post) Doc {
	p := a.peer
	at := p.stamp()
	n := p.count()
	id := p.URL(fmt.Sprintf("/post/%d", n))
	note := Doc{
		"id": id, "type": "Note", "attributedTo": a.ID, "url": id, "published": at, "inReplyTo": nil,
		"to": list(Public), "cc": list(append([]string{a.Followers, post.Community.ID, post.ParentBy.ID}, post.mentionIDs()...)...),
		"content": post.HTML, "source": post.source(), "audience": post.Community.ID, "sensitive": post.Sensitive,
		"context":    p.URL(fmt.Sprintf("/topic/%d", n)),
		"tag":        mentionTags(append([]Mention{{ID: post.Community.ID, Handle: post.Community.Handle}, post.ParentBy}, post.Mentions...)...),
		"attachment": []any{}, "replies": id + "/replies",
	}
	if post.InReplyTo != "" {
		note["inReplyTo"] = post.InReplyTo
		delete(note, "context")
	} else if post.Title != "" {
		note["type"], note["name"], note["summary"] = "Article", post.Title, post.HTML
		note["preview"] = Doc{"type": "Note", "attributedTo": a.ID, "content": post.HTML, "published": at, "attachment": []any{}}
	}
	return Doc{
		"@context": []any{activityStreams, "https://w3id.org/security/v1"},
		"id":       fmt.Sprintf("%s#activity/create/%d", id, 1790000000000+n), "type": "Create", "actor": a.ID,
		"to": note["to"], "cc": note["cc"], "audience": post.Community.ID, "object": note,
	}
}
