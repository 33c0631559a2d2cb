package view

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"stoa/federation/forum"
	"stoa/web/words"
)

// hostile are texts that try to leave the place they are put in.
var hostile = []string{
	`"><script>alert(1)</script>`, `' onmouseover='alert(1)`, "a\x00b", `+&amp;<>&#34;`, "javascript:alert(1)", "</bdi></a></li></ol>",
	"\u202Egnp.exe", "𝔘𝔫𝔦", "{{.T}}", `\u003cscript\u003e`, "",
}

// conversation is a thread of n comments with everything in it that a comment
// can have, hostile texts included.
func conversation(n int, seed uint64) ThreadPage {
	r := rand.New(rand.NewPCG(seed, 1))
	pick := func() string { return hostile[r.IntN(len(hostile))] }
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	people := make([]forum.Person, 12)
	for i := range people {
		people[i] = forum.Person{ID: int64(i + 1), URI: "https://far.example/u", Name: fmt.Sprint("p", i), Host: "far.example", Local: i%3 == 0, Bot: i == 5}
		if i%4 == 0 {
			people[i].AvatarURL = "https://far.example/" + pick()
		}
		if i%2 == 0 {
			people[i].Title = pick()
		}
		if i%5 == 0 {
			people[i].Title, people[i].Emoji = pick()+":blob:", "blob https://far.example/blob.png\n"
		}
		if i == 7 {
			people[i].Name, people[i].Host = `a"b<c>`, `h/../"x y`
		}
	}
	p := ThreadPage{Frame: Frame{T: words.English, Now: now, Picture: toMedia}}
	p.Thread.Post = forum.Post{ID: 1, Author: people[1]}
	if seed%2 == 1 { // somebody is signed in
		p.Self = &Self{Person: people[0]}
		p.Self.Person.Bot = seed%3 == 0
		p.Marks = forum.Marks{Votes: map[forum.Subject]int{}, Reacted: map[forum.Subject]string{}, Saved: map[forum.Subject]bool{}, Reported: map[forum.Subject]bool{}, Read: map[int64]forum.ReadMark{1: {Last: int64(n / 2)}}}
		for i := range n {
			on := forum.Subject{Kind: forum.OnComment, ID: int64(i + 1)}
			p.Marks.Votes[on], p.Marks.Saved[on], p.Marks.Reported[on] = r.IntN(3)-1, r.IntN(3) == 0, r.IntN(3) == 0
			p.Marks.Reacted[on] = []string{"", "🙂", pick()}[r.IntN(3)]
		}
	}
	for i := range n {
		c := forum.Comment{
			ID: int64(i + 1), PostID: 1, Author: people[r.IntN(len(people))], URI: "https://far.example/o/" + pick(),
			URL: []string{"", "https://far.example/?a=1&b='\"<>", "javascript:alert(1)", "https://u:p@far.example/x y"}[r.IntN(4)],
			Up:  1 + r.IntN(3), Down: r.IntN(2), Language: []string{"", "de", "ar", `"><x`}[r.IntN(4)],
			Published: forum.Stamp{Time: now.Add(-time.Duration(r.IntN(1e6)) * time.Second)},
			Text:      forum.Text{HTML: "<p>One <strong>strong</strong> word.</p><pre>code</pre>"},
			State:     forum.State(max(0, r.IntN(9)-5)), Reason: pick(),
		}
		if i > 0 && r.IntN(5) > 0 {
			parent := p.Thread.Comments[r.IntN(i)]
			c.ParentID, c.Depth = parent.ID, parent.Depth+1
		} else {
			c.Depth = 1
		}
		for range max(0, r.IntN(9)-5) {
			a := forum.Attachment{
				Medium: forum.Medium(1 + r.IntN(5)), URL: "https://far.example/" + pick(), Alt: pick(),
				Width: r.IntN(2) * 900, Height: r.IntN(2) * 600, Duration: time.Duration(r.IntN(9000)) * time.Second,
			}
			if r.IntN(2) == 0 {
				a.Poster = "https://far.example/" + pick()
			}
			c.Attachments = append(c.Attachments, a)
		}
		c.ByModerator, c.Distinguished, c.Locked = r.IntN(4) == 0, r.IntN(3) == 0, r.IntN(4) == 0
		switch r.IntN(6) {
		case 0:
			c.Tags.Quote = forum.Quote{URI: "https://far.example/quoted/" + strconv.Itoa(r.IntN(3)), Agreed: r.IntN(2) == 0}
		case 1:
			c.Tags.Hashtags = "käse go"
		case 2:
			c.Tags.Emoji, c.Text.HTML = "blob https://far.example/blob.png\n", "<p>:blob: and :none:</p>"
		case 3:
			c.Reactions = forum.Reactions("2 🙂\n1 :blob: https://far.example/" + pick() + "\n1 " + pick())
		}
		switch r.IntN(8) {
		case 0:
			c.Warning = pick()
		case 1:
			c.Sensitive = true
		case 2:
			c.Updated = forum.Stamp{Time: c.Published.Time.Add(time.Hour)}
		case 3:
			c.Local = true
		}
		p.Thread.Comments = append(p.Thread.Comments, c)
	}
	var everybody []int64
	for i := range people {
		everybody = append(everybody, people[i].ID)
	}
	p.Quoted = map[string]forum.Quoted{
		"https://far.example/quoted/0": {PostID: 3, Author: people[2], Brief: pick(), By: everybody},
		"https://far.example/quoted/1": {PostID: 3, CommentID: 4, Author: people[3], Warning: pick(), Brief: "x", By: everybody},
	}
	return p
}

// The hand-written writer is allowed because it writes what the template does.
func TestWriterEqualsTemplate(t *testing.T) {
	v, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(40) {
		p := conversation(int(seed)*3, seed)
		tree := p.tree()
		var want bytes.Buffer
		if err := v.sets["styleguide"].ExecuteTemplate(&want, "tree", tree); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		writeTree(&out, tree)
		got := out.Bytes()
		if !bytes.Equal(got, want.Bytes()) {
			at := 0
			for at < min(len(got), want.Len()) && got[at] == want.Bytes()[at] {
				at++
			}
			t.Fatalf("seed %d: differs at %d:\n writer   …%s\n template …%s", seed, at,
				got[max(0, at-80):min(len(got), at+80)], want.Bytes()[max(0, at-80):min(want.Len(), at+80)])
		}
	}
}

// That a comment is closed is said where that begins, and only moderators are shown the
// way to answer it; in a thread that is closed it is said above.
func TestClosedComments(t *testing.T) {
	t.Parallel()
	page := func(moderates, whole bool) []*Node {
		p := ThreadPage{Frame: Frame{T: words.English, Self: &Self{Person: forum.Person{ID: 9}}, Standing: forum.Standing{Moderator: moderates}}}
		p.Thread.Post.Locked = whole
		for i, locked := range []bool{false, true, true} {
			p.Thread.Comments = append(p.Thread.Comments, forum.Comment{ID: int64(i + 1), ParentID: int64(i), Depth: i + 1, Locked: locked})
		}
		top := p.tree()[0]
		return []*Node{top, top.Children[0], top.Children[0].Children[0]}
	}
	for i, n := range page(false, false) {
		if (n.Closed != "") != (i == 1) || (n.Acts.Reply != "") != (i == 0) {
			t.Errorf("comment %d: %q, answered at %q", i+1, n.Closed, n.Acts.Reply)
		}
	}
	for i, n := range page(true, true) {
		if n.Closed != "" || n.Acts.Reply == "" {
			t.Errorf("comment %d to a moderator of a closed thread: %q, %q", i+1, n.Closed, n.Acts.Reply)
		}
	}
}

// Who is asked before others answer them: that is said before an answer is written, and to
// its author while it waits. Nobody is shown a way to answer who takes no answers.
func TestAnswersThatAreAskedFor(t *testing.T) {
	t.Parallel()
	v, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	me := forum.Person{ID: 9, URI: "https://here.example/u/me"}
	for i, x := range []struct {
		allowed      forum.Allowed
		hint, closed string
	}{
		{"", "", ""},
		{"+https://far.example/u/a\n?*\n", words.English.Topic.AnswersAsk, ""},
		{"+https://far.example/u/a\n", "", words.English.Topic.NoAnswers},
	} {
		p := ThreadPage{Frame: Frame{T: words.English, Self: &Self{Person: me}}}
		p.Thread.Post.Tags.Answers = x.allowed
		p.Thread.Comments = []forum.Comment{{ID: 1, Depth: 1, Tags: forum.Tags{Answers: x.allowed}}}
		f := p.Answer()
		if reply := p.tree()[0].Acts.Reply; (f == nil) != (x.closed != "") || (reply == "") != (f == nil) || p.NoAnswers() != x.closed {
			t.Errorf("%d: form %v, answered at %q, %q", i, f, reply, p.NoAnswers())
		}
		if f != nil && f.Fields[0].Hint != x.hint {
			t.Errorf("%d: hint %q", i, f.Fields[0].Hint)
		}
		if p.Self = nil; p.NoAnswers() != "" {
			t.Errorf("%d: said to a stranger", i)
		}
	}
	for i, x := range []struct {
		leave forum.Leave
		by    int64
		want  string
	}{
		{forum.Leave{Asked: true}, 9, words.English.Topic.AnswerWaits},
		{forum.Leave{Declined: true}, 9, words.English.Topic.AnswerDeclined},
		{forum.Leave{Approval: "https://far.example/1"}, 9, ""},
		{forum.Leave{Asked: true}, 8, ""},
	} {
		p := ThreadPage{Frame: Frame{T: words.English, Self: &Self{Person: me}}}
		p.Thread.Comments = []forum.Comment{{ID: 1, Depth: 1, Author: forum.Person{ID: x.by}, Tags: forum.Tags{Leave: x.leave}}}
		var wrote, made bytes.Buffer
		writeTree(&wrote, p.tree())
		if err := v.sets["styleguide"].ExecuteTemplate(&made, "tree", p.tree()); err != nil {
			t.Fatal(err)
		}
		if p.tree()[0].Leave != x.want || strings.Contains(wrote.String(), `<span class="tag">`+x.want+`</span>`) != (x.want != "") || wrote.String() != made.String() {
			t.Errorf("%d: %s\n%s", i, wrote.String(), made.String())
		}
	}
}

func BenchmarkTree(b *testing.B) {
	v, err := New(nil)
	if err != nil {
		b.Fatal(err)
	}
	p := conversation(1000, 2)
	b.Run("writer", func(b *testing.B) {
		var out bytes.Buffer
		for b.Loop() {
			out.Reset()
			writeTree(&out, p.tree())
		}
	})
	b.Run("template", func(b *testing.B) {
		for b.Loop() {
			var buf bytes.Buffer
			if err := v.sets["styleguide"].ExecuteTemplate(&buf, "tree", p.tree()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
