package activitypub

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
