package view

import (
	"html/template"
	"net/url"
	"strings"

	"stoa/federation/forum"
	"stoa/web/words"
)

// PersonPage is a person with their posts, or with their comments.
type PersonPage struct {
	Frame
	Person       forum.Person
	Listing      forum.Listing        // unless ShowComments
	Remarks      forum.CommentListing // with ShowComments
	ShowComments bool
	Order        Order // new, top or old for posts, new or top for comments
	Paged        bool
	Following    forum.FollowState // by whoever is signed in
	Successor    forum.Person      // whom they have moved to, if that is known here
}

func (PersonPage) template() string { return "person" }

// Who names the person.
func (p PersonPage) Who() Who { return p.person(p.Person) }

// FullHandle is @name@host, whole also for people of this node.
func (p PersonPage) FullHandle() string { return "@" + p.Person.Name + "@" + p.Person.Host }

// Write is the address of the page to write to them; empty for nobody, and on one's own
// page.
func (p PersonPage) Write() string {
	if p.Self == nil || p.Self.Person.ID == p.Person.ID {
		return ""
	}
	return MessagesPath(p.Person)
}

// Moved is where they have moved to, by their own word: the page of the new account, or
// its address where it is not known here. Empty for nowhere.
func (p PersonPage) Moved() (m MovedLink) {
	switch {
	case p.Person.MovedTo == "":
	case p.Successor.ID != 0:
		m = MovedLink{Href: PersonPath(p.Successor), Label: "@" + p.Successor.Name + "@" + p.Successor.Host}
	default:
		m.Href = WebURL(p.Person.MovedTo)
		_, m.Label, _ = strings.Cut(m.Href, "://")
	}
	if m.Href != "" {
		m.Text = p.T.Move.MovedTo.With("")
	}
	return m
}

// MovedLink leads to the new account of somebody.
type MovedLink struct{ Text, Href, Label string }

// Bio is what they say of themselves.
func (p PersonPage) Bio() template.HTML { return p.prose(p.Person.BioHTML, p.Person.Emoji) }

// Banner is the wide picture above the page; empty for none.
func (p PersonPage) Banner() string { return p.picture(p.Person.BannerURL, Whole) }

// ProfileLink is a page elsewhere that they name as theirs.
type ProfileLink struct{ Label, Href, Shown string }

// Links are those pages.
func (p PersonPage) Links() []ProfileLink {
	var out []ProfileLink
	for _, l := range p.Person.Links {
		href := WebURL(l.URL)
		if href == "" {
			continue
		}
		_, shown, _ := strings.Cut(href, "://")
		out = append(out, ProfileLink{Label: l.Label, Href: href, Shown: strings.TrimSuffix(shown, "/")})
	}
	return out
}

// Joined is when their account was made; zero when unknown.
func (p PersonPage) Joined() Moment { return p.Moment(p.Person.Published) }

// Home is their page at their own server; empty for people of this node.
func (p PersonPage) Home() string {
	if p.Person.Local {
		return ""
	}
	return WebURL(p.Person.URI)
}

// Counts are how much of theirs this node holds.
func (p PersonPage) Counts() []string {
	return []string{p.T.Posts.Of(p.Person.Posts), p.T.Comments.Of(p.Person.Comments)}
}

// Tabs choose between posts and comments.
func (p PersonPage) Tabs() []Choice {
	path := PersonPath(p.Person)
	return []Choice{
		{p.T.TabPosts, path, !p.ShowComments},
		{p.T.TabComments, path + "?view=comments", p.ShowComments},
	}
}

// Posts is the list of posts.
func (p PersonPage) Posts() PostList {
	l := p.posts(p.Listing, PersonPath(p.Person), p.Order, forum.SortNew, p.Paged).sorted(authorSorts, nil)
	l.Windows = nil // among the newest thousand of theirs, of whatever time
	for i := range l.Cards {
		l.Cards[i].ByAuthor = true
	}
	return l
}

// Remark is a comment outside its thread.
type Remark struct {
	T         *words.Words
	Href      string
	On        string // title of the post
	Community Who
	At        Moment
	Points    string
	Text      template.HTML
	Lang      string
	Veil      string
}

// Comments are those of this page.
func (p PersonPage) Comments() []Remark {
	known := langs{}
	out := make([]Remark, 0, len(p.Remarks.Items))
	for i := range p.Remarks.Items {
		it := &p.Remarks.Items[i]
		r := Remark{
			T: p.T, Href: CommentPath(it.Comment.ID), On: it.PostTitle,
			Community: p.community(it.Community), At: p.Moment(it.Comment.Published.Time),
			Text: safe(it.Comment.Text.HTML), Lang: known.of(it.Comment.Language),
			Veil: p.veil(it.Comment.Sensitive, it.Comment.Warning),
		}
		if r.On == "" {
			r.On = p.T.Untitled
		}
		if it.Comment.OthersVoted() {
			r.Points = p.T.Points.Of(it.Comment.Score())
		}
		out = append(out, r)
	}
	return out
}

// Older is the address of the next page of comments.
func (p PersonPage) Older() string {
	if p.Remarks.Next == "" {
		return ""
	}
	return p.remarksAt(p.Order.Sort, p.Remarks.Next)
}

// RemarkSorts are the orders of comments.
func (p PersonPage) RemarkSorts() []Choice {
	return []Choice{
		{p.T.SortNew, p.remarksAt(forum.SortNew, ""), p.Order.Sort != forum.SortTop},
		{p.T.SortTop, p.remarksAt(forum.SortTop, ""), p.Order.Sort == forum.SortTop},
	}
}

// FirstRemarks is the address of the first page of comments.
func (p PersonPage) FirstRemarks() string { return p.remarksAt(p.Order.Sort, "") }

// Loaded is said when the page is added to the one before.
func (p PersonPage) Loaded() string { return p.T.MoreLoaded.Of(len(p.Remarks.Items)) }

func (p PersonPage) remarksAt(sort forum.Sort, after string) string {
	q := url.Values{"view": {"comments"}}
	if sort == forum.SortTop {
		q.Set("sort", string(sort))
	}
	if after != "" {
		q.Set("after", after)
	}
	return at(PersonPath(p.Person), q)
}

// veil is what stands before a text that is shown only when asked for; empty
// for a text that is shown at once.
func (f Frame) veil(sensitive bool, warning string) string {
	switch {
	case f.Self != nil && f.Self.Bare:
		return ""
	case warning != "":
		return warning
	case sensitive:
		return f.T.Sensitive
	}
	return ""
}

// Form shows visitors the way to this account on their own server.
func (p PersonPage) Form() *FollowForm { return p.followForm(p.Person.URI) }
