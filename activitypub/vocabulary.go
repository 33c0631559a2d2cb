package activitypub

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/go-fed/activity/streams"
	"github.com/go-fed/activity/streams/vocab"
)

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
