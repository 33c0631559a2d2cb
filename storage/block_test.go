package storage_test

import (
	"context"
	"testing"

	"stoa/federation/forum"
	"stoa/storage"
)

// A block hits a host, with any port, and every domain below it; nothing that
// only looks like it.
func TestBlock(t *testing.T) {
	n := newNode(t)
	act := func(do func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error)) (o forum.Outcome) {
		n.tx(func(ctx context.Context, tx *storage.Tx) (err error) {
			o, err = do(ctx, tx)
			return err
		})
		return o
	}
	block := func(host string) forum.Outcome {
		return act(func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
			return n.forum.Block(ctx, tx, host, "spam")
		})
	}
	unblock := func(host string) forum.Outcome {
		return act(func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
			return n.forum.Unblock(ctx, tx, host, "sorry")
		})
	}
	check(n, "a new block", block("Evil.Example").Fresh, true)
	check(n, "a block twice", block(" evil.example.").Fresh, false)
	check(n, "a block of one port", block("127.0.0.1:8501").Fresh, true)
	check(n, "a block of an address", block("[::1]").Fresh, true)
	check(n, "a block with an underscore", block("a_b.example").Fresh, true)
	for host, want := range map[string]bool{
		"evil.example": true, "EVIL.example": true, "evil.example.": true, "evil.example:8443": true, "a.evil.example": true,
		"b.a.evil.example.:443": true, "notevil.example": false, "example": false, "evil.example.org": false, "xevil.example": false,
		"127.0.0.1:8501": true, "127.0.0.1:8502": false, "127.0.0.1": false, "[::1]:80": true, "[::1]": true, "[::2]": false,
		"axb.example": false, "": false, ".": false, ":": false,
	} {
		blocked, err := n.db.Blocked(t.Context(), host)
		if err != nil || blocked != want {
			t.Errorf("Blocked(%q) = %v, %v, want %v", host, blocked, err, want)
		}
	}
	place := n.place()
	eve := n.stranger("eve", "a.evil.example")
	post := n.submit(said(n.author(), place, "a post"))
	n.refusedFor(n.try(from(said(eve, place, "spam"), "/1")), "server-blocked")
	n.refusedFor(n.tryReply(answer(eve, post.URI, "spam")), "server-blocked")
	n.refusedFor(n.vote(forum.Vote{Voter: eve, Object: post.URI, Dir: 1})[0], "server-blocked")
	n.refusedFor(n.follow(forum.Follow{Person: eve, Community: place.URI})[0], "server-blocked")
	n.refusedFor(unblock("nobody.example"), "not-blocked")
	check(n, "an unblock", unblock("evil.example").Fresh, true)
	if o := n.vote(forum.Vote{Voter: eve, Object: post.URI, Dir: 1})[0]; o.Refused != nil {
		t.Errorf("after the unblock: %v", o.Refused)
	}
	check(n, "lines of the moderation log", n.number(`select count(*) from moderation where reason in ('spam', 'sorry')`), 5)
	n.sound()
}
