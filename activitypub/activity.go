package activitypub

import "encoding/json"

// An Activity is an activity of any type, as another server says it.
type Activity struct {
	Raw json.RawMessage // the whole, byte for byte; shared with what was read, not to be changed

	ID    string // "" when absent: such an activity can not be repeated or undone
	Type  string
	Actor string

	Object     Ref
	Target     Ref // of Add, Remove, Block, Move: the collection, the community or the new place
	Origin     Ref // of Move
	Result     Ref // of Accept: the authorization that was granted
	Instrument Ref // of QuoteRequest: the quoting note

	To, CC, Audience []string // Public always in full

	// Summary is the reason of moderation. Lemmy tells a removal by a moderator from a deletion by the author by
	// its presence alone, so HasSummary is true for an empty one.
	Summary    string
	HasSummary bool
	Content    string // reason of a Flag from Mastodon; emoji of a Like from PieFed

	Published Time
	Updated   Time
	EndTime   Time // end of a Block
	Expires   Time // the same, in the words of Lemmy 0.19 and Mbin

	RemoveData  bool // Block, Delete of a person: their content goes too
	RestoreData bool // Undo of such a Block
	WithReplies bool // Delete by a moderator: all below goes too

	Tag []Tag
}

// Ends returns when a Block ends by itself: EndTime, else Expires.
func (a Activity) Ends() Time {
	if a.EndTime.Valid {
		return a.EndTime
	}
	return a.Expires
}

// Field returns the raw value of any field, nil when it is absent or null.
func (a Activity) Field(name string) json.RawMessage { return field(a.Raw, name) }

// ReadActivity checks body as [Check] does and reads it as an activity. type and actor must be there, id may be
// absent; these three must have the shapes that [ReadEnvelope] allows. Of everything else a wrong type counts as
// absent.
//
// The error is a *[SyntaxError] or a *[FieldError].
func ReadActivity(body []byte) (Activity, error) {
	if err := Check(body); err != nil {
		return Activity{}, err
	}
	return readActivity(body)
}

func readActivity(body []byte) (Activity, error) {
	a := Activity{Raw: body}
	var id, kind, actor []byte
	ok := eachField(body, func(key, value []byte) {
		switch string(key) {
		case "id":
			id = value
		case "type":
			kind = value
		case "actor":
			actor = value
		case "object":
			a.Object = readRef(value)
		case "target":
			a.Target = readRef(value)
		case "origin":
			a.Origin = readRef(value)
		case "result":
			a.Result = readRef(value)
		case "instrument":
			a.Instrument = readRef(value)
		case "to":
			a.To = readAddressees(value)
		case "cc":
			a.CC = readAddressees(value)
		case "audience":
			a.Audience = readAddressees(value)
		case "summary":
			a.Summary, a.HasSummary = readString(value)
			a.Summary = cut(a.Summary, MaxContent)
		case "content":
			a.Content = readText(value, MaxContent)
		case "published":
			a.Published = readTime(value)
		case "updated":
			a.Updated = readTime(value)
		case "endTime":
			a.EndTime = readTime(value)
		case "expires":
			a.Expires = readTime(value)
		case "removeData":
			a.RemoveData = readBool(value)
		case "restoreData":
			a.RestoreData = readBool(value)
		case "withReplies":
			a.WithReplies = readBool(value)
		case "tag":
			a.Tag = readTags(value)
		}
	})
	if !ok {
		return Activity{}, &SyntaxError{Kind: KindMalformed}
	}
	var err error
	if a.ID, err = readOwnID(id); err != nil {
		return Activity{}, err
	}
	if a.Type, err = readType(kind); err != nil {
		return Activity{}, err
	}
	if a.Actor, err = readActorID(actor); err != nil {
		return Activity{}, err
	}
	return a, nil
}
