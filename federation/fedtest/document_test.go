package fedtest_test

import (
	"context"
	"crypto"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"stoa/federation/fedtest"
)

var (
	group  = fedtest.CommunityAt("https://stoa.example/c/go")
	thread = fedtest.Post{
		Community: group, Title: "Title", HTML: "<p>Text</p>", Markdown: "Text", Link: "https://example.org/a",
	}
	reply = fedtest.Post{
		Community: group, HTML: "<p>Answer</p>", Markdown: "Answer", InReplyTo: "https://stoa.example/post/7",
		ParentBy: fedtest.Mention{ID: "https://stoa.example/u/bob", Handle: "@bob@stoa.example"},
	}
)

// everything a person can do, in one order.
func everything(p *fedtest.Peer) []fedtest.Doc {
	ann, cats := p.Person("ann"), p.Group("cats")
	follow := ann.Follow(group.ID)
	create := ann.Create(thread)
	object := create["object"].(fedtest.Doc)
	id := object["id"].(string)
	like, dislike := ann.Like("https://stoa.example/post/7", group), ann.Dislike("https://stoa.example/post/8", group)
	return []fedtest.Doc{
		follow, create, ann.Create(reply), like, dislike, ann.Undo(like, group), ann.Undo(dislike, group),
		ann.Update(object, group, func(d fedtest.Doc) { d["content"] = "<p>Changed</p>" }),
		ann.Lock(id, group), ann.Ban("https://evil.example/u/x", "spam", group), ann.Add(id, group.ID+"/featured", group),
		ann.TakeOut(id, group.ID+"/featured", group), ann.Flag("https://stoa.example/post/7", "spam", group),
		ann.Remove("https://stoa.example/post/7", "off topic", group), ann.Delete(id, group),
		ann.Undo(follow, fedtest.Community{}), cats.Accept(follow), cats.Reject(follow), cats.Announce(like), cats.Announce(id),
		ann.DeleteSelf(),
	}
}

func TestDocuments(t *testing.T) {
	at := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	options := []fedtest.Options{{Software: fedtest.Lemmy, Version: "0.19.20"}}
	for _, s := range fedtest.AllSoftware() {
		options = append(options, fedtest.Options{Software: s})
	}
	for _, o := range options {
		t.Run(string(o.Software)+o.Version, func(t *testing.T) {
			o.Clock = func() time.Time { return at }
			o.Seed = 5
			var runs [2]string
			for i := range runs {
				p := peer(t, o)
				ids := map[string]string{}
				var all []string
				for _, d := range everything(p) {
					text, err := json.Marshal(d)
					if err != nil {
						t.Fatal(err)
					}
					all = append(all, string(text))
					id, _ := d["id"].(string)
					if !strings.HasPrefix(id, p.URL("/")) {
						t.Errorf("%v has the id %q", d["type"], id)
					}
					if was, twice := ids[id]; twice {
						t.Errorf("%v and %s share the id %s", d["type"], was, id)
					}
					ids[id] = fmt.Sprint(d["type"])
					if d["@context"] == nil || d["actor"] == nil || d["object"] == nil {
						t.Errorf("incomplete: %s", text)
					}
					if inner, ok := d["object"].(fedtest.Doc); ok && d["type"] == "Undo" && inner["@context"] != nil {
						t.Error("a context inside")
					}
				}
				runs[i] = strings.ReplaceAll(strings.Join(all, "\n"), p.Host(), "host")
			}
			if runs[0] != runs[1] {
				t.Errorf("two runs differ:\n%s\n%s", runs[0], runs[1])
			}
		})
	}
}

func has(list any, want string) bool {
	if s, ok := list.(string); ok {
		return s == want
	}
	items, ok := list.([]any)
	return ok && slices.Contains(items, any(want))
}

func TestMastodonAddressing(t *testing.T) {
	p := peer(t, fedtest.Options{})
	ann := p.Person("ann")
	for _, tt := range []struct {
		audience       fedtest.Audience
		public, inTo   bool
		groupTo, group bool
	}{
		{fedtest.Everybody, true, true, false, true},
		{fedtest.Quiet, true, false, false, true},
		{fedtest.FollowersOnly, false, false, false, true},
		{fedtest.Direct, false, false, true, true},
	} {
		post := thread
		post.Audience = tt.audience
		d := ann.Create(post)
		for _, doc := range []fedtest.Doc{d, d["object"].(fedtest.Doc)} {
			to, cc := doc["to"], doc["cc"]
			if has(to, fedtest.Public) != (tt.public && tt.inTo) || has(cc, fedtest.Public) != (tt.public && !tt.inTo) {
				t.Errorf("audience %d: to %v cc %v", tt.audience, to, cc)
			}
			if has(to, group.ID) != tt.groupTo || has(to, group.Followers) != tt.groupTo || has(cc, group.ID) == tt.groupTo || has(cc, group.Followers) == tt.groupTo {
				t.Errorf("audience %d: to %v cc %v", tt.audience, to, cc)
			}
		}
	}
	note := ann.Create(thread)["object"].(fedtest.Doc)
	if note["name"] != nil || note["audience"] != nil || !strings.Contains(note["content"].(string), "Title</p><p>Text") {
		t.Errorf("got %v", note)
	}
	if tag := note["tag"].([]any)[0].(fedtest.Doc); tag["type"] != "Mention" || tag["href"] != group.ID || tag["name"] != "@go@stoa.example" {
		t.Errorf("got %v", tag)
	}
	post := reply
	post.NoMention = true
	note = ann.Create(post)["object"].(fedtest.Doc)
	if has(note["cc"], group.ID) || !has(note["cc"], reply.ParentBy.ID) || note["inReplyTo"] != reply.InReplyTo {
		t.Errorf("got %v", note)
	}
	like := ann.Like("https://stoa.example/post/7", group)
	if like["to"] != nil || like["cc"] != nil || !strings.Contains(like["id"].(string), "#likes/") {
		t.Errorf("got %v", like)
	}
	if d := ann.Delete(note["id"].(string), group); d["object"].(fedtest.Doc)["type"] != "Tombstone" || !has(d["to"], fedtest.Public) {
		t.Errorf("got %v", d)
	}
	if d := ann.Flag("https://stoa.example/post/7", "spam", group); d["actor"] != p.Site().ID {
		t.Errorf("got %v", d)
	}
}

func TestLemmyAddressing(t *testing.T) {
	now := peer(t, fedtest.Options{Software: fedtest.Lemmy})
	old := peer(t, fedtest.Options{Software: fedtest.Lemmy, Version: "0.19.20"})
	for name, tt := range map[string]struct {
		p         *fedtest.Peer
		communeTo bool
	}{"1.0": {now, true}, "0.19": {old, false}} {
		t.Run(name, func(t *testing.T) {
			ann := tt.p.Person("ann")
			create := ann.Create(thread)
			page := create["object"].(fedtest.Doc)
			if page["type"] != "Page" || page["name"] != "Title" || !has(page["to"], group.ID) || !has(page["to"], fedtest.Public) || page["audience"] != group.ID {
				t.Errorf("got %v", page)
			}
			if has(create["to"], group.ID) != tt.communeTo || !has(create["cc"], group.ID) {
				t.Errorf("to %v cc %v", create["to"], create["cc"])
			}
			answer := ann.Create(reply)
			note := answer["object"].(fedtest.Doc)
			if has(note["to"], group.ID) != tt.communeTo || has(note["cc"], group.ID) == tt.communeTo || !has(note["cc"], reply.ParentBy.ID) {
				t.Errorf("to %v cc %v", note["to"], note["cc"])
			}
			if n := len(note["tag"].([]any)); (n == 2) != tt.communeTo {
				t.Errorf("%d tags", n)
			}
			dislike := ann.Dislike("https://stoa.example/post/7", group)
			if dislike["to"] != nil || dislike["cc"] != nil || dislike["audience"] != group.ID {
				t.Errorf("got %v", dislike)
			}
			inner := ann.Undo(dislike, group)["object"].(fedtest.Doc)
			if (inner["type"] == "Like") == tt.communeTo || (inner["id"] == dislike["id"]) != tt.communeTo {
				t.Errorf("undoes %v", inner)
			}
			cats := tt.p.Group("cats")
			announce := cats.Announce(create)
			if has(announce["to"], cats.ID) != tt.communeTo || !has(announce["cc"], cats.Followers) || announce["object"].(fedtest.Doc)["@context"] != nil {
				t.Errorf("got %v", announce)
			}
			endpoints := ann.Document()["endpoints"]
			if (endpoints == nil) != tt.communeTo || (ann.Inbox == tt.p.SharedInbox()) != tt.communeTo {
				t.Errorf("inbox %s, endpoints %v", ann.Inbox, endpoints)
			}
		})
	}
}

func TestPeculiarities(t *testing.T) {
	discourse := peer(t, fedtest.Options{Software: fedtest.Discourse})
	us := peer(t, fedtest.Options{Name: "us"})
	ann := discourse.Person("ann")
	create := ann.Create(thread)
	if actor, ok := create["actor"].(fedtest.Doc); !ok || actor["id"] != ann.ID || actor["sharedInbox"] != discourse.SharedInbox() || actor["endpoints"] != nil {
		t.Errorf("Discourse: actor %v", create["actor"])
	}
	if _, err := discourse.Send(ctx(t), us.SharedInbox(), create, fedtest.SignAs{}); err != nil {
		t.Fatal(err)
	}
	if got, err := us.WaitType(ctx(t), "Create"); err != nil || got.Activity["to"] != us.SharedInbox() {
		t.Errorf("Discourse: to %v, %v", got.Activity["to"], err)
	}
	mbin := peer(t, fedtest.Options{Software: fedtest.Mbin})
	if page := mbin.Person("ann").Create(thread)["object"].(fedtest.Doc); page["source"] != thread.Link {
		t.Errorf("Mbin: source %v", page["source"])
	}
	gts := peer(t, fedtest.Options{Software: fedtest.GoToSocial})
	if d := gts.Person("ann").Follow(group.ID); d["to"] != group.ID {
		t.Errorf("GoToSocial: to %v", d["to"])
	}
	if gts.SharedInbox() != "" {
		t.Error("GoToSocial has no shared inbox")
	}
	nodebb := peer(t, fedtest.Options{Software: fedtest.NodeBB})
	if d := nodebb.Person("ann").Create(thread); !strings.Contains(d["id"].(string), "#activity/create/") || d["object"].(fedtest.Doc)["preview"] == nil {
		t.Errorf("NodeBB: %v", d)
	}
	piefed := peer(t, fedtest.Options{Software: fedtest.PieFed})
	if d := piefed.Person("ann").Like("https://stoa.example/post/7", group); d["to"] != nil || d["audience"] != group.ID {
		t.Errorf("PieFed: %v", d)
	}
	// What was created can be fetched, what was deleted is gone.
	id := create["object"].(fedtest.Doc)["id"].(string)
	if res, d := fetch(t, us, id, fedtest.SignAs{}); res.Status != 200 || d["id"] != id || d["@context"] == nil {
		t.Errorf("got %d %v", res.Status, d)
	}
	ann.Delete(id, group)
	if res, _ := fetch(t, us, id, fedtest.SignAs{}); res.Status != 410 {
		t.Errorf("got %d", res.Status)
	}
}

func TestRulesOfPeers(t *testing.T) {
	us := peer(t, fedtest.Options{Name: "us"})
	bob := us.Person("bob")
	like := bob.Like("https://stoa.example/post/7", group)
	without := func(d fedtest.Doc, key string) fedtest.Doc {
		d = maps.Clone(d)
		delete(d, key)
		return d
	}
	elsewhere := maps.Clone(like)
	elsewhere["id"] = "https://other.example/a/1"
	boost := bob.Announce("https://stoa.example/post/7")
	for _, tt := range []struct {
		software fedtest.Software
		activity any
		as       fedtest.Style
		refused  bool
	}{
		{fedtest.PieFed, without(like, "object"), "", true},
		{fedtest.Lemmy, without(like, "object"), "", false},
		{fedtest.Mastodon, without(like, "@context"), "", true},
		{fedtest.NodeBB, without(like, "@context"), "", false},
		{fedtest.Lemmy, elsewhere, "", true},
		{fedtest.Mastodon, elsewhere, "", false},
		{fedtest.Lemmy, boost, "", true},
		{fedtest.Mastodon, boost, "", false},
		{fedtest.Lemmy, bob.Announce(like), "", false},
		{fedtest.Mastodon, like, fedtest.AsRFC9421, false},
		{fedtest.GoToSocial, like, fedtest.AsRFC9421, true},
		{fedtest.Lemmy, like, fedtest.AsRFC9421, true},
		{fedtest.Mbin, like, fedtest.AsDiscourse, true},
		{fedtest.NodeBB, like, fedtest.AsDiscourse, true},
		{fedtest.Mastodon, "[1]", "", true},
		{fedtest.Mastodon, strings.Repeat(" ", 2<<20), "", true},
	} {
		p := peer(t, fedtest.Options{Software: tt.software})
		target := p.Person("ann").Inbox
		res, err := us.Send(ctx(t), target, tt.activity, fedtest.SignAs{Actor: bob, Style: tt.as})
		if err != nil || (res.Status/100 == 4) != tt.refused {
			t.Errorf("%s, %.80v as %q: got %d %s, %v", tt.software, tt.activity, tt.as, res.Status, res.Body, err)
		}
	}
	lenient := peer(t, fedtest.Options{Lenient: true})
	if res, err := us.Send(ctx(t), lenient.SharedInbox(), "?", fedtest.SignAs{Style: fedtest.Unsigned}); err != nil || res.Status != 202 {
		t.Errorf("lenient: got %v, %v", res, err)
	}
	got := lenient.Received()[0]
	if got.Activity != nil || got.Err == nil || got.Type() != "" || got.Object() != nil || string(got.Body) != "?" {
		t.Errorf("recorded %+v", got)
	}

	// A peer that verifies, by keys it fetches, notices a changed key.
	p := peer(t, fedtest.Options{})
	p.VerifyWith(func(id string) (crypto.PublicKey, error) { return p.FetchKey(context.Background(), id) })
	if res, err := us.Send(ctx(t), p.SharedInbox(), like, fedtest.SignAs{}); err != nil || res.Status != 202 {
		t.Errorf("got %v, %v", res, err)
	}
	old := bob.Key()
	bob.Rekey(us.Person("eve").Key())
	if res, err := us.Send(ctx(t), p.SharedInbox(), like, fedtest.SignAs{Key: old}); err != nil || res.Status != 401 {
		t.Errorf("got %v, %v", res, err)
	}
	if len(us.Fetched()) == 0 {
		t.Error("nobody fetched the key")
	}
	bob.Extra = fedtest.Doc{"publicKey": nil, "name": "Robert"}
	if d := bob.Document(); d["publicKey"] != nil || d["name"] != "Robert" {
		t.Errorf("got %v", d)
	}
	if _, err := p.FetchKey(ctx(t), bob.KeyID); err == nil {
		t.Error("found a key that is not there")
	}
}

func TestKeysRepeat(t *testing.T) {
	a, b, c := fedtest.NewKeyring(9), fedtest.NewKeyring(9), fedtest.NewKeyring(10)
	if !a.RSA("x").Equal(b.RSA("x")) || !a.Ed25519("x").Equal(b.Ed25519("x")) {
		t.Error("the same seed gave other keys")
	}
	if a.RSA("x").Equal(a.RSA("y")) || a.RSA("x").Equal(c.RSA("x")) || a.Ed25519("x").Equal(c.Ed25519("x")) {
		t.Error("other labels or seeds gave the same key")
	}
	if err := a.RSA("x").Validate(); err != nil || a.RSA("x").N.BitLen() != 2048 {
		t.Errorf("not a good key: %v", err)
	}
}

func BenchmarkKey(b *testing.B) {
	for seed := uint64(0); b.Loop(); seed++ {
		fedtest.NewKeyring(seed).RSA("x")
	}
}
