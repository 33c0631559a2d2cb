package activitypub

// Endpoints of an actor. PieFed and Lemmy need sharedInbox wherever the object stands.
type Endpoints struct {
	SharedInbox string `json:"sharedInbox"`
}

// An Application is the actor of the node itself. Lemmy fetches it at the root of the host and stores neither it nor
// deletions of people without it; it keeps 20 characters of Name and 150 of Summary and fails on more.
type Application struct {
	Type                      applicationType `json:"type"`
	ID                        string          `json:"id"`
	PreferredUsername         string          `json:"preferredUsername"`
	WebFinger                 string          `json:"webfinger"` // name@host, without acct: (FEP-2c59)
	Name                      string          `json:"name"`
	Summary                   string          `json:"summary,omitempty"`     // short plain text, for Lemmy 0.19
	Description               string          `json:"description,omitempty"` // the same, for Lemmy 1.0
	Content                   string          `json:"content,omitempty"`     // the sidebar, HTML
	Source                    Source          `json:"source,omitzero"`       // of Content
	MediaType                 string          `json:"mediaType,omitempty"`   // text/html
	URL                       string          `json:"url,omitempty"`
	Icon                      Image           `json:"icon,omitzero"`
	Image                     Image           `json:"image,omitzero"`
	Inbox                     string          `json:"inbox"`
	Outbox                    string          `json:"outbox"`
	Endpoints                 Endpoints       `json:"endpoints,omitzero"`
	ManuallyApprovesFollowers bool            `json:"manuallyApprovesFollowers"`
	Language                  []Language      `json:"language,omitempty"`
	Published                 Time            `json:"published,omitzero"`
	Updated                   Time            `json:"updated,omitzero"`
	PublicKey                 PublicKey       `json:"publicKey"`
	AssertionMethod           []Multikey      `json:"assertionMethod,omitempty"`
	Implements                []Feature       `json:"implements,omitempty"`
}

// A Feature is something that a server can do and that nothing else shows (FEP-844e).
type Feature struct {
	Type linkType `json:"type"`
	Href string   `json:"href"`
	Name string   `json:"name"`
}

// A Generator is the server that an actor lives on, as far as it says what it can do (FEP-844e).
type Generator struct {
	Type       applicationType `json:"type"`
	ID         string          `json:"id"`
	Implements []Feature       `json:"implements"`
}

// A Group is a community. Name is at most 50 characters: Lemmy 1.0 cannot store a longer one. Followers, Moderators
// and Featured are the id plus /followers, /moderators and /featured, since Lemmy makes them up so.
type Group struct {
	Type                      groupType          `json:"type"`
	ID                        string             `json:"id"`
	PreferredUsername         string             `json:"preferredUsername"`
	WebFinger                 string             `json:"webfinger"`
	Name                      string             `json:"name"` // PieFed needs it
	URL                       string             `json:"url,omitempty"`
	Summary                   string             `json:"summary,omitempty"` // HTML; Lemmy ignores Source without it
	Source                    Source             `json:"source,omitzero"`
	Description               string             `json:"description,omitempty"` // short plain text
	Icon                      Image              `json:"icon,omitzero"`
	Image                     Image              `json:"image,omitzero"`
	Inbox                     string             `json:"inbox"`
	Outbox                    string             `json:"outbox"`
	Followers                 string             `json:"followers"`
	Following                 string             `json:"following,omitempty"`
	Featured                  string             `json:"featured"`
	AttributedTo              string             `json:"attributedTo"` // the moderators, for Lemmy and most others
	Moderators                string             `json:"moderators"`   // the same, under its own name
	PostingRestrictedToMods   bool               `json:"postingRestrictedToMods"`
	Endpoints                 Endpoints          `json:"endpoints,omitzero"`
	ManuallyApprovesFollowers bool               `json:"manuallyApprovesFollowers"` // true makes it private to Lemmy 1.0
	Discoverable              bool               `json:"discoverable"`              // false makes it unlisted to Lemmy 1.0
	Indexable                 bool               `json:"indexable"`
	Sensitive                 bool               `json:"sensitive"`
	Language                  []Language         `json:"language,omitempty"`
	Tag                       []CommunityPostTag `json:"tag,omitempty"`                // nothing else: Lemmy drops all for one
	TagsForPosts              []CommunityTag     `json:"lemmy:tagsForPosts,omitempty"` // the same, for PieFed
	Published                 Time               `json:"published,omitzero"`
	Updated                   Time               `json:"updated,omitzero"`
	PublicKey                 PublicKey          `json:"publicKey"`
	AssertionMethod           []Multikey         `json:"assertionMethod,omitempty"`
	Generator                 Generator          `json:"generator,omitzero"`
}

// A PropertyValue is a line of a profile (FEP-fb2a): Value is HTML, with Mastodon mostly a link.
type PropertyValue struct {
	Type  propertyValueType `json:"type"`
	Name  string            `json:"name"`
	Value string            `json:"value"`
}

// Service is the type of a [Person] who is a program.
const Service personType = true

// A Person is somebody who posts from this node.
type Person struct {
	Type                      personType      `json:"type"`
	ID                        string          `json:"id"`
	PreferredUsername         string          `json:"preferredUsername"`
	WebFinger                 string          `json:"webfinger"`
	Name                      string          `json:"name,omitempty"`
	URL                       string          `json:"url,omitempty"`
	Summary                   string          `json:"summary,omitempty"` // HTML; Lemmy ignores Source without it
	Source                    Source          `json:"source,omitzero"`
	Icon                      Image           `json:"icon,omitzero"`
	Image                     Image           `json:"image,omitzero"`
	Attachment                []PropertyValue `json:"attachment,omitempty"`
	Tag                       []Emoji         `json:"tag,omitempty"`
	Inbox                     string          `json:"inbox"`
	Outbox                    string          `json:"outbox"`
	Followers                 string          `json:"followers,omitempty"`
	Following                 string          `json:"following,omitempty"`
	Featured                  string          `json:"featured,omitempty"`
	Endpoints                 Endpoints       `json:"endpoints,omitzero"`
	ManuallyApprovesFollowers bool            `json:"manuallyApprovesFollowers"`
	Discoverable              bool            `json:"discoverable"`
	Indexable                 bool            `json:"indexable"`
	AlsoKnownAs               IRIs            `json:"alsoKnownAs,omitempty"`
	MovedTo                   string          `json:"movedTo,omitempty"`
	Published                 Time            `json:"published,omitzero"`
	Updated                   Time            `json:"updated,omitzero"`
	PublicKey                 PublicKey       `json:"publicKey"`
	AssertionMethod           []Multikey      `json:"assertionMethod,omitempty"`
	Generator                 Generator       `json:"generator,omitzero"`
}

func (a Application) asserts() bool { return len(a.AssertionMethod) > 0 }
func (g Group) asserts() bool       { return len(g.AssertionMethod) > 0 }
func (p Person) asserts() bool      { return len(p.AssertionMethod) > 0 }
