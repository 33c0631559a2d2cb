package fedtest

import (
	"encoding/json"
	"fmt"
	"strings"
)

// embedded is a document as it stands in another: without its context.
func embedded(body []byte) any {
	var d Doc
	if json.Unmarshal(body, &d) != nil {
		return nil
	}
	delete(d, "@context")
	return d
}

// publisher says what it does to everybody who follows it.
type publisher struct{}

func (publisher) address(a *Actor, d Doc, _ Community) {
	switch d["type"] {
	case "Follow", "Accept", "Reject":
	default:
		d["to"], d["cc"] = list(Public), list(a.Followers)
	}
}

// peerTube has channels that an account puts videos into: nobody else writes there.
// What is new is announced by its id alone.
type peerTube struct{ publisher }

func (peerTube) activityID(a *Actor, kind string, object any) string {
	if iri, ok := object.(string); ok && kind == "Announce" {
		return fmt.Sprintf("%s/announces/%d", iri, a.peer.count())
	}
	return fmt.Sprintf("%s/%s/%d", a.ID, strings.ToLower(kind), a.peer.count())
}

func (peerTube) create(a *Actor, post Post) Doc {
	p := a.peer
	at := p.stamp()
	object := Doc{
		"to": list(Public), "cc": list(a.Followers), "published": at, "updated": at, "content": post.Markdown, "mediaType": "text/markdown",
		"sensitive": post.Sensitive,
	}
	if object["content"] == "" {
		object["content"] = post.HTML
	}
	if post.InReplyTo != "" {
		object["id"] = p.URL(fmt.Sprintf("/videos/watch/comments/%d", p.count()))
		object["type"], object["attributedTo"], object["inReplyTo"], object["url"] = "Note", a.ID, post.InReplyTo, object["id"]
	} else {
		id := p.URL("/videos/watch/" + p.uuid())
		object["id"], object["type"], object["name"], object["duration"], object["uuid"] = id, "Video", post.Title, "PT300S", id[len(id)-36:]
		object["attributedTo"] = []any{Doc{"type": "Person", "id": a.ID}, Doc{"type": "Group", "id": post.Community.ID}}
		object["url"] = []any{Doc{"type": "Link", "mediaType": "text/html", "href": id}, Doc{"type": "Link", "mediaType": "video/mp4", "href": id + ".mp4", "height": 720}}
		object["icon"] = []any{Doc{"type": "Image", "url": id + ".jpg", "mediaType": "image/jpeg", "width": 280, "height": 157}}
		object["views"], object["category"], object["language"] = 12, Doc{"identifier": "15", "name": "Science & Technology"}, nil
	}
	return Doc{
		"@context": []any{activityStreams, Doc{"pt": "https://joinpeertube.org/ns#"}}, "type": "Create", "actor": a.ID,
		"id": fmt.Sprintf("%s/activity", object["id"]), "to": object["to"], "cc": object["cc"], "object": object,
	}
}

// wordPress has a blog that is a Group, with authors of its own, and comments that
// are Notes.
type wordPress struct{ publisher }

func (wordPress) activityID(a *Actor, kind string, object any) string {
	on := a.ID
	if d, ok := object.(Doc); ok && host(text(d["id"])) == a.peer.Host() {
		on = text(d["id"])
	}
	return fmt.Sprintf("%s#activity-%s-%d", on, strings.ToLower(kind), a.peer.count())
}

func (wordPress) create(a *Actor, post Post) Doc {
	p := a.peer
	at := p.stamp()
	n := p.count()
	object := Doc{
		"attributedTo": a.ID, "to": list(Public), "cc": list(a.Followers, post.Community.ID), "published": at,
		"content": post.HTML, "contentMap": Doc{post.Language: post.HTML}, "attachment": []any{}, "tag": []any{}, "summary": nil,
	}
	if post.InReplyTo != "" {
		object["id"], object["type"], object["inReplyTo"] = p.URL(fmt.Sprintf("/comment-%d", n)), "Note", post.InReplyTo
	} else {
		object["id"], object["type"], object["name"] = p.URL(fmt.Sprintf("/post-%d", n)), "Article", post.Title
		object["audience"] = post.Community.ID
	}
	object["url"] = object["id"]
	return Doc{
		"@context": []any{activityStreams, Doc{"Hashtag": "as:Hashtag"}}, "type": "Create", "actor": a.ID, "id": fmt.Sprintf("%s#activity-create", object["id"]),
		"to": object["to"], "cc": object["cc"], "object": object,
	}
}
