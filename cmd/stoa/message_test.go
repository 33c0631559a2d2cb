package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"stoa/federation/account"
	"stoa/federation/fedtest"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/private"
)

// lives makes somebody who can sign in.
func (n *testNode) lives(name string) string {
	n.t.Helper()
	uri := n.found(name, false)
	if _, err := private.Of(n.db).Open(n.t.Context(), n.person(uri).ID, account.Account{Password: "none", Released: true}, time.Now()); err != nil {
		n.t.Fatal(err)
	}
	return uri
}

// meets has a node learn of somebody elsewhere.
func (n *testNode) meets(uri string) forum.Person {
	n.t.Helper()
	if err := n.inbox.Discover(n.t.Context(), uri); err != nil {
		n.t.Fatal(err)
	}
	return n.person(uri)
}

// message writes to somebody; with was, in the place of what was written.
func (n *testNode) message(from, to, source, was string) {
	n.t.Helper()
	a := forum.Send{Edit: was != "", Message: forum.Message{URI: was, From: n.person(from), To: n.person(to), Text: n.text(source)}}
	n.do(func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		own := private.In(tx)
		var err error
		if a.Message.InReplyTo, err = own.LastFrom(ctx, a.Message.From.ID, a.Message.To.ID); err != nil {
			return nil, err
		}
		out, err := n.forum.Send(ctx, tx, own, a)
		return []forum.Outcome{out}, err
	})
}

// reads is what somebody has of what they exchanged with another.
func (n *testNode) reads(who, with string) (all []string) {
	n.t.Helper()
	list, err := private.Of(n.db).MessagesWith(n.t.Context(), n.person(who).ID, n.person(with).ID, 0, 100)
	if err != nil {
		n.t.Fatal(err)
	}
	for _, m := range list {
		all = append(all, m.From.Name+": "+m.Text.Source)
	}
	return all
}

// signIn is the cookie of somebody who is signed in.
func (n *testNode) signIn(who string) *http.Cookie {
	n.t.Helper()
	token, kept := account.NewToken()
	if err := private.Of(n.db).Begin(n.t.Context(), n.person(who).ID, account.Session{Token: kept, Made: time.Now()}); err != nil {
		n.t.Fatal(err)
	}
	return &http.Cookie{Name: "session" + n.cfg.URL.Port(), Value: token}
}

// page is what a page shows to somebody who is signed in.
func (n *testNode) page(who, path string) string {
	n.t.Helper()
	r := httptest.NewRequestWithContext(n.t.Context(), http.MethodGet, path, http.NoBody)
	r.AddCookie(n.signIn(who))
	w := httptest.NewRecorder()
	n.public.ServeHTTP(w, r)
	return w.Body.String()
}

// Two people of two nodes write to each other, change what they wrote and take it
// back; both read the same at each step, and nobody else reads any of it.
func TestMessagesBetweenNodes(t *testing.T) {
	t.Parallel()
	a, b := newTestNode(t, "a", nil), newTestNode(t, "b", nil)
	ann, bob, eve := a.lives("ann"), b.lives("bob"), b.lives("eve")
	a.meets(bob)
	both := func(what string, lines ...string) {
		t.Helper()
		eventually(t, what, func() bool { return slices.Equal(a.reads(ann, bob), lines) })
		eventually(t, what, func() bool {
			return b.knowsPerson(ann) && slices.Equal(b.reads(bob, ann), lines)
		})
	}
	a.message(ann, bob, "good *morning*", "")
	both("the first is read", "ann: good *morning*")
	host := strings.TrimPrefix(a.cfg.URL.String(), "http://")
	if page := b.page(bob, "/messages?show=requests"); !strings.Contains(page, "/messages/ann@"+host) {
		t.Error("it is no request: ", page)
	}
	if page := b.page(bob, "/messages/ann@"+host); !strings.Contains(page, "good <em>morning</em>") || !strings.Contains(page, "accept person-") {
		t.Error("it is not shown: ", page)
	}
	b.message(bob, ann, "and to you", "")
	both("the answer is read", "ann: good *morning*", "bob: and to you")
	if page := a.page(ann, "/messages"); !strings.Contains(page, "and to you") || !strings.Contains(page, "1 new") {
		t.Error("the answer is no conversation: ", page)
	}
	var first, second string
	for _, x := range []struct {
		into *string
		from string
	}{{&first, ann}, {&second, bob}} {
		if err := a.db.Pool().QueryRow(t.Context(), `select m.uri from message m join person p on p.id = m.author_id where p.uri = $1`, x.from).Scan(x.into); err != nil {
			t.Fatal(err)
		}
	}
	a.message(ann, bob, "good evening", first)
	both("the change is read", "ann: good evening", "bob: and to you")
	b.do(func(ctx context.Context, tx *storage.Tx) ([]forum.Outcome, error) {
		out, err := b.forum.Unsend(ctx, tx, private.In(tx), second, b.person(bob))
		return []forum.Outcome{out}, err
	})
	both("what was taken back is gone", "ann: good evening", "bob: ")

	// Nothing of it stands anywhere else.
	for _, n := range []*testNode{a, b} {
		for path, want := range map[string]int{
			strings.TrimPrefix(first, a.cfg.URL.String()): 404, strings.TrimPrefix(second, b.cfg.URL.String()): 404, "/u/ann/outbox": 0, "/u/bob/outbox": 0, "/search?q=evening": 200, "/": 200,
		} {
			for _, accept := range []string{"application/activity+json", "text/html"} {
				w := n.get(path, accept)
				if want != 0 && w.Code != want || strings.Contains(w.Body.String(), "good") {
					t.Errorf("%s: %d %s", path, w.Code, w.Body.String())
				}
			}
		}
		var ids []string
		if err := n.db.Pool().QueryRow(t.Context(), `select array_agg(direct_id) from log where verb like 'message%'`).Scan(&ids); err != nil || len(ids) == 0 {
			t.Fatal(ids, err)
		}
		for _, id := range ids {
			if w := n.get(strings.TrimPrefix(id, n.cfg.URL.String()), "application/activity+json"); w.Code != 404 || strings.Contains(w.Body.String(), "good") {
				t.Errorf("%s: %d %s", id, w.Code, w.Body.String())
			}
		}
		var lies int
		if err := n.db.Pool().QueryRow(t.Context(), `select count(*) from received where convert_from(body, 'UTF8') ~ 'good|and to you'`).Scan(&lies); err != nil || lies != 0 {
			t.Errorf("%d bodies are left, %v", lies, err)
		}
	}
	for _, path := range []string{"/messages", "/messages?show=requests", "/messages/ann@" + host, "/messages/bob"} {
		if strings.Contains(b.page(eve, path), "good") {
			t.Errorf("eve reads it at %s", path)
		}
	}
	if left := countLog(t, b, "message"); left != 1 {
		t.Errorf("%d rows tell of one message", left)
	}
	var words bool
	if err := b.db.Pool().QueryRow(t.Context(), `select bool_or(direct_doc is not null or forum_doc is not null) from log where verb = 'message'`).Scan(&words); err != nil || words {
		t.Error("the words of what was taken back are still to be sent", err)
	}
}

func (n *testNode) knowsPerson(uri string) bool {
	var known bool
	err := n.db.Pool().QueryRow(n.t.Context(), `select exists (select 1 from person where uri = $1 and name <> '')`, uri).Scan(&known)
	return err == nil && known
}

// Each software is written to in the form that it takes, and what it answers arrives.
func TestMessagesToEverySoftware(t *testing.T) {
	t.Parallel()
	n := newTestNode(t, "a", nil)
	ann := n.lives("ann")
	for software, kind := range map[fedtest.Software]string{
		fedtest.Lemmy: "ChatMessage", fedtest.Mbin: "ChatMessage", fedtest.PieFed: "ChatMessage",
		fedtest.Mastodon: "Note", fedtest.GoToSocial: "Note", fedtest.NodeBB: "Note",
	} {
		t.Run(string(software), func(t *testing.T) {
			peer := fedtest.New(t, fedtest.Options{Software: software})
			bob := peer.Person("bob")
			n.meets(bob.ID)
			n.message(ann, bob.ID, "hello", "")
			got, err := peer.Wait(t.Context(), func(r fedtest.Received) bool { return r.Type() == "Create" })
			if err != nil {
				t.Fatal(err)
			}
			o := got.Object()
			if o["type"] != kind || !strings.HasSuffix(bob.Inbox, got.Target) {
				t.Errorf("%v to %s, want %s to %s", o["type"], got.Target, kind, bob.Inbox)
			}
			to, _ := json.Marshal([]any{got.Activity["to"], got.Activity["cc"], o["to"]})
			if want := `[["` + bob.ID + `"],[],["` + bob.ID + `"]]`; string(to) != want {
				t.Errorf("to %s, want %s", to, want)
			}
			answer := fedtest.Doc{
				"@context": "https://www.w3.org/ns/activitystreams", "id": peer.URL("/create/1"), "type": "Create", "actor": bob.ID, "to": []any{ann}, "object": fedtest.Doc{
					"id": peer.URL("/m/1"), "type": kind, "attributedTo": bob.ID, "to": []any{ann}, "content": "<p>hello yourself</p>", "inReplyTo": o["id"],
					"tag": []any{fedtest.Doc{"type": "Mention", "href": ann, "name": "@ann"}},
				},
			}
			if r, err := peer.Send(t.Context(), n.cfg.URL.String()+"/inbox", answer, fedtest.SignAs{}); err != nil || r.Status != 202 {
				t.Fatal(r.Status, err)
			}
			eventually(t, "the answer is read", func() bool { return len(n.reads(ann, bob.ID)) == 2 })
			n.message(ann, bob.ID, "bye", "")
			got, err = peer.Wait(t.Context(), func(r fedtest.Received) bool { return strings.Contains(string(r.Body), "bye") })
			if err != nil {
				t.Fatal(err)
			}
			want := any(peer.URL("/m/1"))
			if kind == "ChatMessage" {
				want = nil
			}
			if have := got.Object()["inReplyTo"]; have != want {
				t.Errorf("answers %v, want %v", have, want)
			}
		})
	}
}

// The log does not say who writes to whom.
func TestLogHidesMessages(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{"/messages": "/messages", "/messages/bob@far.example": "/messages/…", "/messages/report/12": "/messages/…", "/u/bob": "/u/bob"} {
		if have := told(path); have != want {
			t.Errorf("%s is written as %s", path, have)
		}
	}
}
