package words

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// empty are the fields of a catalogue that say nothing, by their path.
func empty(path string, v reflect.Value) (found []string) {
	switch {
	case v.Type() == reflect.TypeFor[Plural]():
		if v.Field(0).IsNil() {
			found = append(found, path)
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			found = append(found, empty(path+"."+v.Type().Field(i).Name, v.Field(i))...)
		}
	case v.IsZero(), (v.Kind() == reflect.Map || v.Kind() == reflect.Slice) && v.Len() == 0:
		found = append(found, path)
	case v.Kind() == reflect.Array, v.Kind() == reflect.Slice:
		for i := range v.Len() {
			found = append(found, empty(fmt.Sprint(path, i), v.Index(i))...)
		}
	case v.Kind() == reflect.Map:
		for _, k := range v.MapKeys() {
			found = append(found, empty(path+"."+k.String(), v.MapIndex(k))...)
		}
	}
	return found
}

func TestEveryWordIsThere(t *testing.T) {
	for _, w := range Languages {
		for _, path := range empty(w.Tag, reflect.ValueOf(*w)) {
			t.Errorf("nothing is said for %s", path)
		}
	}
	for _, w := range []Words{{}, {Admin: AdminWords{InStreams: [4]string{"x"}}, Refusals: map[string]string{"x": ""}}} {
		if len(empty("", reflect.ValueOf(w))) < 100 {
			t.Error("what is missing is not seen")
		}
	}
}

// keys are the paths of all maps' keys.
func keys(path string, v reflect.Value) (found []string) {
	switch {
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			found = append(found, keys(path+"."+v.Type().Field(i).Name, v.Field(i))...)
		}
	case v.Kind() == reflect.Map:
		for _, k := range v.MapKeys() {
			found = append(found, path+"."+k.String())
		}
	}
	slices.Sort(found)
	return found
}

func TestCataloguesSayTheSame(t *testing.T) {
	want := keys("", reflect.ValueOf(*English))
	for _, w := range Languages[1:] {
		if got := keys("", reflect.ValueOf(*w)); !slices.Equal(got, want) {
			t.Errorf("%s has words for\n%q, want\n%q", w.Tag, got, want)
		}
		compare(t, w.Tag, reflect.ValueOf(*w), reflect.ValueOf(*English))
	}
}

// compare finds what another language left in English, and messages that lost
// their number or name.
func compare(t *testing.T, path string, v, english reflect.Value) {
	t.Helper()
	switch {
	case v.Type() == reflect.TypeFor[Plural]():
		theirs, ours := v.Interface().(Plural), english.Interface().(Plural)
		for _, n := range []int{1, 2} {
			got, want := theirs.form(n), ours.form(n)
			if strings.Contains(want, "%d") != strings.Contains(got, "%d") {
				t.Errorf("%s, %d: %q, in English %q", path, n, got, want)
			}
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			compare(t, path+"."+v.Type().Field(i).Name, v.Field(i), english.Field(i))
		}
	case v.Kind() == reflect.String:
		if strings.Count(v.String(), "%s") != strings.Count(english.String(), "%s") {
			t.Errorf("%s: %q, in English %q", path, v, english)
		}
		if v.String() == english.String() && len(strings.Fields(v.String())) > 2 {
			t.Errorf("%s: %q is English", path, v)
		}
	}
}
