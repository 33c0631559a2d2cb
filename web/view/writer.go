package view

import (
	"bytes"
	"strconv"
)

// writeTree writes what the template "tree" writes, byte for byte; a test holds
// the two together. It exists for speed alone: on a thread of a thousand
// comments html/template takes seven times as long. For the same reason it writes
// to where the page goes and gives no string, which would be copied on its way.
func writeTree(out *bytes.Buffer, roots []*Node) {
	w := treeWriter{out}
	w.raw(`<ol class="thread">`)
	for _, n := range roots {
		w.comment(n)
	}
	w.raw(`</ol>`)
}

type treeWriter struct{ *bytes.Buffer }

// raw writes markup of our own.
func (w treeWriter) raw(s ...string) {
	for _, s := range s {
		w.WriteString(s)
	}
}

// text writes anything else, escaped for text and for quoted attributes, with
// the replacements that html/template makes there.
func (w treeWriter) text(s string) {
	last := 0
	for i := range len(s) {
		var r string
		switch s[i] {
		case 0:
			r = "\uFFFD"
		case '"':
			r = "&#34;"
		case '&':
			r = "&amp;"
		case '\'':
			r = "&#39;"
		case '+':
			r = "&#43;"
		case '<':
			r = "&lt;"
		case '>':
			r = "&gt;"
		default:
			continue
		}
		w.WriteString(s[last:i])
		w.WriteString(r)
		last = i + 1
	}
	w.WriteString(s[last:])
}

func (w treeWriter) comment(n *Node) {
	w.raw(`<li class="comment `, n.Depth, `" id="`, n.Anchor, `"><div class="byline">`)
	if n.State != "" {
		w.raw(`<span class="gone">`)
		w.text(n.State)
		w.raw(`</span>`)
		if n.Reason != "" {
			w.raw(`<span class="reason" dir="auto">`)
			w.text(n.Reason)
			w.raw(`</span>`)
		}
		w.acts(n.Acts)
		w.when(n)
	} else {
		w.byline(n)
	}
	w.raw(`</div>`)
	if len(n.Children) > 0 {
		w.raw(`<details class="branch" open><summary><span class="vh">`)
		w.text(n.Label)
		w.raw(` </span><span class="count">`)
		w.text(n.Replies)
		w.raw(`</span></summary>`)
	}
	if n.State == "" {
		w.body(n)
	}
	if len(n.Children) > 0 {
		w.raw(`<ol class="replies" aria-label="`)
		w.text(n.ListName)
		w.raw(`">`)
		for _, c := range n.Children {
			w.comment(c)
		}
		w.raw(`</ol></details>`)
	}
	if n.Continue != "" {
		w.raw(`<p class="continue"><a href="/comment/`, n.ID, `">`)
		w.text(n.Continue)
		w.raw(`</a></p>`)
	}
	w.raw(`</li>`)
}

func (w treeWriter) byline(n *Node) {
	a := &n.Author
	w.raw(`<a class="who" href="`)
	w.text(a.Href)
	w.raw(`"><span class="monogram `, a.Hue, `" aria-hidden="true">`)
	w.text(a.Monogram)
	if a.Icon != "" {
		w.raw(`<img src="`)
		w.text(a.Icon)
		w.raw(`" alt="" width="48" height="48" loading="lazy" decoding="async">`)
	}
	w.raw(`</span><bdi class="name">`)
	if a.Rich != "" {
		w.raw(string(a.Rich))
	} else {
		w.text(a.Label)
	}
	w.raw(`</bdi>`)
	if a.Full {
		w.raw(` <bdi class="handle">`)
		w.text(a.Local)
		if a.Host != "" {
			w.raw(`<span class="at">@`)
			w.text(a.Host)
			w.raw(`</span>`)
		}
		w.raw(`</bdi>`)
	}
	w.raw(`</a>`)
	if n.OP {
		w.tag("tag op", n.T.OriginalPoster)
	}
	if n.Moderator != "" {
		w.tag("tag mod", n.Moderator)
	}
	if a.Bot {
		w.tag("tag", n.T.Bot)
	}
	if n.Closed != "" {
		w.tag("tag", n.Closed)
	}
	if n.Leave != "" {
		w.tag("tag", n.Leave)
	}
	if n.New != "" {
		w.tag("tag new", n.New)
	}
	w.when(n)
	if n.Edited.ISO != "" {
		w.raw(`<a class="when" href="/comment/`, n.ID, `/history">`)
		w.text(n.T.Edited)
		w.raw(` `)
		w.moment(n.Edited)
		w.raw(`</a>`)
	}
	if n.Points != "" {
		w.tag("points", n.Points)
	}
}

func (w treeWriter) tag(class, text string) {
	w.raw(`<span class="`, class, `">`)
	w.text(text)
	w.raw(`</span>`)
}

func (w treeWriter) when(n *Node) {
	w.raw(`<a class="when" href="#`, n.Anchor, `">`)
	w.moment(n.At)
	w.raw(`</a>`)
}

func (w treeWriter) moment(m Moment) {
	w.raw(`<time datetime="`, m.ISO, `" title="`)
	w.text(m.Exact)
	w.raw(`">`)
	w.text(m.Ago)
	w.raw(`</time>`)
}

func (w treeWriter) body(n *Node) {
	if n.Veil != "" {
		w.raw(`<details class="veil"><summary><span class="label">`)
		w.text(n.T.ContentWarning)
		w.raw(`</span> <bdi>`)
		w.text(n.Veil)
		w.raw(`</bdi></summary>`)
	}
	w.raw(`<div class="prose" dir="auto"`)
	if n.Lang != "" {
		w.raw(` lang="`)
		w.text(n.Lang)
		w.raw(`"`)
	}
	w.raw(`>`, string(n.Text), `</div>`)
	w.quoted(n.Quoted)
	w.media(&n.Media)
	w.topics(n)
	if n.Veil != "" {
		w.raw(`</details>`)
	}
	w.reactions(n)
	w.raw(`<p class="acts">`)
	w.acts(n.Acts)
	w.raw(`<a href="/comment/`, n.ID, `">`)
	w.text(n.T.Permalink)
	w.raw(`</a>`)
	if n.ParentID != "" {
		w.raw(`<a href="#comment-`, n.ParentID, `">`)
		w.text(n.T.Parent)
		w.raw(`</a>`)
	}
	if n.Original != "" {
		w.raw(`<a href="`)
		w.text(n.Original)
		w.raw(`" rel="nofollow noopener noreferrer ugc">`)
		w.text(n.T.Original)
		w.raw(`</a>`)
	}
	w.raw(`</p>`)
}

func (w treeWriter) quoted(q *Quoted) {
	if q == nil {
		return
	}
	if q.Whose == "" {
		w.raw(`<p class="quoted-link">`)
		w.text(q.T.Topic.QuotedLink)
		w.raw(` <a href="`)
		w.text(q.Href)
		w.raw(`" rel="nofollow noopener noreferrer ugc"><bdi>`)
		w.text(q.Host)
		w.raw(`</bdi></a>`)
		if q.Note != "" {
			w.raw(` <span class="quiet">`)
			w.text(q.Note)
			w.raw(`</span>`)
		}
		w.raw(`</p>`)
		return
	}
	w.raw(`<blockquote class="quoted"><p class="by"><a href="`)
	w.text(q.Href)
	w.raw(`">`)
	w.text(q.Whose)
	w.raw(`</a></p>`)
	if q.Veil != "" {
		w.raw(`<p class="quiet">`)
		w.text(q.Veil)
		w.raw(`</p>`)
	} else if q.Brief != "" {
		w.raw(`<p dir="auto">`)
		w.text(q.Brief)
		w.raw(`</p>`)
	}
	w.raw(`</blockquote>`)
}

func (w treeWriter) topics(n *Node) {
	if len(n.Topics) == 0 {
		return
	}
	w.raw(`<ul class="topics" aria-label="`)
	w.text(n.T.Topic.Tags)
	w.raw(`">`)
	for _, t := range n.Topics { // a comment has hashtags alone
		w.raw(`<li><a class="hashtag" href="`)
		w.text(t.Href)
		w.raw(`" dir="auto">`)
		w.text(t.Label)
		w.raw(`</a></li>`)
	}
	w.raw(`</ul>`)
}

func (w treeWriter) reactions(n *Node) {
	if len(n.Reactions) == 0 {
		return
	}
	w.raw(`<ul class="reactions" aria-label="`)
	w.text(n.T.Topic.Reactions)
	w.raw(`">`)
	for i := range n.Reactions {
		r := &n.Reactions[i]
		w.raw(`<li>`)
		if r.Act != "" {
			w.raw(`<button form="acts" formaction="`, r.Act, `" name="`, r.Name(), `" value="`)
			w.text(r.Emoji)
			w.raw(`" aria-pressed="`, strconv.FormatBool(r.On), `">`)
		}
		if r.Src == "" {
			w.raw(`<span>`)
			w.text(r.Emoji)
			w.raw(`</span>`)
		} else {
			w.raw(`<img class="emoji" src="`)
			w.text(r.Src)
			w.raw(`" alt="`)
			w.text(r.Emoji)
			w.raw(`" title="`)
			w.text(r.Emoji)
			w.raw(`" width="20" height="20" loading="lazy" decoding="async">`)
		}
		w.raw(` <span class="count">`, r.Count, `</span>`)
		if r.Act != "" {
			w.raw(`</button>`)
		}
		w.raw(`</li>`)
	}
	w.raw(`</ul>`)
}

// acts writes what the template "acts" writes. Addresses and values are made of words
// of ours and numbers.
func (w treeWriter) acts(a *Acts) {
	if a == nil {
		return
	}
	button := func(class, act, label string, pressed *bool) {
		w.raw(`<button form="acts" name="do" value="`, act, `"`)
		if class != "" {
			w.raw(` class="`, class, `"`)
		}
		if pressed != nil {
			w.raw(` aria-pressed="`, strconv.FormatBool(*pressed), `"`)
		}
		w.raw(`>`)
		if class == "up" || class == "down" {
			w.raw(`<span class="vh">`)
			w.text(label)
			w.raw(`</span>`)
		} else {
			w.text(label)
		}
		w.raw(`</button>`)
	}
	link := func(class, href, label string) {
		if href != "" {
			w.raw(`<a `, class, `href="`, href, `">`)
			w.text(label)
			w.raw(`</a>`)
		}
	}
	defer func() { link(``, a.Moderate, a.T.Moderate.Moderate) }()
	t := &a.T.Act
	if a.Closed {
		if a.Gone {
			button("", a.RestoreAct(), t.Restore, nil)
		}
		return
	}
	if !a.Bot {
		w.raw(`<span class="vote">`)
		button("up", a.UpAct(), t.Upvote, &a.Up)
		button("down", a.DownAct(), t.Downvote, &a.Down)
		w.raw(`</span>`)
	}
	link(`class="reply" `, a.Reply, t.Reply)
	link(`class="react" `, a.React, a.T.Topic.React)
	link(``, a.Quote, a.T.Topic.Quote)
	button("keep", a.SaveAct(), a.SaveLabel(), &a.Saved)
	if a.Hides {
		button("", a.HideAct(), t.Hide, nil)
	}
	if a.Edit != "" {
		link(``, a.Edit, t.Edit)
		button("", a.DeleteAct(), t.Delete, nil)
	}
	report := `class="report" `
	if a.Reported {
		report += `data-done `
	}
	link(report, a.Report, a.ReportLabel())
}

func (w treeWriter) media(m *Media) {
	if len(m.Figures) > 0 {
		w.raw(`<ul class="gallery `, m.Grid, `">`)
		for i := range m.Figures {
			w.figure(&m.Figures[i])
		}
		w.raw(`</ul>`)
	}
	for i := range m.Recordings {
		r := &m.Recordings[i]
		w.raw(`<a class="recording" href="`)
		w.text(r.Href)
		w.raw(`" rel="nofollow noopener noreferrer ugc">`)
		if r.Poster != "" {
			w.raw(`<img src="`)
			w.text(r.Poster)
			w.raw(`" alt="" width="`, strconv.Itoa(r.Width), `" height="`, strconv.Itoa(r.Height), `" loading="lazy" decoding="async">`)
		}
		w.tag("tag", r.Kind)
		w.raw(` <span class="label">`)
		w.text(r.Label)
		w.raw(`</span>`)
		if r.Length != "" {
			w.raw(` <span class="length"><span aria-hidden="true">`)
			w.text(r.Length)
			w.raw(`</span><span class="vh">`)
			w.text(r.Lasts)
			w.raw(`</span></span>`)
		}
		w.raw(`</a>`)
	}
}

func (w treeWriter) figure(f *Figure) {
	if f.Src == "" {
		w.raw(`<li><a class="picture-link" href="`)
		w.text(f.Href)
		w.raw(`" rel="nofollow noopener noreferrer ugc">`)
		w.text(f.Alt)
		w.raw(`</a></li>`)
		return
	}
	w.raw(`<li><a href="`)
	w.text(f.Href)
	w.raw(`"><img`)
	if !f.Sized {
		w.raw(` class="framed"`)
	}
	w.raw(` src="`)
	w.text(f.Src)
	w.raw(`" alt="`)
	w.text(f.Alt)
	w.raw(`" width="`, strconv.Itoa(f.Width), `" height="`, strconv.Itoa(f.Height), `" loading="lazy" decoding="async"></a></li>`)
}
