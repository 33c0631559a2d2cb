package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"stoa/activitypub/markup"
	"stoa/federation/fedtest"
)

// stopAfter cancels when something was written that often.
type stopAfter struct {
	bytes.Buffer
	lines int
	stop  func()
}

func (s *stopAfter) Write(b []byte) (int, error) {
	if s.lines--; s.lines == 0 {
		s.stop()
	}
	return s.Buffer.Write(b)
}

// Old texts are rendered anew as they would be today, however often the work is
// stopped; what is edited meanwhile, and what nothing is kept of, stays.
func TestRerender(t *testing.T) {
	d := newDesk(t)
	post := d.submit(d.ann, d.community, "A porch", "It has **columns**, and is !porch@far.example of old.")
	peer := fedtest.New(t, fedtest.Options{Software: fedtest.Mastodon, Lenient: true})
	c := fedtest.CommunityAt(d.community)
	says := peer.Person("jo").Create(fedtest.Post{Community: c, InReplyTo: post, HTML: "<p>Mine has <em>two</em>.</p>"})
	if p := d.send(peer, says); p.State != "applied" {
		t.Fatal(p.State, p.Reason)
	}
	html := func(table string) (all string) {
		if err := d.db.Pool().QueryRow(t.Context(), `select string_agg(id || ' ' || html || ' ' || render_version, E'\n' order by id) from `+table).Scan(&all); err != nil {
			t.Fatal(err)
		}
		return all
	}
	comment := html("comment")
	if !strings.Contains(comment, "<em>two</em>") || strings.Contains(comment, "@porch") {
		t.Fatal("taken in as ", comment)
	}
	for i := range 2*renderAtOnce + 50 {
		d.exec(`insert into comment (id, uri, local, post_id, depth, author_id, in_reply_to, source, format, html, published_at)
			select nextval('comment_id_seq'), 'https://far.example/c/' || $1::text, false, 1, 1, author_id, $2, '*a*', 1, '<p>*a*</p>', now() from comment limit 1`, fmt.Sprint(i), post)
	}
	d.exec(`insert into comment (id, uri, local, post_id, depth, author_id, in_reply_to, html, published_at)
		select nextval('comment_id_seq'), 'https://far.example/c/bare', false, 1, 1, author_id, $1, '<p>kept</p>', now() from comment limit 1`, post)
	posts := html("post")
	d.exec(`update post set render_version = 0, html = 'old'`)
	d.exec(`update comment set render_version = 0, html = '<p>old</p>' where source <> '' and source <> '*a*'`)

	rerender := func(ctx context.Context, out *stopAfter) int {
		var errs bytes.Buffer
		status := run(ctx, []string{"--database-url", d.dsn, "--url", d.cfg.URL.String(), "--data", d.cfg.Data, "rerender"}, out, &errs, func(string) string { return "" })
		if status != 0 && ctx.Err() == nil {
			t.Fatal(errs.String())
		}
		return status
	}
	ctx, stop := context.WithCancel(t.Context())
	if status := rerender(ctx, &stopAfter{lines: 2, stop: stop}); status == 0 {
		t.Error("a command that was stopped says that it is done")
	}
	var left int
	if err := d.db.Pool().QueryRow(t.Context(), `select count(*) from comment where render_version = 0`).Scan(&left); err != nil || left == 0 || left > renderAtOnce*2+50 {
		t.Fatalf("stopped with %d left: %v", left, err)
	}
	out := &stopAfter{}
	rerender(t.Context(), out)
	if !strings.Contains(out.String(), fmt.Sprintf("%d of %d comments", left, left)) {
		t.Errorf("went on with %s", out.String())
	}
	if got := html("post"); got != posts {
		t.Errorf("posts became\n%s\nwant\n%s", got, posts)
	}
	all := html("comment")
	if !strings.HasPrefix(all, comment+"\n") {
		t.Errorf("the reply became\n%s\nwant\n%s", strings.SplitN(all, "\n", 2)[0], comment)
	}
	if n := strings.Count(all, fmt.Sprint("<p><em>a</em></p> ", markup.Version)); n != 2*renderAtOnce+50 {
		t.Errorf("%d comments are rendered", n)
	}
	if !strings.Contains(all, fmt.Sprint("<p>kept</p> ", markup.Version)) {
		t.Error("a text without a source is lost")
	}
	out = &stopAfter{}
	rerender(t.Context(), out)
	if !strings.Contains(out.String(), "All texts") {
		t.Errorf("again: %s", out.String())
	}
}
