// Package view turns the forum's nouns into pages.
//
// Each page is one typed struct with one template of its name; a test
// type-checks every pair. Templates hold no words: those come from the catalogue,
// package words, which each page carries in one language. What people wrote reaches
// a page as text that html/template escapes, or as the HTML that was sanitised when
// it arrived; links of strangers pass only as http or https.
package view

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"
	"sync"
	"text/template/parse"
)

//go:embed templates/*.html
var embeddedTemplates embed.FS

// Page is one page: a struct whose template is templates/{name}.html.
type Page interface{ template() string }

// streamed is a page that writes a part of itself to where all of it goes, at the
// moment when the template asks for that part.
type streamed interface{ into(b *bytes.Buffer) Page }

// pages is one value of each page; New parses a template for each.
var pages = []Page{
	FrontPage{}, CommunityPage{}, CommunitiesPage{}, PersonPage{}, ThreadPage{}, CommentPage{}, AboutPage{}, ErrorPage{},
	SearchPage{}, LegalPage{}, FollowPage{}, StyleguidePage{}, FormPage{}, NoticesPage{}, ModerationPage{}, HistoryPage{}, MessagesPage{}, ConversationPage{},
	AdminPage{}, ServersPage{}, ServerPage{}, RefusedPage{}, ParcelPage{}, TracePage{}, BudgetPage{},
}

// View renders pages and holds the files they need. It is safe for concurrent
// use.
type View struct {
	sets    map[string]*template.Template
	files   fs.FS // read anew for each page when not nil
	assets  Assets
	buffers sync.Pool // of *bytes.Buffer, grown to the size of pages
}

// largestBuffer is what a buffer may hold to be used again.
const largestBuffer = 2 << 20

// New returns a View of the templates and assets built into the program. With
// dev, a folder laid out like this package, both are read from there, the
// templates anew for each page: for working on them.
func New(dev fs.FS) (*View, error) {
	templates, assets := fs.FS(embeddedTemplates), fs.FS(embeddedAssets)
	if dev != nil {
		templates, assets = dev, dev
	}
	v := &View{files: dev}
	var err error
	if v.sets, err = parseSets(templates); err != nil {
		return nil, fmt.Errorf("view.New: %w", err)
	}
	if v.assets, err = readAssets(assets); err != nil {
		return nil, fmt.Errorf("view.New: %w", err)
	}
	return v, nil
}

// Assets are the files that pages refer to.
func (v *View) Assets() Assets { return v.assets }

// Render gives the whole page, or an error and nothing: no page is ever sent
// half.
func (v *View) Render(p Page) ([]byte, error) {
	sets := v.sets
	if v.files != nil {
		fresh, err := parseSets(v.files)
		if err != nil {
			return nil, fmt.Errorf("view.Render(%s): %w", p.template(), err)
		}
		sets = fresh
	}
	b, _ := v.buffers.Get().(*bytes.Buffer)
	if b == nil {
		b = &bytes.Buffer{}
	}
	b.Reset()
	if s, ok := p.(streamed); ok {
		p = s.into(b)
	}
	if err := sets[p.template()].ExecuteTemplate(b, "layout", p); err != nil {
		return nil, fmt.Errorf("view.Render(%s): %w", p.template(), err)
	}
	page := bytes.Clone(b.Bytes())
	if b.Cap() <= largestBuffer {
		v.buffers.Put(b)
	}
	return page, nil
}

// parseSets makes one set per page: the page's own file, and of the layout and the parts
// what that leads to. A set with all of them took a megabyte for each page.
func parseSets(files fs.FS) (map[string]*template.Template, error) {
	own := map[string]bool{}
	for _, p := range pages {
		own[p.template()] = true
	}
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		return nil, err
	}
	parts := template.New("")
	for _, name := range names {
		if !own[strings.TrimSuffix(path.Base(name), ".html")] {
			if parts, err = parts.ParseFS(files, name); err != nil {
				return nil, err
			}
		}
	}
	sets := map[string]*template.Template{}
	for name := range own {
		set, err := template.New("").ParseFS(files, "templates/"+name+".html")
		if err != nil {
			return nil, err
		}
		if err := complete(set, parts, "layout", map[string]bool{}); err != nil {
			return nil, err
		}
		sets[name] = set
	}
	return sets, nil
}

// complete adds to a set what is needed to execute the template of that name: what the
// set does not define itself is copied from parts.
func complete(set, parts *template.Template, name string, done map[string]bool) error {
	if done[name] {
		return nil
	}
	done[name] = true
	t := set.Lookup(name)
	if t == nil {
		part := parts.Lookup(name)
		if part == nil || part.Tree == nil {
			return fmt.Errorf("there is no template %q", name)
		}
		var err error
		if t, err = set.AddParseTree(name, part.Tree.Copy()); err != nil {
			return err
		}
	}
	for _, used := range usedIn(t.Tree.Root) {
		if err := complete(set, parts, used, done); err != nil {
			return err
		}
	}
	return nil
}

// usedIn names the templates that a part of a template executes.
func usedIn(list *parse.ListNode) (names []string) {
	if list == nil {
		return nil
	}
	branch := func(b *parse.BranchNode) { names = append(append(names, usedIn(b.List)...), usedIn(b.ElseList)...) }
	for _, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.TemplateNode:
			names = append(names, n.Name)
		case *parse.IfNode:
			branch(&n.BranchNode)
		case *parse.RangeNode:
			branch(&n.BranchNode)
		case *parse.WithNode:
			branch(&n.BranchNode)
		}
	}
	return names
}
