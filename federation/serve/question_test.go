package serve_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"stoa/federation/forum"
)

// A poll is served as the Question that it is, and as a Page to those who cannot read
// one, under the same ids: the object, its Create and the outbox of its community.
func TestPollIsServedAsItIsRead(t *testing.T) {
	n := newNode(t)
	id := n.submitted(forum.Submit{Open: time.Hour, Post: forum.Post{
		Author: n.bob, Title: "Which?", TitleGiven: true, Text: forum.Text{Source: "now", Format: forum.Markdown, HTML: "<p>now</p>"},
		Poll: &forum.Poll{Options: []forum.PollOption{{Name: "tea"}, {Name: "coffee"}}},
	}})
	target := fmt.Sprint("/post/", id)
	if q := n.document(target); q["type"] != "Question" || len(q["oneOf"].([]any)) != 2 {
		t.Errorf("%v", q)
	}
	for _, target := range []string{target, "/c/go/outbox"} {
		w := n.get(target)
		plain := n.ask(http.MethodGet, target, "Accept: "+activity, "User-Agent: Lemmy/0.19.9; +https://lemmy.example")
		n.checked(target, plain.Body.Bytes(), base+target)
		if !strings.Contains(w.Body.String(), `"Question"`) || strings.Contains(plain.Body.String(), `"Question"`) || !strings.Contains(plain.Body.String(), "<li>tea</li>") {
			t.Errorf("%s: %s", target, plain.Body)
		}
		if w.Header().Get("ETag") == plain.Header().Get("ETag") || w.Header().Get("Vary") != "Accept, User-Agent" {
			t.Errorf("%s: %v", target, w.Header())
		}
	}
}
