package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"stoa/federation/account"
	"stoa/federation/fedtest"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/private"
	"stoa/web/webtest"
)

// The admin of a new node begins with nothing: has the list of another server read,
// joins communities of it, reads what was said in them, and puts them together. With
// script, without it on a phone in the dark, and by keys alone.
func TestBeginningOfANode(t *testing.T) {
	t.Parallel()
	chrome := webtest.Browser(t)
	for _, how := range []struct {
		name, theme  string
		width        int64
		script, keys bool
	}{
		{"script", "light", 1280, true, false},
		{"no script", "dark", 360, false, false},
		{"keys", "light", 1280, true, true},
		{"phone", "dark", 360, true, false},
	} {
		t.Run(how.name, func(t *testing.T) {
			a, b := newTestNode(t, "home", nil), newTestNode(t, "away", nil)
			host := b.cfg.URL.Host
			a.site.Suggest, a.site.Begin = []string{host, "large.example"}, []forum.Community{{Name: "porch", Host: host}}
			bea, porch := b.found("bea", false), b.found("porch", true)
			b.found("garden", true)
			welcome := b.submit(bea, porch, "Welcome", "To whoever comes.")
			ctx, complaints := webtest.Tab(t, chrome, how.width, how.theme, how.script)
			h := &hand{t, ctx, how.keys}
			base := a.cfg.URL.String()
			seen := 0
			axe := func() {
				t.Helper()
				seen++
				webtest.Shoot(t, ctx, fmt.Sprintf("begin-%s-%d", strings.ReplaceAll(how.name, " ", "-"), seen))
				if !h.yes(`document.documentElement.scrollWidth <= document.documentElement.clientWidth`) {
					t.Errorf("it sticks out sideways:\n%s", h.page())
				}
				if how.script && !how.keys {
					for _, v := range webtest.Violations(t, ctx) {
						t.Errorf("axe: %s\n%s", v, h.page())
					}
				}
			}
			tick := func(box string) {
				t.Helper()
				if h.keys {
					h.reach(box)
					h.must(chromedp.Do(ctx, chromedp.KeyEvent(" ")))
					return
				}
				h.press(box)
			}

			h.open(base)
			h.sees("that there is nothing yet", ".empty strong", "Nothing has been posted here yet")
			h.sees("what there is elsewhere", ".offer .looks .sub", "!porch@"+host)
			axe()
			token, kept := account.NewToken()
			if err := private.Of(a.db).Send(t.Context(), kept, account.Link{Purpose: account.ForFirstAdmin, Expires: time.Now().Add(time.Hour)}); err != nil {
				t.Fatal(err)
			}
			h.open(base + "/link/" + token)
			h.write("#field-name", "root")
			h.write("#field-password", "correct horse battery")
			h.follow(".form .button.main")

			// What to begin with.
			h.open(base)
			h.sees("the servers", ".offer button[name=host]", "See what it has")
			axe()
			if n := len(a.peersAsked()); n != 0 {
				t.Fatalf("%d servers were asked before anybody wanted that", n)
			}
			h.follow(`.offer button[value="` + host + `"]`)
			h.sees("what it has", ".picks .name", "GARDEN")
			axe()
			for _, name := range []string{"porch", "garden"} {
				tick(`.picks input[value="!` + name + `@` + host + `"]`)
			}
			h.follow(".offer .send .button.main")
			h.sees("what was said there, without a hand", ".card .title", "Welcome")
			axe()
			eventually(t, "both nodes agree on who has joined", func() bool {
				return b.count(`select count(*) from follow where state = 2`) == 2 && a.count(`select count(*) from follow where state = 2`) == 2
			})
			a.knows(welcome)
			if n := a.count(`select count(*) from wanted`); n != 0 {
				t.Errorf("%d are still looked for", n)
			}

			// The directory.
			h.open(base + "/communities")
			h.sees("both", ".directory .meta strong", "Joined")
			axe()
			h.write("#finder-q", "gard")
			h.follow(".finder .send .button")
			if !h.yes(`document.querySelectorAll(".directory > li").length == 1`) {
				t.Errorf("more than the garden is found:\n%s", h.page())
			}
			h.open(base + "/communities/servers")
			h.sees("the server", ".rows .meta", "2 communities")
			axe()

			// A collection.
			h.open(base + "/c/porch@" + host)
			h.press(".collect summary")
			axe()
			h.write("#collection-name", "Reading")
			h.follow(".collect form .button")
			h.press(".collect summary")
			h.sees("that it is in it", ".collect [aria-pressed=true]", "Reading")
			h.open(base + "/c/garden@" + host)
			h.press(".collect summary")
			h.follow(".collect li .button")
			h.open(base)
			h.follow(`.feeds a[href*="collection-"]`)
			h.sees("the post in it", ".card .title", "Welcome")
			axe()
			if how.keys {
				h.reach(".feeds .menu summary")
			}
			h.press(".feeds .menu summary")
			webtest.Shoot(t, ctx, "begin-menu-"+strings.ReplaceAll(how.name, " ", "-")) // it lies over what axe would touch
			h.follow(`.feeds .menu a[href^="/collections/"]`)
			h.sees("what is in it", ".rows .name", "GARDEN")
			axe()
			h.open(base + "/collections")
			axe()
			for _, c := range complaints() {
				t.Error(c)
			}
		})
	}
}

// peersAsked are the other servers that a node has looked at, as far as it remembers.
func (n *testNode) peersAsked() []forum.Catalogue {
	n.t.Helper()
	all, err := n.db.Reader().Catalogues(n.t.Context())
	if err != nil {
		n.t.Fatal(err)
	}
	return all
}

// A list is read by a job, whatever server has it; its end is written down, and so is
// why there is none. What nobody can have is told to whoever wanted it.
func TestCataloguesAreRead(t *testing.T) {
	t.Parallel()
	n := newTestNode(t, "here", nil)
	lemmy := fedtest.New(t, fedtest.Options{Name: "lemmy", Software: fedtest.Lemmy})
	for _, name := range []string{"cats", "dogs"} {
		lemmy.Hall(name)
	}
	broken := fedtest.New(t, fedtest.Options{Name: "broken", Software: fedtest.Lemmy})
	broken.PutAnswer("/api/v3/community/list?limit=50&page=1&show_nsfw=true&sort=TopAll&type_=Local", fedtest.Answer{Status: http.StatusBadGateway})
	toots := fedtest.New(t, fedtest.Options{Name: "toots", Software: fedtest.Mastodon})
	down := fedtest.New(t, fedtest.Options{Name: "down"})
	downHost := down.Host()
	down.Close()
	want := map[string]string{lemmy.Host(): "", broken.Host(): forum.LookupAway, toots.Host(): forum.CatalogueNone, downHost: forum.LookupAway}
	for host := range want {
		if full, err := n.db.AskCatalogue(t.Context(), host); full || err != nil {
			t.Fatal(full, err)
		}
	}
	eventually(t, "all have ended", func() bool {
		for _, k := range n.peersAsked() {
			if k.State == forum.CatalogueAsked {
				return false
			}
		}
		return true
	})
	for _, k := range n.peersAsked() {
		if k.Reason != want[k.Host] || (k.State == forum.CatalogueRead) != (k.Reason == "") || k.State == forum.CatalogueRead && (k.Found != 2 || k.Software != "lemmy") {
			t.Errorf("%+v", k)
		}
	}
	page := n.get("/communities", "text/html").Body.String()
	if !strings.Contains(page, "All about cats") || !strings.Contains(page, "7 subscribers") {
		t.Errorf("the directory:\n%s", page)
	}

	// Somebody joins one that is there, one that has gone since, and one of a server
	// that is away.
	ann := n.person(n.found("ann", false))
	if ok, err := private.Of(n.db).Open(t.Context(), ann.ID, account.Account{Password: "none", Released: true}, time.Now()); !ok || err != nil {
		t.Fatal(ok, err)
	}
	for name, host := range map[string]string{"cats": lemmy.Host(), "birds": lemmy.Host(), "fish": downHost} {
		err := n.db.InTx(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
			_, err := tx.Want(ctx, ann.ID, host, name)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	wants := func() map[string]string {
		list, err := private.Of(n.db).Wants(t.Context(), ann.ID)
		if err != nil {
			t.Fatal(err)
		}
		all := map[string]string{}
		for _, w := range list {
			all[w.Name] = w.Reason
		}
		return all
	}
	eventually(t, "all are looked for", func() bool {
		all := wants()
		_, cats := all["cats"]
		return !cats && all["birds"] != "" && all["fish"] != ""
	})
	if all := wants(); len(all) != 2 || all["birds"] != forum.LookupNothing || all["fish"] != forum.LookupAway {
		t.Errorf("%v", all)
	}
	if asked, err := lemmy.WaitType(t.Context(), "Follow"); err != nil || asked.Activity["object"] != lemmy.URL("/c/cats") {
		t.Errorf("%v %v", asked.Activity, err)
	}
	c := n.community(lemmy.URL("/c/cats"))
	if state, err := private.Of(n.db).Following(t.Context(), ann.ID, c.ID); err != nil || state != forum.Pending {
		t.Errorf("the follow is %v, %v", state, err)
	}
}
