package activitypub

import (
	"encoding/json"
	"slices"

	"github.com/go-fed/activity/streams/vocab"
)

// An Actor is one who acts (Person, Group, Application, Service, Organization, Feed), as another server says it.
type Actor struct { //nolint:recvcheck // the methods of its reader fill it in; everybody else has a value
	Raw json.RawMessage // the whole, byte for byte; shared with what was read, not to be changed

	ID                string // never empty
	Type              string // never empty
	PreferredUsername string
	Name              string
	Summary           string // HTML
	Description       string // Lemmy 1.0: short plain text
	Source            Source // of Summary, on the Application also of Content
	Content           string // Application: the sidebar

	Icon, Image Image           // of several the widest, else the first
	Properties  []PropertyValue // at most MaxProperties
	URL         string

	Inbox, Outbox, Followers, Following, Featured string // IRIs, "" when absent
	SharedInbox                                   string // endpoints.sharedInbox, else sharedInbox as Discourse has it

	// Moderators is the collection of those who may moderate: moderators, else attributedTo of a Group when that is
	// one bare IRI. Owners holds the actors in attributedTo otherwise; a channel of PeerTube names its account there.
	Moderators string
	Owners     []string

	Keys []PublicKey // at most MaxKeys; a key said by its id alone has no Owner and PEM
	// Asserts are the keys with which the actor signs documents (assertionMethod, FEP-521a), at most MaxKeys.
	Asserts []Multikey

	ManuallyApprovesFollowers bool
	Discoverable              *bool // nil when not said
	Indexable                 *bool // nil when not said
	Sensitive                 bool
	PostingRestrictedToMods   bool

	Published Time
	Updated   Time

	AlsoKnownAs []string
	MovedTo     string
	Languages   []Language
	Tag         []Tag // Emoji of the name, post tags of a Group
	PostTags    []Tag // of a Group: those in Tag, or in lemmy:tagsForPosts where there are none (PieFed)

	// Vocabulary is the document as ActivityStreams defines it; nil for types that are not in it (Feed). It has lost
	// language maps and fractions of seconds, and weighs a hundred times what the other fields do: who keeps many
	// actors sets it to nil.
	Vocabulary vocab.Type
}

// actorTypes are the actor types of ActivityStreams, and Feed, the multi-community of Lemmy and PieFed.
var actorTypes = []string{"Person", "Group", "Application", "Service", "Organization", "Feed"}

// IsActorType reports whether a document of this type is an actor.
func IsActorType(kind string) bool { return slices.Contains(actorTypes, kind) }

// Field returns the raw value of any field, nil when it is absent or null.
func (a Actor) Field(name string) json.RawMessage { return field(a.Raw, name) }

// Key returns the public key with this id, and whether there is one with a PEM.
func (a Actor) Key(id string) (PublicKey, bool) {
	for _, k := range a.Keys {
		if k.ID == id && k.PEM != "" {
			return k, true
		}
	}
	return PublicKey{}, false
}

// ReadActor checks body as [Check] does and reads it as an actor. id and type must be there and strings; of a type
// array the first that is an actor type counts. The ActivityStreams vocabulary must accept the document. @context may
// be missing. Of everything but id, type and attributedTo a wrong type counts as absent.
//
// That inbox, keys and collections belong to the actor's origin is for the caller to judge.
//
// The error is a *[SyntaxError] or a *[FieldError]; its Kind is KindUnexpected when the type is no actor's.
func ReadActor(body []byte) (Actor, error) {
	if err := Check(body); err != nil {
		return Actor{}, err
	}
	a := Actor{Raw: body}
	var id, kind, attributedTo []byte
	var topShared string
	eachField(body, func(key, value []byte) {
		switch name := string(key); name {
		case "id":
			id = value
		case "type":
			kind = value
		case "attributedTo":
			attributedTo = value
		case "sharedInbox":
			topShared = readID(value)
		default:
			if !a.readFace(name, value) && !a.readPlace(name, value) {
				a.readRule(name, value)
			}
		}
	})
	if len(id) == 0 {
		return Actor{}, &FieldError{Kind: KindMissing, Field: "id"}
	}
	var err error
	if a.ID, err = readOwnID(id); err != nil {
		return Actor{}, err
	}
	if a.Type, err = readActorType(kind); err != nil {
		return Actor{}, err
	}
	if a.SharedInbox == "" {
		a.SharedInbox = topShared
	}
	if a.Type == "Group" {
		a.readPostTags()
	}
	if err := a.readAttribution(attributedTo); err != nil {
		return Actor{}, err
	}
	if a.Type != "Feed" {
		if a.Vocabulary, err = inVocabulary(body, a.Type); err != nil {
			return Actor{}, err
		}
	}
	return a, nil
}

func readActorType(raw []byte) (string, error) {
	first, err := readType(raw)
	if err != nil {
		return "", err
	}
	var found string
	eachItem(raw, func(value []byte) bool {
		if s, ok := readString(value); ok && IsActorType(s) {
			found = s
		}
		return found == ""
	})
	if found == "" {
		return "", &FieldError{Kind: KindUnexpected, Field: "type " + cut(first, 100)}
	}
	return found, nil
}

func (a *Actor) readAttribution(raw []byte) error {
	authors, groups, err := readAttribution(raw)
	if err != nil {
		return err
	}
	if a.Type == "Group" && len(raw) > 0 && raw[0] == '"' {
		if a.Moderators == "" {
			a.Moderators = authors[0]
		}
		return nil
	}
	a.Owners = slices.Concat(authors, groups)
	return nil
}
