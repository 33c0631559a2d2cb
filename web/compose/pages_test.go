package compose

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/private"
	"stoa/web/webtest"
)

// lived makes a node at which people have lived for a while, and lists the pages of
// one of them, who moderates a community.
func lived(t *testing.T) (n *node, pages, fills map[string]string) {
	n = newNodeThat(t, rendered)
	n.lives("ann", true)
	for _, name := range []string{"bob", "cid", "dee"} {
		n.lives(name, false)
	}
	does := func(who, path string, fields ...string) string {
		t.Helper()
		status, to := n.ask(who, path, fields...)
		if status != 200 && status != 303 && status != 204 {
			t.Fatalf("%s %v by %s: %d", path, fields, who, status)
		}
		return to
	}
	const about = "For those who grow something, on a balcony or in a field."
	does("ann", "/communities/new", "name", "gardening", "title", "Gardening", "summary", about, "rules", "Be kind. Say where you live: what grows there may not grow here.", "language", "en")
	does("ann", "/communities/new", "name", "notes", "title", "Notes", "untitled", "1")
	banner := image.NewRGBA(image.Rect(0, 0, 800, 200))
	for x := range 800 {
		for y := range 200 {
			banner.Set(x, y, color.RGBA{uint8(40 + y/3), uint8(90 + x/8), 60, 255})
		}
	}
	var wide bytes.Buffer
	if err := png.Encode(&wide, banner); err != nil {
		t.Fatal(err)
	}
	for path, title := range map[string]string{"/c/gardening/edit": "Gardening", "/settings/profile": "Ann"} {
		status, _ := n.sends("ann", path, wide.Bytes(), "title", title, "summary", about, "rules", "Be kind. Say where you live.", "language", "en", "tags", "News, 3\nSeeds\nA tag with as long a name as anybody could want",
			"bio", "I grow beans.", "label-1", "My page", "link-1", "https://ann.example/a-rather-long-address-that-has-to-break-somewhere-on-a-phone")
		if status != 200 {
			t.Fatal(path, status)
		}
	}
	post := does("ann", "/submit", "to", "gardening", "title", "Beans that climbed", "text", "They reached the second floor. #beans", "flair", "seeds", "link", "https://beans.example/")
	on := "post-" + strings.TrimPrefix(post, "/post/")
	reply := does("bob", "/reply/"+on, "text", "Ours did not. What do you do?")
	of := reply[strings.Index(reply, "#")+1:]
	does("ann", "/reply/"+of, "text", "Water, @bob, and talk to them.")
	does("bob", "/reply/"+of, "text", "@ann I shall.")
	does("cid", "/reply/"+on, "text", "Cheap beans here!")
	does("ann", "/edit/"+on, "title", "Beans that climbed, and climbed", "text", "They reached the third floor. #beans #runner", "flair", "a_tag_with_as_long_a_name_as_anybody_could_want", "link", "https://beans.example/")
	does("ann", "/act", "do", "save "+on)
	does("ann", "/act", "do", "join community-1")
	quoting := does("ann", "/submit", "to", "gardening", "title", "As Bob says", "text", "Talk to them.", "quote", of)
	does("ann", "/react/"+on, "emoji", "🎉")
	does("bob", "/react/"+on, "other", "🌱")
	does("ann", "/react/"+of, "emoji", "👍")
	does("ann", "/act", "do", fmt.Sprintf("block person-%d", n.people["cid"].ID))
	does("ann", "/draft", "place", "post", "to", "gardening", "title", "What to sow in March", "text", "A list, begun.")
	does("bob", "/report/"+on, "reason", "Too many beans.")
	does("bob", "/submit", "to", "gardening", "title", "Snails", "text", "All of them.")
	does("ann", "/report/post-2", "reason", "Snails, again.")
	does("ann", "/moderate/post-2", "verb", "lock", "reason", "Enough of snails.")
	poll := n.done2("ann", "/submit", url.Values{"to": {"gardening"}, "title": {"Which beans?"}, "choice": {"Broad", "Runner", "None"}, "hours": {"72"}})
	does("bob", "/vote/post-"+strings.TrimPrefix(poll, "/post/"), "choice", "Broad")
	status, form := n.sends("ann", "/submit", wide.Bytes(), "to", "gardening", "title", "The bed")
	picture := sent.FindStringSubmatch(form)
	if status != 200 || picture == nil {
		t.Fatal("no picture: ", status)
	}
	seen := does("ann", "/submit", "to", "gardening", "title", "The bed", "text", "As it is now.", "picture", picture[1], "alt-"+picture[1], "A bed, green at its far end")
	if err := private.Of(n.db).Shun(t.Context(), n.people["ann"].ID, private.ShunHost, 0, "spam.example", true, time.Now()); err != nil {
		t.Fatal(err)
	}
	n.tx(func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
		out, err := n.forum.Remove(ctx, tx, base+"/comment/4", "advertising")
		return out, err
	})
	n.spreads()
	far := does("ann", "/submit", "to", "gardening", "title", "Seeds for everybody", "text", "By letter, for as long as there are any. #seeds")
	n.exec(`update server set walked_xid = 9000000000000 where host like 'server-%'`)
	n.rules()
	does("ann", "/c/gardening/edit/moderators", "person", "dee")
	does("dee", "/moderate/"+on, "verb", "warn", "reason", "Say where you live, as the rules ask.")
	does("dee", "/moderate/post-2", "verb", "resolve")
	does("dee", "/moderate/comment-4", "verb", "ban", "reason", "Adverts.")
	n.surroundings()
	pages, fills = map[string]string{
		"front-self": "/", "community-self": "/c/gardening", "person-self": "/u/ann", "thread-self": post, "comment-self": "/comment/" + strings.TrimPrefix(of, "comment-"),
		"quote": "/submit?to=gardening&quote=" + on, "quote-comment": "/submit?quote=" + of, "quoting-self": quoting, "submit": "/submit", "submit-to": "/submit?to=gardening&title=Beans", "reply": "/reply/" + of, "edit": "/edit/" + on, "react": "/react/" + on, "react-comment": "/react/" + of, "report": "/report/" + on, "reported": "/report/post-2",
		"moderate": "/moderate/" + of, "history-self": post + "/history", "modlog": "/modlog", "modlog-community": "/modlog?in=gardening",
		"found": "/communities/new", "arrange": "/c/gardening/edit", "notices": "/notices", "saved": "/saved", "drafts": "/drafts",
		"settings": "/settings", "profile": "/settings/profile", "blocks": "/settings/blocks", "access": "/settings/account", "sessions": "/settings/sessions",
		"tag-self": "/tag/beans", "tag-community-self": "/c/gardening/tag/a_tag_with_as_long_a_name_as_anybody_could_want", "moderate-post": "/moderate/" + on,
		"leave": "/settings/leave", "poll-self": poll, "picture-self": seen, "seen-by": far, "about-lists": "/about", "person-block": "/u/bob",
		"moderate-banned": "/moderate/comment-4",
	}, map[string]string{}
	for name, form := range wrong {
		pages[name], fills[name] = form[0], form[1]+";"
	}
	return n, pages, fills
}

// spreads has 43 servers follow a community, of which two are waited for.
func (n *node) spreads() {
	n.Helper()
	n.exec(`with s as (insert into server (host) select 'server-' || x || '.lemmy.example' from generate_series(1, 41) x
			union all select unnest('{slow.lemmy.example,a-rather-long-hostname.for-a-server-that-sleeps.lemmy.example}'::text[]) returning id, host),
			i as (insert into server_inbox (server_id, url) select id, 'https://' || host || '/inbox' from s returning *)
		insert into audience (community_id, inbox_id, server_id, since_xid, since_seq) select (select id from community where name = 'gardening'), id, server_id, 0, 0 from i`)
}

// rules has the node speak with some servers alone, and with others not at all.
func (n *node) rules() {
	n.Helper()
	rule := func(list forum.ServerList, rules ...forum.ServerRule) {
		n.tx(func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
			out, err := n.forum.RuleServers(ctx, tx, list, rules)
			return out[0], err
		})
	}
	rule(forum.ListBlocked, forum.ServerRule{Host: "spam.example", Reason: "Adverts in every thread."}, forum.ServerRule{Host: "a-rather-long-hostname.for-a-server-that-is-blocked.some-university.example"},
		forum.ServerRule{Host: "quarrel.example", Reason: "Until they have moderators again.", Until: time.Now().Add(30 * 24 * time.Hour)})
	rule(forum.ListAllowed, forum.ServerRule{Host: "far.example", Reason: "They began with us."}, forum.ServerRule{Host: "lemmy.example"})
	n.tx(func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
		return n.forum.AllowOnly(ctx, tx, true, "")
	})
}

// surroundings are what reaches ann from elsewhere: somebody with a picture in their name,
// who reports something, moves away and is followed along.
func (n *node) surroundings() {
	n.Helper()
	p, err := n.db.SavePerson(n.Context(), forum.Person{
		URI: "https://far.example/u/eve", Name: "eve", Host: "far.example", Title: "Eve :sprout: of the beds", Emoji: forum.Emojis("").With("sprout", "https://far.example/sprout.png"),
		Inbox: "https://far.example/inbox", KeyID: "https://far.example/u/eve#key", FetchedAt: time.Now(),
	}, nil)
	if err != nil {
		n.Fatal(err)
	}
	for _, object := range []string{base + "/post/1", base + "/comment/1"} {
		n.tx(func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
			out, err := n.forum.Report(ctx, tx, []forum.Report{{By: p, Object: object, Reason: "They climbed over the wall into ours, and nobody asked.", Server: p.Host, Origin: forum.Origin{Activity: "https://far.example/report" + object[len(base):]}}})
			return out[0], err
		})
	}
	n.exec(`insert into notice (person_id, kind, actor_id) select u.person_id, 15, p.id from account u join person a on a.id = u.person_id, person p where a.name = 'ann' and p.name = 'eve'`)
}

// speaks has what somebody reads be in a language.
func (n *node) speaks(who, language string) {
	n.Helper()
	n.exec(`update account set settings = settings || jsonb_build_object('language', $2::text) where person_id = $1`, n.people[who].ID, language)
}

// german are the pages that are looked at in German as well, where words are longer.
var german = []string{
	"front-self", "thread-self", "poll-self", "picture-self", "seen-by", "submit-to", "submit-wrong", "moderate-post", "moderate-banned", "moderate-wrong", "reported", "notices", "modlog", "arrange",
	"settings", "access", "about-lists", "person-block",
}

// wrong are forms as they come back, with what is wrong beside their fields, and one
// that is put aside: the path of each, and a script that fills it in.
var wrong = map[string][2]string{
	"submit-wrong":   {"/submit?to=nowhere&url=nothing", `for (const c of f.choice) c.value = "Yes"`},
	"submit-preview": {"/submit?to=gardening&title=Beans", `f.text.value = "# Of beans\n\nThey *climb*:\n\n- up\n- and down"; [f.choice[0].value, f.choice[1].value] = ["Up", "Down"]; f.append(Object.assign(document.createElement("input"), {type: "hidden", name: "preview", value: "1"}))`},
	"react-wrong":    {"/react/comment-1", `f.other.value = "no"`},
	"report-wrong":   {"/report/comment-1", `f.reason.value = "x".repeat(3000)`},
	"moderate-wrong": {"/moderate/comment-1", ``},
	"found-wrong":    {"/communities/new", `f.elements["name"].value = "No name"`},
	"arrange-wrong":  {"/c/gardening/edit", `f.elements["title"].value = "x".repeat(300)`},
	"tags-wrong":     {"/c/gardening/edit", `f.elements["tags"].value = "News\nnews"`},
	"appoint-wrong":  {"/c/gardening/edit", `f = [...document.forms].find(f => f.elements["person"]); f.elements["person"].value = "nobody@nowhere.example"`},
}

// browsing is a tab in which a test does something.
type browsing struct {
	t   *testing.T
	ctx context.Context //nolint:containedctx // a tab is a context
}

// sees opens a page, and sends the form in it when there is a script that fills it in.
func (b browsing) sees(address, script string) {
	b.t.Helper()
	b.does(address, chromedp.Navigate(address), chromedp.WaitReady(chromedp.CSS("footer.steps")))
	if script == "" {
		return
	}
	script = `{ document.documentElement.dataset.before = "1"; let f = document.querySelector("main form.form"); ` + script + `; HTMLFormElement.prototype.submit.call(f) }`
	if err := webtest.Evaluate(b.ctx, script); err != nil {
		b.t.Fatalf("%s: %v", address, err)
	}
	b.does(address, chromedp.WaitReady(chromedp.CSS("html:not([data-before]) footer.steps")))
}

// signedIn is a browser of somebody.
func (n *node) signedIn(chrome context.Context, who string, width int64, theme string) (ctx context.Context, complaints func() []string) {
	n.Helper()
	ctx, complaints = webtest.Tab(n.T, chrome, width, theme, true)
	if _, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: "session", Value: n.tokens[who], URL: n.server.URL}); err != nil {
		n.Fatal(err)
	}
	return ctx, complaints
}

func (b browsing) does(what string, acts ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	for _, a := range acts {
		if err := chromedp.Do(b.ctx, a); err != nil {
			b.t.Fatalf("%s: %v", what, err)
		}
	}
}

// is compares what a script gives.
func (b browsing) is(what, script, want string) {
	b.t.Helper()
	if got, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](script)); err != nil || got != want {
		b.t.Errorf("%s: %q %v, want %q", what, got, err, want)
	}
}

// Each page of those who are signed in, at the width of a phone and of a desk, in the
// light and in the dark, and some in German: nothing on the console, nothing that axe
// finds, nothing that sticks out sideways or moves.
func TestPagesOfMembers(t *testing.T) {
	n, pages, fills := lived(t)
	chrome := webtest.Browser(t)
	for _, look := range []struct {
		width    int64
		theme    string
		language string
		names    []string
	}{
		{320, "light", "en", slices.Sorted(maps.Keys(pages))}, {360, "dark", "en", slices.Sorted(maps.Keys(pages))}, {1280, "light", "en", slices.Sorted(maps.Keys(pages))},
		{320, "light", "de", german},
	} {
		n.speaks("ann", look.language)
		ctx, complaints := n.signedIn(chrome, "ann", look.width, look.theme)
		for _, name := range look.names {
			before := len(complaints())
			at := fmt.Sprintf("%s, %d, %s, %s", name, look.width, look.theme, look.language)
			browsing{t, ctx}.sees(n.server.URL+pages[name], fills[name])
			browsing{t, ctx}.is(at, `document.documentElement.lang`, look.language)
			if fills[name] != "" && !strings.HasSuffix(name, "-preview") {
				browsing{t, ctx}.is(at+": says what is wrong", `document.querySelector(".field [id$=-fault]") ? "beside its field" : document.querySelector("main").innerText`, "beside its field")
			}
			if title, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.title`)); err != nil || strings.HasPrefix(title, "Not ") {
				t.Errorf("%s: %q %v", at, title, err)
			}
			webtest.Steady(t, ctx, at)
			if look.width != 320 {
				for _, v := range webtest.Violations(t, ctx) {
					t.Errorf("%s: axe: %s", at, v)
				}
			}
			for _, c := range complaints()[before:] {
				if fills[name] == "" || !strings.Contains(c, "a status of 400") { // which is what the page came with
					t.Errorf("%s: console: %s", at, c)
				}
			}
		}
	}
}

// Pictures of those pages, as those of web are made.
func TestScreenshots(t *testing.T) {
	folder := os.Getenv("STOA_SHOTS")
	if folder == "" {
		t.Skip("make screenshots runs this")
	}
	n, pages, fills := lived(t)
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	chrome := webtest.Browser(t)
	for _, theme := range []string{"light", "dark"} {
		for _, width := range []int64{360, 1280} {
			ctx, _ := n.signedIn(chrome, "ann", width, theme)
			keep := func(name, as string) {
				browsing{t, ctx}.sees(n.server.URL+pages[name], fills[name])
				picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%s-%s-%d.png", as, theme, width)), picture, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			for _, name := range slices.Sorted(maps.Keys(pages)) {
				keep(name, name)
			}
			if theme == "light" { // its words are as long in the dark
				n.speaks("ann", "de")
				for _, name := range german {
					keep(name, name+"-german")
				}
				n.speaks("ann", "en")
			}
		}
	}
	t.Logf("%d pages, each four times, in %s", len(pages), folder)
}
