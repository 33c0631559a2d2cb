package compose

import (
	"encoding/json"
	"fmt"
	"image/color"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"stoa/federation/forum"
	"stoa/storage/private"
)

// lacks lists what is not on a page.
func lacks(page string, parts ...string) (gone []string) {
	for _, p := range parts {
		if !strings.Contains(page, p) {
			gone = append(gone, p)
		}
	}
	return gone
}

// Three pictures come one after the other, each with its description, and stay in that
// order.
func TestPostWithThreePictures(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	fields := []string{"to", "go", "title", "Three walls", "text", "Words."}
	for i, c := range []color.RGBA{{200, 30, 30, 255}, {30, 200, 30, 255}, {30, 30, 200, 255}} {
		status, form := n.sends("ann", "/submit", pngOf(n, drawing(60+i, 40, c)), fields...)
		names := sent.FindAllStringSubmatch(form, -1)
		if status != 200 || len(names) != i+1 {
			t.Fatalf("picture %d: %d, %d in the form", i, status, len(names))
		}
		kept := []string{`value="Three walls"`, "Words."}
		for j := range i {
			kept = append(kept, fmt.Sprintf(`value="Wall %d"`, j))
		}
		if gone := lacks(form, kept...); gone != nil {
			t.Errorf("picture %d: the form lacks %q", i, gone)
		}
		fields = append(fields, "picture", names[i][1], "alt-"+names[i][1], fmt.Sprintf("Wall %d", i))
	}
	if status, body := n.sends("ann", "/submit", nil, fields...); status != 303 {
		t.Fatal(status, body)
	}
	p, err := n.db.Reader().Post(t.Context(), 1)
	if err != nil || len(p.Attachments) != 3 {
		t.Fatal(p.Attachments, err)
	}
	page, at := n.sees("", "/post/1"), -1
	for i, a := range p.Attachments {
		if a.Width != 60+i || a.Alt != fmt.Sprintf("Wall %d", i) {
			t.Errorf("picture %d: %+v", i, a)
		}
		shown := strings.Index(page, fmt.Sprintf(`alt="Wall %d"`, i))
		if shown <= at {
			t.Errorf("picture %d is at %d of the page, the one before at %d", i, shown, at)
		}
		at = shown
	}
}

// What is said of a text beside it is stored with it, in a post, an answer and an edit,
// and is still in the form where that is refused for something else.
func TestWarningAndLanguage(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	said := []string{"sensitive", "1", "warning", "A spider", "language", "de", "text", "Eight legs."}
	in := []string{`id="field-sensitive" name="sensitive" value="1" checked`, `value="A spider"`, `<option value="de" selected>`, "Eight legs."}
	is := func(what, warning, language string, sensitive bool) {
		t.Helper()
		if warning != "A spider" || language != "de" || !sensitive {
			t.Errorf("%s: %q %q %v", what, warning, language, sensitive)
		}
	}
	for path, wrong := range map[string][]string{"/submit": {"to", "go", "title", ""}, "/submit?": {"to", "none", "title", "A title"}} {
		if status, form := n.sends("ann", path, nil, append(slices.Clone(said), wrong...)...); status != 400 || lacks(form, in...) != nil || !strings.Contains(form, `-fault">`) {
			t.Errorf("%s %v: %d lacks %q", path, wrong, status, lacks(form, in...))
		}
	}
	n.done("ann", "/submit", append(slices.Clone(said), "to", "go", "title", "Look")...)
	p, err := n.db.Reader().Post(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	is("a post", p.Warning, p.Language, p.Sensitive)
	if gone := lacks(n.sees("", "/post/1"), `class="veil"`, "<bdi>A spider</bdi>", `lang="de"`); gone != nil {
		t.Errorf("the page lacks %q", gone)
	}
	if status, form := n.sends("ann", "/reply/post-1", nil, append(slices.Clone(said[:6]), "text", " ")...); status != 400 || lacks(form, in[:3]...) != nil {
		t.Errorf("an answer: %d lacks %q", status, lacks(form, in[:3]...))
	}
	n.done("ann", "/reply/post-1", said...)
	c, err := n.db.Reader().Comment(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	is("an answer", c.Warning, c.Language, c.Sensitive)
	if gone := lacks(n.sees("ann", "/edit/comment-1"), in...); gone != nil {
		t.Errorf("the form to edit lacks %q", gone)
	}
	n.done("ann", "/edit/post-1", "title", "Look", "text", "Nothing.")
	if p, err = n.db.Reader().Post(t.Context(), 1); err != nil || p.Warning != "" || p.Language != "" || p.Sensitive {
		t.Errorf("an edit: %+v %v", p, err)
	}
	n.done("ann", "/edit/post-1", append(slices.Clone(said), "title", "Look")...)
	if p, err = n.db.Reader().Post(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	is("an edit", p.Warning, p.Language, p.Sensitive)
}

// Whoever is signed in no more when they send what they wrote gets all of it back, and
// a way to sign in; nothing is written.
func TestLapsedSession(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	n.done("ann", "/submit", "to", "go", "title", "One", "text", "Before.")
	n.done("ann", "/reply/post-1", "text", "Said before.")
	all, err := private.Of(n.db).Sessions(t.Context(), n.people["ann"].ID)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	if ended, err := private.Of(n.db).End(t.Context(), n.people["ann"].ID, all[0].Token); !ended || err != nil {
		t.Fatal(ended, err)
	}
	said := []string{"text", "Typed for an hour.", "sensitive", "1", "warning", "Long", "language", "de"}
	in := []string{"Typed for an hour.</textarea>", `name="sensitive" value="1" checked`, `value="Long"`, `<option value="de" selected>`, `href="/sign-in"`, "You are no longer signed in."}
	for path, more := range map[string][]string{
		"/submit": {"to", "go", "title", "Two", "link", "https://beans.example/"}, "/edit/post-1": {"title", "One, and more", "link", "https://beans.example/"},
		"/reply/post-1": nil, "/reply/comment-1": nil, "/edit/comment-1": nil,
	} {
		want := append([]string{`action="` + path + `"`}, in...)
		for i := 1; i < len(more); i += 2 {
			want = append(want, `value="`+more[i]+`"`)
		}
		for _, button := range []string{"", "preview", "draft"} {
			status, form := n.sends("ann", path, nil, append(append(slices.Clone(said), more...), button, "1")...)
			if gone := lacks(form, want...); status != 403 || gone != nil {
				t.Errorf("%s %s: %d lacks %q", path, button, status, gone)
			}
		}
	}
	status, form := n.sends("ann", "/submit", make([]byte, 1<<20), append(slices.Clone(said), "to", "go", "title", "Two")...) // and a picture that is not even looked at
	if gone := lacks(form, append(in, `value="Two"`)...); status != 403 || gone != nil {
		t.Errorf("with a picture: %d lacks %q", status, gone)
	}
	if status, _ := n.sends("ann", "/submit", nil, "text", strings.Repeat("x", 4*forum.MaxPostSource+1)); status != 400 {
		t.Errorf("more than a form may hold: %d", status)
	}
	var written int
	if err := n.db.Pool().QueryRow(t.Context(), `select (select count(*) from post) + (select count(*) from comment) + (select count(*) from revision) + (select count(*) from draft)`).Scan(&written); err != nil || written != 2 {
		t.Errorf("%d things are written, %v", written, err)
	}
}

// pressed sends the value of a button as script does, and gives what the buttons are to
// show.
func (n *node) pressed(who, do string) (now state) {
	n.Helper()
	r, err := http.NewRequestWithContext(n.Context(), http.MethodPost, n.server.URL+"/act", strings.NewReader(url.Values{"do": {do}}.Encode()))
	if err != nil {
		n.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	r.AddCookie(&http.Cookie{Name: "session", Value: n.tokens[who]})
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		n.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // it has been read
	body, err := io.ReadAll(res.Body)
	if err == nil {
		err = json.Unmarshal(body, &now)
	}
	if err != nil || res.StatusCode != http.StatusOK {
		n.Fatalf("%s: %d %s %v", do, res.StatusCode, body, err)
	}
	return now
}

// The same button does and undoes: by form, the page shows it turned and the points
// right; by script, the answer says the same.
func TestButtonsTurn(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.lives("bob", false)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	n.done("ann", "/submit", "to", "go", "title", "One")
	n.done("ann", "/reply/post-1", "text", "Words.")
	for _, on := range []string{"post-1", "comment-1"} {
		up, down, save := "up "+on, "down "+on, "save "+on
		no := "unvote " + on
		for _, step := range []struct {
			do     string
			want   state
			points string // of ann's own vote, which counts, and bob's
		}{
			{"save " + on, state{Up: up, Down: down, Save: "unsave " + on, Saved: true, Label: "Saved"}, ""},
			{"save " + on, state{Up: up, Down: down, Save: "unsave " + on, Saved: true, Label: "Saved"}, ""}, // twice does no harm
			{"unsave " + on, state{Up: up, Down: down, Save: save, Label: "Save"}, ""},
			{up, state{Up: no, Down: down, Save: save, Label: "Save", Dir: 1}, "2 points"},
			{no, state{Up: up, Down: down, Save: save, Label: "Save"}, ""},
			{down, state{Up: up, Down: no, Save: save, Label: "Save", Dir: -1}, "0 points"},
			{up, state{Up: no, Down: down, Save: save, Label: "Save", Dir: 1}, "2 points"},
			{no, state{Up: up, Down: down, Save: save, Label: "Save"}, ""},
		} {
			step.want.Points = step.points
			for _, by := range []string{"form", "script"} {
				if by == "form" {
					if to := n.done("bob", "/act", "do", step.do, "back", "/post/1"); to != "/post/1#"+on {
						t.Errorf("%s leads to %s", step.do, to)
					}
				} else if now := n.pressed("bob", step.do); now != step.want {
					t.Errorf("%s by script: %+v, want %+v", step.do, now, step.want)
				}
				page := n.sees("bob", "/post/1")
				want := []string{
					fmt.Sprintf(`value=%q class="up" aria-pressed="%t"`, step.want.Up, step.want.Dir > 0), fmt.Sprintf(`value=%q class="down" aria-pressed="%t"`, step.want.Down, step.want.Dir < 0),
					fmt.Sprintf(`value=%q class="keep" aria-pressed="%t">%s<`, step.want.Save, step.want.Saved, step.want.Label),
				}
				if gone := lacks(page, want...); gone != nil {
					t.Errorf("%s by %s: the page lacks %q", step.do, by, gone)
				}
				if has := strings.Contains(page, `class="points"`); has != (step.points != "") || !strings.Contains(page, step.points) {
					t.Errorf("%s by %s: the page does not show %q", step.do, by, step.points)
				}
				if kept := strings.Contains(n.sees("bob", "/saved"), `href="/`+strings.Replace(on, "-", "/", 1)); kept != step.want.Saved {
					t.Errorf("%s by %s: among what is saved: %v", step.do, by, kept)
				}
			}
		}
	}
	for _, by := range []string{"form", "script"} {
		press := func(do string) {
			t.Helper()
			if by == "script" {
				n.pressed("bob", do)
			} else if to := n.done("bob", "/act", "do", do, "back", "/c/go"); !strings.HasPrefix(to, "/") {
				t.Errorf("%s leads to %s", do, to)
			}
		}
		hidden := func(yes bool) {
			t.Helper()
			for who, gone := range map[string]bool{"bob": yes, "ann": false} {
				page := n.sees(who, "/c/go")
				if strings.Contains(page, `id="post-1"`) == gone || strings.Contains(page, `value="hide post-1"`) == gone || strings.Contains(page, `value="unhide post-1"`) != gone {
					t.Errorf("by %s: hidden %v, and not so for %s", by, yes, who)
				}
			}
		}
		hidden(false)
		press("hide post-1")
		hidden(true)
		press("unhide post-1")
		hidden(false)
		for _, b := range []string{"watch", "mute"} {
			press(b + " post-1")
			if gone := lacks(n.sees("bob", "/post/1"), fmt.Sprintf(`value="un%s post-1" aria-pressed="true">`, b)); gone != nil {
				t.Errorf("by %s: the page lacks %q", by, gone)
			}
			press("un" + b + " post-1")
			if gone := lacks(n.sees("bob", "/post/1"), fmt.Sprintf(`value="%s post-1" aria-pressed="false">`, b)); gone != nil {
				t.Errorf("by %s: the page lacks %q", by, gone)
			}
		}
	}
}

// Who sees votes is said where one votes, to those who can.
func TestVotesSeenIsSaid(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	n.done("ann", "/submit", "to", "go", "title", "One")
	const words = "Other servers and their admins see who voted up or down."
	if !strings.Contains(n.sees("ann", "/post/1"), words) {
		t.Error("nothing says who sees votes")
	}
	if strings.Contains(n.sees("", "/post/1"), words) {
		t.Error("it is said to those who cannot vote")
	}
}

// Communities are joined and left by the button of their page, here and elsewhere; a
// server elsewhere is told of both.
func TestJoinAndLeave(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.lives("bob", false)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	var far int64
	err := n.db.Pool().QueryRow(t.Context(), `insert into community (uri, name, host, local, inbox, followers_url, fetched_at)
		values ('https://far.example/c/tea', 'tea', 'far.example', false, 'https://far.example/c/tea/inbox', 'https://far.example/c/tea/followers', now()) returning id`).Scan(&far)
	if err != nil {
		t.Fatal(err)
	}
	is := func(path string, id int64, want forum.FollowState, button string) {
		t.Helper()
		if state, err := private.Of(n.db).Following(t.Context(), n.people["bob"].ID, id); err != nil || state != want {
			t.Errorf("%s: %v, %v; want %v", path, state, err, want)
		}
		if gone := lacks(n.sees("bob", path), fmt.Sprintf(`value="%s community-%d">`, button, id)); gone != nil {
			t.Errorf("%s lacks %q", path, gone)
		}
	}
	told := func() (verbs string) {
		t.Helper()
		err := n.db.Pool().QueryRow(t.Context(), `select coalesce(string_agg(g.verb || ' ' || i.url, ', ' order by g.seq), '') from outbox_direct d join server_inbox i on i.id = d.inbox_id join log g on g.seq = d.seq
			where g.actor = $1`, n.people["bob"].URI).Scan(&verbs)
		if err != nil {
			t.Fatal(err)
		}
		return verbs
	}
	const here, there, inbox = "/c/go", "/c/tea@far.example", "https://far.example/c/tea/inbox"
	is(here, 1, forum.NotFollowing, "join")
	n.done("bob", "/act", "do", "join community-1", "back", here)
	is(here, 1, forum.Following, "leave")
	n.done("bob", "/act", "do", "leave community-1", "back", here)
	is(here, 1, forum.NotFollowing, "join")
	if got := told(); got != "" {
		t.Errorf("others are told of a community of this node: %s", got)
	}
	is(there, far, forum.NotFollowing, "join")
	n.done("bob", "/act", "do", fmt.Sprintf("join community-%d", far), "back", there)
	is(there, far, forum.Pending, "leave")
	if page := n.sees("bob", there); !strings.Contains(page, "Asked to join, not answered yet") {
		t.Error("that it was not answered is not said")
	}
	n.done("bob", "/act", "do", fmt.Sprintf("leave community-%d", far), "back", there)
	is(there, far, forum.NotFollowing, "join")
	if got, want := told(), "follow "+inbox+", unfollow "+inbox; got != want {
		t.Errorf("told %q, want %q", got, want)
	}
}
