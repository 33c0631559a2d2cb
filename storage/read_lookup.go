package storage

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"

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
