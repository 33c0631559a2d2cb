package storage

import (
	"context"

	"stoa/federation/forum"
)

// Search finds posts and comments by their words, communities and people by their
// names. A search for nothing finds nothing.
func (r *Reader) Search(ctx context.Context, s forum.Search) (forum.Found, error) {
	var out forum.Found
	if len(s.Terms()) == 0 {
		return out, nil
	}
	if s.Kind == forum.FindPosts {
		l, err := r.Posts(ctx, forum.List{Sort: forum.SortNew, After: s.After, Limit: s.Limit})
		return forum.Found{Posts: l.Items, Next: l.Next}, err
	}
	return out, nil
}

// SitePosts lists, of the next n posts after an id, those that search engines may be
// told of: live ones in communities of ours.
func (r *Reader) SitePosts(ctx context.Context, after int64, n int) (forum.SitePage, error) {
	n = min(max(n, 1), maxSite)
	var out forum.SitePage
	var it forum.SiteItem
	var last int64
	var told bool
	err := each(ctx, r.db.pool, "storage.Reader.SitePosts", []any{&last, &told, orZero{&it.Changed}}, func() {
		if it.ID = last; told {
			out.Items = append(out.Items, it)
		}
	}, `select p.id, `+foundPost+` and c.local, greatest(p.submitted_at, p.updated_at, p.last_comment_at)
		from (select * from post where id > $1 order by id limit $2) p join community c on c.id = p.community_id join person a on a.id = p.author_id order by p.id`, after, n)
	out.Next = last
	return out, err
}

// maxSite is how many posts one page for search engines is taken from.
const maxSite = 20_000

// SiteCommunities lists the communities of ours that search engines may be told of.
func (r *Reader) SiteCommunities(ctx context.Context) (forum.SitePage, error) {
	var out forum.SitePage
	var it forum.SiteItem
	err := each(ctx, r.db.pool, "storage.Reader.SiteCommunities", []any{&it.ID, &it.Handle, orZero{&it.Changed}}, func() { out.Items = append(out.Items, it) },
		`select c.id, c.name, coalesce(c.updated_at, c.created_at) from community c where c.local and `+listedCommunity+` order by c.id limit $1`, maxSite)
	return out, err
}
