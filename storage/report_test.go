package storage_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
)

// A report whose time lies ahead of that of whoever deals with it, since clocks differ, is
// ended by an activity that names it; and what ends reports that never come is kept of one
// registrable domain for as many as may report.
func TestReportsOfOtherClocks(t *testing.T) {
	n := newNode(t)
	ada, bob, place := n.person("ada"), n.stranger("bob", "mastodon.test"), n.place()
	p := n.submit(said(ada, place, "A post"))
	report := func(r forum.Report) (out forum.Outcome) {
		r.By, r.Server = bob, bob.Host
		n.tx(func(ctx context.Context, tx *storage.Tx) error {
			all, err := n.forum.Report(ctx, tx, []forum.Report{r})
			if err == nil {
				out = all[0]
			}
			return err
		})
		return out
	}
	open := func() int { return n.number(`select count(*) from report where closed_at is null`) }
	now := time.Now()
	id := forum.Origin{Activity: "https://mastodon.test/flags/1"}
	check(n, "fresh", report(forum.Report{Object: p.URI, Reason: "bad", At: now.Add(time.Hour), Origin: id}).Fresh, true)
	back := forum.Report{Object: p.URI, Withdraw: true, At: now, Undoes: "https://mastodon.test/flags/2"}
	check(n, "another is meant", report(back).Fresh, false)
	check(n, "open", open(), 1)
	back.Undoes = id.Activity
	check(n, "it is meant", report(back).Fresh, true)
	check(n, "open", open(), 0)
	check(n, "said before it was taken back", report(forum.Report{Object: p.URI, Reason: "bad", At: now.Add(time.Minute)}).Fresh, false)
	check(n, "said after that", report(forum.Report{Object: p.URI, Reason: "bad", At: now.Add(2 * time.Hour)}).Fresh, true)

	for i := range 3 {
		c := n.reply(ada, p.URI, fmt.Sprint("Number ", i))
		if i == 2 {
			n.exec(`insert into report (at, by_uri, server, domain, person_id, reason, closed_at) select now(), '', $1, $1, $2, '', now() from generate_series(1, $3::int)`, bob.Host, ada.ID, forum.MaxReportsOfServer)
		}
		before := n.number(`select count(*) from report`)
		report(forum.Report{Object: c.URI, Withdraw: true, At: now})
		report(forum.Report{Object: c.URI, Withdraw: true, At: now}) // again
		check(n, "kept", n.number(`select count(*) from report`)-before, min(1, 2-i))
	}
}
