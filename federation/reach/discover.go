package reach

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/riverqueue/river"

	ap "stoa/activitypub"
	"stoa/federation/forum"
	"stoa/storage"
)

// directory is how software of a kind lists its communities.
type directory struct {
	path string
	// query asks for a page, from 0 on. Nil means that all stands on one.
	query func(page int) url.Values
	read  func(body []byte, host string) []forum.Listed
	// next finds in a page how the page after it is asked for; nil at the end. Where it
	// is nil itself, pages are asked for until one has nothing new.
	next func(body []byte) url.Values
}

// What is read of a list: pages, and so long.
const (
	listPages   = 20
	listTimeout = 50 * time.Second
	mostCounted = 10_000_000 // nobody has so many: what is beyond is not believed
)

// paged is a query with numbered pages.
func paged(name string, first int, fixed url.Values) func(page int) url.Values {
	return func(page int) url.Values {
		q := url.Values{name: {strconv.Itoa(first + page)}}
		maps.Copy(q, fixed)
		return q
	}
}

// directories are the lists that are known, by software: those first that most have
// subscribed to, where it can be asked so.
var directories = map[string]directory{
	"lemmy":  {path: "/api/v3/community/list", query: paged("page", 1, url.Values{"type_": {"Local"}, "sort": {"TopAll"}, "limit": {"50"}, "show_nsfw": {"true"}}), read: readLemmyDirectory},
	"piefed": {path: "/api/alpha/community/list", query: paged("page", 1, url.Values{"type_": {"Local"}, "sort": {"Active"}, "limit": {"50"}, "show_nsfw": {"true"}}), read: readLemmyDirectory},
	"mbin":   {path: "/api/magazines", query: paged("p", 1, url.Values{"perPage": {"50"}, "federation": {"local"}, "sort": {"active"}}), read: readMbinDirectory},
	"nodebb": {path: "/api/categories", read: readNodeBBDirectory},
	"peertube": {path: "/api/v1/video-channels", query: func(page int) url.Values {
		return url.Values{"count": {"50"}, "start": {strconv.Itoa(50 * page)}, "sort": {"-createdAt"}}
	}, read: readPeerTubeDirectory},
	"stoa": {path: "/feeds/communities.json", query: func(int) url.Values { return url.Values{"of": {"here"}} }, read: readStoaDirectory, next: nextOfStoa},
}

// ErrNoList says that no list is known of a server's software.
var ErrNoList = errors.New("no list of communities is known of this software")

// Discover reads the list of communities of a server page by page, at most so many of
// them, those first that it puts first. What names a community of another server is
// left out, since a list tells of its own server alone.
func (r *Reach) Discover(ctx context.Context, host string, most int, page func([]forum.Listed) error) (software string, err error) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	b := newBudget("")
	is, err := r.software(ctx, b, host)
	if err != nil {
		return "", err
	}
	d, ok := directories[is.Name]
	if !ok {
		return is.Name, ErrNoList
	}
	seen := map[string]bool{}
	var query url.Values
	if d.query != nil {
		query = d.query(0)
	}
	for n := 1; len(seen) < most && n <= listPages; n++ {
		var body json.RawMessage
		if err := r.list(ctx, b, host, d.path, query, &body); err != nil {
			return is.Name, err
		}
		var fresh []forum.Listed
		for _, l := range d.read(body, host) {
			key := strings.ToLower(l.Name)
			if !listable(l.Name) || seen[key] || len(seen) >= most {
				continue
			}
			seen[key] = true
			fresh = append(fresh, tidy(l, host))
		}
		if len(fresh) > 0 {
			if err := page(fresh); err != nil {
				return is.Name, err
			}
		}
		switch {
		case d.next != nil && len(fresh) > 0:
			query = d.next(body)
		case d.query != nil && len(fresh) > 0:
			query = d.query(n)
		default:
			query = nil
		}
		if query == nil {
			break
		}
	}
	return is.Name, nil
}

// listable reports whether a name can be part of a handle.
func listable(name string) bool {
	return name != "" && len(name) <= 255 && !strings.ContainsAny(name, "@/\\ !?#%") && strings.IndexFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd }) < 0
}

// tidy puts what a list says of a community within our bounds.
func tidy(l forum.Listed, host string) forum.Listed {
	l.Host = host
	l.Title = strings.Join(strings.Fields(strings.ReplaceAll(strings.ToValidUTF8(l.Title, ""), "\x00", "")), " ")
	if l.Title == "" {
		l.Title = l.Name
	}
	if runes := []rune(l.Title); len(runes) > forum.MaxTitle {
		l.Title = string(runes[:forum.MaxTitle])
	}
	if len(l.Language) > 35 || strings.ContainsFunc(l.Language, func(r rune) bool {
		return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) {
		l.Language = "" // RFC 5646 §4.4.1 has no longer one
	}
	l.Language = strings.ToLower(l.Language)
	return l
}

// count is a number in a list. Whatever it is, the list can be read; what makes no
// sense counts as nothing.
type count int

// UnmarshalJSON implements json.Unmarshaler.
func (c *count) UnmarshalJSON(b []byte) error {
	*c = 0
	if n, err := strconv.ParseFloat(string(b), 64); err == nil && n > 0 && n <= mostCounted && !math.IsNaN(n) {
		*c = count(n)
	}
	return nil
}

// The readers take what they find: a list that is nothing of the kind is empty.

func readLemmyDirectory(body []byte, host string) (all []forum.Listed) {
	var list struct {
		Communities []struct {
			Community struct {
				Name    string `json:"name"`
				Title   string `json:"title"`
				ActorID string `json:"actor_id"`
				Removed bool   `json:"removed"`
				Deleted bool   `json:"deleted"`
				NSFW    bool   `json:"nsfw"`
			} `json:"community"`
			Counts struct {
				Subscribers   count `json:"subscribers"`
				Subscriptions count `json:"subscriptions_count"` // PieFed
				Posts         count `json:"posts"`
				PostCount     count `json:"post_count"`
				Active        count `json:"users_active_month"`
				ActiveMonthly count `json:"active_monthly"`
			} `json:"counts"`
		} `json:"communities"`
	}
	if json.Unmarshal(body, &list) != nil {
		return nil
	}
	for i := range list.Communities {
		c, n := &list.Communities[i].Community, &list.Communities[i].Counts
		if c.Removed || c.Deleted || c.ActorID != "" && !strings.EqualFold(ap.Host(c.ActorID), host) {
			continue
		}
		all = append(all, forum.Listed{
			Name: c.Name, Title: c.Title, Sensitive: c.NSFW, Followers: int(max(n.Subscribers, n.Subscriptions)),
			Posts: int(max(n.Posts, n.PostCount)), Active: int(max(n.Active, n.ActiveMonthly)),
		})
	}
	return all
}

func readMbinDirectory(body []byte, _ string) (all []forum.Listed) {
	var list struct {
		Items []struct {
			Name          string `json:"name"`
			Title         string `json:"title"`
			Subscriptions count  `json:"subscriptionsCount"`
			Entries       count  `json:"entryCount"`
			Posts         count  `json:"postCount"`
			Adult         bool   `json:"isAdult"`
		} `json:"items"`
	}
	if json.Unmarshal(body, &list) != nil {
		return nil
	}
	for _, m := range list.Items {
		all = append(all, forum.Listed{Name: m.Name, Title: m.Title, Followers: int(m.Subscriptions), Posts: int(m.Entries + m.Posts), Sensitive: m.Adult})
	}
	return all
}

func readNodeBBDirectory(body []byte, _ string) (all []forum.Listed) {
	var list struct {
		Categories []struct {
			Handle string          `json:"handle"`
			Name   string          `json:"name"`
			CID    json.RawMessage `json:"cid"`
			Posts  count           `json:"totalPostCount"`
		} `json:"categories"`
	}
	if json.Unmarshal(body, &list) != nil {
		return nil
	}
	for _, c := range list.Categories {
		handle := c.Handle
		if n, err := strconv.Atoi(strings.Trim(string(c.CID), `"`)); handle == "" && err == nil && n > 0 {
			handle = "cid-" + strconv.Itoa(n)
		}
		all = append(all, forum.Listed{Name: handle, Title: c.Name, Posts: int(c.Posts)})
	}
	return all
}

func readPeerTubeDirectory(body []byte, host string) (all []forum.Listed) {
	var list struct {
		Data []struct {
			Name      string `json:"name"`
			Title     string `json:"displayName"`
			Host      string `json:"host"`
			Followers count  `json:"followersCount"`
			Videos    count  `json:"videosCount"`
		} `json:"data"`
	}
	if json.Unmarshal(body, &list) != nil {
		return nil
	}
	for _, c := range list.Data {
		if c.Host == "" || strings.EqualFold(c.Host, host) {
			all = append(all, forum.Listed{Name: c.Name, Title: c.Title, Followers: int(c.Followers), Posts: int(c.Videos)})
		}
	}
	return all
}

func readStoaDirectory(body []byte, host string) (all []forum.Listed) {
	var feed struct {
		Items []struct {
			URL      string `json:"url"`
			Title    string `json:"title"`
			Language string `json:"language"`
			Of       struct {
				Followers count `json:"followers"`
				Posts     count `json:"posts"`
				Active    count `json:"active"`
				Sensitive bool  `json:"sensitive"`
			} `json:"_community"`
		} `json:"items"`
	}
	if json.Unmarshal(body, &feed) != nil {
		return nil
	}
	for _, item := range feed.Items {
		u, err := url.Parse(item.URL)
		if err != nil || !strings.EqualFold(u.Host, host) {
			continue
		}
		if name, ok := strings.CutPrefix(u.Path, "/c/"); ok {
			all = append(all, forum.Listed{
				Name: name, Title: item.Title, Language: item.Language,
				Followers: int(item.Of.Followers), Posts: int(item.Of.Posts), Active: int(item.Of.Active), Sensitive: item.Of.Sensitive,
			})
		}
	}
	return all
}

// nextOfStoa is the query of the address that a feed says to go on at (JSON Feed 1.1,
// next_url). Where it leads else is not asked: pages are of one path of one server.
func nextOfStoa(body []byte) url.Values {
	var feed struct {
		Next string `json:"next_url"`
	}
	if json.Unmarshal(body, &feed) != nil || feed.Next == "" {
		return nil
	}
	u, err := url.Parse(feed.Next)
	if err != nil {
		return nil
	}
	return u.Query()
}

// catalogues works on storage.ReadCatalogue.
type catalogues struct {
	river.WorkerDefaults[storage.ReadCatalogue]
	r *Reach
}

// Timeout implements river.Worker.
func (*catalogues) Timeout(*river.Job[storage.ReadCatalogue]) time.Duration { return deadline }

// Work implements river.Worker: it reads the list of a server, which is seen to grow
// meanwhile, and writes down how that ended. Cut off, it begins anew.
func (w *catalogues) Work(ctx context.Context, job *river.Job[storage.ReadCatalogue]) error {
	db, began := w.r.o.DB, time.Now()
	k := forum.Catalogue{Host: job.Args.Host, State: forum.CatalogueRead}
	var err error
	k.Software, err = w.r.Discover(ctx, k.Host, forum.MaxListed, func(page []forum.Listed) error {
		return db.SaveListed(ctx, k.Host, began, page)
	})
	switch {
	case errors.Is(err, storage.ErrNotFound): // nobody wants it any more
	case errors.Is(err, ErrNoList):
		k.State, k.Reason = forum.CatalogueFailed, forum.CatalogueNone
	case err != nil:
		k.State = forum.CatalogueFailed
		if k.Reason, err = reasonOf(ctx, err); err != nil {
			if job.Attempt < job.MaxAttempts {
				return again(ctx, err)
			}
			k.Reason = forum.LookupAway
		}
	}
	return db.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := storage.EndReach(ctx, tx, job); err != nil {
			return err
		}
		return tx.EndCatalogue(ctx, &k, began)
	})
}

// joins works on storage.JoinWanted.
type joins struct {
	river.WorkerDefaults[storage.JoinWanted]
	r *Reach
}

// Timeout implements river.Worker.
func (*joins) Timeout(*river.Job[storage.JoinWanted]) time.Duration {
	return findTimeout + 10*time.Second
}

// Work implements river.Worker: it looks for a community at its server, has whoever
// wants it follow it, and writes down where that could not be.
func (w *joins) Work(ctx context.Context, job *river.Job[storage.JoinWanted]) error {
	a, db := job.Args, w.r.o.DB
	reason := ""
	person, err := db.Wanted(ctx, a)
	if err == nil {
		var out forum.Outcome
		if _, out, err = w.r.Follow(ctx, person, "!"+a.Name+"@"+a.Host); err == nil && out.Refused != nil {
			reason = out.Refused.Reason
		}
	}
	switch {
	case errors.Is(err, storage.ErrNotFound): // they do no more
	case err != nil && job.Attempt < job.MaxAttempts:
		return again(ctx, err)
	case err != nil:
		reason = forum.LookupAway
	}
	return db.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error {
		if err := storage.EndReach(ctx, tx, job); err != nil {
			return err
		}
		return tx.EndWant(ctx, a, reason)
	})
}
