package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	feedTarget    = 20 // ms
	commentTarget = 50 // ms
	ownTarget     = 30 // KB

	subscriptions = 300
	filters       = 200

	// memberToken is what the browser of a made-up member holds. The database it opens
	// belongs to a measurement.
	memberToken = "0123456789012345678901234567890123456789012"
)

// enrol makes somebody who lives on a node, follows many communities, has many filters
// and is signed in, unless they are there already.
func enrol(ctx context.Context, dsn, base string) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	token := sha256.Sum256([]byte(memberToken))
	host, _ := strings.CutPrefix(base, "http://")
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, step := range []struct {
			sql  string
			args []any
		}{
			{`insert into person (uri, name, host, local, inbox, shared_inbox, published_at) values ($1 || '/u/member', 'member', $2, true, $1 || '/u/member/inbox', $1 || '/inbox', now())
				on conflict do nothing`, []any{base, host}},
			{`insert into account (person_id, password, made_at, changed_at, settings) select id, 'none', now(), published_at,
				jsonb_build_object('languages', array['en', 'de'], 'keywords', (select jsonb_agg(case when k % 2 = 0 then 'keyword ' || k else 'w' || 100 + k end) from generate_series(1, $2::int) k))
				from person where uri = $1 || '/u/member' on conflict do nothing`, []any{base, filters / 2}},
			{`insert into community (uri, name, host, local, title) select 'https://far.test/c/quiet' || k, 'quiet' || k, 'far.test', false, 'Quiet ' || k
				from generate_series(1, $1::int) k on conflict do nothing`, []any{filters / 10}},
			{`insert into shun (person_id, kind, target, host, at) select a.id, 1, p.id, '', now() from person a, (select id from person where not local order by id limit $2) p where a.uri = $1 || '/u/member'
				union all select a.id, 2, c.id, '', now() from person a, (select id from community where name like 'quiet%' order by id limit $3) c where a.uri = $1 || '/u/member'
				union all select a.id, 3, 0, 'blocked' || k || '.test', now() from person a, generate_series(1, $4::int) k where a.uri = $1 || '/u/member'
				on conflict do nothing`, []any{base, filters * 3 / 10, filters / 10, filters / 10}},
			{`insert into session (token, person_id, made_at, seen_at) select $2, id, now(), now() from person where uri = $1 || '/u/member'
				on conflict (token) do update set seen_at = now()`, []any{base, token[:]}},
			{`insert into follow (person_id, community_id, state, at) select a.id, c.id, 2, now() from person a, (select id from community where local and id % 5 < 3 order by id limit $2) c
				where a.uri = $1 || '/u/member' on conflict do nothing`, []any{base, subscriptions}},
		} {
			if _, err := tx.Exec(ctx, step.sql, step.args...); err != nil {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, conn.Close(ctx))
}

// cookie is what the browser of the member sends to a node at an address.
func cookie(base string) string {
	port := ""
	if u, err := url.Parse(base); err == nil {
		port = u.Port()
	}
	return "session" + port + "=" + memberToken
}

// memberScript measures how much script is transferred to somebody who is signed in, of
// the pages that have most of it.
func (b *bench) memberScript(ctx context.Context, r *reader) error {
	for _, page := range []struct{ what, path string }{{"the front page", "/"}, {"a thread", "/post/2"}, {"a new post", "/submit?to=c3"}} {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url+page.path, http.NoBody)
		if err != nil {
			return err
		}
		request.Host = readHost
		request.Header.Set("Cookie", cookie(readBase))
		answer, err := r.client.Do(request)
		if err != nil {
			return err
		}
		html, err := io.ReadAll(answer.Body)
		if err = errors.Join(err, answer.Body.Close()); err == nil && answer.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s: %s", page.path, answer.Status)
		}
		if err != nil {
			return err
		}
		total, scripts := 0, 0
		for _, found := range linked.FindAllStringSubmatch(string(html), -1) {
			if !strings.HasPrefix(found[0], "<script") {
				continue
			}
			body, err := r.transferred(ctx, found[1], "")
			if err != nil {
				return err
			}
			total += len(body)
			scripts++
		}
		if scripts < 2 {
			return fmt.Errorf("nobody is signed in: %d scripts", scripts)
		}
		b.sayf("%v", line{what: "script of " + page.what + " for who is signed in, transferred", unit: "KB", figures: figures{float64(total) / 1000}, target: ownTarget})
	}
	return nil
}

// comment measures how long somebody waits for their comment while signed Likes
// arrive at a steady rate: from the moment at which it was to be sent to the last byte
// of the answer, of which 95 in 100 are quicker.
func (b *bench) comment(ctx context.Context) error {
	const rate, pace = 1000, 10 // Likes and comments a second
	r, err := b.newRig(ctx, "comment", "main", "", "porch")
	if err != nil {
		return err
	}
	defer r.close()
	if err := enrol(ctx, r.dsn, r.url); err != nil {
		return err
	}
	seconds := max(b.o.size(10), 5) // of fewer the slowest in a hundred would be the slowest of all
	if err := r.muster(ctx, 500); err != nil {
		return err
	}
	among := func(ctx context.Context, letters []letter) (took figures, err error) {
		begin := time.Now().Add(100 * time.Millisecond)
		var failed error
		var load sync.WaitGroup
		load.Go(func() {
			failed = parallel(r.b.o.senders, len(letters), func(k int) error {
				time.Sleep(time.Until(begin.Add(time.Duration(k) * time.Second / rate)))
				answer, err := letters[k].peer.Do(letters[k].request)
				if err == nil && answer.Status/100 != 2 {
					err = fmt.Errorf("answered %d: %s", answer.Status, answer.Body)
				}
				return err
			})
		})
		took, err = r.comments(ctx, begin, pace*seconds, pace)
		load.Wait()
		return took, errors.Join(err, failed)
	}
	var slow, half, alone, each figures
	for range runs + 1 {
		letters, err := r.likes(ctx, rate*seconds)
		if err != nil {
			return err
		}
		still, err := r.comments(ctx, time.Now(), pace*seconds, pace)
		if err := errors.Join(err, r.quiet(ctx)); err != nil {
			return err
		}
		before, err := r.usage()
		if err != nil {
			return err
		}
		took, err := among(ctx, letters)
		if err := errors.Join(err, r.quiet(ctx)); err != nil {
			return err
		}
		after, err := r.usage()
		if err != nil {
			return err
		}
		slow, half, alone = append(slow, took.slow()), append(half, took.median()), append(alone, still.slow())
		each = append(each, (after.server+after.postgres-before.server-before.postgres).Seconds()*1000/float64(len(letters)))
	}
	slow, half, alone, each = slow[1:], half[1:], alone[1:], each[1:] // the first warms up
	b.sayf("%v", line{what: fmt.Sprintf("a comment among %d signed Likes a second, 95 of 100", rate), unit: "ms", figures: slow, target: commentTarget})
	b.sayf("  half of them %s ms, and 95 of 100 without Likes %s ms; a Like took the node and its Postgres %s ms, comments counted in",
		digits(half.median()), digits(alone.median()), digits(each.median()))
	if !b.o.profile && slow.median() <= commentTarget {
		return nil
	}
	letters, err := r.likes(ctx, rate*seconds)
	if err != nil {
		return err
	}
	err = r.profile(ctx, time.Duration(seconds)*time.Second, func(ctx context.Context) error {
		_, err := among(ctx, letters)
		return err
	})
	r.show()
	return err
}

// comments submits some, one every so often, and returns how many milliseconds each
// took.
func (r *rig) comments(ctx context.Context, begin time.Time, n, pace int) (figures, error) {
	took := make(figures, n)
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	err := parallel(4, n, func(i int) error {
		at := begin.Add(time.Duration(i) * time.Second / time.Duration(pace))
		time.Sleep(time.Until(at))
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url+"/reply/post-1", strings.NewReader(url.Values{"text": {text}}.Encode()))
		if err != nil {
			return err
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		request.Header.Set("Cookie", cookie(r.url))
		answer, err := client.Do(request)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, answer.Body)
		if err = errors.Join(err, answer.Body.Close()); err == nil && answer.StatusCode != http.StatusSeeOther {
			err = fmt.Errorf("a comment was answered %s", answer.Status)
		}
		took[i] = time.Since(at).Seconds() * 1000
		return err
	})
	return took, err
}
