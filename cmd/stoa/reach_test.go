package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"stoa/federation/fedtest"
	"stoa/federation/forum"
	"stoa/storage/storagetest"
)

// A home is a stand-in for software whose communities can be followed, and what of a
// community's past it gives away.
type home struct {
	name     string
	options  fedtest.Options
	posts    bool // it lists its posts
	comments bool // and what answers them
	closed   bool // only its owner posts
}

func homes() []home {
	return []home{
		{name: "lemmy 1.0", options: fedtest.Options{Software: fedtest.Lemmy, SignedFetch: true}, posts: true, comments: true},
		{name: "lemmy 0.19", options: fedtest.Options{Software: fedtest.Lemmy, Version: "0.19.20"}, posts: true, comments: true},
		{name: "piefed", options: fedtest.Options{Software: fedtest.PieFed}, posts: true, comments: true},
		{name: "mbin", options: fedtest.Options{Software: fedtest.Mbin, SignedFetch: true}},
		{name: "nodebb", options: fedtest.Options{Software: fedtest.NodeBB}, posts: true, comments: true},
		{name: "discourse", options: fedtest.Options{Software: fedtest.Discourse}, posts: true, comments: true},
		{name: "peertube", options: fedtest.Options{Software: fedtest.PeerTube}, posts: true, comments: true, closed: true},
		{name: "wordpress", options: fedtest.Options{Software: fedtest.WordPress}, posts: true, comments: true, closed: true},
	}
}

// visit is a node that follows a community of such a home.
type visit struct {
	*testNode
	home home
	peer *fedtest.Peer
	away *fedtest.Peer // somebody else's server
	hall *fedtest.Hall
	ann  *fedtest.Actor // of the home, or whose it is
	bob  *fedtest.Actor // of the home
	eve  *fedtest.Actor // of another server

	pinned    map[string]bool
	withdrawn int // comments held here that were deleted there, of which nobody was told
}

func newVisit(t *testing.T, h home) *visit {
	t.Helper()
	v := &visit{home: h, testNode: newTestNode(t, "here", nil), pinned: map[string]bool{}}
	v.peer = fedtest.New(t, h.options)
	v.away = fedtest.New(t, fedtest.Options{Name: "away"})
	v.hall = v.peer.Hall("cats")
	v.ann, v.bob, v.eve = v.peer.Person("ann"), v.peer.Person("bob"), v.away.Person("eve")
	if h.options.Software == fedtest.PeerTube {
		v.ann = v.peer.Person("owner")
	}
	v.hall.Appoint(v.ann.ID)
	return v
}

// past is what was there before anybody here followed.
func (v *visit) past() {
	for i := range 27 {
		post := v.hall.Post(v.ann, fedtest.Post{Title: fmt.Sprintf("Post %d", i), HTML: fmt.Sprintf("<p>Words of post %d.</p>", i)})
		id := idOf(post)
		if i%9 != 0 {
			continue
		}
		first := v.hall.Reply(v.bob, id, "<p>An answer</p>")
		second := v.hall.Reply(v.eve, idOf(first), "<p>From elsewhere</p>")
		v.hall.Reply(v.ann, idOf(second), "<p>And back</p>")
		v.hall.Pin(id)
		v.pinned[id] = true
	}
}

func idOf(create fedtest.Doc) string { return create["object"].(fedtest.Doc)["id"].(string) }

// say delivers an activity of the home.
func (v *visit) say(activity fedtest.Doc, as *fedtest.Actor) {
	v.t.Helper()
	answer, err := as.Peer().Send(v.t.Context(), v.cfg.URL.JoinPath("inbox").String(), activity, fedtest.SignAs{Actor: as})
	if err != nil || answer.Status != 202 {
		v.t.Fatalf("%v %s: %d %s", activity["type"], activity["id"], answer.Status, answer.Body)
	}
}

// tell announces what somebody did, as the home's software announces it.
func (v *visit) tell(inner fedtest.Doc) {
	v.t.Helper()
	object, isCreate := inner["object"].(fedtest.Doc)
	isCreate = isCreate && inner["type"] == "Create"
	switch s := v.peer.Software(); {
	case (s == fedtest.PeerTube || s == fedtest.WordPress) && isCreate && object["inReplyTo"] == nil:
		v.say(v.hall.Announce(object["id"]), v.hall.Actor)
	case (s == fedtest.PeerTube || s == fedtest.WordPress):
		// Their channels tell of nothing else; whoever did it tells followers.
		by := v.ann
		if text, ok := inner["actor"].(string); ok && text == v.bob.ID {
			by = v.bob
		}
		v.say(inner, by)
	case s == fedtest.NodeBB && isCreate && object["inReplyTo"] == nil:
		v.say(v.hall.Announce(object), v.hall.Actor)
		v.say(v.hall.Announce(inner), v.hall.Actor)
	case s == fedtest.Lemmy && isCreate && object["inReplyTo"] == nil:
		v.say(v.hall.Announce(inner), v.hall.Actor)
		page := maps.Clone(object)
		page["actor"] = inner["actor"]
		v.say(v.hall.Announce(page), v.hall.Actor)
	case s == fedtest.PieFed && (inner["type"] == "Like" || inner["type"] == "Dislike"):
		bundle := v.hall.Announce(inner)
		bundle["object"] = []any{inner, v.bob.Like(named(inner), v.hall.There)}
		v.say(bundle, v.hall.Actor)
	default:
		v.say(v.hall.Announce(inner), v.hall.Actor)
	}
}

func named(d fedtest.Doc) string { s, _ := d["object"].(string); return s }

// join follows the community by its handle and is accepted.
func (v *visit) join() {
	v.t.Helper()
	reader, err := v.reader(v.t.Context())
	if err != nil {
		v.t.Fatal(err)
	}
	handle := "!cats@" + v.peer.Host()
	uri, out, err := v.reach.Follow(v.t.Context(), reader, handle)
	if err != nil || out.Refused != nil || uri != v.hall.ID {
		v.t.Fatalf("follow %s: %q %+v %v", handle, uri, out.Refused, err)
	}
	asked, err := v.peer.WaitType(v.t.Context(), "Follow")
	if err != nil {
		v.t.Fatal(err)
	}
	if asked.Refusal != "" {
		v.t.Fatalf("the home refuses the follow: %s", asked.Refusal)
	}
	v.say(v.hall.Accept(asked.Activity), v.hall.Actor)
	eventually(v.t, "the follow is accepted", func() bool { return v.community(v.hall.ID).Followers == 1 })
	eventually(v.t, "the past is read", func() bool { return v.backfill().State != forum.BackfillUnder })
}

func (v *visit) backfill() forum.Backfill {
	v.t.Helper()
	b, err := v.db.Reader().Backfill(v.t.Context(), v.community(v.hall.ID).ID)
	if err != nil {
		v.t.Fatal(err)
	}
	return b
}

// holds is every live post and comment here, with what it answers.
func (v *visit) holds() map[string]string {
	v.t.Helper()
	rows, err := v.db.Pool().Query(v.t.Context(), `select uri, '' from post where state = 0 union all
		select m.uri, coalesce(q.uri, p.uri) from comment m join post p on p.id = m.post_id left join comment q on q.id = m.parent_id where m.state = 0`)
	if err != nil {
		v.t.Fatal(err)
	}
	all := map[string]string{}
	for rows.Next() {
		var id, parent string
		if err := rows.Scan(&id, &parent); err != nil {
			v.t.Fatal(err)
		}
		all[id] = parent
	}
	return all
}

// difference tells what one has and the other has not.
func difference(have, want map[string]string) string {
	var out []string
	for id, parent := range want {
		if got, ok := have[id]; !ok {
			out = append(out, "missing "+id)
		} else if got != parent {
			out = append(out, id+" answers "+got+", not "+parent)
		}
	}
	for id := range have {
		if _, ok := want[id]; !ok {
			out = append(out, "too much "+id)
		}
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// agrees waits until what is here is what the home has.
func (v *visit) agrees(what string, want map[string]string) {
	v.t.Helper()
	var last string
	defer func() {
		if v.t.Failed() {
			v.t.Logf("%s, %s:\n%s\n%+v", v.home.name, what, last, v.backfill())
		}
	}()
	eventually(v.t, v.home.name+": "+what, func() bool {
		last = difference(v.holds(), want)
		return last == ""
	})
}

// html is the text of something here.
func (v *visit) html(uri string) string {
	var html string
	_ = v.db.Pool().QueryRow(v.t.Context(), `select html from (select uri, html from post union all select uri, html from comment) x where uri = $1`, uri).Scan(&html) // "" says that it is not there
	return html
}

func (v *visit) number(uri string) (id int64) {
	v.t.Helper()
	if err := v.db.Pool().QueryRow(v.t.Context(), `select id from post where uri = $1`, uri).Scan(&id); err != nil {
		v.t.Fatal(err)
	}
	return id
}

// With each software: follow, read what was said before, a day of life, a cut, and
// the same in the end as at home.
func TestHomes(t *testing.T) {
	for _, h := range homes() {
		t.Run(h.name, func(t *testing.T) {
			t.Parallel()
			v := newVisit(t, h)
			v.past()
			want := v.hall.Truth()
			if !h.posts { // but those on top
				maps.DeleteFunc(want, func(id, parent string) bool { return parent != "" || !v.pinned[id] })
			}
			v.join()
			v.agrees("the past", want)
			b := v.backfill()
			if b.State != forum.BackfillDone || h.posts == slices.Contains(b.Notes, forum.BackfillNoOutbox) || h.comments == slices.Contains(b.Notes, forum.BackfillNoComments) {
				t.Errorf("the backfill ended as %+v", b)
			}
			if b.Followers != 12 && h.options.Software != fedtest.NodeBB { // whose categories have no followers to ask for
				t.Errorf("of 12 followers there it counts %d", b.Followers)
			}
			v.live(want)
			v.cut(want)
		})
	}
}

// live is a day in the community, of which it tells.
func (v *visit) live(want map[string]string) {
	v.t.Helper()
	there := v.hall.There
	post := v.hall.Post(v.ann, fedtest.Post{Title: "News", HTML: "<p>Fresh.</p>"})
	id := idOf(post)
	v.tell(post)
	want[id] = ""
	v.agrees("a new post", want)
	if v.home.closed { // who answers tells the author alone
		return
	}
	first := v.hall.Reply(v.bob, id, "<p>Good news</p>")
	v.tell(first)
	second := v.hall.Reply(v.eve, idOf(first), "<p>Indeed</p>")
	v.tell(second)
	want[idOf(first)], want[idOf(second)] = id, idOf(first)
	v.agrees("answers", want)
	v.tell(v.eve.Like(id, there))
	score := 2
	if v.peer.Software() == fedtest.PieFed {
		score = 3
	}
	eventually(v.t, v.home.name+": a vote", func() bool {
		var up int
		err := v.db.Pool().QueryRow(v.t.Context(), `select up from post where uri = $1`, id).Scan(&up)
		return err == nil && up == score
	})
	v.tell(v.ann.Update(post["object"].(fedtest.Doc), there, func(o fedtest.Doc) {
		o["content"] = "<p>Stale.</p>"
		delete(o, "source")
		delete(o, "contentMap")
	}))
	eventually(v.t, v.home.name+": an edit", func() bool { return strings.Contains(v.html(id), "Stale") })
	v.tell(v.eve.Delete(idOf(second), there))
	v.hall.Forget(idOf(second))
	delete(want, idOf(second))
	v.agrees("a deletion", want)
}

// cut is a time of which nothing is told; then somebody opens the thread.
func (v *visit) cut(want map[string]string) {
	v.t.Helper()
	have := v.holds()
	var posts, answered []string
	for _, uri := range slices.Sorted(maps.Keys(have)) {
		if parent := have[uri]; parent == "" {
			posts = append(posts, uri)
		} else if have[parent] == "" && !slices.Contains(answered, parent) {
			answered = append(answered, parent)
		}
	}
	posts = slices.DeleteFunc(posts, func(id string) bool { return slices.Contains(answered, id) })
	for i, id := range append(answered, posts[0]) { // some of them were read, one was told of
		v.missed(id, want, v.home.comments && i%2 == 1)
	}
	if v.home.comments && v.withdrawn == 0 {
		v.t.Errorf("%s: nothing that was held here was deleted there", v.home.name)
	}
}

// missed is what happens to one thread while nobody is told: an answer is changed, or
// deleted, and others come.
func (v *visit) missed(id string, want map[string]string, deletes bool) {
	v.t.Helper()
	there := v.hall.There
	missed := v.hall.Reply(v.bob, id, "<p>Nobody heard this</p>")
	deeper := v.hall.Reply(v.eve, idOf(missed), "<p>Nor this</p>")
	var edited string
	for uri, parent := range v.holds() {
		switch {
		case parent != id || !strings.HasPrefix(uri, v.peer.URL("/")):
		case deletes:
			v.bob.Delete(uri, there)
			v.hall.Forget(uri)
			delete(want, uri)
			v.withdrawn++
			deletes = false
		case edited == "":
			edited = uri
		}
	}
	if edited != "" {
		v.rewrite(edited, "<p>Written anew</p>")
	}
	fleeting := v.hall.Reply(v.bob, id, "<p>Soon gone</p>")
	gone := idOf(fleeting)
	v.bob.Delete(gone, there)
	v.hall.Forget(gone)
	if v.home.comments {
		want[idOf(missed)], want[idOf(deeper)] = id, idOf(missed)
	}
	// It was compared when it was read; a week later it is due again.
	if _, err := v.db.Pool().Exec(v.t.Context(), `update thread_check set checked_at = checked_at - interval '8 days'`); err != nil {
		v.t.Fatal(err)
	}
	v.get("/post/"+fmt.Sprint(v.number(id)), "text/html")
	v.agrees("after the cut", want)
	if edited != "" {
		eventually(v.t, v.home.name+": an edit that was missed", func() bool { return strings.Contains(v.html(edited), "Written anew") })
	}
	state := func() forum.ThreadState {
		s, err := v.db.Reader().ThreadState(context.WithoutCancel(v.t.Context()), v.number(id))
		if err != nil {
			v.t.Fatal(err)
		}
		return s
	}
	eventually(v.t, v.home.name+": the comparison ends", func() bool { return !state().Fetching })
	if s := state(); s.Missing != 0 {
		v.t.Errorf("%s: after the repair %+v", v.home.name, s)
	}
}

// rewrite edits a comment at its home without telling anybody.
func (v *visit) rewrite(id, html string) {
	v.t.Helper()
	answer, err := v.peer.Get(v.t.Context(), id, fedtest.SignAs{})
	if err != nil || answer.Status != 200 {
		v.t.Fatalf("GET %s: %d %v", id, answer.Status, err)
	}
	var doc fedtest.Doc
	if err := json.Unmarshal(answer.Body, &doc); err != nil {
		v.t.Fatal(err)
	}
	doc["content"], doc["updated"] = html, "2027-01-01T00:00:00Z"
	delete(doc, "source")
	delete(doc, "contentMap")
	v.peer.Put(id, doc)
}

// A backfill that is stopped anywhere goes on where it was, in whichever process: it
// ends as the one that nobody stopped, and asks for nothing twice but what it was
// about to store.
func TestBackfillGoesOn(t *testing.T) {
	dsn := storagetest.DSN(t, schema)
	l := loopback(t)
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	first := runNodeOn(t, l, "http://here.localhost:"+port, dsn, nil)
	v := &visit{testNode: first, pinned: map[string]bool{}, peer: fedtest.New(t, fedtest.Options{Software: fedtest.PeerTube}), away: fedtest.New(t, fedtest.Options{Name: "away"})}
	v.hall = v.peer.Hall("cats")
	v.ann, v.bob, v.eve = v.peer.Person("owner"), v.peer.Person("bob"), v.away.Person("eve")
	for i := range 6 {
		v.past()
		v.hall.Post(v.ann, fedtest.Post{Title: fmt.Sprint("Round ", i), HTML: "<p>x</p>"})
	}
	reader, err := v.reader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, out, err := v.reach.Follow(t.Context(), reader, v.hall.ID); err != nil || out.Refused != nil {
		t.Fatal(out.Refused, err)
	}
	for stops := 1; stops <= 3; stops++ { // in the middle of the posts, of the threads, wherever it is
		eventually(t, "some of it is here", func() bool { return len(v.holds()) >= 50*stops })
		v.stop()
		v.testNode = first.second(dsn)
	}
	eventually(t, "it ends", func() bool { return v.backfill().State != forum.BackfillUnder })
	v.agrees("after all those stops", v.hall.Truth())
	asked, twice := map[string]int{}, 0
	for _, r := range v.peer.Fetched() {
		if strings.Contains(r.Target, "/videos/watch/") && !strings.Contains(r.Target, "/comments") {
			if asked[r.Target]++; asked[r.Target] > 1 {
				twice++
			}
		}
	}
	if twice > 3*20 { // a page of posts at each stop
		t.Errorf("%d of %d posts were asked for again", twice, len(asked))
	}
}

// One Stoa reads another: its threads are listed by id, and a thread in which nothing
// has changed is not sent again. It gives documents to those alone who sign for them.
func TestStoaReadsStoa(t *testing.T) {
	t.Parallel()
	var unchanged atomic.Int64
	there := runTestNode(t, "there", storagetest.DSN(t, schema), func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := httptest.NewRecorder()
			next.ServeHTTP(rec, r)
			if rec.Code == http.StatusNotModified && strings.HasSuffix(r.URL.Path, "/context") {
				unchanged.Add(1)
			}
			maps.Copy(w.Header(), rec.Header())
			w.WriteHeader(rec.Code)
			_, _ = w.Write(rec.Body.Bytes()) // whoever asked has gone
		})
	}, "signed-fetch", "required")
	community, ann := there.found("porch", true), there.found("ann", false)
	want := map[string]string{}
	var post, last string
	for i := range 3 {
		post = there.submit(ann, community, fmt.Sprint("Post ", i), "words")
		want[post] = ""
		for parent := range 4 {
			last = there.reply(ann, post, fmt.Sprint("answer ", parent))
			want[last] = post
		}
	}
	here := newTestNode(t, "here", nil)
	reader, err := here.reader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, out, err := here.reach.Follow(t.Context(), reader, "!porch@"+there.cfg.URL.Host); err != nil || out.Refused != nil {
		t.Fatal(out.Refused, err)
	}
	v := &visit{testNode: here, home: home{name: "stoa"}, hall: &fedtest.Hall{Actor: &fedtest.Actor{ID: community}}}
	v.agrees("the past", want)
	eventually(t, "it is followed", func() bool { return here.community(community).Followers == 1 })
	late := there.reply(ann, last, "and one more")
	want[late] = last
	v.agrees("what is new", want)
	eventually(t, "the past is read", func() bool { return v.backfill().State == forum.BackfillDone })
	for range 2 {
		v.reopen(post)
	}
	v.reopen(post)
	if unchanged.Load() == 0 {
		t.Error("a thread that had not changed was sent again")
	}
	there.delete(ann, last, false)
	delete(want, last)
	want[late] = last
	v.agrees("a deletion", want)
	if got := there.get("/c/porch", "application/activity+json"); got.Code != http.StatusUnauthorized {
		t.Errorf("somebody who does not sign got %d", got.Code)
	}
}

// A home that answers late, redirects, has lost some of what it lists and serves some
// of it wrongly: the rest is read, and what could not be had is counted.
func TestPeculiarHome(t *testing.T) {
	t.Parallel()
	v := newVisit(t, home{name: "piefed", options: fedtest.Options{Software: fedtest.PieFed}})
	var ids []string
	for i := range 7 {
		ids = append(ids, idOf(v.hall.Post(v.ann, fedtest.Post{Title: fmt.Sprint("Post ", i), HTML: "<p>x</p>"})))
	}
	var listed []any
	for _, id := range ids {
		listed = append(listed, id) // by their ids, so that each is asked for
	}
	slow, err := v.peer.Get(t.Context(), ids[0], fedtest.SignAs{})
	if err != nil {
		t.Fatal(err)
	}
	v.peer.PutAnswer(ids[0], fedtest.Answer{Body: slow.Body, Delay: 300 * time.Millisecond})
	v.peer.PutAnswer("/moved/1", fedtest.Answer{Location: ids[1]}) // listed at an old address
	listed[1] = v.peer.URL("/moved/1")
	v.peer.Gone(ids[2])
	v.peer.PutAnswer(ids[3], fedtest.Answer{ContentType: "text/html", Body: []byte("<!DOCTYPE html>")})
	v.peer.PutAnswer(ids[4], fedtest.Answer{ContentType: "application/activity+json; charset=utf-8", Body: []byte(`{"id":`)})
	v.peer.PutAnswer(ids[5], fedtest.Answer{Location: ids[5]}) // round and round
	listed = append(listed, nil, 7, []any{}, fedtest.Doc{}, "")
	v.peer.Put(v.hall.Outbox, document("OrderedCollection", v.hall.Outbox, fedtest.Doc{"totalItems": "many", "orderedItems": listed, "first": nil, "next": nil}))
	v.join()
	want := map[string]string{ids[0]: "", ids[1]: "", ids[6]: ""}
	if d := difference(v.holds(), want); d != "" {
		t.Error(d)
	}
	if b := v.backfill(); b.State != forum.BackfillDone || b.Failed != 4 || b.Posts != 3 {
		t.Errorf("the backfill ended as %+v", b)
	}
}

// Of a community in which nobody has posted yet nothing is missing.
func TestEmptyHome(t *testing.T) {
	t.Parallel()
	v := newVisit(t, home{name: "lemmy", options: fedtest.Options{Software: fedtest.Lemmy}})
	v.join()
	if b := v.backfill(); b.State != forum.BackfillDone || len(b.Notes) > 0 || b.Said != 0 {
		t.Errorf("the backfill ended as %+v", b)
	}
	if page := v.get("/c/cats@"+v.peer.Host(), "text/html").Body.String(); strings.Contains(page, "does not list") {
		t.Errorf("its page:\n%s", page)
	}
}
