package inbox

import (
	"crypto/sha256"
	"encoding/hex"
	"html"
	"net/url"
	"slices"
	"strings"
	"unicode"

	ap "stoa/activitypub"
	"stoa/activitypub/markup"
	"stoa/federation/forum"
)

// Bounds of what is kept of a post from elsewhere. The text is bounded by the
// request it came in.
const (
	maxLink    = 2000
	maxWarning = 500
	maxShown   = 20  // attachments listed below a text
	maxLabel   = 300 // runes of what an attachment is called
	maxNamed   = 50  // runes of a foreign word in a reason
)

// isPost lists the types that become posts and comments. The rarer ones are read
// in a later step, and refused by name until then.
func isPost(kind string) bool { return kind == "Note" || kind == "Page" || kind == "Article" }

// isPublic reports whether an object is addressed to everybody; the activity it
// came in counts only where the object says nothing. Nothing else is published.
func isPublic(o *ap.Object, a *ap.Activity) bool {
	if len(o.To)+len(o.CC) > 0 || a == nil {
		return slices.Contains(o.To, ap.Public) || slices.Contains(o.CC, ap.Public)
	}
	return slices.Contains(a.To, ap.Public) || slices.Contains(a.CC, ap.Public)
}

// checkWords says why an object is not what its author may have written; empty
// when it is. author is who said so: the actor of the activity, or empty for an
// object fetched at its own id.
func (in *Inbox) checkWords(o *ap.Object, author string) string {
	switch {
	case ap.ValidID(o.ID, in.o.Dev) != nil:
		return "an object without an id"
	case in.isOurs(o.ID):
		return "an object with an id of this server"
	case !isPost(o.Type):
		return "not understood yet: " + cut(o.Type, maxNamed)
	case len(o.Authors) == 0:
		return "an object without an author"
	case author != "" && o.Authors[0] != author:
		return "an object of somebody else"
	case !ap.SameOrigin(o.ID, o.Authors[0]):
		return "object and author belong to different servers"
	case o.InReplyTo == "" && answersSomething(o):
		return "answers something without an id"
	case o.InReplyTo == o.ID:
		return "answers itself"
	case o.InReplyTo != "" && o.Content == "" && o.Source.Content == "" && len(o.Attachments) == 0:
		return "an answer without words" // the choice in a poll is one
	}
	return ""
}

// answersSomething reports whether there is anything under inReplyTo, although
// nothing that can be found: such an object is not the beginning of a thread.
func answersSomething(o *ap.Object) bool {
	switch string(o.Field("inReplyTo")) {
	case "", `""`, "[]", "false":
		return false
	}
	return true
}

// text keeps what was written as it came, and renders it once. Markdown is
// preferred where the sender keeps it, since it loses nothing on the way.
func (in *Inbox) text(o *ap.Object) forum.Text {
	options := in.render
	options.Base = o.ID
	options.IDPrefix = footnotes(o.ID)
	t := forum.Text{Source: o.Content, Format: forum.HTML, RenderVersion: markup.Version}
	switch {
	case o.Source.MediaType == "text/markdown" && o.Source.Content != "":
		if rendered, err := markup.FromMarkdown(o.Source.Content, options); err == nil {
			t.Source, t.Format, t.HTML = o.Source.Content, forum.Markdown, rendered
			return t
		}
	case o.MediaType == "text/markdown":
		t.Format = forum.Markdown
		var err error
		if t.HTML, err = markup.FromMarkdown(o.Content, options); err != nil {
			t.HTML = markup.Escape(o.Content)
		}
		if o.InReplyTo != "" {
			t.HTML = markup.StripLeadingMentions(t.HTML, mentions(o)) // PeerTube begins with whom it answers
		}
		return t
	case o.MediaType == "text/plain":
		t.Format, t.HTML = forum.Plain, markup.Escape(o.Content)
		return t
	}
	t.HTML = markup.StripLeadingMentions(markup.FromHTML(o.Content, options), mentions(o))
	return t
}

// footnotes names the footnotes of an object apart from those of all others on a
// page.
func footnotes(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:6])
}

func mentions(o *ap.Object) []string {
	var hrefs []string
	for _, tag := range o.Tag {
		if tag.Type == "Mention" {
			hrefs = append(hrefs, tag.Href)
		}
	}
	return hrefs
}

// attached lists attachments as links below the text. Pictures of other servers
// are not loaded from there.
func attached(list []ap.Attachment) string {
	var b strings.Builder
	for i, a := range list {
		if i == maxShown {
			break
		}
		if !isWeb(a.URL) {
			continue
		}
		label := cut(oneLine(a.Name), maxLabel)
		if label == "" {
			label = a.URL
		}
		b.WriteString(`<li><a href="` + html.EscapeString(a.URL) + `">` + html.EscapeString(label) + `</a></li>`)
	}
	if b.Len() == 0 {
		return ""
	}
	return markup.FromHTML("<ul>"+b.String()+"</ul>", markup.Options{})
}

// isWeb reports whether an address is one a browser may be sent to.
func isWeb(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && len(s) <= maxLink
}

// pageOf is the address to read an object at, at its own server only: nobody may
// send a reader elsewhere under the name of an author.
func pageOf(o *ap.Object) string {
	if isWeb(o.URL) && ap.SameOrigin(o.URL, o.ID) {
		return o.URL
	}
	return o.ID
}

func stampOf(t ap.Time) forum.Stamp {
	if !t.Valid {
		return forum.Stamp{}
	}
	return forum.Stamp{Time: t.Time, Text: t.Text}
}

// post reads a top-level object.
func (in *Inbox) post(o *ap.Object, author forum.Person) forum.Post {
	p := forum.Post{
		URI: o.ID, Author: author, Title: cut(oneLine(o.Name), forum.MaxTitle), Text: in.text(o), Language: language(o.Language),
		Sensitive: o.Sensitive, URL: pageOf(o), Published: stampOf(o.Published), Updated: stampOf(o.Updated),
	}
	if o.Type == "Note" || o.Sensitive {
		// Elsewhere a summary is a subtitle or an excerpt; Mbin repeats the title.
		p.Warning = cut(oneLine(markup.Plain(o.Summary, maxWarning)), maxWarning)
	}
	rest := o.Attachments
	if isAbout(o) {
		p.Link, rest = rest[0].URL, rest[1:]
	}
	p.TitleGiven = p.Title != ""
	if !p.TitleGiven {
		p.Title, p.TitleWhole = markup.Opening(p.Text.HTML, forum.MaxTitle)
	}
	if !p.TitleGiven && p.Title == "" && p.Link != "" {
		p.Title = cut(p.Link, forum.MaxTitle)
	}
	p.Text.HTML += attached(rest)
	if p.Title == "" && len(rest) > 0 {
		p.Title = cut(oneLine(rest[0].Name), forum.MaxTitle)
	}
	if p.Title == "" && len(rest) > 0 {
		p.Title = cut(rest[0].URL, forum.MaxTitle)
	}
	return p
}

// isAbout reports whether a post is about its first attachment. A Note has pictures,
// and so has the Article of a blog; what is about something says so by a Page, or
// by a Link.
func isAbout(o *ap.Object) bool {
	if o.Type == "Note" || len(o.Attachments) == 0 || !isWeb(o.Attachments[0].URL) {
		return false
	}
	return o.Type != "Article" || o.Attachments[0].Type == "Link"
}

// comment reads an object that answers another.
func (in *Inbox) comment(o *ap.Object, author forum.Person) forum.Comment {
	c := forum.Comment{
		URI: o.ID, Author: author, InReplyTo: o.InReplyTo, Text: in.text(o), Language: language(o.Language),
		Sensitive: o.Sensitive, Warning: cut(oneLine(markup.Plain(o.Summary, maxWarning)), maxWarning), URL: pageOf(o),
		Published: stampOf(o.Published), Updated: stampOf(o.Updated),
	}
	c.Text.HTML += attached(o.Attachments)
	return c
}

// addressees lists whom an object is for, in the order in which a community is
// looked for: to before cc, the object before its activity, then the audience of
// FEP-1b12, and mentions for those who have neither.
func addressees(o *ap.Object, a *ap.Activity) []string {
	list := append(append([]string{}, o.To...), o.CC...)
	if a != nil {
		list = append(append(list, a.To...), a.CC...)
	}
	list = append(list, o.Audience...)
	list = append(list, o.Groups...)
	if a != nil {
		list = append(list, a.Audience...)
	}
	return append(list, mentions(o)...)
}

// oneLine folds white space and drops control characters, which some readers of
// feeds stumble over.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}

// cut shortens to at most n runes.
func cut(s string, n int) string {
	count := 0
	for i := range s {
		if count == n {
			return s[:i]
		}
		count++
	}
	return s
}

// language keeps a tag that looks like one (BCP 47); Lemmy says "und" for unknown.
func language(tag string) string {
	if tag == "und" || len(tag) > 35 {
		return ""
	}
	for _, r := range tag {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' {
			return ""
		}
	}
	return tag
}
