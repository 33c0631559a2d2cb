package compose

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// status is what a page is answered with.
func (n *node) status(path string) int {
	n.Helper()
	r, err := http.NewRequestWithContext(n.Context(), http.MethodGet, n.server.URL+path, http.NoBody)
	if err != nil {
		n.Fatal(err)
	}
	status, _ := n.do(r, "")
	return status
}

// withTags is a document with its tags, as other servers read them.
type withTags struct {
	Tag []struct {
		Type, ID, Name, Href, Color string
		Username                    string `json:"preferredUsername"`
		DisplayName                 string `json:"display_name"`
	} `json:"tag"`
	TagsForPosts []json.RawMessage `json:"lemmy:tagsForPosts"`
}

func (d withTags) of(kind string) (all []string) {
	for _, t := range d.Tag {
		if t.Type == kind {
			all = append(all, strings.TrimSpace(strings.Join([]string{t.ID, t.Name, t.Href, t.Color, t.Username, t.DisplayName}, " ")))
		}
	}
	return all
}

// Hashtags of what is written here lead to a page that lists what has them, here and in
// the document; what is code, a heading or a number is none.
func TestHashtagsOfWhatIsWritten(t *testing.T) {
	n := newNodeThat(t, rendered)
	n.lives("ann", true)
	n.done("ann", "/communities/new", "name", "craft", "title", "Craft")
	first := n.done("ann", "/submit", "to", "craft", "title", "Joints", "text", "On #Dovetails and #joinery.\n\n# craft\n\n`#code` #12")
	second := n.done("ann", "/submit", "to", "craft", "title", "More", "text", "#dovetails again")
	n.done("ann", "/reply/post-1", "text", "As in #dovetails")
	page := n.sees("", "/tag/dovetails")
	for _, path := range []string{first, second} {
		if !strings.Contains(page, `<a href="`+path+`">`) {
			t.Errorf("/tag/dovetails does not list %s", path)
		}
	}
	if strings.Contains(n.sees("", "/tag/joinery"), `<a href="`+second+`">`) {
		t.Error("/tag/joinery lists what has another")
	}
	if status := n.status("/tag/12"); status != 404 {
		t.Errorf("/tag/12: %d", status)
	}
	post := n.sees("", first)
	if strings.Contains(post, `dir="auto">#joinery</a>`) {
		t.Error("what stands in the text is listed again below it")
	}
	for _, want := range []string{`/tag/dovetails">#Dovetails</a> and`, `/tag/joinery">#joinery</a>`} {
		if !strings.Contains(post, want) {
			t.Errorf("%s lacks %s", first, want)
		}
	}
	var doc withTags
	n.document(first, &doc)
	base := strings.TrimSuffix(n.people["ann"].URI, "/u/ann")
	want := []string{"#dovetails " + base + "/tag/dovetails", "#joinery " + base + "/tag/joinery", "#craft " + base + first}
	if got := doc.of("Hashtag"); !slices.Equal(got, want) {
		t.Errorf("hashtags %q, want %q", got, want)
	}
	var comment withTags
	if n.document("/comment/1", &comment); len(comment.of("Hashtag")) != 1 {
		t.Errorf("of the comment: %+v", comment)
	}
	n.done("ann", "/edit/post-1", "title", "Joints", "text", "On glue")
	if strings.Contains(n.sees("", "/tag/dovetails"), `<a href="`+first+`">`) {
		t.Error("what says so no more is still listed")
	}
}

// Moderators say which tags there are, authors choose some, moderators may change that;
// both Lemmy and PieFed can read them.
func TestTagsOfACommunity(t *testing.T) {
	n := newNodeThat(t, rendered)
	n.lives("ann", true)
	n.lives("bob", false)
	n.done("ann", "/communities/new", "name", "craft", "title", "Craft")
	for _, wrong := range []string{"News\nnews", "!!!", strings.Repeat("x", 51), strings.Repeat("a\n", 51)} {
		if status, form := n.sends("ann", "/c/craft/edit", nil, "title", "Craft", "tags", wrong); status != 400 || !strings.Contains(form, `id="field-tags-fault"`) {
			t.Errorf("%.20q: %d", wrong, status)
		}
	}
	if status, form := n.sends("ann", "/c/craft/edit", nil, "title", "Craft", "tags", "News, 3\r\nAsk anything"); status != 200 || !strings.Contains(form, "News, 3\n") {
		t.Fatalf("%d\n%s", status, form)
	}
	base := strings.TrimSuffix(n.people["ann"].URI, "/u/ann")
	var group withTags
	n.document("/c/craft", &group)
	if got := group.of("CommunityPostTag"); len(got) != 2 || got[0] != base+"/c/craft/tag/news News  color03 news" || len(got) != len(group.Tag) || len(group.TagsForPosts) != 2 {
		t.Errorf("the community has %q, %s", got, group.TagsForPosts)
	}
	if !strings.Contains(n.sees("bob", "/submit?to=craft"), `name="flair" value="ask_anything"`) {
		t.Error("the form offers no tags")
	}
	path := n.done2("bob", "/submit", url.Values{"to": {"craft"}, "title": {"How?"}, "text": {"x"}, "flair": {"ask_anything", "made_up"}})
	shown := func(want ...string) {
		t.Helper()
		for _, at := range []string{path, "/c/craft"} {
			page := n.sees("", at)
			for _, name := range []string{"news", "ask_anything"} {
				if is := strings.Contains(page, `href="/c/craft/tag/`+name+`"`); is != slices.Contains(want, name) {
					t.Errorf("%s shows %s: %v", at, name, is)
				}
			}
		}
		for _, name := range []string{"news", "ask_anything"} {
			if is := strings.Contains(n.sees("", "/c/craft/tag/"+name), `<a href="`+path+`">`); is != slices.Contains(want, name) {
				t.Errorf("/c/craft/tag/%s lists it: %v", name, is)
			}
		}
	}
	shown("ask_anything")
	var doc withTags
	n.document(path, &doc)
	if got := doc.of("CommunityPostTag"); len(got) != 1 || !strings.HasPrefix(got[0], base+"/c/craft/tag/ask_anything Ask anything") {
		t.Errorf("for Lemmy: %q", got)
	}
	if got := doc.of("lemmy:CommunityTag"); len(got) != 1 || got[0] != base+"/c/craft/tag/ask_anything     Ask anything" {
		t.Errorf("for PieFed: %q", got)
	}
	if status, _ := n.sends("bob", "/moderate/post-1", nil, "mark", "1", "flair", "news"); status != 403 {
		t.Errorf("somebody who moderates nothing marks it: %d", status)
	}
	var updates int
	told := func() (n0 int) {
		t.Helper()
		if err := n.db.Pool().QueryRow(n.Context(), `select count(*) from log where verb = 'edit' and encode(forum_doc, 'escape') like '%/c/craft/tag/news%'`).Scan(&n0); err != nil {
			t.Fatal(err)
		}
		return n0
	}
	updates = told()
	n.done("ann", "/moderate/post-1", "mark", "1", "flair", "news")
	shown("news")
	if told() != updates+1 {
		t.Error("other servers are not told what a moderator marked")
	}
	if page := n.sees("", path); strings.Contains(page, path+"/history") {
		t.Error("what a moderator marked is shown as edited")
	}
	n.done2("bob", "/edit/post-1", url.Values{"title": {"How?"}, "text": {"x"}, "flair": {"ask_anything", "news"}})
	shown("news", "ask_anything")
	if status, _ := n.sends("ann", "/c/craft/edit", nil, "title", "Craft", "tags", "News, 3"); status != 200 {
		t.Fatal(status)
	}
	if status := n.status("/c/craft/tag/ask_anything"); status != 404 {
		t.Errorf("a tag that is no more has a page: %d", status)
	}
	if strings.Contains(n.sees("", path), "Ask anything") {
		t.Error("a tag that is no more is shown")
	}
}
