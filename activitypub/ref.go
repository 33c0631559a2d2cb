package activitypub

import "encoding/json"

// A Ref is what a field like object holds: an IRI, an embedded document, or several of these. An array of one reads
// as that one.
type Ref struct {
	ID   string          // the IRI, or the id of the embedded document; "" when it has none or there are several
	Type string          // the type of the embedded document; "" for an IRI
	Raw  json.RawMessage // the embedded document, byte for byte; nil for an IRI
	Many []Ref           // two or more; the other fields are then zero
}

// IsZero reports whether nothing usable was there.
func (r Ref) IsZero() bool { return r.ID == "" && r.Raw == nil && r.Many == nil }

// IsIRI reports whether r is one bare IRI.
func (r Ref) IsIRI() bool { return r.ID != "" && r.Raw == nil }

// IsEmbedded reports whether r is one embedded document.
func (r Ref) IsEmbedded() bool { return r.Raw != nil }

// All returns Many, or r alone, or nothing.
func (r Ref) All() []Ref {
	switch {
	case r.Many != nil:
		return r.Many
	case r.IsZero():
		return nil
	}
	return []Ref{r}
}

// Activity reads the embedded document as [ReadActivity] does. The error for an IRI is a *[FieldError].
func (r Ref) Activity() (Activity, error) {
	if !r.IsEmbedded() {
		return Activity{}, &FieldError{Kind: KindMissing, Field: "object"}
	}
	return readActivity(r.Raw)
}

// Object reads the embedded document as [ReadObject] does. The error for an IRI is a *[FieldError].
func (r Ref) Object() (Object, error) {
	if !r.IsEmbedded() {
		return Object{}, &FieldError{Kind: KindMissing, Field: "object"}
	}
	return readObject(r.Raw)
}

// Actor reads the embedded document as [ReadActor] does. The error for an IRI is a *[FieldError].
func (r Ref) Actor() (Actor, error) {
	if !r.IsEmbedded() {
		return Actor{}, &FieldError{Kind: KindMissing, Field: "object"}
	}
	return ReadActor(r.Raw)
}

// Field returns the raw value of a field of the embedded document, nil when it is absent or null.
func (r Ref) Field(name string) json.RawMessage { return field(r.Raw, name) }

func readRef(raw []byte) Ref {
	var refs []Ref
	eachItem(raw, func(value []byte) bool {
		if ref := readOneRef(value); !ref.IsZero() {
			refs = append(refs, ref)
		}
		return true
	})
	switch len(refs) {
	case 0:
		return Ref{}
	case 1:
		return refs[0]
	}
	return Ref{Many: refs}
}

func readOneRef(value []byte) Ref {
	switch value[0] {
	case '"':
		return Ref{ID: readIRI(value)}
	case '{':
		ref := Ref{Raw: value}
		eachField(value, func(key, value []byte) {
			switch string(key) {
			case "id":
				ref.ID = readIRI(value)
			case "type":
				ref.Type, _ = readType(value) // a document without a type is still a document
			}
		})
		return ref
	}
	return Ref{}
}
