package view

import (
	"reflect"
	"testing"
	"testing/fstest"

	"github.com/jba/templatecheck"
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
	tree := v.sets["thread"].Lookup("tree")
	if err := templatecheck.CheckHTMLStrict(tree, []*Node{}); err != nil {
		t.Errorf("tree: %v", err)
	}
}

func TestEveryWordIsThere(t *testing.T) {
	w := reflect.ValueOf(*English)
	for i := range w.NumField() {
		f := w.Field(i)
		if f.IsZero() || f.Type() == reflect.TypeFor[Plural]() && f.Field(0).IsNil() {
			t.Errorf("English has no %s", w.Type().Field(i).Name)
		}
	}
}

func TestNewRefusesBrokenTemplates(t *testing.T) {
	if _, err := New(fstest.MapFS{"templates/layout.html": {Data: []byte(`{{define "layout"}}{{end`)}}); err == nil {
		t.Error("a broken template was taken")
	}
}
