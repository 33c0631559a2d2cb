package view

import (
	"net/url"
	"strings"
	"time"

	"stoa/federation/forum"
	"stoa/web/words"
)

// Frame is what every page has: its title, its place on the node, and the
// files it needs. Addresses are paths on this node unless they say otherwise.
type Frame struct {
	T      *words.Words
	Assets Assets
	Now    time.Time

	Node      string // the node's name
	Title     string // of the page; empty on the front page
	About     string // one line for search engines and link previews; may be empty
	Canonical string // absolute
	Section   Section
	NoIndex   bool
	// Address is the path and query of this page, to come back to in another language.
	Address string
	Share   Share  // what the page is for link previews; nothing means a website
	Image   string // a picture of another server that stands for it; may be empty

	FeedAddress, FeedTitle string // the Atom feed; empty when the page has none
	// Private pages are for the admin alone. Public is the address at which the
	// node is seen by everybody.
	Private  bool
	Public   string
	Manifest string // address of the web app manifest; empty for none
	// JSONAddress is the ActivityPub id that this page shows; empty where there
	// is none.
	JSONAddress string

	Accounts bool               // people can sign in here
	Joining  bool               // anybody may have an account
	Self     *Self              // who is signed in; nil for nobody
	Marks    forum.Marks        // what they did to what the page shows
	Standing forum.Standing     // what they are in the community that the page is about
	Shuns    forum.Shuns        // whom they do not want to read
	Hidden   []forum.HiddenItem // what was left out of the list, for them

	CanFollow bool // visitors are shown the way on their own servers
	Refresh   int  // seconds after which the page is loaded again; 0 for never
	Writes    bool // there is something to fill in: without script nothing loads it again but a link

	// Picture is the address on this node at which a picture of another server is
	// shown in one of the sizes. Nil, or an empty address, means that there is none.
	Picture func(url string, size PictureSize) string

	Version   string
	SourceURL string
}

// Self is whoever looks at a page and is signed in.
type Self struct {
	Person  forum.Person
	Admin   bool
	Notices int // that they have not seen

	Messages int // likewise

	Theme, TextSize string // as they set them; empty for what is usual
	Founds          bool   // they may make communities
	Bare            bool   // what is sensitive is shown without a cover
	KeepBright      bool   // what they have read looks like all else
}

// Me is how the page shows whoever looks at it.
func (f Frame) Me() Who { return f.person(f.Self.Person) }

// picture is the address on this node of a stranger's picture; empty for none.
func (f Frame) picture(url string, size PictureSize) string {
	if f.Picture == nil || WebURL(url) == "" {
		return ""
	}
	return normal(f.Picture(url, size))
}

// PictureSize is a size in which pictures are kept.
type PictureSize string

// The sizes: what fits into a square or, for Whole, into a column of text at
// double density.
const (
	Avatar PictureSize = "avatar" // 96 px
	Thumb  PictureSize = "thumb"  // 320 px
	Whole  PictureSize = "whole"  // 1,472 px wide at most
)

// Section is the part of the site a page belongs to, marked in the navigation.
type Section string

// The sections in the navigation.
const (
	SectionPosts       Section = "posts"
	SectionCommunities Section = "communities"
	SectionAbout       Section = "about"
	SectionSearch      Section = "search"

	SectionServers Section = "servers"
	SectionRefused Section = "refused"
	SectionTrace   Section = "trace"
	SectionBudget  Section = "budget"
)

// JSONFeedAddress is the same feed as JSON Feed; empty when there is none.
func (f Frame) JSONFeedAddress() string {
	if base, ok := strings.CutSuffix(f.FeedAddress, ".atom"); ok {
		return base + ".json"
	}
	return ""
}

// PageTitle is the text of the title element.
func (f Frame) PageTitle() string {
	if f.Title == "" {
		return f.Node
	}
	return f.Title + " · " + f.Node
}

// Share is what a page is to software that shows previews of links.
type Share string

// What pages are, in the words of the Open Graph protocol.
const (
	ShareWebsite Share = "website"
	ShareArticle Share = "article"
	ShareProfile Share = "profile"
)

// ShareType is og:type.
func (f Frame) ShareType() Share {
	if f.Share == "" {
		return ShareWebsite
	}
	return f.Share
}

// ShareTitle is the page's title without the node's name.
func (f Frame) ShareTitle() string {
	if f.Title == "" {
		return f.Node
	}
	return f.Title
}

// ShareImage is the absolute address of the picture; empty for none.
func (f Frame) ShareImage() string {
	if src := f.picture(f.Image, Whole); src != "" {
		return f.Public + src
	}
	return ""
}

// Style is the address of the stylesheet.
func (f Frame) Style() string { return f.Assets["stoa.css"].Address }

// Script is the address of the script.
func (f Frame) Script() string { return f.Assets["stoa.js"].Address }

// SelfScript is the address of the script for those who are signed in.
func (f Frame) SelfScript() string { return f.Assets["self.js"].Address }

// Icon is the address of the node's icon.
func (f Frame) Icon() string { return f.Assets["icon.svg"].Address }

// In reports whether the page belongs to a section.
func (f Frame) In(s string) bool { return string(f.Section) == s }

// LanguageChoice leads to a page in another language.
type LanguageChoice struct {
	Choice
	Tag string
}

// Languages lead to this page in each language; none on pages that cannot be
// come back to.
func (f Frame) Languages() []LanguageChoice {
	if f.Private || f.Address == "" {
		return nil
	}
	out := make([]LanguageChoice, len(words.Languages))
	for i, w := range words.Languages {
		href := at("/language", url.Values{"to": {w.Tag}, "back": {f.Address}})
		out[i] = LanguageChoice{Choice{Label: w.Itself, Href: href, On: w == f.T}, w.Tag}
	}
	return out
}

// Moment is a point in time as a page shows it.
type Moment struct {
	ISO   string // for the datetime attribute
	Exact string // UTC, to the minute
	Ago   string
}

// Moment is t as the page shows it.
func (f Frame) Moment(t time.Time) Moment {
	if t.IsZero() {
		return Moment{}
	}
	t = t.UTC()
	return Moment{ISO: t.Format("2006-01-02T15:04:05Z"), Exact: f.T.Exact(t), Ago: f.T.Ago(t, f.Now)}
}

// Key is what a key does.
type Key struct{ Label, Text string }

// Keys are the keys that the script answers to.
func (f Frame) Keys() []Key {
	return []Key{
		{"j k", f.T.KeyNextItem}, {"o", f.T.KeyOpen}, {"u", f.T.KeyUp}, {"c", f.T.KeyFold}, {"n p", f.T.KeyTop},
		{"g h", f.T.KeyHome}, {"/", f.T.KeySearch}, {"?", f.T.KeyHelp},
	}
}
