package fedtest

import (
	"fmt"
	"strings"
)

// pieFed writes like Lemmy 0.19 with many keys of its own, and sends nulls
// where others leave a key out.
type pieFed struct{}

func (pieFed) activityID(a *Actor, kind string, _ any) string {
	return a.peer.URL("/activities/" + strings.ToLower(kind) + "/" + a.peer.hex(15))
}

func (pieFed) address(_ *Actor, d Doc, c Community) {
	d["@context"] = []any{activityStreams, "https://w3id.org/security/v1"}
	switch d["type"] {
	case "Follow":
		d["to"] = []any{d["object"]}
	case "Like", "Dislike":
		d["audience"] = c.ID
	case "Undo":
		if inner := d["object"].(Doc); inner["type"] == "Follow" {
			d["to"] = inner["to"]
		} else {
			d["audience"] = c.ID
		}
	default:
		if c.ID != "" {
			d["to"], d["cc"], d["audience"] = []any{Public}, []any{c.ID}, c.ID
		}
	}
}

func (pieFed) create(a *Actor, post Post) Doc {
	p := a.peer
	object := Doc{
		"attributedTo": a.ID, "to": list(post.Community.ID, Public), "cc": []any{}, "content": post.HTML, "mediaType": "text/html",
		"source": post.source(), "published": p.stamp(), "audience": post.Community.ID, "language": post.language(),
		"sensitive": post.Sensitive, "tag": mentionTags(post.Mentions...),
		"interactionPolicy": Doc{"canQuote": Doc{"automaticApproval": []any{Public}}},
	}
	if post.InReplyTo != "" {
		id := p.URL(fmt.Sprintf("/comment/%d", p.count()))
		object["id"], object["type"], object["inReplyTo"] = id, "Note", post.InReplyTo
		object["to"], object["cc"] = list(Public), list(append([]string{post.Community.ID, post.ParentBy.ID, a.Followers}, post.mentionIDs()...)...)
		object["tag"] = mentionTags(append([]Mention{post.ParentBy}, post.Mentions...)...)
		object["distinguished"], object["repliesEnabled"], object["answer"], object["flair"] = false, true, false, nil
		object["replies"] = id + "/replies"
	} else {
		id := p.URL(fmt.Sprintf("/post/%d", p.count()))
		object["id"], object["type"], object["name"] = id, "Page", post.Title
		object["attachment"], object["commentsEnabled"], object["stickied"] = post.linkAttachment(), true, false
		object["nsfl"], object["genAI"], object["image"] = false, false, nil
		object["context"], object["replies"] = id+"/context", id+"/replies"
	}
	d := Doc{
		"@context": []any{activityStreams, "https://w3id.org/security/v1"},
		"type":     "Create", "actor": a.ID, "audience": post.Community.ID,
		"to": []any{Public}, "cc": list(post.Community.ID, a.Followers), "object": object,
	}
	d["id"] = pieFed{}.activityID(a, "Create", object)
	return d
}
