package private

import (
	"context"
	"time"

	"stoa/federation/forum"
)

// ShunKind says whether it is a person, a community or a server that somebody does not
// want to read.
type ShunKind int8

// What can be shunned.
const (
	ShunPerson    ShunKind = 1
	ShunCommunity ShunKind = 2
	ShunHost      ShunKind = 3
)

// MaxShuns is how many people, communities and servers one person can block.
const MaxShuns = 5000

// Shuns tells whom somebody does not want to read.
func (s Store) Shuns(ctx context.Context, person int64) (forum.Shuns, error) {
	x := forum.Shuns{People: map[int64]bool{}, Communities: map[int64]bool{}, Hosts: map[string]bool{}}
	var kind ShunKind
	var target int64
	var host string
	err := s.each(ctx, "Shuns", []any{&kind, &target, &host}, func() {
		switch kind {
		case ShunPerson:
			x.People[target] = true
		case ShunCommunity:
			x.Communities[target] = true
		case ShunHost:
			x.Hosts[host] = true
		}
	}, `select kind, target, host from shun where person_id = $1`, person)
	return x, err
}

// Shunned is one line of whom somebody does not want to read.
type Shunned struct {
	Kind      ShunKind
	Target    int64
	Host      string
	Person    forum.Person    // id, name, host, title
	Community forum.Community // likewise
	At        time.Time
}

// Shunned lists them, the newest first.
func (s Store) Shunned(ctx context.Context, person int64) ([]Shunned, error) {
	var x Shunned
	var list []Shunned
	a, c := &x.Person, &x.Community
	err := s.each(ctx, "Shunned", []any{&x.Kind, &x.Target, &x.Host, &x.At, &a.ID, &a.Name, &a.Host, &a.Local, &a.Title, &c.ID, &c.Name, &c.Host, &c.Local, &c.Title},
		func() { list = append(list, x) },
		`select s.kind, s.target, s.host, s.at, coalesce(a.id, 0), coalesce(a.name, ''), coalesce(a.host, ''), coalesce(a.local, false), coalesce(a.title, ''),
			coalesce(c.id, 0), coalesce(c.name, ''), coalesce(c.host, ''), coalesce(c.local, false), coalesce(c.title, '')
		from shun s left join person a on s.kind = 1 and a.id = s.target left join community c on s.kind = 2 and c.id = s.target
		where s.person_id = $1 order by s.at desc, s.kind, s.target, s.host limit $2`, person, MaxShuns)
	return list, err
}

// Shun has somebody read no more of a person, community or server, or undoes that.
// Beyond MaxShuns nothing changes.
func (s Store) Shun(ctx context.Context, person int64, kind ShunKind, target int64, host string, yes bool, at time.Time) error {
	if !yes {
		_, err := s.do(ctx, "Shun", `delete from shun where person_id = $1 and kind = $2 and target = $3 and host = $4`, person, kind, target, host)
		return err
	}
	_, err := s.do(ctx, "Shun", `insert into shun (person_id, kind, target, host, at) select $1, $2, $3, $4, $5
		where (select count(*) from shun where person_id = $1) < $6 on conflict do nothing`, person, kind, target, host, at, MaxShuns)
	if err == nil && kind != ShunCommunity { // what they wrote is waited for no more
		_, err = s.do(ctx, "Shun", `with gone as (select id from person where $2 = 1 and id = $3 or $2 = 3 and host = $4 and id in (select with_id from conversation where person_id = $1)),
				m as (update message set seen = true where to_id = $1 and author_id in (select id from gone) and not seen)
			update notice set seen = true where person_id = $1 and kind = 8 and actor_id in (select id from gone) and not seen`, person, kind, target, host)
	}
	return err
}

// PersonByID finds who a person is by number: id, name, host.
func (s Store) PersonByID(ctx context.Context, id int64) (forum.Person, error) {
	var a forum.Person
	err := s.one(ctx, "PersonByID", `select id, uri, name, host, local from person where id = $1`, []any{&a.ID, &a.URI, &a.Name, &a.Host, &a.Local}, id)
	return a, err
}
