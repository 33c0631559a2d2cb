package reach

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	ap "stoa/activitypub"
	"stoa/federation/forum"
	"stoa/storage"
)

// Lemmy tells other servers of 50 posts and, before 1.0, of no comments at all. Its
// public interface lists them, and serves here as a source of ids: what has one is
// asked for at its own server like everything else.
const (
	lemmyPostList    = "/api/v3/post/list"
	lemmyCommentList = "/api/v3/comment/list"
	lemmyPage        = 50
	lemmyPages       = 200
)

// lemmyPost is what is read of an entry of the list of posts.
type lemmyPost struct {
	Post struct {
		ID   int64  `json:"id"`
		ApID string `json:"ap_id"`
	} `json:"post"`
	Counts struct {
		Comments int `json:"comments"`
	} `json:"counts"`
}

// lemmyPosts lists the posts of a community page by page, and asks their own servers
// for those that are not here.
func (f *backfill) lemmyPosts(ctx context.Context) error {
	page, err := strconv.Atoi(f.at.Place)
	if err != nil {
		page = 1
	}
	for ; page <= lemmyPages && f.at.Posts < backfillPosts; page++ {
		var list struct {
			Posts []lemmyPost `json:"posts"`
		}
		query := url.Values{"community_name": {f.c.Name}, "sort": {"New"}, "limit": {strconv.Itoa(lemmyPage)}, "page": {strconv.Itoa(page)}, "type_": {"All"}}
		if err := f.r.list(ctx, f.b, f.c.Host, lemmyPostList, query, &list); err != nil {
			if stop := f.unlisted(ctx, err, forum.BackfillFirstPosts); stop != nil {
				return stop
			}
			return nil
		}
		e := entries{}
		var at []storage.PostAddress
		for _, p := range list.Posts {
			if ap.ValidID(p.Post.ApID, true) != nil || f.r.o.Inbox.Ours(p.Post.ApID) {
				continue
			}
			e.ids = append(e.ids, p.Post.ApID)
			a := storage.PostAddress{URI: p.Post.ApID, Said: p.Counts.Comments}
			if p.Post.ID > 0 && a.Said > 0 {
				a.Replies = lemmyComments(f.c.Host, p.Post.ID)
			}
			at = append(at, a)
		}
		if err := f.posts(ctx, &e); err != nil {
			return err
		}
		if err := f.r.o.DB.InTx(ctx, func(ctx context.Context, tx *storage.Tx) error { return tx.NoteLists(ctx, f.c.ID, at) }); err != nil {
			return err
		}
		f.at.Place = strconv.Itoa(page + 1)
		if err := f.save(ctx); err != nil {
			return err
		}
		if len(list.Posts) < lemmyPage {
			return nil
		}
	}
	f.note(forum.BackfillBudget)
	return nil
}

// unlisted says whether a list that was not given ends the turn, and notes why there
// is less else.
func (f *backfill) unlisted(ctx context.Context, err error, word string) error {
	if ours(ctx, err) || away(err) || isTurn(err) {
		return err
	}
	f.note(word)
	return nil
}

// lemmyComments is the address of the list of comments of a post, by its number
// there. It stands in the place of the post's replies.
func lemmyComments(host string, post int64) string {
	return "https://" + host + lemmyCommentList + "?post_id=" + strconv.FormatInt(post, 10)
}

// listOf finds where the comments of a post are listed that says nothing of it: a
// Lemmy before 1.0 has its own number of the post in the address.
func (r *Reach) listOf(ctx context.Context, b *budget, t *storage.Thread) error {
	u, err := url.Parse(t.URI)
	if err != nil {
		return nil //nolint:nilerr // it is an address of nothing
	}
	number, err := strconv.ParseInt(strings.TrimPrefix(u.Path, "/post/"), 10, 64)
	if err != nil || number <= 0 {
		return nil //nolint:nilerr // of another software
	}
	switch is, err := r.software(ctx, b, u.Host); {
	case err != nil && (ours(ctx, err) || isTurn(err)):
		return err
	case err == nil && is.Name == "lemmy":
		t.Replies = lemmyComments(u.Host, number)
	}
	return nil
}

// isList reports whether the replies of a thread are such a list.
func isList(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Path == lemmyCommentList
}

// lemmyComments lists what answers a post at a Lemmy, whose interface is not asked
// for anything but ids.
func (r *Reach) lemmyComments(ctx context.Context, b *budget, t *storage.Thread) (members, error) {
	u, err := url.Parse(t.Replies)
	if err != nil {
		return members{said: -1}, nil //nolint:nilerr // it is not asked then
	}
	m := members{whole: true}
	seen := map[string]bool{}
	for page := 1; ; page++ {
		if page > lemmyPages {
			m.whole = false
			break
		}
		var list struct {
			Comments []struct {
				Comment struct {
					ApID    string `json:"ap_id"`
					Deleted bool   `json:"deleted"`
					Removed bool   `json:"removed"`
				} `json:"comment"`
			} `json:"comments"`
		}
		query := url.Values{"post_id": {u.Query().Get("post_id")}, "sort": {"Old"}, "limit": {strconv.Itoa(lemmyPage)}, "page": {strconv.Itoa(page)}, "type_": {"All"}}
		if err := r.list(ctx, b, u.Host, lemmyCommentList, query, &list); err != nil {
			return m, err
		}
		fresh := 0
		for _, c := range list.Comments {
			id := c.Comment.ApID
			if seen[id] || ap.ValidID(id, true) != nil {
				continue
			}
			seen[id] = true
			fresh++
			if !c.Comment.Deleted && !c.Comment.Removed {
				m.ids = append(m.ids, id)
			}
		}
		if fresh == 0 || len(list.Comments) < lemmyPage || len(m.ids) >= maxListed {
			break
		}
	}
	m.said = len(m.ids)
	return m, nil
}

// list asks a server's own interface.
func (r *Reach) list(ctx context.Context, b *budget, host, path string, query url.Values, into any) error {
	if err := r.ask(ctx, b, "https://"+host+path, r.o.Rate); err != nil {
		return err
	}
	body, err := r.o.Client.List(ctx, host, path, query)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, into); err != nil {
		return errNoCollection
	}
	return nil
}
