package fedtest

import (
	"fmt"
	"strings"
)

// mbin writes Pages with the title as summary too, the link as a bare string
// for source, and updated only where nobody looks for it.
type mbin struct{}

func (mbin) activityID(a *Actor, _ string, _ any) string {
	return a.peer.URL("/f/object/" + a.peer.uuid())
}

func (mbin) address(a *Actor, d Doc, c Community) {
	switch d["type"] {
	case "Follow":
		d["to"] = []any{d["object"]}
	case "Like":
		d["to"], d["cc"], d["audience"] = list(Public, a.Followers), list(c.ID), c.ID
	case "Undo":
		inner := d["object"].(Doc)
		d["to"] = inner["to"]
		if cc, ok := inner["cc"]; ok {
			d["cc"], d["audience"] = cc, c.ID
		}
	case "Update":
		object := d["object"].(Doc)
		d["to"], d["cc"], d["audience"] = object["to"], object["cc"], c.ID
	default:
		if c.ID != "" {
			d["to"], d["cc"], d["audience"] = list(c.ID, Public), list(a.Followers), c.ID
		}
	}
}

func (mbin) create(a *Actor, post Post) Doc {
	p := a.peer
	at := p.stamp()
	object := Doc{
		"attributedTo": a.ID, "audience": post.Community.ID, "mediaType": "text/html", "published": at,
		"content": post.HTML, "contentMap": Doc{post.Language: post.HTML}, "sensitive": post.Sensitive, "source": post.source(),
	}
	if post.InReplyTo != "" {
		object["id"], object["type"] = p.URL(fmt.Sprintf("/m/random/t/1/-/comment/%d", p.count())), "Note"
		object["inReplyTo"], object["url"] = post.InReplyTo, object["id"]
		object["to"] = list(append([]string{Public, post.ParentBy.ID}, post.mentionIDs()...)...)
		object["cc"] = list(post.Community.ID, a.Followers)
		object["tag"] = mentionTags(append([]Mention{post.ParentBy}, post.Mentions...)...)
	} else {
		name, _, _ := strings.Cut(strings.TrimPrefix(post.Community.Handle, "@"), "@")
		object["id"], object["type"], object["name"] = p.URL(fmt.Sprintf("/m/%s/t/%d", name, p.count())), "Page", post.Title
		object["inReplyTo"], object["url"] = nil, object["id"]
		object["to"], object["cc"] = list(post.Community.ID, Public), list(a.Followers)
		object["summary"] = post.Title + " #" + name
		object["commentsEnabled"], object["stickied"] = true, false
		object["tag"] = []any{Doc{"type": "Hashtag", "href": p.URL("/tag/" + name), "name": "#" + name}}
		if post.Link != "" {
			object["source"], object["url"] = post.Link, post.Link
			object["attachment"] = post.linkAttachment()
			if post.HTML == "" {
				object["content"], object["contentMap"] = nil, Doc{post.Language: nil}
			}
		}
	}
	d := Doc{
		"@context": []any{activityStreams, "https://w3id.org/security/v1"},
		"type":     "Create", "actor": a.ID, "audience": post.Community.ID, "published": at,
		"to": object["to"], "cc": object["cc"], "object": object,
	}
	d["id"] = mbin{}.activityID(a, "Create", object)
	return d
}
