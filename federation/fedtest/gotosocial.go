package fedtest

import "strings"

// goToSocial writes like Mastodon, with ULIDs in its ids, single recipients as
// bare strings, and a policy on who may interact.
type goToSocial struct{}

// ulid looks like one and sorts like one.
func (p *Peer) ulid() string { return "01" + strings.ToUpper(p.hex(24)) }

func (goToSocial) activityID(a *Actor, kind string, object any) string {
	switch kind {
	case "Delete":
		if id := text(object); id != a.ID && host(id) == a.peer.Host() {
			return id + "/activity#Delete"
		}
		return a.ID + "#Delete/" + a.peer.ulid()
	case "Update":
		return text(object.(Doc)["id"]) + "/activity#Update/" + a.peer.ulid()
	}
	return a.ID + "/" + strings.ToLower(kind) + "/" + a.peer.ulid()
}

func (goToSocial) address(a *Actor, d Doc, c Community) {
	switch d["type"] {
	case "Follow":
		d["to"] = d["object"]
	case "Like":
		if c.ID != "" {
			d["to"] = c.ID // the author, who is all it knows of
		}
	case "Undo":
		if inner, ok := d["object"].(Doc); ok && inner["to"] != nil {
			d["to"] = inner["to"]
		}
	case "Delete":
		d["to"], d["cc"] = Public, a.Followers
	case "Update":
		object := d["object"].(Doc)
		d["to"], d["cc"] = object["to"], object["cc"]
	}
}

func (goToSocial) create(a *Actor, post Post) Doc {
	ulid := a.peer.ulid()
	id := a.ID + "/statuses/" + ulid
	at := a.peer.stamp()
	to, cc, mentions := post.microblogAudience(a)
	content := post.microblogHTML()
	everybody := Doc{"always": []any{Public}, "approvalRequired": []any{}, "automaticApproval": []any{Public}, "manualApproval": []any{}}
	note := Doc{
		"id": id, "type": "Note", "published": at, "url": a.URL + "/statuses/" + ulid, "attributedTo": a.ID,
		"to": single(to), "cc": single(cc), "sensitive": post.Sensitive, "summary": "",
		"content": content, "contentMap": Doc{post.Language: content}, "attachment": []any{}, "tag": single(mentions),
		"interactionPolicy": Doc{"canAnnounce": everybody, "canLike": everybody, "canReply": everybody},
		"replies":           Doc{"id": id + "/replies", "type": "Collection", "first": Doc{"id": id + "/replies?page=true", "type": "CollectionPage", "partOf": id + "/replies"}},
	}
	if post.InReplyTo != "" {
		note["inReplyTo"] = post.InReplyTo
	}
	return Doc{
		"@context": []any{"https://gotosocial.org/ns", activityStreams, Doc{"sensitive": "as:sensitive"}},
		"id":       id + "/activity#Create", "type": "Create", "actor": a.ID, "published": at,
		"to": single(to), "cc": single(cc), "object": note,
	}
}

// single writes arrays of one as the thing alone.
func single(items []any) any {
	if len(items) == 1 {
		return items[0]
	}
	return items
}
