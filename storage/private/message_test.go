package private_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/private"
)

// far makes somebody of another server.
func (n *node) far(name, host string) forum.Person {
	n.Helper()
	p := forum.Person{URI: "https://" + host + "/u/" + name, Name: name, Host: host}
	n.must(n.db.Pool().QueryRow(n.Context(), `insert into person (uri, name, host, local, inbox) values ($1, $2, $3, false, $1 || '/inbox') returning id`, p.URI, name, host).Scan(&p.ID))
	return p
}

func (n *node) number(sql string, args ...any) (x int) {
	n.Helper()
	n.must(n.db.Pool().QueryRow(n.Context(), sql, args...).Scan(&x))
	return x
}

// keep writes a message.
func (n *node) keep(uri, text string, from, to forum.Person, state forum.MessageState, at time.Time) (id int64) {
	n.Helper()
	n.must(n.db.InTx(n.Context(), func(ctx context.Context, tx *storage.Tx) (err error) {
		id, err = private.In(tx).KeepMessage(ctx, &forum.Message{
			URI: uri, From: from, To: to, Text: forum.Text{Source: text, Format: forum.Markdown, HTML: "<p>" + text + "</p>"}, Published: forum.Stamp{Time: at},
		}, state, at)
		return err
	}))
	return id
}

func (n *node) here(id int64, name string) forum.Person {
	return forum.Person{ID: id, URI: "https://node.test/u/" + name, Name: name, Host: "node.test", Local: true}
}

// What the rule is told of two who write to each other.
func TestCorrespondence(t *testing.T) {
	n := newNode(t)
	n.open(n.ann, "")
	ann, bob, eve := n.here(n.ann, "ann"), n.here(n.bob, "bob"), n.far("eve", "sub.far.example")
	is := func(what string, from, to forum.Person, at time.Time, want func(*forum.Correspondence)) {
		t.Helper()
		have, err := n.own.Correspondence(t.Context(), from, to, at)
		n.must(err)
		c := forum.Correspondence{Account: to.ID == n.ann}
		want(&c)
		if have != c {
			t.Errorf("%s:\n%+v, want\n%+v", what, have, c)
		}
	}
	do := func(sql string, args ...any) {
		t.Helper()
		_, err := n.db.Pool().Exec(t.Context(), sql, args...)
		n.must(err)
	}
	is("strangers", eve, ann, noon, func(*forum.Correspondence) {})
	is("without an account", eve, bob, noon, func(*forum.Correspondence) {})
	n.keep("https://sub.far.example/m/1", "one", eve, ann, forum.Requested, noon)
	n.keep("https://sub.far.example/m/2", "two", eve, ann, forum.Requested, noon.Add(time.Minute))
	asked := func(c *forum.Correspondence) {
		c.State, c.Before, c.Unanswered, c.Today, c.Strangers, c.ServerToday, c.Requests, c.ServerRequests = forum.Requested, true, 2, 2, 1, 1, 1, 1
	}
	is("asked", eve, ann, noon.Add(2*time.Minute), asked)
	is("another of that server", n.far("dan", "sub.far.example"), ann, noon, func(c *forum.Correspondence) { c.ServerToday, c.Requests, c.ServerRequests = 1, 1, 1 })
	is("another server", n.far("fay", "near.example"), ann, noon, func(c *forum.Correspondence) { c.Requests = 1 })
	is("two days later", eve, ann, noon.Add(48*time.Hour), func(c *forum.Correspondence) {
		c.State, c.Before, c.Unanswered, c.Requests, c.ServerRequests = forum.Requested, true, 2, 1, 1
	})
	n.keep("https://node.test/m/1", "answer", ann, eve, forum.Requested, noon.Add(time.Hour))
	is("answered", eve, ann, noon.Add(2*time.Hour), func(c *forum.Correspondence) { c.State, c.Before, c.Wrote, c.Today = forum.Welcome, true, true, 2 })
	do(`update account set settings = '{"messages": "nobody"}'`)
	do(`insert into shun (person_id, kind, host, at) values ($1, 3, 'sub.far.example', now())`, n.ann)
	do(`insert into domain_block (host, blocked_at) values ('far.example', now())`)
	is("shunned, blocked", eve, ann, noon.Add(2*time.Hour), func(c *forum.Correspondence) {
		c.State, c.Before, c.Wrote, c.Today, c.Takes, c.Shunned, c.Blocked = forum.Welcome, true, true, 2, forum.TakesNone, true, true
	})
	is("the other way", ann, eve, noon.Add(2*time.Hour), func(c *forum.Correspondence) {
		c.Before, c.Wrote, c.Unanswered, c.Today, c.Shuns, c.Blocked = true, true, 1, 1, true, true
	})
	do(`insert into community (uri, name, host, local, inbox, followers_url, key_id, wall, published_at) values ($1, 'fay', 'near.example', false, 'i', 'f', 'k', true, now())`, "https://near.example/u/fay")
	do(`insert into follow (person_id, community_id, state, at) select $1, id, 2, now() from community`, n.ann)
	var fay forum.Person
	n.must(n.db.Pool().QueryRow(t.Context(), `select id, host from person where name = 'fay'`).Scan(&fay.ID, &fay.Host))
	is("whom they follow", fay, ann, noon, func(c *forum.Correspondence) { c.Follows, c.Takes = true, forum.TakesNone })
}

// Conversations are listed with what was said last; those refused, cleared and shunned
// are not.
func TestConversations(t *testing.T) {
	n := newNode(t)
	n.open(n.ann, "")
	n.open(n.bob, "")
	ann, bob := n.here(n.ann, "ann"), n.here(n.bob, "bob")
	var strangers []forum.Person
	for i := range 5 {
		p := n.far(fmt.Sprint("s", i), "far.example")
		n.keep(p.URI+"/m", fmt.Sprint("text ", i), p, ann, forum.Requested, noon.Add(time.Duration(i)*time.Minute))
		strangers = append(strangers, p)
	}
	n.keep("https://node.test/m/1", "to bob", ann, bob, forum.Requested, noon.Add(time.Hour))
	list := func(state forum.MessageState, before int64) string {
		t.Helper()
		all, err := n.own.Conversations(t.Context(), n.ann, state, before, 3)
		n.must(err)
		var out []string
		for _, c := range all {
			out = append(out, fmt.Sprintf("%s %v %d", c.With.Name, c.Mine, c.Unseen))
		}
		return strings.Join(out, ", ")
	}
	if have := list(forum.Requested, 0); have != "s4 false 1, s3 false 1, s2 false 1" {
		t.Error(have)
	}
	third, err := n.own.Conversations(t.Context(), n.ann, forum.Requested, 0, 3)
	n.must(err)
	if have := list(forum.Requested, third[2].Cursor); have != "s1 false 1, s0 false 1" {
		t.Error(have)
	}
	if have := list(forum.Welcome, 0); have != "bob true 0" {
		t.Error(have)
	}
	if ok, err := n.own.Accept(t.Context(), n.ann, strangers[0].ID); !ok || err != nil {
		t.Error(ok, err)
	}
	if ok, err := n.own.Refuse(t.Context(), n.ann, strangers[0].ID); ok || err != nil {
		t.Error("whom they want is refused", err)
	}
	if ok, err := n.own.Refuse(t.Context(), n.ann, strangers[1].ID); !ok || err != nil {
		t.Error(ok, err)
	}
	if ok, err := n.own.Accept(t.Context(), n.ann, strangers[1].ID); ok || err != nil {
		t.Error("who was refused is let in", err)
	}
	n.must(n.own.Shun(t.Context(), n.ann, private.ShunPerson, strangers[2].ID, "", true, noon))
	if have := list(forum.Requested, 0) + "; " + list(forum.Welcome, 0); have != "s4 false 1, s3 false 1; bob true 0, s0 false 1" {
		t.Error(have)
	}
	if have, err := n.own.Requests(t.Context(), n.ann); have != 2 || err != nil {
		t.Error(have, err)
	}
	if have := n.number(`select count(*) from message where not seen and to_id = $1`, n.ann); have != 3 { // s0, s3, s4
		t.Errorf("%d are new", have)
	}
	messages, notices, err := n.own.SeeMessages(t.Context(), n.ann, strangers[0].ID)
	if messages != 1 || notices != 1 || err != nil {
		t.Error(messages, notices, err)
	}
	// One who was deleted before it came is not kept, nor is one twice.
	_, err = n.db.Pool().Exec(t.Context(), `insert into early_delete (uri, by, at, undone) values ('https://far.example/early', $1, now(), false)`, strangers[0].URI)
	n.must(err)
	if n.keep("https://far.example/early", "x", strangers[0], ann, forum.Welcome, noon) != 0 || n.keep(strangers[0].URI+"/m", "x", strangers[0], ann, forum.Welcome, noon) != 0 {
		t.Error("one that was deleted, or is here, is kept")
	}
	n.keep("https://far.example/to-bob", "x", strangers[0], bob, forum.Requested, noon) // both know them
	// Each reads what is theirs, and finds no other by its number.
	mine := n.number(`select id from message where author_id = $1`, n.ann)
	theirs := n.number(`select id from message where author_id = $1 and to_id = $2`, strangers[0].ID, n.ann)
	for _, c := range []struct {
		who  int64
		id   int
		want bool
	}{{n.ann, mine, true}, {n.bob, mine, true}, {n.ann, theirs, true}, {n.bob, theirs, false}} {
		if _, err := n.own.Message(t.Context(), c.who, int64(c.id)); (err == nil) != c.want {
			t.Errorf("%d reads %d: %v", c.who, c.id, err)
		}
	}
}

// Messages are part of what somebody takes with them, and go with their account.
func TestMessagesAreExportedAndForgotten(t *testing.T) {
	n := newNode(t)
	n.open(n.ann, "")
	n.open(n.bob, "")
	ann, bob, eve := n.here(n.ann, "ann"), n.here(n.bob, "bob"), n.far("eve", "far.example")
	n.keep("https://node.test/m/1", "ann to bob", ann, bob, forum.Welcome, noon)
	n.keep("https://node.test/m/2", "bob to ann", bob, ann, forum.Welcome, noon)
	n.keep("https://far.example/m/1", "eve to ann", eve, ann, forum.Requested, noon)
	n.keep("https://far.example/m/2", "eve to bob", eve, bob, forum.Requested, noon)
	has := func(person int64, want string) {
		t.Helper()
		var in bool
		var all []string
		n.must(n.own.Export(t.Context(), person, func(name string) error {
			in = name == "messages"
			return nil
		}, func(row json.RawMessage) error {
			var m struct {
				Text string `json:"text"`
			}
			if in {
				n.must(json.Unmarshal(row, &m))
				all = append(all, m.Text)
			}
			return nil
		}))
		if have := strings.Join(all, ", "); have != want {
			t.Errorf("%d takes %q, want %q", person, have, want)
		}
	}
	has(n.ann, "ann to bob, bob to ann, eve to ann")
	has(n.bob, "ann to bob, bob to ann, eve to bob")
	_, err := n.own.Refuse(t.Context(), n.bob, eve.ID)
	n.must(err)
	has(n.bob, "ann to bob, bob to ann")
	id := n.number(`select id from message where author_id = $1`, n.ann)
	if _, err := n.own.ReportMessage(t.Context(), n.bob, int64(id), "why", noon); err != nil {
		t.Error(err)
	}
	for i, days := range []int{89, 91} {
		n.must(n.own.Sweep(t.Context(), noon.Add(time.Duration(days)*24*time.Hour)))
		if have := n.number(`select count(*) from message_report`); have != 1-i {
			t.Errorf("after %d days there are %d reports", days, have)
		}
	}
	n.must(n.own.Close(t.Context(), n.ann))
	has(n.bob, "bob to ann")
	if have := n.number(`select count(*) from message`); have != 1 {
		t.Errorf("%d are left", have)
	}
	n.must(n.own.ForgetMessages(t.Context(), eve.ID))
	n.must(n.own.Close(t.Context(), n.bob))
	if have := n.number(`select (select count(*) from message) + (select count(*) from conversation)`); have != 0 {
		t.Errorf("%d are left", have)
	}
}
