package storage_test

import (
	"context"
	"errors"
	"testing"

	"stoa/federation/forum"
	"stoa/storage"
)

// What another server says of its people and communities is kept, replaced by
// what it says later, and never touches those who live here.
func TestSavePerson(t *testing.T) {
	n := newNode(t)
	ctx := t.Context()
	a := n.stranger("bob", "mastodon.test")
	if a.ID == 0 || a.Local || a.Handle() != "bob@mastodon.test" {
		t.Fatalf("saved %+v", a)
	}
	b := a
	b.Name, b.Title, b.Bot, b.SharedInbox, b.Published = "Bob", "Bobby", true, "", n.tick()
	again, err := n.db.SavePerson(ctx, b, []storage.Key{{ID: a.URI + "#new", PEM: "new"}})
	if err != nil {
		t.Fatal(err)
	}
	if again != b {
		t.Errorf("saved again\n%+v, want\n%+v", again, b)
	}
	if _, ok, err := n.db.Key(ctx, a.KeyID); ok || err != nil {
		t.Errorf("a key that is no longer listed is still good: %v, %v", ok, err)
	}
	key, ok, err := n.db.Key(ctx, a.URI+"#new")
	if err != nil || !ok || key.Owner != a.URI || key.PEM != "new" || key.CheckedAt.IsZero() {
		t.Errorf("the new key: %+v, %v, %v", key, ok, err)
	}

	// Nobody takes over the key of somebody else.
	thief := n.stranger("eve", "evil.test")
	if _, err := n.db.SavePerson(ctx, thief, []storage.Key{{ID: a.URI + "#new", PEM: "eve's"}}); err != nil {
		t.Fatal(err)
	}
	if key, _, _ := n.db.Key(ctx, a.URI+"#new"); key.Owner != a.URI || key.PEM != "new" {
		t.Errorf("after a theft the key is %+v", key)
	}

	here := n.person("ada")
	stolen := forum.Person{URI: here.URI, Name: "mallory", Host: "evil.test", PublicKey: "mine", FetchedAt: n.tick()}
	var refusal *forum.Refusal
	if _, err := n.db.SavePerson(ctx, stolen, []storage.Key{{ID: here.KeyID, PEM: "mine"}}); !errors.As(err, &refusal) || refusal.Kind != forum.Forbidden {
		t.Errorf("a profile of ours from elsewhere: %v", err)
	}
	if now, err := n.db.Reader().PersonByURI(ctx, here.URI); err != nil || now != here {
		t.Errorf("it became %+v, %v", now, err)
	}
	if _, ok, _ := n.db.Key(ctx, here.KeyID); ok {
		t.Error("its key was taken from elsewhere")
	}

	// Gone is not for ever: a server may have answered so by mistake.
	n.leave(a)
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		out, err := n.forum.Leave(ctx, tx, []forum.Person{here}, n.tick(), false)
		if err == nil && out[0].Refused == nil {
			t.Error("somebody of this node was deleted from elsewhere")
		}
		return err
	})
	for uri, want := range map[string]bool{a.URI: true, here.URI: false} {
		if p, err := n.db.Reader().PersonByURI(ctx, uri); err != nil || p.Gone != want {
			t.Errorf("%s gone: %v, %v", uri, p.Gone, err)
		}
	}
	if back, err := n.db.SavePerson(ctx, b, nil); err != nil || back.Gone {
		t.Errorf("back again: %+v, %v", back, err)
	}
}

func TestSaveCommunity(t *testing.T) {
	n := newNode(t)
	ctx := t.Context()
	c := n.elsewhere("asklemmy", "lemmy.test")
	c.Title, c.Sensitive, c.IconURL, c.Updated = "Ask Lemmy", true, "https://lemmy.test/icon.png", n.tick()
	again, err := n.db.SaveCommunity(ctx, c, []storage.Key{{ID: c.URI + "#main-key", PEM: "pem"}})
	if err != nil || again != c {
		t.Errorf("saved again %+v, %v, want\n%+v", again, err, c)
	}
	here := n.community("gardening")
	if _, err := n.db.SaveCommunity(ctx, forum.Community{URI: here.URI, Name: "stolen", FetchedAt: n.tick()}, nil); err == nil {
		t.Error("a community of ours was taken from elsewhere")
	}
	if now, err := n.db.Reader().CommunityByURI(ctx, here.URI); err != nil || now != here {
		t.Errorf("it became %+v, %v", now, err)
	}
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		return tx.SaveKeys(ctx, "https://lemmy.test/", []storage.Key{{ID: "https://lemmy.test/#key", PEM: "site"}})
	})
	for uri, want := range map[string]bool{c.URI: true, "https://lemmy.test/": true, "https://lemmy.test/u/x": false, here.URI: true} {
		if known, err := n.db.KnownActor(ctx, uri); err != nil || known != want {
			t.Errorf("KnownActor(%s) = %v, %v", uri, known, err)
		}
	}
}

func TestFindActors(t *testing.T) {
	n := newNode(t)
	r := n.db.Reader()
	here, there := n.person("ada"), n.stranger("Ada", "mastodon.test")
	home, away := n.community("cats"), n.elsewhere("Cats", "lemmy.test")
	for _, c := range []struct {
		name, host string
		person     string
		community  string
	}{
		{"ADA", "", here.URI, ""}, {"ada", "Mastodon.test", there.URI, ""}, {"ada", "other.test", "", ""},
		{"Cats", "", "", home.URI}, {"cats", "lemmy.TEST", "", away.URI}, {"cats", "node.test", "", home.URI},
	} {
		p, err := r.Person(t.Context(), c.name, c.host)
		if p.URI != c.person || (err == nil) != (c.person != "") || err != nil && !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("person %s@%s: %q, %v", c.name, c.host, p.URI, err)
		}
		g, err := r.Community(t.Context(), c.name, c.host)
		if g.URI != c.community || (err == nil) != (c.community != "") || err != nil && !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("community %s@%s: %q, %v", c.name, c.host, g.URI, err)
		}
	}
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		people, err := tx.People(ctx, []string{here.URI, there.URI, "https://nobody.test/"})
		if err != nil || len(people) != 2 || people[there.URI] != there {
			t.Errorf("people: %v, %v", people, err)
		}
		communities, err := tx.CommunitiesByURI(ctx, []string{home.URI, away.URI, away.FollowersURL})
		if err != nil || len(communities) != 2 || communities[away.URI] != away {
			t.Errorf("communities: %v, %v", communities, err)
		}
		for uri, want := range map[string]string{
			here.URI: here.URI, there.URI: there.URI, base + "/u/Ada@mastodon.test": there.URI, base + "/u/ada": here.URI,
			base + "/u/nobody@mastodon.test": "", "https://x.test/ada@mastodon.test": "", "": "",
		} {
			if p, ok, err := tx.PersonByURI(ctx, uri); err != nil || ok != (want != "") || p.URI != want {
				t.Errorf("person by %q: %q, %v, %v", uri, p.URI, ok, err)
			}
		}
		for uri, want := range map[string]string{home.URI: home.URI, base + "/c/cats@lemmy.test": away.URI, base + "/c/dogs": ""} {
			if c, ok, err := tx.CommunityByURI(ctx, uri); err != nil || ok != (want != "") || c.URI != want {
				t.Errorf("community by %q: %q, %v, %v", uri, c.URI, ok, err)
			}
		}
		return nil
	})
}

func TestKnownObjects(t *testing.T) {
	n := newNode(t)
	post := n.submit(said(n.author(), n.place(), "known"))
	comment := n.reply(n.author(), post.URI, "also")
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		if err := tx.Bury(ctx, []string{"https://a.test/buried", "https://a.test/buried"}, n.tick()); err != nil {
			return err
		}
		known, err := tx.KnownObjects(ctx, []string{post.URI, comment.URI, "https://a.test/buried", "https://a.test/new"})
		if len(known) != 3 || known["https://a.test/new"] {
			t.Errorf("known: %v", known)
		}
		return err
	})
}
