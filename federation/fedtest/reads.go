package fedtest

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// Refuses says why a software could not read a document, or read something else out of it
// than it says; empty when it can. What is known of each is in no standard: it is how their
// parsers are written.
func Refuses(by Software, d Doc) string {
	switch by {
	case Lemmy:
		return lemmyRefuses(d)
	case PieFed, Mbin:
		if at := null("", d); at != "" {
			return at + " is null"
		}
		if e, ok := d["endpoints"].(Doc); ok && e["sharedInbox"] == nil {
			return "endpoints without sharedInbox"
		}
		if d["type"] == "Page" && missing(d, "to", "cc", "name", "published") != "" {
			return missing(d, "to", "cc", "name", "published")
		}
		if inner, ok := d["object"].(Doc); ok && inner["type"] == "Page" {
			return Refuses(by, inner)
		}
	case GoToSocial:
		return goToSocialRefuses(d)
	}
	return ""
}

// null finds a null; the dialects of others mishandle it.
func null(at string, v any) string {
	switch v := v.(type) {
	case nil:
		return at
	case Doc:
		for k, inner := range v {
			if found := null(at+"."+k, inner); found != "" {
				return found
			}
		}
	case []any:
		for _, inner := range v {
			if found := null(at+"[]", inner); found != "" {
				return found
			}
		}
	}
	return ""
}

func missing(d Doc, fields ...string) string {
	for _, f := range fields {
		if d[f] == nil {
			return "no " + f
		}
	}
	return ""
}

// notStrings names a field that is there and no string, or must be there.
func notStrings(d Doc, fields ...string) string {
	for _, f := range fields {
		if _, ok := d[f].(string); !ok {
			return f + " is no string"
		}
	}
	return ""
}

// optional names a field that is there and no string.
func optional(d Doc, fields ...string) string {
	return notStrings(d, slices.DeleteFunc(fields, func(f string) bool { _, ok := d[f]; return !ok })...)
}

// goToSocialRefuses: an Undo must hold what it undoes, and an activity of a type it does not
// know is an error of its server.
func goToSocialRefuses(d Doc) string {
	switch d["type"] {
	case "Lock", "PollVote", "Warn", "Resolve":
		return "500: " + text(d["type"])
	case "Undo":
		inner, ok := d["object"].(Doc)
		if !ok {
			return "Undo of an id alone"
		}
		return missing(inner, "id", "type", "actor", "object")
	case "Note", "Page", "Question":
		if no := missing(d, "published", "attributedTo"); no != "" {
			return no
		}
		if d["to"] == nil && d["cc"] == nil {
			return "addressed to nobody"
		}
	}
	return ""
}

// What Lemmy stores of each, in characters.
const (
	lemmyTitle   = 50 // of a Group; nothing is cut
	lemmyName    = 20 // of a site
	lemmySummary = 150
	lemmyID      = 255
	lemmyLink    = 2000
	lemmyOutbox  = 204_800 // bytes, of 0.19
)

func lemmyRefuses(d Doc) string {
	switch d["type"] {
	case "Group":
		return lemmyGroup(d)
	case "Person", "Service", "Organization":
		return lemmyActor(d)
	case "Application":
		if utf8.RuneCountInString(text(d["name"])) > lemmyName || utf8.RuneCountInString(text(d["description"])+text(d["summary"])) > 2*lemmySummary {
			return "a site that cannot be stored"
		}
		if u, err := url.Parse(text(d["id"])); err != nil || u.Path != "/" {
			return "a site that is not at the root of its host"
		}
		return lemmyActor(d)
	case "Page":
		return lemmyPage(d)
	case "Note":
		if no := notStrings(d, "content", "inReplyTo"); no != "" {
			return "a Note: " + no
		}
		return lemmyWords(d)
	case "Question", "Audio":
		return "a " + text(d["type"]) + " is no post"
	case "OrderedCollection", "Collection":
		return lemmyCollection(d)
	}
	return lemmyActivity(d)
}

// lemmyActivity: what is announced, undone or accepted stands inside, whole.
func lemmyActivity(d Doc) string {
	if no := notStrings(d, "id", "type", "actor"); no != "" {
		return no
	}
	if no := optional(d, "audience", "summary", "target"); no != "" {
		return no
	}
	inner, whole := d["object"].(Doc)
	switch d["type"] {
	case "Announce":
		if !whole || notStrings(inner, "id", "type", "actor") != "" || inner["object"] == nil {
			return "unreadable Announce"
		}
	case "Undo", "Accept", "Reject":
		if !whole || notStrings(inner, "id", "type", "actor") != "" || inner["object"] == nil {
			return text(d["type"]) + " of an id alone"
		}
	case "Create", "Update":
		if !whole {
			return text(d["type"]) + " of an id alone"
		}
	}
	switch d["type"] {
	case "Announce", "Create", "Update", "Delete", "Add", "Remove", "Lock", "Block":
		for _, field := range []string{"to", "cc"} {
			if no := lemmyList(d, field); no != "" {
				return no
			}
		}
	}
	// What others wrote is theirs to get right.
	if !whole || host(text(inner["actor"])+text(inner["attributedTo"])) != host(text(d["actor"])) {
		return ""
	}
	return lemmyRefuses(inner)
}

// lemmyList reads an array of ids; Public by its whole name.
func lemmyList(d Doc, field string) string {
	list, ok := d[field].([]any)
	if !ok {
		return fmt.Sprintf("%s of %v is no array", field, d["type"])
	}
	for _, one := range list {
		if u, err := url.Parse(text(one)); err != nil || u.Host == "" {
			return fmt.Sprintf("%s names %v", field, one)
		}
	}
	return ""
}

func lemmyActor(d Doc) string {
	if no := notStrings(d, "id", "preferredUsername", "inbox", "outbox"); no != "" {
		return no
	}
	key, ok := d["publicKey"].(Doc)
	if !ok || notStrings(key, "id", "owner", "publicKeyPem") != "" || !strings.Contains(text(key["publicKeyPem"]), "BEGIN PUBLIC KEY") {
		return "a key that cannot be read"
	}
	if e, ok := d["endpoints"].(Doc); d["endpoints"] != nil && (!ok || notStrings(e, "sharedInbox") != "") {
		return "endpoints without sharedInbox"
	}
	for _, field := range []string{"icon", "image"} {
		if picture, ok := d[field].(Doc); d[field] != nil && (!ok || notStrings(picture, "url") != "") {
			return field + " is no picture"
		}
	}
	for _, field := range []string{"id", "inbox", "outbox", "followers"} {
		u, err := url.Parse(text(d[field]))
		if err != nil || len(text(d[field])) > lemmyID || strings.Contains(u.Path, "//") {
			return field + " cannot be kept: " + text(d[field])
		}
	}
	if _, ok := d["language"].([]any); d["language"] != nil && !ok {
		return "language of an actor is no array"
	}
	return ""
}

// lemmyGroup: Lemmy makes the addresses of collections up, and compares what it is sent with
// those.
func lemmyGroup(d Doc) string {
	if no := lemmyActor(d); no != "" {
		return no
	}
	id := text(d["id"])
	for field, end := range map[string]string{"followers": "/followers", "attributedTo": "/moderators", "featured": "/featured"} {
		if text(d[field]) != id+end {
			return field + " is not at " + end
		}
	}
	switch {
	case strings.HasSuffix(id, "/"):
		return "a slash at the end of an id"
	case utf8.RuneCountInString(text(d["name"])) > lemmyTitle:
		return "a name that cannot be stored"
	case d["manuallyApprovesFollowers"] == true:
		return "a private community"
	case d["discoverable"] == false:
		return "an unlisted community"
	}
	return ""
}

func lemmyPage(d Doc) string {
	if d["name"] == nil && d["content"] == nil {
		return "neither name nor content"
	}
	if picture, ok := d["image"].(Doc); d["image"] != nil && (!ok || notStrings(picture, "url") != "") {
		return "image is no picture"
	}
	if no := lemmyWords(d); no != "" {
		return no
	}
	for i, one := range d["attachment"].([]any) {
		link, _ := one.(Doc)
		address := text(link["href"]) + text(link["url"])
		u, err := url.Parse(address)
		if i == 0 && (err != nil || !slices.Contains([]string{"http", "https", "magnet"}, u.Scheme) || len(address) > lemmyLink) {
			return "a link that makes it refuse the whole post: " + address
		}
	}
	return ""
}

// lemmyWords is what Page and Note share.
func lemmyWords(d Doc) string {
	if no := notStrings(d, "id", "attributedTo"); no != "" {
		return no
	}
	if no := optional(d, "audience", "context", "name", "content", "published", "updated"); no != "" {
		return no
	}
	for _, field := range []string{"to", "cc"} {
		if no := lemmyList(d, field); no != "" {
			return no
		}
	}
	if to := append(slices.Clone(d["to"].([]any)), d["cc"].([]any)...); !slices.Contains(to, any(Public)) {
		return "not public"
	} else if d["audience"] != nil && !slices.Contains(to, d["audience"]) {
		return "the audience is not who it is addressed to"
	}
	if kind := d["mediaType"]; kind != nil && kind != "text/html" && kind != "text/markdown" {
		return fmt.Sprintf("mediaType %v", kind)
	}
	if _, ok := d["language"].(Doc); d["language"] != nil && !ok {
		return "language is no object"
	}
	if _, ok := d["tag"].([]any); d["tag"] != nil && !ok {
		return "tag is no array"
	}
	list, ok := d["attachment"].([]any)
	if !ok {
		return "attachment is no array"
	}
	for _, one := range list {
		a, _ := one.(Doc)
		field := map[string]string{"Link": "href", "Image": "url", "Document": "url"}[text(a["type"])]
		if field == "" || notStrings(a, field) != "" {
			return fmt.Sprintf("attached is a %v", a["type"])
		}
	}
	return ""
}

// lemmyCollection: which one it is, is seen from its address.
func lemmyCollection(d Doc) string {
	id := text(d["id"])
	if id == "" {
		return "a collection without an id"
	}
	items, listed := d["orderedItems"].([]any)
	kind := func(v any) string {
		item, _ := v.(Doc)
		return text(item["type"])
	}
	switch end := id[strings.LastIndexByte(id, '/')+1:]; end {
	case "followers":
		if empty, ok := d["items"].([]any); !ok || len(empty) > 0 || d["type"] != "Collection" || d["totalItems"] == nil {
			return "followers that are no empty Collection"
		}
	case "outbox", "featured", "moderators":
		if !listed || d["type"] != "OrderedCollection" || d["first"] != nil {
			return end + " without its items"
		}
		for _, one := range items {
			switch {
			case end == "outbox" && kind(one) != "Announce", end == "featured" && kind(one) != "Page", end == "moderators" && text(one) == "":
				return fmt.Sprintf("in %s: %v", end, one)
			case end != "moderators":
				if no := lemmyRefuses(one.(Doc)); no != "" {
					return no
				}
			}
		}
		if end != "moderators" && d["totalItems"] == nil || len(encode(d)) > lemmyOutbox {
			return end + " that is too long, or not counted"
		}
	}
	return ""
}
