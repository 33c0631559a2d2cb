package account

import (
	"testing"

	"stoa/federation/forum"
)

func TestFilter(t *testing.T) {
	ann, bob := forum.Person{ID: 1, Local: true}, forum.Person{ID: 2, Host: "far.example"}
	home, away := forum.Community{ID: 5, Local: true}, forum.Community{ID: 6, Host: "far.example"}
	post := func(change func(*forum.Post)) forum.Post {
		p := forum.Post{ID: 9, Author: bob, Community: home, Title: "The cat's Café in 東京都"}
		if change != nil {
			change(&p)
		}
		return p
	}
	none := &forum.Shuns{}
	for _, c := range []struct {
		name   string
		s      Settings
		m      forum.Marks
		x      *forum.Shuns
		within int64
		p      forum.Post
		want   Why
	}{
		{name: "nothing", p: post(nil)},
		{name: "a keyword", s: Settings{Keywords: []string{"dog", "café"}}, p: post(nil), want: WhyKeyword},
		{name: "words of it", s: Settings{Keywords: []string{"the cat"}}, p: post(nil), want: WhyKeyword},
		{name: "part of a word", s: Settings{Keywords: []string{"caf", "at", "h"}}, p: post(nil)},
		{name: "a script without blanks", s: Settings{Keywords: []string{"東京"}}, p: post(nil), want: WhyKeyword},
		{name: "one's own", s: Settings{Keywords: []string{"café"}}, p: post(func(p *forum.Post) { p.Author = ann })},
		{name: "hidden", m: forum.Marks{Hidden: map[int64]bool{9: true}}, p: post(nil), want: WhyHidden},
		{name: "a person", x: &forum.Shuns{People: map[int64]bool{2: true}}, p: post(nil), want: WhyPerson},
		{name: "a server", x: &forum.Shuns{Hosts: map[string]bool{"far.example": true}}, p: post(nil), want: WhyServer},
		{name: "a community's server", x: &forum.Shuns{Hosts: map[string]bool{"far.example": true}}, p: post(func(p *forum.Post) { p.Author, p.Community = forum.Person{ID: 3, Local: true}, away }), want: WhyServer},
		{name: "a community", x: &forum.Shuns{Communities: map[int64]bool{5: true}}, p: post(nil), want: WhyCommunity},
		{name: "a community, opened", x: &forum.Shuns{Communities: map[int64]bool{5: true}}, within: 5, p: post(nil)},
		{name: "a language", s: Settings{Languages: []string{"de"}}, p: post(func(p *forum.Post) { p.Language = "en-GB" }), want: WhyLanguage},
		{name: "a language that is read", s: Settings{Languages: []string{"en"}}, p: post(func(p *forum.Post) { p.Language = "en-GB" })},
		{name: "no language", s: Settings{Languages: []string{"de"}}, p: post(nil)},
		{name: "sensitive", s: Settings{Sensitive: "hide"}, p: post(func(p *forum.Post) { p.Sensitive = true }), want: WhySensitive},
		{name: "a warning", s: Settings{Sensitive: "hide"}, p: post(func(p *forum.Post) { p.Warning = "spiders" }), want: WhySensitive},
		{name: "read", s: Settings{Read: "hide"}, m: forum.Marks{Read: map[int64]forum.ReadMark{9: {}}}, p: post(nil), want: WhyRead},
		{name: "read, greyed", m: forum.Marks{Read: map[int64]forum.ReadMark{9: {}}}, p: post(nil)},
	} {
		if c.x == nil {
			c.x = none
		}
		f := Filter{Person: ann.ID, Settings: &c.s, Marks: &c.m, Shuns: c.x, Within: c.within}
		if why, _ := f.Hides(&c.p); why != c.want {
			t.Errorf("%s: %q, want %q", c.name, why, c.want)
		}
	}
}
