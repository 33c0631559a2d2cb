package main

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"stoa/federation/fedtest"
)

// Followers that never answer, that answer with a page, that are gone: everybody
// else is told as if they were not there, and none of them is told twice what it
// took or refused. Who comes back is told what it missed.
func TestSickFollowersCostOthersNothing(t *testing.T) {
	t.Parallel()
	n, _, community := nodeWithClock(t)
	sick := map[string]*fedtest.Peer{}
	for _, name := range []string{"healthy", "silent", "page", "gone"} {
		p := lemmyPeer(t, name)
		sick[name] = p
		ann := p.Person("ann")
		if _, err := p.Send(t.Context(), community.ID+"/inbox", ann.Follow(community.ID), fedtest.SignAs{Actor: ann}); err != nil {
			t.Fatal(err)
		}
		if _, err := p.WaitType(t.Context(), "Accept"); err != nil {
			t.Fatal(err)
		}
	}
	sick["silent"].OnPost(func(fedtest.Received) fedtest.Reply { return fedtest.Reply{Hang: true} })
	sick["page"].OnPost(func(fedtest.Received) fedtest.Reply {
		return fedtest.Reply{Status: http.StatusOK, Header: http.Header{"Content-Type": {"text/html"}}, Body: "<!doctype html><p>It works!"}
	})
	sick["gone"].AnswerAll(http.StatusGone)

	const posts = 15
	writer := lemmyPeer(t, "writer")
	bob := writer.Person("bob")
	for range posts {
		post := bob.Create(fedtest.Post{Community: community, Title: "Hello", Markdown: "text"})
		if answer, err := writer.Send(t.Context(), community.ID+"/inbox", post, fedtest.SignAs{Actor: bob}); err != nil || answer.Status != http.StatusAccepted {
			t.Fatalf("answered %d, %v", answer.Status, err)
		}
	}
	eventually(t, "the healthy one is told of all", func() bool { return len(announcements(sick["healthy"])) == posts })
	// None of the silent one's requests has come to an end by then: it would take 20 s.
	eventually(t, "all but the silent one are done with", func() bool {
		var done int
		err := n.db.Pool().QueryRow(t.Context(), `select count(*) from server where host ~ '^(healthy|page|gone)\.' and failures = 0
			and walked_xid > (select max(xid) from log)`).Scan(&done)
		return err == nil && done == 3
	})
	for _, name := range []string{"healthy", "page", "gone"} {
		told := announcements(sick[name])
		if len(told) != posts {
			t.Errorf("%s was told of %d posts, want %d", name, len(told), posts)
		}
		for id, times := range told {
			if len(times) != 1 {
				t.Errorf("%s was told %d times of %s", name, len(times), id)
			}
		}
	}
	if told := len(announcements(sick["silent"])); told > 3 {
		t.Errorf("one that never answers holds %d requests, want one for each lane at most", told)
	}
	sick["silent"].OnPost(nil)
	eventually(t, "who comes back is told of all", func() bool { return len(announcements(sick["silent"])) == posts })
}

// Origins that never answer, that answer with a page, that say that somebody is
// gone: what hangs on them waits or is refused with the reason, and nothing else
// waits with it.
func TestSickOriginsCostOthersNothing(t *testing.T) {
	t.Parallel()
	n, _, community := nodeWithClock(t)
	writer := lemmyPeer(t, "writer")
	bob := writer.Person("bob")
	send := func(p *fedtest.Peer, d fedtest.Doc, by *fedtest.Actor) {
		t.Helper()
		if answer, err := p.Send(t.Context(), community.ID+"/inbox", d, fedtest.SignAs{Actor: by}); err != nil || answer.Status != http.StatusAccepted {
			t.Fatalf("answered %d %s, %v", answer.Status, answer.Body, err)
		}
	}
	first := bob.Create(fedtest.Post{Community: community, Title: "Hello", Markdown: "text"})
	send(writer, first, bob)
	n.knows(objectID(first))

	kinds := map[string]fedtest.Answer{
		"silent": {Hang: true},
		"page":   {ContentType: "text/html", Body: []byte("<!doctype html><p>It works!")},
		"gone":   {Status: http.StatusGone, ContentType: "text/html", Body: []byte("Gone")},
	}
	for name, answer := range kinds {
		p := lemmyPeer(t, name)
		mal := p.Person("mal")
		p.PutAnswer(mal.ID, answer)
		send(p, mal.Like(objectID(first), community), mal) // whose key is not to be had
		reply := mal.Create(fedtest.Post{Community: community, Markdown: name, InReplyTo: objectID(first), ParentBy: fedtest.Mention{ID: bob.ID}})
		p.PutAnswer(objectID(reply), answer)
		send(writer, bob.Like(objectID(reply), community), bob) // about what is not to be had
	}
	// Everything else goes on: people, keys, objects, votes.
	eve := writer.Person("eve")
	second := eve.Create(fedtest.Post{Community: community, Title: "Second", Markdown: "text"})
	hidden := eve.Create(fedtest.Post{Community: community, Markdown: "Hidden", InReplyTo: objectID(first), ParentBy: fedtest.Mention{ID: bob.ID}})
	send(writer, second, eve)
	send(writer, bob.Like(objectID(hidden), community), bob)
	n.knows(objectID(second))
	n.knows(objectID(hidden))

	reasons := func() []string {
		rows, err := n.db.Pool().Query(t.Context(), `select actor || ' ' || reason || ' ' || needs from received where state in (4, 5) order by 1`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var all []string
		for rows.Next() {
			var s string
			if err := rows.Scan(&s); err != nil {
				t.Fatal(err)
			}
			all = append(all, s)
		}
		return all
	}
	waitFor(t, 2*time.Minute, "what is not to be had is refused", func() bool { return len(reasons()) >= 4 }, func() string { return strings.Join(reasons(), "\n") })
	all := reasons()
	for _, name := range []string{"page", "gone"} {
		for _, who := range []string{"mal", "bob"} {
			if !slices.ContainsFunc(all, func(s string) bool { return strings.Contains(s, "/u/"+who) && strings.Contains(s, "//"+name+".") }) {
				t.Errorf("nothing of %s's about %s is refused, but\n%s", who, name, strings.Join(all, "\n"))
			}
		}
	}
	if up, down := n.votesOn(objectID(first)); up != 1 || down != 0 {
		t.Errorf("%d votes for and %d against, want its author's own", up, down)
	}
	t.Log(strings.Join(all, "\n"))
}
