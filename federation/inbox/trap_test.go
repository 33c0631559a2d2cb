package inbox

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"stoa/federation/fedtest"
)

// What is not wanted is refused by 4xx, or taken and dropped: on anything else a Lemmy
// holds back all that it has for this node.
func TestLemmyTrap26WhatIsNotWantedIsNoFailure(t *testing.T) {
	t.Parallel()
	s := meet(t)
	unknown := fedtest.Doc{"id": s.other.URL("/a/1"), "type": "Travel", "actor": s.eve.ID, "object": s.url + "/c/go"}
	for _, a := range []fedtest.Doc{unknown, s.eve.Like(s.url+"/post/99", s.community), s.eve.Follow(s.url + "/u/nobody")} {
		s.send(a, s.other) // 202
	}
	s.settle()
	s.refused(unknown, "not understood")
	if r := s.post(s.eve.Like(s.url+"/post/99", s.community), s.other, fedtest.SignAs{Style: fedtest.Unsigned}); r.Status < 400 || r.Status > 499 {
		t.Errorf("unsigned: %d", r.Status)
	}
}

func TestLemmyTrap29VotesAreAddressedToNobody(t *testing.T) {
	t.Parallel()
	s := meet(t)
	for i, version := range []string{"1.0.0", "0.19.20"} {
		p := peer(t, fedtest.Options{Software: fedtest.Lemmy, Version: version, Name: "lemmy" + version[:1]})
		kim := p.Person("kim")
		// The community is in to of the one line, in cc of the other.
		post := kim.Create(fedtest.Post{Community: s.community, Title: "Mine", HTML: "<p>Mine.</p>"})
		reply := kim.Create(fedtest.Post{Community: s.community, InReplyTo: object(post), HTML: "<p>And mine.</p>"})
		s.send(post, p)
		s.send(reply, p)
		s.settle()
		like := p.Person("lee").Like(object(reply), s.community)
		if like["to"] != nil || like["cc"] != nil {
			t.Fatal("this vote is addressed")
		}
		s.send(like, p)
		s.settle()
		s.score(object(reply), 2, 0)
		s.want(i+1, `select count(*) from post`)
	}
}

func TestLemmyTrap30UndoneVotesAreClearedWhateverTheyWere(t *testing.T) {
	t.Parallel()
	s := meet(t)
	post := s.thread()
	s.score(post, 1, 0) // the author's own, which nobody sent
	p := peer(t, fedtest.Options{Software: fedtest.Lemmy, Version: "0.19.20"})
	kim := p.Person("kim")
	down := kim.Dislike(post, s.community)
	s.send(down, p)
	s.settle()
	s.score(post, 1, 1)
	undo := kim.Undo(down, s.community)
	if inner := undo["object"].(fedtest.Doc); inner["type"] != "Like" {
		t.Fatalf("this line undoes a %v", inner["type"])
	}
	s.send(undo, p)
	s.settle()
	s.score(post, 1, 0)
}

// What is 410 may have been removed by a moderator, who can give it back.
func TestLemmyTrap32WhatIs410MayComeBack(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	id := s.page()
	removal := s.ann.Remove(id, "spam", s.there)
	s.home.Gone(id)
	s.send(s.cats.Announce(removal), s.home)
	s.settle()
	s.want(1, `select count(*) from post where uri = $1 and state = 2`, id) // removed, not deleted
	if _, err := s.in.Refresh(s.ctx, id, s.cats.ID); err != nil {
		t.Fatal(err)
	}
	s.settle()
	s.send(s.cats.Announce(s.ann.Undo(removal, s.there)), s.home)
	s.settle()
	s.home.Remove(id)
	s.home.Put(id, fedtest.Doc{
		"@context": "https://www.w3.org/ns/activitystreams", "id": id, "type": "Page", "attributedTo": s.ann.ID, "to": []any{s.there.ID, fedtest.Public}, "cc": []any{}, "name": "Whiskers", "content": "<p>Long ones.</p>",
	})
	if _, err := s.in.Refresh(s.ctx, id, s.cats.ID); err != nil {
		t.Fatal(err)
	}
	s.settle()
	s.want(1, `select count(*) from post where uri = $1 and state = 0`, id)
}

func TestLemmyTrap33AnnouncesAreNotAskedFor(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	create := s.ann.Create(fedtest.Post{Community: s.there, Title: "Whiskers", HTML: "<p>Long ones.</p>"})
	announce := s.cats.Announce(create)
	s.send(announce, s.home)
	s.settle()
	s.applied(announce)
	for _, id := range []any{announce["id"], create["id"]} {
		if asked(s.home, id.(string)) {
			t.Errorf("%s was asked for", id)
		}
	}
}

func TestLemmyTrap34IDsInAnOutboxMeanNothing(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	create := s.ann.Create(fedtest.Post{Community: s.there, Title: "Whiskers", HTML: "<p>Long ones.</p>"})
	for i := range 3 { // it makes them up at each reading
		again := maps.Clone(create)
		again["id"] = s.home.URL("/activities/create/" + strings.Repeat("x", i+1))
		s.send(s.cats.Announce(again), s.home)
		s.settle()
	}
	s.want(1, `select count(*) from post where uri = $1`, object(create))
}

// PieFed signs once it was answered 401, and at nothing else.
func TestPeerTrap09WhoMustSignIsTold401(t *testing.T) {
	t.Parallel()
	s := meet(t)
	var sent *http.Request
	as := fedtest.SignAs{Style: fedtest.Unsigned, Tamper: func(r *http.Request) { sent = r.Clone(s.ctx) }}
	if _, err := s.other.Get(s.ctx, s.url+"/c/go", as); err != nil {
		t.Fatal(err)
	}
	if no := s.in.Asked(sent, true); no == nil || no.Status != http.StatusUnauthorized {
		t.Errorf("unsigned: %+v", no)
	}
	if no := s.in.Asked(sent, false); no != nil {
		t.Errorf("where nobody must sign: %+v", no)
	}
}

func TestPeerTrap10InboxesNeverSay410(t *testing.T) {
	t.Parallel()
	n := still(t, nil)
	p := peer(t, fedtest.Options{})
	like := p.Person("ann").Like(n.url+"/post/1", fedtest.Community{})
	n.db.Close()
	r := n.post(like, p, fedtest.SignAs{})
	if r.Status != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" {
		t.Errorf("without its database the node says %d, come again after %q", r.Status, r.Header.Get("Retry-After"))
	}
}

func TestPeerTrap11WhileItStopsTheNodeSays503(t *testing.T) {
	t.Parallel()
	n := still(t, nil)
	if a := n.in.unavailable(errStopping); a.status != http.StatusServiceUnavailable || a.retry <= 0 {
		t.Errorf("%+v", a)
	}
}

func TestPeerTrap12InboxesSpeakJSON(t *testing.T) {
	t.Parallel()
	for _, a := range []answer{*tooMany(), *refusal(403, "blocked", "<b>No.</b>"), unauthorized(nil), accepted("")} {
		w := httptest.NewRecorder()
		a.write(w)
		if a.status == http.StatusAccepted {
			if w.Body.Len() != 0 {
				t.Errorf("202 says %s", w.Body)
			}
			continue
		}
		if kind := w.Header().Get("Content-Type"); kind != "application/json" || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%d: %q %s", a.status, kind, w.Body)
		}
	}
}

func TestPeerTrap13KeysAreChangedByTheirOwner(t *testing.T) {
	t.Parallel()
	s := meet(t)
	before := s.text(`select public_pem from actor_key where owner = $1`, s.bob.ID)
	key, id := keys.RSA("another"), s.bob.KeyID
	old := s.bob.Key()
	s.bob.Rekey(key)
	update := fedtest.Doc{
		"@context": "https://www.w3.org/ns/activitystreams", "id": s.home.URL("/a/rekey"), "type": "Update", "actor": s.bob.ID, "to": []any{fedtest.Public}, "object": s.bob.Document(),
	}
	if r := s.post(update, s.home, fedtest.SignAs{Actor: s.bob, Key: old, KeyID: id}); r.Status != 202 {
		t.Fatal(r.Status)
	}
	s.settle()
	s.applied(update)
	if after := s.text(`select public_pem from actor_key where owner = $1`, s.bob.ID); after == before || after == "" {
		t.Error("the old key is still held")
	}
}

func TestPeerTrap35AnythingMayBeFollowed(t *testing.T) {
	t.Parallel()
	s := meet(t)
	for _, target := range []string{s.url + "/post/1", s.url + "/", s.url + "/u/nobody", s.home.URL("/users/zoe")} {
		follow := s.eve.Follow(target)
		s.send(follow, s.other) // 202, or the sender tries again for days
		s.settle()
		s.want(1, `select count(*) from received where activity = $1 and state = 4`, follow["id"])
	}
	s.want(3, `select count(*) from follow where state = 2`)
}

func TestPeerTrap37TheInboxOfACommunityMeansNothing(t *testing.T) {
	t.Parallel()
	s := meet(t)
	create := s.ann.Create(fedtest.Post{HTML: "<p>For my followers</p>"})
	r, err := s.home.Send(s.ctx, s.community.ID+"/inbox", create, fedtest.SignAs{})
	if err != nil || r.Status != 202 {
		t.Fatal(r.Status, err)
	}
	s.settle()
	s.refused(create, "addressed to no community here")
	s.want(0, `select count(*) from post`)
}

func TestPeerTrap38WhatIsNotPublicIsNoThread(t *testing.T) {
	t.Parallel()
	s := meet(t)
	for _, to := range []fedtest.Audience{fedtest.FollowersOnly, fedtest.Direct} {
		create := s.ann.Create(fedtest.Post{Community: s.community, HTML: "<p>Between us</p>", Audience: to})
		s.send(create, s.home)
	}
	s.settle()
	s.want(0, `select count(*) from post`)
	s.want(0, `select count(*) from log where verb = 'submit'`)
}

func TestPeerTrap39AnswersBeginNoThread(t *testing.T) {
	t.Parallel()
	s := meet(t)
	reply := s.eve.Create(fedtest.Post{Community: s.community, InReplyTo: s.home.URL("/users/ann/statuses/404"), HTML: "<p>I agree, @go</p>"})
	s.send(reply, s.other)
	s.settle()
	s.want(0, `select count(*) from post`)
	s.want(0, `select count(*) from comment`)
}

func TestPeerTrap40OneObjectInTwoAnnouncesIsOne(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	for i, wholeFirst := range []bool{true, false} {
		create := s.ann.Create(fedtest.Post{Community: s.there, Title: "Whiskers", HTML: "<p>Long ones.</p>"})
		for _, whole := range []bool{wholeFirst, !wholeFirst} {
			announce := s.cats.Announce(create)
			if !whole {
				announce = s.cats.Announce(object(create))
			}
			s.send(announce, s.home)
			s.settle()
			s.applied(announce)
			s.want(i+1, `select count(*) from post`)
		}
	}
}

func TestPeerTrap41MentionsLeadToTheCommunity(t *testing.T) {
	t.Parallel()
	s := meet(t)
	create := rework(s.home, s.ann.Create(fedtest.Post{Community: s.community, HTML: "<p>Hello</p>"}), func(create, o fedtest.Doc) {
		for _, d := range []fedtest.Doc{create, o} {
			d["to"], d["cc"] = []any{fedtest.Public}, []any{s.ann.Followers}
			delete(d, "audience")
		}
		o["tag"] = []any{fedtest.Doc{"type": "Mention", "href": s.community.ID, "name": s.community.Handle}}
	})
	s.send(create, s.home)
	s.settle()
	s.want(1, `select count(*) from post p join community c on c.id = p.community_id where p.uri = $1 and c.uri = $2`, object(create), s.community.ID)
}

func TestPeerTrap44ReportsOfEveryShape(t *testing.T) {
	t.Parallel()
	s := meet(t)
	post := s.thread()
	one := s.eve.Flag(post, "as one", s.community)
	one["actor"], one["object"] = s.eve.ID, post
	many := s.bob.Flag(post, "as several", fedtest.Community{ID: s.ann.ID})
	if list, ok := many["object"].([]any); !ok || len(list) != 2 || many["actor"] == s.bob.ID {
		t.Fatalf("this is not how Mastodon reports: %v", many)
	}
	s.send(one, s.other)
	s.send(many, s.home)
	s.settle()
	s.want(2, `select count(*) from report r join post p on p.id = r.post_id where r.reason in ('as one', 'as several') and p.uri = $1`, post)
}

func TestPeerTrap45VotersNeedNotBeKnown(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	id := s.page()
	nobody := s.away.URL("/u/throwaway")
	s.send(s.cats.Announce(fedtest.Doc{"id": s.away.URL("/activities/like/1"), "type": "Like", "actor": nobody, "object": id}), s.home)
	s.settle()
	s.score(id, 2, 0)
	if asked(s.away, nobody) {
		t.Error("who voted was asked for")
	}
}

// Mbin says nowhere in an Update when something was edited.
func TestPeerTrap46EditsNeedNotBeDated(t *testing.T) {
	t.Parallel()
	s := meet(t)
	create := s.ann.Create(fedtest.Post{Community: s.community, HTML: "<p>First.</p>"})
	s.send(create, s.home)
	s.settle()
	update := s.ann.Update(create["object"].(fedtest.Doc), s.community, func(o fedtest.Doc) { o["content"] = "<p>Second.</p>" })
	update = rework(s.home, update, func(update, o fedtest.Doc) {
		delete(o, "updated")
		delete(update, "updated")
		delete(update, "published")
	})
	s.send(update, s.home)
	s.settle()
	s.applied(update)
	s.want(1, `select count(*) from post where uri = $1 and html like '%Second.%'`, object(create))
}

func TestPeerTrap54CollectionsBelongToTheirCommunity(t *testing.T) {
	t.Parallel()
	s := subscribe(t)
	other := s.away.Group("dogs")
	appoint := s.ann.Add(s.eve.ID, other.ID+"/moderators", s.there)
	s.send(s.cats.Announce(appoint), s.home)
	s.settle()
	s.want(1, `select count(*) from received where activity = $1 and state = 4`, s.text(`select activity from received where type = 'Announce' order by id desc limit 1`))
	s.want(0, `select count(*) from moderator where person_uri = $1`, s.eve.ID)
}
