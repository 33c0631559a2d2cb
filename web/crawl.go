package web

import (
	"errors"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"time"
)

// What one network may have made in a minute, in pages: those that are kept already
// cost nothing, a search three times as much as others. Whoever says of itself that
// it is a robot has time.
const (
	pagesPerMinute = 180
	robotPerMinute = 40
	searchCost     = 3
	followCost     = 6      // may ask another server
	mostNetworks   = 20_000 // counted apart; further ones share one count
)

// robots is what programs that read many pages call themselves.
var robots = regexp.MustCompile(`(?i)bot\b|bots\b|crawl|spider|scrap|slurp|archiv|python|\bcurl\b|wget|go-http-client|java/|libwww|headless`)

// errTooMuch is the answer to who asks for more pages than that.
var errTooMuch = errors.New("too many pages in a minute")

// crawl counts pages that were made, by network and minute. Documents, feeds and
// inboxes are other doors, and are not counted.
type crawl struct {
	mu     sync.Mutex
	minute int64
	made   map[string]int
}

// admit reports whether a page may be made for a request from an address, and
// counts it if so.
func (c *crawl) admit(r *http.Request, source string, now time.Time) bool {
	name, most, cost := networkOf(source), pagesPerMinute, 1
	if robots.MatchString(r.UserAgent()) || r.UserAgent() == "" {
		// Apart from people behind the same address.
		name, most = name+" robots", robotPerMinute
	}
	switch r.URL.Path {
	case "/search":
		cost = searchCost
		if address(strings.TrimSpace(r.URL.Query().Get("q"))) {
			cost = followCost
		}
	case "/settings/move": // it is loaded again while another server is asked
		if r.URL.RawQuery != "" {
			cost = searchCost
		}
	case "/follow":
		cost = followCost
	case "/open":
		if !r.URL.Query().Has("ask") {
			cost = followCost
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if minute := now.Unix() / 60; minute != c.minute || c.made == nil {
		c.minute, c.made = minute, map[string]int{}
	}
	if _, ok := c.made[name]; !ok && len(c.made) >= mostNetworks {
		name = "others"
	}
	if c.made[name]+cost > most {
		return false
	}
	c.made[name] += cost
	return true
}

// limited reports whether a path is a page for people. Feeds and what is written
// for machines are read as often as their readers see fit; they are kept like pages.
func limited(path string) bool {
	return !strings.HasPrefix(path, "/feeds/") && !strings.HasPrefix(path, "/sitemap") &&
		path != "/robots.txt" && path != "/manifest.webmanifest" && path != "/favicon.ico"
}

// networkOf is the /24 or /64 of an address, which is what one can have for oneself.
func networkOf(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	a = a.Unmap().WithZone("")
	bits := 64
	if a.Is4() {
		bits = 24
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return address
	}
	return p.String()
}
