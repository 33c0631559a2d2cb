package web

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Who reads faster than people do is told when to come back, and nobody else pays
// for it; feeds are for programs and go on.
func TestCrawlersAreSlowed(t *testing.T) {
	n := newNode(t)
	n.found("craft", "Craft", "Making things.")
	at := now
	n.site.Now = func() time.Time { return at }
	n.site.Source = func(_ string, forwarded []string) string { return strings.Join(forwarded, "") }
	const person, bot = "Mozilla/5.0 (X11; Linux x86_64) Firefox/150.0", "Mozilla/5.0 (compatible; GreedyBot/2.1; +https://greedy.example/bot)"
	ask := func(from, agent, path string) int {
		t.Helper()
		return n.ask(http.MethodGet, path, "X-Forwarded-For", from, "User-Agent", agent).StatusCode
	}
	times := func(from, agent, path string) (served int) {
		t.Helper()
		for served < 1000 && ask(from, agent, path) == http.StatusOK {
			served++
		}
		return served
	}
	if got := times("192.0.2.1", bot, "/"); got != robotPerMinute {
		t.Errorf("a robot got %d pages", got)
	}
	if got := times("192.0.2.99", bot, "/communities"); got != 0 {
		t.Errorf("its neighbour got %d", got)
	}
	a := n.ask(http.MethodGet, "/", "X-Forwarded-For", "192.0.2.1", "User-Agent", bot)
	if a.StatusCode != http.StatusTooManyRequests || a.Header.Get("Retry-After") != "60" || a.Header.Get("Cache-Control") != "no-store" || a.one("h1") != "A little slower" {
		t.Errorf("told so: %d %v %q", a.StatusCode, a.Header, a.one("h1"))
	}
	for _, path := range []string{"/feeds/all.atom", "/feeds/c/craft.json", "/robots.txt", "/sitemap.xml", "/manifest.webmanifest"} {
		if got := ask("192.0.2.1", bot, path); got != http.StatusOK {
			t.Errorf("%s: %d", path, got)
		}
	}
	if got := times("192.0.2.1", person, "/"); got != pagesPerMinute {
		t.Errorf("people behind the same address got %d pages", got)
	}
	if got := times("2001:db8::1", person, "/search?q=wood"); got != pagesPerMinute/searchCost {
		t.Errorf("%d searches", got)
	}
	if ask("2001:db8::ffff:1", person, "/search?q=wood") != http.StatusTooManyRequests || ask("2001:db8:0:1::1", person, "/search?q=wood") != http.StatusOK {
		t.Error("a network is a /64")
	}
	at = at.Add(time.Minute)
	if got := ask("192.0.2.1", bot, "/"); got != http.StatusOK {
		t.Errorf("a minute later: %d", got)
	}
	// Without knowing where requests come from nobody is counted.
	n.site.Source = nil
	for range robotPerMinute + 1 {
		if got := ask("192.0.2.1", bot, "/"); got != http.StatusOK {
			t.Fatal(got)
		}
	}
}

// Pages that are kept cost nothing, so they are not counted.
func TestKeptPagesAreNotCounted(t *testing.T) {
	n := newNode(t)
	n.site.Source = func(string, []string) string { return "192.0.2.1" }
	n.site.cache.on.Store(true)
	for range 3 * robotPerMinute {
		if a := n.ask(http.MethodGet, "/", "User-Agent", "GreedyBot"); a.StatusCode != http.StatusOK {
			t.Fatal(a.StatusCode)
		}
	}
}

// Addresses are made up for nothing: what is counted has a bound.
func TestManyNetworksCrawl(t *testing.T) {
	var c crawl
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
	for i := range mostNetworks + 500 {
		c.admit(r, "10."+strconv.Itoa(i>>8&255)+"."+strconv.Itoa(i&255)+".1", now)
		c.admit(r, "2001:db8:"+strconv.Itoa(i>>8)+":"+strconv.Itoa(i&255)+"::", now)
	}
	if len(c.made) > mostNetworks+1 {
		t.Errorf("%d networks are counted", len(c.made))
	}
}
