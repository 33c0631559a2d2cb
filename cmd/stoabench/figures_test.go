package main

import (
	"strings"
	"testing"
)

func TestFigures(t *testing.T) {
	for _, c := range []struct {
		in                      figures
		median, least, greatest float64
	}{
		{nil, 0, 0, 0},
		{figures{3}, 3, 3, 3},
		{figures{5, 1, 4, 2, 3}, 3, 1, 5},
		{figures{9, 1, 2, 4}, 3, 1, 9},
	} {
		given := append(figures(nil), c.in...)
		if m, l, g := c.in.median(), c.in.least(), c.in.greatest(); m != c.median || l != c.least || g != c.greatest {
			t.Errorf("%v: median %v, from %v to %v; want %v, %v, %v", c.in, m, l, g, c.median, c.least, c.greatest)
		}
		for i := range given {
			if given[i] != c.in[i] {
				t.Fatalf("the order of %v changed to %v", given, c.in)
			}
		}
	}
}

func TestSlow(t *testing.T) {
	var f figures
	for i := range 100 {
		f = append(f, float64((i*37)%100))
	}
	if figures(nil).slow() != 0 || f[:1].slow() != 0 || f.slow() != 95 {
		t.Errorf("got %v, %v, %v; want 0, 0, 95", figures(nil).slow(), f[:1].slow(), f.slow())
	}
}

func TestSlope(t *testing.T) {
	if s := slope([]float64{0, 1, 2, 3}, []float64{5, 205, 405, 605}); s != 200 {
		t.Errorf("slope %v, want 200", s)
	}
	if s := slope([]float64{1, 1}, []float64{2, 3}); s != 0 {
		t.Errorf("slope of a point %v, want 0", s)
	}
}

func TestLine(t *testing.T) {
	l := line{what: "like", unit: "ms", figures: figures{0.3, 0.2, 0.4}, target: 0.28}
	for _, want := range []string{"like", "0.300", "(0.200–0.400)", "at most 0.280", "ratio 1.07", "MISSED"} {
		if !strings.Contains(l.String(), want) {
			t.Errorf("%q lacks %q", l, want)
		}
	}
	l = line{what: "sick", unit: "×", figures: figures{1.4, 1.3, 1.2}, middle: 1.1, target: 1.25}
	for _, want := range []string{"1.10", "(1.20–1.40)", "ratio 0.88", "met"} {
		if !strings.Contains(l.String(), want) {
			t.Errorf("%q lacks %q", l, want)
		}
	}
	l = line{what: "distance", unit: "/s", figures: figures{210}, target: 200, atLeast: true}
	for _, want := range []string{"210", "at least 200", "ratio 1.05", "met"} {
		if !strings.Contains(l.String(), want) {
			t.Errorf("%q lacks %q", l, want)
		}
	}
}

func TestOptions(t *testing.T) {
	var said strings.Builder
	o, err := readOptions([]string{"-only", "like,idle", "-quick"}, &said)
	if err != nil || !o.wants("like") || !o.wants("idle") || o.wants("sick") || o.size(5000) != 1000 {
		t.Errorf("%+v, %v", o, err)
	}
	if o, err = readOptions(nil, &said); err != nil || !o.wants("sick") || o.size(5000) != 5000 {
		t.Errorf("%+v, %v", o, err)
	}
	if _, err = readOptions([]string{"-only", "lik"}, &said); err == nil || !strings.Contains(err.Error(), "like-big") {
		t.Errorf("%v, want the names there are", err)
	}
}
