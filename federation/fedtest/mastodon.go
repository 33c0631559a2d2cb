package fedtest

import (
	"fmt"
	"slices"
	"strings"
)

// mastodon writes Notes without titles, and addresses a community by
// mentioning it. Votes go out without any addressing.
type mastodon struct{}

func (mastodon) activityID(a *Actor, kind string, object any) string {
	n := a.peer.count()
	switch kind {
	case "Follow":
		return a.peer.URL("/" + a.peer.uuid())
	case "Like":
		return fmt.Sprintf("%s#likes/%d", a.ID, n)
	case "Accept":
		return fmt.Sprintf("%s#accepts/follows/%d", a.ID, n)
	case "Reject":
		return fmt.Sprintf("%s#rejects/follows/%d", a.ID, n)
	case "Update":
		return fmt.Sprintf("%s#updates/%d", text(object.(Doc)["id"]), n)
	case "Delete":
		id := text(object)
		if d, ok := object.(Doc); ok {
			id = text(d["id"])
		}
		if host(id) != a.peer.Host() { // not its own; it would never say so
			return fmt.Sprintf("%s#deletes/%d", a.ID, n)
		}
		return id + "#delete"
	case "Undo":
		return text(object.(Doc)["id"]) + "/undo"
	case "Announce":
		return fmt.Sprintf("%s/statuses/%d/activity", a.ID, firstStatus+n)
	}
	return a.peer.URL("/" + a.peer.uuid())
}

// firstStatus gives numbers the length that Mastodon's have.
const firstStatus = 116000000000000000

func (mastodon) address(a *Actor, d Doc, _ Community) {
	switch d["type"] {
	case "Delete":
		d["to"] = []any{Public}
	case "Update":
		object := d["object"].(Doc)
		d["to"], d["cc"] = object["to"], object["cc"]
	case "Announce":
		d["to"], d["cc"] = []any{Public}, []any{a.Followers}
	}
}

func (mastodon) create(a *Actor, post Post) Doc {
	n := firstStatus + a.peer.count()
	id := fmt.Sprintf("%s/statuses/%d", a.ID, n)
	at := a.peer.stamp()
	to, cc, mentions := post.microblogAudience(a)
	content := post.microblogHTML()
	note := Doc{
		"id": id, "type": "Note", "summary": nil, "inReplyTo": nil, "published": at,
		"url": fmt.Sprintf("%s/%d", a.URL, n), "attributedTo": a.ID, "to": to, "cc": cc,
		"sensitive": post.Sensitive, "atomUri": id, "inReplyToAtomUri": nil,
		"conversation": fmt.Sprintf("tag:%s,%s:objectId=%d:objectType=Conversation", a.peer.Host(), at[:10], n),
		"content":      content, "contentMap": Doc{post.Language: content},
		"attachment": []any{}, "tag": mentions,
		"replies": Doc{"id": id + "/replies", "type": "Collection", "first": Doc{
			"type": "CollectionPage", "next": id + "/replies?only_other_accounts=true&page=true", "partOf": id + "/replies", "items": []any{},
		}},
		"likes":             Doc{"id": id + "/likes", "type": "Collection", "totalItems": 0},
		"shares":            Doc{"id": id + "/shares", "type": "Collection", "totalItems": 0},
		"interactionPolicy": Doc{"canQuote": Doc{"automaticApproval": []any{Public}}},
	}
	if post.InReplyTo != "" {
		note["inReplyTo"], note["inReplyToAtomUri"] = post.InReplyTo, post.InReplyTo
	}
	return Doc{
		"@context": []any{activityStreams, Doc{
			"ostatus": "http://ostatus.org#", "atomUri": "ostatus:atomUri", "inReplyToAtomUri": "ostatus:inReplyToAtomUri",
			"conversation": "ostatus:conversation", "sensitive": "as:sensitive", "toot": "http://joinmastodon.org/ns#",
		}},
		"id": id + "/activity", "type": "Create", "actor": a.ID, "published": at, "to": to, "cc": cc, "object": note,
	}
}

// microblogAudience follows the group branches of a microblog: whoever
// mentions a community also addresses its followers.
func (post Post) microblogAudience(a *Actor) (to, cc, mentions []any) {
	named := post.Mentions
	var group []string
	if post.Community.ID != "" && !post.NoMention {
		named = append([]Mention{{ID: post.Community.ID, Handle: post.Community.Handle}}, named...)
		group = []string{post.Community.ID, post.Community.Followers}
	}
	people := slices.Concat(group, post.mentionIDs(), []string{post.ParentBy.ID})
	if post.ParentBy.ID != "" {
		named = append(named, post.ParentBy)
	}
	mentions = mentionTags(named...)
	switch post.Audience {
	case Quiet:
		return list(a.Followers), list(slices.Concat([]string{Public}, people)...), mentions
	case FollowersOnly:
		return list(a.Followers), list(people...), mentions
	case Direct:
		return list(people...), []any{}, mentions
	default:
		return list(Public), list(slices.Concat([]string{a.Followers}, people)...), mentions
	}
}

// microblogHTML has no place for a title or a link but the text.
func (post Post) microblogHTML() string {
	var b strings.Builder
	b.WriteString("<p>")
	if post.Community.ID != "" && !post.NoMention {
		name, _, _ := strings.Cut(strings.TrimPrefix(post.Community.Handle, "@"), "@")
		fmt.Fprintf(&b, `<span class="h-card" translate="no"><a href="%s" class="u-url mention">@<span>%s</span></a></span> `, post.Community.ID, name)
	}
	if post.Title != "" {
		b.WriteString(post.Title + "</p><p>")
	}
	b.WriteString(strings.TrimSuffix(strings.TrimPrefix(post.HTML, "<p>"), "</p>"))
	b.WriteString("</p>")
	if post.Link != "" {
		fmt.Fprintf(&b, `<p><a href="%[1]s" target="_blank" rel="nofollow noopener" translate="no">%[1]s</a></p>`, post.Link)
	}
	return b.String()
}
