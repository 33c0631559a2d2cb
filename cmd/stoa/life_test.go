package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"

	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/private"
	"stoa/web/webtest"
)

// letterTo is the path of the link in the last letter to an address.
func (n *testNode) letterTo(to string) string {
	n.t.Helper()
	var raw string
	err := n.db.Pool().QueryRow(n.t.Context(), `select coalesce((select args::text from river_job where kind = 'letter' and args->>'to' = $1 order by id desc limit 1), '{}')`, to).Scan(&raw)
	if err != nil {
		n.t.Fatal(err)
	}
	var l storage.Letter
	if err := json.Unmarshal([]byte(raw), &l); err != nil {
		n.t.Fatal(err)
	}
	link := regexp.MustCompile(`http://\S+/link/[\w-]{43}`).FindString(l.Text)
	if link == "" {
		n.t.Fatalf("no letter to %s: %q", to, l.Text)
	}
	return link
}

// Somebody arrives at a node, makes an account, finds a community of another node,
// joins, writes, is answered from there, and signs in again with a second factor. With
// script and a mouse, without script, on a phone, and by keys alone; the two nodes
// agree on every step.
func TestLifeOnANode(t *testing.T) {
	chrome := webtest.Browser(t)
	wall := filepath.Join(t.TempDir(), "wall.png")
	var pixels bytes.Buffer
	if err := png.Encode(&pixels, image.NewPaletted(image.Rect(0, 0, 640, 480), color.Palette{color.RGBA{180, 40, 30, 255}})); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(wall, pixels.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, how := range []struct {
		name         string
		width        int64
		script, keys bool
	}{
		{"script", 1280, true, false},
		{"no script", 360, false, false},
		{"phone", 360, true, false},
		{"keys", 1280, true, true},
	} {
		t.Run(how.name, func(t *testing.T) {
			t.Parallel() // most of it is waiting
			a, b := newTestNode(t, "home", nil), newTestNode(t, "away", nil)
			porch, bea := b.found("porch", true), b.found("bea", false)
			b.do(func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
				out, err := b.forum.Appoint(ctx, tx, porch, bea, "")
				return []forum.Outcome{out}, err
			})
			welcome := b.submit(bea, porch, "Welcome", "To whoever comes.")
			a.submit(a.found("fay", false), a.found("hall", true), "Looking round", "This is what a thread looks like.")
			ctx, complaints := webtest.Tab(t, chrome, how.width, "light", how.script)
			quiet := context.Context(nil)
			if !how.script {
				quiet, _ = webtest.Tab(t, chrome, how.width, "light", true)
			}
			h := &hand{t, ctx, how.keys}
			base := a.cfg.URL.String()
			seen := 0
			axe := func() {
				t.Helper()
				seen++
				webtest.Shoot(t, ctx, fmt.Sprintf("life-%s-%d", strings.ReplaceAll(how.name, " ", "-"), seen))
				// By keys and on a phone the pages are those with script, which the tests of
				// pages look at in each width; axe takes a second for each.
				if how.width == 1280 && !how.keys || !how.script {
					h.obeys(quiet)
				}
			}

			// Arriving, looking round, and joining the node.
			h.open(base)
			h.follow(`nav a[href="/communities"]`)
			h.follow(`main a[href="/c/hall"]`)
			h.follow(".card .title a")
			h.sees("what is said there", ".post .prose", "This is what a thread looks like.")
			h.follow(".self a")
			h.follow(`.ways a[href="/join"]`)
			axe()
			h.write("#field-name", "ada")
			h.write("#field-email", "ada@mail.test")
			h.write("#field-password", "correct horse battery")
			for _, box := range []string{"#field-age", "#field-agree"} {
				if h.keys {
					h.reach(box)
					h.must(chromedp.Do(ctx, chromedp.KeyEvent(" ")))
				} else {
					h.press(box)
				}
			}
			h.follow(".form .button.main")
			h.sees("that a letter is on its way", "h1", "Look into your mail")
			axe()
			h.open(a.letterTo("ada@mail.test"))
			h.follow(".form .button.main")
			h.sees("the account", ".account summary", "A")
			axe()
			settings := func(tab string) {
				t.Helper()
				h.press(".account summary")
				h.follow(`.account a[href="/settings"]`)
				if tab != "" {
					h.follow(`main a[href="` + tab + `"]`)
				}
			}
			settings("")
			axe()
			h.follow(`main a[href="/settings/profile"]`)
			axe()

			// Finding a community elsewhere, and joining it.
			box, button := ".seek input", ".seek button"
			if how.width < 500 { // where there is no room for it, a page has it
				h.follow(".find a")
				box, button = "main #q", "main form button"
			}
			h.write(box, "!porch@"+b.cfg.URL.Host)
			h.follow(button)
			h.sees("the community", ".place.head h1", "PORCH")
			h.follow(".place.head .button.main")
			eventually(t, "the follow is accepted", func() bool {
				h.open(base + "/c/porch@" + b.cfg.URL.Host)
				return h.yes(`document.querySelector(".place.head .button") && !document.querySelector(".place.head .button.main") && !document.querySelector("[role=status]:not(.vh)")`)
			})
			a.knows(welcome)
			for _, n := range []*testNode{a, b} {
				if n.count(`select count(*) from follow f join person p on p.id = f.person_id join community c on c.id = f.community_id
					where f.state = 2 and p.uri = $1 and c.uri = $2`, a.cfg.URL.String()+"/u/ada", porch) != 1 {
					t.Errorf("%s: ada has not joined", n.cfg.URL.Host)
				}
			}
			axe()

			// The first post waits until somebody releases it.
			h.follow(".begin .button")
			h.write("#field-title", "From home")
			h.write("#field-text", "Some *words*.")
			err := chromedp.Do(ctx, chromedp.SetUploadFiles(chromedp.CSS("#field-file"), []string{wall}))
			// The script sends it at once, and the page may be gone before this has ended.
			if !how.script || err != nil && !strings.Contains(err.Error(), "Could not find node") {
				h.must(err)
			}
			if !how.script { // which sends it at once
				h.follow("button[name=attach]")
			}
			h.sees("the picture", ".field.upload label", "Description")
			h.write(".field.upload input[name^=alt]", "A red wall")
			axe()
			h.follow(".send .button.main")
			h.sees("that it waits", "h1", "Waiting for release")
			axe()
			if strings.Contains(a.picture(porch), "From home") {
				t.Fatal("what waits is seen")
			}
			if said := a.stoa("account", "release", "ada"); !strings.Contains(said, "1 of theirs published") {
				t.Fatal(said)
			}
			agree := func(what string) {
				t.Helper()
				defer func() {
					if t.Failed() {
						t.Logf("home:\n%s\naway:\n%s", a.picture(porch), b.picture(porch))
					}
				}()
				eventually(t, what, func() bool { return a.picture(porch) == b.picture(porch) })
			}
			agree("both nodes have the post")
			for _, n := range []*testNode{a, b} {
				if n.count(`select count(*) from post where attachments::text like '%A red wall%'`) != 1 {
					t.Errorf("%s: the picture or its description is missing", n.cfg.URL.Host)
				}
			}

			// Reading, voting, answering.
			h.follow(".wordmark")
			h.sees("the post", ".card .title", "From home")
			h.sees("what was there before", ".card .title", "Welcome")
			axe()
			card := `.card:has(a[href="` + a.pathOf(welcome) + `"])`
			act := h.follow
			if how.script {
				act = h.press
			}
			act(card + " .up")
			h.sees("the vote", card+" .up[aria-pressed=true]", "")
			h.sees("the count", card+" .points", "2 points")
			agree("both nodes have the vote")
			act(card + " .up")
			h.sees("no vote", card+" .up[aria-pressed=false]", "")
			agree("both nodes have it taken back")
			h.follow(card + " .title a")
			h.write("#comments textarea", "An answer from home.")
			h.follow("#comments > .form .button.main")
			h.sees("the answer", ".comment .prose", "An answer from home.")
			axe()
			agree("both nodes have the answer")

			// Changing it, being answered from there, and seeing what is new.
			h.follow(`.comment a[href^="/edit/"]`)
			h.write("#field-text", "Another answer.")
			h.follow(".send .button.main")
			h.sees("the edit", ".comment .prose", "Another answer.")
			agree("both nodes have the edit")
			mine := b.commentBy(a.cfg.URL.String()+"/u/ada", "Another answer.")
			answer := b.reply(bea, mine, "Welcome, Ada.")
			a.knows(answer)
			h.open(base + a.pathOf(welcome))
			h.sees("what is new", ".comment:has(.tag.new) .prose", "Welcome, Ada.")
			agree("both nodes have all of it")

			// Being told of it, and reporting it.
			h.sees("that there is something new", ".self .bell .many", "2") // her follow was accepted, too
			h.follow(".self .bell")
			h.sees("what is new", ".told .unseen", "BEA answered you")
			axe()
			h.follow(".told li:first-child a")
			link := func(begin string) string {
				return fmt.Sprintf(`a[href="/%s/comment-%d"]`, begin, a.numberOf(answer))
			}
			if how.script { // where it stands
				place := fmt.Sprintf("#comment-%d ", a.numberOf(answer))
				h.press(link("report"))
				h.sees("the form", place+"form textarea", "")
				axe()
				h.write(place+"form textarea", "Too friendly.")
				h.press(place + "form .button.main")
				h.sees("how it is taken back", place+"a.report", "Take back")
			} else {
				h.follow(link("report"))
				axe()
				h.write("#field-reason", "Too friendly.")
				h.follow(".send .button.main")
				h.sees("thanks", "h1", "Reported")
			}
			eventually(t, "the other node has the report", func() bool {
				return b.count(`select count(*) from report r join person a on a.id = r.by_id where a.uri = $1 and r.reason = 'Too friendly.'`, a.cfg.URL.String()+"/u/ada") == 1
			})

			// Moderating there, from here.
			b.moderate(forum.Moderation{Verb: forum.VerbAppoint, By: b.person(bea), Community: porch, Object: a.cfg.URL.String() + "/u/ada"})
			eventually(t, "this node hears of its moderator", func() bool {
				return a.count(`select count(*) from moderator where person_uri = $1`, a.cfg.URL.String()+"/u/ada") == 1
			})
			h.open(base + a.pathOf(welcome))
			h.follow(link("moderate"))
			h.choose("#field-verb", "remove")
			h.write("#field-reason", "Off topic.")
			axe()
			h.follow(".send .button")
			h.sees("why it went", fmt.Sprintf("#comment-%d .reason", a.numberOf(answer)), "Off topic.")
			agree("both nodes have it removed")
			h.follow(link("moderate"))
			h.choose("#field-verb", "restore")
			h.follow(".send .button")
			h.sees("it again", ".comment .prose", "Welcome, Ada.")
			agree("both nodes have it given back")
			h.follow(link("moderate"))
			h.sees("what was reported", ".rows li", "Too friendly.")
			h.choose("#field-verb", "resolve")
			axe()
			h.follow(".send .button")
			for _, n := range []*testNode{a, b} {
				eventually(t, "both nodes have the report dealt with", func() bool {
					return n.count(`select count(*) from report where reason = 'Too friendly.' and closed_at is not null`) == 1
				})
			}
			cyd := b.lives("cyd")
			advert := b.reply(cyd, welcome, "Buy this.")
			a.knows(advert)
			h.open(base + a.pathOf(welcome))
			adverts := fmt.Sprintf(`a[href="/moderate/comment-%d"]`, a.numberOf(advert))
			h.follow(adverts)
			h.choose("#field-verb", "warn")
			h.write("#field-reason", "Once more, and you go.")
			h.follow(".send .button")
			eventually(t, "its author is warned there", func() bool {
				return b.count(`select count(*) from notice n join person p on p.id = n.person_id where n.kind = $1 and p.uri = $2`, private.Warned, cyd) == 1
			})
			h.as(b.signIn(cyd), b.cfg.URL.String())
			h.open(b.cfg.URL.String() + "/notices")
			h.sees("that somebody warned her", ".told .unseen", "A moderator warns you")
			h.sees("what they said", ".told .unseen", "Once more, and you go.")
			axe()
			h.open(base + a.pathOf(welcome))
			h.follow(adverts)
			h.choose("#field-verb", "ban")
			h.write("#field-reason", "Adverts.")
			h.follow(".send .button")
			for _, n := range []*testNode{a, b} {
				eventually(t, "both nodes have the ban", func() bool {
					return n.count(`select count(*) from ban x join person p on p.id = x.person_id where p.uri = $1`, cyd) == 1
				})
			}
			h.follow(`.post a[href^="/moderate/"]`)
			h.choose("#field-verb", "pin")
			h.follow(".send .button")
			h.sees("that it stands first", ".post .tag", "Pinned")
			agree("both nodes have it pinned")
			h.follow(`.post a[href^="/moderate/"]`)
			h.choose("#field-verb", "lock")
			h.follow(".send .button")
			h.sees("that it is closed", ".notice", "closed this thread")
			agree("both nodes have it closed")
			h.open(base + "/modlog")
			h.sees("what was done", ".done .deed", "closed")
			axe()

			// Deleting, and taking that back.
			h.open(base + a.pathOf(welcome))
			own := fmt.Sprintf("#comment-%d > .byline", a.numberOf(mine))
			h.follow(fmt.Sprintf(`#comment-%d button[value="delete comment-%[1]d"]`, a.numberOf(mine)))
			h.sees("its place", own+" .gone", "Deleted")
			agree("both nodes have it deleted")
			h.follow(own + ` button[value^="restore"]`)
			h.sees("it again", ".comment .prose", "Another answer.")
			agree("both nodes have it restored")

			// A second factor, and signing in with it.
			settings("/settings/account")
			axe()
			h.write("#field-factor-present", "correct horse battery")
			h.follow(`form[action="/settings/factor"] .button`)
			secret, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("main p code").textContent`))
			h.must(err)
			axe()
			code := func(at time.Time) string {
				c, err := totp.GenerateCode(secret, at)
				h.must(err)
				return c
			}
			h.write("#field-code", code(time.Now()))
			h.follow(".send .button")
			h.sees("the recovery codes", "h1", "Recovery codes")
			axe()
			h.press(".account summary")
			h.follow(".account form button")
			h.follow(".self a")
			h.write("#field-name", "ada@mail.test")
			h.write("#field-password", "correct horse battery")
			h.follow(".send .button")
			h.sees("the question for a code", "h1", "One more step")
			h.write("#field-code", code(time.Now().Add(30*time.Second))) // the next: each is taken once
			h.follow(".send .button")
			h.sees("the account", ".account summary", "A")
			axe()

			// Leaving things out of one's lists, and having them back.
			settings("")
			h.write("#field-keywords", "welcome")
			h.follow(".form .button.main")
			h.follow(".wordmark")
			h.follow(`main a[href*="feed=all"]`)
			h.sees("that something is left out", ".sifted summary", "1 post hidden")
			h.press(".sifted summary")
			h.sees("why", ".sifted li", "One of your keywords: welcome")
			axe()
			h.open(base + "/u/bea@" + b.cfg.URL.Host)
			h.follow(`button[value^="block person"]`)
			settings("/settings/blocks")
			h.sees("whom she blocked", ".rows li", "@bea")
			axe()
			h.open(base + a.pathOf(welcome))
			h.sees("that something was said", ".comment .gone", "By somebody you blocked")
			settings("/settings/blocks")
			h.follow(".rows .button")

			// Making a community, and saying more about it.
			h.follow(`nav a[href="/communities"]`)
			h.follow(".begin .button")
			h.write("#field-name", "garden")
			h.write("#field-title", "The garden")
			axe()
			h.follow(".send .button.main")
			h.sees("the community", ".place.head h1", "The garden")
			h.follow(`a[href="/c/garden/edit"]`)
			h.write("#field-summary", "Beds *and* paths.")
			h.follow(`form[action="/c/garden/edit"] .button.main`)
			h.sees("who moderates it", ".rows .name", "@ada")
			axe()
			h.open(base + "/c/garden")
			h.sees("what it says of itself", "aside .prose", "Beds and paths.")

			// Moving a post there, out of a community that she moderates as well.
			a.stoa("community", "moderator", "add", "hall", "ada")
			h.open(base + "/c/hall")
			h.follow(".card .title a")
			h.follow(`.post a[href^="/moderate/"]`)
			h.choose("#field-verb", "relocate")
			h.write("#field-to", "garden")
			if how.script { // which offers what it may be
				h.sees("the community", ".complete li", "garden")
				h.must(chromedp.Do(ctx, chromedp.KeyEvent("\t")))
			}
			axe()
			h.follow(".send .button")
			h.sees("where it is", ".post .crumb", "garden")
			axe()
			h.open(base + "/modlog")
			h.sees("that it moved", ".done .deed", "moved to another community")

			// Moving away, and taking that back.
			b.do(func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
				out, err := b.forum.Claim(ctx, tx, bea, []string{base + "/u/ada"})
				return []forum.Outcome{out}, err
			})
			settings("/settings/account")
			h.follow(`a[href="/settings/move"]`)
			h.write("#field-to", "@bea@"+b.cfg.URL.Host)
			h.follow(`form[action="/settings/move/to"] .button`)
			h.sees("that the other names this one", `form[action="/settings/move/to"]`, "names this account")
			axe()
			h.write("#field-move-present", "correct horse battery")
			h.follow(`form[action="/settings/move/to"] .button`)
			h.sees("that she has moved", "h2", "This account has moved to @bea@"+b.cfg.URL.Host)
			axe()
			h.open(base + "/u/ada")
			h.sees("where to", ".notice a", "@bea@")
			settings("/settings/account")
			h.follow(`a[href="/settings/move"]`)
			h.follow(`form[action="/settings/move/return"] .button`)
			h.sees("that she can move again", "h2", "Move away")

			// Taking everything along, and going.
			settings("/settings/account")
			h.follow(`a[href="/settings/leave"]`)
			axe()
			all, pictures := h.takesAlong(`a[href="/settings/export"]`)
			if len(all["posts"]) != 1 || len(all["comments"]) != 1 || len(all["communities"]) != 2 || pictures != 1 {
				t.Errorf("the file does not hold what she wrote, sent and joined: %v, %d pictures", all, pictures)
			}
			h.write("#field-name", "ada")
			h.write("#field-leave-present", "correct horse battery")
			h.follow(".send .button")
			h.sees("that it is done", "h1", "Your account is deleted")
			eventually(t, "the other server has acknowledged it", func() bool {
				if h.yes(`[...document.querySelectorAll(".rows li")].some(e => e.textContent.includes("Acknowledged"))`) {
					return true
				}
				h.follow(`a[href^="/farewell/"]`)
				return false
			})
			axe()
			for _, n := range []*testNode{a, b} {
				eventually(t, "what she wrote is gone", func() bool {
					p := n.picture(porch)
					return !strings.Contains(p, "From home") && !strings.Contains(p, "Another answer")
				})
			}
			agree("both nodes have nothing of hers left")
			for _, c := range complaints() {
				t.Errorf("console: %s", c)
			}
		})
	}
}

// pathOf is the path of the page of an object on this node.
func (n *testNode) pathOf(uri string) string {
	n.t.Helper()
	place, err := n.db.Reader().Lookup(n.t.Context(), uri)
	if err != nil {
		n.t.Fatal(err)
	}
	return fmt.Sprintf("/%s/%d", place.Kind, place.ID)
}

func (n *testNode) numberOf(uri string) int64 {
	n.t.Helper()
	place, err := n.db.Reader().Lookup(n.t.Context(), uri)
	if err != nil {
		n.t.Fatal(err)
	}
	return place.ID
}

// commentBy is the id of what somebody said.
func (n *testNode) commentBy(person, source string) string {
	n.t.Helper()
	var uri string
	err := n.db.Pool().QueryRow(n.t.Context(), `select m.uri from comment m join person a on a.id = m.author_id where a.uri = $1 and m.source = $2`, person, source).Scan(&uri)
	if err != nil {
		n.t.Fatal(err)
	}
	return uri
}

// stoa runs a command as the admin would, beside the node.
func (n *testNode) stoa(args ...string) string {
	n.t.Helper()
	var stdout, stderr bytes.Buffer
	args = append([]string{"--database-url", n.cfg.DatabaseURL, "--url", n.cfg.URL.String(), "--data", n.t.TempDir()}, args...)
	if status := run(n.t.Context(), args, &stdout, &stderr, func(string) string { return "" }); status != 0 {
		n.t.Fatalf("%s: status %d: %s", strings.Join(args, " "), status, stderr.String())
	}
	return stdout.String()
}

// moderate does what a moderator of this node does.
func (n *testNode) moderate(m forum.Moderation) {
	n.t.Helper()
	n.do(func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		return n.forum.Moderate(ctx, tx, []forum.Moderation{m})
	})
}

func (n *testNode) count(sql string, args ...any) (rows int) {
	n.t.Helper()
	if err := n.db.Pool().QueryRow(n.t.Context(), sql, args...).Scan(&rows); err != nil {
		n.t.Fatal(err)
	}
	return rows
}
