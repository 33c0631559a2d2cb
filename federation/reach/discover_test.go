package reach

import (
	"slices"
	"testing"

	"stoa/federation/forum"
)

// The lists of all software that has one that is known, as it writes them. A list of
// something else is empty.
func TestDirectories(t *testing.T) {
	lists := map[string]string{
		"lemmy":    `{"communities":[{"community":{"name":"cats","title":"Cats"},"counts":{"subscribers":7,"posts":3}}]}`,
		"piefed":   `{"communities":[{"community":{"name":"cats","title":"Cats"},"counts":{"subscriptions_count":7,"post_count":3}}]}`,
		"mbin":     `{"items":[{"name":"cats","title":"Cats","subscriptionsCount":7,"entryCount":2,"postCount":1}]}`,
		"nodebb":   `{"categories":[{"handle":"cats","name":"Cats","cid":4,"totalPostCount":3}]}`,
		"peertube": `{"data":[{"name":"cats","displayName":"Cats","host":"far.example","followersCount":7,"videosCount":3},{"name":"dogs","host":"other.example"}]}`,
		"stoa":     `{"items":[{"url":"https://far.example/c/cats","title":"Cats"},{"url":"https://other.example/c/dogs"},{"url":"https://far.example/u/ann"}]}`,
	}
	for software, d := range directories {
		body, ok := lists[software]
		if !ok {
			t.Errorf("no list of %s to test with", software)
			continue
		}
		all := d.read([]byte(body), "far.example")
		if len(all) != 1 || all[0].Name != "cats" || all[0].Title != "Cats" {
			t.Errorf("%s: %+v", software, all)
		}
		for _, other := range []string{`{}`, `[]`, `7`, `{"communities":7,"items":"x","data":{},"categories":null}`} {
			if got := d.read([]byte(other), "far.example"); len(got) > 0 {
				t.Errorf("%s reads %s as %+v", software, other, got)
			}
		}
	}
	if nameless := directories["nodebb"].read([]byte(`{"categories":[{"name":"Cats","cid":"4"}]}`), ""); !slices.Equal(nameless, []forum.Listed{{Name: "cid-4", Title: "Cats"}}) {
		t.Errorf("a category without a handle: %+v", nameless)
	}
}
