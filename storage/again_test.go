package storage_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"stoa/federation/forum"
	"stoa/storage"
)

// What is posted again is shown on both sides, whether it has a link of its own or
// leads to where it stood first.
func TestPostedAgain(t *testing.T) {
	n := newNode(t)
	ann, cats, dogs, birds := n.person("ann"), n.community("cats"), n.community("dogs"), n.community("birds")
	post := func(in forum.Community, title, link string) forum.Post {
		t.Helper()
		return n.submit(forum.Submit{Post: forum.Post{Author: ann, Community: in, Title: title, TitleGiven: true, Link: link}})
	}
	first := post(cats, "A thought", "")
	second, third := post(dogs, "A thought", first.URI), post(birds, "A thought", first.URI)
	post(cats, "Another", "https://far.test/")
	for _, c := range []struct {
		of    forum.Post
		wants []int64
	}{{first, []int64{second.ID, third.ID}}, {second, []int64{first.ID, third.ID}}, {third, []int64{first.ID, second.ID}}} {
		thread, err := n.db.Reader().Thread(t.Context(), c.of.ID)
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, x := range thread.Elsewhere {
			got = append(got, x.PostID)
		}
		check(n, "places of post", fmt.Sprint(got), fmt.Sprint(c.wants))
	}
}

// What was deleted, removed or purged can be had by no document that told of it: not by
// how its poll stood, nor by an edit.
func TestNothingTellsOfWhatIsGone(t *testing.T) {
	for name, leave := range map[string]func(n *node, p forum.Post){
		"deleted": func(n *node, p forum.Post) { n.delete(forum.Delete{Object: p.URI, By: p.Author}) },
		"removed": func(n *node, p forum.Post) { n.remove(p.URI) },
		"purged":  func(n *node, p forum.Post) { n.purge(p.URI) },
		"with their account": func(n *node, p forum.Post) {
			n.tx(func(ctx context.Context, tx *storage.Tx) error {
				_, err := tx.SetGone(ctx, p.Author, n.tick(), false)
				return err
			})
			for more := true; more; {
				var err error
				if more, err = n.db.EmptyGone(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNode(t)
			ada, place := n.person("ada"), n.community("place")
			p := n.submit(asked(ada, place, false, "tea", "milk"))
			w := p.Words()
			w.Text = forum.Text{Source: "better words", HTML: "<p>better words</p>"}
			n.edit(forum.Edit{Object: p.URI, By: ada, Words: w, At: n.tick()})
			n.tx(func(ctx context.Context, tx *storage.Tx) error { return n.forum.Tally(ctx, tx, p.ID) })
			n.tx(func(ctx context.Context, tx *storage.Tx) error {
				_, err := n.forum.Present(ctx, tx, forum.Present{Person: ada.URI, Title: "Ada"})
				return err
			})
			ids := func(where string) string {
				return n.text(`select coalesce(string_agg(x, ' '), '') from log g, unnest(array[g.forum_id, g.micro_id, g.direct_id]) x where x <> '' and ` + where)
			}
			tales := strings.Fields(ids(`verb in ('submit', 'edit', 'tally')`))
			if len(tales) < 4 {
				t.Fatal(tales)
			}
			leave(n, p)
			for _, id := range tales {
				sent, err := n.db.Reader().Sent(t.Context(), id)
				if err == nil && len(sent.Body) > 0 && !sent.Away {
					t.Errorf("%s: %+v", id, sent)
				}
			}
			if name == "with their account" {
				check(n, "profiles that are still told", n.number(`select count(*) from log where verb = 'profile' and direct_doc is not null`), 0)
			}
			if name != "removed" {
				check(n, "earlier versions", n.number(`select count(*) from revision`), 0)
			}
		})
	}
}
