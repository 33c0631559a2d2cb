package storage_test

import (
	"context"
	"strings"
	"testing"

	"stoa/federation/forum"
	"stoa/storage"
)

// quoting puts a post of somebody that quotes something.
func (n *node) quoting(by forum.Person, place forum.Community, uri string) forum.Outcome {
	n.Helper()
	s := said(by, place, "As they say")
	s.Post.Tags.Quote = forum.Quote{URI: uri, Agreed: true, Approval: "https://evil.test/1"}
	return n.try(s)
}

func (n *node) agree(a forum.QuoteAnswer) (out forum.Outcome) {
	n.Helper()
	n.tx(func(ctx context.Context, tx *storage.Tx) (err error) {
		out, err = n.forum.Agree(ctx, tx, a)
		return err
	})
	return out
}

// What somebody here wrote is quoted at once, with a grant that ends as others do; one's
// own words need none.
func TestQuotesOfPeopleHere(t *testing.T) {
	n := newNode(t)
	ada, eve, place := n.person("ada"), n.person("eve"), n.place()
	p := n.submit(said(ada, place, "A post"))
	m := n.reply(ada, p.URI, "A comment")
	for _, uri := range []string{p.URI, m.URI} {
		q := n.post(n.quoting(eve, place, uri).ID)
		if q.Tags.Quote.URI != uri || !q.Tags.Quote.Agreed || !strings.Contains(q.Tags.Quote.Approval, "/quotes/") {
			t.Errorf("%+v", q.Tags.Quote)
		}
		g, err := n.db.Reader().Grant(t.Context(), q.Tags.Quote.Approval[strings.LastIndexByte(q.Tags.Quote.Approval, '/')+1:])
		if err != nil || g.Ended || g.Object != uri || g.Quoting != q.URI || g.By.URI != eve.URI || g.Author.URI != ada.URI {
			t.Errorf("%+v %v", g, err)
		}
	}
	own := n.post(n.quoting(ada, place, p.URI).ID)
	check(n, "one's own", own.Tags.Quote, forum.Quote{URI: p.URI, Agreed: true})
	check(n, "grants", n.number(`select count(*) from quote_grant where revoked_at is null`), 2)
	check(n, "nobody is asked", n.number(`select count(*) from log where verb = 'ask'`), 0)

	// An edit keeps what is quoted.
	edit := reworded(ada, own.URI, "Other words", "More")
	edit.Words.Tags.Quote = forum.Quote{URI: m.URI, Agreed: true}
	n.edit(edit)
	check(n, "after an edit", n.post(own.ID).Tags.Quote, own.Tags.Quote)

	n.delete(forum.Delete{Object: m.URI, By: ada})
	check(n, "grants after a deletion", n.number(`select count(*) from quote_grant where revoked_at is null`), 1)
	check(n, "told of its end", n.number(`select count(*) from log where verb = 'unquote'`), 0) // they live here
	n.refusedFor(n.quoting(eve, place, m.URI), "gone")
	n.refusedFor(n.quoting(eve, place, "https://nowhere.test/1"), "no-such-thing")
	n.exec(`insert into account (person_id, password, made_at, changed_at) values ($1, '', now(), now())`, ada.ID)
	n.exec(`insert into shun (person_id, kind, target, at) values ($1, 1, $2, now())`, ada.ID, eve.ID)
	n.refusedFor(n.quoting(eve, place, p.URI), "not-allowed-to-quote")
	before := n.number(`select count(*) from post`)
	n.exec(`insert into quote_grant (id, subject_kind, subject_id, person_id, quoting, at) select gen_random_uuid(), 1, $1, $2, 'https://x.test/' || i, now() from generate_series(1, $3) i`, p.ID, n.person("bea").ID, forum.MaxQuotes)
	n.refusedFor(n.quoting(n.person("cid"), place, p.URI), "too-many-quotes")
	check(n, "what is refused leaves nothing", n.number(`select count(*) from post`), before)
	n.sound()
}

// What is allowed ends with the account of who allowed it, and nobody is allowed anything
// between the end of an account and that of what was written with it.
func TestQuotesOfWhoLeft(t *testing.T) {
	n := newNode(t)
	ada, eve, bob, place := n.person("ada"), n.person("eve"), n.stranger("bob", "mastodon.test"), n.place()
	p := n.submit(said(ada, place, "A post"))
	m := n.reply(ada, p.URI, "A comment")
	for _, uri := range []string{p.URI, m.URI} {
		n.quoting(eve, place, uri)
	}
	check(n, "grants", n.number(`select count(*) from quote_grant where revoked_at is null`), 2)
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		out, _, err := n.forum.Depart(ctx, tx, ada.URI)
		return accepted(out, err)
	})
	for _, uri := range []string{p.URI, m.URI} {
		n.tx(func(ctx context.Context, tx *storage.Tx) error {
			out, err := n.forum.Quote(ctx, tx, []forum.QuoteRequest{{By: bob, Object: uri, Quoting: "https://mastodon.test/1"}})
			if err == nil {
				n.refusedFor(out[0], "gone")
			}
			return err
		})
		n.refusedFor(n.quoting(eve, place, uri), "gone")
	}
	for more := true; more; {
		var err error
		if more, err = n.db.EmptyGone(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	check(n, "grants", n.number(`select count(*) from quote_grant where revoked_at is null`), 0)
}

// Whoever wrote something elsewhere is asked where they say that one may ask; nobody else
// is. What they answer is kept, told to whoever has the post, and no edit of it.
func TestQuotesOfOthers(t *testing.T) {
	n := newNode(t)
	ada, bob, eve, place := n.person("ada"), n.stranger("bob", "mastodon.test"), n.stranger("eve", "mastodon.test"), n.place()
	post := func(title string, q forum.Quotable) forum.Post {
		s := said(bob, place, title)
		s.Post.Tags.Quotable = q
		return n.submit(s)
	}
	unsaid, asked, not := post("One", forum.QuotableUnsaid), post("Two", forum.QuotableAsked), post("Three", forum.QuotableNot)
	asks := func() int {
		return n.number(`select count(*) from log l join outbox_direct d on d.xid = l.xid and d.seq = l.seq where l.verb = 'ask'`)
	}
	n.refusedFor(n.quoting(ada, place, not.URI), "not-allowed-to-quote")
	silent := n.post(n.quoting(ada, place, unsaid.URI).ID)
	check(n, "nothing said", silent.Tags.Quote, forum.Quote{URI: unsaid.URI})
	check(n, "asked", asks(), 0)
	q := n.post(n.quoting(ada, place, asked.URI).ID)
	check(n, "not answered yet", q.Tags.Quote, forum.Quote{URI: asked.URI})
	check(n, "asked", asks(), 1)

	const approval = "https://mastodon.test/auth/1"
	edits := func() int { return n.number(`select count(*) from log where verb = 'edit'`) }
	n.refusedFor(n.agree(forum.QuoteAnswer{By: eve, Quoting: q.URI, Approval: approval}), "not-asked")
	n.refusedFor(n.agree(forum.QuoteAnswer{By: bob, Quoting: asked.URI, Approval: approval}), "not-asked")
	n.refusedFor(n.agree(forum.QuoteAnswer{By: bob, Quoting: "https://x.test/1", Approval: approval}), "not-asked")
	check(n, "told", edits(), 0)
	check(n, "fresh", n.agree(forum.QuoteAnswer{By: bob, Quoting: q.URI, Approval: approval}).Fresh, true)
	check(n, "said again", n.agree(forum.QuoteAnswer{By: bob, Quoting: q.URI, Approval: approval}).Fresh, false)
	now := n.post(q.ID)
	check(n, "agreed", now.Tags.Quote, forum.Quote{URI: asked.URI, Agreed: true, Approval: approval})
	check(n, "told", edits(), 1)
	if !now.Updated.IsZero() || n.number(`select count(*) from revision`) != 0 {
		t.Error("it is an edit")
	}
	n.agree(forum.QuoteAnswer{By: bob, Quoting: silent.URI})
	check(n, "declined", n.post(silent.ID).Tags.Quote, forum.Quote{URI: unsaid.URI, Declined: true})
	check(n, "told of that", edits(), 1)
	n.agree(forum.QuoteAnswer{By: bob, Quoting: q.URI})
	check(n, "taken back", n.post(q.ID).Tags.Quote, forum.Quote{URI: asked.URI, Declined: true})
	check(n, "told of that", edits(), 2)
	n.sound()
}
