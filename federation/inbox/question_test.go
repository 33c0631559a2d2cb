package inbox

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"stoa/federation/fedtest"
	"stoa/storage"
)

// Whoever is known here and names objects that are never answered for does not
// take the workers that others need.
func TestFetchesOfOthersRunMeanwhile(t *testing.T) {
	t.Parallel()
	s := meetWith(t, func(o *Options) { slowly(t, o) })
	tar := tarpit(t)
	port := tar[strings.LastIndex(tar, ":")+1:]
	for i := range 10 {
		s.send(s.eve.Like(fmt.Sprintf("%s/n/%d", tar, i), fedtest.Community{}), s.other) // one domain
	}
	s.until(runTarget, `select count(*) from river_job where state = 'running'`)
	for i := range 10 {
		s.send(s.eve.Like(fmt.Sprintf("http://t%d.localhost:%s/n", i, port), fedtest.Community{}), s.other) // and many
	}
	s.until(runAsker, `select count(*) from river_job where state = 'running' and attempted_at < now() - interval '100 milliseconds'`)
	root := s.bob.Create(fedtest.Post{Community: s.community, HTML: "<p>root</p>"})
	reply := s.ann.Create(fedtest.Post{Community: s.community, HTML: "<p>reply</p>", InReplyTo: object(root)})
	s.send(reply, s.home)
	s.until(1, `select count(*) from comment`)
	s.until(runAsker, `select count(*) from river_job where state = 'running' and attempted_at < now() - interval '100 milliseconds'`)
}

// Beyond a domain's budget its acts wait without a job, and are looked at again.
func TestQuestionsOfADomainAreBudgeted(t *testing.T) {
	t.Parallel()
	s := meet(t)
	other := registrable(s.other.URL(""))
	for i := range perAsker {
		if i > 0 && !s.in.questions.may(other, "0") || !s.in.questions.may(other, fmt.Sprint(i)) {
			t.Fatal("refused too early")
		}
	}
	root := s.bob.Create(fedtest.Post{Community: s.community, HTML: "<p>root</p>"})
	like := s.eve.Like(object(root), s.community)
	s.send(like, s.other)
	s.until(1, `select count(*) from received where activity = $1 and state = 2 and next_at > now() + interval '25 seconds'`, like["id"])
	s.want(0, `select count(*) from river_job where args->>'iri' = $1`, object(root))

	s.ahead.Add(int64(61 * time.Second))
	if _, err := s.db.Pool().Exec(s.ctx, `update received set next_at = now() where state = 2`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.WakeDue(s.ctx); err != nil {
		t.Fatal(err)
	}
	ring(s.in.ready)
	s.settle()
	s.applied(like)
	s.score(object(root), 2, 0)
}

// A domain with a hundred fetches open gets no more, and what needs them waits.
func TestOpenFetchesAreBounded(t *testing.T) {
	t.Parallel()
	n := still(t, nil)
	for i := range 101 {
		if err := n.db.EnqueueFetch(n.ctx, storage.FetchObject{IRI: fmt.Sprintf("https://x.example/%d", i), Asker: "a.example"}); err != nil {
			t.Fatal(err)
		}
	}
	n.want(100, `select count(*) from river_job where kind = 'fetch_object'`)
	_, err := n.db.Pool().Exec(n.ctx, `insert into received (state, host, actor, activity, family, shard, key, body)
		select 1, 'h', name as actor, name as activity, 3, 1, 1, '' from unnest(array['a', 'b']) name`)
	if err != nil {
		t.Fatal(err)
	}
	_, verdicts, err := n.db.Work(n.ctx, storage.Votes, 10, func(_ context.Context, _ *storage.Tx, rows []storage.Received) ([]storage.Verdict, error) {
		var v []storage.Verdict
		for _, r := range rows {
			v = append(v, storage.Verdict{State: storage.StateWaiting, Needs: "https://x.example/new-" + r.Actor, Asker: r.Actor + ".example"})
		}
		return v, nil
	})
	if err != nil || len(verdicts) != 2 || !verdicts[0].Later || verdicts[1].Later {
		t.Errorf("verdicts %+v, %v", verdicts, err)
	}
	n.want(1, `select count(*) from river_job where args->>'iri' like '%new%'`)
	n.want(2, `select count(*) from received where state = 2 and next_at > now()`)
}
