package web

import (
	"fmt"
	"html/template"
	"net/http"
	"time"

	"stoa/federation/forum"
	"stoa/web/view"
)

// styleguide shows every component in every state. Only nodes in development have
// it: what it shows is made up.
func (s *Site) styleguide(w http.ResponseWriter, r *http.Request) error {
	frame := s.Frame(r, "Style guide")
	frame.NoIndex = true
	g := guide{now: s.Now(), base: s.base}
	threads := g.threads(frame)
	p := view.StyleguidePage{
		Frame: frame, Palette: s.view.Colours(), Threads: threads, Prose: guideProse,
		Refused: view.ErrorPage{Frame: frame, Status: http.StatusServiceUnavailable, Heading: s.Words(r).Unavailable, Text: s.Words(r).UnavailableText, Reference: "0123456789ab"},
		Ways:    []view.FollowPage{{Frame: frame, Object: s.base}, {Frame: frame, Object: s.base, Account: "somebody", State: view.FollowWrong}},
	}
	g.reach(&p)
	for i := range threads {
		p.Cards.Items = append(p.Cards.Items, threads[i].Thread.PostItem)
	}
	p.Cards.Next = "next"
	return s.HTML(w, r, http.StatusOK, p)
}

// guide makes posts and comments up.
type guide struct {
	now  time.Time
	base string
	n    int64
}

// reach makes up what is asked of other servers.
func (g *guide) reach(p *view.StyleguidePage) {
	far := forum.Community{Name: "letters", Host: "far.example", URI: "https://far.example/c/letters"}
	for _, b := range []forum.Backfill{
		{State: forum.BackfillUnder, Posts: 340, Said: 1204, Comments: 2210, Left: 288},
		{State: forum.BackfillUnder, Posts: 12, Said: -1, EndedAt: g.now},
		{State: forum.BackfillDone, Posts: 50, Failed: 3, Notes: []string{forum.BackfillFirstPosts, forum.BackfillNoComments, forum.BackfillBudget}},
		{State: forum.BackfillDone, Notes: []string{forum.BackfillNoOutbox, forum.BackfillPeek}},
		{State: forum.BackfillBroken, Posts: 7},
	} {
		p.Filling = append(p.Filling, view.CommunityPage{Frame: p.Frame, Community: far, Backfill: b})
	}
	thread := forum.Thread{PostItem: g.post("A letter", func(p *forum.Post) { p.Community = far })}
	for _, s := range []forum.ThreadState{{Missing: 12, Fetching: true}, {Missing: 1, Unhad: 2, Unverified: 3}} {
		p.States = append(p.States, view.ThreadPage{Frame: p.Frame, Thread: thread, State: s})
	}
	p.Looks = []view.SearchPage{{Frame: p.Frame, Unknown: "!letters@far.example", Looked: forum.LookedUp{Pending: true}}}
}

func (g *guide) person(name, title, host string) forum.Person {
	g.n++
	return forum.Person{ID: g.n, Name: name, Title: title, Host: host, Local: host == "", URI: "https://" + host + "/u/" + name}
}

func (g *guide) post(title string, change func(*forum.Post)) forum.PostItem {
	author := g.person("ada", "Ada", "far.example")
	p := forum.Post{
		ID: g.n, URI: fmt.Sprintf("%s/post/%d", g.base, g.n), Title: title, TitleGiven: true, Up: int(3 * g.n), Down: 1, Comments: int(g.n - 1),
		Author: author, Published: forum.Stamp{Time: g.now.Add(-time.Duration(g.n) * time.Hour)},
		Community: forum.Community{ID: 1, Name: "craft", Host: "here.example", Local: true, Title: "Craft", URI: g.base + "/c/craft", Followers: 12, Posts: 90, Comments: 400, SummaryHTML: "<p>Making things by hand.</p>"},
	}
	if change != nil {
		change(&p)
	}
	return forum.PostItem{Post: p}
}

func (g *guide) comment(parent int64, depth int, by forum.Person, html string, change func(*forum.Comment)) forum.Comment {
	g.n++
	c := forum.Comment{
		ID: g.n, ParentID: parent, Depth: depth, Author: by, Text: forum.Text{HTML: "<p>" + html + "</p>"}, Up: 2,
		URI: fmt.Sprintf("%s/comment/%d", g.base, g.n), Published: forum.Stamp{Time: g.now.Add(-time.Duration(g.n) * time.Minute)},
	}
	if change != nil {
		change(&c)
	}
	return c
}

func (g *guide) threads(frame view.Frame) []view.ThreadPage {
	in := time.Duration(30) * time.Hour
	items := []forum.PostItem{
		g.post("A post of words", func(p *forum.Post) { p.Text.HTML = "<p>One paragraph, and <strong>one strong word</strong>.</p>" }),
		g.post("A link with what its page says", func(p *forum.Post) {
			p.Link = "https://museum.example/type"
			p.Preview = forum.Preview{Title: "The punches", Description: "Steel, cut by hand.", Site: "Museum of Type"}
		}),
		g.post("A link of which nothing is known", func(p *forum.Post) { p.Link = "https://plain.example/a/b" }),
		g.post("Not for everywhere", func(p *forum.Post) { p.Sensitive, p.Text.HTML = true, "<p>Behind a warning.</p>" }),
		g.post("", func(p *forum.Post) {
			p.TitleGiven, p.Warning, p.Text.HTML = false, "glue", "<p>Behind a warning of its own.</p>"
		}),
		g.post("An event", func(p *forum.Post) {
			p.Shape, p.Occasion = forum.Happens, &forum.Occasion{Start: g.now.Add(in), End: g.now.Add(2 * in), Place: "The old depot"}
		}),
		g.post("An event that does not happen", func(p *forum.Post) {
			p.Shape, p.Occasion = forum.Happens, &forum.Occasion{Start: g.now.Add(in), Cancelled: true}
		}),
		g.post("A question", func(p *forum.Post) {
			p.Shape, p.Poll = forum.Asks, &forum.Poll{Voters: 10, Closes: g.now.Add(in), Options: []forum.PollOption{{Name: "Yes", Votes: 7}, {Name: "No", Votes: 3}, {Name: "Never"}}}
		}),
		g.post("Recordings, a file and a link", func(p *forum.Post) {
			p.Attachments = []forum.Attachment{
				{Medium: forum.Video, URL: "https://tube.example/1.mp4", Duration: 3 * time.Minute, Width: 1280, Height: 720},
				{Medium: forum.Sound, URL: "https://tube.example/2.ogg", Duration: 41 * time.Second},
				{Medium: forum.File, URL: "https://tube.example/3.pdf"}, {Medium: forum.Link, URL: "https://tube.example/4", Alt: "A page"},
			}
		}),
		g.post("Read in two communities", nil),
		g.post("Removed", func(p *forum.Post) { p.State, p.Reason = forum.Removed, "advertising" }),
		g.post("Deleted", func(p *forum.Post) { p.State = forum.Deleted }),
	}
	items[9].Elsewhere = []forum.Crosspost{{PostID: 3, Comments: 4, Community: forum.Community{Name: "wood", Host: "far.example", URI: "https://far.example/c/wood"}}}
	pages := make([]view.ThreadPage, len(items))
	for i := range items {
		pages[i] = view.ThreadPage{Frame: frame, Thread: forum.Thread{PostItem: items[i]}}
	}
	pages[0].Thread.Comments = g.comments(items[0].Post.Author)
	return pages
}

func (g *guide) comments(op forum.Person) []forum.Comment {
	sam, bot := g.person("sam", "", "piefed.example"), g.person("feeds", "Feeds", "bots.example")
	bot.Bot = true
	first := g.comment(0, 1, op, "By who began the thread.", nil)
	all := []forum.Comment{
		first,
		g.comment(first.ID, 2, sam, "By a moderator.", func(c *forum.Comment) { c.ByModerator = true }),
		g.comment(first.ID, 2, sam, "By one who speaks as such.", func(c *forum.Comment) { c.ByModerator, c.Distinguished = true, true }),
		g.comment(0, 1, bot, "By a program, edited.", func(c *forum.Comment) { c.Updated = forum.Stamp{Time: g.now} }),
		g.comment(0, 1, sam, "Behind a warning.", func(c *forum.Comment) { c.Warning = "glue" }),
		g.comment(0, 1, sam, "", func(c *forum.Comment) { c.State = forum.Deleted }),
		g.comment(0, 1, sam, "", func(c *forum.Comment) { c.State, c.Reason = forum.Removed, "off topic" }),
		g.comment(0, 1, sam, "", func(c *forum.Comment) { c.State = forum.Purged }),
	}
	to := int64(0)
	for depth := 1; depth <= 14; depth++ {
		c := g.comment(to, depth, []forum.Person{op, sam}[depth%2], fmt.Sprintf("At depth %d.", depth), nil)
		all, to = append(all, c), c.ID
	}
	return all
}

// guideProse has every element that a text can have.
const guideProse template.HTML = `<h3>A heading in a text</h3><p>Text with <strong>strong</strong>, <em>emphasis</em>, <del>deleted</del>, <code>code</code>, a <a href="/styleguide">link</a>, and H<sub>2</sub>O<sup>2</sup>.</p><blockquote><p>A quotation.</p></blockquote><ul><li>One</li><li>Two<ol><li>and in order</li></ol></li></ul><pre tabindex="0"><code>func main() { println("code that is wider than its column scrolls by itself, and the keyboard reaches it") }</code></pre><table tabindex="0"><thead><tr><th>gear</th><th>teeth</th></tr></thead><tbody><tr><td>A</td><td>20</td></tr></tbody></table><details><summary>A spoiler</summary><p>With a round stick.</p></details><hr><p>After a rule.</p>`
