package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/pquerna/otp/totp"

	"stoa/federation/forum"
	"stoa/storage"
	"stoa/web/webtest"
)

// hand is somebody at a browser: with script or without, at some width, with a mouse
// or with keys alone.
type hand struct {
	t    *testing.T
	ctx  context.Context //nolint:containedctx // a tab is a context
	keys bool
}

func (h *hand) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatalf("%v\n%s", err, h.page())
	}
}

// page is what the browser shows, in words.
func (h *hand) page() string {
	text, err := chromedp.Run(h.ctx, chromedp.Evaluate[string](`location.href + "\n" + document.querySelector("main").innerText`))
	if err != nil {
		return err.Error()
	}
	return text
}

func (h *hand) yes(script string) bool {
	h.t.Helper()
	ok, err := chromedp.Run(h.ctx, chromedp.Evaluate[bool](`Boolean(`+script+`)`))
	return err == nil && ok
}

func (h *hand) open(address string) {
	h.t.Helper()
	h.must(chromedp.Do(h.ctx, chromedp.Navigate(address), chromedp.WaitReady(chromedp.CSS("footer.steps"))))
}

// sees waits until there is something on the page, which may load anew meanwhile.
func (h *hand) sees(what, selector, text string) {
	h.t.Helper()
	script := fmt.Sprintf(`[...document.querySelectorAll(%q)].some(e => e.textContent.includes(%q))`, selector, text)
	for end := time.Now().Add(5 * time.Minute); !h.yes(script); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			h.t.Fatalf("%s is not seen:\n%s", what, h.page())
		}
	}
}

// reach moves the focus to something with the Tab key alone.
func (h *hand) reach(selector string) {
	h.t.Helper()
	for range 300 {
		if h.yes(fmt.Sprintf(`document.activeElement.matches(%q)`, selector)) {
			return
		}
		h.must(chromedp.Do(h.ctx, chromedp.KeyEvent("\t")))
	}
	h.t.Fatalf("%s cannot be reached by keys:\n%s", selector, h.page())
}

// press activates something, and waits for the page that it leads to if it leads to
// one.
func (h *hand) press(selector string) {
	h.t.Helper()
	if h.keys {
		h.reach(selector)
		h.must(chromedp.Do(h.ctx, chromedp.KeyEvent("\r")))
	} else {
		ctx, cancel := context.WithTimeout(h.ctx, 5*time.Minute)
		defer cancel()
		if err := chromedp.Do(ctx, chromedp.Click(chromedp.CSS(selector))); err != nil {
			h.t.Fatalf("pressing %s: %v\n%s", selector, err, h.page())
		}
	}
}

// follow presses what leads to another page, and waits for that.
func (h *hand) follow(selector string) {
	h.t.Helper()
	h.must(webtest.Evaluate(h.ctx, `document.documentElement.dataset.before = "1"`))
	h.press(selector)
	for end := time.Now().Add(5 * time.Minute); !h.yes(`!document.documentElement.dataset.before && document.readyState == "complete"`); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			h.t.Fatalf("%s leads nowhere:\n%s", selector, h.page())
		}
	}
}

// write fills a field in, in the place of what is in it.
func (h *hand) write(selector, text string) {
	h.t.Helper()
	if h.keys {
		h.reach(selector)
	} else {
		h.must(chromedp.Do(h.ctx, chromedp.Focus(chromedp.CSS(selector))))
	}
	h.must(webtest.Evaluate(h.ctx, `document.activeElement.select && document.activeElement.select()`))
	h.must(chromedp.Do(h.ctx, chromedp.SendKeys(chromedp.CSS(selector), text)))
}

// choose picks one of the options of a field.
func (h *hand) choose(selector, value string) {
	h.t.Helper()
	if !h.keys {
		h.must(chromedp.Do(h.ctx, chromedp.SetValue(chromedp.CSS(selector), value)))
		return
	}
	h.reach(selector)
	for range 20 {
		if h.yes(fmt.Sprintf(`document.activeElement.value == %q`, value)) {
			return
		}
		h.must(chromedp.Do(h.ctx, chromedp.KeyEvent(kb.ArrowDown)))
	}
	h.t.Fatalf("%s has no %s:\n%s", selector, value, h.page())
}

// takesAlong reads the file of all that belongs to somebody, with their cookie.
func (h *hand) takesAlong(address string) (all map[string][]json.RawMessage, pictures int) {
	h.t.Helper()
	jar, err := chromedp.Call(h.ctx, network.GetCookies, network.GetCookiesParams{})
	h.must(err)
	r, err := http.NewRequestWithContext(h.t.Context(), http.MethodGet, address, http.NoBody)
	h.must(err)
	for _, c := range jar.Cookies {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	// Names below localhost are the browser's to know.
	home := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		return (&net.Dialer{}).DialContext(ctx, network, "127.0.0.1:"+port)
	}}
	defer home.CloseIdleConnections()
	res, err := (&http.Client{Transport: home}).Do(r)
	h.must(err)
	raw, err := io.ReadAll(res.Body)
	_ = res.Body.Close() // read to its end
	h.must(err)
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	h.must(err)
	for _, f := range z.File {
		if !strings.HasSuffix(f.Name, ".json") {
			pictures++
			continue
		}
		out, err := f.Open()
		h.must(err)
		h.must(json.NewDecoder(out).Decode(&all))
		_ = out.Close() // it has been read
	}
	return all, pictures
}

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
		{"no script", 1280, false, false},
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
			ctx, complaints := webtest.Tab(t, chrome, how.width, "light", how.script)
			h := &hand{t, ctx, how.keys}
			base := a.cfg.URL.String()
			seen := 0
			axe := func() {
				t.Helper()
				seen++
				webtest.Shoot(t, ctx, fmt.Sprintf("life-%s-%d", strings.ReplaceAll(how.name, " ", "-"), seen))
				if how.script && !how.keys { // the pages are the same, however they are walked
					for _, v := range webtest.Violations(t, ctx) {
						t.Errorf("axe: %s\n%s", v, h.page())
					}
				}
			}

			// Arriving, and joining the node.
			h.open(base)
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
			h.open(base + "/settings")
			axe()
			h.open(base + "/settings/profile")
			axe()

			// Finding a community elsewhere, and joining it.
			h.open(base + "/search?q=!porch@" + b.cfg.URL.Host)
			h.sees("the community", ".place.head h1", "PORCH")
			h.follow(".place.head .button.main")
			eventually(t, "the follow is accepted", func() bool {
				h.open(base + "/c/porch@" + b.cfg.URL.Host)
				return h.yes(`document.querySelector(".place.head .button") && !document.querySelector(".place.head .button.main") && !document.querySelector("[role=status]:not(.vh)")`)
			})
			a.knows(welcome)
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
			h.open(base)
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
			h.follow(link("report"))
			axe()
			h.write("#field-reason", "Too friendly.")
			h.follow(".send .button.main")
			h.sees("thanks", "h1", "Reported")
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
			h.open(base + "/settings/account")
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
			h.open(base + "/settings")
			h.write("#field-keywords", "welcome")
			h.follow(".form .button.main")
			h.open(base + "/?feed=all")
			h.sees("that something is left out", ".sifted summary", "1 post hidden")
			h.press(".sifted summary")
			h.sees("why", ".sifted li", "One of your keywords: welcome")
			axe()
			h.open(base + "/u/bea@" + b.cfg.URL.Host)
			h.follow(`button[value^="block person"]`)
			h.open(base + "/settings/blocks")
			h.sees("whom she blocked", ".rows li", "@bea")
			axe()
			h.open(base + a.pathOf(welcome))
			h.sees("that something was said", ".comment .gone", "By somebody you blocked")
			h.open(base + "/settings/blocks")
			h.follow(".rows .button")

			// Making a community, and saying more about it.
			h.open(base + "/communities")
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

			// Taking everything along, and going.
			h.open(base + "/settings/account")
			h.follow(`a[href="/settings/leave"]`)
			axe()
			all, pictures := h.takesAlong(base + "/settings/export")
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
