package inbox

import (
	"testing"

	"stoa/federation/fedtest"
)

func TestFollowPostReplyVote(t *testing.T) {
	t.Parallel()
	for _, software := range fedtest.AllSoftware() {
		t.Run(string(software), func(t *testing.T) {
			t.Parallel()
			n := start(t, nil)
			c := n.found("go")
			p := peer(t, fedtest.Options{Software: software})
			ann, bob := p.Person("ann"), p.Person("bob")

			follow := ann.Follow(c.ID)
			n.send(follow, p)
			n.settle()
			n.want(1, `select count(*) from follow where state = 2`)
			n.want(1, `select followers from community`)
			n.want(1, `select count(*) from outbox_direct d join log l using (at, xid, seq) where l.verb = 'accept' and d.form = 1`)

			create := ann.Create(fedtest.Post{Community: c, Title: "On columns", HTML: "<p>Doric.</p>", Markdown: "Doric."})
			n.send(create, p)
			n.settle()
			n.want(1, `select count(*) from post where uri = $1 and up = 1`, object(create))

			parent := object(create)
			for range 3 {
				reply := bob.Create(fedtest.Post{Community: c, HTML: "<p>Ionic.</p>", InReplyTo: parent, ParentBy: fedtest.Mention{ID: ann.ID, Handle: ann.Handle()}})
				n.send(reply, p)
				parent = object(reply)
			}
			n.settle()
			n.want(3, `select max(depth) from comment`)
			n.want(3, `select comments from post`)

			like := bob.Like(object(create), c)
			n.send(like, p)
			n.settle()
			n.want(2, `select up from post`)
			n.send(bob.Undo(like, c), p)
			n.settle()
			n.want(1, `select up from post`)
			dislike := bob.Dislike(object(create), c)
			n.send(dislike, p)
			n.settle()
			n.want(1, `select down from post`)
			n.send(bob.Undo(dislike, c), p)
			n.settle()
			n.want(0, `select down from post`)
			n.want(0, `select count(*) from received where state <> 3`)
		})
	}
}
