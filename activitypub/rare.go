package activitypub

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-fed/activity/streams"
	"github.com/go-fed/activity/streams/vocab"
)

// A RareObject is an object of a type that is not the daily bread of a forum (Event, Video, Question, Image, Audio,
// Document). Vocabulary holds it as ActivityStreams defines it; the Object keeps what that loses, language maps and
// fractions of seconds.
type RareObject struct {
	Object
	Vocabulary vocab.Type

	StartTime, EndTime Time          // of an Event; EndTime also of a Question
	Duration           time.Duration // of a Video or Audio, 0 when not said
	Place              string        // an Event's location in words: its name and address
	Cancelled          bool          // an Event that will not be

	Options  []Option // of a Question
	Multiple bool     // several may be chosen
	Closed   Time     // when a Question was closed
	Voters   int      // people who answered, 0 when not said
}

// An Option is one answer of a Question.
type Option struct {
	Name  string
	Votes int
}

// maxOptions bounds the answers of one Question; Mastodon reads 500 of others.
const maxOptions = 500

var rareTypes = []string{"Event", "Video", "Question", "Image", "Audio", "Document"}

// IsRareObjectType reports whether [ReadRareObject] is the reader for objects of this type.
func IsRareObjectType(kind string) bool { return slices.Contains(rareTypes, kind) }

// ReadRareObject reads an object as [ReadObject] does, and through the ActivityStreams vocabulary, which must accept
// it.
//
// The error is a *[SyntaxError] or a *[FieldError]; its Kind is KindUnexpected when the type is none of the rare
// ones.
func ReadRareObject(body []byte) (RareObject, error) {
	o, err := ReadObject(body)
	if err != nil {
		return RareObject{}, err
	}
	if !IsRareObjectType(o.Type) {
		return RareObject{}, &FieldError{Kind: KindUnexpected, Field: "type " + cut(o.Type, 100)}
	}
	r := RareObject{Object: o, StartTime: readTime(o.Field("startTime")), EndTime: readTime(o.Field("endTime"))}
	if r.Vocabulary, err = inVocabulary(body, o.Type); err != nil {
		return RareObject{}, err
	}
	if timed, ok := r.Vocabulary.(interface {
		GetActivityStreamsDuration() vocab.ActivityStreamsDurationProperty
	}); ok {
		if d := timed.GetActivityStreamsDuration(); d != nil && d.IsXMLSchemaDuration() && d.Get() > 0 {
			r.Duration = d.Get()
		}
	}
	r.Place = readLocation(o.Field("location"))
	r.Cancelled = isCancelled(o)
	r.Closed = readTime(o.Field("closed"))
	r.Voters = readCount(o.Field("votersCount"))
	r.Options = readOptions(o.Field("oneOf"))
	if many := readOptions(o.Field("anyOf")); len(many) > 0 {
		r.Options, r.Multiple = many, true
	}
	return r, nil
}

// readLocation takes the first place that says where it is. Gancio writes an address as one text, Mobilizon in its
// parts; what is held in a video call has no name but its address.
func readLocation(raw []byte) string {
	var place string
	eachItem(raw, func(value []byte) bool {
		if text, ok := readString(value); ok {
			place = cut(text, MaxName)
			return place == ""
		}
		parts := []string{readText(field(value, "name"), MaxName)}
		add := func(raw []byte) {
			if text := readText(raw, MaxName); text != "" && !strings.Contains(parts[0], text) {
				parts = append(parts, text)
			}
		}
		if address := field(value, "address"); len(address) > 0 && address[0] == '{' {
			for _, name := range []string{"streetAddress", "postalCode", "addressLocality", "addressRegion", "addressCountry"} {
				add(field(address, name))
			}
		} else {
			add(address)
		}
		if parts[0] == "" {
			parts = parts[1:]
		}
		if len(parts) == 0 {
			parts = []string{readAddress(field(value, "url"))}
		}
		place = cut(strings.Join(parts, ", "), MaxName)
		return place == ""
	})
	return place
}

// isCancelled reads the state of an Event: CANCELLED as iCalendar has it under ical:status (Mobilizon), or under the
// name of schema.org.
func isCancelled(o Object) bool {
	for _, name := range []string{"ical:status", "eventStatus", "schema:eventStatus"} {
		if strings.Contains(strings.ToUpper(readText(o.Field(name), MaxName)), "CANCEL") {
			return true
		}
	}
	return false
}

func readOptions(raw []byte) []Option {
	var all []Option
	eachItem(raw, func(value []byte) bool {
		name := readText(field(value, "name"), MaxName)
		if name != "" {
			votes := readCount(field(field(value, "replies"), "totalItems"))
			all = append(all, Option{Name: name, Votes: votes})
		}
		return len(all) < maxOptions
	})
	return all
}

// inVocabulary decodes a checked document through the ActivityStreams vocabulary, as the given type.
//
// The document's own @context is replaced: the library refuses documents without one, and lets a foreign one rename
// types. It costs some hundred kilobytes of garbage, so nothing that comes by the thousand goes this way.
func inVocabulary(body []byte, kind string) (t vocab.Type, err error) {
	// The library panics on some input, such as an empty duration.
	defer func() {
		if p := recover(); p != nil {
			t, err = nil, fmt.Errorf("streams.ToType: %v: %w", p, &FieldError{Kind: KindVocabulary, Field: kind})
		}
	}()
	var m map[string]any
	if err := json.Unmarshal(body, &m); err != nil {
		return nil, &SyntaxError{Kind: KindMalformed}
	}
	m["@context"] = []any{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"}
	m["type"] = kind
	t, err = streams.ToType(context.Background(), m)
	if err != nil {
		return nil, fmt.Errorf("streams.ToType: %w: %w", err, &FieldError{Kind: KindVocabulary, Field: kind})
	}
	return t, nil
}
