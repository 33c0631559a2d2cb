package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"stoa/federation/forum"
)

// A visitor is shown the way on their own server, which is asked once, in the
// background; nobody is sent anywhere.
func TestWayToTheVisitorsServer(t *testing.T) {
	n := newNode(t)
	c := n.found("craft", "Craft", "Making things.")
	p := n.post(c, draft{by: "jo@lemmy.example", title: "A joint", md: "x"})
	let := make(chan struct{})
	var mu sync.Mutex
	var asked []string
	n.site.Intents = func(_ context.Context, name, host string) ([]Intent, error) {
		mu.Lock()
		asked = append(asked, name+"@"+host)
		mu.Unlock()
		<-let
		switch host {
		case "down.example":
			return nil, errors.New("away")
		case "silent.example":
			return nil, nil
		case "evil.example":
			return []Intent{{intentObject, "javascript:alert(1)//{object}"}}, nil
		}
		return []Intent{
			{intentSubscribe, "https://" + host + "/authorize?uri={uri}"},
			{"https://w3id.org/fep/3b86/Object", "https://" + host + "/open?o={object}"},
			{"https://w3id.org/fep/3b86/Follow", "https://" + host + "/follow?o={object}&ok={on-success}"},
		}, nil
	}
	form := n.get("/c/craft")
	if form.attr("form[action=/follow] input[name=of]", "value") != c.URI {
		t.Errorf("the form asks for %q", form.attr("form[action=/follow] input[name=of]", "value"))
	}
	way := func(of, as string) *answer {
		t.Helper()
		return n.wantStatus("/follow?of="+of+"&as="+as, http.StatusOK)
	}
	a := way(c.URI, "@Mira@home.example")
	if !strings.Contains(a.body, `<noscript><meta http-equiv="refresh" content="2"></noscript>`) || a.attr("html", "data-again") != "2" || !strings.Contains(a.one(".lead"), "home.example") || a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("while it is asked: %q %v", a.one(".lead"), a.Header)
	}
	way(c.URI, "mira@HOME.example")
	close(let)
	eventually(t, "the answer", func() bool { return !strings.Contains(way(c.URI, "mira@home.example").body, "http-equiv") })
	for of, want := range map[string]string{
		c.URI:                            "https://home.example/follow?o=https%3A%2F%2Fstoa.example%2Fc%2Fcraft&ok=",
		"https://lemmy.example/users/jo": "https://home.example/follow?o=https%3A%2F%2Flemmy.example%2Fusers%2Fjo&ok=",
		p.URI:                            "https://home.example/open?o=" + strings.NewReplacer(":", "%3A", "/", "%2F").Replace(p.URI),
	} {
		a := way(of, "mira@home.example")
		if got := a.attr("main a.button", "href"); got != want || !strings.Contains(a.one("main a.button"), "home.example") {
			t.Errorf("%s: %q, want %q", of, got, want)
		}
	}
	for as, want := range map[string]string{
		"mira@down.example": "has not said", "mira@silent.example": "has not said", "mira@evil.example": "has not said",
		"mira@stoa.example": "an account of this server", "mira": "That is no account", "": "Say where you live", "a@b@c": "That is no account",
		"mira@host/path": "That is no account",
	} {
		eventually(t, as, func() bool { return !strings.Contains(way(c.URI, as).body, "http-equiv") })
		a := way(c.URI, as)
		if !strings.Contains(a.one(".lead"), want) || strings.Contains(a.body, "javascript:") {
			t.Errorf("%s: %q", as, a.one(".lead"))
		}
		a.wantNone("main a.button")
	}
	n.wantStatus("/follow?of=https://nowhere.example/x&as=mira@home.example", http.StatusNotFound)
	mu.Lock()
	defer mu.Unlock()
	if len(asked) != 4 {
		t.Errorf("asked %v", asked)
	}
}

// However many visitors come, few servers are asked at a time, and what they said is
// not kept for ever.
func TestVisitsHaveABudget(t *testing.T) {
	var v visits
	wait := make(chan struct{})
	ask := func() ([]Intent, error) { <-wait; return nil, nil }
	for i := range visitsAtOnce {
		if _, busy := v.find(string(rune('a'+i)), now, ask); busy {
			t.Fatal("busy after", i)
		}
	}
	if _, busy := v.find("zz", now, ask); !busy {
		t.Error("more are asked")
	}
	if _, busy := v.find("a", now, ask); busy {
		t.Error("who is asked already is asked again")
	}
	close(wait)
	eventually(t, "all are done", func() bool { found, _ := v.find("a", now, nil); return found.done })
	eventually(t, "room", func() bool { _, busy := v.find("a", now.Add(visitsLast), ask); return !busy })
	for i := range 3 * visitsKept {
		name := time.Duration(i).String()
		eventually(t, "room", func() bool { _, busy := v.find(name, now, ask); return !busy })
	}
	if len(v.byName) > visitsKept {
		t.Errorf("%d are kept", len(v.byName))
	}
}

func TestNoFormWithoutIntents(t *testing.T) {
	n := newNode(t)
	n.site.Intents = nil
	n.found("craft", "Craft", "")
	n.get("/c/craft").wantNone("form[action=/follow]")
	if got := wayTo(nil, forum.AtPost, "x"); got != "" {
		t.Error(got)
	}
}
