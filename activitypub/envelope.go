package activitypub

import "fmt"

// Kinds of a [FieldError].
const (
	KindMissing    Kind = "missing"    // a field that must be there is not
	KindWrongType  Kind = "wrong-type" // a field that says who speaks has a JSON type that cannot
	KindUnexpected Kind = "unexpected" // a type of document other than the one asked for
	KindVocabulary Kind = "vocabulary" // refused by the ActivityStreams vocabulary
)

// A FieldError says which field makes a document unreadable although its JSON is sound.
type FieldError struct {
	Kind  Kind
	Field string
}

func (e *FieldError) Error() string { return fmt.Sprintf("activitypub: %s: %s", e.Field, e.Kind) }

// An Envelope is what an inbox needs of an activity before it knows whether to believe it.
type Envelope struct {
	ID     string // never empty
	Type   string // never empty; the first when there are several
	Actor  string // never empty
	Object Ref    // zero when absent
}

// ReadEnvelope reads the envelope of an activity and nothing else of it. The body must have passed [Check]. id and
// actor must be strings, actor also an embedded object with such an id; a type array stands for its first string.
//
// The error is a *[FieldError], or a *[SyntaxError] when body is no object.
func ReadEnvelope(body []byte) (Envelope, error) {
	var id, kind, actor, object []byte
	ok := eachField(body, func(key, value []byte) {
		switch string(key) {
		case "id":
			id = value
		case "type":
			kind = value
		case "actor":
			actor = value
		case "object":
			object = value
		}
	})
	if !ok {
		return Envelope{}, &SyntaxError{Kind: KindMalformed}
	}
	var e Envelope
	var err error
	if len(id) == 0 {
		return Envelope{}, &FieldError{Kind: KindMissing, Field: "id"}
	}
	if e.ID, err = readOwnID(id); err != nil {
		return Envelope{}, err
	}
	if e.Type, err = readType(kind); err != nil {
		return Envelope{}, err
	}
	if e.Actor, err = readActorID(actor); err != nil {
		return Envelope{}, err
	}
	e.Object = readRef(object)
	return e, nil
}
