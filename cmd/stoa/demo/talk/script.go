// Package talk is what people say on the demonstration nodes: who they are, what
// they write, who answers whom, and when. It knows no node and no database; the
// same seed gives the same conversation.
package talk

import (
	"embed"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed *.md
var texts embed.FS

// A Node is one of the servers that talk to each other.
type Node struct {
	Name    string // the first label of its host, and its database
	Title   string
	Summary string
}

// A Community lives on the node with that index.
type Community struct {
	Node        int
	Name, Title string
	About       string // Markdown
}

// A Person lives on the node with that index. Names are unique among all nodes.
type Person struct {
	Node        int
	Name, Title string
	About       string // Markdown
}

// A Remark is a comment.
type Remark struct {
	By       string
	To       int // index of the remark answered, which stands before this one; -1 for the post
	Depth    int // 1 for an answer to the post
	Text     string
	Language string
	Warning  string
	Ago      time.Duration // less than that of what it answers
	Likes    []string      // by whom
}

// A Post begins a thread.
type Post struct {
	By, In    string
	Title     string
	Link      string
	Text      string // Markdown
	Language  string
	Warning   string
	Sensitive bool
	Ago       time.Duration
	Likes     []string
	Dislikes  []string
	Remarks   []Remark
}

// A Script is the whole conversation.
type Script struct {
	Nodes       []Node
	Communities []Community
	People      []Person
	Posts       []Post // oldest first
}

// Size is how much is said at least: posts, and comments in the longest thread.
type Size struct{ Posts, Long int }

// Write writes a conversation of that size. The longest thread is the first of
// the texts, so that a small conversation has it too.
func Write(size Size, seed uint64) (Script, error) {
	w := writer{rand: rand.New(rand.NewPCG(seed, 19))} //nolint:gosec // chance decides who speaks, and nothing else
	w.Nodes, w.Communities, w.People = nodes, communities, people
	if err := w.read(); err != nil {
		return Script{}, err
	}
	w.Posts = w.Posts[:min(size.Posts, len(w.Posts))]
	for i := range w.Posts {
		p := &w.Posts[i]
		p.Ago = time.Duration(i*i)*4*time.Minute + time.Duration(30+w.rand.IntN(40*(i+1)))*time.Minute
		if i == 0 {
			p.Ago = 31 * time.Hour
			w.argue(p, size.Long)
		} else {
			w.chat(p)
		}
		w.date(p)
		w.like(p)
	}
	slices.SortStableFunc(w.Posts, func(a, b Post) int { return int((b.Ago - a.Ago) / time.Second) })
	return w.Script, nil
}

type writer struct {
	Script
	rand  *rand.Rand
	pools map[string][]string // short remarks that fit most posts of a community
	parts map[string][]string // what the longest thread is made of
}

// read takes in the files. "@@ post author community words…" begins a post,
// "@@ 2 author words…" an answer at depth 2 to the last one at depth 1; words are
// lang=…, link=…, warning=…, sensitive. "@@ pool name" and "@@ parts name" begin lists of a
// remark a line. The first line after a post's mark is its title.
func (w *writer) read() error {
	w.pools, w.parts = map[string][]string{}, map[string][]string{}
	for _, name := range []string{"long.md", "square.md", "hands.md", "outside.md", "links.md"} {
		file, err := texts.ReadFile(name)
		if err != nil {
			return err
		}
		for n, piece := range strings.Split("\n"+string(file), "\n@@ ")[1:] {
			head, body, _ := strings.Cut(piece, "\n")
			if err := w.piece(strings.Fields(head), strings.TrimSpace(body)); err != nil {
				return fmt.Errorf("%s, piece %d (%s): %w", name, n+1, head, err)
			}
		}
	}
	return nil
}

func (w *writer) piece(head []string, body string) error {
	if len(head) < 2 {
		return fmt.Errorf("%q says too little", head)
	}
	switch head[0] {
	case "pool", "parts":
		list := strings.Split(body, "\n")
		if slices.Contains(list, "") {
			return errors.New("an empty line")
		}
		map[string]map[string][]string{"pool": w.pools, "parts": w.parts}[head[0]][head[1]] = list
		return nil
	}
	if !w.known(head[1]) {
		return fmt.Errorf("nobody is called %q", head[1])
	}
	if head[0] == "post" {
		title, text, _ := strings.Cut(body, "\n")
		p := Post{By: head[1], In: head[2], Title: title, Text: strings.TrimSpace(text), Language: "en"}
		if !slices.ContainsFunc(w.Communities, func(c Community) bool { return c.Name == p.In }) {
			return fmt.Errorf("there is no community %q", p.In)
		}
		for _, word := range head[3:] {
			key, value, _ := strings.Cut(word, "=")
			switch key {
			case "lang":
				p.Language = value
			case "link":
				p.Link = value
			case "warning":
				p.Warning, p.Sensitive = strings.ReplaceAll(value, "_", " "), true
			case "sensitive":
				p.Sensitive = true
			}
		}
		w.Posts = append(w.Posts, p)
		return nil
	}
	depth, err := strconv.Atoi(head[0])
	if err != nil {
		return err
	}
	p := &w.Posts[len(w.Posts)-1]
	r := Remark{By: head[1], To: -1, Depth: depth, Text: body, Language: p.Language}
	for i := len(p.Remarks) - 1; i >= 0 && depth > 1; i-- {
		if p.Remarks[i].Depth == depth-1 {
			r.To = i
			break
		}
	}
	for _, word := range head[2:] {
		switch key, value, _ := strings.Cut(word, "="); key {
		case "lang":
			r.Language = value
		case "warning":
			r.Warning = strings.ReplaceAll(value, "_", " ")
		}
	}
	p.Remarks = append(p.Remarks, r)
	return nil
}

func (w *writer) known(name string) bool {
	return slices.ContainsFunc(w.People, func(p Person) bool { return p.Name == name })
}

// somebody is anybody but those named.
func (w *writer) somebody(but ...string) string {
	for {
		if name := w.People[w.rand.IntN(len(w.People))].Name; !slices.Contains(but, name) {
			return name
		}
	}
}

func (w *writer) one(list []string) string { return list[w.rand.IntN(len(list))] }

// chat adds a few remarks out of the pool of the community, each once in a thread.
func (w *writer) chat(p *Post) {
	pool := w.pools[p.In]
	if p.Language != "en" || len(pool) == 0 {
		return
	}
	for _, i := range w.rand.Perm(len(pool))[:min(len(pool), w.rand.IntN(7))] {
		r := Remark{By: w.somebody(p.By), To: -1, Depth: 1, Text: pool[i], Language: "en"}
		if n := len(p.Remarks); n > 0 && w.rand.IntN(2) == 0 {
			r.To = w.rand.IntN(n)
			r.Depth, r.By = p.Remarks[r.To].Depth+1, w.somebody(p.Remarks[r.To].By)
		}
		p.Remarks = append(p.Remarks, r)
	}
}

// argue fills the longest thread up to n remarks.
func (w *writer) argue(p *Post, n int) {
	p.Remarks = p.Remarks[:min(n, len(p.Remarks))]
	said := map[string]bool{}
	for len(p.Remarks) < n {
		r := Remark{To: -1, Depth: 1, By: w.somebody(p.By), Language: "en"}
		if len(p.Remarks) > 0 && w.rand.IntN(6) > 0 {
			// Of two at random the later: what is new is answered more often.
			r.To = max(w.rand.IntN(len(p.Remarks)), w.rand.IntN(len(p.Remarks)))
			r.Depth, r.By = p.Remarks[r.To].Depth+1, w.somebody(p.Remarks[r.To].By)
		}
		if r.Depth > maxDepth {
			continue
		}
		if r.Text = w.sentence(r.Depth); said[r.Text] {
			continue
		}
		said[r.Text] = true
		p.Remarks = append(p.Remarks, r)
	}
}

// maxDepth bounds how deep the longest thread goes: each level waits until the
// one above it has reached all nodes.
const maxDepth = 9

func (w *writer) sentence(depth int) string {
	if depth == 1 {
		return fmt.Sprintf("%s. %s %s", w.one(w.parts["thing"]), w.one(w.parts["fault"]), w.one(w.parts["lesson"]))
	}
	text := w.one(w.parts["answer"])
	if w.rand.IntN(3) > 0 {
		text += " " + w.one(w.parts["more"])
	}
	if w.rand.IntN(5) == 0 {
		text += "\n\n" + w.one(w.parts["tail"])
	}
	return text
}

// date spreads the remarks between the post and now.
func (w *writer) date(p *Post) {
	for i := range p.Remarks {
		r := &p.Remarks[i]
		above := p.Ago
		if r.To >= 0 {
			above = p.Remarks[r.To].Ago
		}
		// Most answers come soon, some late.
		share := w.rand.Float64()
		r.Ago = above - time.Duration(share*share*float64(above)*0.8) - time.Second
	}
}

// like lets people vote. Few things are liked by many.
func (w *writer) like(p *Post) {
	crowd := w.rand.Perm(len(w.People))
	share := w.rand.Float64()
	for i, n := range crowd[:int(share*share*float64(len(crowd)))] {
		switch name := w.People[n].Name; {
		case name == p.By:
		case i%11 == 10:
			p.Dislikes = append(p.Dislikes, name)
		default:
			p.Likes = append(p.Likes, name)
		}
	}
	for i := range p.Remarks {
		r := &p.Remarks[i]
		for range max(0, w.rand.IntN(6)-3) {
			if name := w.somebody(r.By); !slices.Contains(r.Likes, name) {
				r.Likes = append(r.Likes, name)
			}
		}
	}
}
