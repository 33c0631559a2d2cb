package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"

	"stoa/storage/storagetest"
)

// A database that is kept belongs to one address for good, so it is not that of
// the listener.
const (
	readHost = "node.localhost"
	readBase = "http://" + readHost
)

const (
	fewPosts  = 10_000
	manyPosts = 1_000_000

	// slowerTarget is how much longer a page may take among many posts.
	slowerTarget = 1.3
)

// read is a page that is timed.
type read struct {
	what   string
	name   string // of the file of its profile
	path   string
	target float64 // milliseconds
	member bool    // by somebody who lives there, with subscriptions and filters
}

var reads = []read{
	{what: "thread of 1,000 comments", name: "thread", path: "/post/2", target: 15},
	{what: "front page", name: "front", path: "/", target: 4},
	{what: "community", name: "community", path: "/c/c3", target: 4},
	{what: "search", name: "search", path: "/search?q=w40", target: 30},
	{what: feed, name: "feed", path: "/", target: feedTarget, member: true},
	{what: feed + ", new", name: "feed-new", path: "/?sort=new", target: feedTarget, member: true},
	{what: feed + ", active", name: "feed-active", path: "/?sort=active", target: feedTarget, member: true},
	{what: feed + ", top of the week", name: "feed-week", path: "/?sort=top", target: feedTarget, member: true},
	{what: feed + ", top of the month", name: "feed-month", path: "/?sort=top&t=month", target: feedTarget, member: true},
	{what: feed + ", top of all", name: "feed-top", path: "/?sort=top&t=all", target: feedTarget, member: true},
	{what: feed + ", scaled", name: "feed-scaled", path: "/?sort=scaled", target: feedTarget, member: true},
}

var feed = fmt.Sprintf("feed of %d subscriptions with %d filters, 95 of 100", subscriptions, filters)

// reader is a node that is only read, on a database that is kept.
type reader struct {
	url     string
	private string // where its profiles are
	server  *child
	client  http.Client
}

// newReader starts a node on a kept database with that many posts and ten times as
// many votes.
func (b *bench) newReader(ctx context.Context, posts int, environment ...string) (*reader, error) {
	name, err := b.kept(ctx, "pages", fmt.Sprintf("pages %d", posts), fmt.Sprintf("%d posts with %d votes", posts, 10*posts), func(conn *pgx.Conn) error {
		return storagetest.Fill(ctx, conn, readBase, posts, 10*posts)
	})
	if err != nil {
		return nil, err
	}
	c, err := b.cluster(ctx, "pages")
	if err != nil {
		return nil, err
	}
	public, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	private, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	r := &reader{url: "http://" + public, private: private}
	r.server, err = b.serveWith(ctx, fmt.Sprintf("pages-%d", posts), environment, "--url", readBase, "--dev-federation", "true",
		"--listen", public, "--listen-private", private, "--database-url", c.DSN(name), "--data", filepath.Join(b.o.data, "node"))
	if err != nil {
		return nil, err
	}
	err = r.server.ready(ctx, private)
	if err == nil {
		err = enrol(ctx, c.DSN(name), readBase)
	}
	if err != nil {
		r.server.kill()
		return nil, err
	}
	return r, nil
}

// anybody is the cookie of a reader of whom nothing is known, and who gets a page that
// was made for them all the same.
const anybody = "reader=1"

// get reads a page to its end. Whoever brings a cookie gets a page that was made
// for them; without one it may come from the cache.
func (r *reader) get(ctx context.Context, path, cookie string) (took time.Duration, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url+path, http.NoBody)
	if err != nil {
		return 0, err
	}
	request.Host = readHost
	request.Header.Set("Accept-Encoding", "gzip") // as every browser does; here nobody unpacks it
	if cookie != "" {
		request.Header.Set("Cookie", cookie)
	}
	start := time.Now()
	answer, err := r.client.Do(request)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	took = time.Since(start)
	if err = errors.Join(err, answer.Body.Close()); err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", path, answer.Status)
	}
	return took, err
}

// times reads a page n times, one after the other, and returns the milliseconds
// of the one in the middle; of a member's, those that 95 in 100 are quicker than.
func (r *reader) times(ctx context.Context, p read, n int) (float64, error) {
	all, who := make(figures, n), anybody
	if p.member {
		who = cookie(readBase)
	}
	for i := range all {
		took, err := r.get(ctx, p.path, who)
		if err != nil {
			return 0, err
		}
		all[i] = took.Seconds() * 1000
	}
	if p.member {
		return all.slow(), nil
	}
	return all.median(), nil
}

// pages measures what it takes to make a page, from the first byte of the request
// to the last of the answer as the reader on the same machine sees it, warm, one
// request at a time: among few posts and among many, in turns.
func (b *bench) pages(ctx context.Context) error {
	var sides [2]*reader
	defer func() {
		for _, r := range sides {
			if r != nil {
				r.server.kill()
			}
		}
	}()
	var err error
	for i, posts := range []int{fewPosts, b.o.posts} {
		if sides[i], err = b.newReader(ctx, posts); err != nil {
			return err
		}
	}
	n := b.o.size(100)
	var failed error
	for _, p := range reads {
		failed = errors.Join(failed, b.page(ctx, sides, p, n))
	}
	return failed
}

func (b *bench) page(ctx context.Context, sides [2]*reader, p read, n int) error {
	var times [2]figures
	var ratios figures
	for i := range runs + 1 {
		var pair [2]float64
		for s, r := range sides {
			var err error
			if pair[s], err = r.times(ctx, p, n); err != nil {
				return err
			}
		}
		if i > 0 {
			times[0], times[1] = append(times[0], pair[0]), append(times[1], pair[1])
			ratios = append(ratios, pair[1]/pair[0])
		}
	}
	b.sayf("%v", line{what: fmt.Sprintf("%s, among %d posts", p.what, b.o.posts), unit: "ms", figures: times[1], target: p.target})
	b.sayf("%v", line{what: fmt.Sprintf("  to the same among %d", fewPosts), unit: "×", figures: ratios, middle: times[1].median() / times[0].median(), target: slowerTarget})
	if !b.o.profile && times[1].median() <= p.target {
		return nil
	}
	return b.pageProfile(ctx, sides[1], p, times[1].median())
}

// pageProfile writes what the server's processor does while one page is read for
// some seconds.
func (b *bench) pageProfile(ctx context.Context, r *reader, p read, each float64) error {
	const long = 5 * time.Second
	path := filepath.Join(b.o.data, "pages-"+p.name+".pprof")
	got := make(chan error, 1)
	go func() { got <- download(ctx, r.private, long, path) }()
	_, err := r.times(ctx, p, int(long.Seconds()*1000/each))
	if err := errors.Join(err, <-got); err != nil {
		return fmt.Errorf("profile of %s: %w", p.path, err)
	}
	b.sayf("  profile: %s, beside it .txt, .traces.txt and .flat.txt", path)
	return b.spellOut(ctx, path)
}
