package member

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"stoa/federation/account"
	"stoa/federation/forum"
	"stoa/storage"
)

// place makes a community of this node with a post in it.
func (n *node) place(name string, author forum.Person) forum.Community {
	n.Helper()
	verbs := forum.New(mute{}, n.clock)
	n.must(n.db.InTx(n.Context(), func(ctx context.Context, tx *storage.Tx) error {
		_, err := verbs.FoundCommunity(ctx, tx, forum.NewActor{Name: name, Title: strings.ToUpper(name), PrivateKey: "s" + name, PublicKey: "p" + name})
		return err
	}))
	c, err := n.db.Reader().Community(n.Context(), name, "")
	n.must(err)
	n.must(n.db.InTx(n.Context(), func(ctx context.Context, tx *storage.Tx) error {
		out, err := verbs.Submit(ctx, tx, []forum.Submit{{Post: forum.Post{Author: author, Community: c, Title: "News of " + name, TitleGiven: true, Text: forum.Text{Source: "x", HTML: "<p>x</p>"}}}})
		if err == nil && out[0].Refused != nil {
			err = out[0].Refused
		}
		return err
	}))
	return c
}

// Collections by forms alone: made from the page of a community, read as a feed,
// changed and taken away; what is wrong is said beside the field.
func TestCollecting(t *testing.T) {
	n := newNode(t)
	ann, bob := n.browser(), n.browser()
	ann.join("ann")
	bob.join("bob")
	me, err := n.own.Login(t.Context(), "ann")
	n.must(err)
	other, err := n.own.Login(t.Context(), "bob")
	n.must(err)
	cats, dogs := n.place("cats", other.Person), n.place("dogs", other.Person)
	n.browser().get("/collections").has(t, 303)
	n.browser().get("/?feed=collection-1").has(t, 303)
	n.browser().get("/c/cats").has(t, 200)
	if strings.Contains(n.browser().get("/c/cats").body, "/collections") {
		t.Error("nobody is shown collections")
	}

	ann.get("/c/cats").has(t, 200, "New collection", `action="/collections"`)
	if a := ann.post("/collections", "name", " Reading ", "community", fmt.Sprint(cats.ID), "back", "/c/cats"); a.status != 303 || a.to != "/c/cats" {
		t.Fatal(a)
	}
	list, err := n.own.Collections(t.Context(), me.Person.ID, cats.ID)
	n.must(err)
	if len(list) != 1 || list[0].Name != "Reading" || !list[0].Has {
		t.Fatalf("%+v", list)
	}
	id := list[0].ID
	path, feed := fmt.Sprint("/collections/", id), fmt.Sprint("/?feed=collection-", id)
	ann.get("/c/cats").has(t, 200, `formaction="`+path+`" name="take"`, `aria-pressed="true"`)
	ann.get("/c/dogs").has(t, 200, `formaction="`+path+`" name="put"`)
	reads := func(address string, want ...string) {
		t.Helper()
		body := ann.get(address).body
		for _, name := range []string{"cats", "dogs"} {
			if has := strings.Contains(body, "News of "+name); has != strings.Contains(strings.Join(want, " "), name) {
				t.Errorf("%s: %s is there: %v\n%s", address, name, has, body)
			}
		}
	}
	reads(feed, "cats")
	ann.get(feed).has(t, 200, `<a href="`+feed+`" aria-current="true">Reading</a>`, `href="`+path+`"`)
	if a := ann.post(path, "put", fmt.Sprint(dogs.ID), "back", "/c/dogs"); a.status != 303 || a.to != "/c/dogs" {
		t.Fatal(a)
	}
	reads(feed, "cats", "dogs")
	// Blocks apply as everywhere.
	n.must(n.own.Shun(t.Context(), me.Person.ID, 2, dogs.ID, "", true, n.clock()))
	ann.get(strings.Replace(feed, "?", "?view=compact&", 1)).has(t, 200, "1 post hidden", "In a community you blocked.")
	n.must(n.own.Shun(t.Context(), me.Person.ID, 2, dogs.ID, "", false, n.clock()))

	ann.post(path, "take", fmt.Sprint(cats.ID), "back", "//evil.example").has(t, 303)
	ann.get(path).has(t, 200, "DOGS", "Take out")
	ann.post(path, "add", "!nowhere@far.example").has(t, 404, "No community of that name is known here", `value="!nowhere@far.example"`)
	ann.post(path, "add", "cats").has(t, 303)
	ann.post("/collections", "name", "reading").has(t, 409, "You have a collection of that name already", `value="reading"`)
	ann.post("/collections", "name", " ").has(t, 400, "A collection needs a name")
	ann.post("/collections", "name", "x", "community", "99999").has(t, 404)
	ann.post(path, "name", strings.Repeat("n", account.MaxCollection+1)).has(t, 400, "at most 50 characters")
	ann.post(path, "name", "News").has(t, 303)
	ann.get("/collections").has(t, 200, "News", "2 communities")

	// As what the front page shows by itself, with an order.
	ann.get("/settings").has(t, 200, "Collection: News")
	ann.post("/settings", "feed", fmt.Sprint("collection-", id), "sort", "new").has(t, 200, fmt.Sprintf(`value="collection-%d" selected`, id))
	reads("/", "cats", "dogs")
	ann.get("/").has(t, 200, `<a href="/" aria-current="true">News</a>`, `<a href="/" aria-current="true">New</a>`)

	// To others there is no such thing.
	for _, a := range []answer{bob.get(path), bob.get(path + "/edit"), bob.post(path, "drop", "1"), bob.post(path, "put", fmt.Sprint(cats.ID))} {
		a.has(t, 404)
	}
	bob.get(feed).has(t, 400)
	bob.post("/settings", "feed", fmt.Sprint("collection-", id)).has(t, 200)
	bob.get("/").has(t, 200, `aria-current="true">Joined`)

	ann.get(path+"/edit").has(t, 200, "Delete the collection")
	if a := ann.post(path, "drop", "1"); a.status != 303 || a.to != "/collections" {
		t.Error(a)
	}
	ann.get(path).has(t, 404)
	ann.get("/").has(t, 200, `aria-current="true">Joined`) // what was set is gone
}

// A collection may have in it what a Feed of another server has: what is no address of
// one is said beside the field, and the page says whose it is and how far it is read.
func TestCollectionsOfFeeds(t *testing.T) {
	n := newNode(t)
	b := n.browser()
	b.join("ann")
	for _, wrong := range []string{"pets", "javascript:alert(1)", "https://pie.example/f/" + strings.Repeat("x", 500)} {
		a := b.post("/collections", "name", "Pets", "feed", wrong)
		a.has(t, 400, `id="field-feed-fault"`, `value="Pets"`, "That is not the address of a list of communities.")
		if strings.Contains(a.body, `id="field-name-fault"`) {
			t.Error("the name is said to be wrong")
		}
	}
	b.post("/collections", "name", "", "feed", "https://pie.example/f/pets").has(t, 400, `id="field-name-fault"`, `value="https://pie.example/f/pets"`)
	a := b.post("/collections", "name", "Pets", "feed", " https://pie.example/f/pets ")
	if a.status != 303 {
		t.Fatal(a)
	}
	b.get(a.to).has(t, 200, "https://pie.example/f/pets is being read")
	var jobs int
	n.must(n.db.Pool().QueryRow(t.Context(), `select count(*) from river_job where kind = 'read_feed' and args->>'feed' = 'https://pie.example/f/pets'`).Scan(&jobs))
	if jobs != 1 {
		t.Errorf("it is asked for %d times", jobs)
	}
	for state, want := range map[forum.FeedState]string{forum.FeedRead: "What is in it is what https://pie.example/f/pets has", forum.FeedFailed: "could not be read"} {
		_, err := n.db.Pool().Exec(t.Context(), `update collection set feed_state = $1`, state)
		n.must(err)
		b.get(a.to).has(t, 200, want)
	}
}

// The default feed and order hold on the front page until an address says otherwise.
func TestUsualFeedAndOrder(t *testing.T) {
	n := newNode(t)
	b := n.browser()
	b.join("ann")
	me, err := n.own.Login(t.Context(), "ann")
	n.must(err)
	n.place("cats", me.Person)
	b.get("/").has(t, 200, `aria-current="true">Joined`)
	b.get("/?feed=all").has(t, 200, `aria-current="true">Hot`)
	for _, feed := range []string{"local", "all", ""} {
		b.post("/settings", "feed", feed, "sort", "active").has(t, 200, `<option value="active" selected>`)
		label := map[string]string{"local": "This server", "all": "All", "": "Joined"}[feed]
		b.get("/").has(t, 200, `<a href="/" aria-current="true">`+label)
		if feed != "" { // nothing is joined, and nothing to be put into an order
			b.get("/").has(t, 200, `<a href="/" aria-current="true">Active`)
		}
		b.get("/?feed=all&sort=new").has(t, 200, `aria-current="true">All`, `aria-current="true">New`)
	}
	b.post("/settings", "feed", "collection-x", "sort", "odd").has(t, 200)
	b.get("/?feed=all").has(t, 200, `aria-current="true">All`, `aria-current="true">Hot`)
	b.get("/").has(t, 200, `aria-current="true">Joined`)
}
