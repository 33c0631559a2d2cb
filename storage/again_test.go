package storage_test

import (
	"fmt"
	"testing"

	"stoa/federation/forum"
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
