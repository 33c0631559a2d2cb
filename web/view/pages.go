package view

import (
	"fmt"
	"html/template"

	"stoa/federation/forum"
	"stoa/web/words"
)

// FrontPage lists the posts of all communities.
type FrontPage struct {
	Frame
	Summary string // what the node says of itself, one line
	Listing forum.Listing
	Order   Order
	Paged   bool // not the first page
	Busiest []forum.Community
	// Collections are the viewer's own.
	Collections []forum.Collection

	// What is offered to whoever reads nothing yet: communities to join, and to an admin
	// hosts of servers whose lists may be read, and those that were.
	Offered []forum.DirectoryItem
	Shipped bool // those offered are named by the node's settings; nothing is known of them
	Joins   Joins
	Joined  int // communities that the viewer follows or has asked to
	Suggest []string
	Servers []forum.Catalogue
}

func (FrontPage) template() string { return "front" }

// Posts is the list.
func (p FrontPage) Posts() PostList {
	return p.posts(p.Listing, "/", p.Order, forum.SortHot, p.Paged).sorted(mainSorts, frontSorts)
}

// Feeds lead to whose posts are listed; none for those who cannot join anything.
func (p FrontPage) Feeds() []Choice {
	if p.Self == nil {
		return nil
	}
	var out []Choice
	t := &p.T.Act
	for _, f := range []struct {
		feed  Feed
		label string
	}{{FeedJoined, t.Subscribed}, {FeedLocal, t.Local}, {FeedAll, t.All}} {
		out = append(out, p.feed(f.feed, f.label))
	}
	return append(out, p.collections(0, besides)...)
}

// besides is how many collections stand beside the other feeds; more are in a menu.
const besides = 3

func (p FrontPage) feed(feed Feed, label string) Choice {
	o := p.Order
	o.Feed = feed
	return Choice{Label: label, Href: at("/", o.Query()), On: feed == p.Order.Feed}
}

func (p FrontPage) collections(from, to int) (out []Choice) {
	for _, k := range p.Collections[min(from, len(p.Collections)):min(to, len(p.Collections))] {
		out = append(out, p.feed(FeedOf(k.ID), k.Name))
	}
	return out
}

// Further are the collections in the menu, and FurtherNow the one of them that is read.
func (p FrontPage) Further() []Choice { return p.collections(besides, len(p.Collections)) }

// FurtherNow is the name of the collection in the menu that is read; empty for none.
func (p FrontPage) FurtherNow() string {
	for _, c := range p.Further() {
		if c.On {
			return c.Label
		}
	}
	return ""
}

// Arrange is the address to change the collection that is read; empty for the other
// feeds.
func (p FrontPage) Arrange() string {
	if id := p.Order.Feed.Collection(); id != 0 {
		return CollectionPath(id)
	}
	return ""
}

// CollectionPath is the page of a collection.
func CollectionPath(id int64) string { return "/collections/" + itoa(id) }

// EmptyCollection reports whether nothing is to be read in the collection.
func (p FrontPage) EmptyCollection() bool {
	return p.Arrange() != "" && p.nothing()
}

// nothing reports whether the list has nothing in it, whatever it is sorted by: the
// best of an hour may be none where there is much to read.
func (p FrontPage) nothing() bool {
	return len(p.Listing.Items) == 0 && len(p.Hidden) == 0 && !p.Paged && !Windowed(p.Order.Sort)
}

// Lonely reports whether there is nothing to read in what the viewer has joined.
func (p FrontPage) Lonely() bool {
	return p.Order.Feed == FeedJoined && p.nothing()
}

// Picks reports whether communities are offered: not while the page loads itself again,
// which would undo what was chosen on it.
func (p FrontPage) Picks() bool { return p.Self != nil && len(p.Offered) > 0 && p.Refresh == 0 }

// Looks reports whether communities are offered to whoever cannot join any here.
func (p FrontPage) Looks() bool { return p.Self == nil && len(p.Offered) > 0 }

// Begins reports whether an admin is shown how to begin.
func (p FrontPage) Begins() bool { return p.Self != nil && p.Self.Admin }

// Bare reports whether nothing has been posted that everybody could read.
func (p FrontPage) Bare() bool {
	return (p.Order.Feed == "" || p.Order.Feed == FeedAll) && p.nothing()
}

// Neighbours are the communities shown beside the list.
func (p FrontPage) Neighbours() []Who {
	out := make([]Who, len(p.Busiest))
	for i := range p.Busiest {
		out[i] = p.community(p.Busiest[i])
	}
	return out
}

// CommunityPage is a community with its posts.
type CommunityPage struct {
	Frame
	Community forum.Community
	Listing   forum.Listing
	Order     Order
	Paged     bool
	Backfill  forum.Backfill
	Following forum.FollowState // by whoever is signed in
	// Collections are the viewer's own, each of which may have the community.
	Collections []forum.Collection
}

func (CommunityPage) template() string { return "community" }

// Who names the community.
func (p CommunityPage) Who() Who { return p.community(p.Community) }

// Facts describe the community beside its posts.
func (p CommunityPage) Facts() CommunityFacts {
	out := p.facts(p.Community)
	if n := p.Backfill.Followers; p.Backfill.State != forum.BackfillNone && n >= 0 {
		out.There = p.T.Reach.MissingAt.With(p.T.Followers.Of(n)) + p.Community.Host
	}
	return out
}

// Posts is the list.
func (p CommunityPage) Posts() PostList {
	path := CommunityPath(p.Community)
	l := p.posts(p.Listing, path, p.Order, forum.SortHot, p.Paged).sorted(mainSorts, otherSorts)
	for i := range l.Cards {
		// A post that lives elsewhere and is listed here too says so.
		l.Cards[i].InCommunity = p.Listing.Items[i].Post.Community.ID == p.Community.ID
	}
	return l
}

// CommunityFacts describe a community beside its posts.
type CommunityFacts struct {
	T                          *words.Words
	Who                        Who
	Summary                    template.HTML
	Followers, Posts, Comments string
	There                      string // followers at its own server; empty when it does not say
	Handle, Mention            string // !name@host and @name@host, whole also for ours
	Home                       string // its page at its own server; empty for ours
	HomeHost                   string
	Gone, Sensitive            bool
	Restricted                 bool // only its owners post there
	Rules                      template.HTML
	Banner                     string      // address on this node; empty for none
	Form                       *FollowForm // nil when visitors are not shown the way
}

func (f Frame) facts(c forum.Community) CommunityFacts {
	out := CommunityFacts{
		T: f.T, Who: f.community(c), Summary: safe(c.SummaryHTML),
		Followers: f.T.Followers.Of(c.Followers), Posts: f.T.Posts.Of(c.Posts), Comments: f.T.Comments.Of(c.Comments),
		Handle: "!" + c.Name + "@" + c.Host, Mention: "@" + c.Name + "@" + c.Host,
		Gone: c.Gone, Sensitive: c.Sensitive, Restricted: c.Restricted, Rules: safe(c.RulesHTML),
	}
	if !c.Sensitive || f.Self != nil && f.Self.Bare {
		out.Banner = f.picture(c.BannerURL, Whole)
	}
	if !c.Local {
		out.Home, out.HomeHost = WebURL(c.URI), c.Host
	}
	out.Form = f.followForm(c.URI)
	return out
}

// AboutPage says what this node is.
type AboutPage struct {
	Frame
	Summary     string
	Contact     string
	ContactHref string // mailto or http; empty when Contact is neither
	Counts      forum.NodeCounts

	// Lists are with whom it does not speak, and with whom alone it does.
	Lists []ServerList
	Made  []forum.Emoji
}

func (AboutPage) template() string { return "about" }

// Emoji are those that people here can write, each with its picture.
func (p AboutPage) Emoji() (all []Reaction) {
	for _, e := range p.Made {
		all = append(all, Reaction{Emoji: ":" + e.Name + ":", Src: p.picture(e.URL, Thumb)})
	}
	return all
}

// Numbers are what can be counted here.
func (p AboutPage) Numbers() []string {
	t, n := p.T, p.Counts
	return []string{
		t.LocalCommunities.Of(n.Communities), t.People.Of(n.People), t.Active.Of(n.ActiveMonth),
		t.LocalPosts.Of(n.Posts), t.LocalComments.Of(n.Comments), t.Servers.Of(n.ServersKnown),
	}
}

// ServerList is a list of servers as readers see it.
type ServerList struct {
	Heading, Text string
	Lines         []ListedServer
	More          string // why the list ends where it does; empty when it is whole
}

// ListedServer is a server on such a list.
type ListedServer struct{ Host, Reason, Until string }

// Listed shows a list of servers, at most so many of them.
func (f Frame) Listed(heading, text string, rules []forum.ServerRule, most int) ServerList {
	l := ServerList{Heading: heading, Text: text}
	if len(rules) > most {
		rules, l.More = rules[:most], f.T.Lists.More
	}
	for i := range rules {
		line := ListedServer{Host: rules[i].Host, Reason: rules[i].Reason}
		if !rules[i].Until.IsZero() {
			line.Until = f.T.Moderate.Until.With(f.T.Date(rules[i].Until))
		}
		l.Lines = append(l.Lines, line)
	}
	return l
}

// LegalPage is a text about the node itself: whom to write to, what is kept, what
// holds here. An admin's own text stands instead of the default one.
type LegalPage struct {
	Frame
	Own         template.HTML // what the admin wrote; empty for none
	Default     []words.Passage
	Contact     string
	ContactHref string
}

func (LegalPage) template() string { return "legal" }

// ErrorPage says why there is nothing to show.
type ErrorPage struct {
	Frame
	Status    int
	Heading   string
	Text      string
	Reference string // of the log line; only where something broke here
	Detail    string // only in development
}

func (ErrorPage) template() string { return "error" }

// FollowState is how far a visitor is on the way to their own server.
type FollowState string

// The states. The zero value asks who they are.
const (
	FollowWrong   FollowState = "wrong"   // what they wrote names nobody
	FollowHere    FollowState = "here"    // they live on this node
	FollowAsking  FollowState = "asking"  // their server is being asked
	FollowFound   FollowState = "found"   // it has said the way
	FollowUnknown FollowState = "unknown" // it has not, or does not answer
)

// FollowPage leads a visitor to something of this node on their own server.
type FollowPage struct {
	Frame
	Object  string // its id
	Back    string // its page here
	Account string // what they wrote
	Host    string // of their server
	State   FollowState
	Link    string // when found
}

func (FollowPage) template() string { return "follow" }

// FollowForm asks a visitor where they live.
type FollowForm struct {
	T               *words.Words
	Object, Account string
}

func (f Frame) followForm(object string) *FollowForm {
	if !f.CanFollow {
		return nil
	}
	return &FollowForm{T: f.T, Object: object}
}

// Form is shown again, with what they wrote.
func (p FollowPage) Form() *FollowForm {
	return &FollowForm{T: p.T, Object: p.Object, Account: p.Account}
}

// Is reports the state.
func (p FollowPage) Is(s string) bool { return string(p.State) == s }

// LinkHost is where the link leads.
func (p FollowPage) LinkHost() string { return hostOf(p.Link) }

// StyleguidePage shows every component in every state, for those who work on them.
// It stands only on nodes in development.
type StyleguidePage struct {
	Frame
	Palette []Colour
	Cards   forum.Listing
	Threads []ThreadPage // posts of every kind, and comments in every state
	Refused ErrorPage
	Ways    []FollowPage
	Filling []CommunityPage // whose past is read, in every state
	States  []ThreadPage    // of which something is missing
	Looks   []SearchPage    // that wait for another server
	Prose   template.HTML
}

func (StyleguidePage) template() string { return "styleguide" }

// Lists are the same posts as cards and compact, and none.
func (p StyleguidePage) Lists() []PostList {
	none := p.posts(forum.Listing{}, "/styleguide", Order{}, forum.SortHot, true)
	return []PostList{
		p.posts(p.Cards, "/styleguide", Order{}, forum.SortHot, false),
		p.posts(p.Cards, "/styleguide", Order{Sort: forum.SortTop, Compact: true}, forum.SortHot, true), none,
	}
}

// Heads are the posts by themselves.
func (p StyleguidePage) Heads() []*Head {
	var all []*Head
	for i := range p.Threads {
		all = append(all, p.Threads[i].Post())
	}
	return all
}

// Pasts are how far communities have been read.
func (p StyleguidePage) Pasts() []*Past {
	var all []*Past
	for i := range p.Filling {
		all = append(all, p.Filling[i].Past())
	}
	return all
}

// Gaps are what is missing of threads.
func (p StyleguidePage) Gaps() [][]string {
	var all [][]string
	for i := range p.States {
		all = append(all, p.States[i].Gaps())
	}
	return all
}

// Comments are the comments of all threads, written by the template.
func (p StyleguidePage) Comments() []*Node {
	var all []*Node
	for i := range p.Threads {
		all = append(all, p.Threads[i].tree()...)
	}
	return all
}

// Facts are what stands beside a community.
func (p StyleguidePage) Facts() CommunityFacts { return p.facts(p.Threads[0].Thread.Post.Community) }

// Swatch is a colour with what it has to stand out from.
type Swatch struct {
	Colour
	On string // what it is read on, with the contrasts; empty for grounds
}

// Swatches are the colours.
func (p StyleguidePage) Swatches() []Swatch {
	named := map[string]Colour{}
	for _, c := range p.Palette {
		named[c.Name] = c
	}
	var all []Swatch
	for _, c := range p.Palette {
		s := Swatch{Colour: c}
		for _, pair := range Pairs() {
			if g := named[pair.Ground]; pair.Text == c.Name {
				s.On += fmt.Sprintf("%s %.1f / %.1f · ", pair.Ground, Contrast(c.Light, g.Light), Contrast(c.Dark, g.Dark))
			}
		}
		all = append(all, s)
	}
	return all
}

// Part names a part of the page: its words are for developers, in no catalogue.
func (StyleguidePage) Part(name string) string { return name }
