package main

import (
	"context"
	"crypto"
	"fmt"
	"strings"
	"testing"
	"time"

	"stoa/federation/fedtest"
)

// said is a delivery in short: who says what, about what, and whose key it has.
func said(r fedtest.Received) string {
	actor, _ := r.Activity["actor"].(string)
	what := r.Type()
	object := r.Activity["object"]
	for {
		inner, ok := object.(fedtest.Doc)
		if !ok {
			break
		}
		kind, _ := inner["type"].(string)
		what += " " + kind
		if kind == "Announce" {
			object = fmt.Sprint(inner["id"], " ", inner["object"])
			break
		}
		if object = inner["object"]; object == nil {
			object = inner["id"]
		}
	}
	signed := ""
	if !strings.HasPrefix(r.Signature.KeyID, actor+"#") {
		signed = " SIGNED BY " + r.Signature.KeyID
	}
	if r.Status >= 400 || r.Err != nil {
		signed += fmt.Sprintf(" REFUSED %d %v", r.Status, r.Err)
	}
	return fmt.Sprintf("%s: %s %v%s", actor[strings.LastIndexByte(actor, '/')+1:], what, object, signed)
}

// listener is somebody of another server who follows a community here.
type listener struct {
	t    *testing.T
	peer *fedtest.Peer
	seen int
}

func overhear(t *testing.T, n *testNode, community string, software fedtest.Software) *listener {
	t.Helper()
	p := fedtest.New(t, fedtest.Options{Software: software, Lenient: true})
	p.VerifyWith(func(id string) (crypto.PublicKey, error) { return p.FetchKey(t.Context(), id) })
	zoe := p.Person("zoe")
	if _, err := p.Send(t.Context(), n.cfg.URL.String()+"/inbox", zoe.Follow(community), fedtest.SignAs{}); err != nil {
		t.Fatal(err)
	}
	l := &listener{t: t, peer: p}
	l.hears("Accept")
	return l
}

// hears waits for as many deliveries as there are words, each of which the one
// in its place must have.
func (l *listener) hears(words ...string) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), 5*time.Minute)
	defer cancel()
	if err := l.peer.WaitTotal(ctx, l.seen+len(words)); err != nil {
		l.t.Fatalf("%v\nheard: %q", err, l.heard())
	}
	for i, want := range words {
		if got := l.heard()[l.seen+i]; !strings.Contains(got, want) {
			l.t.Errorf("%s hears %q, want %q", l.peer.Host(), got, want)
		}
	}
	l.seen += len(words)
}

func (l *listener) heard() []string {
	var all []string
	for _, r := range l.peer.Received() {
		all = append(all, said(r))
	}
	return all
}

// What people here change and take back is announced to forums, and told to
// microblogs by its author; what somebody elsewhere takes back leaves their
// timelines by the Undo of the very boost that brought it.
func TestWhoHearsOfChanges(t *testing.T) {
	n := newTestNode(t, "node", nil)
	porch, ann := n.found("porch", true), n.found("ann", false)
	forum, blog := overhear(t, n, porch, fedtest.Lemmy), overhear(t, n, porch, fedtest.Mastodon)

	post := n.submit(ann, porch, "A title", "words")
	forum.hears("porch: Announce Create Page " + post)
	blog.hears("porch: Announce " + post)
	n.edit(ann, post, "Another title", "other words")
	forum.hears("porch: Announce Update Page " + post)
	blog.hears("ann: Update Page " + post)
	comment := n.reply(ann, post, "to myself")
	n.edit(ann, comment, "", "to myself, edited")
	forum.hears("porch: Announce Create Note "+comment, "porch: Announce Update Note "+comment)
	n.delete(ann, comment, false)
	forum.hears("porch: Announce Delete " + comment)
	n.delete(ann, post, false)
	forum.hears("porch: Announce Delete " + post)
	blog.hears("ann: Delete " + post) // and nothing of the comment
	if w := n.get("/post/1", "application/activity+json"); w.Code != 410 || !strings.Contains(w.Body.String(), "Tombstone") || strings.Contains(w.Body.String(), "words") {
		t.Errorf("a deleted post: %d %s", w.Code, w.Body)
	}
	n.delete(ann, post, true)
	forum.hears("porch: Announce Undo Delete "+post, "porch: Announce Update Page "+post)
	blog.hears("porch: Announce "+post, "ann: Update Page "+post)
	if w := n.get("/post/1", "application/activity+json"); w.Code != 200 || !strings.Contains(w.Body.String(), "other words") {
		t.Errorf("brought back: %d %s", w.Code, w.Body)
	}

	bob := fedtest.New(t, fedtest.Options{Software: fedtest.Lemmy, Lenient: true}).Person("bob")
	c := fedtest.CommunityAt(porch)
	send := func(d fedtest.Doc) {
		t.Helper()
		if r, err := bob.Peer().Send(t.Context(), n.cfg.URL.String()+"/inbox", d, fedtest.SignAs{}); err != nil || r.Status != 202 {
			t.Fatal(r.Status, err)
		}
	}
	theirs := bob.Create(fedtest.Post{Community: c, Title: "From elsewhere", HTML: "<p>x</p>"})
	id, _ := theirs["object"].(fedtest.Doc)["id"].(string)
	send(theirs)
	forum.hears("porch: Announce Create Page " + id)
	blog.hears("porch: Announce " + id)
	boost, _ := blog.peer.Received()[blog.seen-1].Activity["id"].(string)
	send(bob.Update(theirs["object"].(fedtest.Doc), c, func(o fedtest.Doc) { o["name"] = "From elsewhere, edited" }))
	forum.hears("porch: Announce Update Page " + id)
	send(bob.Delete(id, c))
	forum.hears("porch: Announce Delete " + id)
	blog.hears("porch: Undo Announce " + boost + " " + id)

	n.describe(porch, "The porch")
	forum.hears("porch: Announce Update Group " + porch)
	blog.hears("porch: Update Group " + porch)
	n.about.Summary = "changed"
	n.publisher = n.publisher.About(n.about)
	if err := n.introduce(t.Context()); err != nil {
		t.Fatal(err)
	}
	forum.hears(": Update")
	blog.hears(": Update")
}
