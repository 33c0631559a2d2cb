package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/media"
)

// tagged is a thread in which everything is named that texts can name.
func (n *node) tagged(c forum.Community) (forum.Post, forum.Comment) {
	n.t.Helper()
	blob := pictureAt("kiln", 64, 64)
	emoji := forum.Emojis("").With("blob", blob)
	quoted := n.post(c, draft{by: "lin@far.example", title: "What was said", md: "At length."})
	post := n.post(c, draft{by: "Mira :blob: <mira@microblog.example>", title: "A kiln :blob: :none:", html: `<p>Hot :blob: <a href="https://far.example/:blob:">:blob:</a> <code>:blob:</code> :none: &lt;b&gt;</p>`, with: func(p *forum.Post) {
		p.Tags = forum.Tags{Emoji: emoji, Hashtags: forum.Hashtags("").With("#Kilns").With("#" + c.Name), Flair: c.Flair([]string{"news"}), Quote: forum.Quote{URI: quoted.URI, Agreed: true}}
	}})
	var reply forum.Comment
	n.in(func(ctx context.Context, tx *storage.Tx) error {
		out, err := n.forum.Reply(ctx, tx, []forum.Reply{{Comment: forum.Comment{
			Author: n.who("ada"), InReplyTo: post.URI, Text: forum.Text{Source: "x", Format: forum.Markdown, HTML: "<p>Yes :blob:</p>"},
			Tags: forum.Tags{Emoji: emoji, Hashtags: "kilns", Quote: forum.Quote{URI: "https://elsewhere.example/9"}},
		}, Received: now}})
		if err != nil {
			return err
		}
		reply.ID = n.check(out[0])
		_, err = n.forum.Vote(ctx, tx, []forum.Vote{
			{Voter: n.who("lin@far.example"), Object: post.URI, Dir: 1, At: now, Emoji: "🙂", Origin: via(c)},
			{Voter: n.who("kim@far.example"), Object: post.URI, Dir: 1, At: now, Emoji: ":blob: " + blob, Origin: via(c)},
			{Voter: n.who("lin@far.example"), Object: fmt.Sprintf("%s/comment/%d", testBase, reply.ID), Dir: 1, At: now, Emoji: "🙂", Origin: via(c)},
		})
		return err
	})
	return post, reply
}

// flaired is a community with tags.
func (n *node) flaired(name string) forum.Community {
	n.t.Helper()
	c := n.abroad(name, "forum.example", "Kilns")
	c.PostTags = c.PostTags.With(forum.PostTag{ID: c.URI + "/tag/news", Name: "news", Title: "News", Color: 3})
	c, err := n.db.SaveCommunity(n.t.Context(), c, nil)
	if err != nil {
		n.t.Fatal(err)
	}
	return c
}

// Emoji, hashtags, tags, reactions and quotes stand where they belong, and every picture
// comes from here.
func TestWhatTextsName(t *testing.T) {
	n := newNode(t)
	c := n.flaired("kilns")
	post, reply := n.tagged(c)
	src := n.site.Media.Signer.Address(pictureAt("kiln", 64, 64), media.Thumb)
	img := `<img class="emoji" src="` + src + `" alt=":blob:" title=":blob:" width="20" height="20" loading="lazy" decoding="async">`
	page := n.get(fmt.Sprint("/post/", post.ID)).body
	for _, want := range []string{
		`dir="auto">A kiln ` + img + ` :none:</h1>`,
		`<p>Hot ` + img + ` <a href="https://far.example/:blob:" rel="nofollow noopener noreferrer ugc">` + img + `</a> <code>:blob:</code> :none: &lt;b&gt;</p>`,
		`<bdi class="name">Mira :blob:</bdi>`, // nobody said what it is in a name
		`<p>Yes ` + img + `</p>`,
		`<a class="flair m2" href="/c/kilns@forum.example/tag/news" dir="auto">News</a>`,
		`<a class="hashtag" href="/tag/kilns" dir="auto">#kilns</a>`, // of the comment
		`<ul class="reactions" aria-label="Reactions"><li><img class="emoji" src="` + src + `" alt=":blob:"`,
		`<span>🙂</span> <span class="count">1</span>`,
		`<p class="by"><a href="/post/1">Quoted: lin@far.example</a></p><p dir="auto">What was said</p>`,
		`<a href="https://elsewhere.example/9" rel="nofollow noopener noreferrer ugc"><bdi>elsewhere.example</bdi></a>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the thread lacks %s", want)
		}
	}
	if strings.Contains(page, `src="https://`) {
		t.Error("a picture is loaded from elsewhere")
	}
	if head, _, _ := strings.Cut(page, `id="comments"`); strings.Contains(head, `class="hashtag"`) {
		t.Error("the hashtag of its community stands below the post")
	}
	if alone := n.get(fmt.Sprint("/comment/", reply.ID)).body; !strings.Contains(alone, "<p>Yes "+img+"</p>") {
		t.Error("the page of a comment lacks its emoji")
	}
	for path, listed := range map[string]bool{"/tag/kilns": true, "/tag/other": false, "/c/kilns@forum.example/tag/news": true} {
		list := n.get(path)
		if is := strings.Contains(list.body, `<a href="`+fmt.Sprint("/post/", post.ID)+`">A kiln `+img); list.StatusCode != http.StatusOK || is != listed {
			t.Errorf("%s: %d, lists it: %v", path, list.StatusCode, is)
		}
	}
	if moved := n.ask(http.MethodGet, "/tag/KILNS"); moved.StatusCode != http.StatusMovedPermanently || moved.Header.Get("Location") != "/tag/kilns" {
		t.Errorf("/tag/KILNS: %d %q", moved.StatusCode, moved.Header.Get("Location"))
	}
	if gone := n.get("/c/kilns@forum.example/tag/other"); gone.StatusCode != http.StatusNotFound {
		t.Errorf("a tag that is none: %d", gone.StatusCode)
	}
	// What its author never agreed to is a link, and so is what is gone.
	shown := func(uri string, agreed bool) bool {
		t.Helper()
		p := n.post(c, draft{by: "mira@microblog.example", title: "Q", md: "x", with: func(p *forum.Post) { p.Tags.Quote = forum.Quote{URI: uri, Agreed: agreed} }})
		body := n.get(fmt.Sprint("/post/", p.ID)).body
		if card := strings.Contains(body, `class="quoted"`); card == strings.Contains(body, `class="quoted-link"`) {
			t.Errorf("%s is shown in both ways, or none", uri)
		}
		return strings.Contains(body, `class="quoted"`)
	}
	theirs := n.post(c, draft{by: "lin@far.example", title: "Theirs", md: "x"})
	own := n.post(c, draft{by: "mira@microblog.example", title: "Own", md: "x"})
	if !shown(theirs.URI, true) || shown(theirs.URI, false) || !shown(own.URI, false) {
		t.Error("quotes are shown that were not agreed to, or the other way round")
	}
	n.setState(forum.Subject{Kind: forum.OnPost, ID: theirs.ID}, forum.Removed, "")
	if shown(theirs.URI, true) {
		t.Error("what was removed is shown in a quote")
	}
	// Nor is what its author does not want to be quoted: not by that one, or their server.
	ada := n.who("ada")
	for _, sql := range []string{
		`insert into account (person_id, password, made_at, changed_at) values ($1, '', now(), now()) on conflict do nothing`,
		`insert into shun (person_id, kind, host, at) values ($1, 3, 'microblog.example', now())`,
	} {
		if _, err := n.db.Pool().Exec(t.Context(), sql, ada.ID); err != nil {
			t.Fatal(err)
		}
	}
	hers := n.post(c, draft{by: "ada", title: "Hers", md: "x"})
	if shown(hers.URI, true) {
		t.Error("somebody of a server that its author has blocked quotes it")
	}
	// One who may does not open it for one who may not.
	both := n.post(c, draft{by: "lin@far.example", title: "Q", md: "x", with: func(p *forum.Post) { p.Tags.Quote = forum.Quote{URI: hers.URI, Agreed: true} }})
	n.in(func(ctx context.Context, tx *storage.Tx) error {
		out, err := n.forum.Reply(ctx, tx, []forum.Reply{{Origin: via(c), Comment: forum.Comment{
			URI: "https://microblog.example/q/1", Author: n.who("mira@microblog.example"), InReplyTo: both.URI, Text: forum.Text{Source: "x", Format: forum.HTML, HTML: "<p>x</p>"},
			Tags: forum.Tags{Quote: forum.Quote{URI: hers.URI, Agreed: true}}, Published: forum.Stamp{Time: now}}, Received: now}})
		if err == nil {
			n.check(out[0])
		}
		return err
	})
	body := n.get(fmt.Sprint("/post/", both.ID)).body
	if cards, links := strings.Count(body, `class="quoted"`), strings.Count(body, `class="quoted-link"`); cards != 1 || links != 1 {
		t.Errorf("of two quotes %d are cards and %d links", cards, links)
	}
}

// The newest stand first, and each page begins where the one before ended.
func TestPagesOfATag(t *testing.T) {
	n := newNode(t)
	c := n.abroad("many", "forum.example", "Many")
	for range pageSize + 3 {
		n.post(c, draft{by: "lin@far.example", title: "One", md: "x", with: func(p *forum.Post) { p.Tags.Hashtags = "many" }})
	}
	first := n.get("/tag/many").body
	_, rest, _ := strings.Cut(first, `rel="next" href="`)
	next, _, _ := strings.Cut(rest, `"`)
	second := n.get(strings.ReplaceAll(next, "&amp;", "&")).body
	if a, b := strings.Count(first, `<article class="card`), strings.Count(second, `<article class="card`); a != pageSize || b != 3 {
		t.Errorf("%d and %d posts at %q", a, b, next)
	}
	if strings.Contains(second, fmt.Sprintf(`href="/post/%d"`, pageSize+3)) {
		t.Error("the newest is on the second page")
	}
	if bad := n.get("/tag/many?after=1~x"); bad.StatusCode != http.StatusBadRequest {
		t.Errorf("a cursor that is none: %d", bad.StatusCode)
	}
}
