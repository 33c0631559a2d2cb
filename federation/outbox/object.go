package outbox

import (
	"fmt"
	"html"
	"net/url"
	"strings"

	ap "stoa/activitypub"
	"stoa/federation/forum"
)

// stamp writes a time as it came, or in our own digits when it is ours.
func stamp(s forum.Stamp) ap.Time {
	if s.IsZero() {
		return ap.Time{}
	}
	t := ap.NewTime(s.Time)
	if s.Text != "" {
		t.Text = s.Text
	}
	return t
}

func mention(uri, name, host string) ap.Mention {
	return ap.Mention{Href: uri, Name: "@" + name + "@" + host}
}

// source repeats Markdown beside the HTML: forums that keep Markdown take it and
// lose nothing. What came in as HTML has no other source.
func source(t forum.Text) ap.Source {
	if t.Format != forum.Markdown || t.Source == "" {
		return ap.Source{}
	}
	return ap.Source{Content: t.Source, MediaType: "text/markdown"}
}

// Page renders a post, a poll as the Question that it is. It mentions its community so that replies from microblogs
// are addressed to it, and repeats its link below the text, where servers that drop
// attachments show it. Forums take the text from its source, and the link from where
// it belongs.
func (p *Publisher) Page(post *forum.Post) ap.Page {
	page := ap.Page{
		ID: post.URI, AttributedTo: post.Author.URI, To: ap.IRIs{post.Community.URI, ap.Public}, CC: named(post),
		Audience: post.Community.URI, Name: post.Title, Summary: post.Warning, Content: post.Text.HTML,
		Source: source(post.Text), URL: post.URL, Sensitive: post.Sensitive, CommentsEnabled: true,
		Published: stamp(post.Published), Updated: stamp(post.Updated),
		Tag:               ap.Tags{mention(post.Community.URI, post.Community.Name, post.Community.Host)},
		InteractionPolicy: ap.QuotesAllowed(),
	}
	for _, m := range post.Tags.Mentions.Named() {
		page.Tag = append(page.Tag, mention(m.URI, m.Name, m.Host))
	}
	page.Tag = append(append(page.Tag, p.hashtags(post.Tags.Hashtags)...), p.emojis(post.Tags.Emoji)...)
	for _, t := range post.Community.PostTags.Of(post.Tags.Flair) {
		page.Tag = append(page.Tag, postTag(t), communityTag(t))
	}
	if forum.Hashtag(post.Community.Name) != "" && !post.Tags.Hashtags.Has(forum.Hashtag(post.Community.Name)) {
		// As Lemmy and Mbin have it, so that microblogs find it by the community's name.
		page.Tag = append(page.Tag, ap.Hashtag{Href: post.URI, Name: "#" + post.Community.Name})
	}
	if page.URL == "" {
		page.URL = post.URI
	}
	page.Attachment = attachments(post.Attachments)
	for _, a := range post.Attachments {
		if a.Medium == forum.Picture {
			page.Image = ap.Image{URL: a.URL} // forums look for it there, and take one alone
			break
		}
	}
	if post.Link != "" && !forum.Pictured(post.Link, post.Attachments) {
		page.Attachment = append(ap.Attachments{ap.Link{Href: post.Link, MediaType: "text/html"}}, page.Attachment...)
		if href := html.EscapeString(post.Link); page.Content == "" || post.Local && !strings.Contains(page.Content, `href="`+href+`"`) {
			page.Content += `<p><a href="` + href + `">` + href + `</a></p>`
		}
		if post.Local && post.Text.Source == "" {
			page.Source.MediaType = "text/markdown" // there is no text
		}
	}
	if q := post.Tags.Quote; post.Local && q.URI != "" {
		// Whoever shows quotes takes this line off.
		href := html.EscapeString(q.URI)
		page.Quotes, page.Content = quotes(q), `<p class="quote-inline">RE: <a href="`+href+`">`+href+`</a></p>`+page.Content
		page.Source = ap.Source{Content: strings.TrimSpace(page.Source.Content + "\n\nRE: <" + q.URI + ">"), MediaType: "text/markdown"}
	}
	if page.Content != "" {
		page.MediaType = "text/html"
	}
	p.ask(&page, post)
	if post.Language != "" {
		page.Language, page.ContentMap = ap.Language{Identifier: post.Language, Name: post.Language}, inLanguage(post.Language, page.Content)
	}
	if post.Local {
		page.Context, page.Replies = post.URI+"/context", post.URI+"/replies"
	}
	return page
}

// inLanguage is where Mastodon looks for a language: in the key of the first text.
func inLanguage(tag, content string) map[string]string {
	if content == "" {
		return nil
	}
	return map[string]string{tag: content}
}

// hashtags lead to what this node has of them, as the links of the text do.
func (p *Publisher) hashtags(all forum.Hashtags) (out ap.Tags) {
	for _, name := range all.All() {
		out = append(out, ap.Hashtag{Href: p.base + "/tag/" + url.PathEscape(name), Name: "#" + name})
	}
	return out
}

// Emoji renders one of this node.
func (p *Publisher) Emoji(e forum.Emoji) ap.Emoji {
	out := ap.Emoji{ID: p.base + "/emoji/" + e.Name, Name: ":" + e.Name + ":", Icon: ap.Image{URL: e.URL, MediaType: "image/png"}, Updated: moment(e.Made)}
	if strings.HasSuffix(e.URL, ".jpg") {
		out.Icon.MediaType = "image/jpeg"
	}
	return out
}

// emojis are those of this node that a text names: those of others are theirs to tell of.
func (p *Publisher) emojis(all forum.Emojis) (out ap.Tags) {
	for _, e := range all.Own() {
		out = append(out, p.Emoji(e))
	}
	return out
}

// postTag and communityTag are a tag of a community as Lemmy and as PieFed have it.
func postTag(t forum.PostTag) ap.CommunityPostTag {
	out := ap.CommunityPostTag{ID: t.ID, PreferredUsername: t.Name, Name: t.Title}
	if t.Color != 0 {
		out.Color = fmt.Sprintf("color%02d", t.Color)
	}
	return out
}

func communityTag(t forum.PostTag) ap.CommunityTag {
	return ap.CommunityTag{ID: t.ID, DisplayName: t.Title, TextColor: "#000000", BackgroundColor: grounds[t.Color%len(grounds)]}
}

// grounds are the colours of tags for software that takes colours and not their numbers;
// black can be read on each.
var grounds = [...]string{"#dcdfe6", "#f4b6b6", "#f6cba3", "#f3e29b", "#cfe8a9", "#a9e3c0", "#a5dfe4", "#b3d0f7", "#c9c3f9", "#e6bff0", "#f5bcd8"}

// attachments are what hangs on a post or comment: pictures as such, with their
// descriptions, all else as links.
func attachments(list []forum.Attachment) ap.Attachments {
	var out ap.Attachments
	for _, a := range list {
		if a.Medium == forum.Picture {
			out = append(out, ap.Image{URL: a.URL, MediaType: a.Type, Name: a.Alt, Width: a.Width, Height: a.Height})
			continue
		}
		out = append(out, ap.Link{Href: a.URL, MediaType: a.Type, Name: a.Alt, Width: a.Width, Height: a.Height})
	}
	return out
}

// named are the ids of those whom a post names, who are addressed besides.
func named(post *forum.Post) ap.IRIs {
	out := ap.IRIs{}
	for _, m := range post.Tags.Mentions.Named() {
		out = append(out, m.URI)
	}
	return out
}

// Note renders a comment, addressed to its community, to whoever it answers and to whom it names.
func (p *Publisher) Note(c *forum.Comment) ap.Note {
	note := ap.Note{
		ID: c.URI, AttributedTo: c.Author.URI, To: ap.IRIs{c.CommunityURI, ap.Public}, CC: ap.IRIs{},
		Audience: c.CommunityURI, InReplyTo: c.InReplyTo, Summary: c.Warning, Content: c.Text.HTML, MediaType: "text/html",
		Source: source(c.Text), URL: c.URL, Sensitive: c.Sensitive,
		Published: stamp(c.Published), Updated: stamp(c.Updated), InteractionPolicy: ap.QuotesAllowed(),
		Tag: ap.Tags{}, Attachment: attachments(c.Attachments), Distinguished: c.Distinguished,
		ReplyAuthorization: c.Tags.Leave.Approval, ApprovedBy: c.Tags.Leave.Approval,
	}
	if note.URL == "" {
		note.URL = c.URI
	}
	note.Tag = append(append(note.Tag, p.hashtags(c.Tags.Hashtags)...), p.emojis(c.Tags.Emoji)...)
	if c.Answered.URI != "" && c.Answered.URI != c.Author.URI {
		note.CC = append(note.CC, c.Answered.URI)
		note.Tag = append(note.Tag, mention(c.Answered.URI, c.Answered.Name, c.Answered.Host))
	}
	for _, m := range c.Tags.Mentions.Named() {
		if m.URI != c.Answered.URI {
			note.CC, note.Tag = append(note.CC, m.URI), append(note.Tag, mention(m.URI, m.Name, m.Host))
		}
	}
	if name, host := p.communityName(c.CommunityURI); name != "" {
		note.Tag = append(note.Tag, mention(c.CommunityURI, name, host))
	}
	if c.Language != "" {
		note.Language, note.ContentMap = ap.Language{Identifier: c.Language, Name: c.Language}, inLanguage(c.Language, note.Content)
	}
	if c.Local {
		note.Context, note.Replies = p.contextOf(c), c.URI+"/replies"
	}
	return note
}

// contextOf is the collection of a comment's whole thread: here, where the post
// was written here or the thread lives here. Where another server keeps it, only
// that server knows its address.
func (p *Publisher) contextOf(c *forum.Comment) string {
	if strings.HasPrefix(c.PostURI, p.base+"/") || strings.HasPrefix(c.CommunityURI, p.base+"/") {
		return p.PostURI(c.PostID) + "/context"
	}
	return ""
}

// Tombstone stands where something was.
func Tombstone(uri string) ap.Tombstone { return ap.Tombstone{ID: uri} }
