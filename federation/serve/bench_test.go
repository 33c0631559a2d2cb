package serve_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// BenchmarkGet measures a GET of each kind of document on a node with 20,000
// posts and 200,000 comments, 1,000 of them in one thread, from the handler's
// entry to its last byte.
func BenchmarkGet(b *testing.B) {
	n := newNode(b)
	first := n.submit("Title", "<p>x</p>")
	comment := n.reply(n.publisher.PostURI(first), "y")
	create := n.document("/c/go/outbox")["orderedItems"].([]any)[0].(map[string]any)["id"].(string)
	n.sql(`insert into post (id, uri, local, community_id, author_id, title, html, published_at, submitted_at, create_id)
		select i, $1 || '/post/' || i, true, $2, $3, 'Title', repeat('word ', 200), now() - make_interval(secs => i), now() - make_interval(secs => i), $1 || '/activities/c' || i
		from generate_series(1000, 21000) i`, base, n.community.ID, n.bob.ID)
	n.sql(`insert into placement (post_id, community_id, home, announce_id, boost_id, placed_at)
		select id, community_id, true, uri || '/announce', uri || '/boost', submitted_at from post where id >= 1000`)
	n.sql(`insert into post_rank (post_id, community_id, home, submitted_at, hot, score) select id, community_id, true, submitted_at, 0, 1 from post where id >= 1000`)
	n.sql(`insert into comment (id, uri, local, post_id, depth, author_id, in_reply_to, html, published_at, create_id, announce_id)
		select i, $1 || '/comment/' || i, true, case when i < 2000 then $2 else i / 10 end, 1, $3, $1 || '/post/' || $2::int, repeat('word ', 100), now(),
			$1 || '/activities/cc' || i, $1 || '/activities/ca' || i
		from generate_series(10000, 209999) i`, base, 2000, n.bob.ID)
	n.sql(`update comment set post_id = $1 where id between 10000 and 10999`, first)
	n.sql(`vacuum analyze`)
	for name, target := range map[string]string{
		"group": "/c/go", "person": "/u/bob", "post": fmt.Sprint("/post/", first), "comment": fmt.Sprint("/comment/", comment),
		"outbox": "/c/go/outbox", "person outbox": "/u/bob/outbox", "replies": fmt.Sprintf("/post/%d/replies", first),
		"context of 1,000": fmt.Sprintf("/post/%d/context", first), "activity": path(create), "webfinger": "/.well-known/webfinger?resource=acct:bob@stoa.example",
		"no activity": "/activities/00000000-0000-7000-8000-000000000000", "nodeinfo": "/nodeinfo/2.1",
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, target, nil)
				r.Header.Set("Accept", activity)
				n.handler.ServeHTTP(discard{http.Header{}}, r)
			}
		})
	}
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header       { return d.header }
func (discard) Write(b []byte) (int, error) { return io.Discard.Write(b) }
func (discard) WriteHeader(int)             {}
