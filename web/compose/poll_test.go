package compose

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage/private"
	"stoa/web/webtest"
)

// page asks for a page, or sends a form with all its values, as somebody.
func (n *node) page(who, path string, form url.Values) (status int, body string) {
	n.Helper()
	method, sent := http.MethodGet, ""
	if form != nil {
		method, sent = http.MethodPost, form.Encode()
	}
	r, err := http.NewRequestWithContext(n.Context(), method, n.server.URL+path, strings.NewReader(sent))
	if err != nil {
		n.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return n.do(r, who)
}

func (n *node) has(what, body string, parts ...string) {
	n.Helper()
	for _, part := range parts {
		want := !strings.HasPrefix(part, "!")
		if part = strings.TrimPrefix(part, "!"); strings.Contains(body, part) != want {
			n.Errorf("%s: %q there: %v", what, part, !want)
		}
	}
}

// A poll is made without script: rows are added and nothing typed is lost, it is seen
// before and kept as a draft, and what is wrong is said beside its field.
func TestMakePollByForm(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.lives("bob", false)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	_, form := n.page("ann", "/submit", nil)
	n.has("the empty form", form, `<details class="group" id="field-poll">`, `id="field-choice-1"`, `id="field-choice-2"`, `!id="field-choice-3"`, `name="more"`, `<option value="72" selected>`)

	typed := func(more ...string) url.Values {
		v := url.Values{"to": {"go"}, "title": {"Tea?"}, "text": {"Now."}, "choice": {"green", " black \r\n tea"}, "multiple": {"1"}, "hours": {"24"}}
		for i := 0; i+1 < len(more); i += 2 {
			if more[i] == "choice" {
				v["choice"] = strings.Split(more[i+1], "|")
			} else {
				v.Set(more[i], more[i+1])
			}
		}
		return v
	}
	status, form := n.page("ann", "/submit", typed("more", "1"))
	if status != http.StatusOK {
		t.Error(status)
	}
	n.has("with one more", form, `<details class="group" id="field-poll" open>`, `value="green"`, `value="black tea"`, `id="field-choice-3" name="choice" maxlength="100" dir="auto" autofocus`, `value="Tea?"`, "Now.", `id="field-multiple" name="multiple" value="1" checked`, `<option value="24" selected>`)
	_, form = n.page("ann", "/submit", typed("choice", "a|b|c|d|e|f|g|h|i|j", "more", "1"))
	n.has("with ten", form, `id="field-choice-10"`, `!id="field-choice-11"`, `!name="more"`)
	_, form = n.page("ann", "/submit", typed("preview", "1"))
	n.has("the preview", form, `<li class="many" dir="auto">green</li>`, `<li class="many" dir="auto">black tea</li>`, `value="green"`)
	if status, _ := n.page("ann", "/draft", typed("place", "post")); status != http.StatusNoContent {
		t.Error(status)
	}
	_, form = n.page("ann", "/submit", nil)
	n.has("the draft", form, `value="black tea"`, `<option value="24" selected>`)

	for _, c := range []struct{ choices, hours, field, says string }{
		{"green|", "24", "choice-2", "two to ten"},
		{"green", "24", "choice-2", "two to ten"},
		{"green|black|green", "24", "choice-3", "already"},
		{"green|" + strings.Repeat("x", 101), "24", "choice-2", "100 characters"},
		{"a|b|c|d|e|f|g|h|i|j|k", "24", "choice-11", "two to ten"},
		{"a|b", "5", "hours", "an hour to 30 days"},
		{"a|b", "999999999999999999999", "", ""}, // no number: how long it usually is
	} {
		status, form := n.page("ann", "/submit", typed("choice", c.choices, "hours", c.hours, "title", "Wrong?"))
		if c.field == "" {
			if status != http.StatusSeeOther {
				t.Error(status)
			}
			continue
		}
		if status != http.StatusBadRequest {
			t.Errorf("%s: %d", c.choices, status)
		}
		fault := form[max(strings.Index(form, `id="field-`+c.field+`-fault"`), 0):]
		n.has(c.choices, fault[:min(len(fault), 200)], c.says)
		n.has(c.choices, form, `href="#field-`+c.field+`"`, `value="`+strings.Split(c.choices, "|")[0]+`"`, `value="Wrong?"`, "Now.")
	}
	if posts := n.posts(); posts != 1 {
		t.Errorf("%d posts", posts)
	}
	to := n.done2("ann", "/submit", typed())
	p := n.at(to)
	if p.Poll == nil || !p.Poll.Multiple || len(p.Poll.Options) != 2 || p.Poll.Options[1].Name != "black tea" || p.Poll.Closes.Sub(p.Published.Time) != 24*time.Hour || p.Shape != forum.Asks {
		t.Errorf("%+v", p.Poll)
	}
	_, form = n.page("ann", strings.Replace(to, "/post/", "/edit/post-", 1), nil)
	n.has("to edit", form, "The choices of its poll stay", `!name="choice"`)
	n.done2("ann", strings.Replace(to, "/post/", "/edit/post-", 1), typed("title", "Coffee?", "choice", "x|y"))
	if q := n.at(to); q.Title != "Coffee?" || q.Poll.Options[0].Name != "green" {
		t.Errorf("%+v", q)
	}
	// Without a choice there is no poll.
	if p := n.at(n.done2("ann", "/submit", typed("choice", "|"))); p.Poll != nil || p.Shape != forum.Plainly {
		t.Errorf("%+v", p)
	}
}

func (n *node) posts() (count int) {
	n.Helper()
	if err := n.db.Pool().QueryRow(n.Context(), `select count(*) from post`).Scan(&count); err != nil {
		n.Fatal(err)
	}
	return count
}

// done2 is done with a form of several values of one name.
func (n *node) done2(who, path string, form url.Values) string {
	n.Helper()
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	r, err := http.NewRequestWithContext(n.Context(), http.MethodPost, n.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		n.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.AddCookie(&http.Cookie{Name: "session", Value: n.tokens[who]})
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		n.Fatal(err)
	}
	_ = res.Body.Close() // nobody reads it
	if res.StatusCode != http.StatusSeeOther {
		n.Fatalf("%s %v: %d", path, names, res.StatusCode)
	}
	return res.Header.Get("Location")
}

// at is the post at an address.
func (n *node) at(path string) forum.Post {
	n.Helper()
	var id int64
	if _, err := fmt.Sscanf(path, "/post/%d", &id); err != nil {
		n.Fatal(path, err)
	}
	p, err := n.db.Reader().Post(n.Context(), id)
	if err != nil {
		n.Fatal(err)
	}
	return p
}

// A vote by form: the choice is offered to who can choose, how it stands is shown to
// everybody else, and one's own is marked.
func TestVoteByForm(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.lives("bob", false)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	to := n.done2("ann", "/submit", url.Values{"to": {"go"}, "title": {"Tea?"}, "choice": {"green", "black"}, "hours": {"1"}})
	vote := strings.Replace(to, "/post/", "/vote/post-", 1)

	_, page := n.page("", to, nil)
	n.has("nobody", page, `!name="choice"`, `href="/sign-in?back=%2Fpost%2F1"`, "0 votes")
	_, page = n.page("bob", to, nil)
	n.has("bob", page, `<form class="form ballot" method="post" action="/vote/post-1">`, `type="radio"`, `value="green"`, "A vote is final.", "known to this server alone", "<summary>Results so far</summary>")
	if status, page := n.page("bob", vote, url.Values{}); status != http.StatusBadRequest || !strings.Contains(page, "Choose something.") || !strings.Contains(page, `value="black"`) {
		t.Errorf("nothing chosen: %d %s", status, page)
	}
	if status, page := n.page("bob", vote, url.Values{"choice": {"green", "black"}}); status != http.StatusBadRequest || !strings.Contains(page, "Only one") || !strings.Contains(page, `value="black" checked`) {
		t.Errorf("two chosen: %d %s", status, page)
	}
	if where := n.done2("bob", vote, url.Values{"choice": {"black"}}); where != to+"#poll" {
		t.Error(where)
	}
	_, page = n.page("bob", to, nil)
	n.has("who has voted", page, `!name="choice"`, `black <span class="tag">your choice</span>`, "100 %", "1 person voted")
	if status, page := n.page("bob", vote, url.Values{"choice": {"green"}}); status != http.StatusConflict || !strings.Contains(page, "You have voted in this poll already.") {
		t.Errorf("twice: %d", status)
	}
	_, page = n.page("ann", to, nil)
	n.has("who has not", page, `name="choice"`, "!your choice")

	// Who waits for an admin has no vote yet.
	if _, err := n.db.Pool().Exec(t.Context(), `update account set released = false where person_id = $1`, n.people["ann"].ID); err != nil {
		t.Fatal(err)
	}
	if status, page := n.page("ann", vote, url.Values{"choice": {"green"}}); status != http.StatusForbidden || !strings.Contains(page, "once an admin has released") {
		t.Errorf("held: %d", status)
	}
	if _, err := n.db.Pool().Exec(t.Context(), `update account set released = true`); err != nil {
		t.Fatal(err)
	}
	if _, err := n.db.Pool().Exec(t.Context(), `update post set poll = jsonb_set(poll, '{closes}', to_jsonb(now() - interval '1 minute'))`); err != nil {
		t.Fatal(err)
	}
	if status, page := n.page("ann", vote, url.Values{"choice": {"green"}}); status != http.StatusForbidden || !strings.Contains(page, "This poll has ended.") {
		t.Errorf("late: %d", status)
	}
	_, page = n.page("ann", to, nil)
	n.has("when it is over", page, `!name="choice"`, "Closed")
	if p := n.at(to); p.Poll.Options[0].Votes != 0 || p.Poll.Options[1].Votes != 1 || p.Poll.Voters != 1 {
		t.Errorf("%+v", p.Poll)
	}
}

// What somebody chose is theirs to take along.
func TestPollVotesAreExported(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.lives("bob", false)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	to := n.done2("ann", "/submit", url.Values{"to": {"go"}, "title": {"Tea?"}, "choice": {"green", "black"}, "multiple": {"1"}, "hours": {"1"}})
	n.done2("bob", strings.Replace(to, "/post/", "/vote/post-", 1), url.Values{"choice": {"black", "green"}})
	part, rows := "", ""
	err := private.Of(n.db).Export(t.Context(), n.people["bob"].ID, func(name string) error { part = name; return nil }, func(row json.RawMessage) error {
		if part == "pollVotes" {
			rows += string(row)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	n.has("the file", rows, `"chose": "green"`, `"chose": "black"`, `"on": "`+base+to+`"`)
}

// What a new account asks waits with the rest, and is open from when it is released.
func TestHeldPoll(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.lives("bob", false)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	d := account.Draft{To: "go", Title: "Tea?", Poll: &account.Poll{Choices: []string{"green", "", "black"}, Hours: 6}}
	if _, err := private.Of(n.db).Hold(t.Context(), n.people["bob"].ID, d, time.Now()); err != nil {
		t.Fatal(err)
	}
	desk := New(Options{Site: n.site, DB: n.db, Forum: n.forum, Render: func(string) (forum.Text, error) { return forum.Text{}, nil }})
	if released, dropped, err := desk.Release(t.Context(), n.people["bob"]); err != nil || released != 1 || dropped != 0 {
		t.Fatal(released, dropped, err)
	}
	if p := n.at("/post/1"); p.Poll == nil || len(p.Poll.Options) != 2 || p.Poll.Closes.Sub(p.Published.Time) != 6*time.Hour {
		t.Errorf("%+v", p.Poll)
	}
}

// With script a choice is added and a vote is cast where one is; by keys alone, on a
// phone and at a desk, and axe finds nothing.
func TestPollInChromium(t *testing.T) {
	n := newNode(t)
	n.lives("ann", true)
	n.done("ann", "/communities/new", "name", "go", "title", "Go")
	chrome := webtest.Browser(t)
	for i, c := range []struct {
		width int64
		theme string
	}{{360, "light"}, {1280, "dark"}} {
		who := fmt.Sprint("voter", i)
		n.lives(who, false)
		ctx, complaints := webtest.Tab(t, chrome, c.width, c.theme, true)
		keys := func(all string) {
			t.Helper()
			if err := chromedp.Do(ctx, chromedp.KeyEvent(all)); err != nil {
				t.Fatal(err)
			}
		}
		open := func(path string) {
			t.Helper()
			if err := chromedp.Do(ctx, chromedp.Navigate(n.server.URL+path), chromedp.WaitReady(chromedp.CSS("footer"))); err != nil {
				t.Fatal(err)
			}
		}
		is := func(what, script string) {
			t.Helper()
			ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script))
			for range 100 {
				if ok || err != nil {
					break
				}
				time.Sleep(20 * time.Millisecond)
				ok, err = chromedp.Run(ctx, chromedp.Evaluate[bool](script))
			}
			if err != nil || !ok {
				t.Fatalf("%s at %d: %v", what, c.width, err)
			}
		}
		looks := func(name string) {
			t.Helper()
			webtest.Shoot(t, ctx, fmt.Sprintf("%s-%s-%d", name, c.theme, c.width))
			for _, v := range webtest.Violations(t, ctx) {
				t.Errorf("%s at %d: %s", name, c.width, v)
			}
			is(name+" is no wider than the screen", `document.documentElement.scrollWidth <= innerWidth`)
		}
		open("/about")
		if err := webtest.Evaluate(ctx, fmt.Sprintf(`document.cookie = "session=%s; path=/"`, n.tokens[who])); err != nil {
			t.Fatal(err)
		}
		open("/submit?to=go&title=Which+tea%3F")
		is("the button waits for the poll", `getComputedStyle(document.querySelector("button[name=more]")).display === "none"`)
		if err := webtest.Evaluate(ctx, `document.querySelector(".group summary").focus()`); err != nil {
			t.Fatal(err)
		}
		keys(kb.Enter + kb.Tab + "green" + kb.Tab + "black")
		is("two are typed", `[...document.querySelectorAll("input[name=choice]")].map(i => i.value).join() === "green,black"`)
		if err := webtest.Evaluate(ctx, `document.querySelector("button[name=more]").focus()`); err != nil {
			t.Fatal(err)
		}
		keys(kb.Enter)
		is("one more is there and has the focus", `document.activeElement.id === "field-choice-3" && document.querySelector("label[for=field-choice-3]").textContent === "Choice 3"`)
		keys("the other")
		if err := webtest.Evaluate(ctx, `document.querySelector("button[name=preview]").click()`); err != nil {
			t.Fatal(err)
		}
		is("the preview", `document.querySelectorAll(".shown .asked li").length === 3`)
		looks("poll-write")
		if err := webtest.Evaluate(ctx, `document.querySelector(".form.write .button.main").click()`); err != nil {
			t.Fatal(err)
		}
		is("the thread", `location.pathname.startsWith("/post/") && !!document.querySelector(".poll .ballot")`)
		looks("poll-vote")
		if err := webtest.Evaluate(ctx, `document.querySelector(".poll input").focus(); window.stays = true`); err != nil {
			t.Fatal(err)
		}
		keys(kb.ArrowDown + kb.ArrowDown + kb.Enter)
		is("how it stands, in place", `window.stays && !!document.querySelector(".poll .leads .name")?.textContent.includes("the other") && document.querySelectorAll(".poll .bars .tag").length === 1 && document.activeElement.classList.contains("poll")`)
		looks("poll-result")
		if all := complaints(); len(all) > 0 {
			t.Error(all)
		}
	}
	if votes := n.votes(t.Context()); votes != 2 {
		t.Errorf("%d votes", votes)
	}
}

func (n *node) votes(ctx context.Context) (count int) {
	n.Helper()
	if err := n.db.Pool().QueryRow(ctx, `select count(*) from poll_vote`).Scan(&count); err != nil {
		n.Fatal(err)
	}
	return count
}
