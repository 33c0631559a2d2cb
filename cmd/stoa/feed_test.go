package main

import (
	"context"
	"slices"
	"strings"
	"testing"

	"stoa/federation/fedtest"
	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/private"
)

// A Feed of another server, as PieFed and Lemmy have them, is read into a collection of
// somebody here: communities that were unknown become known, what is none is left out,
// and a day later it is as the list is then. One that is gone leaves what was read.
func TestFeedsAreRead(t *testing.T) {
	t.Parallel()
	n := newTestNode(t, "here", nil)
	ann := n.person(n.found("ann", false))
	if _, err := n.db.Pool().Exec(t.Context(), `insert into account (person_id, password, made_at, changed_at) values ($1, '', now(), now())`, ann.ID); err != nil {
		t.Fatal(err)
	}
	ours := n.found("porch", true)
	p := fedtest.New(t, fedtest.Options{Software: fedtest.PieFed})
	far := fedtest.New(t, fedtest.Options{Software: fedtest.Lemmy, Name: "far"})
	cats, dogs, birds := p.Group("cats"), p.Group("dogs"), far.Group("birds")
	feed := p.URL("/f/pets")
	lists := func(communities ...any) {
		p.Put(feed, fedtest.Doc{
			"@context": []any{"https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"}, "id": feed, "type": "Feed", "preferredUsername": "pets", "name": "Pets",
			"inbox": feed + "/inbox", "outbox": feed + "/outbox", "following": feed + "/following", "followers": feed + "/followers", "attributedTo": []any{p.Person("ann").ID},
			"publicKey": p.Person("ann").Document()["publicKey"],
		})
		p.Put(feed+"/following", fedtest.Doc{
			"@context": "https://www.w3.org/ns/activitystreams", "id": feed + "/following", "type": "Collection", "totalItems": len(communities), "items": communities,
		})
	}
	lists(cats.ID, birds.ID, ours, p.Person("bob").ID, p.URL("/c/none"), "nonsense", 7, nil)
	var id int64
	err := n.db.InTx(t.Context(), func(ctx context.Context, tx *storage.Tx) error {
		var err error
		if id, err = private.In(tx).Collect(ctx, ann.ID, "Pets", n.forum.Now()); err != nil {
			return err
		}
		if err := private.In(tx).Feed(ctx, ann.ID, id, feed); err != nil {
			return err
		}
		return tx.AskFeed(ctx, feed)
	})
	if err != nil {
		t.Fatal(err)
	}
	holds := func(want ...string) func() bool {
		slices.Sort(want)
		return func() bool {
			list, err := private.Of(n.db).Collected(t.Context(), ann.ID, id)
			if err != nil {
				t.Fatal(err)
			}
			var have []string
			for i := range list {
				have = append(have, list[i].URI)
			}
			slices.Sort(have)
			return slices.Equal(have, want)
		}
	}
	state := func(want forum.FeedState) func() bool {
		return func() bool {
			list, err := private.Of(n.db).Collections(t.Context(), ann.ID, 0)
			if err != nil || len(list) != 1 || list[0].Feed != feed {
				t.Fatal(list, err)
			}
			return list[0].State == want
		}
	}
	eventually(t, "the list is read", state(forum.FeedRead))
	if !holds(cats.ID, birds.ID, ours)() {
		list, err := private.Of(n.db).Collected(t.Context(), ann.ID, id)
		t.Errorf("the collection has %v %v", list, err)
	}
	aDayLater := func() {
		t.Helper()
		if _, err := n.db.Pool().Exec(t.Context(), `update collection set asked_at = asked_at - interval '25 hours'`); err != nil {
			t.Fatal(err)
		}
		if err := n.db.AskStale(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	lists(dogs.ID, birds.ID)
	aDayLater()
	eventually(t, "it is as the list is a day later", holds(dogs.ID, birds.ID))
	p.Gone(feed)
	aDayLater()
	eventually(t, "it is gone", state(forum.FeedFailed))
	if !holds(dogs.ID, birds.ID)() {
		t.Error("what was read of a list that is gone is gone as well")
	}
	if asked := slices.ContainsFunc(p.Fetched(), func(r fedtest.Received) bool { return strings.Contains(r.Target, "/c/none") }); !asked {
		t.Error("nobody asked for the community that there is not")
	}
}
