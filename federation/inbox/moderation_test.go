package inbox

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"stoa/federation/fedtest"
	"stoa/federation/forum"
	"stoa/storage"
)

// What the moderators of a community elsewhere do, its home announces, and it holds
// here; what another community says of it does not.
func TestAnnouncedModeration(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	id := s.page()
	create := s.eve.Create(fedtest.Post{Community: s.there, Title: "Other", HTML: "<p>words</p>"})
	s.send(s.cats.Announce(create), s.home)
	s.settle()
	theirs := object(create)
	says := func(what fedtest.Doc) {
		t.Helper()
		announce := s.cats.Announce(what)
		s.send(announce, s.home)
		s.settle()
		s.applied(announce)
	}
	rows := func(want int, sql string, args ...any) {
		t.Helper()
		s.want(want, `select count(*) from `+sql, args...)
	}
	for _, of := range []string{id, theirs} {
		removal := s.ann.Remove(of, "off topic", s.there)
		says(removal)
		rows(1, `post where uri = $1 and state = 2 and reason = 'off topic'`, of)
		rows(1, `moderation m join person a on a.id = m.actor_id where m.verb = 'remove' and m.target = $1 and a.uri = $2`, of, s.ann.ID)
		says(s.ann.Undo(removal, s.there))
		rows(1, `post where uri = $1 and state = 0`, of)
	}
	lock := s.ann.Lock(id, s.there)
	says(lock)
	rows(1, `post where uri = $1 and locked`, id)
	says(s.ann.Undo(lock, s.there))
	rows(0, `post where locked`)
	says(s.ann.Add(id, s.cats.ID+"/featured", s.there))
	rows(1, `post where uri = $1 and pinned_at is not null`, id)
	says(s.ann.TakeOut(id, s.cats.ID+"/featured", s.there))
	rows(0, `post where pinned_at is not null`)
	says(s.ann.Add(s.eve.ID, s.cats.ID+"/moderators", s.there))
	rows(1, `moderator where person_uri = $1`, s.eve.ID)
	says(s.ann.TakeOut(s.eve.ID, s.cats.ID+"/moderators", s.there))
	rows(0, `moderator where person_uri = $1`, s.eve.ID)
	ban := s.ann.Ban(s.me.URI, "rude", s.there)
	says(ban)
	rows(1, `ban where reason = 'rude'`)
	if r := s.says(id, "May I?"); r == nil || r.Reason != "banned" {
		t.Errorf("somebody who is banned answers: %v", r)
	}
	says(s.ann.Undo(ban, s.there))
	rows(0, `ban`)
	if r := s.says(id, "Now?"); r != nil {
		t.Errorf("nobody answers: %v", r)
	}

	before := s.snapshot("received", "seen", "person", "actor_key", "server", "community")
	lie := s.eve.Remove(id, "I say so", s.there)
	s.send(lie, s.away)
	s.settle()
	s.refused(lie, "not-moderator")
	s.unchanged(before)
}

// says answers a post in the name of somebody here; nil when that was taken.
func (s *subscriber) says(post, words string) *forum.Refusal {
	s.t.Helper()
	return s.answer(s.me, post, words)
}

// answer answers a post in somebody's name, and returns the refusal.
func (n *node) answer(by forum.Person, post, words string) (no *forum.Refusal) {
	n.t.Helper()
	err := n.db.InTx(n.ctx, func(ctx context.Context, tx *storage.Tx) error {
		out, err := n.forum.Reply(ctx, tx, []forum.Reply{{Comment: forum.Comment{Author: by, InReplyTo: post, Text: forum.Text{Source: words, HTML: words}}}})
		if err == nil {
			no = out[0].Refused
		}
		return err
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return no
}

// Somebody of another server who moderates a community here does so with what their
// server sends; it is announced as it came. Nobody else can.
func TestModeratorsOfOtherServers(t *testing.T) {
	t.Parallel()
	n := start(t, nil)
	me := n.join("me")
	for i, software := range []fedtest.Software{fedtest.Lemmy, fedtest.PieFed, fedtest.Mbin} {
		c := n.found(fmt.Sprintf("go%d", i))
		p := peer(t, fedtest.Options{Software: software})
		mod, eve := p.Person("mod"), p.Person("eve")
		post := eve.Create(fedtest.Post{Community: c, Title: "Mine", HTML: "<p>Mine.</p>"})
		n.send(post, p)
		n.send(mod.Like(object(post), c), p) // so that they are known
		n.settle()
		no := mod.Remove(object(post), "too early", c)
		n.send(no, p)
		n.settle()
		n.refused(no, "not-moderator")
		n.appoint(c.ID, mod.ID)
		does := func(what fedtest.Doc, announced int) {
			t.Helper()
			n.send(what, p)
			n.settle()
			n.applied(what)
			n.want(announced, `select count(*) from log where position(convert_to($1, 'UTF8') in forum_doc) > 0`, what["id"])
		}
		removal := mod.Remove(object(post), "spam", c)
		does(removal, 1)
		n.want(1, `select count(*) from post where uri = $1 and state = 2`, object(post))
		does(mod.Undo(removal, c), 1)
		n.want(1, `select count(*) from post where uri = $1 and state = 0`, object(post))
		lock := mod.Lock(object(post), c)
		does(lock, 1)
		if r := n.answer(me, object(post), "Too late?"); r == nil || r.Reason != "locked" {
			t.Errorf("%v: an answer in a closed thread: %v", software, r)
		}
		n.appoint(c.ID, me.URI)
		if r := n.answer(me, object(post), "We close this."); r != nil {
			t.Errorf("%v: a moderator's answer in a closed thread: %v", software, r)
		}
		ban := mod.Ban(eve.ID, "enough", c)
		does(ban, 1)
		late := eve.Create(fedtest.Post{Community: c, Title: "Again", HTML: "<p>Again.</p>"})
		n.send(late, p)
		n.settle()
		n.refused(late, "banned")
		vote := eve.Dislike(object(post), c)
		n.send(vote, p)
		n.settle()
		n.refused(vote, "banned")
		does(mod.Undo(ban, c), 1)
		flag := eve.Flag(object(post), "look at this", c)
		n.send(flag, p)
		n.settle()
		n.applied(flag)
		n.want(1, `select count(*) from report r join person a on a.id = r.by_id where a.uri = $1 and r.reason = 'look at this'`, eve.ID)
		n.want(0, `select count(*) from log where position(convert_to($1, 'UTF8') in forum_doc) > 0`, flag["id"]) // for moderators alone
		back := mod.Undo(flag, c)                                                                                 // which is not theirs
		n.send(back, p)
		n.settle()
		n.refused(back, "a report of somebody else")
		n.want(1, `select count(*) from report r join person a on a.id = r.by_id where a.uri = $1 and closed_at is null`, eve.ID)
		back = eve.Undo(flag, c)
		n.send(back, p)
		n.settle()
		n.applied(back)
		n.want(0, `select count(*) from report r join person a on a.id = r.by_id where a.uri = $1 and closed_at is null`, eve.ID)
	}
}

// Who of other servers can do what, with what is in which state: each act is signed and
// sent to the inbox. A refusal changes nothing.
func TestWhoOfOtherServersMayDoWhat(t *testing.T) {
	t.Parallel()
	n := start(t, func(o *Options) { o.Messages = keptIn })
	c, other := n.found("go"), n.found("other")
	p, q := peer(t, fedtest.Options{Software: fedtest.PieFed}), peer(t, fedtest.Options{Software: fedtest.Lemmy, Host: "far.localhost"})
	ann, bob, cid, mod, eve := p.Person("ann"), p.Person("bob"), p.Person("cid"), p.Person("mod"), q.Person("eve")
	odd, dot := p.Person("odd"), p.Person("dot") // who moderates elsewhere; to whom things are done
	me := n.live("me")
	who := map[string]*fedtest.Actor{"the author": ann, "anybody": bob, "banned": cid, "a moderator": mod, "a moderator of another community": odd, "of a blocked server": eve}
	poll := n.poll(me, c, true, "tea", "coffee")
	post := func() (create fedtest.Doc) {
		t.Helper()
		create = ann.Create(fedtest.Post{Community: c, Title: "Of ann's", HTML: "<p>Hers.</p>"})
		n.send(create, p)
		n.settle()
		n.applied(create)
		return create
	}
	first := post()
	for _, a := range []*fedtest.Actor{bob, cid, mod, eve, odd, dot} { // so that they are known
		n.send(a.Like(object(first), c), a.Peer())
	}
	n.settle()
	n.appoint(c.ID, mod.ID)
	n.appoint(other.ID, odd.ID)
	n.send(mod.Ban(cid.ID, "rude", c), p)
	n.settle()
	n.want(1, `select count(*) from ban`)
	w := &writing{node: n, p: p}
	letters := 0
	err := n.db.InTx(n.ctx, func(ctx context.Context, tx *storage.Tx) error {
		_, err := tx.SaveServerRules(ctx, forum.ListBlocked, []forum.ServerRule{{Host: "far.localhost", At: time.Now()}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	far := peer(t, fedtest.Options{}).Group("far")
	if err := n.in.Discover(n.ctx, far.ID); err != nil {
		t.Fatal(err)
	}
	states := map[string]func(uri string){
		"live":    func(string) {},
		"removed": func(uri string) { n.send(mod.Remove(uri, "spam", c), p) },
		"closed":  func(uri string) { n.send(mod.Lock(uri, c), p) },
		"deleted": func(uri string) { n.send(ann.Delete(uri, c), p) },
		"pinned":  func(uri string) { n.send(mod.Add(uri, c.ID+"/featured", c), p) },
		"reported": func(uri string) {
			for _, a := range []*fedtest.Actor{ann, bob, cid, mod, odd} {
				n.send(a.Flag(uri, "Look.", c), p)
			}
		},
		"followed": func(string) {
			for _, a := range []*fedtest.Actor{ann, bob, cid, mod, odd} {
				n.send(a.Follow(c.ID), p)
			}
		},
		"of which somebody is banned": func(string) { n.send(mod.Ban(dot.ID, "rude", c), p) },
		"that somebody moderates":     func(string) { n.send(mod.Add(dot.ID, c.ID+"/moderators", c), p) },
		"where moderators alone post": func(string) {
			if _, err := n.db.Pool().Exec(n.ctx, `update community set restricted = true`); err != nil {
				t.Fatal(err)
			}
		},
	}
	verbs := map[string]func(a *fedtest.Actor, on fedtest.Doc) fedtest.Doc{
		"submit": func(a *fedtest.Actor, _ fedtest.Doc) fedtest.Doc {
			return a.Create(fedtest.Post{Community: c, Title: "New", HTML: "<p>New.</p>"})
		},
		"reply": func(a *fedtest.Actor, on fedtest.Doc) fedtest.Doc {
			return a.Create(fedtest.Post{Community: c, InReplyTo: object(on), HTML: "<p>Words.</p>"})
		},
		"like": func(a *fedtest.Actor, on fedtest.Doc) fedtest.Doc { return a.Like(object(on), c) },
		"edit": func(a *fedtest.Actor, on fedtest.Doc) fedtest.Doc {
			return a.Update(words(on), c, retext("<p>Changed.</p>"))
		},
		"delete":   func(a *fedtest.Actor, on fedtest.Doc) fedtest.Doc { return a.Delete(object(on), c) },
		"undelete": func(a *fedtest.Actor, on fedtest.Doc) fedtest.Doc { return a.Undo(a.Delete(object(on), c), c) },
		"dislike":  func(a *fedtest.Actor, on fedtest.Doc) fedtest.Doc { return a.Dislike(object(on), c) },
		"unlike":   func(a *fedtest.Actor, on fedtest.Doc) fedtest.Doc { return a.Undo(a.Like(object(on), c), c) },
		"unlike for the author": func(a *fedtest.Actor, on fedtest.Doc) fedtest.Doc {
			return a.Undo(ann.Like(object(on), c), c)
		},
		"remove":  func(a *fedtest.Actor, on fedtest.Doc) fedtest.Doc { return a.Remove(object(on), "spam", c) },
		"restore": func(a *fedtest.Actor, on fedtest.Doc) fedtest.Doc { return a.Undo(a.Remove(object(on), "spam", c), c) },
		"lock":    func(a *fedtest.Actor, on fedtest.Doc) fedtest.Doc { return a.Lock(object(on), c) },
		"unlock":  func(a *fedtest.Actor, on fedtest.Doc) fedtest.Doc { return a.Undo(a.Lock(object(on), c), c) },
		"pin":     func(a *fedtest.Actor, on fedtest.Doc) fedtest.Doc { return a.Add(object(on), c.ID+"/featured", c) },
		"unpin":   func(a *fedtest.Actor, on fedtest.Doc) fedtest.Doc { return a.TakeOut(object(on), c.ID+"/featured", c) },
		"ban":     func(a *fedtest.Actor, _ fedtest.Doc) fedtest.Doc { return a.Ban(dot.ID, "rude", c) },
		"unban":   func(a *fedtest.Actor, _ fedtest.Doc) fedtest.Doc { return a.Undo(a.Ban(dot.ID, "rude", c), c) },
		"appoint": func(a *fedtest.Actor, _ fedtest.Doc) fedtest.Doc { return a.Add(dot.ID, c.ID+"/moderators", c) },
		"dismiss": func(a *fedtest.Actor, _ fedtest.Doc) fedtest.Doc { return a.TakeOut(dot.ID, c.ID+"/moderators", c) },
		"move":    func(a *fedtest.Actor, on fedtest.Doc) fedtest.Doc { return a.Move(object(on), c.ID, other.ID, c) },
		"report":  func(a *fedtest.Actor, on fedtest.Doc) fedtest.Doc { return a.Flag(object(on), "Look.", c) },
		"resolve": func(a *fedtest.Actor, on fedtest.Doc) fedtest.Doc {
			d := a.Lock(object(on), c)
			return with(d, "type", "Resolve", "id", fmt.Sprint(d["id"], "resolve"), "object", ann.Flag(object(on), "Look.", c))
		},
		"warn": func(a *fedtest.Actor, on fedtest.Doc) fedtest.Doc {
			d := a.Remove(object(on), "mind your words", c)
			return with(d, "type", "Warn", "id", fmt.Sprint(d["id"], "warn"), "to", []any{ann.ID})
		},
		"banish":      func(a *fedtest.Actor, _ fedtest.Doc) fedtest.Doc { return siteBan(a, dot.ID, p.Site().ID) },
		"banish here": func(a *fedtest.Actor, _ fedtest.Doc) fedtest.Doc { return siteBan(a, dot.ID, n.url+"/") },
		"readmit": func(a *fedtest.Actor, _ fedtest.Doc) fedtest.Doc {
			return with(a.Undo(siteBan(a, dot.ID, p.Site().ID), fedtest.Community{}), "to", []any{fedtest.Public})
		},
		"move somebody": func(a *fedtest.Actor, _ fedtest.Doc) fedtest.Doc {
			letters++
			return fedtest.Doc{"@context": "https://www.w3.org/ns/activitystreams", "id": fmt.Sprint(a.ID, "/table/", letters), "type": "Move", "actor": a.ID, "object": dot.ID, "target": a.ID, "to": []any{fedtest.Public}}
		},
		"block somebody": func(a *fedtest.Actor, _ fedtest.Doc) fedtest.Doc {
			letters++
			return fedtest.Doc{"@context": "https://www.w3.org/ns/activitystreams", "id": fmt.Sprint(a.ID, "/table/", letters), "type": "Block", "actor": a.ID, "object": me.URI, "to": []any{me.URI}}
		},
		"withdraw": func(a *fedtest.Actor, on fedtest.Doc) fedtest.Doc {
			return a.Undo(a.Flag(object(on), "Look.", c), c)
		},
		"withdraw for the author": func(a *fedtest.Actor, on fedtest.Doc) fedtest.Doc {
			return a.Undo(ann.Flag(object(on), "Look.", c), c)
		},
		"follow":   func(a *fedtest.Actor, _ fedtest.Doc) fedtest.Doc { return a.Follow(c.ID) },
		"unfollow": func(a *fedtest.Actor, _ fedtest.Doc) fedtest.Doc { return a.Undo(a.Follow(c.ID), c) },
		"unfollow for the author": func(a *fedtest.Actor, _ fedtest.Doc) fedtest.Doc {
			return a.Undo(ann.Follow(c.ID), c)
		},
		"accept": func(a *fedtest.Actor, _ fedtest.Doc) fedtest.Doc {
			return a.Accept(fedtest.Doc{"id": n.url + "/activities/1", "type": "Follow", "actor": me.URI, "object": a.ID})
		},
		"choose": func(a *fedtest.Actor, _ fedtest.Doc) fedtest.Doc { return chosen(a, poll, "tea") },
		"quote": func(a *fedtest.Actor, on fedtest.Doc) fedtest.Doc {
			letters++
			return fedtest.Doc{"@context": "https://www.w3.org/ns/activitystreams", "id": fmt.Sprint(a.ID, "/table/", letters), "type": "QuoteRequest", "actor": a.ID, "object": object(on), "instrument": a.ID + "/quoting"}
		},
		"message": func(a *fedtest.Actor, _ fedtest.Doc) fedtest.Doc {
			letters++
			return w.letter(fmt.Sprint("table", letters), a, "Between us.", me.URI)
		},
		"profile": func(a *fedtest.Actor, _ fedtest.Doc) fedtest.Doc {
			letters++
			return update(a, fmt.Sprint("/table/", letters), func(d fedtest.Doc) { d["name"] = "Changed" })
		},
		"profile of the author": func(a *fedtest.Actor, _ fedtest.Doc) fedtest.Doc {
			letters++
			u := update(ann, "/x", func(d fedtest.Doc) { d["name"] = "Changed" })
			u["actor"], u["id"] = a.ID, fmt.Sprint(a.ID, "/table/", letters)
			return u
		},
		"profile of the community": func(a *fedtest.Actor, _ fedtest.Doc) fedtest.Doc {
			letters++
			u := update(ann, "/x", func(d fedtest.Doc) {
				for k := range d {
					if k != "@context" && k != "publicKey" {
						delete(d, k)
					}
				}
				d["name"], d["preferredUsername"], d["id"], d["type"], d["inbox"], d["audience"] = "Arranged", "go", c.ID, "Group", c.ID+"/inbox", c.ID
			})
			u["actor"], u["id"] = a.ID, fmt.Sprint(a.ID, "/table/", letters)
			return u
		},
		"delete of a community elsewhere": func(a *fedtest.Actor, _ fedtest.Doc) fedtest.Doc { return a.Delete(far.ID, c) },
		"depart for somebody": func(a *fedtest.Actor, _ fedtest.Doc) fedtest.Doc {
			letters++
			return fedtest.Doc{"@context": "https://www.w3.org/ns/activitystreams", "id": fmt.Sprint(a.ID, "/table/", letters), "type": "Delete", "actor": a.ID, "object": dot.ID, "to": []any{fedtest.Public}}
		},
	}
	for _, change := range []string{"edit", "delete"} { // of a message that ann wrote
		verbs["message-"+change] = func(a *fedtest.Actor, _ fedtest.Doc) fedtest.Doc {
			letters++
			name := fmt.Sprint("table", letters)
			w.sends(w.letter(name, ann, "Between us.", me.URI))
			if _, err := n.db.Pool().Exec(n.ctx, `update conversation set state = 2 where person_id = $1`, me.ID); err != nil { // so that ann can go on
				t.Fatal(err)
			}
			doc := w.letter(name, ann, "Something else.", me.URI)
			doc["actor"], doc["id"] = a.ID, p.URL(fmt.Sprint("/change/", letters))
			if doc["type"] = "Update"; change == "delete" {
				p.Gone(object(doc))
				doc["type"], doc["object"] = "Delete", object(doc)
			}
			return doc
		}
	}
	others := func(no string) map[string]string {
		return map[string]string{"anybody": no, "banned": no, "a moderator": no, "a moderator of another community": no}
	}
	all := func(no string) map[string]string {
		return map[string]string{"the author": no, "anybody": no, "banned": no, "a moderator": no, "a moderator of another community": no}
	}
	// What a moderator says of a post by somebody of their own server, that server is asked.
	edits := others("an object of somebody else")
	delete(edits, "a moderator")
	unlessModerator := all("not-moderator")
	delete(unlessModerator, "a moderator")
	move := all("not-moderator") // of both; who is, in TestPostsMoveBetweenCommunities
	rows := []remoteRow{
		{"submit", "live", map[string]string{"banned": "banned"}},
		{"submit", "where moderators alone post", map[string]string{"the author": "restricted", "anybody": "restricted", "banned": "banned", "a moderator of another community": "restricted"}},
		{"reply", "where moderators alone post", map[string]string{"banned": "banned"}},
		{"reply", "live", map[string]string{"banned": "banned"}},
		{"reply", "closed", map[string]string{"the author": "locked", "anybody": "locked", "banned": "banned", "a moderator of another community": "locked"}},
		{"reply", "removed", all("removed")},
		{"like", "live", map[string]string{"banned": "banned"}},
		{"like", "closed", map[string]string{"banned": "banned"}},
		{"like", "removed", map[string]string{"banned": "banned"}}, // it may come back
		{"edit", "live", edits},
		{"edit", "removed", edits},
		{"delete", "live", map[string]string{"anybody": "not-author", "banned": "not-author", "a moderator of another community": "not-author"}}, // a moderator's is a removal
		{"remove", "live", unlessModerator},
		{"lock", "live", unlessModerator},
		{"pin", "live", unlessModerator},
		{"ban", "live", unlessModerator},
		{"report", "live", nil},
		{"report", "removed", all("gone")},
		{"dislike", "live", map[string]string{"banned": "banned"}},
		{"dislike", "removed", map[string]string{"banned": "banned"}},
		{"unlike", "live", nil},
		{"unlike", "removed", nil},
		{"unlike for the author", "live", others("somebody else's vote")},
		{"undelete", "deleted", map[string]string{"anybody": "not-author", "banned": "not-author", "a moderator": "no change", "a moderator of another community": "not-author"}},
		{"restore", "removed", unlessModerator},
		{"restore", "deleted", unlessModerator},
		{"unlock", "closed", unlessModerator},
		{"unpin", "pinned", unlessModerator},
		{"unban", "of which somebody is banned", unlessModerator},
		{"appoint", "live", unlessModerator},
		{"dismiss", "that somebody moderates", unlessModerator},
		{"move", "live", move},
		{"move", "deleted", move},
		{"withdraw", "reported", nil},
		{"withdraw", "live", nil},
		{"withdraw for the author", "reported", others("a report of somebody else")},
		{"move somebody", "live", all("moves somebody else")},
		{"block somebody", "live", all("no change")}, // it ends follows, and is nobody's business else
		{"resolve", "reported", unlessModerator},
		{"warn", "live", all("nobody-here")}, // of somebody here: TestLocksOfComments
		{"banish", "live", nil},              // from their own server, which alone knows its admins
		{"readmit", "live", nil},
		{"banish here", "live", all("not-admin")},
		{"follow", "live", map[string]string{"banned": "banned"}},
		{"unfollow", "followed", nil},
		{"unfollow for the author", "followed", others("somebody else's follow")},
		{"accept", "live", all("not-asked")},
		{"choose", "live", map[string]string{"banned": "banned"}},
		{"message", "live", nil},
		{"message-edit", "live", others("an object of somebody else")},
		{"message-delete", "live", others("no change")},
		{"profile", "live", nil},
		{"profile of the author", "live", others("a profile of somebody else")},
		{"profile of the community", "live", unlessModerator},
		{"depart for somebody", "live", all("no change")},
		{"delete of a community elsewhere", "live", all("not-announced")}, // of its own server: TestCommunitiesElsewhereGo
		{"quote", "live", all("asks to quote what was not written here")},
	}
	completeTable(t, rows)
	for _, row := range rows {
		if verbs[row.verb] == nil || states[row.state] == nil {
			t.Fatalf("%+v", row)
		}
		for name, a := range who {
			if _, err := n.db.Pool().Exec(n.ctx, `update community set restricted = false`); err != nil {
				t.Fatal(err)
			}
			on := post()
			states[row.state](object(on))
			n.settle()
			what := verbs[row.verb](a, on)
			if a == eve {
				if r := n.post(what, q, fedtest.SignAs{}); r.Status != 403 {
					t.Errorf("%s of something %s by somebody of a blocked server: %d", row.verb, row.state, r.Status)
				}
				continue
			}
			n.send(what, p)
			n.settle()
			switch no := row.no[name]; no {
			case "":
				n.applied(what)
			case "no change": // somebody who says it of what is another's says nothing
				n.want(1, `select count(*) from received where activity = $1 and state = 3 and reason = 'no change'`, what["id"])
			default:
				n.refused(what, no)
			}
			if t.Failed() {
				t.Fatalf("%s of something %s by %s", row.verb, row.state, name)
			}
		}
		n.send(mod.Undo(mod.Ban(dot.ID, "rude", c), c), p)
		n.send(mod.TakeOut(dot.ID, c.ID+"/moderators", c), p)
		n.settle()
	}
	n.want(0, `select count(*) from person where gone`)
	n.want(1, `select count(*) from message where deleted`) // by whoever wrote it
	n.want(0, `select count(*) from community where title = 'Changed'`)
}

// remoteRow is what is tried by everybody with something in a state.
type remoteRow struct {
	verb, state string
	no          map[string]string // why who is refused, or has no effect; all others are not
}

// heardAs is how each verb of the forum is heard: by rows that the table must have. A
// verb that nobody elsewhere can say of what is ours has none, and the reason.
var heardAs = map[string][]string{
	"accept":         {"accept"},
	"follow":         {"follow"},
	"unfollow":       {"unfollow"},
	"submit":         {"submit"},
	"reply":          {"reply"},
	"vote":           {"like", "dislike", "unlike"},
	"edit":           {"edit"},
	"delete":         {"delete"},
	"undelete":       {"undelete"},
	"update-actor":   {"profile", "profile of the author", "profile of the community"},
	"depart":         {"depart for somebody"}, // of oneself: TestAccountsAreDeleted
	"remove":         {"remove"},
	"restore":        {"restore"},
	"lock":           {"lock"},
	"unlock":         {"unlock"},
	"pin":            {"pin"},
	"unpin":          {"unpin"},
	"ban":            {"ban"},
	"unban":          {"unban"},
	"appoint":        {"appoint"},
	"dismiss":        {"dismiss"},
	"banish":         {"banish", "banish here"},
	"readmit":        {"readmit"},
	"warn":           {"warn"},
	"reject":         nil,               // our communities alone say it: TestFollowsOfTheBannedAndWarnings
	"move":           {"move somebody"}, // of oneself: TestMoves
	"report":         {"report"},
	"resolve":        {"resolve"},
	"withdraw":       {"withdraw"},
	"message":        {"message"},
	"message-edit":   {"message-edit"},
	"message-delete": {"message-delete"},
	"choose":         {"choose"},
	"tally":          nil,       // an Update of the poll: TestVotesInAPollElsewhere
	"quote":          {"quote"}, // of what was written here: TestQuoteRequests
	"request":        nil,       // our communities alone do: TestAuthorsAreAskedBefore
	"unquote":        nil,       // by whoever is quoted, who lives here
	"ask":            nil,       // of what was written elsewhere
	"relocate":       {"move"},
}

// doneBy is which rows of the table come to each step of apply.
var doneBy = map[string]string{
	"messages": "message", "answers": "accept", "follows": "follow", "submits": "submit", "replies": "reply", "edits": "edit", "moderates": "remove",
	"deletes": "delete", "reports": "report", "profiles": "profile", "leaves": "depart for somebody", "closes": "delete of a community elsewhere", "votes": "like", "chooses": "choose", "moves": "move somebody", "blocks": "block somebody", "quotes": "quote",
	"relocates": "move",
}

// completeTable finds what the table forgets, by the verbs that the forum's source has
// and by the steps that apply takes.
func completeTable(t *testing.T, rows []remoteRow) {
	t.Helper()
	tried := map[string]bool{}
	for _, row := range rows {
		tried[row.verb] = true
	}
	find := func(file, pattern string, least int) (all []string) {
		t.Helper()
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(source), -1) {
			all = append(all, m[1])
		}
		if len(all) < least {
			t.Errorf("%s: only %d were found", file, len(all))
		}
		return all
	}
	for _, verb := range find("../forum/event.go", `Verb[A-Z]\w*\s+Verb\s+= "([a-z-]+)"`, 25) {
		rows, known := heardAs[verb]
		if !known {
			t.Errorf("the table does not know the verb %q", verb)
		}
		for _, row := range rows {
			if !tried[row] {
				t.Errorf("%s: the table does not try %q", verb, row)
			}
		}
	}
	for _, line := range find("apply.go", `\n\t\t((?:in\.[a-z]+, ?)+)\n`, 1) {
		for _, step := range strings.FieldsFunc(line, func(r rune) bool { return r == ',' || r == ' ' }) {
			if row := doneBy[strings.TrimPrefix(step, "in.")]; !tried[row] {
				t.Errorf("the table has nothing for the step %s", step)
			}
		}
	}
}

func (n *node) appoint(community, person string) {
	n.t.Helper()
	err := n.db.InTx(n.ctx, func(ctx context.Context, tx *storage.Tx) error {
		out, err := n.forum.Appoint(ctx, tx, community, person, "")
		if err == nil && out.Refused != nil {
			err = out.Refused
		}
		return err
	})
	if err != nil {
		n.t.Fatal(err)
	}
}
