package outbox

import (
	"bytes"
	"encoding/json"
	"fmt"

	ap "stoa/activitypub"
	"stoa/federation/forum"
)

// Together is one Announce of what several Announces of a community bring, under an
// id of its own: of the activities themselves (FEP-1a11), or with whole of the
// Announces. It takes the first n of them: as many as fit into limit bytes, at least
// one. It is dated as the latest of those.
func Together(id string, announces []*forum.Document, whole bool, limit int) (doc *forum.Document, n int, err error) {
	all := ap.Announce{ID: id}
	var parts ap.Parts
	for size := len(ap.Context); n < len(announces); n++ {
		one, err := ap.ReadActivity(announces[n].Body)
		if err != nil {
			return nil, 0, fmt.Errorf("outbox.Together(%s): %w", announces[n].ID, err)
		}
		object := ap.IRI(one.Object.ID)
		if one.Object.IsEmbedded() {
			object = ap.Verbatim(one.Object.Raw)
		}
		if whole {
			object = ap.Embed(ap.Announce{ID: one.ID, Actor: one.Actor, To: one.To, CC: one.CC, Published: one.Published, Object: object})
		}
		text, err := ap.EncodeBare(object)
		if err != nil {
			return nil, 0, fmt.Errorf("outbox.Together(%s): %w", announces[n].ID, err)
		}
		if size += len(text) + 1; n > 0 && size > limit {
			break
		}
		if n == 0 {
			all.Actor, all.To, all.CC = one.Actor, one.To, one.CC
		}
		if all.Published.IsZero() || one.Published.Time.After(all.Published.Time) {
			all.Published = one.Published
		}
		parts = append(parts, ap.Verbatim(text))
	}
	all.Object = ap.Embed(parts)
	body, err := ap.Encode(all)
	if err != nil {
		return nil, 0, fmt.Errorf("outbox.Together(%s): %w", id, err)
	}
	return &forum.Document{ID: id, Body: body, Signer: all.Actor, Public: true}, n, nil
}

var reaction = []byte(`"EmojiReact"`)

// Liked is a document for software that knows no reactions: the one in it, or the one
// whose Undo is in it, is a Like. A document without one is returned as it is.
func Liked(body []byte) []byte {
	if !bytes.Contains(body, reaction) {
		return body
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var doc map[string]any
	if d.Decode(&doc) != nil {
		return body
	}
	changed := false
	for at := doc; at != nil; {
		if at["type"] == "EmojiReact" {
			at["type"], changed = "Like", true
		}
		at, _ = at["object"].(map[string]any)
	}
	if !changed {
		return body
	}
	for at := doc; at != nil; {
		delete(at, "proof") // it was made of the reaction
		at, _ = at["object"].(map[string]any)
	}
	out, err := ap.EncodeBare(doc)
	if err != nil {
		return body
	}
	return out
}
