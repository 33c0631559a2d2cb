package storage

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"stoa/federation/forum"
)

// Lookup finds what an address or handle leads to, of what is known here: the
// ActivityPub id of something or its page at its own server, an address of ours, a
// handle. It asks nobody else.
func (r *Reader) Lookup(ctx context.Context, text string) (forum.Place, error) {
	text = strings.TrimSpace(text)
	if len(text) > maxAddress {
		return forum.Place{}, ErrNotFound
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return r.lookupHandle(ctx, strings.TrimPrefix(text, "acct:"))
	}
	if place, err := r.lookupOurs(ctx, u); !errors.Is(err, ErrNotFound) {
		return place, err
	}
	if place, err := r.lookupAddress(ctx, spellings(u)); !errors.Is(err, ErrNotFound) {
		return place, err
	}
	return r.lookupPath(ctx, u)
}

// maxAddress is the longest id that anything here has.
const maxAddress = 2048

// lookupHandle finds @name@host, name@host and !name@host. A bare name is not
// looked for: it is a word.
func (r *Reader) lookupHandle(ctx context.Context, text string) (forum.Place, error) {
	community := strings.HasPrefix(text, "!")
	handle := strings.TrimLeft(text, "!@")
	name, host, ok := strings.Cut(handle, "@")
	if !ok && handle == text || name == "" || ok && host == "" || strings.ContainsAny(handle, " /") {
		return forum.Place{}, ErrNotFound
	}
	if !community {
		if place, err := r.personAt(ctx, name, host); !errors.Is(err, ErrNotFound) {
			return place, err
		}
	}
	return r.communityAt(ctx, name, host)
}

// personAt and communityAt find somebody by name and host, which is empty for ours
// or our own.
func (r *Reader) personAt(ctx context.Context, name, host string) (forum.Place, error) {
	a, err := r.Person(ctx, name, r.hostOrOurs(host))
	return forum.Place{Kind: forum.AtPerson, ID: a.ID, Handle: a.Handle()}, err
}

func (r *Reader) communityAt(ctx context.Context, name, host string) (forum.Place, error) {
	c, err := r.Community(ctx, name, r.hostOrOurs(host))
	return forum.Place{Kind: forum.AtCommunity, ID: c.ID, Handle: c.Handle()}, err
}

func (r *Reader) hostOrOurs(host string) string {
	if base, err := url.Parse(r.db.base); err == nil && strings.EqualFold(base.Host, host) {
		return ""
	}
	return host
}

// lookupOurs finds what has its page at an address of this node.
func (r *Reader) lookupOurs(ctx context.Context, u *url.URL) (forum.Place, error) {
	if u.Host == "" || r.hostOrOurs(u.Host) != "" {
		return forum.Place{}, ErrNotFound
	}
	kind, rest, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	name, host, _ := strings.Cut(rest, "@")
	id, err := strconv.ParseInt(rest, 10, 32)
	switch {
	case kind == "u":
		return r.personAt(ctx, name, host)
	case kind == "c":
		return r.communityAt(ctx, name, host)
	case kind == "post" && err == nil:
		return r.place(ctx, `select 'post', id, '' from post where id = $1`, id)
	case kind == "comment" && err == nil:
		return r.place(ctx, `select 'comment', id, '' from comment where id = $1`, id)
	}
	return forum.Place{}, ErrNotFound
}

// place runs a query that finds one place.
func (r *Reader) place(ctx context.Context, sql string, args ...any) (forum.Place, error) {
	var p forum.Place
	err := r.one(ctx, "Lookup", sql, []any{&p.Kind, &p.ID, &p.Handle}, args...)
	return p, err
}

// spellings lists the ways in which an address may stand here: people copy it with
// a slash, a fragment or a query that its id does not have.
func spellings(u *url.URL) []string {
	var out []string
	for _, scheme := range []string{"https", "http"} {
		v := *u
		v.Scheme, v.Host, v.User = scheme, strings.ToLower(u.Host), nil
		for _, whole := range []bool{true, false} {
			if !whole {
				if v.RawQuery == "" && v.Fragment == "" {
					continue
				}
				v.RawQuery, v.Fragment, v.RawFragment = "", "", ""
			}
			text := v.String()
			out = append(out, text)
			if v.RawQuery == "" && v.Fragment == "" {
				if bare, ok := strings.CutSuffix(text, "/"); ok {
					out = append(out, bare)
				} else {
					out = append(out, text+"/")
				}
			}
		}
	}
	return out
}

// lookupAddress finds what has one of these ids or pages. An id comes first: what
// stands as a page is only what a server says of its own object.
func (r *Reader) lookupAddress(ctx context.Context, addresses []string) (forum.Place, error) {
	return r.place(ctx, `select kind, id, case when local or name = '' then name else name || '@' || host end from (
			select 1 n, 'post' kind, id, '' name, '' host, local from post where uri = any($1)
			union all select 1, 'comment', id, '', '', local from comment where uri = any($1)
			union all select 1, 'community', id, name, host, local from community where uri = any($1) and not wall
			union all select 1, 'person', id, name, host, local from person where uri = any($1) and name <> ''
			union all select 2, 'post', p.id, '', '', p.local from unnest($1::text[]) x(url) join post p on p.page_url = x.url and p.page_url <> ''
			union all select 2, 'comment', m.id, '', '', m.local from unnest($1::text[]) x(url) join comment m on m.page_url = x.url and m.page_url <> ''
		) found order by n, id limit 1`, addresses)
}

// lookupPath reads the page of an account out of its address: /@name, /u/name and
// /c/name of its own server, or with @host those that another server shows.
func (r *Reader) lookupPath(ctx context.Context, u *url.URL) (forum.Place, error) {
	first, rest, _ := strings.Cut(strings.Trim(u.Path, "/"), "/")
	if handle, ok := strings.CutPrefix(first, "@"); ok && rest == "" {
		first, rest = "u", handle
	}
	name, host, _ := strings.Cut(rest, "@")
	if host == "" {
		host = strings.ToLower(u.Host)
	}
	switch {
	case name == "" || strings.Contains(rest, "/"):
	case first == "u" || first == "users":
		return r.personAt(ctx, name, host)
	case first == "c" || first == "m":
		return r.communityAt(ctx, name, host)
	}
	return forum.Place{}, ErrNotFound
}

// directoryOrder is what the directory is sorted by, in ascending order: of what is
// known here, and of what stands in lists. A list says nothing of some.
type directoryOrder struct {
	known, listed string
	text          bool
	ties          int // of name and host, how many decide between equals, so that an index is walked
}

var directoryOrders = map[forum.CommunitySort]directoryOrder{
	forum.CommunitiesByFollowers: {known: `-greatest(c.followers, c.there)::bigint`, listed: `-l.followers::bigint`, ties: 2},
	forum.CommunitiesByActivity:  {known: `-c.busy::bigint`, listed: `-l.busy::bigint`, ties: 2},
	forum.CommunitiesByPosts:     {known: `-c.posts::bigint`, listed: `-l.posts::bigint`, ties: 2},
	forum.CommunitiesByAge:       {known: `-c.id::bigint`},
	forum.CommunitiesByName:      {known: `search_fold(coalesce(nullif(c.title, ''), c.name)) collate "C"`, listed: `search_fold(coalesce(nullif(l.title, ''), l.name)) collate "C"`, text: true, ties: 2},
	forum.CommunitiesByServer:    {known: `c.host collate "C"`, listed: `l.host collate "C"`, text: true, ties: 1},
}

// tie is what decides between equals, in a table under that name.
func (by directoryOrder) tie(t string) string {
	return strings.Join([]string{``, `, ` + t + `name collate "C"`, `, ` + t + `host collate "C"`}[:by.ties+1], ``)
}

// Where the directory looks: among what can be read here or stands in its server's
// list, and among what only stands there. Nothing is listed of servers that nobody
// speaks with. The lists are asked by a subquery with a limit, which Postgres does not
// put into a hash as a whole.
const (
	knownInDirectory = `c.discoverable and not c.removed and not c.gone and not c.wall and (c.local or c.posts > 0 or c.followers > 0
		or (select true from listing l where l.host = c.host and lower(l.name) = lower(c.name) limit 1))`
	listedInDirectory = `not exists (select 1 from community c where c.host = l.host and lower(c.name) = lower(l.name) and not c.wall)
		and l.host in (select k.host from catalogue k where not host_refused(k.host))`
)

// Directory lists communities of all servers.
func (r *Reader) Directory(ctx context.Context, d forum.Directory) (forum.DirectoryListing, error) {
	by, ok := directoryOrders[d.Sort]
	if !ok {
		by = directoryOrders[forum.CommunitiesByFollowers]
	}
	var args []any
	arg := func(v any) string { args = append(args, v); return "$" + strconv.Itoa(len(args)) }
	limit := clampLimit(d.Limit)
	last := strconv.Itoa(limit + 1)
	var beyond string
	if d.After != "" {
		key, name, host, ok := parseDirectoryCursor(d.After, by.text)
		if !ok {
			return forum.DirectoryListing{}, forum.Refuse(forum.Invalid, "bad-cursor", "The address of this page is not complete.")
		}
		beyond = arg(key)
		for _, tie := range []string{name, host}[:by.ties] {
			beyond += `, ` + arg(tie)
		}
	}
	branch := func(t, key, columns, from, where, language string) string {
		order := key + by.tie(t)
		if beyond != "" {
			where += ` and (` + order + `) > (` + beyond + `)`
		}
		if d.Host != "" {
			where += ` and ` + t + `host = lower(` + arg(d.Host) + `)`
		}
		if d.Language != "" {
			where += ` and ` + t + language + ` = ` + arg(d.Language)
		}
		if !d.Sensitive {
			where += ` and not ` + t + `sensitive`
		}
		return `(select ` + key + ` as key, ` + columns + ` from ` + from + ` where ` + where + named(t, d.Text, arg) + ` order by ` + order + ` limit ` + last + `)`
	}
	known := knownInDirectory
	if d.Local {
		known += ` and c.local`
	}
	sql := branch(`c.`, by.known, `c.id, c.name, c.host, c.title, c.sensitive, greatest(c.followers, c.there) as followers, c.posts, c.busy, c.spoken as language`,
		`community c`, known, `spoken`)
	if !d.Local && !d.Known && by.listed != `` {
		sql += ` union all ` + branch(`l.`, by.listed, `0, l.name, l.host, l.title, l.sensitive, l.followers, l.posts, l.busy, l.language`, `listing l`, listedInDirectory, `language`)
	}
	var out forum.DirectoryListing
	var keys []any
	var key any
	it := forum.DirectoryItem{}
	c := &it.Community
	err := each(ctx, r.db.pool, "storage.Reader.Directory", []any{&key, &c.ID, &c.Name, &c.Host, &c.Title, &c.Sensitive, &it.Followers, &c.Posts, &it.Active, &it.Language}, func() {
		out.Items = append(out.Items, it)
		keys = append(keys, key)
	}, `select key, id, name, host, title, sensitive, followers, posts, busy, language from (`+sql+`) x order by key`+by.tie(``)+` limit `+last, args...)
	if err != nil {
		return out, err
	}
	if len(out.Items) > limit {
		out.Items = out.Items[:limit]
		end := &out.Items[limit-1].Community
		out.Next = directoryCursor(keys[limit-1], end.Name, end.Host)
	}
	return out, r.fillDirectory(ctx, out.Items)
}

// named are the conditions that each word of a text stands in the name or title of a
// community, or that it is the one of that handle.
func named(t, text string, arg func(any) string) (where string) {
	words := strings.Fields(text)
	// Letters without a trigram, in no word of any length, would have every name folded.
	indexed := slices.ContainsFunc(words, func(w string) bool {
		name, _, _ := strings.Cut(strings.TrimLeft(w, "@!"), "@")
		return utf8.RuneCountInString(name) > 2
	})
	for _, word := range words[:min(len(words), 8)] {
		name, host, _ := strings.Cut(strings.TrimLeft(word, "@!"), "@")
		if host != "" {
			where += ` and lower(` + t + `name) = lower(` + arg(name) + `) and ` + t + `host = lower(` + arg(host) + `)`
			continue
		}
		if !indexed {
			where += ` and lower(` + t + `name) = search_fold(` + arg(name) + `)`
			continue
		}
		where += ` and search_fold(` + t + `name || ' ' || ` + t + `title) like '%' || search_fold(` + arg(literally.Replace(name)) + `) || '%'`
	}
	return where
}

// fillDirectory reads what is known here of communities.
func (r *Reader) fillDirectory(ctx context.Context, items []forum.DirectoryItem) error {
	at := map[int64]int{}
	var ids []int64
	for i := range items {
		if id := items[i].Community.ID; id != 0 {
			at[id], ids = i, append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	var c forum.Community
	return each(ctx, r.db.pool, "storage.Reader.Directory", communityFields(&c), func() { items[at[c.ID]].Community = c },
		`select `+communityColumns+` from community c where c.id = any($1)`, ids)
}

// directoryCursor is where a page of the directory ends: the key and the handle of its
// last community.
func directoryCursor(key any, name, host string) string {
	text, ok := key.(string)
	if ok {
		text = base64.RawURLEncoding.EncodeToString([]byte(text))
	} else {
		text = fmt.Sprint(key)
	}
	return text + "~" + name + "@" + host
}

func parseDirectoryCursor(s string, text bool) (key any, name, host string, ok bool) {
	first, handle, ok := strings.Cut(s, "~")
	at := strings.LastIndexByte(handle, '@')
	if !ok || at < 1 || len(s) > maxAddress || strings.ContainsRune(s, 0) || !utf8.ValidString(s) {
		return nil, "", "", false
	}
	name, host = handle[:at], handle[at+1:]
	if text {
		b, err := base64.RawURLEncoding.DecodeString(first)
		return string(b), name, host, err == nil && utf8.Valid(b) && !bytes.ContainsRune(b, 0)
	}
	n, err := strconv.ParseInt(first, 10, 64)
	return n, name, host, err == nil
}

// Catalogues lists the servers whose lists were asked for, by name.
func (r *Reader) Catalogues(ctx context.Context) ([]forum.Catalogue, error) {
	var k forum.Catalogue
	var all []forum.Catalogue
	err := each(ctx, r.db.pool, "storage.Reader.Catalogues", []any{&k.Host, &k.Software, &k.State, &k.Reason, &k.Found, &k.AskedAt, orZero{&k.ReadAt}}, func() { all = append(all, k) },
		`select host, software, state, reason, found, asked_at, read_at from catalogue order by host limit $1`, forum.MaxCatalogues)
	return all, err
}

// Spoken lists the languages of communities that are known here, those of most first.
func (r *Reader) Spoken(ctx context.Context) ([]string, error) {
	var tag string
	var all []string
	err := each(ctx, r.db.pool, "storage.Reader.Spoken", []any{&tag}, func() { all = append(all, tag) },
		`select spoken from community where spoken <> '' and not removed and not gone group by 1 order by count(*) desc, 1 limit 40`)
	return all, err
}

// ReadFeed is the job of reading which communities a Feed elsewhere is made of.
type ReadFeed struct {
	Feed string `json:"feed" river:"unique"`
}

// Kind implements river.JobArgs.
func (ReadFeed) Kind() string { return "read_feed" }

// InsertOpts implements river.JobArgsWithInsertOpts.
func (ReadFeed) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 3, UniqueOpts: onceAtATime, Queue: LookupQueue}
}

// feedFresh is how long what a Feed is made of counts as new.
const feedFresh = 24 * time.Hour

// AskFeed has a Feed read for the collections that have in them what it has.
func (t *Tx) AskFeed(ctx context.Context, feed string) error {
	_, err := t.tx.Exec(ctx, `update collection set feed_state = case when feed_state = 2 then 2 else 1 end, asked_at = now() where feed = $1`, feed)
	if err == nil {
		_, err = t.askReach(ctx, ReadFeed{Feed: feed})
	}
	if err != nil {
		return fmt.Errorf("storage.AskFeed: %w", err)
	}
	return nil
}

// staleFeed asks again for a Feed that was asked for a day ago, if there is one.
func (db *DB) staleFeed(ctx context.Context) error {
	var feed string
	err := db.pool.QueryRow(ctx, `select feed from collection where feed <> '' and asked_at < now() - $1::interval order by asked_at limit 1`, feedFresh).Scan(&feed)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("storage: stale feeds: %w", err)
	}
	return db.InTx(ctx, func(ctx context.Context, tx *Tx) error { return tx.AskFeed(ctx, feed) })
}

// EndFeed has the collections of a Feed hold these communities, by id, as far as they
// are known here. With read false it could not be had, and what they hold stays.
func (t *Tx) EndFeed(ctx context.Context, feed string, communities []string, read bool) error {
	if !read {
		_, err := t.tx.Exec(ctx, `update collection set feed_state = 3 where feed = $1`, feed)
		return err
	}
	batch := &pgx.Batch{}
	batch.Queue(`update collection set feed_state = 2 where feed = $1`, feed)
	batch.Queue(`delete from collected x using collection k, community c
		where k.id = x.collection_id and c.id = x.community_id and k.feed = $1 and c.uri <> all($2::text[])`, feed, communities)
	batch.Queue(`insert into collected (collection_id, community_id, at) select k.id, c.id, now() from collection k cross join community c
		where k.feed = $1 and c.uri = any($2::text[]) and not c.removed and not c.wall on conflict do nothing`, feed, communities)
	if err := t.tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("storage.EndFeed: %w", err)
	}
	return nil
}
