package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"stoa/federation/forum"
	"stoa/storage"
	"stoa/web/view"
)

// Intent is where a visitor's own server lets them do something about an object
// of ours: an address with {object} or {uri} in it.
type Intent struct{ Rel, Template string }

// The rels under which servers offer to follow somebody, or to open whatever there
// is: FEP-3b86 §4 and §5, and OStatus, which older ones speak.
const (
	intentFollow    = "https://w3id.org/fep/3b86/follow"
	intentObject    = "https://w3id.org/fep/3b86/object"
	intentSubscribe = "http://ostatus.org/schema/1.0/subscribe"
)

const (
	visitsAtOnce = 16 // servers asked at a time
	visitsKept   = 2_000
	visitsLast   = 10 * time.Minute
	visitLasts   = 20 * time.Second // to ask one server
)

// visits are the servers of visitors that were asked how to do something there.
// A page never waits for one: it is loaded again until the answer is here.
type visits struct {
	mu      sync.Mutex
	byName  map[string]*visit
	running int
}

type visit struct {
	at      time.Time
	done    bool
	failed  bool
	intents []Intent
}

// find looks up what a server said, and asks it if nobody did. busy says that too
// many are asked already.
func (v *visits) find(account string, now time.Time, ask func() ([]Intent, error)) (found visit, busy bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.byName == nil || len(v.byName) >= visitsKept {
		v.byName = map[string]*visit{}
	}
	known := v.byName[account]
	if known != nil && now.Sub(known.at) < visitsLast {
		return *known, false
	}
	if v.running >= visitsAtOnce {
		return visit{}, true
	}
	v.running++
	fresh := &visit{at: now}
	v.byName[account] = fresh
	go func() {
		intents, err := ask()
		v.mu.Lock()
		defer v.mu.Unlock()
		v.running--
		fresh.done, fresh.failed, fresh.intents = true, err != nil, intents
	}()
	return *fresh, false
}

// accountPattern is somebody on a server, with or without the sign before it.
var accountPattern = regexp.MustCompile(`^@?([\w.-]{1,100})@([a-z0-9.-]{1,253}(?::[0-9]{1,5})?)$`)

// follow shows a visitor the way to something here on their own server. That server
// is asked in the background; the way is a link, and nobody is sent there unasked.
func (s *Site) follow(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	object := strings.TrimSpace(q.Get("of"))
	place, err := s.Reader.Lookup(r.Context(), object)
	if errors.Is(err, storage.ErrNotFound) {
		return errNoPage
	}
	if err != nil {
		return err
	}
	p := view.FollowPage{Frame: s.Frame(r, s.Words(r).FollowHeading), Object: object, Back: view.PlacePath(place)}
	p.NoIndex = true
	p.Account = strings.TrimSpace(q.Get("as"))
	switch m := accountPattern.FindStringSubmatch(strings.ToLower(p.Account)); {
	case p.Account == "":
	case m == nil:
		p.State = view.FollowWrong
	case strings.EqualFold(m[2], s.BaseURL.Host):
		p.State = view.FollowHere
	default:
		s.ask(&p, place, m[1], m[2])
	}
	return s.Once(w, r, http.StatusOK, p)
}

// ask fills in what the visitor's server says.
func (s *Site) ask(p *view.FollowPage, place forum.Place, name, host string) {
	p.Host = host
	found, busy := s.visits.find(name+"@"+host, s.Now(), func() ([]Intent, error) {
		// Whoever asked may have left; the next one asks the same.
		ctx, cancel := context.WithTimeout(context.Background(), visitLasts)
		defer cancel()
		intents, err := s.Intents(ctx, name, host)
		if err != nil {
			s.Log.LogAttrs(ctx, slog.LevelInfo, "a visitor's server could not be asked", slog.String("host", host), slog.Any("error", err))
		}
		return intents, err
	})
	switch {
	case busy || !found.done:
		p.State, p.Refresh = view.FollowAsking, 2
	case found.failed:
		p.State = view.FollowUnknown
	default:
		p.State = view.FollowFound
		if p.Link = wayTo(found.intents, place.Kind, p.Object); p.Link == "" {
			p.State = view.FollowUnknown
		}
	}
}

// wayTo picks the way that fits best, with the object in it. What is not known of a
// template is left empty.
func wayTo(intents []Intent, kind forum.PlaceKind, object string) string {
	rels := []string{intentObject, intentSubscribe}
	if kind == forum.AtCommunity || kind == forum.AtPerson {
		rels = []string{intentFollow, intentObject, intentSubscribe}
	}
	escaped := url.QueryEscape(object)
	for _, rel := range rels {
		for _, i := range intents {
			if strings.EqualFold(i.Rel, rel) {
				way := strings.NewReplacer("{object}", escaped, "{uri}", escaped).Replace(i.Template)
				return view.WebURL(unfilled.ReplaceAllString(way, ""))
			}
		}
	}
	return ""
}

var unfilled = regexp.MustCompile(`\{[\w-]*\}`)
