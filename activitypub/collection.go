package activitypub

import (
	"encoding/json"
	"slices"
)

// A RemoteCollection is a Collection, an OrderedCollection or a page of one, as another server says it.
type RemoteCollection struct {
	Raw        json.RawMessage // the whole, byte for byte
	ID         string          // "" when absent
	Type       string
	TotalItems int   // 0 when absent
	Items      []Ref // items or orderedItems; each must be judged as if it came alone
	First      Ref   // an IRI or an embedded page
	Last       Ref
	Next       Ref
	PartOf     string
	Name       string
	Authors    []string // attributedTo
	Audience   []string
}

var collectionTypes = []string{"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"}

// IsCollectionType reports whether [ReadCollection] is the reader for documents of this type.
func IsCollectionType(kind string) bool { return slices.Contains(collectionTypes, kind) }

// ReadCollection checks body as [Check] does and reads it as a collection or a page of one.
//
// The error is a *[SyntaxError] or a *[FieldError]; its Kind is KindUnexpected when the type is no collection's.
func ReadCollection(body []byte) (RemoteCollection, error) {
	if err := Check(body); err != nil {
		return RemoteCollection{}, err
	}
	return readCollection(body)
}

// Collection reads the embedded document as [ReadCollection] does. The error for an IRI is a *[FieldError].
func (r Ref) Collection() (RemoteCollection, error) {
	if !r.IsEmbedded() {
		return RemoteCollection{}, &FieldError{Kind: KindMissing, Field: "object"}
	}
	return readCollection(r.Raw)
}

func readCollection(body []byte) (RemoteCollection, error) {
	c := RemoteCollection{Raw: body}
	var id, kind, attributedTo []byte
	eachField(body, func(key, value []byte) {
		switch string(key) {
		case "id":
			id = value
		case "type":
			kind = value
		case "attributedTo":
			attributedTo = value
		case "totalItems":
			c.TotalItems = readCount(value)
		case "items", "orderedItems":
			if items := readRef(value).All(); len(c.Items) == 0 {
				c.Items = items
			}
		case "first":
			c.First = readRef(value)
		case "last":
			c.Last = readRef(value)
		case "next":
			c.Next = readRef(value)
		case "partOf":
			c.PartOf = readID(value)
		case "name":
			c.Name = readText(value, MaxName)
		case "audience":
			c.Audience = readAddressees(value)
		}
	})
	var err error
	if c.ID, err = readOwnID(id); err != nil {
		return RemoteCollection{}, err
	}
	if c.Type, err = readType(kind); err != nil {
		return RemoteCollection{}, err
	}
	if !IsCollectionType(c.Type) {
		return RemoteCollection{}, &FieldError{Kind: KindUnexpected, Field: "type " + cut(c.Type, 100)}
	}
	if c.Authors, _, err = readAttribution(attributedTo); err != nil {
		return RemoteCollection{}, err
	}
	return c, nil
}

// A Collection is a set. With a First page it has no items of its own; otherwise Items is written even when empty:
// Lemmy refuses a followers collection without it.
type Collection struct {
	Type       collectionType `json:"type"`
	ID         string         `json:"id"`
	TotalItems int            `json:"totalItems"`
	First      Part           `json:"first,omitzero"`
	Last       Part           `json:"last,omitzero"`
	Items      Parts          `json:"items,omitzero"`
}

// MarshalJSON writes items or first.
func (c Collection) MarshalJSON() ([]byte, error) {
	type plain Collection
	if c.First.IsZero() && c.Items == nil {
		c.Items = Parts{}
	}
	return encodeBare(plain(c))
}

// An OrderedCollection is a list: newest first in an outbox, oldest first in a thread's context. As for [Collection],
// OrderedItems is left out only beside First. Lemmy refuses an outbox in pages, and moderators that are not IRIs.
type OrderedCollection struct {
	Type         orderedCollectionType `json:"type"`
	ID           string                `json:"id"`
	Name         string                `json:"name,omitempty"`
	AttributedTo string                `json:"attributedTo,omitempty"`
	Audience     string                `json:"audience,omitempty"`
	TotalItems   int                   `json:"totalItems"`
	First        Part                  `json:"first,omitzero"`
	Last         Part                  `json:"last,omitzero"`
	OrderedItems Parts                 `json:"orderedItems,omitzero"`
}

// MarshalJSON writes orderedItems or first.
func (c OrderedCollection) MarshalJSON() ([]byte, error) {
	type plain OrderedCollection
	if c.First.IsZero() && c.OrderedItems == nil {
		c.OrderedItems = Parts{}
	}
	return encodeBare(plain(c))
}

// A CollectionPage is a page of a [Collection].
type CollectionPage struct {
	Type   collectionPageType `json:"type"`
	ID     string             `json:"id"`
	PartOf string             `json:"partOf"`
	Next   string             `json:"next,omitempty"`
	Prev   string             `json:"prev,omitempty"`
	Items  Parts              `json:"items"`
}

// An OrderedCollectionPage is a page of an [OrderedCollection].
type OrderedCollectionPage struct {
	Type         orderedCollectionPageType `json:"type"`
	ID           string                    `json:"id"`
	PartOf       string                    `json:"partOf"`
	Next         string                    `json:"next,omitempty"`
	Prev         string                    `json:"prev,omitempty"`
	OrderedItems Parts                     `json:"orderedItems"`
}

// IRIParts makes parts of ids.
func IRIParts(ids []string) Parts {
	parts := make(Parts, 0, len(ids))
	for _, id := range ids {
		parts = append(parts, IRI(id))
	}
	return parts
}
