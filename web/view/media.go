package view

import (
	"cmp"
	"fmt"
	"html/template"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"stoa/federation/forum"
	"stoa/web/words"
)

// Media is what belongs to a post or comment besides its words: pictures, and
// recordings and files that are had at their server.
type Media struct {
	Figures    []Figure
	Recordings []Recording
	Grid       string // class: how the pictures stand
}

// Figure is one picture. Its frame has its size before it is there, so that
// nothing moves when it comes.
type Figure struct {
	Href          string // where it opens by itself
	Src           string // empty where there is only the link
	Width, Height int
	Sized         bool // the frame is the picture's own, not a guess
	Alt           string
}

// Recording is a video, a sound or another file: a link with what is known of it.
type Recording struct {
	Kind, Label   string // "Video"; "Watch at tube.example"
	Href          string
	Poster        string // address on this node; empty for none
	Width, Height int
	Length        string // 1:02:03; empty when not said
	Lasts         string // in words
}

// The frame of a picture that stands alone, in pixels of the page, and the shape
// taken for one of which nothing is said.
const (
	figureWidth, figureHeight = 736, 640
	guessWidth, guessHeight   = 736, 414
	tileWidth, tileHeight     = 360, 270
)

// media prepares the attachments of one object.
func (f Frame) media(list []forum.Attachment) Media {
	var m Media
	pictures := 0
	for i := range list {
		if list[i].Medium == forum.Picture {
			pictures++
		}
	}
	for i := range list {
		a := &list[i]
		href := WebURL(a.URL)
		if href == "" {
			continue
		}
		if a.Medium == forum.Picture {
			m.Figures = append(m.Figures, f.figure(a, href, pictures))
		} else {
			m.Recordings = append(m.Recordings, f.recording(a, href))
		}
	}
	switch pictures {
	case 1:
		m.Grid = "one"
	case 2, 4:
		m.Grid = "two"
	default:
		m.Grid = "three"
	}
	return m
}

func (f Frame) figure(a *forum.Attachment, href string, pictures int) Figure {
	out := Figure{Href: href, Src: f.picture(a.URL, Whole), Alt: strings.TrimSpace(a.Alt), Width: tileWidth, Height: tileHeight}
	if out.Alt == "" {
		out.Alt = f.T.NoAlt
	}
	if out.Src != "" {
		out.Href = out.Src
	}
	if pictures == 1 {
		out.Width, out.Height, out.Sized = fit(a.Width, a.Height, figureWidth, figureHeight)
	} else if pictures > 4 {
		out.Src = f.picture(a.URL, Thumb)
	}
	return out
}

func (f Frame) recording(a *forum.Attachment, href string) Recording {
	host := hostOf(href)
	r := Recording{Href: href, Poster: f.picture(a.Poster, Whole)}
	switch a.Medium {
	case forum.Video:
		r.Kind, r.Label = f.T.Video, f.T.Watch.With(host)
	case forum.Sound:
		r.Kind, r.Label = f.T.Sound, f.T.Listen.With(host)
	case forum.Link:
		r.Kind, r.Label = f.T.LinkLabel, cmp.Or(strings.TrimSpace(a.Alt), host)
	default:
		r.Kind, r.Label = f.T.File, f.T.Download.With(host)
	}
	r.Width, r.Height, _ = fit(a.Width, a.Height, figureWidth, guessHeight)
	if a.Duration >= time.Second {
		s := int(a.Duration / time.Second)
		if r.Length = fmt.Sprintf("%d:%02d", s/60, s%60); s >= 3600 {
			r.Length = fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
		}
		r.Lasts = f.T.Lasts.With(r.Length)
	}
	return r
}

// fit is the size at which a picture is shown in a frame: as large as it is, or
// as fits. sized is false when nothing is known, or what is said cannot be.
func fit(width, height, maxWidth, maxHeight int) (w, h int, sized bool) {
	const most = 1 << 16
	if width <= 0 || height <= 0 || width > most || height > most {
		return guessWidth, guessHeight, false
	}
	w, h = width, height
	if w > maxWidth {
		w, h = maxWidth, h*maxWidth/w
	}
	if h > maxHeight {
		w, h = w*maxHeight/h, maxHeight
	}
	return max(w, 1), max(h, 1), true
}

// Occasion is when and where an event takes place.
type Occasion struct {
	T          *words.Words
	Start, End Moment // zero when not said
	Place      string
	Cancelled  bool
}

func (f Frame) occasion(o *forum.Occasion) *Occasion {
	if o == nil {
		return nil
	}
	return &Occasion{T: f.T, Start: f.Moment(o.Start), End: f.Moment(o.End), Place: o.Place, Cancelled: o.Cancelled}
}

// Preview is what the page behind a link says of itself.
type Preview struct {
	T                        *words.Words
	Href, Host               string
	Title, Description, Site string
	Src                      string
}

// preview is nil while nothing is known.
func (f Frame) preview(p *forum.Preview, href string) *Preview {
	if href == "" || p.Title == "" && p.Description == "" {
		return nil
	}
	out := &Preview{T: f.T, Href: href, Host: hostOf(href), Title: p.Title, Description: p.Description, Site: p.Site, Src: f.picture(p.Picture, Thumb)}
	if out.Title == "" {
		out.Title = out.Host
	}
	return out
}

// thumb is the small picture beside a post in a list; empty for none, and for
// what is behind a warning.
func (f Frame) thumb(p *forum.Post) string {
	if p.Sensitive || p.Warning != "" || p.Community.Sensitive {
		return ""
	}
	for i := range p.Attachments {
		a := &p.Attachments[i]
		at := a.Poster
		if a.Medium == forum.Picture {
			at = a.URL
		}
		if src := f.picture(at, Thumb); src != "" {
			return src
		}
	}
	return f.picture(p.Preview.Picture, Thumb)
}

// kind says in a word what a post is besides text; empty for what needs no word.
func (f Frame) kind(p *forum.Post) string {
	pictures, video, sound := 0, false, false
	for i := range p.Attachments {
		switch p.Attachments[i].Medium {
		case forum.Picture:
			pictures++
		case forum.Video:
			video = true
		case forum.Sound:
			sound = true
		}
	}
	switch {
	case p.Shape == forum.Happens:
		return f.T.Event
	case p.Shape == forum.Asks:
		return f.T.Question
	case video:
		return f.T.Video
	case sound:
		return f.T.Sound
	case p.Shape == forum.Article:
		return f.T.ArticleKind
	case pictures > 0:
		return f.T.PicturesMany.Of(pictures)
	}
	return ""
}

// mostEmoji is how many pictures stand in one text: the rest stays written.
const mostEmoji = 200

// emoji is a line of text with its pictures; empty where it has none.
func (f Frame) emoji(text string, e forum.Emojis) template.HTML {
	if e == "" || f.Picture == nil {
		return ""
	}
	plain := template.HTMLEscapeString(text)
	if out := f.illustrated(plain, e); out != plain {
		return template.HTML(out) //nolint:gosec // escaped above, with pictures of our own
	}
	return ""
}

// prose is a text as it is shown: made safe when it came, with its pictures.
func (f Frame) prose(html string, e forum.Emojis) template.HTML {
	if e != "" && f.Picture != nil {
		html = f.illustrated(html, e)
	}
	return safe(html)
}

// illustrated puts the pictures of shortcodes into HTML that was made safe: into its text
// alone, and not into code. In such HTML no < or > stands but those of elements.
func (f Frame) illustrated(html string, e forum.Emojis) string {
	var b strings.Builder
	rest, code, left := html, 0, mostEmoji
	pictures := e.All() // once: a text may have a hundred thousand words between colons
	for rest != "" && left > 0 {
		i := strings.IndexAny(rest, "<:")
		if i < 0 {
			break
		}
		b.WriteString(rest[:i])
		rest = rest[i:]
		if rest[0] == '<' {
			end := strings.IndexByte(rest, '>') + 1
			if end == 0 {
				break
			}
			switch element := rest[:end]; {
			case strings.HasPrefix(element, "<code"), strings.HasPrefix(element, "<pre"), strings.HasPrefix(element, "<kbd"):
				code++
			case element == "</code>", element == "</pre>", element == "</kbd>":
				code--
			}
			b.WriteString(rest[:end])
			rest = rest[end:]
			continue
		}
		name, _, closed := strings.Cut(rest[1:], ":")
		src := ""
		if closed && code == 0 && forum.IsShortcode(name) {
			src = f.picture(pictures[name], Thumb)
		}
		if src == "" {
			b.WriteByte(':')
			rest = rest[1:]
			continue
		}
		left--
		b.WriteString(`<img class="emoji" src="` + template.HTMLEscapeString(src) + `" alt=":` + name + `:" title=":` + name + `:" width="20" height="20" loading="lazy" decoding="async">`)
		rest = rest[len(name)+2:]
	}
	return b.String() + rest
}

// Topic leads to what has a hashtag, or a tag of its community.
type Topic struct {
	Label, Href string
	Hue         string // class of the colour of a community's tag; empty for hashtags
}

// TagPath is the page of a hashtag.
func TagPath(name string) string { return "/tag/" + url.PathEscape(name) }

// flair are the tags of its community that a post has.
func (f Frame) flair(p *forum.Post) []Topic {
	var out []Topic
	for _, t := range p.Community.PostTags.Of(p.Tags.Flair) {
		out = append(out, Topic{Label: t.Title, Href: flairPath(&p.Community, t), Hue: hueOf(t)})
	}
	return out
}

func flairPath(c *forum.Community, t forum.PostTag) string {
	return CommunityPath(*c) + "/tag/" + url.PathEscape(t.Name)
}

// hueOf is a colour of ours: white can be read on each, in the light and in the dark.
func hueOf(t forum.PostTag) string {
	return "m" + strconv.Itoa((t.Color+forum.TagColors-1)%forum.TagColors)
}

// hashtags are those of a text, without the one that is called as its community, and those
// that stand in what is shown of it.
func hashtags(t forum.Tags, community, shown string) []Topic {
	var out []Topic
	for _, name := range t.Hashtags.All() {
		if name != forum.Hashtag(community) && !strings.Contains(shown, TagPath(name)+`"`) {
			out = append(out, Topic{Label: "#" + name, Href: TagPath(name)})
		}
	}
	return out
}

// Reaction is an emoji with which people voted.
type Reaction struct {
	Emoji string
	Src   string // of a picture
	Count string
	Act   string // where its button goes that gives it, or takes it back; empty for no button
	On    bool   // whoever looks at it gave it
}

// Name is that of the button, whose value is the emoji.
func (r *Reaction) Name() string {
	if r.On {
		return "none"
	}
	return "emoji"
}

// reactions have buttons where a are the acts of somebody who can give them, who gave mine.
func (f Frame) reactions(r forum.Reactions, a *Acts, mine string) []Reaction {
	if r == "" {
		return nil
	}
	var out []Reaction
	for _, one := range r.All() {
		shown := Reaction{Emoji: one.Emoji, Src: f.picture(one.URL, Thumb), Count: f.T.Number(one.Count)}
		if own := one.URL != "" && strings.HasPrefix(one.URL, f.Public+"/"); a != nil && a.React != "" && (one.URL == "" || own) {
			shown.Act, shown.On = a.React, mine == one.Emoji || own && mine == forum.Pictogram(forum.Emoji{Name: strings.Trim(one.Emoji, ":"), URL: one.URL})
		}
		out = append(out, shown)
	}
	return out
}

// Quoted is what a post or comment quotes. Where it cannot be shown there is nothing but
// Href.
type Quoted struct {
	T     *words.Words
	Href  string
	Host  string // of Href, where that leads elsewhere
	Whose string // "Quoted: name@host"; empty where it cannot be shown
	Brief string
	Veil  string // stands in the place of Brief
	Note  string // to who quotes, of why it is not shown
}

// Quoting is nil for who quotes nothing, or what of it must not be shown.
func (f Frame) Quoting(q forum.Quote, by *forum.Person, all map[string]forum.Quoted) *Quoted {
	if q.URI == "" {
		return nil
	}
	out := &Quoted{T: f.T, Href: WebURL(q.URI)}
	out.Host = hostOf(out.Href)
	one, here := all[q.URI]
	// What its author did not agree to is only linked; nobody has to ask themselves.
	if !here || !slices.Contains(one.By, by.ID) || !q.Agreed && one.Author.ID != by.ID && !one.Author.Local || f.Shuns.Of(&one.Author) {
		if out.Href == "" {
			return nil
		}
		if f.Self != nil && f.Self.Person.ID == by.ID && here && !q.Agreed {
			if out.Note = f.T.Topic.QuoteWaits; q.Declined {
				out.Note = f.T.Topic.QuoteDeclined
			}
		}
		return out
	}
	who := f.person(one.Author)
	out.Host, out.Whose, out.Veil = "", f.T.Topic.Quoted.With(who.Handle()), f.veil(one.Sensitive, one.Warning)
	if out.Href = PostPath(one.PostID); one.CommentID != 0 {
		out.Href = CommentPath(one.CommentID)
	}
	if out.Veil == "" {
		out.Brief = one.Brief
	}
	return out
}
