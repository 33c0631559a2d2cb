package outbox

import (
	"cmp"
	"encoding/json"
	"html"
	"strings"
	"time"

	ap "stoa/activitypub"
	"stoa/federation/forum"
)

// communityName reads the name out of a community's id: ours are BASE/c/NAME,
// and Lemmy's, PieFed's and Mbin's end in the name too.
func (p *Publisher) communityName(uri string) (name, host string) {
	name = uri[strings.LastIndexByte(uri, '/')+1:]
	return name, ap.Host(uri)
}

func (p *Publisher) endpoints() ap.Endpoints { return ap.Endpoints{SharedInbox: p.base + "/inbox"} }

// Group renders a community of ours for every peer at once.
func (p *Publisher) Group(c *forum.Community) ap.Group {
	g := ap.Group{
		ID: c.URI, PreferredUsername: c.Name, Name: c.Title, URL: c.URI, Summary: c.SummaryHTML,
		Inbox: c.URI + "/inbox", Outbox: c.URI + "/outbox", Followers: c.URI + "/followers", Following: c.URI + "/following",
		WebFinger: c.Name + "@" + p.host, Featured: c.URI + "/featured", AttributedTo: c.URI + "/moderators", Moderators: c.URI + "/moderators",
		Endpoints: p.endpoints(), Discoverable: true, Indexable: true, Sensitive: c.Sensitive, PostingRestrictedToMods: c.Restricted,
		Published: moment(c.Published), Updated: moment(c.Updated),
		PublicKey: ap.PublicKey{ID: c.KeyID, Owner: c.URI, PEM: c.PublicKey}, AssertionMethod: p.asserts(c.URI), Generator: p.generator(),
	}
	if c.IconURL != "" {
		g.Icon = ap.Image{URL: c.IconURL}
	}
	if c.BannerURL != "" {
		g.Image = ap.Image{URL: c.BannerURL}
	}
	if c.Language != "" {
		g.Language = []ap.Language{{Identifier: c.Language, Name: c.Language}}
	}
	for _, t := range c.PostTags.All() {
		g.Tag, g.TagsForPosts = append(g.Tag, postTag(t)), append(g.TagsForPosts, communityTag(t))
	}
	source := c.SummarySource
	if c.RulesHTML != "" {
		// Others know one text beside the posts: Lemmy's sidebar, in which rules stand too.
		heading := rulesHeading(c.Language)
		g.Summary += "<h2>" + heading + "</h2>\n" + c.RulesHTML
		source = strings.TrimPrefix(source+"\n\n## "+heading+"\n\n"+c.RulesSource, "\n\n")
	}
	if source != "" && g.Summary != "" {
		g.Source = ap.Source{Content: source, MediaType: "text/markdown"}
	}
	return g
}

// wanted is what a community elsewhere is to say of itself: all that its server wrote, but
// for what somebody here who moderates it has changed. What this node does not read stays
// so, since its home takes the whole for the new state.
func wanted(c *forum.Community) (ap.Part, error) {
	now, err := ap.ReadActor([]byte(c.Said))
	if err != nil {
		return ap.Part{}, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(now.Raw, &fields); err != nil {
		return ap.Part{}, err
	}
	for _, name := range []string{"@context", "proof", "signature"} { // which are those of another document
		delete(fields, name)
	}
	put := func(name string, value any) {
		raw, no := ap.EncodeBare(value)
		if fields[name] = raw; no != nil {
			err = no
		}
	}
	put("name", c.Title)
	put("sensitive", c.Sensitive)
	if c.Restricted || now.PostingRestrictedToMods { // a channel of videos is so without saying it
		put("postingRestrictedToMods", c.Restricted)
	}
	put("updated", ap.NewTime(c.Updated))
	switch held := now.Summary; {
	case c.SummarySource == "":
		delete(fields, "summary")
		delete(fields, "source")
	case c.SummarySource != held && c.SummarySource != now.Source.Content:
		put("summary", c.SummaryHTML)
		put("source", ap.Source{Content: c.SummarySource, MediaType: "text/markdown"})
	}
	for name, change := range map[string]struct{ from, to string }{"icon": {now.Icon.URL, c.IconURL}, "image": {now.Image.URL, c.BannerURL}} {
		switch change.to {
		case change.from:
		case "":
			delete(fields, name)
		default:
			put(name, ap.Image{URL: change.to})
		}
	}
	return ap.Embed(fields), err
}

// rulesHeading is what stands above the rules of a community, in its own language where
// that is one of ours.
func rulesHeading(language string) string {
	if language == "de" {
		return "Regeln"
	}
	return "Rules"
}

// SplitRules takes apart what Community says of a community beside the posts: the rules
// are what stands below their heading. Of one that has none everything is the summary.
func SplitRules(c *forum.Community, source string) (summary, rules string) {
	if c.RulesSource == "" {
		return source, ""
	}
	heading := "## " + rulesHeading(c.Language) + "\n"
	before, after, found := strings.Cut("\n"+strings.ReplaceAll(source, "\r\n", "\n"), "\n"+heading)
	if !found {
		return source, ""
	}
	return strings.TrimSpace(before), strings.TrimSpace(after)
}

// Person renders somebody of this node.
func (p *Publisher) Person(a *forum.Person) ap.Person {
	doc := ap.Person{
		ID: a.URI, PreferredUsername: a.Name, WebFinger: a.Name + "@" + p.host, Name: a.Title, URL: a.URI, Summary: a.BioHTML,
		Inbox: a.URI + "/inbox", Outbox: a.URI + "/outbox", Followers: a.URI + "/followers", Following: a.URI + "/following",
		Endpoints: p.endpoints(), Discoverable: a.Discoverable && !a.Bot, Indexable: a.Indexable, Published: moment(a.Published), Updated: moment(a.Updated),
		PublicKey: ap.PublicKey{ID: a.KeyID, Owner: a.URI, PEM: a.PublicKey}, AssertionMethod: p.asserts(a.URI), Generator: p.generator(),
	}
	if a.AvatarURL != "" {
		doc.Icon = ap.Image{URL: a.AvatarURL}
	}
	if a.BannerURL != "" {
		doc.Image = ap.Image{URL: a.BannerURL}
	}
	for _, l := range a.Links {
		if l.URL != "" {
			doc.Attachment = append(doc.Attachment, ap.PropertyValue{Name: cmp.Or(l.Label, ap.Host(l.URL)), Value: linkTo(l.URL)})
		}
	}
	for _, e := range a.Emoji.Own() {
		doc.Tag = append(doc.Tag, p.Emoji(e))
	}
	if a.Bot {
		doc.Type = ap.Service
	}
	doc.AlsoKnownAs, doc.MovedTo = a.Aliases(), a.MovedTo
	if a.BioSource != "" && a.BioHTML != "" {
		doc.Source = ap.Source{Content: a.BioSource, MediaType: "text/markdown"}
	}
	return doc
}

// linkTo is a link of a profile as Mastodon takes it: rel="me" says that what it leads
// to belongs to the same person, and is believed when that links back.
func linkTo(url string) string {
	_, shown, _ := strings.Cut(url, "://")
	return `<a href="` + html.EscapeString(url) + `" rel="me nofollow noopener noreferrer">` + html.EscapeString(strings.TrimSuffix(shown, "/")) + `</a>`
}

// moment writes a time of ours; nothing when there is none.
func moment(t time.Time) ap.Time { return stamp(forum.Stamp{Time: t}) }

// Node is what the node says of itself.
type Node struct {
	Name, Summary string // at most forum.MaxNodeName and MaxNodeSummary runes
	PublicKey     string
	Published     forum.Stamp
}

// Application renders the node's own actor. It signs fetches.
func (p *Publisher) Application(n Node) ap.Application {
	return ap.Application{
		ID: p.NodeURI(), PreferredUsername: p.host, WebFinger: p.host + "@" + p.host, Name: n.Name, Summary: n.Summary, Description: n.Summary, URL: p.NodeURI(),
		Inbox: p.base + "/inbox", Outbox: p.base + "/site_outbox", Endpoints: p.endpoints(), Published: stamp(n.Published),
		PublicKey: ap.PublicKey{ID: p.NodeKeyID(), Owner: p.NodeURI(), PEM: n.PublicKey}, AssertionMethod: p.asserts(p.NodeURI()), Implements: features(),
	}
}

// NodeKeyID is the id of the key that signs fetches. It has a fragment, which
// Lemmy and PieFed cut off to find the actor.
func (p *Publisher) NodeKeyID() string { return p.NodeURI() + "#main-key" }
