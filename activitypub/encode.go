package activitypub

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Context is the @context of every document we send on its own. Mastodon refuses documents in whose context the
// literal ActivityStreams address does not stand; nobody fetches the rest, but those who expand JSON-LD need the terms.
const Context = contextStart + contextTerms

// ContextProven is [Context] with the terms of integrity proofs and of the keys for them.
const ContextProven = contextStart + `"https://w3id.org/security/data-integrity/v2","https://www.w3.org/ns/did/v1",` +
	`"https://w3id.org/security/multikey/v1",` + contextTerms

const contextStart = `["https://www.w3.org/ns/activitystreams","https://w3id.org/security/v1",`

const contextTerms = `{` +
	`"lemmy":"https://join-lemmy.org/ns#",` +
	`"toot":"http://joinmastodon.org/ns#",` +
	`"pt":"https://joinpeertube.org/ns#",` +
	`"sc":"http://schema.org/",` +
	`"gts":"https://gotosocial.org/ns#",` +
	`"litepub":"http://litepub.social/ns#",` +
	`"quote":{"@id":"https://w3id.org/fep/044f#quote","@type":"@id"},` +
	`"quoteAuthorization":{"@id":"https://w3id.org/fep/044f#quoteAuthorization","@type":"@id"},` +
	`"quoteUri":"http://fedibird.com/ns#quoteUri",` +
	`"quoteUrl":"as:quoteUrl",` +
	`"_misskey_quote":"https://misskey-hub.net/ns#_misskey_quote",` +
	`"Hashtag":"as:Hashtag",` +
	`"Emoji":"toot:Emoji",` +
	`"EmojiReact":"litepub:EmojiReact",` +
	`"Lock":"lemmy:Lock",` +
	`"CommunityPostTag":"lemmy:CommunityPostTag",` +
	`"QuoteAuthorization":"https://w3id.org/fep/044f#QuoteAuthorization",` +
	`"QuoteRequest":"https://w3id.org/fep/044f#QuoteRequest",` +
	`"interactingObject":{"@id":"gts:interactingObject","@type":"@id"},` +
	`"interactionTarget":{"@id":"gts:interactionTarget","@type":"@id"},` +
	`"sensitive":"as:sensitive",` +
	`"webfinger":"https://purl.archive.org/socialweb/webfinger#webfinger",` +
	`"manuallyApprovesFollowers":"as:manuallyApprovesFollowers",` +
	`"alsoKnownAs":{"@id":"as:alsoKnownAs","@type":"@id"},` +
	`"movedTo":{"@id":"as:movedTo","@type":"@id"},` +
	`"discoverable":"toot:discoverable",` +
	`"indexable":"toot:indexable",` +
	`"votersCount":"toot:votersCount",` +
	`"featured":{"@id":"toot:featured","@type":"@id"},` +
	`"blurhash":"toot:blurhash",` +
	`"moderators":{"@id":"lemmy:moderators","@type":"@id"},` +
	`"postingRestrictedToMods":"lemmy:postingRestrictedToMods",` +
	`"distinguished":"lemmy:distinguished",` +
	`"removeData":"lemmy:removeData",` +
	`"restoreData":"lemmy:restoreData",` +
	`"withReplies":"lemmy:withReplies",` +
	`"commentsEnabled":"pt:commentsEnabled",` +
	`"PropertyValue":"sc:PropertyValue",` +
	`"value":"sc:value",` +
	`"language":"sc:inLanguage",` +
	`"identifier":"sc:identifier",` +
	`"interactionPolicy":{"@id":"gts:interactionPolicy","@type":"@id"},` +
	`"canQuote":{"@id":"gts:canQuote","@type":"@id"},` +
	`"canLike":{"@id":"gts:canLike","@type":"@id"},` +
	`"canReply":{"@id":"gts:canReply","@type":"@id"},` +
	`"canAnnounce":{"@id":"gts:canAnnounce","@type":"@id"},` +
	`"replyAuthorization":{"@id":"gts:replyAuthorization","@type":"@id"},` +
	`"announceAuthorization":{"@id":"gts:announceAuthorization","@type":"@id"},` +
	`"approvedBy":{"@id":"gts:approvedBy","@type":"@id"},` +
	`"automaticApproval":{"@id":"gts:automaticApproval","@type":"@id"},` +
	`"manualApproval":{"@id":"gts:manualApproval","@type":"@id"}` +
	`}]`

// Encode writes a document that stands on its own, with [Context] first, or [ContextProven] where it is an actor with
// keys for proofs. A raw document that brings its own @context keeps that one. HTML characters are not escaped and no
// newline follows.
func Encode(doc any) ([]byte, error) {
	if a, ok := doc.(interface{ asserts() bool }); ok && a.asserts() {
		return encodeIn(ContextProven, doc)
	}
	return encodeIn(Context, doc)
}

// EncodeProven is [Encode] with [ContextProven], for a document that is about to get a proof.
func EncodeProven(doc any) ([]byte, error) { return encodeIn(ContextProven, doc) }

func encodeIn(context string, doc any) ([]byte, error) {
	out, err := encodeBare(doc)
	if err != nil {
		return nil, fmt.Errorf("activitypub.Encode: %w", err)
	}
	if len(out) < 2 || out[0] != '{' {
		return nil, errors.New("activitypub.Encode: not an object")
	}
	own := false
	eachMember(out, func(key, _ []byte) { own = own || string(key) == "@context" })
	if own {
		return out, nil
	}
	whole := make([]byte, 0, len(out)+len(context)+len(`"@context":,`))
	whole = append(whole, `{"@context":`...)
	whole = append(whole, context...)
	if len(out) > 2 {
		whole = append(whole, ',')
	}
	return append(whole, out[1:]...), nil
}

// EncodeBare writes a document without @context, to be embedded in another, or a [JRD] or [NodeInfo], which have
// none.
func EncodeBare(doc any) ([]byte, error) {
	out, err := encodeBare(doc)
	if err != nil {
		return nil, fmt.Errorf("activitypub.EncodeBare: %w", err)
	}
	return out, nil
}

func encodeBare(doc any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(doc); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// IRIs is a list of IRIs that is written as an array whatever its length, [] when nil. Lemmy and Mbin refuse a
// document without these arrays, or with a bare string.
type IRIs []string

// MarshalJSON never writes null.
func (l IRIs) MarshalJSON() ([]byte, error) {
	if l == nil {
		return []byte("[]"), nil
	}
	return encodeBare([]string(l))
}

// A Part is what a field like object holds: made by [IRI], [Embed] or [Verbatim]. Writing the zero Part is an error,
// unless the field may be absent.
type Part struct{ value any }

// IRI is a part said by its id alone.
func IRI(id string) Part {
	if id == "" {
		return Part{}
	}
	return Part{value: id}
}

// Embed is a part written out, without @context: a document of this package, or IRIs.
func Embed(doc any) Part { return Part{value: doc} }

// Verbatim is a part that another server wrote, repeated as it came: what a proof inside it was made over stays,
// numbers and escapes too. Only blanks between its tokens may go. It must have passed [Check].
func Verbatim(raw []byte) Part {
	if len(raw) == 0 {
		return Part{}
	}
	return Part{value: json.RawMessage(raw)}
}

// IsZero reports whether p is nothing.
func (p Part) IsZero() bool { return p.value == nil }

// MarshalJSON writes the part. It fails for the zero Part.
func (p Part) MarshalJSON() ([]byte, error) {
	if p.value == nil {
		return nil, errors.New("empty part of a document")
	}
	return encodeBare(p.value)
}

// Parts is a list of parts that is written as an array whatever its length, [] when nil.
type Parts []Part

// MarshalJSON never writes null.
func (l Parts) MarshalJSON() ([]byte, error) {
	if l == nil {
		return []byte("[]"), nil
	}
	return encodeBare([]Part(l))
}
