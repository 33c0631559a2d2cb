package account

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"stoa/federation/forum"
)

// Bounds of collections. A feed walks each community of a collection, as it walks
// what somebody joined.
const (
	MaxCollections = 50
	MaxCollected   = 300 // communities of one
	MaxCollection  = 50  // runes of its name
)

// CheckCollection puts the name of a collection into order, or refuses it.
func CheckCollection(name string) (string, *forum.Refusal) {
	name = strings.Join(strings.Fields(strings.ToValidUTF8(name, "")), " ")
	switch {
	case name == "" || strings.ContainsFunc(name, unicode.IsControl):
		return name, &forum.Refusal{Kind: forum.Invalid, Reason: "no-collection-name", Text: "A collection needs a name."}
	case utf8.RuneCountInString(name) > MaxCollection:
		return name, &forum.Refusal{Kind: forum.Invalid, Reason: "collection-name-too-long", Text: "A name has at most 50 characters."}
	}
	return name, nil
}

// The refusals of what would go beyond these bounds.
var (
	ErrCollectionTaken = &forum.Refusal{Kind: forum.Conflict, Reason: "collection-name-taken", Text: "You have a collection of that name already."}
	ErrCollections     = &forum.Refusal{Kind: forum.Conflict, Reason: "too-many-collections", Text: "Nobody has more than 50 collections."}
	ErrCollectionFull  = &forum.Refusal{Kind: forum.Conflict, Reason: "collection-full", Text: "A collection has at most 300 communities."}
)
