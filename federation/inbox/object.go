package inbox

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"mime"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
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
	maxNamed   = 50 // runes of a foreign word in a reason

	maxSide = 50_000              // pixels
	maxPlay = 31 * 24 * time.Hour // of a recording
	maxVote = 1_000_000_000       // people who answered a question
)

// isPost lists the types that become posts and comments.
func isPost(kind string) bool {
	return kind == "Note" || kind == "Page" || kind == "Article" || ap.IsRareObjectType(kind)
}

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
	case in.Ours(o.ID):
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
		return "an answer without words" // the choice in a poll of others is one
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

// linkAlone reports whether all that stands in the content is the address of the link.
func linkAlone(o *ap.Object) bool {
	i := linked(o)
	return i >= 0 && oneLine(markup.Plain(o.Content, maxLink+1)) == o.Attachments[i].URL
}

// text keeps what was written as it came, and renders it once. Markdown is
// preferred where the sender keeps it, since it loses nothing on the way.
func (in *Inbox) text(o *ap.Object) forum.Text {
	options := in.render
	options.Base = o.ID
	options.IDPrefix = footnotes(o.ID)
	t := forum.Text{Source: o.Content, Format: forum.HTML, RenderVersion: markup.Version}
	switch {
	case o.Source.MediaType == "text/markdown" && o.Source.Content == "" && (o.Type == "Question" || o.Type == "Page" && linkAlone(o)):
		// It has no text: what stands in content is the title or the link, for microblogs.
		return forum.Text{Format: forum.Markdown, RenderVersion: markup.Version}
	case o.Source.MediaType == "text/markdown" && o.Source.Content != "":
		if rendered, err := markup.FromMarkdown(o.Source.Content, options); err == nil {
			t.Source, t.Format, t.HTML = o.Source.Content, forum.Markdown, unquoted(o, rendered)
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
	t.HTML = unquoted(o, markup.StripLeadingMentions(markup.FromHTML(o.Content, options), mentions(o)))
	return t
}

// unquoted takes away the line that names what is quoted, where that is known.
func unquoted(o *ap.Object, html string) string {
	if o.Quote == "" {
		return html
	}
	html, _ = markup.StripQuote(html)
	return html
}

// Rerender renders a text anew that was taken in before, as it would be taken in
// today by the node at base. uri is the object that it belongs to. The mentions with which a microblog
// post addressed its readers, and the line that named what it quotes, which are not kept, stay away where
// they were away.
func Rerender(base, uri string, t forum.Text) forum.Text {
	t.RenderVersion = markup.Version
	options := markup.Options{LocalURL: base, Base: uri, IDPrefix: footnotes(uri)}
	old := t.HTML
	before := markup.LeadingLinks(old)
	switch {
	case t.Source == "":
		return t // nothing is kept to make it of
	case t.Format == forum.Plain:
		t.HTML = markup.Escape(t.Source)
		return t
	case t.Format == forum.Markdown:
		html, err := markup.FromMarkdown(t.Source, options)
		if err != nil {
			html = markup.Escape(t.Source)
		}
		t.HTML = html
	default:
		t.HTML = markup.FromHTML(t.Source, options)
	}
	if now := markup.LeadingLinks(t.HTML); len(now) > len(before) {
		t.HTML = markup.StripLeadingMentions(t.HTML, now[:len(now)-len(before)])
	}
	if _, had := markup.StripQuote(old); !had && old != "" {
		t.HTML, _ = markup.StripQuote(t.HTML)
	}
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

// attachments are what hangs on an object: what can be shown as what it is, and
// mere links.
func attachments(list []ap.Attachment) []forum.Attachment {
	var kept []forum.Attachment
	for i := range list {
		if a := &list[i]; isWeb(a.URL) && len(kept) < forum.MaxAttachments {
			kept = append(kept, attachment(cmp.Or(mediumOf(a), forum.Link), a))
		}
	}
	return kept
}

func attachment(medium forum.Medium, a *ap.Attachment) forum.Attachment {
	out := forum.Attachment{Medium: medium, URL: a.URL, Type: mediaType(a.MediaType), Alt: cut(oneLine(a.Name), forum.MaxAlt)}
	if a.Width > 0 && a.Height > 0 && a.Width <= maxSide && a.Height <= maxSide {
		out.Width, out.Height = a.Width, a.Height // one alone gives no shape
	}
	if isWeb(a.Poster) && medium != forum.Picture {
		out.Poster = a.Poster
	}
	return out
}

// mediaType is a media type without its parameters; empty for what is none.
func mediaType(s string) string {
	kind, _, err := mime.ParseMediaType(s)
	if err != nil || len(kind) > maxNamed {
		return ""
	}
	return kind
}

// mediumOf says what an attachment is to a reader; 0 for a link. The media type
// counts before the type, which is Document to Mastodon whatever it is, and Link to
// Lemmy; both before the name of the file.
func mediumOf(a *ap.Attachment) forum.Medium {
	switch family, _, _ := strings.Cut(mediaType(a.MediaType), "/"); family {
	case "image":
		return forum.Picture
	case "video":
		return forum.Video
	case "audio":
		return forum.Sound
	case "":
	default:
		if a.Type == "Link" {
			return 0
		}
		return forum.File
	}
	switch a.Type {
	case "Image":
		return forum.Picture
	case "Video":
		return forum.Video
	case "Audio":
		return forum.Sound
	}
	if medium := mediumOfFile(a.URL); medium != 0 || a.Type != "Document" {
		return medium
	}
	return forum.File
}

func mediumOfFile(address string) forum.Medium {
	u, err := url.Parse(address)
	if err != nil || strings.Contains(u.Path, "File:") { // the page of MediaWiki about a picture
		return 0
	}
	switch strings.ToLower(path.Ext(u.Path)) {
	case ".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif":
		return forum.Picture
	case ".mp4", ".webm", ".mov", ".m4v":
		return forum.Video
	case ".mp3", ".ogg", ".oga", ".opus", ".flac", ".m4a", ".wav":
		return forum.Sound
	}
	return 0
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
	if o.Type == "Note" || o.Type == "Question" || o.Sensitive {
		// Elsewhere a summary is a subtitle or an excerpt; Mbin repeats the title.
		p.Warning = cut(oneLine(markup.Plain(o.Summary, maxWarning)), maxWarning)
	}
	rest := o.Attachments
	if i := linked(o); i >= 0 {
		p.Link = rest[i].URL
		if mediumOf(&rest[i]) == 0 {
			rest = slices.Delete(slices.Clone(rest), i, i+1)
		}
	}
	p.Attachments = attachments(rest)
	in.shape(&p, o)
	p.Tags = in.tags(o, &p.Text)
	p.TitleGiven = p.Title != ""
	if !p.TitleGiven {
		p.Title, p.TitleWhole = markup.Opening(p.Text.HTML, forum.MaxTitle)
	}
	if p.Title == "" {
		p.Title = cut(titleless(&p), forum.MaxTitle)
	}
	return p
}

// titleless is what a post is called that has no words.
func titleless(p *forum.Post) string {
	for _, a := range p.Attachments {
		if a.Alt != "" {
			return a.Alt
		}
	}
	switch {
	case p.Link != "":
		return p.Link
	case len(p.Attachments) > 0:
		return p.Attachments[0].URL
	}
	return ""
}

// linked is which attachment a post is about; -1 for none. A Note has pictures, and
// so has the Article of a blog; what is about something says so by a Page, or by a
// Link. Mobilizon puts the picture of an Event before its page.
func linked(o *ap.Object) int {
	for i, a := range o.Attachments {
		switch {
		case o.Type == "Note" || o.Type == "Question" && a.Type != "Link" || !isWeb(a.URL):
			return -1
		case o.Type == "Page" || a.Type == "Link":
			return i
		case o.Type != "Event":
			return -1
		}
	}
	return -1
}

// shape reads what a post is besides words. A document that the vocabulary does not
// accept is read as words.
func (in *Inbox) shape(p *forum.Post, o *ap.Object) {
	if !ap.IsRareObjectType(o.Type) {
		if o.Type == "Article" {
			p.Shape = forum.Article
			addFront(p, o.Image)
		}
		return
	}
	r, err := ap.ReadRareObject(o.Raw)
	if err != nil {
		in.o.Log.Debug("inbox: read as words alone", "object", o.ID, "type", o.Type, "err", err)
		r = ap.RareObject{Object: *o}
	}
	switch o.Type {
	case "Event":
		p.Shape = forum.Happens
		p.Occasion = &forum.Occasion{Start: moment(r.StartTime), End: moment(r.EndTime), Place: cut(oneLine(r.Place), forum.MaxPlace), Cancelled: r.Cancelled}
		addFront(p, o.Image)
	case "Question":
		p.Shape = forum.Asks
		p.Poll = poll(&r)
	case "Video", "Audio":
		p.Shape = forum.Clip
		p.Attachments = append([]forum.Attachment{recording(&r)}, p.Attachments...)
	case "Image", "Document":
		for _, l := range o.Links {
			a := ap.Attachment{Type: o.Type, URL: l.Href, MediaType: cmp.Or(l.MediaType, o.MediaType), Width: l.Width, Height: l.Height}
			if medium := mediumOf(&a); medium != 0 && medium != forum.File && isWeb(a.URL) {
				p.Attachments = append([]forum.Attachment{attachment(medium, &a)}, p.Attachments...)
				break
			}
		}
	}
	p.Attachments = p.Attachments[:min(len(p.Attachments), forum.MaxAttachments)]
}

// tags reads what the texts of an object name besides people. What stands in none of the
// texts is left out of its emoji; the hashtag that names the object itself, as Lemmy gives
// each post that of its community, out of its hashtags.
func (in *Inbox) tags(o *ap.Object, t *forum.Text) forum.Tags {
	var out forum.Tags
	texts := []string{o.Name, o.Content, o.Source.Content, o.Summary}
	out.Emoji = emojis(o.Tag, texts...)
	for _, name := range markup.Hashtags(t.HTML) {
		out.Hashtags = out.Hashtags.With(name)
	}
	for i := range o.Tag {
		switch tag := &o.Tag[i]; {
		case tag.Type == "Hashtag" && tag.Href != o.ID:
			out.Hashtags = out.Hashtags.With(tag.Name)
		case ap.IsPostTag(tag.Type) && o.InReplyTo == "" && ap.ValidID(tag.ID, in.o.Dev) == nil:
			out.Flair = out.Flair.With(tag.ID)
		}
	}
	if said, somebody := o.Quotable(); said {
		if out.Quotable = forum.QuotableNot; somebody {
			out.Quotable = forum.QuotableAsked
		}
	}
	out.Answers = in.answersTo(o)
	if q := o.Quote; q != o.ID && ap.ValidID(q, in.o.Dev) == nil {
		out.Quote = forum.Quote{URI: q, Agreed: !o.AsksToQuote}
		if by := o.QuoteAuthorization; o.AsksToQuote && ap.ValidID(by, in.o.Dev) == nil && ap.SameOrigin(by, q) && !in.Ours(by) {
			out.Quote.Approval = by // which is asked what it allows
		}
	}
	return out
}

// emojis are the pictures among tags that one of the texts has the shortcode of.
func emojis(tags []ap.Tag, texts ...string) (out forum.Emojis) {
	stands := map[string]bool{}
	for i := range tags {
		stands[strings.Trim(tags[i].Name, ":")] = false
	}
	// Each text is read once, however many emoji there are.
	for _, text := range texts {
		for len(stands) > 0 {
			_, rest, ok := strings.Cut(text, ":")
			name, _, closed := strings.Cut(rest, ":")
			if !ok || !closed {
				break
			}
			if _, named := stands[name]; named {
				stands[name] = true
			}
			text = rest
		}
	}
	for i := range tags {
		if name := strings.Trim(tags[i].Name, ":"); tags[i].Type == "Emoji" && stands[name] && isWeb(tags[i].Icon.URL) {
			out = out.With(name, tags[i].Icon.URL)
		}
	}
	return out
}

// addFront puts the picture above an article or an event before the others, unless
// it is among them.
func addFront(p *forum.Post, image ap.Image) {
	has := func(a forum.Attachment) bool { return a.URL == image.URL }
	if !isWeb(image.URL) || slices.ContainsFunc(p.Attachments, has) {
		return
	}
	a := ap.Attachment{URL: image.URL, MediaType: image.MediaType, Name: image.Name, Width: image.Width, Height: image.Height}
	p.Attachments = append([]forum.Attachment{attachment(forum.Picture, &a)}, p.Attachments...)
	p.Attachments = p.Attachments[:min(len(p.Attachments), forum.MaxAttachments)]
}

// recording is what a Video or Audio plays: it is watched at the page of its server,
// which counts who does.
func recording(r *ap.RareObject) forum.Attachment {
	a := ap.Attachment{URL: pageOf(&r.Object), MediaType: "text/html", Poster: cmp.Or(r.Icon.URL, r.Image.URL)}
	medium := forum.Video
	if r.Type == "Audio" {
		medium = forum.Sound
	}
	if !isWeb(r.URL) && len(r.Links) > 0 && isWeb(r.Links[0].Href) { // no page, only the file
		a.URL, a.MediaType = r.Links[0].Href, r.Links[0].MediaType
	}
	out := attachment(medium, &a)
	if r.Duration <= maxPlay {
		out.Duration = r.Duration
	}
	return out
}

// comment reads an object that answers another.
func (in *Inbox) comment(o *ap.Object, author forum.Person) forum.Comment {
	c := forum.Comment{
		URI: o.ID, Author: author, InReplyTo: o.InReplyTo, Text: in.text(o), Language: language(o.Language),
		Sensitive: o.Sensitive, Warning: cut(oneLine(markup.Plain(o.Summary, maxWarning)), maxWarning), URL: pageOf(o),
		Published: stampOf(o.Published), Updated: stampOf(o.Updated), Distinguished: o.Distinguished,
	}
	c.Attachments, c.Tags = attachments(o.Attachments), in.tags(o, &c.Text)
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

// hiddenReason is why an act is not taken that names recipients in bto or bcc.
// Its server had to take them out (ActivityPub §6). What is announced is the
// activity as it came, since a signature may depend on each byte, so it would
// tell everybody.
const hiddenReason = "has hidden recipients"

// hasHidden reports whether a document names recipients that nobody may be told of.
func hasHidden(document []byte) bool {
	if !bytes.Contains(document, []byte("bto")) && !bytes.Contains(document, []byte("bcc")) && !bytes.Contains(document, []byte(`\u00`)) {
		return false // the last spells letters in another way
	}
	var v any
	return json.Unmarshal(document, &v) == nil && namesHidden(v)
}

func namesHidden(v any) bool {
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, namesHidden)
	case map[string]any:
		for key, value := range v {
			if (key == "bto" || key == "bcc") && !isNobody(value) || namesHidden(value) {
				return true
			}
		}
	}
	return false
}

// isNobody: some servers write the fields and leave them empty.
func isNobody(v any) bool {
	list, isList := v.([]any)
	return v == nil || v == "" || isList && len(list) == 0
}
