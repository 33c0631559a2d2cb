package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

const (
	cachedTarget = 5000 // requests a second
	visitTarget  = 100  // KB
	scriptTarget = 20   // KB
)

// pageCache measures how often a second a server that may use one core gives its
// front page to readers who have no cookie, over some connections. The load runs on
// what is left of the machine.
func (b *bench) pageCache(ctx context.Context) error {
	r, err := b.newReader(ctx, fewPosts, "GOMAXPROCS=1")
	if err != nil {
		return err
	}
	defer r.server.kill()
	const readers = 4
	n := b.o.size(20_000)
	r.client.Transport = &http.Transport{MaxIdleConnsPerHost: readers}
	var rates, costs figures
	for i := range runs + 1 {
		before, err := readStat(r.server.cmd.Process.Pid)
		if err != nil {
			return err
		}
		start := time.Now()
		failed := make(chan error, readers)
		for range readers {
			go func() { failed <- r.again(ctx, n/readers) }()
		}
		for range readers {
			err = errors.Join(err, <-failed)
		}
		took := time.Since(start)
		if err != nil {
			return err
		}
		after, err := readStat(r.server.cmd.Process.Pid)
		if err != nil {
			return err
		}
		if i > 0 {
			rates = append(rates, float64(n)/took.Seconds())
			costs = append(costs, (after.own-before.own).Seconds()*1000/float64(n))
		}
	}
	b.sayf("%v", line{what: "front page from the cache, on one core", unit: "/s", figures: rates, target: cachedTarget, atLeast: true})
	b.sayf("  %s ms of the server's CPU each, so a core of its own gives %s/s; %d readers on the same machine", digits(costs.median()), digits(1000/costs.median()), readers)
	return nil
}

func (r *reader) again(ctx context.Context, n int) error {
	for range n {
		if _, err := r.get(ctx, "/", ""); err != nil {
			return err
		}
	}
	return nil
}

// linked finds what a browser fetches to show a page: styles, scripts, icons.
var linked = regexp.MustCompile(`<(?:link rel="(?:stylesheet|icon|manifest|preload)"[^>]* href|script[^>]* src)="([^"]+)"`)

// firstVisit measures the bytes of the front page and of all it needs, as they are
// transferred to a browser that has nothing yet.
func (b *bench) firstVisit(ctx context.Context) error {
	r, err := b.newReader(ctx, fewPosts)
	if err != nil {
		return err
	}
	defer r.server.kill()
	page, err := r.transferred(ctx, "/", "")
	if err != nil {
		return err
	}
	html, err := r.transferred(ctx, "/", "identity")
	if err != nil {
		return err
	}
	total, script := len(page), 0
	for _, found := range linked.FindAllStringSubmatch(string(html), -1) {
		at, err := url.Parse(strings.ReplaceAll(found[1], "&amp;", "&"))
		if err != nil {
			return err
		}
		body, err := r.transferred(ctx, at.RequestURI(), "")
		if err != nil {
			return err
		}
		total += len(body)
		if strings.HasPrefix(found[0], "<script") {
			script += len(body)
		}
	}
	b.sayf("%v", line{what: "first visit to the front page: bodies transferred", unit: "KB", figures: figures{float64(total) / 1000}, target: visitTarget})
	b.sayf("%v", line{what: "  of which script", unit: "KB", figures: figures{float64(script) / 1000}, target: scriptTarget})
	return b.memberScript(ctx, r)
}

// transferred is a body as it comes over the wire, encoded as a browser of today
// asks for, or as named.
func (r *reader) transferred(ctx context.Context, path, encoding string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Host = readHost
	request.Header.Set("Accept-Encoding", "gzip, br")
	if encoding != "" {
		request.Header.Set("Accept-Encoding", encoding)
	}
	answer, err := r.client.Do(request)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(answer.Body)
	if err = errors.Join(err, answer.Body.Close()); err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", path, answer.Status)
	}
	return body, err
}
