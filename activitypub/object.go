package activitypub

import (
	"encoding/json"
)

// An Object is a thing that people made, of any type (Note, Page, Article, Video, Event, Question, Tombstone, …), as
// another server says it.
type Object struct { //nolint:recvcheck // the methods of its reader fill it in; everybody else has a value
	Raw json.RawMessage // the whole, byte for byte; shared with what was read, not to be changed

	ID   string // "" when absent
	Type string

	// Authors holds the ids in attributedTo, but those marked as a Group, which are in Groups: PeerTube names the
	// account and the channel there.
	Authors []string
	Groups  []string

	To, CC, Audience []string // Public always in full
	InReplyTo        string

	Name       string         // title; the first of NameMap when there is no name
	NameMap    []LanguageText // in the document's order
	Content    string         // of MediaType; the first of ContentMap when there is no content
	ContentMap []LanguageText // in the document's order
	Summary    string         // content warning to microblogs, subtitle or excerpt to others
	Source     Source
	MediaType  string // of Content; "" means text/html

	URL         string // the page to show to people: the first text/html link, else the first of no stated type
	Links       []Link // all of url
	Attachments []Attachment
	Image, Icon Image // of several the widest, else the first
	Tag         []Tag

	Sensitive bool
	Language  string // a BCP 47 tag as the document has it; from ContentMap, then NameMap, when there is no language

	Published Time
	Updated   Time

	Context      string // FEP-7888: the thread's collection
	Conversation string // an opaque name of the thread, often a tag: URI
	Replies      Ref
	Likes        Ref
	Shares       Ref

	CommentsEnabled *bool // nil when not said; false means locked
	Distinguished   bool
	Stickied        bool

	InteractionPolicy  json.RawMessage // nil when absent
	Quote              string          // id of the quoted object, whichever of the fields in use has it, or a link of FEP-e232
	AsksToQuote        bool            // it was in the field of FEP-044f, whose users ask first
	QuoteAuthorization string          // FEP-044f
}

// A LanguageText is an entry of a language map.
type LanguageText struct{ Language, Text string }

// Field returns the raw value of any field, nil when it is absent or null.
func (o Object) Field(name string) json.RawMessage { return field(o.Raw, name) }

// CanAnnounce says whom the author lets announce the object (GoToSocial): said is false when nothing is said of that,
// which lets everybody. Who is in neither list may not.
func (o Object) CanAnnounce() (freely, asking []string, said bool) { return o.lets("canAnnounce") }

// CanReply likewise says whom the author lets answer the object.
func (o Object) CanReply() (freely, asking []string, said bool) { return o.lets("canReply") }

func (o Object) lets(what string) (freely, asking []string, said bool) {
	policy := field(o.InteractionPolicy, what)
	if len(policy) == 0 || policy[0] != '{' {
		return nil, nil, false
	}
	for _, name := range []string{"automaticApproval", "always"} { // the second is the older
		freely = append(freely, readAddressees(field(policy, name))...)
	}
	for _, name := range []string{"manualApproval", "approvalRequired"} {
		asking = append(asking, readAddressees(field(policy, name))...)
	}
	return freely, asking, true
}

// ReadQuoteAuthorization checks body as [Check] does and reads it as what allows a quote (FEP-044f). Both objects may be
// embedded; their ids count. The error is a *[SyntaxError] or a *[FieldError].
func ReadQuoteAuthorization(body []byte) (QuoteAuthorization, error) {
	if err := Check(body); err != nil {
		return QuoteAuthorization{}, err
	}
	var a QuoteAuthorization
	kind := ""
	eachField(body, func(key, value []byte) {
		switch string(key) {
		case "id":
			a.ID = readIRI(value)
		case "type":
			kind, _ = readType(value) // judged below
		case "attributedTo":
			a.AttributedTo = readID(value)
		case "interactingObject":
			a.InteractingObject = readID(value)
		case "interactionTarget":
			a.InteractionTarget = readID(value)
		}
	})
	if kind != "QuoteAuthorization" {
		return QuoteAuthorization{}, &FieldError{Kind: KindUnexpected, Field: "type " + cut(kind, 100)}
	}
	return a, nil
}

// ReadObject checks body as [Check] does and reads it as an object. type must be there; id and attributedTo may be
// absent but must have the right type otherwise: id a string; attributedTo a string, an object with a string id, or
// an array of these. Of everything else a wrong type counts as absent.
//
// The error is a *[SyntaxError] or a *[FieldError].
func ReadObject(body []byte) (Object, error) {
	if err := Check(body); err != nil {
		return Object{}, err
	}
	return readObject(body)
}

func readObject(body []byte) (Object, error) {
	o := Object{Raw: body}
	var id, kind, attributedTo []byte
	var quotes [len(quoteFields)]string
	ok := eachField(body, func(key, value []byte) {
		switch name := string(key); name {
		case "id":
			id = value
		case "type":
			kind = value
		case "attributedTo":
			attributedTo = value
		default:
			if !o.readText(name, value) && !o.readPlace(name, value) && !o.readShow(name, value) {
				for i, f := range quoteFields {
					if f == name {
						quotes[i] = readID(value)
					}
				}
			}
		}
	})
	if !ok {
		return Object{}, &SyntaxError{Kind: KindMalformed}
	}
	var err error
	if o.ID, err = readOwnID(id); err != nil {
		return Object{}, err
	}
	if o.Type, err = readType(kind); err != nil {
		return Object{}, err
	}
	if o.Authors, o.Groups, err = readAttribution(attributedTo); err != nil {
		return Object{}, err
	}
	if o.Type == "Event" {
		o.readOrganiser()
	}
	o.AsksToQuote = quotes[0] != ""
	for _, q := range quotes {
		if o.Quote == "" {
			o.Quote = q
		}
	}
	for _, t := range o.Tag {
		if o.Quote == "" && t.IsObject() {
			o.Quote = t.Href
		}
	}
	o.fill()
	return o, nil
}

// quoteFields are the names under which the quoted object goes, the best first: FEP-044f, then what older software
// has.
var quoteFields = [...]string{"quote", "quoteUrl", "quoteUri", "_misskey_quote"}

// Quotable reads what interactionPolicy says of quotes: nothing, or that somebody may, at once or when they ask. The
// author alone is nobody.
func (o *Object) Quotable() (said, somebody bool) {
	var p struct {
		CanQuote json.RawMessage `json:"canQuote"`
	}
	if json.Unmarshal(o.InteractionPolicy, &p) != nil || len(p.CanQuote) == 0 || p.CanQuote[0] != '{' {
		return false, false
	}
	for _, name := range []string{"automaticApproval", "manualApproval"} {
		for _, who := range readAddressees(field(p.CanQuote, name)) {
			somebody = somebody || len(o.Authors) == 0 || who != o.Authors[0]
		}
	}
	return true, somebody
}

// readText reads the fields that hold words. It reports whether name is one of them.
func (o *Object) readText(name string, value []byte) bool {
	switch name {
	case "name":
		o.Name = readText(value, MaxName)
	case "nameMap":
		o.NameMap = readLanguageMap(value, MaxName)
	case "content":
		o.Content = readText(value, MaxContent)
	case "contentMap":
		o.ContentMap = readLanguageMap(value, MaxContent)
	case "summary":
		o.Summary = readText(value, MaxContent)
	case "source":
		o.Source = readSource(value)
	case "mediaType":
		o.MediaType = readText(value, MaxName)
	case "language":
		o.Language = readLanguage(value).Identifier
	case "published":
		o.Published = readTime(value)
	case "updated":
		o.Updated = readTime(value)
	default:
		return false
	}
	return true
}

// readPlace reads the fields that say where the object belongs and who may see it.
func (o *Object) readPlace(name string, value []byte) bool {
	switch name {
	case "to":
		o.To = readAddressees(value)
	case "cc":
		o.CC = readAddressees(value)
	case "audience":
		o.Audience = readAddressees(value)
	case "inReplyTo":
		o.InReplyTo = readID(value)
	case "context":
		o.Context = readID(value)
	case "conversation":
		o.Conversation = readID(value)
	case "replies":
		o.Replies = readRef(value)
	case "likes":
		o.Likes = readRef(value)
	case "shares":
		o.Shares = readRef(value)
	case "interactionPolicy":
		o.InteractionPolicy = value
	case "quoteAuthorization":
		o.QuoteAuthorization = readID(value)
	default:
		return false
	}
	return true
}

// readShow reads the fields that say what is shown beside the words.
func (o *Object) readShow(name string, value []byte) bool {
	switch name {
	case "url":
		o.Links = readLinks(value)
	case "attachment":
		o.Attachments = readAttachments(value)
	case "image":
		o.Image = readImage(value)
	case "icon":
		o.Icon = readImage(value)
	case "tag":
		o.Tag = readTags(value)
	case "sensitive":
		o.Sensitive = readBool(value)
	case "commentsEnabled":
		o.CommentsEnabled = readFlag(value)
	case "distinguished":
		o.Distinguished = readBool(value)
	case "stickied":
		o.Stickied = readBool(value)
	default:
		return false
	}
	return true
}

// fill derives what the document says only in another place.
func (o *Object) fill() {
	if o.Name == "" && len(o.NameMap) > 0 {
		o.Name = o.NameMap[0].Text
	}
	if o.Content == "" && len(o.ContentMap) > 0 {
		o.Content = o.ContentMap[0].Text
	}
	for _, texts := range [][]LanguageText{o.ContentMap, o.NameMap} { // the second of pictures and videos
		if o.Language == "" && len(texts) > 0 {
			o.Language = texts[0].Language
		}
	}
	o.URL = bestPage(o.Links)
}

// readOrganiser reads who wrote an Event. Mobilizon names the person as actor, and in attributedTo the group for which
// it was written, which has no type there.
func (o *Object) readOrganiser() {
	if actor := readID(o.Field("actor")); actor != "" && len(o.Authors) == 1 && o.Authors[0] != actor {
		o.Authors, o.Groups = []string{actor}, append(o.Groups, o.Authors[0])
	}
}

// readAttribution reads attributedTo: one IRI or embedded actor, or an array of these. What is of type Group goes to
// groups. A number here was once taken for the row of a local user by another server, so any other type is an error.
func readAttribution(raw []byte) (authors, groups []string, err error) {
	if len(raw) == 0 {
		return nil, nil, nil
	}
	n := 0
	eachItem(raw, func(value []byte) bool {
		if n++; n > MaxAuthors {
			return false
		}
		var id, kind string
		if value[0] == '{' {
			idRaw := field(value, "id")
			if idRaw == nil {
				err = &FieldError{Kind: KindWrongType, Field: "attributedTo"}
				return false
			}
			kind, _ = readType(field(value, "type")) // without a type it is an author
			value = idRaw
		}
		if id, err = strictIRI(value, "attributedTo"); err != nil {
			return false
		}
		if kind == "Group" {
			groups = append(groups, id)
		} else {
			authors = append(authors, id)
		}
		return true
	})
	if err != nil {
		return nil, nil, err
	}
	return authors, groups, nil
}
