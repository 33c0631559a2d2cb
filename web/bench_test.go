package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"stoa/federation/forum"
	"stoa/storage"
)

// conversation answers p with n comments, ten to each answered one.
func (n *node) conversation(p forum.Post, comments int) {
	n.t.Helper()
	text := n.markdown("A remark of usual length: two or three sentences, now and then a [link](https://far.example/), and *some* weight on a word. " +
		"Nothing that would take long to read.\n\n> quoted from above\n\nAnd an answer to it.")
	uri := func(i int) string {
		if i < 0 {
			return p.URI
		}
		return fmt.Sprintf("https://far.example/r/%d", i)
	}
	for begin := 0; begin < comments; {
		end := min(comments, begin*10+10) // the answers to what is there already
		acts := make([]forum.Reply, 0, end-begin)
		for i := begin; i < end; i++ {
			acts = append(acts, forum.Reply{Received: now, Comment: forum.Comment{
				URI: uri(i), InReplyTo: uri(i/10 - 1), Author: n.who(fmt.Sprintf("p%d@far.example", i%50)),
				Text: forum.Text{Source: "x", Format: forum.Markdown, HTML: text}, Published: forum.Stamp{Time: now.Add(-time.Duration(comments-i) * time.Minute)},
			}})
		}
		n.in(func(ctx context.Context, tx *storage.Tx) error {
			outcomes, err := n.forum.Reply(ctx, tx, acts)
			for _, o := range outcomes {
				n.check(o)
			}
			return err
		})
		begin = end
	}
}

// From the handler's entry to its last byte, the database included.
func BenchmarkPages(b *testing.B) {
	n := newNode(b)
	c := n.found("craft", "Craft", "")
	long := n.post(c, draft{by: "ada", title: "A long talk", md: "x"})
	n.conversation(long, 1000)
	for i := range 40 {
		n.post(c, draft{by: "ada", title: fmt.Sprint("post ", i), md: "x", ago: time.Duration(i) * time.Hour})
	}
	router := mux.NewRouter()
	n.site.Register(router)
	for name, path := range map[string]string{"front": "/", "community": "/c/craft", "thread-1000": fmt.Sprintf("/post/%d", long.ID)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				w := httptest.NewRecorder()
				router.ServeHTTP(w, httptest.NewRequestWithContext(b.Context(), http.MethodGet, path, http.NoBody))
				if w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
				b.SetBytes(int64(w.Body.Len()))
			}
		})
	}
}
