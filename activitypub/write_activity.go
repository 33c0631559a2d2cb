package activitypub

// A Create brings a new Page or Note. Lemmy 1.0 reads the arrays To and CC without tolerance.
type Create struct {
	Type      createType `json:"type"`
	ID        string     `json:"id"`
	Actor     string     `json:"actor"`
	To        IRIs       `json:"to"`
	CC        IRIs       `json:"cc"`
	Audience  string     `json:"audience,omitempty"`
	Published Time       `json:"published,omitzero"`
	Object    Part       `json:"object"`
	Tag       Tags       `json:"tag,omitempty"` // the Note's, repeated
}

// An Update brings the whole of what it changes.
type Update struct {
	Type      updateType `json:"type"`
	ID        string     `json:"id"`
	Actor     string     `json:"actor"`
	To        IRIs       `json:"to"`
	CC        IRIs       `json:"cc"`
	Audience  string     `json:"audience,omitempty"`
	Published Time       `json:"published,omitzero"`
	Object    Part       `json:"object"`
	Tag       Tags       `json:"tag,omitempty"`
}

// An Announce by a Group repeats a whole activity to forums (FEP-1b12, [Verbatim] or [Embed]) or the id of a post to
// microblogs ([IRI]). Its Published is now: Mastodon keeps older boosts from the home feed.
type Announce struct {
	Type      announceType `json:"type"`
	ID        string       `json:"id"`
	Actor     string       `json:"actor"`
	To        IRIs         `json:"to"`
	CC        IRIs         `json:"cc"`
	Published Time         `json:"published,omitzero"`
	Object    Part         `json:"object"`
	// That the author of Object has agreed, where they wanted to be asked: as GoToSocial has it, and had it before 0.20.
	AnnounceAuthorization string `json:"announceAuthorization,omitempty"`
	ApprovedBy            string `json:"approvedBy,omitempty"`
}

// A Follow asks for what an actor does from now on. To is the one followed. Inside an [Accept] it holds nothing but
// ID, Actor and Object: Lemmy refuses more.
type Follow struct {
	Type      followType `json:"type"`
	ID        string     `json:"id"`
	Actor     string     `json:"actor"`
	To        IRIs       `json:"to,omitempty"`
	Published Time       `json:"published,omitzero"`
	Object    Part       `json:"object"`
}

// An Accept answers a Follow, or a request to quote. Object embeds what is answered, a Follow bare; To is who asked;
// Result is the id of a [QuoteAuthorization].
type Accept struct {
	Type      acceptType `json:"type"`
	ID        string     `json:"id"`
	Actor     string     `json:"actor"`
	To        IRIs       `json:"to"`
	Published Time       `json:"published,omitzero"`
	Object    Part       `json:"object"`
	Result    string     `json:"result,omitempty"`
}

// A QuoteRequest asks to quote Object in Instrument (FEP-044f). In the [Accept] that answers one it has no To.
type QuoteRequest struct {
	Type       quoteRequestType `json:"type"`
	ID         string           `json:"id"`
	Actor      string           `json:"actor"`
	To         IRIs             `json:"to,omitempty"`
	Object     Part             `json:"object"`
	Instrument Part             `json:"instrument"`
}

// A Reject declines a Follow, or ends one that was accepted.
type Reject struct {
	Type      rejectType `json:"type"`
	ID        string     `json:"id"`
	Actor     string     `json:"actor"`
	To        IRIs       `json:"to"`
	Published Time       `json:"published,omitzero"`
	Object    Part       `json:"object"`
}

// A Move says that an actor goes on as Target (FEP-7628). To is who follows it.
type Move struct {
	Type      moveType `json:"type"`
	ID        string   `json:"id"`
	Actor     string   `json:"actor"`
	To        IRIs     `json:"to"`
	CC        IRIs     `json:"cc"`
	Published Time     `json:"published,omitzero"`
	Object    Part     `json:"object"`
	Target    string   `json:"target"`
}

// A Like is a vote up. Votes carry no addressing on the threadiverse; To and CC may stay nil.
type Like struct {
	Type      likeType `json:"type"`
	ID        string   `json:"id"`
	Actor     string   `json:"actor"`
	To        IRIs     `json:"to,omitempty"`
	CC        IRIs     `json:"cc,omitempty"`
	Audience  string   `json:"audience,omitempty"`
	Published Time     `json:"published,omitzero"`
	Object    Part     `json:"object"`
}

// An EmojiReact is a Like with an emoji as its Content (FEP-c0e0).
type EmojiReact struct {
	Type      emojiReactType `json:"type"`
	ID        string         `json:"id"`
	Actor     string         `json:"actor"`
	Audience  string         `json:"audience,omitempty"`
	Published Time           `json:"published,omitzero"`
	Object    Part           `json:"object"`
	Content   string         `json:"content"`
	Tag       Tags           `json:"tag,omitempty"` // the picture that Content names
}

// A Dislike is a vote down.
type Dislike struct {
	Type      dislikeType `json:"type"`
	ID        string      `json:"id"`
	Actor     string      `json:"actor"`
	To        IRIs        `json:"to,omitempty"`
	CC        IRIs        `json:"cc,omitempty"`
	Audience  string      `json:"audience,omitempty"`
	Published Time        `json:"published,omitzero"`
	Object    Part        `json:"object"`
}

// An Undo takes back an activity, embedded with its id, type, actor and object: GoToSocial ignores a bare id, Lemmy
// 0.19 cannot read it. To and CC are those of what it takes back; for a vote they may stay nil.
type Undo struct {
	Type        undoType `json:"type"`
	ID          string   `json:"id"`
	Actor       string   `json:"actor"`
	To          IRIs     `json:"to,omitempty"`
	CC          IRIs     `json:"cc,omitempty"`
	Audience    string   `json:"audience,omitempty"`
	Published   Time     `json:"published,omitzero"`
	Summary     *string  `json:"summary,omitempty"`
	RestoreData bool     `json:"restoreData,omitempty"`
	Object      Part     `json:"object"`
}
