package reach

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"stoa/federation/fedtest"
	"stoa/federation/fetch"
	"stoa/federation/forum"
)

// reader is a Reach that can do nothing but read lists.
func reader(t *testing.T, dev bool) *Reach {
	t.Helper()
	base, err := url.Parse("https://here.example")
	if err != nil {
		t.Fatal(err)
	}
	client := fetch.New(fetch.Options{BaseURL: base, Version: "1", Dev: dev})
	t.Cleanup(client.Close)
	return New(Options{Client: client, Rate: 10_000})
}

func (r *Reach) all(ctx context.Context, host string, most int) (list []forum.Listed, pages int, err error) {
	_, err = r.Discover(ctx, host, most, func(page []forum.Listed) error {
		list = append(list, page...)
		pages++
		return nil
	})
	return list, pages, err
}

// serveList has a peer answer each page of its list; the address of the next is asked for
// with a query that page says nothing of.
func serveList(p *fedtest.Peer, page func(n int) string) {
	for n := 1; n <= listPages+1; n++ {
		p.PutAnswer(fmt.Sprintf("/api/v3/community/list?limit=50&page=%d&show_nsfw=true&sort=TopAll&type_=Local", n), fedtest.Answer{ContentType: "application/json", Body: []byte(page(n))})
	}
}

// Whatever a list says, no more of it is read than may be, and nothing is believed that
// makes no sense.
func TestHostileLists(t *testing.T) {
	r := reader(t, true)
	peer := fedtest.New(t, fedtest.Options{Software: fedtest.Lemmy})
	host := peer.Host()
	of := func(names ...string) string {
		var parts []string
		for _, n := range names {
			parts = append(parts, `{"community":{"name":"`+n+`","title":"T"},"counts":{"subscribers":1}}`)
		}
		return `{"communities":[` + strings.Join(parts, ",") + `]}`
	}
	huge := func(n int) string {
		var names []string
		for i := range 3_000 {
			names = append(names, fmt.Sprintf("c%d_%d", n, i))
		}
		return of(names...)
	}

	serveList(peer, huge)
	list, pages, err := r.all(t.Context(), host, forum.MaxListed)
	if err != nil || len(list) != forum.MaxListed || pages != 1 {
		t.Errorf("a huge list: %d on %d pages, %v", len(list), pages, err)
	}
	serveList(peer, func(n int) string { return of(fmt.Sprint("c", n)) })
	if list, pages, err = r.all(t.Context(), host, forum.MaxListed); err != nil || len(list) != listPages || pages != listPages {
		t.Errorf("a list without end: %d on %d pages, %v", len(list), pages, err)
	}
	serveList(peer, func(int) string { return of("cats", "CATS", "dogs") })
	if list, pages, err = r.all(t.Context(), host, forum.MaxListed); err != nil || len(list) != 2 || pages != 1 {
		t.Errorf("the same again and again: %+v on %d pages, %v", list, pages, err)
	}

	serveList(peer, func(n int) string {
		if n > 1 {
			return of()
		}
		return `{"communities":[
			{"community":{"name":"lies","title":"  A\u0000 \u202e title  ` + strings.Repeat("x", 400) + `"},"counts":{"subscribers":99999999999999999999,"posts":50000000,"users_active_month":1e400}},
			{"community":{"name":"odd"},"counts":{"subscribers":"many","posts":-5,"users_active_month":{}}},
			{"community":{"name":"true","nsfw":true,"actor_id":"http://` + host + `/c/true"},"counts":{"subscribers":12.7,"posts":3,"users_active_month":2}},
			{"community":{"name":"theirs","actor_id":"https://other.example/c/theirs"}},
			{"community":{"name":"theirs@other.example"}},{"community":{"name":"../../c/x"}},{"community":{"name":"a b"}},{"community":{"name":""}},{"community":{"name":"` + strings.Repeat("n", 300) + `"}},
			{"community":{"name":"gone","deleted":true}},{"community":{"name":"bad","removed":true}},{}]}`
	})
	list, _, err = r.all(t.Context(), host, forum.MaxListed)
	if err != nil || len(list) != 3 {
		t.Fatalf("%+v %v", list, err)
	}
	if l := list[0]; l.Followers != 0 || l.Posts != 0 || l.Active != 0 || len([]rune(l.Title)) != forum.MaxTitle || strings.ContainsRune(l.Title, 0) {
		t.Errorf("lies: %+v", l)
	}
	if l := list[1]; l != (forum.Listed{Name: "odd", Host: host, Title: "odd"}) {
		t.Errorf("no numbers: %+v", l)
	}
	if l := list[2]; l != (forum.Listed{Name: "true", Host: host, Title: "true", Followers: 12, Posts: 3, Active: 2, Sensitive: true}) {
		t.Errorf("the truth: %+v", l)
	}

	for what, answer := range map[string]fedtest.Answer{
		"elsewhere": {Status: http.StatusFound, Location: "http://" + fedtest.New(t, fedtest.Options{Name: "other"}).Host() + "/list"},
		"too large": {ContentType: "application/json", Body: []byte(`{"communities":[` + strings.Repeat(" ", 5<<20) + `]}`)},
		"no JSON":   {ContentType: "text/html", Body: []byte("<!doctype html>")},
		"broken":    {Status: http.StatusInternalServerError},
		"too deep":  {ContentType: "application/json", Body: []byte(strings.Repeat("[", 500) + strings.Repeat("]", 500))},
	} {
		peer.PutAnswer("/api/v3/community/list?limit=50&page=1&show_nsfw=true&sort=TopAll&type_=Local", answer)
		if list, _, err = r.all(t.Context(), host, forum.MaxListed); err == nil || len(list) > 0 {
			t.Errorf("%s: %+v", what, list)
		} else if reason, err := reasonOf(t.Context(), err); err != nil && !errors.Is(err, errNoCollection) {
			t.Errorf("%s: %q, %v", what, reason, err)
		}
	}
	gts := fedtest.New(t, fedtest.Options{Software: fedtest.GoToSocial})
	if _, _, err := r.all(t.Context(), gts.Host(), 10); !errors.Is(err, ErrNoList) {
		t.Errorf("software without a list: %v", err)
	}
}

// Addresses that are not open to federation are not asked, whoever names them.
func TestPrivateAddressesHaveNoLists(t *testing.T) {
	r := reader(t, false)
	for _, host := range []string{"127.0.0.1", "localhost", "10.0.0.1", "192.168.1.1", "169.254.169.254", "[::1]", "here.example", "127.0.0.1:5432", "x@10.0.0.1", "10.0.0.1/x"} {
		list, _, err := r.all(t.Context(), host, 10)
		reason, own := reasonOf(t.Context(), err)
		if err == nil || own != nil || len(list) > 0 || reason != forum.LookupNothing && reason != forum.LookupAway {
			t.Errorf("%s: %v, %q, %v", host, err, reason, own)
		}
	}
}

// Nor are they asked for a Feed, or for what one elsewhere is said to be made of.
func TestPrivateAddressesHaveNoFeeds(t *testing.T) {
	p := fedtest.New(t, fedtest.Options{Software: fedtest.PieFed})
	r := reader(t, false)
	for _, iri := range []string{
		p.URL("/f/all"), "https://127.0.0.1/f/all", "https://10.0.0.1/f/all", "https://[::1]/f/all", "https://[::ffff:127.0.0.1]/f/all", "https://169.254.169.254/f/all",
		"https://localhost/f/all", "https://x@10.0.0.1/f/all", "https://far.example:5432/f/all", "file:///etc/passwd", "http://far.example/f/all",
	} {
		if list, err := r.feed(t.Context(), iri); fetch.KindOf(err) != fetch.BadURL || len(list) > 0 {
			t.Errorf("%s: %v, %v", iri, list, err)
		}
	}
	if n := len(p.Fetched()); n > 0 {
		t.Errorf("%d requests came", n)
	}

	// One that is open names a collection of another host, or one in which there are others,
	// or is none.
	open := reader(t, true)
	inside := fedtest.New(t, fedtest.Options{Host: "inside.localhost"})
	collection := func(name string, more fedtest.Doc) fedtest.Doc {
		d := fedtest.Doc{"@context": "https://www.w3.org/ns/activitystreams", "id": p.URL("/f/" + name + "/following"), "type": "OrderedCollection", "totalItems": 0}
		maps.Copy(d, more)
		return d
	}
	elsewhere := collection("inside", fedtest.Doc{"id": inside.URL("/f/following"), "orderedItems": []any{inside.URL("/c/secrets")}})
	inside.Put("/f/following", elsewhere)
	for name, x := range map[string]struct {
		following fedtest.Doc
		asked     int // for itself, and for its collection
		wrong     error
	}{
		"good":     {collection("good", nil), 2, nil},
		"away":     {elsewhere, 1, errNoCollection},
		"first":    {collection("first", fedtest.Doc{"first": inside.URL("/f/following")}), 2, nil},
		"embedded": {collection("embedded", fedtest.Doc{"first": elsewhere}), 2, nil},
		"next":     {collection("next", fedtest.Doc{"next": inside.URL("/f/following")}), 2, nil},
		"led":      {collection("led", nil), 2, errNoCollection},
	} {
		at := x.following["id"].(string)
		p.Put("/f/"+name, fedtest.Doc{
			"@context": "https://www.w3.org/ns/activitystreams", "id": p.URL("/f/" + name), "type": "Feed", "preferredUsername": name,
			"inbox": p.URL("/inbox"), "outbox": p.URL("/outbox"), "following": at,
		})
		if name != "away" {
			p.Put(at, x.following)
		}
		if name == "led" {
			p.Redirect(at, inside.URL("/f/following"))
		}
		before := len(p.Fetched())
		if list, err := open.feed(t.Context(), p.URL("/f/"+name)); len(list) > 0 || !errors.Is(err, x.wrong) {
			t.Errorf("%s: %v, %v", name, list, err)
		}
		if asked := len(p.Fetched()) - before; asked != x.asked {
			t.Errorf("%s: asked %d times", name, asked)
		}
		if asked := inside.Fetched(); name != "led" && len(asked) > 0 { // where one is led, one looks, and believes nothing
			t.Errorf("%s: another host was asked: %v", name, asked)
		}
		inside.Forget()
	}
}

// A list of a node of this kind is read to its end, and not from anywhere else.
func TestListOfOurOwnKind(t *testing.T) {
	page := func(next string, names ...string) string {
		var items []string
		for i, n := range names {
			items = append(items, fmt.Sprintf(`{"url":"https://far.example/c/%s","title":"All","language":"de","_community":{"followers":%d,"posts":2,"active":1,"sensitive":true}}`, n, 9-i))
		}
		return `{"items":[` + strings.Join(items, ",") + `],"next_url":"` + next + `"}`
	}
	got := readStoaDirectory([]byte(page("", "cats")), "far.example")
	if len(got) != 1 || got[0] != (forum.Listed{Name: "cats", Title: "All", Followers: 9, Posts: 2, Active: 1, Sensitive: true, Language: "de"}) {
		t.Errorf("%+v", got)
	}
	if q := nextOfStoa([]byte(page("https://evil.example/elsewhere?of=here&after=9~x@y", "cats"))); q.Get("after") != "9~x@y" {
		t.Errorf("the next page: %v", q) // of which the query alone is taken
	}
	for _, body := range []string{"", "{}", "7", page("", "cats"), page("%zz://")} {
		if q := nextOfStoa([]byte(body)); q != nil {
			t.Errorf("%s: %v", body, q)
		}
	}
}
