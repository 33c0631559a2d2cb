package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"stoa/federation/forum"
)

// match is something found, and how well it matches.
type match struct {
	id   int64
	at   time.Time
	rank int32
}

// rankedMatches is how many of the newest matches are ranked by how well they
// match, and how many names. With very common words there are hundreds of thousands.
const rankedMatches = 300

// Search finds posts and comments by their words, communities and people by their
// names. A search for nothing finds nothing. Of more than 300 matches the newest are
// ranked; sorted by time there is no such bound.
func (r *Reader) Search(ctx context.Context, s forum.Search) (forum.Found, error) {
	var out forum.Found
	limit := clampLimit(s.Limit)
	kind := counts
	if s.Sort == forum.ByNewest && (s.Kind == forum.FindPosts || s.Kind == forum.FindComments) {
		kind = moments
	}
	after, err := parseCursor(s.After, kind)
	if err != nil {
		return out, err
	}
	matches, err := r.matches(ctx, &s, kind, after, limit)
	if errors.Is(err, ErrNotFound) { // the author or community that was named
		return out, nil
	}
	if err != nil {
		return out, err
	}
	if kind == counts {
		slices.SortFunc(matches, func(a, b match) int { return cmp.Or(cmp.Compare(b.rank, a.rank), cmp.Compare(b.id, a.id)) })
		if after != nil {
			key, _ := after.key.(int32)
			matches = slices.DeleteFunc(matches, func(m match) bool { return m.rank > key || m.rank == key && m.id >= after.id })
		}
	}
	if len(matches) > limit {
		matches = matches[:limit]
		last := matches[limit-1]
		out.Next = cursor{last.rank, last.id}.String()
		if kind == moments {
			out.Next = cursor{last.at, last.id}.String()
		}
	}
	err = r.fill(ctx, &out, s.Kind, matches)
	return out, err
}

func (r *Reader) matches(ctx context.Context, s *forum.Search, kind keyKind, after *cursor, limit int) ([]match, error) {
	if s.Kind == forum.FindCommunities || s.Kind == forum.FindPeople {
		return r.names(ctx, s)
	}
	q, err := r.query(ctx, s)
	if err != nil || q.all == "" {
		return nil, err
	}
	if kind == moments {
		return r.words(ctx, s, q, after, limit+1)
	}
	return r.words(ctx, s, q, nil, rankedMatches) // all are ranked before the page is cut
}

// query is a search as Postgres reads it: all that is asked, and the words to rank by.
type query struct{ all, words string }

// query puts together what a search asks of words and marks; empty when it asks
// nothing.
func (r *Reader) query(ctx context.Context, s *forum.Search) (q query, err error) {
	terms := s.Terms()
	words := make([]string, len(terms))
	for i, t := range terms {
		words[i] = t.Words
	}
	var folded, asked []string
	err = r.one(ctx, "Search", `select array(select search_words(w) from unnest($1::text[]) with ordinality x(w, n) order by n)`, []any{&folded}, words)
	if err != nil {
		return q, err
	}
	phrases, openings := make([]string, len(terms)), make([]string, len(terms))
	for i, text := range folded {
		phrases[i], openings[i] = cutPairs(strings.Fields(text))
	}
	err = r.one(ctx, "Search", `select array(select case when o <> '' then to_tsquery('simple', '''' || o || ''':*') else phraseto_tsquery('simple', p) end::text
		from unnest($1::text[], $2::text[]) with ordinality x(p, o, n) order by n)`, []any{&asked}, phrases, openings)
	if err != nil {
		return q, err
	}
	var wanted, all []string
	for i, text := range asked {
		switch {
		case text == "":
		case terms[i].Not:
			all = append(all, "!("+text+")")
		default:
			wanted = append(wanted, "("+text+")")
		}
	}
	marks, err := r.marks(ctx, s)
	if len(wanted) == 0 && len(marks) == 0 {
		return q, err // everything but some word is not worth looking for
	}
	all = append(append(all, wanted...), marks...)
	return query{all: strings.Join(all, " & "), words: strings.Join(wanted, " & ")}, err
}

// cutPairs makes a phrase of the words that search_words gives. The last character
// of a run that has no blanks stands for itself there, and in a text only at the end
// of one: as the end of a phrase it is left out, and alone it is the opening of a
// pair.
func cutPairs(words []string) (phrase, opening string) {
	single := func(w string) bool { return utf8.RuneCountInString(w) == 1 && w[0] >= utf8.RuneSelf }
	var out []string
	for i, w := range words {
		if i > 0 && single(w) && strings.HasSuffix(words[i-1], w) && utf8.RuneCountInString(words[i-1]) == 2 {
			continue
		}
		out = append(out, w)
	}
	if len(out) == 1 && single(out[0]) {
		return "", out[0]
	}
	return strings.Join(out, " "), ""
}

// marks are what a search asks besides words; see migration 0013.
func (r *Reader) marks(ctx context.Context, s *forum.Search) ([]string, error) {
	var out []string
	if s.Author != "" {
		name, host, _ := strings.Cut(s.Author, "@")
		place, err := r.personAt(ctx, name, host)
		if err != nil {
			return nil, err
		}
		out = append(out, fmt.Sprintf("'@%d'", place.ID))
	}
	if s.Community != "" {
		name, host, _ := strings.Cut(s.Community, "@")
		place, err := r.communityAt(ctx, name, host)
		if err != nil {
			return nil, err
		}
		out = append(out, fmt.Sprintf("'!%d'", place.ID))
	}
	if s.HasLink {
		out = append(out, `'='`)
	}
	return out, nil
}

// stretches are parts of time to look in, one after the other.
type stretches struct {
	marks         []string
	since, before []time.Time
}

// newestFirst is how many days are looked at one by one before whole quarters are.
// Words so common that a quarter has very many of them are found in these days; of
// those that are not, a quarter has few.
const newestFirst = 14

// firstQuarter begins with the year 2015; what is older is marked as of it.
const firstQuarter = 2015 * 4

func stretchesOf(s *forum.Search, now time.Time, after *cursor) stretches {
	var out stretches
	end := now.UTC().Add(24 * time.Hour)
	if !s.Before.IsZero() && s.Before.Before(end) {
		end = s.Before.UTC()
	}
	if after != nil {
		if at, ok := after.key.(time.Time); ok && at.Before(end) {
			end = at.Add(time.Microsecond) // those of the same moment may be left
		}
	}
	add := func(mark string, since time.Time) {
		from := since
		if s.Since.After(since) {
			from = s.Since
		}
		out.marks, out.since, out.before = append(out.marks, mark), append(out.since, from), append(out.before, end)
		end = since
	}
	for n := 0; n < newestFirst && end.After(s.Since); n++ {
		day := end.Add(-time.Microsecond).Truncate(24 * time.Hour)
		add(fmt.Sprintf("'#d%d'", day.Unix()/86400), day)
	}
	for end.After(s.Since) {
		last := end.Add(-time.Microsecond)
		quarter := last.Year()*4 + (int(last.Month())-1)/3
		if quarter <= firstQuarter {
			add(fmt.Sprintf("'#q%d'", firstQuarter), time.Time{})
			break
		}
		add(fmt.Sprintf("'#q%d'", quarter), time.Date(last.Year(), last.Month()-(last.Month()-1)%3, 1, 0, 0, 0, 0, time.UTC))
	}
	return out
}

// words finds the newest n posts or comments that match, newest first.
func (r *Reader) words(ctx context.Context, s *forum.Search, q query, after *cursor, n int) ([]match, error) {
	in := stretchesOf(s, time.Now(), after)
	from, found, author, score := `post_words w join post p on p.id = w.id`, foundPost, `p.author_id`, `p.up - p.down`
	if s.Kind == forum.FindComments {
		from = `comment_words w join comment m on m.id = w.id join post p on p.id = m.post_id`
		found, author, score = foundComment, `m.author_id`, `m.up - m.down`
	}
	below, args := ``, []any{in.marks, in.since, in.before, q.all, q.words, n}
	if after != nil {
		below, args = ` and (w.at, w.id) < ($7, $8)`, append(args, after.key, after.id)
	}
	var out []match
	var m match
	// The stretches are looked into one after the other, until there are enough.
	err := each(ctx, r.db.pool, "storage.Reader.Search", []any{&m.id, orZero{&m.at}, &m.rank}, func() { out = append(out, m) },
		`select x.id, x.at, x.rank from unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) s(mark, since, before), lateral (
			select w.id, w.at, (least(ts_rank(w.words, $5::text::tsquery, 1), 10) * 1e7 * (1 + log(greatest(`+score+`, 1)::float8)))::int as rank
			from `+from+` join community c on c.id = p.community_id join person a on a.id = `+author+`
			where w.words @@ (s.mark::tsquery && $4::text::tsquery) and w.at >= s.since and w.at < s.before and `+found+below+`
			order by w.at desc, w.id desc limit $6) x limit $6`, args...)
	return out, err
}

// names finds communities or people whose names have all the words, those named
// just so first.
func (r *Reader) names(ctx context.Context, s *forum.Search) ([]match, error) {
	of, t, listed, weight := `person a`, `a.`, listedPerson, `a.posts + a.comments`
	if s.Kind == forum.FindCommunities {
		of, t, listed, weight = `community c`, `c.`, listedCommunity, `c.followers`
	}
	where, first := ``, ``
	var args []any
	arg := func(v any) string { args = append(args, v); return "$" + strconv.Itoa(len(args)) }
	terms := s.Terms()
	trigram := func(t forum.Term) bool {
		name, _, _ := strings.Cut(strings.TrimLeft(t.Words, "@!"), "@") // the signs make no trigram
		return !t.Not && utf8.RuneCountInString(name) > 2
	}
	indexed := slices.ContainsFunc(terms, trigram)
	for _, term := range terms {
		name, host, _ := strings.Cut(strings.TrimLeft(term.Words, "@!"), "@")
		is := func() string { return `lower(` + t + `name) = search_fold(` + arg(name) + `)` }
		var has string
		switch {
		case host != "":
			has = is() + ` and ` + t + `host = lower(` + arg(host) + `)`
		case utf8.RuneCountInString(name) < 3 && !indexed: // which makes no trigram
			has = is()
		default:
			has = `search_fold(` + t + `name || ' ' || ` + t + `title) like '%' || search_fold(` + arg(literally.Replace(name)) + `) || '%'`
		}
		if term.Not {
			has = `not (` + has + `)`
		} else if first == "" {
			first = is()
		}
		where += ` and ` + has
	}
	if first == "" {
		return nil, nil
	}
	var out []match
	var m match
	err := each(ctx, r.db.pool, "storage.Reader.Search", []any{&m.id, &m.rank}, func() { out = append(out, m) },
		`select id, rank from (select `+t+`id, case when `+first+` then 1000000000 else 0 end + least(`+weight+`, 999999999) rank
			from `+of+` where `+listed+where+`) x order by rank desc, id desc limit `+arg(rankedMatches), args...)
	return out, err
}

// literally takes the meaning of characters that like knows.
var literally = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// fill reads what was found.
func (r *Reader) fill(ctx context.Context, out *forum.Found, kind forum.SearchKind, matches []match) error {
	ids := make([]int64, len(matches))
	at := make(map[int64]int, len(matches))
	for i, m := range matches {
		ids[i], at[m.id] = m.id, i
	}
	const what = "storage.Reader.Search"
	switch kind {
	case forum.FindPeople:
		var a forum.Person
		err := each(ctx, r.db.pool, what, personFields(&a), func() { out.People = append(out.People, a) },
			`select `+personColumns+` from person a where a.id = any($1)`, ids)
		slices.SortFunc(out.People, func(a, b forum.Person) int { return at[a.ID] - at[b.ID] })
		return err
	case forum.FindCommunities:
		var c forum.Community
		err := each(ctx, r.db.pool, what, communityFields(&c), func() { out.Communities = append(out.Communities, c) },
			`select `+communityColumns+` from community c where c.id = any($1)`, ids)
		slices.SortFunc(out.Communities, func(a, b forum.Community) int { return at[a.ID] - at[b.ID] })
		return err
	case forum.FindComments:
		var it forum.CommentItem
		fields := append([]any{&it.PostTitle}, communityFields(&it.Community)...)
		err := each(ctx, r.db.pool, what, append(fields, commentRow(&it.Comment)...), func() { out.Comments = append(out.Comments, it) },
			`select p.title, `+communityColumns+`, `+commentRowColumns+commentFrom+` where m.id = any($1)`, ids)
		slices.SortFunc(out.Comments, func(a, b forum.CommentItem) int { return at[a.Comment.ID] - at[b.Comment.ID] })
		return err
	default:
		var p forum.Post
		err := each(ctx, r.db.pool, what, shownRow(&p), func() { out.Posts = append(out.Posts, forum.PostItem{Post: p}) },
			`select `+shownColumns+postFrom+previewFrom+`where p.id = any($1)`, ids)
		if err != nil {
			return err
		}
		slices.SortFunc(out.Posts, func(a, b forum.PostItem) int { return at[a.Post.ID] - at[b.Post.ID] })
		return r.addElsewhere(ctx, out.Posts)
	}
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
		from post p join community c on c.id = p.community_id join person a on a.id = p.author_id
		where p.id > $1 order by p.id limit $2`, after, n)
	out.Next = last
	return out, err
}

// LastPost is the id of the newest post; 0 where there is none.
func (r *Reader) LastPost(ctx context.Context) (id int64, err error) {
	err = r.one(ctx, "LastPost", `select coalesce(max(id), 0) from post`, []any{&id})
	return id, err
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
