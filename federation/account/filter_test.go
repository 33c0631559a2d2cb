package account

import (
	"fmt"
	"strings"
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
		{name: "in the text", s: Settings{Keywords: []string{"dog", "mäuse"}}, p: post(func(p *forum.Post) { p.Text.HTML = "<p>Of <b>Mäuse</b>, too.</p>" }), want: WhyKeyword},
		{name: "words in the text", s: Settings{Keywords: []string{"of mice"}}, p: post(func(p *forum.Post) { p.Text.HTML = "<p>Of mice.</p>" }), want: WhyKeyword},
		{name: "a script without blanks, in the text", s: Settings{Keywords: []string{"東京"}}, p: post(func(p *forum.Post) { p.Title, p.Text.HTML = "Where", "<p>大東京都</p>" }), want: WhyKeyword},
		{name: "part of a word of the text, and what is no word of it", s: Settings{Keywords: []string{"mic", "p", "href", "b"}}, p: post(func(p *forum.Post) { p.Text.HTML = `<p>Of <a href="/x">mice</a>.</p>` })},
		{name: "a word in marks, with an entity", s: Settings{Keywords: []string{"rock & roll"}}, p: post(func(p *forum.Post) { p.Text.HTML = `<p>No <em>Ro</em>ck &amp; roll<br>here.</p>` }), want: WhyKeyword},
		{name: "two lines are two words", s: Settings{Keywords: []string{"rollhere"}}, p: post(func(p *forum.Post) { p.Text.HTML = `<p>roll<br>here</p><p>roll</p><p>here</p>` })},
		{name: "far below", s: Settings{Keywords: []string{"mice", "of mice"}}, p: post(func(p *forum.Post) { p.Text.HTML = "<p>" + strings.Repeat("ü ", lookedAt/3) + "Of mice.</p>" })},
		{name: "a text that ends in a mark", s: Settings{Keywords: []string{"href"}}, p: post(func(p *forum.Post) { p.Text.HTML = strings.Repeat("x", lookedAt-8) + `<a title="href">` })},
		{name: "a word with an apostrophe", s: Settings{Keywords: []string{"cat's"}}, p: post(nil), want: WhyKeyword},
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

// A page of 25 posts with texts of 4,000 letters, judged by 200 keywords of which none
// stands in them.
func BenchmarkFilter(b *testing.B) {
	var s Settings
	for i := range MaxKeywords {
		s.Keywords = append(s.Keywords, fmt.Sprint("keyword", i))
	}
	for i := range 10 {
		s.Keywords[i] += " and more"
	}
	p := forum.Post{ID: 9, Author: forum.Person{ID: 2}, Title: "The cat's Café in 東京都", Text: forum.Text{HTML: "<p>" + strings.Repeat("keyhole or <em>words</em> of some length ", 125) + "</p>"}}
	for b.Loop() {
		f := Filter{Person: 1, Settings: &s, Marks: &forum.Marks{}, Shuns: &forum.Shuns{}}
		for range 25 {
			if why, _ := f.Hides(&p); why != "" {
				b.Fatal(why)
			}
		}
	}
}
