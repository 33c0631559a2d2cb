package member

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"stoa/federation/forum"
	"stoa/storage/private"
)

// id is the number of somebody who lives here.
func (n *node) id(name string) int64 {
	n.Helper()
	p, err := n.db.Reader().Person(n.Context(), name, "")
	n.must(err)
	return p.ID
}

// lives joins, and is released at once.
func (b *browser) lives(name string) {
	b.Helper()
	b.join(name)
	_, err := b.own.Release(b.Context(), b.id(name))
	b.must(err)
}

func (n *node) number(sql string, args ...any) (x int64) {
	n.Helper()
	n.must(n.db.Pool().QueryRow(n.Context(), sql, args...).Scan(&x))
	return x
}

// A stranger's message stands apart, is answered, and from then on is a conversation
// like any other; both sides see the same.
func TestConversation(t *testing.T) {
	n := newNode(t)
	ann, bob := n.browser(), n.browser()
	ann.lives("ann")
	bob.lives("bob")
	ann.get("/messages").has(t, 200, "No messages yet")
	ann.get("/u/bob").has(t, 200, `href="/messages/bob"`, "Send a message")
	ann.get("/messages/bob").has(t, 200, "Nothing has been said yet", `data-draft="message person-`, "not encrypted", "data-markdown")
	ann.post("/messages/bob", "text", "Good *morning*", "preview", "1").has(t, 200, "<p>Good *morning*</p>", "Good *morning*</textarea>")
	if n.number(`select count(*) from message`) != 0 {
		t.Error("a preview is sent")
	}
	ann.post("/messages/bob", "text", "  ").has(t, 400, "Write something first")
	ann.post("/messages/bob", "text", strings.Repeat("x", forum.MaxMessageSource+1)).has(t, 400, "too long", "xxx</textarea>")
	ann.post("/messages/bob", "text", "Good morning").has(t, 303)
	ann.get("/messages").has(t, 200, "bob", "Good morning", "You:")

	bob.get("/messages").has(t, 200, "No messages yet", "Requests (1)")
	bob.get("/").has(t, 200, `aria-label="Notifications, 1 new"`)
	if strings.Contains(bob.get("/").body, "Messages, 1 new") {
		t.Error("a request counts as a message")
	}
	bob.get("/notices").has(t, 200, "ann asks to write to you", `href="/messages/ann#answer"`)
	bob.get("/messages?show=requests").has(t, 200, "ann", "1 new", `class="unseen"`)
	bob.get("/messages/ann").has(t, 200, "Good morning", "accept person-", "refuse person-", "block person-", "/messages/report/")
	bob.post("/messages/ann", "text", "And to you").has(t, 303)
	bob.get("/messages").has(t, 200, "And to you", "Requests<")
	ann.get("/").has(t, 200, `aria-label="Messages, 1 new"`, `<span class="many" aria-hidden="true">1</span>`)
	ann.get("/notices").has(t, 200, "bob wrote you a message")
	page := ann.get("/messages/bob")
	page.has(t, 200, "Good morning", "And to you", `class="mine"`)
	if strings.Contains(page.body, "Messages, 1 new") || strings.Contains(page.body, "accept person-") {
		t.Error("what is read counts as new, or is asked for")
	}
	if strings.Index(page.body, "Good morning") > strings.Index(page.body, "And to you") {
		t.Error("the newest is not at the bottom")
	}
	if cc := page.header.Get("Cache-Control"); cc != "no-store" {
		t.Errorf("Cache-Control %q", cc)
	}

	one := n.number(`select id from message where source = 'Good morning'`)
	ann.get(fmt.Sprintf("/messages/bob?edit=%d", one)).has(t, 200, "Good morning</textarea>", `name="message"`)
	ann.post("/messages/bob", "text", "Good evening", "message", fmt.Sprint(one)).has(t, 303)
	bob.get("/messages/ann").has(t, 200, "Good evening", "edited")

	ann.get("/messages/ann").has(t, 400, "That is yourself")
	ann.get("/messages/nobody").has(t, 404)
	ann.get("/messages?before=x").has(t, 400)
	n.browser().get("/messages").has(t, 303)
	n.browser().post("/messages/bob", "text", "Typed long").has(t, 403, "Typed long</textarea>", "signed in no more")
}

// Who may read, answer, change and report which message: nobody but the two.
func TestWhoseMessages(t *testing.T) {
	n := newNode(t)
	all := map[string]*browser{"nobody": n.browser()}
	for _, name := range []string{"ann", "bob", "cid", "admin"} {
		all[name] = n.browser()
		all[name].lives(name)
	}
	n.must(n.own.SetAdmin(t.Context(), n.id("admin"), true))
	all["ann"].post("/messages/bob", "text", "Secret").has(t, 303)
	one := n.number(`select id from message`)
	for _, c := range []struct {
		method, path string
		form         []string
		want         map[string]int // by who asks
	}{
		{"GET", fmt.Sprintf("/messages/bob?edit=%d", one), nil, map[string]int{"nobody": 303, "ann": 200, "bob": 400, "cid": 404, "admin": 404}},
		{"GET", fmt.Sprintf("/messages/ann?edit=%d", one), nil, map[string]int{"nobody": 303, "ann": 400, "bob": 403, "cid": 404, "admin": 404}},
		{"GET", fmt.Sprintf("/messages/report/%d", one), nil, map[string]int{"nobody": 303, "ann": 404, "bob": 200, "cid": 404, "admin": 404}},
		{"POST", fmt.Sprintf("/messages/report/%d", one), []string{"reason", ""}, map[string]int{"nobody": 403, "ann": 404, "bob": 400, "cid": 404, "admin": 404}},
		{"POST", "/messages/bob", []string{"text", "Forged", "message", fmt.Sprint(one)}, map[string]int{"nobody": 403, "bob": 403, "cid": 404, "admin": 404}},
		{"POST", "/messages/ann", []string{"text", "Forged", "message", fmt.Sprint(one)}, map[string]int{"nobody": 403, "bob": 403, "cid": 404, "admin": 404}},
		{"GET", "/messages/reported/1", nil, map[string]int{"nobody": 303, "ann": 404, "bob": 404, "cid": 404, "admin": 404}},
	} {
		for who, want := range c.want {
			var a answer
			if c.method == "GET" {
				a = all[who].get(c.path)
			} else {
				a = all[who].post(c.path, c.form...)
			}
			if a.status != want {
				t.Errorf("%s %s by %s: %d, want %d", c.method, c.path, who, a.status, want)
			}
			if strings.Contains(a.body, "Secret") && who != "ann" && who != "bob" {
				t.Errorf("%s %s: %s reads it", c.method, c.path, who)
			}
		}
	}
	for _, who := range []string{"cid", "admin", "nobody"} {
		for _, path := range []string{"/messages", "/messages?show=requests", "/messages/ann", "/messages/bob", "/notices", "/settings/export", "/search?q=Secret", "/", "/u/ann"} {
			if strings.Contains(strings.ReplaceAll(all[who].get(path).body, `value="Secret"`, ""), "Secret</p>") {
				t.Errorf("%s reads it at %s", who, path)
			}
		}
	}
	if n.number(`select count(*) from message where source <> 'Secret'`) != 0 {
		t.Error("somebody changed it")
	}
	uri := ""
	n.must(n.db.Pool().QueryRow(t.Context(), `select uri from message`).Scan(&uri))
	for who, b := range all {
		b.header.Set("Accept", "application/activity+json")
		b.get(strings.TrimPrefix(uri, base)).has(t, 404)
		b.header.Del("Accept")
		_ = who
	}

	// What was got is shown to the admins, by whoever got it, and stays when it is deleted.
	all["bob"].post(fmt.Sprintf("/messages/report/%d", one), "reason", "Not nice.").has(t, 200, "Reported")
	all["bob"].post(fmt.Sprintf("/messages/report/%d", one), "reason", "Not nice.").has(t, 200)
	all["admin"].get("/notices").has(t, 200, "bob reports something", "Not nice.", `href="/messages/reported/1"`)
	all["admin"].get("/messages/reported/1").has(t, 200, "Secret", "ann", "bob", "Not nice.")
	all["bob"].get("/messages/reported/1").has(t, 404)
	all["bob"].get("/settings/export").has(t, 200, "Secret")
}

// A request that is refused vanishes, and whoever asks does not learn of it.
func TestRefusedRequest(t *testing.T) {
	n := newNode(t)
	ann, bob := n.browser(), n.browser()
	ann.lives("ann")
	bob.lives("bob")
	ann.post("/messages/bob", "text", "Buy this").has(t, 303)
	ok, err := n.own.Refuse(t.Context(), n.id("bob"), n.id("ann"))
	if n.must(err); !ok {
		t.Fatal("nothing to refuse")
	}
	for _, path := range []string{"/messages", "/messages?show=requests", "/messages/ann", "/notices", "/settings/export"} {
		if strings.Contains(bob.get(path).body, "Buy this") {
			t.Errorf("it is at %s", path)
		}
	}
	ann.get("/messages/bob").has(t, 200, "Buy this")
	for range forum.MaxUnanswered - 1 {
		ann.post("/messages/bob", "text", "Buy that").has(t, 303)
	}
	ann.post("/messages/bob", "text", "Buy that").has(t, 503, "Wait until you are answered", "Buy that</textarea>")
	bob.get("/messages?show=requests").has(t, 200, "Nobody asks")
	if strings.Contains(bob.get("/messages/ann").body, "Buy") || bob.get("/notices").body == "" || n.number(`select count(*) from notice where person_id = $1`, n.id("bob")) != 0 {
		t.Error("bob hears of it")
	}
	bob.post("/messages/ann", "text", "What is it?").has(t, 303) // of one's own accord
	if body := bob.get("/messages/ann").body; strings.Contains(body, "Buy") || !strings.Contains(body, "What is it?") {
		t.Error("what was refused is back")
	}
	ann.post("/messages/bob", "text", "A clock").has(t, 303)
	bob.get("/messages/ann").has(t, 200, "A clock")
}

// Who may write is for everybody to set, and whom they block cannot.
func TestWhoMayWrite(t *testing.T) {
	n := newNode(t)
	ann, bob := n.browser(), n.browser()
	ann.lives("ann")
	bob.lives("bob")
	bob.get("/settings").has(t, 200, "Who may write you messages", "People I follow")
	bob.post("/settings", "messages", "nobody").has(t, 200, `<option value="nobody" selected>`)
	ann.post("/messages/bob", "text", "Hello").has(t, 403, "takes no messages from you", "Hello</textarea>")
	bob.post("/messages/ann", "text", "I write to you").has(t, 303)
	ann.post("/messages/bob", "text", "So I answer").has(t, 303)
	bob.post("/settings", "messages", "follows").has(t, 200, `<option value="follows" selected>`)
	cid := n.browser()
	cid.lives("cid")
	cid.post("/messages/bob", "text", "Hello").has(t, 403, "takes no messages from you")
	bob.post("/settings", "messages", "").has(t, 200)
	n.must(n.own.Shun(t.Context(), n.id("bob"), private.ShunPerson, n.id("ann"), "", true, time.Now()))
	ann.post("/messages/bob", "text", "Still there?").has(t, 403, "takes no messages from you")
	bob.post("/messages/ann", "text", "No").has(t, 403, "You have blocked this person")
	if strings.Contains(bob.get("/messages").body, "So I answer") || strings.Contains(bob.get("/").body, "Messages, 1 new") {
		t.Error("whom they blocked is listed, or counted")
	}
	// Somebody new answers, and begins nothing.
	_, err := n.db.Pool().Exec(t.Context(), `update account set released = false where person_id = $1`, n.id("cid"))
	n.must(err)
	cid.post("/messages/bob", "text", "Hello").has(t, 403, "Your account is new")
	bob.post("/messages/cid", "text", "Welcome").has(t, 303)
	cid.post("/messages/bob", "text", "Thank you").has(t, 303)
}

// Nobody writes to more strangers a day than that.
func TestStrangersADay(t *testing.T) {
	n := newNode(t)
	ann := n.browser()
	ann.lives("ann")
	for i := range forum.MaxStrangersADay + 1 {
		name := fmt.Sprintf("p%d", i)
		_, err := n.db.Pool().Exec(t.Context(), `with p as (insert into person (uri, name, host, local, inbox) values ($1, $2, 'node.localhost', true, 'i') returning id)
			insert into account (person_id, password, made_at, changed_at) select id, '', now(), now() from p`, base+"/u/"+name, name)
		n.must(err)
		want := 303
		if i == forum.MaxStrangersADay {
			want = 503
		}
		ann.post("/messages/"+name, "text", "Hello").has(t, want)
	}
	n.pass(25 * time.Hour)
	ann.post(fmt.Sprintf("/messages/p%d", forum.MaxStrangersADay), "text", "Hello").has(t, 303)
}

// What somebody wrote goes with their account; what others wrote to them is theirs.
func TestMessagesOfTheGone(t *testing.T) {
	n := newNode(t)
	ann, bob := n.browser(), n.browser()
	ann.lives("ann")
	bob.lives("bob")
	ann.post("/messages/bob", "text", "From ann").has(t, 303)
	bob.post("/messages/ann", "text", "From bob").has(t, 303)
	ann.post("/settings/leave", "name", "ann", "leave-present", password).has(t, 303)
	if n.number(`select count(*) from message`) != 1 || n.number(`select count(*) from message where source = 'From bob'`) != 1 {
		t.Error("the wrong ones went")
	}
	bob.get("/messages").has(t, 200, "From bob")
	bob.post("/messages/ann", "text", "Hello?").has(t, 410)
	bob.post("/settings/leave", "name", "bob", "leave-present", password).has(t, 303)
	if n.number(`select (select count(*) from message) + (select count(*) from conversation)`) != 0 {
		t.Error("something is left")
	}
}

// An old message is no way past a block, and is not changed without end.
func TestEditsOfMessagesHaveRules(t *testing.T) {
	n := newNode(t)
	ann, bob := n.browser(), n.browser()
	ann.lives("ann")
	bob.lives("bob")
	ann.post("/messages/bob", "text", "Hello").has(t, 303)
	id := fmt.Sprint(n.number(`select id from message`))
	edit := func(text string, status int) {
		t.Helper()
		n.pass(time.Second)
		if a := ann.post("/messages/bob", "text", text, "message", id); a.status != status {
			t.Fatalf("%q: %d, want %d", text, a.status, status)
		}
	}
	for i := range forum.MaxMessageEdits {
		edit(fmt.Sprint("Hello ", i), 303)
	}
	edit("Once too often", 503)
	n.must(n.own.Shun(t.Context(), n.id("bob"), private.ShunPerson, n.id("ann"), "", true, n.clock()))
	edit("Abuse", 403)
	if n.number(`select count(*) from message where source like 'Hello %'`) != 1 {
		t.Error("it says something else now")
	}
}
