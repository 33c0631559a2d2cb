package view

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"stoa/federation/forum"
)

// LookingText says that something is being looked for; empty when it is not.
func (p SearchPage) LookingText() string {
	if !p.Looked.Pending {
		return ""
	}
	return p.T.Reach.Looking.With(hostIn(p.Unknown))
}

// hostIn is the server in a handle or address.
func hostIn(text string) string {
	if strings.Contains(text, "/") {
		return hostOf(text)
	}
	_, host, _ := strings.Cut(strings.TrimLeft(text, "@!"), "@")
	return host
}

// WhyNot says why what was looked for is not shown.
func (p SearchPage) WhyNot() string {
	t := &p.T.Reach
	switch p.Looked.Reason {
	case forum.LookupNothing:
		return t.Nothing
	case forum.LookupGone:
		return t.Gone
	case forum.LookupAway:
		return t.Away
	case forum.LookupForeign:
		return t.Foreign
	case forum.LookupHomeless:
		return t.Homeless
	case forum.LookupBlocked:
		return t.Blocked
	}
	if p.LookBusy {
		return t.Busy
	}
	return p.UnknownText()
}

// Past is how far the past of a community elsewhere has been read.
type Past struct {
	Heading    string // empty when it is not being read
	Done, Most int    // posts, for a bar; Most is 0 when nobody knows
	Counts     []string
	Notes      []string // what cannot be had
}

// Past says how far this community's past has been read; nil where there is nothing
// to say.
func (p CommunityPage) Past() *Past {
	t, b := &p.T.Reach, &p.Backfill
	out := &Past{}
	host := p.Community.Host
	switch b.State {
	case forum.BackfillNone:
		return nil
	case forum.BackfillUnder:
		out.Heading = t.Reading.With(host)
		if !b.EndedAt.IsZero() {
			out.Heading = t.Fresh.With(host)
		}
		posts := t.PostsSoFar.Of(b.Posts)
		if b.Said > b.Posts {
			posts = t.PostsOf.With(posts) + p.T.Number(b.Said)
			out.Done, out.Most = b.Posts, b.Said
		}
		out.Counts = []string{posts, t.CommentsSoFar.Of(b.Comments)}
		if b.Left > 0 {
			out.Counts = append(out.Counts, t.ThreadsLeft.Of(b.Left))
		}
	case forum.BackfillBroken:
		out.Notes = append(out.Notes, t.Broken.With(host))
	case forum.BackfillDone:
	}
	for _, note := range b.Notes {
		switch note {
		case forum.BackfillNoOutbox:
			out.Notes = append(out.Notes, t.NoOutbox.With(host))
		case forum.BackfillFirstPosts:
			out.Notes = append(out.Notes, t.FirstPosts.With(host))
		case forum.BackfillNoComments:
			out.Notes = append(out.Notes, t.NoComments.With(host))
		case forum.BackfillBudget:
			out.Notes = append(out.Notes, t.Budget.With(host))
		case forum.BackfillPeek:
			out.Notes = append(out.Notes, t.Peek)
		}
	}
	if b.Failed > 0 {
		out.Notes = append(out.Notes, t.Failed.Of(b.Failed))
	}
	if out.Heading == "" && len(out.Notes) == 0 {
		return nil
	}
	return out
}

// Gaps says what is missing of a thread that lives elsewhere.
func (p ThreadPage) Gaps() []string {
	t, s := &p.T.Reach, &p.State
	host := p.Thread.Post.Community.Host
	var out []string
	if s.Missing > 0 {
		text := t.MissingAt.With(t.Missing.Of(s.Missing)) + host
		if s.Fetching {
			text += t.Fetching
		} else {
			text += "."
		}
		out = append(out, text)
	}
	if s.Unhad > 0 {
		out = append(out, t.Lost.Of(s.Unhad))
	}
	if s.Unverified > 0 {
		out = append(out, t.Unverified.Of(s.Unverified))
	}
	return out
}

// CommunitiesPage is the directory: communities of all servers that this node has heard
// of.
type CommunitiesPage struct {
	Frame
	Listing forum.DirectoryListing
	Asked   forum.Directory
	Paged   bool
	Spoken  []FieldOption // languages that can be chosen
	Servers []forum.Catalogue
	Joins   Joins
}

func (CommunitiesPage) template() string { return "communities" }

// Joins is how far somebody has come with joining communities. The zero value is
// nobody's.
type Joins struct {
	Follows map[int64]forum.FollowState
	Wants   []forum.Want
}

// Wanted reports whether a community is being looked for, for somebody to join it.
func (j *Joins) Wanted(c *forum.Community) bool {
	return slices.ContainsFunc(j.Wants, func(w forum.Want) bool {
		return w.Reason == "" && strings.EqualFold(w.Name, c.Name) && w.Host == c.Host
	})
}

// Waits reports whether any is.
func (j *Joins) Waits() bool {
	return slices.ContainsFunc(j.Wants, func(w forum.Want) bool { return w.Reason == "" })
}

// WantLine is a community that is looked for, or was not to be had.
type WantLine struct{ Handle, Text string }

// wants are the lines about what somebody wants to join.
func (f Frame) wants(j *Joins) []WantLine {
	var out []WantLine
	for _, w := range j.Wants {
		line := WantLine{Handle: "!" + w.Name + "@" + w.Host, Text: f.T.Directory.Asking}
		if w.Reason != "" {
			line.Text = f.T.Refusal(w.Reason, f.reason(w.Reason))
		}
		out = append(out, line)
	}
	return out
}

// reason says why something of another server is not to be had.
func (f Frame) reason(reason string) string {
	t := &f.T.Directory
	switch reason {
	case forum.LookupAway:
		return t.Away
	case forum.LookupBlocked:
		return t.Blocked
	case forum.CatalogueNone:
		return t.NoList
	case forum.LookupForeign:
		return t.Foreign
	}
	return t.Nothing
}

// Wants are the lines about what the viewer wants to join.
func (p CommunitiesPage) Wants() []WantLine { return p.wants(&p.Joins) }

// Wants are the lines about what the viewer wants to join.
func (p FrontPage) Wants() []WantLine { return p.wants(&p.Joins) }

// DirectoryRow is a community of the directory.
type DirectoryRow struct {
	CommunityFacts
	Known    bool // it has a page here
	Active   string
	Language string
	State    string // that the viewer has joined or asked; empty for neither
	Button   *DirectoryButton
	Pick     string // its name in a form that joins several
}

// DirectoryButton joins or leaves a community.
type DirectoryButton struct {
	Action string // empty for that of the form
	Name   string
	Value  string
	Label  string
	Main   bool
}

// row shows a community of the directory to whoever looks at it.
func (f Frame) row(it *forum.DirectoryItem, j *Joins) DirectoryRow {
	c, t := &it.Community, &f.T.Directory
	r := DirectoryRow{CommunityFacts: f.facts(*c), Known: c.ID != 0, Language: it.Language, Pick: "!" + c.Name + "@" + c.Host}
	r.Followers = t.Subscribers.Of(it.Followers)
	if it.Active > 0 {
		r.Active = t.Active.Of(it.Active)
	}
	if !r.Known {
		r.Who.Href = at("/search", url.Values{"q": {r.Pick}})
	}
	if f.Self == nil {
		return r
	}
	switch state := j.Follows[c.ID]; {
	case state == forum.Following:
		r.State = t.Joined
	case state == forum.Pending:
		r.State = f.T.Act.Waiting
	case j.Wanted(c):
		r.State = t.Asking
		return r
	default:
		r.Button = &DirectoryButton{Action: "/communities/join", Name: "pick", Value: r.Pick, Label: f.T.Act.JoinIt, Main: true}
		return r
	}
	r.Button = &DirectoryButton{Name: "do", Value: "leave community-" + itoa(c.ID), Label: f.T.Act.LeaveIt}
	return r
}

// Communities are those of this page, but for what the viewer has blocked.
func (p CommunitiesPage) Communities() []DirectoryRow {
	var out []DirectoryRow
	for i := range p.Listing.Items {
		it := &p.Listing.Items[i]
		if c := &it.Community; p.Shuns.Communities[c.ID] || !c.Local && p.Shuns.Hosts[c.Host] {
			continue
		}
		out = append(out, p.row(it, &p.Joins))
	}
	return out
}

// Offers are the communities that the front page offers to join.
func (p FrontPage) Offers() []DirectoryRow {
	var out []DirectoryRow
	for i := range p.Offered {
		row := p.row(&p.Offered[i], &p.Joins)
		if p.Shipped {
			row.Followers = ""
		}
		out = append(out, row)
	}
	return out
}

// Sorts are the orders of the directory.
func (p CommunitiesPage) Sorts() []Choice {
	var out []Choice
	for _, c := range []struct {
		sort  forum.CommunitySort
		label string
	}{
		{forum.CommunitiesByFollowers, p.T.Directory.BySubscribers}, {forum.CommunitiesByActivity, p.T.Directory.ByActivity}, {forum.CommunitiesByPosts, p.T.ByPosts},
		{forum.CommunitiesByAge, p.T.ByAge}, {forum.CommunitiesByName, p.T.ByName}, {forum.CommunitiesByServer, p.T.Directory.ByServer},
	} {
		out = append(out, Choice{c.label, p.at(c.sort, ""), c.sort == p.Asked.Sort})
	}
	return out
}

// More is the address of the next page; empty at the end.
func (p CommunitiesPage) More() string {
	if p.Listing.Next == "" {
		return ""
	}
	return p.at(p.Asked.Sort, p.Listing.Next)
}

// First is the address of the first page.
func (p CommunitiesPage) First() string { return p.at(p.Asked.Sort, "") }

// SortNow is the order as a form says it; empty for the usual one.
func (p CommunitiesPage) SortNow() string {
	if p.Asked.Sort == forum.CommunitiesByFollowers {
		return ""
	}
	return string(p.Asked.Sort)
}

// Narrowed reports whether not all of the directory is asked for.
func (p CommunitiesPage) Narrowed() bool {
	d := &p.Asked
	return d.Text != "" || d.Host != "" || d.Language != ""
}

// Loaded is said when the page is added to the one before.
func (p CommunitiesPage) Loaded() string { return p.T.MoreLoaded.Of(len(p.Listing.Items)) }

// Survey is the address to look at servers; empty for those who may not.
func (p CommunitiesPage) Survey() string {
	if p.Self == nil || !p.Self.Admin {
		return ""
	}
	return "/communities/servers"
}

func (p CommunitiesPage) at(sort forum.CommunitySort, after string) string {
	q, d := url.Values{}, &p.Asked
	for name, value := range map[string]string{"q": d.Text, "server": d.Host, "language": d.Language, "after": after} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if d.Sensitive {
		q.Set("nsfw", "1")
	}
	if sort != "" && sort != forum.CommunitiesByFollowers {
		q.Set("sort", string(sort))
	}
	return at("/communities", q)
}

// ServerLine is a server whose list of communities can be read, or was.
type ServerLine struct {
	Host   string
	Text   string
	Action string // on the button to have it read; empty where that is done or under way
}

// Reads reports whether the list of a server is being read.
func (p FrontPage) Reads() bool {
	return slices.ContainsFunc(p.Servers, func(k forum.Catalogue) bool { return p.CatalogueReads(&k) })
}

// CatalogueReads reports whether a list is being read; a job that has said nothing for
// minutes is lost.
func (f Frame) CatalogueReads(k *forum.Catalogue) bool {
	return k.State == forum.CatalogueAsked && f.Now.Sub(k.AskedAt).Abs() < 5*time.Minute
}

// CatalogueText says how far the list of a server has been read.
func (f Frame) CatalogueText(k *forum.Catalogue) string {
	t := &f.T.Directory
	switch {
	case f.CatalogueReads(k):
		return t.Reading.Of(k.Found)
	case k.State == forum.CatalogueRead:
		return t.Found.Of(k.Found)
	case k.State == forum.CatalogueAsked:
		return t.Away
	}
	return f.reason(k.Reason)
}

// Lines are the servers that the front page offers an admin to look at.
func (p FrontPage) Lines() []ServerLine {
	var out []ServerLine
	known := map[string]bool{}
	for i := range p.Servers {
		k := &p.Servers[i]
		known[k.Host] = true
		line := ServerLine{Host: k.Host, Text: p.CatalogueText(k)}
		if k.State != forum.CatalogueRead && !p.CatalogueReads(k) {
			line.Action = p.T.Directory.Again
		}
		out = append(out, line)
	}
	for _, host := range p.Suggest {
		if !known[host] {
			out = append(out, ServerLine{Host: host, Action: p.T.Directory.LookAt})
		}
	}
	return out
}
