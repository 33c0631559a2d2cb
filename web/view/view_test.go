package view

import (
	"bytes"
	"compress/gzip"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/jba/templatecheck"

	"stoa/web/words"
)

// Every template is checked against the struct of its page: fields, methods and
// the types of what is compared.
func TestTemplatesFitTheirPages(t *testing.T) {
	v, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		set := v.sets[p.template()]
		if err := templatecheck.CheckHTMLStrict(set.Lookup("layout"), p); err != nil {
			t.Errorf("%s: %v", p.template(), err)
		}
	}
	tree := v.sets["styleguide"].Lookup("tree")
	if err := templatecheck.CheckHTMLStrict(tree, []*Node{}); err != nil {
		t.Errorf("tree: %v", err)
	}
}

func TestNewRefusesBrokenTemplates(t *testing.T) {
	if _, err := New(fstest.MapFS{"templates/layout.html": {Data: []byte(`{{define "layout"}}{{end`)}}); err == nil {
		t.Error("a broken template was taken")
	}
}

// In development the files on disk are what is shown, from one page to the next.
func TestDevelopmentReadsFromDisk(t *testing.T) {
	files := fstest.MapFS{"assets/stoa.css": {Data: []byte("/* mine */")}, "assets/stoa.js": {Data: []byte("")}}
	for _, part := range slices.Concat(joined["stoa.css"], joined["stoa.js"]) {
		files["assets/"+part] = &fstest.MapFile{Data: []byte("/* too */")}
	}
	for _, p := range pages {
		files["templates/"+p.template()+".html"] = &fstest.MapFile{Data: []byte(`{{define "x"}}{{end}}`)}
	}
	layout := &fstest.MapFile{Data: []byte(`{{define "layout"}}one {{.Style}}{{end}}`)}
	files["templates/layout.html"] = layout
	v, err := New(files)
	if err != nil {
		t.Fatal(err)
	}
	page := AboutPage{Frame: Frame{T: words.English, Assets: v.Assets()}}
	first, err := v.Render(page)
	if err != nil {
		t.Fatal(err)
	}
	layout.Data = []byte(`{{define "layout"}}two{{end}}`)
	second, err := v.Render(page)
	if err != nil || !strings.HasPrefix(string(first), "one /assets/stoa.") || string(second) != "two" {
		t.Errorf("%q, then %q: %v", first, second, err)
	}
	layout.Data = []byte(`{{define "layout"}}{{.Nothing}}{{end}}`)
	if half, err := v.Render(page); err == nil || half != nil {
		t.Errorf("a page that cannot be rendered gave %q", half)
	}
}

// All script of whoever is signed in is less than 30 KB on its way.
func TestScriptIsSmall(t *testing.T) {
	v, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	var sent bytes.Buffer
	for _, name := range []string{"stoa.js", "self.js"} {
		z := gzip.NewWriter(&sent)
		if _, err := z.Write(v.Assets()[name].Content); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d bytes", sent.Len())
	if sent.Len() > 30_000 {
		t.Errorf("%d bytes", sent.Len())
	}
}
