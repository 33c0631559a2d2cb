package activitypub

// A Delete removes an object. Summary makes it a removal by a moderator, even when empty; nil makes it a deletion by
// the author. Lemmy knows the two apart by nothing else.
type Delete struct {
	Type        deleteType `json:"type"`
	ID          string     `json:"id"`
	Actor       string     `json:"actor"`
	To          IRIs       `json:"to"`
	CC          IRIs       `json:"cc"`
	Audience    string     `json:"audience,omitempty"`
	Published   Time       `json:"published,omitzero"`
	Summary     *string    `json:"summary,omitempty"`
	RemoveData  bool       `json:"removeData,omitempty"`
	WithReplies bool       `json:"withReplies,omitempty"`
	Object      Part       `json:"object"`
}

// An Add puts an object into a collection: a moderator, a pinned post. Lemmy compares Target with the collection's
// address as text.
type Add struct {
	Type      addType `json:"type"`
	ID        string  `json:"id"`
	Actor     string  `json:"actor"`
	To        IRIs    `json:"to"`
	CC        IRIs    `json:"cc"`
	Audience  string  `json:"audience,omitempty"`
	Published Time    `json:"published,omitzero"`
	Object    Part    `json:"object"`
	Target    string  `json:"target"`
}

// A Remove takes an object out of a collection.
type Remove struct {
	Type      removeType `json:"type"`
	ID        string     `json:"id"`
	Actor     string     `json:"actor"`
	To        IRIs       `json:"to"`
	CC        IRIs       `json:"cc"`
	Audience  string     `json:"audience,omitempty"`
	Published Time       `json:"published,omitzero"`
	Object    Part       `json:"object"`
	Target    string     `json:"target"`
}

// A Lock closes a post, or a comment and what is below it, to replies. It is no ActivityStreams type and goes to
// forums alone: GoToSocial answers 500.
type Lock struct {
	Type      lockType `json:"type"`
	ID        string   `json:"id"`
	Actor     string   `json:"actor"`
	To        IRIs     `json:"to"`
	CC        IRIs     `json:"cc"`
	Audience  string   `json:"audience,omitempty"`
	Published Time     `json:"published,omitzero"`
	Summary   string   `json:"summary,omitempty"`
	Object    Part     `json:"object"`
}

// A Block keeps a person out of Target, a community or the whole node.
type Block struct {
	Type       blockType `json:"type"`
	ID         string    `json:"id"`
	Actor      string    `json:"actor"`
	To         IRIs      `json:"to"`
	CC         IRIs      `json:"cc"`
	Audience   string    `json:"audience,omitempty"`
	Published  Time      `json:"published,omitzero"`
	Summary    string    `json:"summary,omitempty"`
	RemoveData bool      `json:"removeData,omitempty"`
	EndTime    Time      `json:"endTime,omitzero"`
	Expires    Time      `json:"expires,omitzero"` // EndTime again, which Lemmy 0.19 and Mbin read first
	Object     Part      `json:"object"`
	Target     string    `json:"target"`
}

// A Flag reports something. Lemmy wants Object to be one [IRI], Mastodon [IRIs] that contain the account.
type Flag struct {
	Type      flagType `json:"type"`
	ID        string   `json:"id"`
	Actor     string   `json:"actor"`
	To        IRIs     `json:"to"`
	Audience  string   `json:"audience,omitempty"`
	Published Time     `json:"published,omitzero"`
	Summary   string   `json:"summary,omitempty"`
	Content   string   `json:"content,omitempty"` // Summary again, for Mastodon
	Object    Part     `json:"object"`
}

// A Warn is what a moderator tells an author, and nobody else, about something they wrote. Lemmy 1.0 wants Audience.
type Warn struct {
	Type      warnType `json:"type"`
	ID        string   `json:"id"`
	Actor     string   `json:"actor"`
	To        IRIs     `json:"to"`
	Audience  string   `json:"audience"`
	Published Time     `json:"published,omitzero"`
	Summary   string   `json:"summary"`
	Object    Part     `json:"object"`
}

// A Resolve says that a report has been dealt with; Object is the [Flag], without its reason. Lemmy 1.0 alone knows it.
type Resolve struct {
	Type      resolveType `json:"type"`
	ID        string      `json:"id"`
	Actor     string      `json:"actor"`
	To        IRIs        `json:"to"`
	Audience  string      `json:"audience,omitempty"`
	Published Time        `json:"published,omitzero"`
	Object    Part        `json:"object"`
}
