package reach

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"stoa/federation/forum"
)

// Listed is a community as its server's public list has it. Nothing of it is taken
// for true but its name.
type Listed struct {
	Handle    string // "!name@host"
	Title     string
	Followers int
	Posts     int
}

// directory is how software of a kind lists its communities.
type directory struct {
	path  string
	query url.Values
	read  func(body []byte, host string) []Listed
}

// discoverMost is how many communities of a server are listed.
const discoverMost = 50

// directories are the lists that are known, by software.
var directories = map[string]directory{
	"lemmy":    {"/api/v3/community/list", url.Values{"type_": {"Local"}, "sort": {"TopMonth"}, "limit": {"50"}}, readLemmyDirectory},
	"piefed":   {"/api/alpha/community/list", url.Values{"type_": {"Local"}, "sort": {"Active"}, "limit": {"50"}}, readLemmyDirectory},
	"mbin":     {"/api/magazines", url.Values{"perPage": {"50"}, "federation": {"local"}, "sort": {"active"}}, readMbinDirectory},
	"nodebb":   {"/api/categories", nil, readNodeBBDirectory},
	"peertube": {"/api/v1/video-channels", url.Values{"count": {"50"}, "sort": {"-createdAt"}}, readPeerTubeDirectory},
	"stoa":     {"/feeds/communities.json", nil, readStoaDirectory},
}

// Discover lists the communities of a server, those first that it puts first. The
// list is nil where its software has none that is known.
func (r *Reach) Discover(ctx context.Context, host string) (list []Listed, software string, err error) {
	ctx, cancel := context.WithTimeout(ctx, findTimeout)
	defer cancel()
	b := newBudget("")
	is, err := r.software(ctx, b, host)
	if err != nil {
		return nil, "", err
	}
	d, ok := directories[is.Name]
	if !ok {
		return nil, is.Name, nil
	}
	var body json.RawMessage
	if err := r.list(ctx, b, host, d.path, d.query, &body); err != nil {
		return nil, is.Name, err
	}
	seen := map[string]bool{}
	list = []Listed{}
	for _, l := range d.read(body, host) {
		name := strings.TrimPrefix(l.Handle, "!")
		if name == "" || strings.ContainsAny(name, "@/ !?#") || seen[name] || len(list) >= discoverMost {
			continue
		}
		seen[name] = true
		l.Handle = "!" + name + "@" + host
		l.Title = strings.Join(strings.Fields(l.Title), " ")
		if l.Title == "" {
			l.Title = name
		}
		if runes := []rune(l.Title); len(runes) > forum.MaxTitle {
			l.Title = string(runes[:forum.MaxTitle])
		}
		list = append(list, l)
	}
	return list, is.Name, nil
}

// The readers take what they find: a list that is nothing of the kind is empty.

func readLemmyDirectory(body []byte, _ string) (all []Listed) {
	var list struct {
		Communities []struct {
			Community struct {
				Name  string `json:"name"`
				Title string `json:"title"`
			} `json:"community"`
			Counts struct {
				Subscribers   int `json:"subscribers"`
				Subscriptions int `json:"subscriptions_count"` // PieFed
				Posts         int `json:"posts"`
				PostCount     int `json:"post_count"`
			} `json:"counts"`
		} `json:"communities"`
	}
	if json.Unmarshal(body, &list) != nil {
		return nil
	}
	for _, c := range list.Communities {
		all = append(all, Listed{c.Community.Name, c.Community.Title, max(c.Counts.Subscribers, c.Counts.Subscriptions), max(c.Counts.Posts, c.Counts.PostCount)})
	}
	return all
}

func readMbinDirectory(body []byte, _ string) (all []Listed) {
	var list struct {
		Items []struct {
			Name          string `json:"name"`
			Title         string `json:"title"`
			Subscriptions int    `json:"subscriptionsCount"`
			Entries       int    `json:"entryCount"`
			Posts         int    `json:"postCount"`
		} `json:"items"`
	}
	if json.Unmarshal(body, &list) != nil {
		return nil
	}
	for _, m := range list.Items {
		all = append(all, Listed{m.Name, m.Title, m.Subscriptions, m.Entries + m.Posts})
	}
	return all
}

func readNodeBBDirectory(body []byte, _ string) (all []Listed) {
	var list struct {
		Categories []struct {
			Handle string          `json:"handle"`
			Name   string          `json:"name"`
			CID    json.RawMessage `json:"cid"`
			Posts  int             `json:"totalPostCount"`
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
		all = append(all, Listed{handle, c.Name, 0, c.Posts})
	}
	return all
}

func readPeerTubeDirectory(body []byte, host string) (all []Listed) {
	var list struct {
		Data []struct {
			Name      string `json:"name"`
			Title     string `json:"displayName"`
			Host      string `json:"host"`
			Followers int    `json:"followersCount"`
			Videos    int    `json:"videosCount"`
		} `json:"data"`
	}
	if json.Unmarshal(body, &list) != nil {
		return nil
	}
	for _, c := range list.Data {
		if c.Host == "" || strings.EqualFold(c.Host, host) {
			all = append(all, Listed{c.Name, c.Title, c.Followers, c.Videos})
		}
	}
	return all
}

func readStoaDirectory(body []byte, host string) (all []Listed) {
	var feed struct {
		Items []struct {
			URL   string `json:"url"`
			Title string `json:"title"`
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
			all = append(all, Listed{name, item.Title, 0, 0})
		}
	}
	return all
}
