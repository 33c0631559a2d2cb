package view

import (
	"net/url"
	"strconv"
	"strings"

	"stoa/federation/forum"
	"stoa/web/words"
)

// Choice is one link of a row of which one is in force.
type Choice struct {
	Label, Href string
	On          bool
}

// Window is the time that some lists look back over.
type Window string

// The windows of lists by score, by contention and by comments.
const (
	WindowHour     Window = "hour"
	WindowSixHours Window = "6hours"
	WindowDay      Window = "day"
	WindowWeek     Window = "week"
	WindowMonth    Window = "month"
	WindowYear     Window = "year"
	WindowEver     Window = "all"
)

// Order is how a list of posts is sorted and laid out. The zero value is what a
// list has when its address says nothing: hottest first, as cards.
type Order struct {
	Sort    forum.Sort
	Window  Window // where Windowed
	Compact bool
	Feed    Feed // of the front page
	Usual   Usual
}

// Usual is what an address need not say, because somebody has set it for themselves.
// The zero value is what it means to everybody else.
type Usual struct {
	Sort    forum.Sort
	Compact bool
	Feed    Feed
}

// Feed is whose posts the front page lists.
type Feed string

// The feeds of the front page. The zero value means all.
const (
	FeedJoined Feed = "joined" // of communities that the viewer joined
	FeedLocal  Feed = "local"  // of communities of this node
	FeedAll    Feed = "all"
)

// collectionFeed is how the feed of a collection begins.
const collectionFeed = "collection-"

// FeedOf is the feed of a collection of the viewer's own.
func FeedOf(collection int64) Feed { return Feed(collectionFeed + itoa(collection)) }

// Collection is the number of the collection whose feed it is; 0 for the others.
func (f Feed) Collection() int64 {
	number, ok := strings.CutPrefix(string(f), collectionFeed)
	id, err := strconv.ParseInt(number, 10, 32)
	if !ok || err != nil || id < 1 {
		return 0
	}
	return id
}

// Windowed reports whether lists of that sort look back over a time.
func Windowed(s forum.Sort) bool {
	return s == forum.SortTop || s == forum.SortControversial || s == forum.SortComments
}

// Query is the order as an address says it, without what goes without saying.
func (o Order) Query() url.Values { return o.query(forum.SortHot) }

func (o Order) query(usual forum.Sort) url.Values {
	q := url.Values{}
	if o.Usual.Sort != "" {
		usual = o.Usual.Sort
	}
	if o.Sort != "" && o.Sort != usual {
		q.Set("sort", string(o.Sort))
	}
	if Windowed(o.Sort) && o.Window != "" && o.Window != WindowWeek {
		q.Set("t", string(o.Window))
	}
	if o.Compact != o.Usual.Compact {
		q.Set("view", layouts[o.Compact])
	}
	if o.Feed != o.Usual.Feed {
		q.Set("feed", string(o.Feed))
	}
	return q
}

// layouts are the words for a layout in an address.
var layouts = map[bool]string{false: "cards", true: "compact"}

// at is a path with a query.
func at(path string, q url.Values) string {
	if len(q) == 0 {
		return path
	}
	return path + "?" + q.Encode()
}

// PostList is a page of posts with its ways to others.
type PostList struct {
	T       *words.Words
	Cards   []Card
	Compact bool
	Sorts   []Choice // those that most want
	Others  []Choice // the rest, in a menu
	Other   string   // which of the rest is in force; empty for none
	Layouts []Choice
	Windows []Choice // empty where the sort looks back over everything
	Older   string   // empty at the end
	First   string   // empty on the first page
	Hidden  []HiddenLine
	Sifted  string // "12 hidden": how many; empty for none
	Loaded  string // said when the page is added to the one before

	path  string
	order Order
	usual forum.Sort // the sort that the address need not name
}

// posts prepares a listing that is found at path.
func (f Frame) posts(l forum.Listing, path string, o Order, usual forum.Sort, paged bool) PostList {
	if o.Usual.Sort != "" {
		usual = o.Usual.Sort
	}
	if o.Sort == "" {
		o.Sort = usual
	}
	out := PostList{T: f.T, Compact: o.Compact, Loaded: f.T.MoreLoaded.Of(len(l.Items)), path: path, order: o, usual: usual}
	known := langs{}
	for i := range l.Items {
		c := f.card(&l.Items[i], known)
		if c.Acts != nil {
			c.Acts.Hides = true
		}
		out.Cards = append(out.Cards, c)
	}
	out.Hidden = f.hidden()
	if len(out.Hidden) > 0 {
		out.Sifted = f.T.Filter.Sifted.Of(len(out.Hidden))
	}
	if l.Next != "" {
		q := o.query(usual)
		q.Set("after", l.Next)
		out.Older = at(path, q)
	}
	if paged {
		out.First = at(path, o.query(usual))
	}
	return out
}

// HiddenLine is a post that was left out of a list for whoever looks at it.
type HiddenLine struct {
	Title, Href string
	Why         string
	Unhide      string // value of the button that brings it back; empty where they set a filter
}

// hidden lists what was left out.
func (f Frame) hidden() []HiddenLine {
	var all []HiddenLine
	for i := range f.Hidden {
		h := &f.Hidden[i]
		line := HiddenLine{Title: h.Post.Title, Href: PostPath(h.Post.ID), Why: f.T.Filter.Whys[h.Why]}
		if line.Title == "" || h.Why == "sensitive" {
			line.Title = f.T.Untitled
		}
		if h.Which != "" {
			line.Why += " " + h.Which
		}
		if h.Why == "hidden" {
			line.Unhide = "unhide post-" + itoa(h.Post.ID)
		}
		all = append(all, line)
	}
	return all
}

// SortName is what an order is called.
func SortName(w *words.Words, s forum.Sort) string {
	switch s {
	case forum.SortActive:
		return w.SortActive
	case forum.SortNew:
		return w.SortNew
	case forum.SortOld:
		return w.SortOld
	case forum.SortTop:
		return w.SortTop
	case forum.SortControversial:
		return w.SortControversial
	case forum.SortComments:
		return w.SortComments
	case forum.SortScaled:
		return w.SortScaled
	}
	return w.SortHot
}

// WindowName is what a stretch of time is called.
func WindowName(w *words.Words, t Window) string {
	switch t {
	case WindowHour:
		return w.Hour
	case WindowSixHours:
		return w.SixHours
	case WindowDay:
		return w.Day
	case WindowWeek:
		return w.Week
	case WindowMonth:
		return w.Month
	case WindowYear:
		return w.Year
	}
	return w.Ever
}

// The orders of lists: those that most want, and the others.
var (
	mainSorts   = []forum.Sort{forum.SortHot, forum.SortActive, forum.SortNew, forum.SortTop}
	otherSorts  = []forum.Sort{forum.SortOld, forum.SortControversial, forum.SortComments}
	frontSorts  = []forum.Sort{forum.SortScaled, forum.SortOld, forum.SortControversial, forum.SortComments}
	authorSorts = []forum.Sort{forum.SortNew, forum.SortTop, forum.SortOld}
	windows     = []Window{WindowHour, WindowSixHours, WindowDay, WindowWeek, WindowMonth, WindowYear, WindowEver}
)

// sorted adds the rows of orders, windows and layouts.
func (l PostList) sorted(first, others []forum.Sort) PostList {
	choices := func(sorts []forum.Sort) []Choice {
		var out []Choice
		for _, s := range sorts {
			o := Order{Sort: s, Compact: l.order.Compact, Feed: l.order.Feed, Usual: l.order.Usual}
			out = append(out, Choice{SortName(l.T, s), at(l.path, o.query(l.usual)), s == l.order.Sort})
		}
		return out
	}
	l.Sorts, l.Others = choices(first), choices(others)
	for _, c := range l.Others {
		if c.On {
			l.Other = c.Label
		}
	}
	for _, compact := range []bool{false, true} {
		o := l.order
		o.Compact = compact
		label := l.T.LayoutCards
		if compact {
			label = l.T.LayoutCompact
		}
		l.Layouts = append(l.Layouts, Choice{label, at(l.path, o.query(l.usual)), compact == l.order.Compact})
	}
	if !Windowed(l.order.Sort) {
		return l
	}
	now := l.order.Window
	if now == "" {
		now = WindowWeek
	}
	for _, w := range windows {
		o := l.order
		o.Window = w
		l.Windows = append(l.Windows, Choice{WindowName(l.T, w), at(l.path, o.query(l.usual)), w == now})
	}
	return l
}

// TagPage lists posts with a hashtag or, where Community is one, with a tag of it; the
// newest first.
type TagPage struct {
	Frame
	Heading   string
	Path      string // without a query
	Community *forum.Community
	Listing   forum.Listing
	Order     Order
	Paged     bool
}

func (TagPage) template() string { return "tag" }

// Posts is the list.
func (p TagPage) Posts() PostList {
	l := p.posts(p.Listing, p.Path, p.Order, forum.SortNew, p.Paged).sorted(nil, nil)
	for i := range l.Cards {
		l.Cards[i].InCommunity = p.Community != nil
	}
	return l
}

// Place is the community of the tag; nil for hashtags.
func (p TagPage) Place() *Who {
	if p.Community == nil {
		return nil
	}
	w := p.community(*p.Community)
	return &w
}
