package storage_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
	"stoa/storage/domain"
)

// rule puts a server on a list.
func (n *node) rule(list forum.ServerList, r forum.ServerRule) (o forum.Outcome) {
	n.Helper()
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		out, err := n.forum.RuleServers(ctx, tx, list, []forum.ServerRule{r})
		if err == nil {
			o = out[0]
		}
		return err
	})
	return o
}

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
		return n.rule(forum.ListBlocked, forum.ServerRule{Host: host, Reason: "spam"})
	}
	unblock := func(host string) forum.Outcome {
		return act(func(ctx context.Context, tx *storage.Tx) (forum.Outcome, error) {
			return n.forum.UnruleServer(ctx, tx, forum.ListBlocked, host, "sorry")
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
	n.exec(`update domain_block set until_at = now() where host = 'evil.example'`)
	check(n, "after its end", n.vote(forum.Vote{Voter: n.stranger("eva", "evil.example"), Object: post.URI, Dir: 1})[0].Refused == nil, true)
	n.refusedFor(unblock("nobody.example"), "not-blocked")
	check(n, "an unblock", unblock("evil.example").Fresh, true)
	if o := n.vote(forum.Vote{Voter: eve, Object: post.URI, Dir: 1})[0]; o.Refused != nil {
		t.Errorf("after the unblock: %v", o.Refused)
	}
	check(n, "lines of the moderation log", n.number(`select count(*) from moderation where reason in ('spam', 'sorry')`), 5)
	n.sound()
}

// However a name is spelled, it is the same server: in its letters or as it is asked for,
// large or small, with a dot at the end, or a port.
func TestSpellingsOfHosts(t *testing.T) {
	n := newNode(t)
	for list, hosts := range map[forum.ServerList][]string{
		forum.ListBlocked: {"B\u00fcCHER.example.", "xn--e1afmkfd.xn--p1ai", "stra\u00dfe.example", "mu\u0308nchen.example"},
		forum.ListAllowed: {"\u7530\u4e2d\u3002example"},
	} {
		for _, host := range hosts {
			check(n, host, n.rule(list, forum.ServerRule{Host: host}).Fresh, true)
		}
	}
	check(n, "the same in other letters", n.rule(forum.ListBlocked, forum.ServerRule{Host: "XN--BCHER-KVA.example"}).Fresh, false)
	spelled := map[string]bool{
		"xn--bcher-kva.example": true, "XN--BCHER-KVA.EXAMPLE.": true, "b\u00fccher.example": true, "bu\u0308cher.example": true, "a.xn--bcher-kva.example:8443": true,
		"b\u00fccher.example.:443": true, "bucher.example": false, "xn--bcher-kva.example.org": false,
		"\u043f\u0440\u0438\u043c\u0435\u0440.\u0440\u0444": true, "xn--e1afmkfd.xn--p1ai:443": true, "\u041f\u0420\u0418\u041c\u0415\u0420.\u0420\u0424": true,
		"xn--strae-oqa.example": true, "strasse.example": false, "xn--mnchen-3ya.example": true, "m\u00fcnchen.example": true,
	}
	for host, want := range spelled {
		for what, ask := range map[string]func(context.Context, string) (bool, error){"Blocked": n.db.Blocked, "BlockedPage": n.db.BlockedPage} {
			if got, err := ask(t.Context(), host); err != nil || got != want {
				t.Errorf("%s(%q) = %v, %v, want %v", what, host, got, err, want)
			}
		}
	}
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		_, err := n.forum.AllowOnly(ctx, tx, true, "")
		return err
	})
	for host, want := range map[string]bool{"xn--fiqx46g.example": false, "\u7530\u4e2d.example": false, "XN--FIQX46G.example.:443": false, "xn--xhq521c.example": true} {
		if got, err := n.db.Blocked(t.Context(), host); err != nil || got != want {
			t.Errorf("Blocked(%q) = %v, %v, want %v", host, got, err, want)
		}
	}
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		o, err := n.forum.UnruleServer(ctx, tx, forum.ListBlocked, "xn--bcher-kva.example", "")
		check(n, "off the list", o.Fresh, true)
		return err
	})
}

// What many hosts at once are asked by, and what one is, are the same names.
func TestNamesOfHosts(t *testing.T) {
	n := newNode(t)
	for _, host := range []string{
		"", ".", ":", " ", "..", ":80", ".:80", "a", "a:80", "A.Example", "a.b.example.", "a.b.example.:443", " a.example ", "a..example", ".example", "127.0.0.1:8501",
		"[::1]", "[::1]:80", "::1", "a:b:c", "a.example:", "xn--bcher-kva.example:8443", "[fe80::1.2.3.4]:1", "a]:b", "a b.example", strings.Repeat("a.", 120) + "example",
	} {
		got := domain.Names(host)
		slices.Sort(got)
		check(n, fmt.Sprintf("names of %q", host), strings.Join(got, "\n"), n.text(`select x from unnest(host_names($1)) x order by x collate "C"`, host))
	}
}

// A line of a list holds until its end, changes with what is said of it anew, and is
// public unless it is quiet; a wrong one leaves the whole list alone.
func TestServerRules(t *testing.T) {
	n := newNode(t)
	rule := func(r forum.ServerRule) forum.Outcome { t.Helper(); return n.rule(forum.ListBlocked, r) }
	refused := func(host string, want bool) {
		t.Helper()
		got, err := n.db.Blocked(t.Context(), host)
		if err != nil || got != want {
			t.Errorf("Blocked(%q) = %v, %v, want %v", host, got, err, want)
		}
	}
	soon := n.clock.now.Add(time.Hour)
	check(n, "with an end", rule(forum.ServerRule{Host: "flood.example", Reason: "flood", Until: soon}).Fresh, true)
	check(n, "the same", rule(forum.ServerRule{Host: "flood.example", Reason: "flood", Until: soon}).Fresh, false)
	check(n, "the same without its reason", rule(forum.ServerRule{Host: "flood.example", Until: soon}).Fresh, false)
	check(n, "a later end", rule(forum.ServerRule{Host: "flood.example", Until: soon.Add(time.Hour)}).Fresh, true)
	check(n, "quiet", rule(forum.ServerRule{Host: "quiet.example", Reason: "known to us", Quiet: true}).Fresh, true)
	refused("a.flood.example", true)
	refused("quiet.example", true)
	n.exec(`update domain_block set until_at = now() where host = 'flood.example'`)
	refused("a.flood.example", false)

	n.refusedFor(rule(forum.ServerRule{Host: "late.example", Until: n.clock.now.Add(-time.Hour)}), "over")
	n.refusedFor(rule(forum.ServerRule{Host: " . "}), "no-host")
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		out, err := n.forum.RuleServers(ctx, tx, forum.ListBlocked, []forum.ServerRule{{Host: "good.example"}, {Host: ""}})
		if err == nil && (out[0].Fresh || out[1].Refused == nil) {
			t.Errorf("a list with a wrong line: %+v", out)
		}
		return err
	})
	refused("good.example", false)

	for public, want := range map[bool]int{true: 0, false: 2} {
		rules, only, err := n.db.Reader().ServerRules(t.Context(), forum.ListBlocked, public, "", 10)
		if err != nil || only || len(rules) != want {
			t.Errorf("public %v: %+v, %v, %v", public, rules, only, err)
		}
		if !public && (rules[0].Reason != "flood" || rules[0].Until.IsZero() || !rules[1].Quiet || rules[1].At.IsZero()) {
			t.Errorf("listed as %+v", rules)
		}
	}
	check(n, "lines of the log", n.number(`select count(*) from moderation`), 2)
	check(n, "quiet lines of the log", n.number(`select count(*) from moderation where target = 'quiet.example'`), 0)
}

// A node that is set to its list speaks with those on it, what is below them, and
// itself; a block is stronger, and pictures may stand anywhere.
func TestAllowOnly(t *testing.T) {
	n := newNode(t)
	n.rule(forum.ListAllowed, forum.ServerRule{Host: "Friend.example", Reason: "friends"})
	n.rule(forum.ListAllowed, forum.ServerRule{Host: "odd.example"})
	n.rule(forum.ListBlocked, forum.ServerRule{Host: "odd.example"})
	set := func(only bool) (o forum.Outcome) {
		n.tx(func(ctx context.Context, tx *storage.Tx) (err error) {
			o, err = n.forum.AllowOnly(ctx, tx, only, "")
			return err
		})
		return o
	}
	place := n.place()
	eve, ann := n.stranger("eve", "other.example"), n.stranger("ann", "a.friend.example")
	check(n, "on", set(true).Fresh, true)
	check(n, "on again", set(true).Fresh, false)
	for host, want := range map[string]bool{
		"friend.example": false, "a.friend.example:443": false, "other.example": true, "odd.example": true, "node.test": false, "": false,
	} {
		if got, err := n.db.Blocked(t.Context(), host); err != nil || got != want {
			t.Errorf("Blocked(%q) = %v, %v, want %v", host, got, err, want)
		}
	}
	for host, want := range map[string]bool{"other.example": false, "cdn.odd.example": true} {
		if got, err := n.db.BlockedPage(t.Context(), host); err != nil || got != want {
			t.Errorf("BlockedPage(%q) = %v, %v, want %v", host, got, err, want)
		}
	}
	post := n.submit(said(n.author(), place, "of this node"))
	n.refusedFor(n.tryReply(answer(eve, post.URI, "hello")), "server-blocked")
	n.refusedFor(n.tryReply(answer(n.stranger("mia", "odd.example"), post.URI, "hello")), "server-blocked")
	n.reply(n.author(), post.URI, "whoever is here need not be on the list")
	if o := n.tryReply(answer(ann, post.URI, "hello")); o.Refused != nil {
		t.Errorf("somebody of a server on the list: %v", o.Refused)
	}
	n.exec(`update domain_allow set until_at = now() where host = 'friend.example'`)
	n.refusedFor(n.tryReply(answer(ann, post.URI, "still there?")), "server-blocked")
	n.exec(`insert into domain_block (host, reason, blocked_at) values ('test', 'all that ends like this node', now())`)
	n.reply(n.author(), post.URI, "this node goes on with itself")
	n.tx(func(ctx context.Context, tx *storage.Tx) error {
		_, blocked, err := tx.Shunned(ctx, post.Author, forum.Person{Local: true, Host: "node.test"})
		check(n, "this node, among many", blocked, false)
		return err
	})
	check(n, "off", set(false).Fresh, true)
	if o := n.tryReply(answer(eve, post.URI, "hello again")); o.Refused != nil {
		t.Errorf("after that: %v", o.Refused)
	}
	n.sound()
}
