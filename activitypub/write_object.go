package activitypub

// A Page is the first post of a thread, with a title; with a true Type it is a Question, whose answers are in OneOf or
// AnyOf: PieFed and Mastodon take the presence of AnyOf for the right to choose several. It is no Note, since Lemmy 1.0 refuses a Note that answers
// nothing. Mastodon shows Name and URL alone; Mbin reads name, published, to and cc without asking whether they are
// there.
type Page struct {
	Type              pageType          `json:"type"`
	ID                string            `json:"id"`
	AttributedTo      string            `json:"attributedTo"`
	To                IRIs              `json:"to"`
	CC                IRIs              `json:"cc"`
	Audience          string            `json:"audience,omitempty"` // one string: Lemmy refuses an array
	Name              string            `json:"name"`
	Summary           string            `json:"summary,omitempty"` // shown as a content warning by microblogs
	Content           string            `json:"content,omitempty"`
	ContentMap        map[string]string `json:"contentMap,omitempty"`
	MediaType         string            `json:"mediaType,omitempty"` // text/html
	Source            Source            `json:"source,omitzero"`
	URL               string            `json:"url,omitempty"` // the thread's page for people
	Attachment        Attachments       `json:"attachment"`
	Image             Image             `json:"image,omitzero"`
	Tag               Tags              `json:"tag"`
	Sensitive         bool              `json:"sensitive"`
	CommentsEnabled   bool              `json:"commentsEnabled"`
	Language          Language          `json:"language,omitzero"`
	Published         Time              `json:"published,omitzero"`
	Updated           Time              `json:"updated,omitzero"`
	Context           string            `json:"context,omitempty"` // IRI of a collection: Lemmy refuses an object
	Replies           string            `json:"replies,omitempty"`
	InteractionPolicy InteractionPolicy `json:"interactionPolicy,omitzero"`
	Quotes
	OneOf       []Answer `json:"oneOf,omitempty"`
	AnyOf       []Answer `json:"anyOf,omitempty"`
	EndTime     Time     `json:"endTime,omitzero"` // PieFed reads it without asking
	Closed      Time     `json:"closed,omitzero"`  // once it is over
	VotersCount int      `json:"votersCount,omitempty"`
}

// An Answer is one that a Question offers, with how many have given it.
type Answer struct {
	Type    noteType `json:"type"`
	Name    string   `json:"name"`
	Replies Count    `json:"replies"`
}

// A Count is a collection of which nothing but the size is told.
type Count struct {
	Type       collectionType `json:"type"`
	TotalItems int            `json:"totalItems"`
}

// A Ballot is an answer given to a Question: a Note with a name and without words or a time, by which Mastodon and
// PieFed tell it from a comment. Name is the answer's, To the author of the Question alone.
type Ballot struct {
	Type         noteType `json:"type"`
	ID           string   `json:"id"`
	AttributedTo string   `json:"attributedTo"`
	To           IRIs     `json:"to"`
	CC           IRIs     `json:"cc"`
	InReplyTo    string   `json:"inReplyTo"`
	Name         string   `json:"name"`
}

// A Note is a comment, or a private message.
type Note struct {
	Type              noteType          `json:"type"`
	ID                string            `json:"id"`
	AttributedTo      string            `json:"attributedTo"`
	To                IRIs              `json:"to"`
	CC                IRIs              `json:"cc"`
	Audience          string            `json:"audience,omitempty"`
	InReplyTo         string            `json:"inReplyTo,omitempty"`
	Summary           string            `json:"summary,omitempty"`
	Content           string            `json:"content"`
	ContentMap        map[string]string `json:"contentMap,omitempty"`
	MediaType         string            `json:"mediaType,omitempty"` // text/html
	Source            Source            `json:"source,omitzero"`
	URL               string            `json:"url,omitempty"`
	Attachment        Attachments       `json:"attachment"`
	Tag               Tags              `json:"tag"` // a Mention of all who are answered: GoToSocial drops it else
	Sensitive         bool              `json:"sensitive"`
	Distinguished     bool              `json:"distinguished,omitempty"`
	Language          Language          `json:"language,omitzero"`
	Published         Time              `json:"published,omitzero"`
	Updated           Time              `json:"updated,omitzero"`
	Context           string            `json:"context,omitempty"`
	Replies           string            `json:"replies,omitempty"`
	InteractionPolicy InteractionPolicy `json:"interactionPolicy,omitzero"`
	Quotes

	// What whoever is answered gave out for it (GoToSocial), under both of its names.
	ReplyAuthorization string `json:"replyAuthorization,omitempty"`
	ApprovedBy         string `json:"approvedBy,omitempty"`
}

// Quotes names what an object quotes, in the field of each kind of software; the last says that its author agreed
// (FEP-044f).
type Quotes struct {
	Quote              string `json:"quote,omitempty"`
	QuoteURI           string `json:"quoteUri,omitempty"`       // Fedibird
	QuoteURL           string `json:"quoteUrl,omitempty"`       // Pleroma and others
	MisskeyQuote       string `json:"_misskey_quote,omitempty"` // and what is made of it
	QuoteAuthorization string `json:"quoteAuthorization,omitempty"`
}

// A ChatMessage is a private message as Lemmy before 1.0, Mbin and Pleroma have them. To is the one to whom it is.
type ChatMessage struct {
	Type         chatMessageType `json:"type"`
	ID           string          `json:"id"`
	AttributedTo string          `json:"attributedTo"`
	To           IRIs            `json:"to"`
	Content      string          `json:"content"`
	MediaType    string          `json:"mediaType,omitempty"` // text/html
	Source       Source          `json:"source,omitzero"`
	Published    Time            `json:"published,omitzero"`
	Updated      Time            `json:"updated,omitzero"`
}

// A Tombstone stands where something was deleted. Nothing says what it was.
type Tombstone struct {
	Type tombstoneType `json:"type"`
	ID   string        `json:"id"`
}

// An Image is a picture at an address; as read, the zero Image means none.
type Image struct {
	Type      imageType `json:"type"`
	URL       string    `json:"url"`
	MediaType string    `json:"mediaType,omitempty"`
	Name      string    `json:"name,omitempty"` // alternative text
	Width     int       `json:"width,omitempty"`
	Height    int       `json:"height,omitempty"`
	Blurhash  string    `json:"blurhash,omitempty"`
}

// A Link is an address with what is known of it.
type Link struct {
	Type      linkType `json:"type"`
	Href      string   `json:"href"`
	MediaType string   `json:"mediaType,omitempty"`
	Name      string   `json:"name,omitempty"`
	Rel       string   `json:"rel,omitempty"`
	Width     int      `json:"width,omitempty"`
	Height    int      `json:"height,omitempty"`
}

// A Mention names somebody; Name is "@user@host".
type Mention struct {
	Type mentionType `json:"type"`
	Href string      `json:"href"`
	Name string      `json:"name"`
}

// A Hashtag names a topic; Name is "#word".
type Hashtag struct {
	Type hashtagType `json:"type"`
	Href string      `json:"href"`
	Name string      `json:"name"`
}

// An Emoji is a picture that stands for a word; Name is the word between colons. Mastodon needs a type of the picture,
// and Mitra the time.
type Emoji struct {
	Type    emojiType `json:"type"`
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Icon    Image     `json:"icon"`
	Updated Time      `json:"updated,omitzero"`
}

// A CommunityPostTag is one of the tags that a community has for its posts, as Lemmy 1.0 has them: on the Group, where
// one of another shape makes it drop all, and on the Pages that are marked with it. Name is what people read.
type CommunityPostTag struct {
	Type              postTagType `json:"type"`
	ID                string      `json:"id"`
	PreferredUsername string      `json:"preferredUsername"`
	Name              string      `json:"name,omitempty"`
	Color             string      `json:"color,omitempty"` // color01 to color10
}

// A CommunityTag is the same for PieFed.
type CommunityTag struct {
	Type            communityTagType `json:"type"`
	ID              string           `json:"id"`
	DisplayName     string           `json:"display_name"`
	TextColor       string           `json:"text_color"` // #rrggbb, as the next
	BackgroundColor string           `json:"background_color"`
	BlurImages      bool             `json:"blur_images"`
}

// A QuoteAuthorization says that an object may quote another (FEP-044f).
type QuoteAuthorization struct {
	Type              quoteAuthorizationType `json:"type"`
	ID                string                 `json:"id"`
	AttributedTo      string                 `json:"attributedTo"`      // who is quoted
	InteractingObject string                 `json:"interactingObject"` // what quotes
	InteractionTarget string                 `json:"interactionTarget"` // what is quoted
}

// Attachments is written as an array whatever its length, [] when nil. The first of a Page is its link.
type Attachments []AttachmentItem

// An AttachmentItem is a [Link] or an [Image]: Lemmy refuses a Page with anything else.
type AttachmentItem interface{ attachment() }

func (Link) attachment()  {}
func (Image) attachment() {}

// MarshalJSON never writes null.
func (l Attachments) MarshalJSON() ([]byte, error) {
	if l == nil {
		return []byte("[]"), nil
	}
	return encodeBare([]AttachmentItem(l))
}

// Tags is written as an array whatever its length, [] when nil.
type Tags []TagItem

// A TagItem is a [Mention], a [Hashtag], an [Emoji], a [CommunityPostTag] or a [CommunityTag].
type TagItem interface{ tag() }

func (Mention) tag()          {}
func (Hashtag) tag()          {}
func (Emoji) tag()            {}
func (CommunityPostTag) tag() {}
func (CommunityTag) tag()     {}

// MarshalJSON never writes null.
func (l Tags) MarshalJSON() ([]byte, error) {
	if l == nil {
		return []byte("[]"), nil
	}
	return encodeBare([]TagItem(l))
}

// An InteractionPolicy says what may be done with an object without asking (GoToSocial; FEP-044f).
type InteractionPolicy struct {
	CanQuote    Approval `json:"canQuote,omitzero"`
	CanLike     Approval `json:"canLike,omitzero"`
	CanReply    Approval `json:"canReply,omitzero"`
	CanAnnounce Approval `json:"canAnnounce,omitzero"`
}

// An Approval says who needs none and who needs one.
type Approval struct {
	AutomaticApproval IRIs `json:"automaticApproval,omitempty"`
	ManualApproval    IRIs `json:"manualApproval,omitempty"`
}

// QuotesAllowed lets everybody quote at once. Without it Mastodon asks and waits for ever.
func QuotesAllowed() InteractionPolicy {
	return InteractionPolicy{CanQuote: Approval{AutomaticApproval: IRIs{Public}}}
}

// Every document writes its type by itself: the field Type of each holds no data and always encodes as the name.
type (
	applicationType           struct{}
	multikeyType              struct{}
	groupType                 struct{}
	personType                bool // of a program that acts as a person
	pageType                  bool // of one that asks something
	noteType                  struct{}
	chatMessageType           struct{}
	createType                struct{}
	announceType              struct{}
	acceptType                struct{}
	rejectType                struct{}
	moveType                  struct{}
	followType                struct{}
	likeType                  struct{}
	dislikeType               struct{}
	emojiReactType            struct{}
	undoType                  struct{}
	deleteType                struct{}
	updateType                struct{}
	addType                   struct{}
	relocationType            struct{}
	removeType                struct{}
	lockType                  struct{}
	warnType                  struct{}
	resolveType               struct{}
	blockType                 struct{}
	flagType                  struct{}
	tombstoneType             struct{}
	collectionType            struct{}
	orderedCollectionType     struct{}
	collectionPageType        struct{}
	orderedCollectionPageType struct{}
	imageType                 struct{}
	propertyValueType         struct{}
	linkType                  struct{}
	mentionType               struct{}
	hashtagType               struct{}
	emojiType                 struct{}
	postTagType               struct{}
	communityTagType          struct{}
	quoteAuthorizationType    struct{}
	quoteRequestType          struct{}
)

func (multikeyType) MarshalText() ([]byte, error)    { return []byte("Multikey"), nil }
func (applicationType) MarshalText() ([]byte, error) { return []byte("Application"), nil }
func (groupType) MarshalText() ([]byte, error)       { return []byte("Group"), nil }
func (t personType) MarshalText() ([]byte, error) {
	if t {
		return []byte("Service"), nil
	}
	return []byte("Person"), nil
}
func (t pageType) MarshalText() ([]byte, error) {
	if t {
		return []byte("Question"), nil
	}
	return []byte("Page"), nil
}
func (noteType) MarshalText() ([]byte, error)              { return []byte("Note"), nil }
func (chatMessageType) MarshalText() ([]byte, error)       { return []byte("ChatMessage"), nil }
func (createType) MarshalText() ([]byte, error)            { return []byte("Create"), nil }
func (announceType) MarshalText() ([]byte, error)          { return []byte("Announce"), nil }
func (acceptType) MarshalText() ([]byte, error)            { return []byte("Accept"), nil }
func (moveType) MarshalText() ([]byte, error)              { return []byte("Move"), nil }
func (rejectType) MarshalText() ([]byte, error)            { return []byte("Reject"), nil }
func (followType) MarshalText() ([]byte, error)            { return []byte("Follow"), nil }
func (likeType) MarshalText() ([]byte, error)              { return []byte("Like"), nil }
func (dislikeType) MarshalText() ([]byte, error)           { return []byte("Dislike"), nil }
func (emojiReactType) MarshalText() ([]byte, error)        { return []byte("EmojiReact"), nil }
func (undoType) MarshalText() ([]byte, error)              { return []byte("Undo"), nil }
func (deleteType) MarshalText() ([]byte, error)            { return []byte("Delete"), nil }
func (updateType) MarshalText() ([]byte, error)            { return []byte("Update"), nil }
func (addType) MarshalText() ([]byte, error)               { return []byte("Add"), nil }
func (relocationType) MarshalText() ([]byte, error)        { return []byte("Move"), nil }
func (removeType) MarshalText() ([]byte, error)            { return []byte("Remove"), nil }
func (lockType) MarshalText() ([]byte, error)              { return []byte("Lock"), nil }
func (warnType) MarshalText() ([]byte, error)              { return []byte("Warn"), nil }
func (resolveType) MarshalText() ([]byte, error)           { return []byte("Resolve"), nil }
func (blockType) MarshalText() ([]byte, error)             { return []byte("Block"), nil }
func (flagType) MarshalText() ([]byte, error)              { return []byte("Flag"), nil }
func (tombstoneType) MarshalText() ([]byte, error)         { return []byte("Tombstone"), nil }
func (collectionType) MarshalText() ([]byte, error)        { return []byte("Collection"), nil }
func (orderedCollectionType) MarshalText() ([]byte, error) { return []byte("OrderedCollection"), nil }
func (collectionPageType) MarshalText() ([]byte, error)    { return []byte("CollectionPage"), nil }
func (orderedCollectionPageType) MarshalText() ([]byte, error) {
	return []byte("OrderedCollectionPage"), nil
}
func (propertyValueType) MarshalText() ([]byte, error) { return []byte("PropertyValue"), nil }
func (imageType) MarshalText() ([]byte, error)         { return []byte("Image"), nil }
func (linkType) MarshalText() ([]byte, error)          { return []byte("Link"), nil }
func (mentionType) MarshalText() ([]byte, error)       { return []byte("Mention"), nil }
func (hashtagType) MarshalText() ([]byte, error)       { return []byte("Hashtag"), nil }
func (emojiType) MarshalText() ([]byte, error)         { return []byte("Emoji"), nil }
func (postTagType) MarshalText() ([]byte, error)       { return []byte("CommunityPostTag"), nil }
func (communityTagType) MarshalText() ([]byte, error)  { return []byte("lemmy:CommunityTag"), nil }
func (quoteAuthorizationType) MarshalText() ([]byte, error) {
	return []byte("QuoteAuthorization"), nil
}
func (quoteRequestType) MarshalText() ([]byte, error) { return []byte("QuoteRequest"), nil }
